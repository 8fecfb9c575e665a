//! The parts of a tree: ids, kinds and what the arena keeps for each node.

/// A node of one [`Document`](crate::syntax::Document). Ids are in document order: a parent's is smaller than those of
/// the nodes written inside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub(crate) u32);

impl NodeId {
    /// The position in the arena, for tables that run beside it (see [`Document::node_count`]).
    ///
    /// [`Document::node_count`]: crate::syntax::Document::node_count
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a node is, in the words of JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// `null`, also an empty YAML value.
    Null,
    /// `true` or `false`.
    Bool,
    /// A number of any size; the text is kept.
    Number,
    /// Text.
    String,
    /// An array.
    Sequence,
    /// An object; its keys are always texts.
    Mapping,
}

impl Kind {
    /// With its article, for messages: `a number`, `an object`.
    #[must_use]
    pub const fn described(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool => "a boolean",
            Self::Number => "a number",
            Self::String => "a string",
            Self::Sequence => "an array",
            Self::Mapping => "an object",
        }
    }
}

/// How a node is written, for those who edit or quote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Style {
    /// A scalar without quotes.
    Plain,
    /// A scalar in single quotes (YAML).
    SingleQuoted,
    /// A scalar in double quotes.
    DoubleQuoted,
    /// A YAML block scalar (`|`, `>`), or a collection by indentation.
    Block,
    /// A collection in brackets or braces.
    Flow,
}

/// One entry of a mapping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    /// The key: a node of kind string with the span of the key token.
    pub key: NodeId,
    /// The value. With YAML aliases and merge keys it may stand elsewhere in the document.
    pub value: NodeId,
}

/// No parent, or not placed yet.
pub(super) const NOWHERE: u32 = u32::MAX;

/// What the arena keeps for each node: 40 bytes.
#[derive(Debug, Clone)]
pub(super) struct Node {
    /// See [`hash`](super::hash): equal meaning, equal hash.
    pub hash: u64,
    /// First byte in the file.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// The collection that the node is written in, or [`NOWHERE`].
    pub parent: u32,
    /// The position among the parent's items or pairs.
    pub slot: u32,
    /// Scalars: where the text starts, in the file or (`is_cooked`) in the buffer of processed texts. Collections:
    /// where the entries start.
    pub from: u32,
    /// Scalars: where the text ends. Collections: where the entries end.
    pub to: u32,
    /// How many levels are below: 0 for scalars and empty collections.
    pub height: u16,
    pub kind: Kind,
    pub style: Style,
    pub flags: u8,
}

/// The text is not a slice of the file: it had escapes or folded lines.
pub(super) const COOKED: u8 = 1;
/// The node is a mapping's key.
pub(super) const KEY: u8 = 2;
/// The collection is complete.
pub(super) const CLOSED: u8 = 4;
/// The mapping is big enough to have a lookup table.
pub(super) const INDEXED: u8 = 8;
