//! The Pact specification's own test cases, where they are present.
//!
//! Cases are read from `../shared/corpus/pact/spec_testcases` and from the folders that `COUNTERPART_PACT_CASES` names
//! (separated by `:`), each with `v1`, `v1.1`, `v2`, `v3` or `v4` somewhere in the path of a case, and `request`,
//! `response` or `message`. Cases that we disagree with are listed here with the reason.

use std::path::{Path, PathBuf};

use counterpart::pact::{
    InteractionKind, SpecVersion, compare_message, compare_request, compare_response, parse_matching_case,
};
use serde_json::Value;

/// Path of the case inside its folder, and why we judge otherwise.
const DISAGREEMENTS: &[(&str, &str)] = &[];

fn folders() -> Vec<PathBuf> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/pact/spec_testcases")];
    if let Some(more) = std::env::var_os("COUNTERPART_PACT_CASES") {
        folders.extend(std::env::split_paths(&more));
    }
    folders.into_iter().filter(|folder| folder.is_dir()).collect()
}

fn cases(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the folder can be read")
        .map(|entry| entry.expect("the entry can be read").path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            cases(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            found.push(path);
        }
    }
}

fn version(path: &str) -> SpecVersion {
    let has = |name: &str| path.split('/').any(|piece| piece == name || piece == name.trim_start_matches('v'));
    if has("v1") {
        SpecVersion::V1
    } else if has("v1.1") {
        SpecVersion::V1_1
    } else if has("v2") {
        SpecVersion::V2
    } else if has("v4") {
        SpecVersion::V4
    } else {
        SpecVersion::V3
    }
}

/// Whether the case is judged as it says, or what went wrong.
fn judge(path: &Path) -> Result<(), String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let case: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| error.to_string())?;
    let shown = path.to_string_lossy();
    let kind = ["request", "response", "message"]
        .into_iter()
        .rfind(|kind| shown.contains(&format!("/{kind}/")))
        .unwrap_or("request");
    let read = |side: &str| {
        parse_matching_case(&case[side], kind, version(&shown)).map_err(|reason| format!("{side}: {reason}"))
    };
    let mismatches = match (read("expected")?, read("actual")?) {
        (InteractionKind::Http { request, .. }, InteractionKind::Http { request: actual, .. }) if kind == "request" => {
            compare_request(&request, &actual)
        }
        (InteractionKind::Http { response, .. }, InteractionKind::Http { response: actual, .. }) => {
            compare_response(&response, &actual)
        }
        (InteractionKind::Message(expected), InteractionKind::Message(actual)) => compare_message(&expected, &actual),
        _ => return Err("the two sides are of different kinds".into()),
    };
    if case["match"].as_bool() == Some(mismatches.is_empty()) {
        return Ok(());
    }
    let messages: Vec<&str> = mismatches.iter().map(|mismatch| mismatch.message.as_str()).collect();
    Err(format!("expected match {}, found {messages:?} ({})", case["match"], case["comment"]))
}

#[test]
fn the_specifications_own_cases_are_judged_as_they_say() {
    let mut total = 0;
    let mut wrong = Vec::new();
    for folder in folders() {
        let mut found = Vec::new();
        cases(&folder, &mut found);
        for path in found {
            total += 1;
            let name = path.strip_prefix(&folder).unwrap_or(&path).to_string_lossy().into_owned();
            let is_listed = DISAGREEMENTS.iter().any(|(listed, _)| *listed == name);
            match judge(&path) {
                Err(reason) if !is_listed => wrong.push(format!("{name}: {reason}")),
                Ok(()) if is_listed => wrong.push(format!("{name}: is listed as a disagreement, but we agree")),
                _ => {}
            }
        }
    }
    println!(
        "pact specification cases: {} of {total} agree, {} listed as disagreements",
        total - wrong.len() - DISAGREEMENTS.len().min(total),
        DISAGREEMENTS.len()
    );
    assert!(wrong.is_empty(), "{} cases disagree:\n{}", wrong.len(), wrong.join("\n"));
}
