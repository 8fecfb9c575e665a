//! A tree with files that were made just now: contracts that a program writes.

use std::collections::BTreeMap;
use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_128;

use crate::source::{ContentId, Entry, LoadError, Notebook, Tree};

/// A tree and files beside (or instead of) its own.
pub struct WithFiles {
    inner: Box<dyn Tree>,
    files: BTreeMap<String, Arc<[u8]>>,
    entries: Vec<Entry>,
}

impl WithFiles {
    /// `inner` with these files, by their paths inside the tree. A file of the tree with the same path is hidden.
    #[must_use]
    pub fn new(inner: Box<dyn Tree>, files: BTreeMap<String, Arc<[u8]>>) -> Self {
        let own = inner.entries().iter().filter(|entry| !files.contains_key(&entry.path)).cloned();
        let made = files.iter().map(|(path, bytes)| Entry {
            path: path.clone(),
            id: Some(ContentId::Hash(xxh3_128(bytes))),
            size: Some(bytes.len() as u64),
        });
        let mut entries: Vec<Entry> = own.chain(made).collect();
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        Self { inner, files, entries }
    }
}

impl Tree for WithFiles {
    fn label(&self) -> &str {
        self.inner.label()
    }

    fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn read(&self, paths: &[&str]) -> Vec<Result<Arc<[u8]>, LoadError>> {
        let own: Vec<&str> = paths.iter().copied().filter(|path| !self.files.contains_key(*path)).collect();
        let mut read = self.inner.read(&own).into_iter();
        let missing = |path: &str| LoadError::NotFound { path: path.to_owned(), tree: self.label().to_owned() };
        paths
            .iter()
            .map(|path| match self.files.get(*path) {
                Some(bytes) => Ok(Arc::clone(bytes)),
                None => read.next().unwrap_or_else(|| Err(missing(path))),
            })
            .collect()
    }

    fn display_path(&self, path: &str) -> String {
        self.inner.display_path(path)
    }

    fn is_single_file(&self) -> bool {
        self.inner.is_single_file()
    }

    fn notebook(&self) -> Option<&dyn Notebook> {
        self.inner.notebook()
    }
}
