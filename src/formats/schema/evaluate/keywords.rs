//! One value against one raw schema.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use serde_json::Value;

use crate::formats::schema::format_values::Formats;
use crate::formats::schema::graph::{Data, Reference, Schema, SchemaGraph, SchemaId, Types};
use crate::formats::schema::lower::{View, is_defined, is_equal};
use crate::formats::schema::pattern::Patterns;
use crate::formats::schema::{Dialect, Keyword, number};
use crate::syntax::Decimal;

/// How deep schemas may lead into each other.
const DEPTH: u32 = 150;

/// It cannot be said: a reference that leads nowhere, or too much work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::formats::schema) struct Unclear;

pub(super) type Verdict = Result<bool, Unclear>;

/// Reads the schemas of one side through one party's eyes.
pub(in crate::formats::schema) struct Evaluator<'e, 'a> {
    pub graph: &'e SchemaGraph<'a>,
    pub view: View,
    pub patterns: &'e Patterns,
    pub formats: &'e Formats,
    pub fuel: &'e Cell<u64>,
    /// Names that the schemas around the one at hand hide, for the same value.
    pub hidden: &'e RefCell<Vec<Box<str>>>,
}

/// What was looked at in one value.
#[derive(Debug, Clone, Default)]
pub(super) struct Noted {
    pub names: Vec<String>,
    pub items: Vec<usize>,
    pub required: Vec<String>,
    pub declares: bool,
    pub is_open: bool,
}

impl Noted {
    pub(super) fn absorb(&mut self, other: Self) {
        self.names.extend(other.names);
        self.items.extend(other.items);
        self.required.extend(other.required);
        self.declares |= other.declares;
        self.is_open |= other.is_open;
    }
}

impl<'e, 'a> Evaluator<'e, 'a> {
    /// Whether the schema accepts the value; nothing if that cannot be said.
    pub(in crate::formats::schema) fn accepts(&self, schema: SchemaId, value: &Value) -> Option<bool> {
        self.whole(schema, value, DEPTH).ok()
    }

    /// The same eyes as a validator's, for what stands under `not` and `if` and for counting branches.
    pub(super) fn plainly(&self) -> Evaluator<'e, 'a> {
        let mut view = View::plain(self.view.role);
        view.is_writer = self.view.is_writer;
        view.is_loose = self.view.is_loose;
        view.read_only_documents = self.view.read_only_documents;
        Evaluator { view, ..*self }
    }

    /// Judges something that what is hidden here does not concern.
    pub(super) fn aside(&self, judge: impl FnOnce() -> Verdict) -> Verdict {
        let around = self.hidden.take();
        let verdict = judge();
        self.hidden.replace(around);
        verdict
    }

    /// A value of its own: a property, an item, the root.
    pub(super) fn whole(&self, schema: SchemaId, value: &Value, depth: u32) -> Verdict {
        let mut noted = Noted::default();
        if !self.aside(|| self.holds(schema, value, false, &mut noted, depth))? {
            return Ok(false);
        }
        if let Value::Object(map) = value
            && (self.view.is_closed || self.view.is_strict)
            && noted.declares
            && !noted.is_open
        {
            return Ok(map.keys().all(|name| noted.names.contains(name) || noted.required.contains(name)));
        }
        Ok(true)
    }

    /// Whether everything that one schema object says holds for the value. `is_part`: it is a part of another schema.
    pub(super) fn holds(&self, id: SchemaId, value: &Value, is_part: bool, noted: &mut Noted, depth: u32) -> Verdict {
        let depth = depth.checked_sub(1).ok_or(Unclear)?;
        self.fuel.set(self.fuel.get().checked_sub(1).ok_or(Unclear)?);
        let schema = self.graph.get(id);
        if let Some(boolean) = schema.boolean {
            noted.is_open |= false;
            return Ok(boolean);
        }
        if schema.is_malformed {
            return Err(Unclear);
        }
        if schema.text(Keyword::Schema).is_some_and(|uri| Dialect::from_schema_uri(uri).is_none()) {
            return Err(Unclear);
        }
        if !is_part && let Some(members) = self.members(id, schema) {
            return self.one_member(schema, &members, value, noted, depth);
        }
        let mut own = Noted::default();
        let known = self.hidden.borrow().len();
        self.hide(schema);
        let holds = self.all_keywords(schema, value, is_part, &mut own, depth);
        self.hidden.borrow_mut().truncate(known);
        let holds = holds?;
        if holds {
            noted.absorb(own);
        }
        Ok(holds)
    }

    fn all_keywords(&self, schema: &Schema, value: &Value, is_part: bool, own: &mut Noted, depth: u32) -> Verdict {
        Ok(self.kind(schema, value)?
            && self.number(schema, value)?
            && self.text(schema, value)?
            && self.array(schema, value, own, depth)?
            && self.object(schema, value, own, depth)?
            && self.references(schema, value, is_part, own, depth)?
            && self.combinations(schema, value, is_part, own, depth)?
            && self.leftovers(schema, value, own, depth)?)
    }

