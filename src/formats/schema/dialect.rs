//! The dialects in which a schema can be written.

/// What the keywords of a schema mean.
///
/// | dialect | `nullable` | `$ref` siblings | exclusive bounds | `items` arrays |
/// |---|---|---|---|---|
/// | OpenAPI 2.0 | `x-nullable` | dead | booleans | no |
/// | OpenAPI 3.0 | yes | dead | booleans | no |
/// | OpenAPI 3.1, 3.2 | no | alive | numbers | `prefixItems` |
/// | draft 4 | no | dead | booleans | yes |
/// | draft 6, 7 | no | dead | numbers | yes |
/// | 2019-09 | no | alive | numbers | yes |
/// | 2020-12 | no | alive | numbers | `prefixItems` |
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dialect {
    /// Swagger 2.0: a subset of draft 4 with `discriminator` as a property name.
    OpenApi20,
    /// OpenAPI 3.0: a subset of draft 4 (Wright 00) with `nullable`.
    OpenApi30,
    /// OpenAPI 3.1: 2020-12 with the OpenAPI base vocabulary.
    OpenApi31,
    /// OpenAPI 3.2: as 3.1, with a default mapping in discriminators.
    OpenApi32,
    /// JSON Schema draft 4.
    Draft4,
    /// JSON Schema draft 6.
    Draft6,
    /// JSON Schema draft 7.
    Draft7,
    /// JSON Schema 2019-09.
    Draft201909,
    /// JSON Schema 2020-12.
    Draft202012,
}

impl Dialect {
    /// Every dialect, oldest first within its family.
    pub const ALL: [Self; 9] = [
        Self::OpenApi20,
        Self::OpenApi30,
        Self::OpenApi31,
        Self::OpenApi32,
        Self::Draft4,
        Self::Draft6,
        Self::Draft7,
        Self::Draft201909,
        Self::Draft202012,
    ];

    /// The dialect that a `$schema` names, if it is one we know. Fragments and `http`/`https` do not matter.
    #[must_use]
    pub fn from_schema_uri(uri: &str) -> Option<Self> {
        let uri = uri.trim_end_matches('#');
        let rest = uri.strip_prefix("http://").or_else(|| uri.strip_prefix("https://"))?;
        match rest {
            "json-schema.org/draft-04/schema" => Some(Self::Draft4),
            "json-schema.org/draft-06/schema" => Some(Self::Draft6),
            "json-schema.org/draft-07/schema" => Some(Self::Draft7),
            "json-schema.org/draft/2019-09/schema" => Some(Self::Draft201909),
            "json-schema.org/draft/2020-12/schema" | "json-schema.org/schema" => Some(Self::Draft202012),
            _ if rest.starts_with("spec.openapis.org/oas/3.1/") => Some(Self::OpenApi31),
            _ if rest.starts_with("spec.openapis.org/oas/3.2/") => Some(Self::OpenApi32),
            _ => None,
        }
    }

    /// Whether this is the Schema Object of an OpenAPI version, so that `readOnly`, `discriminator` and the integer
    /// formats constrain values.
    #[must_use]
    pub const fn is_openapi(self) -> bool {
        matches!(self, Self::OpenApi20 | Self::OpenApi30 | Self::OpenApi31 | Self::OpenApi32)
    }

    /// Whether keywords beside `$ref` count. OpenAPI 3.0.3 §4.7.23, draft 7 §8.3: they are ignored.
    #[must_use]
    pub const fn reads_ref_siblings(self) -> bool {
        matches!(self, Self::OpenApi31 | Self::OpenApi32 | Self::Draft201909 | Self::Draft202012)
    }

    /// Whether `exclusiveMinimum: true` modifies `minimum`, as in draft 4 and everything built on it.
    #[must_use]
    pub const fn has_boolean_exclusive_bounds(self) -> bool {
        matches!(self, Self::OpenApi20 | Self::OpenApi30 | Self::Draft4)
    }

    /// Whether `items` is for the rest after `prefixItems`, rather than possibly an array itself.
    #[must_use]
    pub const fn has_prefix_items(self) -> bool {
        matches!(self, Self::OpenApi31 | Self::OpenApi32 | Self::Draft202012)
    }

    /// Whether `1.0` is no integer. Draft 4 §3.5 is the only one that says so; OpenAPI 2.0 and 3.0 are built on it, but
    /// their tools read JSON numbers by value, so only the plain draft is strict.
    #[must_use]
    pub const fn integers_are_lexical(self) -> bool {
        matches!(self, Self::Draft4)
    }
}
