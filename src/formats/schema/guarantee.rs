//! What of a value a writer always sends, and what it may leave out.
//!
//! Read from the same JSON Schema that values are judged by. A property is guaranteed where every schema that may hold for
//! the value lets no value of its kind be without it: `required` here or in a part of `allOf`, or in all branches of a
//! union that the value can be of. The keys of maps and the elements of arrays are data, and nobody's promise.

use std::cell::Cell;
use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// Steps of one question; a value that takes more is not judged.
const BUDGET: u32 = 200_000;

/// References in a row that consume nothing of the value.
const MAX_HOPS: u32 = 64;

/// Elements of an array that are looked at: they are of one kind.
const ELEMENTS: usize = 20;

/// JSON pointers to the properties of a value that may be missing where a writer of this schema sends a value like it;
/// of nested ones the outermost. `None` where the question is too large.
pub(super) fn not_guaranteed(schema: &Value, value: &Value) -> Option<Vec<String>> {
    let walk = Walk { definitions: schema.get("$defs").and_then(Value::as_object), steps: Cell::new(BUDGET) };
    let mut present = BTreeSet::new();
    properties(value, "", &mut present);
    let guaranteed = walk.guaranteed(schema, value, "", MAX_HOPS);
    if walk.steps.get() == 0 {
        return None;
    }
    let missing: BTreeSet<&String> = present.difference(&guaranteed).collect();
    let is_inside = |pointer: &str| {
        let outer = pointer.match_indices('/').map(|(at, _)| &pointer[..at]);
        outer.into_iter().any(|outer| missing.contains(&outer.to_owned()))
    };
    Some(missing.iter().filter(|pointer| !is_inside(pointer)).map(|pointer| (*pointer).clone()).collect())
}

fn properties(value: &Value, pointer: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (name, entry) in map {
                let pointer = below(pointer, name);
                properties(entry, &pointer, found);
                found.insert(pointer);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().take(ELEMENTS).enumerate() {
                properties(item, &format!("{pointer}/{index}"), found);
            }
        }
        _ => {}
    }
}

fn below(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

struct Walk<'s> {
    definitions: Option<&'s Map<String, Value>>,
    steps: Cell<u32>,
}

impl<'s> Walk<'s> {
    /// One step; `false` once there are none left.
    fn step(&self) -> bool {
        self.steps.set(self.steps.get().saturating_sub(1));
        self.steps.get() > 0
    }

    fn target(&self, schema: &'s Map<String, Value>) -> Option<&'s Value> {
        let name = schema.get("$ref")?.as_str()?.strip_prefix("#/$defs/")?;
        self.definitions?.get(name)
    }

    fn guaranteed(&self, schema: &'s Value, value: &Value, pointer: &str, hops: u32) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let (Some(schema), Some(hops), true) = (schema.as_object(), hops.checked_sub(1), self.step()) else {
            return found;
        };
        if let Some(target) = self.target(schema) {
            found.append(&mut self.guaranteed(target, value, pointer, hops));
        }
        for part in list(schema, "allOf") {
            found.append(&mut self.guaranteed(part, value, pointer, hops));
        }
        if let Some(branches) = schema.get("anyOf").and_then(Value::as_array) {
            let possible = self.possible(branches, value, hops);
            let sets = possible.into_iter().map(|branch| self.guaranteed(branch, value, pointer, hops));
            if let Some(mut common) = sets.reduce(|one, other| one.intersection(&other).cloned().collect()) {
                found.append(&mut common);
            }
        }
        match value {
            Value::Object(map) => self.of_object(schema, map, pointer, &mut found),
            Value::Array(items) => {
                let prefix: Vec<&Value> = list(schema, "prefixItems").collect();
                for (index, item) in items.iter().take(ELEMENTS).enumerate() {
                    if let Some(part) = prefix.get(index).copied().or_else(|| schema.get("items")) {
                        found.append(&mut self.guaranteed(part, item, &format!("{pointer}/{index}"), MAX_HOPS));
                    }
                }
            }
            _ => {}
        }
        found
    }

    fn of_object(
        &self,
        schema: &'s Map<String, Value>,
        map: &Map<String, Value>,
        pointer: &str,
        found: &mut BTreeSet<String>,
    ) {
        let required = list(schema, "required").filter_map(Value::as_str);
        found.extend(required.filter(|name| map.contains_key(*name)).map(|name| below(pointer, name)));
        let declared = schema.get("properties").and_then(Value::as_object);
        let rest = schema.get("additionalProperties").filter(|rest| rest.is_object());
        let is_map = rest.is_some() || schema.contains_key("patternProperties");
        for (name, entry) in map {
            let pointer = below(pointer, name);
            match declared.and_then(|declared| declared.get(name)) {
                Some(part) => found.append(&mut self.guaranteed(part, entry, &pointer, MAX_HOPS)),
                None if is_map => {
                    if let Some(rest) = rest {
                        found.append(&mut self.guaranteed(rest, entry, &pointer, MAX_HOPS));
                    }
                    found.insert(pointer);
                }
                None => {}
            }
        }
    }

