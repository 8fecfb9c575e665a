//! Edits in and below a union that breaks somebody, and are not why, or not for all of it.
//!
//! A branch that came to it may be read anyway. An edit below it may break less by itself than the union does by another.
//! Neither goes without another edit that tells the break.

use std::cell::RefCell;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::change::Direction;
use crate::formats::schema::diff::answers::{Answers, Matter};
use crate::formats::schema::diff::edit::Edit;
use crate::formats::schema::diff::table::{PairId, Table};
use crate::formats::schema::{Answer, Verdict};

/// Of how many edits of one union it is asked whether they are the reason: each branch is a question of its own.
const MOST_BRANCHES: usize = 200;

/// How many pairs below a union are asked whether they break as much as it does.
const MOST_ASKED: usize = 32;

/// Tells which edits are not the reason of a break.
#[derive(Default)]
pub(super) struct Innocence {
    /// Whether something below a union breaks as much as the union does.
    carried: RefCell<FxHashMap<Matter, bool>>,
    /// Whether something else is to blame.
    others: RefCell<FxHashMap<Matter, bool>>,
}

impl Innocence {
    /// Whether an edit at a pair is a branch that is not the reason of what breaks there, and something else is.
    pub(super) fn of(
        &self,
        (table, answers): (&Table<'_, '_>, &Answers<'_, '_, '_, '_>),
        own: Matter,
        edit: &Edit,
        at: usize,
    ) -> bool {
        let is_read_anyway = |edit: &Edit| {
            // Who writes the branch: the new version what came, the old one what went.
            let is_written = (own.1 == Direction::OldReadsNew) == edit.old_value.is_empty();
            edit.branch.is_some_and(|branch| is_written && answers.verdict_of_branch(own, branch) == Verdict::Contained)
        };
        let pair = table.get(own.0);
        if edit.branch.is_none()
            || pair.edits.len() > MOST_BRANCHES
            || answers.verdict(own) == Verdict::Contained
            || !is_read_anyway(edit)
        {
            return false;
        }
        if let Some(&known) = self.others.borrow().get(&own) {
            return known;
        }
        // A finding never goes without another that tells the break.
        let has_other = pair.edits.iter().any(|other| other.suspect[at] && !is_read_anyway(other))
            || pair.children.iter().any(|&(child, _)| {
                answers.verdict((child, own.1, own.2)) != Verdict::Contained && is_suspect(table, child, at)
            });
        self.others.borrow_mut().insert(own, has_other);
        has_other
    }

    /// What an edit's own pair says, where the whole above it breaks worse, and does so by another edit below it.
    pub(super) fn alone(
        &self,
        (table, answers): (&Table<'_, '_>, &Answers<'_, '_, '_, '_>),
        own: Matter,
        whole: Matter,
        at: usize,
    ) -> Option<Answer> {
        if own == whole {
            return None;
        }
        let Answer::Breaks { cell: worst, .. } = answers.answer(whole) else { return None };
        let breaks = |answer: &Answer| match answer {
            Answer::Breaks { cell, .. } => Some(*cell),
            _ => None,
        };
        let alone = answers.answer(own);
        if breaks(&alone)? >= worst {
            return None;
        }
        let known = self.carried.borrow().get(&whole).copied();
        let is_carried = known.unwrap_or_else(|| {
            let below = below(table, whole.0, at).into_iter().map(|id| (id, whole.1, whole.2));
            let mut open = below.filter(|&matter| answers.verdict(matter) != Verdict::Contained).take(MOST_ASKED);
            open.any(|matter| breaks(&answers.answer(matter)) >= Some(worst))
        });
        self.carried.borrow_mut().insert(whole, is_carried);
        is_carried.then_some(alone)
    }
}

/// The pairs below a pair that can be asked about and have an edit that can break in a direction.
fn below(table: &Table<'_, '_>, id: PairId, at: usize) -> Vec<PairId> {
    let mut found = Vec::new();
    let mut seen = FxHashSet::from_iter([id]);
    let mut queue = std::collections::VecDeque::from([id]);
    while let Some(next) = queue.pop_front() {
        let pair = table.get(next);
        if next != id && pair.single().is_some() && pair.edits.iter().any(|edit| edit.suspect[at]) {
            found.push(next);
        }
        queue.extend(pair.children.iter().map(|&(child, _)| child).filter(|&child| seen.insert(child)));
    }
    found
}

/// Whether some edit at or below a pair can break in a direction.
fn is_suspect(table: &Table<'_, '_>, id: PairId, at: usize) -> bool {
    let mut seen = FxHashSet::from_iter([id]);
    let mut queue = vec![id];
    while let Some(id) = queue.pop() {
        let pair = table.get(id);
        if pair.edits.iter().any(|edit| edit.suspect[at]) {
            return true;
        }
        queue.extend(pair.children.iter().map(|&(child, _)| child).filter(|&child| seen.insert(child)));
    }
    false
}
