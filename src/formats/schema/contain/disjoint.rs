//! Whether nothing satisfies a conjunction: sound, and complete enough for tags, types and bounds.

use serde_json::Value;

use crate::formats::schema::contain::alternatives::texts;
use crate::formats::schema::contain::conj::{Choice, Flat};
use crate::formats::schema::contain::{Conj, ConjId, Prover};
use crate::formats::schema::graph::Types;
use crate::formats::schema::lower::{Bound, LowId};
use crate::formats::schema::number;
use crate::syntax::Decimal;

/// How far emptiness is looked for through required properties and items.
const DEPTH: u32 = 4;
/// Unions with more branches are not looked into.
const BRANCHES: usize = 64;

impl Flat {
    /// Brings what the parts say together: whole numbers have whole bounds, steps and types agree.
    pub(super) fn normalize(&mut self) {
        let fraction = Types::NUMBER.without(Types::INTEGER);
        if self.types.meets(fraction) && self.step.as_ref().is_some_and(Decimal::is_integer) {
            self.types = self.types.without(fraction);
        }
        if self.types.meets(Types::INTEGER) && !self.types.meets(fraction) {
            let one = Decimal::from(1);
            self.step = match &self.step {
                Some(step) => number::common_multiple(step, &one).or(Some(one)),
                None => Some(one),
            };
        }
        if let Some(step) = self.step.clone() {
            self.minimum = self.minimum.take().map(|bound| snap(bound, &step, true));
            self.maximum = self.maximum.take().map(|bound| snap(bound, &step, false));
        }
    }

    /// Whether no number is between the bounds.
    pub(super) fn has_no_number(&self) -> bool {
        match (&self.minimum, &self.maximum) {
            (Some(low), Some(high)) => {
                low.value > high.value || (low.value == high.value && (low.is_open || high.is_open))
            }
            _ => false,
        }
    }
}

/// A bound on the grid of a step: closed, and itself a multiple.
fn snap(bound: Bound, step: &Decimal, is_low: bool) -> Bound {
    let rounded = if is_low { number::round_up(&bound.value, step) } else { number::round_down(&bound.value, step) };
    let Some(mut value) = rounded else { return bound };
    if bound.is_open && value == bound.value {
        let moved = if is_low { number::plus(&value, step) } else { number::minus(&value, step) };
        let Some(moved) = moved else { return bound };
        value = moved;
    }
    Bound { value, is_open: false }
}

impl Prover<'_, '_> {
    /// Whether certainly no value satisfies the conjunction.
    pub(super) fn is_empty(&self, conj: ConjId) -> bool {
        if let Some(&known) = self.empty.borrow().get(&conj) {
            return known;
        }
        let is_empty = self.is_empty_within(conj, DEPTH);
        // What was given up is not known.
        if is_empty || !self.is_exhausted() {
            self.empty.borrow_mut().insert(conj, is_empty);
        }
        is_empty
    }

    fn is_empty_within(&self, conj: ConjId, depth: u32) -> bool {
        // What was looked at from here went further than this would.
        if let Some(&known) = self.empty.borrow().get(&conj) {
            return known;
        }
        if !self.budget.spend(1) {
            return false;
        }
        let flat = self.flat(conj);
        if flat.is_never || flat.types.is_empty() {
            return true;
        }
        if flat.obstacle.is_some() {
            return false;
        }
        if self.is_denied(&flat) {
            return true;
        }
        if flat.values.is_some() {
            return self.finite(conj).is_some_and(|values| values.is_empty());
        }
        let types = Types::ATOMS.into_iter().filter(|&atom| flat.types.meets(atom));
        let is_impossible = |atom: Types| match atom {
            Types::STRING => self.patterns.is_possible(&flat.patterns, flat.lengths()) == Some(false),
            Types::ARRAY => self.has_no_array(&flat, depth),
            Types::OBJECT => self.has_no_object(&flat, depth),
            _ if Types::NUMBER.contains(atom) => flat.has_no_number(),
            _ => false,
        };
        if types.into_iter().all(is_impossible) {
            return true;
        }
        let Some(depth) = depth.checked_sub(1) else { return false };
        flat.choices.iter().any(|(id, choice)| {
            if let Choice::Union(union) = choice
                && union.branches.len() > BRANCHES
            {
                return false;
            }
            let branches = self.branches(conj, *id, choice);
            branches.is_some_and(|branches| branches.iter().all(|&branch| self.is_empty_within(branch, depth)))
        })
    }

