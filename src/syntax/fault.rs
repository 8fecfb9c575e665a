//! What is wrong with a document, before anybody knows what the document is for.

use crate::finding::Problem;
use crate::source::{SourceMap, Span};
use crate::syntax::MAX_DEPTH;

/// One thing wrong in one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Stable and kebab-case: `json-syntax`, `yaml-syntax`, `duplicate-key`.
    pub code: &'static str,
    /// What happened and why it matters, as a lower-case fragment.
    pub message: String,
    /// Where.
    pub span: Span,
    /// What to do, in the imperative, if there is something to say beyond the message.
    pub help: Option<String>,
}

impl Fault {
    /// A fault without advice.
    #[must_use]
    pub fn new(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), span, help: None }
    }

    /// The node at `span` would be nested deeper than trees may be.
    pub(super) fn too_deep(span: Span) -> Self {
        Self::new("too-deep", span, format!("nested more than {MAX_DEPTH} levels deep"))
            .with_help("split the document, or name the inner parts and refer to them")
    }

    /// Adds what to do.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The problem that the user is told, with its line and column.
    #[must_use]
    pub fn to_problem(&self, sources: &SourceMap) -> Problem {
        let problem = Problem::new(self.code, self.message.clone()).at(sources.location(self.span));
        match &self.help {
            Some(help) => problem.with_help(help.clone()),
            None => problem,
        }
    }
}
