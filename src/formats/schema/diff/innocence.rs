//! Branches that came to a union that breaks somebody, and are not why: what they write is read anyway.

use std::cell::RefCell;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::change::Direction;
use crate::formats::schema::Verdict;
use crate::formats::schema::diff::answers::{Answers, Matter};
use crate::formats::schema::diff::edit::Edit;
use crate::formats::schema::diff::table::{PairId, Table};

/// Of how many edits of one union it is asked whether they are the reason: each branch is a question of its own.
const MOST_BRANCHES: usize = 200;

/// Tells which branches are not the reason of a break.
#[derive(Default)]
pub(super) struct Innocence {
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
