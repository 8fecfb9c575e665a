//! Reads one schema from its node: keywords typed, references resolved, children given ids.

use crate::formats::schema::graph::{
    Data, Dependency, Discriminator, Entry, NamedSchema, Place, Reference, Schema, SchemaGraph, SchemaId, SchemaKind,
    Types,
};
use crate::formats::schema::{Dialect, Keyword};
use crate::syntax::{Decimal, Document, Kind, NodeId};

/// Larger `enum`s, examples and defaults are kept as nodes only; no contract enumerates this much by hand.
const VALUE_NODES: usize = 200_000;

/// The schema at a place.
pub(super) fn read(graph: &SchemaGraph<'_>, place: Place, dialect: Dialect, kind: SchemaKind) -> Schema {
    let document = graph.document(place.document);
    let mut schema = Schema {
        place,
        dialect,
        kind,
        boolean: document.as_bool(place.node),
        name: graph.resolver().component_name(place).map(Into::into),
        entries: Vec::new(),
        is_malformed: !matches!(document.kind(place.node), Kind::Mapping | Kind::Bool),
    };
    let reader = Reader { graph, document, place, dialect, kind };
    schema.entries.reserve(document.len(place.node));
    for pair in document.pairs(place.node) {
        let keyword = reader.keyword(document.text(pair.key));
        if kind == SchemaKind::Parameter && !is_parameter_keyword(keyword) {
            continue;
        }
        let data = reader.data(keyword, pair.value).unwrap_or(Data::Raw);
        schema.entries.push(Entry { keyword, key: pair.key, value: pair.value, data });
    }
    schema
}

/// Swagger 2.0 §Parameter Object: the keywords that constrain its value.
fn is_parameter_keyword(keyword: Keyword) -> bool {
    use Keyword as K;
    matches!(
        keyword,
        K::Type
            | K::Format
            | K::Items
            | K::CollectionFormat
            | K::Default
            | K::Maximum
            | K::ExclusiveMaximum
            | K::Minimum
            | K::ExclusiveMinimum
            | K::MaxLength
            | K::MinLength
            | K::Pattern
            | K::MaxItems
            | K::MinItems
            | K::UniqueItems
            | K::Enum
            | K::MultipleOf
            | K::XNullable
            | K::XExtensibleEnum
    )
}

struct Reader<'g, 'a> {
    graph: &'g SchemaGraph<'a>,
    document: &'g Document,
    place: Place,
    dialect: Dialect,
    kind: SchemaKind,
}

impl Reader<'_, '_> {
    /// The keyword of a key; `id` is one in draft 4 only, and no property named like a keyword is affected, since
    /// properties are never read as keys of a schema.
    fn keyword(&self, key: &str) -> Keyword {
        match Keyword::from_name(key) {
            Keyword::IdDraft4 if self.dialect != Dialect::Draft4 => Keyword::Unknown,
            Keyword::Nullable if self.dialect != Dialect::OpenApi30 => Keyword::Unknown,
            Keyword::XNullable if self.dialect != Dialect::OpenApi20 => Keyword::Unknown,
            keyword => keyword,
        }
    }

