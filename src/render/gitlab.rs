//! GitLab Code Quality: a JSON array that merge requests show beside the lines.

use std::io::{self, Write};

use serde::Serialize;

use crate::finding::{Report, Severity};
use crate::render::json::json;

#[derive(Serialize)]
struct Issue<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: &'a str,
    severity: &'static str,
    location: Place<'a>,
}

#[derive(Serialize)]
struct Place<'a> {
    path: &'a str,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
}

/// Writes the findings that count. GitLab needs a path and a line for each: a contract that is gone is named at its first line.
pub fn gitlab(report: &Report, out: impl Write) -> io::Result<()> {
    let counted = report.findings.iter().filter(|finding| finding.suppressed.is_none());
    let issues: Vec<_> = counted
        .map(|finding| Issue {
            description: finding
                .help
                .as_ref()
                .map_or_else(|| finding.message.clone(), |help| format!("{}. Help: {help}", finding.message)),
            check_name: &finding.rule,
            fingerprint: &finding.fingerprint,
            severity: match finding.severity {
                Severity::Error => "critical",
                Severity::Warning => "minor",
                Severity::Note => "info",
            },
            location: Place {
                path: finding.place().map_or(finding.contract.as_str(), |place| place.path.as_str()),
                lines: Lines { begin: finding.place().map_or(1, |place| place.start_line) },
            },
        })
        .collect();
    json(&issues, out)
}
