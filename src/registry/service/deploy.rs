//! Answers `can-deploy`: asks the state what has to hold, compares contracts where that is the question, and says why.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use crate::policy::Mode;
use crate::registry::domain::{Basis, ContractKey, Digest, Party, Question, deploy_token};
use crate::registry::service::static_pact::{Held, hold};
use crate::registry::service::{Refused, Registry, RegistryError, need_environment};

/// How many comparisons are remembered; contracts never change, so they hold for ever.
const REMEMBERED: usize = 10_000;

/// Yes, no, or not known. Only `yes` is yes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Answer {
    Yes,
    Unknown,
    No,
}

/// The whole answer.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Deployability {
    pub(crate) answer: Answer,
    /// One sentence.
    pub(crate) reason: String,
    /// To be given to `deploy record --if-match`.
    pub(crate) token: Option<String>,
    pub(crate) rows: Vec<Row>,
}

/// One thing that has to hold.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Row {
    pub(crate) consumer: Party,
    pub(crate) provider: Party,
    /// `pact`, `contract` or `provider`.
    pub(crate) basis: &'static str,
    pub(crate) answer: Answer,
    pub(crate) reason: String,
    /// What would make it yes, if it is not.
    pub(crate) help: Option<String>,
}

/// What was compared before: by the two contracts' contents.
#[derive(Debug, Default)]
pub(crate) struct Comparisons {
    contracts: Mutex<HashMap<(Digest, Digest), Outcome>>,
    held: Mutex<HashMap<(Digest, Digest), Held>>,
}

#[derive(Debug, Clone)]
enum Outcome {
    Compatible,
    Breaks(Vec<String>),
    NotComparable(String),
}

impl Registry {
    /// May a version go to an environment?
    pub(crate) async fn can_deploy(
        &self,
        service: &str,
        version: &str,
        environment: &str,
    ) -> Result<Deployability, RegistryError> {
        let asked = self
            .read(|state| {
                let place = need_environment(state, environment)?;
                let Some(candidate) = state.version_id(service, version) else { return Ok(None) };
                let questions = state.deploy_questions(candidate, place);
                let token = deploy_token(state, candidate, place, &questions);
                Ok::<_, Refused>(Some((questions, token)))
            })
            .await?;
        let Some((questions, token)) = asked? else {
            return Ok(Deployability {
                answer: Answer::Unknown,
                reason: format!("the registry does not know version {version} of {service}"),
                token: None,
                rows: Vec::new(),
            });
        };
        let mut rows = Vec::with_capacity(questions.len());
        for question in questions {
            rows.push(self.answer(question, environment).await?);
        }
        let answer = rows.iter().map(|row| row.answer).max().unwrap_or(Answer::Yes);
        let reason = match answer {
            _ if rows.is_empty() => format!(
                "nothing in {environment} was built against {service}, and {service} {version} needs nothing there"
            ),
            Answer::Yes => format!("everything that {service} {version} meets in {environment} works with it"),
            Answer::No | Answer::Unknown => {
                let worst = rows.iter().filter(|row| row.answer == answer);
                worst.map(|row| row.reason.as_str()).collect::<Vec<_>>().join("; ")
            }
        };
        Ok(Deployability { answer, reason, token: Some(token), rows })
    }

