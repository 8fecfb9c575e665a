//! May this version go to that environment? Everything that has to hold, as questions whose answers the state has, and
//! questions that need a comparison of contracts.

use serde::Serialize;

use crate::registry::domain::{Digest, Environment, ServiceId, State, VersionId};

/// One thing that has to hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Question {
    pub(crate) consumer: Party,
    pub(crate) provider: Party,
    pub(crate) basis: Basis,
}

/// A service with a version, where one is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Party {
    pub(crate) service: String,
    pub(crate) version: Option<String>,
}

/// What the answer rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Basis {
    /// The consumer needs a provider of which no version runs there.
    ProviderAbsent,
    /// A pact between the two, with its result if there is one, and what the provider offers, to hold it against if there
    /// is none.
    Pact { content: String, blob: Digest, result: Option<bool>, number: Option<u32>, offered: Option<ContractKey> },
    /// The consumer was built against `built_against`; the provider offers `offered`. To be compared.
    Contract { built_against: ContractKey, offered: ContractKey, pact_verified: bool },
    /// The same, but one of the two contracts is not known.
    ContractUnknown { missing: String },
}

/// A published contract: what it is called, and its content.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub(crate) struct ContractKey {
    pub(crate) service: String,
    pub(crate) version: String,
    /// Over all paths and contents.
    pub(crate) manifest: Digest,
}

impl State {
    /// Everything that has to hold before `candidate` may run in `environment`. Nothing to ask means yes.
    pub(crate) fn deploy_questions(&self, candidate: VersionId, environment: &Environment) -> Vec<Question> {
        let mut questions = Vec::new();
        self.as_consumer(candidate, environment, &mut questions);
        self.as_provider(candidate, environment, &mut questions);
        questions
    }

    fn as_consumer(&self, candidate: VersionId, environment: &Environment, questions: &mut Vec<Question>) {
        let version = self.version(candidate);
        let consumer = self.party(version.service, Some(candidate));
        for publication in &version.pacts {
            let live = self.live_versions(environment, publication.provider);
            if live.is_empty() && publication.provider != version.service {
                let provider = self.party(publication.provider, None);
                questions.push(Question { consumer: consumer.clone(), provider, basis: Basis::ProviderAbsent });
            }
            for running in live {
                let provider = self.party(publication.provider, Some(running));
                let basis = self.pact_basis(publication.pact, running);
                questions.push(Question { consumer: consumer.clone(), provider, basis });
            }
        }
        for (provider, built_against) in &version.consumes {
            let live = self.live_versions(environment, *provider);
            let has_pact = version.pacts.iter().any(|publication| publication.provider == *provider);
            if live.is_empty() && !has_pact {
                let provider = self.party(*provider, None);
                questions.push(Question { consumer: consumer.clone(), provider, basis: Basis::ProviderAbsent });
            }
            for running in live {
                let basis = self.contract_basis(candidate, *provider, built_against, running);
                let provider = self.party(*provider, Some(running));
                questions.push(Question { consumer: consumer.clone(), provider, basis });
            }
        }
    }

    fn as_provider(&self, candidate: VersionId, environment: &Environment, questions: &mut Vec<Question>) {
        let service = self.version(candidate).service;
        let provider = self.party(service, Some(candidate));
        let mut running: Vec<VersionId> = self
            .live(environment)
            .map(|deployment| deployment.version)
            .filter(|version| self.version(*version).service != service)
            .collect();
        running.sort_unstable();
        running.dedup();
        for consumer_version in running {
            let version = self.version(consumer_version);
            let consumer = self.party(version.service, Some(consumer_version));
            if let Some(publication) = self.publication(consumer_version, service) {
                let basis = self.pact_basis(publication.pact, candidate);
                questions.push(Question { consumer: consumer.clone(), provider: provider.clone(), basis });
            }
            for (_, built_against) in version.consumes.iter().filter(|(consumed, _)| *consumed == service) {
                let basis = self.contract_basis(consumer_version, service, built_against, candidate);
                questions.push(Question { consumer: consumer.clone(), provider: provider.clone(), basis });
            }
        }
    }

    fn pact_basis(&self, pact: crate::registry::domain::PactId, provider_version: VersionId) -> Basis {
        let result = self.result_for(pact, provider_version);
        Basis::Pact {
            content: self.pact(pact).content.to_string(),
            blob: self.pact(pact).blob,
            offered: self.contract_key(provider_version),
            result: result.map(|result| result.success),
            number: result.map(|result| result.number),
        }
    }

    fn contract_basis(
        &self,
        consumer_version: VersionId,
        provider: ServiceId,
        built_against: &str,
        offered: VersionId,
    ) -> Basis {
        let missing =
            |version: &str| Basis::ContractUnknown { missing: format!("{}@{version}", self.service(provider).name) };
        let old = self.version_of(provider, built_against).and_then(|id| self.contract_key(id));
        let Some(old) = old else { return missing(built_against) };
        let Some(new) = self.contract_key(offered) else { return missing(&self.version(offered).number) };
        let pact_verified = self
            .publication(consumer_version, provider)
            .and_then(|publication| self.result_for(publication.pact, offered))
            .is_some_and(|result| result.success);
        Basis::Contract { built_against: old, offered: new, pact_verified }
    }

    /// The contract of a version, if it has one.
    pub(crate) fn contract_key(&self, id: VersionId) -> Option<ContractKey> {
        let version = self.version(id);
        let contract = version.contract.as_ref()?;
        Some(ContractKey {
            service: self.service(version.service).name.to_string(),
            version: version.number.to_string(),
            manifest: contract.manifest,
        })
    }

    fn party(&self, service: ServiceId, version: Option<VersionId>) -> Party {
        Party {
            service: self.service(service).name.to_string(),
            version: version.map(|id| self.version(id).number.to_string()),
        }
    }
}

/// Names what an answer rests on: it changes when anything does that the answer depends on.
pub(crate) fn deploy_token(
    state: &State,
    candidate: VersionId,
    environment: &Environment,
    questions: &[Question],
) -> String {
    let version = state.version(candidate);
    let facts = (&*state.service(version.service).name, &*version.number, &*environment.uuid, questions);
    let text = serde_json::to_string(&facts).expect("questions have string keys only");
    Digest::of(text.as_bytes()).to_string()[..32].to_owned()
}
