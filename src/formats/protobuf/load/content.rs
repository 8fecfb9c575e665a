//! What was read of a file: its text, where it is one.

use std::sync::Arc;

use rayon::prelude::*;

use crate::source::{LoadError, Tree};

/// How many files are held in bytes at once; the rest is text already, or not read yet.
pub(super) const BATCH: usize = 256;

/// A file's content.
#[derive(Debug)]
pub(super) enum Content {
    /// Valid UTF-8.
    Text(Arc<str>),
    /// Anything else.
    Bytes(Arc<[u8]>),
}

impl Content {
    pub(super) fn of(bytes: Arc<[u8]>) -> Self {
        match std::str::from_utf8(&bytes) {
            Ok(text) => Self::Text(Arc::from(text)),
            Err(_) => Self::Bytes(bytes),
        }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }
}

/// The contents of some files, in the order asked.
pub(super) fn read(tree: &dyn Tree, paths: &[&str]) -> Vec<Result<Content, LoadError>> {
    let mut contents = Vec::with_capacity(paths.len());
    for batch in paths.chunks(BATCH) {
        contents.par_extend(tree.read(batch).into_par_iter().map(|bytes| bytes.map(Content::of)));
    }
    contents
}
