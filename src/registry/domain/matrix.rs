//! The Pact Broker's matrix: which consumer version was verified with which provider version, and what follows from it.
//!
//! One deliberate difference: where several versions run in an environment, each of them needs its result. The broker
//! answered yes when one of them had one (its issue 903).

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use crate::registry::domain::{PactId, Publication, ResultId, ServiceId, State, VersionId};

/// A question to the matrix.
#[derive(Debug, Clone, Default)]
pub(crate) struct MatrixQuery {
    pub(crate) selectors: Vec<MatrixSelector>,
    /// Which versions of the others count; none means that only the named services do.
    pub(crate) to: Option<By>,
    pub(crate) latest_by: Option<LatestBy>,
    pub(crate) limit: Option<usize>,
    /// Only rows with these results; empty means all.
    pub(crate) success: Vec<Option<bool>>,
    pub(crate) ignore: Vec<Ignored>,
}

/// A service with the versions of it that are meant.
#[derive(Debug, Clone)]
pub(crate) struct MatrixSelector {
    pub(crate) service: String,
    /// Every version, if absent.
    pub(crate) by: Option<By>,
}

/// How versions are named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum By {
    Number(String),
    Latest,
    Tag { tag: String, latest: bool },
    Branch { branch: String, latest: bool },
    MainBranch { latest: bool },
    Environment(String),
}

/// What to leave out of the decision.
#[derive(Debug, Clone)]
pub(crate) struct Ignored {
    pub(crate) service: String,
    /// All versions, if absent.
    pub(crate) version: Option<String>,
}

/// Which results are shown where there are several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LatestBy {
    /// The newest for each consumer version and provider version.
    ConsumerVersionProviderVersion,
    /// The newest for each consumer version and provider.
    ConsumerVersionProvider,
    /// The newest for each consumer and provider.
    ConsumerProvider,
}

/// One line of the matrix.
#[derive(Debug, Clone)]
pub(crate) struct MatrixRow {
    pub(crate) consumer: ServiceId,
    pub(crate) consumer_version: VersionId,
    pub(crate) provider: ServiceId,
    /// Absent where no provider version is known that it should work with.
    pub(crate) provider_version: Option<VersionId>,
    pub(crate) publication: Publication,
    pub(crate) result: Option<ResultId>,
    pub(crate) is_ignored: bool,
}

/// The answer.
#[derive(Debug)]
pub(crate) struct Matrix {
    pub(crate) rows: Vec<MatrixRow>,
    /// `None` is "not known".
    pub(crate) deployable: Option<bool>,
    pub(crate) warnings: Vec<String>,
    pub(crate) reasons: Vec<String>,
    pub(crate) success: usize,
    pub(crate) failed: usize,
    pub(crate) unknown: usize,
    pub(crate) ignored: usize,
}

/// A selector after its versions were looked up.
struct Resolved {
    by: Option<By>,
    /// `None` for every version.
    versions: Option<BTreeSet<VersionId>>,
    is_inferred: bool,
}

/// A consumer version's pact that is asked about.
#[derive(Clone, Copy)]
struct Candidate {
    consumer: ServiceId,
    consumer_version: VersionId,
    provider: ServiceId,
    publication: Publication,
}

/// A provider version that a pact should work with, and whether it does.
struct Entry {
    version: Option<VersionId>,
    result: Option<ResultId>,
    success: Option<bool>,
}

