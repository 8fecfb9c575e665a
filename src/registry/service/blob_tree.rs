//! Published files as an input of a comparison.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;

use crate::registry::domain::Digest;
use crate::source::{ContentId, Entry, LoadError, Tree};

/// Files in memory.
#[derive(Debug)]
pub(crate) struct BlobTree {
    label: String,
    entries: Vec<Entry>,
    files: HashMap<String, Arc<[u8]>>,
}

impl BlobTree {
    /// A tree of these files; `label` is what people see: `orders@1.4.0`.
    pub(crate) fn new(label: String, files: Vec<(String, Bytes)>) -> Self {
        let mut entries: Vec<Entry> = files
            .iter()
            .map(|(path, bytes)| {
                // Half of a SHA-256: equal ids still mean equal bytes, also for somebody who tries.
                let digest = Digest::of(bytes).0;
                let half = digest[..16].try_into().map(u128::from_be_bytes).unwrap_or_default();
                Entry { path: path.clone(), id: Some(ContentId::Hash(half)), size: Some(bytes.len() as u64) }
            })
            .collect();
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        let files = files.into_iter().map(|(path, bytes)| (path, Arc::from(&bytes[..]))).collect();
        Self { label, entries, files }
    }
}

impl Tree for BlobTree {
    fn label(&self) -> &str {
        &self.label
    }

    fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn read(&self, paths: &[&str]) -> Vec<Result<Arc<[u8]>, LoadError>> {
        paths
            .iter()
            .map(|&path| {
                self.files
                    .get(path)
                    .cloned()
                    .ok_or_else(|| LoadError::NotFound { path: path.to_owned(), tree: self.label.clone() })
            })
            .collect()
    }

    fn display_path(&self, path: &str) -> String {
        path.to_owned()
    }

    fn is_single_file(&self) -> bool {
        self.entries.len() == 1
    }
}
