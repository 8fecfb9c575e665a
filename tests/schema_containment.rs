//! Containment against JSON Schema's own test suite, by construction: `{enum: [instance]}` is contained in `schema` exactly
//! when the instance is valid. The corpus stands beside the repository and is not part of it; without it nothing runs.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use counterpart::formats::json_schema::Resources;
use counterpart::formats::schema::graph::DocumentId;
use counterpart::formats::schema::{Answer, Dialect, Engine, Party, Role, SchemaGraph, Settings, Side};
use counterpart::source::FileId;
use counterpart::syntax::{self, Document};
use serde_json::Value;

fn document(schema: &Value) -> Document {
    let text: Arc<str> = schema.to_string().into();
    let parsed = syntax::parse(FileId(0), "schema.json", text);
    assert!(parsed.faults.is_empty(), "{schema}: {:?}", parsed.faults);
    parsed.document
}

fn relate(writer: &Value, reader: &Value, dialect: Dialect) -> Answer {
    let (old, new) = (document(writer), document(reader));
    let resources = |document| Resources::new(vec![("schema.json".to_owned(), document)], dialect);
    let (old, new) = (resources(&old), resources(&new));
    let (old_graph, new_graph) = (SchemaGraph::new(&old), SchemaGraph::new(&new));
    let root = |resources: &Resources<'_>, graph: &SchemaGraph<'_>| {
        let place = resources.root(DocumentId(0));
        graph.intern(place, resources.dialect(place))
    };
    let writer = Party::new(Side::Old, root(&old, &old_graph), Role::Payload);
    let reader = Party::new(Side::New, root(&new, &new_graph), Role::Payload);
    Engine::new(&old_graph, &new_graph, Settings::default()).contains(writer, reader)
}

#[test]
fn the_test_suite_through_containment_gives_no_wrong_answer() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/jsonschema/containment-from-test-suite");
    for (file, dialect) in [
        ("draft4.json", Dialect::Draft4),
        ("draft7.json", Dialect::Draft7),
        ("draft2020-12.json", Dialect::Draft202012),
    ] {
        let Ok(text) = std::fs::read_to_string(folder.join(file)) else { continue };
        let corpus: Value = serde_json::from_str(&text).expect("the corpus is JSON");
        let mut wrong = Vec::new();
        let mut open: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let (mut decided, mut total) = (0, 0);
        let started = std::time::Instant::now();
        for case in corpus["cases"].as_array().expect("the corpus lists its cases") {
            total += 1;
            let expected = case["expected_subschema"].as_bool();
            let case_started = std::time::Instant::now();
            let answer = relate(&case["lhs"], &case["rhs"], dialect);
            if case_started.elapsed().as_millis() > 500 {
                println!("slow: {} {:?}", case["id"], case_started.elapsed());
            }
            match (&answer, expected) {
                (Answer::Unknown(reason), _) => {
                    let about = format!("{} ({reason})", case["keyword"].as_str().unwrap_or_default());
                    open.entry(about).or_default().push(case["id"].as_str().unwrap_or_default().to_owned());
                }
                (Answer::Contained, Some(true)) | (Answer::Breaks { .. }, Some(false)) => decided += 1,
                _ => wrong.push(format!("{} {answer:?}", case["id"])),
            }
        }
        println!("{file}: {decided} of {total} decided in {:?}", started.elapsed());
        for (about, ids) in open {
            println!("  {} {about}: {:?}", ids.len(), &ids[..ids.len().min(3)]);
        }
        assert!(wrong.is_empty(), "{file}: {wrong:#?}");
        assert!(decided * 100 >= total * 90, "{file}: only {decided} of {total} decided");
    }
}
