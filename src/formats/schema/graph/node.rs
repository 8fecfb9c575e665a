//! One schema: its keywords as written, typed, each with its place.

use serde_json::Value;

use crate::formats::schema::graph::Place;
use crate::formats::schema::{Dialect, Keyword};
use crate::syntax::{Decimal, NodeId};

/// A schema of one [`SchemaGraph`](crate::formats::schema::SchemaGraph).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SchemaId(pub(crate) u32);

/// What the mapping at a place is, which decides what its keys mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SchemaKind {
    /// A schema proper.
    Schema,
    /// A Swagger 2 parameter, header or items object: its schema keywords stand among its own, where `required` and
    /// `description` mean the parameter.
    Parameter,
}

/// A schema as it is written.
#[derive(Debug, Clone, PartialEq)]
pub struct Schema {
    /// Where it is written.
    pub place: Place,
    /// What its keywords mean.
    pub dialect: Dialect,
    /// What it is among its siblings.
    pub kind: SchemaKind,
    /// `Some` for the schemas `true` and `false`.
    pub boolean: Option<bool>,
    /// Its name, if it is a component.
    pub name: Option<Box<str>>,
    /// The keywords in the order in which they are written; those beside a `$ref` that kills them included, see
    /// [`live`](Self::live).
    pub entries: Vec<Entry>,
    /// Whether the place holds something that is no schema at all (a number, a list).
    pub is_malformed: bool,
}

/// One keyword of a schema.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Which one.
    pub keyword: Keyword,
    /// The key token, in the schema's document.
    pub key: NodeId,
    /// The value, in the schema's document.
    pub value: NodeId,
    /// What it says.
    pub data: Data,
}

/// What a keyword says.
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    /// `not`, `additionalProperties`, `items`, …
    Schema(SchemaId),
    /// `allOf`, `prefixItems`, the array form of `items`.
    Schemas(Vec<SchemaId>),
    /// `properties`, `patternProperties`, `$defs`, `dependentSchemas`.
    Named(Vec<NamedSchema>),
    /// `dependencies`.
    Dependencies(Vec<Dependency>),
    /// `dependentRequired`.
    NameLists(Vec<(Box<str>, Vec<Box<str>>)>),
    /// `required`.
    Names(Vec<Box<str>>),
    /// `maximum`, `multipleOf`, …
    Number(Decimal),
    /// `maxLength`, `minItems`, …; saturating.
    Count(u64),
    /// `uniqueItems`, `nullable`, a draft 4 `exclusiveMaximum`.
    Flag(bool),
    /// `pattern`, `format`, `title`, …
    Text(Box<str>),
    /// `type`.
    Types(Types),
    /// `enum`, `examples`.
    Values(Vec<Value>),
    /// `const`, `default`, `example`.
    Value(Value),
    /// `discriminator`.
    Discriminator(Discriminator),
    /// `$ref`, `$dynamicRef`, `$recursiveRef`.
    Reference(Reference),
    /// An unknown keyword, or a value that the keyword cannot have: it constrains nothing, the differ compares nodes.
    Raw,
}

/// A schema under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedSchema {
    /// The property's name, the pattern, the definition's name.
    pub name: Box<str>,
    /// The key token.
    pub key: NodeId,
    /// The schema.
    pub schema: SchemaId,
}

/// One entry of `dependencies`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dependency {
    /// Where the first is there, so must the others.
    Names(Box<str>, Vec<Box<str>>),
    /// Where the property is there, the schema holds.
    Schema(Box<str>, SchemaId),
}

/// The tag of a union.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discriminator {
    /// The property that holds the tag.
    pub property: Box<str>,
    /// Tags with the components that they mean; the error says why one leads nowhere.
    pub mapping: Vec<(Box<str>, Result<SchemaId, Box<str>>)>,
    /// OpenAPI 3.2: what an unknown or absent tag means.
    pub default_mapping: Option<Result<SchemaId, Box<str>>>,
}

/// A reference and where it leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// As written.
    pub text: Box<str>,
    /// The static target, or why there is none.
    pub target: Result<SchemaId, Box<str>>,
    /// For dynamic references: everything else that it can lead to.
    pub alternatives: Vec<SchemaId>,
}

/// A set of JSON types. `integer` is a part of `number`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Types(pub u8);

impl Types {
    /// No type.
    pub const NONE: Self = Self(0);
    /// `null`.
    pub const NULL: Self = Self(1);
    /// `boolean`.
    pub const BOOLEAN: Self = Self(2);
    /// `integer`: numbers without a fraction.
    pub const INTEGER: Self = Self(4);
    /// `number`: integers included.
    pub const NUMBER: Self = Self(4 | 8);
    /// `string`.
    pub const STRING: Self = Self(16);
    /// `array`.
    pub const ARRAY: Self = Self(32);
    /// `object`.
    pub const OBJECT: Self = Self(64);
    /// Every type.
    pub const ALL: Self = Self(127);
    /// The seven atoms: numbers with a fraction are an atom of their own.
    pub const ATOMS: [Self; 7] = [Self(1), Self(2), Self(4), Self(8), Self(16), Self(32), Self(64)];

