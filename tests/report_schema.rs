//! The published JSON Schema of the report is the one the program has, and reports are valid under it.

use std::path::Path;

use counterpart::render::report_schema;

/// Set to write the schema anew after a deliberate change.
const UPDATE: &str = "COUNTERPART_UPDATE_REFERENCE";

#[test]
fn the_published_report_schema_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference/report.schema.json");
    let current = format!("{}\n", serde_json::to_string_pretty(&report_schema()).expect("a schema is JSON"));
    if std::env::var_os(UPDATE).is_some() {
        std::fs::write(&path, &current).expect("the schema can be written");
    }
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(published == current, "docs/reference/report.schema.json is stale: run this test with {UPDATE}=1");
}
