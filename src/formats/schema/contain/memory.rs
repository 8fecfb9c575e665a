//! What a proof search remembers: what was found, and what holds as long as a question further out does.
//!
//! Schemas lead back to themselves, so a question can lead back to itself. It then holds unless something else fails (the
//! greatest fixed point), and whatever was proven with its help holds *if it does*. Such a proof is worth keeping: in
//! contracts whose schemas all reach each other nearly every proof is of this kind, and made anew wherever it is needed
//! it would be made exponentially often. So it is kept for as long as the question that it relied on is open:
//!
//! | the question that was relied on | what relied on it |
//! |---|---|
//! | holds, relying on nothing further out | holds |
//! | holds, relying on one further out | relies on that one |
//! | does not hold | is forgotten |

use std::cell::{Cell, RefCell};

use rustc_hash::FxHashMap;

use crate::formats::schema::contain::{ConjId, Outcome};
use crate::formats::schema::lower::LowId;

/// Relies on nothing.
const NOTHING: u32 = u32::MAX;

/// What is asked about a writer and a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Asked {
    /// A whole value. With whether the writer keeps to names of its own.
    Whole(ConjId, LowId, bool),
    /// What one schema object says of a value that is being looked at. With whether the writer keeps to names of its own,
    /// whether it may be split there, and whether values are looked for.
    Part(ConjId, LowId, [bool; 3]),
}

impl Asked {
    /// What a proof is remembered under: it holds whether or not writers may be split and values are looked for.
    const fn proven(self) -> Self {
        match self {
            Self::Part(writer, reader, [keeps, _, _]) => Self::Part(writer, reader, [keeps, false, false]),
            whole @ Self::Whole(..) => whole,
        }
    }

    /// What proves as much: a proof for any names holds for a writer's own names too.
    const fn for_any_names(self) -> Self {
        match self {
            Self::Part(writer, reader, _) => Self::Part(writer, reader, [false; 3]),
            Self::Whole(writer, reader, _) => Self::Whole(writer, reader, false),
        }
    }
}

/// An outcome, and whether some part of the writer accepts nothing there.
pub(super) type Found = (Outcome, bool);

/// Something that holds if an open question does.
#[derive(Debug, Clone, Copy)]
struct Provisional {
    /// The position of the outermost question that it relies on.
    relied: u32,
    saw_empty: bool,
}

/// A question that is being answered.
pub(super) struct Frame {
    asked: Asked,
    position: u32,
    /// Where what is found under it begins.
    trail: usize,
    /// What relied on before.
    before: u32,
}

/// What was found.
#[derive(Default)]
pub(super) struct Memory {
    /// What holds, with whether some part of the writer accepts nothing there: most of what is known, and small.
    proven: RefCell<FxHashMap<Asked, bool>>,
    /// What does not hold.
    unproven: RefCell<FxHashMap<Asked, Found>>,
    /// Questions that are being answered, with their positions from the outermost inwards.
    open: RefCell<FxHashMap<Asked, u32>>,
    provisional: RefCell<FxHashMap<Asked, Provisional>>,
    /// What is provisional, in the order in which it was found.
    trail: RefCell<Vec<Asked>>,
    /// The outermost position that the answer in the making relied on.
    relied: Cell<Option<u32>>,
}

impl Memory {
    /// What was found, for good or as long as an open question holds, which is then relied on. A question that is being
    /// answered holds.
    pub(super) fn recall(&self, asked: Asked) -> Option<Found> {
        // Asked again for values, it may be known to fail: its own values are being looked for already.
        if let Some(&position) = self.open.borrow().get(&asked) {
            self.rely_on(position);
            return Some((Outcome::Holds, false));
        }
        for proven in [asked.proven(), asked.for_any_names()] {
            if let Some(&saw_empty) = self.proven.borrow().get(&proven) {
                return Some((Outcome::Holds, saw_empty));
            }
            if let Some(&Provisional { relied, saw_empty }) = self.provisional.borrow().get(&proven) {
                self.rely_on(relied);
                return Some((Outcome::Holds, saw_empty));
            }
        }
        self.unproven.borrow().get(&asked).cloned()
    }

    fn rely_on(&self, position: u32) {
        self.relied.set(Some(self.relied().min(position)));
    }

    fn relied(&self) -> u32 {
        self.relied.get().unwrap_or(NOTHING)
    }

    /// Begins to answer. From here on a whole value's question holds where it is met again.
    pub(super) fn begin(&self, asked: Asked) -> Frame {
        let position = self.open.borrow().len() as u32;
        if matches!(asked, Asked::Whole(..)) {
            self.open.borrow_mut().insert(asked, position);
        }
        let before = self.relied();
        self.relied.set(None);
        Frame { asked, position, trail: self.trail.borrow().len(), before }
    }

    /// Ends what [`begin`](Self::begin) began, with what was found; nothing where it was given up.
    pub(super) fn end(&self, frame: Frame, found: Option<Found>) {
        let relied = match frame.asked {
            Asked::Whole(..) => self.end_whole(&frame, found),
            Asked::Part(..) => self.end_part(&frame, found),
        };
        self.relied.set(Some(frame.before.min(relied)));
    }

