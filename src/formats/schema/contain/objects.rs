//! Entries of objects and items of arrays.

use std::borrow::Cow;
use std::rc::Rc;

use serde_json::Value;

use crate::formats::schema::contain::conj::{Flat, insert, sorted};
use crate::formats::schema::contain::prove::CANDIDATES;
use crate::formats::schema::contain::{Conj, ConjId, Outcome, Prover};
use crate::formats::schema::graph::Types;
use crate::formats::schema::lower::{Low, LowId};

/// Prefixes longer than this are not looked at item by item.
const PREFIX: usize = 256;

impl Prover<'_, '_> {
    pub(super) fn objects(&self, writer: ConjId, flat: &Flat, (reader, low): (LowId, &Low), depth: u32) -> Outcome {
        if !flat.types.meets(Types::OBJECT) {
            return Outcome::Holds;
        }
        let mut outcome = self.required(writer, flat, low);
        if low.speaks_of_entries() {
            outcome = outcome.and_then(|| self.entries(writer, flat, low, depth));
        }
        if let Some(names) = low.names {
            outcome = outcome.and_then(|| self.names(writer, flat, names, depth));
        }
        outcome = outcome.and_then(|| self.property_counts(writer, flat, low));
        for (name, wanted) in &low.dependent_required {
            if !flat.entry(&self.patterns, name).is_possible {
                continue;
            }
            for other in wanted {
                outcome = outcome.and_then(|| self.depends(writer, flat, name, other));
            }
        }
        for (name, schema) in &low.dependent_schemas {
            let entry = flat.entry(&self.patterns, name);
            if !entry.is_possible || (!entry.lows.is_empty() && self.is_empty(self.intern(Conj::all(entry.lows)))) {
                continue;
            }
            let there = Low { required: vec![Rc::clone(name)], ..Low::anything(low.view) };
            let there = self.intern(self.conj(writer).and(self.lows.add(there)));
            outcome = outcome.and_then(|| self.part(there, *schema, depth + 1));
        }
        if let Some(rest) = low.unevaluated {
            outcome = outcome.and_then(|| self.unevaluated(writer, flat, (reader, low), Some(rest), depth));
        }
        outcome
    }

    /// A strict reader accepts declared properties only.
    pub(super) fn closing(&self, writer: ConjId, reader: LowId, depth: u32) -> Outcome {
        let low = self.lows.get(reader);
        let flat = self.flat(writer);
        if !low.view.is_strict || !flat.types.meets(Types::OBJECT) {
            return Outcome::Holds;
        }
        let declared = self.flat(self.intern(Conj::of(reader)));
        if !declared.declares || declared.objects.iter().any(|low| low.is_open) {
            return Outcome::Holds;
        }
        self.unevaluated(writer, &flat, (reader, &low), None, depth)
    }

    fn required(&self, writer: ConjId, flat: &Flat, low: &Low) -> Outcome {
        let mut outcome = Outcome::Holds;
        for name in &low.required {
            if flat.required.contains(name) {
                continue;
            }
            outcome = outcome.and_then(|| self.fails(|| self.objects_without(writer, name)));
        }
        outcome
    }

    fn depends(&self, writer: ConjId, flat: &Flat, name: &Rc<str>, other: &Rc<str>) -> Outcome {
        let is_known = flat.required.contains(other)
            || flat.dependent_required.iter().any(|(own, names)| own == name && names.contains(other));
        if is_known {
            return Outcome::Holds;
        }
        let entry = flat.entry(&self.patterns, name);
        let entry = self.intern(Conj::all(entry.lows));
        if self.is_empty(entry) {
            return Outcome::Holds;
        }
        self.fails(|| {
            let samples = self.samples(entry);
            let found = samples.iter().take(2).flat_map(|value| self.objects_with(writer, name, value));
            found.filter(|value| value.get(&**other).is_none()).collect()
        })
    }

