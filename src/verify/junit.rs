//! The report as JUnit XML: one suite per consumer, one case per interaction.

use std::collections::BTreeMap;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use crate::verify::outcome::{InteractionResult, Status, VerifyReport};

/// The report as JUnit XML. A pending failure is a skipped case with its reason, what was not verified an error.
///
/// # Errors
/// When the XML cannot be written.
pub fn junit(report: &VerifyReport) -> Result<String, String> {
    let mut suites: BTreeMap<&str, TestSuite> = BTreeMap::new();
    for result in &report.results {
        let suite = suites.entry(&result.consumer).or_insert_with(|| TestSuite::new(result.consumer.clone()));
        suite.add_test_case(case(result));
    }
    let mut junit = Report::new("counterpart verify");
    for suite in suites.into_values() {
        junit.add_test_suite(suite);
    }
    junit.to_string().map_err(|error| error.to_string())
}

fn case(result: &InteractionResult) -> TestCase {
    let message = result
        .reason
        .clone()
        .or_else(|| result.mismatches.first().map(|mismatch| mismatch.message.clone()))
        .unwrap_or_default();
    let mut status = match result.status {
        Status::Passed => TestCaseStatus::success(),
        Status::Skipped => TestCaseStatus::skipped(),
        Status::Failed if result.pending => TestCaseStatus::skipped(),
        Status::Failed => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Status::NotVerified => TestCaseStatus::non_success(NonSuccessKind::Error),
    };
    if !message.is_empty() {
        status.set_message(if result.pending { format!("pending: {message}") } else { message });
    }
    if let Some(failure) = result.failure {
        status.set_type(failure.word());
    }
    let lines: Vec<String> = result
        .mismatches
        .iter()
        .map(|mismatch| format!("{} {}: {}", mismatch.part.heading(), mismatch.path, mismatch.message))
        .chain(result.curl.clone())
        .collect();
    if !lines.is_empty() && result.status != Status::Passed {
        status.set_description(lines.join("\n"));
    }
    let name = if result.states.is_empty() {
        result.description.clone()
    } else {
        format!("{} given {}", result.description, result.states.join(", "))
    };
    let mut case = TestCase::new(name, status);
    case.set_classname(format!("{}.{}", result.consumer, result.provider));
    case.set_time(Duration::from_millis(result.duration_ms));
    case
}
