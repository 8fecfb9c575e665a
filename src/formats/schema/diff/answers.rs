//! What is known about pairs: asked once each, and all at once where that is faster.

use std::cell::RefCell;
use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use crate::change::Direction;
use crate::formats::schema::diff::inquiry::{Inquiry, Question};
use crate::formats::schema::diff::reach::Root;
use crate::formats::schema::diff::table::{PairId, Table};
use crate::formats::schema::{Answer, Role, SchemaGraph, SchemaId, Verdict};

/// Who reads whom, in the order of slots.
pub(super) const DIRECTIONS: [Direction; 2] = [Direction::NewReadsOld, Direction::OldReadsNew];

/// A question about a pair.
pub(super) type Matter = (PairId, Direction, Role);

/// The answers so far.
pub(super) struct Answers<'d, 'e, 'g, 'a> {
    inquiry: &'d Inquiry<'e, 'g, 'a>,
    table: &'d Table<'g, 'a>,
    graphs: [&'g SchemaGraph<'a>; 2],
    verdicts: RefCell<FxHashMap<Matter, Verdict>>,
    answers: RefCell<FxHashMap<Matter, Answer>>,
    branches: RefCell<FxHashMap<Question, Verdict>>,
    same: RefCell<FxHashMap<PairId, bool>>,
}

impl<'d, 'e, 'g, 'a> Answers<'d, 'e, 'g, 'a> {
    /// Nothing is known yet. The graphs are those of the old and the new version.
    pub(super) fn new(
        inquiry: &'d Inquiry<'e, 'g, 'a>,
        table: &'d Table<'g, 'a>,
        graphs: [&'g SchemaGraph<'a>; 2],
    ) -> Self {
        Self {
            inquiry,
            table,
            graphs,
            verdicts: RefCell::default(),
            answers: RefCell::default(),
            branches: RefCell::default(),
            same: RefCell::default(),
        }
    }

    fn question(&self, (id, direction, role): Matter) -> Option<Question> {
        let (old, new) = self.table.get(id).single()?;
        Some(Question { old, new, direction, role })
    }

    /// Whether a reader reads what a writer writes at a pair, without what shows it.
    pub(super) fn verdict(&self, matter: Matter) -> Verdict {
        if let Some(&known) = self.verdicts.borrow().get(&matter) {
            return known;
        }
        // Where several schemas hold together there is nothing to ask about.
        let verdict = self.question(matter).and_then(|question| self.inquiry.verdicts(&[question]).pop());
        let verdict = verdict.unwrap_or(Verdict::Unknown);
        self.verdicts.borrow_mut().insert(matter, verdict);
        verdict
    }

    /// Whether what one branch of a union writes is read by the other version's whole union, at a pair. What is asked is
    /// the new branch where old readers read, and the old one otherwise.
    pub(super) fn verdict_of_branch(&self, (id, direction, role): Matter, branch: SchemaId) -> Verdict {
        let Some((old, new)) = self.table.get(id).single() else { return Verdict::Unknown };
        let (old, new) = if direction == Direction::OldReadsNew { (old, branch) } else { (branch, new) };
        let question = Question { old, new, direction, role };
        if let Some(&known) = self.branches.borrow().get(&question) {
            return known;
        }
        let verdict = self.inquiry.verdicts(&[question]).pop().unwrap_or(Verdict::Unknown);
        self.branches.borrow_mut().insert(question, verdict);
        verdict
    }

    /// Whether a reader reads what a writer writes at a pair, with what shows it.
    pub(super) fn answer(&self, matter: Matter) -> Answer {
        if let Some(known) = self.answers.borrow().get(&matter) {
            return known.clone();
        }
        let answer = self.question(matter).and_then(|question| self.inquiry.answers(&[question]).pop());
        let answer = answer.unwrap_or_else(|| Answer::Unknown("several schemas hold together here".to_owned()));
        self.answers.borrow_mut().insert(matter, answer.clone());
        answer
    }

