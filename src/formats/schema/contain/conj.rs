//! A writer: lowered schemas that all hold, flattened so that each kind of constraint is in one place.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use serde_json::Value;

use crate::formats::schema::graph::Types;
use crate::formats::schema::lower::{Bound, Low, LowId, Lows, Union};
use crate::formats::schema::number;
use crate::formats::schema::pattern::Patterns;
use crate::syntax::Decimal;

/// An interned [`Conj`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::formats::schema) struct ConjId(pub u32);

/// Which choice of which lowered schema.
pub(super) type ChoiceId = (LowId, u16);

/// Schemas that all hold for one value, with the choices made so far.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::formats::schema) struct Conj {
    /// All of these hold; sorted.
    pub lows: Vec<LowId>,
    /// None of these holds; sorted.
    pub nots: Vec<LowId>,
    /// Branches that were not chosen and may hold as well: what they declare may be there.
    pub others: Vec<LowId>,
    /// Choices that were made; sorted.
    pub made: Vec<ChoiceId>,
    /// The types that are looked at.
    pub types: Types,
}

impl Conj {
    /// One schema.
    pub(in crate::formats::schema) fn of(low: LowId) -> Self {
        Self::all(vec![low])
    }

    /// Several schemas.
    pub(in crate::formats::schema) fn all(mut lows: Vec<LowId>) -> Self {
        lows.sort_unstable();
        lows.dedup();
        Self { lows, nots: Vec::new(), others: Vec::new(), made: Vec::new(), types: Types::ALL }
    }

    /// The same with one more schema.
    pub(super) fn and(&self, low: LowId) -> Self {
        let mut conj = self.clone();
        insert(&mut conj.lows, low);
        conj
    }

    /// The same, looking at some types only.
    pub(super) fn of_types(&self, types: Types) -> Self {
        Self { types: self.types.and(types), ..self.clone() }
    }
}

/// Alternatives that are still open.
#[derive(Debug, Clone)]
pub(super) enum Choice {
    /// `anyOf`, `oneOf`.
    Union(Union),
    /// `if`, `then`, `else`.
    Condition(LowId, Option<LowId>, Option<LowId>),
    /// `dependentSchemas`: the property is not there, or the schema holds.
    Dependent(Rc<str>, LowId),
}

impl Choice {
    fn len(&self) -> usize {
        match self {
            Self::Union(union) => union.branches.len(),
            Self::Condition(..) | Self::Dependent(..) => 2,
        }
    }
}

/// Everything that a conjunction says, unions aside.
#[derive(Debug)]
pub(in crate::formats::schema) struct Flat {
    /// Every lowered schema that holds, references and `allOf` followed.
    pub members: Vec<LowId>,
    pub is_never: bool,
    pub obstacle: Option<Rc<str>>,
    pub types: Types,
    pub has_lexical_integers: bool,
    pub values: Option<Rc<[Value]>>,
    pub minimum: Option<Bound>,
    pub maximum: Option<Bound>,
    pub step: Option<Decimal>,
    pub min_length: u64,
    pub max_length: Option<u64>,
    pub patterns: Vec<Rc<str>>,
    pub formats: Vec<Rc<str>>,
    pub arrays: Vec<Rc<Low>>,
    pub contains: Vec<(LowId, u64, Option<u64>)>,
    pub min_items: u64,
    pub max_items: Option<u64>,
    pub has_unique_items: bool,
    pub unevaluated_items: Vec<LowId>,
    pub objects: Vec<Rc<Low>>,
    pub unevaluated: Vec<LowId>,
    pub names: Vec<LowId>,
    pub required: BTreeSet<Rc<str>>,
    pub hidden: BTreeSet<Rc<str>>,
    pub min_properties: u64,
    pub max_properties: Option<u64>,
    pub dependent_required: Vec<(Rc<str>, Vec<Rc<str>>)>,
    pub nots: Vec<LowId>,
    pub choices: Vec<(ChoiceId, Choice)>,
    /// What branches that were not chosen declare.
    pub others: Vec<Rc<Low>>,
    /// Whether only declared properties are there.
    pub is_closed: bool,
    /// Whether unknown names are tolerated by intent: a closed writer with nothing declared.
    pub declares: bool,
    declared: OnceCell<Box<[Rc<str>]>>,
}

/// One property of a writer.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// What its value must be like.
    pub lows: Vec<LowId>,
    /// Whether it can be there at all.
    pub is_possible: bool,
}

