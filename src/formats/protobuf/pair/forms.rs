//! Whether two types, one of each version, have the same form on the wire and in JSON.

use std::sync::{Mutex, PoisonError};

use rustc_hash::FxHashMap;

use crate::formats::protobuf::model::{EnumId, Field, Kind, MessageId, Schema};

/// In which encodings two types look the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Form {
    /// Same numbers, wire types and cardinalities, all the way down.
    pub(crate) wire: bool,
    /// Same JSON names and JSON types, all the way down.
    pub(crate) json: bool,
}

impl Form {
    /// The same in both.
    pub(crate) const SAME: Self = Self { wire: true, json: true };
    /// The same in none.
    pub(crate) const DIFFERENT: Self = Self { wire: false, json: false };

    /// The same where both are.
    pub(crate) fn and(self, other: Self) -> Self {
        Self { wire: self.wire && other.wire, json: self.json && other.json }
    }
}

/// Chains of types deeper than this count as different: nobody has them, and a stack is not endless.
const MAX_DEPTH: usize = 64;

/// Pairs that one question looks at; what needs more counts as different.
const MAX_PAIRS: u32 = 10_000;

/// A message of the old version and one of the new.
type Pair = (MessageId, MessageId);

/// Compares forms, once per pair of types. Types that refer to themselves are the same if nothing else differs.
///
/// May be asked by several threads: what is kept is true whoever asked first.
#[derive(Debug)]
pub(crate) struct Forms<'a> {
    old: &'a Schema,
    new: &'a Schema,
    known: Mutex<FxHashMap<Pair, Form>>,
}

/// One question: pairs that are being compared count as the same meanwhile.
#[derive(Debug, Default)]
struct Walk {
    /// The pairs that are being compared, by how many were before them.
    open: FxHashMap<Pair, usize>,
    /// What was found with the help of an open pair, and the outermost of these.
    tentative: FxHashMap<Pair, (Form, usize)>,
    /// The tentative pairs in the order in which they were found.
    found: Vec<Pair>,
    /// The outermost open pair that was relied on since the innermost was begun.
    relied_on: Option<usize>,
    pairs: u32,
    /// Whether something was too much to look at: what that made different may be the same for another question.
    is_cut: bool,
}

impl Walk {
    fn rely_on(&mut self, at: Option<usize>) {
        self.relied_on = match (self.relied_on, at) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }

    /// What relied on the open pair `at` relies from here on what that one relies on.
    fn hand_over(&mut self, pairs: Vec<Pair>, at: usize, below: usize) {
        for pair in &pairs {
            if let Some((_, outermost)) = self.tentative.get_mut(pair)
                && *outermost >= at
            {
                *outermost = below;
            }
        }
        self.found.extend(pairs);
    }

    fn forget(&mut self, pairs: &[Pair]) {
        for pair in pairs {
            self.tentative.remove(pair);
        }
    }
}

impl<'a> Forms<'a> {
    /// Forms of the types of two versions.
    pub(crate) fn new(old: &'a Schema, new: &'a Schema) -> Self {
        Self { old, new, known: Mutex::default() }
    }

    /// Compares two messages.
    pub(crate) fn messages(&self, old: MessageId, new: MessageId) -> Form {
        self.messages_at(&mut Walk::default(), old, new)
    }

    /// Compares two enums: numbers for the wire, names for JSON.
    pub(crate) fn enums(&self, old: EnumId, new: EnumId) -> Form {
        let values = |schema: &Schema, id| {
            let mut values: Vec<(i32, String)> =
                schema.values_of(id).map(|(_, value)| (value.number, value.name.to_string())).collect();
            values.sort();
            values
        };
        let (before, after) = (values(self.old, old), values(self.new, new));
        let numbers = |values: &[(i32, String)]| {
            let mut numbers: Vec<i32> = values.iter().map(|(number, _)| *number).collect();
            numbers.dedup();
            numbers
        };
        let is_closed = (self.old.enum_type(old).is_closed, self.new.enum_type(new).is_closed);
        let wire = numbers(&before) == numbers(&after) && is_closed.0 == is_closed.1;
        Form { wire, json: wire && before == after }
    }

