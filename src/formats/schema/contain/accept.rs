//! Whether a lowered schema accepts a value: fast, for choosing among candidates. Not a witness's judge.

use std::cell::Cell;
use std::rc::Rc;

use rustc_hash::FxHashMap;
use serde_json::Value;

use crate::formats::schema::budget::Budget;
use crate::formats::schema::contain::alternatives::Branches;
use crate::formats::schema::format_values::Formats;
use crate::formats::schema::graph::Types;
use crate::formats::schema::lower::{Low, LowId, Lows, Union, hash_of, is_equal};
use crate::formats::schema::number;
use crate::formats::schema::pattern::Patterns;
use crate::syntax::Decimal;

/// How deep schemas may lead into each other without consuming the value.
const DEPTH: u32 = 200;

/// Not known: a reference that leads nowhere, a pattern that nobody can match, or too much work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::formats::schema) struct Undecided;

type Decision = Result<bool, Undecided>;

/// Evaluates values.
pub(in crate::formats::schema) struct Acceptor<'x, 'g, 'a> {
    pub lows: &'x Lows<'g, 'a>,
    pub patterns: &'x Patterns,
    pub formats: &'x Formats,
    /// Which branches of a union can hold for a value.
    pub branches: &'x Branches,
    /// What is left for the whole question.
    pub budget: &'x Budget,
    /// What is left of the work allowed for one value.
    pub fuel: Cell<u64>,
}

/// What schemas that hold have looked at, at one place of the value.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    /// By position of the entry.
    entries: Vec<bool>,
    /// By position of the item.
    items: Vec<bool>,
    /// Whether properties are declared at all.
    declares: bool,
    /// Whether others are allowed outright.
    is_open: bool,
    /// Names that are declared by being required.
    named: Vec<Rc<str>>,
    /// Whether somebody who listens closes objects.
    closes: bool,
}

impl Seen {
    fn of(value: &Value) -> Self {
        let mut seen = Self::default();
        match value {
            Value::Object(map) => seen.entries = vec![false; map.len()],
            Value::Array(items) => seen.items = vec![false; items.len()],
            _ => {}
        }
        seen
    }

    fn add(&mut self, other: &Self) {
        for (own, other) in self.entries.iter_mut().zip(&other.entries) {
            *own |= other;
        }
        for (own, other) in self.items.iter_mut().zip(&other.items) {
            *own |= other;
        }
        self.declares |= other.declares;
        self.is_open |= other.is_open;
        self.closes |= other.closes;
        self.named.extend(other.named.iter().cloned());
    }

    /// Whether a closed writer (or a strict reader) takes the object as it is.
    fn is_closed_enough(&self, value: &Value) -> bool {
        let Value::Object(map) = value else { return true };
        if !self.closes || !self.declares || self.is_open {
            return true;
        }
        map.keys().zip(&self.entries).all(|(name, &seen)| seen || self.named.iter().any(|known| **known == **name))
    }
}

