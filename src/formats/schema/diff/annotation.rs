//! What stands beside the values: defaults, lifecycle, known values, documentation, extensions.

use serde_json::Value;

use crate::change::Facts;
use crate::formats::schema::diff::compare::Compare;
use crate::formats::schema::diff::edit::{Edit, HARMLESS};
use crate::formats::schema::diff::facets;
use crate::formats::schema::diff::scalar::shown;
use crate::formats::schema::diff::view::{Stated, View};
use crate::formats::schema::graph::Data;
use crate::formats::schema::lifecycle::{Lifecycle, LifecycleChange};
use crate::formats::schema::{Keyword, SchemaGraph, SchemaId, kinds};

pub(super) fn compare(compare: &mut Compare<'_, '_, '_>) {
    default(compare);
    life(compare);
    extensible_enum(compare);
    documentation(compare);
    extensions(compare);
}

/// How a schema stands in its life, by the first of the schemas that says so.
pub(super) fn lifecycle(graph: &SchemaGraph<'_>, schemas: &[SchemaId]) -> Lifecycle {
    let view = View::of(graph, schemas);
    let mut life = Lifecycle::default();
    for &part in view.parts.iter().chain(&view.bases) {
        let place = graph.place(part);
        let read = Lifecycle::read(graph.document(place.document), place.node);
        if read.is_deprecated && !life.is_deprecated {
            life.is_deprecated = true;
            life.sunset = read.sunset;
        }
        life.stability = life.stability.or(read.stability);
    }
    life
}

/// How what a view describes stands in its life.
pub(super) fn life_of(view: &View<'_, '_>) -> Lifecycle {
    // Without the bases, which say it themselves.
    let mut life = Lifecycle::default();
    for &part in &view.parts {
        let place = view.graph.place(part);
        let read = Lifecycle::read(view.graph.document(place.document), place.node);
        if read.is_deprecated && !life.is_deprecated {
            life.is_deprecated = true;
            life.sunset = read.sunset;
        }
        life.stability = life.stability.or(read.stability);
    }
    life
}

fn life(compare: &mut Compare<'_, '_, '_>) {
    let (old, new) = (life_of(&compare.old), life_of(&compare.new));
    for change in old.changes(&new, compare.context.clock) {
        let (kind, facts) = match change {
            LifecycleChange::Deprecated(sunset) => (&kinds::DEPRECATED, Facts::default().with("sunset", sunset)),
            LifecycleChange::Reactivated => (&kinds::REACTIVATED, Facts::default()),
            LifecycleChange::Sunset(edit) => (&kinds::SUNSET_CHANGED, Facts::default().with("edit", edit)),
            LifecycleChange::Stability(edit) => (&kinds::STABILITY_CHANGED, Facts::default().with("edit", edit)),
        };
        let is_stability = matches!(change, LifecycleChange::Stability(_));
        let stated = (compare.old.first(Keyword::Deprecated), compare.new.first(Keyword::Deprecated));
        let stated = if is_stability { (None, None) } else { stated };
        let edit = annotation(compare, kind, facts, stated);
        edit.extra.push(("sunset", new.sunset.text().to_owned()));
        let word = |level: &Option<String>| level.clone().unwrap_or_else(|| "no level".to_owned());
        if is_stability {
            edit.old_value = word(&old.stability);
            edit.new_value = word(&new.stability);
        } else {
            edit.old_value = old.sunset.text().to_owned();
            edit.new_value = new.sunset.text().to_owned();
        }
    }
}

fn annotation<'e, 'g>(
    compare: &'e mut Compare<'_, 'g, '_>,
    kind: &'static crate::change::ChangeKind,
    facts: Facts,
    stated: (Option<Stated<'g>>, Option<Stated<'g>>),
) -> &'e mut Edit {
    let edit =
        Edit::annotation(kind, facts).at(Some(compare.spot(true, stated.0)), Some(compare.spot(false, stated.1)));
    compare.edits.push(edit);
    compare.edits.last_mut().expect("an edit was just pushed")
}

fn default(compare: &mut Compare<'_, '_, '_>) {
    let find = |view: &View<'_, '_>| -> Option<Value> {
        view.all(Keyword::Default).find_map(|stated| match &stated.entry.data {
            Data::Value(value) => Some(value.clone()),
            _ => None,
        })
    };
    let (old, new) = (find(&compare.old), find(&compare.new));
    let edit = match (&old, &new) {
        (None, Some(_)) => "added",
        (Some(_), None) => "removed",
        (Some(old), Some(new)) if old != new => "changed",
        _ => return,
    };
    let stated = (compare.old.first(Keyword::Default), compare.new.first(Keyword::Default));
    let change = annotation(compare, &kinds::DEFAULT_CHANGED, Facts::default().with("edit", edit), stated);
    change.old_value = old.as_ref().map(shown).unwrap_or_default();
    change.new_value = new.as_ref().map(shown).unwrap_or_default();
}

