//! What breaks whom, as a user would notice it: traps, dialects, roles, hostile input, and random pairs.

use std::sync::Arc;
use std::time::Instant;

use counterpart::change::Cell;
use counterpart::formats::json_schema::Resources;
use counterpart::formats::schema::graph::{DocumentId, Place, Resolver};
use counterpart::formats::schema::{Answer, Dialect, Engine, Party, Role, SchemaGraph, Settings, Side};
use counterpart::source::FileId;
use counterpart::syntax::{self, Document};
use proptest::prelude::*;
use serde_json::{Value, json};

fn document(value: &Value) -> Document {
    let text: Arc<str> = value.to_string().into();
    syntax::parse(FileId(0), "schema.json", text).document
}

/// Both directions of the schemas at a pointer of two documents: new reads old, old reads new.
fn relate_at(old: (&Value, Dialect), new: (&Value, Dialect), pointers: (&str, &str), role: Role) -> (Answer, Answer) {
    let (old_document, new_document) = (document(old.0), document(new.0));
    let old_side = Resources::new(vec![("a.json".to_owned(), &old_document)], old.1);
    let new_side = Resources::new(vec![("a.json".to_owned(), &new_document)], new.1);
    let (old_graph, new_graph) = (SchemaGraph::new(&old_side), SchemaGraph::new(&new_side));
    let schema = |side: &Resources<'_>, graph: &SchemaGraph<'_>, pointer: &str, dialect: Dialect| {
        let node = side.document(DocumentId(0)).at_pointer(pointer).expect("the test points at a schema");
        graph.intern(Place::new(DocumentId(0), node), dialect)
    };
    let engine = Engine::new(&old_graph, &new_graph, Settings::default());
    let old = Party::new(Side::Old, schema(&old_side, &old_graph, pointers.0, old.1), role);
    let new = Party::new(Side::New, schema(&new_side, &new_graph, pointers.1, new.1), role);
    (engine.relate(old, new), engine.relate(new, old))
}

fn cell(answer: &Answer) -> &'static str {
    match answer {
        Answer::Contained => "no",
        Answer::Breaks { cell: Cell::Maybe, .. } => "maybe",
        Answer::Breaks { .. } => "yes",
        Answer::Unknown(_) => "unknown",
    }
}

fn witness(answer: &Answer) -> Value {
    match answer {
        Answer::Breaks { witness, .. } => witness.instance.clone(),
        other => panic!("there is no witness: {other:?}"),
    }
}

/// The cells (new reads old, old reads new) of two whole schemas of one dialect.
fn cells(dialect: Dialect, role: Role, old: Value, new: Value) -> (&'static str, &'static str) {
    let (forth, back) = relate_at((&old, dialect), (&new, dialect), ("", ""), role);
    (cell(&forth), cell(&back))
}

const OPENAPI: Dialect = Dialect::OpenApi30;

