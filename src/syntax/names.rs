//! What a document refers to, and the names that it and the schemas in it give themselves: one pass over its keys.

use rustc_hash::FxHashMap;

use crate::syntax::reference::{join, split};
use crate::syntax::{Document, NodeId, context, hash};

/// The places of a document that refer or are referred to by name.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// The values under `$ref`, in document order; texts inside examples among them.
    pub references: Vec<NodeId>,
    /// Further values that may lead to another document: under `$dynamicRef`, `operationRef`, and in discriminator
    /// mappings where they look like a URI and not like a name.
    pub others: Vec<NodeId>,
    /// Whether some schema names its dialect by `$schema`.
    pub has_dialects: bool,
    /// Schema resources with a name of their own (`$id`, `$self`), outermost first: the node and its URI.
    pub resources: Vec<(NodeId, String)>,
    /// Names given by `$anchor` and `$dynamicAnchor`, per enclosing resource's node.
    anchors: FxHashMap<(NodeId, String), NodeId>,
}

impl Names {
    /// The names of a document that stands at `path`.
    pub(super) fn of(document: &Document, path: &str) -> Self {
        let mut names = Self::default();
        // JSON Schema draft 4 spells it `id`, which elsewhere is just a word.
        let is_draft_4 = document.get_str(document.root(), "$schema").is_some_and(|uri| uri.contains("draft-04"));
        let reference = hash::string("$ref");
        let dialect = hash::string("$schema");
        let mapping = hash::string("mapping");
        let others = ["$dynamicRef", "operationRef"].map(hash::string);
        let anchors = ["$anchor", "$dynamicAnchor"].map(hash::string);
        let ids = ["$id", "$self", if is_draft_4 { "id" } else { "$id" }].map(hash::string);
        let (mut owners, mut anchored) = (Vec::new(), Vec::new());
        for pair in document.all_pairs() {
            let key = document.hash(pair.key);
            if key == reference {
                names.references.push(pair.value);
            } else if key == mapping {
                names.others.extend(document.pairs(pair.value).iter().map(|pair| pair.value).filter(|&value| {
                    let is_uri = |text: &str| text.contains(['/', '#', '.']);
                    document.as_str(value).is_some_and(is_uri)
                }));
            } else if others.contains(&key) {
                names.others.push(pair.value);
            } else if anchors.contains(&key) {
                anchored.push(pair.value);
            } else if ids.contains(&key) {
                owners.push(pair.value);
            } else if key == dialect {
                names.has_dialects = true;
            }
        }
        for list in [&mut names.references, &mut names.others, &mut owners] {
            list.sort_unstable();
            list.dedup();
        }
        names.name_resources(document, path, &owners);
        for value in anchored {
            let (Some(name), Some(owner)) = (document.as_str(value), document.parent(value)) else { continue };
            let resource = names.enclosing(document, owner).map_or(document.root(), |(node, _)| node);
            names.anchors.entry((resource, name.to_owned())).or_insert(owner);
        }
        names
    }

    /// Ids are in document order, so an outer resource is named before those inside it.
    fn name_resources(&mut self, document: &Document, path: &str, values: &[NodeId]) {
        for &value in values {
            let (Some(text), Some(owner)) = (document.as_str(value), document.parent(value)) else { continue };
            if text.is_empty() || text.starts_with('#') || context::is_data(document, value) {
                continue;
            }
            let outer = document.parent(owner).and_then(|parent| self.enclosing(document, parent));
            let uri = join(outer.map_or(path, |(_, uri)| uri), split(text).0);
            self.resources.push((owner, uri));
        }
    }

    /// The innermost named resource that a node is in.
    pub(super) fn enclosing(&self, document: &Document, node: NodeId) -> Option<(NodeId, &str)> {
        if self.resources.is_empty() {
            return None;
        }
        let mut at = Some(node);
        while let Some(node) = at {
            if let Ok(found) = self.resources.binary_search_by_key(&node, |(resource, _)| *resource) {
                return Some((node, &self.resources[found].1));
            }
            at = document.parent(node);
        }
        None
    }

    /// The node that carries an anchor within a resource.
    pub(super) fn anchor(&self, resource: NodeId, name: &str) -> Option<NodeId> {
        self.anchors.get(&(resource, name.to_owned())).copied()
    }

    /// All values that may lead to another document.
    pub(super) fn outward(&self) -> impl Iterator<Item = NodeId> {
        self.references.iter().chain(&self.others).copied()
    }
}
