//! The versions of the OpenAPI specification.

use crate::formats::schema::Dialect;
use crate::syntax::{Cursor, Kind};

/// Which specification a document follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// Swagger 2.0.
    V2,
    /// OpenAPI 3.0.x.
    V3_0,
    /// OpenAPI 3.1.x: schemas are JSON Schema 2020-12.
    V3_1,
    /// OpenAPI 3.2.x.
    V3_2,
}

/// What the version field of a document says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Declared<'a> {
    /// A version that is read here.
    Known(Version),
    /// A version field with something else in it: the field's value.
    Unknown(Cursor<'a>),
    /// No version field: the document is a fragment, or no OpenAPI at all.
    Missing,
}

impl Version {
    /// Reads `openapi` or `swagger` at the root of a document. A number (`swagger: 2.0` without quotes) is taken for
    /// the text it is written as.
    #[must_use]
    pub fn declared(root: Cursor<'_>) -> Declared<'_> {
        let (field, is_swagger) = match (root.get("openapi"), root.get("swagger")) {
            (Some(field), _) => (field, false),
            (None, Some(field)) => (field, true),
            (None, None) => return Declared::Missing,
        };
        if !matches!(field.kind(), Kind::String | Kind::Number) {
            return Declared::Unknown(field);
        }
        let text = field.text().trim();
        let is_line =
            |line: &str| text == line || text.strip_prefix(line).is_some_and(|rest| rest.starts_with(['.', '-']));
        match (is_swagger, text) {
            (true, "2" | "2.0") => Declared::Known(Self::V2),
            (false, _) if is_line("3.0") || text == "3" => Declared::Known(Self::V3_0),
            (false, _) if is_line("3.1") => Declared::Known(Self::V3_1),
            (false, _) if is_line("3.2") => Declared::Known(Self::V3_2),
            _ => Declared::Unknown(field),
        }
    }

    /// What schemas mean in documents of this version that say nothing else.
    #[must_use]
    pub const fn dialect(self) -> Dialect {
        match self {
            Self::V2 => Dialect::OpenApi20,
            Self::V3_0 => Dialect::OpenApi30,
            Self::V3_1 => Dialect::OpenApi31,
            Self::V3_2 => Dialect::OpenApi32,
        }
    }

    /// Whether a field of a reference object beside `$ref` counts (`summary`, `description`).
    #[must_use]
    pub const fn has_reference_siblings(self) -> bool {
        matches!(self, Self::V3_1 | Self::V3_2)
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::V2 => "2.0",
            Self::V3_0 => "3.0",
            Self::V3_1 => "3.1",
            Self::V3_2 => "3.2",
        })
    }
}