fn extensible_enum(compare: &mut Compare<'_, '_, '_>) {
    let find = |view: &View<'_, '_>| -> Option<Vec<Value>> {
        view.all(Keyword::XExtensibleEnum).find_map(|stated| match &stated.entry.data {
            Data::Values(values) => Some(values.clone()),
            _ => None,
        })
    };
    let (Some(old), Some(new)) = (find(&compare.old), find(&compare.new)) else { return };
    let stated = (compare.old.first(Keyword::XExtensibleEnum), compare.new.first(Keyword::XExtensibleEnum));
    for value in old.iter().filter(|value| !new.contains(value)) {
        let edit = annotation(compare, &kinds::EXTENSIBLE_ENUM_VALUE_REMOVED, Facts::default(), stated);
        edit.name = shown(value);
        edit.old_value = shown(value);
    }
    for value in new.iter().filter(|value| !old.contains(value)) {
        let edit = annotation(compare, &kinds::EXTENSIBLE_ENUM_VALUE_ADDED, Facts::default(), stated);
        edit.name = shown(value);
        edit.new_value = shown(value);
    }
}

/// The hash of what a view says under a keyword.
fn hash(view: &View<'_, '_>, keyword: Keyword) -> Vec<u64> {
    let mut hashes: Vec<u64> = view
        .all(keyword)
        .map(|stated| view.graph.document(view.graph.place(stated.schema).document).hash(stated.entry.value))
        .collect();
    hashes.sort_unstable();
    hashes.dedup();
    hashes
}

/// The hashes of all examples: `example: x` and `examples: [x]` are two spellings of one.
fn examples(view: &View<'_, '_>) -> Vec<u64> {
    let values = [Keyword::Example, Keyword::Examples]
        .into_iter()
        .flat_map(|keyword| view.all(keyword).map(move |stated| (keyword, stated)));
    let mut hashes: Vec<u64> = values
        .flat_map(|(keyword, stated)| {
            let document = view.graph.document(view.graph.place(stated.schema).document);
            let is_list = keyword == Keyword::Examples && document.is_sequence(stated.entry.value);
            let nodes = if is_list { document.items(stated.entry.value).to_vec() } else { vec![stated.entry.value] };
            nodes.into_iter().map(|node| document.hash(node)).collect::<Vec<_>>()
        })
        .collect();
    hashes.sort_unstable();
    hashes.dedup();
    hashes
}

fn documentation(compare: &mut Compare<'_, '_, '_>) {
    let has_same_examples = examples(&compare.old) == examples(&compare.new);
    let is_example = |keyword| matches!(keyword, Keyword::Example | Keyword::Examples);
    let changed: Vec<Keyword> = facets::documentation()
        .filter(|&keyword| hash(&compare.old, keyword) != hash(&compare.new, keyword))
        .filter(|&keyword| !(has_same_examples && is_example(keyword)))
        .collect();
    let Some(&first) = changed.first() else { return };
    let stated = (compare.old.first(first), compare.new.first(first));
    let names = changed.iter().map(|keyword| keyword.name()).collect::<Vec<_>>().join(", ");
    let words = |view: &View<'_, '_>| format!("{:x?}", changed.iter().map(|&key| hash(view, key)).collect::<Vec<_>>());
    let (old, new) = (words(&compare.old), words(&compare.new));
    let edit = annotation(compare, &kinds::DOCUMENTATION_CHANGED, Facts::default(), stated);
    edit.name = names;
    edit.old_value = old;
    edit.new_value = new;
}

/// Keys with a meaning of their own, reported elsewhere.
const LIFECYCLE: [&str; 2] = ["x-sunset", "x-stability-level"];

fn extensions(compare: &mut Compare<'_, '_, '_>) {
    let find = |view: &View<'_, '_>| {
        let mut found: Vec<(String, u64)> = Vec::new();
        for &part in &view.parts {
            let schema = view.graph.get(part);
            let document = view.graph.document(schema.place.document);
            for entry in schema.live().filter(|entry| entry.keyword == Keyword::Unknown) {
                let name = document.text(entry.key);
                // A keyword of another dialect is no extension.
                if !LIFECYCLE.contains(&name) && Keyword::from_name(name) == Keyword::Unknown {
                    found.push((name.to_owned(), document.hash(entry.value)));
                }
            }
        }
        found.sort();
        found.dedup();
        found
    };
    let (old, new) = (find(&compare.old), find(&compare.new));
    let mut names: Vec<String> = old
        .iter()
        .filter(|entry| !new.contains(entry))
        .chain(new.iter().filter(|entry| !old.contains(entry)))
        .map(|(name, _)| format!("`{name}`"))
        .collect();
    names.sort();
    names.dedup();
    if names.is_empty() {
        return;
    }
    let stated = (compare.old.first(Keyword::Unknown), compare.new.first(Keyword::Unknown));
    let edit = annotation(compare, &kinds::EXTENSION_CHANGED, Facts::default(), stated);
    edit.suspect = HARMLESS;
    edit.name = names.join(", ");
    edit.old_value = format!("{old:x?}");
    edit.new_value = format!("{new:x?}");
}
