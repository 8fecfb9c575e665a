//! Builds the arena: the one way in for both readers.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::source::{FileId, Span};
use crate::syntax::node::{CLOSED, COOKED, INDEXED, KEY, NOWHERE, Node};
use crate::syntax::{Document, Fault, Kind, NodeId, Pair, Style, hash};

/// From this many entries on, a mapping gets a lookup table.
const TABLE_FROM: usize = 12;

/// How many entries merge keys may bring in: each costs memory, and a small file can ask for billions.
const MAX_MERGED: usize = 2_000_000;

/// A document in the making. Collections are opened, filled in order, and closed.
#[derive(Debug)]
pub(super) struct Builder {
    document: Document,
    /// The collections that are open, outermost first, with where their entries start in `pending`.
    open: Vec<(NodeId, usize)>,
    /// Items, or keys and values in turn, of the open collections.
    pending: Vec<NodeId>,
    /// How many entries merge keys brought in so far.
    merged: usize,
    /// Sorting space for the keys of one mapping.
    scratch: Vec<(u64, u32)>,
    pub(super) faults: Vec<Fault>,
}

impl Builder {
    pub(super) fn new(file: FileId, text: Arc<str>) -> Self {
        // About one node for 27 to 30 bytes in pretty-printed contracts; denser ones grow by what they turn out to be.
        let expected = text.len() / 27;
        Self {
            document: Document {
                file,
                text,
                nodes: Vec::with_capacity(expected),
                items: Vec::new(),
                pairs: Vec::with_capacity(expected / 2),
                cooked: String::new(),
                tables: FxHashMap::default(),
                order: Vec::new(),
                root: NodeId(0),
                has_shared: false,
            },
            open: Vec::new(),
            pending: Vec::new(),
            merged: 0,
            scratch: Vec::new(),
            faults: Vec::new(),
        }
    }

    pub(super) fn span(&self, start: u32, end: u32) -> Span {
        Span::new(self.document.file, start, end)
    }

    pub(super) const fn document(&self) -> &Document {
        &self.document
    }

    /// How many collections are open.
    pub(super) const fn depth(&self) -> usize {
        self.open.len()
    }

    /// The kind of the innermost open collection.
    pub(super) fn open_kind(&self) -> Option<Kind> {
        self.open.last().map(|&(id, _)| self.document.kind(id))
    }

    /// How the innermost open collection is written.
    pub(super) fn open_style(&self) -> Option<Style> {
        self.open.last().map(|&(id, _)| self.document.style(id))
    }

    /// The 1-based line on which the innermost open collection starts; for messages only, since it counts.
    pub(super) fn open_line(&self) -> usize {
        self.open.last().map_or(1, |&(id, _)| self.line_of(id))
    }

    /// The 1-based line on which a node starts; for messages only, since it counts.
    fn line_of(&self, id: NodeId) -> usize {
        let start = self.document.nodes[id.index()].start as usize;
        1 + memchr::memchr_iter(b'\n', &self.document.text.as_bytes()[..start]).count()
    }

    fn push(&mut self, node: Node) -> NodeId {
        if self.document.nodes.len() == self.document.nodes.capacity() {
            self.grow(node.start as usize);
        }
        let id = NodeId(self.document.nodes.len() as u32);
        self.document.nodes.push(node);
        self.pending.push(id);
        id
    }

    /// Makes room for as many nodes as the rest of the text holds if it is like the part before `at`; doubling would
    /// copy more often and waste up to half.
    fn grow(&mut self, at: usize) {
        let nodes = &mut self.document.nodes;
        let left = self.document.text.len().saturating_sub(at);
        let density = nodes.len() as f64 / at.max(1) as f64;
        // A dense start promises no more than one node for every byte that is left.
        let more = ((left as f64 * density * 1.05) as usize).min(left).max(nodes.len() / 8).max(64);
        nodes.reserve_exact(more);
    }

    /// A string whose text is the bytes `from..to` of the file.
    pub(super) fn string(&mut self, (start, end): (u32, u32), (from, to): (u32, u32), style: Style) -> NodeId {
        let hash = hash::string(&self.document.text[from as usize..to as usize]);
        self.push(leaf(Kind::String, style, (start, end), (from, to), hash, 0))
    }

    /// A string whose text is not in the file as such.
    pub(super) fn cooked_string(&mut self, span: (u32, u32), text: &str, style: Style) -> NodeId {
        let from = self.document.cooked.len() as u32;
        self.document.cooked.push_str(text);
        let to = self.document.cooked.len() as u32;
        self.push(leaf(Kind::String, style, span, (from, to), hash::string(text), COOKED))
    }

