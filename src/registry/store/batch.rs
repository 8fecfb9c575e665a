//! What is written and read, the same for every backend.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::registry::domain::{Digest, Sealed};

/// What one transaction writes.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// The records, following the end of the log.
    pub(crate) records: Vec<Sealed>,
    /// Contents; those that are there already stay as they are.
    pub(crate) blobs: Vec<(Digest, Bytes)>,
    /// Contents that nothing refers to any more.
    pub(crate) deleted_blobs: Vec<Digest>,
    /// Secrets by id; `None` deletes.
    pub(crate) secrets: Vec<(String, Option<String>)>,
    /// Webhook calls to make.
    pub(crate) deliveries: Vec<NewDelivery>,
    /// The time of writing, in milliseconds since 1970.
    pub(crate) at: i64,
}

impl Batch {
    /// Whether there is nothing to write.
    pub(crate) fn is_empty(&self) -> bool {
        self.records.is_empty()
            && self.blobs.is_empty()
            && self.deleted_blobs.is_empty()
            && self.secrets.is_empty()
            && self.deliveries.is_empty()
    }
}

/// What the log amounts to up to a record, as bytes that only their writer understands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Snapshot {
    /// The record.
    pub(crate) seq: u64,
    /// The hash of the bytes.
    pub(crate) digest: Digest,
    pub(crate) bytes: Bytes,
}

/// A webhook call to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewDelivery {
    pub(crate) id: String,
    pub(crate) webhook: String,
    /// The event's name: `contract_content_changed`.
    pub(crate) event: String,
    /// What the webhook's template is filled with, as JSON.
    pub(crate) context: String,
}

/// A webhook call with what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Delivery {
    pub(crate) id: String,
    pub(crate) webhook: String,
    pub(crate) event: String,
    pub(crate) context: String,
    pub(crate) status: DeliveryStatus,
    pub(crate) attempts: u32,
    pub(crate) created_at: i64,
    /// When to try next.
    pub(crate) due_at: i64,
    /// What happened at each attempt, secrets left out.
    pub(crate) log: String,
}

/// Where a webhook call stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum DeliveryStatus {
    /// It waits for its time.
    Pending,
    /// It was answered with success.
    Delivered,
    /// It was tried often enough; only a person brings it back.
    Dead,
}

impl DeliveryStatus {
    /// The stored word.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Dead => "dead",
        }
    }

    /// Reads a stored word; an unknown one is a call that nobody should make by accident.
    pub(crate) fn of(word: &str) -> Self {
        match word {
            "pending" => Self::Pending,
            "delivered" => Self::Delivered,
            _ => Self::Dead,
        }
    }
}

/// Which deliveries to list.
#[derive(Debug, Clone, Default)]
pub(crate) struct DeliveryFilter {
    pub(crate) id: Option<String>,
    pub(crate) webhook: Option<String>,
    pub(crate) status: Option<DeliveryStatus>,
    pub(crate) limit: u32,
}

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    /// The database cannot be opened or reached.
    #[error("reach the database: {0}")]
    Unavailable(String),
    /// The database was reached and refused.
    #[error("use the database: {0}")]
    Failed(String),
    /// It broke at a point where the data may or may not be written.
    #[error("learn whether the database wrote the data: {0}")]
    Unsure(String),
    /// It belongs to a newer program.
    #[error("open the database: it was written by a newer version of counterpart (schema {found}, known is {known})")]
    Newer { found: u32, known: u32 },
    /// Filling it from an archive broke off.
    #[error("open the database: it was filled from an archive only in part; restore the archive into a new one")]
    Incomplete,
    /// Another server has it.
    #[error("open {path}: another server is running on this directory")]
    Locked { path: String },
}
