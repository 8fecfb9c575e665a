//! What keeps the work from being done: bad input, with a place and a way out.

use schemars::JsonSchema;
use serde::Serialize;

use crate::finding::Snippet;
use crate::source::Location;

/// Something wrong with the input. A run with problems exits 2 and gates nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Problem {
    /// Stable and kebab-case: `protobuf-syntax`, `missing-import`, `no-base`.
    pub code: String,
    /// What happened and why it matters.
    pub message: String,
    /// Where, if it is in a file.
    pub location: Option<Location>,
    /// What to do.
    pub help: Option<String>,
    /// The source around it, for renderers.
    #[serde(skip)]
    pub snippet: Option<Snippet>,
}

impl Problem {
    /// A problem without a place.
    #[must_use]
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), location: None, help: None, snippet: None }
    }

    /// Adds the place.
    #[must_use]
    pub fn at(mut self, location: Location) -> Self {
        self.location = Some(location);
        self
    }

    /// Adds what to do.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}
