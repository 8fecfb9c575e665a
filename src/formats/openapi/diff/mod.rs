//! What changed between two versions of a contract.
//!
//! Paths and operations are paired, and everything outside schemas is compared here, one file per element. Schemas are
//! only collected, with everyone who sends them, and compared together at the end: a change in a shared schema is found
//! once. Changes of other shared parts (a parameter component, the document's security) are joined the same way.

mod body;
mod call;
mod collector;
mod component;
mod document;
mod event;
mod facets;
mod media;
mod operation;
mod parameter;
mod path;
mod response;
mod security;
mod server;

use crate::change::Change;
use crate::formats::CompareOptions;
use crate::formats::openapi::diff::collector::Collector;
use crate::formats::openapi::view::Api;
use crate::formats::schema::diff::Differ;
use crate::formats::schema::{Engine, SchemaGraph, Settings};

/// The changes from `old` to `new`, both sound.
pub(super) fn compare(old: &Api<'_>, new: &Api<'_>, options: &CompareOptions) -> Vec<Change> {
    let (old_graph, new_graph) = (SchemaGraph::new(old), SchemaGraph::new(new));
    rayon::join(|| old_graph.prepare(), || new_graph.prepare());
    let settings = Settings { profile: options.profile, ..Settings::default() };
    let engine = Engine::new(&old_graph, &new_graph, settings);
    let renamed = component::renamed_schemas(old, new, &old_graph, &new_graph);
    let mut collector = Collector::new(old, new, &engine, options);
    document::compare(&mut collector);
    server::compare_documents(&mut collector);
    security::compare_schemes(&mut collector);
    path::compare(&mut collector);
    event::compare_webhooks(&mut collector);
    component::compare(&mut collector, &renamed);
    let (mut changes, roots) = collector.finish();
    let differ = Differ { engine: &engine, clock: options.clock, renamed };
    changes.extend(differ.run(&roots).changes);
    changes
}
