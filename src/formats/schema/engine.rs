//! The one question about data: can the reader read everything that the writer may write?

use crate::change::{Cell, Direction, Measurement, Witness};
use crate::formats::ReaderProfile;
use crate::formats::schema::graph::{SchemaGraph, SchemaId};

/// One of the two versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The version compared with.
    Old,
    /// The version that is judged.
    New,
}

/// What the value travels as, which decides who may send what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// From the consumer to the provider, who validates: `readOnly` properties are not sent, enums are closed.
    Request,
    /// From the provider to the consumer: `writeOnly` properties are not sent, tolerant consumers cope with values and
    /// tags that were added.
    Response,
    /// A document or event whose direction is not known: everything is sent, old readers cope with what was added.
    Payload,
}

/// Who writes or reads: a schema of one side in a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Party {
    /// Whose schema.
    pub side: Side,
    /// The schema.
    pub schema: SchemaId,
    /// What travels.
    pub role: Role,
}

impl Party {
    /// The schema `schema` of `side` for what travels as `role`.
    #[must_use]
    pub const fn new(side: Side, schema: SchemaId, role: Role) -> Self {
        Self { side, schema, role }
    }
}

/// What the engine may assume and how much it may spend.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Which readers count as broken for `yes`.
    pub profile: ReaderProfile,
    /// Whether `readOnly` and `writeOnly` only document (OpenAPI 3.1 §4.8.24) or keep a property from being sent.
    pub read_only_documents: bool,
    /// How many steps one question may take before the answer is `unknown`.
    pub steps: u32,
    /// How deep a question may go into nested schemas.
    pub depth: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { profile: ReaderProfile::default(), read_only_documents: false, steps: 60_000, depth: 64 }
    }
}

/// Whether the reader reads what the writer writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Every value that the writer may write is accepted.
    Contained,
    /// Some value is not, and here it is.
    Breaks {
        /// `Yes`, or `Maybe` where only some readers fail.
        cell: Cell,
        /// The value, confirmed by two validators.
        witness: Box<Witness>,
    },
    /// Not decided, and why.
    Unknown(String),
}

impl Answer {
    /// The answer as it travels with a change.
    #[must_use]
    pub fn into_measurement(self) -> Measurement {
        match self {
            Self::Contained => Measurement::contained(),
            Self::Breaks { cell, witness } => Measurement::broken(cell, *witness),
            Self::Unknown(reason) => Measurement::unknown(reason),
        }
    }
}

/// Answers questions about the schemas of two sides, remembering what it found.
pub struct Engine<'g, 'a> {
    old: &'g SchemaGraph<'a>,
    new: &'g SchemaGraph<'a>,
    settings: Settings,
}

impl<'g, 'a> Engine<'g, 'a> {
    /// An engine over two graphs.
    #[must_use]
    pub fn new(old: &'g SchemaGraph<'a>, new: &'g SchemaGraph<'a>, settings: Settings) -> Self {
        Self { old, new, settings }
    }

    /// The settings it was made with.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The graph of a side.
    #[must_use]
    pub const fn graph(&self, side: Side) -> &'g SchemaGraph<'a> {
        match side {
            Side::Old => self.old,
            Side::New => self.new,
        }
    }

    /// Whether two schemas say the same, through all references, so that there is nothing to ask or to report.
    #[must_use]
    pub fn is_same(&self, old: SchemaId, new: SchemaId) -> bool {
        self.old.fingerprint(old) == self.new.fingerprint(new)
    }

    /// Whether `reader` reads everything that `writer` may write. The two are of different sides and of one role.
    #[must_use]
    pub fn relate(&self, writer: Party, reader: Party) -> Answer {
        let is_same =
            self.graph(writer.side).fingerprint(writer.schema) == self.graph(reader.side).fingerprint(reader.schema);
        if is_same {
            return Answer::Contained;
        }
        Answer::Unknown("the two schemas differ".to_owned())
    }

    /// The direction of a question: who reads is the later word.
    #[must_use]
    pub const fn direction(reader: Side) -> Direction {
        match reader {
            Side::New => Direction::NewReadsOld,
            Side::Old => Direction::OldReadsNew,
        }
    }
}
