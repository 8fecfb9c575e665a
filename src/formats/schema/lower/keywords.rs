//! What each keyword of each dialect means in the internal form.

use std::rc::Rc;

use serde_json::Value;

use crate::formats::schema::graph::{Data, Dependency, Schema, SchemaGraph, SchemaId, Types};
use crate::formats::schema::lower::view::is_defined;
use crate::formats::schema::lower::{Bound, Low, LowId, Lows, Union, ValueIndex, View, hidden, is_equal, tags};
use crate::formats::schema::{Dialect, Keyword, Side};
use crate::syntax::Decimal;

/// Lowers one schema; the schemas in it only get ids.
pub(super) fn lower(lows: &Lows<'_, '_>, side: Side, id: SchemaId, view: View) -> Low {
    lower_within(lows, side, id, view, &[], hidden::DEPTH)
}

/// The same as a part of a schema that hides properties.
fn lower_within(lows: &Lows<'_, '_>, side: Side, id: SchemaId, view: View, around: &[Rc<str>], depth: u32) -> Low {
    let graph = lows.graph(side);
    let schema = graph.get(id);
    if schema.boolean == Some(false) {
        return Low::never(view);
    }
    if schema.is_malformed {
        let obstacle = format!("what stands at `{}` is no schema", graph.pointer(id));
        return Low { obstacle: Some(obstacle.into()), ..Low::anything(view) };
    }
    // OpenAPI writes a hierarchy as a parent with a discriminator: a value of the parent is a value of a child.
    if !view.is_part
        && let Some(hierarchy) = tags::hierarchy(lows, side, id, schema, view)
    {
        return hierarchy;
    }
    let flag = hidden::flag(schema.dialect, view);
    let mut hidden = around.to_vec();
    if let Some(flag) = flag
        && !schema.schemas(Keyword::AllOf).is_empty()
    {
        hidden::collect(graph, id, flag, hidden::DEPTH, &mut hidden);
    }
    let low = Low::anything(view);
    let mut lowering = Lowering { lows, graph, side, schema, view, low, properties: Vec::new(), flag, hidden, depth };
    for entry in schema.live() {
        if is_defined(entry.keyword, schema.dialect) {
            lowering.keyword(entry.keyword, &entry.data);
        }
    }
    lowering.finish()
}

struct Lowering<'l, 'g, 'a> {
    lows: &'l Lows<'g, 'a>,
    graph: &'g SchemaGraph<'a>,
    side: Side,
    schema: &'g Schema,
    view: View,
    low: Low,
    properties: Vec<(Rc<str>, LowId)>,
    /// What keeps properties from being sent.
    flag: Option<Keyword>,
    /// Names that some part of the whole schema hides.
    hidden: Vec<Rc<str>>,
    /// How deep parts of parts are still told so.
    depth: u32,
}

