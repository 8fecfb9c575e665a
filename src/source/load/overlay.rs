//! A tree with the settings applied: files left out, import directories added, reads counted.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use camino::{Utf8Path, Utf8PathBuf};
use globset::{Glob, GlobSet, GlobSetBuilder};

use crate::finding::Problem;
use crate::source::load::buf_cache::CachedModules;
use crate::source::load::directory::DiskTree;
use crate::source::load::failure;
use crate::source::load::place;
use crate::source::{Entry, LoadError, Notebook, Tree};

/// Directories given by `-I`, shared by both sides. Formats see each as the folder [`ImportDirs::names`] says, which
/// lies outside of every tree's own paths.
#[derive(Clone, Default)]
pub struct ImportDirs {
    directories: Arc<Vec<(String, DiskTree)>>,
}

impl ImportDirs {
    /// The directories as typed or absolute.
    ///
    /// # Errors
    /// When one is no directory: an import that is looked up nowhere would be missed much later.
    pub fn open(cwd: &Utf8Path, directories: &[&Utf8Path]) -> Result<Self, Problem> {
        let mut opened = Vec::with_capacity(directories.len());
        for (index, directory) in directories.iter().enumerate() {
            let path = cwd.join(directory);
            let metadata = std::fs::metadata(&path).map_err(|error| failure::unreadable(directory.as_str(), &error))?;
            if !metadata.is_dir() {
                return Err(Problem::new("bad-input", format!("`{directory}` is not a directory"))
                    .with_help("`-I` takes the directory that import paths start in"));
            }
            let shown = if directory.is_absolute() {
                directory.strip_prefix(cwd).unwrap_or(directory.file_name().map_or(directory, Utf8Path::new))
            } else {
                directory
            };
            let shown_under = place::join("", &shown.as_str().replace('\\', "/"));
            opened.push((format!("-I{index}"), DiskTree::unlisted(format!("-I {directory}"), &path, shown_under)));
        }
        Ok(Self { directories: Arc::new(opened) })
    }

    /// The folders under which the directories are read.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.directories.iter().map(|(name, _)| name.as_str())
    }

    fn find<'a>(&self, path: &'a str) -> Option<(&DiskTree, &'a str)> {
        if !path.starts_with("-I") {
            return None;
        }
        self.directories
            .iter()
            .find_map(|(name, tree)| Some((tree, path.strip_prefix(name.as_str())?.strip_prefix('/')?)))
    }
}

/// Files that are nobody's contract.
#[derive(Debug, Clone)]
pub struct Exclusion {
    globs: GlobSet,
    /// The folder that the globs are relative to, as shown paths have it; empty for the top.
    base: String,
}

impl Exclusion {
    /// Globs relative to the folder `base` of the shown paths. A glob that names a folder means all below it.
    #[must_use]
    pub fn new(globs: &[String], base: &str) -> Self {
        let mut builder = GlobSetBuilder::new();
        for glob in globs {
            let folder = glob.trim_end_matches('/');
            // The project file was checked when it was read, so nothing is skipped here.
            for text in [folder.to_owned(), format!("{folder}/**")] {
                if let Ok(glob) = Glob::new(&text) {
                    builder.add(glob);
                }
            }
        }
        Self { globs: builder.build().unwrap_or_default(), base: base.to_owned() }
    }

    fn excludes(&self, shown: &str, inside: &str) -> bool {
        if self.globs.is_empty() {
            return false;
        }
        let relative = if self.base.is_empty() {
            Some(shown)
        } else {
            shown.strip_prefix(&self.base).and_then(|rest| rest.strip_prefix('/'))
        };
        relative.is_some_and(|path| self.globs.is_match(path)) || self.globs.is_match(inside)
    }
}

/// The folder under which formats find what a tree's `buf.lock` names and buf's cache has.
pub const BUF_CACHE: &str = "-buf";

/// A tree as the commands use it.
pub struct Overlay {
    inner: Box<dyn Tree>,
    entries: Vec<Entry>,
    imports: ImportDirs,
    /// Where buf keeps dependencies, if it does.
    buf_cache: Option<Utf8PathBuf>,
    locked: OnceLock<CachedModules>,
    reads: Arc<AtomicUsize>,
}

impl Overlay {
    /// `inner` without what is excluded, with import directories and buf's cache; `reads` counts the files that are
    /// read.
    #[must_use]
    pub fn new(
        inner: Box<dyn Tree>,
        exclusion: Option<&Exclusion>,
        imports: ImportDirs,
        buf_cache: Option<Utf8PathBuf>,
        reads: Arc<AtomicUsize>,
    ) -> Self {
        let keeps = |entry: &&Entry| {
            // A file that was named itself is wanted, whatever the project file says.
            inner.is_single_file()
                || exclusion.is_none_or(|exclusion| !exclusion.excludes(&inner.display_path(&entry.path), &entry.path))
        };
        let entries = inner.entries().iter().filter(keeps).cloned().collect();
        Self { inner, entries, imports, buf_cache, locked: OnceLock::new(), reads }
    }

    /// The dependencies that the lock files of this tree name: at its top, and beside every `buf.yaml`.
    fn locked(&self) -> &CachedModules {
        self.locked.get_or_init(|| {
            let Some(cache) = &self.buf_cache else { return CachedModules::default() };
            let configs = self.entries.iter().filter_map(|entry| entry.path.strip_suffix("buf.yaml"));
            let mut folders: Vec<&str> = configs.filter(|folder| folder.is_empty() || folder.ends_with('/')).collect();
            if !folders.contains(&"") {
                folders.push("");
            }
            let paths: Vec<String> = folders.iter().map(|folder| format!("{folder}buf.lock")).collect();
            let asked: Vec<&str> = paths.iter().map(String::as_str).collect();
            let locks = self.inner.read(&asked).into_iter().flatten();
            let locks: Vec<String> = locks.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).collect();
            CachedModules::find(cache, &locks)
        })
    }
}

impl Tree for Overlay {
    fn label(&self) -> &str {
        self.inner.label()
    }

    fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn read(&self, paths: &[&str]) -> Vec<Result<Arc<[u8]>, LoadError>> {
        self.reads.fetch_add(paths.len(), Ordering::Relaxed);
        if !paths.iter().any(|path| path.starts_with('-')) {
            return self.inner.read(paths);
        }
        let one = |path: &&str| match (self.imports.find(path), in_buf_cache(path)) {
            (Some((tree, inside)), _) => tree.read(&[inside]),
            (None, Some(import)) => vec![
                self.locked()
                    .read(import)
                    .ok_or_else(|| LoadError::NotFound { path: import.to_owned(), tree: "buf's cache".to_owned() }),
            ],
            (None, None) => self.inner.read(&[*path]),
        };
        paths.iter().flat_map(one).collect()
    }

    fn display_path(&self, path: &str) -> String {
        match (self.imports.find(path), in_buf_cache(path)) {
            (Some((tree, inside)), _) => tree.display_path(inside),
            (None, Some(import)) => match self.locked().place(import) {
                Some(place) => place.into_string(),
                None => "buf's cache".to_owned(),
            },
            (None, None) => self.inner.display_path(path),
        }
    }

    fn is_single_file(&self) -> bool {
        self.inner.is_single_file()
    }

    fn notebook(&self) -> Option<&dyn Notebook> {
        self.inner.notebook()
    }
}

/// The import path of a path in [`BUF_CACHE`]; empty for the folder itself.
fn in_buf_cache(path: &str) -> Option<&str> {
    let rest = path.strip_prefix(BUF_CACHE)?;
    if rest.is_empty() { Some("") } else { rest.strip_prefix('/') }
}
