//! The proof search: one reader's keyword at a time, writers split only where that is needed.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use rustc_hash::FxHashMap;
use serde_json::Value;

use crate::formats::schema::contain::accept::{Acceptor, Undecided};
use crate::formats::schema::contain::conj::{Choice, ChoiceId, Flat, insert};
use crate::formats::schema::contain::{Conj, ConjId};
use crate::formats::schema::format_values::Formats;
use crate::formats::schema::graph::Types;
use crate::formats::schema::lower::{Low, LowId, Lows, Union};
use crate::formats::schema::pattern::Patterns;

/// How many values one refutation carries upwards.
pub(super) const CANDIDATES: usize = 6;
/// How many failing branches of a writer's union are looked into for values.
const FAILING_BRANCHES: usize = 3;
/// Work allowed for checking one value.
const FUEL: u32 = 200_000;

/// What a proof attempt found.
#[derive(Debug, Clone)]
pub(in crate::formats::schema) enum Outcome {
    /// Everything that the writer may write is accepted.
    Holds,
    /// No proof; these values of the writer should be refused, though nobody has checked.
    Fails(Vec<Value>),
    /// No proof and no idea, with the reason.
    Unknown(Rc<str>),
}

/// Proves containment between lowered schemas, remembering what it found.
pub(in crate::formats::schema) struct Prover<'g, 'a> {
    pub(super) lows: Rc<Lows<'g, 'a>>,
    pub(super) patterns: Rc<Patterns>,
    formats: Rc<Formats>,
    conjs: RefCell<Conjs>,
    /// With whether some part of the writer accepts nothing there.
    known: RefCell<FxHashMap<(ConjId, LowId, bool), (Outcome, bool)>>,
    /// Questions that are being asked, with their position: a question that leads back to itself holds unless something
    /// else fails (the greatest fixed point).
    open: RefCell<FxHashMap<(ConjId, LowId), usize>>,
    /// The lowest position that an answer relied on.
    relied: Cell<usize>,
    steps: Cell<u32>,
    max_depth: u32,
    /// Whether some part of the writer accepts nothing, so that a proof says nothing there.
    saw_empty: Cell<bool>,
    /// Whether an open writer keeps to names that only it could mean: none that the reader declares.
    pub(super) keeps_to_own_names: Cell<bool>,
    pub(super) sampled: RefCell<FxHashMap<ConjId, Option<Rc<Vec<Value>>>>>,
    pub(super) empty: RefCell<FxHashMap<ConjId, bool>>,
    /// Choices that were looked at: the schemas made for them are made once.
    branched: RefCell<FxHashMap<(ConjId, ChoiceId), Rc<Vec<ConjId>>>>,
}

#[derive(Default)]
struct Conjs {
    ids: FxHashMap<Rc<Conj>, ConjId>,
    list: Vec<(Rc<Conj>, Option<Rc<Flat>>)>,
}

impl<'g, 'a> Prover<'g, 'a> {
    pub(in crate::formats::schema) fn new(
        lows: Rc<Lows<'g, 'a>>,
        patterns: Rc<Patterns>,
        formats: Rc<Formats>,
        steps: u32,
        max_depth: u32,
    ) -> Self {
        Self {
            lows,
            patterns,
            formats,
            conjs: RefCell::default(),
            known: RefCell::default(),
            open: RefCell::default(),
            relied: Cell::new(usize::MAX),
            steps: Cell::new(steps),
            max_depth,
            saw_empty: Cell::new(false),
            keeps_to_own_names: Cell::new(false),
            sampled: RefCell::default(),
            empty: RefCell::default(),
            branched: RefCell::default(),
        }
    }

    /// Gives a new question its own budget.
    ///
    /// With `keeps_to_own_names` an open writer sends undeclared names, but none that the reader declares.
    pub(in crate::formats::schema) fn refill(&self, steps: u32, keeps_to_own_names: bool) {
        self.steps.set(steps);
        self.saw_empty.set(false);
        self.keeps_to_own_names.set(keeps_to_own_names);
    }

    /// Whether some part of the writer was found to accept nothing since the last refill.
    pub(in crate::formats::schema) fn saw_empty(&self) -> bool {
        self.saw_empty.get()
    }

