//! Alternatives: the writer's are looked at one by one, of the reader's one must hold.

use std::rc::Rc;

use serde_json::Value;

use crate::formats::schema::budget;
use crate::formats::schema::contain::conj::{Choice, ChoiceId, Flat, insert};
use crate::formats::schema::contain::prove::CANDIDATES;
use crate::formats::schema::contain::{Conj, ConjId, Outcome, Prover};
use crate::formats::schema::graph::Types;
use crate::formats::schema::lower::{Low, LowId, Union};

/// More alternatives than this are not tried for a writer whose own alternatives are still open.
const MANY: usize = 12;
/// How many values that some branch refuses are kept.
const FAILURES: usize = 24;
/// Among more alternatives than this it is not looked, each time, whether another one reads such a value.
const LOOKED_THROUGH: usize = 64;

impl Prover<'_, '_> {
    /// The writers that one choice leaves, one of which holds; `None` where there are more than the budget allows.
    pub(super) fn branches(&self, writer: ConjId, id: ChoiceId, choice: &Choice) -> Option<Rc<Vec<ConjId>>> {
        if let Some(known) = self.branched.borrow().get(&(writer, id)) {
            return Some(Rc::clone(known));
        }
        let branches = Rc::new(self.first_branches(writer, id, choice, usize::MAX)?);
        self.branched.borrow_mut().insert((writer, id), Rc::clone(&branches));
        Some(branches)
    }

