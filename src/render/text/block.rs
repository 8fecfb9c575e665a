//! One finding or problem as a block of text.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet as Window};

use crate::finding::{Finding, Problem, ProofStatus, Severity, Snippet};
use crate::render::affected::{reached_by, used_by, who_breaks};
use crate::render::text::wrap::wrap;
use crate::render::text::{Paint, TextOptions};
use crate::source::Location;

/// Longest witness printed in the text report; the JSON report has it whole.
const LONGEST_WITNESS: usize = 300;

/// Width for source lines where the output is no terminal.
const DEFAULT_WIDTH: usize = 120;

/// A finding with snippets, who breaks, the witness and what to do.
pub(crate) fn full(finding: &Finding, options: TextOptions, paint: Paint) -> String {
    let mut block =
        headline(finding.severity.word(), finding.severity, &finding.rule, &finding.message, options, paint);
    block.push_str(&windows(finding, options, paint));
    for (label, text) in details(finding) {
        block.push('\n');
        block.push_str(&detail(label, &text, options, paint));
    }
    block
}

/// A finding on one line (or a few, on a narrow terminal).
pub(crate) fn one_line(finding: &Finding, options: TextOptions, paint: Paint) -> String {
    let place = finding.place();
    let place = place.map_or_else(String::new, |place| format!(" ({})", position(place)));
    let line = format!(
        "{}[{}]: {}{place}",
        paint.severity(finding.severity, finding.severity.word()),
        Paint::rule(options, &finding.rule),
        finding.message
    );
    wrap(&line, options.width, 4)
}

/// A problem with its place and what to do.
pub(crate) fn problem(problem: &Problem, options: TextOptions, paint: Paint) -> String {
    let mut block = headline("error", Severity::Error, &problem.code, &problem.message, options, paint);
    if let Some(snippet) = &problem.snippet {
        block.push('\n');
        block.push_str(&render(std::slice::from_ref(snippet), Severity::Error, options));
    } else if let Some(location) = &problem.location {
        block.push_str("\n  --> ");
        block.push_str(&position(location));
    }
    if let Some(help) = &problem.help {
        block.push('\n');
        block.push_str(&detail("help", help, options, paint));
    }
    block
}

fn headline(word: &str, severity: Severity, id: &str, message: &str, options: TextOptions, paint: Paint) -> String {
    let head = format!("{word}[{}]", Paint::rule(options, id));
    wrap(&format!("{}: {}", paint.severity(severity, &head), paint.bold(message)), options.width, 4)
}

fn details(finding: &Finding) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    let breaks = who_breaks(finding);
    if !breaks.is_empty() {
        lines.push(("breaks", breaks.join("; ")));
    }
    if let Some(operations) = reached_by(finding) {
        lines.push(("reached by", operations));
    }
    let consumers = used_by(finding);
    if !consumers.is_empty() {
        lines.push(("used by", consumers.join(", ")));
    }
    if !finding.owners.is_empty() {
        lines.push(("owners", finding.owners.join(", ")));
    }
    if let Some(witness) = &finding.proof.witness {
        let read = witness
            .read_as
            .as_ref()
            .map_or_else(String::new, |value| format!(", read as {}", shorten(&value.to_string())));
        lines.push(("witness", format!("{}{read}", shorten(&witness.instance.to_string()))));
        lines.push(("because", format!("the {} version says: {}", witness.rejected_by, shorten(&witness.error))));
        if let Some(hex) = &witness.bytes_hex {
            lines.push(("bytes", shorten(hex)));
        }
        if let Some(curl) = &witness.curl {
            lines.push(("try", curl.clone()));
        }
    } else if finding.proof.status == ProofStatus::Unproven {
        lines.push(("unproven", finding.proof.reason.clone().unwrap_or_default()));
    }
    if !finding.occurrences.is_empty() {
        lines.push(("also at", occurrences(finding)));
    }
    if let Some(help) = &finding.help {
        lines.push(("help", help.clone()));
    }
    if finding.severity > Severity::Note {
        // What `waive` and `explain` are asked with.
        lines.push(("fingerprint", finding.fingerprint.clone()));
    }
    lines
}

