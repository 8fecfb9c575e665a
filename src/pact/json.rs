//! Matching of JSON documents, in one walk over what is expected and what came.

use serde_json::{Map, Value};

use crate::pact::json_rule::{check, is_equal, quoted, typed, unequal};
use crate::pact::mismatch::{LIMIT, Mismatch, Part, shorten};
use crate::pact::path::{Step, display};
use crate::pact::rule::{Category, Combine, Rule, RuleList, Variant};
use crate::pact::scope::{Scope, Strictness};

/// The differences between two JSON values under the rules of a body, in the order of the expected document.
#[must_use]
pub fn compare_json(rules: &Category, strictness: Strictness, expected: &Value, actual: &Value) -> Vec<Mismatch> {
    let mut walk = Walk { strictness, steps: Vec::new(), found: Vec::new(), depth_limit: 0 };
    walk.compare(&Scope::root(rules), expected, actual);
    walk.found.truncate(LIMIT);
    walk.found
}

/// A value as compact JSON with the keys of objects sorted, so that the same value is always the same text.
#[must_use]
pub fn canonical_text(value: &Value) -> String {
    fn sorted(value: &Value) -> Value {
        match value {
            Value::Object(object) => {
                let mut entries: Vec<_> = object.iter().collect();
                entries.sort_by_key(|(key, _)| *key);
                entries.into_iter().map(|(key, value)| (key.clone(), sorted(value))).collect::<Map<_, _>>().into()
            }
            Value::Array(list) => list.iter().map(sorted).collect(),
            other => other.clone(),
        }
    }
    match value {
        Value::Object(_) | Value::Array(_) => sorted(value).to_string(),
        other => other.to_string(),
    }
}

struct Walk<'v> {
    strictness: Strictness,
    steps: Vec<Step<'v>>,
    found: Vec<Mismatch>,
    /// How many `eachValue` and `arrayContains` rules enclose this place: each starts a comparison of its own.
    depth_limit: usize,
}

/// Rules inside rules inside rules: no pact nests deeper, and each level multiplies the work.
const MAX_NESTED_RULES: usize = 8;

impl<'v> Walk<'v> {
    fn compare(&mut self, scope: &Scope<'_>, expected: &'v Value, actual: &'v Value) {
        if self.found.len() >= LIMIT {
            return;
        }
        match (expected, actual) {
            (Value::Object(expected), Value::Object(actual)) => self.objects(scope, expected, actual),
            (Value::Array(expected), Value::Array(actual)) => self.lists(scope, expected, actual),
            _ => self.scalars(scope, expected, actual),
        }
    }

    fn add(&mut self, expected: &Value, actual: &Value, message: String, rule: Option<String>) {
        let path = display(&self.steps);
        self.found.push(Mismatch::new(Part::Body, path, &quoted(expected), &quoted(actual), message).by_rule(rule));
    }

    fn child(&mut self, scope: &Scope<'_>, step: Step<'v>, expected: &'v Value, actual: &'v Value) {
        self.steps.push(step);
        self.compare(&scope.child(step), expected, actual);
        self.steps.pop();
    }

    /// Values of which at least one is neither object nor list, or which are of different types.
    fn scalars(&mut self, scope: &Scope<'_>, expected: &'v Value, actual: &'v Value) {
        let is_container = |value: &Value| value.is_object() || value.is_array();
        match scope.selected() {
            // A rule of exactly this place may allow another type (`null` or a type); one from above may not.
            Some(selected) if !selected.is_cascaded || (!is_container(expected) && !is_container(actual)) => {
                self.by_rules(selected.rules, expected, actual, selected.is_cascaded);
            }
            _ if is_container(expected) != is_container(actual)
                || (is_container(expected) && expected.is_object() != actual.is_object()) =>
            {
                let message =
                    format!("Type mismatch: Expected {} to be the same type as {}", typed(actual), typed(expected));
                self.add(expected, actual, message, None);
            }
            _ => {
                if !is_equal(expected, actual) {
                    self.add(expected, actual, unequal(expected, actual), None);
                }
            }
        }
    }

