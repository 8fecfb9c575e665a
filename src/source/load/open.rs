//! From an argument to a tree.

use std::fs;
use std::io::ErrorKind;

use camino::{Utf8Path, Utf8PathBuf};

use crate::finding::Problem;
use crate::source::Tree;
use crate::source::load::archive::{self, Packing};
use crate::source::load::directory::DiskTree;
use crate::source::load::failure::{self, MAX_FILE_BYTES};
use crate::source::load::git_tree::{GitTree, Origin};
use crate::source::load::input::Input;
use crate::source::load::network::Network;
use crate::source::load::repository::Repository;
use crate::source::load::{place, stdin, web};

/// How paths on the disk are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathStyle {
    /// The argument as typed plus the path inside it (`diff`).
    AsTyped,
    /// From the root of the repository (`check`); as typed where there is none.
    FromRepository,
}

/// What opening an input depends on.
#[derive(Debug, Clone, Copy)]
pub struct OpenContext<'a> {
    /// The working directory, absolute.
    pub cwd: &'a Utf8Path,
    /// How paths on the disk are shown.
    pub paths: PathStyle,
    /// The other side as it was typed: `git:REV` without a path means the same path as there.
    pub other: Option<&'a str>,
    /// Only these files and folders, as paths inside the tree; empty for all. Directories and revisions only.
    pub selection: &'a [String],
    /// Whether a path that a revision does not have is an empty tree (the contract is new) rather than a mistake.
    pub is_absence_fine: bool,
    /// How addresses are reached.
    pub network: &'a Network,
}

impl<'a> OpenContext<'a> {
    /// The context of `diff`, for the side that is typed without regard to another one.
    #[must_use]
    pub fn new(cwd: &'a Utf8Path, network: &'a Network) -> Self {
        Self { cwd, paths: PathStyle::AsTyped, other: None, selection: &[], is_absence_fine: false, network }
    }
}

/// Opens any `INPUT`.
///
/// # Errors
/// When it does not exist, cannot be read, or is refused; says what to do about it.
pub fn open(input: &str, context: &OpenContext<'_>) -> Result<Box<dyn Tree>, Problem> {
    match Input::parse(input)? {
        Input::Stdin => Ok(Box::new(stdin::open()?)),
        Input::Git { revision, path } => {
            let from = context.other.map_or_else(|| context.cwd.to_owned(), |other| place_of(other, context.cwd));
            let repository = Repository::open(if path.is_some() { context.cwd } else { &from })?;
            let path = match path {
                Some(path) => path_from_root(&repository, context.cwd, path)?,
                None => path_of_other(&repository, context),
            };
            let origin = Origin { repository, revision: revision.to_owned(), path };
            Ok(Box::new(GitTree::open(input.to_owned(), origin, context.selection, context.is_absence_fine)?))
        }
        Input::Registry(reference) => Err(Problem::new(
            "registry-input",
            format!("`registry:{reference}` cannot be read by this command without a registry"),
        )
        .with_help(format!("fetch it first: `counterpart pull {reference} --output-dir DIR`"))),
        Input::Url(address) => web::open(address, context.network),
        Input::Path(path) => open_path(path, context),
    }
}

/// Opens the working tree below `root` as one tree that holds only `context.selection`.
///
/// # Errors
/// When the directory cannot be read.
pub fn open_selection(root: &Utf8Path, context: &OpenContext<'_>) -> Result<Box<dyn Tree>, Problem> {
    let shown_under = shown(root.as_str(), root, context);
    Ok(Box::new(DiskTree::directory("the working tree".to_owned(), root, shown_under, context.selection)?))
}

/// Opens what is staged below `path` (a file or directory of a working tree).
///
/// # Errors
/// When there is no repository, or the index has conflicts.
pub fn open_index(path: &Utf8Path, context: &OpenContext<'_>) -> Result<Box<dyn Tree>, Problem> {
    let repository = Repository::open(path)?;
    let inside = repository.path_inside(path).unwrap_or_default();
    let origin = Origin { repository, revision: String::new(), path: inside };
    let label = "the index".to_owned();
    Ok(Box::new(GitTree::open(label, origin, context.selection, context.is_absence_fine)?))
}

