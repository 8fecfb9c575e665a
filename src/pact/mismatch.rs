//! One difference between what is expected and what came.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which part of a request, response or message differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// The HTTP method.
    Method,
    /// The HTTP path.
    Path,
    /// A query parameter.
    Query,
    /// A header.
    Header,
    /// The status code.
    Status,
    /// The kind of content.
    BodyType,
    /// The content.
    Body,
    /// Message or gRPC metadata.
    Metadata,
    /// What the provider's own contract says otherwise.
    Contract,
}

impl Part {
    /// A heading over differences of this part.
    #[must_use]
    pub const fn heading(self) -> &'static str {
        match self {
            Self::Method => "Method did not match",
            Self::Path => "Path did not match",
            Self::Query => "Query had differences",
            Self::Header => "Headers had differences",
            Self::Status => "Response status did not match",
            Self::BodyType => "Body type had differences",
            Self::Body => "Body had differences",
            Self::Metadata => "Metadata had differences",
            Self::Contract => "Not what the provider's own contract says",
        }
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Mismatch {
    /// Where it is.
    pub part: Part,
    /// The place inside the part: `$.items[0].id`, a header's name; empty for the part as a whole.
    pub path: String,
    /// What was expected, shortened to a line.
    pub expected: String,
    /// What came, shortened to a line.
    pub actual: String,
    /// One sentence.
    pub message: String,
    /// The matching rule that failed; `None` where plain equality was asked for.
    pub rule: Option<String>,
}

impl Mismatch {
    pub(crate) fn new(
        part: Part,
        path: impl Into<String>,
        expected: &str,
        actual: &str,
        message: impl Into<String>,
    ) -> Self {
        Self {
            part,
            path: path.into(),
            expected: shorten(expected),
            actual: shorten(actual),
            message: message.into(),
            rule: None,
        }
    }

    pub(crate) fn by_rule(mut self, rule: Option<String>) -> Self {
        self.rule = rule;
        self
    }
}

/// Differences past this number are not collected: nobody reads them, and a broken list of a million elements must not
/// become a million sentences.
pub(crate) const LIMIT: usize = 200;

const SHORT: usize = 200;

/// At most 200 characters, with a mark where something was cut.
pub(crate) fn shorten(text: &str) -> String {
    match text.char_indices().nth(SHORT) {
        None => text.to_owned(),
        Some((at, _)) => format!("{}… ({} bytes)", &text[..at], text.len()),
    }
}