    /// What a keyword says, if the dialect has it and nothing kills it.
    pub(super) fn says<'s>(&self, schema: &'s Schema, keyword: Keyword) -> Option<&'s Data> {
        if is_defined(keyword, schema.dialect) { schema.data(keyword) } else { None }
    }

    fn kind(&self, schema: &Schema, value: &Value) -> Verdict {
        if let Some(&Data::Types(types)) = self.says(schema, Keyword::Type) {
            let is_nullable = matches!(self.says(schema, Keyword::Nullable), Some(Data::Flag(true)))
                || matches!(self.says(schema, Keyword::XNullable), Some(Data::Flag(true)));
            let is_null = value.is_null() && is_nullable;
            let mut actual = Types::of(value);
            if schema.dialect == Dialect::Draft4
                && let Value::Number(number) = value
                && number.as_str().chars().any(|char| matches!(char, '.' | 'e' | 'E'))
            {
                actual = Types::NUMBER.without(Types::INTEGER);
            }
            if !is_null && !types.contains(actual) {
                return Ok(false);
            }
        }
        let listed = match (self.says(schema, Keyword::Const), self.says(schema, Keyword::Enum)) {
            (Some(Data::Value(only)), Some(Data::Values(values))) => {
                Some(values.iter().filter(|value| is_equal(value, only)).collect::<Vec<_>>())
            }
            (Some(Data::Value(only)), _) => Some(vec![only]),
            (_, Some(Data::Values(values))) => Some(values.iter().collect()),
            _ => None,
        };
        let Some(listed) = listed else { return Ok(true) };
        if listed.iter().any(|known| is_equal(known, value)) {
            return Ok(true);
        }
        // A tolerant reader takes any other value of a kind that it knows.
        Ok(self.view.opens_enums
            && !listed.is_empty()
            && listed.iter().fold(Types::NONE, |types, known| types.or(Types::of(known))).contains(Types::of(value)))
    }

    fn number(&self, schema: &Schema, value: &Value) -> Verdict {
        let Value::Number(number) = value else { return Ok(true) };
        let number = Decimal::parse(number.as_str()).ok_or(Unclear)?;
        let is_open = |keyword| matches!(schema.data(keyword), Some(Data::Flag(true)));
        if let Some(Data::Number(bound)) = schema.data(Keyword::Minimum)
            && (number < *bound || (number == *bound && is_open(Keyword::ExclusiveMinimum)))
        {
            return Ok(false);
        }
        if let Some(Data::Number(bound)) = schema.data(Keyword::Maximum)
            && (number > *bound || (number == *bound && is_open(Keyword::ExclusiveMaximum)))
        {
            return Ok(false);
        }
        if matches!(schema.data(Keyword::ExclusiveMinimum), Some(Data::Number(bound)) if number <= *bound)
            || matches!(schema.data(Keyword::ExclusiveMaximum), Some(Data::Number(bound)) if number >= *bound)
        {
            return Ok(false);
        }
        if let Some(Data::Number(step)) = schema.data(Keyword::MultipleOf)
            && !number::is_multiple_of(&number, step).ok_or(Unclear)?
        {
            return Ok(false);
        }
        let types = schema.types().unwrap_or(Types::ALL);
        if schema.dialect.is_openapi() && Types::NUMBER.or(Types::NULL).contains(types) {
            let limits = match schema.text(Keyword::Format) {
                Some("int32") => ("-2147483648", "2147483647"),
                Some("int64") => ("-9223372036854775808", "9223372036854775807"),
                _ => return Ok(true),
            };
            let (low, high) = (Decimal::parse(limits.0).ok_or(Unclear)?, Decimal::parse(limits.1).ok_or(Unclear)?);
            return Ok(number >= low && number <= high);
        }
        Ok(true)
    }

    fn text(&self, schema: &Schema, value: &Value) -> Verdict {
        let Value::String(text) = value else { return Ok(true) };
        let length = text.chars().count() as u64;
        if schema.count(Keyword::MinLength).is_some_and(|least| length < least)
            || schema.count(Keyword::MaxLength).is_some_and(|most| length > most)
        {
            return Ok(false);
        }
        if let Some(pattern) = schema.text(Keyword::Pattern)
            && !self.patterns.is_match(&Rc::from(pattern), text).ok_or(Unclear)?
        {
            return Ok(false);
        }
        match schema.text(Keyword::Format) {
            Some(format) if self.view.asserts_formats && !matches!(format, "int32" | "int64") => {
                self.formats.has(format, text).ok_or(Unclear)
            }
            _ => Ok(true),
        }
    }

    fn references(&self, schema: &Schema, value: &Value, is_part: bool, noted: &mut Noted, depth: u32) -> Verdict {
        for keyword in [Keyword::Ref, Keyword::DynamicRef, Keyword::RecursiveRef] {
            let Some(Data::Reference(Reference { target, alternatives, .. })) = self.says(schema, keyword) else {
                continue;
            };
            let target = *target.as_ref().map_err(|_| Unclear)?;
            if !alternatives.is_empty() {
                return Err(Unclear);
            }
            if !self.holds(target, value, is_part, noted, depth)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// `unevaluated*`: after everything else.
    fn leftovers(&self, schema: &Schema, value: &Value, noted: &mut Noted, depth: u32) -> Verdict {
        if let (Some(&Data::Schema(rest)), Value::Object(map)) =
            (self.says(schema, Keyword::UnevaluatedProperties), value)
        {
            noted.is_open |= self.graph.get(rest).boolean != Some(false);
            for (name, entry) in map {
                if !noted.names.contains(name) {
                    if !self.whole(rest, entry, depth)? {
                        return Ok(false);
                    }
                    noted.names.push(name.clone());
                }
            }
        }
        if let (Some(&Data::Schema(rest)), Value::Array(items)) = (self.says(schema, Keyword::UnevaluatedItems), value)
        {
            for (at, item) in items.iter().enumerate() {
                if !noted.items.contains(&at) {
                    if !self.whole(rest, item, depth)? {
                        return Ok(false);
                    }
                    noted.items.push(at);
                }
            }
        }
        Ok(true)
    }
}
