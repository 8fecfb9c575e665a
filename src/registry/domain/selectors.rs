//! Which pacts a provider should verify: consumer version selectors, pending and work-in-progress pacts.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::registry::domain::{PactId, Running, ServiceId, State, VersionId};

/// One selector, as clients send it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Selector {
    pub(crate) main_branch: Option<bool>,
    pub(crate) branch: Option<String>,
    pub(crate) matching_branch: Option<bool>,
    pub(crate) fallback_branch: Option<String>,
    pub(crate) tag: Option<String>,
    pub(crate) fallback_tag: Option<String>,
    pub(crate) latest: Option<bool>,
    pub(crate) consumer: Option<String>,
    pub(crate) deployed: Option<bool>,
    pub(crate) released: Option<bool>,
    pub(crate) deployed_or_released: Option<bool>,
    pub(crate) environment: Option<String>,
}

/// What a provider asks for.
#[derive(Debug, Clone, Default)]
pub(crate) struct VerificationQuery {
    pub(crate) provider: String,
    /// Empty means the default: main branches, and whatever runs.
    pub(crate) selectors: Vec<Selector>,
    pub(crate) provider_branch: Option<String>,
    pub(crate) provider_tags: Vec<String>,
    pub(crate) include_pending: bool,
    /// Milliseconds since 1970.
    pub(crate) include_wip_since: Option<i64>,
}

/// A pact to verify.
#[derive(Debug, Clone)]
pub(crate) struct Selected {
    pub(crate) pact: PactId,
    pub(crate) consumer: ServiceId,
    /// The newest consumer version that it was selected for.
    pub(crate) version: VersionId,
    /// Why, with the consumer version: `latest version from the main branch 'main' (1.0.0)`.
    pub(crate) reasons: Vec<String>,
    /// Short reasons: `latest from main branch`.
    pub(crate) short: Vec<String>,
    /// Failing does not fail the provider's build; `None` where that was not asked for.
    pub(crate) pending: Option<bool>,
    pub(crate) wip: bool,
}

/// What is wrong with the selectors: the selector's index and the problem.
pub(crate) fn check_selectors(
    selectors: &[Selector],
    provider_branch: Option<&str>,
    environments: &dyn Fn(&str) -> bool,
) -> Vec<String> {
    let mut problems = Vec::new();
    for (index, selector) in selectors.iter().enumerate() {
        let mut problem = |text: &str| problems.push(format!("{text} (at index {index})"));
        let is = |flag: Option<bool>| flag == Some(true);
        let by_branch = selector.branch.is_some() || is(selector.main_branch) || is(selector.matching_branch);
        let by_place = is(selector.deployed)
            || is(selector.released)
            || is(selector.deployed_or_released)
            || selector.environment.is_some();
        let by_tag = selector.tag.is_some();
        if !by_branch && !by_place && !by_tag && !is(selector.latest) && selector.consumer.is_none() {
            problem(
                "must specify a value for environment or mainBranch or tag, or specify deployed=true, released=true or \
                 deployedOrReleased=true",
            );
        }
        if is(selector.main_branch) && (by_place || by_tag || selector.branch.is_some()) {
            problem("cannot specify mainBranch with any other criteria apart from consumer");
        }
        if is(selector.matching_branch) && (by_place || by_tag || selector.branch.is_some() || is(selector.main_branch))
        {
            problem("cannot specify matchingBranch with any other criteria apart from consumer");
        }
        if is(selector.matching_branch) && provider_branch.is_none() {
            problem("the providerVersionBranch must be specified when the selector matchingBranch=true is used");
        }
        if by_tag && selector.branch.is_some() {
            problem("cannot specify both a tag and a branch");
        }
        if by_branch && by_place {
            problem("cannot specify a branch together with deployed, released or environment");
        }
        if selector.fallback_tag.is_some() && (!by_tag || !is(selector.latest)) {
            problem("fallbackTag can only be set if tag is set and latest is true");
        }
        if selector.fallback_branch.is_some() && selector.branch.is_none() && !is(selector.matching_branch) {
            problem("a branch must be specified when a fallbackBranch is specified");
        }
        if selector.latest == Some(false) && (selector.branch.is_some() || is(selector.main_branch)) {
            problem("cannot specify latest=false for a branch");
        }
        if let Some(environment) = selector.environment.as_deref().filter(|name| !environments(name)) {
            problem(&format!("environment with name '{environment}' does not exist"));
        }
    }
    problems
}

