//! The proof search: one reader's keyword at a time, writers split only where that is needed.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

use rustc_hash::FxHashMap;
use serde_json::Value;

use crate::formats::schema::Side;
use crate::formats::schema::budget::{self, Budget};
use crate::formats::schema::contain::accept::{Acceptor, Undecided};
use crate::formats::schema::contain::alternatives::Branches;
use crate::formats::schema::contain::conj::{ChoiceId, Flat};
use crate::formats::schema::contain::memory::{Asked, Frame, Memory};
use crate::formats::schema::contain::sample::Samples;
use crate::formats::schema::contain::{Conj, ConjId};
use crate::formats::schema::format_values::Formats;
use crate::formats::schema::graph::{SchemaId, Types};
use crate::formats::schema::lower::{LowId, Lows};
use crate::formats::schema::pattern::Patterns;

/// How many values one refutation carries upwards.
pub(super) const CANDIDATES: usize = 6;
/// How many failing branches of a writer's union are looked into for values.
const FAILING_BRANCHES: usize = 3;

/// What a proof attempt found.
#[derive(Debug, Clone)]
pub(in crate::formats::schema) enum Outcome {
    /// Everything that the writer may write is accepted.
    Holds,
    /// No proof; these values of the writer should be refused, though nobody has checked.
    Fails(Vec<Rc<Value>>),
    /// No proof and no idea, with the reason.
    Unknown(Rc<str>),
    /// No proof, and nobody has looked for values yet.
    Unproven,
}

