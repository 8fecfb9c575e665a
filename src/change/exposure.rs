//! Who reads and writes what changed: the operations that reach it and from which side.

use serde::Serialize;

/// From which side of an operation something is reached. The consumer writes requests, the provider responses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Exposure {
    /// Only in requests: old consumers write, the new provider reads.
    Request,
    /// Only in responses: the new provider writes, old consumers read.
    Response,
    /// In both, or not known to be in one only (events, storage): fails open to both.
    Both,
}

impl Exposure {
    /// The exposure of something reached in both these ways.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        if self == other { self } else { Self::Both }
    }

    /// Whether requests carry it.
    #[must_use]
    pub fn in_requests(self) -> bool {
        self != Self::Response
    }

    /// Whether responses carry it.
    #[must_use]
    pub fn in_responses(self) -> bool {
        self != Self::Request
    }

    /// The exposure with the roles swapped, for webhooks and callbacks.
    #[must_use]
    pub fn swapped(self) -> Self {
        match self {
            Self::Request => Self::Response,
            Self::Response => Self::Request,
            Self::Both => Self::Both,
        }
    }
}

/// An operation that reaches what changed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, schemars::JsonSchema)]
pub struct Operation {
    /// `GET` and so on; `null` for RPCs.
    pub method: Option<String>,
    /// The path template as in the new version (the old one if it is gone), without servers; `webhook:<name>`;
    /// `<operation> callback:<name>`; `/acme.v1.Orders/Get` for RPCs.
    pub path: String,
    /// From which side of this operation it is reached.
    pub exposure: Exposure,
}
