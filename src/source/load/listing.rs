//! Which files a working tree, the index, a revision or a plain directory holds.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use crate::finding::Problem;
use crate::source::load::candidate::{has_contract_extension, is_candidate};
use crate::source::load::place;
use crate::source::load::repository::{GitFailure, Repository};

/// What is known about a listed file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A regular file, and no part of its path is a link.
    Plain,
    /// A symbolic link.
    Link,
    /// On the disk and changed or unknown to git: may be anything.
    Unknown,
    /// Left out of a sparse checkout: only git has it.
    Sparse,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    /// The blob id, where the content on this side is what git has.
    pub(crate) id: Option<String>,
    pub(crate) kind: Kind,
}

/// Files by path from the boundary: the repository root, or the directory that was named.
pub(crate) type Listing = BTreeMap<String, Listed>;

/// Directories with more files than this are refused; a home directory given by mistake would take minutes.
const MAX_WALKED: usize = 2_000_000;

/// The files of a working tree under `paths` (all, if empty), as `git status` sees them: tracked files even if they are
/// ignored, untracked files unless they are. `None` where git cannot be asked.
///
/// One process: clean files come with their blob ids, so that they need not be read to know that nothing changed.
pub(crate) fn working_tree(repository: &Repository, paths: &[String]) -> Result<Option<Listing>, Problem> {
    let arguments = ["ls-files", "-z", "-t", "-s", "-c", "-m", "-d", "-o", "--exclude-standard", "--full-name", "--"];
    let Ok(output) = run_with_paths(repository, &arguments, paths) else { return Ok(None) };
    let mut listing = Listing::new();
    let mut changed = Vec::new();
    let mut deleted = Vec::new();
    for record in records(&output) {
        let Some((tag, rest)) = record.split_once(' ') else { continue };
        if tag == "?" {
            // A folder here is a repository inside this one, which answers for itself.
            if !rest.ends_with('/') {
                listing.insert(checked(rest)?, Listed { id: None, kind: Kind::Unknown });
            }
            continue;
        }
        let Some((mode, id, stage, path)) = staged(rest) else { continue };
        let path = checked(path)?;
        match tag {
            "R" => deleted.push(path),
            "C" => changed.push(path),
            _ => {
                let kind = match (tag, mode) {
                    (_, "160000") => continue,
                    ("S", _) => Kind::Sparse,
                    (_, "120000") => Kind::Link,
                    _ => Kind::Plain,
                };
                // In a conflict there are several blobs, and the file holds none of them.
                let listed = if stage == "0" {
                    Listed { id: Some(id.to_owned()), kind }
                } else {
                    Listed { id: None, kind: Kind::Unknown }
                };
                listing.insert(path, listed);
            }
        }
    }
    for path in changed {
        if let Some(listed) = listing.get_mut(&path)
            && listed.kind != Kind::Sparse
        {
            *listed = Listed { id: None, kind: Kind::Unknown };
        }
    }
    for path in deleted {
        if listing.get(&path).is_some_and(|listed| listed.kind != Kind::Sparse) {
            listing.remove(&path);
        }
    }
    Ok(Some(listing))
}

/// The files that are staged.
pub(crate) fn index(repository: &Repository, paths: &[String]) -> Result<Listing, Problem> {
    let output = run_with_paths(repository, &["ls-files", "-z", "-s", "--full-name", "--"], paths)
        .map_err(|failure| failure.into_problem("read the index"))?;
    let mut listing = Listing::new();
    for record in records(&output) {
        let Some((mode, id, stage, path)) = staged(&record) else { continue };
        if stage != "0" {
            return Err(Problem::new("unmerged", format!("`{path}` has conflicts that are not resolved"))
                .with_help(format!("resolve them and `git add {path}`")));
        }
        if let Some(kind) = kind_of(mode) {
            listing.insert(checked(path)?, Listed { id: Some(id.to_owned()), kind });
        }
    }
    Ok(listing)
}

/// The files of a revision under `paths` (all, if empty).
pub(crate) fn revision(repository: &Repository, revision: &str, paths: &[String]) -> Result<Listing, ListFailure> {
    let arguments = ["ls-tree", "-r", "-z", "--full-tree", "--end-of-options", revision];
    let output = run_with_paths(repository, &arguments, paths).map_err(ListFailure::Git)?;
    // git lists in the order of paths, and a map is made faster of a list in its order than by adding to it.
    let mut listing = Vec::new();
    for record in records(&output) {
        // `mode SP type SP id TAB path`
        let Some((head, path)) = record.split_once('\t') else { continue };
        let mut words = head.split(' ');
        let (Some(mode), Some(_), Some(id)) = (words.next(), words.next(), words.next()) else { continue };
        if let Some(kind) = kind_of(mode) {
            let path = checked(path).map_err(|problem| ListFailure::Problem(Box::new(problem)))?;
            listing.push((path, Listed { id: Some(id.to_owned()), kind }));
        }
    }
    Ok(listing.into_iter().collect())
}

