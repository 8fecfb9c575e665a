//! A node together with the documents around it: what views are made of.

use crate::source::{FileId, Span};
use crate::syntax::{Decimal, Document, Kind, Library, NodeId, Unresolved};

/// A node of one of the documents of a [`Library`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The document's file.
    pub file: FileId,
    /// The node in it.
    pub node: NodeId,
}

/// A [`Place`] that knows its library. Cheap to copy; equality is that of the place.
#[derive(Clone, Copy)]
pub struct Cursor<'a> {
    library: &'a Library,
    place: Place,
}

impl std::fmt::Debug for Cursor<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}#{}", self.library.path(self.place.file), self.pointer())
    }
}

impl PartialEq for Cursor<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.place == other.place
    }
}

impl Eq for Cursor<'_> {}

impl<'a> Cursor<'a> {
    /// The node at `place`.
    #[must_use]
    pub const fn new(library: &'a Library, place: Place) -> Self {
        Self { library, place }
    }

    /// The node's file and id: what to keep, and what to remember as visited.
    #[must_use]
    pub const fn place(self) -> Place {
        self.place
    }

    /// The documents around it.
    #[must_use]
    pub const fn library(self) -> &'a Library {
        self.library
    }

    /// The document that it is in.
    #[must_use]
    pub fn document(self) -> &'a Document {
        self.library.document(self.place.file)
    }

    /// Another node of the same document.
    #[must_use]
    pub const fn at(self, node: NodeId) -> Self {
        Self { library: self.library, place: Place { file: self.place.file, node } }
    }

    /// See [`Document::kind`].
    #[must_use]
    pub fn kind(self) -> Kind {
        self.document().kind(self.place.node)
    }

    /// See [`Document::hash`]. References inside count by their text: equal hashes in two versions of a contract say
    /// nothing about what the references lead to.
    #[must_use]
    pub fn hash(self) -> u64 {
        self.document().hash(self.place.node)
    }

    /// The value's bytes, without its key.
    #[must_use]
    pub fn span(self) -> Span {
        self.document().span(self.place.node)
    }

    /// The key token in front of the value; the value itself where there is none.
    #[must_use]
    pub fn name_span(self) -> Span {
        self.document().name_span(self.place.node)
    }

    /// The text of the key in front of the value.
    #[must_use]
    pub fn name(self) -> Option<&'a str> {
        self.document().key_text(self.place.node)
    }

    /// The JSON pointer within its own document.
    #[must_use]
    pub fn pointer(self) -> String {
        self.document().pointer(self.place.node)
    }

    /// The collection that it is written in.
    #[must_use]
    pub fn parent(self) -> Option<Self> {
        self.document().parent(self.place.node).map(|node| self.at(node))
    }

    /// The value under a key, as it is written: a `$ref` is not followed.
    #[must_use]
    pub fn get(self, key: &str) -> Option<Self> {
        self.document().get(self.place.node, key).map(|node| self.at(node))
    }

    /// The value under a key if it is a string.
    #[must_use]
    pub fn get_str(self, key: &str) -> Option<&'a str> {
        self.document().get_str(self.place.node, key)
    }

    /// The value under a key if it is a boolean.
    #[must_use]
    pub fn get_bool(self, key: &str) -> Option<bool> {
        self.document().get_bool(self.place.node, key)
    }

    /// The text of a string.
    #[must_use]
    pub fn as_str(self) -> Option<&'a str> {
        self.document().as_str(self.place.node)
    }

    /// A boolean's value.
    #[must_use]
    pub fn as_bool(self) -> Option<bool> {
        self.document().as_bool(self.place.node)
    }

    /// A number's exact value.
    #[must_use]
    pub fn as_decimal(self) -> Option<Decimal> {
        self.document().as_decimal(self.place.node)
    }

    /// The text of any scalar, as [`Document::text`] gives it.
    #[must_use]
    pub fn text(self) -> &'a str {
        self.document().text(self.place.node)
    }

    /// Whether it is an object.
    #[must_use]
    pub fn is_mapping(self) -> bool {
        self.kind() == Kind::Mapping
    }

    /// Whether it is an array.
    #[must_use]
    pub fn is_sequence(self) -> bool {
        self.kind() == Kind::Sequence
    }

    /// The items of an array; empty for anything else.
    #[must_use]
    pub fn items(self) -> impl ExactSizeIterator<Item = Self> {
        self.document().items(self.place.node).iter().map(move |&node| self.at(node))
    }

    /// The entries of an object in their order; empty for anything else.
    #[must_use]
    pub fn entries(self) -> impl ExactSizeIterator<Item = (&'a str, Self)> {
        self.document().entries(self.place.node).map(move |(key, node)| (key, self.at(node)))
    }

    /// The strings of an array of strings; other items are left out.
    pub fn strings(self) -> impl Iterator<Item = &'a str> {
        self.items().filter_map(Self::as_str)
    }

    /// The `$ref` text of a reference object.
    #[must_use]
    pub fn reference(self) -> Option<&'a str> {
        self.get_str("$ref")
    }

    /// What a reference object leads to in the end, over as many references as it takes; the node itself when it is
    /// none.
    ///
    /// # Errors
    /// When a reference on the way leads nowhere or in a circle.
    pub fn follow(self) -> Result<Self, Unresolved> {
        let mut at = self;
        // A chain of references longer than this is a circle, or as useful as one.
        for _ in 0..64 {
            let Some(reference) = at.get("$ref") else { return Ok(at) };
            let Some(text) = reference.as_str() else { return Ok(at) };
            at = Self::new(self.library, self.library.resolve(reference.place, text)?);
        }
        Err(Unresolved::Circle)
    }

    /// [`follow`](Self::follow), or the node itself where the reference is broken: broken references are told once,
    /// by [`Library::reference_problems`].
    #[must_use]
    pub fn target(self) -> Self {
        self.follow().unwrap_or(self)
    }
}
