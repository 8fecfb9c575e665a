//! The JSON report: the public interface for programs (`docs/reference/report.schema.json`).

use std::io::{self, Write};

use serde::Serialize;

use crate::finding::{Refusal, Report};

/// Writes one pretty-printed document and a line break. Takes a [`Report`] or a [`Refusal`].
pub fn json(document: &impl Serialize, mut writer: impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut writer, document)?;
    writer.write_all(b"\n")
}

/// What `--format json` prints: a report, or why there is none.
#[derive(schemars::JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "exists for its schema")]
enum Document {
    Report(Report),
    Refusal(Refusal),
}

/// The JSON Schema of what `--format json` prints, as published.
#[must_use]
pub fn report_schema() -> serde_json::Value {
    schemars::schema_for!(Document).to_value()
}