    /// Whether the two versions accept the same values, so that however they are written is nobody's business. The role
    /// is one in which the pair is reached; the answer holds for all.
    pub(super) fn accepts_the_same(&self, id: PairId, role: Role) -> bool {
        if let Some(&known) = self.same.borrow().get(&id) {
            return known;
        }
        let is_refuted = !self.keeps_back(id)
            && DIRECTIONS.iter().any(|&direction| self.verdict((id, direction, role)) == Verdict::Refuted);
        let same = !is_refuted
            && DIRECTIONS.iter().all(|&direction| {
                let question = self.question((id, direction, Role::Payload));
                let verdict = question.and_then(|question| self.inquiry.strict_verdicts(&[question]).pop());
                verdict == Some(Verdict::Contained)
            });
        self.same.borrow_mut().insert(id, same);
        same
    }

    /// Whether roles make a difference at a pair. Where they make none, what a usual reader does not read a strict one
    /// does not read either.
    fn keeps_back(&self, id: PairId) -> bool {
        let pair = self.table.get(id);
        let any = |graph: &SchemaGraph<'_>, schemas: &[_]| schemas.iter().any(|&id| graph.keeps_back(id) != [false; 2]);
        any(self.graphs[0], &pair.old) || any(self.graphs[1], &pair.new)
    }

    /// Asks what walking down from the roots will ask, all at once, if that is faster. A few questions more than that:
    /// those below pairs that turn out to be settled.
    pub(super) fn foresee(&self, roots: &[Root], tops: &[Option<PairId>]) {
        if !self.inquiry.prefers_batches() {
            return;
        }
        let reached = self.roles(roots, tops);
        let weighed: Vec<(PairId, BTreeSet<Role>)> = self
            .table
            .ids()
            .filter(|&id| self.table.get(id).is_weighed() && self.table.get(id).single().is_some())
            .filter_map(|id| Some((id, reached.get(&id)?.clone())))
            .collect();
        let matters = weighed
            .iter()
            .flat_map(|(id, roles)| roles.iter().flat_map(|&role| DIRECTIONS.map(|direction| (*id, direction, role))));
        let matters: Vec<Matter> = matters.collect();
        let questions: Vec<Question> = matters.iter().filter_map(|&matter| self.question(matter)).collect();
        self.verdicts.borrow_mut().extend(matters.into_iter().zip(self.inquiry.verdicts(&questions)));
        let mut doubtful = Vec::new();
        for (id, roles) in weighed {
            let is_refuted = |&role: &Role| {
                DIRECTIONS.iter().any(|&direction| self.verdict((id, direction, role)) == Verdict::Refuted)
            };
            if !self.keeps_back(id) && roles.iter().any(is_refuted) {
                self.same.borrow_mut().insert(id, false);
            } else {
                doubtful.push(id);
            }
        }
        let matters = doubtful.iter().flat_map(|&id| DIRECTIONS.map(|direction| (id, direction, Role::Payload)));
        let questions: Vec<Question> = matters.filter_map(|matter| self.question(matter)).collect();
        let verdicts = self.inquiry.strict_verdicts(&questions);
        let same = verdicts.chunks_exact(2).map(|both| both.iter().all(|&verdict| verdict == Verdict::Contained));
        self.same.borrow_mut().extend(doubtful.into_iter().zip(same));
    }

    /// The roles in which each pair is reached.
    fn roles(&self, roots: &[Root], tops: &[Option<PairId>]) -> FxHashMap<PairId, BTreeSet<Role>> {
        let mut reached: FxHashMap<PairId, BTreeSet<Role>> = FxHashMap::default();
        let tops = roots.iter().zip(tops).filter_map(|(root, top)| Some(((*top)?, root.role)));
        let mut open: Vec<(PairId, Role)> = tops.collect();
        while let Some((id, role)) = open.pop() {
            if reached.entry(id).or_default().insert(role) {
                open.extend(self.table.get(id).children.iter().map(|&(child, _)| (child, role)));
            }
        }
        reached
    }

    /// Asks for answers, all at once if that is faster.
    pub(super) fn fetch(&self, matters: impl IntoIterator<Item = Matter>) {
        if !self.inquiry.prefers_batches() {
            return;
        }
        let mut seen = rustc_hash::FxHashSet::default();
        let matters: Vec<Matter> = matters
            .into_iter()
            .filter(|&matter| seen.insert(matter) && self.question(matter).is_some())
            .filter(|matter| !self.answers.borrow().contains_key(matter))
            .collect();
        let questions: Vec<Question> = matters.iter().filter_map(|&matter| self.question(matter)).collect();
        self.answers.borrow_mut().extend(matters.into_iter().zip(self.inquiry.answers(&questions)));
    }
}
