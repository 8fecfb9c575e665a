//! What makes a contract unusable: every such place, told at once.
//!
//! Only what keeps the contract from being compared is a problem. What a linter would mind (an unknown field, a
//! missing description, an invalid default, a null where a field might as well be missing) passes: published contracts
//! are full of it.

mod shape;
mod walk;

use std::collections::hash_map::Entry;

use rustc_hash::FxHashMap;

use crate::finding::Problem;
use crate::formats::openapi::path_template::shape;
use crate::formats::openapi::version::{Declared, Version};
use crate::formats::openapi::view::Api;
use crate::source::FileId;
use crate::syntax::{Cursor, Library};

/// Everything that makes a contract unusable, sorted by place; empty for a sound one.
#[must_use]
pub fn problems(api: &Api<'_>) -> Vec<Problem> {
    let library = api.library();
    let mut problems = Vec::new();
    for &file in api.files() {
        problems.extend(library.faults(file).iter().map(|fault| fault.to_problem(library.sources())));
    }
    // What a broken text would say next to its syntax errors are consequences.
    let is_sound = |file: &FileId| library.faults(*file).is_empty();
    for root in api.roots() {
        if is_sound(&root.cursor().place().file) {
            check_root(root.cursor(), &mut problems);
        }
    }
    walk::walk(api, &mut problems);
    declared_twice(api, &mut problems);
    for file in api.files().iter().filter(|file| is_sound(file)) {
        problems.extend(library.reference_problems(*file));
    }
    sort(&mut problems);
    problems
}

/// Sorts by place and drops what is told twice.
pub(super) fn sort(problems: &mut Vec<Problem>) {
    problems.sort_by(|one, other| {
        (&one.location, &one.code, &one.message).cmp(&(&other.location, &other.code, &other.message))
    });
    problems.dedup();
}

fn check_root(root: Cursor<'_>, problems: &mut Vec<Problem>) {
    let library = root.library();
    if !root.is_mapping() {
        let message = format!("an OpenAPI document is an object, but this is {}", root.kind().described());
        problems.push(problem_at(library, root, "openapi-structure", message));
        return;
    }
    match Version::declared(root) {
        Declared::Known(_) => check_paths(root, problems),
        Declared::Unknown(field) => {
            let name = field.name().unwrap_or_default();
            let shown: String = field.text().chars().take(40).collect();
            let message = format!("`{name}: {shown}` is a version that cannot be read");
            let help = "2.0 (`swagger: \"2.0\"`), 3.0.x, 3.1.x and 3.2.x are read";
            problems.push(problem_at(library, field, "openapi-version", message).with_help(help));
        }
        Declared::Missing => {
            let message = "the document has no `openapi` or `swagger` field, so it is no OpenAPI contract";
            let help = "add `openapi: 3.1.0`, or name the document that refers to this one";
            problems.push(problem_at(library, root, "openapi-version", message).with_help(help));
        }
    }
}

fn check_paths(root: Cursor<'_>, problems: &mut Vec<Problem>) {
    // A document of components only is a common way to keep shared parts, and OpenAPI 3.1 blesses it.
    let has_content =
        ["paths", "webhooks", "components", "definitions", "x-webhooks"].iter().any(|field| root.get(field).is_some());
    if !has_content {
        let message = "the document has no `paths`, so it describes nothing";
        let help = "add `paths: {}` if there is nothing to describe yet";
        problems.push(problem_at(root.library(), root, "openapi-structure", message).with_help(help));
    }
    let Some(paths) = root.get("paths") else { return };
    for (name, item) in paths.entries() {
        if name.starts_with('/') || name.starts_with("x-") || name == "$ref" {
            continue;
        }
        let message = format!("the path `{name}` does not start with a slash, so it cannot be called");
        let help = format!("write `/{name}`");
        problems.push(problem_at(root.library(), item, "openapi-structure", message).with_help(help));
    }
}

/// Joined documents may not declare one operation twice: nobody could say which one holds.
fn declared_twice(api: &Api<'_>, problems: &mut Vec<Problem>) {
    if api.roots().len() < 2 {
        return;
    }
    let sources = api.library().sources();
    let mut first: FxHashMap<(&str, String), Cursor<'_>> = FxHashMap::default();
    for operation in api.operations() {
        let cursor = operation.cursor();
        let (method, path) = (operation.method(), operation.path());
        match first.entry((method, shape(path))) {
            Entry::Vacant(entry) => {
                entry.insert(cursor);
            }
            // Within one document it is the document's own business.
            Entry::Occupied(entry) if entry.get().place().file != cursor.place().file => {
                let other = sources.location(entry.get().name_span());
                let message = format!(
                    "`{method} {path}` is declared twice in the joined contract: here and at {}:{}:{}",
                    other.path, other.start_line, other.start_column
                );
                let help = "remove one of the two, or leave one of the documents out of `files`";
                problems.push(problem_at(api.library(), cursor, "declared-twice", message).with_help(help));
            }
            Entry::Occupied(_) => {}
        }
    }
}

fn problem_at(library: &Library, at: Cursor<'_>, code: &str, message: impl Into<String>) -> Problem {
    // The whole document is no place to mark: its start is.
    let mut span = at.name_span();
    if at.parent().is_none() {
        span.end = span.start;
    }
    Problem::new(code, message).at(library.sources().location(span))
}