    /// The branches of a union that a value like this one can be of.
    fn possible(&self, branches: &'s [Value], value: &Value, hops: u32) -> Vec<&'s Value> {
        let fitting: Vec<&Value> = branches.iter().filter(|branch| self.may_be(branch, value, hops)).collect();
        let Value::Object(map) = value else { return fitting };
        // What one branch declares and another does not is of the one.
        let telling: Vec<&String> =
            map.keys().filter(|name| fitting.iter().any(|branch| self.declares(branch, name, hops))).collect();
        let whole = |branch: &&Value| telling.iter().all(|name| self.declares(branch, name, hops));
        let declaring: Vec<&Value> = fitting.iter().copied().filter(whole).collect();
        if declaring.is_empty() { fitting } else { declaring }
    }

    /// Whether nothing of the value contradicts the schema.
    fn may_be(&self, schema: &'s Value, value: &Value, hops: u32) -> bool {
        let (Some(schema), Some(hops), true) = (schema.as_object(), hops.checked_sub(1), self.step()) else {
            return schema != &Value::Bool(false);
        };
        if schema.get("type").is_some_and(|types| !is_of(types, value))
            || schema.get("enum").and_then(Value::as_array).is_some_and(|values| !values.contains(value))
            || schema.get("not").is_some_and(|not| not.as_object().is_some_and(Map::is_empty))
        {
            return false;
        }
        let declared = schema.get("properties").and_then(Value::as_object);
        let entries = value.as_object().into_iter().flatten();
        let parts_fit = entries
            .filter_map(|(name, entry)| Some((declared?.get(name)?, entry)))
            .all(|(part, entry)| self.may_be(part, entry, MAX_HOPS));
        let any = schema.get("anyOf").and_then(Value::as_array);
        parts_fit
            && self.target(schema).is_none_or(|target| self.may_be(target, value, hops))
            && list(schema, "allOf").all(|part| self.may_be(part, value, hops))
            && any.is_none_or(|branches| branches.iter().any(|branch| self.may_be(branch, value, hops)))
    }

    fn declares(&self, schema: &'s Value, name: &str, hops: u32) -> bool {
        let (Some(schema), Some(hops), true) = (schema.as_object(), hops.checked_sub(1), self.step()) else {
            return false;
        };
        schema.get("properties").and_then(Value::as_object).is_some_and(|declared| declared.contains_key(name))
            || schema.get("additionalProperties").is_some_and(|rest| *rest != Value::Bool(false))
            || self.target(schema).is_some_and(|target| self.declares(target, name, hops))
            || list(schema, "allOf").chain(list(schema, "anyOf")).any(|part| self.declares(part, name, hops))
    }
}

fn list<'s>(schema: &'s Map<String, Value>, keyword: &str) -> impl Iterator<Item = &'s Value> {
    schema.get(keyword).and_then(Value::as_array).into_iter().flatten()
}

fn is_of(types: &Value, value: &Value) -> bool {
    let is = |name: &Value| match (name.as_str().unwrap_or_default(), value) {
        ("null", Value::Null)
        | ("boolean", Value::Bool(_))
        | ("number", Value::Number(_))
        | ("string", Value::String(_))
        | ("array", Value::Array(_))
        | ("object", Value::Object(_)) => true,
        ("integer", Value::Number(number)) => number.as_f64().is_some_and(|number| number.fract() == 0.0),
        _ => false,
    };
    types.as_array().map_or_else(|| is(types), |types| types.iter().any(is))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_required_in_every_case_is_guaranteed() {
        let schema = json!({
            "$ref": "#/$defs/order",
            "$defs": {
                "order": {"allOf": [{"$ref": "#/$defs/base"}, {"type": "object", "properties": {
                    "note": {"type": "string"}, "lines": {"type": "array", "items": {"$ref": "#/$defs/line"}},
                    "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                    "payment": {"anyOf": [{"$ref": "#/$defs/card"}, {"$ref": "#/$defs/invoice"}]}}}]},
                "base": {"type": "object", "required": ["id", "lines", "labels", "payment"], "properties": {"id": {"type": "integer"}}},
                "line": {"type": "object", "required": ["sku"], "properties": {"sku": {"type": "string"}, "size": {"type": "string"}}},
                "card": {"type": "object", "required": ["kind", "number"], "properties": {"kind": {"enum": ["card"]}, "number": {"type": "string"}}},
                "invoice": {"type": "object", "required": ["kind"], "properties": {"kind": {"enum": ["invoice"]}, "iban": {"type": "string"}}}
            }
        });
        let missing = |value: Value| not_guaranteed(&schema, &value).expect("a small question");
        assert!(missing(json!({"id": 1, "labels": {"a": "b"}})).is_empty());
        assert_eq!(missing(json!({"id": 1, "note": "x"})), ["/note"]);
        assert_eq!(missing(json!({"lines": [{"sku": "a"}, {"size": "b"}]})), ["/lines/1/size"]);
        assert!(missing(json!({"payment": {"kind": "card", "number": "1"}})).is_empty());
        assert!(missing(json!({"payment": {"number": "1"}})).is_empty(), "only one branch has it, and requires it");
        assert_eq!(missing(json!({"payment": {"iban": "1"}})), ["/payment/iban"]);
        assert!(missing(json!({"payment": {"kind": "invoice"}})).is_empty());
    }

    #[test]
    fn schemas_without_end_are_not_judged_or_end() {
        let turning =
            json!({"$ref": "#/$defs/a", "$defs": {"a": {"allOf": [{"$ref": "#/$defs/a"}, {"$ref": "#/$defs/a"}]}}});
        assert_eq!(not_guaranteed(&turning, &json!({"a": 1})), None);
    }
}
