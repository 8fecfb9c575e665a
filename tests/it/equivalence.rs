//! Contracts that say the same in other words: no finding at all.

use std::path::{Path, PathBuf};

use assert_cmd::Command;

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/openapi");
    let mut cases: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the fixtures are there")
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|path| path.join("old.yaml").is_file() && path.join("new.yaml").is_file())
        .collect();
    cases.sort();
    cases
}

fn findings(case: &Path, old: &str, new: &str) -> Vec<String> {
    let output = Command::cargo_bin("counterpart")
        .expect("the binary is built")
        .current_dir(case)
        .args(["diff", old, new, "--format", "json"])
        .output()
        .expect("it runs");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("it prints JSON");
    let findings = report["findings"].as_array().unwrap_or_else(|| panic!("{}: {report}", case.display()));
    findings
        .iter()
        .filter(|finding| !finding["rule"].as_str().is_some_and(is_about_the_document))
        .map(|finding| format!("{} {} {}", case.display(), finding["rule"], finding["subject"]["name"]))
        .collect()
}

/// Versions, of the contract and of the specification that it follows, are facts about the document.
fn is_about_the_document(rule: &str) -> bool {
    rule.starts_with("version/") || rule == "openapi/openapi-version-changed"
}

#[test]
fn a_contract_in_other_words_gives_no_finding() {
    let equivalent = cases()
        .into_iter()
        .filter(|case| case.file_name().is_some_and(|name| name.to_string_lossy().starts_with("equivalent-")));
    let found: Vec<String> = equivalent
        .flat_map(|case| [findings(&case, "old.yaml", "new.yaml"), findings(&case, "new.yaml", "old.yaml")].concat())
        .collect();
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn a_contract_compared_with_itself_gives_no_finding() {
    let found: Vec<String> = cases()
        .into_iter()
        .flat_map(|case| [findings(&case, "old.yaml", "old.yaml"), findings(&case, "new.yaml", "new.yaml")].concat())
        .collect();
    assert_eq!(found, Vec::<String>::new());
}
