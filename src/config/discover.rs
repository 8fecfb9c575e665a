//! Which contracts a project holds, for `init`.

use crate::formats::{CompareOptions, Format};
use crate::source::Tree;

/// A contract as `init` lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundContract {
    /// Its path inside the tree.
    pub path: String,
    /// The path shown to people.
    pub shown: String,
    /// `protobuf`, `openapi`, `json-schema`.
    pub format: &'static str,
    /// Its files inside the tree.
    pub files: Vec<String>,
}

/// Every contract of a tree, sorted by path. Files that are broken contracts count too: `check` will say what is wrong.
#[must_use]
pub fn found_contracts(formats: &[Box<dyn Format>], tree: &dyn Tree, options: &CompareOptions) -> Vec<FoundContract> {
    let mut found = Vec::new();
    for format in formats {
        for contract in format.discover(tree, options).contracts {
            found.push(FoundContract {
                shown: tree.display_path(&contract.path),
                path: contract.path,
                format: format.name(),
                files: contract.files,
            });
        }
    }
    found.sort_by(|a, b| (&a.path, a.format).cmp(&(&b.path, b.format)));
    found
}
