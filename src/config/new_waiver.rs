//! A waiver written into the text of a project file, without touching anything else in it.

use std::fmt::Write;

use jiff::civil::Date;
use toml_edit::{DocumentMut, Item, value};

use crate::config::template::quoted;
use crate::finding::Problem;

/// A waiver as the command line gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewWaiver {
    /// The finding, or the rule.
    pub target: WaiverTarget,
    /// What it is about, as a comment: the finding's message.
    pub comment: Option<String>,
    /// Why it is accepted.
    pub reason: String,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The last day on which it holds.
    pub until: Option<Date>,
    /// Whether it also lowers the version bump.
    pub bump: bool,
}

/// What a waiver names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WaiverTarget {
    /// One finding.
    Fingerprint(String),
    /// All findings of a rule, or only those about a subject.
    Rule {
        /// The rule's id.
        rule: String,
        /// The subject, or a `*` pattern.
        subject: Option<String>,
    },
}

/// The text with the waiver: a new one at the end, or the one that names the same changed in place.
///
/// # Errors
/// When the text is not TOML, or writes its waivers in a form that cannot be added to.
pub fn with_waiver(text: &str, waiver: &NewWaiver) -> Result<String, Problem> {
    let refused = |message: String| {
        Problem::new("bad-config", message).with_help("add the waiver by hand: `counterpart explain waiver/expired`")
    };
    let mut document: DocumentMut =
        text.parse().map_err(|error: toml_edit::TomlError| refused(error.message().to_owned()))?;
    match document.get_mut("waivers") {
        None => {}
        Some(Item::ArrayOfTables(tables)) => {
            let is_known = |table: &toml_edit::Table| names_the_same(table, &waiver.target);
            let known = tables.iter().position(is_known);
            if let Some(table) = known.and_then(|index| tables.get_mut(index)) {
                renew(table, waiver);
                return Ok(document.to_string());
            }
        }
        Some(_) => return Err(refused("`waivers` is written as one value, to which nothing can be added".to_owned())),
    }
    let mut added = text.to_owned();
    if !added.is_empty() {
        added.push_str(if added.ends_with('\n') { "\n" } else { "\n\n" });
    }
    added.push_str(&section(waiver));
    Ok(added)
}

fn renew(table: &mut toml_edit::Table, waiver: &NewWaiver) {
    table["reason"] = value(&waiver.reason);
    match waiver.until {
        Some(until) => table["until"] = value(until.to_string()),
        None => drop(table.remove("until")),
    }
    if let Some(owner) = &waiver.owner {
        table["owner"] = value(owner);
    }
    if waiver.bump {
        table["bump"] = value(true);
    }
}

fn names_the_same(table: &toml_edit::Table, target: &WaiverTarget) -> bool {
    let text = |key: &str| table.get(key).and_then(Item::as_str);
    match target {
        WaiverTarget::Fingerprint(fingerprint) => text("fingerprint") == Some(fingerprint),
        WaiverTarget::Rule { rule, subject } => {
            text("fingerprint").is_none() && text("rule") == Some(rule) && text("subject") == subject.as_deref()
        }
    }
}

fn section(waiver: &NewWaiver) -> String {
    // Writing into a string cannot fail.
    let mut text = "[[waivers]]\n".to_owned();
    if let Some(comment) = &waiver.comment {
        let line: String = comment.split_whitespace().collect::<Vec<_>>().join(" ");
        let _ = writeln!(text, "# {}", line.replace(char::is_control, ""));
    }
    match &waiver.target {
        WaiverTarget::Fingerprint(fingerprint) => {
            let _ = writeln!(text, "fingerprint = {}", quoted(fingerprint));
        }
        WaiverTarget::Rule { rule, subject } => {
            let _ = writeln!(text, "rule = {}", quoted(rule));
            if let Some(subject) = subject {
                let _ = writeln!(text, "subject = {}", quoted(subject));
            }
        }
    }
    let _ = writeln!(text, "reason = {}", quoted(&waiver.reason));
    if let Some(owner) = &waiver.owner {
        let _ = writeln!(text, "owner = {}", quoted(owner));
    }
    if let Some(until) = waiver.until {
        let _ = writeln!(text, "until = \"{until}\"");
    }
    if waiver.bump {
        text.push_str("bump = true\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiver(reason: &str) -> NewWaiver {
        NewWaiver {
            target: WaiverTarget::Fingerprint("b1946ac92492d234".into()),
            comment: Some("field `sku`\nwas removed".into()),
            reason: reason.into(),
            owner: Some("orders".into()),
            until: Some(jiff::civil::date(2027, 1, 31)),
            bump: false,
        }
    }

    #[test]
    fn a_waiver_is_added_at_the_end_and_nothing_else_changes() {
        let before = "# mine\n[policy]   # as is\nmode = 'compatible'";
        let after = with_waiver(before, &waiver("say \"why\"")).expect("added");
        assert!(after.starts_with(before));
        let file: crate::config::ProjectFile =
            toml::from_str(&after).unwrap_or_else(|error| panic!("{error}\n{after}"));
        assert_eq!(file.waivers[0].get_ref().reason, "say \"why\"");
    }

    #[test]
    fn the_same_waiver_twice_is_one_with_the_newer_reason() {
        let once = with_waiver("", &waiver("first")).expect("added");
        let twice = with_waiver(&once, &waiver("second")).expect("added");
        assert_eq!(twice, once.replace("first", "second"));
        assert_eq!(with_waiver(&twice, &waiver("second")).expect("added"), twice);
    }

    #[test]
    fn waivers_in_one_value_are_left_to_people() {
        assert!(with_waiver("waivers = []\n", &waiver("r")).is_err());
    }
}