impl State {
    /// Answers; every service named must exist.
    pub(crate) fn matrix(&self, query: &MatrixQuery) -> Matrix {
        let mut resolved: BTreeMap<ServiceId, Resolved> = BTreeMap::new();
        let mut missing = Vec::new();
        for selector in &query.selectors {
            let Some(service) = self.service_id(&selector.service) else { continue };
            let versions = selector.by.as_ref().map(|by| self.versions_by(service, by));
            if let (Some(by), Some(versions)) = (&selector.by, &versions)
                && versions.is_empty()
                && !query.ignore.iter().any(|ignored| ignored.service == selector.service && ignored.version.is_none())
            {
                missing.push(not_there(&selector.service, by));
            }
            let entry = Resolved { by: selector.by.clone(), versions, is_inferred: false };
            match resolved.get_mut(&service) {
                // The same service twice: either version will do.
                Some(known) => match (&mut known.versions, entry.versions) {
                    (Some(known), Some(more)) => known.extend(more),
                    (known, _) => *known = None,
                },
                None => {
                    resolved.insert(service, entry);
                }
            }
        }
        let specified: Vec<ServiceId> = resolved.keys().copied().collect();
        if query.to.is_some() || specified.len() == 1 {
            for service in &specified {
                for other in self.consumers(*service).into_iter().chain(self.providers(*service)) {
                    resolved.entry(other).or_insert_with(|| Resolved {
                        by: query.to.clone(),
                        versions: query.to.as_ref().map(|by| self.versions_by(other, by)),
                        is_inferred: true,
                    });
                }
            }
        }
        // What a pact was verified with is looked up once, however many consumer versions have it.
        let mut entries: FxHashMap<PactId, Vec<Entry>> = FxHashMap::default();
        let mut candidates = Vec::new();
        for (&consumer, left) in &resolved {
            for provider in self.providers(consumer) {
                let Some(right) = resolved.get(&provider) else { continue };
                if left.is_inferred && right.is_inferred {
                    continue;
                }
                for (consumer_version, publication) in self.published(consumer, left, provider) {
                    entries.entry(publication.pact).or_insert_with(|| self.entries(publication.pact, right, query));
                    candidates.push(Candidate { consumer, consumer_version, provider, publication });
                }
            }
        }
        candidates.retain(|candidate| !entries[&candidate.publication.pact].is_empty());
        candidates.sort_unstable_by_key(|candidate| (Reverse(candidate.consumer_version), candidate.provider));
        let mut each = usize::MAX;
        if query.latest_by == Some(LatestBy::ConsumerProvider) {
            let mut seen = BTreeSet::new();
            candidates.retain(|candidate| seen.insert((candidate.consumer, candidate.provider)));
            each = 1;
        }
        self.count(query, &resolved, missing, &candidates, |pact| entries[&pact].iter().take(each))
    }

