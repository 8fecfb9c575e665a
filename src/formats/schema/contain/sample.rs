//! Values of a writer: small ones, and ones that carry a given part. Every value returned was checked.

use std::rc::Rc;

use serde_json::{Map, Value};

use crate::formats::schema::contain::accept::has_duplicate;
use crate::formats::schema::contain::conj::{Flat, sorted};
use crate::formats::schema::contain::{Conj, ConjId, Prover};
use crate::formats::schema::graph::Types;
use crate::formats::schema::lower::LowId;

/// How many values of one writer are kept.
const KEPT: usize = 4;
/// How many combinations of branches are tried.
const LEAVES: usize = 12;
/// How many branches of one union are tried.
const BRANCHES: usize = 200;
/// Arrays and objects that need more entries than this are not built: no person would read them.
const ENTRIES: u64 = 600;
/// Values with more parts than this are not built.
const LARGEST: usize = 2_500;
/// Values that are nested deeper than this are not built.
const BUILT: u32 = 80;

/// Values of one writer, the smallest first. They are as large as whole documents, so nobody copies them.
pub(super) type Samples = Rc<Vec<Rc<Value>>>;

impl Prover<'_, '_> {
    /// A few values, the smallest first; none if it is not known how to build one.
    pub(super) fn samples(&self, writer: ConjId) -> Samples {
        if let Some(known) = self.sampled.borrow().get(&writer) {
            // Asked for while it is being built: a recursive schema, whose smallest values do without.
            self.met_itself.set(self.met_itself.get() || known.is_none());
            return known.clone().unwrap_or_default();
        }
        let depth = self.building.get();
        if depth >= BUILT || !self.budget.spend(4) {
            return Rc::default();
        }
        self.building.set(depth + 1);
        self.sampled.borrow_mut().insert(writer, None);
        let met_before = self.met_itself.replace(false);
        let mut found = self.build(writer);
        self.building.set(depth);
        let met_itself = self.met_itself.replace(met_before || self.met_itself.get()) && depth > 0;
        found.sort_by_key(|value| size(value));
        let found = Rc::new(found);
        if self.is_exhausted() || met_itself && found.is_empty() {
            // Not enough was looked at, or it took a value that was just being built: asked again it may be found.
            self.sampled.borrow_mut().remove(&writer);
        } else {
            self.sampled.borrow_mut().insert(writer, Some(Rc::clone(&found)));
        }
        found
    }

    /// The same, for those who only look at values.
    pub(in crate::formats::schema) fn some_values(&self, writer: ConjId) -> Vec<Rc<Value>> {
        self.samples(writer).to_vec()
    }

    fn build(&self, writer: ConjId) -> Vec<Rc<Value>> {
        let mut found: Vec<Rc<Value>> = Vec::new();
        let keep = |value: Value, found: &mut Vec<Rc<Value>>| {
            let is_new = |found: &[Rc<Value>]| found.iter().all(|known| **known != value);
            if found.len() < KEPT * 2 && !is_large(&value) && is_new(found) && self.is_written(writer, &value) {
                found.push(Rc::new(value));
            }
        };
        for leaf in self.leaves(writer) {
            if let Some(values) = self.finite(leaf) {
                for value in values.iter().take(KEPT) {
                    keep(value.clone(), &mut found);
                }
                continue;
            }
            let flat = self.flat(leaf);
            for atom in Types::ATOMS {
                if !flat.types.meets(atom) {
                    continue;
                }
                let before = found.len();
                for value in self.of_type(&flat, atom) {
                    if found.len() >= before + 2 {
                        break;
                    }
                    keep(value, &mut found);
                }
            }
            if found.len() >= KEPT {
                break;
            }
        }
        found
    }

    fn of_type(&self, flat: &Flat, atom: Types) -> Vec<Value> {
        match atom {
            Types::NULL => vec![Value::Null],
            Types::BOOLEAN => vec![Value::Bool(true), Value::Bool(false)],
            Types::STRING => self.texts_of(flat, 4).into_iter().map(Value::String).collect(),
            Types::ARRAY => self.array_of(flat, flat.min_items, &[]).into_iter().collect(),
            Types::OBJECT => self.object_of(flat, &[], None, flat.min_properties).into_iter().collect(),
            _ => {
                let mut numbers = self.numbers_of(flat, 3);
                numbers.retain(|number| Types::of(number) == atom);
                numbers
            }
        }
    }

    /// Writers without open choices that together are a part of this one.
    fn leaves(&self, writer: ConjId) -> Vec<ConjId> {
        let mut leaves = Vec::new();
        let mut open = vec![writer];
        let mut tried = 0;
        while let Some(conj) = open.pop() {
            tried += 1;
            if leaves.len() >= LEAVES || tried > LEAVES * 8 || !self.budget.spend(1) {
                break;
            }
            if self.is_empty(conj) {
                continue;
            }
            let flat = self.flat(conj);
            match flat.choices.first() {
                Some((id, choice)) => {
                    let branches = self.first_branches(conj, *id, choice, BRANCHES);
                    open.extend(branches.unwrap_or_default().iter().rev());
                }
                None => leaves.push(conj),
            }
        }
        leaves
    }