/// Proves containment between lowered schemas, remembering what it found.
pub(in crate::formats::schema) struct Prover<'g, 'a> {
    pub(super) lows: Rc<Lows<'g, 'a>>,
    pub(super) patterns: Rc<Patterns>,
    formats: Rc<Formats>,
    conjs: RefCell<Conjs>,
    /// Schemas by themselves.
    alone: RefCell<FxHashMap<LowId, ConjId>>,
    memory: Memory,
    pub(super) budget: Rc<Budget>,
    max_depth: u32,
    /// Whether a writer's unions may be split where the reader's branches are tried. Splitting comes first further out:
    /// for each of the writer's branches one of the reader's is enough.
    splits: Cell<bool>,
    /// How deep values are being built.
    pub(super) building: Cell<u32>,
    /// Whether a value was asked for while it was being built.
    pub(super) met_itself: Cell<bool>,
    /// Whether some part of the writer accepts nothing, so that a proof says nothing there.
    saw_empty: Cell<bool>,
    /// Whether values are looked for where there is no proof. Building them costs more than proving, and most of what
    /// cannot be proven in one step is proven in the next.
    collects: Cell<bool>,
    /// Whether an open writer keeps to names that only it could mean: none that the reader declares.
    pub(super) keeps_to_own_names: Cell<bool>,
    pub(super) sampled: RefCell<FxHashMap<ConjId, Option<Samples>>>,
    pub(super) empty: RefCell<FxHashMap<ConjId, bool>>,
    /// Choices that were looked at: the schemas made for them are made once.
    pub(super) branched: RefCell<FxHashMap<(ConjId, ChoiceId), Rc<Vec<ConjId>>>>,
    /// Writers that were split by the values of a property.
    pub(super) splits_by_value: RefCell<FxHashMap<(ConjId, Rc<str>), Rc<[ConjId]>>>,
    /// What a reader's object looks at, unions aside.
    pub(super) closures: RefCell<FxHashMap<LowId, ConjId>>,
    pub(super) alternatives: Branches,
    listed: RefCell<FxHashMap<ConjId, Option<Rc<Vec<Value>>>>>,
    empties: RefCell<BTreeSet<(Side, SchemaId)>>,
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
        budget: Rc<Budget>,
        max_depth: u32,
    ) -> Self {
        Self {
            lows,
            patterns,
            formats,
            conjs: RefCell::default(),
            alone: RefCell::default(),
            memory: Memory::default(),
            budget,
            max_depth,
            splits: Cell::new(true),
            building: Cell::new(0),
            met_itself: Cell::new(false),
            saw_empty: Cell::new(false),
            collects: Cell::new(false),
            keeps_to_own_names: Cell::new(false),
            sampled: RefCell::default(),
            empty: RefCell::default(),
            branched: RefCell::default(),
            splits_by_value: RefCell::default(),
            closures: RefCell::default(),
            alternatives: Branches::default(),
            listed: RefCell::default(),
            empties: RefCell::default(),
        }
    }

    /// Begins a new question.
    ///
    /// With `keeps_to_own_names` an open writer sends undeclared names, but none that the reader declares.
    pub(in crate::formats::schema) fn begin(&self, keeps_to_own_names: bool) {
        self.saw_empty.set(false);
        self.splits.set(true);
        self.keeps_to_own_names.set(keeps_to_own_names);
    }

    /// From here on values are looked for where there is no proof.
    pub(in crate::formats::schema) fn collect_values(&self, collects: bool) {
        self.collects.set(collects);
    }

    pub(super) fn collects(&self) -> bool {
        self.collects.get()
    }

    /// No proof: the values that should show it, if anybody asks for them.
    pub(super) fn fails(&self, values: impl FnOnce() -> Vec<Rc<Value>>) -> Outcome {
        if self.collects.get() { Outcome::Fails(values()) } else { Outcome::Unproven }
    }

    /// Whether some part of the writer was found to accept nothing since the question began.
    pub(in crate::formats::schema) fn saw_empty(&self) -> bool {
        self.saw_empty.get()
    }

    pub(super) const fn max_depth(&self) -> u32 {
        self.max_depth
    }

    /// Whether a writer's unions may be split here.
    pub(super) fn splits(&self) -> bool {
        self.splits.get()
    }

    /// Whether the budget is used up.
    pub(super) fn is_exhausted(&self) -> bool {
        self.budget.is_spent()
    }

    /// What is said where the budget is used up.
    pub(super) fn exhausted() -> Outcome {
        Outcome::Unknown("deciding it takes too many steps".into())
    }

    /// A judge of single values.
    pub(in crate::formats::schema) fn acceptor(&self) -> Acceptor<'_, 'g, 'a> {
        Acceptor {
            lows: &self.lows,
            patterns: &self.patterns,
            formats: &self.formats,
            branches: &self.alternatives,
            budget: &self.budget,
            fuel: Cell::new(budget::ONE_VALUE),
        }
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
        // What is begun is finished, so that a schema always means the same; the next step finds the budget used up.
        self.budget.spend(flat.weight());
        let flat = Rc::new(flat);
        self.conjs.borrow_mut().list[id.0 as usize].1 = Some(Rc::clone(&flat));
        flat
    }

    /// What one schema says by itself.
    pub(super) fn flat_of(&self, low: LowId) -> Rc<Flat> {
        if let Some(&known) = self.alone.borrow().get(&low) {
            return self.flat(known);
        }
        let conj = self.intern(Conj::of(low));
        self.alone.borrow_mut().insert(low, conj);
        self.flat(conj)
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
        if !self.budget.spend(4) {
            return Self::exhausted();
        }
        let asked = Asked::Whole(writer, reader, self.keeps_to_own_names.get());
        if let Some((known, saw_empty)) = self.memory.recall(asked) {
            match (known, self.collects.get()) {
                // Nobody has looked for values yet.
                (Outcome::Unproven, true) => {}
                (known, collects) => {
                    self.saw_empty.set(self.saw_empty.get() || saw_empty);
                    let is_wanted = collects || !matches!(known, Outcome::Fails(_));
                    return if is_wanted { known } else { Outcome::Unproven };
                }
            }
        }
        if self.is_empty(writer) {
            if !self.is_refused_outright(writer) {
                self.saw_empty.set(true);
                self.note_empty(writer);
            }
            return Outcome::Holds;
        }
        let frame = self.memory.begin(asked);
        let saw_before = self.saw_empty.replace(false);
        // A value of its own: here writers may be split again.
        let splits = self.splits.replace(true);
        let outcome = self.part(writer, reader, depth).and_then(|| self.closing(writer, reader, depth));
        self.splits.set(splits);
        self.end(frame, &outcome);
        self.saw_empty.set(self.saw_empty.get() || saw_before);
        outcome
    }

    fn end(&self, frame: Frame, outcome: &Outcome) {
        let found = (!self.is_exhausted()).then(|| (outcome.clone(), self.saw_empty.get()));
        self.memory.end(frame, found);
    }

    /// Whether the writer says all that the reader asks, word for word.
    pub(super) fn is_same(&self, writer: ConjId, reader: LowId) -> bool {
        self.is_among(&self.conj(writer).lows, reader)
    }

    /// Whether one of several schemas that hold together says it, word for word.
    pub(super) fn is_among(&self, writer: &[LowId], reader: LowId) -> bool {
        if writer.contains(&reader) {
            return true;
        }
        let (Some(wanted), Some(eyes)) = (self.lows.fingerprint(reader), self.lows.view(reader)) else { return false };
        writer.iter().any(|&low| {
            self.lows.fingerprint(low) == Some(wanted)
                && self.lows.view(low).is_some_and(|own| {
                    own.is_part == eyes.is_part
                        && own.role == eyes.role
                        && (own.is_closed || !eyes.is_strict)
                        && (!own.is_loose || eyes.is_loose)
                })
        })
    }

    /// Whether the writer is `false` or `not: {}` by intent: a property that must not be there proves as much as any other.
    fn is_refused_outright(&self, writer: ConjId) -> bool {
        let flat = self.flat(writer);
        flat.is_never || flat.nots.iter().any(|&not| self.accepts_anything(not))
    }

    /// Remembers a schema that accepts nothing by itself, and not only beside others.
    fn note_empty(&self, writer: ConjId) {
        let conj = self.conj(writer);
        if let ([only], true) = (&conj.lows[..], conj.nots.is_empty() && conj.types == Types::ALL)
            && let Some(origin) = self.lows.origin(*only)
        {
            self.empties.borrow_mut().insert(origin);
        }
    }

    /// The schemas that were found to accept nothing, in the order of their sides and ids.
    pub(in crate::formats::schema) fn empties(&self) -> Vec<(Side, SchemaId)> {
        self.empties.borrow().iter().copied().collect()
    }

    /// Whether everything written satisfies one schema object of the reader, which need not be all that it asks.
    pub(super) fn part(&self, writer: ConjId, reader: LowId, depth: u32) -> Outcome {
        if self.is_same(writer, reader) {
            return Outcome::Holds;
        }
        if depth > self.max_depth {
            return Outcome::Unknown("the schemas are nested too deeply".into());
        }
        if !self.budget.spend(4) {
            return Self::exhausted();
        }
        let eyes = [self.keeps_to_own_names.get(), self.splits.get(), self.collects.get()];
        let asked = Asked::Part(writer, reader, eyes);
        if let Some((known, saw_empty)) = self.memory.recall(asked) {
            self.saw_empty.set(self.saw_empty.get() || saw_empty);
            return known;
        }
        let frame = self.memory.begin(asked);
        let saw_before = self.saw_empty.replace(false);
        let outcome = self.part_anew(writer, reader, depth);
        self.end(frame, &outcome);
        self.saw_empty.set(self.saw_empty.get() || saw_before);
        outcome
    }

    fn part_anew(&self, writer: ConjId, reader: LowId, depth: u32) -> Outcome {
        let flat = self.flat(writer);
        let Some((choice_id, choice)) = flat.choices.first() else { return self.direct(writer, reader, depth) };
        // Without splitting first, and without values: what fails whole often holds branch by branch.
        let collects = self.collects.replace(false);
        let splits = self.splits.replace(false);
        let whole = self.direct(writer, reader, depth);
        self.collects.set(collects);
        self.splits.set(splits);
        if matches!(whole, Outcome::Holds) || !splits || self.is_exhausted() {
            return whole;
        }
        let mut failures = Vec::new();
        let mut reason = None;
        let Some(branches) = self.branches(writer, *choice_id, choice) else { return Self::exhausted() };
        for &branch in branches.iter() {
            if self.is_empty(branch) {
                continue;
            }
            match self.part(branch, reader, depth + 1) {
                Outcome::Holds => {}
                Outcome::Fails(values) => failures.push(values),
                Outcome::Unknown(why) => reason = Some(why),
                Outcome::Unproven => return Outcome::Unproven,
            }
            if failures.len() >= FAILING_BRANCHES {
                break;
            }
            if self.is_exhausted() {
                return Self::exhausted();
            }
        }
        match (failures.is_empty(), reason) {
            (true, None) => Outcome::Holds,
            (true, Some(reason)) => Outcome::Unknown(reason),
            (false, _) => Outcome::Fails(failures.into_iter().flatten().take(CANDIDATES * 2).collect()),
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
        outcome = outcome.and_then(|| self.objects(writer, &flat, (reader, &low), depth));
        for &part in &low.all {
            outcome = outcome.and_then(|| self.part(writer, part, depth + 1));
        }
        for (at, union) in low.unions.iter().enumerate() {
            outcome = outcome.and_then(|| self.union(writer, (reader, at), union, depth + 1));
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
            if !self.budget.spend(1) {
                return Self::exhausted();
            }
            match self.acceptor().accepts_all(&[reader], &[], value) {
                Ok(true) => {}
                Ok(false) => refused.push(Rc::new(value.clone())),
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
    pub(super) fn finite(&self, writer: ConjId) -> Option<Rc<Vec<Value>>> {
        if let Some(known) = self.listed.borrow().get(&writer) {
            return known.clone();
        }
        let values = self.list(writer).map(Rc::new);
        if !self.is_exhausted() {
            self.listed.borrow_mut().insert(writer, values.clone());
        }
        values
    }

    fn list(&self, writer: ConjId) -> Option<Vec<Value>> {
        let flat = self.flat(writer);
        let values: &[Value] = match &flat.values {
            Some(values) => values,
            None if !flat.types.is_empty() && Types::NULL.or(Types::BOOLEAN).contains(flat.types) => {
                &[Value::Null, Value::Bool(false), Value::Bool(true)]
            }
            None => return None,
        };
        let conj = self.conj(writer);
        let acceptor = self.acceptor();
        let is_written = |value: &&Value| {
            // Each value has its own allowance, the whole question has one for all.
            acceptor.fuel.set(budget::ONE_VALUE);
            conj.types.contains(Types::of(value))
                // What cannot be decided stays: the larger set is the safe side.
                && acceptor.accepts_all(&conj.lows, &conj.nots, value) != Ok(false)
        };
        Some(values.iter().filter(is_written).cloned().collect())
    }

    /// Any value of the writer is refused.
    pub(super) fn fails_with(&self, writer: ConjId) -> Outcome {
        self.fails(|| self.samples(writer).iter().take(CANDIDATES).cloned().collect())
    }
}

impl Outcome {
    /// Both hold; of two failures the values of both are kept.
    pub(super) fn and_then(self, next: impl FnOnce() -> Self) -> Self {
        match self {
            Self::Holds => next(),
            Self::Unproven => Self::Unproven,
            Self::Fails(values) if values.len() >= CANDIDATES => Self::Fails(values),
            // One part that fails with a value is enough, unless the value does not show it.
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
