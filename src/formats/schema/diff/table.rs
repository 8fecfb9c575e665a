//! Every pair of schemas that has to be compared, each once.

use rustc_hash::FxHashMap;

use crate::formats::schema::diff::compare::{Compare, Context, Edge};
use crate::formats::schema::diff::edit::{Edit, Nature};
use crate::formats::schema::diff::object::all_required;
use crate::formats::schema::diff::view::{View, bare_target};
use crate::formats::schema::{SchemaGraph, SchemaId};

/// A pair by its position in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct PairId(pub u32);

/// Pairs that are compared at most; what is beyond is left to containment at the last pair that is in.
const MOST_PAIRS: usize = 500_000;

/// Two schemas (or sets of schemas that hold together) that differ.
pub(super) struct Pair {
    /// What holds in the old version.
    pub old: Vec<SchemaId>,
    /// What holds in the new version.
    pub new: Vec<SchemaId>,
    /// The edits here.
    pub edits: Vec<Edit>,
    /// The pairs below, with how they lie here.
    pub children: Vec<(PairId, Edge)>,
}

impl Pair {
    /// The two schemas, where it is one on each side and so something to ask about.
    pub(super) fn single(&self) -> Option<(SchemaId, SchemaId)> {
        match (&self.old[..], &self.new[..]) {
            (&[old], &[new]) => Some((old, new)),
            _ => None,
        }
    }

    /// Whether values can only be judged as a whole here.
    pub(super) fn is_region(&self) -> bool {
        self.children.iter().any(|(_, edge)| edge.is_region)
    }

    /// Whether what is allowed here has to be asked about.
    pub(super) fn is_weighed(&self) -> bool {
        self.has_constraints() || self.is_region()
    }

    /// Whether anything here decides which values are allowed.
    fn has_constraints(&self) -> bool {
        self.edits.iter().any(|edit| edit.nature == Nature::Constraint)
    }
}

type Key = (Vec<SchemaId>, Vec<SchemaId>);

/// The pairs.
pub(super) struct Table<'g, 'a> {
    old: &'g SchemaGraph<'a>,
    new: &'g SchemaGraph<'a>,
    pairs: Vec<Pair>,
    ids: FxHashMap<Key, PairId>,
}

impl<'g, 'a> Table<'g, 'a> {
    pub(super) fn new(old: &'g SchemaGraph<'a>, new: &'g SchemaGraph<'a>) -> Self {
        Self { old, new, pairs: Vec::new(), ids: FxHashMap::default() }
    }

    /// The pair of an id.
    pub(super) fn get(&self, id: PairId) -> &Pair {
        &self.pairs[id.0 as usize]
    }

    /// How many pairs there are.
    pub(super) const fn len(&self) -> usize {
        self.pairs.len()
    }

    /// All pairs in the order in which they were first met.
    pub(super) fn ids(&self) -> impl Iterator<Item = PairId> + use<> {
        (0..self.pairs.len() as u32).map(PairId)
    }

    /// Whether two sets of schemas say the same.
    fn is_same(&self, old: &[SchemaId], new: &[SchemaId]) -> bool {
        if let (&[old], &[new]) = (old, new) {
            return self.old.fingerprint(old) == self.new.fingerprint(new);
        }
        if old.len() != new.len() {
            return false;
        }
        let prints = |graph: &SchemaGraph<'_>, ids: &[SchemaId]| {
            let mut prints: Vec<u64> = ids.iter().map(|&id| graph.fingerprint(id)).collect();
            prints.sort_unstable();
            prints
        };
        prints(self.old, old) == prints(self.new, new)
    }

    /// References on both sides to what is one component are followed, so that it is compared once as itself.
    fn settle(&self, old: Vec<SchemaId>, new: Vec<SchemaId>, context: &Context<'_>) -> Key {
        if let (&[old_site], &[new_site]) = (&old[..], &new[..]) {
            let (old_target, new_target) = (bare_target(self.old, old_site), bare_target(self.new, new_site));
            let is_one = match (&self.old.get(old_target).name, &self.new.get(new_target).name) {
                (Some(old), Some(new)) => (context.renamed)(old).as_deref().unwrap_or(old) == &**new,
                (None, None) => true,
                _ => false,
            };
            if is_one {
                return (vec![old_target], vec![new_target]);
            }
        }
        (old, new)
    }

    /// The pair of two sets of schemas with everything below it compared; `None` where they say the same.
    pub(super) fn add(&mut self, old: Vec<SchemaId>, new: Vec<SchemaId>, context: &Context<'_>) -> Option<PairId> {
        let mut queue = Vec::new();
        let root = self.enter(old, new, context, &mut queue);
        while let Some(id) = queue.pop() {
            let pair = self.get(id);
            let (old_view, new_view) = View::of_both((self.old, &pair.old), (self.new, &pair.new));
            let (old_subject, new_subject) = (self.old.place(pair.old[0]), self.new.place(pair.new[0]));
            let mut compare = Compare {
                old_required: all_required(&old_view),
                new_required: all_required(&new_view),
                old: old_view,
                new: new_view,
                old_subject,
                new_subject,
                shares_base: false,
                context,
                edits: Vec::new(),
                children: Vec::new(),
            };
            compare.run();
            let (edits, children) = (compare.edits, compare.children);
            let children: Vec<_> = children
                .into_iter()
                .filter_map(|child| Some((self.enter(child.old, child.new, context, &mut queue)?, child.edge)))
                .collect();
            let pair = &mut self.pairs[id.0 as usize];
            pair.edits = edits;
            pair.children = children;
        }
        root
    }

    fn enter(
        &mut self,
        old: Vec<SchemaId>,
        new: Vec<SchemaId>,
        context: &Context<'_>,
        queue: &mut Vec<PairId>,
    ) -> Option<PairId> {
        if old.is_empty() || new.is_empty() || self.is_same(&old, &new) {
            return None;
        }
        let key = self.settle(old, new, context);
        if let Some(&id) = self.ids.get(&key) {
            return Some(id);
        }
        if self.is_same(&key.0, &key.1) || self.pairs.len() >= MOST_PAIRS {
            return None;
        }
        let id = PairId(self.pairs.len() as u32);
        self.pairs.push(Pair { old: key.0.clone(), new: key.1.clone(), edits: Vec::new(), children: Vec::new() });
        self.ids.insert(key, id);
        queue.push(id);
        Some(id)
    }
}