    fn by_rules(&mut self, list: &RuleList, expected: &Value, actual: &Value, is_cascaded: bool) {
        let mut holding: Vec<&Rule> = list.rules.iter().filter(|rule| !is_cascaded || rule.cascades()).collect();
        let equality = Rule::Equality;
        if holding.is_empty() {
            holding.push(&equality);
        }
        let mut failures = Vec::new();
        for rule in holding {
            match check(rule, expected, actual, is_cascaded) {
                Ok(()) if list.combine == Combine::Or => return,
                Ok(()) => {}
                Err(message) => failures.push((message, rule.label())),
            }
        }
        for (message, rule) in failures {
            self.add(expected, actual, message, Some(rule));
        }
    }

    /// Runs each rule of a container; with `OR` one that finds nothing is enough.
    fn each_rule(&mut self, list: &RuleList, is_cascaded: bool, mut run: impl FnMut(&mut Self, &Rule)) -> bool {
        let holding: Vec<&Rule> = list.rules.iter().filter(|rule| !is_cascaded || rule.cascades()).collect();
        if holding.is_empty() {
            return false;
        }
        let before = self.found.len();
        for rule in holding {
            let start = self.found.len();
            run(self, rule);
            if list.combine == Combine::Or && self.found.len() == start {
                self.found.truncate(before);
                return true;
            }
        }
        true
    }

    fn objects(&mut self, scope: &Scope<'_>, expected: &'v Map<String, Value>, actual: &'v Map<String, Value>) {
        let is_done = scope.selected().is_some_and(|selected| {
            self.each_rule(selected.rules, selected.is_cascaded, |walk, rule| {
                walk.object_rule(scope, rule, expected, actual);
            })
        });
        if !is_done {
            self.keys(expected, actual);
            self.values(scope, expected, actual);
        }
    }

    fn object_rule(
        &mut self,
        scope: &Scope<'_>,
        rule: &Rule,
        expected: &'v Map<String, Value>,
        actual: &'v Map<String, Value>,
    ) {
        match rule {
            Rule::Values => {
                for (key, value) in actual {
                    if let Some(example) = expected.get(key).or_else(|| expected.values().next()) {
                        self.child(scope, Step::Key(key), example, value);
                    }
                }
            }
            Rule::EachKey(rules) => {
                for key in actual.keys() {
                    self.steps.push(Step::Key(key));
                    let key = Value::String(key.clone());
                    self.by_rules(rules, &key, &key, false);
                    self.steps.pop();
                }
                if !scope.direct().is_some_and(has_each_value) {
                    self.shared_values(scope, expected, actual);
                }
            }
            Rule::EachValue(rules) => {
                for (key, value) in actual {
                    let example = expected.get(key).or_else(|| expected.values().next()).unwrap_or(value);
                    self.each_value(scope, rules, Step::Key(key), example, value);
                }
            }
            Rule::NotEmpty | Rule::Null | Rule::Equality => {
                let (expected, actual) = (Value::Object(expected.clone()), Value::Object(actual.clone()));
                if let Err(message) = check(rule, &expected, &actual, false) {
                    self.add(&expected, &actual, message, Some(rule.label()));
                }
            }
            _ => {
                self.keys(expected, actual);
                self.values(scope, expected, actual);
            }
        }
    }

    fn values(&mut self, scope: &Scope<'_>, expected: &'v Map<String, Value>, actual: &'v Map<String, Value>) {
        for (key, value) in expected {
            if let Some(actual) = actual.get(key) {
                self.child(scope, Step::Key(key), value, actual);
            }
        }
    }

    /// Values under keys that both have; under other keys only where a rule says what they must be like.
    fn shared_values(&mut self, scope: &Scope<'_>, expected: &'v Map<String, Value>, actual: &'v Map<String, Value>) {
        for (key, value) in actual {
            let child = scope.child(Step::Key(key));
            let is_ruled = child.reaches_below() || child.direct().is_some();
            if let Some(example) = expected.get(key).or_else(|| is_ruled.then(|| expected.values().next()).flatten())
                && is_ruled
            {
                self.child(scope, Step::Key(key), example, value);
            }
        }
    }

