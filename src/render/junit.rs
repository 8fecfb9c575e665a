//! JUnit XML: one suite per contract, one case per finding, so that any CI system shows them as tests.

use std::io::{self, Write};

use quick_junit::{NonSuccessKind, Report as Suites, TestCase, TestCaseStatus, TestSuite};

use crate::finding::{Finding, Report, Severity};
use crate::render::affected::who_breaks;

/// Writes the report. Errors fail; warnings and notes pass with their text as output; suppressed findings are skipped.
/// A contract without findings is one passing case, so that "nothing found" and "nothing ran" differ.
pub fn junit(report: &Report, mut out: impl Write) -> io::Result<()> {
    let mut suites = Suites::new("counterpart");
    for contract in &report.contracts {
        let mut suite = TestSuite::new(contract.path.as_str());
        let found: Vec<_> = report.findings.iter().filter(|finding| finding.contract == contract.path).collect();
        if found.is_empty() {
            suite.add_test_case(TestCase::new("compatible", TestCaseStatus::success()));
        }
        suite.add_test_cases(found.into_iter().map(case));
        suites.add_test_suite(suite);
    }
    let paths: Vec<_> = report.contracts.iter().map(|contract| contract.path.as_str()).collect();
    let others: Vec<_> =
        report.findings.iter().filter(|finding| !paths.contains(&finding.contract.as_str())).map(case).collect();
    if !others.is_empty() {
        let mut suite = TestSuite::new("settings");
        suite.add_test_cases(others);
        suites.add_test_suite(suite);
    }
    let text = suites.to_string().map_err(io::Error::other)?;
    writeln!(out, "{}", text.trim_end())
}

fn case(finding: &Finding) -> TestCase {
    let place = finding
        .place()
        .map_or_else(String::new, |place| format!("{}:{}:{}\n", place.path, place.start_line, place.start_column));
    let breaks = who_breaks(finding);
    let breaks = if breaks.is_empty() { String::new() } else { format!("breaks: {}\n", breaks.join("; ")) };
    let help = finding.help.as_ref().map_or_else(String::new, |help| format!("help: {help}\n"));
    let text = format!("{place}{}\n{breaks}{help}", finding.message);
    let status = match (&finding.suppressed, finding.severity) {
        (Some(suppression), _) => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(format!("{}: {}", suppression.by, suppression.reason));
            status
        }
        (None, Severity::Error) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(finding.message.as_str()).set_type(finding.rule.as_str()).set_description(text.as_str());
            status
        }
        (None, Severity::Warning | Severity::Note) => TestCaseStatus::success(),
    };
    let mut case = TestCase::new(format!("{}: {}", finding.rule, finding.subject.name), status);
    case.set_classname(finding.contract.as_str());
    if finding.severity < Severity::Error {
        case.set_system_out(format!("{}: {text}", finding.severity.word()));
    }
    case
}
