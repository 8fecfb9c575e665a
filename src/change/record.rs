//! One change between two versions.

use std::collections::{BTreeMap, BTreeSet};

use crate::change::{ChangeKind, Exposure, Facts, Measured, Operation};
use crate::source::Span;

/// Named texts for a page's `message` and `help`: `{name}`, `{number}`, `{old}`, `{new}`.
pub type Values = BTreeMap<&'static str, String>;

/// What a change is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject {
    /// The kind of element: `property`, `field`, `operation`.
    pub kind: &'static str,
    /// The full name: `acme.v1.Order.sku`, `Customer.email`; for inline schemas operation and JSON pointer.
    pub name: String,
    /// JSON pointer in the old document, where there is a document.
    pub old_pointer: Option<String>,
    /// JSON pointer in the new document.
    pub new_pointer: Option<String>,
}

/// Another place where the same edit shows: a field under a changed syntax line, a user of a renamed type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurrence {
    /// What the edit is at this place: gives the equivalents of other tools.
    pub kind: &'static ChangeKind,
    /// The facts of that kind at this place.
    pub facts: Facts,
    /// The place in the old version.
    pub old: Option<Span>,
    /// The place in the new version.
    pub new: Option<Span>,
}

/// Statements that make an edit safe: a removed field's reservation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Insertion {
    /// An empty span in the new version, directly behind the brace that opens the element's body.
    pub at: Span,
    /// Complete statements, in the order in which they are written.
    pub statements: Vec<String>,
}

/// The place of a change inside something that other tools take for two things, one gone and one new, because its name
/// or path is another: none of their rules would report the change.
pub const ONLY_HERE: &str = "only-here";

/// One edit, with everything that a rule, a message and a reader need to know about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What happened.
    pub kind: &'static ChangeKind,
    /// The facts that the kind declares, all of them.
    pub facts: Facts,
    /// What it happened to.
    pub subject: Subject,
    /// The element's name or key token in the old version; `None` when it is new.
    pub old: Option<Span>,
    /// The element's name or key token in the new version; where it is gone, the name of the nearest enclosing element
    /// that is still there (the start of the file for a top-level element); `None` only if its file is gone too.
    pub new: Option<Span>,
    /// Texts for the message and the help.
    pub values: Values,
    /// The old and new value as the fingerprint sees them: canonical texts, empty where absent.
    pub identity: (String, String),
    /// From which side it is reached.
    pub exposure: Exposure,
    /// The operations that reach it, sorted.
    pub operations: Vec<Operation>,
    /// Where it stands for the mapping to other tools: `request-body`, `response-property`, `request-parameter`.
    pub places: BTreeSet<&'static str>,
    /// What executions showed.
    pub measured: Measured,
    /// Other places where the same edit shows.
    pub occurrences: Vec<Occurrence>,
    /// What would make the edit safe, where that is a matter of inserting something.
    pub insertion: Option<Insertion>,
    /// Whether the element stood in an unstable contract or package (alpha, beta, test, `x-stability-level`).
    pub unstable: bool,
}

impl Change {
    /// A change with its required parts; the rest is filled in by the `with_*` methods or directly.
    #[must_use]
    pub fn new(
        kind: &'static ChangeKind,
        facts: Facts,
        subject: Subject,
        old: Option<Span>,
        new: Option<Span>,
    ) -> Self {
        Self {
            kind,
            facts,
            subject,
            old,
            new,
            values: Values::new(),
            identity: (String::new(), String::new()),
            exposure: Exposure::Both,
            operations: Vec::new(),
            places: BTreeSet::new(),
            measured: Measured::default(),
            occurrences: Vec::new(),
            insertion: None,
            unstable: false,
        }
    }

    /// Adds a text for the message.
    #[must_use]
    pub fn with_value(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.values.insert(name, value.into());
        self
    }

    /// Sets the old and new value that the fingerprint sees.
    #[must_use]
    pub fn with_identity(mut self, old: impl Into<String>, new: impl Into<String>) -> Self {
        self.identity = (old.into(), new.into());
        self
    }
}
