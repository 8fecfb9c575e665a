//! Pairs paths and operations.

use std::collections::{BTreeMap, BTreeSet};

use crate::change::Facts;
use crate::formats::openapi::diff::call::{Call, Part};
use crate::formats::openapi::diff::collector::{About, Collector, lifecycle};
use crate::formats::openapi::diff::{facets, operation, server};
use crate::formats::openapi::kinds;
use crate::formats::openapi::path_template::{shape, variables};
use crate::formats::openapi::view::{Operation, PathItem};

/// Compares all paths of two contracts.
pub(super) fn compare(collector: &mut Collector<'_>) {
    let (old, new) = (collector.old.paths(), collector.new.paths());
    let (old_base, new_base) = (server::base_path(collector.old), server::base_path(collector.new));
    let (pairs, gone, come) = pair(&old, &new, &old_base, &new_base);
    let mut by_shape: Shapes<'_> = BTreeMap::new();
    for &item in &new {
        by_shape.entry(shape(item.name())).or_insert(item);
    }
    for (old, new) in pairs {
        items(collector, old, new, &by_shape);
    }
    let (gone, come) = renamed(collector, gone, come);
    for item in gone {
        for operation in item.operations() {
            removed(collector, operation, item, &by_shape, true);
        }
    }
    let templates: Vec<Vec<&str>> = old.iter().map(|item| item.name().split('/').collect()).collect();
    for item in come {
        let shadowed = shadowed(&templates, item);
        for operation in item.operations() {
            added(collector, operation, item, true, &shadowed);
        }
    }
}

/// The new paths by what their templates match.
type Shapes<'c> = BTreeMap<String, PathItem<'c>>;

type Paired<'c> = (Vec<(PathItem<'c>, PathItem<'c>)>, Vec<PathItem<'c>>, Vec<PathItem<'c>>);

/// Pairs path items by what their templates match, then by what server and template match together.
fn pair<'c>(old: &[PathItem<'c>], new: &[PathItem<'c>], old_base: &str, new_base: &str) -> Paired<'c> {
    let mut pairs = Vec::new();
    let (mut gone, mut come): (Vec<_>, Vec<_>) = (old.to_vec(), new.to_vec());
    for is_effective in [false, true] {
        let key = |item: &PathItem<'_>, base: &str| {
            if is_effective { shape(&format!("{base}{}", item.name())) } else { shape(item.name()) }
        };
        let mut by_key: BTreeMap<String, PathItem<'c>> = BTreeMap::new();
        for item in &come {
            by_key.entry(key(item, new_base)).or_insert(*item);
        }
        // A path that exists on both sides as it is written stays itself, unless the base moved under all of them.
        gone.retain(|item| match by_key.remove(&key(item, old_base)) {
            Some(counterpart) => {
                pairs.push((*item, counterpart));
                false
            }
            None => true,
        });
        let paired: BTreeSet<&str> = pairs.iter().map(|(_, paired)| paired.name()).collect();
        come.retain(|item| !paired.contains(item.name()));
        if old_base == new_base {
            break;
        }
    }
    (pairs, gone, come)
}

/// Paths with the same content under another name are one change each. Only operations that are told apart by an
/// `operationId` are recognized: small operations look alike.
fn renamed<'c>(
    collector: &mut Collector<'c>,
    gone: Vec<PathItem<'c>>,
    come: Vec<PathItem<'c>>,
) -> (Vec<PathItem<'c>>, Vec<PathItem<'c>>) {
    let mut come = come;
    let mut left = Vec::new();
    for item in gone {
        let operations = item.operations();
        let has_ids = !operations.is_empty() && operations.iter().all(|operation| operation.id().is_some());
        let has_same_variables = |other: &PathItem<'_>| variables(other.name()).len() == variables(item.name()).len();
        let matches: Vec<usize> = come
            .iter()
            .enumerate()
            .filter(|(_, other)| {
                has_ids && has_same_variables(other) && collector.is_same(item.cursor(), other.cursor())
            })
            .map(|(at, _)| at)
            .collect();
        let [at] = matches[..] else {
            left.push(item);
            continue;
        };
        let counterpart = come.remove(at);
        let about = About {
            kind: "path",
            name: item.name().to_owned(),
            old: Some(item.cursor()),
            new: Some(counterpart.cursor()),
            around: None,
        };
        let calls: Vec<Call> =
            operations.iter().map(|&operation| Call::new(item.name().to_owned(), operation, None)).collect();
        let change = collector.push(&kinds::PATH_RENAMED, Facts::default(), about);
        change.operations = calls.iter().map(|call| call.operation(Part::Whole)).collect();
        change.operations.sort();
        change.unstable = calls.iter().all(|call| call.life.is_unstable());
        change.values.insert("old", item.name().to_owned());
        change.values.insert("new", counterpart.name().to_owned());
        change.identity = (item.name().to_owned(), counterpart.name().to_owned());
    }
    (left, come)
}