    /// An object with what must be there, what is given, and as many more entries as asked.
    fn object_of(&self, flat: &Flat, given: &[(&str, &Value)], without: Option<&str>, least: u64) -> Option<Value> {
        if least > ENTRIES {
            return None;
        }
        let mut map = Map::new();
        for &(name, value) in given {
            map.insert(name.to_owned(), value.clone());
        }
        self.budget.spend(1 + flat.required.len() as u64);
        let mut needed: Vec<Rc<str>> = flat.required.iter().cloned().collect();
        let mut at = 0;
        while at < needed.len() {
            let name = Rc::clone(&needed[at]);
            at += 1;
            if without == Some(&*name) {
                continue;
            }
            for (cause, names) in &flat.dependent_required {
                if *cause == name {
                    needed.extend(names.iter().filter(|name| !needed.contains(name)).cloned().collect::<Vec<_>>());
                }
            }
            if !map.contains_key(&*name) {
                map.insert(name.to_string(), self.entry_value(flat, &name)?);
            }
        }
        for &(cause, _) in given {
            for (known, names) in &flat.dependent_required {
                if **known == *cause {
                    for name in names {
                        if !map.contains_key(&**name) && without != Some(&**name) {
                            map.insert(name.to_string(), self.entry_value(flat, name)?);
                        }
                    }
                }
            }
        }
        if (map.len() as u64) < least {
            for name in flat.declared_names() {
                if map.len() as u64 >= least {
                    break;
                }
                if !map.contains_key(&**name)
                    && without != Some(&**name)
                    && flat.entry(&self.patterns, name).is_possible
                    && let Some(value) = self.entry_value(flat, name)
                {
                    map.insert(name.to_string(), value);
                }
            }
        }
        for round in 0..ENTRIES {
            if map.len() as u64 >= least {
                break;
            }
            let (name, lows) = self.further_name(flat, &map, round)?;
            let entry = self.intern(Conj::all(lows));
            map.insert(name, Value::clone(self.samples(entry).first()?));
        }
        Some(Value::Object(map))
    }

    /// A name that is not there yet, and what its value must be like.
    fn further_name(&self, flat: &Flat, map: &Map<String, Value>, round: u64) -> Option<(String, Vec<LowId>)> {
        if let Some(lows) = flat.undeclared() {
            let lows_are_empty = !lows.is_empty() && self.is_empty(self.intern(Conj::all(lows.clone())));
            if !lows_are_empty {
                let taken = map.keys().map(|name| name.as_str().into());
                let known = sorted(taken.chain(flat.declared_names().iter().cloned()).collect());
                let mut name = self.fresh_name(flat, &known);
                if map.contains_key(&name) {
                    name = format!("{name}{round}");
                }
                return Some((name, lows));
            }
        }
        for own in &flat.objects {
            for (pattern, schema) in &own.patterns {
                let names = self.patterns.samples(
                    std::slice::from_ref(pattern),
                    (0, None),
                    None,
                    usize::try_from(round).unwrap_or(0) + 4,
                );
                if let Some(name) = names.into_iter().find(|name| !map.contains_key(name)) {
                    return Some((name, vec![*schema]));
                }
            }
        }
        None
    }

    fn entry_value(&self, flat: &Flat, name: &str) -> Option<Value> {
        let entry = flat.entry(&self.patterns, name);
        if !entry.is_possible {
            return None;
        }
        self.samples(self.intern(Conj::all(entry.lows))).first().map(|value| Value::clone(value))
    }

    /// An array of `count` items, some of them given.
    fn array_of(&self, flat: &Flat, count: u64, given: &[(usize, &Value)]) -> Option<Value> {
        if count > ENTRIES {
            return None;
        }
        let mut items: Vec<Value> = Vec::new();
        let wanted: Vec<(LowId, u64)> = flat.contains.iter().map(|&(low, least, _)| (low, least)).collect();
        let needed = wanted.iter().map(|(_, least)| *least).sum::<u64>();
        let count = count.max(if given.is_empty() { needed.min(ENTRIES) } else { 0 });
        let mut contained: Vec<LowId> = Vec::new();
        for (low, least) in wanted {
            contained.extend(std::iter::repeat_n(low, least.min(ENTRIES) as usize));
        }
        for at in 0..count as usize {
            if let Some((_, value)) = given.iter().find(|(place, _)| *place == at) {
                items.push((*value).clone());
                continue;
            }
            let mut lows = flat.item(at);
            let special = contained.pop();
            lows.extend(special);
            let item = self.intern(Conj::all(lows));
            let samples = self.samples(item);
            let distinct = samples
                .iter()
                .find(|value| !flat.has_unique_items || !items.contains(value))
                .map(|value| Value::clone(value))
                .or_else(|| self.further_item(item, &items))
                .or_else(|| samples.first().map(|value| Value::clone(value)))?;
            items.push(distinct);
        }
        Some(Value::Array(items))
    }

