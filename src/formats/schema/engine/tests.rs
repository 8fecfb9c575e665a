//! Random edits of random schemas, and random pairs: no value may contradict what `relate` says, read from the raw documents.

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::change::Cell;
use crate::formats::schema::graph::{DocumentId, Place, Resolver, Target};
use crate::formats::schema::lower::View;
use crate::formats::schema::witness::Pair;
use crate::formats::schema::{Answer, Dialect, Engine, Party, Role, SchemaGraph, Settings, Side};
use crate::source::FileId;
use crate::syntax::{self, Document};

/// One document without references.
struct One<'a>(&'a Document);

impl Resolver for One<'_> {
    fn document_count(&self) -> u32 {
        1
    }

    fn document(&self, _: DocumentId) -> &Document {
        self.0
    }

    fn document_key(&self, _: DocumentId) -> String {
        String::new()
    }

    fn resolve(&self, _: Place, reference: &str) -> Result<Target, String> {
        Err(format!("`{reference}` leads nowhere"))
    }
}

fn leaf() -> BoxedStrategy<Value> {
    prop_oneof![
        Just(json!({"type": ["string", "null"]})),
        Just(json!({"type": "string"})),
        Just(json!({"type": "integer"})),
        Just(json!({"enum": ["a", "b"]})),
        Just(json!({"const": "a"})),
        Just(json!({"type": "string", "maxLength": 1})),
        Just(json!({"type": "integer", "minimum": 1})),
        Just(json!({"type": "string", "readOnly": true})),
        Just(json!({"type": "integer", "writeOnly": true})),
        Just(json!(false)),
    ]
    .boxed()
}

/// Schemas as contracts write them: objects with declared properties, tagged unions, bases. None is silent about what
/// objects hold: such a writer is asked about the names that its readers know only where it says that there are others.
fn schema(depth: u32) -> BoxedStrategy<Value> {
    let Some(depth) = depth.checked_sub(1) else { return leaf() };
    let inner = || schema(depth);
    let object = (inner(), inner(), any::<[bool; 4]>(), 0..4_u8).prop_map(|(a, b, flags, additional)| {
        let mut properties = json!({"a": a});
        if flags[0] {
            properties["b"] = b;
        }
        let mut schema = json!({"type": "object", "properties": properties});
        if flags[1] {
            schema["required"] = json!(["a"]);
        }
        if flags[2] {
            schema["required"] = json!(["b"]);
        }
        match additional {
            0 => schema["additionalProperties"] = json!(false),
            1 => schema["additionalProperties"] = json!({"type": "string"}),
            _ => {}
        }
        schema
    });
    let tagged = |kind: &'static str, inner: Value| json!({"type": "object", "properties": {"kind": {"const": kind}, "a": inner}, "required": ["kind"]});
    prop_oneof![
        2 => leaf(),
        4 => object,
        1 => inner().prop_map(|items| json!({"type": "array", "items": items})),
        1 => (inner(), inner()).prop_map(|(a, b)| json!({"anyOf": [a, b]})),
        1 => (inner(), inner()).prop_map(|(a, b)| json!({"oneOf": [a, b]})),
        2 => (inner(), inner()).prop_map(|(a, b)| json!({"allOf": [a, b]})),
        1 => inner().prop_map(|a| json!({"allOf": [a, {"required": ["a"]}]})),
        1 => inner().prop_map(|a| json!({"type": ["string", "integer"], "not": a})),
        1 => (inner(), inner()).prop_map(move |(a, b)| json!({"oneOf": [tagged("x", a), tagged("y", b)]})),
        1 => (inner(), inner()).prop_map(|(a, b)| {
            json!({"type": "object", "properties": {"a": a}, "if": {"required": ["a"]}, "then": b})
        }),
        1 => inner().prop_map(|a| json!({"type": "object", "properties": {"a": {"type": "integer"}}, "dependentSchemas": {"a": a}})),
        1 => (inner(), inner()).prop_map(|(a, b)| json!({"properties": {"a": a}, "patternProperties": {"^b": b}})),
    ]
    .boxed()
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        (0..3_i64).prop_map(Value::from),
        prop::sample::select(vec!["a", "b", "c", "ab"]).prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 10, 3, |inner| {
        let kind = prop::option::of(prop::sample::select(vec!["x", "y"]));
        let members = prop::collection::btree_map("[ab]", inner.clone(), 0..3);
        prop_oneof![
            1 => prop::collection::vec(inner, 0..3).prop_map(Value::from),
            4 => (members, kind).prop_map(|(members, kind)| {
                let mut map: serde_json::Map<String, Value> = members.into_iter().collect();
                if let Some(kind) = kind {
                    map.insert("kind".into(), kind.into());
                }
                Value::Object(map)
            }),
        ]
    })
}

