//! A directory or a single file on the disk.

use std::fs;
use std::io::{self, Read as _};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use camino::{Utf8Path, Utf8PathBuf};
use rayon::prelude::{IntoParallelRefIterator, ParallelIterator};
use rustc_hash::FxHashMap;

use crate::finding::Problem;
use crate::source::load::batch::{Answer, Batch};
use crate::source::load::failure::{self, MAX_FILE_BYTES};
use crate::source::load::listing::{self, Kind, Listed, Listing};
use crate::source::load::repository::{self, Repository};
use crate::source::load::{place, symlink};
use crate::source::{ContentId, Entry, LoadError, Tree};

/// Reading more files than this at once is worth the threads.
const PARALLEL_FROM: usize = 64;

/// Files on the disk, read when they are asked for.
pub(crate) struct DiskTree {
    label: String,
    /// Nothing outside is read: the top of the working tree, or the directory itself where there is no repository.
    boundary: Utf8PathBuf,
    /// The boundary with links resolved, to compare with other resolved paths.
    resolved_boundary: Utf8PathBuf,
    /// The directory that was named, from the boundary.
    prefix: String,
    shown_under: String,
    entries: Vec<Entry>,
    /// How the listed files are to be read, by path from the boundary.
    kinds: FxHashMap<String, (Kind, Option<String>)>,
    is_single: bool,
    /// What was read of the one file that was named: every format looks at it.
    single: OnceLock<Arc<[u8]>>,
    /// For files of a sparse checkout that only git has.
    sparse: Option<(Repository, Mutex<Option<Batch>>)>,
}

impl DiskTree {
    /// The directory at `path`, restricted to `selection` (files and folders below it) unless that is empty.
    pub(crate) fn directory(
        label: String,
        path: &Utf8Path,
        shown_under: String,
        selection: &[String],
    ) -> Result<Self, Problem> {
        let repository = repository::work_tree(path).and_then(|root| Repository::open(&root).ok());
        let boundary = repository.as_ref().map_or_else(|| path.to_owned(), |found| found.root().to_owned());
        let prefix = match path.strip_prefix(&boundary) {
            Ok(prefix) => prefix.as_str().replace('\\', "/"),
            Err(_) => String::new(),
        };
        let under = |inner: &String| place::join(&prefix, inner);
        let paths: Vec<String> =
            if selection.is_empty() { vec![prefix.clone()] } else { selection.iter().map(under).collect() };
        let listed = match &repository {
            Some(repository) => listing::working_tree(repository, &paths)?,
            None => None,
        };
        let listed = match listed {
            // A folder that git ignores as a whole was still named on purpose (generated contracts, for example).
            Some(listed) if !listed.is_empty() || prefix.is_empty() => listed,
            _ => listing::walk(&boundary, &prefix, if selection.is_empty() { &[] } else { &paths })?,
        };
        let mut tree = Self::new(label, boundary, prefix, shown_under);
        tree.take_entries(&listed);
        if tree.kinds.values().any(|(kind, _)| *kind == Kind::Sparse) {
            tree.sparse = repository.map(|repository| (repository, Mutex::new(None)));
        }
        Ok(tree)
    }

    /// The one file at `path`. Files beside it may be read, inside the repository or else its folder.
    pub(crate) fn single(label: String, path: &Utf8Path, shown_under: String) -> Result<Self, Problem> {
        let metadata = fs::metadata(path).map_err(|error| failure::unreadable(&label, &error))?;
        if !metadata.is_file() {
            return Err(Problem::new("bad-input", format!("`{label}` is neither a file nor a directory")));
        }
        let folder = path.parent().unwrap_or(path);
        let name = path.file_name().unwrap_or_default().to_owned();
        let boundary = repository::work_tree(folder).unwrap_or_else(|| folder.to_owned());
        let prefix =
            folder.strip_prefix(&boundary).map(|prefix| prefix.as_str().replace('\\', "/")).unwrap_or_default();
        let mut tree = Self::new(label, boundary, prefix, shown_under);
        tree.entries.push(Entry { path: name, id: None, size: Some(metadata.len()) });
        tree.is_single = true;
        Ok(tree)
    }

    /// A directory from which files are read by name only.
    pub(crate) fn unlisted(label: String, path: &Utf8Path, shown_under: String) -> Self {
        Self::new(label, path.to_owned(), String::new(), shown_under)
    }

    fn new(label: String, boundary: Utf8PathBuf, prefix: String, shown_under: String) -> Self {
        let resolved_boundary = boundary.canonicalize_utf8().unwrap_or_else(|_| boundary.clone());
        Self {
            label,
            boundary,
            resolved_boundary,
            prefix,
            shown_under,
            entries: Vec::new(),
            kinds: FxHashMap::default(),
            is_single: false,
            single: OnceLock::new(),
            sparse: None,
        }
    }

    fn take_entries(&mut self, listing: &Listing) {
        for (inside, path, listed) in listing::candidates(listing, &self.prefix) {
            let mut listed: Listed = listed.clone();
            if listed.kind == Kind::Unknown {
                match fs::symlink_metadata(self.boundary.join(path)) {
                    Ok(metadata) if metadata.is_symlink() => listed.kind = Kind::Link,
                    Ok(metadata) if metadata.is_file() => listed.kind = Kind::Plain,
                    // Gone since it was listed, or a pipe that would block for ever.
                    _ => continue,
                }
            }
            if listed.kind == Kind::Link {
                // A link to a file that is listed anyway would make two contracts of one.
                let Ok(written) = fs::read_link(self.boundary.join(path)) else { continue };
                let target = symlink::target(path, &written.to_string_lossy());
                let is_listed =
                    |target: &String| listing.contains_key(target) && listing::below(target, &self.prefix).is_some();
                if target.is_none_or(|target| is_listed(&target)) || self.resolve(path).is_err() {
                    continue;
                }
                // The id is that of the link's text.
                listed.id = None;
            }
            self.entries.push(Entry { path: inside.to_owned(), id: listed.id.clone().map(ContentId::Git), size: None });
            self.kinds.insert(path.to_owned(), (listed.kind, listed.id));
        }
        self.entries.sort_by(|a, b| a.path.cmp(&b.path));
    }

