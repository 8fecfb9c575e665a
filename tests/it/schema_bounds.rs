//! Schemas that are built to take forever: every question about them ends, with an answer or with the reason why not.
//!
//! Times are limits against hanging and not measurements: this build is not optimized, and the machine may be busy.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use counterpart::formats::json_schema::Resources;
use counterpart::formats::schema::graph::DocumentId;
use counterpart::formats::schema::{Answer, Dialect, Engine, Party, Role, SchemaGraph, Settings, Side};
use counterpart::source::FileId;
use counterpart::syntax::{self, Document};
use serde_json::{Value, json};

/// An optimized build takes about a twentieth of this at worst.
const LIMIT: Duration = Duration::from_secs(60);

fn parsed(text: &str) -> Document {
    syntax::parse(FileId(0), "schema.json", Arc::from(text)).document
}

/// Steps for questions that use up whatever they get: they are counted, so that fewer of them show as much, sooner.
const STEPS: u64 = 100_000;

/// Both directions of two whole documents.
fn relate_texts(old: &str, new: &str, steps: u64) -> [Answer; 2] {
    let dialect = Dialect::Draft202012;
    let (old, new) = (parsed(old), parsed(new));
    let old_side = Resources::new(vec![("a.json".to_owned(), &old)], dialect);
    let new_side = Resources::new(vec![("a.json".to_owned(), &new)], dialect);
    let (old_graph, new_graph) = (SchemaGraph::new(&old_side), SchemaGraph::new(&new_side));
    let root = |side: &Resources<'_>, graph: &SchemaGraph<'_>| graph.intern(side.root(DocumentId(0)), dialect);
    let engine = Engine::new(&old_graph, &new_graph, Settings { steps, ..Settings::default() });
    let old = Party::new(Side::Old, root(&old_side, &old_graph), Role::Payload);
    let new = Party::new(Side::New, root(&new_side, &new_graph), Role::Payload);
    let started = Instant::now();
    let answers = [engine.relate(old, new), engine.relate(new, old)];
    assert!(started.elapsed() < LIMIT, "{:?}", started.elapsed());
    answers
}

fn relate(old: &Value, new: &Value) -> [Answer; 2] {
    relate_texts(&old.to_string(), &new.to_string(), STEPS)
}

/// The same with the steps that a comparison has.
fn decide(old: &Value, new: &Value) -> [Answer; 2] {
    relate_texts(&old.to_string(), &new.to_string(), Settings::default().steps)
}

fn is_break(answer: &Answer) -> bool {
    matches!(answer, Answer::Breaks { .. })
}

/// Levels of definitions, each made of the one below.
fn levels(count: usize, leaf: &Value, level: impl Fn(usize, &Value) -> Value) -> Value {
    let mut definitions = serde_json::Map::new();
    definitions.insert("d0".into(), leaf.clone());
    for at in 1..count {
        definitions.insert(format!("d{at}"), level(at, &json!({"$ref": format!("#/$defs/d{}", at - 1)})));
    }
    json!({"$defs": definitions, "$ref": format!("#/$defs/d{}", count - 1)})
}

#[test]
fn schemas_that_double_at_every_level_are_answered() {
    let kinds: [fn(usize, &Value) -> Value; 7] = [
        |_, below| json!({"anyOf": [{"properties": {"l": below, "r": below}}, {"allOf": [below, below]}]}),
        |at, below| json!({"anyOf": [{"minProperties": at, "allOf": [below]}, {"maxProperties": at, "allOf": [below]}]}),
        |at, below| {
            json!({"allOf": [{"anyOf": [below, {"required": [format!("a{at}")]}]},
                {"anyOf": [below, {"required": [format!("b{at}")]}]}]})
        },
        |_, below| json!({"oneOf": [{"properties": {"l": below}}, {"properties": {"r": below}, "required": ["r"]}]}),
        |_, below| json!({"type": "object", "properties": {"l": below, "r": below}, "required": ["l", "r"]}),
        |_, below| json!({"not": {"allOf": [{"not": below}, {"properties": {"l": {"not": below}}}]}}),
        |_, below| json!({"if": {"properties": {"l": below}}, "then": {"properties": {"r": below}}, "else": below}),
    ];
    for (kind, level) in kinds.iter().enumerate() {
        for count in [14, 30] {
            println!("kind {kind}, {count} levels");
            relate(
                &levels(count, &json!({"type": "string"}), level),
                &levels(count, &json!({"type": "integer"}), level),
            );
        }
    }
}