impl Flat {
    /// Flattens; follows references once each, so recursion without consuming a value ends.
    pub(super) fn of(lows: &Lows<'_, '_>, conj: &Conj) -> Self {
        let mut flat = Self::empty(conj.types);
        flat.nots.clone_from(&conj.nots);
        let mut open: Vec<LowId> = conj.lows.iter().rev().copied().collect();
        let mut is_open = false;
        let mut closes = false;
        let mut seen = rustc_hash::FxHashSet::default();
        while let Some(id) = open.pop() {
            if !seen.insert(id) {
                continue;
            }
            flat.members.push(id);
            let low = lows.get(id);
            is_open |= low.is_open;
            closes |= low.view.is_closed || low.view.is_strict;
            flat.add(&low);
            open.extend(low.all.iter().rev());
            flat.add_choices(id, &low, &conj.made);
        }
        let mut others: Vec<LowId> = conj.others.clone();
        while let Some(id) = others.pop() {
            if !seen.insert(id) {
                continue;
            }
            let low = lows.get(id);
            is_open |= low.is_open || !low.unions.is_empty();
            others.extend(low.all.iter());
            flat.others.push(low);
        }
        // Unions that are still open may declare anything.
        flat.is_closed = closes && flat.declares && !is_open && flat.choices.is_empty();
        flat
    }

    fn empty(types: Types) -> Self {
        Self {
            members: Vec::new(),
            is_never: false,
            obstacle: None,
            types,
            has_lexical_integers: false,
            values: None,
            minimum: None,
            maximum: None,
            step: None,
            min_length: 0,
            max_length: None,
            patterns: Vec::new(),
            formats: Vec::new(),
            arrays: Vec::new(),
            contains: Vec::new(),
            min_items: 0,
            max_items: None,
            has_unique_items: false,
            unevaluated_items: Vec::new(),
            objects: Vec::new(),
            unevaluated: Vec::new(),
            names: Vec::new(),
            required: BTreeSet::new(),
            hidden: BTreeSet::new(),
            min_properties: 0,
            max_properties: None,
            dependent_required: Vec::new(),
            nots: Vec::new(),
            choices: Vec::new(),
            others: Vec::new(),
            is_closed: false,
            declares: false,
            declared: OnceCell::new(),
        }
    }

    fn add(&mut self, low: &Rc<Low>) {
        self.is_never |= low.is_never;
        if self.obstacle.is_none() {
            self.obstacle.clone_from(&low.obstacle);
        }
        self.types = self.types.and(low.types);
        self.has_lexical_integers |= low.has_lexical_integers && !low.types.contains(Types::NUMBER);
        if let Some(values) = &low.values {
            self.values = Some(match self.values.take() {
                Some(known) => known.iter().filter(|value| low.lists(value)).cloned().collect(),
                None => Rc::clone(values),
            });
        }
        self.add_numbers(low);
        self.min_length = self.min_length.max(low.min_length);
        self.max_length = least(self.max_length, low.max_length);
        push(&mut self.patterns, low.pattern.as_ref());
        push(&mut self.formats, low.format.as_ref());
        if !low.prefix.is_empty() || low.items.is_some() {
            self.arrays.push(Rc::clone(low));
        }
        self.contains.extend(low.contains);
        self.min_items = self.min_items.max(low.min_items);
        self.max_items = least(self.max_items, low.max_items);
        self.has_unique_items |= low.has_unique_items;
        self.unevaluated_items.extend(low.unevaluated_items);
        self.unevaluated.extend(low.unevaluated);
        self.names.extend(low.names);
        if low.speaks_of_entries() {
            self.declares |= low.declares();
            self.objects.push(Rc::clone(low));
        }
        self.required.extend(low.required.iter().cloned());
        self.hidden.extend(low.hidden.iter().cloned());
        self.min_properties = self.min_properties.max(low.min_properties);
        self.max_properties = least(self.max_properties, low.max_properties);
        self.dependent_required.extend(low.dependent_required.iter().cloned());
        self.nots.extend(low.nots.iter().copied());
    }

    fn add_numbers(&mut self, low: &Low) {
        if let Some(bound) = &low.minimum
            && self.minimum.as_ref().is_none_or(|known| known.is_below(bound))
        {
            self.minimum = Some(bound.clone());
        }
        if let Some(bound) = &low.maximum
            && self.maximum.as_ref().is_none_or(|known| known.is_above(bound))
        {
            self.maximum = Some(bound.clone());
        }
        if let Some(step) = &low.step {
            self.step = match &self.step {
                // Without a common multiple the known step alone is a larger set, which is the safe side.
                Some(known) => number::common_multiple(known, step).or_else(|| Some(known.clone())),
                None => Some(step.clone()),
            };
        }
    }

    fn add_choices(&mut self, id: LowId, low: &Low, made: &[ChoiceId]) {
        let mut at = 0_u16;
        // A choice that was made is not copied: unions can be long.
        let mut add = |choice: &dyn Fn() -> Choice| {
            let id = (id, at);
            at = at.saturating_add(1);
            if made.binary_search(&id).is_err() {
                self.choices.push((id, choice()));
            }
        };
        for union in &low.unions {
            add(&|| Choice::Union(union.clone()));
        }
        if let Some((test, then, other)) = low.condition {
            add(&|| Choice::Condition(test, then, other));
        }
        for (name, schema) in &low.dependent_schemas {
            add(&|| Choice::Dependent(Rc::clone(name), *schema));
        }
    }

