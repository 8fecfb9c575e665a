//! What is released together: contracts, the files that hold their version, and the tag that names it.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use jiff::civil::Date;

use crate::bump::{CargoManifest, Located, Plan, PlanOptions, Target, Wanted, locate, lock_beside, plan};
use crate::cli::cargo_workspace::{inheriting_crates, workspace_of};
use crate::cli::project::Place;
use crate::cli::releases::{LastRelease, tag_name};
use crate::config::ContractSection;
use crate::finding::{Bump, ContractReport, Finding, Problem, Report};
use crate::policy::{VersionScheme, next_version, required_for};
use crate::source::load::Repository;

/// One version that moves: its contracts, its files, what it becomes.
pub(crate) struct Move {
    pub(crate) name: String,
    pub(crate) current: Option<String>,
    pub(crate) declared: String,
    /// What the difference requires, by its findings alone.
    pub(crate) required: Bump,
    /// The same by the rules of 0.x.
    pub(crate) bump: Bump,
    pub(crate) plan: Plan,
    pub(crate) targets: Vec<Placed>,
    /// Lock files that repeat the version.
    pub(crate) locks: Vec<Placed>,
    pub(crate) tag: Option<String>,
    /// The stable protobuf package that breaks, and the one that the new form belongs into.
    pub(crate) package: Option<(String, String)>,
    /// The changelog that the project file names, relative to it.
    pub(crate) changelog: Option<String>,
    /// What was found in its contracts since the release.
    pub(crate) findings: Vec<Finding>,
}

/// A version where it stands on the disk.
pub(crate) struct Placed {
    /// Its path is relative, for people.
    pub(crate) target: Target,
    pub(crate) path: Utf8PathBuf,
    pub(crate) located: Located,
}

/// Contracts whose versions move together: those of one service or of one entry with version files, or one alone.
pub(crate) struct Group<'a> {
    name: String,
    section: Option<&'a ContractSection>,
    contracts: Vec<&'a ContractReport>,
}

/// The groups of a report, sorted by name.
pub(crate) fn groups<'a>(place: &'a Place, report: &'a Report) -> Vec<Group<'a>> {
    let mut groups: BTreeMap<String, Group<'a>> = BTreeMap::new();
    for contract in &report.contracts {
        let section = place.section_of(&contract.path);
        let shared = section.and_then(|section| {
            let has_files = !section.version.files.is_empty();
            section.service.clone().or_else(|| has_files.then(|| section.path.clone()))
        });
        let name = shared.unwrap_or_else(|| contract.path.clone());
        let group = groups.entry(name.clone()).or_insert_with(|| Group { name, section, contracts: Vec::new() });
        group.contracts.push(contract);
    }
    groups.into_values().collect()
}

/// What a group is planned by.
pub(crate) struct Planning<'a> {
    pub(crate) place: &'a Place,
    pub(crate) release: &'a LastRelease,
    pub(crate) report: &'a Report,
    /// What the commit messages claim.
    pub(crate) claimed: Bump,
    pub(crate) today: Date,
    pub(crate) options: &'a PlanOptions,
}

