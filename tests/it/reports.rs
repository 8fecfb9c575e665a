//! Every report format, read back by a consumer of its own.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// `diff` of the protobuf fixture in one format.
fn report(format: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_counterpart"))
        .args(["diff", "fixtures/protobuf/orders/old.proto", "fixtures/protobuf/orders/new.proto"])
        .args(["--format", format, "--today", "2026-06-01"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("the program starts");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("reports are UTF-8")
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("the report is JSON")
}

#[test]
fn the_json_report_is_valid_under_its_published_schema_and_the_same_every_time() {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference/report.schema.json");
    let schema = json(&std::fs::read_to_string(schema).expect("the schema is published"));
    let validator = jsonschema::validator_for(&schema).expect("it is a schema");
    let text = report("json");
    let errors: Vec<_> = validator.iter_errors(&json(&text)).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(text, report("json"));
    assert!(json(&text)["summary"]["errors"].as_u64() > Some(0), "{text}");
}

#[test]
fn a_refusal_is_valid_under_the_published_schema_too() {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference/report.schema.json");
    let schema = json(&std::fs::read_to_string(schema).expect("the schema is published"));
    let output = Command::new(env!("CARGO_BIN_EXE_counterpart"))
        .args(["diff", "no-such-file.yaml", "README.md", "--format", "json"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("the program starts");
    assert_eq!(output.status.code(), Some(2));
    let refusal = json(&String::from_utf8(output.stdout).expect("UTF-8"));
    let validator = jsonschema::validator_for(&schema).expect("it is a schema");
    assert!(validator.is_valid(&refusal), "{refusal}");
    assert!(!refusal["errors"].as_array().expect("errors").is_empty());
}

#[test]
fn sarif_reads_back_with_its_rules_places_and_fingerprints() {
    let text = report("sarif");
    let sarif: serde_sarif::sarif::Sarif = serde_json::from_str(&text).expect("it is SARIF 2.1.0");
    let run = &sarif.runs[0];
    let rules = run.tool.driver.rules.as_ref().expect("rules");
    let results = run.results.as_ref().expect("results");
    assert_eq!(results.len(), json(&report("json"))["findings"].as_array().expect("findings").len());
    for result in results {
        let index = usize::try_from(result.rule_index.expect("each result names its rule")).expect("an index");
        assert_eq!(Some(&rules[index].id), result.rule_id.as_ref());
        assert!(result.partial_fingerprints.is_some());
    }
    // Code scanning shows a result on a line only if its region starts at one.
    let value = json(&text);
    let lines =
        value.pointer("/runs/0/results/0/locations/0/physicalLocation/region/startLine").and_then(Value::as_u64);
    assert!(lines >= Some(1), "{text}");
}

#[test]
fn junit_reads_back_with_one_failure_per_error() {
    let text = report("junit");
    let suites = quick_junit::Report::deserialize_from_str(&text).expect("it is JUnit XML");
    let errors = json(&report("json"))["summary"]["errors"].as_u64();
    assert_eq!(Some(suites.failures as u64), errors, "{text}");
    assert_eq!(suites.test_suites[0].name.as_str(), "fixtures/protobuf/orders/new.proto");
}

#[test]
fn gitlab_gets_a_path_a_line_and_a_fingerprint_for_every_finding() {
    let value = json(&report("gitlab"));
    let issues = value.as_array().expect("a list");
    assert!(!issues.is_empty());
    for issue in issues {
        assert!(
            issue["location"]["path"].is_string() && issue["location"]["lines"]["begin"].as_u64() >= Some(1),
            "{issue}"
        );
        assert!(
            ["info", "minor", "major", "critical", "blocker"]
                .contains(&issue["severity"].as_str().expect("a severity"))
        );
        assert_eq!(issue["fingerprint"].as_str().map(str::len), Some(16));
    }
}

#[test]
fn github_annotations_are_one_line_each_and_at_most_ten_of_a_level() {
    let text = report("github");
    for level in ["error", "warning", "notice"] {
        let count = text
            .lines()
            .filter(|line| line.starts_with(&format!("::{level} ")) || line.starts_with(&format!("::{level}::")))
            .count();
        assert!(count <= 10, "{text}");
    }
    assert!(text.lines().all(|line| line.starts_with("::")), "{text}");
}

#[test]
fn the_page_needs_nothing_from_the_network() {
    let text = report("html");
    for forbidden in ["src=\"http", "href=\"http", "@import", "url(http", "<link"] {
        assert!(!text.contains(forbidden), "{forbidden}");
    }
    assert!(text.contains("<mark>"), "both versions are shown with the change marked");
}

#[test]
fn several_formats_are_written_in_one_run() {
    let folder = tempfile::tempdir().expect("a directory");
    let (sarif, page) = (folder.path().join("r.sarif"), folder.path().join("r.html"));
    let output = Command::new(env!("CARGO_BIN_EXE_counterpart"))
        .args(["diff", "fixtures/protobuf/orders/old.proto", "fixtures/protobuf/orders/new.proto"])
        .args(["--output", &format!("sarif={}", sarif.display()), "--output", &format!("html={}", page.display())])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("the program starts");
    assert!(output.status.success());
    assert!(json(&std::fs::read_to_string(sarif).expect("written"))["runs"].is_array());
    assert!(std::fs::read_to_string(page).expect("written").starts_with("<!doctype html>"));
    assert!(String::from_utf8_lossy(&output.stdout).contains("required bump"));
}