impl State {
    /// The pacts to verify, one per content, ordered by consumer; `None` for an unknown provider.
    pub(crate) fn pacts_to_verify(&self, query: &VerificationQuery) -> Option<Vec<Selected>> {
        let provider = self.service_id(&query.provider)?;
        let mut selected: BTreeMap<PactId, Selected> = BTreeMap::new();
        let default = if query.selectors.is_empty() { self.default_selectors(provider) } else { Vec::new() };
        for selector in query.selectors.iter().chain(&default) {
            for consumer in self.consumers(provider) {
                if selector.consumer.as_deref().is_some_and(|name| *name != *self.service(consumer).name) {
                    continue;
                }
                for (version, reason, short) in self.select(consumer, provider, selector, query) {
                    self.add(&mut selected, provider, version, reason, short, false);
                }
            }
        }
        for entry in selected.values_mut() {
            entry.pending = query.include_pending.then(|| self.is_pending(entry.pact, provider, query));
        }
        if let Some(since) = query.include_wip_since {
            let mut wip = BTreeMap::new();
            for consumer in self.consumers(provider) {
                self.select_wip(consumer, provider, since, query, &mut wip);
            }
            for (pact, mut entry) in wip {
                if let std::collections::btree_map::Entry::Vacant(e) = selected.entry(pact) {
                    entry.pending = Some(true);
                    e.insert(entry);
                }
            }
        }
        let mut all: Vec<Selected> = selected.into_values().collect();
        all.sort_by(|a, b| {
            let name = |entry: &Selected| &self.service(entry.consumer).name;
            (a.wip, name(a), a.version).cmp(&(b.wip, name(b), b.version))
        });
        Some(all)
    }

    fn add(
        &self,
        selected: &mut BTreeMap<PactId, Selected>,
        provider: ServiceId,
        version: VersionId,
        reason: String,
        short: String,
        wip: bool,
    ) {
        let Some(publication) = self.publication(version, provider) else { return };
        let entry = selected.entry(publication.pact).or_insert_with(|| Selected {
            pact: publication.pact,
            consumer: self.version(version).service,
            version,
            reasons: Vec::new(),
            short: Vec::new(),
            pending: None,
            wip,
        });
        entry.version = entry.version.max(version);
        let reason = format!("{reason} ({})", self.version(version).number);
        if !entry.reasons.contains(&reason) {
            entry.reasons.push(reason);
        }
        if !entry.short.contains(&short) {
            entry.short.push(short);
        }
    }

    fn default_selectors(&self, provider: ServiceId) -> Vec<Selector> {
        let mut selectors = Vec::new();
        for consumer in self.consumers(provider) {
            let has_main = self.newest_on_branch(consumer, provider, self.main_branch(consumer)).is_some();
            selectors.push(Selector {
                consumer: Some(self.service(consumer).name.to_string()),
                main_branch: has_main.then_some(true),
                latest: (!has_main).then_some(true),
                ..Selector::default()
            });
        }
        selectors.push(Selector { deployed_or_released: Some(true), ..Selector::default() });
        selectors
    }

    fn newest_on_branch(&self, consumer: ServiceId, provider: ServiceId, branch: Option<&str>) -> Option<VersionId> {
        let pair = self.pair(consumer, provider)?;
        let branch = self.service(consumer).branches.get(branch?)?;
        branch.versions.iter().rev().copied().find(|version| pair.versions.contains(version))
    }

    fn newest_tagged(&self, consumer: ServiceId, provider: ServiceId, tag: &str) -> Vec<VersionId> {
        let Some(pair) = self.pair(consumer, provider) else { return Vec::new() };
        let has_tag = |id: &VersionId| self.version(*id).tags.iter().any(|(name, _)| **name == *tag);
        pair.versions.iter().rev().copied().filter(has_tag).collect()
    }

