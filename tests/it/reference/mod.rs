//! `docs/reference` is made from the code, and is current.
//!
//! One command writes it anew after a deliberate change:
//! `COUNTERPART_UPDATE_REFERENCE=1 cargo test --test report_schema --test it reference`

mod command_line;
mod exit_codes;
mod rules;
mod schema;

use std::path::Path;

/// Set to write the pages anew.
const UPDATE: &str = "COUNTERPART_UPDATE_REFERENCE";

const NOTICE: &str =
    "<!-- Made from the code by tests/it/reference; see CONTRIBUTING.md. Changes to this file are lost. -->\n";

/// Compares a page with what the code says, or writes it.
fn hold(name: &str, title: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference").join(name);
    let current = format!("# {title}\n\n{NOTICE}\n{}\n", text.trim());
    if std::env::var_os(UPDATE).is_some() {
        std::fs::write(&path, &current).expect("the page can be written");
    }
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(published == current, "docs/reference/{name} is stale: run this test with {UPDATE}=1");
}

/// A cell of a table: on one line, without a bar that would end it.
fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}
