//! Comparing HTTP requests and responses and messages, part by part.

use serde_json::Value;

use crate::pact::body::compare_body;
use crate::pact::content_type::ContentType;
use crate::pact::form::compare_parameters;
use crate::pact::json_rule;
use crate::pact::mismatch::{Mismatch, Part};
use crate::pact::model::{Body, Headers, HttpRequest, HttpResponse, Message, Metadata, Query};
use crate::pact::path::Step;
use crate::pact::rule::{Category, RuleList};
use crate::pact::scope::{Scope, Strictness};
use crate::pact::text_rule::{check, combine};

/// The differences of an actual request: nothing unexpected is allowed but headers.
#[must_use]
pub fn compare_request(expected: &HttpRequest, actual: &HttpRequest) -> Vec<Mismatch> {
    let mut found = Vec::new();
    if !expected.method.eq_ignore_ascii_case(&actual.method) {
        let message = format!("Expected method {} but was {}", expected.method, actual.method);
        found.push(Mismatch::new(Part::Method, "", &expected.method, &actual.method, message));
    }
    compare_path(expected.rules.path.as_ref(), &expected.path, &actual.path, &mut found);
    found.extend(compare_parameters(
        Part::Query,
        "query parameter",
        &expected.rules.query,
        Strictness::Exact,
        &expected.query,
        &actual.query,
    ));
    compare_headers(&expected.rules.header, &expected.headers, &actual.headers, &mut found);
    found.extend(compare_bodies(
        &expected.rules.body,
        Strictness::Exact,
        (&expected.body, expected.content_type()),
        (&actual.body, actual.content_type()),
    ));
    found
}

/// The differences of an actual response: more than expected is fine.
#[must_use]
pub fn compare_response(expected: &HttpResponse, actual: &HttpResponse) -> Vec<Mismatch> {
    let mut found = Vec::new();
    let (wanted, came) = (expected.status.to_string(), actual.status.to_string());
    match &expected.rules.status {
        Some(rules) => found.extend(
            check(rules, &wanted, &came).into_iter().map(|failure| failure.mismatch(Part::Status, "", &wanted, &came)),
        ),
        None if expected.status != actual.status => {
            found.push(Mismatch::new(Part::Status, "", &wanted, &came, format!("expected {wanted} but was {came}")));
        }
        None => {}
    }
    compare_headers(&expected.rules.header, &expected.headers, &actual.headers, &mut found);
    found.extend(compare_bodies(
        &expected.rules.body,
        Strictness::Lenient,
        (&expected.body, expected.content_type()),
        (&actual.body, actual.content_type()),
    ));
    found
}

/// The differences of an actual message.
#[must_use]
pub fn compare_message(expected: &Message, actual: &Message) -> Vec<Mismatch> {
    let mut found = compare_bodies(
        &expected.rules.body,
        Strictness::Lenient,
        (&expected.body, expected.content_type()),
        (&actual.body, actual.content_type()),
    );
    found.extend(compare_metadata(&expected.rules.metadata, &expected.metadata, &actual.metadata));
    found
}

fn compare_bodies(
    rules: &Category,
    strictness: Strictness,
    (expected, expected_type): (&Body, Option<ContentType>),
    (actual, actual_type): (&Body, Option<ContentType>),
) -> Vec<Mismatch> {
    compare_body(rules, strictness, expected, expected_type.as_ref(), actual, actual_type.as_ref())
}

fn compare_path(rules: Option<&RuleList>, expected: &str, actual: &str, found: &mut Vec<Mismatch>) {
    match rules {
        Some(rules) => found.extend(
            check(rules, expected, actual)
                .into_iter()
                .map(|failure| failure.mismatch(Part::Path, "", expected, actual)),
        ),
        None if expected != actual => {
            found.push(Mismatch::new(
                Part::Path,
                "",
                expected,
                actual,
                format!("Expected path '{expected}' but was '{actual}'"),
            ));
        }
        None => {}
    }
}

