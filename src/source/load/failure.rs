//! What every loader says when it cannot go on: one place, so that codes and advice stay the same.

use std::io;

use crate::finding::Problem;
use crate::source::LoadError;

/// Single files above this are refused: no contract is that large, and offsets are 32 bits.
pub(crate) const MAX_FILE_BYTES: u64 = 512 * 1024 * 1024;

/// The file that was asked for is not there.
pub(crate) fn not_found(path: &str) -> Problem {
    Problem::new("not-found", format!("`{path}` does not exist"))
}

/// The file is there and cannot be read.
pub(crate) fn unreadable(path: &str, error: &io::Error) -> Problem {
    let problem = Problem::new("unreadable", format!("`{path}` could not be read: {}", words(error)));
    match error.kind() {
        io::ErrorKind::PermissionDenied => problem.with_help(format!("allow reading: `chmod -R u+rX {path}`")),
        _ => problem,
    }
}

/// The same for a file inside a tree.
pub(crate) fn unreadable_entry(path: &str, error: &io::Error, tree: &str) -> LoadError {
    if error.kind() == io::ErrorKind::NotFound {
        LoadError::NotFound { path: path.to_owned(), tree: tree.to_owned() }
    } else {
        LoadError::Unreadable { path: path.to_owned(), reason: words(error) }
    }
}

/// A file that is larger than any contract.
pub(crate) fn too_large(path: &str, size: u64) -> LoadError {
    LoadError::Unreadable {
        path: path.to_owned(),
        reason: format!("it has {} MiB, more than the limit of {} MiB", size >> 20, MAX_FILE_BYTES >> 20),
    }
}

/// The system's words in lower case and without the error number, which tells people nothing.
pub(crate) fn words(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_lowercase().chain(characters).collect())
}
