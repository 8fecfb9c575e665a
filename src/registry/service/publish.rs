//! Publishing a version: its pacts, its contract, and what it was built against.

use bytes::Bytes;

use crate::finding::Report;
use crate::registry::domain::{
    Announcement, ContractFile, Digest, Event, NameKind, PactDocument, Scope, ServiceId, State, VersionId,
};
use crate::registry::service::participants::{ensure_branch, ensure_tag, ensure_version};
use crate::registry::service::registry::checked;
use crate::registry::service::{Caller, Plan, Refused, Registry, RegistryError};

/// How many files one contract may have.
const MAX_FILES: usize = 20_000;
/// How often to compare again when other versions are published meanwhile.
const ATTEMPTS: usize = 5;

/// What is to be published.
#[derive(Debug, Clone, Default)]
pub(crate) struct Upload {
    pub(crate) service: String,
    pub(crate) version: String,
    pub(crate) branch: Option<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) build_url: Option<String>,
    /// Providers with the versions that this version was built against.
    pub(crate) consumes: Vec<(String, String)>,
    pub(crate) pacts: Vec<PactUpload>,
    /// The files of the contract: path and content.
    pub(crate) files: Vec<(String, Bytes)>,
    /// Refused if the version exists already, whatever it has.
    pub(crate) only_if_new: bool,
}

/// A pact to publish.
#[derive(Debug, Clone)]
pub(crate) struct PactUpload {
    pub(crate) provider: String,
    pub(crate) bytes: Bytes,
    pub(crate) document: PactDocument,
    /// The address of the pact that this one was merged from and may replace.
    pub(crate) replaces: Option<Digest>,
}

/// What publishing did.
#[derive(Debug, Clone)]
pub(crate) struct Published {
    pub(crate) version_was_new: bool,
    pub(crate) pacts: Vec<PublishedPact>,
    /// Whether a contract was added; `None` where none was sent.
    pub(crate) contract_was_new: Option<bool>,
    /// The comparison with the versions that the mode of the service names, where there were any.
    pub(crate) report: Option<Box<Report>>,
}

/// What publishing a pact did.
#[derive(Debug, Clone)]
pub(crate) struct PublishedPact {
    pub(crate) provider: String,
    pub(crate) outcome: PactOutcome,
    /// Why webhooks hear of changed content; empty if they do not.
    pub(crate) content_changes: Vec<String>,
}

/// How a pact compares with what the version had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PactOutcome {
    /// The version had no pact with that provider.
    New,
    /// It had the same.
    Same,
    /// It had another, which was merged with this one.
    Merged,
}

impl Registry {
    /// Publishes a version. Doing it again with the same content changes nothing; with other content it is refused.
    pub(crate) async fn publish(&self, caller: &Caller, upload: Upload) -> Result<Published, RegistryError> {
        check(&upload)?;
        caller.require_for(Scope::Publish, &upload.service)?;
        let mut attempt = 0;
        loop {
            let verdict =
                self.check_compatibility(&upload.service, &upload.version, &upload.branch, &upload.files).await?;
            let (caller_, upload_, bases) = (caller.clone(), upload.clone(), verdict.bases.clone());
            let result = self
                .ledger
                .command(caller, move |state, plan| {
                    if !upload_.files.is_empty() {
                        let now = crate::registry::service::compatibility::bases(
                            state,
                            &upload_.service,
                            &upload_.version,
                            upload_.branch.as_deref(),
                        );
                        if now != bases {
                            return Err(Refused::Stale("other versions were published meanwhile".into()));
                        }
                    }
                    caller_.require_for(Scope::Publish, &upload_.service)?;
                    decide(state, plan, &upload_)
                })
                .await;
            match result {
                Err(RegistryError::Refused(Refused::Stale(_))) if !upload.only_if_new && attempt < ATTEMPTS => {
                    attempt += 1;
                }
                Err(error) => return Err(error),
                Ok(published) => return Ok(Published { report: verdict.report.map(Box::new), ..published }),
            }
        }
    }

    /// Removes the pact of a consumer version with a provider.
    pub(crate) async fn remove_pact(
        &self,
        caller: &Caller,
        consumer: &str,
        version: &str,
        provider: &str,
    ) -> Result<(), RegistryError> {
        let provider = provider.to_owned();
        self.on_version(caller, &[Scope::Publish], consumer, version, move |state, plan, consumer, version| {
            let missing = || Refused::Missing(format!("pact of `{consumer}` {version} with `{provider}`"));
            let id = state.version_id(consumer, version).ok_or_else(missing)?;
            let other = state.service_id(&provider).ok_or_else(missing)?;
            state.publication(id, other).ok_or_else(missing)?;
            plan.record(Event::PactRemoved {
                consumer: consumer.to_owned(),
                version: version.to_owned(),
                provider: provider.clone(),
            });
            Ok(())
        })
        .await
    }
}

