//! Components: those that got another name, and those that nothing uses.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashSet;

use crate::change::{Cell, Direction, Facts, Measured, Measurement, Witness};
use crate::formats::openapi::diff::collector::{About, Collector};
use crate::formats::openapi::kinds;
use crate::formats::openapi::view::{Api, ComponentKind};
use crate::formats::schema::graph::Data;
use crate::formats::schema::{Keyword, SchemaGraph, SchemaId, Side, kinds as schema_kinds};
use crate::syntax::Cursor;

type Named<'c> = BTreeMap<&'c str, (Cursor<'c>, SchemaId)>;

fn schemas<'c>(api: &'c Api<'_>, graph: &SchemaGraph<'_>) -> Named<'c> {
    api.roots()
        .flat_map(|root| {
            let dialect = root.dialect();
            root.components(ComponentKind::Schemas).into_iter().map(move |found| (found, dialect))
        })
        .filter_map(|((name, cursor), dialect)| {
            let place = api.graph_place(cursor.place())?;
            Some((name, (cursor, graph.intern(place, dialect))))
        })
        .collect()
}

/// What a schema says beside its name: keywords with the hashes of what they hold, references by what they lead to.
fn content(graph: &SchemaGraph<'_>, id: SchemaId) -> u64 {
    graph.place_fingerprint(graph.place(id))
}

/// Schemas that have another name on the new side and say the same, where that is unambiguous. Schemas that are
/// identical to several others are told apart by nothing.
pub(super) fn renamed_schemas(
    old: &Api<'_>,
    new: &Api<'_>,
    old_graph: &SchemaGraph<'_>,
    new_graph: &SchemaGraph<'_>,
) -> BTreeMap<String, String> {
    let (before, after) = (schemas(old, old_graph), schemas(new, new_graph));
    let gone: Vec<_> = before.iter().filter(|(name, _)| !after.contains_key(*name)).collect();
    let come: Vec<_> = after.iter().filter(|(name, _)| !before.contains_key(*name)).collect();
    if gone.is_empty() || come.is_empty() {
        return BTreeMap::new();
    }
    let mut by_content: BTreeMap<u64, (Vec<&str>, Vec<&str>)> = BTreeMap::new();
    for (name, (_, id)) in gone {
        by_content.entry(content(old_graph, *id)).or_default().0.push(name);
    }
    for (name, (_, id)) in come {
        by_content.entry(content(new_graph, *id)).or_default().1.push(name);
    }
    by_content
        .into_values()
        .filter_map(|(old, new)| match (&old[..], &new[..]) {
            ([old], [new]) => Some(((*old).to_owned(), (*new).to_owned())),
            _ => None,
        })
        .collect()
}

/// Compares the components, after everything that uses them.
pub(super) fn compare(collector: &mut Collector<'_>, renamed: &BTreeMap<String, String>) {
    named_schemas(collector, renamed);
    others(collector);
}

fn named_schemas(collector: &mut Collector<'_>, renamed: &BTreeMap<String, String>) {
    let (old_graph, new_graph) = (collector.graph(Side::Old), collector.graph(Side::New));
    let (before, after) = (schemas(collector.old, old_graph), schemas(collector.new, new_graph));
    let (old_used, new_used) = rayon::join(|| used(collector.old, old_graph), || used(collector.new, new_graph));
    // A document without any operation is a library: whoever uses it is not known.
    let is_library = |api: &Api<'_>| api.paths().is_empty() && api.webhooks().is_empty();
    let is_library = is_library(collector.old) && is_library(collector.new);
    let old_tags = implicit_tags(collector.old, old_graph);
    let new_names: BTreeSet<&String> = renamed.values().collect();
    for (name, (cursor, id)) in &before {
        if let Some(new_name) = renamed.get(*name) {
            let Some((counterpart, new_id)) = after.get(new_name.as_str()) else { continue };
            let tag = old_tags.get(*name).filter(|_| !keeps_tag(collector.new, new_graph, *new_id, name)).cloned();
            let about = about(name, Some(*cursor), Some(*counterpart));
            let facts = Facts::default().with_bool("tag", tag.is_some());
            let measured = tag.map(|property| misread_tags(&property, name, new_name)).unwrap_or_default();
            let change = collector.push(&schema_kinds::SCHEMA_RENAMED, facts, about);
            change.measured = measured;
            change.values.insert("old", (*name).to_owned());
            change.values.insert("new", new_name.clone());
            change.identity = ((*name).to_owned(), new_name.clone());
            continue;
        }
        match after.get(name) {
            Some((counterpart, new_id)) => {
                if is_library {
                    collector.payload(*id, *new_id);
                } else if !old_used.contains(*name)
                    && !new_used.contains(*name)
                    && !collector.is_same(*cursor, *counterpart)
                {
                    let about = about(name, Some(*cursor), Some(*counterpart));
                    collector.push(&schema_kinds::UNUSED_SCHEMA_CHANGED, Facts::default(), about);
                }
            }
            None => {
                let facts = Facts::default().with_bool("reached", old_used.contains(*name));
                let around = collector.new.root().cursor().get("components");
                let about = About { around, ..about(name, Some(*cursor), None) };
                collector.push(&schema_kinds::SCHEMA_REMOVED, facts, about);
            }
        }
    }
    for (name, (cursor, _)) in &after {
        let is_known = before.contains_key(name) || new_names.iter().any(|known| known == name);
        if !is_known && !new_used.contains(*name) {
            let about = about(name, None, Some(*cursor));
            collector.push(&schema_kinds::SCHEMA_ADDED, Facts::default(), about);
        }
    }
}