    fn property_counts(&self, writer: ConjId, flat: &Flat, low: &Low) -> Outcome {
        if low.min_properties > flat.min_properties.max(flat.required.len() as u64) {
            return self.fails_with(writer);
        }
        if let Some(most) = low.max_properties {
            let bounded = flat.max_properties.is_some_and(|own| own <= most);
            let possible = flat.declared_names();
            let possible = possible.iter().filter(|name| flat.entry(&self.patterns, name).is_possible).count() as u64;
            let is_finite = flat.is_closed && flat.objects.iter().all(|low| low.patterns.is_empty());
            if !bounded && (!is_finite || possible > most) {
                return self.fails(|| self.large_objects(writer, most.saturating_add(1)));
            }
        }
        Outcome::Holds
    }

    /// Every entry that can be there satisfies what the reader says about it.
    fn entries(&self, writer: ConjId, flat: &Flat, low: &Low, depth: u32) -> Outcome {
        let keeps_to_own_names = self.keeps_to_own_names.get();
        // While branches are still open, what is known of an entry is only part of what it declares: its proof must not
        // take the rest for never sent. It holds for any names, or the branches are told apart first.
        self.keeps_to_own_names.set(keeps_to_own_names && flat.names_are_known());
        let outcome = self.entries_as_known(writer, flat, low, depth);
        self.keeps_to_own_names.set(keeps_to_own_names);
        outcome
    }

    fn entries_as_known(&self, writer: ConjId, flat: &Flat, low: &Low, depth: u32) -> Outcome {
        let mut outcome = Outcome::Holds;
        let mut names = Cow::Borrowed(flat.declared_names());
        // An open writer sends what nobody declares; what the reader alone declares, it sends only if the contract
        // says outright that there are others.
        let is_silent = self.keeps_to_own_names.get() && !flat.objects.iter().any(|own| own.is_open);
        let says_open = !flat.is_closed && !is_silent;
        if says_open || flat.objects.iter().any(|own| !own.patterns.is_empty() || own.additional.is_some()) {
            let others = low.properties.iter().map(|(name, _)| name);
            names = sorted(names.iter().chain(others).cloned().collect()).into();
        }
        for name in names.iter() {
            let Some(wanted) = self.wanted(low, name) else {
                return Outcome::Unknown("a property's name could not be matched against a pattern".into());
            };
            if wanted.is_empty() {
                continue;
            }
            let entry = flat.entry(&self.patterns, name);
            if !entry.is_possible {
                continue;
            }
            // Most properties are what they were: nothing is made for those.
            if wanted.iter().all(|&schema| self.is_among(&entry.lows, schema)) {
                continue;
            }
            let entry = self.intern(Conj::all(entry.lows));
            for schema in wanted {
                let result = self.prove(entry, schema, depth + 1);
                outcome = outcome.and_then(|| self.lifted(result, |value| self.objects_with(writer, name, value)));
            }
            if self.is_exhausted() {
                return Self::exhausted();
            }
        }
        outcome.and_then(|| self.unnamed(writer, flat, low, &names, depth))
    }

    /// What the reader asks of an entry of this name; `None` where a pattern cannot be matched.
    fn wanted(&self, low: &Low, name: &Rc<str>) -> Option<Vec<LowId>> {
        let mut wanted: Vec<LowId> = low.property(name).into_iter().collect();
        let mut is_known = !wanted.is_empty();
        for (pattern, schema) in &low.patterns {
            if self.patterns.is_match(pattern, name)? {
                wanted.push(*schema);
                is_known = true;
            }
        }
        if !is_known {
            wanted.extend(low.additional);
        }
        Some(wanted)
    }

