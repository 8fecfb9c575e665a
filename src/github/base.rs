//! The old side of an event, fetched where the clone is shallow.

use crate::finding::Problem;
use crate::github::event::{Event, EventKind};
use crate::source::load::{BaseChoice, Repository, last_release, merge_base};

/// How many commits are fetched, step by step, to find a merge base before all history is asked for.
const DEPTHS: [u32; 4] = [20, 100, 500, 2500];

/// The base of an event.
///
/// | event | base |
/// |---|---|
/// | pull request, checked out as its merge commit | the merge commit's first parent: exactly what it is merged into |
/// | pull request, checked out at its own tip | the merge base of the two tips |
/// | merge group | what the group is built on |
/// | push | what the branch pointed to before; the merge base with the default branch where it is new |
/// | tag | the release before it |
/// | other | the merge base with the default branch |
///
/// # Errors
/// When the base is not in the clone and cannot be fetched.
pub fn choose_base(event: &Event, repository: &Repository) -> Result<BaseChoice, Problem> {
    match &event.kind {
        EventKind::PullRequest { base, head, base_branch } => pull_request(repository, base, head, base_branch),
        EventKind::MergeGroup { base } => commit(repository, base, "what the merge group is built on".to_owned()),
        EventKind::Push { before: Some(before) } => {
            commit(repository, before, "what the branch pointed to before the push".to_owned())
        }
        EventKind::Tag => match last_release_before_head(repository)? {
            Some((tag, id)) => commit(repository, &id, format!("the release before this one, {tag}")),
            None => merge_base(repository, || Ok(false)),
        },
        EventKind::Push { before: None } | EventKind::Other => merge_base(repository, || Ok(false)),
    }
}

fn pull_request(repository: &Repository, base: &str, head: &str, branch: &str) -> Result<BaseChoice, Problem> {
    let parents = parents_of_head(repository)?;
    if let [first, second, ..] = parents.as_slice()
        && second == head
    {
        return commit(repository, first, format!("what the pull request is merged into, the tip of {branch}"));
    }
    fetch_missing(repository, base)?;
    let find = || repository.ask(&["merge-base", base, "HEAD"]);
    let mut found = find()?;
    for depth in DEPTHS {
        if found.is_some() || !repository.is_shallow()? {
            break;
        }
        let _ =
            repository.ask(&["fetch", "--quiet", "--no-tags", &format!("--depth={depth}"), "origin", base, head])?;
        found = find()?;
    }
    if found.is_none() && repository.is_shallow()? {
        let _ = repository.ask(&["fetch", "--quiet", "--no-tags", "--unshallow", "origin", base, head])?;
        found = find()?;
    }
    let Some(id) = found else {
        return Err(Problem::new(
            "no-base",
            format!("the pull request and {branch} have no common commit in this clone"),
        )
        .with_help("check out with `fetch-depth: 0`, or set the input `base`"));
    };
    choice(repository, id, format!("merge base of the pull request and {branch}"))
}

/// The parents of HEAD as its commit object names them: known in a shallow clone too, where they are not present.
fn parents_of_head(repository: &Repository) -> Result<Vec<String>, Problem> {
    let object = repository.run(&["cat-file", "-p", "HEAD"]).map_err(|failure| failure.into_problem("read HEAD"))?;
    let text = String::from_utf8_lossy(&object);
    let header = text.lines().take_while(|line| !line.is_empty());
    Ok(header.filter_map(|line| line.strip_prefix("parent ")).map(str::to_owned).collect())
}

fn commit(repository: &Repository, id: &str, reason: String) -> Result<BaseChoice, Problem> {
    fetch_missing(repository, id)?;
    choice(repository, id.to_owned(), reason)
}

fn fetch_missing(repository: &Repository, id: &str) -> Result<(), Problem> {
    // `rev-parse --verify` takes any forty digits for a commit; only `cat-file -e` looks whether it is there.
    let is_there = || repository.run(&["cat-file", "-e", &format!("{id}^{{commit}}")]).is_ok();
    if is_there() {
        return Ok(());
    }
    let _ = repository.ask(&["fetch", "--quiet", "--no-tags", "--depth=1", "origin", id])?;
    if is_there() {
        return Ok(());
    }
    Err(Problem::new("no-base", format!("the base {id} is not in this clone and could not be fetched from `origin`"))
        .with_help("check out with `fetch-depth: 0`, or set the input `base`"))
}

fn choice(repository: &Repository, commit: String, reason: String) -> Result<BaseChoice, Problem> {
    let short = repository.ask(&["rev-parse", "--short", &commit])?.unwrap_or_else(|| commit.clone());
    Ok(BaseChoice { input: format!("git:{short}"), commit, reason })
}

/// The newest release that HEAD contains and that is not HEAD itself.
fn last_release_before_head(repository: &Repository) -> Result<Option<(String, String)>, Problem> {
    let head = repository.commit("HEAD")?;
    let Some(release) = last_release(repository, &[])? else { return Ok(None) };
    let id = repository.commit(&format!("refs/tags/{}", release.tag))?;
    if id.is_some() && id != head {
        return Ok(id.map(|id| (release.tag, id)));
    }
    // HEAD is the newest release: the one before is the newest tag among what its parent contains.
    let Some(tag) = repository.ask(&["describe", "--tags", "--abbrev=0", "HEAD^"])? else { return Ok(None) };
    let id = repository.commit(&format!("refs/tags/{tag}"))?;
    Ok(id.map(|id| (tag, id)))
}
