//! A value is rejected, and no edit is known that could be the reason: who is to blame?
//!
//! What an edit can do follows from its kind: a pattern more tightens, a branch more loosens. That is so nearly everywhere, and
//! not in some company: beside `additionalProperties` a pattern more also lets values in, under `maxContains` a tighter
//! `contains` counts fewer, and a branch that was narrowed no longer overlaps another. There the value decides.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::formats::schema::diff::answers::{Answers, DIRECTIONS, Matter};
use crate::formats::schema::diff::compare::Edge;
use crate::formats::schema::diff::edit::Nature;
use crate::formats::schema::diff::table::{PairId, Table};
use crate::formats::schema::{Answer, Role, Verdict, kinds};

/// Per direction, the question whose answer an edit is to blame for.
pub(super) type Blamed = [Option<Matter>; 2];

/// Someone who reaches a pair: in a role, by a way on which nothing above has settled a direction.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reach {
    /// The role.
    pub role: Role,
    /// Per direction, whether somebody may break.
    pub open: [bool; 2],
}

/// What nobody explains.
#[derive(Debug, Default)]
pub(super) struct Blame {
    /// Edits that must be the reason, by their pairs and positions.
    pub edits: FxHashMap<(PairId, usize), Blamed>,
    /// Pairs where one of several edits must be.
    pub pairs: FxHashSet<PairId>,
}

/// Finds whom to blame for what is rejected at each pair, given who reaches it.
pub(super) fn find(
    table: &Table<'_, '_>,
    answers: &Answers<'_, '_, '_, '_>,
    reached: &FxHashMap<PairId, Vec<Reach>>,
) -> Blame {
    let search = Search { table, answers, reached };
    let mut blame = Blame::default();
    for id in table.ids() {
        search.at(id, &mut blame);
    }
    blame
}

struct Search<'s, 'd, 'e, 'g, 'a> {
    table: &'s Table<'g, 'a>,
    answers: &'s Answers<'d, 'e, 'g, 'a>,
    /// Those who are shown edits of constraints.
    reached: &'s FxHashMap<PairId, Vec<Reach>>,
}

impl Search<'_, '_, '_, '_, '_> {
    fn at(&self, id: PairId, blame: &mut Blame) {
        let Some(reached) = self.reached.get(&id) else { return };
        let pair = self.table.get(id);
        let is_whole = pair.is_region() || pair.children.iter().any(|&(child, _)| self.is_joined(child));
        if pair.single().is_none() || !(pair.is_weighed() || is_whole) {
            return;
        }
        // Branches that overlap were told apart by nobody before there was a discriminator, and by people's conventions since:
        // its coming is told as what it means, not as an overlap that validators count.
        if pair.edits.iter().any(|edit| std::ptr::eq(edit.kind, &raw const kinds::DISCRIMINATOR_CHANGED)) {
            return;
        }
        let unexplained: Blamed = [0, 1].map(|at| {
            let open = reached.iter().filter(|reach| reach.open[at]);
            let mut matters = open.map(|reach| (id, DIRECTIONS[at], reach.role));
            matters.find(|&matter| self.is_unexplained(matter, at))
        });
        if unexplained == [None; 2] {
            return;
        }
        let edits = self.constraints(id);
        let own = edits.first().filter(|&&(holder, _)| holder == id && !pair.is_region());
        match (&edits[..], own) {
            (&[only], _) | (_, Some(&only)) => {
                let blamed = blame.edits.entry(only).or_default();
                for (slot, matter) in blamed.iter_mut().zip(unexplained) {
                    *slot = slot.or(matter);
                }
            }
            _ => {
                blame.pairs.insert(id);
            }
        }
    }

    /// Whether several schemas hold together, so that they can only be judged further out.
    fn is_joined(&self, id: PairId) -> bool {
        self.table.get(id).single().is_none()
    }

    fn is_unexplained(&self, matter: Matter, at: usize) -> bool {
        self.answers.verdict(matter) == Verdict::Refuted
            && !self.is_explained(matter, at)
            && matches!(self.answers.answer(matter), Answer::Breaks { .. })
    }

    /// Whether some edit at or below a pair is known to break in a direction.
    fn is_explained(&self, (id, _, role): Matter, at: usize) -> bool {
        let pair = self.table.get(id);
        let mut seen = FxHashSet::from_iter([id]);
        pair.edits.iter().any(|edit| edit.suspect[at])
            || self.children(id, role).any(|child| self.breaks(child, at, role, &mut seen))
    }

    /// Whether what is rejected at a pair is reason enough for what is rejected above it.
    fn breaks(&self, id: PairId, at: usize, role: Role, seen: &mut FxHashSet<PairId>) -> bool {
        if !seen.insert(id) {
            return false;
        }
        let pair = self.table.get(id);
        let below = |seen: &mut FxHashSet<PairId>| {
            let mut children = self.children(id, role);
            children.any(|child| self.breaks(child, at, role, seen))
        };
        if self.is_joined(id) {
            return pair.edits.iter().any(|edit| edit.suspect[at]) || below(seen);
        }
        if !pair.is_weighed() {
            return below(seen);
        }
        match self.answers.verdict((id, DIRECTIONS[at], role)) {
            Verdict::Contained => false,
            Verdict::Refuted => true,
            Verdict::Unknown => pair.edits.iter().any(|edit| edit.suspect[at]) || below(seen),
        }
    }

    fn children(&self, id: PairId, role: Role) -> impl Iterator<Item = PairId> {
        let is_carried = move |edge: &Edge| match role {
            Role::Request => !edge.is_kept_from_requests,
            Role::Response => !edge.is_kept_from_responses,
            Role::Payload => true,
        };
        let children = self.table.get(id).children.iter();
        children.filter(move |(_, edge)| is_carried(edge)).map(|&(child, _)| child)
    }

    /// The edits of constraints at and below a pair that somebody is shown, those of the pair itself first.
    fn constraints(&self, id: PairId) -> Vec<(PairId, usize)> {
        let mut found = Vec::new();
        let mut seen = FxHashSet::from_iter([id]);
        let mut queue = std::collections::VecDeque::from([id]);
        while let Some(id) = queue.pop_front() {
            let pair = self.table.get(id);
            if self.reached.contains_key(&id) {
                let edits = pair.edits.iter().enumerate();
                let constraints = edits.filter(|(_, edit)| edit.nature == Nature::Constraint);
                found.extend(constraints.map(|(at, _)| (id, at)));
            }
            if found.len() > 1 {
                break;
            }
            queue.extend(pair.children.iter().map(|&(child, _)| child).filter(|&child| seen.insert(child)));
        }
        found
    }
}
