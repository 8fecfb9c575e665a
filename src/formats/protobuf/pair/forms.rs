//! Whether two types, one of each version, have the same form on the wire and in JSON.

use std::cell::RefCell;

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
const MAX_DEPTH: u32 = 64;

/// Compares forms, once per pair of types. Types that refer to themselves are the same if nothing else differs.
#[derive(Debug)]
pub(crate) struct Forms<'a> {
    old: &'a Schema,
    new: &'a Schema,
    known: RefCell<FxHashMap<(MessageId, MessageId), Form>>,
}

impl<'a> Forms<'a> {
    /// Forms of the types of two versions.
    pub(crate) fn new(old: &'a Schema, new: &'a Schema) -> Self {
        Self { old, new, known: RefCell::default() }
    }

    /// Compares two messages.
    pub(crate) fn messages(&self, old: MessageId, new: MessageId) -> Form {
        self.messages_at(old, new, 0)
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

    fn messages_at(&self, old: MessageId, new: MessageId, depth: u32) -> Form {
        let (before, after) = (self.old.message(old), self.new.message(new));
        // Types of one name are compared by themselves; here they count as the same.
        if depth > 0 && before.full_name == after.full_name {
            return Form::SAME;
        }
        if depth > MAX_DEPTH {
            return Form::DIFFERENT;
        }
        if let Some(&form) = self.known.borrow().get(&(old, new)) {
            return form;
        }
        self.known.borrow_mut().insert((old, new), Form::SAME);
        let form = self.compare(old, new, depth);
        self.known.borrow_mut().insert((old, new), form);
        form
    }

    fn compare(&self, old: MessageId, new: MessageId, depth: u32) -> Form {
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
            form.and(names).and(self.types(before, after, depth))
        })
    }

    fn types(&self, before: &Field, after: &Field, depth: u32) -> Form {
        match (before.kind, after.kind) {
            (Kind::Message(old), Kind::Message(new)) => {
                let form = self.messages_at(old, new, depth + 1);
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
