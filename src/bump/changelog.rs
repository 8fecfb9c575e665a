//! A Keep-a-Changelog section from the findings.

use std::fmt::Write as _;

use crate::change::Cell;
use crate::finding::{Bump, Finding, Severity};

/// The sections of Keep a Changelog that findings fall into, in its order.
const SECTIONS: [&str; 4] = ["Added", "Changed", "Deprecated", "Removed"];

/// The entries of one version as Markdown, without its heading: `### Added` and so on, breaks marked, each with its rule and
/// what to do. Empty when nothing is worth an entry.
#[must_use]
pub fn section(findings: &[Finding]) -> String {
    let mut out = String::new();
    for name in SECTIONS {
        let entries: Vec<_> = findings.iter().filter(|finding| section_of(finding) == Some(name)).map(entry).collect();
        if !entries.is_empty() {
            let _ = writeln!(out, "### {name}\n\n{}", entries.join("\n"));
            out.push('\n');
        }
    }
    out.truncate(out.trim_end().len());
    if !out.is_empty() {
        out.push('\n');
    }
    out
}

fn section_of(finding: &Finding) -> Option<&'static str> {
    if finding.bump <= Bump::Patch || finding.rule.starts_with("version/") || finding.rule.starts_with("waiver/") {
        return None;
    }
    let (is_new, is_gone) =
        (finding.old_location.is_none(), finding.breaks.capability_gone || finding.breaks.reach == Cell::Yes);
    Some(if finding.rule.contains("deprecated") {
        "Deprecated"
    } else if is_gone && finding.rule.contains("removed") {
        "Removed"
    } else if is_new && finding.severity == Severity::Note {
        "Added"
    } else {
        "Changed"
    })
}

fn entry(finding: &Finding) -> String {
    let is_break = finding.bump == Bump::Major;
    let mark = if is_break { "**Breaking:** " } else { "" };
    let mut text = format!("- {mark}{} (`{}`)", finding.message, finding.rule);
    if let Some(help) = finding.help.as_ref().filter(|_| is_break) {
        let _ = write!(text, "\n  To migrate: {}", help.replace('\n', "\n  "));
    }
    text
}

/// A changelog with a section added as a version's, below `## [Unreleased]`, whose hand-written entries move along.
///
/// Writing the same version twice changes nothing.
#[must_use]
pub fn merge_section(changelog: &str, version: &str, date: &str, section: &str) -> String {
    let heading = format!("## [{version}]");
    if changelog.lines().any(|line| line.starts_with(&heading)) {
        return changelog.to_owned();
    }
    let new = format!("{heading} - {date}\n\n");
    if changelog.trim().is_empty() {
        return format!("# Changelog\n\n{new}{section}");
    }
    let Some(start) = changelog.find("## [Unreleased]") else {
        // Before the first version, after whatever introduces the file.
        let at = changelog.find("\n## ").map_or(changelog.len(), |at| at + 1);
        let (before, after) = changelog.split_at(at);
        let gap = if before.is_empty() || before.ends_with("\n\n") { "" } else { "\n" };
        return format!("{before}{gap}{new}{section}\n{after}").trim_end().to_owned() + "\n";
    };
    let body = changelog[start..].find('\n').map_or(changelog.len(), |at| start + at + 1);
    let end = changelog[body..].find("\n## ").map_or(changelog.len(), |at| body + at + 1);
    let written = changelog[body..end].trim();
    let written = if written.is_empty() { String::new() } else { format!("{written}\n\n") };
    let text = format!("{}\n{new}{written}{section}\n{}", &changelog[..body], &changelog[end..]);
    text.trim_end().to_owned() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unreleased_entries_move_into_the_version_and_twice_is_once() {
        let before = "# Changelog\n\n## [Unreleased]\n\n- by hand\n\n## [1.4.0] - 2026-01-01\n\n- old\n";
        let after = merge_section(before, "1.5.0", "2026-06-01", "### Added\n\n- new\n");
        assert_eq!(
            after,
            "# Changelog\n\n## [Unreleased]\n\n## [1.5.0] - 2026-06-01\n\n- by hand\n\n### Added\n\n- new\n\n\
             ## [1.4.0] - 2026-01-01\n\n- old\n"
        );
        assert_eq!(merge_section(&after, "1.5.0", "2026-06-01", "### Added\n\n- new\n"), after);
    }

    #[test]
    fn a_changelog_without_unreleased_gets_the_version_first() {
        let after = merge_section("# Changelog\n\n## [1.4.0]\n", "1.5.0", "2026-06-01", "- new\n");
        assert_eq!(after, "# Changelog\n\n## [1.5.0] - 2026-06-01\n\n- new\n\n## [1.4.0]\n");
        assert_eq!(
            merge_section("", "1.0.0", "2026-06-01", "- new\n"),
            "# Changelog\n\n## [1.0.0] - 2026-06-01\n\n- new\n"
        );
    }
}