fn check(old: &Value, new: &Value, values: &[Value], role: Role) -> Result<(), TestCaseError> {
    let document = |value: &Value| syntax::parse(FileId(0), "a.json", Arc::from(value.to_string().as_str())).document;
    let dialect = Dialect::OpenApi31;
    let documents = (document(old), document(new));
    let sides = (One(&documents.0), One(&documents.1));
    let graphs = (SchemaGraph::new(&sides.0), SchemaGraph::new(&sides.1));
    let root =
        |side: &One<'_>, graph: &SchemaGraph<'_>| graph.intern(Place::new(DocumentId(0), side.0.root()), dialect);
    let engine = Engine::new(&graphs.0, &graphs.1, Settings::default());
    let parties = [
        Party::new(Side::Old, root(&sides.0, &graphs.0), role),
        Party::new(Side::New, root(&sides.1, &graphs.1), role),
    ];
    for (writer, reader) in [(parties[0], parties[1]), (parties[1], parties[0])] {
        let answer = engine.relate(writer, reader);
        let copes = reader.side == Side::Old && role != Role::Request;
        let plain = View::plain(role);
        let loose = View { is_loose: true, ..plain };
        let counted = View { opens_enums: copes, ..plain };
        let pair =
            |view| Pair::new((writer.side, writer.schema, View::writer(role)), (reader.side, reader.schema, view));
        let says = if writer.side == Side::Old { old } else { new };
        for value in values {
            if engine.judge.evaluates(pair(plain).writer, value) != Some(true) || !names_are_its_own(&[says], value) {
                continue;
            }
            let reads = |view| engine.judge.evaluates(pair(view).reader, value);
            let contradicts = match &answer {
                // Where a part of the writer is empty, `oneOf` is read as `anyOf`.
                Answer::Contained => reads(plain) == Some(false) && reads(loose) == Some(false),
                Answer::Breaks { cell: Cell::Maybe, .. } => reads(counted) == Some(false),
                _ => false,
            };
            prop_assert!(!contradicts, "{role:?} {writer:?} {old} {new} {value}: {answer:?}");
        }
    }
    Ok(())
}

/// Whether the writer speaks of all names in a value, or says outright that there are others.
///
/// A schema that is silent about what else an object holds accepts every name. Who writes by it sends names of its own, which
/// mean nothing to the reader: they are not the reader's, with other contents.
fn names_are_its_own(schemas: &[&Value], value: &Value) -> bool {
    let mut here = Vec::new();
    schemas.iter().for_each(|schema| parts(schema, &mut here));
    let below = |found: Vec<&Value>, value| names_are_its_own(&found, value);
    match value {
        Value::Array(items) => {
            items.iter().all(|item| below(here.iter().filter_map(|part| part.get("items")).collect(), item))
        }
        Value::Object(entries) => {
            let is_open =
                here.iter().any(|part| part.get("additionalProperties").is_some_and(|more| *more != json!(false)));
            entries.iter().all(|(name, entry)| {
                let is_asked_for = |part: &&Value| {
                    part["required"].as_array().is_some_and(|names| names.iter().any(|known| known == name))
                };
                let mut found: Vec<&Value> = here.iter().filter_map(|part| part["properties"].get(name)).collect();
                if name.starts_with('b') {
                    found.extend(here.iter().filter_map(|part| part["patternProperties"].get("^b")));
                }
                let is_known = is_open || !found.is_empty() || here.iter().any(is_asked_for);
                found.extend(here.iter().filter_map(|part| part.get("additionalProperties")));
                is_known && below(found, entry)
            })
        }
        _ => true,
    }
}