    /// Entries that nobody names: those by the writer's patterns, and any others.
    fn unnamed(&self, writer: ConjId, flat: &Flat, low: &Low, known: &[Rc<str>], depth: u32) -> Outcome {
        if low.patterns.is_empty() && low.additional.is_none() {
            return Outcome::Holds;
        }
        let mut outcome = Outcome::Holds;
        for own in &flat.objects {
            for (pattern, schema) in &own.patterns {
                let entry = self.intern(Conj::of(*schema));
                if self.is_empty(entry) {
                    continue;
                }
                for (wanted_pattern, wanted) in &low.patterns {
                    let both = [Rc::clone(pattern), Rc::clone(wanted_pattern)];
                    if self.patterns.is_possible(&both, (0, None)) == Some(false) {
                        continue;
                    }
                    let result = self.prove(entry, *wanted, depth + 1);
                    outcome = outcome.and_then(|| {
                        self.lifted_names(result, writer, || self.patterns.samples(&both, (0, None), None, 2))
                    });
                }
                let Some(additional) = low.additional else { continue };
                // Covered by one of the reader's patterns, it is not additional.
                let is_covered = low
                    .patterns
                    .iter()
                    .any(|(wanted, _)| self.patterns.implies(&[Rc::clone(pattern)], (0, None), wanted) == Some(true));
                if !is_covered {
                    let result = self.prove(entry, additional, depth + 1);
                    outcome = outcome.and_then(|| {
                        self.lifted_names(result, writer, || {
                            let mut names = self.patterns.samples(&[Rc::clone(pattern)], (0, None), None, 4);
                            names.retain(|name| low.property(name).is_none());
                            names
                        })
                    });
                }
            }
        }
        let Some(undeclared) = flat.undeclared() else { return outcome };
        let entry = self.intern(Conj::all(undeclared));
        if self.is_empty(entry) {
            return outcome;
        }
        for (pattern, wanted) in &low.patterns {
            let result = self.prove(entry, *wanted, depth + 1);
            outcome = outcome.and_then(|| {
                self.lifted_names(result, writer, || {
                    let names = self.patterns.samples(std::slice::from_ref(pattern), (0, None), None, 6);
                    names.into_iter().filter(|name| known.iter().all(|known| **known != **name)).take(2).collect()
                })
            });
        }
        if let Some(additional) = low.additional {
            let result = self.prove(entry, additional, depth + 1);
            outcome = outcome.and_then(|| self.lifted_names(result, writer, || vec![self.fresh_name(flat, known)]));
        }
        outcome
    }

    /// A name that nobody declares; those that are known are sorted.
    pub(super) fn fresh_name(&self, flat: &Flat, known: &[Rc<str>]) -> String {
        let is_known = |name: &str| known.binary_search_by(|known| (**known).cmp(name)).is_ok();
        let mut found = None;
        for &names in &flat.names {
            // The writer says what names look like: one of those.
            let names = self.samples(self.intern(Conj::of(names).of_types(Types::STRING)));
            found = names.iter().filter_map(|name| name.as_str()).find(|name| !is_known(name)).map(str::to_owned);
        }
        found.unwrap_or_else(|| {
            let mut name = "other".to_owned();
            while is_known(&name) {
                name.push('_');
            }
            name
        })
    }

    fn names(&self, writer: ConjId, flat: &Flat, names: LowId, depth: u32) -> Outcome {
        if flat.names.contains(&names) {
            return Outcome::Holds;
        }
        let mut outcome = Outcome::Holds;
        let known = flat.declared_names();
        for name in known {
            let entry = flat.entry(&self.patterns, name);
            if !entry.is_possible
                || (!entry.lows.is_empty() && self.is_empty(self.intern(Conj::all(entry.lows.clone()))))
            {
                continue;
            }
            if self.acceptor().accepts(names, &Value::String(name.to_string())) != Ok(true) {
                let entry = self.intern(Conj::all(entry.lows));
                outcome = outcome.and_then(|| {
                    self.fails(|| {
                        let samples = self.samples(entry);
                        samples.iter().take(1).flat_map(|value| self.objects_with(writer, name, value)).collect()
                    })
                });
            }
        }
        let undeclared = flat.undeclared().map(Conj::all).map(|conj| self.intern(conj));
        let is_open = undeclared.is_some_and(|conj| !self.is_empty(conj));
        let by_pattern = flat.objects.iter().any(|low| !low.patterns.is_empty());
        if is_open || by_pattern {
            let own = Conj::all(flat.names.clone()).of_types(Types::STRING);
            let result = self.prove(self.intern(own), names, depth + 1);
            let result = match result {
                Outcome::Fails(refused) => {
                    let refused: Vec<String> =
                        refused.iter().filter_map(|name| name.as_str()).map(str::to_owned).collect();
                    let value = undeclared.and_then(|conj| self.samples(conj).first().cloned()).unwrap_or_default();
                    Outcome::Fails(
                        refused.iter().take(2).flat_map(|name| self.objects_with(writer, name, &value)).collect(),
                    )
                }
                other => other,
            };
            outcome = outcome.and_then(|| result);
        }
        outcome
    }

