//! Markdown for a pull-request comment or a job summary.
//!
//! Names and texts from contracts are not trusted: HTML is escaped and `@mentions` are neutralized, so that a contract
//! cannot notify people or change the page.

use std::fmt::Write as _;
use std::io::{self, Write};

use crate::finding::{Bump, Finding, Report, Severity};
use crate::render::affected::{reached_by, used_by, who_breaks};

/// GitHub refuses comments longer than 65,536 characters; the rest is room for the closing lines.
const LONGEST: usize = 60_000;

/// What may be removed now is named up to this many; `counterpart deprecations` has all.
const MOST_RETIRED: usize = 20;

/// Writes the comment.
pub fn markdown(report: &Report, mut out: impl Write) -> io::Result<()> {
    let mut text = format!("{}\n\n", headline(report));
    contracts(report, &mut text);
    let mut cut = 0;
    for severity in [Severity::Error, Severity::Warning] {
        for finding in report.counted(severity) {
            let block = block(finding);
            if text.len() + block.len() > LONGEST {
                cut += 1;
            } else {
                text.push_str(&block);
            }
        }
    }
    details(report.counted(Severity::Note), ["note", "notes"], &mut text, &mut cut);
    details(
        report.findings.iter().filter(|finding| finding.suppressed.is_some()),
        ["suppressed"; 2],
        &mut text,
        &mut cut,
    );
    if !report.may_be_removed.is_empty() {
        let lines = report.may_be_removed.iter().take(MOST_RETIRED).map(|item| {
            let sunset = item.sunset.as_deref().unwrap_or_default();
            format!(
                "- {} (sunset {sunset}, `{}:{}`)\n",
                plain(&item.name),
                code(&item.location.path),
                item.location.start_line
            )
        });
        let count = report.may_be_removed.len();
        let _ = writeln!(
            text,
            "<details><summary>{count} may be removed now</summary>\n\n{}\n</details>",
            lines.collect::<String>()
        );
    }
    if cut > 0 {
        let _ = writeln!(text, "\n…and {cut} more findings that do not fit here; the full report has all of them.");
    }
    let bases: Vec<_> =
        report.bases.iter().map(|base| format!("`{}` ({})", code(&base.input), plain(&base.reason))).collect();
    let _ = writeln!(text, "\n<sub>compared with {} · counterpart {}</sub>", bases.join(", "), report.tool.version);
    out.write_all(text.as_bytes())
}

fn headline(report: &Report) -> String {
    let counts = &report.summary;
    let bump = report.summary.required_bump.word();
    match (counts.errors, counts.warnings) {
        (0, 0) if counts.notes == 0 => "### ✅ No contract changes".to_owned(),
        (0, 0) => format!("### ✅ Compatible contract changes · requires a **{bump}** bump"),
        (0, warnings) => format!(
            "### ⚠️ {} · requires a **{bump}** bump",
            many(warnings, "contract change that may break consumers", "contract changes that may break consumers")
        ),
        (errors, _) => format!(
            "### ❌ {} · requires a **{bump}** bump",
            many(errors, "breaking contract change", "breaking contract changes")
        ),
    }
}

fn many(number: usize, one: &str, more: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { more })
}

fn contracts(report: &Report, text: &mut String) {
    let changed: Vec<_> = report.contracts.iter().filter(|contract| contract.required_bump > Bump::None).collect();
    if changed.is_empty() {
        return;
    }
    text.push_str("| contract | released | requires | next |\n|---|---|---|---|\n");
    for contract in changed {
        let _ = writeln!(
            text,
            "| `{}` | {} | {} | {} |",
            code(&contract.path),
            plain(contract.old_version.as_deref().unwrap_or("–")),
            contract.required_bump.word(),
            plain(contract.next_version.as_deref().unwrap_or("–")),
        );
    }
    text.push('\n');
}

fn block(finding: &Finding) -> String {
    let icon = if finding.severity == Severity::Error { "❌" } else { "⚠️" };
    let place =
        finding.place().map_or_else(String::new, |place| format!(" · `{}:{}`", code(&place.path), place.start_line));
    let mut text = format!("#### {icon} {}\n`{}`{place}\n\n", plain(&finding.message), finding.rule);
    let breaks = who_breaks(finding);
    if !breaks.is_empty() {
        let _ = writeln!(text, "- **breaks**: {}", plain(&breaks.join("; ")));
    }
    if let Some(operations) = reached_by(finding) {
        let _ = writeln!(text, "- **reached by**: {}", plain(&operations));
    }
    let users = used_by(finding);
    if !users.is_empty() {
        let _ = writeln!(text, "- **used by**: {}", plain(&users.join(", ")));
    }
    if !finding.owners.is_empty() {
        let _ = writeln!(text, "- **owners**: {}", plain(&finding.owners.join(", ")));
    }
    if let Some(witness) = &finding.proof.witness {
        let _ = writeln!(
            text,
            "- **witness**: `{}`: the {} version says {}",
            code(&witness.instance.to_string()),
            witness.rejected_by,
            plain(&witness.error)
        );
    }
    if let Some(help) = &finding.help {
        let _ = writeln!(text, "- **help**: {}", plain(help));
    }
    text.push('\n');
    text
}

fn details<'a>(findings: impl Iterator<Item = &'a Finding>, titles: [&str; 2], text: &mut String, cut: &mut usize) {
    let mut lines = String::new();
    let mut count = 0;
    for finding in findings {
        count += 1;
        let reason = finding.suppressed.as_ref().map_or_else(String::new, |why| format!(" ({})", plain(&why.reason)));
        let line = format!("- {} `{}`{reason}\n", plain(&finding.message), finding.rule);
        if text.len() + lines.len() + line.len() > LONGEST {
            *cut += 1;
        } else {
            lines.push_str(&line);
        }
    }
    if count > 0 {
        let title = titles[usize::from(count > 1)];
        let _ = writeln!(text, "<details><summary>{count} {title}</summary>\n\n{lines}\n</details>");
    }
}

/// Text outside code: no HTML, no mentions, no line breaks. Backticked names stay code.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (index, part) in text.split('`').enumerate() {
        if index > 0 {
            out.push('`');
        }
        // Inside backticks nothing is interpreted, and entities would be shown as they are.
        let is_code = index % 2 == 1;
        if is_code {
            out.push_str(&part.replace(['\n', '\r'], " "));
            continue;
        }
        for character in part.chars() {
            match character {
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '&' => out.push_str("&amp;"),
                // A zero-width space keeps `@name` and `#1` from becoming a mention or a reference.
                '@' => out.push_str("@\u{200b}"),
                '#' => out.push_str("#\u{200b}"),
                '|' => out.push_str("\\|"),
                '\n' | '\r' => out.push(' '),
                other => out.push(other),
            }
        }
    }
    if text.matches('`').count() % 2 == 1 {
        out.push('`');
    }
    out
}

/// Text inside a code span.
fn code(text: &str) -> String {
    text.replace('`', "'").replace(['\n', '\r'], " ").replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_from_contracts_cannot_mention_people_or_write_html() {
        assert_eq!(plain("ask @team <b> `a@b` #1"), "ask @\u{200b}team &lt;b&gt; `a@b` #\u{200b}1");
        assert_eq!(plain("open ` code"), "open ` code`");
        assert_eq!(code("a`b|c"), "a'b\\|c");
    }
}