/// Why a revision could not be listed.
pub(crate) enum ListFailure {
    /// git said no: most often there is no such revision.
    Git(GitFailure),
    /// The listing itself cannot be used.
    Problem(Box<Problem>),
}

/// The files below a plain directory, with `.gitignore` files respected, hidden ones left out and links not entered.
pub(crate) fn walk(directory: &Utf8Path, prefix: &str, paths: &[String]) -> Result<Listing, Problem> {
    let mut listing = Listing::new();
    let roots: Vec<Utf8PathBuf> = if paths.is_empty() {
        vec![directory.join(prefix)]
    } else {
        paths.iter().map(|path| directory.join(path)).collect()
    };
    for root in roots {
        let walker = ignore::WalkBuilder::new(&root)
            .require_git(false)
            .parents(false)
            .git_global(false)
            .git_exclude(false)
            .follow_links(false)
            .build();
        for entry in walker {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    // What cannot be read cannot be checked, so it is not passed over.
                    let text = error.to_string().split(" (os error").next().unwrap_or_default().to_owned();
                    return Err(Problem::new("unreadable", format!("`{root}` could not be read completely: {text}")));
                }
            };
            let Some(file_type) = entry.file_type() else { continue };
            let kind = if file_type.is_symlink() {
                Kind::Link
            } else if file_type.is_file() {
                Kind::Plain
            } else {
                continue;
            };
            let Ok(relative) = entry.path().strip_prefix(directory) else { continue };
            let relative = relative.to_str().ok_or_else(|| not_utf8(&relative.to_string_lossy()));
            let relative = match relative {
                Ok(relative) => relative.replace('\\', "/"),
                Err(problem) if has_contract_extension(&entry.path().to_string_lossy()) => return Err(problem),
                Err(_) => continue,
            };
            listing.insert(relative, Listed { id: None, kind });
            if listing.len() > MAX_WALKED {
                return Err(Problem::new("too-large", format!("`{root}` holds more than {MAX_WALKED} files"))
                    .with_help("name the directory that holds the contracts"));
            }
        }
    }
    Ok(listing)
}

/// The listed files under `prefix` that may be contracts, as paths below it.
pub(crate) fn candidates<'a>(
    listing: &'a Listing,
    prefix: &'a str,
) -> impl Iterator<Item = (&'a str, &'a str, &'a Listed)> + 'a {
    listing.iter().filter_map(move |(path, listed)| {
        let inside = below(path, prefix)?;
        is_candidate(inside).then_some((inside, path.as_str(), listed))
    })
}

/// The part of `path` below the folder `prefix`.
pub(crate) fn below<'a>(path: &'a str, prefix: &str) -> Option<&'a str> {
    if prefix.is_empty() {
        return Some(path);
    }
    path.strip_prefix(prefix)?.strip_prefix('/')
}

fn run_with_paths(repository: &Repository, arguments: &[&str], paths: &[String]) -> Result<Vec<u8>, GitFailure> {
    let output = repository
        .command()
        .env("GIT_LITERAL_PATHSPECS", "1")
        .args(arguments)
        .args(paths.iter().filter(|path| !path.is_empty()))
        .output()
        .map_err(GitFailure::Start)?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let stderr = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(GitFailure::Status { code: output.status.code(), stderr })
}

/// The records of a `-z` output. What is not UTF-8 keeps a replacement character, which [`checked`] refuses.
fn records(output: &[u8]) -> impl Iterator<Item = std::borrow::Cow<'_, str>> {
    output.split(|&byte| byte == 0).filter(|record| !record.is_empty()).map(String::from_utf8_lossy)
}

/// `mode SP id SP stage TAB path`.
fn staged(record: &str) -> Option<(&str, &str, &str, &str)> {
    let (head, path) = record.split_once('\t')?;
    let mut words = head.split(' ');
    Some((words.next()?, words.next()?, words.next()?, path))
}

/// Submodules (`160000`) are left alone: they are versioned elsewhere.
fn kind_of(mode: &str) -> Option<Kind> {
    match mode {
        "160000" => None,
        "120000" => Some(Kind::Link),
        _ => Some(Kind::Plain),
    }
}

/// Paths that cannot be shown, or asked for in `cat-file`'s line protocol, are refused where they may be contracts: a
/// contract that is passed over would be a gate that fails open.
fn checked(path: &str) -> Result<String, Problem> {
    let is_odd = path.contains(['\u{fffd}', '\n']);
    if is_odd && is_candidate(path) { Err(not_utf8(path)) } else { Ok(place::join("", path)) }
}

fn not_utf8(path: &str) -> Problem {
    Problem::new(
        "bad-path",
        format!("the path `{}` cannot be used: it is not UTF-8 or has a line break", path.escape_debug()),
    )
    .with_help("rename the file, or exclude its folder")
}