impl Acceptor<'_, '_, '_> {
    /// Whether a schema accepts a value as a whole.
    pub(in crate::formats::schema) fn accepts(&self, low: LowId, value: &Value) -> Decision {
        self.accepts_all(&[low], &[], value)
    }

    /// Whether all of `lows` and none of `nots` hold for one value.
    pub(in crate::formats::schema) fn accepts_all(&self, lows: &[LowId], nots: &[LowId], value: &Value) -> Decision {
        let mut seen = Seen::of(value);
        for &low in lows {
            if !self.holds(low, value, &mut seen, DEPTH)? {
                return Ok(false);
            }
        }
        for &low in nots {
            if self.holds(low, value, &mut Seen::of(value), DEPTH)? {
                return Ok(false);
            }
        }
        Ok(seen.is_closed_enough(value))
    }

    /// Whether the scalar keywords of one schema object accept a value.
    pub(super) fn accepts_scalar(&self, low: &Low, value: &Value) -> Decision {
        self.scalar(low, value)
    }

    fn value(&self, low: LowId, value: &Value, depth: u32) -> Decision {
        let mut seen = Seen::of(value);
        Ok(self.holds(low, value, &mut seen, depth)? && seen.is_closed_enough(value))
    }

    fn holds(&self, id: LowId, value: &Value, seen: &mut Seen, depth: u32) -> Decision {
        let depth = depth.checked_sub(1).ok_or(Undecided)?;
        let fuel = self.fuel.get().checked_sub(1).ok_or(Undecided)?;
        self.fuel.set(fuel);
        if !self.budget.spend(1) {
            return Err(Undecided);
        }
        let low = self.lows.get(id);
        if low.is_never {
            return Ok(false);
        }
        if low.obstacle.is_some() {
            return Err(Undecided);
        }
        let mut here = Seen::of(value);
        here.closes = low.view.is_closed || low.view.is_strict;
        here.is_open = low.is_open;
        if !self.scalar(&low, value)? {
            return Ok(false);
        }
        match value {
            Value::Array(items) if !self.array(&low, items, &mut here, depth)? => {
                return Ok(false);
            }
            Value::Object(_) if !self.object(&low, value, &mut here, depth)? => {
                return Ok(false);
            }
            _ => {}
        }
        for &part in &low.all {
            if !self.holds(part, value, &mut here, depth)? {
                return Ok(false);
            }
        }
        for (at, union) in low.unions.iter().enumerate() {
            if !self.union((id, at), union, value, &mut here, depth)? {
                return Ok(false);
            }
        }
        for &not in &low.nots {
            if self.holds(not, value, &mut Seen::of(value), depth)? {
                return Ok(false);
            }
        }
        if let Some((test, then, otherwise)) = low.condition {
            let mut tested = Seen::of(value);
            let next = if self.holds(test, value, &mut tested, depth)? {
                here.add(&tested);
                then
            } else {
                otherwise
            };
            if let Some(next) = next
                && !self.holds(next, value, &mut here, depth)?
            {
                return Ok(false);
            }
        }
        // What nothing looked at comes last: it depends on all the others.
        if let (Some(rest), Value::Object(map)) = (low.unevaluated, value) {
            for (at, entry) in map.values().enumerate() {
                if !here.entries[at] {
                    if !self.value(rest, entry, depth)? {
                        return Ok(false);
                    }
                    here.entries[at] = true;
                }
            }
        }
        if let (Some(rest), Value::Array(items)) = (low.unevaluated_items, value) {
            for (at, item) in items.iter().enumerate() {
                if !here.items[at] {
                    if !self.value(rest, item, depth)? {
                        return Ok(false);
                    }
                    here.items[at] = true;
                }
            }
        }
        seen.add(&here);
        Ok(true)
    }

    fn scalar(&self, low: &Low, value: &Value) -> Decision {
        let mut types = Types::of(value);
        if low.has_lexical_integers
            && let Value::Number(number) = value
            && number.as_str().contains(['.', 'e', 'E'])
        {
            types = Types::NUMBER.without(Types::INTEGER);
        }
        if !low.types.contains(types) {
            return Ok(false);
        }
        if !low.lists(value) {
            return Ok(false);
        }
        match value {
            Value::Number(number) => {
                let number = Decimal::parse(number.as_str()).ok_or(Undecided)?;
                if low.minimum.as_ref().is_some_and(|bound| !bound.allows_from_below(&number))
                    || low.maximum.as_ref().is_some_and(|bound| !bound.allows_from_above(&number))
                {
                    return Ok(false);
                }
                match &low.step {
                    Some(step) => number::is_multiple_of(&number, step).ok_or(Undecided),
                    None => Ok(true),
                }
            }
            Value::String(text) => {
                if low.min_length > 0 || low.max_length.is_some() {
                    let length = text.chars().count() as u64;
                    if length < low.min_length || low.max_length.is_some_and(|most| length > most) {
                        return Ok(false);
                    }
                }
                if let Some(pattern) = &low.pattern
                    && !self.patterns.is_match(pattern, text).ok_or(Undecided)?
                {
                    return Ok(false);
                }
                match &low.format {
                    Some(format) if low.view.asserts_formats => self.formats.has(format, text).ok_or(Undecided),
                    _ => Ok(true),
                }
            }
            _ => Ok(true),
        }
    }

    fn array(&self, low: &Low, items: &[Value], here: &mut Seen, depth: u32) -> Decision {
        let count = items.len() as u64;
        if count < low.min_items || low.max_items.is_some_and(|most| count > most) {
            return Ok(false);
        }
        if low.has_unique_items && has_duplicate(items) {
            return Ok(false);
        }
        for (at, item) in items.iter().enumerate() {
            if let Some(schema) = low.prefix.get(at).copied().or(low.items) {
                if !self.value(schema, item, depth)? {
                    return Ok(false);
                }
                here.items[at] = true;
            }
        }
        if let Some((schema, least, most)) = low.contains {
            let mut found = 0;
            for (at, item) in items.iter().enumerate() {
                if self.value(schema, item, depth)? {
                    found += 1;
                    here.items[at] = true;
                }
            }
            if found < least || most.is_some_and(|most| found > most) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn object(&self, low: &Low, value: &Value, here: &mut Seen, depth: u32) -> Decision {
        let Value::Object(map) = value else { return Ok(true) };
        let count = map.len() as u64;
        if count < low.min_properties || low.max_properties.is_some_and(|most| count > most) {
            return Ok(false);
        }
        if low.required.iter().any(|name| !map.contains_key(&**name)) {
            return Ok(false);
        }
        here.declares |= low.declares();
        here.is_open |= low.values.as_ref().is_some_and(|values| values.iter().any(Value::is_object));
        here.named.extend(low.required.iter().cloned());
        if low.speaks_of_entries() {
            for (at, (name, entry)) in map.iter().enumerate() {
                let mut is_known = false;
                if let Some(schema) = low.property(name) {
                    is_known = true;
                    if !self.value(schema, entry, depth)? {
                        return Ok(false);
                    }
                }
                for (pattern, schema) in &low.patterns {
                    if self.patterns.is_match(pattern, name).ok_or(Undecided)? {
                        is_known = true;
                        if !self.value(*schema, entry, depth)? {
                            return Ok(false);
                        }
                    }
                }
                if !is_known && let Some(schema) = low.additional {
                    is_known = true;
                    if !self.value(schema, entry, depth)? {
                        return Ok(false);
                    }
                }
                here.entries[at] |= is_known;
            }
        }
        if let Some(names) = low.names {
            for name in map.keys() {
                if !self.value(names, &Value::String(name.clone()), depth)? {
                    return Ok(false);
                }
            }
        }
        for (name, names) in &low.dependent_required {
            if map.contains_key(&**name) && names.iter().any(|name| !map.contains_key(&**name)) {
                return Ok(false);
            }
        }
        for (name, schema) in &low.dependent_schemas {
            if map.contains_key(&**name) && !self.holds(*schema, value, here, depth)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn union(&self, (low, at): (LowId, usize), union: &Union, value: &Value, here: &mut Seen, depth: u32) -> Decision {
        let near = self.branches.near_value(self.lows, (low, at), union, value);
        let near = |count: usize| near.as_ref().map_or_else(|| (0..count).collect(), Clone::clone);
        let mut holds = false;
        let mut undecided = false;
        for at in near(union.branches.len()) {
            let mut seen = Seen::of(value);
            match self.holds(union.branches[at], value, &mut seen, depth) {
                Ok(true) => {
                    holds = true;
                    here.add(&seen);
                }
                Ok(false) => {}
                Err(Undecided) => undecided = true,
            }
        }
        if !holds {
            return if undecided { Err(Undecided) } else { Ok(false) };
        }
        let Some(exclusive) = &union.exclusive else { return Ok(true) };
        let mut count = 0;
        for at in near(exclusive.len()) {
            // Branches past the end (the unknown tag) are not counted.
            let Some(&branch) = exclusive.get(at) else { continue };
            if self.holds(branch, value, &mut Seen::of(value), depth)? {
                count += 1;
            }
        }
        Ok(count == 1 || self.is_widened(union, count))
    }

    /// A tolerant reader's branches accept more than those that are counted: none of those may hold.
    fn is_widened(&self, union: &Union, count: u32) -> bool {
        count == 0 && union.branches.iter().any(|&branch| self.lows.get(branch).view.opens_enums)
    }
}

/// Whether an array holds a value twice.
pub(in crate::formats::schema) fn has_duplicate(items: &[Value]) -> bool {
    let mut known: FxHashMap<u64, Vec<&Value>> = FxHashMap::default();
    items.iter().any(|item| {
        let equal = known.entry(hash_of(item)).or_default();
        let is_known = equal.iter().any(|other| is_equal(item, other));
        equal.push(item);
        is_known
    })
}