    /// Gives what whoever asked relies on.
    fn end_whole(&self, frame: &Frame, found: Option<Found>) -> u32 {
        self.open.borrow_mut().remove(&frame.asked);
        // What relied on this question alone relies on nothing any more.
        let relied = if self.relied() >= frame.position { NOTHING } else { self.relied() };
        match found {
            Some((Outcome::Holds, saw_empty)) if relied == NOTHING => {
                self.confirm(frame.trail, saw_empty);
                self.proven.borrow_mut().insert(frame.asked.proven(), saw_empty);
            }
            Some((Outcome::Holds, saw_empty)) => {
                let mut provisional = self.provisional.borrow_mut();
                for asked in &self.trail.borrow()[frame.trail..] {
                    if let Some(entry) = provisional.get_mut(asked) {
                        entry.relied = entry.relied.min(relied);
                    }
                }
                drop(provisional);
                self.keep(frame.asked, Provisional { relied, saw_empty });
            }
            // A failure does not get better where less is assumed.
            found => {
                self.forget(frame.trail);
                if let Some(found) = found {
                    self.unproven.borrow_mut().insert(frame.asked, found);
                }
            }
        }
        relied
    }

    fn end_part(&self, frame: &Frame, found: Option<Found>) -> u32 {
        let relied = self.relied();
        match found {
            Some((Outcome::Holds, saw_empty)) if relied != NOTHING => {
                self.keep(frame.asked, Provisional { relied, saw_empty });
            }
            // What was too deep may be decided from nearer.
            Some((Outcome::Unknown(_), _)) | None => {}
            Some((Outcome::Holds, saw_empty)) => {
                self.proven.borrow_mut().insert(frame.asked.proven(), saw_empty);
            }
            Some(found) => drop(self.unproven.borrow_mut().insert(frame.asked, found)),
        }
        relied
    }

    fn keep(&self, asked: Asked, provisional: Provisional) {
        let asked = asked.proven();
        self.provisional.borrow_mut().insert(asked, provisional);
        self.trail.borrow_mut().push(asked);
    }

    /// What was found since a point in the trail holds. All of it reaches the question that was answered last, and
    /// whatever accepts nothing there.
    fn confirm(&self, trail: usize, saw_empty: bool) {
        let mut proven = self.proven.borrow_mut();
        let mut provisional = self.provisional.borrow_mut();
        for asked in self.trail.borrow_mut().drain(trail..) {
            if let Some(entry) = provisional.remove(&asked) {
                proven.insert(asked, entry.saw_empty || saw_empty);
            }
        }
    }

    fn forget(&self, trail: usize) {
        let mut provisional = self.provisional.borrow_mut();
        for asked in self.trail.borrow_mut().drain(trail..) {
            provisional.remove(&asked);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(number: u32) -> Asked {
        Asked::Whole(ConjId(number), LowId(0), false)
    }

    fn holds(memory: &Memory, number: u32) -> bool {
        matches!(memory.recall(whole(number)), Some((Outcome::Holds, _)))
    }

    fn holding() -> Option<Found> {
        Some((Outcome::Holds, false))
    }

    fn failing() -> Option<Found> {
        Some((Outcome::Unproven, false))
    }

    #[test]
    fn what_relied_on_an_open_question_is_kept_while_it_is_open() {
        let memory = Memory::default();
        let outer = memory.begin(whole(1));
        let inner = memory.begin(whole(2));
        assert!(holds(&memory, 1), "an open question holds");
        memory.end(inner, holding());
        assert!(holds(&memory, 2), "so does what relied on it");
        memory.end(outer, failing());
        assert!(memory.recall(whole(2)).is_none(), "until it turns out to fail");
    }

    #[test]
    fn a_circle_of_questions_holds_as_a_whole() {
        let memory = Memory::default();
        let outer = memory.begin(whole(1));
        let inner = memory.begin(whole(2));
        assert!(holds(&memory, 1));
        memory.end(inner, holding());
        memory.end(outer, Some((Outcome::Holds, true)));
        assert!(matches!(memory.recall(whole(2)), Some((Outcome::Holds, true))), "with what is empty in it");
    }

    #[test]
    fn what_relied_on_a_question_relies_on_what_that_one_relied_on() {
        let memory = Memory::default();
        let first = memory.begin(whole(1));
        let second = memory.begin(whole(2));
        let third = memory.begin(whole(3));
        assert!(holds(&memory, 2));
        memory.end(third, holding());
        assert!(holds(&memory, 1));
        memory.end(second, holding());
        assert!(holds(&memory, 3));
        memory.end(first, failing());
        assert!(memory.recall(whole(3)).is_none());
        assert!(memory.recall(whole(2)).is_none());
    }

    #[test]
    fn a_proof_serves_whoever_asks_for_less() {
        let memory = Memory::default();
        let part = |eyes| Asked::Part(ConjId(1), LowId(1), eyes);
        memory.end(memory.begin(part([false, true, true])), holding());
        for eyes in [[false; 3], [true; 3], [true, false, false]] {
            assert!(matches!(memory.recall(part(eyes)), Some((Outcome::Holds, _))), "{eyes:?}");
        }
        let whole = |keeps| Asked::Whole(ConjId(1), LowId(1), keeps);
        memory.end(memory.begin(whole(true)), holding());
        assert!(memory.recall(whole(false)).is_none(), "own names are not all names");
    }

    #[test]
    fn what_relies_on_nothing_outlives_a_failure_further_out() {
        let memory = Memory::default();
        let outer = memory.begin(whole(1));
        let inner = memory.begin(whole(2));
        memory.end(inner, holding());
        memory.end(outer, failing());
        assert!(holds(&memory, 2));
        assert!(!holds(&memory, 1));
    }
}
