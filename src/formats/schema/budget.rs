//! What the engine may spend: every bound in one place, counted over a whole question and over all of them.
//!
//! A unit is one small step: a schema object looked at for one value, one keyword compared. What costs more says so.
//! Units are counted and not time, so that the same contracts get the same answers on every machine.

use std::cell::Cell;

/// Units of one question. Questions about real contracts take a few hundred; an optimized build does about five units in
/// a microsecond.
pub(in crate::formats::schema) const QUESTION: u64 = 2_000_000;
/// Units of all questions of one comparison together; then each gets [`LEAST`].
pub(in crate::formats::schema) const COMPARISON: u64 = 5_000_000;
/// Units that every question gets, so that simple ones are answered beside a hostile one.
pub(in crate::formats::schema) const LEAST: u64 = 4_000;
/// How deep a question may go into schemas within schemas.
pub(in crate::formats::schema) const DEPTH: u32 = 64;
/// Units for checking one value against the lowered form.
pub(in crate::formats::schema) const ONE_VALUE: u64 = 100_000;
/// Units for checking one value against the raw documents. A value that takes more is no witness: a general validator
/// would take as long.
pub(in crate::formats::schema) const ONE_WITNESS: u64 = 150_000;
/// Units for confirming and shrinking all the witnesses of one question.
pub(in crate::formats::schema) const WITNESSES: u64 = 1_000_000;
/// Schema objects that the second engine is asked about, references written out.
pub(in crate::formats::schema) const SECOND_ENGINE: usize = 120;
/// Schema objects that are handed to a validator: compiling more would take longer than the question is worth.
pub(in crate::formats::schema) const EMITTED: usize = 12_000;
/// States of one automaton; beyond it nothing is proven about the pattern.
pub(in crate::formats::schema) const STATES: usize = 1_500;
/// Steps of one operation on automata; each is about a state.
pub(in crate::formats::schema) const AUTOMATON: u64 = 10_000;
/// Steps of all operations on automata of one comparison.
pub(in crate::formats::schema) const AUTOMATA: u64 = 150_000;
/// Characters of a pattern of which an automaton is made.
pub(in crate::formats::schema) const PATTERN: usize = 2_000;

/// What is left to spend.
#[derive(Debug)]
pub(in crate::formats::schema) struct Budget {
    /// Of this question, or of the part of it that is being answered.
    left: Cell<u64>,
    /// Of all questions.
    pool: Cell<u64>,
    /// Of the witnesses of this question.
    witnesses: Cell<u64>,
}

impl Default for Budget {
    fn default() -> Self {
        Self { left: Cell::new(QUESTION), pool: Cell::new(COMPARISON), witnesses: Cell::new(WITNESSES) }
    }
}

impl Budget {
    /// Answers one question of at most `units`.
    pub(in crate::formats::schema) fn question<T>(&self, units: u64, answer: impl FnOnce() -> T) -> T {
        let granted = units.min(self.pool.get().max(LEAST));
        self.left.set(granted);
        // Witnesses are what users see: there are always enough units for a simple one.
        self.witnesses.set(WITNESSES.min(granted.max(LEAST * 10)));
        let answer = answer();
        let used = granted - self.left.get().min(granted);
        self.pool.set(self.pool.get().saturating_sub(used));
        answer
    }

    /// Answers a part of a question with one of `parts` shares of what is left. What it does not need is given back.
    pub(in crate::formats::schema) fn share<T>(&self, parts: u64, answer: impl FnOnce() -> T) -> T {
        let whole = self.left.get();
        let share = whole / parts;
        self.left.set(share);
        let answer = answer();
        self.left.set(whole - share + self.left.get().min(share));
        answer
    }

    /// Takes units; `false` once there are none left.
    pub(in crate::formats::schema) fn spend(&self, units: u64) -> bool {
        match self.left.get().checked_sub(units) {
            Some(left) => {
                self.left.set(left);
                true
            }
            None => {
                self.left.set(0);
                false
            }
        }
    }

    /// Whether there is nothing left.
    pub(in crate::formats::schema) fn is_spent(&self) -> bool {
        self.left.get() == 0
    }

    /// Units for one more check of a witness; none once they are used up.
    pub(in crate::formats::schema) fn for_a_witness(&self) -> Option<u64> {
        let left = self.witnesses.get().min(ONE_WITNESS);
        (left > 0).then_some(left)
    }

    /// Takes the units that a check of a witness has used.
    pub(in crate::formats::schema) fn spend_on_witness(&self, units: u64) {
        self.witnesses.set(self.witnesses.get().saturating_sub(units));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_gives_back_what_it_does_not_need() {
        let budget = Budget::default();
        budget.question(100, || {
            budget.share(4, || assert!(budget.spend(5)));
            assert!(budget.spend(95));
            assert!(!budget.spend(1));
            assert!(budget.is_spent());
        });
    }

    #[test]
    fn a_question_that_runs_out_of_its_share_leaves_the_rest() {
        let budget = Budget::default();
        budget.question(100, || {
            budget.share(2, || assert!(!budget.spend(60)));
            assert!(budget.spend(50));
        });
    }

    #[test]
    fn simple_questions_are_answered_after_hostile_ones() {
        let budget = Budget::default();
        while budget.pool.get() > 0 {
            budget.question(QUESTION, || assert!(!budget.spend(QUESTION + 1)));
        }
        budget.question(QUESTION, || assert!(budget.spend(LEAST)));
    }
}
