//! The baseline: findings that were there when a team started, accepted all at once.
//!
//! A file of its own, because it is written by the program and shrinks by itself, while the project file is people's.

use std::fmt::Write;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::template::quoted;
use crate::finding::{Finding, Problem};
use crate::policy::Waiver;

/// The name of the baseline, beside the project file.
pub const BASELINE_NAME: &str = "counterpart-baseline.toml";

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct BaselineFile {
    accepted: Vec<Accepted>,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Accepted {
    fingerprint: String,
    rule: String,
    // `subject` stands there for people who review the file.
}

/// The waivers that a baseline stands for.
///
/// # Errors
/// When the text is no baseline: one that is not understood would accept nothing, or too much.
pub fn read_baseline(text: &str, shown: &str) -> Result<Vec<Waiver>, Problem> {
    let file: BaselineFile = toml::from_str(text).map_err(|error| {
        Problem::new("bad-config", format!("`{shown}` is no baseline: {}", error.message()))
            .with_help("write it anew with `counterpart baseline`")
    })?;
    Ok(file.accepted.into_iter().map(waiver).collect())
}

fn waiver(accepted: Accepted) -> Waiver {
    Waiver {
        rule: Some(accepted.rule),
        fingerprint: Some(accepted.fingerprint),
        subject: None,
        contract: None,
        path: None,
        reason: "accepted with the baseline".to_owned(),
        owner: None,
        until: None,
        lowers_bump: false,
        location: None,
        by: "baseline",
    }
}

/// The text of a baseline that accepts these findings, sorted, so that it reads well in a review.
#[must_use]
pub fn baseline_text<'a>(findings: impl Iterator<Item = &'a Finding>) -> String {
    let mut entries: Vec<(&str, &str, &str)> = findings
        .map(|finding| (finding.rule.as_str(), finding.subject.name.as_str(), finding.fingerprint.as_str()))
        .collect();
    entries.sort_unstable();
    entries.dedup();
    let mut text =
        "# Findings that were accepted all at once; new ones still fail. Written by `counterpart baseline`.\n"
            .to_owned();
    for (rule, subject, fingerprint) in entries {
        // Writing into a string cannot fail.
        let _ = write!(
            text,
            "\n[[accepted]]\nfingerprint = {}\nrule = {}\nsubject = {}\n",
            quoted(fingerprint),
            quoted(rule),
            quoted(subject)
        );
    }
    text
}