    /// The first of them.
    pub(super) fn first_branches(
        &self,
        writer: ConjId,
        id: ChoiceId,
        choice: &Choice,
        count: usize,
    ) -> Option<Vec<ConjId>> {
        let mut base = (*self.conj(writer)).clone();
        insert(&mut base.made, id);
        Some(match choice {
            Choice::Union(union) => {
                let mut branches = Vec::with_capacity(union.branches.len().min(count));
                for at in 0..union.branches.len().min(count) {
                    let mut conj = base.and(union.branches[at]);
                    // Branches that something tells apart from this one do not hold anyway, and declare nothing here.
                    let beside = self.alternatives.beside(&self.lows, (id.0, usize::from(id.1)), union, at);
                    if !self.budget.spend(2 + beside.len() as u64) {
                        return None;
                    }
                    for other in beside {
                        match &union.exclusive {
                            Some(exclusive) => {
                                if let Some(&low) = exclusive.get(other) {
                                    insert(&mut conj.nots, low);
                                }
                            }
                            None => insert(&mut conj.others, union.branches[other]),
                        }
                    }
                    branches.push(self.intern(conj));
                }
                branches
            }
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
                let absent =
                    Low { is_added: true, ..Low::anything(view) }.with_properties(vec![(Rc::clone(name), never)]);
                let absent = self.lows.add(absent);
                vec![self.intern(base.and(absent)), self.intern(base.and(*schema))]
            }
        })
    }

    /// One of the reader's alternatives holds, or the writer's types and tags are looked at one by one.
    pub(super) fn union(&self, writer: ConjId, id: (LowId, usize), union: &Union, depth: u32) -> Outcome {
        if depth > self.max_depth() {
            return Outcome::Unknown("the schemas are nested too deeply".into());
        }
        let flat = self.flat(writer);
        let near = self.alternatives.near(&self.lows, id, union, &flat);
        if !self.budget.spend(2 + near.len() as u64) {
            return Self::exhausted();
        }
        // A branch that is the writer's word for word first: of thousands of branches, most are unchanged.
        let same = near.iter().copied().find(|&at| self.is_same(writer, union.branches[at]));
        if same.is_none() && near.len() > MANY && !flat.choices.is_empty() && !self.splits() {
            // Each of the writer's branches is asked on its own soon, and has fewer to be compared with.
            return Outcome::Unproven;
        }
        let mut failures = Vec::new();
        let mut reason = None;
        let ordered = same.into_iter().chain(near.iter().copied().filter(|&at| Some(at) != same));
        for at in ordered {
            if self.is_apart_quickly(writer, union.branches[at]) {
                continue;
            }
            match self.part(writer, union.branches[at], depth) {
                Outcome::Holds => return self.exclusively(writer, id, union, at),
                Outcome::Fails(values) => failures.extend(values),
                Outcome::Unknown(why) => reason = Some(why),
                Outcome::Unproven => {}
            }
            if failures.len() > FAILURES && near.len() <= LOOKED_THROUGH {
                // What one branch refuses and another reads shows nothing, and must not crowd out what does.
                failures = self.refused_by_all(id, union, failures);
            }
            failures.truncate(FAILURES);
            if self.is_exhausted() {
                return Self::exhausted();
            }
        }
        if let Some(parts) = self.split(writer, union) {
            let mut outcome = Outcome::Holds;
            for part in parts {
                if !self.is_empty(part) {
                    outcome = outcome.and_then(|| self.union(part, id, union, depth + 1));
                }
            }
            return outcome;
        }
        if !self.collects() {
            return reason.map_or(Outcome::Unproven, Outcome::Unknown);
        }
        // Values that only one branch refuses are no use; samples of the writer as a whole may be.
        failures.extend(self.samples(writer).iter().cloned());
        let mut failures = self.refused_by_all(id, union, failures);
        match reason {
            Some(reason) if failures.is_empty() => Outcome::Unknown(reason),
            _ => {
                failures.truncate(CANDIDATES);
                Outcome::Fails(failures)
            }
        }
    }

    /// The values that no branch of the reader's is known to read.
    fn refused_by_all(&self, id: (LowId, usize), union: &Union, mut values: Vec<Rc<Value>>) -> Vec<Rc<Value>> {
        let acceptor = self.acceptor();
        values.retain(|value| {
            // Each value has its own allowance, the whole question has one for all.
            acceptor.fuel.set(budget::ONE_VALUE);
            let near = self.alternatives.near_value(&self.lows, id, union, value);
            let near = near.unwrap_or_else(|| (0..union.branches.len()).collect());
            near.iter().all(|&at| acceptor.accepts(union.branches[at], value) != Ok(true))
        });
        values
    }

    /// Where exactly one branch must hold: the others do not.
    fn exclusively(&self, writer: ConjId, id: (LowId, usize), union: &Union, holding: usize) -> Outcome {
        let Some(exclusive) = &union.exclusive else { return Outcome::Holds };
        let near = self.alternatives.near(&self.lows, id, union, &self.flat(writer));
        if !self.budget.spend(near.len() as u64) {
            return Self::exhausted();
        }
        let mut outcome = Outcome::Holds;
        for at in near {
            if at != holding
                && let Some(&other) = exclusive.get(at)
            {
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
            if !self.budget.spend(union.branches.len() as u64) {
                return None;
            }
            let is_tag = union.branches.iter().any(|&branch| {
                let branch = self.flat(self.intern(Conj::of(branch)));
                branch.objects.iter().any(|low| low.property(name).is_some())
            });
            if !is_tag {
                continue;
            }
            if let Some(parts) = self.split_by_value(writer, &conj, &flat, name) {
                return Some(parts.to_vec());
            }
        }
        None
    }

    /// Smaller writers by the values that a property may have. They are made once: whoever splits again means the same.
    fn split_by_value(&self, writer: ConjId, conj: &Conj, flat: &Flat, name: &Rc<str>) -> Option<Rc<[ConjId]>> {
        let key = (writer, Rc::clone(name));
        if let Some(known) = self.splits_by_value.borrow().get(&key) {
            return Some(Rc::clone(known));
        }
        let entry = flat.entry(&self.patterns, name);
        let values = self.finite(self.intern(Conj::all(entry.lows)))?;
        if values.len() < 2 || values.len() > 200 {
            return None;
        }
        let view = self.lows.get(*conj.lows.first()?).view;
        let parts = values.iter().cloned().map(|value| {
            let value = self.lows.add(Low { values: Some(vec![value].into()), ..Low::anything(view.inside()) });
            let part = Low { is_added: true, ..Low::anything(view) }.with_properties(vec![(Rc::clone(name), value)]);
            self.intern(conj.and(self.lows.add(part)))
        });
        let parts: Rc<[ConjId]> = parts.collect();
        self.splits_by_value.borrow_mut().insert(key, Rc::clone(&parts));
        Some(parts)
    }

    /// The reader refuses what `not` accepts.
    pub(super) fn apart(&self, writer: ConjId, not: LowId) -> Outcome {
        if self.is_apart(writer, not) {
            return Outcome::Holds;
        }
        let both = self.intern(self.conj(writer).and(not));
        self.fails_with(both)
    }

    pub(super) fn condition(
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
