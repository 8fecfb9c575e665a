//! Which branches of a union can hold at all: by values, by the tag that tells them apart, and by types.
//!
//! A union of thousands of branches is looked at branch by branch only where no tag does. The branches that list their
//! values stand under those, objects that require a property of certain texts stand under the texts, and only the
//! others have to be looked at each time.

use std::cell::RefCell;
use std::rc::Rc;

use rustc_hash::FxHashMap;
use serde_json::Value;

use crate::formats::schema::contain::conj::{Conj, Flat};
use crate::formats::schema::graph::Types;
use crate::formats::schema::lower::{LowId, Lows, Union, hash_of};

/// Lists longer than this do not serve as tags: telling by them would cost as much as looking.
const LISTED: usize = 256;
/// A tag is looked for among the first properties that a branch requires.
const NAMES: usize = 24;
/// Shorter unions are looked at branch by branch.
const FEW: usize = 8;

/// What tells the branches of every union apart that was looked at, made once.
#[derive(Default)]
pub(in crate::formats::schema) struct Branches {
    known: RefCell<FxHashMap<(LowId, usize), Rc<Alternatives>>>,
}

impl Branches {
    /// The branches of a union that may hold for what a writer writes, in their order.
    pub(super) fn near(&self, lows: &Lows<'_, '_>, id: (LowId, usize), union: &Union, writer: &Flat) -> Vec<usize> {
        if union.branches.len() <= FEW {
            return (0..union.branches.len()).collect();
        }
        self.of(lows, id, union).near(lows, writer)
    }

    /// The branches of a union that may hold for a value, in their order; `None` for all of them.
    pub(super) fn near_value(
        &self,
        lows: &Lows<'_, '_>,
        id: (LowId, usize),
        union: &Union,
        value: &Value,
    ) -> Option<Vec<usize>> {
        (union.branches.len() > FEW).then(|| self.of(lows, id, union).near_value(value))
    }

    /// The branches that may hold together with one of them, that one left out.
    pub(super) fn beside(&self, lows: &Lows<'_, '_>, id: (LowId, usize), union: &Union, at: usize) -> Vec<usize> {
        let mut near = if union.branches.len() <= FEW {
            (0..union.branches.len()).collect()
        } else {
            self.of(lows, id, union).near(lows, &Flat::of(lows, &Conj::of(union.branches[at])))
        };
        near.retain(|&other| other != at);
        near
    }

    fn of(&self, lows: &Lows<'_, '_>, id: (LowId, usize), union: &Union) -> Rc<Alternatives> {
        if let Some(known) = self.known.borrow().get(&id) {
            return Rc::clone(known);
        }
        let alternatives = Rc::new(Alternatives::of(lows, &union.branches));
        self.known.borrow_mut().insert(id, Rc::clone(&alternatives));
        alternatives
    }
}

/// The branches of one union by what tells them apart.
#[derive(Debug)]
pub(super) struct Alternatives {
    types: Vec<Types>,
    /// The property whose texts tell objects apart.
    tag: Option<Rc<str>>,
    /// Object branches that require the tag, by its text.
    tagged: FxHashMap<Rc<str>, Vec<usize>>,
    /// Branches that list their values, by the value's hash.
    listed: FxHashMap<u64, Vec<usize>>,
    /// All others.
    rest: Vec<usize>,
}

impl Alternatives {
    pub(super) fn of(lows: &Lows<'_, '_>, branches: &[LowId]) -> Self {
        let flats: Vec<Flat> = branches.iter().map(|&branch| Flat::of(lows, &Conj::of(branch))).collect();
        let tag = tag_of(lows, &flats);
        let mut alternatives = Self {
            types: flats.iter().map(|flat| flat.types).collect(),
            tag,
            tagged: FxHashMap::default(),
            listed: FxHashMap::default(),
            rest: Vec::new(),
        };
        for (at, flat) in flats.iter().enumerate() {
            if let Some(values) = &flat.values
                && values.len() <= LISTED
            {
                for value in values.iter() {
                    let list = alternatives.listed.entry(hash_of(value)).or_default();
                    if list.last() != Some(&at) {
                        list.push(at);
                    }
                }
                continue;
            }
            let tag = alternatives.tag.as_ref().filter(|_| flat.types == Types::OBJECT);
            let tag = tag.filter(|name| flat.required.contains(*name));
            match tag.and_then(|name| texts(lows, flat, name)) {
                Some(texts) => texts.into_iter().for_each(|text| {
                    alternatives.tagged.entry(text).or_default().push(at);
                }),
                None => alternatives.rest.push(at),
            }
        }
        alternatives
    }

    /// The branches that may hold for something that a writer writes, in their order.
    pub(super) fn near(&self, lows: &Lows<'_, '_>, writer: &Flat) -> Vec<usize> {
        let mut found = self.rest.clone();
        match &writer.values {
            Some(values) if values.len() <= LISTED => {
                for value in values.iter() {
                    found.extend(self.listed.get(&hash_of(value)).into_iter().flatten());
                    self.add_tagged(value, &mut found);
                }
            }
            _ => {
                found.extend(self.listed.values().flatten());
                if writer.types.meets(Types::OBJECT) {
                    let texts = self.tag.as_ref().and_then(|tag| texts(lows, writer, tag));
                    match texts {
                        // Whoever stands here requires the tag, so it is there.
                        Some(texts) => {
                            found.extend(texts.iter().filter_map(|text| self.tagged.get(text)).flatten());
                        }
                        None => found.extend(self.tagged.values().flatten()),
                    }
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        found.retain(|&at| self.types[at].meets(writer.types));
        found
    }

    /// The branches that may hold for a value, in their order.
    pub(super) fn near_value(&self, value: &Value) -> Vec<usize> {
        let mut found = self.rest.clone();
        found.extend(self.listed.get(&hash_of(value)).into_iter().flatten());
        self.add_tagged(value, &mut found);
        found.sort_unstable();
        found
    }

    fn add_tagged(&self, value: &Value, found: &mut Vec<usize>) {
        if let Some(tag) = &self.tag
            && let Some(Value::String(text)) = value.get(&**tag)
        {
            found.extend(self.tagged.get(&**text).into_iter().flatten());
        }
    }
}

/// The property that most object branches require and give texts for.
fn tag_of(lows: &Lows<'_, '_>, flats: &[Flat]) -> Option<Rc<str>> {
    let mut counts: FxHashMap<Rc<str>, usize> = FxHashMap::default();
    for flat in flats.iter().filter(|flat| flat.types == Types::OBJECT && flat.values.is_none()) {
        for name in flat.required.iter().take(NAMES) {
            if texts(lows, flat, name).is_some() {
                *counts.entry(Rc::clone(name)).or_default() += 1;
            }
        }
    }
    counts.into_iter().max_by(|left, right| left.1.cmp(&right.1).then_with(|| right.0.cmp(&left.0))).map(|most| most.0)
}

/// The texts that a property can be, where it lists them.
pub(super) fn texts(lows: &Lows<'_, '_>, flat: &Flat, name: &str) -> Option<Vec<Rc<str>>> {
    flat.objects.iter().filter_map(|low| low.property(name)).find_map(|property| {
        let own = lows.get(property);
        // A reference leads on to the list.
        let mut values = own.values.clone();
        if values.is_none() {
            values = own.all.iter().find_map(|&part| lows.get(part).values.clone());
        }
        let values = values.filter(|values| values.len() <= LISTED)?;
        values.iter().map(|value| value.as_str().map(Into::into)).collect()
    })
}