    /// Versions with the reason for each, long and short.
    fn select(
        &self,
        consumer: ServiceId,
        provider: ServiceId,
        selector: &Selector,
        query: &VerificationQuery,
    ) -> Vec<(VersionId, String, String)> {
        let is = |flag: Option<bool>| flag == Some(true);
        let Some(pair) = self.pair(consumer, provider) else { return Vec::new() };
        let one = |version: Option<VersionId>, reason: String, short: String| {
            version.into_iter().map(|version| (version, reason.clone(), short.clone())).collect::<Vec<_>>()
        };
        if is(selector.main_branch) {
            let Some(branch) = self.main_branch(consumer) else { return Vec::new() };
            let reason = format!("latest version from the main branch '{branch}'");
            return one(
                self.newest_on_branch(consumer, provider, Some(branch)),
                reason,
                "latest from main branch".into(),
            );
        }
        let matching = is(selector.matching_branch).then(|| query.provider_branch.clone()).flatten();
        if let Some(branch) = selector.branch.as_deref().or(matching.as_deref()) {
            let how = if matching.is_some() { "matching branch" } else { "branch" };
            let mut found = one(
                self.newest_on_branch(consumer, provider, Some(branch)),
                format!("latest version from {how} '{branch}'"),
                format!("latest from {how} {branch}"),
            );
            if let (true, Some(fallback)) = (found.is_empty(), selector.fallback_branch.as_deref()) {
                found = one(
                    self.newest_on_branch(consumer, provider, Some(fallback)),
                    format!(
                        "latest version from branch '{fallback}' (fallback branch used as branch '{branch}' was not found)"
                    ),
                    format!("latest from branch {fallback} (fallback)"),
                );
            }
            return found;
        }
        if let Some(tag) = selector.tag.as_deref() {
            let tagged = self.newest_tagged(consumer, provider, tag);
            if !is(selector.latest) {
                let every = tagged.into_iter();
                return every.map(|id| (id, format!("version tagged '{tag}'"), format!("tag {tag}"))).collect();
            }
            let mut found = one(
                tagged.first().copied(),
                format!("latest version tagged '{tag}'"),
                format!("latest with tag {tag}"),
            );
            if let (true, Some(fallback)) = (found.is_empty(), selector.fallback_tag.as_deref()) {
                found = one(
                    self.newest_tagged(consumer, provider, fallback).first().copied(),
                    format!("latest version tagged '{fallback}' (fallback tag used as tag '{tag}' was not found)"),
                    format!("latest with tag {fallback} (fallback)"),
                );
            }
            return found;
        }
        let deployed = is(selector.deployed) || is(selector.deployed_or_released);
        let released = is(selector.released) || is(selector.deployed_or_released);
        if deployed || released || selector.environment.is_some() {
            let any = !deployed && !released;
            let mut found = Vec::new();
            for environment in self.environments() {
                if selector.environment.as_deref().is_some_and(|name| *name != *environment.name) {
                    continue;
                }
                for deployment in self.live(environment) {
                    let is_deployed = matches!(deployment.running, Running::Deployed { .. });
                    let counts = any || (is_deployed && deployed) || (!is_deployed && released);
                    if counts && pair.versions.contains(&deployment.version) {
                        let how = if is_deployed { "deployed to" } else { "released in" };
                        let text = format!("currently {how} {}", environment.name);
                        found.push((deployment.version, format!("consumer version {text}"), text));
                    }
                }
            }
            return found;
        }
        if is(selector.latest) {
            return one(pair.versions.last().copied(), "overall latest version".into(), "latest".into());
        }
        let every = pair.versions.iter().rev().copied();
        every.map(|id| (id, "any version".to_owned(), "any version".to_owned())).collect()
    }

    fn select_wip(
        &self,
        consumer: ServiceId,
        provider: ServiceId,
        since: i64,
        query: &VerificationQuery,
        wip: &mut BTreeMap<PactId, Selected>,
    ) {
        // Without knowing whose work is in progress there is none.
        if query.provider_branch.is_none() && query.provider_tags.is_empty() {
            return;
        }
        let mut heads: BTreeSet<(VersionId, String, String)> = BTreeSet::new();
        for branch in self.service(consumer).branches.keys() {
            if let Some(head) = self.newest_on_branch(consumer, provider, Some(branch)) {
                heads.insert((
                    head,
                    format!("latest version from branch '{branch}'"),
                    format!("latest from branch {branch}"),
                ));
            }
        }
        let tags: BTreeSet<&str> = self
            .pair(consumer, provider)
            .into_iter()
            .flat_map(|pair| &pair.versions)
            .flat_map(|version| self.version(*version).tags.iter().map(|(name, _)| &**name))
            .collect();
        for tag in tags {
            if let Some(head) = self.newest_tagged(consumer, provider, tag).first() {
                heads.insert((*head, format!("latest version tagged '{tag}'"), format!("latest with tag {tag}")));
            }
        }
        for (version, reason, short) in heads {
            let Some(publication) = self.publication(version, provider) else { continue };
            if publication.published.at >= since && self.is_pending(publication.pact, provider, query) {
                self.add(wip, provider, version, reason, short, true);
            }
        }
    }

    /// Whether no version of the provider's branch (or tag) was verified with success, and no version of another branch
    /// was before this branch began.
    fn is_pending(&self, pact: PactId, provider: ServiceId, query: &VerificationQuery) -> bool {
        let successes = || self.pact(pact).results.iter().map(|id| self.result(*id)).filter(|result| result.success);
        if let Some(branch) = &query.provider_branch {
            let began = self.service(provider).branches.get(branch.as_str()).map(|branch| branch.created.seq);
            return !successes().any(|result| {
                let on_branch = |name: &str| {
                    self.version(result.provider_version).branches.iter().any(|(known, _)| **known == *name)
                };
                on_branch(branch) || began.is_none_or(|began| result.recorded.seq < began)
            });
        }
        if !query.provider_tags.is_empty() {
            return query.provider_tags.iter().any(|tag| {
                !successes()
                    .any(|result| self.version(result.provider_version).tags.iter().any(|(known, _)| **known == **tag))
            });
        }
        successes().next().is_none()
    }
}