    /// Whether one of the schemas that hold is also one that must not.
    fn is_denied(&self, flat: &Flat) -> bool {
        flat.nots.iter().any(|&not| {
            if flat.members.contains(&not) {
                return true;
            }
            let denied = self.lows.get(not);
            let is_plain_type = denied.all.is_empty()
                && denied.unions.is_empty()
                && denied.nots.is_empty()
                && denied.values.is_none()
                && denied.condition.is_none();
            if is_plain_type && denied.types.contains(flat.types) && self.says_only_types(not) {
                return true;
            }
            self.lows.fingerprint(not).is_some_and(|wanted| {
                flat.members.iter().any(|&member| {
                    self.lows.fingerprint(member) == Some(wanted) && {
                        // The denied one is read as a validator does; whoever holds in other eyes holds in those,
                        // unless they are more tolerant.
                        let eyes = self.lows.get(member).view;
                        !eyes.opens_enums && eyes.role == denied.view.role && (!eyes.is_part || self.has_no_tag(member))
                    }
                })
            })
        })
    }

    /// Whether a schema says nothing but its types.
    fn says_only_types(&self, low: LowId) -> bool {
        let low = self.lows.get(low);
        low.minimum.is_none()
            && low.maximum.is_none()
            && low.step.is_none()
            && low.min_length == 0
            && low.max_length.is_none()
            && low.pattern.is_none()
            && low.format.is_none()
            && low.prefix.is_empty()
            && low.items.is_none()
            && low.contains.is_none()
            && low.min_items == 0
            && low.max_items.is_none()
            && !low.has_unique_items
            && low.unevaluated_items.is_none()
            && !low.speaks_of_entries()
            && low.unevaluated.is_none()
            && low.names.is_none()
            && low.required.is_empty()
            && low.min_properties == 0
            && low.max_properties.is_none()
            && low.dependent_required.is_empty()
            && low.dependent_schemas.is_empty()
            && !low.is_never
            && low.obstacle.is_none()
            && !low.has_lexical_integers
    }

    /// Whether a schema says nothing at all.
    pub(super) fn accepts_anything(&self, low: LowId) -> bool {
        let says = self.lows.get(low);
        says.types == Types::ALL
            && says.all.is_empty()
            && says.unions.is_empty()
            && says.nots.is_empty()
            && says.values.is_none()
            && says.condition.is_none()
            && self.says_only_types(low)
    }

    /// Whether a schema is no parent of a hierarchy, so that being a part of another makes no difference.
    fn has_no_tag(&self, low: LowId) -> bool {
        self.lows.origin(low).is_none_or(|(side, schema)| {
            let graph = self.lows.graph(side);
            graph.get(schema).discriminator().is_none()
        })
    }

    fn has_no_array(&self, flat: &Flat, depth: u32) -> bool {
        if flat.max_items.is_some_and(|most| flat.min_items > most) {
            return true;
        }
        let Some(depth) = depth.checked_sub(1) else { return false };
        let needed = flat.min_items.min(flat.prefix() as u64 + 1) as usize;
        (0..needed).any(|at| {
            let item = self.intern(Conj::all(flat.item(at)));
            self.is_empty_within(item, depth)
        })
    }

    fn has_no_object(&self, flat: &Flat, depth: u32) -> bool {
        if flat.max_properties.is_some_and(|most| flat.min_properties > most || flat.required.len() as u64 > most) {
            return true;
        }
        let Some(depth) = depth.checked_sub(1) else { return false };
        flat.required.iter().any(|name| {
            let entry = flat.entry(&self.patterns, name);
            !entry.is_possible
                || (!entry.lows.is_empty() && self.is_empty_within(self.intern(Conj::all(entry.lows)), depth))
                || flat
                    .names
                    .iter()
                    .any(|&names| self.acceptor().accepts(names, &Value::String(name.to_string())) == Ok(false))
        })
    }

    /// Whether certainly nothing that is written satisfies a schema.
    pub(super) fn is_apart(&self, writer: ConjId, low: LowId) -> bool {
        self.is_apart_quickly(writer, low) || self.is_empty(self.intern(self.conj(writer).and(low)))
    }

    /// The same by types, tags and names alone.
    pub(super) fn is_apart_quickly(&self, writer: ConjId, low: LowId) -> bool {
        let own = self.flat(writer);
        let other = self.flat_of(low);
        let types = own.types.and(other.types);
        if types.is_empty() {
            return true;
        }
        if types != Types::OBJECT {
            return false;
        }
        // A closed writer does not send what only the other declares.
        if other.required.iter().any(|name| !own.entry(&self.patterns, name).is_possible) {
            return true;
        }
        own.required.iter().chain(&other.required).any(|name| {
            let (Some(own), Some(other)) = (texts(&self.lows, &own, name), texts(&self.lows, &other, name)) else {
                return false;
            };
            !own.iter().any(|value| other.contains(value))
        })
    }
}
