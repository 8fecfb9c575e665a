//! Which versions nobody needs any more.

use std::collections::BTreeSet;

use crate::registry::domain::{State, VersionId};

impl State {
    /// The versions that may go, as service and number: recorded before `before` (milliseconds since 1970) and none of
    ///
    /// * the newest of its service, or of one of its branches,
    /// * in use in an environment,
    /// * tagged,
    /// * a released version of a contract (a semantic version, not a pre-release): later ones must be compatible with it,
    /// * what a version that stays was built against.
    pub(crate) fn dispensable(&self, before: i64) -> Vec<(String, String)> {
        let mut kept = BTreeSet::new();
        let mut candidates = Vec::new();
        for service in self.services() {
            for id in self.service(service).versions.iter().copied() {
                if self.version(id).created.at < before && !self.is_needed(id) {
                    candidates.push(id);
                } else {
                    kept.insert(id);
                }
            }
        }
        let built_against: BTreeSet<VersionId> = kept
            .iter()
            .flat_map(|id| &self.version(*id).consumes)
            .filter_map(|(provider, number)| self.version_of(*provider, number))
            .collect();
        candidates
            .into_iter()
            .filter(|id| !built_against.contains(id))
            .map(|id| {
                let version = self.version(id);
                (self.service(version.service).name.to_string(), version.number.to_string())
            })
            .collect()
    }

    fn is_needed(&self, id: VersionId) -> bool {
        let version = self.version(id);
        let is_head = |branch: &str| self.branch_head(version.service, branch) == Some(id);
        let number = version.number.strip_prefix('v').unwrap_or(&version.number);
        let is_release = version.contract.is_some()
            && !version.retired
            && semver::Version::parse(number).is_ok_and(|number| number.pre.is_empty());
        self.latest_version(version.service) == Some(id)
            || version.branches.iter().any(|(branch, _)| is_head(branch))
            || self.live_deployments(id).next().is_some()
            || !version.tags.is_empty()
            || is_release
    }
}
