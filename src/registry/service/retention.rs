//! Removing what nobody needs any more: old versions, then the contents that nothing refers to.

use std::collections::HashSet;

use crate::registry::domain::{Digest, Event, PactContent, Record, Scope, State};
use crate::registry::service::{Caller, Registry, RegistryError};

/// What was removed, or would be.
#[derive(Debug, Clone, serde::Serialize)]
pub(crate) struct Collected {
    /// Service and number.
    pub(crate) versions: Vec<(String, String)>,
    pub(crate) blobs: u64,
    pub(crate) bytes: u64,
}

impl Registry {
    /// Removes versions recorded before `before` that nobody needs, and contents that nothing refers to. With `dry_run`
    /// nothing is removed, and only contents that are unreferenced already are counted.
    pub(crate) async fn collect_garbage(
        &self,
        caller: &Caller,
        before: i64,
        dry_run: bool,
    ) -> Result<Collected, RegistryError> {
        caller.require(Scope::Admin)?;
        let versions = self.read(|state| state.dispensable(before)).await?;
        if !dry_run {
            // In parts, so that others get their turn.
            for part in versions.chunks(500) {
                let part: HashSet<(String, String)> = part.iter().cloned().collect();
                self.ledger
                    .command(caller, move |state, plan| {
                        // Somebody may have deployed or tagged one meanwhile.
                        for (service, version) in state.dispensable(before) {
                            if part.contains(&(service.clone(), version.clone())) {
                                plan.record(Event::VersionRemoved { service, version });
                            }
                        }
                        Ok(())
                    })
                    .await?;
            }
        }
        let details = self.details_of_results().await?;
        let sizes = self.ledger.store().blob_list().await?;
        let unused = move |state: &State| {
            let used = used_blobs(state, &details);
            sizes.iter().filter(|(digest, _)| !used.contains(digest)).copied().collect::<Vec<_>>()
        };
        let removed = if dry_run {
            self.read(&unused).await?
        } else {
            self.ledger
                .command(caller, move |state, plan| {
                    let removed = unused(state);
                    if !removed.is_empty() {
                        plan.deleted_blobs = removed.iter().map(|(digest, _)| *digest).collect();
                        let bytes = removed.iter().map(|(_, size)| size).sum();
                        plan.record(Event::BlobsCollected { count: removed.len() as u64, bytes });
                    }
                    Ok(removed)
                })
                .await?
        };
        let bytes = removed.iter().map(|(_, size)| size).sum();
        Ok(Collected { versions, blobs: removed.len() as u64, bytes })
    }

    /// Where the details of verification results are kept, which only the log knows: with the pact that they are about.
    async fn details_of_results(&self) -> Result<Vec<Details>, RegistryError> {
        let mut details = Vec::new();
        let mut after = 0;
        loop {
            let page = self.ledger.store().records(after, 10_000).await?;
            let Some(last) = page.last() else { return Ok(details) };
            after = last.seq;
            for sealed in &page {
                let record: Option<Record> = serde_json::from_str(&sealed.body).ok();
                if let Some(Event::Verified { consumer, provider, content, tests: Some(tests), .. }) =
                    record.map(|record| record.event)
                {
                    details.push(Details { consumer, provider, content, blob: tests.blob });
                }
            }
        }
    }
}

struct Details {
    consumer: String,
    provider: String,
    content: String,
    blob: Digest,
}

fn used_blobs(state: &State, details: &[Details]) -> HashSet<Digest> {
    let mut used = HashSet::new();
    let mut published = HashSet::new();
    for service in state.services() {
        for id in &state.service(service).versions {
            let version = state.version(*id);
            used.extend(version.contract.iter().flat_map(|contract| contract.files.iter().map(|file| file.blob)));
            for publication in &version.pacts {
                used.insert(state.pact(publication.pact).blob);
                published.insert(publication.pact);
            }
        }
    }
    for entry in details {
        let ids = state.service_id(&entry.consumer).zip(state.service_id(&entry.provider));
        let pact = ids.zip(PactContent::parse(&entry.content));
        let pact = pact.and_then(|((consumer, provider), content)| state.pact_id(consumer, provider, content));
        if pact.is_some_and(|pact| published.contains(&pact)) {
            used.insert(entry.blob);
        }
    }
    used
}
