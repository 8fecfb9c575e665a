//! The gate at publishing: the same comparison as `counterpart check`, against the versions that the service's mode names.

use std::sync::Arc;

use bytes::Bytes;
use tracing::Instrument as _;

use crate::check::{BaseTree, Purpose, Request};
use crate::finding::{Refusal, Report};
use crate::formats::CompareOptions;
use crate::policy::{Mode, Policy, VersionState, ZeroVersions, required_for, version_state};
use crate::registry::domain::{ServiceId, State, VersionId};
use crate::registry::service::blob_tree::published;
use crate::registry::service::{Refused, Registry, RegistryError};
use crate::source::load::MemoryTree;

/// What comparing found.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    /// The numbers of the versions compared with, newest first.
    pub(crate) bases: Vec<String>,
    /// The findings; `None` where there was nothing to compare.
    pub(crate) report: Option<Report>,
}

/// What is enforced: `None` where the service's owners switched it off.
fn mode_of(state: &State, service: ServiceId) -> Option<Mode> {
    match state.service(service).mode.as_deref() {
        Some("none") => None,
        Some(word) => Some(word.parse().unwrap_or(Mode::BackwardTransitive)),
        None => Some(Mode::BackwardTransitive),
    }
}

/// The versions that a new one must be compatible with, newest first: published, not retired, and
///
/// * for semantic versions: lower ones of the same major (of the same minor below 1.0), pre-releases left out;
/// * for other numbers: those of the main branch, and only where the new version is on it, or on no branch.
///
/// Modes that are not transitive take the first.
pub(crate) fn bases(state: &State, service: &str, version: &str, branch: Option<&str>) -> Vec<String> {
    let Some(id) = state.service_id(service) else { return Vec::new() };
    let Some(mode) = mode_of(state, id) else { return Vec::new() };
    let candidates = state.service(id).versions.iter().copied().filter(|candidate| {
        let candidate = state.version(*candidate);
        candidate.contract.is_some() && !candidate.retired && *candidate.number != *version
    });
    let mut chosen: Vec<VersionId> = if let Some(new) = semantic(version) {
        let mut lower: Vec<(semver::Version, VersionId)> = candidates
            .filter_map(|candidate| Some((semantic(&state.version(candidate).number)?, candidate)))
            .filter(|(number, _)| number.pre.is_empty() && *number < new && same_line(number, &new))
            .collect();
        lower.sort_by(|a, b| b.cmp(a));
        lower.into_iter().map(|(_, candidate)| candidate).collect()
    } else {
        let main = state.main_branch(id);
        if branch.is_some() && branch != main {
            return Vec::new();
        }
        let mut on_main: Vec<VersionId> = candidates
            .filter(|candidate| {
                let branches = &state.version(*candidate).branches;
                main.is_none() || branches.iter().any(|(name, _)| Some(&**name) == main)
            })
            .collect();
        on_main.reverse();
        on_main
    };
    // A version published on this content before is not compared with what came after it.
    if !mode.is_transitive() && !matches!(mode, Mode::ExpansionOnly | Mode::Compatible) {
        chosen.truncate(1);
    }
    chosen.into_iter().map(|candidate| state.version(candidate).number.to_string()).collect()
}

/// A semantic version, with or without a leading `v`.
pub(crate) fn semantic(number: &str) -> Option<semver::Version> {
    semver::Version::parse(number.strip_prefix('v').unwrap_or(number)).ok()
}

fn same_line(a: &semver::Version, b: &semver::Version) -> bool {
    a.major == b.major && (a.major > 0 || (a.minor == b.minor && a.minor > 0))
}

impl Registry {
    /// Compares a contract that is about to be published. An error if it breaks somebody, or cannot be read.
    pub(crate) async fn check_compatibility(
        &self,
        service: &str,
        version: &str,
        branch: &Option<String>,
        files: &[(String, Bytes)],
    ) -> Result<Verdict, RegistryError> {
        if files.is_empty() {
            return Ok(Verdict::default());
        }
        let (mode, bases, old, is_published) = self
            .read(|state| {
                let id = state.service_id(service);
                let mode = id.map_or(Some(Mode::BackwardTransitive), |id| mode_of(state, id));
                let bases = bases(state, service, version, branch.as_deref());
                let mut old = Vec::new();
                // Versions with the same files are compared with once.
                let mut seen: Vec<&Vec<crate::registry::domain::ContractFile>> = Vec::new();
                for number in &bases {
                    let contract = state.version_id(service, number).and_then(|id| state.version(id).contract.as_ref());
                    if let Some(contract) = contract.filter(|contract| !seen.contains(&&contract.files)) {
                        seen.push(&contract.files);
                        old.push((number.clone(), contract.files.clone()));
                    }
                }
                let known = state.version_id(service, version);
                let is_published = known.is_some_and(|id| state.version(id).contract.is_some());
                (mode, bases, old, is_published)
            })
            .await?;
        // What is there already is compared with itself by the decision, not judged again.
        if is_published {
            return Ok(Verdict { bases, report: None });
        }
        let mut trees = Vec::with_capacity(old.len());
        for (number, files) in old {
            trees.push(self.blob_tree(service, &number, &files).await?);
        }
        let new = published(format!("{service}@{version}"), files.to_vec());
        let report = self.compare(new, trees, mode).await?;
        let Some(report) = report else {
            // What is not understood was not checked, and nobody may take it for compatible.
            return match mode {
                None => Ok(Verdict { bases, report: None }),
                Some(mode) => Err(not_understood(service, mode).into()),
            };
        };
        if mode.is_some() && report.summary.errors > 0 {
            let mode = mode.map_or_else(String::new, |mode| mode.to_string());
            return Err(Refused::Incompatible {
                message: format!(
                    "`{service}` {version} breaks consumers of {} (mode {mode}: {})",
                    bases.join(", "),
                    count(report.summary.errors, "error")
                ),
                report: Box::new(report),
            }
            .into());
        }
        if let (Some(_), Some(released)) = (mode, bases.first()) {
            refuse_low_number(service, version, released, &report)?;
        }
        Ok(Verdict { bases, report: Some(report) })
    }