    /// The place on the disk of a path that may be, or go through, a link; an error if it leads out of the boundary.
    fn resolve(&self, path: &str) -> Result<Utf8PathBuf, LoadError> {
        let shown = place::join("", path);
        let resolved = self
            .boundary
            .join(path)
            .canonicalize_utf8()
            .map_err(|error| failure::unreadable_entry(&shown, &error, &format!("`{}`", self.label)))?;
        if resolved.starts_with(&self.resolved_boundary) {
            Ok(resolved)
        } else {
            Err(LoadError::Outside { path: shown, tree: format!("`{}`", self.label) })
        }
    }

    fn read_one(&self, path: &str) -> Result<Arc<[u8]>, LoadError> {
        if !self.is_single || self.entries.first().is_none_or(|entry| entry.path != path) {
            return self.read_from_disk(path);
        }
        if let Some(known) = self.single.get() {
            return Ok(Arc::clone(known));
        }
        let bytes = self.read_from_disk(path)?;
        Ok(Arc::clone(self.single.get_or_init(|| bytes)))
    }

    fn read_from_disk(&self, path: &str) -> Result<Arc<[u8]>, LoadError> {
        let tree = || format!("`{}`", self.label);
        let inside = place::join_inside(&self.prefix, path)
            .ok_or_else(|| LoadError::Outside { path: path.to_owned(), tree: tree() })?;
        let shown = self.display_path(path);
        let on_disk = match self.kinds.get(&inside) {
            Some((Kind::Plain, _)) => self.boundary.join(&inside),
            Some((Kind::Sparse, Some(id))) => return self.read_sparse(id, &shown),
            _ => self.resolve(&inside).map_err(|error| with_path(error, &shown))?,
        };
        let unreadable = |error: io::Error| failure::unreadable_entry(&shown, &error, &tree());
        let metadata = fs::metadata(&on_disk).map_err(unreadable)?;
        if metadata.is_dir() {
            return Err(LoadError::Unreadable { path: shown, reason: "it is a directory".to_owned() });
        }
        if !metadata.is_file() {
            return Err(LoadError::Unreadable { path: shown, reason: "it is not a regular file".to_owned() });
        }
        if metadata.len() > MAX_FILE_BYTES {
            return Err(failure::too_large(&shown, metadata.len()));
        }
        read_file(&on_disk, metadata.len()).map_err(unreadable)
    }

    fn read_sparse(&self, id: &str, shown: &str) -> Result<Arc<[u8]>, LoadError> {
        let unreadable = |reason: String| LoadError::Unreadable { path: shown.to_owned(), reason };
        let Some((repository, batch)) = &self.sparse else { return Err(unreadable("git has it no more".to_owned())) };
        let mut batch = batch.lock().unwrap_or_else(PoisonError::into_inner);
        let started = match batch.take() {
            Some(running) => Ok(running),
            None => Batch::start(repository),
        };
        let mut running = started.map_err(|error| unreadable(failure::words(&error)))?;
        let answer = running.read(&[id.to_owned()]).map_err(|error| unreadable(failure::words(&error)))?;
        *batch = Some(running);
        match answer.into_iter().next() {
            Some(Answer::Blob(bytes)) => Ok(bytes),
            Some(Answer::TooLarge(size)) => Err(failure::too_large(shown, size)),
            _ => Err(unreadable("git does not have it".to_owned())),
        }
    }
}

fn with_path(error: LoadError, shown: &str) -> LoadError {
    match error {
        LoadError::NotFound { tree, .. } => LoadError::NotFound { path: shown.to_owned(), tree },
        LoadError::Unreadable { reason, .. } => LoadError::Unreadable { path: shown.to_owned(), reason },
        LoadError::Outside { tree, .. } => LoadError::Outside { path: shown.to_owned(), tree },
        other @ LoadError::Input { .. } => other,
    }
}

/// From this length on a file is read straight to where it stays: a copy would cost as much as reading.
const LONG_FILE: u64 = 1 << 15;

fn read_file(path: &Utf8Path, length: u64) -> io::Result<Arc<[u8]>> {
    if length >= LONG_FILE {
        let mut bytes: Arc<[u8]> = std::iter::repeat_n(0, length as usize).collect();
        let mut file = fs::File::open(path)?;
        // Whoever writes to it meanwhile gets the plain way below.
        if let Some(buffer) = Arc::get_mut(&mut bytes)
            && file.read_exact(buffer).is_ok()
            && file.read(&mut [0])? == 0
        {
            return Ok(bytes);
        }
    }
    fs::read(path).map(Arc::from)
}

impl Tree for DiskTree {
    fn label(&self) -> &str {
        &self.label
    }

    fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn read(&self, paths: &[&str]) -> Vec<Result<Arc<[u8]>, LoadError>> {
        if paths.len() < PARALLEL_FROM {
            return paths.iter().map(|path| self.read_one(path)).collect();
        }
        paths.par_iter().map(|path| self.read_one(path)).collect()
    }

    fn display_path(&self, path: &str) -> String {
        place::join(&self.shown_under, path)
    }

    fn is_single_file(&self) -> bool {
        self.is_single
    }
}
