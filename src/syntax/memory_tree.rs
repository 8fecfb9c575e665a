//! A tree in memory, for tests.

use std::sync::Arc;

use crate::source::{Entry, LoadError, Tree};

/// Files by path, and whether they stand for one file that was named.
pub(crate) struct Files {
    files: Vec<(String, Vec<u8>)>,
    entries: Vec<Entry>,
    is_single: bool,
}

impl Files {
    /// One file of any bytes.
    pub(crate) fn of_bytes(path: &str, bytes: &[u8]) -> Self {
        let mut tree = Self::single(path, "");
        tree.files[0].1 = bytes.to_vec();
        tree
    }

    /// One file that was named itself.
    pub(crate) fn single(path: &str, text: &str) -> Self {
        Self { is_single: true, ..files(&[(path, text)]) }
    }
}

/// A directory with these files, sorted by path.
pub(crate) fn files(contents: &[(&str, &str)]) -> Files {
    let mut files: Vec<_> = contents.iter().map(|&(path, text)| (path.to_owned(), text.as_bytes().to_vec())).collect();
    files.sort();
    let entries = files.iter().map(|(path, _)| Entry { path: path.clone(), id: None, size: None }).collect();
    Files { files, entries, is_single: false }
}

impl Tree for Files {
    fn label(&self) -> &'static str {
        "memory"
    }

    fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn read(&self, paths: &[&str]) -> Vec<Result<Arc<[u8]>, LoadError>> {
        let read = |path: &&str| match self.files.iter().find(|(name, _)| name == path) {
            Some((_, text)) => Ok(Arc::from(text.as_slice())),
            None if path.starts_with(['.', '/']) => {
                Err(LoadError::Outside { path: (*path).to_owned(), tree: "memory".into() })
            }
            None => Err(LoadError::NotFound { path: (*path).to_owned(), tree: "memory".into() }),
        };
        paths.iter().map(read).collect()
    }

    fn display_path(&self, path: &str) -> String {
        path.to_owned()
    }

    fn is_single_file(&self) -> bool {
        self.is_single
    }
}