    /// The versions of a consumer that are meant and have a pact with a provider.
    fn published<'a>(
        &'a self,
        consumer: ServiceId,
        left: &'a Resolved,
        provider: ServiceId,
    ) -> impl Iterator<Item = (VersionId, Publication)> + 'a {
        let all = self.pair(consumer, provider).map(|pair| pair.versions.iter().copied());
        let is_meant = |version: &VersionId| left.versions.as_ref().is_none_or(|versions| versions.contains(version));
        let meant = all.into_iter().flatten().filter(is_meant);
        meant.filter_map(move |version| Some((version, *self.publication(version, provider)?)))
    }

    /// What a pact was verified with, as far as it is asked for, the newest provider version first; one entry without a
    /// version where there is nothing.
    fn entries(&self, pact: PactId, right: &Resolved, query: &MatrixQuery) -> Vec<Entry> {
        let mut entries = Vec::new();
        self.results_for(pact, right, query, |version, result| {
            let success = result.map(|id| self.result(id).success);
            entries.push(Entry { version: Some(version), result, success });
        });
        if entries.is_empty() {
            entries.push(Entry { version: None, result: None, success: None });
        }
        entries.retain(|entry| query.success.is_empty() || query.success.contains(&entry.success));
        entries.sort_unstable_by_key(|entry| (Reverse(entry.version), entry.result));
        entries
    }

    fn results_for(
        &self,
        pact: PactId,
        right: &Resolved,
        query: &MatrixQuery,
        mut add: impl FnMut(VersionId, Option<ResultId>),
    ) {
        let pact = self.pact(pact);
        let in_environment = matches!(right.by, Some(By::Environment(_)));
        if let Some(versions) = &right.versions
            && (in_environment || versions.len() == 1)
        {
            for version in versions {
                add(*version, pact.newest.get(version).copied());
            }
            return;
        }
        let counts = |version: &VersionId| {
            !self.version(*version).removed && right.versions.as_ref().is_none_or(|versions| versions.contains(version))
        };
        match query.latest_by {
            Some(LatestBy::ConsumerVersionProviderVersion) => {
                let mut newest: Vec<_> = pact.newest.iter().filter(|(version, _)| counts(version)).collect();
                newest.sort();
                newest.into_iter().for_each(|(version, result)| add(*version, Some(*result)));
            }
            Some(LatestBy::ConsumerVersionProvider | LatestBy::ConsumerProvider) => {
                let newest = pact.results.iter().rev().find(|id| counts(&self.result(**id).provider_version));
                newest.into_iter().for_each(|id| add(self.result(*id).provider_version, Some(*id)));
            }
            None => {
                let results = pact.results.iter().filter(|id| counts(&self.result(**id).provider_version));
                results.for_each(|id| add(self.result(*id).provider_version, Some(*id)));
            }
        }
    }

    fn is_ignored(&self, query: &MatrixQuery, service: ServiceId, version: Option<VersionId>) -> bool {
        query.ignore.iter().any(|ignored| {
            *self.service(service).name == *ignored.service
                && ignored
                    .version
                    .as_ref()
                    .is_none_or(|number| version.is_some_and(|version| *self.version(version).number == **number))
        })
    }

    /// The versions that a name stands for.
    pub(crate) fn versions_by(&self, service: ServiceId, by: &By) -> BTreeSet<VersionId> {
        let one = |id: Option<VersionId>| id.into_iter().collect();
        match by {
            By::Number(number) => one(self.version_of(service, number)),
            By::Latest => one(self.latest_version(service)),
            By::Tag { tag, latest: true } => one(self.tagged(service, tag).last().copied()),
            By::Tag { tag, latest: false } => self.tagged(service, tag).into_iter().collect(),
            By::Branch { branch, latest: true } => one(self.branch_head(service, branch)),
            By::Branch { branch, latest: false } => self
                .service(service)
                .branches
                .get(branch.as_str())
                .map(|branch| branch.versions.clone())
                .unwrap_or_default(),
            By::MainBranch { latest } => self.main_branch(service).map_or_else(BTreeSet::new, |branch| {
                self.versions_by(service, &By::Branch { branch: branch.to_owned(), latest: *latest })
            }),
            By::Environment(name) => {
                self.environment(name).map_or_else(BTreeSet::new, |place| self.live_versions(place, service))
            }
        }
    }

    /// The answer: everything is counted, and as many rows are made as are to be shown.
    fn count<'a, E: Iterator<Item = &'a Entry>>(
        &self,
        query: &MatrixQuery,
        resolved: &BTreeMap<ServiceId, Resolved>,
        missing: Vec<String>,
        candidates: &[Candidate],
        entries: impl Fn(PactId) -> E,
    ) -> Matrix {
        let (mut success, mut failed, mut unknown, mut ignored) = (0, 0, 0, 0);
        let mut rows = Vec::new();
        let mut troubles = BTreeSet::new();
        let shown = query.limit.unwrap_or(usize::MAX);
        for candidate in candidates {
            let Candidate { consumer, consumer_version, provider, publication } = *candidate;
            // Where any version is meant, the text says nothing of this one.
            let named = |side: ServiceId, version: Option<VersionId>| version.filter(|_| resolved[&side].by.is_some());
            let left = named(consumer, Some(consumer_version));
            for entry in entries(publication.pact) {
                let is_ignored = !query.ignore.is_empty()
                    && (self.is_ignored(query, consumer, Some(consumer_version))
                        || self.is_ignored(query, provider, entry.version));
                match entry.success {
                    _ if is_ignored => ignored += 1,
                    Some(true) => success += 1,
                    Some(false) => failed += 1,
                    None => unknown += 1,
                }
                if !is_ignored && entry.success != Some(true) {
                    let right = named(provider, entry.version);
                    troubles.insert((Reverse(left), provider, Reverse(right), consumer, entry.success.is_some()));
                }
                if rows.len() < shown {
                    let (provider_version, result) = (entry.version, entry.result);
                    rows.push(MatrixRow {
                        consumer,
                        consumer_version,
                        provider,
                        provider_version,
                        publication,
                        result,
                        is_ignored,
                    });
                }
            }
        }
        let mut reasons = missing.clone();
        let mut said: BTreeSet<String> = missing.iter().cloned().collect();
        for (consumer_version, provider, provider_version, consumer, is_failure) in troubles {
            let left = self.describe(consumer, &resolved[&consumer], consumer_version.0);
            let right = self.describe(provider, &resolved[&provider], provider_version.0);
            let reason = if is_failure {
                format!("The verification for the pact between {left} and {right} failed")
            } else {
                format!("There is no verified pact between {left} and {right}")
            };
            if said.insert(reason.clone()) {
                reasons.push(reason);
            }
        }
        let deployable = if !missing.is_empty() {
            Some(false)
        } else if unknown > 0 {
            None
        } else {
            Some(failed == 0)
        };
        if deployable == Some(true) {
            reasons.push(if success > 0 {
                "All required verification results are published and successful".to_owned()
            } else {
                "There are no missing dependencies".to_owned()
            });
        }
        Matrix { rows, deployable, warnings: warnings(query, self), reasons, success, failed, unknown, ignored }
    }

    fn describe(&self, service: ServiceId, resolved: &Resolved, version: Option<VersionId>) -> String {
        let name = &self.service(service).name;
        let number = |none: &str| {
            let known = match (&resolved.versions, version) {
                (Some(versions), _) if versions.len() == 1 => versions.first().copied(),
                (_, version) => version,
            };
            known.map_or_else(|| none.to_owned(), |version| format!("({})", self.version(version).number))
        };
        match &resolved.by {
            None => format!("any version of {name}"),
            Some(By::Number(number)) => format!("version {number} of {name}"),
            Some(By::Latest) => format!("the latest version of {name} {}", number("(no such version exists)")),
            Some(By::Tag { tag, latest: true }) => {
                format!("the latest version of {name} with tag {tag} {}", number("(no such version exists)"))
            }
            Some(By::Tag { tag, latest: false }) => {
                format!("any version of {name} with tag {tag} {}", number("(no such version exists)"))
            }
            Some(By::Branch { branch, latest: true }) => format!(
                "the latest version of {name} from branch {branch} {}",
                number("(no versions exist for this branch)")
            ),
            Some(By::Branch { branch, latest: false }) => {
                format!("any version of {name} from branch {branch} {}", number("(no versions exist for this branch)"))
            }
            Some(By::MainBranch { .. }) => {
                format!("any version of {name} from the main branch {}", number("(no versions exist for this branch)"))
            }
            Some(By::Environment(environment)) => match version {
                Some(version) => {
                    format!("the version of {name} currently in {environment} ({})", self.version(version).number)
                }
                None => format!(
                    "a version of {name} currently in {environment} (no version is currently recorded as \
                     deployed/released in this environment)"
                ),
            },
        }
    }
}