    /// What a reader's object says of entries by itself and by what it builds on; made once.
    fn closure(&self, reader: LowId, low: &Low) -> ConjId {
        if let Some(&known) = self.closures.borrow().get(&reader) {
            return known;
        }
        let own = self.lows.add(Low {
            unevaluated: None,
            all: Vec::new(),
            unions: Vec::new(),
            nots: Vec::new(),
            condition: None,
            ..low.clone()
        });
        let mut closure = Conj::all(low.all.clone());
        insert(&mut closure.lows, own);
        let closure = self.intern(closure);
        self.closures.borrow_mut().insert(reader, closure);
        closure
    }

    /// What nothing in the reader looks at: `rest` holds for it, or (a strict reader) it must not be there.
    fn unevaluated(
        &self,
        writer: ConjId,
        flat: &Flat,
        (reader, low): (LowId, &Low),
        rest: Option<LowId>,
        depth: u32,
    ) -> Outcome {
        let reader = self.flat(self.closure(reader, low));
        let branches = !low.unions.is_empty() || !reader.choices.is_empty() || low.condition.is_some();
        let is_seen = |name: &str| {
            reader.objects.iter().any(|low| {
                low.additional.is_some()
                    || low.property(name).is_some()
                    || low.patterns.iter().any(|(pattern, _)| self.patterns.is_match(pattern, name) == Some(true))
            })
        };
        let mut outcome = Outcome::Holds;
        let known = flat.declared_names();
        for name in known {
            let entry = flat.entry(&self.patterns, name);
            if !entry.is_possible || is_seen(name) {
                continue;
            }
            let entry = self.intern(Conj::all(entry.lows));
            if self.is_empty(entry) {
                continue;
            }
            let result = match rest {
                Some(rest) => self.prove(entry, rest, depth + 1),
                None => self.fails_with(entry),
            };
            let lifted = self.lifted(result, |value| self.objects_with(writer, name, value));
            outcome = outcome.and_then(|| lifted);
        }
        if let Some(undeclared) = flat.undeclared()
            && !reader.objects.iter().any(|low| low.additional.is_some())
        {
            let entry = self.intern(Conj::all(undeclared));
            if !self.is_empty(entry) {
                let result = match rest {
                    Some(rest) => self.prove(entry, rest, depth + 1),
                    None => self.fails_with(entry),
                };
                outcome = outcome.and_then(|| self.lifted_names(result, writer, || vec![self.fresh_name(flat, known)]));
            }
        }
        for (pattern, schema) in flat.objects.iter().flat_map(|own| &own.patterns) {
            let names = [Rc::clone(pattern)];
            let is_covered = reader.objects.iter().any(|low| {
                let mut wanted = low.patterns.iter().map(|(wanted, _)| wanted);
                low.additional.is_some()
                    || wanted.any(|wanted| self.patterns.implies(&names, (0, None), wanted) == Some(true))
            });
            let entry = self.intern(Conj::of(*schema));
            if is_covered || self.is_empty(entry) {
                continue;
            }
            let result = match rest {
                Some(rest) => self.prove(entry, rest, depth + 1),
                None => self.fails_with(entry),
            };
            outcome = outcome.and_then(|| {
                self.lifted_names(result, writer, || {
                    let names = self.patterns.samples(&names, (0, None), None, 4);
                    names.into_iter().filter(|name| !is_seen(name)).take(2).collect()
                })
            });
        }
        match outcome {
            // A branch of the reader may look at it: the value decides.
            Outcome::Fails(values) if branches && values.is_empty() => {
                Outcome::Unknown("which branch evaluates a property depends on the value".into())
            }
            other => other,
        }
    }