    /// The published files of a version as a tree.
    pub(crate) async fn blob_tree(
        &self,
        service: &str,
        number: &str,
        files: &[crate::registry::domain::ContractFile],
    ) -> Result<MemoryTree, RegistryError> {
        let contents = self.ledger.blobs(files.iter().map(|file| file.blob).collect()).await?;
        let files = files
            .iter()
            .zip(contents)
            .map(|(file, bytes)| {
                let bytes = bytes.ok_or_else(|| {
                    crate::registry::store::StoreError::Failed(format!("the content of `{}` is not there", file.path))
                })?;
                Ok((file.path.clone(), bytes))
            })
            .collect::<Result<Vec<_>, RegistryError>>()?;
        Ok(published(format!("{service}@{number}"), files))
    }

    /// Compares trees; `None` where no side has a contract of a known format. Without a mode only syntax is an error.
    pub(crate) async fn compare(
        &self,
        new: MemoryTree,
        old: Vec<MemoryTree>,
        mode: Option<Mode>,
    ) -> Result<Option<Report>, RegistryError> {
        let permit = Arc::clone(&self.comparisons).acquire_owned().await.map_err(|_| RegistryError::Closing)?;
        let formats = Arc::clone(&self.formats);
        let today = jiff::Timestamp::from_millisecond((self.ledger.edges().now)())
            .map_or(jiff::civil::Date::ZERO, |now| now.to_zoned(jiff::tz::TimeZone::UTC).date());
        let result = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let options = CompareOptions::new(today);
            let policy = Policy { mode: mode.unwrap_or_default(), ..Policy::new(today) };
            let known = formats.iter().any(|format| {
                let found = format.discover(&new, &options);
                !found.contracts.is_empty() || !found.problems.is_empty()
            });
            if !known {
                return Ok(None);
            }
            let bases = old
                .iter()
                .map(|tree| BaseTree {
                    tree,
                    input: format!("registry:{}", crate::source::Tree::label(tree)),
                    reason: "published in this registry".into(),
                })
                .collect();
            crate::check::run(&Request {
                new: &new,
                bases,
                released: Vec::new(),
                formats: &formats,
                options: &options,
                policy: &policy,
                purpose: Purpose::Changelog,
                allow_broken_base: true,
            })
            .map(Some)
        })
        .instrument(tracing::info_span!("compare contracts"))
        .await
        .map_err(|_| RegistryError::Closing)?;
        result.map_err(|refusal| unreadable(&refusal).into())
    }
}

fn unreadable(refusal: &Refusal) -> Refused {
    let problems: Vec<String> = refusal
        .errors
        .iter()
        .take(20)
        .map(|problem| match &problem.location {
            Some(place) => format!("{}:{}:{}: {}", place.path, place.start_line, place.start_column, problem.message),
            None => problem.message.clone(),
        })
        .collect();
    Refused::invalid("files", format!("cannot be read as a contract: {}", problems.join("; ")))
}

fn not_understood(service: &str, mode: Mode) -> Refused {
    Refused::invalid(
        "files",
        format!(
            "have no contract of a format that is known here, so the mode {mode} of `{service}` cannot be kept; to publish \
             them as they are, unchecked, set the mode `none` first (`counterpart registry service {service} --mode none`)"
        ),
    )
}

fn refuse_low_number(service: &str, version: &str, released: &str, report: &Report) -> Result<(), Refused> {
    let required = required_for(report.summary.required_bump, Some(released), false, ZeroVersions::Cargo);
    match version_state(Some(released), Some(version), required, false) {
        VersionState::TooSmall { next } => Err(Refused::Conflict(format!(
            "version `{version}` of `{service}` is too low: what changed since {released} needs at least {next}"
        ))),
        _ => Ok(()),
    }
}

fn count(number: usize, word: &str) -> String {
    if number == 1 { format!("1 {word}") } else { format!("{number} {word}s") }
}