    /// A value of a writer that is not among those given.
    fn further_item(&self, item: ConjId, items: &[Value]) -> Option<Value> {
        let flat = self.flat(item);
        if let Some(values) = self.finite(item) {
            return values.iter().find(|value| !items.contains(value)).cloned();
        }
        let mut candidates = self.numbers_of(&flat, items.len() + 2);
        candidates.extend(self.texts_of(&flat, items.len() + 2).into_iter().map(Value::String));
        candidates.into_iter().find(|value| !items.contains(value) && self.is_written(item, value))
    }

    /// Objects of a writer with a given entry.
    pub(super) fn objects_with(&self, writer: ConjId, name: &str, value: &Value) -> Vec<Rc<Value>> {
        self.checked(writer, |flat| self.object_of(flat, &[(name, value)], None, flat.min_properties))
    }

    /// Objects of a writer in which a property is missing.
    pub(super) fn objects_without(&self, writer: ConjId, name: &str) -> Vec<Rc<Value>> {
        let mut found = self.checked(writer, |flat| self.object_of(flat, &[], Some(name), flat.min_properties));
        found.retain(|value| value.get(name).is_none());
        found
    }

    /// Objects of a writer with many entries.
    pub(super) fn large_objects(&self, writer: ConjId, count: u64) -> Vec<Rc<Value>> {
        self.checked(writer, |flat| self.object_of(flat, &[], None, count.max(flat.min_properties)))
    }

    /// Arrays of a writer with so many items.
    pub(super) fn arrays_of(&self, writer: ConjId, count: u64) -> Vec<Rc<Value>> {
        self.checked(writer, |flat| self.array_of(flat, count.max(flat.min_items), &[]))
    }

    /// Arrays of a writer with a given item at a place.
    pub(super) fn arrays_with(&self, writer: ConjId, at: usize, value: &Value) -> Vec<Rc<Value>> {
        self.checked(writer, |flat| self.array_of(flat, flat.min_items.max(at as u64 + 1), &[(at, value)]))
    }

    /// Arrays of a writer full of one value.
    pub(super) fn arrays_filled(&self, writer: ConjId, count: u64, value: &Value) -> Vec<Rc<Value>> {
        if count > ENTRIES {
            return Vec::new();
        }
        let given: Vec<(usize, &Value)> = (0..count as usize).map(|at| (at, value)).collect();
        self.checked(writer, |flat| self.array_of(flat, count, &given))
    }

    /// Arrays of a writer that end with one value so many times, after what the writer asks for.
    pub(super) fn arrays_ending(&self, writer: ConjId, count: u64, value: &Value) -> Vec<Rc<Value>> {
        self.checked(writer, |flat| {
            let first = flat.contains.iter().map(|&(_, least, _)| least).sum::<u64>();
            let last = first.saturating_add(count).max(flat.min_items);
            if last > ENTRIES {
                return None;
            }
            let given: Vec<(usize, &Value)> = (first..last).map(|at| (at as usize, value)).collect();
            self.array_of(flat, last, &given)
        })
    }

    /// Arrays of a writer that hold an item twice.
    pub(super) fn arrays_twice(&self, writer: ConjId) -> Vec<Rc<Value>> {
        self.checked(writer, |flat| {
            let at = flat.prefix();
            let item = self.intern(Conj::all(flat.item(at)));
            let samples = self.samples(item);
            let value = samples.first()?;
            let count = flat.min_items.max(at as u64 + 2);
            let array = self.array_of(flat, count, &[(at, value), (at + 1, value)])?;
            array.as_array().is_some_and(|items| has_duplicate(items)).then_some(array)
        })
    }

    /// What `make` builds for each choice of branches, where the writer really writes it.
    fn checked(&self, writer: ConjId, make: impl Fn(&Flat) -> Option<Value>) -> Vec<Rc<Value>> {
        let mut found = Vec::new();
        for leaf in self.leaves(writer) {
            let flat = self.flat(leaf);
            if let Some(value) = make(&flat)
                && !is_large(&value)
                && self.is_written(writer, &value)
            {
                found.push(Rc::new(value));
            }
            if found.len() >= 2 {
                break;
            }
        }
        found
    }
}

/// Whether a value is larger than a person would read, or a schema that doubles itself should make it.
fn is_large(value: &Value) -> bool {
    fn count(value: &Value, left: usize) -> Option<usize> {
        let left = left.checked_sub(1)?;
        match value {
            Value::Array(items) => items.iter().try_fold(left, |left, item| count(item, left)),
            Value::Object(map) => map.values().try_fold(left, |left, value| count(value, left)),
            _ => Some(left),
        }
    }
    count(value, LARGEST).is_none()
}

/// How much there is to read: smaller witnesses are better ones.
pub(in crate::formats::schema) fn size(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(size).sum::<usize>(),
        Value::Object(map) => 1 + map.iter().map(|(name, value)| name.len() / 8 + 1 + size(value)).sum::<usize>(),
        Value::String(text) => 1 + text.len() / 8,
        _ => 1,
    }
}
