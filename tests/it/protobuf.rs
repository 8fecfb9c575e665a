//! Whole protobuf trees: every case in `fixtures/protobuf` with a `findings` file gives exactly what that lists.
//!
//! Cases named after something that `buf breaking` gets wrong (see `docs/design/0010-protobuf-and-buf.md`) show what is
//! right there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn cases() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/protobuf");
    let entries = fs::read_dir(root).expect("the fixtures are part of the repository");
    let mut cases: Vec<PathBuf> =
        entries.flatten().map(|entry| entry.path()).filter(|path| path.join("findings").exists()).collect();
    cases.sort();
    cases
}

/// Severity, rule and subject of every finding but those about declared versions, sorted.
fn findings(case: &Path, old: &str, new: &str) -> Vec<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_counterpart"))
        .args(["diff", old, new, "--format", "json", "--today", "2026-06-01"])
        .current_dir(case)
        .output()
        .expect("the program was built for this test");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("`diff` prints one JSON document");
    let found = report["findings"].as_array().unwrap_or_else(|| panic!("{}: {report}", case.display()));
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let mut lines: Vec<String> = found
        .iter()
        .map(|finding| {
            format!("{} {} {}", text(&finding["severity"]), text(&finding["rule"]), text(&finding["subject"]["name"]))
        })
        .filter(|line| !line.contains(" version/"))
        .collect();
    lines.sort();
    lines
}

#[test]
fn every_case_gives_exactly_the_findings_it_lists() {
    let mut wrong = Vec::new();
    for case in cases() {
        let listed = fs::read_to_string(case.join("findings")).expect("it was there a moment ago");
        let mut expected: Vec<String> = listed.lines().map(str::to_owned).collect();
        expected.sort();
        let found = findings(&case, "old", "new");
        if found != expected {
            wrong.push(format!("{}:\n  expected {expected:#?}\n  found {found:#?}", case.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_case_compared_with_itself_gives_nothing() {
    let mut wrong = Vec::new();
    for case in cases() {
        for side in ["old", "new"] {
            let found = findings(&case, side, side);
            if !found.is_empty() {
                wrong.push(format!("{} {side}: {found:?}", case.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
