//! Hashes of all that a node says, through its references: what makes equal parts of two versions equal in one step.
//!
//! The tree knows the hash of what is written at a node. Every reference written inside a node adds the hash of what
//! it leads to, one strongly connected component at a time, so recursion is no obstacle. A node's references are
//! found without walking it: they are sorted by position, and a node is a range of positions.

use std::hash::{Hash, Hasher};

use rustc_hash::{FxHashMap, FxHasher};

use crate::formats::schema::Dialect;
use crate::formats::schema::graph::{DocumentId, Place, Resolver, SchemaGraph, SchemaKind};
use crate::syntax::{Document, NodeId};

/// Every reference of one side.
pub(super) struct References {
    /// By document, sorted by position.
    edges: Vec<Vec<Edge>>,
    /// What each target says, through its own references.
    hashes: Vec<u64>,
    /// Where they lead.
    targets: Vec<Place>,
    /// The components whose `allOf` refers to a place.
    children: FxHashMap<Place, Vec<Place>>,
    /// Where `readOnly` is set, and where `writeOnly`: positions by document, sorted.
    flags: [Vec<Vec<u32>>; 2],
    /// By target: whether anything that it leads to sets them.
    reached_flags: Vec<[bool; 2]>,
}

/// The keys that lead somewhere, or say who sends what.
const NAMES: [&str; 6] = ["$ref", "discriminator", "$dynamicRef", "$recursiveRef", "readOnly", "writeOnly"];

struct Edge {
    /// Where in the file the reference stands.
    start: u32,
    /// Its text, and whose text it is: what makes two edges the same edge on both sides.
    label: u64,
    /// Its target, if it leads somewhere.
    target: Option<u32>,
}

impl References {
    /// Finds every reference of every document; linear in the documents.
    pub(super) fn scan(resolver: &dyn Resolver) -> Self {
        let mut scan = Scan {
            resolver,
            edges: Vec::new(),
            targets: Vec::new(),
            index: FxHashMap::default(),
            children: FxHashMap::default(),
            discriminators: Vec::new(),
            flags: [Vec::new(), Vec::new()],
        };
        for id in 0..resolver.document_count() {
            scan.document(DocumentId(id));
        }
        scan.add_children();
        for edges in &mut scan.edges {
            edges.sort_by_key(|edge| edge.start);
        }
        scan.flags.iter_mut().flatten().for_each(|positions| positions.sort_unstable());
        let mut references = Self {
            edges: scan.edges,
            hashes: Vec::new(),
            targets: scan.targets,
            children: scan.children,
            flags: scan.flags,
            reached_flags: Vec::new(),
        };
        (references.hashes, references.reached_flags) = references.hash_targets(resolver);
        references
    }

    /// Whether anything that a node says, through its references, is kept back: `readOnly`, `writeOnly`.
    pub(super) fn keeps_back(&self, document: &Document, place: Place) -> [bool; 2] {
        let mut flags = self.own_flags(document, place);
        for target in self.inside(document, place).iter().filter_map(|edge| edge.target) {
            let reached = self.reached_flags[target as usize];
            flags = joined(flags, reached);
        }
        flags
    }

    fn own_flags(&self, document: &Document, place: Place) -> [bool; 2] {
        let span = document.span(place.node);
        [&self.flags[0], &self.flags[1]].map(|positions| {
            let positions = &positions[place.document.0 as usize];
            positions.get(positions.partition_point(|&at| at < span.start)).is_some_and(|&at| at < span.end)
        })
    }

    /// Everything that some places lead to, over as many references as it takes, but not through `barred`; each once.
    pub(super) fn reached_from(&self, resolver: &dyn Resolver, places: &[Place], barred: &[Place]) -> Vec<Place> {
        let mut seen: Vec<bool> = self.targets.iter().map(|target| barred.contains(target)).collect();
        let mut reached = Vec::new();
        let mut open: Vec<Place> = places.to_vec();
        while let Some(place) = open.pop() {
            for target in self.inside(resolver.document(place.document), place).iter().filter_map(|edge| edge.target) {
                if !std::mem::replace(&mut seen[target as usize], true) {
                    let place = self.targets[target as usize];
                    reached.push(place);
                    open.push(place);
                }
            }
        }
        reached
    }

    pub(super) fn children(&self, place: Place) -> &[Place] {
        self.children.get(&place).map_or(&[], Vec::as_slice)
    }

    /// The references written inside a node.
    fn inside(&self, document: &Document, place: Place) -> &[Edge] {
        let edges = &self.edges[place.document.0 as usize];
        let span = document.span(place.node);
        let first = edges.partition_point(|edge| edge.start < span.start);
        let last = edges.partition_point(|edge| edge.start < span.end);
        edges.get(first..last).unwrap_or(&[])
    }

    pub(super) fn hash(&self, graph: &SchemaGraph<'_>, place: Place) -> u64 {
        let document = graph.document(place.document);
        let targets = self.inside(document, place).iter();
        combine(
            document.hash(place.node),
            targets.map(|edge| mix(edge.label, edge.target.map_or(0, |target| self.hashes[target as usize]))),
        )
    }

