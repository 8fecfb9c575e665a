//! Looking things up.

use std::collections::BTreeSet;

use crate::registry::domain::PactContent;
use crate::registry::domain::state::{
    Deployment, Environment, Pact, PactId, Pair, Publication, ResultId, Running, Service, ServiceId, State, Token,
    Trust, Verification, Version, VersionId, Webhook,
};

impl State {
    /// The service of this exact name.
    pub(crate) fn service_id(&self, name: &str) -> Option<ServiceId> {
        self.service_by_name.get(name).copied()
    }

    /// The service of an id of this state.
    pub(crate) fn service(&self, id: ServiceId) -> &Service {
        &self.services[id.0 as usize]
    }

    /// Every service, by name.
    pub(crate) fn services(&self) -> Vec<ServiceId> {
        let mut all: Vec<ServiceId> = self.service_by_name.values().copied().collect();
        all.sort_by(|a, b| self.service(*a).name.cmp(&self.service(*b).name));
        all
    }

    /// The version of this exact number.
    pub(crate) fn version_id(&self, service: &str, number: &str) -> Option<VersionId> {
        self.version_of(self.service_id(service)?, number)
    }

    /// The version of this exact number.
    pub(crate) fn version_of(&self, service: ServiceId, number: &str) -> Option<VersionId> {
        self.service(service).version_by_number.get(number).copied()
    }

    /// The version of an id of this state.
    pub(crate) fn version(&self, id: VersionId) -> &Version {
        &self.versions[id.0 as usize]
    }

    /// How many versions exist over all services.
    pub(crate) fn version_count(&self) -> usize {
        self.services.iter().filter(|service| !service.removed).map(|service| service.versions.len()).sum()
    }

    /// How many verification results were recorded.
    pub(crate) fn result_count(&self) -> usize {
        self.results.len()
    }

    /// How many different pact contents are known.
    pub(crate) fn pact_count(&self) -> usize {
        self.pacts.len()
    }

    /// The pact of an id of this state.
    pub(crate) fn pact(&self, id: PactId) -> &Pact {
        &self.pacts[id.0 as usize]
    }

    /// The content of this hash between two services.
    pub(crate) fn pact_id(&self, consumer: ServiceId, provider: ServiceId, content: PactContent) -> Option<PactId> {
        self.pact_by_content.get(&(consumer, provider, content)).copied()
    }

    /// The result of an id of this state.
    pub(crate) fn result(&self, id: ResultId) -> &Verification {
        &self.results[id.0 as usize]
    }

    /// The newest result over all provider versions.
    pub(crate) fn newest_result(&self, pact: PactId) -> Option<&Verification> {
        self.pact(pact).results.last().map(|id| self.result(*id))
    }

    /// The newest result of one provider version.
    pub(crate) fn result_for(&self, pact: PactId, provider_version: VersionId) -> Option<&Verification> {
        self.pact(pact).newest.get(&provider_version).map(|id| self.result(*id))
    }

    /// The pact of a consumer version with a provider.
    pub(crate) fn publication(&self, version: VersionId, provider: ServiceId) -> Option<&Publication> {
        self.version(version).pacts.iter().find(|publication| publication.provider == provider)
    }

    /// Two services that have a pact.
    pub(crate) fn pair(&self, consumer: ServiceId, provider: ServiceId) -> Option<&Pair> {
        self.pairs.get(&(consumer, provider))
    }

