//! Matching of XML documents: elements by name, attributes as `@name`, text as `#text`.

use roxmltree::{Document, Node, ParsingOptions};

use crate::pact::mismatch::{LIMIT, Mismatch, Part, shorten};
use crate::pact::path::{Step, display};
use crate::pact::rule::{Category, Rule, RuleList};
use crate::pact::scope::{Scope, Strictness};
use crate::pact::text_rule::check;

/// Elements, attributes and texts of one document; beyond it the document is refused.
const MAX_NODES: u32 = 1_000_000;

/// How deep a document may nest. Walking recursively is safe below it.
const MAX_DEPTH: usize = 200;

/// The differences between two XML documents.
pub(crate) fn compare_xml(rules: &Category, strictness: Strictness, expected: &[u8], actual: &[u8]) -> Vec<Mismatch> {
    let one = |message: String| vec![Mismatch::new(Part::Body, "$", "XML", "", message)];
    let (Ok(expected), Ok(actual)) = (std::str::from_utf8(expected), std::str::from_utf8(actual)) else {
        return one("XML is only compared in UTF-8".into());
    };
    // Declarations are read, since documents have them; entities cannot be expanded without end by this parser.
    let options = || ParsingOptions { allow_dtd: true, nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    let expected = match Document::parse_with_options(expected, options()) {
        Ok(document) => document,
        Err(error) => return one(format!("the expected body is not XML: {error}")),
    };
    let actual = match Document::parse_with_options(actual, options()) {
        Ok(document) => document,
        Err(error) => return one(format!("Failed to parse the actual body as XML: {error}")),
    };
    let (expected, actual) = (expected.root_element(), actual.root_element());
    let name = qualified(expected);
    let mut walk = Walk { strictness, steps: vec![name.clone()], found: Vec::new() };
    let scope = named(&Scope::root(rules), expected, &name);
    if is_same_name(expected, actual) {
        walk.sizes(&scope, expected, actual, 1);
        walk.element(&scope, expected, actual);
    } else {
        let message = format!("Expected element '{name}' but received '{}'", qualified(actual));
        walk.add(&name, &qualified(actual), message, None);
    }
    walk.found
}

struct Walk {
    strictness: Strictness,
    steps: Vec<String>,
    found: Vec<Mismatch>,
}

/// The scope of an element: rules may name it with or without its prefix.
fn named<'r>(scope: &Scope<'r>, node: Node<'_, '_>, qualified: &str) -> Scope<'r> {
    let by_prefix = scope.child(Step::Key(qualified));
    if by_prefix.direct().is_some() || by_prefix.reaches_below() {
        return by_prefix;
    }
    scope.child(Step::Key(node.tag_name().name()))
}

/// Rules may give an index after a name; others go on directly.
fn indexed<'r>(scope: &Scope<'r>, index: usize) -> Scope<'r> {
    let by_index = scope.child(Step::Index(index));
    if by_index.reaches_below() || (by_index.direct().is_some() && scope.direct().is_none()) {
        by_index
    } else {
        scope.clone()
    }
}

fn qualified(node: Node<'_, '_>) -> String {
    let name = node.tag_name();
    match name.namespace().and_then(|namespace| node.lookup_prefix(namespace)).filter(|prefix| !prefix.is_empty()) {
        Some(prefix) => format!("{prefix}:{}", name.name()),
        None => name.name().to_owned(),
    }
}

/// An expected element without a namespace is found in any; one with a namespace only in that.
fn is_same_name(expected: Node<'_, '_>, actual: Node<'_, '_>) -> bool {
    let (wanted, came) = (expected.tag_name(), actual.tag_name());
    wanted.name() == came.name() && (wanted.namespace().is_none() || wanted.namespace() == came.namespace())
}

fn elements<'d, 'i>(node: Node<'d, 'i>) -> Vec<Node<'d, 'i>> {
    node.children().filter(Node::is_element).collect()
}

fn own_text(node: Node<'_, '_>) -> String {
    let text: String = node.children().filter(Node::is_text).filter_map(|text| text.text()).collect();
    text.trim().to_owned()
}

fn is_type_rule(rules: &RuleList) -> bool {
    rules
        .rules
        .iter()
        .any(|rule| matches!(rule, Rule::Type | Rule::SizedType { .. } | Rule::Values | Rule::EachValue(_)))
}

impl Walk {
    fn add(&mut self, expected: &str, actual: &str, message: String, rule: Option<String>) {
        if self.found.len() < LIMIT {
            let steps: Vec<Step<'_>> = self.steps.iter().map(|step| Step::Key(step)).collect();
            self.found.push(Mismatch::new(Part::Body, display(&steps), expected, actual, message).by_rule(rule));
        }
    }

    fn element(&mut self, scope: &Scope<'_>, expected: Node<'_, '_>, actual: Node<'_, '_>) {
        if self.found.len() >= LIMIT || self.steps.len() > MAX_DEPTH {
            return;
        }
        self.attributes(scope, expected, actual);
        self.children(scope, expected, actual);
        let (wanted, came) = (own_text(expected), own_text(actual));
        if !wanted.is_empty() || !came.is_empty() {
            self.steps.push("#text".into());
            self.value(&scope.child(Step::Key("#text")), &wanted, &came, false);
            self.steps.pop();
        }
    }

