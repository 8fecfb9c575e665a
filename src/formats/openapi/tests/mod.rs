//! The format as its users see it.

mod broken;
mod dialects;
mod discovery;
mod hostile;
mod invalid;
mod responses;
mod shared;
mod views;

use crate::change::Change;
use crate::formats::openapi::OpenApi;
use crate::formats::{CompareOptions, Comparison, Format, Side};
use crate::source::Tree;
use crate::syntax::memory_tree::files;

fn options() -> CompareOptions {
    CompareOptions::new(jiff::civil::date(2026, 11, 21))
}

fn compare(old: &dyn Tree, new: &dyn Tree) -> Comparison {
    compare_with(old, new, &options())
}

fn compare_with(old: &dyn Tree, new: &dyn Tree, options: &CompareOptions) -> Comparison {
    let (before, after) = (OpenApi.discover(old, options), OpenApi.discover(new, options));
    let old = Side { tree: old, contracts: &before.contracts };
    let new = Side { tree: new, contracts: &after.contracts };
    OpenApi.compare(&old, &new, options)
}

/// The changes between two documents.
fn changes(old: &str, new: &str) -> Vec<Change> {
    compare(&files(&[("api.yaml", old)]), &files(&[("api.yaml", new)]))
        .contracts
        .into_iter()
        .flat_map(|contract| contract.changes)
        .collect()
}

fn told(change: &Change) -> (&'static str, &str, usize) {
    (change.kind.id, &change.subject.name, change.operations.len())
}
