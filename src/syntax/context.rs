//! Whether a place in a contract means something to the contract, or is somebody's data.
//!
//! `{"$ref": "x"}` inside an `example` is a payload that happens to look like a reference. OpenAPI and JSON Schema
//! share the words that matter here, so one table serves both.

use crate::syntax::{Document, NodeId};

/// Keys whose value holds names chosen by the author, each with a value that means something.
const NAME_MAPS: &[&str] = &[
    "$defs",
    "callbacks",
    "content",
    "definitions",
    "dependencies",
    "dependentSchemas",
    "encoding",
    "examples",
    "headers",
    "links",
    "parameters",
    "pathItems",
    "paths",
    "patternProperties",
    "properties",
    "requestBodies",
    "responses",
    "schemas",
    "securityDefinitions",
    "securitySchemes",
    "variables",
    "webhooks",
    "additionalOperations",
    "mediaTypes",
];

/// Whether the node stands inside an example, a default, an enumeration, a constant or an extension.
pub(super) fn is_data(document: &Document, node: NodeId) -> bool {
    let mut path = Vec::new();
    let mut at = node;
    while let Some(parent) = document.parent(at) {
        path.push(at);
        at = parent;
    }
    let mut is_name = false;
    let mut is_example = false;
    for &step in path.iter().rev() {
        let Some(key) = document.key_text(step) else {
            is_name = false;
            continue;
        };
        if std::mem::take(&mut is_name) {
            continue;
        }
        if std::mem::take(&mut is_example) && matches!(key, "value" | "dataValue" | "serializedValue") {
            return true;
        }
        match key {
            "example" | "default" | "enum" | "const" | "x-example" | "x-examples" => return true,
            "examples" if document.is_sequence(step) => return true,
            _ if key.starts_with("x-") => return true,
            _ => {}
        }
        if NAME_MAPS.contains(&key) && document.is_mapping(step) {
            is_name = true;
            is_example = key == "examples";
        }
    }
    false
}