impl Lowering<'_, '_, '_> {
    /// A schema for the same value: `$ref`, a branch.
    fn same(&self, schema: SchemaId, view: View) -> LowId {
        if let (Some(flag), Some(depth)) = (self.flag, self.depth.checked_sub(1))
            && !self.hidden.is_empty()
            && hidden::speaks_of(self.graph, schema, flag, &self.hidden)
        {
            return self.lows.add(lower_within(self.lows, self.side, schema, view, &self.hidden, depth));
        }
        self.lows.id(self.side, schema, view)
    }

    fn part(&self, schema: SchemaId) -> LowId {
        self.same(schema, self.view.part())
    }

    fn inside(&self, schema: SchemaId) -> LowId {
        self.lows.id(self.side, schema, self.view.inside())
    }

    fn negated(&self, schema: SchemaId) -> LowId {
        self.lows.id(self.side, schema, self.view.negated())
    }

    fn keyword(&mut self, keyword: Keyword, data: &Data) {
        use Keyword as K;
        match (keyword, data) {
            (K::Type, &Data::Types(types)) => self.types(types),
            (K::Enum, Data::Values(values)) => self.values(values.clone()),
            (K::Const, Data::Value(value)) => self.values(vec![value.clone()]),
            (K::Minimum, Data::Number(value)) => self.low_bound(value, self.schema.flag(K::ExclusiveMinimum)),
            (K::Maximum, Data::Number(value)) => self.high_bound(value, self.schema.flag(K::ExclusiveMaximum)),
            (K::ExclusiveMinimum, Data::Number(value)) => self.low_bound(value, true),
            (K::ExclusiveMaximum, Data::Number(value)) => self.high_bound(value, true),
            (K::MultipleOf, Data::Number(value)) => self.low.step = Some(value.clone()),
            (K::MinLength, &Data::Count(count)) => self.low.min_length = count,
            (K::MaxLength, &Data::Count(count)) => self.low.max_length = Some(count),
            (K::Pattern, Data::Text(text)) => self.low.pattern = Some((**text).into()),
            (K::Format, Data::Text(text)) => self.format(text),
            (K::MinItems, &Data::Count(count)) => self.low.min_items = count,
            (K::MaxItems, &Data::Count(count)) => self.low.max_items = Some(count),
            (K::UniqueItems, &Data::Flag(flag)) => self.low.has_unique_items = flag,
            (K::PrefixItems, Data::Schemas(schemas)) | (K::Items, Data::Schemas(schemas)) => {
                self.low.prefix = schemas.iter().map(|&schema| self.inside(schema)).collect();
            }
            (K::Items, &Data::Schema(schema)) => self.low.items = Some(self.inside(schema)),
            (K::AdditionalItems, &Data::Schema(schema)) => {
                // Without an array in `items` it means nothing (draft 7 validation §6.4.2).
                if matches!(self.schema.data(K::Items), Some(Data::Schemas(_))) {
                    self.low.items = Some(self.inside(schema));
                }
            }
            (K::Contains, &Data::Schema(schema)) => self.contains(schema),
            (K::UnevaluatedItems, &Data::Schema(schema)) => self.low.unevaluated_items = Some(self.inside(schema)),
            (K::Properties, Data::Named(named)) => {
                for property in named {
                    self.property(&property.name, property.schema);
                }
            }
            (K::PatternProperties, Data::Named(named)) => {
                self.low.patterns =
                    named.iter().map(|entry| ((*entry.name).into(), self.inside(entry.schema))).collect();
            }
            (K::AdditionalProperties, &Data::Schema(schema)) => {
                self.low.is_open |= self.graph.get(schema).boolean != Some(false);
                self.low.additional = Some(self.inside(schema));
            }
            (K::UnevaluatedProperties, &Data::Schema(schema)) => {
                self.low.is_open |= self.graph.get(schema).boolean != Some(false);
                self.low.unevaluated = Some(self.inside(schema));
            }
            (K::PropertyNames, &Data::Schema(schema)) => self.low.names = Some(self.inside(schema)),
            (K::Required, Data::Names(names)) => self.low.required = shared(names),
            (K::MinProperties, &Data::Count(count)) => self.low.min_properties = count,
            (K::MaxProperties, &Data::Count(count)) => self.low.max_properties = Some(count),
            (K::DependentRequired, Data::NameLists(lists)) => {
                self.low.dependent_required =
                    lists.iter().map(|(name, names)| ((**name).into(), shared(names))).collect();
            }
            (K::DependentSchemas, Data::Named(named)) => {
                self.low.dependent_schemas =
                    named.iter().map(|entry| ((*entry.name).into(), self.part(entry.schema))).collect();
            }
            (K::Dependencies, Data::Dependencies(dependencies)) => {
                for dependency in dependencies {
                    match dependency {
                        Dependency::Names(name, names) => {
                            self.low.dependent_required.push(((**name).into(), shared(names)));
                        }
                        Dependency::Schema(name, schema) => {
                            self.low.dependent_schemas.push(((**name).into(), self.part(*schema)));
                        }
                    }
                }
            }
            (K::AllOf, Data::Schemas(schemas)) => {
                // One nameless wrapper around a schema is that schema, discriminator included.
                let is_wrapper = schemas.len() == 1 && self.schema.name.is_none();
                let view = if is_wrapper { self.view } else { self.view.part() };
                let parts: Vec<LowId> = schemas.iter().map(|&schema| self.same(schema, view)).collect();
                self.low.all.extend(parts);
            }
            (K::AnyOf, Data::Schemas(schemas)) => self.union(schemas, false),
            (K::OneOf, Data::Schemas(schemas)) => self.union(schemas, true),
            (K::Not, &Data::Schema(schema)) => self.low.nots.push(self.negated(schema)),
            (K::If, &Data::Schema(schema)) => {
                let then = self.schema.schema(K::Then).map(|then| self.part(then));
                let otherwise = self.schema.schema(K::Else).map(|otherwise| self.part(otherwise));
                if then.is_some() || otherwise.is_some() {
                    self.low.condition = Some((self.negated(schema), then, otherwise));
                }
            }
            (K::Ref | K::DynamicRef | K::RecursiveRef, Data::Reference(reference)) => match &reference.target {
                Ok(_) if !reference.alternatives.is_empty() => {
                    let text = &reference.text;
                    self.obstacle(format!("`{text}` depends on the way taken to it"));
                }
                Ok(target) => {
                    let target = self.same(*target, self.view);
                    self.low.all.push(target);
                }
                Err(reason) => {
                    let text = &reference.text;
                    self.obstacle(format!("the reference `{text}` cannot be followed: {reason}"));
                }
            },
            (K::Schema, Data::Text(uri)) if Dialect::from_schema_uri(uri).is_none() => {
                self.obstacle(format!("the dialect `{uri}` is not known"));
            }
            _ => {}
        }
    }

    fn obstacle(&mut self, reason: String) {
        self.low.obstacle = Some(reason.into());
    }

    fn types(&mut self, types: Types) {
        // OpenAPI 3.0.3 §4.7.24: `nullable` adds null to the type of the same schema; without a type it adds nothing.
        let is_nullable = self.schema.flag(Keyword::Nullable) || self.schema.flag(Keyword::XNullable);
        self.low.types = if is_nullable { types.or(Types::NULL) } else { types };
        self.low.has_lexical_integers = self.schema.dialect.integers_are_lexical();
    }

    fn values(&mut self, values: Vec<Value>) {
        if self.view.opens_enums && !values.is_empty() {
            let types = values.iter().fold(Types::NONE, |types, value| types.or(Types::of(value)));
            // An open list of whole numbers may grow by any number, but not by a text.
            let part = self.lows.add(Low { types, ..Low::anything(self.view) });
            self.low.all.push(part);
            return;
        }
        // `const` beside `enum`: both hold.
        let values: Vec<Value> = match &self.low.values {
            Some(known) => {
                values.into_iter().filter(|value| known.iter().any(|other| is_equal(other, value))).collect()
            }
            None => values,
        };
        if values.is_empty() {
            self.low.is_never = true;
        }
        self.low.value_index = ValueIndex::of(&values);
        self.low.values = Some(values.into());
    }

    fn low_bound(&mut self, value: &Decimal, is_open: bool) {
        let bound = Bound { value: value.clone(), is_open };
        if self.low.minimum.as_ref().is_none_or(|known| known.is_below(&bound)) {
            self.low.minimum = Some(bound);
        }
    }

    fn high_bound(&mut self, value: &Decimal, is_open: bool) {
        let bound = Bound { value: value.clone(), is_open };
        if self.low.maximum.as_ref().is_none_or(|known| known.is_above(&bound)) {
            self.low.maximum = Some(bound);
        }
    }

    fn format(&mut self, format: &str) {
        let types = self.schema.types().unwrap_or(Types::ALL);
        let is_number = Types::NUMBER.or(Types::NULL).contains(types);
        if self.schema.dialect.is_openapi() && is_number {
            let bits: u32 = match format {
                "int32" => 31,
                "int64" => 63,
                _ => return,
            };
            let limit = 1_i128 << bits;
            for (value, is_low) in [(-limit, true), (limit - 1, false)] {
                let Some(value) = Decimal::parse(&value.to_string()) else { continue };
                if is_low {
                    self.low_bound(&value, false);
                } else {
                    self.high_bound(&value, false);
                }
            }
            return;
        }
        if self.view.asserts_formats || self.view.is_writer {
            self.low.format = Some(format.into());
        }
    }

    fn contains(&mut self, schema: SchemaId) {
        let counts = is_defined(Keyword::MinContains, self.schema.dialect);
        let least = if counts { self.schema.count(Keyword::MinContains).unwrap_or(1) } else { 1 };
        let most = if counts { self.schema.count(Keyword::MaxContains) } else { None };
        if least > 0 || most.is_some() {
            self.low.contains = Some((self.inside(schema), least, most));
        }
    }

    fn property(&mut self, name: &str, schema: SchemaId) {
        let name: Rc<str> = name.into();
        if self.is_hidden(&name, schema) {
            self.low.hidden.push(Rc::clone(&name));
            let view = self.view.inside();
            let low = if self.view.is_writer { Low::never(view) } else { Low::anything(view) };
            self.properties.push((name, self.lows.add(low)));
            return;
        }
        let low = self.inside(schema);
        self.properties.push((name, low));
    }

    /// Whether the role does not send the property: `readOnly` in requests, `writeOnly` in responses.
    fn is_hidden(&self, name: &Rc<str>, schema: SchemaId) -> bool {
        self.flag.is_some_and(|flag| self.hidden.contains(name) || has_flag(self.graph, schema, flag, hidden::DEPTH))
    }

    fn union(&mut self, schemas: &[SchemaId], is_exclusive: bool) {
        let union = tags::union(self.lows, self.side, self.schema, schemas, self.view);
        let branches = union.unwrap_or_else(|| {
            let branches: Vec<LowId> = schemas.iter().map(|&schema| self.part(schema)).collect();
            // One branch is no choice; without branches nothing holds, as a validator would say.
            let exclusive = (is_exclusive && !self.view.is_loose && schemas.len() > 1)
                .then(|| schemas.iter().map(|&schema| self.same(schema, self.view.negated())).collect());
            Union { branches, exclusive }
        });
        match branches.branches.as_slice() {
            [only] if branches.exclusive.is_none() => self.low.all.push(*only),
            _ => self.low.unions.push(branches),
        }
    }

    fn finish(mut self) -> Low {
        self.low.required.retain(|name| !self.low.hidden.contains(name) && !self.hidden.contains(name));
        self.low.with_properties(self.properties)
    }
}