fn open_path(typed: &str, context: &OpenContext<'_>) -> Result<Box<dyn Tree>, Problem> {
    let path = absolute(context.cwd, typed);
    let metadata = match fs::metadata(&path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound || error.kind() == ErrorKind::NotADirectory => {
            return Err(missing_path(typed, context.cwd));
        }
        Err(error) => return Err(failure::unreadable(typed, &error)),
    };
    if metadata.is_dir() {
        fs::read_dir(&path).map_err(|error| failure::unreadable(typed, &error))?;
        let shown_under = shown(typed, &path, context);
        return Ok(Box::new(DiskTree::directory(typed.to_owned(), &path, shown_under, context.selection)?));
    }
    if let Some(packing) = Packing::of_name(typed) {
        if metadata.len() > MAX_FILE_BYTES {
            return Err(Problem::new("too-large", format!("`{typed}` has more than {} MiB", MAX_FILE_BYTES >> 20))
                .with_help("unpack it and name the directory"));
        }
        let bytes = fs::read(&path).map_err(|error| failure::unreadable(typed, &error))?;
        return Ok(Box::new(archive::open(typed, packing, &bytes)?));
    }
    let shown = shown(typed, &path, context);
    let shown_under = place::parent(&shown).to_owned();
    Ok(Box::new(DiskTree::single(typed.to_owned(), &path, shown_under)?))
}

/// How a path on the disk is shown: never absolute.
fn shown(typed: &str, path: &Utf8Path, context: &OpenContext<'_>) -> String {
    if context.paths == PathStyle::FromRepository
        && let Some(root) = crate::source::load::repository::work_tree(path)
        && let Ok(inside) = path.strip_prefix(&root)
    {
        return inside.as_str().replace('\\', "/");
    }
    if !Utf8Path::new(typed).is_absolute() {
        return place::join("", &typed.replace('\\', "/"));
    }
    match path.strip_prefix(context.cwd) {
        Ok(inside) => inside.as_str().replace('\\', "/"),
        Err(_) => path.file_name().unwrap_or_default().to_owned(),
    }
}

/// An absolute path without `.` and `..`, which the prefixes of trees cannot have.
fn absolute(cwd: &Utf8Path, typed: &str) -> Utf8PathBuf {
    let joined = cwd.join(typed).as_str().replace('\\', "/");
    let is_rooted = joined.starts_with('/');
    let plain = place::join("", &joined);
    Utf8PathBuf::from(if is_rooted { format!("/{}", plain.trim_start_matches("../")) } else { plain })
}

/// Where on the disk the other side is, if it is on the disk.
fn place_of(other: &str, cwd: &Utf8Path) -> Utf8PathBuf {
    match Input::parse(other) {
        Ok(Input::Path(path)) => {
            let path = absolute(cwd, path);
            if path.is_dir() { path } else { path.parent().unwrap_or(cwd).to_owned() }
        }
        _ => cwd.to_owned(),
    }
}

/// `git:REV` without a path: the other side's path, or everything.
fn path_of_other(repository: &Repository, context: &OpenContext<'_>) -> String {
    match context.other.map(Input::parse) {
        Some(Ok(Input::Path(path))) => repository.path_inside(&absolute(context.cwd, path)).unwrap_or_default(),
        Some(Ok(Input::Git { path: Some(path), .. })) => {
            path_from_root(repository, context.cwd, path).unwrap_or_default()
        }
        _ => String::new(),
    }
}

/// As in git: from the root of the repository, or from the working directory if it starts with `./` or `../`.
fn path_from_root(repository: &Repository, cwd: &Utf8Path, path: &str) -> Result<String, Problem> {
    let is_relative = path == "." || path == ".." || path.starts_with("./") || path.starts_with("../");
    let base = if is_relative { repository.path_inside(cwd).unwrap_or_default() } else { String::new() };
    place::join_inside(&base, path)
        .ok_or_else(|| Problem::new("bad-input", format!("`{path}` leads out of the repository")))
}

fn missing_path(typed: &str, cwd: &Utf8Path) -> Problem {
    let problem = failure::not_found(typed);
    // Other tools write `REV:PATH` and `.git#branch=REV`; a bare revision is the most common slip.
    if let Some((_, rest)) = typed.split_once(".git#") {
        let revision = rest.split(',').next().and_then(|part| part.split_once('=')).map_or(rest, |(_, value)| value);
        return problem.with_help(format!("write a revision as `git:{revision}`"));
    }
    let revision = typed.split(':').next().unwrap_or(typed);
    let is_revision = Repository::open(cwd).and_then(|repository| repository.commit(revision)).ok().flatten().is_some();
    if is_revision {
        return problem.with_help(format!("write a revision as `git:{typed}`"));
    }
    let path = absolute(cwd, typed);
    let name = path.file_name().unwrap_or_default();
    let siblings = path.parent().and_then(|folder| folder.read_dir_utf8().ok());
    let near = siblings
        .into_iter()
        .flatten()
        .take(10_000)
        .filter_map(|entry| Some(entry.ok()?.file_name().to_owned()))
        .map(|other| (strsim::damerau_levenshtein(&other, name), other))
        .filter(|(distance, _)| *distance <= 1 + name.chars().count() / 4)
        .min();
    match near {
        Some((_, other)) => {
            let parent = place::parent(typed);
            let other = if parent.is_empty() { other } else { format!("{parent}/{other}") };
            problem.with_help(format!("there is `{other}`"))
        }
        None => problem,
    }
}