fn about<'c>(name: &str, old: Option<Cursor<'c>>, new: Option<Cursor<'c>>) -> About<'c> {
    About { kind: "schema", name: name.to_owned(), old, new, around: None }
}

/// The schema components that some operation reaches by references, whatever lies between; children of a discriminated
/// parent belong to it, though only they refer to it.
fn used(api: &Api<'_>, graph: &SchemaGraph<'_>) -> FxHashSet<String> {
    let places = |cursors: Vec<Cursor<'_>>| -> Vec<_> {
        cursors.into_iter().filter_map(|cursor| api.graph_place(cursor.place())).collect()
    };
    let entrances = api.roots().flat_map(|root| ["paths", "webhooks"].map(|field| root.cursor().get(field)));
    // `$recursiveRef: "#"` leads to the whole document, as few who write it mean.
    let documents = places(api.roots().map(|root| root.cursor()).collect());
    let reached = graph.reached_from(&places(entrances.flatten().collect()), &documents);
    reached.into_iter().filter_map(|place| component_name(api.cursor(place))).collect()
}

/// The name of a node that is a schema component.
fn component_name(cursor: Cursor<'_>) -> Option<String> {
    let name = cursor.name()?;
    let holder = cursor.parent()?;
    let is_component = match holder.name()? {
        "schemas" => holder.parent()?.name() == Some("components"),
        "definitions" => holder.parent()?.parent().is_none(),
        _ => false,
    };
    is_component.then(|| name.to_owned())
}

/// The components whose names are tags, each with the property that holds the tag: branches of a union whose
/// discriminator does not map them, and children of a schema with a discriminator.
fn implicit_tags(api: &Api<'_>, graph: &SchemaGraph<'_>) -> BTreeMap<String, String> {
    let mut tags = BTreeMap::new();
    for root in api.roots() {
        let document = root.cursor().document();
        for value in document.values_of("discriminator") {
            let Some(owner) = document.parent(value) else { continue };
            let place = crate::syntax::Place { file: root.cursor().place().file, node: owner };
            let Some(place) = api.graph_place(place) else { continue };
            let id = graph.intern(place, root.dialect());
            tags.extend(tags_of(graph, id));
        }
    }
    tags
}

fn tags_of(graph: &SchemaGraph<'_>, id: SchemaId) -> Vec<(String, String)> {
    let schema = graph.get(id);
    let Some(discriminator) = schema.discriminator() else { return Vec::new() };
    let mapped: Vec<SchemaId> =
        discriminator.mapping.iter().filter_map(|(_, target)| target.as_ref().ok().copied()).collect();
    let branches = [Keyword::OneOf, Keyword::AnyOf]
        .into_iter()
        .flat_map(|keyword| schema.schemas(keyword).to_vec())
        .map(|branch| match graph.get(branch).data(Keyword::Ref) {
            Some(Data::Reference(reference)) => reference.target.clone().unwrap_or(branch),
            _ => branch,
        });
    branches
        .chain(graph.children(id))
        .filter(|branch| !mapped.contains(branch))
        .filter_map(|branch| Some((graph.get(branch).name.as_deref()?.to_owned(), discriminator.property.to_string())))
        .collect()
}