fn occurrences(finding: &Finding) -> String {
    let places = finding.occurrences.iter().filter_map(|place| place.location.as_ref().or(place.old_location.as_ref()));
    let mut named: Vec<_> = places.take(3).map(position).collect();
    let rest = finding.occurrences.len().saturating_sub(named.len());
    if rest > 0 {
        named.push(format!("and {rest} more"));
    }
    named.join(", ")
}

fn shorten(text: &str) -> String {
    if text.chars().count() <= LONGEST_WITNESS {
        return text.to_owned();
    }
    let cut: String = text.chars().take(LONGEST_WITNESS).collect();
    format!("{cut}… (whole in --format json)")
}

fn detail(label: &str, text: &str, options: TextOptions, paint: Paint) -> String {
    let label = format!("   = {}: ", paint.bold(label));
    let lines: Vec<_> = text.lines().map(|line| wrap(&format!("{label}{line}"), options.width, 7)).collect();
    // A help of several lines keeps its shape: only the first line carries the label.
    let mut rest = text.lines().skip(1).map(|line| format!("       {line}")).collect::<Vec<_>>();
    let mut out = lines.into_iter().take(1).collect::<Vec<_>>();
    out.append(&mut rest);
    out.join("\n")
}

fn position(location: &Location) -> String {
    format!("{}:{}:{}", location.path, location.start_line, location.start_column)
}

/// The source of both versions, the new one first; without any source, where it is.
fn windows(finding: &Finding, options: TextOptions, paint: Paint) -> String {
    if finding.snippets.is_empty() {
        let place = finding.place();
        return place.map_or_else(String::new, |place| format!("\n  {} {}", paint.bold("-->"), position(place)));
    }
    format!("\n{}", render(&finding.snippets, finding.severity, options))
}

fn render(snippets: &[Snippet], severity: Severity, options: TextOptions) -> String {
    let level = match severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let has_both = snippets.len() > 1;
    let mut group = Group::with_level(level);
    for (index, snippet) in snippets.iter().enumerate() {
        let kind = if index == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
        let label = match (has_both, snippet.is_old) {
            (false, false) => None,
            (_, true) => Some("old"),
            (true, false) => Some("new"),
        };
        let annotation = kind.span(byte_range(snippet)).label(label);
        group = group.element(
            Window::source(snippet.text.as_str())
                .line_start(snippet.first_line as usize)
                .path(snippet.location.path.as_str())
                .annotation(annotation),
        );
    }
    let renderer = if options.color { Renderer::styled() } else { Renderer::plain() };
    renderer.term_width(options.width.unwrap_or(DEFAULT_WIDTH)).render(&[group])
}

/// The marked range as bytes of the window's text, never empty where there is text.
fn byte_range(snippet: &Snippet) -> std::ops::Range<usize> {
    let offset = |line: u32, column: u32| {
        let mut start = 0;
        for (number, text) in (snippet.first_line..).zip(snippet.text.split('\n')) {
            if number == line {
                let within = text.char_indices().nth(column.saturating_sub(1) as usize);
                return start + within.map_or(text.len(), |(at, _)| at);
            }
            start += text.len() + 1;
        }
        snippet.text.len()
    };
    let place = &snippet.location;
    let start = offset(place.start_line, place.start_column);
    // Only the first line of a long element is marked: a caret under a whole schema says nothing.
    let end = if place.end_line == place.start_line {
        offset(place.end_line, place.end_column)
    } else {
        offset(place.start_line, u32::MAX)
    };
    let next = snippet.text[start..].chars().next().map_or(0, char::len_utf8);
    start..end.max(start + next)
}