#[test]
fn optional_properties_come_and_go_without_breaking_readers() {
    let small = json!({"type": "object", "properties": {"a": {"type": "string"}}});
    let large = json!({"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}});
    assert_eq!(cells(OPENAPI, Role::Request, small.clone(), large.clone()), ("no", "no"));
    assert_eq!(cells(OPENAPI, Role::Response, large, small), ("no", "no"));
}

#[test]
fn a_property_that_becomes_required_breaks_old_writers() {
    let old = json!({"type": "object", "properties": {"a": {"type": "string"}}});
    let new = json!({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]});
    let (forth, back) = relate_at((&old, OPENAPI), (&new, OPENAPI), ("", ""), Role::Request);
    assert_eq!((cell(&forth), cell(&back)), ("yes", "no"));
    assert_eq!(witness(&forth), json!({}));
}

#[test]
fn closed_responses_break_old_readers_when_they_grow() {
    let old = json!({"type": "object", "properties": {"a": {}}, "additionalProperties": false});
    let new = json!({"type": "object", "properties": {"a": {}, "b": {}}, "additionalProperties": false});
    assert_eq!(cells(OPENAPI, Role::Response, old, new), ("no", "yes"));
}

#[test]
fn an_object_without_properties_stays_open() {
    let old = json!({"type": "object", "properties": {"meta": {"type": "object"}}});
    let new = json!({"type": "object",
        "properties": {"meta": {"type": "object", "additionalProperties": {"type": "string"}}}});
    let (forth, _) = relate_at((&old, OPENAPI), (&new, OPENAPI), ("", ""), Role::Request);
    assert_eq!(cell(&forth), "yes");
    assert!(witness(&forth)["meta"].as_object().is_some_and(|meta| meta.len() == 1));
}

#[test]
fn enum_values_added_to_responses_may_break_and_removed_from_requests_do() {
    let small = json!({"type": "string", "enum": ["a", "b"]});
    let large = json!({"type": "string", "enum": ["a", "b", "c"]});
    assert_eq!(cells(OPENAPI, Role::Response, small.clone(), large.clone()).1, "maybe");
    let (forth, _) = relate_at((&large, OPENAPI), (&small, OPENAPI), ("", ""), Role::Request);
    assert_eq!(cell(&forth), "yes");
    assert_eq!(witness(&forth), json!("c"));
}

#[test]
fn branches_that_a_tag_tells_apart_may_be_added_to_responses() {
    let cat = json!({"type": "object", "properties": {"kind": {"enum": ["cat"]}}, "required": ["kind"]});
    let dog = json!({"type": "object", "properties": {"kind": {"enum": ["dog"]}}, "required": ["kind"]});
    let cow = json!({"type": "object", "properties": {"kind": {"enum": ["cow"]}}, "required": ["kind"]});
    for keyword in ["oneOf", "anyOf"] {
        let old = json!({ keyword: [cat.clone(), dog.clone()] });
        let new = json!({ keyword: [cat.clone(), dog.clone(), cow.clone()] });
        assert_eq!(cells(OPENAPI, Role::Response, old, new), ("no", "maybe"), "{keyword}");
    }
    let old = json!({"oneOf": [{"type": "string"}, {"type": "boolean"}]});
    let new = json!({"oneOf": [{"type": "string"}, {"type": "boolean"}, {"type": "integer"}]});
    assert_eq!(cells(OPENAPI, Role::Response, old, new), ("no", "yes"), "no tag");
}

fn pets(name: &str, mapping: Option<(&str, &str)>) -> Value {
    let target = format!("#/components/schemas/{name}");
    let mut discriminator = json!({"propertyName": "kind"});
    if let Some((tag, to)) = mapping {
        discriminator["mapping"] = json!({ tag: format!("#/components/schemas/{to}") });
    }
    json!({"openapi": "3.0.3", "components": {"schemas": {
        name: {"type": "object", "properties": {"kind": {"type": "string"}}, "required": ["kind"]},
        "Pet": {"oneOf": [{"$ref": target}], "discriminator": discriminator}
    }}})
}

#[test]
fn renaming_a_component_breaks_its_implicit_tag_unless_it_is_mapped() {
    let pointers = ("/components/schemas/Pet", "/components/schemas/Pet");
    let (old, new) = (pets("Cat", None), pets("Feline", None));
    let (forth, back) = relate_at((&old, OPENAPI), (&new, OPENAPI), pointers, Role::Request);
    assert_eq!((cell(&forth), cell(&back)), ("yes", "yes"));
    assert_eq!(witness(&forth), json!({"kind": "Cat"}));
    let mapped = pets("Feline", Some(("Cat", "Feline")));
    let (forth, back) = relate_at((&old, OPENAPI), (&mapped, OPENAPI), pointers, Role::Request);
    assert_eq!((cell(&forth), cell(&back)), ("no", "no"));
}

#[test]
fn nullable_dies_with_openapi_3_1_unless_it_is_spelt_as_a_type() {
    let old = json!({"type": "string", "nullable": true});
    let (forth, _) = relate_at((&old, OPENAPI), (&old, Dialect::OpenApi31), ("", ""), Role::Request);
    assert_eq!(cell(&forth), "yes");
    assert_eq!(witness(&forth), Value::Null);
    let new = json!({"type": ["string", "null"]});
    let (forth, back) = relate_at((&old, OPENAPI), (&new, Dialect::OpenApi31), ("", ""), Role::Request);
    assert_eq!((cell(&forth), cell(&back)), ("no", "no"));
}

#[test]
fn nullable_does_not_add_null_to_an_enum() {
    let old = json!({"type": "string", "enum": ["a"]});
    let new = json!({"type": "string", "enum": ["a"], "nullable": true});
    assert_eq!(cells(OPENAPI, Role::Request, old, new), ("no", "no"));
}

#[test]
fn what_a_role_does_not_send_is_required_of_nobody() {
    let old = json!({"type": "object", "properties": {"name": {"type": "string"}}});
    let new = json!({"type": "object",
        "properties": {"name": {"type": "string"}, "id": {"type": "string", "readOnly": true}}, "required": ["id"]});
    assert_eq!(cells(OPENAPI, Role::Request, old.clone(), new.clone()), ("no", "no"));
    assert_eq!(cells(OPENAPI, Role::Response, new, old).1, "yes");
}

#[test]
fn required_in_one_branch_and_read_only_in_another_act_together() {
    let old = json!({"type": "object", "properties": {"name": {"type": "string"}}});
    let declared = json!({"type": "object",
        "properties": {"name": {"type": "string"}, "id": {"type": "string", "readOnly": true}}});
    let split = json!({"allOf": [declared, {"required": ["id"]}]});
    assert_eq!(cells(OPENAPI, Role::Request, old.clone(), split.clone()), ("no", "no"));
    assert_eq!(cells(OPENAPI, Role::Response, split, old.clone()).0, "no");
    let secret = json!({"type": "object", "properties": {"id": {"type": "string", "writeOnly": true}}});
    let around = json!({"allOf": [secret], "required": ["id"]});
    assert_eq!(cells(OPENAPI, Role::Response, old.clone(), around.clone()), ("no", "no"));
    assert_eq!(cells(OPENAPI, Role::Request, old, around).0, "yes");
}

#[test]
fn what_a_dynamic_reference_leads_to_is_compared() {
    let list = |kind: &str| {
        json!({"$id": "https://x.test/root", "type": "array", "items": {"$dynamicRef": "#item"},
            "$defs": {"item": {"$dynamicAnchor": "item", "type": kind}}})
    };
    let dialect = Dialect::Draft202012;
    let (integers, numbers) = (list("integer"), list("number"));
    let (forth, back) = relate_at((&integers, dialect), (&numbers, dialect), ("", ""), Role::Payload);
    assert_eq!((cell(&forth), cell(&back)), ("no", "yes"));
    assert_eq!(witness(&back).as_array().map(Vec::len), Some(1), "{back:?}");
}

#[test]
fn whole_number_formats_are_bounds_and_others_are_doubtful() {
    let int64 = json!({"type": "integer", "format": "int64"});
    let int32 = json!({"type": "integer", "format": "int32"});
    assert_eq!(cells(OPENAPI, Role::Request, int64, int32), ("yes", "no"));
    let text = json!({"type": "string"});
    let date = json!({"type": "string", "format": "date"});
    assert_eq!(cells(OPENAPI, Role::Request, text, date), ("maybe", "no"));
}

#[test]
fn other_spellings_of_the_same_values_are_nothing() {
    let pairs = [
        (json!({"const": 1}), json!({"enum": [1.0]})),
        (json!({"type": "integer"}), json!({"type": "number", "multipleOf": 1})),
        (json!({"type": ["string", "null"]}), json!({"anyOf": [{"type": "null"}, {"type": "string"}]})),
        (json!({"anyOf": [{"type": "string"}]}), json!({"type": "string"})),
        (json!({"allOf": [{"type": "string"}, {"minLength": 1}]}), json!({"type": "string", "minLength": 1})),
        (json!({"type": "integer", "exclusiveMinimum": 0}), json!({"type": "integer", "minimum": 1})),
        (json!({"type": "string", "pattern": "^a+$"}), json!({"type": "string", "pattern": "^aa*$"})),
        (json!({"oneOf": [{"type": "string"}, {"type": "integer"}]}), json!({"type": ["integer", "string"]})),
        (
            json!({"anyOf": [{"required": ["a"]}, {"required": ["b"]}], "type": "object", "maxProperties": 3}),
            json!({"type": "object", "maxProperties": 3, "anyOf": [{"required": ["b"]}, {"required": ["a"]}]}),
        ),
        (
            json!({"$defs": {"a": {"type": "string"}}, "properties": {"x": {"$ref": "#/$defs/a"}}}),
            json!({"properties": {"x": {"type": "string"}}}),
        ),
        (
            json!({"$defs": {"n": {"properties": {"next": {"$ref": "#/$defs/n"}}}}, "$ref": "#/$defs/n"}),
            json!({"$defs": {"m": {"properties": {"next": {"$ref": "#/$defs/m"}}}}, "$ref": "#/$defs/m"}),
        ),
    ];
    for (old, new) in pairs {
        for role in [Role::Request, Role::Response, Role::Payload] {
            let found = cells(Dialect::Draft202012, role, old.clone(), new.clone());
            assert_eq!(found, ("no", "no"), "{old} {new}");
        }
    }
}

#[test]
fn numbers_beyond_64_bits_and_decimals_are_exact() {
    let dialect = Dialect::Draft202012;
    let old = json!({"type": "integer", "maximum": 9_007_199_254_740_993_u64});
    let new = json!({"type": "integer", "maximum": 9_007_199_254_740_992_u64});
    assert_eq!(cells(dialect, Role::Payload, old, new), ("yes", "no"));
    let tenth: Value = serde_json::from_str(r#"{"type": "number", "multipleOf": 0.1}"#).expect("JSON");
    let more: Value = serde_json::from_str(r#"{"type": "number", "multipleOf": 0.3}"#).expect("JSON");
    assert_eq!(cells(dialect, Role::Payload, more, tenth), ("no", "yes"));
}

#[test]
fn a_writer_that_accepts_nothing_proves_nothing() {
    let overlap = |limit: u32| {
        json!({"type": "object", "properties": {"x": {"oneOf": [
            {"type": "string", "maxLength": limit}, {"type": "string", "maxLength": limit}]}}, "required": ["x"]})
    };
    assert_eq!(cells(Dialect::Draft202012, Role::Payload, overlap(9), overlap(5)).0, "unknown");
}

#[test]
fn hostile_schemas_are_answered_quickly() {
    const LEVELS: u32 = 30;
    const BRANCHES: u32 = 1_000;
    let started = Instant::now();
    let dialect = Dialect::Draft202012;
    // References that lead to themselves without consuming a value.
    let circle = |more: u32| {
        json!({"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}},
        "properties": {"x": {"$ref": "#/$defs/a"}}, "maxProperties": more})
    };
    cells(dialect, Role::Payload, circle(1), circle(2));
    // Each level uses the one below twice.
    let doubled = |leaf: Value| {
        let mut definitions = serde_json::Map::new();
        definitions.insert("d0".into(), leaf);
        for level in 1..LEVELS {
            let below = json!({"$ref": format!("#/$defs/d{}", level - 1)});
            definitions.insert(
                format!("d{level}"),
                json!({"anyOf": [{"properties": {"l": below, "r": below}},
                {"allOf": [below, below]}]}),
            );
        }
        json!({"$defs": definitions, "$ref": format!("#/$defs/d{}", LEVELS - 1)})
    };
    cells(dialect, Role::Payload, doubled(json!({"type": "string"})), doubled(json!({"type": "integer"})));
    // Thousands of branches.
    let branches = |count: u32| {
        let list: Vec<Value> = (0..count)
            .map(|at| json!({"type": "object", "properties": {"kind": {"const": format!("k{at}")}}, "required": ["kind"]}))
            .collect();
        json!({"oneOf": list})
    };
    cells(dialect, Role::Payload, branches(BRANCHES), branches(BRANCHES + 1));
    // Deep nesting.
    let mut deep = json!({"type": "string"});
    let mut other = json!({"type": "integer"});
    for _ in 0..100 {
        deep = json!({"not": {"items": deep}});
        other = json!({"not": {"items": other}});
    }
    cells(dialect, Role::Payload, deep, other);
    let pattern = |text: &str| json!({"type": "string", "pattern": text});
    cells(dialect, Role::Payload, pattern("(a+)+$(b{0,500}){0,500}"), pattern("^(([a-z])+.)+[A-Z]([a-z])+$"));
    assert!(started.elapsed().as_secs() < 90, "{:?}", started.elapsed());
}

/// Random schemas over a few names and values, so that pairs are often related.
fn schema(depth: u32) -> BoxedStrategy<Value> {
    let leaf = prop_oneof![
        Just(json!({})),
        Just(json!({"type": "string"})),
        Just(json!({"type": "integer"})),
        Just(json!({"type": ["number", "null"]})),
        Just(json!({"type": "boolean"})),
        Just(json!({"enum": ["a", "b", 1]})),
        Just(json!({"const": "a"})),
        Just(json!({"pattern": "^a"})),
        Just(json!(false)),
        (0..4_i64, 0..4_i64).prop_map(|(low, more)| json!({"type": "number", "minimum": low, "maximum": low + more})),
        (0..3_u64, 0..3_u64)
            .prop_map(|(low, more)| json!({"type": "string", "minLength": low, "maxLength": low + more})),
        (1..4_i64).prop_map(|step| json!({"type": "integer", "multipleOf": step})),
    ];
    if depth == 0 {
        return leaf.boxed();
    }
    let inner = || schema(depth - 1);
    prop_oneof![
        leaf,
        (inner(), inner(), any::<[bool; 3]>()).prop_map(|(a, b, flags)| {
            let mut schema = json!({"type": "object", "properties": {"a": a, "b": b}});
            if flags[0] {
                schema["required"] = json!(["a"]);
            }
            if flags[1] {
                schema["additionalProperties"] = json!(false);
            }
            if flags[2] {
                schema["minProperties"] = json!(1);
            }
            schema
        }),
        (inner(), 0..3_u64).prop_map(|(items, count)| json!({"type": "array", "items": items, "maxItems": count})),
        (inner(), inner()).prop_map(|(a, b)| json!({"prefixItems": [a], "items": b, "uniqueItems": true})),
        (inner(), inner()).prop_map(|(a, b)| json!({"anyOf": [a, b]})),
        (inner(), inner()).prop_map(|(a, b)| json!({"oneOf": [a, b]})),
        (inner(), inner()).prop_map(|(a, b)| json!({"allOf": [a, b]})),
        inner().prop_map(|a| json!({"not": a})),
        (inner(), inner(), inner()).prop_map(|(a, b, c)| json!({"if": a, "then": b, "else": c})),
        inner().prop_map(|a| json!({"properties": {"a": a}, "unevaluatedProperties": false})),
        inner().prop_map(|a| json!({"contains": a, "maxContains": 1})),
        inner().prop_map(|a| json!({"dependentSchemas": {"a": a}, "propertyNames": {"maxLength": 1}})),
    ]
    .boxed()
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-1..6_i64).prop_map(Value::from),
        Just(json!(1.5)),
        "[ab]{0,3}".prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[abc]", inner, 0..3).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_value_contradicts_an_answer(
        writer in schema(2),
        reader in schema(2),
        values in prop::collection::vec(value(), 30),
    ) {
        let (old, new) = (document(&writer), document(&reader));
        let dialect = Dialect::Draft202012;
        let old_side = Resources::new(vec![("a.json".to_owned(), &old)], dialect);
        let new_side = Resources::new(vec![("a.json".to_owned(), &new)], dialect);
        let (old_graph, new_graph) = (SchemaGraph::new(&old_side), SchemaGraph::new(&new_side));
        let root = |side: &Resources<'_>, graph: &SchemaGraph<'_>| graph.intern(side.root(DocumentId(0)), dialect);
        let engine = Engine::new(&old_graph, &new_graph, Settings::default());
        let from = Party::new(Side::Old, root(&old_side, &old_graph), Role::Payload);
        let to = Party::new(Side::New, root(&new_side, &new_graph), Role::Payload);
        let (accepts, reads) = (
            jsonschema::validator_for(&writer).expect("the strategy makes schemas"),
            jsonschema::validator_for(&reader).expect("the strategy makes schemas"),
        );
        match engine.contains(from, to) {
            Answer::Contained => {
                for value in &values {
                    prop_assert!(!accepts.is_valid(value) || reads.is_valid(value), "{writer} {reader} {value}");
                }
            }
            Answer::Breaks { witness, .. } => {
                let value = &witness.instance;
                prop_assert!(accepts.is_valid(value) && !reads.is_valid(value), "{writer} {reader} {value}");
            }
            Answer::Unknown(_) => {}
        }
    }
}