fn compare_headers(rules: &Category, expected: &Headers, actual: &Headers, found: &mut Vec<Mismatch>) {
    let scope = Scope::root(rules);
    for (name, values) in expected {
        let lower = name.to_ascii_lowercase();
        let came: Vec<&str> = actual
            .iter()
            .filter(|(key, _)| key.eq_ignore_ascii_case(name))
            .flat_map(|(_, values)| values)
            .map(String::as_str)
            .collect();
        let wanted = values.join(", ");
        if came.is_empty() {
            if !actual.iter().any(|(key, _)| key.eq_ignore_ascii_case(name)) {
                found.push(Mismatch::new(
                    Part::Header,
                    name,
                    &wanted,
                    "",
                    format!("Expected a header '{name}' but was missing"),
                ));
            }
            continue;
        }
        let scope = scope.child(Step::Key(&lower));
        let whole = came.join(", ");
        if scope.selected().is_some() || scope.reaches_below() {
            ruled_header(&scope, name, values, &came, &whole, found);
        } else if matches!(lower.as_str(), "content-type" | "accept") {
            typed_header(name, values, &came, found);
        } else {
            let pieces = |values: &mut dyn Iterator<Item = &str>| {
                values.flat_map(|value| split_header_value(name, value)).collect::<Vec<_>>()
            };
            let same = pieces(&mut values.iter().map(String::as_str)) == pieces(&mut came.iter().copied());
            if !same {
                let message = format!("Expected header '{name}' to have value '{wanted}' but was '{whole}'");
                found.push(Mismatch::new(Part::Header, name, &wanted, &whole, message));
            }
        }
    }
}

/// Each value has to satisfy the rule, or the header as a whole does (a rule may be about a value with commas in it).
fn ruled_header(
    scope: &Scope<'_>,
    name: &str,
    expected: &[String],
    actual: &[&str],
    whole: &str,
    found: &mut Vec<Mismatch>,
) {
    let example =
        |index: usize| expected.get(index).or_else(|| expected.first()).map(String::as_str).unwrap_or_default();
    let mut failed = Vec::new();
    for (index, value) in actual.iter().enumerate() {
        match scope.child(Step::Index(index)).selected() {
            Some(selected) => failed.extend(
                check(selected.rules, example(index), value)
                    .into_iter()
                    .map(|failure| failure.mismatch(Part::Header, name, example(index), value)),
            ),
            None if example(index) != *value => {
                let message = format!("Expected header '{name}' to have value '{}' but was '{value}'", example(index));
                failed.push(Mismatch::new(Part::Header, name, example(index), value, message));
            }
            None => {}
        }
    }
    let is_whole_fine =
        || scope.selected().is_some_and(|selected| check(selected.rules, &expected.join(", "), whole).is_empty());
    if !failed.is_empty() && !is_whole_fine() {
        found.extend(failed);
    }
}

/// Media types in order; parameters that are expected must be there, others do not count.
fn typed_header(name: &str, expected: &[String], actual: &[&str], found: &mut Vec<Mismatch>) {
    let pieces = |values: &mut dyn Iterator<Item = &str>| {
        values.flat_map(|value| split_header_value(name, value)).collect::<Vec<_>>()
    };
    let wanted = pieces(&mut expected.iter().map(String::as_str));
    let came = pieces(&mut actual.iter().copied());
    let is_same =
        wanted.len() == came.len() && wanted.iter().zip(&came).all(|(wanted, came)| is_same_typed(wanted, came));
    if !is_same {
        let shown = |values: &[String]| values.iter().map(|value| spaced(value)).collect::<Vec<_>>().join(", ");
        let (wanted, came) = (shown(&wanted), shown(&came));
        let message = format!("Expected header '{name}' to have value '{wanted}' but was '{came}'");
        found.push(Mismatch::new(Part::Header, name, &wanted, &came, message));
    }
}