    pub(super) fn schema_hash(&self, graph: &SchemaGraph<'_>, place: Place, dialect: Dialect, kind: SchemaKind) -> u64 {
        let mut hasher = FxHasher::default();
        (self.hash(graph, place), dialect, kind, graph.resolver().component_name(place)).hash(&mut hasher);
        hasher.finish()
    }

    /// The hash of every target: what is written there, and the hashes of where its references lead. Targets that lead
    /// to each other are hashed together. With the flags that each target reaches.
    fn hash_targets(&self, resolver: &dyn Resolver) -> (Vec<u64>, Vec<[bool; 2]>) {
        let targets = &self.targets;
        let local: Vec<u64> = targets.iter().map(|place| resolver.document(place.document).hash(place.node)).collect();
        let mut flags: Vec<[bool; 2]> =
            targets.iter().map(|&place| self.own_flags(resolver.document(place.document), place)).collect();
        let next: Vec<Vec<(u64, u32)>> = targets
            .iter()
            .map(|&place| {
                let inside = self.inside(resolver.document(place.document), place);
                let mut edges: Vec<(u64, u32)> =
                    inside.iter().filter_map(|edge| Some((edge.label, edge.target?))).collect();
                edges.sort_unstable();
                edges.dedup();
                edges
            })
            .collect();
        let mut hashes = vec![0; targets.len()];
        for component in components(&next) {
            let is_inside = |target: u32| component.binary_search(&target).is_ok();
            let mut edges = Vec::new();
            let mut reached = [false; 2];
            for &member in &component {
                reached = joined(reached, flags[member as usize]);
                for &(label, target) in &next[member as usize] {
                    // Inside the component an edge is its label and the text that it leads to.
                    let inside = is_inside(target);
                    let hash = if inside { local[target as usize] } else { hashes[target as usize] };
                    edges.push(mix(mix(local[member as usize], label), mix(hash, u64::from(inside))));
                    reached = joined(reached, flags[target as usize]);
                }
            }
            let whole = combine(component.len() as u64, edges.into_iter());
            for &member in &component {
                hashes[member as usize] = mix(local[member as usize], whole);
                flags[member as usize] = reached;
            }
        }
        (hashes, flags)
    }
}

struct Scan<'a> {
    resolver: &'a dyn Resolver,
    edges: Vec<Vec<Edge>>,
    targets: Vec<Place>,
    index: FxHashMap<Place, u32>,
    children: FxHashMap<Place, Vec<Place>>,
    /// Schemas with a discriminator: they refer to their children without saying so.
    discriminators: Vec<(Place, u32)>,
    flags: [Vec<Vec<u32>>; 2],
}