    fn keys(&mut self, expected: &'v Map<String, Value>, actual: &'v Map<String, Value>) {
        let missing: Vec<&str> = expected.keys().filter(|key| !actual.contains_key(*key)).map(String::as_str).collect();
        let is_exact = self.strictness == Strictness::Exact;
        let unexpected: Vec<&str> =
            actual.keys().filter(|key| is_exact && !expected.contains_key(*key)).map(String::as_str).collect();
        if missing.is_empty() && unexpected.is_empty() {
            return;
        }
        let names = |object: &Map<String, Value>| {
            let mut names: Vec<&str> = object.keys().map(String::as_str).collect();
            names.sort_unstable();
            format!("[{}]", shorten(&names.join(", ")))
        };
        let path = display(&self.steps);
        let message = if is_exact {
            format!("Expected a Map with keys {} but received one with keys {}", names(expected), names(actual))
        } else {
            format!("Actual map is missing the following keys: {}", missing.join(", "))
        };
        let shown = |names: &[&str], what: &str| {
            if names.is_empty() { String::new() } else { format!("{what} {}", names.join(", ")) }
        };
        let (wanted, came) = (shown(&missing, "keys"), shown(&unexpected, "also keys"));
        let (wanted, came) = (
            if wanted.is_empty() { names(expected) } else { wanted },
            if came.is_empty() { names(actual) } else { came },
        );
        self.found.push(Mismatch::new(Part::Body, path, &wanted, &came, message));
    }

    fn lists(&mut self, scope: &Scope<'_>, expected: &'v [Value], actual: &'v [Value]) {
        let is_done = scope.selected().is_some_and(|selected| {
            let is_cascaded = selected.is_cascaded;
            self.each_rule(selected.rules, is_cascaded, |walk, rule| {
                walk.list_rule(scope, rule, is_cascaded, expected, actual);
            })
        });
        if is_done {
            return;
        }
        if expected.len() != actual.len() {
            let message = if expected.is_empty() {
                format!("Expected an empty List but received {}", quoted_list(actual))
            } else {
                format!("Expected a List with {} elements but received {} elements", expected.len(), actual.len())
            };
            self.add_lists(expected, actual, message, None);
        }
        for (index, (expected, actual)) in expected.iter().zip(actual).enumerate() {
            self.child(scope, Step::Index(index), expected, actual);
        }
    }

    fn add_lists(&mut self, expected: &[Value], actual: &[Value], message: String, rule: Option<String>) {
        let path = display(&self.steps);
        let mismatch = Mismatch::new(Part::Body, path, &quoted_list(expected), &quoted_list(actual), message);
        self.found.push(mismatch.by_rule(rule));
    }

    fn list_rule(
        &mut self,
        scope: &Scope<'_>,
        rule: &Rule,
        is_cascaded: bool,
        expected: &'v [Value],
        actual: &'v [Value],
    ) {
        match rule {
            Rule::ArrayContains(variants) => self.contains(variants, expected, actual),
            Rule::EachValue(rules) => {
                for (index, value) in actual.iter().enumerate() {
                    let example = expected.get(index).or_else(|| expected.first()).unwrap_or(value);
                    self.each_value(scope, rules, Step::Index(index), example, value);
                }
            }
            Rule::Equality if expected.len() != actual.len() => {
                let message =
                    format!("Expected a List with {} elements but received {} elements", expected.len(), actual.len());
                self.add_lists(expected, actual, message, Some(rule.label()));
            }
            _ => {
                let size = match rule {
                    Rule::SizedType { min, max } if !is_cascaded => (min.unwrap_or(0), max.unwrap_or(usize::MAX)),
                    Rule::NotEmpty => (1, usize::MAX),
                    _ => (0, usize::MAX),
                };
                if actual.len() < size.0 || actual.len() > size.1 {
                    // The sentence is made from the whole list, which is at most as long as a report shows.
                    let sample = |list: &[Value]| Value::Array(list.to_vec());
                    if let Err(message) = check(rule, &sample(expected), &sample(actual), false) {
                        self.add_lists(expected, actual, message, Some(rule.label()));
                    }
                }
                for (index, value) in actual.iter().enumerate() {
                    if let Some(example) = expected.get(index).or_else(|| expected.first()) {
                        self.child(scope, Step::Index(index), example, value);
                    }
                }
            }
        }
    }

