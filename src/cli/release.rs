//! What is released together: contracts, the files that hold their version, and the tag that names it.

use std::collections::BTreeMap;

use crate::bump::{Located, Plan, PlanOptions, Target, Wanted, locate, plan};
use crate::cli::project::Place;
use crate::config::{ContractSection, VersionScheme};
use crate::finding::{Bump, ContractReport, Finding, Problem, Report};
use crate::policy::next_version;
use crate::source::load::{Repository, last_release};

/// One version that moves: its contracts, its files, what it becomes.
pub(crate) struct Move {
    pub(crate) name: String,
    pub(crate) current: Option<String>,
    pub(crate) declared: String,
    pub(crate) required: Bump,
    pub(crate) plan: Plan,
    pub(crate) targets: Vec<(Target, Located)>,
    pub(crate) tag: Option<String>,
}

/// What the bump is measured against.
pub(crate) struct Baseline {
    /// The input; `None` before the first release.
    pub(crate) input: Option<String>,
    pub(crate) reason: String,
    /// The version in the release tag, if the release is one.
    version: Option<String>,
    pub(crate) tag: Option<String>,
}

impl Baseline {
    /// The input named by `--against`, else the newest version tag.
    pub(crate) fn find(against: Option<&str>, place: &Place) -> Result<Self, Problem> {
        if let Some(input) = against {
            return Ok(Self {
                input: Some(input.to_owned()),
                reason: "given by --against".to_owned(),
                version: None,
                tag: None,
            });
        }
        let Some(repository) = &place.repository else {
            return Err(Problem::new("no-base", "outside of a git repository the last release is not known")
                .with_help("name it: `counterpart bump --against INPUT`"));
        };
        let sections = place.project.iter().flat_map(|project| &project.file.contracts);
        let services: Vec<&str> = sections.filter_map(|section| section.service.as_deref()).collect();
        Ok(match last_release(repository, &services)? {
            Some(release) => Self {
                input: Some(format!("git:{}", release.tag)),
                reason: "newest version tag in HEAD".to_owned(),
                version: Some(release.version.to_string()),
                tag: Some(release.tag),
            },
            None if repository.is_shallow()? => {
                return Err(Problem::new("no-base", "there is no version tag in this shallow clone")
                    .with_help("run `git fetch --tags --unshallow`, or name the release with `--against INPUT`"));
            }
            None => Self { input: None, reason: String::new(), version: None, tag: None },
        })
    }
}

/// Contracts whose versions move together: those of one section of the project file, or one alone.
pub(crate) struct Group<'a> {
    name: String,
    section: Option<&'a ContractSection>,
    contracts: Vec<&'a ContractReport>,
}

/// The groups of a report, sorted by name.
pub(crate) fn groups<'a>(place: &'a Place, report: &'a Report) -> Vec<Group<'a>> {
    let sections: Vec<&ContractSection> = place.project.iter().flat_map(|project| &project.file.contracts).collect();
    let mut groups: BTreeMap<String, Group<'a>> = BTreeMap::new();
    for contract in &report.contracts {
        let section = sections.iter().copied().find(|section| {
            let glob = globset::Glob::new(&section.path).map(|glob| glob.compile_matcher());
            section.path == contract.path || glob.is_ok_and(|glob| glob.is_match(&contract.path))
        });
        let name = section.and_then(|section| section.service.clone()).unwrap_or_else(|| contract.path.clone());
        let group = groups.entry(name.clone()).or_insert_with(|| Group { name, section, contracts: Vec::new() });
        group.contracts.push(contract);
    }
    groups.into_values().collect()
}