fn not_there(service: &str, by: &By) -> String {
    match by {
        By::Number(number) => {
            format!("No pacts or verifications have been published for version {number} of {service}")
        }
        By::Latest => format!("No version of {service} exists"),
        By::Tag { tag, .. } => format!("No version with tag {tag} exists for {service}"),
        By::Branch { branch, .. } => format!("No version from branch {branch} exists for {service}"),
        By::MainBranch { .. } => format!("No version from the main branch exists for {service}"),
        By::Environment(environment) => {
            format!("No version of {service} is currently recorded as deployed or released in {environment}")
        }
    }
}

fn warnings(query: &MatrixQuery, state: &State) -> Vec<String> {
    let mut warnings = Vec::new();
    let names_a_moving_version = query.selectors.iter().any(|selector| {
        matches!(selector.by, Some(By::Latest | By::Tag { .. } | By::Branch { .. } | By::MainBranch { .. }))
    });
    if query.selectors.len() == 1 {
        if names_a_moving_version {
            warnings.push(
                "WARN: It is recommended to specify the version number (rather than the tag or branch) of the pacticipant \
                 you wish to deploy to avoid race conditions. Without a version number, this result will not be reliable."
                    .to_owned(),
            );
        }
        if matches!(query.to, None | Some(By::Latest)) {
            warnings.push(
                "WARN: It is recommended to specify the environment into which you are deploying. Without the \
                 environment, this result will not be reliable."
                    .to_owned(),
            );
        }
    }
    for ignored in &query.ignore {
        let service = state.service_id(&ignored.service);
        let exists = match (&ignored.version, service) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(number), Some(service)) => state.version_of(service, number).is_some(),
        };
        if !exists {
            let version = ignored.version.as_ref().map_or_else(String::new, |number| format!("version {number} of "));
            warnings.push(format!("WARN: Cannot ignore {version}{} as it does not exist.", ignored.service));
        }
    }
    warnings
}