    /// The type of a name in a schema; OpenAPI 2's `file` is a string of bytes.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "null" => Self::NULL,
            "boolean" => Self::BOOLEAN,
            "integer" => Self::INTEGER,
            "number" => Self::NUMBER,
            "string" | "file" => Self::STRING,
            "array" => Self::ARRAY,
            "object" => Self::OBJECT,
            "any" => Self::ALL,
            _ => return None,
        })
    }

    /// The type of a value.
    #[must_use]
    pub fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::NULL,
            Value::Bool(_) => Self::BOOLEAN,
            Value::Number(number) => {
                let is_integer = Decimal::parse(number.as_str()).is_some_and(|number| number.is_integer());
                if is_integer { Self::INTEGER } else { Self(8) }
            }
            Value::String(_) => Self::STRING,
            Value::Array(_) => Self::ARRAY,
            Value::Object(_) => Self::OBJECT,
        }
    }

    /// Whether every type of `other` is in it.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether the two share a type.
    #[must_use]
    pub const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// What is in either.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// What is in it and not in `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether there is no type.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The names as a schema writes them, alphabetically; `integer` only where `number` is not there.
    #[must_use]
    pub fn names(self) -> Vec<&'static str> {
        [
            (Self::ARRAY, "array"),
            (Self::BOOLEAN, "boolean"),
            (Self::INTEGER, "integer"),
            (Self::NULL, "null"),
            (Self::NUMBER, "number"),
            (Self::OBJECT, "object"),
            (Self::STRING, "string"),
        ]
        .into_iter()
        .filter(|&(types, name)| self.contains(types) && !(name == "integer" && self.contains(Self::NUMBER)))
        .map(|(_, name)| name)
        .collect()
    }
}

impl Schema {
    /// The entry of a keyword, dead ones included.
    #[must_use]
    pub fn entry(&self, keyword: Keyword) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.keyword == keyword)
    }

    /// Whether a `$ref` here kills the keywords beside it.
    #[must_use]
    pub fn has_dead_siblings(&self) -> bool {
        !self.dialect.reads_ref_siblings() && self.reference().is_some()
    }

    /// The entries that count: all, or only `$ref` where it kills the others.
    pub fn live(&self) -> impl Iterator<Item = &Entry> {
        let only_ref = self.has_dead_siblings();
        self.entries.iter().filter(move |entry| !only_ref || entry.keyword == Keyword::Ref)
    }

    /// What a keyword says, if it counts and is well-formed.
    #[must_use]
    pub fn data(&self, keyword: Keyword) -> Option<&Data> {
        self.live().find(|entry| entry.keyword == keyword).map(|entry| &entry.data)
    }

    /// The `$ref`; without one, a dynamic reference that leads to one schema whatever the way to it.
    #[must_use]
    pub fn reference(&self) -> Option<&Reference> {
        let of = |keyword: Keyword| {
            self.entries.iter().find_map(|entry| match &entry.data {
                Data::Reference(reference) if entry.keyword == keyword => Some(reference),
                _ => None,
            })
        };
        let dynamic = match self.dialect {
            Dialect::OpenApi31 | Dialect::OpenApi32 | Dialect::Draft202012 => Some(Keyword::DynamicRef),
            Dialect::Draft201909 => Some(Keyword::RecursiveRef),
            _ => None,
        };
        of(Keyword::Ref).or_else(|| of(dynamic?).filter(|reference| reference.alternatives.is_empty()))
    }

    /// The schema under a keyword that holds one.
    #[must_use]
    pub fn schema(&self, keyword: Keyword) -> Option<SchemaId> {
        match self.data(keyword) {
            Some(&Data::Schema(schema)) => Some(schema),
            _ => None,
        }
    }

    /// The schemas under a keyword that holds a list; empty without it.
    #[must_use]
    pub fn schemas(&self, keyword: Keyword) -> &[SchemaId] {
        match self.data(keyword) {
            Some(Data::Schemas(schemas)) => schemas,
            _ => &[],
        }
    }

    /// The schemas under a keyword that names them; empty without it.
    #[must_use]
    pub fn named(&self, keyword: Keyword) -> &[NamedSchema] {
        match self.data(keyword) {
            Some(Data::Named(named)) => named,
            _ => &[],
        }
    }

    /// The number under a keyword that holds one; counts are not.
    #[must_use]
    pub fn number(&self, keyword: Keyword) -> Option<&Decimal> {
        match self.data(keyword) {
            Some(Data::Number(number)) => Some(number),
            _ => None,
        }
    }

    /// The count under a keyword that holds one.
    #[must_use]
    pub fn count(&self, keyword: Keyword) -> Option<u64> {
        match self.data(keyword) {
            Some(&Data::Count(count)) => Some(count),
            _ => None,
        }
    }

    /// Whether a keyword that holds a flag says true.
    #[must_use]
    pub fn flag(&self, keyword: Keyword) -> bool {
        matches!(self.data(keyword), Some(Data::Flag(true)))
    }

    /// The text under a keyword that holds one.
    #[must_use]
    pub fn text(&self, keyword: Keyword) -> Option<&str> {
        match self.data(keyword) {
            Some(Data::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The names in `required`.
    #[must_use]
    pub fn required(&self) -> &[Box<str>] {
        match self.data(Keyword::Required) {
            Some(Data::Names(names)) => names,
            _ => &[],
        }
    }

    /// The types in `type`, as written: without what `nullable` adds.
    #[must_use]
    pub fn types(&self) -> Option<Types> {
        match self.data(Keyword::Type) {
            Some(&Data::Types(types)) => Some(types),
            _ => None,
        }
    }

    /// The discriminator.
    #[must_use]
    pub fn discriminator(&self) -> Option<&Discriminator> {
        match self.data(Keyword::Discriminator) {
            Some(Data::Discriminator(discriminator)) => Some(discriminator),
            _ => None,
        }
    }
}