    /// Whether the budget is used up.
    pub(super) fn is_exhausted(&self) -> bool {
        self.steps.get() == 0
    }

    pub(super) fn spend(&self) -> bool {
        match self.steps.get().checked_sub(1) {
            Some(left) => {
                self.steps.set(left);
                true
            }
            None => false,
        }
    }

    /// A judge of single values.
    pub(in crate::formats::schema) fn acceptor(&self) -> Acceptor<'_, 'g, 'a> {
        Acceptor { lows: &self.lows, patterns: &self.patterns, formats: &self.formats, fuel: Cell::new(FUEL) }
    }

    pub(in crate::formats::schema) fn intern(&self, conj: Conj) -> ConjId {
        let mut conjs = self.conjs.borrow_mut();
        if let Some(&id) = conjs.ids.get(&conj) {
            return id;
        }
        let id = ConjId(conjs.list.len() as u32);
        let conj = Rc::new(conj);
        conjs.ids.insert(Rc::clone(&conj), id);
        conjs.list.push((conj, None));
        id
    }

    pub(super) fn conj(&self, id: ConjId) -> Rc<Conj> {
        Rc::clone(&self.conjs.borrow().list[id.0 as usize].0)
    }

    pub(super) fn flat(&self, id: ConjId) -> Rc<Flat> {
        let conj = {
            let conjs = self.conjs.borrow();
            let (conj, flat) = &conjs.list[id.0 as usize];
            if let Some(flat) = flat {
                return Rc::clone(flat);
            }
            Rc::clone(conj)
        };
        let mut flat = Flat::of(&self.lows, &conj);
        flat.normalize();
        let flat = Rc::new(flat);
        self.conjs.borrow_mut().list[id.0 as usize].1 = Some(Rc::clone(&flat));
        flat
    }

    /// Whether a value is one of the writer's.
    pub(super) fn is_written(&self, writer: ConjId, value: &Value) -> bool {
        let conj = self.conj(writer);
        conj.types.contains(Types::of(value)) && self.acceptor().accepts_all(&conj.lows, &conj.nots, value) == Ok(true)
    }

    /// Whether the reader reads everything that the writer writes: a whole value of each.
    pub(in crate::formats::schema) fn prove(&self, writer: ConjId, reader: LowId, depth: u32) -> Outcome {
        if self.is_same(writer, reader) {
            return Outcome::Holds;
        }
        if depth > self.max_depth {
            return Outcome::Unknown("the schemas are nested too deeply".into());
        }
        if !self.spend() {
            return Outcome::Unknown("deciding it takes too many steps".into());
        }
        let key = (writer, reader);
        let remembered = (writer, reader, self.keeps_to_own_names.get());
        if let Some((known, saw_empty)) = self.known.borrow().get(&remembered) {
            self.saw_empty.set(self.saw_empty.get() || *saw_empty);
            return known.clone();
        }
        if let Some(&position) = self.open.borrow().get(&key) {
            self.relied.set(self.relied.get().min(position));
            return Outcome::Holds;
        }
        if self.is_empty(writer) {
            if !self.is_refused_outright(writer) {
                self.saw_empty.set(true);
            }
            return Outcome::Holds;
        }
        let position = self.open.borrow().len();
        self.open.borrow_mut().insert(key, position);
        let before = self.relied.replace(usize::MAX);
        let saw_before = self.saw_empty.replace(false);
        let outcome = self.part(writer, reader, depth).and_then(|| self.closing(writer, reader, depth));
        self.open.borrow_mut().remove(&key);
        let relied = self.relied.get();
        // An answer that relied on a question further out is only as good as that one.
        if relied >= position || !matches!(outcome, Outcome::Holds) {
            self.known.borrow_mut().insert(remembered, (outcome.clone(), self.saw_empty.get()));
        }
        if saw_before {
            self.saw_empty.set(true);
        }
        self.relied.set(before.min(if relied >= position { usize::MAX } else { relied }));
        outcome
    }

    /// Whether the writer says all that the reader asks, word for word.
    fn is_same(&self, writer: ConjId, reader: LowId) -> bool {
        let conj = self.conj(writer);
        if conj.lows.contains(&reader) {
            return true;
        }
        let Some(wanted) = self.lows.fingerprint(reader) else { return false };
        let eyes = self.lows.get(reader).view;
        conj.lows.iter().any(|&low| {
            self.lows.fingerprint(low) == Some(wanted) && {
                let own = self.lows.get(low).view;
                own.is_part == eyes.is_part
                    && own.role == eyes.role
                    && (own.is_closed || !eyes.is_strict)
                    && (!own.is_loose || eyes.is_loose)
            }
        })
    }

    /// Whether the writer is `false` by intent: a property that must not be there proves as much as any other.
    fn is_refused_outright(&self, writer: ConjId) -> bool {
        self.flat(writer).is_never
    }

    /// Whether everything written satisfies one schema object of the reader, which need not be all that it asks.
    pub(super) fn part(&self, writer: ConjId, reader: LowId, depth: u32) -> Outcome {
        let whole = self.direct(writer, reader, depth);
        if matches!(whole, Outcome::Holds) || self.is_exhausted() {
            return whole;
        }
        let flat = self.flat(writer);
        let Some((choice_id, choice)) = flat.choices.first() else { return whole };
        let mut failures = Vec::new();
        let mut reason = None;
        for &branch in self.branches(writer, *choice_id, choice).iter() {
            if self.is_empty(branch) {
                continue;
            }
            if !self.spend() {
                return Outcome::Unknown("deciding it takes too many steps".into());
            }
            match self.part(branch, reader, depth + 1) {
                Outcome::Holds => {}
                Outcome::Fails(values) => failures.push(values),
                Outcome::Unknown(why) => reason = Some(why),
            }
            if failures.len() >= FAILING_BRANCHES {
                break;
            }
        }
        match (failures.is_empty(), reason) {
            (true, None) => Outcome::Holds,
            (true, Some(reason)) => Outcome::Unknown(reason),
            (false, _) => Outcome::Fails(failures.into_iter().flatten().take(CANDIDATES * 2).collect()),
        }
    }

    /// The writers that one choice leaves, one of which holds.
    pub(super) fn branches(&self, writer: ConjId, id: ChoiceId, choice: &Choice) -> Rc<Vec<ConjId>> {
        if let Some(known) = self.branched.borrow().get(&(writer, id)) {
            return Rc::clone(known);
        }
        let branches = Rc::new(self.new_branches(writer, id, choice));
        self.branched.borrow_mut().insert((writer, id), Rc::clone(&branches));
        branches
    }

    fn new_branches(&self, writer: ConjId, id: ChoiceId, choice: &Choice) -> Vec<ConjId> {
        let mut base = (*self.conj(writer)).clone();
        insert(&mut base.made, id);
        match choice {
            Choice::Union(union) => union
                .branches
                .iter()
                .enumerate()
                .map(|(at, &branch)| {
                    let mut conj = base.and(branch);
                    match &union.exclusive {
                        Some(exclusive) => {
                            for (other, &low) in exclusive.iter().enumerate() {
                                if other != at {
                                    insert(&mut conj.nots, low);
                                }
                            }
                        }
                        None => {
                            for (other, &low) in union.branches.iter().enumerate() {
                                if other != at {
                                    insert(&mut conj.others, low);
                                }
                            }
                        }
                    }
                    self.intern(conj)
                })
                .collect(),
            Choice::Condition(test, then, otherwise) => {
                let mut holds = base.and(*test);
                if let Some(then) = then {
                    holds = holds.and(*then);
                }
                let mut fails = base;
                insert(&mut fails.nots, *test);
                if let Some(otherwise) = otherwise {
                    fails = fails.and(*otherwise);
                }
                vec![self.intern(holds), self.intern(fails)]
            }
            Choice::Dependent(name, schema) => {
                let view = self.lows.get(id.0).view;
                let never = self.lows.add(Low::never(view.inside()));
                let absent = Low::anything(view).with_properties(vec![(Rc::clone(name), never)]);
                let absent = self.lows.add(absent);
                vec![self.intern(base.and(absent)), self.intern(base.and(*schema))]
            }
        }
    }

    /// One schema object of the reader, keyword by keyword, without splitting the writer.
    fn direct(&self, writer: ConjId, reader: LowId, depth: u32) -> Outcome {
        let low = self.lows.get(reader);
        if let Some(obstacle) = &low.obstacle {
            return Outcome::Unknown(Rc::clone(obstacle));
        }
        let flat = self.flat(writer);
        if let Some(values) = self.finite(writer) {
            return self.each(&values, reader);
        }
        if let Some(obstacle) = &flat.obstacle {
            return Outcome::Unknown(Rc::clone(obstacle));
        }
        if low.is_never {
            return self.fails_with(writer);
        }
        let mut outcome = self.scalars(writer, &flat, &low, reader);
        outcome = outcome.and_then(|| self.arrays(writer, &flat, &low, depth));
        outcome = outcome.and_then(|| self.objects(writer, &flat, &low, depth));
        for &part in &low.all {
            outcome = outcome.and_then(|| self.part(writer, part, depth + 1));
        }
        for union in &low.unions {
            outcome = outcome.and_then(|| self.union(writer, union, depth + 1));
        }
        for &not in &low.nots {
            outcome = outcome.and_then(|| self.apart(writer, not));
        }
        if let Some((test, then, otherwise)) = low.condition {
            outcome = outcome.and_then(|| self.condition(writer, test, then, otherwise, depth + 1));
        }
        outcome
    }

    /// A writer of certain values: each is looked at.
    fn each(&self, values: &[Value], reader: LowId) -> Outcome {
        let mut refused = Vec::new();
        let mut undecided = false;
        for value in values {
            // The budget counts values too: an enumeration can be long.
            if !self.spend() {
                return Outcome::Unknown("deciding it takes too many steps".into());
            }
            match self.acceptor().accepts_all(&[reader], &[], value) {
                Ok(true) => {}
                Ok(false) => refused.push(value.clone()),
                Err(Undecided) => undecided = true,
            }
            if refused.len() >= CANDIDATES {
                break;
            }
        }
        if !refused.is_empty() {
            Outcome::Fails(refused)
        } else if undecided {
            Outcome::Unknown("a value could not be checked".into())
        } else {
            Outcome::Holds
        }
    }

    /// All values of a writer that lists them.
    pub(super) fn finite(&self, writer: ConjId) -> Option<Vec<Value>> {
        let flat = self.flat(writer);
        let mut values = match &flat.values {
            Some(values) => values.clone(),
            None if !flat.types.is_empty() && Types::NULL.or(Types::BOOLEAN).contains(flat.types) => {
                vec![Value::Null, Value::Bool(false), Value::Bool(true)]
            }
            None => return None,
        };
        let conj = self.conj(writer);
        let acceptor = self.acceptor();
        values.retain(|value| {
            conj.types.contains(Types::of(value))
                // What cannot be decided stays: the larger set is the safe side.
                && acceptor.accepts_all(&conj.lows, &conj.nots, value) != Ok(false)
        });
        Some(values)
    }

    /// Any value of the writer is refused.
    pub(super) fn fails_with(&self, writer: ConjId) -> Outcome {
        Outcome::Fails(self.samples(writer).iter().take(CANDIDATES).cloned().collect())
    }

    /// One of the reader's alternatives holds, or the writer's types and tags are looked at one by one.
    fn union(&self, writer: ConjId, union: &Union, depth: u32) -> Outcome {
        let mut failures = Vec::new();
        let mut reason = None;
        let possible: Vec<usize> = (0..union.branches.len())
            .filter(|&at| self.spend() && !self.is_apart_quickly(writer, union.branches[at]))
            .collect();
        // A branch that is the writer's word for word first: of thousands of branches, most are unchanged.
        let same = possible.iter().copied().find(|&at| self.is_same(writer, union.branches[at]));
        let ordered = same.into_iter().chain(possible.iter().copied().filter(|&at| Some(at) != same));
        for at in ordered {
            match self.part(writer, union.branches[at], depth) {
                Outcome::Holds => return self.exclusively(writer, union, at),
                Outcome::Fails(values) => failures.extend(values),
                Outcome::Unknown(why) => reason = Some(why),
            }
            if self.is_exhausted() {
                return Outcome::Unknown("deciding it takes too many steps".into());
            }
        }
        if let Some(parts) = self.split(writer, union) {
            let mut outcome = Outcome::Holds;
            for part in parts {
                if !self.is_empty(part) {
                    outcome = outcome.and_then(|| self.union(part, union, depth + 1));
                }
            }
            return outcome;
        }
        // Values that only one branch refuses are no use; samples of the writer as a whole may be.
        failures.extend(self.samples(writer).iter().cloned());
        let acceptor = self.acceptor();
        failures.retain(|value| union.branches.iter().all(|&branch| acceptor.accepts(branch, value) != Ok(true)));
        match reason {
            Some(reason) if failures.is_empty() => Outcome::Unknown(reason),
            _ => {
                failures.truncate(CANDIDATES);
                Outcome::Fails(failures)
            }
        }
    }

    /// Where exactly one branch must hold: the others do not.
    fn exclusively(&self, writer: ConjId, union: &Union, holding: usize) -> Outcome {
        let Some(exclusive) = &union.exclusive else { return Outcome::Holds };
        let mut outcome = Outcome::Holds;
        for (at, &other) in exclusive.iter().enumerate() {
            if at != holding {
                outcome = outcome.and_then(|| self.apart(writer, other));
            }
        }
        outcome
    }

    /// Smaller writers that together are the writer: by type, else by the values of a property.
    fn split(&self, writer: ConjId, union: &Union) -> Option<Vec<ConjId>> {
        let flat = self.flat(writer);
        let conj = self.conj(writer);
        let atoms: Vec<Types> = Types::ATOMS.into_iter().filter(|&atom| flat.types.meets(atom)).collect();
        if atoms.len() > 1 {
            return Some(atoms.into_iter().map(|atom| self.intern(conj.of_types(atom))).collect());
        }
        if flat.types != Types::OBJECT || !flat.choices.is_empty() {
            return None;
        }
        for name in &flat.required {
            let is_tag = union.branches.iter().any(|&branch| {
                let branch = self.flat(self.intern(Conj::of(branch)));
                branch.objects.iter().any(|low| low.property(name).is_some())
            });
            if !is_tag {
                continue;
            }
            let entry = flat.entry(&self.patterns, name);
            let entry = self.intern(Conj::all(entry.lows));
            let Some(values) = self.finite(entry) else { continue };
            if values.len() < 2 || values.len() > 200 {
                continue;
            }
            let view = self.lows.get(*conj.lows.first()?).view;
            let parts = values.into_iter().map(|value| {
                let value = self.lows.add(Low { values: Some(vec![value].into()), ..Low::anything(view.inside()) });
                let part = Low::anything(view).with_properties(vec![(Rc::clone(name), value)]);
                self.intern(conj.and(self.lows.add(part)))
            });
            return Some(parts.collect());
        }
        None
    }

    /// The reader refuses what `not` accepts.
    pub(super) fn apart(&self, writer: ConjId, not: LowId) -> Outcome {
        if self.is_apart(writer, not) {
            return Outcome::Holds;
        }
        let both = self.intern(self.conj(writer).and(not));
        Outcome::Fails(self.samples(both).iter().take(CANDIDATES).cloned().collect())
    }

    fn condition(
        &self,
        writer: ConjId,
        test: LowId,
        then: Option<LowId>,
        otherwise: Option<LowId>,
        depth: u32,
    ) -> Outcome {
        let conj = self.conj(writer);
        let mut outcome = Outcome::Holds;
        if let Some(then) = then
            && !self.is_apart(writer, test)
        {
            let holding = self.intern(conj.and(test));
            outcome = outcome.and_then(|| self.part(holding, then, depth));
        }
        if let Some(otherwise) = otherwise {
            let mut failing = (*conj).clone();
            insert(&mut failing.nots, test);
            let failing = self.intern(failing);
            if !self.is_empty(failing) {
                outcome = outcome.and_then(|| self.part(failing, otherwise, depth));
            }
        }
        outcome
    }
}

impl Outcome {
    /// Both hold; of two failures the values of both are kept.
    pub(super) fn and_then(self, next: impl FnOnce() -> Self) -> Self {
        match self {
            Self::Holds => next(),
            Self::Fails(values) if values.len() >= CANDIDATES => Self::Fails(values),
            Self::Fails(mut values) => {
                if let Self::Fails(more) = next() {
                    values.extend(more);
                }
                Self::Fails(values)
            }
            Self::Unknown(reason) => match next() {
                Self::Fails(values) if !values.is_empty() => Self::Fails(values),
                _ => Self::Unknown(reason),
            },
        }
    }
}