    fn data(&self, keyword: Keyword, value: NodeId) -> Option<Data> {
        use Keyword as K;
        Some(match keyword {
            K::Not
            | K::If
            | K::Then
            | K::Else
            | K::AdditionalItems
            | K::Contains
            | K::AdditionalProperties
            | K::PropertyNames
            | K::UnevaluatedItems
            | K::UnevaluatedProperties
            | K::ContentSchema => Data::Schema(self.child(value)?),
            K::Items if self.document.is_sequence(value) && !self.dialect.has_prefix_items() => {
                Data::Schemas(self.children(value)?)
            }
            K::Items => Data::Schema(self.child(value)?),
            K::AllOf | K::AnyOf | K::OneOf | K::PrefixItems => Data::Schemas(self.children(value)?),
            K::Properties | K::PatternProperties | K::Defs | K::Definitions | K::DependentSchemas => {
                Data::Named(self.named(value)?)
            }
            K::Dependencies => Data::Dependencies(self.dependencies(value)?),
            K::DependentRequired => Data::NameLists(self.name_lists(value)?),
            K::Required => Data::Names(self.names(value)?),
            K::ExclusiveMaximum | K::ExclusiveMinimum => match self.document.as_bool(value) {
                Some(flag) if self.dialect.has_boolean_exclusive_bounds() => Data::Flag(flag),
                None if !self.dialect.has_boolean_exclusive_bounds() => Data::Number(self.number(value)?),
                _ => return None,
            },
            K::Maximum | K::Minimum => Data::Number(self.number(value)?),
            K::MultipleOf => {
                let step = self.number(value)?;
                // A step of zero or less is no step (2020-12 validation §6.2.1).
                if step.is_zero() || step.is_negative() {
                    return None;
                }
                Data::Number(step)
            }
            K::MaxLength
            | K::MinLength
            | K::MaxItems
            | K::MinItems
            | K::MaxContains
            | K::MinContains
            | K::MaxProperties
            | K::MinProperties => Data::Count(self.count(value)?),
            K::UniqueItems
            | K::Nullable
            | K::XNullable
            | K::Deprecated
            | K::ReadOnly
            | K::WriteOnly
            | K::RecursiveAnchor => Data::Flag(self.document.as_bool(value)?),
            K::Type => Data::Types(self.types(value)?),
            K::Enum | K::Examples | K::XExtensibleEnum => Data::Values(self.values(value)?),
            K::Const | K::Default | K::Example => Data::Value(self.document.to_json(value, VALUE_NODES).ok()?),
            K::Discriminator => Data::Discriminator(self.discriminator(value)?),
            K::Ref => {
                let text = self.document.as_str(value)?;
                Data::Reference(self.reference(text))
            }
            K::DynamicRef | K::RecursiveRef => Data::Reference(self.dynamic(self.document.as_str(value)?)),
            K::Schema
            | K::Id
            | K::IdDraft4
            | K::Anchor
            | K::DynamicAnchor
            | K::Comment
            | K::Pattern
            | K::Format
            | K::ContentEncoding
            | K::ContentMediaType
            | K::Title
            | K::Description
            | K::CollectionFormat => Data::Text(self.document.as_str(value)?.into()),
            K::Vocabulary | K::Xml | K::ExternalDocs | K::Unknown => return None,
        })
    }

    /// The id of a schema written inside this one. A `$schema` in it changes the dialect from there on.
    fn child(&self, value: NodeId) -> Option<SchemaId> {
        if !matches!(self.document.kind(value), Kind::Mapping | Kind::Bool) {
            return None;
        }
        let dialect =
            self.document.get_str(value, "$schema").and_then(Dialect::from_schema_uri).unwrap_or(self.dialect);
        Some(self.graph.intern_as(Place::new(self.place.document, value), dialect, self.kind))
    }

    fn children(&self, value: NodeId) -> Option<Vec<SchemaId>> {
        self.document
            .is_sequence(value)
            .then(|| self.document.items(value).iter().filter_map(|&item| self.child(item)).collect())
    }

    fn named(&self, value: NodeId) -> Option<Vec<NamedSchema>> {
        self.document.is_mapping(value).then(|| {
            let pairs = self.document.pairs(value).iter();
            pairs
                .filter_map(|pair| {
                    let schema = self.child(pair.value)?;
                    Some(NamedSchema { name: self.document.text(pair.key).into(), key: pair.key, schema })
                })
                .collect()
        })
    }

    fn names(&self, value: NodeId) -> Option<Vec<Box<str>>> {
        if !self.document.is_sequence(value) {
            return None;
        }
        self.document.items(value).iter().map(|&item| self.document.as_str(item).map(Into::into)).collect()
    }

