//! The Pact Broker's matrix: which consumer version was verified with which provider version, and what follows from it.
//!
//! One deliberate difference: where several versions run in an environment, each of them needs its result. The broker
//! answered yes when one of them had one (its issue 903).

use std::collections::{BTreeMap, BTreeSet};

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
        let mut rows = Vec::new();
        for (&consumer, left) in &resolved {
            for provider in self.providers(consumer) {
                let Some(right) = resolved.get(&provider) else { continue };
                if !(left.is_inferred && right.is_inferred) {
                    self.rows(consumer, left, provider, right, query, &mut rows);
                }
            }
        }
        rows.retain(|row| {
            let success = row.result.map(|id| self.result(id).success);
            query.success.is_empty() || query.success.contains(&success)
        });
        rows.sort_by_key(|row| {
            (std::cmp::Reverse(row.consumer_version), row.provider, std::cmp::Reverse(row.provider_version), row.result)
        });
        if query.latest_by == Some(LatestBy::ConsumerProvider) {
            let mut seen = BTreeSet::new();
            rows.retain(|row| seen.insert((row.consumer, row.provider)));
        }
        self.summarize(query, &resolved, missing, rows)
    }

    fn rows(
        &self,
        consumer: ServiceId,
        left: &Resolved,
        provider: ServiceId,
        right: &Resolved,
        query: &MatrixQuery,
        rows: &mut Vec<MatrixRow>,
    ) {
        let Some(pair) = self.pair(consumer, provider) else { return };
        let wanted: Vec<VersionId> = match &left.versions {
            Some(versions) => versions.intersection(&pair.versions).copied().collect(),
            None => pair.versions.iter().copied().collect(),
        };
        for consumer_version in wanted {
            let Some(publication) = self.publication(consumer_version, provider).copied() else { continue };
            let row = |provider_version, result| MatrixRow {
                consumer,
                consumer_version,
                provider,
                provider_version,
                publication,
                result,
                is_ignored: self.is_ignored(query, consumer, Some(consumer_version))
                    || self.is_ignored(query, provider, provider_version),
            };
            let before = rows.len();
            self.results_for(publication.pact, right, query, |version, result| rows.push(row(Some(version), result)));
            if rows.len() == before {
                rows.push(row(None, None));
            }
        }
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

    fn summarize(
        &self,
        query: &MatrixQuery,
        resolved: &BTreeMap<ServiceId, Resolved>,
        missing: Vec<String>,
        mut rows: Vec<MatrixRow>,
    ) -> Matrix {
        let (mut success, mut failed, mut unknown, mut ignored) = (0, 0, 0, 0);
        let mut reasons = missing.clone();
        for row in &rows {
            if row.is_ignored {
                ignored += 1;
                continue;
            }
            let sides = || {
                let left = self.describe(row.consumer, &resolved[&row.consumer], Some(row.consumer_version));
                let right = self.describe(row.provider, &resolved[&row.provider], row.provider_version);
                format!("{left} and {right}")
            };
            let reason = match row.result.map(|id| self.result(id).success) {
                Some(true) => {
                    success += 1;
                    continue;
                }
                Some(false) => {
                    failed += 1;
                    format!("The verification for the pact between {} failed", sides())
                }
                None => {
                    unknown += 1;
                    format!("There is no verified pact between {}", sides())
                }
            };
            if !reasons.contains(&reason) {
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
        rows.truncate(query.limit.unwrap_or(usize::MAX));
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