    /// Every two services that have a pact, consumer first.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = ((ServiceId, ServiceId), &Pair)> {
        self.pairs.iter().map(|(key, pair)| (*key, pair))
    }

    /// The services that have pacts with a provider.
    pub(crate) fn consumers(&self, provider: ServiceId) -> Vec<ServiceId> {
        self.pairs.keys().filter(|(_, other)| *other == provider).map(|(consumer, _)| *consumer).collect()
    }

    /// The services that a consumer has pacts with.
    pub(crate) fn providers(&self, consumer: ServiceId) -> Vec<ServiceId> {
        let range = (consumer, ServiceId(0))..=(consumer, ServiceId(u32::MAX));
        self.pairs.range(range).map(|((_, provider), _)| *provider).collect()
    }

    /// The services whose versions said that they were built against one of `provider`.
    pub(crate) fn built_against(&self, provider: ServiceId) -> impl Iterator<Item = ServiceId> {
        self.consumed_by.get(&provider).into_iter().flatten().copied()
    }

    /// The version that became known last.
    pub(crate) fn latest_version(&self, service: ServiceId) -> Option<VersionId> {
        self.service(service).versions.last().copied()
    }

    /// The head of a branch.
    pub(crate) fn branch_head(&self, service: ServiceId, branch: &str) -> Option<VersionId> {
        self.service(service).branches.get(branch)?.versions.last().copied()
    }

    /// The versions that carry a tag, oldest first.
    pub(crate) fn tagged(&self, service: ServiceId, tag: &str) -> Vec<VersionId> {
        let versions = self.service(service).versions.iter().copied();
        versions.filter(|id| self.version(*id).tags.iter().any(|(name, _)| **name == *tag)).collect()
    }

    /// The environment of this exact name.
    pub(crate) fn environment(&self, name: &str) -> Option<&Environment> {
        self.environments.values().find(|environment| *environment.name == *name)
    }

    /// The environment of this id.
    pub(crate) fn environment_by_uuid(&self, uuid: &str) -> Option<&Environment> {
        self.environments.get(uuid)
    }

    /// Every environment, by name.
    pub(crate) fn environments(&self) -> Vec<&Environment> {
        let mut all: Vec<&Environment> = self.environments.values().collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }

    /// A deployment or release by its id.
    pub(crate) fn deployment(&self, uuid: &str) -> Option<&Deployment> {
        self.deployment_by_uuid.get(uuid).map(|index| &self.deployments[*index as usize])
    }

    /// What runs in an environment now, in the order in which it was recorded.
    pub(crate) fn live(&self, environment: &Environment) -> impl Iterator<Item = &Deployment> {
        environment.live.iter().map(|index| &self.deployments[*index as usize])
    }

    /// The versions of one service that run in an environment now, each once.
    pub(crate) fn live_versions(&self, environment: &Environment, service: ServiceId) -> BTreeSet<VersionId> {
        self.live(environment)
            .map(|deployment| deployment.version)
            .filter(|version| self.version(*version).service == service)
            .collect()
    }

    /// Every deployment and release of a version that has not ended.
    pub(crate) fn live_deployments(&self, version: VersionId) -> impl Iterator<Item = &Deployment> {
        let indexes = self.version(version).deployments.iter();
        indexes.map(|index| &self.deployments[*index as usize]).filter(|deployment| deployment.ended.is_none())
    }

    /// Every deployment and release of a version.
    pub(crate) fn deployments_of(&self, version: VersionId) -> impl Iterator<Item = &Deployment> {
        self.version(version).deployments.iter().map(|index| &self.deployments[*index as usize])
    }

    /// The deployment that a new one on the same instance would take the place of.
    pub(crate) fn on_instance(
        &self,
        environment: &Environment,
        service: ServiceId,
        instance: Option<&str>,
    ) -> Option<&Deployment> {
        self.live(environment).find(|deployment| {
            self.version(deployment.version).service == service
                && matches!(&deployment.running, Running::Deployed { instance: known } if known.as_deref() == instance)
        })
    }

    /// Every webhook by id.
    pub(crate) fn webhooks(&self) -> impl Iterator<Item = (&str, &Webhook)> {
        self.webhooks.iter().map(|(uuid, webhook)| (&**uuid, webhook))
    }

    /// One webhook.
    pub(crate) fn webhook(&self, uuid: &str) -> Option<&Webhook> {
        self.webhooks.get(uuid)
    }

    /// Every token by id.
    pub(crate) fn tokens(&self) -> impl Iterator<Item = (&str, &Token)> {
        self.tokens.iter().map(|(id, token)| (&**id, token))
    }

    /// One token.
    pub(crate) fn token(&self, id: &str) -> Option<&Token> {
        self.tokens.get(id)
    }

    /// Every trust rule by id.
    pub(crate) fn trusts(&self) -> impl Iterator<Item = (&str, &Trust)> {
        self.trusts.iter().map(|(id, trust)| (&**id, trust))
    }

    /// The main branch: as set, or the first usual name that exists.
    pub(crate) fn main_branch(&self, service: ServiceId) -> Option<&str> {
        let service = self.service(service);
        service
            .main_branch
            .as_deref()
            .or_else(|| ["main", "master", "develop"].into_iter().find(|name| service.branches.contains_key(*name)))
    }
}
