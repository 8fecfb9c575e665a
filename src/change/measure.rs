//! What was executed against both versions, and what it showed.

use serde::Serialize;

/// The answer in one cell of a verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Cell {
    /// Nobody breaks.
    #[default]
    No,
    /// Somebody may break, depending on values, on the reader's tolerance or on later changes.
    Maybe,
    /// Somebody breaks.
    Yes,
}

/// Who reads whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// The new reader reads what an old writer wrote: requests.
    NewReadsOld,
    /// The old reader reads what a new writer writes: responses.
    OldReadsNew,
}

/// A concrete value (or message, or call) that one version accepts and the other does not, or reads differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Witness {
    /// The direction in which it shows the break.
    pub direction: Direction,
    /// The JSON value, or the JSON form of the message as its writer sees it.
    pub instance: serde_json::Value,
    /// `old` or `new`: the version that rejects or misreads it.
    pub rejected_by: &'static str,
    /// What the rejecting reader said, or what it reads instead.
    pub error: String,
    /// Protobuf only: the encoded bytes in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_hex: Option<String>,
    /// Protobuf only: the encoded bytes in base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_base64: Option<String>,
    /// What the other version reads from the same bytes, where it reads something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_as: Option<serde_json::Value>,
    /// The call that carries it, ready to paste, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub curl: Option<String>,
}

/// What backs a measurement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// Executed against both versions.
    Proven(Box<Witness>),
    /// Looked for and not found, with the reason.
    Unproven(String),
}

/// One direction's result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measurement {
    /// The verdict of the execution; `None` when it could not decide and the page's fallback holds.
    pub cell: Option<Cell>,
    /// What backs it; `None` for a `no`, which needs no witness.
    pub proof: Option<Proof>,
}

impl Measurement {
    /// Contained: nobody breaks.
    #[must_use]
    pub const fn contained() -> Self {
        Self { cell: Some(Cell::No), proof: None }
    }

    /// Broken, with the value that shows it.
    #[must_use]
    pub fn broken(cell: Cell, witness: Witness) -> Self {
        Self { cell: Some(cell), proof: Some(Proof::Proven(Box::new(witness))) }
    }

    /// Not decided: the structural rule holds, and the finding says `unproven`.
    #[must_use]
    pub fn unknown(reason: impl Into<String>) -> Self {
        Self { cell: None, proof: Some(Proof::Unproven(reason.into())) }
    }
}

/// Both directions; `None` where nothing was executed (an exposure that does not need it, a change that is not data).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Measured {
    /// The new reader with the old writer.
    pub new_reads_old: Option<Measurement>,
    /// The old reader with the new writer.
    pub old_reads_new: Option<Measurement>,
}

impl Measured {
    /// The result of one direction.
    #[must_use]
    pub fn get(&self, direction: Direction) -> Option<&Measurement> {
        match direction {
            Direction::NewReadsOld => self.new_reads_old.as_ref(),
            Direction::OldReadsNew => self.old_reads_new.as_ref(),
        }
    }
}
