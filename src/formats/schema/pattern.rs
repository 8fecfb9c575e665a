//! `pattern`: ECMA 262 search semantics, by automata where the pattern is regular.
//!
//! A pattern is found anywhere in the text unless it is anchored, so `^a|b$` means "starts with a, or ends with b".
//! Look-around, backreferences and word boundaries have no automaton here: such patterns match texts, but nothing is
//! proven about them.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Hir, HirKind, Look};
use regexsolver::Term;
use regexsolver::execution_profile::{ExecutionProfile, ExecutionProfileBuilder};
use regexsolver::fast_automaton::GenerationOptions;
use rustc_hash::FxHashMap;

use crate::formats::schema::budget;

/// Lengths beyond this are not built into automata: each character is a state.
const COUNTED: u64 = 300;

/// Patterns by their text, compiled once.
#[derive(Default)]
pub(in crate::formats::schema) struct Patterns {
    compiled: RefCell<FxHashMap<Rc<str>, Rc<Pattern>>>,
    inclusions: RefCell<FxHashMap<(Vec<Rc<str>>, u64, Option<u64>, Rc<str>), Option<bool>>>,
    /// Steps of automata that were taken.
    taken: Cell<u64>,
}

struct Pattern {
    /// The texts in which it is found; `None` where it is no regular language, or too large a one.
    language: Option<Term>,
    /// For matching; `None` if it is no pattern at all.
    matcher: Option<fancy_regex::Regex>,
}

/// The pattern as the `regex` family reads it.
///
/// ECMA 262: `\d` and `\w` are ASCII, `[` needs no escape in a class, `\/` is a slash.
pub(in crate::formats::schema) fn translate(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut chars = pattern.chars().peekable();
    let mut is_class = false;
    while let Some(char) = chars.next() {
        match char {
            '\\' => match chars.next() {
                Some('d') => out.push_str(if is_class { "0-9" } else { "[0-9]" }),
                Some('D') => out.push_str("[^0-9]"),
                Some('w') => out.push_str(if is_class { "A-Za-z0-9_" } else { "[A-Za-z0-9_]" }),
                Some('W') => out.push_str("[^A-Za-z0-9_]"),
                Some('/') => out.push('/'),
                Some('c') => {
                    // A control letter: `\cA` is U+0001.
                    let code = chars.next().map_or(0, |letter| u32::from(letter) % 32);
                    out.push_str(&format!("\\x{{{code:X}}}"));
                }
                Some('Z') if !is_class => out.push('Z'),
                Some('a') => out.push('a'),
                Some(other) => {
                    out.push('\\');
                    out.push(other);
                }
                None => out.push_str("\\\\"),
            },
            '[' if is_class => out.push_str("\\["),
            '[' => {
                is_class = true;
                out.push('[');
                if chars.peek() == Some(&'^') {
                    chars.next();
                    out.push('^');
                }
            }
            ']' if is_class => {
                is_class = false;
                out.push(']');
            }
            '&' | '~' if is_class => {
                out.push('\\');
                out.push(char);
            }
            _ => out.push(char),
        }
    }
    out
}

impl Patterns {
    fn get(&self, text: &Rc<str>) -> Rc<Pattern> {
        if let Some(pattern) = self.compiled.borrow().get(text) {
            return Rc::clone(pattern);
        }
        let translated = translate(text);
        let matcher = (text.len() <= budget::PATTERN)
            .then(|| fancy_regex::RegexBuilder::new(&translated).backtrack_limit(100_000).build().ok())
            .flatten();
        let language = if text.len() <= budget::PATTERN { self.search(&translated) } else { None };
        let pattern = Rc::new(Pattern { language, matcher });
        self.compiled.borrow_mut().insert(Rc::clone(text), Rc::clone(&pattern));
        pattern
    }

    /// Whether a pattern is found in a text; `None` if it is no pattern, or takes too long.
    pub(in crate::formats::schema) fn is_match(&self, pattern: &Rc<str>, text: &str) -> Option<bool> {
        self.get(pattern).matcher.as_ref()?.is_match(text).ok()
    }

