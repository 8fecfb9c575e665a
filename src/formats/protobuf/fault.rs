//! What is wrong in a file, before it has a line and a column.

use crate::finding::Problem;
use crate::formats::protobuf::model::Extent;
use crate::source::{FileId, SourceMap, Span};

/// The text does not follow the grammar.
pub(crate) const SYNTAX: &str = "protobuf-syntax";
/// The text follows the grammar, but means nothing valid.
pub(crate) const INVALID: &str = "protobuf-invalid";
/// A name that is used is declared nowhere that the file can see.
pub(crate) const UNRESOLVED: &str = "protobuf-unresolved-name";
/// One name is declared twice.
pub(crate) const DUPLICATE: &str = "protobuf-duplicate-name";
/// An imported file was not found.
pub(crate) const MISSING_IMPORT: &str = "protobuf-missing-import";
/// Files import each other in a circle.
pub(crate) const IMPORT_CYCLE: &str = "protobuf-import-cycle";
/// The bytes are no UTF-8.
pub(crate) const NOT_UTF8: &str = "protobuf-not-utf8";

/// How many faults of one file are reported; whoever has more sees the rest after mending these.
pub(crate) const MAX_FAULTS: usize = 100;

/// One thing wrong in one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// One of the codes of this module.
    pub(crate) code: &'static str,
    /// What happened.
    pub(crate) message: String,
    /// Where.
    pub(crate) extent: Extent,
    /// What to do.
    pub(crate) help: Option<String>,
}

impl Fault {
    /// A fault without advice.
    pub(crate) fn new(code: &'static str, extent: Extent, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), extent, help: None }
    }

    /// Adds what to do.
    pub(crate) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The problem that a user sees.
    pub(crate) fn into_problem(self, sources: &SourceMap, file: FileId) -> Problem {
        let span = Span::new(file, self.extent.start, self.extent.end);
        let problem = Problem::new(self.code, self.message).at(sources.location(span));
        match self.help {
            Some(help) => problem.with_help(help),
            None => problem,
        }
    }
}
