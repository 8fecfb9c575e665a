//! Tags of unions: discriminators as constraints, and properties that tell branches apart.

use std::rc::Rc;

use serde_json::Value;

use crate::formats::schema::graph::{Discriminator, Schema, SchemaGraph, SchemaId, Types};
use crate::formats::schema::lower::{Low, LowId, Lows, Union, View};
use crate::formats::schema::{Keyword, Side};

/// How far a branch is followed through `$ref` and `allOf` to find its tag.
const DEPTH: u32 = 6;

/// A union whose branches a tag tells apart; `None` where there is no tag that matters in this view.
pub(super) fn union(
    lows: &Lows<'_, '_>,
    side: Side,
    schema: &Schema,
    branches: &[SchemaId],
    view: View,
) -> Option<Union> {
    let graph = lows.graph(side);
    if schema.dialect.is_openapi()
        && let Some(discriminator) = schema.discriminator()
    {
        let tagged: Vec<(SchemaId, Vec<Box<str>>)> =
            branches.iter().map(|&branch| (branch, tags_of(graph, discriminator, branch))).collect();
        return Some(tagged_union(lows, side, &discriminator.property, &tagged, view, true));
    }
    if !view.opens_enums {
        return None;
    }
    // A tolerant reader copes with tags that it does not know, so here too the tag must be found.
    let (property, values) = common_tag(graph, branches)?;
    let tagged: Vec<(SchemaId, Vec<Box<str>>)> = branches.iter().copied().zip(values).collect();
    Some(tagged_union(lows, side, &property, &tagged, view, false))
}

/// A parent with a discriminator and children that reach it by `allOf`: one of the children, or the parent itself.
pub(super) fn hierarchy(lows: &Lows<'_, '_>, side: Side, id: SchemaId, schema: &Schema, view: View) -> Option<Low> {
    if !schema.dialect.is_openapi() || schema.has_dead_siblings() {
        return None;
    }
    let discriminator = schema.discriminator()?;
    if !schema.schemas(Keyword::OneOf).is_empty() || !schema.schemas(Keyword::AnyOf).is_empty() {
        return None;
    }
    let graph = lows.graph(side);
    let mut members = graph.children(id);
    // Children of children belong to it as well.
    let mut at = 0;
    while let Some(&child) = members.get(at) {
        for grandchild in graph.children(child) {
            if !members.contains(&grandchild) && grandchild != id {
                members.push(grandchild);
            }
        }
        at += 1;
    }
    for (_, target) in &discriminator.mapping {
        if let Ok(target) = target
            && !members.contains(target)
            && *target != id
        {
            members.push(*target);
        }
    }
    if members.is_empty() {
        return None;
    }
    let mut tagged: Vec<(SchemaId, Vec<Box<str>>)> =
        members.into_iter().map(|member| (member, tags_of(graph, discriminator, member))).collect();
    let own = tags_of(graph, discriminator, id);
    if !own.is_empty() {
        tagged.push((id, own));
    }
    let mut low = Low::anything(view);
    low.unions.push(tagged_union(lows, side, &discriminator.property, &tagged, view, true));
    Some(low)
}

/// The tags that mean a branch: those mapped to it, else its component name (OpenAPI 3.1.1 §4.8.25).
pub(in crate::formats::schema) fn tags_of(
    graph: &SchemaGraph<'_>,
    discriminator: &Discriminator,
    branch: SchemaId,
) -> Vec<Box<str>> {
    let target = follow(graph, branch);
    let mapped: Vec<Box<str>> = discriminator
        .mapping
        .iter()
        .filter(|(_, mapped)| mapped.as_ref().is_ok_and(|&mapped| mapped == branch || mapped == target))
        .map(|(tag, _)| tag.clone())
        .collect();
    if !mapped.is_empty() {
        return mapped;
    }
    graph.get(target).name.iter().cloned().collect()
}

/// The schema that a chain of bare references leads to.
fn follow(graph: &SchemaGraph<'_>, schema: SchemaId) -> SchemaId {
    let mut at = schema;
    for _ in 0..DEPTH {
        let schema = graph.get(at);
        match schema.reference() {
            Some(reference) if schema.name.is_none() => match &reference.target {
                Ok(target) => at = *target,
                Err(_) => break,
            },
            _ => break,
        }
    }
    at
}