fn check(upload: &Upload) -> Result<(), Refused> {
    checked(NameKind::Service, "service", &upload.service)?;
    checked(NameKind::Version, "version", &upload.version)?;
    if let Some(branch) = &upload.branch {
        checked(NameKind::Branch, "branch", branch)?;
    }
    for tag in &upload.tags {
        checked(NameKind::Tag, "tags", tag)?;
    }
    for (provider, version) in &upload.consumes {
        checked(NameKind::Service, "consumes", provider)?;
        checked(NameKind::Version, "consumes", version)?;
    }
    for pact in &upload.pacts {
        checked(NameKind::Service, "provider", &pact.provider)?;
    }
    if upload.files.len() > MAX_FILES {
        return Err(Refused::invalid("files", format!("has more than {MAX_FILES} entries")));
    }
    let mut paths: Vec<&str> = upload.files.iter().map(|(path, _)| path.as_str()).collect();
    for path in &paths {
        let is_inside = !path.is_empty()
            && path.len() <= 1024
            && !path.contains(['\\', '\0'])
            && path.split('/').all(|part| !part.is_empty() && part != "." && part != "..");
        if !is_inside {
            return Err(Refused::invalid("files", format!("has a path that is not relative and plain: `{path}`")));
        }
    }
    paths.sort_unstable();
    if let Some(twice) = paths.windows(2).find_map(|pair| (pair[0] == pair[1]).then_some(pair[0])) {
        return Err(Refused::invalid("files", format!("has the path `{twice}` twice")));
    }
    Ok(())
}

fn decide(state: &State, plan: &mut Plan, upload: &Upload) -> Result<Published, Refused> {
    let Upload { service, version, .. } = upload;
    let known = state.version_id(service, version);
    if upload.only_if_new && known.is_some() {
        return Err(Refused::Stale(format!("version `{version}` of `{service}` exists already")));
    }
    ensure_version(state, plan, service, version, upload.build_url.as_deref());
    if let Some(branch) = &upload.branch {
        ensure_branch(state, plan, service, version, branch);
    }
    for tag in &upload.tags {
        ensure_tag(state, plan, service, version, tag);
    }
    let pacts =
        upload.pacts.iter().map(|pact| decide_pact(state, plan, upload, known, pact)).collect::<Result<_, _>>()?;
    let contract_was_new = decide_contract(state, plan, upload, known)?;
    for (provider, provider_version) in &upload.consumes {
        let is_known =
            known.is_some_and(|id| {
                state.version(id).consumes.iter().any(|(service, number)| {
                    *state.service(*service).name == **provider && **number == **provider_version
                })
            });
        if !is_known {
            plan.record(Event::Consumed {
                service: service.clone(),
                version: version.clone(),
                provider: provider.clone(),
                provider_version: provider_version.clone(),
            });
        }
    }
    Ok(Published { version_was_new: known.is_none(), pacts, contract_was_new, report: None })
}

fn decide_contract(
    state: &State,
    plan: &mut Plan,
    upload: &Upload,
    known: Option<VersionId>,
) -> Result<Option<bool>, Refused> {
    if upload.files.is_empty() {
        return Ok(None);
    }
    let mut files: Vec<ContractFile> = upload
        .files
        .iter()
        .map(|(path, bytes)| ContractFile {
            path: path.clone(),
            blob: plan.keep(bytes.clone()),
            size: bytes.len() as u64,
        })
        .collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    match known.and_then(|id| state.version(id).contract.as_ref()) {
        Some(contract) if contract.files == files => Ok(Some(false)),
        Some(_) => Err(Refused::Conflict(format!(
            "version `{}` of `{}` is published with another contract: a published version never changes, \
             publish this one under a new version",
            upload.version, upload.service
        ))),
        None => {
            plan.record(Event::ContractPublished {
                service: upload.service.clone(),
                version: upload.version.clone(),
                files,
            });
            plan.announcements.push(Announcement {
                provider: Some(upload.service.clone()),
                provider_version: Some(upload.version.clone()),
                ..Announcement::new("provider_contract_published")
            });
            Ok(Some(true))
        }
    }
}

