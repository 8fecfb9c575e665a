//! The published JSON Schemas of the reports are those that the program has.

use std::path::Path;

use counterpart::render::report_schema;
use counterpart::verify::verification_schema;
use serde_json::Value;

/// Set to write the schema anew after a deliberate change.
const UPDATE: &str = "COUNTERPART_UPDATE_REFERENCE";

fn assert_current(name: &str, schema: &Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference").join(name);
    let current = format!("{}\n", serde_json::to_string_pretty(schema).expect("a schema is JSON"));
    if std::env::var_os(UPDATE).is_some() {
        std::fs::write(&path, &current).expect("the schema can be written");
    }
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(published == current, "docs/reference/{name} is stale: run this test with {UPDATE}=1");
}

#[test]
fn the_published_report_schema_is_current() {
    assert_current("report.schema.json", &report_schema());
}

#[test]
fn the_published_verification_schema_is_current() {
    assert_current("verification.schema.json", &verification_schema());
}
