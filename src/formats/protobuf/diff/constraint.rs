//! Constraints that validation code enforces: `buf.validate` and its ancestor `validate`.
//!
//! Each rule is compared by itself. What a bound means is known from its name; patterns and expressions are opaque.

use std::collections::{BTreeMap, BTreeSet};

use crate::change::Change;
use crate::formats::protobuf::diff::context::{facts, subject};
use crate::formats::protobuf::diff::option_tree::{self, Owner};
use crate::formats::protobuf::kinds::FIELD_CONSTRAINT_CHANGED;
use crate::formats::protobuf::model::{OptionValue, Options};

/// One change per rule that differs.
pub(crate) fn compare(old: &Options, new: &Options, owner: &Owner, (name, parent): (&str, &str)) -> Vec<Change> {
    let (before, after) = (rules(old), rules(new));
    let paths: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let mut changes = Vec::new();
    for path in paths {
        let (was, is) = (before.get(path).copied(), after.get(path).copied());
        let Some(effect) = effect(path, was, is) else { continue };
        let text = |value: Option<&OptionValue>| value.map_or_else(String::new, option_tree::text);
        let shown = |value: Option<&OptionValue>| {
            value.map_or_else(|| "nothing".to_owned(), |value| format!("`{}`", option_tree::text(value)))
        };
        let change = Change::new(
            &FIELD_CONSTRAINT_CHANGED,
            facts("effect", effect),
            subject(owner.kind, owner.name.clone()),
            Some(owner.old),
            Some(owner.new),
        )
        .with_value("name", name)
        .with_value("parent", parent)
        .with_value("constraint", format!("`{path}`"))
        .with_value("old", shown(was))
        .with_value("new", shown(is))
        .with_identity(format!("{path}={}", text(was)), format!("{path}={}", text(is)));
        changes.push(change);
    }
    changes
}

/// The leaves of a field's rules by path: `string.max_len`.
fn rules(options: &Options) -> BTreeMap<String, &OptionValue> {
    let mut leaves = BTreeMap::new();
    for name in ["buf.validate.field", "validate.rules"] {
        if let Some(entry) = options.extension(name) {
            collect(&mut leaves, String::new(), &entry.value, 0);
        }
    }
    leaves
}

fn collect<'o>(leaves: &mut BTreeMap<String, &'o OptionValue>, path: String, value: &'o OptionValue, depth: u32) {
    match value {
        // Deeper literals than this are compared as a whole.
        OptionValue::Message(options) if depth < 16 => {
            for entry in &options.entries {
                let name = if entry.is_extension { format!("[{}]", entry.name) } else { entry.name.to_string() };
                let path = if path.is_empty() { name } else { format!("{path}.{name}") };
                collect(leaves, path, &entry.value, depth + 1);
            }
        }
        value => {
            leaves.insert(path, value);
        }
    }
}

/// | rule | tightened by | loosened by |
/// |---|---|---|
/// | `max_*`, `lt`, `lte` | adding, lowering | removing, raising |
/// | `min_*`, `gt`, `gte` | adding, raising | removing, lowering |
/// | `in` | adding, dropping values | removing, more values |
/// | `not_in` | adding, more values | removing, dropping values |
/// | flags (`required`, `email`) | setting | unsetting |
/// | all others | adding | removing |
///
/// Any other change is unclear; `None` when nothing changed.
fn effect(path: &str, old: Option<&OptionValue>, new: Option<&OptionValue>) -> Option<&'static str> {
    let name = path.rsplit('.').next().unwrap_or(path);
    let tightened = |is_tightened| if is_tightened { "tightened" } else { "loosened" };
    let is_flag = |value: Option<&OptionValue>| matches!(value, Some(OptionValue::Bool(_)) | None);
    if is_flag(old) && is_flag(new) {
        let is_set = |value: Option<&OptionValue>| matches!(value, Some(OptionValue::Bool(true)));
        return (is_set(old) != is_set(new)).then(|| tightened(is_set(new)));
    }
    let (Some(was), Some(is)) = (old, new) else {
        // `ignore` switches rules off, so it counts the other way round.
        return Some(if name.starts_with("ignore") { "unclear" } else { tightened(new.is_some()) });
    };
    if was == is {
        return None;
    }
    if let (Some(low), Some(high)) = (number(was), number(is)) {
        if name.starts_with("max_") || matches!(name, "lt" | "lte") {
            return Some(tightened(high < low));
        }
        if name.starts_with("min_") || matches!(name, "gt" | "gte") {
            return Some(tightened(high > low));
        }
    }
    if let (OptionValue::List(was), OptionValue::List(is), "in" | "not_in") = (was, is, name) {
        let texts = |values: &[(_, OptionValue)]| -> BTreeSet<String> {
            values.iter().map(|(_, value)| option_tree::text(value)).collect()
        };
        let (was, is) = (texts(was), texts(is));
        return match (was.is_subset(&is), is.is_subset(&was)) {
            (true, true) => None,
            (true, false) => Some(tightened(name == "not_in")),
            (false, true) => Some(tightened(name == "in")),
            (false, false) => Some("unclear"),
        };
    }
    (option_tree::text(was) != option_tree::text(is)).then_some("unclear")
}

#[expect(
    clippy::cast_precision_loss,
    reason = "bounds beyond 2^53 that differ by less than their precision count as equal"
)]
fn number(value: &OptionValue) -> Option<f64> {
    match value {
        OptionValue::Int(value) => Some(*value as f64),
        OptionValue::Uint(value) => Some(*value as f64),
        OptionValue::Float(value) => Some(*value),
        _ => None,
    }
}
