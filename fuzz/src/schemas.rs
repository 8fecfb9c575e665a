//! One schema and two schemas, in every dialect.

use std::sync::Arc;

use counterpart::formats::json_schema::Resources;
use counterpart::formats::schema::graph::DocumentId;
use counterpart::formats::schema::{
    Answer, Dialect, Engine, Party, Role, Sample, SchemaGraph, SchemaId, Settings, Side, Validator,
};
use counterpart::source::FileId;
use counterpart::syntax::{self, Document, decode};

const DIALECTS: [Dialect; 6] = [
    Dialect::OpenApi20,
    Dialect::OpenApi30,
    Dialect::OpenApi31,
    Dialect::Draft4,
    Dialect::Draft7,
    Dialect::Draft202012,
];

fn document(bytes: &[u8]) -> Option<Document> {
    let text: Arc<str> = decode(bytes).ok()?;
    Some(syntax::parse(FileId(0), "a.json", text).document)
}

fn root(side: &Resources<'_>, graph: &SchemaGraph<'_>) -> SchemaId {
    let place = side.root(DocumentId(0));
    graph.intern(place, side.dialect(place))
}

/// A schema of any text, lowered for every role and compiled for values: it never panics, and never takes long.
pub fn lowering(bytes: &[u8]) {
    let Some(document) = document(bytes) else { return };
    for dialect in DIALECTS {
        let side = Resources::new(vec![("a.json".to_owned(), &document)], dialect);
        let graph = SchemaGraph::new(&side);
        let schema = root(&side, &graph);
        let validator = Validator::new(&graph);
        for role in [Role::Request, Role::Response, Role::Payload] {
            for value in [serde_json::json!({"a": [1, "x", null]}), serde_json::json!("a")] {
                let _ = validator.faults(schema, role, Sample::Whole, &value);
                let _ = validator.faults(schema, role, Sample::Part, &value);
            }
        }
    }
}

/// Two schemas with a NUL between them, related in both directions. A schema is contained in itself, and what a break
/// shows is a value that both sides speak of.
pub fn relate(bytes: &[u8]) {
    let (old, new) = super::halves(bytes);
    let (Some(old), Some(new)) = (document(old), document(new)) else { return };
    for dialect in [Dialect::OpenApi30, Dialect::Draft202012] {
        let old_side = Resources::new(vec![("a.json".to_owned(), &old)], dialect);
        let new_side = Resources::new(vec![("a.json".to_owned(), &new)], dialect);
        let (old_graph, new_graph) = (SchemaGraph::new(&old_side), SchemaGraph::new(&new_side));
        let (from, to) = (root(&old_side, &old_graph), root(&new_side, &new_graph));
        let engine = Engine::new(&old_graph, &new_graph, Settings::default());
        for role in [Role::Request, Role::Response, Role::Payload] {
            let (old, new) = (Party::new(Side::Old, from, role), Party::new(Side::New, to, role));
            let answers = [engine.relate(old, new), engine.relate(new, old)];
            if engine.is_same(from, to) {
                assert!(answers.iter().all(|answer| *answer == Answer::Contained), "{answers:?}");
            }
            let _ = engine.contains(old, new);
        }
    }
}
