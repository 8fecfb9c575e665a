//! Trees in memory, for the tests of other modules.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::source::Tree;
use crate::source::load::is_candidate;
use crate::source::load::memory::MemoryTree;

/// A tree of these files.
pub(crate) fn tree_of(files: BTreeMap<String, Arc<[u8]>>) -> Box<dyn Tree> {
    Box::new(MemoryTree::new("memory".to_owned(), String::new(), files, is_candidate))
}