/// A union of branches, each with the values of the tag property that mean it; none means that the tag says nothing.
fn tagged_union(
    lows: &Lows<'_, '_>,
    side: Side,
    property: &str,
    tagged: &[(SchemaId, Vec<Box<str>>)],
    view: View,
    is_required: bool,
) -> Union {
    let property: Rc<str> = property.into();
    let with_tag = |tag: Low, is_required: bool| {
        let tag = lows.add(tag);
        let required = if is_required { vec![Rc::clone(&property)] } else { Vec::new() };
        Low { required, is_added: true, ..Low::anything(view) }.with_properties(vec![(Rc::clone(&property), tag)])
    };
    let mut branches: Vec<LowId> = Vec::with_capacity(tagged.len() + 1);
    let mut known: Vec<Value> = Vec::new();
    for (schema, tags) in tagged {
        let branch = lows.id(side, *schema, view.part());
        if tags.is_empty() {
            branches.push(branch);
            continue;
        }
        let values: Vec<Value> = tags.iter().map(|tag| Value::String(tag.to_string())).collect();
        known.extend(values.iter().cloned());
        let tag = Low { values: Some(values.into()), ..Low::anything(view.inside()) };
        let mut low = with_tag(tag, is_required);
        low.all.push(branch);
        branches.push(lows.add(low));
    }
    if view.opens_enums {
        let known = lows.add(Low { values: Some(known.into()), ..Low::anything(view.negated()) });
        let tag = Low { types: Types::STRING, nots: vec![known], ..Low::anything(view.inside()) };
        branches.push(lows.add(Low { types: Types::OBJECT, ..with_tag(tag, true) }));
    }
    Union { branches, exclusive: None }
}

/// The property whose values tell all object branches apart, with the values of each branch (none for branches that
/// are no objects).
pub(in crate::formats::schema) fn common_tag(
    graph: &SchemaGraph<'_>,
    branches: &[SchemaId],
) -> Option<(Box<str>, Vec<Vec<Box<str>>>)> {
    let candidates: Vec<Vec<(Box<str>, Vec<Box<str>>)>> = branches
        .iter()
        .map(|&branch| {
            let mut found = Vec::new();
            collect_tags(graph, branch, DEPTH, &mut found);
            found
        })
        .collect();
    let is_object: Vec<bool> =
        branches.iter().map(|&branch| declared_types(graph, branch, DEPTH).meets(Types::OBJECT)).collect();
    let first = is_object.iter().position(|&is_object| is_object)?;
    if is_object.iter().filter(|&&is_object| is_object).count() < 2 {
        return None;
    }
    for (name, _) in &candidates[first] {
        let mut seen: Vec<&str> = Vec::new();
        let mut values = Vec::new();
        let tells_apart = candidates.iter().zip(&is_object).all(|(candidates, &is_object)| {
            if !is_object {
                values.push(Vec::new());
                return true;
            }
            let Some((_, tags)) = candidates.iter().find(|(other, _)| other == name) else { return false };
            if tags.iter().any(|tag| seen.contains(&&**tag)) {
                return false;
            }
            seen.extend(tags.iter().map(|tag| &**tag));
            values.push(tags.clone());
            true
        });
        if tells_apart {
            return Some((name.clone(), values));
        }
    }
    None
}

/// The properties of a branch that can only be certain texts.
fn collect_tags(graph: &SchemaGraph<'_>, schema: SchemaId, depth: u32, found: &mut Vec<(Box<str>, Vec<Box<str>>)>) {
    let Some(depth) = depth.checked_sub(1) else { return };
    let schema = graph.get(schema);
    for property in schema.named(Keyword::Properties) {
        let values = texts(graph, property.schema, depth);
        if !values.is_empty() {
            found.push((property.name.clone(), values));
        }
    }
    let target = schema.reference().and_then(|reference| reference.target.as_ref().ok());
    for &next in target.into_iter().chain(schema.schemas(Keyword::AllOf)) {
        collect_tags(graph, next, depth, found);
    }
}

/// The values of a schema, if it lists them and all are texts.
fn texts(graph: &SchemaGraph<'_>, schema: SchemaId, depth: u32) -> Vec<Box<str>> {
    use crate::formats::schema::graph::Data;
    let schema = graph.get(schema);
    let values: Vec<&Value> = match (schema.data(Keyword::Const), schema.data(Keyword::Enum)) {
        (Some(Data::Value(value)), _) => vec![value],
        (_, Some(Data::Values(values))) => values.iter().collect(),
        _ => {
            let target = schema.reference().and_then(|reference| reference.target.as_ref().ok());
            return match (target, depth.checked_sub(1)) {
                (Some(&target), Some(depth)) => texts(graph, target, depth),
                _ => Vec::new(),
            };
        }
    };
    let texts: Option<Vec<Box<str>>> = values.into_iter().map(|value| value.as_str().map(Into::into)).collect();
    texts.unwrap_or_default()
}

/// The types that a schema declares, through references and `allOf`.
fn declared_types(graph: &SchemaGraph<'_>, schema: SchemaId, depth: u32) -> Types {
    let schema = graph.get(schema);
    let own = schema.types().unwrap_or(Types::ALL);
    let Some(depth) = depth.checked_sub(1) else { return own };
    let target = schema.reference().and_then(|reference| reference.target.as_ref().ok());
    target
        .into_iter()
        .chain(schema.schemas(Keyword::AllOf))
        .fold(own, |types, &next| types.and(declared_types(graph, next, depth)))
}
