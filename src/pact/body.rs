//! Matching of bodies: which comparison fits the content.

use crate::pact::content_type::ContentType;
use crate::pact::form::compare_parameters;
use crate::pact::http_part::parse_query;
use crate::pact::json::compare_json;
use crate::pact::mismatch::{LIMIT, Mismatch, Part, shorten};
use crate::pact::model::Body;
use crate::pact::multipart::compare_multipart;
use crate::pact::rule::{Category, Rule};
use crate::pact::scope::Strictness;
use crate::pact::text_rule::{check, matches_content};
use crate::pact::xml::compare_xml;

/// The differences between two bodies of the given content types.
///
/// | expected body | actual | result |
/// |---|---|---|
/// | not mentioned | anything | fine |
/// | `null` or empty | anything | there must be no bytes |
/// | present | none | missing |
/// | present | of another kind | one difference of the kind |
/// | present | of the same kind | compared by kind: JSON, XML, form, multipart, bytes, text |
#[must_use]
pub fn compare_body(
    rules: &Category,
    strictness: Strictness,
    expected: &Body,
    expected_type: Option<&ContentType>,
    actual: &Body,
    actual_type: Option<&ContentType>,
) -> Vec<Mismatch> {
    let mut found = compare_content(rules, strictness, expected, expected_type, actual, actual_type, 0);
    found.truncate(LIMIT);
    found
}

pub(crate) fn compare_content(
    rules: &Category,
    strictness: Strictness,
    expected: &Body,
    expected_type: Option<&ContentType>,
    actual: &Body,
    actual_type: Option<&ContentType>,
    depth: usize,
) -> Vec<Mismatch> {
    let one =
        |part: Part, wanted: &str, came: &str, message: String| vec![Mismatch::new(part, "$", wanted, came, message)];
    match expected {
        Body::Missing => return Vec::new(),
        Body::Null | Body::Empty if actual.is_present() && actual.bytes() != b"null" => {
            let shown = preview(actual.bytes());
            return one(Part::Body, "nothing", &shown, format!("Expected empty body but received {shown}"));
        }
        Body::Null | Body::Empty => return Vec::new(),
        Body::Present { .. } => {}
    }
    if let Some(rule) = content_rule(rules) {
        return match matches_content(&rule, actual.bytes()) {
            Ok(()) => Vec::new(),
            Err(message) => vec![
                Mismatch::new(Part::Body, "$", &rule, &preview(actual.bytes()), message)
                    .by_rule(Some(format!("contentType `{rule}`"))),
            ],
        };
    }
    if !actual.is_present() {
        let is_wanted = rules.root().is_some_and(|rules| rules.rules.iter().any(|rule| matches!(rule, Rule::NotEmpty)));
        let message = if is_wanted {
            "Expected [] (0 bytes) to not be empty".to_owned()
        } else {
            format!("Expected body {} but was missing", preview(expected.bytes()))
        };
        return one(Part::Body, &preview(expected.bytes()), "nothing", message);
    }
    if let (Some(wanted), Some(came)) = (expected_type, actual_type)
        && !is_comparable(wanted, came)
    {
        let message =
            format!("Expected a body of '{}' but the actual content type was '{}'", wanted.essence(), came.essence());
        return one(Part::BodyType, &wanted.essence(), &came.essence(), message);
    }
    let kind = expected_type.or(actual_type);
    let (wanted, came) = (expected.bytes(), without_registry_prefix(actual.bytes(), actual_type.or(expected_type)));
    match kind {
        Some(kind) if kind.is_json() => json(rules, strictness, wanted, came),
        Some(kind) if kind.is_xml() => compare_xml(rules, strictness, wanted, came),
        Some(kind) if kind.is_form() => {
            let parameters = |bytes: &[u8]| parse_query(&String::from_utf8_lossy(bytes));
            compare_parameters(
                Part::Body,
                "form post parameter",
                rules,
                strictness,
                &parameters(wanted),
                &parameters(came),
            )
        }
        Some(kind) if kind.is_multipart() => {
            let actual_kind = actual_type.filter(|kind| kind.is_multipart()).unwrap_or(kind);
            compare_multipart(rules, strictness, (wanted, kind), (came, actual_kind), depth)
        }
        Some(kind) if kind.is_binary() => binary(rules, kind, wanted, came),
        _ => text(rules, kind, wanted, came),
    }
}