/// What happens to the version of one group; `None` where its scheme is `none` or it has no version anywhere.
pub(crate) fn plan_group(
    place: &Place,
    baseline: &Baseline,
    report: &Report,
    group: Group<'_>,
    claimed: Bump,
    options: &PlanOptions,
) -> Result<Option<Move>, Problem> {
    let version = group.section.map(|section| &section.version);
    if version.and_then(|version| version.scheme) == Some(VersionScheme::None) {
        return Ok(None);
    }
    let paths: Vec<&str> = group.contracts.iter().map(|contract| contract.path.as_str()).collect();
    let of_group = |finding: &&Finding| paths.contains(&finding.contract.as_str());
    let required = report.findings.iter().filter(of_group).map(|finding| finding.bump).max().unwrap_or_default();
    let required = if required > Bump::None { required.max(claimed) } else { required };
    let targets = targets(place, &group)?;
    let package =
        group.contracts.iter().find(|contract| contract.format == "protobuf" && contract.new_version.is_some());
    let Some((declared, released)) = versions(&targets, &group, baseline)? else {
        // A package's version is part of its name: nothing can be written back, only proposed.
        return Ok(package.map(|package| proposal(&group.name, package, required)));
    };
    let wanted = Wanted { released: released.clone(), declared: declared.clone(), required, is_package: false };
    let plan = plan(&wanted, options)?;
    let version_now = match &plan {
        Plan::Raise { next, .. } => next.clone(),
        Plan::Nothing => declared.clone(),
    };
    let template = version.and_then(|version| version.tag.as_deref());
    Ok(Some(Move {
        tag: Some(tag_name(template, group.section.and_then(|section| section.service.as_deref()), &version_now)),
        name: group.name,
        current: released,
        declared,
        required,
        plan,
        targets,
    }))
}

/// The tag's name: `v{version}`, with a service `{service}/v{version}`, or as the project file says.
fn tag_name(template: Option<&str>, service: Option<&str>, version: &str) -> String {
    let template = template.unwrap_or(if service.is_some() { "{service}/v{version}" } else { "v{version}" });
    let version = version.strip_prefix('v').unwrap_or(version);
    template.replace("{service}", service.unwrap_or_default()).replace("{version}", version)
}

/// The files that hold the group's version: OpenAPI documents themselves, and those of the project file.
fn targets(place: &Place, group: &Group<'_>) -> Result<Vec<(Target, Located)>, Problem> {
    let root = place.repository.as_ref().map_or(place.root.as_path(), Repository::root);
    let mut wanted = Vec::new();
    for contract in
        group.contracts.iter().filter(|contract| contract.format == "openapi" && contract.new_version.is_some())
    {
        wanted.push((root.join(&contract.path), Target::parse(&format!("{}#info.version", contract.path))?));
    }
    if let Some(section) = group.section {
        for file in &section.version.files {
            let target = Target::parse(file)?;
            wanted.push((place.root.join(&target.path), target));
        }
    }
    let mut found = Vec::with_capacity(wanted.len());
    for (path, mut target) in wanted {
        let text = std::fs::read_to_string(&path).map_err(|error| {
            Problem::new("unreadable", format!("`{}` could not be read: {error}", target.path))
                .with_help("correct `version.files` in counterpart.toml")
        })?;
        let located = locate(&target, &text)?;
        target.path = path.into_string();
        found.push((target, located));
    }
    Ok(found)
}

/// What the files declare and what was released; `None` where no file and no tag holds a version.
fn versions(
    targets: &[(Target, Located)],
    group: &Group<'_>,
    baseline: &Baseline,
) -> Result<Option<(String, Option<String>)>, Problem> {
    let same = |a: &str, b: &str| a.trim_start_matches('v') == b.trim_start_matches('v');
    let old = group
        .contracts
        .iter()
        .find_map(|contract| contract.old_version.clone().filter(|_| contract.format == "openapi"));
    let Some((first, located)) = targets.first() else {
        return Ok(baseline.version.clone().map(|version| (version.clone(), Some(version))));
    };
    if let Some((other, disagrees)) = targets.iter().find(|(_, other)| !same(&other.text, &located.text)) {
        return Err(Problem::new(
            "version-conflict",
            format!(
                "two files disagree about the version of {}: {}:{} says {}, {}:{} says {}",
                group.name, first.path, located.line, located.text, other.path, disagrees.line, disagrees.text
            ),
        )
        .with_help("make them the same by hand once; from then on they are written together"));
    }
    Ok(Some((located.text.clone(), old.or_else(|| baseline.version.clone()))))
}

/// What to do about a break in a package: it goes into a package of its own.
fn proposal(name: &str, package: &ContractReport, required: Bump) -> Move {
    let declared = package.new_version.clone().unwrap_or_default();
    let next = next_version(&declared, required, true).filter(|next| *next != declared && required == Bump::Major);
    Move {
        name: name.to_owned(),
        current: package.old_version.clone(),
        plan: next.map_or(Plan::Nothing, |next| Plan::Raise { next, bump: Bump::Major }),
        declared,
        required,
        targets: Vec::new(),
        tag: None,
    }
}
