//! Why the registry does not do what it was asked.

use crate::finding::Report;
use crate::registry::domain::{ChainError, NameError};
use crate::registry::store::StoreError;

/// A decision against the caller, with what they can do about it.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum Refused {
    /// Something in the request is wrong: the field and what is wrong with it.
    #[error("{field} {problem}")]
    Invalid {
        /// As the request names it: `pacticipantVersionNumber`; empty where it is not about one field.
        field: String,
        /// A fragment that follows the field: `is missing`.
        problem: String,
    },
    /// It is not there.
    #[error("{0} does not exist")]
    Missing(String),
    /// It contradicts what is there.
    #[error("{0}")]
    Conflict(String),
    /// The contract breaks somebody under the mode of the service.
    #[error("{message}")]
    Incompatible { message: String, report: Box<Report> },
    /// The caller may not do that.
    #[error("{0}")]
    Forbidden(String),
    /// What the caller had seen is no longer so.
    #[error("{0}")]
    Stale(String),
}

impl Refused {
    /// A field with what is wrong with it.
    pub(crate) fn invalid(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Invalid { field: field.into(), problem: problem.into() }
    }
}

impl From<NameError> for Refused {
    fn from(error: NameError) -> Self {
        Self::Invalid { field: String::new(), problem: error.to_string() }
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RegistryError {
    /// It was decided so.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The storage failed; trying again later may help.
    #[error("failed to {0}")]
    Store(#[from] StoreError),
    /// The log contradicts itself; nothing may be answered from it.
    #[error("the registry's log is damaged: {0}")]
    Damaged(#[from] ChainError),
    /// The server is going down.
    #[error("the registry is shutting down")]
    Closing,
}