/// The same kind of content, where a guess from the content does not count against a more precise statement.
fn is_comparable(wanted: &ContentType, came: &ContentType) -> bool {
    wanted.is_same_kind(came) || (wanted.is_json() && came.is_json()) || (wanted.is_xml() && came.is_xml())
}

fn content_rule(rules: &Category) -> Option<String> {
    rules.root()?.rules.iter().find_map(|rule| match rule {
        Rule::ContentType(name) => Some(name.clone()),
        _ => None,
    })
}

/// Kafka messages of a schema registry begin with a zero byte and the schema's number, which no consumer writes down.
fn without_registry_prefix<'b>(bytes: &'b [u8], kind: Option<&ContentType>) -> &'b [u8] {
    let is_registry = kind.is_some_and(|kind| kind.sub.starts_with("vnd.schemaregistry."));
    if is_registry && bytes.len() > 5 && bytes[0] == 0 { &bytes[5..] } else { bytes }
}

fn json(rules: &Category, strictness: Strictness, wanted: &[u8], came: &[u8]) -> Vec<Mismatch> {
    let expected = match serde_json::from_slice(wanted) {
        Ok(value) => value,
        Err(error) => {
            return vec![Mismatch::new(
                Part::Body,
                "$",
                &preview(wanted),
                &preview(came),
                format!("the expected body is not JSON: {error}"),
            )];
        }
    };
    match serde_json::from_slice(came) {
        Ok(actual) => compare_json(rules, strictness, &expected, &actual),
        Err(error) => vec![Mismatch::new(
            Part::Body,
            "$",
            "JSON",
            &preview(came),
            format!("Failed to parse the actual body as JSON: {error}"),
        )],
    }
}

fn binary(rules: &Category, kind: &ContentType, wanted: &[u8], came: &[u8]) -> Vec<Mismatch> {
    if let Some(list) = rules.root() {
        let is_lenient = |rule: &Rule| matches!(rule, Rule::NotEmpty | Rule::Type);
        if list.rules.iter().all(is_lenient) {
            // There is a body here: its absence was told above.
            return Vec::new();
        }
        return text(rules, Some(kind), wanted, came);
    }
    if wanted == came {
        return Vec::new();
    }
    let (wanted, came) = (describe(wanted), describe(came));
    let message = format!("Actual body [{came}] is not equal to the expected body [{wanted}]");
    vec![Mismatch::new(Part::Body, "$", &wanted, &came, message)]
}

fn text(rules: &Category, kind: Option<&ContentType>, wanted: &[u8], came: &[u8]) -> Vec<Mismatch> {
    let (Ok(expected), Ok(actual)) = (std::str::from_utf8(wanted), std::str::from_utf8(came)) else {
        let is_latin = kind
            .and_then(|kind| kind.parameter("charset"))
            .is_some_and(|charset| charset.eq_ignore_ascii_case("iso-8859-1"));
        if is_latin {
            let decode = |bytes: &[u8]| bytes.iter().map(|&byte| char::from(byte)).collect::<String>();
            return text(rules, None, decode(wanted).as_bytes(), decode(came).as_bytes());
        }
        return binary(
            &Category::default(),
            &ContentType { main: String::new(), sub: String::new(), parameters: std::collections::BTreeMap::new() },
            wanted,
            came,
        );
    };
    match rules.root() {
        Some(list) => check(list, expected, actual)
            .into_iter()
            .map(|failure| failure.mismatch(Part::Body, "$", expected, actual))
            .collect(),
        None if expected == actual => Vec::new(),
        None => {
            let message = format!(
                "Expected body '{}' to match '{}' using equality but did not match",
                shorten(expected),
                shorten(actual)
            );
            vec![Mismatch::new(Part::Body, "$", expected, actual, message)]
        }
    }
}

/// Kind, length and first bytes of content that is not text.
fn describe(bytes: &[u8]) -> String {
    let kind = ContentType::detect(bytes)
        .filter(|kind| kind.is_binary())
        .map_or_else(|| "application/octet-stream".to_owned(), |kind| kind.essence());
    format!("{kind}, {} bytes, starting with {}", bytes.len(), hex::encode(&bytes[..bytes.len().min(32)]))
}

fn preview(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => format!("'{}'", shorten(text)),
        Err(_) => format!("[{}]", describe(bytes)),
    }
}