    /// A null, boolean or number whose text is the bytes `from..to` of the file.
    pub(super) fn scalar(&mut self, kind: Kind, span: (u32, u32), (from, to): (u32, u32), style: Style) -> NodeId {
        let text = &self.document.text[from as usize..to as usize];
        let hash = match kind {
            Kind::Number => hash::number(text),
            // The first letter decides in both languages: `true`, `True`, `TRUE`.
            Kind::Bool if text.starts_with(['t', 'T']) => hash::TRUE,
            Kind::Bool => hash::FALSE,
            _ => hash::NULL,
        };
        self.push(leaf(kind, style, span, (from, to), hash, 0))
    }

    /// Opens a sequence or mapping; everything until [`close`](Self::close) is inside it.
    pub(super) fn open(&mut self, kind: Kind, start: u32, style: Style) -> NodeId {
        let id = self.push(leaf(kind, style, (start, start), (0, 0), 0, 0));
        self.open.push((id, self.pending.len()));
        id
    }

    /// Puts a node that was built before into the open collection again (a YAML alias).
    pub(super) fn share(&mut self, id: NodeId) {
        self.document.has_shared = true;
        self.pending.push(id);
    }

    /// Whether the node is complete: false while its collection is still open.
    pub(super) fn is_complete(&self, id: NodeId) -> bool {
        let node = &self.document.nodes[id.index()];
        !matches!(node.kind, Kind::Sequence | Kind::Mapping) || node.flags & CLOSED != 0
    }

    /// How many levels are below a complete node.
    pub(super) fn height(&self, id: NodeId) -> u16 {
        self.document.nodes[id.index()].height
    }

    /// Whether a mapping is open and its next node is a key.
    pub(super) fn expects_key(&self) -> bool {
        self.open.last().is_some_and(|&(id, from)| {
            self.document.nodes[id.index()].kind == Kind::Mapping && (self.pending.len() - from).is_multiple_of(2)
        })
    }

    /// Replaces the merge keys (`<<`) of the innermost open mapping by the entries that they bring in: own entries
    /// win over merged ones, earlier sources over later ones (<https://yaml.org/type/merge.html>).
    pub(super) fn merge(&mut self) {
        let Some(&(id, from)) = self.open.last() else { return };
        let document = &mut self.document;
        let mut sources = Vec::new();
        let mut own = Vec::new();
        for entry in self.pending.split_off(from).chunks_exact(2) {
            let is_merge = document.nodes[entry[0].index()].style == Style::Plain && document.text(entry[0]) == "<<";
            if !is_merge {
                own.extend_from_slice(entry);
                continue;
            }
            place(&mut document.nodes[entry[1].index()], entry[1], id, NOWHERE as usize);
            match document.kind(entry[1]) {
                Kind::Mapping => sources.push(entry[1]),
                Kind::Sequence => sources.extend_from_slice(document.items(entry[1])),
                _ => sources.push(entry[1]),
            }
        }
        let mut present: FxHashSet<u64> =
            own.chunks_exact(2).map(|entry| document.nodes[entry[0].index()].hash).collect();
        for source in sources {
            if document.kind(source) != Kind::Mapping {
                let span = document.span(source);
                self.faults.push(
                    Fault::new("yaml-syntax", span, "a merge key `<<` takes an object or a list of objects")
                        .with_help("refer to an anchored object: `<<: *base`"),
                );
                continue;
            }
            for pair in document.pairs(source) {
                if present.insert(document.nodes[pair.key.index()].hash) {
                    if self.merged == MAX_MERGED {
                        break;
                    }
                    self.merged += 1;
                    own.extend([pair.key, pair.value]);
                }
            }
            if self.merged == MAX_MERGED && !self.faults.iter().any(|fault| fault.code == "merge-limit") {
                let message = format!("merge keys bring in more than {MAX_MERGED} entries");
                self.faults.push(Fault::new("merge-limit", document.span(source), message));
            }
        }
        self.pending.extend(own);
    }

    /// Closes the innermost open collection.
    pub(super) fn close(&mut self, end: u32) {
        let Some((id, from)) = self.open.pop() else { return };
        if self.document.nodes[id.index()].kind == Kind::Sequence {
            self.close_sequence(id, from);
        } else {
            // A key whose value never came (broken input) has no entry.
            let whole = self.pending.len() - (self.pending.len() - from) % 2;
            self.pending.truncate(whole);
            self.close_mapping(id, from);
        }
        self.pending.truncate(from);
        let node = &mut self.document.nodes[id.index()];
        node.end = end.max(node.start);
        node.flags |= CLOSED;
    }

