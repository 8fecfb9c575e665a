//! Rules on text: headers, query parameters, paths, plain bodies, XML.
//!
//! Everything is text here, so `number`, `integer`, `boolean` and the like accept the text form of such a value, which
//! they do not in JSON.

use crate::pact::content_type::ContentType;
use crate::pact::java_time::JavaFormat;
use crate::pact::mismatch::{Mismatch, Part, shorten};
use crate::pact::pattern::Pattern;
use crate::pact::rule::{Combine, Rule, RuleList};

/// What a failed rule says, with the rule.
pub(crate) struct Failure {
    pub(crate) message: String,
    pub(crate) rule: Option<String>,
}

impl Failure {
    pub(crate) fn mismatch(self, part: Part, path: &str, expected: &str, actual: &str) -> Mismatch {
        Mismatch::new(part, path, expected, actual, self.message).by_rule(self.rule)
    }
}

/// Checks a text against all (or any) rules; the failures that count.
pub(crate) fn check(rules: &RuleList, expected: &str, actual: &str) -> Vec<Failure> {
    combine(rules, |rule| check_one(rule, expected, actual))
}

/// Runs every rule and combines what failed: with `OR` nothing counts as soon as one rule holds.
pub(crate) fn combine(rules: &RuleList, mut check: impl FnMut(&Rule) -> Result<(), String>) -> Vec<Failure> {
    let mut failures = Vec::new();
    for rule in &rules.rules {
        match check(rule) {
            Ok(()) if rules.combine == Combine::Or => return Vec::new(),
            Ok(()) => {}
            Err(message) => failures.push(Failure { message, rule: Some(rule.label()) }),
        }
    }
    failures
}

fn check_one(rule: &Rule, expected: &str, actual: &str) -> Result<(), String> {
    let is = |holds: bool, message: String| if holds { Ok(()) } else { Err(message) };
    let shown = shorten(actual);
    match rule {
        Rule::Equality => is(expected == actual, format!("Expected '{shown}' to be equal to '{}'", shorten(expected))),
        Rule::Regex(expression) => matches_pattern(expression, actual, &shown),
        // Any text is of the type text. The size is for lists, which the caller counts.
        Rule::Type | Rule::SizedType { .. } | Rule::Values | Rule::EachKey(_) | Rule::ArrayContains(_) => Ok(()),
        Rule::EachValue(category) => {
            let rules = category.root().map(|rules| rules.rules.as_slice()).unwrap_or_default();
            rules.iter().try_for_each(|rule| check_one(rule, expected, actual))
        }
        Rule::Number => is(is_number(actual), format!("Expected '{shown}' to be a number")),
        Rule::Integer => {
            is(is_number(actual) && !actual.contains(['.', 'e', 'E']), format!("Expected '{shown}' to be an integer"))
        }
        Rule::Decimal => {
            is(is_number(actual) && actual.contains('.'), format!("Expected '{shown}' to be a decimal number"))
        }
        Rule::Boolean => is(matches!(actual, "true" | "false"), format!("Expected '{shown}' to match a boolean")),
        Rule::Null => is(actual.is_empty(), format!("Expected '{shown}' to be null")),
        Rule::Include(part) => is(actual.contains(part.as_str()), format!("Expected '{shown}' to include '{part}'")),
        Rule::NotEmpty => is(!actual.is_empty(), "Expected '' to not be empty".to_owned()),
        Rule::Semver => {
            is(semver::Version::parse(actual).is_ok(), format!("'{shown}' is not a valid semantic version"))
        }
        Rule::Date(format) => matches_time("date", format, "yyyy-MM-dd", actual),
        Rule::Time(format) => matches_time("time", format, "HH:mm:ss", actual),
        Rule::DateTime(format) => matches_time("timestamp", format, "", actual),
        Rule::ContentType(name) => matches_content(name, actual.as_bytes()),
        Rule::StatusCode(class) => is(
            actual.parse().is_ok_and(|status| class.holds(status)),
            format!("Expected status code {shown} to be {}", class.describe()),
        ),
        Rule::Plugin(name) => Err(format!("the rule `{name}` is only known to a plugin")),
    }
}

fn is_number(text: &str) -> bool {
    serde_json::from_str::<serde_json::Number>(text).is_ok()
}

pub(crate) fn matches_pattern(expression: &str, actual: &str, shown: &str) -> Result<(), String> {
    match Pattern::whole(expression)?.is_match(actual) {
        Ok(true) => Ok(()),
        Ok(false) => Err(format!("Expected '{shown}' to match '{expression}'")),
        Err(reason) => Err(format!("'{shown}' could not be compared with '{expression}': {reason}")),
    }
}

/// A date or time by a Java pattern. Without a pattern: the default, or for moments any ISO 8601 form.
pub(crate) fn matches_time(kind: &str, format: &str, default: &str, actual: &str) -> Result<(), String> {
    let shown = shorten(actual);
    let format = if format.is_empty() { default } else { format };
    if format.is_empty() {
        let is_moment = actual.parse::<jiff::Timestamp>().is_ok() || actual.parse::<jiff::civil::DateTime>().is_ok();
        return if is_moment { Ok(()) } else { Err(format!("Expected '{shown}' to match a {kind} in ISO 8601 form")) };
    }
    if JavaFormat::parse(format)?.is_match(actual) {
        Ok(())
    } else {
        Err(format!("Expected '{shown}' to match a {kind} pattern of '{format}'"))
    }
}

/// Content that is recognised by its first bytes.
pub(crate) fn matches_content(name: &str, bytes: &[u8]) -> Result<(), String> {
    let wanted = ContentType::parse(name).ok_or_else(|| format!("`{name}` is not a content type"))?;
    let detected = ContentType::detect(bytes);
    let is_same = detected.as_ref().is_some_and(|detected| {
        detected.is_same_kind(&wanted)
            || (wanted.is_json() && detected.is_json())
            || (wanted.is_xml() && (detected.is_xml() || detected.sub == "html"))
            || (wanted.main == "text" && detected.main == "text")
            // Nothing can be told from bytes without a form, nor from text that may be CSV or YAML or anything.
            || wanted.essence() == "application/octet-stream"
            || (detected.essence() == "text/plain" && !wanted.is_binary() && !wanted.is_json() && !wanted.is_xml())
    });
    if is_same {
        return Ok(());
    }
    let found = detected.map_or_else(|| "nothing".to_owned(), |detected| detected.essence());
    Err(format!("Expected binary contents to have content type '{name}' but detected contents was '{found}'"))
}
