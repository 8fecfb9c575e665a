//! The JSON report: the public interface for programs (`docs/reference/report.schema.json`).

use std::io::{self, Write};

use serde::Serialize;

use crate::finding::Report;

/// Writes one pretty-printed document and a line break. Takes a [`Report`] or a [`crate::finding::Refusal`].
pub fn json(document: &impl Serialize, mut writer: impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut writer, document)?;
    writer.write_all(b"\n")
}

/// The JSON Schema of the report, as published.
#[must_use]
pub fn report_schema() -> serde_json::Value {
    schemars::schema_for!(Report).to_value()
}
