//! Alternatives: the writer's are looked at one by one, of the reader's one must hold.

use std::rc::Rc;

use crate::formats::schema::contain::conj::{Choice, ChoiceId, insert};
use crate::formats::schema::contain::prove::CANDIDATES;
use crate::formats::schema::contain::{Conj, ConjId, Outcome, Prover};
use crate::formats::schema::graph::Types;
use crate::formats::schema::lower::{Low, LowId, Union};

impl Prover<'_, '_> {
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

    /// One of the reader's alternatives holds, or the writer's types and tags are looked at one by one.
    pub(super) fn union(&self, writer: ConjId, union: &Union, depth: u32) -> Outcome {
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
                Outcome::Unproven => {}
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
        if !self.collects() {
            return reason.map_or(Outcome::Unproven, Outcome::Unknown);
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
