//! One matching rule on one JSON value.

use serde_json::{Number, Value};

use crate::pact::json::canonical_text;
use crate::pact::mismatch::shorten;
use crate::pact::rule::Rule;
use crate::pact::text_rule::{matches_content, matches_pattern, matches_time};
use crate::syntax::Decimal;

/// Whether a value satisfies a rule. `is_cascaded` says that the rule was given for a place further up, where sizes do
/// not count any more.
pub(crate) fn check(rule: &Rule, expected: &Value, actual: &Value, is_cascaded: bool) -> Result<(), String> {
    let is = |holds: bool, message: &dyn Fn() -> String| if holds { Ok(()) } else { Err(message()) };
    match rule {
        Rule::Equality => is(is_equal(expected, actual), &|| unequal(expected, actual)),
        Rule::Type | Rule::Values | Rule::EachKey(_) | Rule::EachValue(_) | Rule::ArrayContains(_) => {
            same_type(expected, actual)
        }
        Rule::SizedType { min, max } => {
            same_type(expected, actual)?;
            match actual {
                Value::Array(list) if !is_cascaded => size(list, *min, *max),
                _ => Ok(()),
            }
        }
        Rule::Regex(expression) => match actual {
            Value::String(text) => matches_pattern(expression, text, &shorten(text)),
            Value::Number(_) | Value::Bool(_) => matches_pattern(expression, &actual.to_string(), &actual.to_string()),
            _ => Err(format!("Expected {} to match '{expression}'", typed(actual))),
        },
        Rule::Include(part) => {
            is(plain(actual).contains(part.as_str()), &|| format!("Expected {} to include '{part}'", quoted(actual)))
        }
        Rule::Number => is(actual.is_number(), &|| format!("Expected {} to be a number", typed(actual))),
        Rule::Integer => is(matches!(actual, Value::Number(number) if is_whole(number)), &|| {
            format!("Expected {} to be an integer", typed(actual))
        }),
        Rule::Decimal => is(matches!(actual, Value::Number(number) if !is_whole(number)), &|| {
            format!("Expected {} to be a decimal number", typed(actual))
        }),
        Rule::Null => is(actual.is_null(), &|| format!("Expected {} to be a null value", typed(actual))),
        Rule::Boolean => is(actual.is_boolean(), &|| format!("Expected {} to match a boolean", typed(actual))),
        Rule::NotEmpty => {
            same_type(expected, actual).map_err(|reason| format!("Type mismatch: {reason}"))?;
            is(!is_empty(actual), &|| format!("Expected {} to not be empty", typed(actual)))
        }
        Rule::Semver => is(actual.as_str().is_some_and(|text| semver::Version::parse(text).is_ok()), &|| {
            format!("{} is not a valid semantic version", quoted(actual))
        }),
        Rule::Date(format) => on_text(actual, |text| matches_time("date", format, "yyyy-MM-dd", text)),
        Rule::Time(format) => on_text(actual, |text| matches_time("time", format, "HH:mm:ss", text)),
        Rule::DateTime(format) => on_text(actual, |text| matches_time("timestamp", format, "", text)),
        Rule::ContentType(name) => matches_content(name, plain(actual).as_bytes()),
        Rule::StatusCode(class) => {
            let status = actual.as_u64().and_then(|status| u16::try_from(status).ok());
            is(status.is_some_and(|status| class.holds(status)), &|| {
                format!("Expected status code {actual} to be {}", class.describe())
            })
        }
        Rule::Plugin(name) => Err(format!("the rule `{name}` is only known to a plugin")),
    }
}

fn on_text(actual: &Value, check: impl FnOnce(&str) -> Result<(), String>) -> Result<(), String> {
    match actual {
        Value::String(text) => check(text),
        Value::Number(number) => check(&number.to_string()),
        _ => Err(format!("Expected {} to be a date or time", typed(actual))),
    }
}

fn size(list: &[Value], min: Option<usize>, max: Option<usize>) -> Result<(), String> {
    let shown = || shorten(&list_text(list));
    match (min, max) {
        (Some(min), _) if list.len() < min => {
            Err(format!("Expected {} (size {}) to have minimum size of {min}", shown(), list.len()))
        }
        (_, Some(max)) if list.len() > max => {
            Err(format!("Expected {} (size {}) to have maximum size of {max}", shown(), list.len()))
        }
        _ => Ok(()),
    }
}

fn list_text(list: &[Value]) -> String {
    // A list of a million elements is not written out to show its first few.
    let shown: Vec<String> = list.iter().take(20).map(canonical_text).collect();
    let more = if list.len() > shown.len() { ", …" } else { "" };
    format!("[{}{more}]", shown.join(", "))
}

fn same_type(expected: &Value, actual: &Value) -> Result<(), String> {
    if std::mem::discriminant(expected) == std::mem::discriminant(actual) {
        return Ok(());
    }
    Err(format!("Expected {} to be the same type as {}", typed(actual), typed(expected)))
}

/// Without a dot and an exponent: `100` is an integer and `100.0` a decimal, as the specification tells them apart.
fn is_whole(number: &Number) -> bool {
    !number.as_str().contains(['.', 'e', 'E'])
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(object) => object.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Equality of JSON values: numbers by value (`1.0` is `1`), objects whatever the order.
pub(crate) fn is_equal(expected: &Value, actual: &Value) -> bool {
    match (expected, actual) {
        (Value::Number(one), Value::Number(other)) => {
            one.as_str() == other.as_str() || Decimal::parse(one.as_str()) == Decimal::parse(other.as_str())
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_equal(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, value)| other.get(key).is_some_and(|other| is_equal(value, other)))
        }
        _ => expected == actual,
    }
}

pub(crate) fn unequal(expected: &Value, actual: &Value) -> String {
    format!("Expected {} to be equal to {}", typed(actual), typed(expected))
}

/// The value with its type, for people: `'a' (String)`, `100 (Integer)`.
pub(crate) fn typed(value: &Value) -> String {
    let kind = match value {
        Value::Null => "Null",
        Value::Bool(_) => "Boolean",
        Value::Number(number) if is_whole(number) => "Integer",
        Value::Number(_) => "Decimal",
        Value::String(_) => "String",
        Value::Array(_) => "Array",
        Value::Object(_) => "Object",
    };
    format!("{} ({kind})", quoted(value))
}

pub(crate) fn quoted(value: &Value) -> String {
    match value {
        Value::String(text) => format!("'{}'", shorten(text)),
        other => shorten(&canonical_text(other)),
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