/// Compares two path items that are the same path.
fn items<'c>(collector: &mut Collector<'c>, old: PathItem<'c>, new: PathItem<'c>, by_shape: &Shapes<'c>) {
    let path = new.name();
    // The document's own security and servers are compared once, for all that inherit them.
    if old.name() == new.name() && collector.is_same(old.cursor(), new.cursor()) {
        return;
    }
    let about = About {
        kind: "path",
        name: path.to_owned(),
        old: Some(old.cursor().target()),
        new: Some(new.cursor().target()),
        around: None,
    };
    collector.documentation(None, about, &facets::documentation(facets::PATH_ITEM));
    let (old_operations, new_operations) = (old.operations(), new.operations());
    for &before in &old_operations {
        match new_operations.iter().find(|after| after.method() == before.method()) {
            Some(&after) => {
                let call = Call::new(path.to_owned(), after, Some(before));
                operation::compare(collector, &call, before, after);
            }
            None => removed(collector, before, old, by_shape, false),
        }
    }
    for &after in &new_operations {
        if !old_operations.iter().any(|before| before.method() == after.method()) {
            added(collector, after, new, false, &None);
        }
    }
}

fn removed(
    collector: &mut Collector<'_>,
    operation: Operation<'_>,
    item: PathItem<'_>,
    by_shape: &Shapes<'_>,
    is_path_gone: bool,
) {
    let life = lifecycle(operation.cursor());
    let facts = Facts::default()
        .with("announced", life.announced(collector.options.clock))
        .with_bool("path-gone", is_path_gone);
    let new_item = by_shape.get(&shape(item.name()));
    let path = new_item.map_or(item.name(), |item| item.name()).to_owned();
    let call = Call::new(path, operation, None);
    let around = new_item.map(|item| item.cursor()).or_else(|| collector.new.root().cursor().get("paths"));
    let about = About { kind: "operation", name: call.label(), old: Some(operation.cursor()), new: None, around };
    let change = collector.push_in(&call, Part::Whole, &kinds::OPERATION_REMOVED, facts, about);
    change.values.insert("sunset", life.sunset.text().to_owned());
}

fn added(
    collector: &mut Collector<'_>,
    operation: Operation<'_>,
    item: PathItem<'_>,
    is_path_new: bool,
    shadowed: &Option<String>,
) {
    let call = Call::new(item.name().to_owned(), operation, None);
    let about = About { kind: "operation", name: call.label(), old: None, new: Some(operation.cursor()), around: None };
    // Only where the template answered this very method did calls get there.
    let shadows = shadowed.as_ref().filter(|template| {
        collector.old.paths().iter().any(|path| {
            path.name() == template.as_str()
                && path.operations().iter().any(|before| before.method() == operation.method())
        })
    });
    let facts = Facts::default().with_bool("shadows", shadows.is_some()).with_bool("new-path", is_path_new);
    let shadows = shadows.cloned();
    let change = collector.push_in(&call, Part::Whole, &kinds::OPERATION_ADDED, facts, about);
    change.values.insert("old", shadows.unwrap_or_default());
}

/// The old template, of those taken apart, that answered what a new concrete path answers now.
fn shadowed(templates: &[Vec<&str>], item: PathItem<'_>) -> Option<String> {
    let new: Vec<&str> = item.name().split('/').collect();
    let is_variable = |part: &str| part.starts_with('{') && part.ends_with('}');
    let covers = |parts: &&Vec<&str>| {
        parts.len() == new.len()
            && parts.iter().zip(&new).all(|(part, word)| part == word || (is_variable(part) && !word.is_empty()))
            && parts.iter().zip(&new).any(|(part, word)| is_variable(part) && !is_variable(word))
    };
    templates.iter().find(covers).map(|parts| parts.join("/"))
}