    fn value(&mut self, scope: &Scope<'_>, expected: &str, actual: &str, is_attribute: bool) {
        // A regular expression given for an element is about its text, not about each of its attributes.
        let selected =
            scope.selected().filter(|selected| !is_attribute || !selected.is_cascaded || is_type_rule(selected.rules));
        match selected {
            Some(selected) => {
                for failure in check(selected.rules, expected, actual) {
                    self.add(expected, actual, failure.message, failure.rule);
                }
            }
            None if expected != actual => {
                let message = format!("Expected '{}' but received '{}'", shorten(expected), shorten(actual));
                self.add(expected, actual, message, None);
            }
            None => {}
        }
    }

    fn attributes(&mut self, scope: &Scope<'_>, expected: Node<'_, '_>, actual: Node<'_, '_>) {
        for attribute in expected.attributes() {
            let prefix = attribute
                .namespace()
                .and_then(|namespace| expected.lookup_prefix(namespace))
                .filter(|prefix| !prefix.is_empty());
            let step = prefix
                .map_or_else(|| format!("@{}", attribute.name()), |prefix| format!("@{prefix}:{}", attribute.name()));
            let came = actual
                .attributes()
                .find(|other| other.name() == attribute.name() && other.namespace() == attribute.namespace());
            self.steps.push(step.clone());
            match came {
                Some(came) => {
                    let child = scope.child(Step::Key(&step));
                    let child = if child.direct().is_some() {
                        child
                    } else {
                        scope.child(Step::Key(&format!("@{}", attribute.name())))
                    };
                    self.value(&child, attribute.value(), came.value(), true);
                }
                None => {
                    let message =
                        format!("Expected attribute '{}'='{}' but was missing", &step[1..], shorten(attribute.value()));
                    self.add(attribute.value(), "", message, None);
                }
            }
            self.steps.pop();
        }
        if self.strictness == Strictness::Exact {
            for attribute in actual.attributes() {
                let is_known = expected
                    .attributes()
                    .any(|other| other.name() == attribute.name() && other.namespace() == attribute.namespace());
                if !is_known {
                    let message =
                        format!("Unexpected attribute '{}'='{}'", attribute.name(), shorten(attribute.value()));
                    self.add("", attribute.value(), message, None);
                }
            }
        }
    }

    fn children(&mut self, scope: &Scope<'_>, expected: Node<'_, '_>, actual: Node<'_, '_>) {
        let (wanted, came) = (elements(expected), elements(actual));
        let mut names: Vec<Node<'_, '_>> = Vec::new();
        for child in &wanted {
            if !names.iter().any(|known| is_same_name(*known, *child)) {
                names.push(*child);
            }
        }
        for &first in &names {
            let name = qualified(first);
            let group: Vec<_> = wanted.iter().copied().filter(|child| is_same_name(first, *child)).collect();
            let others: Vec<_> = came.iter().copied().filter(|child| is_same_name(first, *child)).collect();
            self.steps.push(name.clone());
            self.group(&named(scope, first, &name), &name, &group, &others);
            self.steps.pop();
        }
        let is_typed = scope.selected().is_some_and(|selected| is_type_rule(selected.rules));
        if self.strictness == Strictness::Exact || (is_typed && !wanted.is_empty()) {
            for child in came.iter().filter(|child| !names.iter().any(|known| is_same_name(*known, **child))) {
                self.add("", &qualified(*child), format!("Unexpected child <{}/>", qualified(*child)), None);
            }
        }
    }

    /// All children of one name.
    fn group(&mut self, scope: &Scope<'_>, name: &str, expected: &[Node<'_, '_>], actual: &[Node<'_, '_>]) {
        let is_typed = scope.selected().is_some_and(|selected| is_type_rule(selected.rules));
        if actual.is_empty() || (!is_typed && actual.len() < expected.len()) {
            let message = if actual.is_empty() {
                format!("Expected child <{name}/> but was missing")
            } else {
                format!("Expected {} children <{name}/> but received {}", expected.len(), actual.len())
            };
            self.add(&expected.len().to_string(), &actual.len().to_string(), message, None);
        }
        if !is_typed && self.strictness == Strictness::Exact && actual.len() > expected.len() {
            let message =
                format!("Unexpected child <{name}/>: expected {} but received {}", expected.len(), actual.len());
            self.add(&expected.len().to_string(), &actual.len().to_string(), message, None);
        }
        for (index, &child) in actual.iter().enumerate() {
            let example = match expected.get(index) {
                Some(example) => Some(example),
                None if is_typed => expected.first(),
                None => None,
            };
            if let Some(&example) = example {
                let inner = indexed(scope, index);
                self.sizes(&inner, example, child, actual.len());
                self.element(&inner, example, child);
            }
        }
    }

    /// A size counts the children of an element that holds a list, and the element itself where it is what repeats.
    fn sizes(&mut self, scope: &Scope<'_>, expected: Node<'_, '_>, actual: Node<'_, '_>, repeated: usize) {
        let Some(rules) = scope.direct() else { return };
        let examples = elements(expected);
        let is_list = examples.first().is_some_and(|first| examples.iter().all(|child| is_same_name(*first, *child)));
        let count = if is_list || self.steps.len() == 1 { elements(actual).len() } else { repeated };
        for rule in &rules.rules {
            let Rule::SizedType { min, max } = rule else { continue };
            if min.is_some_and(|min| count < min) || max.is_some_and(|max| count > max) {
                let message = format!("Expected {count} elements to be of {}", rule.label());
                self.add(&rule.label(), &count.to_string(), message, Some(rule.label()));
            }
        }
    }
}