/// Both readers look for a tag that the other version does not write.
fn misread_tags(property: &str, old: &str, new: &str) -> Measured {
    let witness = |direction, tag: &str, rejected_by| Witness {
        direction,
        instance: serde_json::Value::Object(
            [(property.to_owned(), serde_json::Value::from(tag))].into_iter().collect(),
        ),
        rejected_by,
        error: format!("`{tag}` is not a tag of `{property}`"),
        bytes_hex: None,
        bytes_base64: None,
        read_as: None,
        curl: None,
    };
    let broken =
        |direction, tag, rejected_by| Some(Measurement::broken(Cell::Yes, witness(direction, tag, rejected_by)));
    Measured {
        new_reads_old: broken(Direction::NewReadsOld, old, "new"),
        old_reads_new: broken(Direction::OldReadsNew, new, "old"),
    }
}

/// Whether some discriminator of the new side maps the old name to the schema, or the schema itself keeps the tag.
fn keeps_tag(api: &Api<'_>, graph: &SchemaGraph<'_>, schema: SchemaId, tag: &str) -> bool {
    let fixes_tag = graph.get(schema).named(Keyword::Properties).iter().any(|property| {
        match graph.get(property.schema).data(Keyword::Const) {
            Some(Data::Value(value)) => value.as_str() == Some(tag),
            _ => matches!(
                graph.get(property.schema).data(Keyword::Enum),
                Some(Data::Values(values)) if values.len() == 1 && values[0].as_str() == Some(tag)
            ),
        }
    });
    fixes_tag
        || api.roots().any(|root| {
            let document = root.cursor().document();
            document
                .values_of("discriminator")
                .any(|value| document.get(value, "mapping").is_some_and(|mapping| document.get(mapping, tag).is_some()))
        })
}

/// Components that are neither schemas nor security schemes, where nothing uses them: what uses them says what changed.
fn others(collector: &mut Collector<'_>) {
    let kinds = [
        (ComponentKind::Responses, "response"),
        (ComponentKind::Parameters, "parameter"),
        (ComponentKind::RequestBodies, "request body"),
        (ComponentKind::Headers, "header"),
        (ComponentKind::Links, "link"),
        (ComponentKind::Callbacks, "callback"),
        (ComponentKind::PathItems, "path item"),
        (ComponentKind::MediaTypes, "media type"),
    ];
    let mut references = None;
    for (kind, word) in kinds {
        let (before, after) = (collector.old.components(kind), collector.new.components(kind));
        let old_names: BTreeSet<&str> = before.iter().map(|(name, _)| *name).collect();
        let new_names: BTreeSet<&str> = after.iter().map(|(name, _)| *name).collect();
        if old_names == new_names {
            continue;
        }
        let (old_references, new_references) = references
            .get_or_insert_with(|| rayon::join(|| References::of(collector.old), || References::of(collector.new)));
        for (name, cursor) in before {
            if !new_names.contains(name) && !old_references.lead_to(kind, name) {
                lone(collector, word, name, cursor, true);
            }
        }
        for (name, cursor) in after {
            if !old_names.contains(name) && !new_references.lead_to(kind, name) {
                lone(collector, word, name, cursor, false);
            }
        }
    }
}

/// Where the references of a contract lead, as far as their endings tell: from `/components/` or, in Swagger 2.0, from `#/`
/// on.
struct References<'c>(FxHashSet<&'c str>);

impl<'c> References<'c> {
    fn of(api: &'c Api<'c>) -> Self {
        let texts = api.files().iter().flat_map(|&file| {
            let document = api.library().document(file);
            document.values_of("$ref").map(|value| document.text(value))
        });
        let ending = |text: &'c str, start: &str| text.rfind(start).map(|at| &text[at..]);
        Self(texts.flat_map(|text| [ending(text, "/components/"), ending(text, "#/")]).flatten().collect())
    }

    fn lead_to(&self, kind: ComponentKind, name: &str) -> bool {
        let name = name.replace('~', "~0").replace('/', "~1");
        let is_named = |start: &str, field: &str| self.0.contains(format!("{start}{field}/{name}").as_str());
        is_named("/components/", kind.field()) || kind.swagger_field().is_some_and(|field| is_named("#/", field))
    }
}

fn lone(collector: &mut Collector<'_>, word: &'static str, name: &str, cursor: Cursor<'_>, is_gone: bool) {
    let about = About {
        kind: word,
        name: name.to_owned(),
        old: is_gone.then_some(cursor),
        new: (!is_gone).then_some(cursor),
        around: collector.new.root().cursor().get("components"),
    };
    let kind = if is_gone { &kinds::COMPONENT_REMOVED } else { &kinds::COMPONENT_ADDED };
    let change = collector.push(kind, Facts::default(), about);
    change.values.insert("kind", word.to_owned());
    change.values.insert("name", name.to_owned());
}
