//! The old side when nobody names one: the merge base with the default branch.

use crate::finding::Problem;
use crate::source::load::candidate::is_candidate;
use crate::source::load::listing;
use crate::source::load::repository::Repository;

/// A base that was found, and why it was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseChoice {
    /// The full id of the commit.
    pub commit: String,
    /// `git:` and the short id, as reports show it.
    pub input: String,
    /// `merge base of HEAD and origin/main`.
    pub reason: String,
}

/// The branch that others branch off: `origin/HEAD`, else `main`, else `master` (the server's before the local one,
/// which may be behind). `None` if there is none of these.
///
/// # Errors
/// When git cannot be asked.
pub fn default_branch(repository: &Repository) -> Result<Option<String>, Problem> {
    // One process for all candidates, in the order of preference.
    let format = "--format=%(refname)%09%(symref:short)";
    let wanted = [
        "refs/remotes/origin/HEAD",
        "refs/remotes/origin/main",
        "refs/heads/main",
        "refs/remotes/origin/master",
        "refs/heads/master",
    ];
    let mut arguments = vec!["for-each-ref", format];
    arguments.extend(wanted);
    let output = repository.run(&arguments).map_err(|failure| failure.into_problem("list the branches"))?;
    let text = String::from_utf8_lossy(&output);
    let lines: Vec<(&str, &str)> = text.lines().filter_map(|line| line.split_once('\t')).collect();
    for name in wanted {
        if let Some((found, target)) = lines.iter().find(|(found, _)| *found == name) {
            let short = found.trim_start_matches("refs/remotes/").trim_start_matches("refs/heads/");
            return Ok(Some(if target.is_empty() { short } else { target }.to_owned()));
        }
    }
    Ok(None)
}

/// The commit with which a working tree is compared.
///
/// | HEAD | base |
/// |---|---|
/// | on a branch that left the default branch | the merge base |
/// | in the default branch, contracts changed and not committed | HEAD |
/// | in the default branch, nothing to commit | the first parent of HEAD: what the last commit (or merge) did |
///
/// # Errors
/// When there is no commit yet, no default branch, no common history, or history was cut off before the base; each says
/// what to do.
pub fn merge_base(
    repository: &Repository,
    has_changes: impl FnOnce() -> Result<bool, Problem>,
) -> Result<BaseChoice, Problem> {
    let Some(head) = repository.commit("HEAD")? else {
        return Err(no_base("there is no commit yet, so there is nothing to compare with")
            .with_help("commit the contracts first, or name the old version with `--against INPUT`"));
    };
    let default = match default_branch(repository)? {
        Some(name) => name,
        None => fallback_branch(repository)?,
    };
    let Some(base) = repository.ask(&["merge-base", "HEAD", &default])? else {
        return Err(no_merge_base(repository, &default)?);
    };
    if base != head {
        let reason = format!("merge base of HEAD and {default}");
        return choice(repository, base, reason);
    }
    if has_changes()? {
        return choice(
            repository,
            head,
            format!("HEAD, because it is part of {default} and there are uncommitted changes"),
        );
    }
    if let Some(parent) = repository.commit("HEAD^1")? {
        let reason = format!("the first parent of HEAD, because HEAD is part of {default} and nothing is uncommitted");
        return choice(repository, parent, reason);
    }
    if repository.is_shallow()? {
        return Err(no_base(&format!("HEAD is part of {default}, and this shallow clone ends with it"))
            .with_help("run `git fetch --deepen=1`, or name the old version with `--against INPUT`"));
    }
    choice(repository, head, format!("HEAD, because it is the first commit of {default}"))
}

/// Whether a contract below `prefix` differs from HEAD: in the working tree, or only in the index if `staged`.
///
/// # Errors
/// When git cannot be asked.
pub fn has_uncommitted(repository: &Repository, prefix: &str, staged: bool) -> Result<bool, Problem> {
    let paths = if prefix.is_empty() { "." } else { prefix };
    let arguments: &[&str] = if staged {
        &["diff", "--cached", "--name-only", "-z", "--no-renames", "--ignore-submodules", "HEAD", "--", paths]
    } else {
        &["status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "--ignore-submodules", "--", paths]
    };
    let output = repository.run(arguments).map_err(|failure| failure.into_problem("look for uncommitted changes"))?;
    let text = String::from_utf8_lossy(&output);
    // `XY path` with two letters of state.
    let paths = text.split('\0').filter_map(|record| record.get(if staged { 0 } else { 3 }..));
    let mut paths = paths.filter(|path| !path.is_empty());
    Ok(paths.any(|path| path == prefix || listing::below(path, prefix).is_some_and(is_candidate)))
}

fn choice(repository: &Repository, commit: String, reason: String) -> Result<BaseChoice, Problem> {
    let short = repository.ask(&["rev-parse", "--short", &commit])?.unwrap_or_else(|| commit.clone());
    Ok(BaseChoice { input: format!("git:{short}"), commit, reason })
}

fn no_base(message: &str) -> Problem {
    Problem::new("no-base", message)
}

/// Where the usual names do not exist: what the branch follows, or the only branch there is.
fn fallback_branch(repository: &Repository) -> Result<String, Problem> {
    if let Some(upstream) = repository.ask(&["rev-parse", "--abbrev-ref", "--verify", "--quiet", "@{upstream}"])? {
        return Ok(upstream);
    }
    let output = repository
        .run(&["for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/remotes"])
        .map_err(|failure| failure.into_problem("list the branches"))?;
    let text = String::from_utf8_lossy(&output);
    let branches: Vec<&str> = text.lines().collect();
    if let [only] = branches.as_slice() {
        return Ok((*only).to_owned());
    }
    let problem = no_base("there is no `origin/HEAD`, `main` or `master`, so the default branch is not known");
    let has_origin = repository.ask(&["remote", "get-url", "origin"])?.is_some();
    if has_origin && repository.is_shallow()? {
        return Err(problem.with_help(
            "this clone is shallow; run `git fetch --unshallow origin '+refs/heads/*:refs/remotes/origin/*' && git remote \
             set-head origin --auto`, or name the old version with `--against INPUT`",
        ));
    }
    Err(problem.with_help(if has_origin {
        "run `git fetch origin && git remote set-head origin --auto`, or name the old version with `--against git:BRANCH`"
    } else {
        "name the old version with `--against git:BRANCH`, or set `base = \"git:BRANCH\"` in counterpart.toml"
    }))
}

fn no_merge_base(repository: &Repository, default: &str) -> Result<Problem, Problem> {
    if repository.is_shallow()? {
        let branch = default.strip_prefix("origin/").unwrap_or(default);
        return Ok(no_base(&format!("the merge base of HEAD and {default} lies outside of this shallow clone")).with_help(
            format!(
                "run `git fetch --unshallow origin {branch}` (in GitHub Actions: `fetch-depth: 0` for actions/checkout), \
                 or name the old version with `--against INPUT`"
            ),
        ));
    }
    Ok(no_base(&format!("HEAD and {default} have no common commit"))
        .with_help(format!("name the old version, for example `--against git:{default}`")))
}