impl Scan<'_> {
    fn document(&mut self, id: DocumentId) {
        let resolver = self.resolver;
        let document = resolver.document(id);
        let owner = text_hash(&resolver.document_key(id));
        let mut known: FxHashMap<&str, Vec<u32>> = FxHashMap::default();
        // Where schemas name themselves, equal texts may lead to different places.
        let is_one_resource = resolver.is_one_resource(id);
        self.edges.push(Vec::new());
        self.flags.iter_mut().for_each(|positions| positions.push(Vec::new()));
        if document.has_shared_nodes() {
            self.aliases(document, id);
        }
        for (node, name, pair) in document.entries_named(&NAMES) {
            let place = Place::new(id, node);
            let start = document.span(node).start;
            match NAMES[name] {
                "$ref" => {
                    let Some(text) = document.as_str(pair.value) else { continue };
                    let targets = match known.get(text) {
                        Some(targets) if is_one_resource => targets.clone(),
                        _ => {
                            let target = resolver.resolve(place, text);
                            let targets: Vec<u32> = target.iter().map(|target| self.target(target.place)).collect();
                            known.insert(text, targets.clone());
                            targets
                        }
                    };
                    self.note_child(document, place, &targets);
                    self.add(id, start, mix(owner, text_hash(text)), &targets);
                }
                "discriminator" => {
                    self.discriminators.push((place, start));
                    self.mapping(document, place, pair.value, owner);
                }
                flag @ ("readOnly" | "writeOnly") => {
                    if document.as_bool(pair.value) == Some(true) {
                        self.flags[usize::from(flag == "writeOnly")][id.0 as usize].push(start);
                    }
                }
                _ => {
                    let Some(text) = document.as_str(pair.value) else { continue };
                    let targets = resolver.resolve_dynamic(place, text).unwrap_or_default();
                    let targets: Vec<u32> = targets.iter().map(|target| self.target(target.place)).collect();
                    self.add(id, start, mix(owner, text_hash(text)), &targets);
                }
            }
        }
    }

    /// The parts of a node that are written elsewhere.
    fn aliases(&mut self, document: &Document, id: DocumentId) {
        for node in document.ids() {
            let start = document.span(node).start;
            for pair in document.pairs(node).iter().filter(|pair| document.parent(pair.value) != Some(node)) {
                self.alias(id, start, text_hash(document.text(pair.key)), pair.value);
            }
            for (slot, &item) in document.items(node).iter().enumerate() {
                if document.parent(item) != Some(node) {
                    self.alias(id, start, slot as u64, item);
                }
            }
        }
    }

    fn target(&mut self, place: Place) -> u32 {
        let next = self.targets.len() as u32;
        let index = *self.index.entry(place).or_insert(next);
        if index == next {
            self.targets.push(place);
        }
        index
    }

    fn add(&mut self, document: DocumentId, start: u32, label: u64, targets: &[u32]) {
        let edges = &mut self.edges[document.0 as usize];
        if targets.is_empty() {
            edges.push(Edge { start, label, target: None });
        }
        for (at, &target) in targets.iter().enumerate() {
            edges.push(Edge { start, label: mix(label, at as u64), target: Some(target) });
        }
    }

    /// A YAML alias or merged entry: part of the node, written elsewhere.
    fn alias(&mut self, document: DocumentId, start: u32, label: u64, value: NodeId) {
        let target = self.target(Place::new(document, value));
        self.add(document, start, label, &[target]);
    }

    fn mapping(&mut self, document: &Document, place: Place, discriminator: NodeId, owner: u64) {
        let Some(mapping) = document.get(discriminator, "mapping") else { return };
        for (tag, value) in document.entries(mapping) {
            let Some(text) = document.as_str(value) else { continue };
            let found = self.resolver.component(place, text);
            let found = found.or_else(|| self.resolver.resolve(place, text).ok().map(|target| target.place));
            let targets: Vec<u32> = found.map(|place| self.target(place)).into_iter().collect();
            let start = document.span(value).start;
            self.add(place.document, start, mix(owner, mix(text_hash(tag), text_hash(text))), &targets);
        }
    }

    /// Remembers a component whose `allOf` holds the reference at `place`.
    fn note_child(&mut self, document: &Document, place: Place, targets: &[u32]) {
        let Some(list) = document.parent(place.node) else { return };
        if document.key_text(list) != Some("allOf") {
            return;
        }
        let Some(child) = document.parent(list) else { return };
        let child = Place::new(place.document, child);
        if self.resolver.component_name(child).is_none() {
            return;
        }
        for &target in targets {
            let parent = self.targets[target as usize];
            let children = self.children.entry(parent).or_default();
            if !children.contains(&child) {
                children.push(child);
            }
        }
    }

    fn add_children(&mut self) {
        for (place, start) in std::mem::take(&mut self.discriminators) {
            for child in self.children.get(&place).cloned().unwrap_or_default() {
                let name = self.resolver.component_name(child).map_or(0, text_hash);
                let target = self.target(child);
                self.add(place.document, start, name, &[target]);
            }
        }
    }
}

/// The strongly connected components of a graph, those that others lead to first; each sorted.
fn components(next: &[Vec<(u64, u32)>]) -> Vec<Vec<u32>> {
    const UNSEEN: u32 = u32::MAX;
    let mut order = vec![UNSEEN; next.len()];
    let mut low = vec![0_u32; next.len()];
    let mut is_open = vec![false; next.len()];
    let mut open = Vec::new();
    let mut found = Vec::new();
    let mut count = 0;
    for root in 0..next.len() as u32 {
        if order[root as usize] != UNSEEN {
            continue;
        }
        // Tarjan's algorithm with its own stack: chains of references can be as long as the document.
        let mut path: Vec<(u32, usize)> = vec![(root, 0)];
        while let Some(&mut (node, ref mut at)) = path.last_mut() {
            let index = node as usize;
            if *at == 0 && order[index] == UNSEEN {
                order[index] = count;
                low[index] = count;
                count += 1;
                open.push(node);
                is_open[index] = true;
            }
            if let Some(&(_, target)) = next[index].get(*at) {
                *at += 1;
                if order[target as usize] == UNSEEN {
                    path.push((target, 0));
                } else if is_open[target as usize] {
                    low[index] = low[index].min(order[target as usize]);
                }
                continue;
            }
            path.pop();
            if let Some(&(parent, _)) = path.last() {
                low[parent as usize] = low[parent as usize].min(low[index]);
            }
            if low[index] == order[index] {
                let mut component = Vec::new();
                while let Some(member) = open.pop() {
                    is_open[member as usize] = false;
                    component.push(member);
                    if member == node {
                        break;
                    }
                }
                component.sort_unstable();
                found.push(component);
            }
        }
    }
    found
}

fn joined(one: [bool; 2], other: [bool; 2]) -> [bool; 2] {
    [one[0] || other[0], one[1] || other[1]]
}

/// Adds parts in any order: the order of keys does not matter.
fn combine(seed: u64, parts: impl Iterator<Item = u64>) -> u64 {
    mix(seed, parts.fold(0, u64::wrapping_add))
}

fn mix(left: u64, right: u64) -> u64 {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&left.to_le_bytes());
    bytes[8..].copy_from_slice(&right.to_le_bytes());
    xxhash_rust::xxh3::xxh3_64(&bytes)
}

fn text_hash(text: &str) -> u64 {
    xxhash_rust::xxh3::xxh3_64(text.as_bytes())
}