    pub(super) fn arrays(&self, writer: ConjId, flat: &Flat, low: &Low, depth: u32) -> Outcome {
        if !flat.types.meets(Types::ARRAY) {
            return Outcome::Holds;
        }
        let most = self.most_items(flat);
        let mut outcome = Outcome::Holds;
        if low.min_items > flat.min_items {
            outcome = outcome.and_then(|| self.fails(|| self.arrays_of(writer, flat.min_items)));
        }
        if let Some(limit) = low.max_items
            && most.is_none_or(|most| most > limit)
        {
            outcome = outcome.and_then(|| self.fails(|| self.arrays_of(writer, limit.saturating_add(1))));
        }
        if low.has_unique_items && !flat.has_unique_items && most.is_none_or(|most| most > 1) {
            outcome = outcome.and_then(|| self.fails(|| self.arrays_twice(writer)));
        }
        if !low.prefix.is_empty() || low.items.is_some() {
            let last = flat.prefix().max(low.prefix.len());
            if last > PREFIX {
                return Outcome::Unknown("an array is spelled out item by item for too long".into());
            }
            for at in 0..=last {
                if most.is_some_and(|most| at as u64 >= most) {
                    break;
                }
                let Some(wanted) = low.prefix.get(at).copied().or(low.items) else { continue };
                let item = self.intern(Conj::all(flat.item(at)));
                let result = self.prove(item, wanted, depth + 1);
                outcome = outcome.and_then(|| self.lifted(result, |value| self.arrays_with(writer, at, value)));
            }
        }
        if let Some((schema, least, limit)) = low.contains {
            outcome = outcome.and_then(|| self.contains(writer, flat, (schema, least, limit), depth));
        }
        if let Some(rest) = low.unevaluated_items {
            outcome = outcome.and_then(|| self.unevaluated_items(writer, flat, low, rest, depth));
        }
        outcome
    }

    /// How many items there can be: a position where nothing fits ends the array.
    fn most_items(&self, flat: &Flat) -> Option<u64> {
        let blocked = (0..=flat.prefix().min(PREFIX))
            .find(|&at| {
                let item = flat.item(at);
                !item.is_empty() && self.is_empty(self.intern(Conj::all(item)))
            })
            .map(|at| at as u64);
        match (flat.max_items, blocked) {
            (Some(most), Some(blocked)) => Some(most.min(blocked)),
            (most, blocked) => most.or(blocked),
        }
    }

    fn contains(
        &self,
        writer: ConjId,
        flat: &Flat,
        (schema, least, limit): (LowId, u64, Option<u64>),
        depth: u32,
    ) -> Outcome {
        let own = |matches: &dyn Fn(ConjId) -> bool| {
            let needed = flat.min_items.min(PREFIX as u64) as usize;
            (0..needed).filter(|&at| matches(self.intern(Conj::all(flat.item(at))))).count() as u64
        };
        let fits = |item: ConjId| matches!(self.prove(item, schema, depth + 1), Outcome::Holds);
        let enough = least == 0
            || flat.contains.iter().any(|&(known, count, _)| count >= least && fits(self.intern(Conj::of(known))))
            || own(&fits) >= least;
        let few = limit.is_none_or(|limit| {
            self.most_items(flat).is_some_and(|most| most <= limit)
                || flat.contains.iter().any(|&(known, _, own)| {
                    own.is_some_and(|own| own <= limit)
                        && (known == schema
                            || self
                                .lows
                                .fingerprint(known)
                                .is_some_and(|known| Some(known) == self.lows.fingerprint(schema)))
                })
                || (0..=flat.prefix().min(PREFIX))
                    .all(|at| self.is_apart(self.intern(Conj::all(flat.item(at))), schema))
        });
        if enough && few {
            return Outcome::Holds;
        }
        self.fails(|| {
            let mut found: Vec<Rc<Value>> = Vec::new();
            if !enough {
                for value in self.uncounted(flat, schema, depth) {
                    let count = flat.contains.iter().map(|&(_, least, _)| least).sum::<u64>().max(flat.min_items);
                    found.extend(self.arrays_filled(writer, count, &value));
                }
            }
            if !few && let Some(limit) = limit {
                for value in self.overcounted(flat, schema) {
                    found.extend(self.arrays_filled(writer, limit.saturating_add(1), &value));
                    found.extend(self.arrays_ending(writer, limit.saturating_add(1), &value));
                }
            }
            found.truncate(CANDIDATES);
            found.extend(self.samples(writer).iter().take(CANDIDATES).cloned());
            found.extend(self.arrays_of(writer, flat.min_items));
            found.truncate(2 * CANDIDATES);
            found
        })
    }