fn spaced(value: &str) -> String {
    value.split(';').map(str::trim).collect::<Vec<_>>().join(";")
}

fn is_same_typed(wanted: &str, came: &str) -> bool {
    let split = |value: &str| {
        let mut pieces = value.split(';').map(str::trim);
        let first = pieces.next().unwrap_or_default().to_owned();
        let parameters: Vec<String> = pieces.map(|piece| piece.to_ascii_lowercase()).collect();
        (first, parameters)
    };
    let ((wanted, parameters), (came, given)) = (split(wanted), split(came));
    let is_same_kind = match (ContentType::parse(&wanted), ContentType::parse(&came)) {
        (Some(wanted), Some(came)) => wanted.is_same_kind(&came),
        _ => wanted == came,
    };
    is_same_kind && parameters.iter().all(|parameter| given.contains(parameter))
}

/// Headers whose one value may contain commas.
const SINGLE: [&str; 15] = [
    "date",
    "expires",
    "last-modified",
    "if-modified-since",
    "if-unmodified-since",
    "retry-after",
    "set-cookie",
    "cookie",
    "location",
    "referer",
    "user-agent",
    "server",
    "authorization",
    "www-authenticate",
    "link",
];

/// The values of a header that is written in one line.
#[must_use]
pub fn split_header_value(name: &str, text: &str) -> Vec<String> {
    if SINGLE.iter().any(|single| name.eq_ignore_ascii_case(single)) || text.contains('"') {
        return vec![text.trim().to_owned()];
    }
    text.split(',').map(|piece| piece.trim().to_owned()).collect()
}

/// Names and values of a query string, decoded, in order of first appearance.
#[must_use]
pub fn parse_query(text: &str) -> Query {
    let mut query = Query::new();
    let decode = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_encoding::percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
    };
    for piece in text.trim_start_matches('?').split('&').filter(|piece| !piece.is_empty()) {
        let (name, value) = match piece.split_once('=') {
            Some((name, value)) => (decode(name), Some(decode(value))),
            None => (decode(piece), None),
        };
        match query.iter_mut().find(|(key, _)| *key == name) {
            Some((_, values)) => values.push(value),
            None => query.push((name, vec![value])),
        }
    }
    query
}

/// The differences of message metadata: what is expected must be there.
#[must_use]
pub fn compare_metadata(rules: &Category, expected: &Metadata, actual: &Metadata) -> Vec<Mismatch> {
    let mut found = Vec::new();
    let scope = Scope::root(rules);
    for (name, wanted) in expected {
        let came = actual
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name) || is_content_type(key) && is_content_type(name));
        let shown = json_rule::quoted(wanted);
        let Some((_, came)) = came else {
            let message = format!("Expected message metadata '{name}' but was missing");
            found.push(Mismatch::new(Part::Metadata, name, &shown, "", message));
            continue;
        };
        match scope.child(Step::Key(name)).selected() {
            Some(selected) => {
                let failures = combine(selected.rules, |rule| json_rule::check(rule, wanted, came, false));
                found.extend(
                    failures
                        .into_iter()
                        .map(|failure| failure.mismatch(Part::Metadata, name, &shown, &json_rule::quoted(came))),
                );
            }
            None => {
                let is_same = match (wanted, came) {
                    (Value::String(wanted), Value::String(came)) if is_content_type(name) => {
                        is_same_typed(wanted, came)
                    }
                    _ => json_rule::is_equal(wanted, came),
                };
                if !is_same {
                    let message = format!("Expected '{name}' to be {shown} but was {}", json_rule::quoted(came));
                    found.push(Mismatch::new(Part::Metadata, name, &shown, &json_rule::quoted(came), message));
                }
            }
        }
    }
    found
}

fn is_content_type(name: &str) -> bool {
    name.eq_ignore_ascii_case("contenttype") || name.eq_ignore_ascii_case("content-type")
}
