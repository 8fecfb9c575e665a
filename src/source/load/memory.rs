//! A tree whose files are all in memory: archives, URLs and standard input.

use std::collections::BTreeMap;
use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_128;

use crate::source::load::place;
use crate::source::{ContentId, Entry, LoadError, Tree};

/// Files by path inside the tree.
#[derive(Debug)]
pub(crate) struct MemoryTree {
    label: String,
    /// What stands before a path when it is shown; empty or a folder.
    shown_under: String,
    /// Set where the input is one file: how that file is shown.
    single: Option<String>,
    files: BTreeMap<String, Arc<[u8]>>,
    entries: Vec<Entry>,
}

impl MemoryTree {
    /// Many files; `is_entry` says which of them may be contracts.
    pub(crate) fn new(
        label: String,
        shown_under: String,
        files: BTreeMap<String, Arc<[u8]>>,
        is_entry: impl Fn(&str) -> bool,
    ) -> Self {
        let entries = files.iter().filter(|(path, _)| is_entry(path)).map(|(path, bytes)| entry(path, bytes)).collect();
        Self { label, shown_under, single: None, files, entries }
    }

    /// One file that the formats see as `name` and people as `label`.
    pub(crate) fn single(label: String, name: String, bytes: Arc<[u8]>) -> Self {
        let entries = vec![entry(&name, &bytes)];
        let files = BTreeMap::from([(name, bytes)]);
        Self { single: Some(label.clone()), label, shown_under: String::new(), files, entries }
    }

    /// Files that come with their ids, shown by their paths; one alone is the whole input.
    pub(crate) fn identified(label: String, files: BTreeMap<String, (ContentId, Arc<[u8]>)>) -> Self {
        let entries = files.iter().map(|(path, (id, bytes))| entry_with(path, bytes, id.clone())).collect();
        let single = files.keys().next().filter(|_| files.len() == 1).cloned();
        let files = files.into_iter().map(|(path, (_, bytes))| (path, bytes)).collect();
        Self { label, shown_under: String::new(), single, files, entries }
    }
}

fn entry(path: &str, bytes: &[u8]) -> Entry {
    entry_with(path, bytes, ContentId::Hash(xxh3_128(bytes)))
}

fn entry_with(path: &str, bytes: &[u8], id: ContentId) -> Entry {
    Entry { path: path.to_owned(), id: Some(id), size: Some(bytes.len() as u64) }
}

impl Tree for MemoryTree {
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
                let outside = || LoadError::Outside { path: path.to_owned(), tree: format!("`{}`", self.label) };
                let inside = place::join_inside("", path).ok_or_else(outside)?;
                self.files.get(&inside).cloned().ok_or_else(|| LoadError::NotFound {
                    path: self.display_path(path),
                    tree: format!("`{}`", self.label),
                })
            })
            .collect()
    }

    fn display_path(&self, path: &str) -> String {
        match &self.single {
            Some(shown) if self.files.contains_key(path) => shown.clone(),
            _ => place::join(&self.shown_under, path),
        }
    }

    fn is_single_file(&self) -> bool {
        self.single.is_some()
    }
}

/// A file name for bytes that came without one, so that the formats can go by name as they do elsewhere.
pub(crate) fn guess_name(bytes: &[u8]) -> &'static str {
    let head = &bytes[..bytes.len().min(4096)];
    let Ok(text) = std::str::from_utf8(head).or_else(|error| std::str::from_utf8(&head[..error.valid_up_to()])) else {
        return "input.yaml";
    };
    if head.contains(&0) || (text.is_empty() && !head.is_empty()) {
        return "input.binpb";
    }
    let is_proto = |line: &str| {
        let line = line.trim_start();
        ["syntax", "edition", "package", "import", "message", "option"].iter().any(|word| {
            line.strip_prefix(word)
                .is_some_and(|rest| rest.starts_with([' ', '=', '\t']) && !rest.trim().starts_with(':'))
        })
    };
    if text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']).starts_with(['{', '[']) {
        "input.json"
    } else if text.lines().any(is_proto) {
        "input.proto"
    } else {
        "input.yaml"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nameless_bytes_are_named_by_what_they_look_like() {
        assert_eq!(guess_name(b"\xef\xbb\xbf {\"openapi\": 1}"), "input.json");
        assert_eq!(guess_name(b"// x\nsyntax = \"proto3\";"), "input.proto");
        assert_eq!(guess_name(b"openapi: 3.0.0\ninfo:\n  title: message"), "input.yaml");
        assert_eq!(guess_name(b"\x0a\x10a.proto\x00\x01"), "input.binpb");
    }

    #[test]
    fn nothing_outside_is_read() {
        let tree = MemoryTree::single("-".into(), "input.yaml".into(), Arc::from(&b"a"[..]));
        assert_eq!(tree.display_path("input.yaml"), "-");
        assert!(matches!(tree.read(&["../x"])[0], Err(LoadError::Outside { .. })));
        assert!(matches!(tree.read(&["x"])[0], Err(LoadError::NotFound { .. })));
    }
}
