//! Which field of an old message is which of the new one: by number, except where names show that numbers moved.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use crate::formats::protobuf::diff::context::Context;
use crate::formats::protobuf::model::{Field, FieldId, Kind, MessageId, Schema};

/// The fields of a message on both sides.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// The same number on both sides.
    pub(crate) pairs: Vec<(FieldId, FieldId)>,
    /// Only in the old version.
    pub(crate) removed: Vec<FieldId>,
    /// Only in the new version.
    pub(crate) added: Vec<FieldId>,
    /// Fields that kept their names and have other numbers, together as far as they share numbers.
    pub(crate) renumbered: Vec<Renumbered>,
}

/// Fields that changed numbers in one edit.
#[derive(Debug, Default)]
pub(crate) struct Renumbered {
    /// The same name on both sides, by the old number.
    pub(crate) fields: Vec<(FieldId, FieldId)>,
    /// Whether a number went from one existing field to another.
    pub(crate) is_swap: bool,
    /// What each number was and is, where it is in use.
    pub(crate) numbers: BTreeMap<i32, (Option<FieldId>, Option<FieldId>)>,
}

impl Plan {
    /// Pairs the fields of two messages.
    pub(crate) fn new(context: &Context<'_>, old: MessageId, new: MessageId) -> Self {
        let before = by_number(context.old, old);
        let after = by_number(context.new, new);
        let moves = moves(context, &before, &after, new);
        let mut plan = Self { renumbered: group(&moves, &before, &after), ..Self::default() };
        let taken: BTreeSet<i32> = plan.renumbered.iter().flat_map(|edit| edit.numbers.keys().copied()).collect();
        for (number, &id) in &before {
            if taken.contains(number) {
                continue;
            }
            match after.get(number) {
                Some(&other) => plan.pairs.push((id, other)),
                None => plan.removed.push(id),
            }
        }
        let is_new = |(number, _): &(&i32, &FieldId)| !taken.contains(number) && !before.contains_key(number);
        plan.added = after.iter().filter(is_new).map(|(_, &id)| id).collect();
        plan
    }
}

/// Fields by number; of several with one number (which is an error of the contract) the first.
fn by_number(schema: &Schema, message: MessageId) -> BTreeMap<i32, FieldId> {
    let mut fields = BTreeMap::new();
    for (id, field) in schema.fields_of(message) {
        fields.entry(field.number).or_insert(id);
    }
    fields
}

/// Names that are at another number, with a type that is still the same. A name that came back with another type is
/// another field.
fn moves(
    context: &Context<'_>,
    before: &BTreeMap<i32, FieldId>,
    after: &BTreeMap<i32, FieldId>,
    new: MessageId,
) -> Vec<(FieldId, FieldId)> {
    // Nothing moved in most messages: numbers and names agree pairwise.
    let is_same = |(number, id): (&i32, &FieldId)| {
        after.get(number).is_none_or(|other| *context.old.field(*id).name == *context.new.field(*other).name)
    };
    if before.iter().all(is_same) && before.keys().all(|number| after.contains_key(number)) {
        return Vec::new();
    }
    let names: FxHashMap<&str, FieldId> = context.new.fields_of(new).map(|(id, field)| (&*field.name, id)).collect();
    let mut moves = Vec::new();
    for &id in before.values() {
        let field = context.old.field(id);
        let Some(&other) = names.get(&*field.name) else { continue };
        let partner = context.new.field(other);
        if partner.number != field.number && same_shape(context, field, partner) {
            moves.push((id, other));
        }
    }
    moves
}

fn same_shape(context: &Context<'_>, old: &Field, new: &Field) -> bool {
    if old.is_map != new.is_map || old.is_repeated() != new.is_repeated() {
        return false;
    }
    match (old.kind, new.kind) {
        (Kind::Message(before), Kind::Message(after)) if old.is_map => {
            let entry = (context.old.map_entry(before), context.new.map_entry(after));
            let (Some((old_key, old_value)), Some((new_key, new_value))) = entry else { return false };
            old_key.kind == new_key.kind && context.pairing.same_type(old_value.kind, new_value.kind)
        }
        (before, after) => context.pairing.same_type(before, after),
    }
}

/// Groups moves that hand numbers on to each other.
fn group(
    moves: &[(FieldId, FieldId)],
    before: &BTreeMap<i32, FieldId>,
    after: &BTreeMap<i32, FieldId>,
) -> Vec<Renumbered> {
    if moves.is_empty() {
        return Vec::new();
    }
    let old_numbers: FxHashMap<FieldId, i32> = before.iter().map(|(&number, &id)| (id, number)).collect();
    let new_numbers: FxHashMap<FieldId, i32> = after.iter().map(|(&number, &id)| (id, number)).collect();
    // Union-find over numbers, with the smallest as the representative.
    let mut parent: BTreeMap<i32, i32> = BTreeMap::new();
    fn root(parent: &BTreeMap<i32, i32>, mut number: i32) -> i32 {
        while let Some(&next) = parent.get(&number).filter(|next| **next != number) {
            number = next;
        }
        number
    }
    let mut edges = Vec::new();
    for (old, new) in moves {
        if let (Some(&from), Some(&to)) = (old_numbers.get(old), new_numbers.get(new)) {
            edges.push((from, to, *old, *new));
            let (one, other) = (root(&parent, from), root(&parent, to));
            parent.insert(one.max(other), one.min(other));
            parent.entry(one.min(other)).or_insert(one.min(other));
        }
    }
    let mut groups: BTreeMap<i32, Renumbered> = BTreeMap::new();
    for (from, to, old, new) in edges {
        let edit = groups.entry(root(&parent, from)).or_default();
        edit.fields.push((old, new));
        for number in [from, to] {
            let sides = (before.get(&number).copied(), after.get(&number).copied());
            edit.is_swap |= sides.0.is_some() && sides.1.is_some();
            edit.numbers.insert(number, sides);
        }
    }
    groups.into_values().collect()
}