fn tagged(at: usize, more: &Value) -> Value {
    json!({"type": "object", "properties": {"kind": {"const": format!("k{at}")}, "v": more}, "required": ["kind"]})
}

fn one_of(branches: impl Iterator<Item = Value>) -> Value {
    json!({"oneOf": branches.collect::<Vec<_>>()})
}

#[test]
fn thousands_of_tagged_branches_are_decided() {
    let whole = json!({"type": "integer"});
    let count = 1_000;
    let old = one_of((0..count).map(|at| tagged(at, &whole)));
    let more = one_of((0..=count).map(|at| tagged(at, &whole)));
    let [forth, back] = decide(&old, &more);
    assert_eq!(forth, Answer::Contained, "a branch more");
    assert!(is_break(&back), "{back:?}");
    let narrow = json!({"type": "integer", "maximum": 5});
    let changed = one_of((0..count).map(|at| tagged(at, if at == count / 2 { &narrow } else { &whole })));
    let [forth, back] = decide(&old, &changed);
    assert!(is_break(&forth), "{forth:?}");
    assert_eq!(back, Answer::Contained, "one branch narrowed");
}

#[test]
fn more_tagged_branches_than_can_be_tried_are_never_taken_for_contained() {
    let whole = json!({"type": "integer"});
    let old = one_of((0..5_000).map(|at| tagged(at, &whole)));
    let more = one_of((0..=5_000).map(|at| tagged(at, &whole)));
    let [forth, back] = decide(&old, &more);
    assert_eq!(forth, Answer::Contained, "a branch more");
    assert_ne!(back, Answer::Contained, "a branch less is a break, or not known");
}

#[test]
fn thousands_of_constants_are_decided() {
    let constants = |range: std::ops::Range<usize>| one_of(range.map(|at| json!({"const": format!("c{at}")})));
    let [forth, back] = decide(&constants(0..5_000), &constants(0..4_999));
    assert!(is_break(&forth), "{forth:?}");
    assert_eq!(back, Answer::Contained);
}

#[test]
fn thousands_of_branches_that_nothing_tells_apart_end() {
    let required = |kind: &str| {
        one_of((0..1_000).map(|at| json!({"type": "object", "required": [format!("p{at}")], "properties": {format!("p{at}"): {"type": kind}}})))
    };
    relate(&required("string"), &required("integer"));
    let ranges = |width: usize| {
        one_of((0..1_000).map(|at| json!({"type": "integer", "minimum": 10 * at, "maximum": 10 * at + width})))
    };
    relate(&ranges(9), &ranges(8));
    let patterns = |end: &str| json!({"anyOf": (0..1_000).map(|at| json!({"pattern": format!("^a{at}b{end}$")})).collect::<Vec<_>>()});
    relate(&patterns("*"), &patterns("+"));
}

#[test]
fn many_open_choices_at_once_end() {
    let choices = |names: [&str; 2]| json!({"allOf": (0..60).map(|at| json!({"anyOf": names.map(|name| json!({"required": [format!("{name}{at}")]}))})).collect::<Vec<_>>()});
    relate(&choices(["a", "b"]), &choices(["b", "c"]));
    let conditions = |more: usize| {
        json!({"allOf": (0..200).map(|at| json!({"if": {"properties": {"k": {"const": at}}, "required": ["k"]},
            "then": {"required": [format!("p{}", at + more)]}})).collect::<Vec<_>>()})
    };
    relate(&conditions(0), &conditions(1));
}

#[test]
fn schemas_that_lead_to_each_other_end() {
    let complete = |count: usize, leaf: &Value| {
        let mut definitions = serde_json::Map::new();
        for at in 0..count {
            let to = |other: usize| json!({"$ref": format!("#/$defs/d{}", other % count)});
            let branches: Vec<Value> = (0..count)
                .map(|other| json!({"properties": {"x": to(other), format!("y{at}"): to(at + other)}, "required": ["x"]}))
                .chain([leaf.clone()])
                .collect();
            definitions.insert(format!("d{at}"), json!({"anyOf": branches}));
        }
        json!({"$defs": definitions, "$ref": "#/$defs/d0"})
    };
    relate(&complete(12, &json!({"type": "string"})), &complete(12, &json!({"type": "integer"})));
    relate(&complete(30, &json!({"type": "string"})), &complete(30, &json!({"type": "string", "maxLength": 3})));
    // References that lead to themselves without consuming a value.
    let circle = |more: u32| {
        json!({"$defs": {"a": {"allOf": [{"$ref": "#/$defs/b"}, {"$ref": "#/$defs/b"}]},
            "b": {"anyOf": [{"$ref": "#/$defs/a"}, {"$ref": "#/$defs/a"}, {"minLength": more}]}}, "$ref": "#/$defs/a"})
    };
    relate(&circle(1), &circle(2));
}