    /// Items that the writer counts and the reader does not.
    fn uncounted(&self, flat: &Flat, schema: LowId, depth: u32) -> Vec<Rc<Value>> {
        let counted = flat.contains.iter().map(|&(known, _, _)| self.conj_of_item(flat, &[known]));
        let refused = counted.filter_map(|item| match self.prove(item, schema, depth + 1) {
            Outcome::Fails(values) => values.into_iter().next(),
            _ => None,
        });
        refused.take(2).collect()
    }

    /// Items that the reader counts: those that the writer does not count first.
    fn overcounted(&self, flat: &Flat, schema: LowId) -> Vec<Rc<Value>> {
        let item = self.conj_of_item(flat, &[schema]);
        let mut others = (*self.conj(item)).clone();
        for &(known, _, _) in &flat.contains {
            insert(&mut others.nots, known);
        }
        let others = self.intern(others);
        [others, item].into_iter().filter_map(|item| self.samples(item).first().cloned()).collect()
    }

    fn conj_of_item(&self, flat: &Flat, also: &[LowId]) -> ConjId {
        let mut lows = flat.item(flat.prefix());
        lows.extend(also);
        self.intern(Conj::all(lows))
    }

    fn unevaluated_items(&self, writer: ConjId, flat: &Flat, low: &Low, rest: LowId, depth: u32) -> Outcome {
        let reader = self.flat(self.intern(Conj::all(low.all.clone())));
        if low.items.is_some() || reader.arrays.iter().any(|low| low.items.is_some()) {
            return Outcome::Holds;
        }
        let from = reader.prefix().max(low.prefix.len());
        let most = self.most_items(flat);
        if most.is_some_and(|most| most <= from as u64) {
            return Outcome::Holds;
        }
        let mut outcome = Outcome::Holds;
        for at in from..=flat.prefix().max(from).min(PREFIX) {
            if most.is_some_and(|most| at as u64 >= most) {
                break;
            }
            let item = self.intern(Conj::all(flat.item(at)));
            let result = self.prove(item, rest, depth + 1);
            outcome = outcome.and_then(|| self.lifted(result, |value| self.arrays_with(writer, at, value)));
        }
        outcome
    }

    /// Values inside become values around them.
    fn lifted(&self, inner: Outcome, wrap: impl Fn(&Value) -> Vec<Rc<Value>>) -> Outcome {
        match inner {
            Outcome::Fails(values) => {
                Outcome::Fails(values.iter().take(CANDIDATES).flat_map(|value| wrap(value)).collect())
            }
            other => other,
        }
    }

    fn lifted_names(&self, inner: Outcome, writer: ConjId, names: impl Fn() -> Vec<String>) -> Outcome {
        let names = if matches!(inner, Outcome::Fails(_)) { names() } else { Vec::new() };
        self.lifted(inner, |value| names.iter().flat_map(|name| self.objects_with(writer, name, value)).collect())
    }
}