    /// How much work looking at it is.
    pub(super) fn weight(&self) -> u64 {
        let entries: usize = self.objects.iter().map(|low| low.properties.len()).sum();
        let choices: usize = self.choices.iter().map(|(_, choice)| choice.len()).sum();
        (1 + self.members.len() + self.others.len() + self.nots.len() + entries / 8 + choices / 4) as u64
    }

    /// Whether every name that the writer may mean is known: no union is open that may declare others.
    pub(super) fn names_are_known(&self) -> bool {
        let leads_on =
            |low: &Rc<Low>| !low.unions.is_empty() || low.condition.is_some() || !low.dependent_schemas.is_empty();
        self.choices.is_empty() && !self.others.iter().any(leads_on)
    }

    /// The bounds of a text's length.
    pub(super) const fn lengths(&self) -> (u64, Option<u64>) {
        (self.min_length, self.max_length)
    }

    /// Every name that is mentioned: declared, required, declared by a branch; sorted.
    pub(super) fn declared_names(&self) -> &[Rc<str>] {
        self.declared.get_or_init(|| {
            let objects = self.objects.iter().chain(&self.others);
            let properties = objects.flat_map(|low| low.properties.iter().map(|(name, _)| name));
            sorted(self.required.iter().chain(properties).cloned().collect()).into()
        })
    }

    /// What a property's value must be like, and whether it can be there.
    pub(super) fn entry(&self, patterns: &Patterns, name: &str) -> Entry {
        let mut lows = Vec::new();
        let mut is_declared = self.required.contains(name);
        for low in &self.objects {
            let mut is_known = false;
            if let Some(property) = low.property(name) {
                is_known = true;
                lows.push(property);
            }
            for (pattern, schema) in &low.patterns {
                match patterns.is_match(pattern, name) {
                    Some(true) => {
                        is_known = true;
                        lows.push(*schema);
                    }
                    Some(false) => {}
                    // Not known whether it applies: leaving it out is the larger set.
                    None => is_known = true,
                }
            }
            if !is_known && let Some(additional) = low.additional {
                lows.push(additional);
                is_known = true;
            }
            is_declared |= is_known;
        }
        if !is_declared && self.choices.is_empty() {
            for other in &self.others {
                if let Some(property) = other.property(name) {
                    lows.push(property);
                    is_declared = true;
                }
            }
            if !is_declared && self.others.is_empty() {
                lows.extend(self.unevaluated.iter().copied());
            }
        }
        Entry { lows, is_possible: is_declared || !self.is_closed }
    }

    /// What the value of a name that nothing mentions must be like; `None` if there can be none.
    pub(super) fn undeclared(&self) -> Option<Vec<LowId>> {
        if self.is_closed {
            return None;
        }
        let mut lows: Vec<LowId> = self.objects.iter().filter_map(|low| low.additional).collect();
        if lows.is_empty() && self.choices.is_empty() && self.others.is_empty() {
            lows.extend(self.unevaluated.iter().copied());
        }
        Some(lows)
    }

    /// What the item at a position must be like.
    pub(super) fn item(&self, at: usize) -> Vec<LowId> {
        let mut lows: Vec<LowId> =
            self.arrays.iter().filter_map(|low| low.prefix.get(at).copied().or(low.items)).collect();
        if lows.is_empty() && self.choices.is_empty() && self.contains.is_empty() {
            lows.extend(self.unevaluated_items.iter().copied());
        }
        lows
    }

    /// The longest prefix that is spelled out; all items from there on are alike.
    pub(super) fn prefix(&self) -> usize {
        self.arrays.iter().map(|low| low.prefix.len()).max().unwrap_or(0)
    }
}

/// Names in their order, each once.
pub(super) fn sorted(mut names: Vec<Rc<str>>) -> Vec<Rc<str>> {
    names.sort_unstable();
    names.dedup();
    names
}

pub(super) fn insert<T: Ord>(list: &mut Vec<T>, item: T) {
    if let Err(at) = list.binary_search(&item) {
        list.insert(at, item);
    }
}

fn least(left: Option<u64>, right: Option<u64>) -> Option<u64> {
    match (left, right) {
        (Some(left), Some(right)) => Some(left.min(right)),
        (left, right) => left.or(right),
    }
}

fn push(list: &mut Vec<Rc<str>>, item: Option<&Rc<str>>) {
    if let Some(item) = item
        && !list.contains(item)
    {
        list.push(Rc::clone(item));
    }
}
