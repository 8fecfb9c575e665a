//! Which rules hold at a place: the most specific path wins and cascades to what is inside.

use smallvec::SmallVec;

use crate::pact::path::Step;
use crate::pact::rule::{Category, RuleList};

/// Whether what came may have more than what is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strictness {
    /// Requests: nothing that was not expected.
    Exact,
    /// Responses and messages: more is fine (Postel's law).
    Lenient,
}

/// The rules that can still hold at or below one place.
///
/// Going down one step only looks at the rules that held so far, so the work for a body is linear in the body and does
/// not multiply by the number of rules of other places.
#[derive(Debug, Clone)]
pub(crate) struct Scope<'r> {
    category: &'r Category,
    depth: usize,
    /// Rules whose path agrees so far and goes on below, with the weight so far.
    open: SmallVec<[(usize, u128); 4]>,
    /// The best rule that ended at or above this place.
    best: Option<Best>,
}

#[derive(Debug, Clone, Copy)]
struct Best {
    rule: usize,
    score: u128,
    depth: usize,
}

/// The rules selected for a place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Selected<'r> {
    pub(crate) rules: &'r RuleList,
    /// Whether they were given for a place further up.
    pub(crate) is_cascaded: bool,
}

impl<'r> Scope<'r> {
    /// The scope of the whole value.
    pub(crate) fn root(category: &'r Category) -> Self {
        let mut scope = Self { category, depth: 0, open: SmallVec::new(), best: None };
        for (rule, (path, _)) in category.entries.iter().enumerate() {
            // The root counts as a named step.
            scope.admit(rule, 2, path.0.len());
        }
        scope
    }

    /// The scope of a property or element.
    pub(crate) fn child(&self, step: Step<'_>) -> Self {
        let mut child = Self { category: self.category, depth: self.depth + 1, open: SmallVec::new(), best: self.best };
        for &(rule, weight) in &self.open {
            let tokens = &self.category.entries[rule].0.0;
            let factor = tokens[self.depth].weight(step);
            if factor > 0 {
                child.admit(rule, weight.saturating_mul(u128::from(factor)), tokens.len());
            }
        }
        child
    }

    fn admit(&mut self, rule: usize, weight: u128, length: usize) {
        if length > self.depth {
            self.open.push((rule, weight));
            return;
        }
        let score = weight.saturating_mul(length as u128 + 1);
        if self.best.is_none_or(|best| score >= best.score) {
            self.best = Some(Best { rule, score, depth: self.depth });
        }
    }

    /// The rules that hold here, if any.
    pub(crate) fn selected(&self) -> Option<Selected<'r>> {
        self.best
            .map(|best| Selected { rules: &self.category.entries[best.rule].1, is_cascaded: best.depth < self.depth })
    }

    /// The rules given for exactly this place.
    pub(crate) fn direct(&self) -> Option<&'r RuleList> {
        self.selected().filter(|selected| !selected.is_cascaded).map(|selected| selected.rules)
    }

    /// Whether some rule may hold at a place further down.
    pub(crate) fn reaches_below(&self) -> bool {
        !self.open.is_empty()
    }
}
