//! `format`: which ones can be checked, and texts that have one.

use std::cell::RefCell;

use rustc_hash::FxHashMap;

/// The formats that validators check, each with a text that has it. JSON Schema 2020-12 validation §7.3.
const KNOWN: &[(&str, &str)] = &[
    ("date-time", "2024-01-31T12:00:00Z"),
    ("date", "2024-01-31"),
    ("time", "12:00:00Z"),
    ("duration", "P1D"),
    ("email", "a@example.com"),
    ("idn-email", "a@example.com"),
    ("hostname", "example.com"),
    ("idn-hostname", "example.com"),
    ("ipv4", "192.0.2.1"),
    ("ipv6", "2001:db8::1"),
    ("uri", "https://example.com/"),
    ("uri-reference", "/a"),
    ("iri", "https://example.com/"),
    ("iri-reference", "/a"),
    ("uuid", "123e4567-e89b-12d3-a456-426614174000"),
    ("uri-template", "/a/{b}"),
    ("json-pointer", "/a"),
    ("relative-json-pointer", "0/a"),
    ("regex", "a"),
];

/// What every text of the first format is as well.
const INCLUDED: &[(&str, &str)] = &[
    ("email", "idn-email"),
    ("hostname", "idn-hostname"),
    ("uri", "uri-reference"),
    ("uri", "iri"),
    ("uri", "iri-reference"),
    ("uri-reference", "iri-reference"),
    ("iri", "iri-reference"),
];

/// Checks texts against formats; one validator per format, made once.
#[derive(Default)]
pub(in crate::formats::schema) struct Formats {
    validators: RefCell<FxHashMap<Box<str>, Option<jsonschema::Validator>>>,
}

impl Formats {
    /// Whether a text has a format; `None` for formats that nobody checks.
    pub(in crate::formats::schema) fn has(&self, format: &str, text: &str) -> Option<bool> {
        if !is_known(format) {
            return None;
        }
        let mut validators = self.validators.borrow_mut();
        let validator = validators.entry(format.into()).or_insert_with(|| {
            jsonschema::options()
                .with_draft(jsonschema::Draft::Draft202012)
                .should_validate_formats(true)
                .build(&serde_json::json!({ "format": format }))
                .ok()
        });
        validator.as_ref().map(|validator| validator.is_valid(&serde_json::Value::String(text.to_owned())))
    }
}

/// Whether validators check a format.
pub(in crate::formats::schema) fn is_known(format: &str) -> bool {
    KNOWN.iter().any(|&(known, _)| known == format)
}

/// A text that has a format.
pub(in crate::formats::schema) fn sample(format: &str) -> Option<&'static str> {
    KNOWN.iter().find(|&&(known, _)| known == format).map(|&(_, text)| text)
}

/// Whether every text of the first format has the second.
pub(in crate::formats::schema) fn implies(writer: &str, reader: &str) -> bool {
    writer == reader || INCLUDED.contains(&(writer, reader))
}