    fn dependencies(&self, value: NodeId) -> Option<Vec<Dependency>> {
        self.document.is_mapping(value).then(|| {
            self.document
                .entries(value)
                .filter_map(|(name, value)| match self.names(value) {
                    Some(names) => Some(Dependency::Names(name.into(), names)),
                    None => self.child(value).map(|schema| Dependency::Schema(name.into(), schema)),
                })
                .collect()
        })
    }

    fn name_lists(&self, value: NodeId) -> Option<Vec<(Box<str>, Vec<Box<str>>)>> {
        self.document.is_mapping(value).then(|| {
            self.document.entries(value).filter_map(|(name, value)| Some((name.into(), self.names(value)?))).collect()
        })
    }

    fn number(&self, value: NodeId) -> Option<Decimal> {
        self.document.as_decimal(value)
    }

    fn count(&self, value: NodeId) -> Option<u64> {
        let number = self.number(value)?;
        if number.is_negative() || !number.is_integer() {
            return None;
        }
        // More than 2^64 characters or items is as good as any number.
        Some(number.to_u64().unwrap_or(u64::MAX))
    }

    fn types(&self, value: NodeId) -> Option<Types> {
        if let Some(name) = self.document.as_str(value) {
            return Types::from_name(name);
        }
        if !self.document.is_sequence(value) {
            return None;
        }
        let mut types = Types::NONE;
        for &item in self.document.items(value) {
            types = types.or(Types::from_name(self.document.as_str(item)?)?);
        }
        Some(types)
    }

    fn values(&self, value: NodeId) -> Option<Vec<serde_json::Value>> {
        if !self.document.is_sequence(value) {
            return None;
        }
        match self.document.to_json(value, VALUE_NODES).ok()? {
            serde_json::Value::Array(values) => Some(values),
            _ => None,
        }
    }

    fn reference(&self, text: &str) -> Reference {
        let target = self
            .graph
            .resolver()
            .resolve(self.place, text)
            .map_err(Into::into)
            .map(|target| self.graph.intern(target.place, target.dialect.unwrap_or(self.dialect)));
        Reference { text: text.into(), target, alternatives: Vec::new() }
    }

    fn dynamic(&self, text: &str) -> Reference {
        match self.graph.resolver().resolve_dynamic(self.place, text) {
            Ok(targets) => {
                let mut ids = targets
                    .into_iter()
                    .map(|target| self.graph.intern(target.place, target.dialect.unwrap_or(self.dialect)));
                let target = ids.next().ok_or_else(|| "it leads nowhere".into());
                Reference { text: text.into(), target, alternatives: ids.collect() }
            }
            Err(reason) => Reference { text: text.into(), target: Err(reason.into()), alternatives: Vec::new() },
        }
    }

    fn discriminator(&self, value: NodeId) -> Option<Discriminator> {
        // Swagger 2.0 §Schema Object: the property's name, without a mapping.
        if let Some(property) = self.document.as_str(value) {
            return Some(Discriminator { property: property.into(), mapping: Vec::new(), default_mapping: None });
        }
        let property = self.document.get_str(value, "propertyName")?;
        let mapping = self.document.get(value, "mapping").map(|mapping| {
            self.document
                .entries(mapping)
                .filter_map(|(tag, value)| Some((tag.into(), self.mapped(self.document.as_str(value)?))))
                .collect()
        });
        let default_mapping = self.document.get_str(value, "defaultMapping").map(|text| self.mapped(text));
        Some(Discriminator { property: property.into(), mapping: mapping.unwrap_or_default(), default_mapping })
    }

    /// OpenAPI 3.1.1 §4.8.25.3: a component's name or a reference; what could be both is a name.
    fn mapped(&self, text: &str) -> Result<SchemaId, Box<str>> {
        if let Some(place) = self.graph.resolver().component(self.place, text) {
            return Ok(self.graph.intern(place, self.dialect));
        }
        self.reference(text).target
    }
}
