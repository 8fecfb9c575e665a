//! Properties that a role does not send, and what other parts of the same schema say about them.
//!
//! `required` may stand in one branch of `allOf` and `readOnly` in another: they speak of one property.

use std::rc::Rc;

use crate::formats::schema::graph::{SchemaGraph, SchemaId};
use crate::formats::schema::lower::View;
use crate::formats::schema::lower::keywords::has_flag;
use crate::formats::schema::{Dialect, Keyword, Role};

/// How far a flag is looked for through `$ref` and `allOf`, and parts of one schema through each other.
pub(super) const DEPTH: u32 = 6;

/// The flag that keeps a property from being sent; `None` where nothing does.
///
/// | | requests | responses | payloads |
/// |---|---|---|---|
/// | Swagger 2.0 | `readOnly` | – | – |
/// | OpenAPI 3.0 | `readOnly` | `writeOnly` | – |
/// | OpenAPI 3.1 and later, by setting | `readOnly` | `writeOnly` | – |
/// | JSON Schema | – | – | – |
pub(super) fn flag(dialect: Dialect, view: View) -> Option<Keyword> {
    let is_annotation = matches!(dialect, Dialect::OpenApi31 | Dialect::OpenApi32) && view.read_only_documents;
    if !dialect.is_openapi() || is_annotation {
        return None;
    }
    match view.role {
        Role::Request => Some(Keyword::ReadOnly),
        Role::Response if dialect != Dialect::OpenApi20 => Some(Keyword::WriteOnly),
        Role::Response | Role::Payload => None,
    }
}

/// Adds the names that a schema or one of its parts hides.
pub(super) fn collect(graph: &SchemaGraph<'_>, schema: SchemaId, flag: Keyword, depth: u32, names: &mut Vec<Rc<str>>) {
    let schema = graph.get(schema);
    for property in schema.named(Keyword::Properties) {
        let is_known = names.iter().any(|name| **name == *property.name);
        if !is_known && has_flag(graph, property.schema, flag, DEPTH) {
            names.push((*property.name).into());
        }
    }
    let Some(depth) = depth.checked_sub(1) else { return };
    let target = schema.reference().and_then(|reference| reference.target.as_ref().ok());
    for &part in target.into_iter().chain(schema.schemas(Keyword::AllOf)) {
        collect(graph, part, flag, depth, names);
    }
}

/// Whether a part speaks of a hidden name that it does not hide itself.
pub(super) fn speaks_of(graph: &SchemaGraph<'_>, part: SchemaId, flag: Keyword, hidden: &[Rc<str>]) -> bool {
    let mut own = Vec::new();
    collect(graph, part, flag, DEPTH, &mut own);
    let others: Vec<&Rc<str>> = hidden.iter().filter(|name| !own.contains(name)).collect();
    !others.is_empty() && mentions(graph, part, &others, DEPTH)
}

fn mentions(graph: &SchemaGraph<'_>, schema: SchemaId, names: &[&Rc<str>], depth: u32) -> bool {
    let schema = graph.get(schema);
    let is_one = |name: &str| names.iter().any(|known| ***known == *name);
    if schema.required().iter().any(|name| is_one(name))
        || schema.named(Keyword::Properties).iter().any(|property| is_one(&property.name))
    {
        return true;
    }
    let Some(depth) = depth.checked_sub(1) else { return false };
    let target = schema.reference().and_then(|reference| reference.target.as_ref().ok());
    let lists = [Keyword::AllOf, Keyword::AnyOf, Keyword::OneOf].map(|keyword| schema.schemas(keyword));
    let single = [Keyword::Then, Keyword::Else].into_iter().filter_map(|keyword| schema.schema(keyword));
    let parts = target.into_iter().chain(lists.into_iter().flatten()).copied().chain(single);
    parts.into_iter().any(|part| mentions(graph, part, names, depth))
}
