//! One document as a tree in an arena.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::source::{FileId, Span};
use crate::syntax::node::{COOKED, INDEXED, KEY, NOWHERE, Node};
use crate::syntax::{Decimal, Kind, NodeId, Pair, Style, hash};

/// A parsed YAML or JSON document.
///
/// The tree is a directed graph without cycles: YAML aliases and merge keys make one node the value of several places.
/// Such a node's [`parent`](Self::parent), [`span`](Self::span) and [`pointer`](Self::pointer) are those of the place
/// where it is written. A walk that visits every path may take exponential time on a hostile document, so remember
/// visited ids, or compare [`hash`](Self::hash)es first; recursion is safe, since no path is longer than
/// [`MAX_DEPTH`](crate::syntax::MAX_DEPTH).
#[derive(Debug, Clone)]
pub struct Document {
    pub(super) file: FileId,
    pub(super) text: Arc<str>,
    pub(super) nodes: Vec<Node>,
    pub(super) items: Vec<NodeId>,
    pub(super) pairs: Vec<Pair>,
    /// Texts that are not slices of the file, one after the other.
    pub(super) cooked: String,
    /// For mappings with many entries: where their part of `order` starts.
    pub(super) tables: FxHashMap<u32, u32>,
    /// Positions of pairs, sorted by the hash of the key, one run per big mapping. How a hash begins stands beside each, so
    /// that a search among many names stays in this list.
    pub(super) order: Vec<(u32, u32)>,
    pub(super) root: NodeId,
    pub(super) has_shared: bool,
}

impl Document {
    /// The outermost value. An empty document's root is null.
    #[must_use]
    pub const fn root(&self) -> NodeId {
        self.root
    }

    /// The file that the document was read from.
    #[must_use]
    pub const fn file(&self) -> FileId {
        self.file
    }

    /// How many nodes there are, keys included; every [`NodeId::index`] is below it.
    #[must_use]
    pub const fn node_count(&self) -> usize {
        self.nodes.len()
    }

    /// All nodes in the order in which they are written, keys included.
    pub fn ids(&self) -> impl ExactSizeIterator<Item = NodeId> + use<> {
        (0..self.nodes.len() as u32).map(NodeId)
    }

    fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }

    /// What the node is.
    #[must_use]
    pub fn kind(&self, id: NodeId) -> Kind {
        self.node(id).kind
    }

    /// How the node is written.
    #[must_use]
    pub fn style(&self, id: NodeId) -> Style {
        self.node(id).style
    }

    /// The bytes of the node: with its quotes, brackets and braces, without its key.
    #[must_use]
    pub fn span(&self, id: NodeId) -> Span {
        let node = self.node(id);
        Span::new(self.file, node.start, node.end)
    }

    /// The key token in front of the node; where there is none (an item, the root), the node itself.
    #[must_use]
    pub fn name_span(&self, id: NodeId) -> Span {
        self.span(self.key(id).unwrap_or(id))
    }

    /// The hash of the node's meaning: equal exactly when the two are the same JSON value, whatever the order of
    /// entries, the spelling of numbers and the syntax. Not for storing.
    #[must_use]
    pub fn hash(&self, id: NodeId) -> u64 {
        self.node(id).hash
    }

    /// Whether the node and one of another document (or of this one) are the same JSON value.
    #[must_use]
    pub fn is_same(&self, id: NodeId, other: &Self, other_id: NodeId) -> bool {
        self.hash(id) == other.hash(other_id)
    }

    /// The text of a string after escapes and folding; of other scalars as it is written; empty for collections.
    #[must_use]
    pub fn text(&self, id: NodeId) -> &str {
        let node = self.node(id);
        if matches!(node.kind, Kind::Sequence | Kind::Mapping) {
            return "";
        }
        let buffer = if node.flags & COOKED == 0 { &*self.text } else { &*self.cooked };
        &buffer[node.from as usize..node.to as usize]
    }

    /// The text if the node is a string.
    #[must_use]
    pub fn as_str(&self, id: NodeId) -> Option<&str> {
        (self.kind(id) == Kind::String).then(|| self.text(id))
    }

    /// The value if the node is a boolean.
    #[must_use]
    pub fn as_bool(&self, id: NodeId) -> Option<bool> {
        let node = self.node(id);
        (node.kind == Kind::Bool).then_some(node.hash == hash::TRUE)
    }

    /// The exact value if the node is a number; nothing for YAML's `.inf` and `.nan`.
    #[must_use]
    pub fn as_decimal(&self, id: NodeId) -> Option<Decimal> {
        if self.kind(id) == Kind::Number { Decimal::parse(self.text(id)) } else { None }
    }

    /// The value if the node is a whole number that fits: `3` and `3.0`.
    #[must_use]
    pub fn as_u64(&self, id: NodeId) -> Option<u64> {
        self.as_decimal(id)?.to_u64()
    }

    /// Whether the node is null.
    #[must_use]
    pub fn is_null(&self, id: NodeId) -> bool {
        self.kind(id) == Kind::Null
    }

    /// Whether the node is a mapping.
    #[must_use]
    pub fn is_mapping(&self, id: NodeId) -> bool {
        self.kind(id) == Kind::Mapping
    }

    /// Whether the node is a sequence.
    #[must_use]
    pub fn is_sequence(&self, id: NodeId) -> bool {
        self.kind(id) == Kind::Sequence
    }

    /// The items of a sequence; empty for anything else.
    #[must_use]
    pub fn items(&self, id: NodeId) -> &[NodeId] {
        let node = self.node(id);
        if node.kind == Kind::Sequence { &self.items[node.from as usize..node.to as usize] } else { &[] }
    }

    /// The entries of a mapping in the order in which they are written, merged ones last; empty for anything else.
    /// No key stands twice.
    #[must_use]
    pub fn pairs(&self, id: NodeId) -> &[Pair] {
        let node = self.node(id);
        if node.kind == Kind::Mapping { &self.pairs[node.from as usize..node.to as usize] } else { &[] }
    }

    /// The entries of a mapping with their keys as text.
    #[must_use]
    pub fn entries(&self, id: NodeId) -> impl ExactSizeIterator<Item = (&str, NodeId)> {
        self.pairs(id).iter().map(|pair| (self.text(pair.key), pair.value))
    }

    /// How many items or entries the node has; 0 for scalars.
    #[must_use]
    pub fn len(&self, id: NodeId) -> usize {
        let node = self.node(id);
        if matches!(node.kind, Kind::Sequence | Kind::Mapping) { (node.to - node.from) as usize } else { 0 }
    }

    /// Whether the node has no items or entries.
    #[must_use]
    pub fn is_empty(&self, id: NodeId) -> bool {
        self.len(id) == 0
    }

    /// The value under a key, if the node is a mapping that has it. Logarithmic for big mappings.
    #[must_use]
    pub fn get(&self, id: NodeId, key: &str) -> Option<NodeId> {
        self.pair(id, key).map(|pair| pair.value)
    }

    /// The entry of a key, if the node is a mapping that has it.
    #[must_use]
    pub fn pair(&self, id: NodeId, key: &str) -> Option<Pair> {
        let node = self.node(id);
        let pairs = self.pairs(id);
        if node.flags & INDEXED == 0 {
            return pairs.iter().find(|pair| self.text(pair.key) == key).copied();
        }
        let table = *self.tables.get(&id.0)? as usize;
        let order = &self.order[table..table + pairs.len()];
        let wanted = hash::string(key);
        let prefix = hash::prefix(wanted);
        let first = order.partition_point(|&(known, _)| known < prefix);
        order[first..]
            .iter()
            .take_while(|&&(known, _)| known == prefix)
            .map(|&(_, at)| pairs[at as usize])
            .find(|pair| self.hash(pair.key) == wanted && self.text(pair.key) == key)
    }

    /// All values that stand under a key of this name, anywhere in the document, inner mappings first.
    pub fn values_of(&self, key: &str) -> impl Iterator<Item = NodeId> {
        let wanted = hash::string(key);
        self.pairs.iter().filter(move |pair| self.hash(pair.key) == wanted).map(|pair| pair.value)
    }

    /// All entries whose key is one of some names: the mapping that holds each, the position of its name, and the entry.
    /// In document order; what merge keys bring in stands in every mapping that has it.
    #[must_use]
    pub fn entries_named(&self, names: &[&str]) -> Vec<(NodeId, usize, Pair)> {
        let wanted: Vec<u64> = names.iter().map(|name| hash::string(name)).collect();
        let named = |pair: &Pair| {
            let key = self.hash(pair.key);
            wanted.iter().position(|&hash| hash == key)
        };
        if self.has_shared {
            let holders = self.ids().flat_map(|id| self.pairs(id).iter().map(move |&pair| (id, pair)));
            return holders.filter_map(|(id, pair)| Some((id, named(&pair)?, pair))).collect();
        }
        // Without shared nodes a key stands in the mapping that it is written in, so one pass over all entries will do.
        let found =
            self.pairs.iter().filter_map(|&pair| Some((NodeId(self.node(pair.key).parent), named(&pair)?, pair)));
        let mut found: Vec<_> = found.collect();
        found.sort_by_key(|&(holder, _, pair)| (holder, pair.key));
        found
    }

    /// The entries of all mappings, inner mappings first.
    pub(super) fn all_pairs(&self) -> &[Pair] {
        &self.pairs
    }

    /// Whether some node is the value of several places.
    #[must_use]
    pub const fn has_shared_nodes(&self) -> bool {
        self.has_shared
    }

    /// The text under a key, if it is a string.
    #[must_use]
    pub fn get_str(&self, id: NodeId, key: &str) -> Option<&str> {
        self.as_str(self.get(id, key)?)
    }

    /// The boolean under a key, if it is one.
    #[must_use]
    pub fn get_bool(&self, id: NodeId, key: &str) -> Option<bool> {
        self.as_bool(self.get(id, key)?)
    }

    /// The collection that the node is written in; `None` for the root.
    #[must_use]
    pub fn parent(&self, id: NodeId) -> Option<NodeId> {
        let parent = self.node(id).parent;
        (parent != NOWHERE).then_some(NodeId(parent))
    }

    /// The key in front of a mapping's value; `None` for items, keys and the root.
    #[must_use]
    pub fn key(&self, id: NodeId) -> Option<NodeId> {
        let node = self.node(id);
        let parent = self.parent(id)?;
        if node.flags & KEY != 0 {
            return None;
        }
        self.pairs(parent).get(node.slot as usize).map(|pair| pair.key)
    }

    /// The text of the key in front of a mapping's value.
    #[must_use]
    pub fn key_text(&self, id: NodeId) -> Option<&str> {
        self.key(id).map(|key| self.text(key))
    }

    /// The JSON pointer (RFC 6901) of the place where the node is written; empty for the root. A key has the pointer
    /// of its value.
    #[must_use]
    pub fn pointer(&self, id: NodeId) -> String {
        let mut path = Vec::new();
        let mut at = id;
        while let Some(parent) = self.parent(at) {
            path.push((parent, self.node(at).slot));
            at = parent;
        }
        let mut pointer = String::new();
        for (parent, slot) in path.into_iter().rev() {
            pointer.push('/');
            match self.pairs(parent).get(slot as usize) {
                Some(pair) => pointer.push_str(&self.text(pair.key).replace('~', "~0").replace('/', "~1")),
                None if self.is_sequence(parent) => pointer.push_str(&slot.to_string()),
                // What a merge key brings in stands under the merge key itself.
                None => pointer.push_str("<<"),
            }
        }
        pointer
    }

    /// The node at a JSON pointer (`""` or `/a/b`), if there is one.
    #[must_use]
    pub fn at_pointer(&self, pointer: &str) -> Option<NodeId> {
        self.descend(self.root, pointer)
    }

    /// The node at a JSON pointer relative to a node of this document.
    #[must_use]
    pub fn descend(&self, from: NodeId, pointer: &str) -> Option<NodeId> {
        if pointer.is_empty() {
            return Some(from);
        }
        pointer.strip_prefix('/')?.split('/').try_fold(from, |at, token| match self.kind(at) {
            Kind::Mapping if token.contains('~') => self.get(at, &token.replace("~1", "/").replace("~0", "~")),
            Kind::Mapping => self.get(at, token),
            Kind::Sequence if token == "0" || !token.starts_with(['0', '+']) => {
                self.items(at).get(token.parse::<usize>().ok()?).copied()
            }
            _ => None,
        })
    }
}
