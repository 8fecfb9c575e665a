//! Matching of HTML forms in a query string's form, and of query strings: names with lists of values.

use crate::pact::mismatch::{Mismatch, Part};
use crate::pact::model::Query;
use crate::pact::path::Step;
use crate::pact::rule::{Category, Rule};
use crate::pact::scope::{Scope, Strictness};
use crate::pact::text_rule::check;

/// The differences between two sets of parameters. `kind` is what a parameter is called (`query parameter`).
pub(crate) fn compare_parameters(
    part: Part,
    kind: &str,
    rules: &Category,
    strictness: Strictness,
    expected: &Query,
    actual: &Query,
) -> Vec<Mismatch> {
    let mut found = Vec::new();
    let scope = Scope::root(rules);
    for (name, values) in expected {
        match actual.iter().find(|(key, _)| key == name) {
            Some((_, came)) => {
                compare_values(part, kind, &scope.child(Step::Key(name)), name, values, came, &mut found);
            }
            None => {
                let message = format!("Expected {kind} '{name}' but was missing");
                found.push(Mismatch::new(part, name, &list(values), "", message));
            }
        }
    }
    if strictness == Strictness::Exact {
        for (name, values) in actual.iter().filter(|(name, _)| !expected.iter().any(|(key, _)| key == name)) {
            found.push(Mismatch::new(part, name, "", &list(values), format!("Unexpected {kind} '{name}' received")));
        }
    }
    found
}

fn compare_values(
    part: Part,
    kind: &str,
    scope: &Scope<'_>,
    name: &str,
    expected: &[Option<String>],
    actual: &[Option<String>],
    found: &mut Vec<Mismatch>,
) {
    if scope.selected().is_none() && !scope.reaches_below() {
        if expected.len() != actual.len() {
            let message = format!(
                "Expected {kind} '{name}' with {} value(s) but received {} value(s)",
                expected.len(),
                actual.len()
            );
            found.push(Mismatch::new(part, name, &list(expected), &list(actual), message));
        }
        for (expected, actual) in expected.iter().zip(actual).filter(|(expected, actual)| expected != actual) {
            let message =
                format!("Expected {kind} '{name}' with value '{}' but was '{}'", shown(expected), shown(actual));
            found.push(Mismatch::new(part, name, shown(expected), shown(actual), message));
        }
        return;
    }
    if let Some(rules) = scope.direct() {
        for rule in &rules.rules {
            let Rule::SizedType { min, max } = rule else { continue };
            let is_fine = min.is_none_or(|min| actual.len() >= min) && max.is_none_or(|max| actual.len() <= max);
            if !is_fine {
                let message =
                    format!("Expected {kind} '{name}' to have {} but it has {} values", rule.label(), actual.len());
                found.push(
                    Mismatch::new(part, name, &list(expected), &list(actual), message).by_rule(Some(rule.label())),
                );
            }
        }
    }
    for (index, value) in actual.iter().enumerate() {
        let Some(example) = expected.get(index).or_else(|| expected.first()) else { continue };
        match scope.child(Step::Index(index)).selected() {
            Some(selected) => {
                let failures = check(selected.rules, shown(example), shown(value));
                found.extend(
                    failures.into_iter().map(|failure| failure.mismatch(part, name, shown(example), shown(value))),
                );
            }
            None if example != value => {
                let message =
                    format!("Expected {kind} '{name}' with value '{}' but was '{}'", shown(example), shown(value));
                found.push(Mismatch::new(part, name, shown(example), shown(value), message));
            }
            None => {}
        }
    }
    if actual.is_empty() && !expected.is_empty() {
        found.push(Mismatch::new(part, name, &list(expected), "", format!("Expected {kind} '{name}' to have a value")));
    }
}

fn shown(value: &Option<String>) -> &str {
    value.as_deref().unwrap_or_default()
}

fn list(values: &[Option<String>]) -> String {
    values.iter().map(shown).collect::<Vec<_>>().join(", ")
}
