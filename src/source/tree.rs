//! What every input looks like once it is opened: a tree of files that are read on demand.

use std::sync::Arc;

use crate::source::Notebook;

/// Names the content of a file without reading it. Equal ids of one kind mean equal bytes; ids of different kinds
/// say nothing about each other.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ContentId {
    /// A git blob id in hexadecimal: known from the tree object, without reading the blob.
    Git(String),
    /// The XXH3-128 of the bytes.
    Hash(u128),
}

/// One file that an input offers as a possible contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Path inside the tree, with `/`, without a leading `./`.
    pub path: String,
    /// The content's name where it is known without reading.
    pub id: Option<ContentId>,
    /// Size in bytes where it is known without reading.
    pub size: Option<u64>,
}

/// Why an input or a file of it could not be read.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LoadError {
    /// There is no such file in the tree.
    #[error("`{path}` does not exist in {tree}")]
    NotFound {
        /// The path inside the tree.
        path: String,
        /// The tree's label.
        tree: String,
    },
    /// The file is there but could not be read.
    #[error("`{path}` could not be read: {reason}")]
    Unreadable {
        /// The path as the user would write it.
        path: String,
        /// The system's words.
        reason: String,
    },
    /// The path leaves the tree that was named as input.
    #[error("`{path}` is outside {tree}")]
    Outside {
        /// The path as it was asked for.
        path: String,
        /// The tree's label.
        tree: String,
    },
    /// The whole input could not be opened.
    #[error("{message}")]
    Input {
        /// What happened.
        message: String,
        /// What to do about it, if there is something to do.
        help: Option<String>,
    },
}

/// One side's files: a directory, a git revision, an archive, a descriptor set, a URL or standard input.
///
/// `entries` are the files that may be contracts; `read` also reads files beside them (a `$ref`'s target, an import)
/// as long as they are inside the tree's boundary.
pub trait Tree: Send + Sync {
    /// The input as the user named it, or `git:<short id>`; for messages and for `bases[].input`.
    fn label(&self) -> &str;

    /// All candidate files, sorted by path.
    fn entries(&self) -> &[Entry];

    /// The bytes of files, in the order asked. Git trees read a whole batch in one go, so ask for many at once.
    ///
    /// Each result is an error of its own: one missing file does not hide the others.
    fn read(&self, paths: &[&str]) -> Vec<Result<Arc<[u8]>, LoadError>>;

    /// The path shown to people for a path inside the tree: relative to the repository root in `check`, the argument
    /// as typed plus the path inside it in `diff`.
    fn display_path(&self, path: &str) -> String;

    /// Whether the input named exactly one file. Two such inputs are one contract whatever their names.
    fn is_single_file(&self) -> bool {
        false
    }

    /// Where what is found out about the files' contents is kept for later runs, if it is.
    fn notebook(&self) -> Option<&dyn Notebook> {
        None
    }
}
