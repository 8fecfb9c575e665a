//! GitHub workflow commands: annotations on the changed lines of a pull request.
//!
//! GitHub shows at most ten annotations of each level per step and drops the rest without a word, so the ten most useful
//! are written and a last line says how many more there are.

use std::io::{self, Write};

use crate::finding::{Finding, Refusal, Report, Severity};

/// Annotations of one level that GitHub shows per step.
const SHOWN: usize = 10;

/// Writes the findings as workflow commands, those with a place in the new version first.
pub fn github(report: &Report, mut out: impl Write) -> io::Result<()> {
    for severity in [Severity::Error, Severity::Warning, Severity::Note] {
        let mut findings: Vec<_> = report.counted(severity).collect();
        findings.sort_by_key(|finding| finding.location.is_none());
        // The last of the ten places is kept for the line that says how many are not shown.
        let shown = if findings.len() > SHOWN { SHOWN - 1 } else { findings.len() };
        for finding in &findings[..shown] {
            writeln!(out, "{}", command(finding))?;
        }
        if findings.len() > shown {
            let rest = findings.len() - shown;
            writeln!(out, "::{}::+{rest} more; the job summary has all of them", level(severity))?;
        }
    }
    Ok(())
}

/// Writes why the work could not be done as error annotations.
pub fn github_refusal(refusal: &Refusal, mut out: impl Write) -> io::Result<()> {
    for problem in refusal.errors.iter().take(SHOWN) {
        let place = problem.location.as_ref().map_or_else(String::new, |place| {
            format!("file={},line={},col={},", property(&place.path), place.start_line, place.start_column)
        });
        writeln!(out, "::error {place}title={}::{}", property(&problem.code), data(&problem.message))?;
    }
    Ok(())
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    }
}

fn command(finding: &Finding) -> String {
    let mut properties = Vec::new();
    // A place in the old version is on no line of the pull request: the file alone is named.
    if let Some(place) = &finding.location {
        properties.push(format!("file={}", property(&place.path)));
        properties.push(format!("line={}", place.start_line));
        properties.push(format!("endLine={}", place.end_line));
        if place.start_line == place.end_line {
            properties.push(format!("col={}", place.start_column));
            properties.push(format!("endColumn={}", place.end_column));
        }
    }
    properties.push(format!("title={}", property(&finding.rule)));
    let help = finding.help.as_ref().map_or_else(String::new, |help| format!("\nhelp: {help}"));
    format!("::{} {}::{}", level(finding.severity), properties.join(","), data(&format!("{}{help}", finding.message)))
}

/// Escapes a message (GitHub toolkit, `escapeData`).
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes a property (GitHub toolkit, `escapeProperty`).
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
