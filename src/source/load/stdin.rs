//! `-`: one contract on standard input.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::finding::Problem;
use crate::source::load::failure;
use crate::source::load::failure::MAX_FILE_BYTES;
use crate::source::load::memory::{MemoryTree, guess_name};

/// Standard input can be read once; a second `-` would silently be an empty contract.
static IS_TAKEN: AtomicBool = AtomicBool::new(false);

/// Reads standard input to its end.
pub(crate) fn open() -> Result<MemoryTree, Problem> {
    if IS_TAKEN.swap(true, Ordering::SeqCst) {
        return Err(Problem::new("bad-input", "`-` was named twice, and standard input can be read only once")
            .with_help("write one of the two to a file"));
    }
    let mut bytes = Vec::new();
    io::stdin()
        .lock()
        .take(MAX_FILE_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| failure::unreadable("-", &error))?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        let limit = MAX_FILE_BYTES >> 20;
        return Err(Problem::new("too-large", format!("standard input holds more than {limit} MiB")));
    }
    if bytes.is_empty() {
        return Err(Problem::new("bad-input", "standard input is empty").with_help("pipe a contract into it"));
    }
    let name = guess_name(&bytes);
    Ok(MemoryTree::single("-".to_owned(), name.to_owned(), Arc::from(bytes)))
}