    /// Whether every text of certain lengths in which all `writer` patterns are found has the `reader` pattern in it.
    pub(in crate::formats::schema) fn implies(
        &self,
        writer: &[Rc<str>],
        lengths: (u64, Option<u64>),
        reader: &Rc<str>,
    ) -> Option<bool> {
        if writer.contains(reader) {
            return Some(true);
        }
        let key = (writer.to_vec(), lengths.0, lengths.1, Rc::clone(reader));
        if let Some(&known) = self.inclusions.borrow().get(&key) {
            return known;
        }
        let target = self.get(reader);
        let answer = target.language.as_ref().and_then(|target| {
            let source = self.language(writer, lengths)?;
            self.bounded(|| source.subset(target).ok())
        });
        self.inclusions.borrow_mut().insert(key, answer);
        answer
    }

    /// Whether some text matches all the patterns; `None` where that is not known.
    pub(in crate::formats::schema) fn is_possible(
        &self,
        patterns: &[Rc<str>],
        lengths: (u64, Option<u64>),
    ) -> Option<bool> {
        if patterns.is_empty() {
            return Some(lengths.1.is_none_or(|most| lengths.0 <= most));
        }
        let language = self.language(patterns, lengths)?;
        self.bounded(|| language.is_empty().ok()).map(|is_empty| !is_empty)
    }

    /// The texts in which all patterns are found. Patterns without an automaton are left out, so it may be too large.
    fn language(&self, patterns: &[Rc<str>], lengths: (u64, Option<u64>)) -> Option<Term> {
        self.bounded(|| {
            let mut whole = counted(lengths)?;
            for pattern in patterns {
                if let Some(language) = &self.get(pattern).language {
                    whole = whole.intersection(std::slice::from_ref(language)).ok()?;
                }
            }
            Some(whole)
        })
    }

    /// Texts in which all `patterns` are found and, if `avoid` is given, that one is not; shortest first, printable
    /// where that is possible.
    pub(in crate::formats::schema) fn samples(
        &self,
        patterns: &[Rc<str>],
        lengths: (u64, Option<u64>),
        avoid: Option<&Rc<str>>,
        count: usize,
    ) -> Vec<String> {
        let Some(mut language) = self.language(patterns, lengths) else { return Vec::new() };
        if let Some(avoid) = avoid {
            let Some(avoided) = self.get(avoid).language.clone() else { return Vec::new() };
            match self.bounded(|| language.difference(&avoided).ok()) {
                Some(rest) => language = rest,
                None => return Vec::new(),
            }
        }
        let printable = Term::from_pattern("[ -~]*").ok();
        let kept = printable.and_then(|printable| self.bounded(|| language.intersection(&[printable]).ok()));
        let generate = |term: &Term| {
            self.bounded(|| term.generate_strings(count, 0, GenerationOptions::new()).ok()).unwrap_or_default()
        };
        let found = kept.as_ref().map(generate).unwrap_or_default();
        if found.is_empty() { generate(&language) } else { found }
    }

    /// Work on automata, ended where it takes too many steps, by itself or with all that was done before.
    fn bounded<T>(&self, work: impl FnOnce() -> Option<T>) -> Option<T> {
        let left = budget::AUTOMATA.checked_sub(self.taken.get())?.min(budget::AUTOMATON);
        let profile: ExecutionProfile = ExecutionProfileBuilder::new()
            .max_number_of_states(budget::STATES)
            .execution_timeout(left)
            .clock(step_clock)
            .build();
        let before = STEPS.get();
        let found = profile.run(work);
        self.taken.set(self.taken.get() + (STEPS.get() - before));
        found
    }

    /// The language of all texts in which the pattern is found.
    fn search(&self, pattern: &str) -> Option<Term> {
        // Without look-around the syntax tree is regular; `.` stops at line ends, as in ECMA 262.
        let hir = ParserBuilder::new().nest_limit(60).build().parse(pattern).ok()?;
        let mut branches = Vec::new();
        flatten(&hir, &mut branches);
        let mut whole: Option<Term> = None;
        for branch in branches {
            let (starts, ends, core) = unanchored(branch)?;
            let before = if starts { "" } else { ".*" };
            let after = if ends { "" } else { ".*" };
            let text = format!("{before}(?:{core}){after}");
            let term = self.bounded(|| Term::from_pattern(&text).ok())?;
            whole = Some(match whole {
                Some(known) => self.bounded(|| known.union(&[term]).ok())?,
                None => term,
            });
        }
        let whole = whole?;
        // Determinize once and find out here whether it is affordable.
        self.bounded(|| {
            whole.to_automaton().ok()?.determinize().ok()?;
            Some(whole.clone())
        })
    }
}

