//! A git revision or the index: listed by git, read through one `git cat-file --batch`.

use std::sync::{Arc, Mutex, PoisonError};

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::finding::Problem;
use crate::source::load::batch::{Answer, Batch};
use crate::source::load::listing::{self, Kind, ListFailure, Listed, Listing};
use crate::source::load::notebook::GitNotebook;
use crate::source::load::repository::Repository;
use crate::source::load::{failure, place, symlink};
use crate::source::{ContentId, Entry, LoadError, Notebook, Tree};

/// Where in a repository a tree is taken from.
pub(crate) struct Origin {
    pub(crate) repository: Repository,
    /// A revision; empty for the index, as in `git show :path`.
    pub(crate) revision: String,
    /// A folder or file from the root; empty for everything.
    pub(crate) path: String,
}

/// Files of a revision or of the index.
pub(crate) struct GitTree {
    label: String,
    repository: Repository,
    revision: String,
    /// The folder that was named, from the repository root.
    prefix: String,
    entries: Vec<Entry>,
    /// Blob ids of plain files, by path from the repository root.
    ids: FxHashMap<String, String>,
    is_single: bool,
    /// Processes that wait for the next question.
    idle: Mutex<Vec<Batch>>,
    notebook: GitNotebook,
}

/// So many files are worth a process of their own: git reads blobs on one core.
const WORTH_A_PROCESS: usize = 128;

impl GitTree {
    /// The files of `origin`, restricted to `selection` (below its path) unless that is empty. Where the path does not
    /// exist, `is_absence_fine` gives an empty tree: the contract is new.
    pub(crate) fn open(
        label: String,
        origin: Origin,
        selection: &[String],
        is_absence_fine: bool,
    ) -> Result<Self, Problem> {
        let Origin { repository, revision, path } = origin;
        let paths: Vec<String> = if selection.is_empty() {
            vec![path.clone()]
        } else {
            selection.iter().map(|inner| place::join(&path, inner)).collect()
        };
        let listing = if revision.is_empty() {
            listing::index(&repository, &paths)?
        } else {
            match listing::revision(&repository, &revision, &paths) {
                Ok(listing) => listing,
                Err(ListFailure::Problem(problem)) => return Err(*problem),
                Err(ListFailure::Git(failure)) => {
                    return Err(
                        match repository.ask(&["rev-parse", "--verify", "--quiet", &format!("{revision}^{{tree}}")])? {
                            None => unknown_revision(&repository, &revision),
                            Some(_) => failure.into_problem(&format!("read revision `{revision}`")),
                        },
                    );
                }
            }
        };
        let notebook = GitNotebook::of(&repository);
        let mut tree = Self {
            label,
            repository,
            revision,
            prefix: path,
            entries: Vec::new(),
            ids: FxHashMap::default(),
            is_single: false,
            idle: Mutex::default(),
            notebook,
        };
        if listing.is_empty() && !tree.prefix.is_empty() && !is_absence_fine && selection.is_empty() {
            return Err(tree.path_missing());
        }
        if selection.is_empty() && listing.contains_key(&tree.prefix) {
            let name = place::file_name(&tree.prefix).to_owned();
            let file = std::mem::take(&mut tree.prefix);
            place::parent(&file).clone_into(&mut tree.prefix);
            if let Some(listed) = listing.get(&file) {
                tree.add(&name, &file, listed);
            }
            tree.is_single = true;
        } else {
            tree.take_entries(&listing);
        }
        Ok(tree)
    }

    fn add(&mut self, inside: &str, path: &str, listed: &Listed) {
        // The id of a link is that of its text, not of the file it leads to.
        let id = listed.id.clone().filter(|_| listed.kind != Kind::Link);
        if let Some(id) = &id {
            self.ids.insert(path.to_owned(), id.clone());
        }
        self.entries.push(Entry { path: inside.to_owned(), id: id.map(ContentId::Git), size: None });
    }

    fn take_entries(&mut self, listing: &Listing) {
        let prefix = self.prefix.clone();
        self.ids.reserve(listing.len());
        self.entries.reserve(listing.len());
        let mut links = Vec::new();
        for (inside, path, listed) in listing::candidates(listing, &prefix) {
            if listed.kind == Kind::Link {
                links.push((inside, path, listed));
            } else {
                self.add(inside, path, listed);
            }
        }
        if links.is_empty() {
            return;
        }
        // A link to a file that is listed anyway would make two contracts of one; one that leads nowhere is none.
        let texts: Vec<String> = links.iter().map(|(.., link)| link.id.clone().unwrap_or_default()).collect();
        let ends: Vec<String> = links.iter().map(|(_, path, _)| self.question(path)).collect();
        let (Ok(texts), Ok(ends)) = (self.ask(&texts), self.ask(&ends)) else { return };
        for (((inside, path, link), text), end) in links.into_iter().zip(texts).zip(ends) {
            let (Answer::Blob(text), Answer::Blob(_)) = (text, end) else { continue };
            let target = symlink::target(path, &String::from_utf8_lossy(&text));
            let is_listed = |target: &String| listing.contains_key(target) && listing::below(target, &prefix).is_some();
            if target.is_some_and(|target| !is_listed(&target)) {
                self.add(inside, path, link);
            }
        }
        self.entries.sort_by(|a, b| a.path.cmp(&b.path));
    }

    /// The name of a file as `cat-file` takes it.
    fn question(&self, path: &str) -> String {
        self.ids.get(path).cloned().unwrap_or_else(|| format!("{}:{path}", self.revision))
    }