    fn messages_at(&self, walk: &mut Walk, old: MessageId, new: MessageId) -> Form {
        // Types of one name are compared by themselves; inside others they count as the same.
        if !walk.open.is_empty() && self.old.message(old).full_name == self.new.message(new).full_name {
            return Form::SAME;
        }
        let (pair, at) = ((old, new), walk.open.len());
        if let Some(form) = self.remembered(walk, pair) {
            return form;
        }
        walk.pairs += 1;
        if at > MAX_DEPTH || walk.pairs > MAX_PAIRS {
            walk.is_cut = true;
            return Form::DIFFERENT;
        }
        walk.open.insert(pair, at);
        let (outside, first) = (walk.relied_on.take(), walk.found.len());
        let form = self.compare(walk, old, new);
        walk.open.remove(&pair);
        // What relied on this pair alone is settled with it.
        let below = walk.relied_on.take().filter(|&outermost| outermost < at);
        let inside = walk.found.split_off(first);
        match below {
            Some(below) if form != Form::DIFFERENT => {
                if form == Form::SAME {
                    walk.hand_over(inside, at, below);
                } else {
                    walk.forget(&inside);
                }
                walk.tentative.insert(pair, (form, below));
                walk.found.push(pair);
            }
            _ => {
                if !walk.is_cut {
                    let settled = |pair: &Pair| Some((*pair, walk.tentative.get(pair)?.0));
                    let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
                    known.insert(pair, form);
                    if form == Form::SAME {
                        known.extend(inside.iter().filter_map(settled));
                    }
                }
                walk.forget(&inside);
            }
        }
        walk.relied_on = outside;
        walk.rely_on(below);
        form
    }

    /// What is known of a pair, or assumed of it for now.
    fn remembered(&self, walk: &mut Walk, pair: Pair) -> Option<Form> {
        if let Some(&at) = walk.open.get(&pair) {
            walk.rely_on(Some(at));
            return Some(Form::SAME);
        }
        if let Some(&(form, outermost)) = walk.tentative.get(&pair) {
            walk.rely_on(Some(outermost));
            return Some(form);
        }
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&pair).copied()
    }

    fn compare(&self, walk: &mut Walk, old: MessageId, new: MessageId) -> Form {
        let (mut before, mut after): (Vec<&Field>, Vec<&Field>) = (
            self.old.fields_of(old).map(|(_, field)| field).collect(),
            self.new.fields_of(new).map(|(_, field)| field).collect(),
        );
        if before.len() != after.len() || self.old.message(old).is_map_entry != self.new.message(new).is_map_entry {
            return Form::DIFFERENT;
        }
        before.sort_by_key(|field| field.number);
        after.sort_by_key(|field| field.number);
        let mut oneofs = FxHashMap::default();
        before.iter().zip(&after).fold(Form::SAME, |form, (before, after)| {
            if form == Form::DIFFERENT
                || before.number != after.number
                || before.cardinality != after.cardinality
                || before.presence != after.presence
                || before.is_map != after.is_map
                || *oneofs.entry(before.oneof).or_insert(after.oneof) != after.oneof
            {
                return Form::DIFFERENT;
            }
            let names = Form { wire: true, json: before.json_name() == after.json_name() };
            form.and(names).and(self.types(walk, before, after))
        })
    }

    fn types(&self, walk: &mut Walk, before: &Field, after: &Field) -> Form {
        match (before.kind, after.kind) {
            (Kind::Message(old), Kind::Message(new)) => {
                let form = self.messages_at(walk, old, new);
                Form { wire: form.wire && before.is_delimited == after.is_delimited, json: form.json }
            }
            (Kind::Enum(old), Kind::Enum(new)) => {
                if self.old.enum_type(old).full_name == self.new.enum_type(new).full_name {
                    Form::SAME
                } else {
                    self.enums(old, new)
                }
            }
            (old, new) if old == new => Form::SAME,
            _ => Form::DIFFERENT,
        }
    }
}