impl Planning<'_> {
    /// What happens to the version of one group; `None` where its scheme is `none` or it has no version anywhere.
    pub(crate) fn plan(&self, group: Group<'_>) -> Result<Option<Move>, Problem> {
        let version = group.section.map(|section| &section.version);
        let scheme = version.and_then(|version| version.scheme);
        if scheme == Some(VersionScheme::None) {
            return Ok(None);
        }
        let paths: Vec<&str> = group.contracts.iter().map(|contract| contract.path.as_str()).collect();
        let of_group = |finding: &&Finding| paths.contains(&finding.contract.as_str());
        let findings: Vec<Finding> = self.report.findings.iter().filter(of_group).cloned().collect();
        let required = findings.iter().map(|finding| finding.bump).max().unwrap_or_default();
        let required = if required > Bump::None { required.max(self.claimed) } else { required };
        let (targets, locks) = self.targets(&group)?;
        let package = broken_package(&group, required);
        let Some((declared, released)) = self.versions(&targets, &group)? else {
            // A package's version is part of its name: nothing can be written back, only proposed.
            let of_package = group.contracts.iter().find(|contract| is_package(contract));
            return Ok(of_package.map(|contract| Move {
                name: group.name.clone(),
                current: contract.old_version.clone(),
                declared: contract.new_version.clone().unwrap_or_default(),
                required,
                bump: required,
                plan: Plan::Nothing,
                targets,
                locks,
                tag: None,
                package,
                changelog: None,
                findings,
            }));
        };
        let zero =
            self.place.project.as_ref().map_or_else(Default::default, |project| project.file.policy.zero_versions);
        let wanted = Wanted {
            released: released.clone(),
            declared: declared.clone(),
            required,
            scheme,
            zero,
            format: version.and_then(|version| version.format.clone()),
            today: self.today,
        };
        let plan = plan(&wanted, self.options).map_err(|problem| match targets.first() {
            Some(first) => Problem {
                message: format!("{} ({}:{})", problem.message, first.target.path, first.located.line),
                ..problem
            },
            None => problem,
        })?;
        let version_now = match &plan {
            Plan::Raise { next, .. } => next.clone(),
            Plan::Nothing => declared.clone(),
        };
        Ok(Some(Move {
            tag: Some(group.section.map_or_else(
                || tag_name(&ContractSection::default(), &version_now),
                |section| tag_name(section, &version_now),
            )),
            name: group.name,
            bump: required_for(required, released.as_deref(), false, zero),
            current: released,
            declared,
            required,
            plan,
            targets,
            locks,
            package,
            changelog: version.and_then(|version| version.changelog.clone()),
            findings,
        }))
    }

    /// The files that hold the group's version (OpenAPI documents themselves, and those of the project file), and the
    /// lock files beside them.
    fn targets(&self, group: &Group<'_>) -> Result<(Vec<Placed>, Vec<Placed>), Problem> {
        let root = self.place.repository.as_ref().map_or(self.place.root.as_path(), Repository::root);
        let mut wanted = Vec::new();
        for contract in
            group.contracts.iter().filter(|contract| contract.format == "openapi" && contract.new_version.is_some())
        {
            wanted.push((root.join(&contract.path), Target::parse(&format!("{}#info.version", contract.path))?));
        }
        for file in group.section.iter().flat_map(|section| &section.version.files) {
            let target = Target::parse(file)?;
            let path = self.place.root.join(&target.path);
            // The document itself may be listed too, and several crates of one workspace.
            let (path, target) = holder(path, target, root)?;
            if !wanted.iter().any(|(known, other)| *known == path && other.place == target.place) {
                wanted.push((path, target));
            }
        }
        let (mut found, mut locks) = (Vec::with_capacity(wanted.len()), Vec::new());
        for (path, target) in wanted {
            let text = manifest(&target, &path)?;
            let located = locate(&target, &text)?;
            locks.extend(lock_of(&target.path, &path, &text, root));
            found.push(Placed { target, path, located });
        }
        Ok((found, locks))
    }

    /// What the files declare and what was released; `None` where no file and no tag holds a version.
    fn versions(&self, targets: &[Placed], group: &Group<'_>) -> Result<Option<(String, Option<String>)>, Problem> {
        let same = |a: &str, b: &str| a.trim_start_matches('v') == b.trim_start_matches('v');
        let of_openapi =
            |contract: &&ContractReport| contract.old_version.clone().filter(|_| contract.format == "openapi");
        let old = group.contracts.iter().find_map(of_openapi);
        let tagged = self.release.version.clone();
        let Some(first) = targets.first() else {
            return Ok(tagged.map(|version| (version.clone(), Some(version))));
        };
        if let Some(other) = targets.iter().find(|other| !same(&other.located.text, &first.located.text)) {
            return Err(Problem::new(
                "version-conflict",
                format!(
                    "two files disagree about the version of {}: {}:{} says {}, {}:{} says {}",
                    group.name,
                    first.target.path,
                    first.located.line,
                    first.located.text,
                    other.target.path,
                    other.located.line,
                    other.located.text
                ),
            )
            .with_help("make them the same by hand once; from then on they are written together"));
        }
        Ok(Some((first.located.text.clone(), old.or(tagged))))
    }
}

fn manifest(target: &Target, path: &Utf8Path) -> Result<String, Problem> {
    std::fs::read_to_string(path).map_err(|error| {
        Problem::new("unreadable", format!("`{}` could not be read: {error}", target.path))
            .with_help("correct `version.files` in counterpart.toml")
    })
}

/// Where a version really stands: that of a crate may be its workspace's.
fn holder(path: Utf8PathBuf, target: Target, root: &Utf8Path) -> Result<(Utf8PathBuf, Target), Problem> {
    let is_manifest = path.file_name() == Some("Cargo.toml") && target == Target::parse(&target.path)?;
    if !is_manifest || !CargoManifest::parse(&manifest(&target, &path)?).version_is_above() {
        return Ok((path, target));
    }
    let found = workspace_of(&path, root).ok_or_else(|| {
        Problem::new(
            "version-target",
            format!("`{}` takes its version from a workspace that is not there", target.path),
        )
        .with_help("no `Cargo.toml` above it has `[workspace.package] version`")
    })?;
    let shown = found.strip_prefix(root).unwrap_or(&found).as_str().replace('\\', "/");
    Ok((found, Target { path: shown, place: target.place }))
}

fn is_package(contract: &ContractReport) -> bool {
    contract.format == "protobuf" && contract.new_version.is_some()
}

/// The stable package that a break belongs out of, with the package for it.
fn broken_package(group: &Group<'_>, required: Bump) -> Option<(String, String)> {
    let package = group.contracts.iter().find(|contract| is_package(contract))?;
    let declared = package.new_version.clone()?;
    let next = next_version(&declared, required, true)?;
    (required == Bump::Major && next != declared).then_some((declared, next))
}

/// The lock file of a manifest, where there is one that repeats its version.
fn lock_of(shown: &str, manifest: &Utf8Path, text: &str, root: &Utf8Path) -> Vec<Placed> {
    let Some(lock) = lock_beside(shown) else { return Vec::new() };
    let folder = manifest.parent().unwrap_or(manifest);
    let folders = folder.ancestors().take_while(|folder| folder.starts_with(root));
    let found = folders
        .take(if lock.is_above { usize::MAX } else { 1 })
        .map(|folder| folder.join(lock.name))
        .find(|path| path.is_file());
    let Some(path) = found else { return Vec::new() };
    let Ok(locked) = std::fs::read_to_string(&path) else { return Vec::new() };
    let shown = path.strip_prefix(root).unwrap_or(&path).as_str().replace('\\', "/");
    let placed = |target: Target| {
        let located = locate(&target, &locked).ok()?;
        Some(Placed { target, path: path.clone(), located })
    };
    lock.targets(&shown, text, || inheriting_crates(folder)).into_iter().filter_map(placed).collect()
}