    fn close_sequence(&mut self, id: NodeId, from: usize) {
        let document = &mut self.document;
        let start = document.items.len() as u32;
        let mut running = hash::Sequence::new();
        let mut height = 0;
        for (slot, &item) in self.pending[from..].iter().enumerate() {
            let node = &mut document.nodes[item.index()];
            place(node, item, id, slot);
            running.add(node.hash);
            height = height.max(node.height + 1);
            document.items.push(item);
        }
        let end = document.items.len() as u32;
        let node = &mut document.nodes[id.index()];
        (node.from, node.to, node.hash, node.height) = (start, end, running.finish(), height);
    }

    fn close_mapping(&mut self, id: NodeId, from: usize) {
        let document = &mut self.document;
        let start = document.pairs.len() as u32;
        for entry in self.pending[from..].chunks_exact(2) {
            document.pairs.push(Pair { key: entry[0], value: entry[1] });
        }
        self.drop_duplicates(start as usize);
        let document = &mut self.document;
        let mut running = hash::Mapping::new();
        let mut height = 0;
        for (slot, pair) in document.pairs[start as usize..].iter().enumerate() {
            let key = &mut document.nodes[pair.key.index()];
            key.flags |= KEY;
            place(key, pair.key, id, slot);
            let key_hash = key.hash;
            let value = &mut document.nodes[pair.value.index()];
            place(value, pair.value, id, slot);
            running.add(key_hash, value.hash);
            height = height.max(value.height + 1);
        }
        let end = document.pairs.len() as u32;
        let node = &mut document.nodes[id.index()];
        (node.from, node.to, node.hash, node.height) = (start, end, running.finish(), height);
        if (end - start) as usize >= TABLE_FROM {
            node.flags |= INDEXED;
            document.tables.insert(id.0, document.order.len() as u32);
            self.scratch.clear();
            let pairs = &document.pairs[start as usize..];
            self.scratch
                .extend(pairs.iter().enumerate().map(|(at, pair)| (document.nodes[pair.key.index()].hash, at as u32)));
            self.scratch.sort_unstable();
            document.order.extend(self.scratch.iter().map(|&(hash, at)| (hash::prefix(hash), at)));
        }
    }

    /// Reports keys that stand twice among the pairs from `start` on, and keeps the first of each.
    fn drop_duplicates(&mut self, start: usize) {
        let document = &mut self.document;
        let pairs = &document.pairs[start..];
        let key_hash = |pair: &Pair| document.nodes[pair.key.index()].hash;
        let has_duplicates = if pairs.len() < TABLE_FROM {
            pairs.iter().enumerate().any(|(at, pair)| {
                let hash = key_hash(pair);
                pairs[..at].iter().any(|before| key_hash(before) == hash)
            })
        } else {
            self.scratch.clear();
            self.scratch.extend(pairs.iter().map(|pair| (key_hash(pair), 0)));
            self.scratch.sort_unstable();
            self.scratch.windows(2).any(|two| two[0].0 == two[1].0)
        };
        if !has_duplicates {
            return;
        }
        let mut first: FxHashMap<String, NodeId> = FxHashMap::default();
        let pairs = document.pairs.split_off(start);
        for pair in pairs {
            let text = document.text(pair.key);
            match first.get(text) {
                None => {
                    first.insert(text.to_owned(), pair.key);
                    document.pairs.push(pair);
                }
                Some(&before) => {
                    let start = document.nodes[before.index()].start as usize;
                    let line = 1 + memchr::memchr_iter(b'\n', &document.text.as_bytes()[..start]).count();
                    self.faults.push(
                        Fault::new(
                            "duplicate-key",
                            document.span(pair.key),
                            format!("the key `{text}` stands twice in one object (first on line {line}), so readers disagree about its value"),
                        )
                        .with_help("remove one of the two"),
                    );
                }
            }
        }
    }

    /// The finished document. Collections still open are closed at the end of the text.
    pub(super) fn finish(mut self) -> (Document, Vec<Fault>) {
        let end = self.document.text.len() as u32;
        while !self.open.is_empty() {
            self.close(end);
        }
        match self.pending.first() {
            Some(&root) => self.document.root = root,
            None => {
                self.document.root = self.push(leaf(Kind::Null, Style::Plain, (0, 0), (0, 0), hash::NULL, 0));
            }
        }
        (self.document, self.faults)
    }
}

/// Records where a node is written. A shared node keeps its first place: its id is smaller than that of any
/// collection opened after it, or it has a place already.
fn place(node: &mut Node, id: NodeId, parent: NodeId, slot: usize) {
    if node.parent == NOWHERE && id > parent {
        node.parent = parent.0;
        node.slot = slot as u32;
    }
}

const fn leaf(
    kind: Kind,
    style: Style,
    (start, end): (u32, u32),
    (from, to): (u32, u32),
    hash: u64,
    flags: u8,
) -> Node {
    Node { hash, start, end, parent: NOWHERE, slot: 0, from, to, height: 0, kind, style, flags }
}