impl Bound {
    /// Whether `other` is the stricter lower bound.
    pub(in crate::formats::schema) fn is_below(&self, other: &Self) -> bool {
        self.value < other.value || (self.value == other.value && !self.is_open && other.is_open)
    }

    /// Whether a number is at or above this lower bound.
    pub(in crate::formats::schema) fn allows_from_below(&self, number: &Decimal) -> bool {
        if self.is_open { *number > self.value } else { *number >= self.value }
    }

    /// Whether a number is at or below this upper bound.
    pub(in crate::formats::schema) fn allows_from_above(&self, number: &Decimal) -> bool {
        if self.is_open { *number < self.value } else { *number <= self.value }
    }

    /// Whether `other` is the stricter upper bound.
    pub(in crate::formats::schema) fn is_above(&self, other: &Self) -> bool {
        self.value > other.value || (self.value == other.value && !self.is_open && other.is_open)
    }
}

fn shared(names: &[Box<str>]) -> Vec<Rc<str>> {
    names.iter().map(|name| (**name).into()).collect()
}

/// Whether a schema, or what it refers to, carries a flag.
pub(in crate::formats::schema) fn has_flag(
    graph: &SchemaGraph<'_>,
    schema: SchemaId,
    flag: Keyword,
    depth: u32,
) -> bool {
    let schema = graph.get(schema);
    if schema.flag(flag) {
        return true;
    }
    let Some(depth) = depth.checked_sub(1) else { return false };
    let target = schema.reference().and_then(|reference| reference.target.as_ref().ok());
    target.into_iter().chain(schema.schemas(Keyword::AllOf)).any(|&next| has_flag(graph, next, flag, depth))
}