fn decide_pact(
    state: &State,
    plan: &mut Plan,
    upload: &Upload,
    known: Option<VersionId>,
    pact: &PactUpload,
) -> Result<PublishedPact, Refused> {
    let (consumer, provider) = (&upload.service, &pact.provider);
    let content = pact.document.content.to_string();
    let provider_id = state.service_id(provider);
    let before = known.zip(provider_id).and_then(|(version, provider)| state.publication(version, provider));
    let before = before.map(|publication| state.pact(publication.pact));
    let outcome = match before {
        None => PactOutcome::New,
        Some(before) if before.content == pact.document.content => PactOutcome::Same,
        Some(before) if pact.replaces == Some(before.blob) => PactOutcome::Merged,
        Some(_) if pact.replaces.is_some() => {
            return Err(Refused::Stale("the pact was changed meanwhile".into()));
        }
        Some(_) => {
            return Err(Refused::Conflict(format!(
                "Cannot change the content of the pact for {consumer} version {} and provider {provider}, as race \
                 conditions will cause unreliable results for can-i-deploy. Each pact must be published with a unique \
                 consumer version number. For more information see https://docs.pact.io/go/versioning",
                upload.version
            )));
        }
    };
    if outcome != PactOutcome::Same {
        let blob = plan.keep(pact.bytes.clone());
        plan.record(Event::PactPublished {
            consumer: consumer.clone(),
            version: upload.version.clone(),
            provider: provider.clone(),
            content: content.clone(),
            blob,
        });
    }
    let announcement = Announcement {
        consumer: Some(consumer.clone()),
        consumer_version: Some(upload.version.clone()),
        provider: Some(provider.clone()),
        content: Some(content.clone()),
        ..Announcement::new("contract_published")
    };
    plan.announcements.push(announcement.clone());
    let content_changes = content_changes(state, upload, pact, outcome);
    if !content_changes.is_empty() {
        plan.announcements.push(Announcement { event: "contract_content_changed".into(), ..announcement.clone() });
        let pairs = [state.service_id(consumer), provider_id];
        if let [Some(consumer_id), Some(provider_id)] = pairs {
            for (version, descriptions) in unverified_by(state, consumer_id, provider_id, pact) {
                plan.announcements.push(Announcement {
                    event: "contract_requiring_verification_published".into(),
                    provider_version: Some(state.version(version).number.to_string()),
                    descriptions,
                    ..announcement.clone()
                });
            }
        }
    }
    if provider_id.is_none_or(|id| state.latest_version(id).is_none()) {
        plan.announcements
            .push(Announcement { event: "contract_requiring_verification_published".into(), ..announcement });
    }
    Ok(PublishedPact { provider: provider.clone(), outcome, content_changes })
}

/// Why the content counts as changed: compared with the newest pact of the same branch, of each tag, or, where the
/// version has neither, with the newest of all.
fn content_changes(state: &State, upload: &Upload, pact: &PactUpload, outcome: PactOutcome) -> Vec<String> {
    if outcome == PactOutcome::Merged {
        let (service, version) = (&upload.service, &upload.version);
        return vec![format!("pact content modified since previous publication for {service} version {version}")];
    }
    if outcome == PactOutcome::Same {
        return Vec::new();
    }
    let consumer = state.service_id(&upload.service);
    let pair = consumer
        .zip(state.service_id(&pact.provider))
        .and_then(|(consumer, provider)| state.pair(consumer, provider).map(|pair| (provider, pair)));
    let newest = |wanted: &dyn Fn(VersionId) -> bool| {
        let (provider, pair) = pair.as_ref()?;
        let version = pair.versions.iter().rev().copied().find(|version| wanted(*version))?;
        let publication = state.publication(version, *provider)?;
        Some(state.pact(publication.pact).content == pact.document.content)
    };
    let mut reasons = Vec::new();
    let mut compare = |before: Option<bool>, which: &str| match before {
        None => reasons.push(format!("first time any pact published for this consumer with consumer version {which}")),
        Some(false) => {
            reasons.push(format!("pact content has changed since the last consumer version {which}"));
        }
        Some(true) => {}
    };
    for tag in &upload.tags {
        let before = newest(&|id| state.version(id).tags.iter().any(|(name, _)| **name == **tag));
        compare(before, &format!("tagged {tag}"));
    }
    if let (Some(branch), true) = (&upload.branch, upload.tags.is_empty()) {
        let before = newest(&|id| state.version(id).branches.iter().any(|(name, _)| **name == **branch));
        compare(before, &format!("from branch {branch}"));
    }
    if upload.branch.is_none() && upload.tags.is_empty() {
        match newest(&|_| true) {
            None => reasons.push("first time untagged pact published".into()),
            Some(false) => reasons.push("pact content has changed since the last untagged version".into()),
            Some(true) => {}
        }
    }
    reasons
}

/// The provider versions that matter and have no result for this content: the head of the main branch, and whatever
/// is deployed or released anywhere.
fn unverified_by(
    state: &State,
    consumer: ServiceId,
    provider: ServiceId,
    pact: &PactUpload,
) -> Vec<(VersionId, Vec<String>)> {
    let content = state.pact_id(consumer, provider, pact.document.content);
    let mut wanted: std::collections::BTreeMap<VersionId, Vec<String>> = std::collections::BTreeMap::new();
    let main = state.main_branch(provider).and_then(|branch| state.branch_head(provider, branch));
    match main {
        Some(head) => wanted.entry(head).or_default().push("latest from main branch".into()),
        None => {
            if let Some(latest) = state.latest_version(provider) {
                wanted.entry(latest).or_default().push("latest version".into());
            }
        }
    }
    for environment in state.environments() {
        for deployment in state.live(environment) {
            if state.version(deployment.version).service == provider {
                let how = match deployment.running {
                    crate::registry::domain::Running::Deployed { .. } => "deployed to",
                    crate::registry::domain::Running::Released => "released to",
                };
                wanted.entry(deployment.version).or_default().push(format!("{how} {}", environment.name));
            }
        }
    }
    wanted.retain(|version, _| content.is_none_or(|content| state.result_for(content, *version).is_none()));
    wanted.into_iter().collect()
}