/// The texts of certain lengths, in characters.
fn counted((least, most): (u64, Option<u64>)) -> Option<Term> {
    let least = least.min(COUNTED);
    let pattern = match most {
        Some(most) if most <= COUNTED => {
            if least > most {
                return Some(Term::new_empty());
            }
            format!(".{{{least},{most}}}")
        }
        _ => format!(".{{{least},}}"),
    };
    Term::from_pattern(&pattern).ok()
}

thread_local! {
    /// The clock of automata: it counts their steps, so that the same patterns get the same answers on every machine.
    static STEPS: Cell<u64> = const { Cell::new(0) };
}

fn step_clock() -> Duration {
    STEPS.with(|steps| {
        steps.set(steps.get() + 1);
        Duration::from_millis(steps.get())
    })
}

/// The alternatives on the outermost level, groups opened.
fn flatten<'h>(hir: &'h Hir, branches: &mut Vec<&'h Hir>) {
    match hir.kind() {
        HirKind::Capture(group) => flatten(&group.sub, branches),
        HirKind::Alternation(alternatives) => alternatives.iter().for_each(|branch| flatten(branch, branches)),
        _ => branches.push(hir),
    }
}

/// Whether a branch is anchored at its start and end, and what is between; `None` for anchors anywhere else.
fn unanchored(hir: &Hir) -> Option<(bool, bool, String)> {
    let is_start = |hir: &Hir| matches!(hir.kind(), HirKind::Look(Look::Start));
    let is_end = |hir: &Hir| matches!(hir.kind(), HirKind::Look(Look::End));
    let parts: Vec<&Hir> = match hir.kind() {
        HirKind::Concat(parts) => parts.iter().collect(),
        _ => vec![hir],
    };
    let first = parts.iter().take_while(|part| is_start(part)).count();
    let last = parts[first..].iter().rev().take_while(|part| is_end(part)).count();
    let core = &parts[first..parts.len() - last];
    if core.iter().any(|part| !part.properties().look_set().is_empty()) {
        return None;
    }
    let core = Hir::concat(core.iter().map(|&part| part.clone()).collect());
    let text = core.to_string();
    Some((first > 0, last > 0, if text == "(?:)" { String::new() } else { text }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn implies(writer: &str, reader: &str) -> Option<bool> {
        Patterns::default().implies(&[writer.into()], (0, None), &reader.into())
    }

    #[test]
    fn anchors_bind_to_their_branch_only() {
        assert_eq!(implies("^a$", "^a|b$"), Some(true));
        assert_eq!(implies("^ac$", "^a|b$"), Some(true), "an unanchored end takes anything");
        assert_eq!(implies("^ca$", "^a|b$"), Some(false));
    }

    #[test]
    fn search_finds_the_pattern_anywhere() {
        assert_eq!(implies("abc", "b"), Some(true));
        assert_eq!(implies("b", "abc"), Some(false));
        assert_eq!(implies("^[0-9]{4}$", "^\\d{2,}$"), Some(true));
    }

    #[test]
    fn lengths_count() {
        let patterns = Patterns::default();
        assert_eq!(patterns.implies(&["^a*$".into()], (0, Some(3)), &"^a{0,3}$".into()), Some(true));
        assert_eq!(patterns.implies(&["^a*$".into()], (0, Some(4)), &"^a{0,3}$".into()), Some(false));
    }

    #[test]
    fn look_around_matches_and_proves_nothing() {
        let patterns = Patterns::default();
        let text: Rc<str> = "^(?!x)y".into();
        assert_eq!(patterns.is_match(&text, "yes"), Some(true));
        assert_eq!(patterns.implies(&["^y".into()], (0, None), &text), None);
        assert_eq!(patterns.implies(&[Rc::clone(&text)], (0, None), &text), Some(true), "itself, by its text");
    }

    #[test]
    fn samples_avoid_what_they_should() {
        let patterns = Patterns::default();
        let found = patterns.samples(&["^[a-c]$".into()], (0, None), Some(&"^[ab]$".into()), 3);
        assert_eq!(found, ["c"]);
    }

    #[test]
    fn hostile_patterns_are_given_up_quickly() {
        let started = std::time::Instant::now();
        implies("^(a|aa|aaa|b){0,900}c$", "^(((a{0,90}){0,90}){0,90})$");
        implies("(.*a){40}", "(.*b){40}(.*c){40}");
        assert!(started.elapsed().as_secs() < 5);
    }
}
