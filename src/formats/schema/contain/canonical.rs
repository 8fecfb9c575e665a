//! A second engine for what ours leaves open: `jsonschema::canonical`, behind our own trait.

use serde_json::Value;

/// Something that decides containment between two plain 2020-12 schemas.
pub(in crate::formats::schema) trait Containment {
    /// Whether every value of `writer` is one of `reader`; `None` if it cannot tell.
    fn covers(&self, reader: &Value, writer: &Value, asserts_formats: bool) -> Option<bool>;
}

/// `jsonschema::canonical`: sound but incomplete, its version pinned exactly because it changes weekly.
pub(in crate::formats::schema) struct Canonical;

impl Containment for Canonical {
    fn covers(&self, reader: &Value, writer: &Value, asserts_formats: bool) -> Option<bool> {
        let canonicalize = |schema: &Value| {
            jsonschema::canonical::options()
                .with_draft(jsonschema::Draft::Draft202012)
                .should_validate_formats(asserts_formats)
                .offline()
                .canonicalize(schema)
                .ok()
        };
        let (reader, writer) = (canonicalize(reader)?, canonicalize(writer)?);
        // The answer's type is not exported by the crate, its name is.
        match reader.covers(&writer).ok()?.as_str() {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        }
    }
}
