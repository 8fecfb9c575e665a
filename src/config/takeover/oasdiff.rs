//! `.oasdiff.{yaml,json,toml}`: the fail level and the file of severity levels that it names.

use serde_json::Value;

use crate::config::takeover::{TakenOver, ids_of, read_value};
use crate::config::vocabulary::FailOn;
use crate::policy::SeverityWord;
use crate::rules::RuleTable;
use crate::source::Tree;

pub(crate) fn take(tree: &dyn Tree, table: &RuleTable, taken: &mut TakenOver) {
    let Some((name, settings)) = read_settings(tree) else { return };
    let text = |key: &str| settings.get(key).and_then(Value::as_str);
    taken.fail_on = match text("fail-on").map(str::to_uppercase).as_deref() {
        Some("ERR") => Some(FailOn::Error),
        Some("WARN") => Some(FailOn::Warning),
        Some("INFO") => Some(FailOn::Note),
        // Without a level oasdiff fails on nothing.
        _ => taken.fail_on,
    };
    taken.remarks.push(format!("took over the settings of {name}"));
    let Some(path) = text("severity-levels") else { return };
    let Some(Ok(bytes)) = tree.read(&[path]).pop() else {
        taken.remarks.push(format!("`{path}`, which {name} names, could not be read"));
        return;
    };
    let mut unknown = Vec::new();
    for line in String::from_utf8_lossy(&bytes).lines() {
        let mut words = line.split_whitespace();
        let (Some(id), Some(level)) = (words.next(), words.next()) else { continue };
        let severity = match level.to_lowercase().as_str() {
            "err" => SeverityWord::Error,
            "warn" => SeverityWord::Warning,
            "info" => SeverityWord::Note,
            "none" => SeverityWord::Off,
            _ => continue,
        };
        let mut is_known = false;
        for page in table.iter().filter(|page| ids_of(page, "oasdiff").any(|pattern| stands_for(pattern, id))) {
            is_known = true;
            // One rule here stands for several there, told apart by place; the strictest of their levels holds.
            let entry = taken.severities.entry(page.id.clone()).or_insert(severity);
            if rank(severity) > rank(*entry) {
                *entry = severity;
            }
        }
        if !is_known {
            unknown.push(id.to_owned());
        }
    }
    taken.remarks.push(format!("took over the severities of {path}"));
    if !unknown.is_empty() {
        taken.remarks.push(format!("without a counterpart here: {}", unknown.join(", ")));
    }
}

fn read_settings(tree: &dyn Tree) -> Option<(&'static str, Value)> {
    for name in [".oasdiff.yaml", ".oasdiff.json"] {
        if let Some(value) = read_value(tree, name) {
            return Some((name, value));
        }
    }
    let bytes = tree.read(&[".oasdiff.toml"]).pop()?.ok()?;
    let value = toml::from_str(std::str::from_utf8(&bytes).ok()?).ok()?;
    Some((".oasdiff.toml", value))
}

fn rank(severity: SeverityWord) -> u8 {
    match severity {
        SeverityWord::Off => 0,
        SeverityWord::Note => 1,
        SeverityWord::Warning => 2,
        SeverityWord::Error => 3,
    }
}

/// Whether a page's id, in which `{place}` stands for any place, means this one.
fn stands_for(pattern: &str, id: &str) -> bool {
    match pattern.split_once("{place}") {
        None => pattern == id,
        Some((before, after)) => id.len() > before.len() + after.len() && id.starts_with(before) && id.ends_with(after),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use super::*;
    use crate::source::load::tests_support::tree_of;

    #[test]
    fn levels_are_taken_over_and_unknown_rules_are_named() {
        let files: BTreeMap<String, Arc<[u8]>> = [
            (".oasdiff.yaml", "fail-on: WARN\nseverity-levels: levels.txt\n"),
            ("levels.txt", "api-path-removed-without-deprecation info\nno-such-rule err\n"),
        ]
        .iter()
        .map(|(path, text)| ((*path).to_owned(), Arc::from(text.as_bytes())))
        .collect();
        let taken = crate::config::take_over(&*tree_of(files));
        assert_eq!(taken.fail_on, Some(FailOn::Warning));
        assert!(
            taken.severities.values().all(|severity| *severity == SeverityWord::Note) && !taken.severities.is_empty()
        );
        assert!(taken.remarks.contains(&"without a counterpart here: no-such-rule".to_owned()), "{:?}", taken.remarks);
    }

    #[test]
    fn a_place_stands_for_any_place() {
        assert!(stands_for("{place}-max-length-decreased", "request-body-max-length-decreased"));
        assert!(!stands_for("{place}-max-length-decreased", "-max-length-decreased"));
    }
}
