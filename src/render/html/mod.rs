//! One self-contained HTML page: summary, contracts, findings with both versions side by side, filters. No network.

use std::io::{self, Write};

use askama::Template;

use crate::finding::{Finding, ProofStatus, Report, Severity, Snippet};
use crate::render::affected::{reached_by, used_by, who_breaks};

#[derive(Template)]
#[template(path = "page.html")]
struct Page<'a> {
    report: &'a Report,
    verdict: &'static str,
    verdict_class: &'static str,
    icon: &'static str,
    /// Severities that occur, with their numbers: each a filter.
    filters: Vec<(&'static str, &'static str, usize)>,
    findings: Vec<Row<'a>>,
}

/// A piece of a sentence: backticked names are code.
struct Piece {
    is_code: bool,
    text: String,
}

/// One finding as the page shows it.
struct Row<'a> {
    finding: &'a Finding,
    severity: &'static str,
    /// Whether it is unfolded at first: what fails, or may.
    is_open: bool,
    message: Vec<Piece>,
    help: Vec<Piece>,
    users: String,
    owners: String,
    place: String,
    breaks: String,
    operations: String,
    witness: String,
    witness_error: String,
    unproven: String,
    old: Vec<Line>,
    new: Vec<Line>,
}

/// One line of source; the marked part in the middle.
struct Line {
    number: u32,
    is_hit: bool,
    before: String,
    marked: String,
    after: String,
}

/// Writes the page.
pub fn html(report: &Report, mut out: impl Write) -> io::Result<()> {
    let counts = &report.summary;
    let (verdict, verdict_class, icon) = match (counts.errors, counts.warnings, counts.notes) {
        (0, 0, 0) => ("No contract changes", "ok", "✓"),
        (0, 0, _) => ("Compatible changes", "ok", "✓"),
        (0, ..) => ("May break consumers", "warning", "!"),
        _ => ("Breaks consumers", "error", "✕"),
    };
    let filters = [
        ("error", "errors", counts.errors),
        ("warning", "warnings", counts.warnings),
        ("note", "notes", counts.notes),
        ("suppressed", "suppressed", counts.suppressed),
    ];
    let filters = filters.into_iter().filter(|(.., count)| *count > 0).collect();
    let mut findings: Vec<_> = report.findings.iter().map(row).collect();
    findings.sort_by_key(|row| (row.finding.suppressed.is_some(), std::cmp::Reverse(row.finding.severity)));
    let page = Page { report, verdict, verdict_class, icon, filters, findings };
    let text = page.render().map_err(io::Error::other)?;
    out.write_all(text.as_bytes())
}

fn row(finding: &Finding) -> Row<'_> {
    let lines =
        |is_old| finding.snippets.iter().find(|snippet| snippet.is_old == is_old).map(lines).unwrap_or_default();
    let witness = finding.proof.witness.as_ref();
    Row {
        finding,
        severity: if finding.suppressed.is_some() { "suppressed" } else { finding.severity.word() },
        is_open: finding.suppressed.is_none() && finding.severity > Severity::Note,
        message: pieces(&finding.message),
        help: pieces(finding.help.as_deref().unwrap_or_default()),
        users: used_by(finding).join(", "),
        owners: finding.owners.join(", "),
        place: finding
            .place()
            .map_or_else(String::new, |place| format!("{}:{}:{}", place.path, place.start_line, place.start_column)),
        breaks: who_breaks(finding).join("; "),
        operations: reached_by(finding).unwrap_or_default(),
        witness: witness
            .map(|witness| serde_json::to_string_pretty(&witness.instance).unwrap_or_default())
            .unwrap_or_default(),
        witness_error: witness
            .map(|witness| format!("the {} version says: {}", witness.rejected_by, witness.error))
            .unwrap_or_default(),
        unproven: match finding.proof.status {
            ProofStatus::Unproven => finding.proof.reason.clone().unwrap_or_default(),
            _ => String::new(),
        },
        old: lines(true),
        new: lines(false),
    }
}

/// Takes a text apart at its backticks. One without its partner stays as it is.
fn pieces(text: &str) -> Vec<Piece> {
    let parts: Vec<&str> = text.split('`').collect();
    let is_paired = parts.len() % 2 == 1;
    if !is_paired {
        return vec![Piece { is_code: false, text: text.to_owned() }];
    }
    let piece = |(index, part): (usize, &&str)| Piece { is_code: index % 2 == 1, text: (*part).to_owned() };
    parts.iter().enumerate().map(piece).filter(|piece| !piece.text.is_empty()).collect()
}

fn lines(snippet: &Snippet) -> Vec<Line> {
    let place = &snippet.location;
    (snippet.first_line..)
        .zip(snippet.text.split('\n'))
        .map(|(number, text)| {
            if number != place.start_line {
                return Line {
                    number,
                    is_hit: false,
                    before: text.to_owned(),
                    marked: String::new(),
                    after: String::new(),
                };
            }
            let at = |column: u32| {
                text.char_indices().nth(column.saturating_sub(1) as usize).map_or(text.len(), |(offset, _)| offset)
            };
            let start = at(place.start_column);
            let end = if place.end_line == place.start_line { at(place.end_column).max(start) } else { text.len() };
            Line {
                number,
                is_hit: true,
                before: text[..start].to_owned(),
                marked: text[start..end].to_owned(),
                after: text[end..].to_owned(),
            }
        })
        .collect()
}