    async fn answer(&self, question: Question, environment: &str) -> Result<Row, RegistryError> {
        let Question { consumer, provider, basis } = question;
        let name = |party: &Party| match &party.version {
            Some(version) => format!("{} {version}", party.service),
            None => party.service.clone(),
        };
        let (c, p) = (name(&consumer), name(&provider));
        let row = |basis, answer, reason: String, help: Option<String>| Row {
            consumer: consumer.clone(),
            provider: provider.clone(),
            basis,
            answer,
            reason,
            help,
        };
        Ok(match basis {
            Basis::ProviderAbsent => row(
                "provider",
                Answer::No,
                format!("{c} needs {}, of which no version runs in {environment}", provider.service),
                Some(format!("deploy {} to {environment} first", provider.service)),
            ),
            Basis::Pact { result: Some(true), .. } => {
                row("pact", Answer::Yes, format!("{p} was verified against the pact of {c}"), None)
            }
            Basis::Pact { result: Some(false), .. } => row(
                "pact",
                Answer::No,
                format!("verifying {p} against the pact of {c} failed"),
                Some(format!("fix {} or {}, and verify again", provider.service, consumer.service)),
            ),
            Basis::Pact { result: None, blob, offered, .. } => {
                let unverified = format!("{p} was never verified against the pact of {c}");
                let verify = Some(format!("verify {p} with the pact of {c} and publish the result"));
                match self.hold_pact(blob, offered.as_ref()).await? {
                    Held::Holds => row(
                        "pact",
                        Answer::Yes,
                        format!("the contract of {p} guarantees all that the pact of {c} relies on ({unverified})"),
                        None,
                    ),
                    Held::Fails(why) => row(
                        "pact",
                        Answer::No,
                        format!("the contract of {p} does not hold the pact of {c}: {}", why.join("; ")),
                        Some(format!(
                            "offer what the pact of {c} relies on; if {p} does more than its contract says, verify it with \
                             the pact and publish the result"
                        )),
                    ),
                    Held::Unknown => row("pact", Answer::Unknown, unverified, verify),
                }
            }
            Basis::ContractUnknown { missing } => row(
                "contract",
                Answer::Unknown,
                format!(
                    "{c} was built against a contract that cannot be compared: {missing} has none in this registry"
                ),
                Some(format!("publish the contract of {missing}")),
            ),
            Basis::Contract { built_against, offered, pact_verified } => {
                let base = format!("{}@{}", built_against.service, built_against.version);
                match self.compare_contracts(&built_against, &offered).await? {
                    Outcome::Compatible => row(
                        "contract",
                        Answer::Yes,
                        format!("{p} offers all that {c} was built against ({base})"),
                        None,
                    ),
                    Outcome::Breaks(findings) if pact_verified => row(
                        "contract",
                        Answer::Yes,
                        format!(
                            "{p} breaks part of {base}, but not the part that the verified pact of {c} uses ({})",
                            findings.join("; ")
                        ),
                        None,
                    ),
                    Outcome::Breaks(findings) => row(
                        "contract",
                        Answer::No,
                        format!("{p} breaks {c}, which was built against {base}: {}", findings.join("; ")),
                        Some(format!(
                            "keep what {base} offers, or build {} against {} and deploy that first",
                            consumer.service, offered.version
                        )),
                    ),
                    Outcome::NotComparable(why) => row(
                        "contract",
                        Answer::Unknown,
                        format!("{base} and {}@{} cannot be compared: {why}", offered.service, offered.version),
                        None,
                    ),
                }
            }
        })
    }

    /// Holds a pact against what a provider version offers; unknown where it offers nothing.
    async fn hold_pact(&self, pact: Digest, offered: Option<&ContractKey>) -> Result<Held, RegistryError> {
        let Some(offered) = offered else { return Ok(Held::Unknown) };
        let key = (pact, offered.manifest);
        let known = self.compared.held.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let look = |state: &crate::registry::domain::State| {
            let id = state.version_id(&offered.service, &offered.version)?;
            Some(state.version(id).contract.as_ref()?.files.clone())
        };
        let Some(files) = self.read(look).await? else { return Ok(Held::Unknown) };
        let tree = self.blob_tree(&offered.service, &offered.version, &files).await?;
        let Some(bytes) = self.ledger.blobs(vec![pact]).await?.pop().flatten() else { return Ok(Held::Unknown) };
        let permit =
            std::sync::Arc::clone(&self.comparisons).acquire_owned().await.map_err(|_| RegistryError::Closing)?;
        let held = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            std::str::from_utf8(&bytes).map_or(Held::Unknown, |text| hold(text, &tree))
        })
        .await
        .map_err(|_| RegistryError::Closing)?;
        let mut remembered = self.compared.held.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= REMEMBERED {
            remembered.clear();
        }
        remembered.insert(key, held.clone());
        Ok(held)
    }

    async fn compare_contracts(&self, old: &ContractKey, new: &ContractKey) -> Result<Outcome, RegistryError> {
        let key = (old.manifest, new.manifest);
        if key.0 == key.1 {
            return Ok(Outcome::Compatible);
        }
        let known = self.compared.contracts.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let files = self
            .read(|state| {
                let files = |key: &ContractKey| {
                    let id = state.version_id(&key.service, &key.version)?;
                    Some(state.version(id).contract.as_ref()?.files.clone())
                };
                files(old).zip(files(new))
            })
            .await?;
        let Some((old_files, new_files)) = files else {
            return Ok(Outcome::NotComparable("one of them was removed".into()));
        };
        let old_tree = self.blob_tree(&old.service, &old.version, &old_files).await?;
        let new_tree = self.blob_tree(&new.service, &new.version, &new_files).await?;
        let outcome = match self.compare(new_tree, vec![old_tree], Some(Mode::Backward)).await {
            Ok(None) => Outcome::NotComparable("they are of no format that is understood here".into()),
            Ok(Some(report)) if report.summary.errors == 0 => Outcome::Compatible,
            Ok(Some(report)) => {
                let errors = report.findings.iter().filter(|finding| {
                    finding.severity == crate::finding::Severity::Error && finding.suppressed.is_none()
                });
                Outcome::Breaks(errors.take(5).map(|finding| finding.message.clone()).collect())
            }
            Err(RegistryError::Refused(refused)) => Outcome::NotComparable(refused.to_string()),
            Err(error) => return Err(error),
        };
        let mut remembered = self.compared.contracts.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= REMEMBERED {
            remembered.clear();
        }
        remembered.insert(key, outcome.clone());
        Ok(outcome)
    }
}
