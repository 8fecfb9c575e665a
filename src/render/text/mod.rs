//! The report for terminals: snippets with carets from both versions, who breaks, the witness, what to do.
//!
//! Errors and warnings come in full, notes on a line each; the summary is last, where a reader of a long log looks first.

mod block;
mod wrap;

use std::io::{self, Write};

use crate::finding::{Bump, Finding, Refusal, Report, Severity};
use crate::render::text::block::{full, one_line, problem};
pub(crate) use crate::render::text::wrap::wrap;

/// Where the rules' pages are, by release.
const PAGES: &str = "https://github.com/counterpart/counterpart/blob";

/// How the terminal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextOptions {
    /// Whether to color.
    pub color: bool,
    /// Columns to fit; `None` when the output is no terminal, and lines may be as long as they are.
    pub width: Option<usize>,
    /// Whether the terminal shows links (OSC 8): rules lead to their pages.
    pub links: bool,
    /// Whether notes are shown in full too.
    pub verbose: bool,
}

/// ANSI styles, or nothing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paint {
    color: bool,
}

impl Paint {
    pub(crate) fn paint(self, style: anstyle::Style, text: &str) -> String {
        if self.color { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    /// A rule's id, leading to its page where the terminal shows links.
    pub(crate) fn rule(options: TextOptions, id: &str) -> String {
        if options.links && id.contains('/') {
            let version = env!("CARGO_PKG_VERSION");
            format!("\u{1b}]8;;{PAGES}/v{version}/docs/rules/{id}.md\u{1b}\\{id}\u{1b}]8;;\u{1b}\\")
        } else {
            id.to_owned()
        }
    }

    pub(crate) fn bold(self, text: &str) -> String {
        self.paint(anstyle::Style::new().bold(), text)
    }

    pub(crate) fn severity(self, severity: Severity, text: &str) -> String {
        let color = match severity {
            Severity::Error => anstyle::AnsiColor::BrightRed,
            Severity::Warning => anstyle::AnsiColor::Yellow,
            Severity::Note => anstyle::AnsiColor::BrightGreen,
        };
        self.paint(color.on_default().bold(), text)
    }
}

/// Writes a report for people.
pub fn text(report: &Report, options: TextOptions, mut out: impl Write) -> io::Result<()> {
    let paint = Paint { color: options.color };
    for severity in [Severity::Error, Severity::Warning] {
        for finding in report.counted(severity) {
            writeln!(out, "{}\n", full(finding, options, paint))?;
        }
    }
    let mut wrote_note = false;
    for finding in report.counted(Severity::Note) {
        if options.verbose {
            writeln!(out, "{}\n", full(finding, options, paint))?;
        } else {
            writeln!(out, "{}", one_line(finding, options, paint))?;
            wrote_note = true;
        }
    }
    if wrote_note {
        writeln!(out)?;
    }
    suppressed(report, options, paint, &mut out)?;
    due(report, options, &mut out)?;
    contracts(report, options, &mut out)?;
    writeln!(out, "{}", wrap(&summary(report, paint), options.width, 4))
}

fn suppressed(report: &Report, options: TextOptions, paint: Paint, mut out: impl Write) -> io::Result<()> {
    let waived: Vec<&Finding> = report.findings.iter().filter(|finding| finding.suppressed.is_some()).collect();
    for finding in &waived {
        let Some(suppression) = &finding.suppressed else { continue };
        let until = suppression.until.as_ref().map_or_else(String::new, |until| format!(" until {until}"));
        let line = format!(
            "{}[{}]: {} ({}{until}: {})",
            paint.bold("suppressed"),
            finding.rule,
            finding.message,
            suppression.by,
            suppression.reason
        );
        writeln!(out, "{}", wrap(&line, options.width, 4))?;
    }
    if waived.is_empty() { Ok(()) } else { writeln!(out) }
}

/// What may be removed now, on a line each.
fn due(report: &Report, options: TextOptions, mut out: impl Write) -> io::Result<()> {
    for item in &report.may_be_removed {
        let (at, sunset) = (&item.location, item.sunset.as_deref().unwrap_or_default());
        let line = format!(
            "{} may be removed now: its sunset {sunset} has passed ({}:{}:{})",
            item.name, at.path, at.start_line, at.start_column
        );
        writeln!(out, "{}", wrap(&line, options.width, 4))?;
    }
    if report.may_be_removed.is_empty() { Ok(()) } else { writeln!(out) }
}

/// One line per contract whose version has to move.
fn contracts(report: &Report, options: TextOptions, mut out: impl Write) -> io::Result<()> {
    for contract in report.contracts.iter().filter(|contract| contract.required_bump > Bump::None) {
        let versions = match (&contract.old_version, &contract.next_version) {
            (Some(old), Some(next)) if old != next => format!(": {old} → {next}"),
            _ => String::new(),
        };
        let line = format!("{}: requires a {} bump{versions}", contract.path, contract.required_bump.word());
        writeln!(out, "{}", wrap(&line, options.width, 4))?;
    }
    Ok(())
}

fn summary(report: &Report, paint: Paint) -> String {
    let counts = &report.summary;
    let mut parts = vec![
        count(counts.errors, "error", Severity::Error, paint),
        count(counts.warnings, "warning", Severity::Warning, paint),
        count(counts.notes, "note", Severity::Note, paint),
    ];
    if counts.suppressed > 0 {
        parts.push(format!("{} suppressed", counts.suppressed));
    }
    let against: Vec<_> = report.bases.iter().map(|base| base.input.as_str()).collect();
    let compared = match report.contracts.len() {
        1 => "1 contract".to_owned(),
        many => format!("{many} contracts"),
    };
    let unopened = match counts.unopened_files {
        0 => String::new(),
        1 => "; 1 equal file not opened".to_owned(),
        many => format!("; {many} equal files not opened"),
    };
    format!(
        "{}; {} compared with {}{unopened}; required bump: {}",
        parts.join(", "),
        compared,
        against.join(", "),
        paint.bold(counts.required_bump.word()),
    )
}

fn count(number: usize, word: &str, severity: Severity, paint: Paint) -> String {
    let text = format!("{number} {word}{}", if number == 1 { "" } else { "s" });
    if number == 0 { text } else { paint.severity(severity, &text) }
}

/// Writes why the work could not be done.
pub fn refusal_text(refusal: &Refusal, options: TextOptions, mut out: impl Write) -> io::Result<()> {
    let paint = Paint { color: options.color };
    for error in &refusal.errors {
        writeln!(out, "{}\n", problem(error, options, paint))?;
    }
    // One problem with a setting or an argument says it all; after the problems of a file one may wonder about the rest.
    if refusal.errors.iter().all(|error| error.location.is_none()) {
        return Ok(());
    }
    let many = if refusal.errors.len() == 1 { "" } else { "s" };
    writeln!(out, "nothing was checked: {} problem{many} with the input", refusal.errors.len())
}