    /// Many questions are divided between as many processes as there are cores, in runs of neighbors: git stores those
    /// as differences of each other.
    fn ask(&self, questions: &[String]) -> std::io::Result<Vec<Answer>> {
        let most = rayon::current_num_threads().max(1);
        let processes = (questions.len() / WORTH_A_PROCESS).clamp(1, most);
        let share = questions.len().div_ceil(processes).max(1);
        let answers: std::io::Result<Vec<Vec<Answer>>> =
            questions.par_chunks(share).map(|questions| self.ask_one(questions)).collect();
        Ok(answers?.into_iter().flatten().collect())
    }

    fn ask_one(&self, questions: &[String]) -> std::io::Result<Vec<Answer>> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = idle().pop();
        let mut running = match waiting {
            Some(running) => running,
            None => Batch::start(&self.repository)?,
        };
        let answers = running.read(questions)?;
        idle().push(running);
        Ok(answers)
    }

    fn path_missing(&self) -> Problem {
        let (revision, path) = (&self.revision, &self.prefix);
        let side = if revision.is_empty() { "the index".to_owned() } else { format!("revision `{revision}`") };
        let problem = Problem::new("path-not-in-revision", format!("`{path}` does not exist in {side}"));
        let everything = if revision.is_empty() {
            listing::index(&self.repository, &[]).unwrap_or_default()
        } else {
            listing::revision(&self.repository, revision, &[]).ok().unwrap_or_default()
        };
        let name = place::file_name(path);
        let elsewhere = everything
            .keys()
            .find(|other| place::file_name(other) == name || other.split('/').any(|part| part == name));
        match elsewhere {
            Some(other) => {
                let at = other.find(&format!("{name}/")).map_or(other.as_str(), |at| &other[..at + name.len()]);
                problem.with_help(format!("there is `git:{revision}:{at}`; paths start at the root of the repository"))
            }
            None => problem.with_help(format!(
                "paths start at the root of the repository: `git ls-tree -r --name-only {revision}` lists them"
            )),
        }
    }
}

/// There is no such revision: says which one is near, or what to fetch.
pub(crate) fn unknown_revision(repository: &Repository, revision: &str) -> Problem {
    let problem = Problem::new("bad-revision", format!("git does not know the revision `{revision}`"));
    let names = repository
        .run(&["for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/tags", "refs/remotes"])
        .map(|output| String::from_utf8_lossy(&output).into_owned())
        .unwrap_or_default();
    let names: Vec<&str> = names.lines().collect();
    if names.contains(&format!("origin/{revision}").as_str()) {
        return problem.with_help(format!("there is `git:origin/{revision}`"));
    }
    if repository.is_shallow().unwrap_or(false) {
        let help = if revision.len() >= 7 && revision.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            format!("this clone is shallow; `git fetch --depth=1 origin {revision}` gets it if it is a full id")
        } else if revision.contains(['~', '^', '@']) {
            "this clone is shallow; `git fetch --unshallow` gets the history".to_owned()
        } else {
            format!("this clone is shallow; `git fetch --depth=1 origin {revision}:{revision}` gets it")
        };
        return problem.with_help(help);
    }
    let near = names
        .iter()
        .map(|name| (strsim::damerau_levenshtein(name, revision), name))
        .filter(|(distance, _)| *distance <= 1 + revision.chars().count() / 4)
        .min();
    match near {
        Some((_, name)) => problem.with_help(format!("there is `git:{name}`")),
        None if names.is_empty() => problem.with_help("there is no commit yet"),
        None => problem.with_help(format!("`git fetch origin {revision}` gets it if it exists on the server")),
    }
}

impl Tree for GitTree {
    fn label(&self) -> &str {
        &self.label
    }

    fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn read(&self, paths: &[&str]) -> Vec<Result<Arc<[u8]>, LoadError>> {
        let tree = || format!("`{}`", self.label);
        // What is refused without asking git; `None` where git is asked.
        let mut refused: Vec<Option<LoadError>> = Vec::with_capacity(paths.len());
        let mut questions = Vec::with_capacity(paths.len());
        for path in paths {
            let inside = place::join_inside(&self.prefix, path).filter(|inside| !inside.contains('\n'));
            if let Some(inside) = inside {
                questions.push(self.question(&inside));
                refused.push(None);
            } else {
                refused.push(Some(LoadError::Outside { path: (*path).to_owned(), tree: tree() }));
            }
        }
        let mut answers = if questions.is_empty() { Ok(Vec::new()) } else { self.ask(&questions) }.map(Vec::into_iter);
        let finish = |(path, refused): (&&str, Option<LoadError>)| {
            if let Some(error) = refused {
                return Err(error);
            }
            let shown = self.display_path(path);
            match answers.as_mut().map(Iterator::next) {
                Ok(Some(Answer::Blob(bytes))) => Ok(bytes),
                Ok(Some(Answer::TooLarge(size))) => Err(failure::too_large(&shown, size)),
                Ok(Some(Answer::Missing) | None) => Err(LoadError::NotFound { path: shown, tree: tree() }),
                Err(error) => Err(LoadError::Unreadable { path: shown, reason: failure::words(error) }),
            }
        };
        paths.iter().zip(refused).map(finish).collect()
    }

    fn display_path(&self, path: &str) -> String {
        place::join(&self.prefix, path)
    }

    fn is_single_file(&self) -> bool {
        self.is_single
    }

    fn notebook(&self) -> Option<&dyn Notebook> {
        Some(&self.notebook)
    }
}
