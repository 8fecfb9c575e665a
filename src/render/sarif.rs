//! SARIF 2.1.0: code scanning.

use std::io::{self, Write};

use serde_json::{Value, json as value};

use crate::finding::{Finding, Report, RuleHelp};
use crate::render::json::json;
use crate::source::Location;

/// The schema that the document follows.
const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Writes one run with the rules that its results name.
pub fn sarif(report: &Report, out: impl Write) -> io::Result<()> {
    let rules: Vec<_> = report.rules.iter().map(rule).collect();
    let results: Vec<_> = report.findings.iter().map(|finding| result(finding, &report.rules)).collect();
    let document = value!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": report.tool.name,
                "semanticVersion": report.tool.version,
                "informationUri": "https://github.com/counterpart/counterpart",
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": {"ROOT": {"description": {"text": "the root of the repository"}}},
            "results": results,
        }],
    });
    json(&document, out)
}

fn rule(rule: &RuleHelp) -> Value {
    let mut described = value!({
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "help": {"text": rule.text, "markdown": rule.text},
    });
    if let (Some(spec), Some(members)) = (&rule.spec, described.as_object_mut()) {
        members.insert("helpUri".to_owned(), value!(spec));
    }
    described
}

fn result(finding: &Finding, rules: &[RuleHelp]) -> Value {
    let help = finding.help.as_ref().map_or_else(String::new, |help| format!("\nHelp: {help}"));
    let place = finding.place().map(physical);
    let mut location = serde_json::Map::new();
    if let Some(place) = place {
        location.insert("physicalLocation".to_owned(), place);
    }
    location.insert("logicalLocations".to_owned(), value!([{"fullyQualifiedName": finding.subject.name}]));
    let mut result = value!({
        "ruleId": finding.rule,
        "level": finding.severity.word(),
        "message": {"text": format!("{}{help}", finding.message)},
        "locations": [location],
        "partialFingerprints": {"counterpart/v1": finding.fingerprint},
        "properties": {
            "contract": finding.contract,
            "bump": finding.bump,
            "breaks": finding.breaks,
            "proof": finding.proof,
            "equivalents": finding.equivalents,
            "owners": finding.owners,
        },
    });
    let Some(members) = result.as_object_mut() else { return result };
    if let Ok(index) = rules.binary_search_by(|rule| rule.id.cmp(&finding.rule)) {
        members.insert("ruleIndex".to_owned(), value!(index));
    }
    let mut related: Vec<_> = Vec::new();
    if let (Some(_), Some(old)) = (&finding.location, &finding.old_location) {
        related.push(value!({"physicalLocation": physical(old), "message": {"text": "the old version"}}));
    }
    for place in finding.occurrences.iter().filter_map(|place| place.location.as_ref()) {
        related.push(value!({"physicalLocation": physical(place), "message": {"text": "also here"}}));
    }
    if !related.is_empty() {
        members.insert("relatedLocations".to_owned(), value!(related));
    }
    if let Some(suppression) = &finding.suppressed {
        let suppressed = value!([{"kind": "external", "justification": suppression.reason}]);
        members.insert("suppressions".to_owned(), suppressed);
    }
    result
}

fn physical(place: &Location) -> Value {
    value!({
        "artifactLocation": {"uri": uri(&place.path), "uriBaseId": "ROOT"},
        "region": {
            "startLine": place.start_line,
            "startColumn": place.start_column,
            "endLine": place.end_line,
            "endColumn": place.end_column,
        },
    })
}

/// A relative path as a URI reference.
fn uri(path: &str) -> String {
    const KEPT: &percent_encoding::AsciiSet =
        &percent_encoding::NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    percent_encoding::utf8_percent_encode(path, KEPT).to_string()
}
