//! The scenarios of the Pact compatibility suite, where it is present: a step runner over our matching, generators and
//! the real binary.
//!
//! Scenarios that need a consumer's test library (mock server, writing pacts) are not ours to run: they are judged by
//! what they say about matching, and left out where they are about the library alone. The figure is printed.

mod feature;
mod fixture;
mod matching;
mod message;
mod provider;
mod table;

use std::path::{Path, PathBuf};

use crate::verify::suite::feature::{Scenario, scenarios};

/// What came of a scenario.
enum Verdict {
    Passed,
    Failed(String),
    /// It is about a part that a verifier does not have.
    NotOurs,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/pact/compatibility_suite")
}

fn run(feature: &str, scenario: &Scenario) -> Verdict {
    let outcome = match feature {
        "V1/http_provider.feature"
        | "V2/http_provider.feature"
        | "V3/http_provider.feature"
        | "V4/http_provider.feature" => provider::run(scenario),
        "V3/message_provider.feature" | "V4/message_provider.feature" => message::run(scenario),
        "V1/http_consumer.feature" | "V2/http_consumer.feature" => matching::mock_server(scenario),
        "V3/matching_rules.feature"
        | "V4/matching_rules.feature"
        | "V3/http_matching.feature"
        | "V3/generators.feature"
        | "V3/http_generators.feature"
        | "V4/generators.feature" => matching::run(scenario),
        _ => return Verdict::NotOurs,
    };
    match outcome {
        Ok(true) => Verdict::Passed,
        Ok(false) => Verdict::NotOurs,
        Err(reason) => Verdict::Failed(reason),
    }
}

#[test]
fn the_scenarios_of_the_compatibility_suite_hold() {
    let root = root();
    if !root.is_dir() {
        return;
    }
    let (mut passed, mut not_ours, mut failed) = (0, 0, Vec::new());
    for version in ["V1", "V2", "V3", "V4"] {
        let mut files: Vec<PathBuf> = std::fs::read_dir(root.join("features").join(version))
            .expect("the features are there")
            .flatten()
            .map(|entry| entry.path())
            .collect();
        files.sort();
        for file in files {
            let name = format!("{version}/{}", file.file_name().unwrap_or_default().to_string_lossy());
            let text = std::fs::read_to_string(&file).expect("the feature can be read");
            for scenario in scenarios(&text) {
                match run(&name, &scenario) {
                    Verdict::Passed => passed += 1,
                    Verdict::NotOurs => not_ours += 1,
                    Verdict::Failed(reason) => failed.push(format!("{name}: {}: {reason}", scenario.name)),
                }
            }
        }
    }
    println!(
        "pact compatibility suite: {passed} of {} scenarios pass, {} fail, {not_ours} are about a consumer's library",
        passed + not_ours + failed.len(),
        failed.len()
    );
    assert!(failed.is_empty(), "{} scenarios fail:\n{}", failed.len(), failed.join("\n"));
}