#[test]
fn deep_schemas_end() {
    let nested = |count: usize, start: &str, end: &str, leaf: &str| {
        format!("{}{leaf}{}", start.repeat(count), end.repeat(count))
    };
    let kinds = [
        (r#"{"not": {"items": "#, "}}"),
        (r#"{"required": ["a"], "properties": {"a": "#, "}}"),
        (r#"{"allOf": ["#, "]}"),
        (r#"{"additionalProperties": "#, "}"),
    ];
    for (start, end) in kinds {
        for count in [50, 400] {
            let old = nested(count, start, end, r#"{"type": "string"}"#);
            relate_texts(&old, &nested(count, start, end, r#"{"type": "integer"}"#), STEPS);
        }
    }
    let chain = |leaf: &Value| levels(10_000, leaf, |_, below| below.clone());
    relate(&chain(&json!({"type": "string"})), &chain(&json!({"type": "integer"})));
}

#[test]
fn hostile_patterns_end() {
    let patterns = [
        "(a+)+$(b{0,500}){0,500}",
        "^(([a-z])+.)+[A-Z]([a-z])+$",
        "^(a|aa|aaa|b){0,900}c$",
        "^(((a{0,90}){0,90}){0,90})$",
        "(.*a){40}",
        "^(?=.*a)(?=.*b)(?!.*c).{8,}$",
        "[a-z]{1,1000}[0-9]{1,1000}[a-z]{1,1000}",
        "(((((((a?){9}){9}){9}){9}){9}){9}){9}",
    ];
    for (at, pattern) in patterns.iter().enumerate() {
        let other = patterns[(at + 1) % patterns.len()];
        relate(&json!({"type": "string", "pattern": pattern}), &json!({"type": "string", "pattern": other}));
    }
    let many = |prefix: &str, from: usize| {
        let properties: serde_json::Map<String, Value> = (0..100)
            .map(|at| (format!("p{at}"), json!({"pattern": format!("{prefix}{{{}}}", from + at % 40)})))
            .collect();
        json!({ "properties": properties })
    };
    relate(&many("^(.*a)", 10), &many("^(a|aa|b)", 200));
}

#[test]
fn large_numbers_and_lists_end() {
    let pairs = [
        (r#"{"minItems": 1000000000, "items": {"type": "string"}}"#, r#"{"minItems": 1000000001}"#),
        (r#"{"uniqueItems": true, "minItems": 500, "items": {"type": "integer"}}"#, r#"{"minItems": 501}"#),
        (r#"{"contains": {"type": "integer"}, "minContains": 10000000}"#, r#"{"contains": {"type": "string"}}"#),
        (r#"{"minLength": 1000000000, "pattern": "^a*$"}"#, r#"{"minLength": 1000000001, "pattern": "^a*$"}"#),
        (r#"{"minProperties": 1000000000}"#, r#"{"minProperties": 1000000001}"#),
        (r#"{"maximum": 1e400000000}"#, r#"{"maximum": 1e300000000}"#),
        (r#"{"multipleOf": 1e-400000000}"#, r#"{"multipleOf": 3e-400000000, "maximum": 1e300}"#),
    ];
    for (old, new) in pairs {
        relate_texts(old, new, STEPS);
    }
    let digits = |digit: &str| format!(r#"{{"type": "number", "minimum": {}}}"#, digit.repeat(200_000));
    relate_texts(&digits("7"), &digits("8"), STEPS);
    let list = |range: std::ops::Range<usize>| {
        let mut text = r#"{"enum": ["#.to_owned();
        for at in range.clone() {
            let comma = if at == range.start { "" } else { "," };
            let _ = write!(text, "{comma}\"v{at}\"");
        }
        text + "]}"
    };
    let [forth, back] = relate_texts(&list(0..20_000), &list(1..20_000), Settings::default().steps);
    assert!(is_break(&forth), "{forth:?}");
    assert_eq!(back, Answer::Contained);
}
