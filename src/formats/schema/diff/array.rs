//! Items, positions, `contains`.

use crate::change::Facts;
use crate::formats::schema::diff::compare::{Compare, Edge};
use crate::formats::schema::diff::edit::{EITHER, Edit, LOOSER, Spot, TIGHTER};
use crate::formats::schema::diff::view::{Stated, View};
use crate::formats::schema::graph::Data;
use crate::formats::schema::kinds;
use crate::formats::schema::{Keyword, SchemaId};

pub(super) fn compare(compare: &mut Compare<'_, '_, '_>) {
    positions(compare);
    items(compare);
    compare.shared_part(Keyword::Contains, &kinds::CONTAINS_CHANGED);
    unevaluated_items(compare);
}

/// The schemas of the first positions: `prefixItems`, or an array of `items` before 2020-12.
fn positions_of(view: &View<'_, '_>) -> Vec<SchemaId> {
    [Keyword::PrefixItems, Keyword::Items]
        .into_iter()
        .find_map(|keyword| {
            view.all(keyword).find_map(|stated| match &stated.entry.data {
                Data::Schemas(schemas) => Some(schemas.clone()),
                _ => None,
            })
        })
        .unwrap_or_default()
}

fn positions(compare: &mut Compare<'_, '_, '_>) {
    let (old, new) = (positions_of(&compare.old), positions_of(&compare.new));
    for (&old, &new) in old.iter().zip(&new) {
        compare.child(old, new, Edge::PART);
    }
    let shared = old.len().min(new.len());
    for (at, &schema) in old.iter().enumerate().skip(shared) {
        let spot = Spot { subject: compare.subject(true), span: compare.old.graph.name_span(schema) };
        let edit = Edit::constraint(&kinds::PREFIX_ITEMS_CHANGED, Facts::default().with("edit", "removed"), EITHER)
            .named(at.to_string())
            .values(at.to_string(), "")
            .at(Some(spot), Some(compare.here(false)));
        compare.edits.push(edit);
    }
    for (at, &schema) in new.iter().enumerate().skip(shared) {
        let spot = Spot { subject: compare.subject(false), span: compare.new.graph.name_span(schema) };
        let edit = Edit::constraint(&kinds::PREFIX_ITEMS_CHANGED, Facts::default().with("edit", "added"), EITHER)
            .named(at.to_string())
            .values("", at.to_string())
            .at(Some(compare.here(true)), Some(spot));
        compare.edits.push(edit);
    }
}

/// The schema of the items after the positions.
fn rest<'g>(view: &View<'g, '_>) -> Option<(SchemaId, Stated<'g>)> {
    let has_list = view.all(Keyword::Items).any(|stated| matches!(stated.entry.data, Data::Schemas(_)));
    let keyword = if has_list { Keyword::AdditionalItems } else { Keyword::Items };
    view.all(keyword).find_map(|stated| match stated.entry.data {
        Data::Schema(schema) => Some((schema, stated)),
        _ => None,
    })
}

fn items(compare: &mut Compare<'_, '_, '_>) {
    let (old, new) = (rest(&compare.old), rest(&compare.new));
    let boolean = |view: &View<'_, '_>, found: Option<(SchemaId, Stated<'_>)>| {
        found.map_or(Some(true), |(schema, _)| view.graph.get(schema).boolean)
    };
    let (was, is) = (boolean(&compare.old, old), boolean(&compare.new, new));
    let (edit, suspect) = match (was, is) {
        (None, None) => {
            if let (Some((old, _)), Some((new, _))) = (old, new) {
                compare.child(old, new, Edge::PART);
            }
            return;
        }
        (Some(was), Some(is)) if was == is => return,
        (_, Some(false)) => ("forbidden", TIGHTER),
        (Some(false), _) => ("allowed", LOOSER),
        (Some(true), None) => ("added", TIGHTER),
        (None, Some(true)) | (Some(true), Some(true)) => ("removed", LOOSER),
    };
    let stated = (old.map(|found| found.1), new.map(|found| found.1));
    compare.constraint(&kinds::ITEMS_CHANGED, Facts::default().with("edit", edit), suspect, stated);
}

fn unevaluated_items(compare: &mut Compare<'_, '_, '_>) {
    let (old, new) = compare.schemas(Keyword::UnevaluatedItems);
    match (old, new) {
        (Some((old, old_at)), Some((new, new_at))) => {
            let (was, is) = (compare.old.graph.get(old).boolean, compare.new.graph.get(new).boolean);
            let (edit, suspect) = match (was, is) {
                (None, None) => return compare.child(old, new, Edge::SHARED_PART),
                (was, is) if was == is => return,
                (_, Some(false)) | (Some(true), _) => ("added", TIGHTER),
                _ => ("removed", LOOSER),
            };
            let facts = Facts::default().with("edit", edit);
            compare.constraint(&kinds::UNEVALUATED_ITEMS_CHANGED, facts, suspect, (Some(old_at), Some(new_at)));
        }
        (None, None) => {}
        (old, new) => {
            let (edit, suspect) = if old.is_none() { ("added", TIGHTER) } else { ("removed", LOOSER) };
            let stated = (old.map(|found| found.1), new.map(|found| found.1));
            let facts = Facts::default().with("edit", edit);
            compare.constraint(&kinds::UNEVALUATED_ITEMS_CHANGED, facts, suspect, stated);
        }
    }
}
