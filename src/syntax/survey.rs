//! Looks through a tree for documents that say at their root what they are.

use globset::{Glob, GlobSet, GlobSetBuilder};
use rayon::prelude::*;

use crate::source::{Entry, Tree};
use crate::syntax::{RootField, Syntax, root_field};

/// How much is read at a time: enough to keep a git process busy, little enough to hold in memory.
const BATCH_FILES: usize = 512;
const BATCH_BYTES: u64 = 64 << 20;

/// A document that has one of the fields asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// Its path inside the tree.
    pub path: String,
    /// The field.
    pub field: RootField,
}

/// The YAML and JSON documents of a tree that have one of some fields at their root, sorted by path. An input that is
/// one file is looked at whatever its name. Files that cannot be read are left out: whoever needs them will say so.
#[must_use]
pub fn survey(tree: &dyn Tree, exclude: &[String], keys: &[&'static str]) -> Vec<Sighting> {
    let excluded = globs(exclude);
    let wanted: Vec<&Entry> = tree
        .entries()
        .iter()
        .filter(|entry| tree.is_single_file() || Syntax::of_path(&entry.path).is_some())
        .filter(|entry| !excluded.is_match(&entry.path))
        .collect();
    let mut found = Vec::new();
    let mut rest = &wanted[..];
    while !rest.is_empty() {
        let (batch, after) = rest.split_at(batch_len(rest));
        rest = after;
        let paths: Vec<&str> = batch.iter().map(|entry| entry.path.as_str()).collect();
        let read = tree.read(&paths);
        found.par_extend(paths.par_iter().zip(read).filter_map(|(path, bytes)| {
            let field = root_field(&bytes.ok()?, keys)?;
            Some(Sighting { path: (*path).to_owned(), field })
        }));
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

fn batch_len(entries: &[&Entry]) -> usize {
    let mut bytes = 0;
    let fits = entries.iter().take(BATCH_FILES).take_while(|entry| {
        bytes += entry.size.unwrap_or_default();
        bytes <= BATCH_BYTES
    });
    fits.count().max(1)
}

/// A set of globs; those that are none match nothing, since the settings have reported them.
#[must_use]
pub fn globs(patterns: &[String]) -> GlobSet {
    let mut builder = GlobSetBuilder::new();
    for glob in patterns.iter().filter_map(|pattern| Glob::new(pattern).ok()) {
        builder.add(glob);
    }
    builder.build().unwrap_or_else(|_| GlobSet::empty())
}
