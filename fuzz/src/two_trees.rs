//! Two trees of one file each, given as bytes.

use std::sync::Arc;

use counterpart::formats::{CompareOptions, Format, Side};
use counterpart::source::{Entry, LoadError, Tree};

/// One file in memory.
struct OneFile {
    entries: Vec<Entry>,
    bytes: Arc<[u8]>,
}

impl OneFile {
    /// A file of this name and content.
    fn new(name: &str, bytes: &[u8]) -> Self {
        Self { entries: vec![Entry { path: name.to_owned(), id: None, size: None }], bytes: bytes.into() }
    }
}

impl Tree for OneFile {
    fn label(&self) -> &'static str {
        "fuzz"
    }

    fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn read(&self, paths: &[&str]) -> Vec<Result<Arc<[u8]>, LoadError>> {
        let missing = |path: &&str| LoadError::NotFound { path: (*path).to_owned(), tree: "fuzz".to_owned() };
        let read =
            |path: &&str| if **path == self.entries[0].path { Ok(self.bytes.clone()) } else { Err(missing(path)) };
        paths.iter().map(read).collect()
    }

    fn display_path(&self, path: &str) -> String {
        path.to_owned()
    }
}

/// Finds and compares the contracts of two files.
pub(crate) fn compare(format: &dyn Format, name: &str, old: &[u8], new: &[u8]) {
    let options = CompareOptions::new(jiff::civil::date(2026, 1, 1));
    let (old, new) = (OneFile::new(name, old), OneFile::new(name, new));
    let (old_found, new_found) = (format.discover(&old, &options), format.discover(&new, &options));
    let old = Side { tree: &old, contracts: &old_found.contracts };
    let new = Side { tree: &new, contracts: &new_found.contracts };
    format.compare(&old, &new, &options);
}
