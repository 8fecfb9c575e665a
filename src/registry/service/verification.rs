//! Results of verifying a provider against a pact.

use bytes::Bytes;
use serde_json::Value;

use crate::registry::domain::{Announcement, Event, NameKind, PactContent, Scope, TestTally, VerifiedBy};
use crate::registry::service::registry::checked;
use crate::registry::service::{Caller, Refused, Registry, RegistryError};

/// A result to record.
#[derive(Debug, Clone, Default)]
pub(crate) struct NewResult {
    pub(crate) success: bool,
    pub(crate) provider_version: String,
    pub(crate) build_url: Option<String>,
    pub(crate) verified_by: Option<VerifiedBy>,
    /// The client's own list of what it tested; kept as it came.
    pub(crate) tests: Option<Value>,
    /// The consumer versions that the verification was asked for, to tell webhooks.
    pub(crate) consumer_versions: Vec<String>,
}

/// A result that was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Recorded {
    /// From 1, within the pact's content.
    pub(crate) number: u32,
}

impl Registry {
    /// Records a result for the content of a pact: every consumer version with that content is verified by it.
    pub(crate) async fn record_result(
        &self,
        caller: &Caller,
        consumer: &str,
        provider: &str,
        content: &str,
        result: NewResult,
    ) -> Result<Recorded, RegistryError> {
        checked(NameKind::Version, "providerApplicationVersion", &result.provider_version)?;
        let (caller_, consumer, provider) = (caller.clone(), consumer.to_owned(), provider.to_owned());
        let content = content.to_owned();
        self.ledger
            .command(caller, move |state, plan| {
                caller_.require_for(Scope::Verify, &provider)?;
                let missing = || Refused::Missing(format!("pact {content} between `{consumer}` and `{provider}`"));
                let ids = state.service_id(&consumer).zip(state.service_id(&provider));
                let (consumer_id, provider_id) = ids.ok_or_else(missing)?;
                let hash = PactContent::parse(&content).ok_or_else(missing)?;
                let pact = state.pact_id(consumer_id, provider_id, hash).ok_or_else(missing)?;
                let number = state.pact(pact).results.len() as u32 + 1;
                let tests = result.tests.as_ref().map(|tests| {
                    let (passed, failed) = tally(tests);
                    TestTally { passed, failed, blob: plan.keep(Bytes::from(tests.to_string())) }
                });
                plan.record(Event::Verified {
                    consumer: consumer.clone(),
                    provider: provider.clone(),
                    content: content.clone(),
                    provider_version: result.provider_version.clone(),
                    success: result.success,
                    build_url: result.build_url.clone(),
                    verified_by: result.verified_by.clone(),
                    tests,
                });
                let newest = state.pair(consumer_id, provider_id).and_then(|pair| pair.versions.last().copied());
                let consumer_version = result
                    .consumer_versions
                    .last()
                    .cloned()
                    .or_else(|| newest.map(|id| state.version(id).number.to_string()));
                let outcome =
                    if result.success { "provider_verification_succeeded" } else { "provider_verification_failed" };
                for event in ["provider_verification_published", outcome] {
                    plan.announcements.push(Announcement {
                        consumer: Some(consumer.clone()),
                        consumer_version: consumer_version.clone(),
                        provider: Some(provider.clone()),
                        provider_version: Some(result.provider_version.clone()),
                        content: Some(content.clone()),
                        result: Some(number),
                        ..Announcement::new(event)
                    });
                }
                Ok(Recorded { number })
            })
            .await
    }
}

/// How many of a client's tests passed and failed; tests without a verdict count as neither.
fn tally(tests: &Value) -> (u32, u32) {
    let tests = tests.as_array().map_or(&[][..], Vec::as_slice);
    let count =
        |wanted| tests.iter().filter(|test| test.get("success").and_then(Value::as_bool) == Some(wanted)).count();
    (count(true) as u32, count(false) as u32)
}