    /// The element against the rules of `eachValue`, and against what the other rules say about places inside it.
    fn each_value(
        &mut self,
        scope: &Scope<'_>,
        rules: &Category,
        step: Step<'v>,
        expected: &'v Value,
        actual: &'v Value,
    ) {
        if self.depth_limit >= MAX_NESTED_RULES {
            return;
        }
        self.steps.push(step);
        let child = scope.child(step);
        let has_own = child.direct().is_some() || child.reaches_below();
        if !has_own || rules.root().is_some_and(|rules| rules.rules.iter().any(|rule| !matches!(rule, Rule::Type))) {
            self.depth_limit += 1;
            let inner = Scope::root(rules);
            if has_own && (expected.is_object() || expected.is_array()) {
                // What is inside is compared below, by the rules that name it; here only the element as a whole.
                if let Some(selected) = inner.selected() {
                    let shallow = RuleList {
                        rules: selected
                            .rules
                            .rules
                            .iter()
                            .filter(|rule| !matches!(rule, Rule::Type | Rule::Equality))
                            .cloned()
                            .collect(),
                        combine: selected.rules.combine,
                    };
                    self.by_rules_if_any(&shallow, expected, actual);
                }
            } else {
                self.compare(&inner, expected, actual);
            }
            self.depth_limit -= 1;
        }
        if has_own {
            self.compare(&child, expected, actual);
        }
        self.steps.pop();
    }

    fn by_rules_if_any(&mut self, rules: &RuleList, expected: &Value, actual: &Value) {
        if !rules.rules.is_empty() {
            self.by_rules(rules, expected, actual, false);
        }
    }

    fn contains(&mut self, variants: &[Variant], expected: &'v [Value], actual: &'v [Value]) {
        for variant in variants {
            let Some(example) = expected.get(variant.index) else {
                let message = format!(
                    "the rule names element {} of the expected list, which has {} elements",
                    variant.index,
                    expected.len()
                );
                self.add_lists(expected, actual, message, Some("arrayContains".into()));
                continue;
            };
            if self.depth_limit >= MAX_NESTED_RULES {
                return;
            }
            let mut nearest: Option<(usize, Vec<Mismatch>)> = None;
            let mut is_found = false;
            for (index, value) in actual.iter().enumerate() {
                let mut walk = Walk {
                    strictness: self.strictness,
                    steps: Vec::new(),
                    found: Vec::new(),
                    depth_limit: self.depth_limit + 1,
                };
                walk.compare(&Scope::root(&variant.rules), example, value);
                if walk.found.is_empty() {
                    is_found = true;
                    break;
                }
                if nearest.as_ref().is_none_or(|(_, found)| walk.found.len() < found.len()) {
                    nearest = Some((index, walk.found));
                }
            }
            if !is_found {
                let mut message = format!(
                    "Variant at index {} ({}) was not found in the actual list",
                    variant.index,
                    shorten(&canonical_text(example))
                );
                if let Some((index, first)) =
                    nearest.and_then(|(index, found)| found.into_iter().next().map(|first| (index, first)))
                {
                    message.push_str(&format!(
                        "; the nearest is element {index}, where at {}: {}",
                        first.path, first.message
                    ));
                }
                self.add_lists(std::slice::from_ref(example), actual, message, Some("arrayContains".into()));
            }
        }
    }
}

fn has_each_value(rules: &RuleList) -> bool {
    rules.rules.iter().any(|rule| matches!(rule, Rule::EachValue(_)))
}

fn quoted_list(list: &[Value]) -> String {
    let shown: Vec<String> = list.iter().take(20).map(canonical_text).collect();
    let more = if list.len() > shown.len() { ", …" } else { "" };
    format!("[{}{more}]", shorten(&shown.join(", ")))
}
