//! The report for people at a terminal.

use std::fmt::Write;

use crate::pact::{Mismatch, Part};
use crate::verify::outcome::{InteractionResult, Status, VerifyReport};

/// How the text looks.
#[derive(Debug, Clone, Copy, Default)]
pub struct TextStyle {
    /// Whether to color.
    pub color: bool,
    /// Whether interactions that hold are listed too.
    pub verbose: bool,
}

/// Differences of one interaction that are shown; the others are counted.
const SHOWN: usize = 12;

const GREEN: &str = "\u{1b}[32m";
const RED: &str = "\u{1b}[31m";
const YELLOW: &str = "\u{1b}[33m";
const BOLD: &str = "\u{1b}[1m";
const DIM: &str = "\u{1b}[2m";
const RESET: &str = "\u{1b}[0m";

impl TextStyle {
    fn paint(self, code: &str, text: &str) -> String {
        if self.color { format!("{code}{text}{RESET}") } else { text.to_owned() }
    }
}

/// The report as text: what failed with the smallest difference and the request, then the counts.
#[must_use]
pub fn text(report: &VerifyReport, style: TextStyle) -> String {
    let mut text = String::new();
    for result in &report.results {
        let is_quiet = matches!(result.status, Status::Passed)
            && !style.verbose
            && result.warnings.is_empty()
            && result.comments.is_empty()
            && result.test_name.is_none();
        if !is_quiet {
            one(result, style, &mut text);
        }
    }
    for warning in &report.warnings {
        line(&mut text, &format!("{} {warning}", style.paint(YELLOW, "warning:")));
    }
    for error in &report.errors {
        line(&mut text, &format!("{} {error}", style.paint(RED, "error:")));
    }
    line(&mut text, &summary(report, style));
    text
}

fn line(text: &mut String, content: &str) {
    text.push_str(content);
    text.push('\n');
}

fn one(result: &InteractionResult, style: TextStyle, text: &mut String) {
    let (mark, color) = match result.status {
        Status::Passed => ("ok", GREEN),
        Status::Failed if result.pending => ("pending", YELLOW),
        Status::Failed => ("FAILED", RED),
        Status::NotVerified => ("NOT VERIFIED", RED),
        Status::Skipped => ("skipped", YELLOW),
    };
    let kind = result.failure.map(|failure| format!(" ({} failure)", failure.word())).unwrap_or_default();
    let title = format!("{} -> {}: {}", result.consumer, result.provider, result.description);
    line(text, &format!("{}{kind} {}", style.paint(color, mark), style.paint(BOLD, &title)));
    if !result.states.is_empty() {
        line(text, &format!("  given {}", result.states.join(", ")));
    }
    if let Some(test) = &result.test_name {
        line(text, &format!("  test {test}"));
    }
    for comment in &result.comments {
        line(text, &format!("  comment: {comment}"));
    }
    if let Some(reason) = &result.reason {
        line(text, &format!("  {reason}"));
    }
    differences(&result.mismatches, style, text);
    maybe(&result.warnings, style, text);
    if matches!(result.status, Status::Passed | Status::Skipped) {
        return;
    }
    if let Some(command) = &result.curl {
        line(text, &format!("  {} {command}", style.paint(DIM, "try:")));
    }
    let correlation = result.correlation_id.as_ref().map(|id| format!(", x-correlation-id {id}")).unwrap_or_default();
    let attempts = if result.attempts > 1 { format!(", {} attempts", result.attempts) } else { String::new() };
    line(text, &style.paint(DIM, &format!("  in {}{attempts}{correlation}", result.pact)));
    text.push('\n');
}

fn differences(mismatches: &[Mismatch], style: TextStyle, text: &mut String) {
    let mut heading: Option<Part> = None;
    for mismatch in mismatches.iter().take(SHOWN) {
        if heading != Some(mismatch.part) {
            heading = Some(mismatch.part);
            line(text, &format!("  {}", mismatch.part.heading()));
        }
        let place =
            if mismatch.path.is_empty() { String::new() } else { format!("{}: ", style.paint(BOLD, &mismatch.path)) };
        let rule = mismatch.rule.as_ref().map(|rule| format!(" (rule: {rule})")).unwrap_or_default();
        line(text, &format!("    {place}{}{}", mismatch.message, style.paint(DIM, &rule)));
    }
    if mismatches.len() > SHOWN {
        line(text, &format!("    and {} more", mismatches.len() - SHOWN));
    }
}

/// What is relied on and not promised, in a line.
fn maybe(warnings: &[Mismatch], style: TextStyle, text: &mut String) {
    if warnings.is_empty() {
        return;
    }
    let mut places: Vec<String> = warnings.iter().take(SHOWN).map(|warning| format!("`{}`", warning.path)).collect();
    if warnings.len() > SHOWN {
        places.push(format!("and {} more", warnings.len() - SHOWN));
    }
    let label = style.paint(YELLOW, "not guaranteed by the contract:");
    line(text, &format!("  {label} {}", places.join(", ")));
}

fn summary(report: &VerifyReport, style: TextStyle) -> String {
    let counts = &report.summary;
    let mut text = String::new();
    let parts = [
        (counts.passed, "passed", GREEN),
        (counts.failed, "failed", RED),
        (counts.not_verified, "not verified", RED),
        (counts.pending, "pending", YELLOW),
        (counts.skipped, "skipped", YELLOW),
    ];
    for (count, word, color) in parts.into_iter().filter(|(count, word, _)| *count > 0 || *word == "passed") {
        let separator = if text.is_empty() { "" } else { ", " };
        // Writing to a string cannot fail.
        let _ = write!(text, "{separator}{}", style.paint(color, &format!("{count} {word}")));
    }
    let unsure = report.results.iter().filter(|result| !result.warnings.is_empty()).count();
    if unsure > 0 {
        let what = format!("{unsure} with what the contract does not guarantee");
        let _ = write!(text, ", {}", style.paint(YELLOW, &what));
    }
    let interactions = if counts.total == 1 { "interaction" } else { "interactions" };
    format!(
        "{} {interactions} against {}: {text} ({:.1} s)",
        counts.total,
        report.against,
        counts.duration_ms as f64 / 1000.0
    )
}
