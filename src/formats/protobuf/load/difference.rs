//! Which files a change can touch.

use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::formats::protobuf::load::files::ContractFiles;
use crate::formats::protobuf::load::resolve::Target;
use crate::formats::protobuf::load::scan;
use crate::source::ContentId;

/// How many files are held at once while bytes are compared.
const BATCH: usize = 1024;

/// What differs between two sides, and what that touches.
#[derive(Default)]
pub(super) struct Difference {
    /// Contract files that only the old side has, or that differ; and equal ones that import such, however far.
    old: FxHashSet<String>,
    /// The same for the new side.
    new: FxHashSet<String>,
    /// Files that are equal on both sides.
    equal: FxHashSet<String>,
    /// Bytes that were read on the way.
    old_bytes: FxHashMap<String, Arc<[u8]>>,
    new_bytes: FxHashMap<String, Arc<[u8]>>,
}

impl Difference {
    /// Nothing is left out.
    pub(super) fn everything(files: &ContractFiles<'_>) -> Self {
        let new: FxHashSet<String> = files.paths().map(str::to_owned).collect();
        Self { new, ..Self::default() }
    }

    /// Compares the contract files of two sides.
    pub(super) fn find(old: &ContractFiles<'_>, new: &ContractFiles<'_>) -> Self {
        let mut difference = Self::default();
        let mut unknown = Vec::new();
        for path in old.paths() {
            let is_in_both = new.contract(path).is_some() && old.import_path(path) == new.import_path(path);
            match (is_in_both, old.id(path), new.id(path)) {
                (false, ..) => {
                    difference.old.insert(path.to_owned());
                }
                (true, Some(a), Some(b)) if is_one_kind(a, b) => {
                    if a == b {
                        difference.equal.insert(path.to_owned());
                    } else {
                        difference.old.insert(path.to_owned());
                        difference.new.insert(path.to_owned());
                    }
                }
                _ => unknown.push(path),
            }
        }
        for path in new.paths() {
            let is_in_both = old.contract(path).is_some() && old.import_path(path) == new.import_path(path);
            if !is_in_both {
                difference.new.insert(path.to_owned());
            }
        }
        for batch in unknown.chunks(BATCH) {
            difference.compare_bytes(old, new, batch);
        }
        if !difference.is_empty() {
            difference.add_dependents(old, new);
        }
        difference
    }

    /// Whether both sides are the same.
    pub(super) fn is_empty(&self) -> bool {
        self.old.is_empty() && self.new.is_empty()
    }

    /// The contract files that must be read on a side.
    pub(super) fn touched(&self, is_old: bool) -> &FxHashSet<String> {
        if is_old { &self.old } else { &self.new }
    }

    /// Whether a file is the same on both sides.
    pub(super) fn is_equal(&self, path: &str) -> bool {
        self.equal.contains(path)
    }

    /// The bytes of a file, if they were read already.
    pub(super) fn bytes(&self, path: &str, is_old: bool) -> Option<Arc<[u8]>> {
        let own = if is_old { &self.old_bytes } else { &self.new_bytes };
        // Of equal files only the new side's bytes are kept.
        own.get(path).or_else(|| self.new_bytes.get(path).filter(|_| self.is_equal(path))).cloned()
    }

    fn compare_bytes(&mut self, old: &ContractFiles<'_>, new: &ContractFiles<'_>, paths: &[&str]) {
        let (old_read, new_read) = rayon::join(|| old.tree.read(paths), || new.tree.read(paths));
        for ((path, a), b) in paths.iter().zip(old_read).zip(new_read) {
            if let (Ok(a), Ok(b)) = (a, b) {
                if a == b {
                    self.equal.insert((*path).to_owned());
                } else {
                    self.old.insert((*path).to_owned());
                    self.new.insert((*path).to_owned());
                    self.old_bytes.insert((*path).to_owned(), a);
                }
                self.new_bytes.insert((*path).to_owned(), b);
            } else {
                // Whoever reads it again tells why it can't be read.
                self.old.insert((*path).to_owned());
                self.new.insert((*path).to_owned());
            }
        }
    }

    /// Adds the equal files that import something touched.
    fn add_dependents(&mut self, old: &ContractFiles<'_>, new: &ContractFiles<'_>) {
        let mut equal: Vec<&str> = self.equal.iter().map(String::as_str).collect();
        equal.sort_unstable();
        let unread: Vec<&str> = equal.iter().copied().filter(|path| !self.new_bytes.contains_key(*path)).collect();
        let mut read = Vec::with_capacity(unread.len());
        for batch in unread.chunks(BATCH) {
            for (path, bytes) in batch.iter().zip(new.tree.read(batch)) {
                if let Ok(bytes) = bytes {
                    read.push(((*path).to_owned(), bytes));
                }
            }
        }
        self.new_bytes.extend(read);

        let edges: Vec<(&str, Option<Vec<String>>)> = equal
            .par_iter()
            .map(|&path| {
                let imports = self.new_bytes.get(path).and_then(|bytes| scan::imports(bytes));
                let targets = imports.map(|imports| {
                    let mut targets = Vec::with_capacity(imports.len());
                    for import in imports {
                        for side in [old, new] {
                            if let Target::Listed(target) = side.resolve(path, import, |_| None) {
                                targets.push(target);
                            }
                        }
                    }
                    targets
                });
                (path, targets)
            })
            .collect();
        let mut importers: FxHashMap<&str, Vec<&str>> = FxHashMap::default();
        let mut work: Vec<&str> = self.old.union(&self.new).map(String::as_str).collect();
        let mut touched: FxHashSet<&str> = FxHashSet::default();
        for (path, targets) in &edges {
            match targets {
                Some(targets) => {
                    for target in targets {
                        importers.entry(target).or_default().push(path);
                    }
                }
                None => {
                    if touched.insert(path) {
                        work.push(path);
                    }
                }
            }
        }
        while let Some(path) = work.pop() {
            for importer in importers.get(path).into_iter().flatten() {
                if touched.insert(importer) {
                    work.push(importer);
                }
            }
        }
        let touched: Vec<String> = touched.into_iter().map(str::to_owned).collect();
        self.old.extend(touched.iter().cloned());
        self.new.extend(touched);
    }
}

fn is_one_kind(a: &ContentId, b: &ContentId) -> bool {
    matches!((a, b), (ContentId::Git(_), ContentId::Git(_)) | (ContentId::Hash(_), ContentId::Hash(_)))
}