/// A schema with everything in it that may hold for the same value.
fn parts<'v>(schema: &'v Value, found: &mut Vec<&'v Value>) {
    found.push(schema);
    for list in ["allOf", "anyOf", "oneOf"] {
        schema[list].as_array().into_iter().flatten().for_each(|part| parts(part, found));
    }
    for one in ["then", "else"] {
        schema.get(one).into_iter().for_each(|part| parts(part, found));
    }
    schema["dependentSchemas"]
        .as_object()
        .into_iter()
        .flat_map(serde_json::Map::values)
        .for_each(|part| parts(part, found));
}

proptest! {
    // As many as `PROPTEST_CASES` says.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_value_that_is_sent_contradicts_a_verdict(
        old in schema(3),
        new in schema(3),
        values in prop::collection::vec(value(), 40),
        role in prop::sample::select(vec![Role::Request, Role::Response, Role::Payload]),
    ) {
        check(&old, &new, &values, role)?;
    }

    #[test]
    fn no_value_contradicts_a_verdict_about_a_small_edit(
        base in schema(3),
        changed in schema(2),
        values in prop::collection::vec(value(), 40),
        at in 0..12_usize,
        role in prop::sample::select(vec![Role::Request, Role::Response, Role::Payload]),
    ) {
        let mut new = base.clone();
        replace(&mut new, &changed, &mut (at % 12));
        check(&base, &new, &values, role)?;
    }
}

/// Puts a schema in the place of the `at`th one below.
fn replace(schema: &mut Value, by: &Value, at: &mut usize) {
    let Value::Object(map) = schema else { return };
    for (keyword, inner) in map.iter_mut() {
        match (keyword.as_str(), inner) {
            ("properties" | "patternProperties" | "dependentSchemas", Value::Object(named)) => {
                named.values_mut().for_each(|schema| replace_one(schema, by, at));
            }
            ("anyOf" | "oneOf" | "allOf", Value::Array(list)) => {
                list.iter_mut().for_each(|schema| replace_one(schema, by, at));
            }
            ("items" | "not" | "then" | "additionalProperties", schema) => replace_one(schema, by, at),
            _ => {}
        }
    }
}

fn replace_one(schema: &mut Value, by: &Value, at: &mut usize) {
    match *at {
        usize::MAX => {}
        0 => {
            *schema = by.clone();
            *at = usize::MAX;
        }
        _ => {
            *at -= 1;
            replace(schema, by, at);
        }
    }
}

#[test]
fn a_property_that_only_a_branch_declares_is_compared() {
    let old = json!({"anyOf": [{"properties": {"l": {"type": "string"}}}, {"type": "string"}]});
    let new = json!({"anyOf": [{"properties": {"l": {"type": "integer"}}}, {"type": "string"}]});
    let value = json!({"l": "a"});
    check(&old, &new, &[value], Role::Payload).expect("the verdict agrees with the value");
}

#[test]
fn a_property_that_only_a_branch_within_a_branch_declares_is_compared() {
    let nested = |of: &str| {
        let inner = json!({"anyOf": [{"properties": {"l": {"type": of}}}, {"type": "string"}]});
        json!({"anyOf": [{"properties": {"l": inner}}, {"type": "string"}]})
    };
    let value = json!({"l": {"l": "a"}});
    check(&nested("string"), &nested("integer"), &[value], Role::Payload).expect("the verdict agrees with the value");
}
