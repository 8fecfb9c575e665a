//! One edit between two views: what happened, where, and in which direction it could break anybody.

use crate::change::{ChangeKind, Facts};
use crate::formats::schema::SchemaId;
use crate::formats::schema::diff::blame::Blamed;
use crate::formats::schema::graph::Place;
use crate::source::Span;

/// Where an edit stands on one side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Spot {
    /// The schema or property that it is about.
    pub subject: Place,
    /// The token to point at.
    pub span: Span,
}

/// What kind of statement an edit touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nature {
    /// It decides which values are allowed: meaningless where the two versions allow the same.
    Constraint,
    /// It stands beside the values: documentation, lifecycle, defaults. Always reported.
    Annotation,
}

/// The property that an edit is about, where that is not the schema it stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub(super) struct PropertyFlags {
    /// Whether it must be there.
    pub required: bool,
    /// Whether it is not sent in requests.
    pub read_only: bool,
    /// Whether it is not sent in responses.
    pub write_only: bool,
}

/// Directions in which an edit can break by itself: new reads old, old reads new.
pub(super) type Suspect = [bool; 2];
/// It can only make readers stricter.
pub(super) const TIGHTER: Suspect = [true, false];
/// It can only make writers freer.
pub(super) const LOOSER: Suspect = [false, true];
/// Either.
pub(super) const EITHER: Suspect = [true, true];
/// Neither.
pub(super) const HARMLESS: Suspect = [false, false];

/// One edit.
#[derive(Debug, Clone)]
pub(super) struct Edit {
    /// What happened.
    pub kind: &'static ChangeKind,
    /// The facts of the kind, except those that depend on who reaches it.
    pub facts: Facts,
    /// `property`, `schema`.
    pub subject_kind: &'static str,
    /// Where in the old version; `None` for what is new.
    pub old: Option<Spot>,
    /// Where in the new version; for what is gone the nearest enclosing schema.
    pub new: Option<Spot>,
    /// Whether `new` is only the nearest thing that is still there.
    pub is_gone: bool,
    /// The name for messages: a property, a value, a pattern.
    pub name: String,
    /// The old value for messages and the fingerprint; empty where absent.
    pub old_value: String,
    /// The new one.
    pub new_value: String,
    /// Further texts for messages.
    pub extra: Vec<(&'static str, String)>,
    /// In which directions it could break.
    pub suspect: Suspect,
    /// What it touches.
    pub nature: Nature,
    /// The property that it is about, if it is about a property of this schema.
    pub property: Option<PropertyFlags>,
    /// What it is to blame for although its kind is not suspect.
    pub blamed: Blamed,
    /// The branch of a union that came or went with it.
    pub branch: Option<SchemaId>,
}

impl Edit {
    /// A constraint that changed at a schema.
    pub(super) fn constraint(kind: &'static ChangeKind, facts: Facts, suspect: Suspect) -> Self {
        Self {
            kind,
            facts,
            subject_kind: "schema",
            old: None,
            new: None,
            is_gone: false,
            name: String::new(),
            old_value: String::new(),
            new_value: String::new(),
            extra: Vec::new(),
            suspect,
            nature: Nature::Constraint,
            property: None,
            blamed: [None; 2],
            branch: None,
        }
    }

    /// Something beside the values that changed at a schema.
    pub(super) fn annotation(kind: &'static ChangeKind, facts: Facts) -> Self {
        Self { nature: Nature::Annotation, ..Self::constraint(kind, facts, HARMLESS) }
    }

    /// Sets the places.
    pub(super) fn at(mut self, old: Option<Spot>, new: Option<Spot>) -> Self {
        self.old = old;
        self.new = new;
        self
    }

    /// Sets the name.
    pub(super) fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets the values.
    pub(super) fn values(mut self, old: impl Into<String>, new: impl Into<String>) -> Self {
        self.old_value = old.into();
        self.new_value = new.into();
        self
    }
}
