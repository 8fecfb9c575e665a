//! Parameters: what a request carries outside its body.

use crate::formats::openapi::version::Version;
use crate::formats::openapi::view::accessors::accessors;
use crate::formats::openapi::view::{MediaType, Root, SchemaAt};
use crate::syntax::Cursor;

/// Where a parameter travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Location {
    /// A variable of the path template.
    Path,
    /// A pair of the query string.
    Query,
    /// The query string as a whole (OpenAPI 3.2).
    QueryString,
    /// A header.
    Header,
    /// A cookie.
    Cookie,
    /// The request body (Swagger 2.0).
    Body,
    /// A field of a form (Swagger 2.0).
    Form,
    /// `in` is missing or unknown.
    Unknown,
}

impl Location {
    /// The word of the specification.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::QueryString => "querystring",
            Self::Header => "header",
            Self::Cookie => "cookie",
            Self::Body => "body",
            Self::Form => "formData",
            Self::Unknown => "unknown",
        }
    }

    fn from_name(name: &str) -> Self {
        match name {
            "path" => Self::Path,
            "query" => Self::Query,
            "querystring" => Self::QueryString,
            "header" => Self::Header,
            "cookie" => Self::Cookie,
            "body" => Self::Body,
            "formData" => Self::Form,
            _ => Self::Unknown,
        }
    }

    /// Whether it is part of the request body (Swagger 2.0).
    #[must_use]
    pub const fn is_body(self) -> bool {
        matches!(self, Self::Body | Self::Form)
    }
}

/// How a value that is no plain text is written into a path, query, header or cookie.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Style<'a> {
    /// `;color=blue`.
    Matrix,
    /// `.blue.black`.
    Label,
    /// `blue,black`.
    Simple,
    /// `color=blue&color=black`.
    Form,
    /// `blue%20black`.
    SpaceDelimited,
    /// `blue|black`.
    PipeDelimited,
    /// Tab-separated (`collectionFormat: tsv` of Swagger 2.0).
    TabDelimited,
    /// `color[R]=100`.
    DeepObject,
    /// A cookie as the client's cookie jar writes it (OpenAPI 3.2).
    Cookie,
    /// A word that the specification does not know.
    Other(&'a str),
}

impl<'a> Style<'a> {
    /// The style that a `style` field names.
    #[must_use]
    pub fn from_name(name: &'a str) -> Self {
        match name {
            "matrix" => Self::Matrix,
            "label" => Self::Label,
            "simple" => Self::Simple,
            "form" => Self::Form,
            "spaceDelimited" => Self::SpaceDelimited,
            "pipeDelimited" => Self::PipeDelimited,
            "deepObject" => Self::DeepObject,
            "cookie" => Self::Cookie,
            other => Self::Other(other),
        }
    }

    /// The word of the specification.
    #[must_use]
    pub const fn name(&self) -> &'a str {
        match self {
            Self::Matrix => "matrix",
            Self::Label => "label",
            Self::Simple => "simple",
            Self::Form => "form",
            Self::SpaceDelimited => "spaceDelimited",
            Self::PipeDelimited => "pipeDelimited",
            Self::TabDelimited => "tabDelimited",
            Self::DeepObject => "deepObject",
            Self::Cookie => "cookie",
            Self::Other(name) => name,
        }
    }
}

/// A parameter, reference followed.
#[derive(Debug, Clone, Copy)]
pub struct Parameter<'a> {
    root: Root<'a>,
    site: Cursor<'a>,
    cursor: Cursor<'a>,
}

accessors!(Parameter {
    /// The parameter object that counts: where a reference leads.
    cursor: Cursor<'a>,
    /// The entry in the list of parameters, which may be a reference.
    site: Cursor<'a>,
});

impl<'a> Parameter<'a> {
    pub(super) fn list(root: Root<'a>, list: Cursor<'a>) -> Vec<Self> {
        list.items()
            .map(|site| Self { root, site, cursor: site.target() })
            .filter(|found| found.cursor.is_mapping())
            .collect()
    }

    /// The name, case as written; header names are to be compared without regard to case.
    #[must_use]
    pub fn name(self) -> &'a str {
        self.cursor.get_str("name").unwrap_or_default()
    }

    /// Where the name is written; the whole parameter where it has none.
    #[must_use]
    pub fn name_cursor(self) -> Cursor<'a> {
        self.cursor.get("name").unwrap_or(self.cursor)
    }

    /// Where it travels.
    #[must_use]
    pub fn location(self) -> Location {
        self.cursor.get_str("in").map_or(Location::Unknown, Location::from_name)
    }

    /// Whether the two have one name: exact, but for headers without regard to case.
    #[must_use]
    pub fn has_same_name(self, other: Self) -> bool {
        if self.location() == Location::Header {
            self.name().eq_ignore_ascii_case(other.name())
        } else {
            self.name() == other.name()
        }
    }

    /// Whether the specification tells readers to ignore it: `Accept`, `Content-Type` and `Authorization` headers are
    /// described by media types and security (OpenAPI 3.1.1 §4.8.12.1).
    #[must_use]
    pub fn is_ignored(self) -> bool {
        self.location() == Location::Header
            && self.root.version() != Version::V2
            && ["accept", "content-type", "authorization"].iter().any(|name| self.name().eq_ignore_ascii_case(name))
    }

    /// Whether a request must carry it. Path parameters always must.
    #[must_use]
    pub fn is_required(self) -> bool {
        self.location() == Location::Path || self.cursor.get_bool("required") == Some(true)
    }

    /// Whether it is marked as deprecated.
    #[must_use]
    pub fn is_deprecated(self) -> bool {
        self.cursor.get_bool("deprecated") == Some(true)
    }

    /// Whether `name=` and a bare `name` are allowed in the query.
    #[must_use]
    pub fn allows_empty_value(self) -> bool {
        matches!(self.location(), Location::Query | Location::Form)
            && self.cursor.get_bool("allowEmptyValue") == Some(true)
    }

    /// Whether reserved characters may stand unescaped.
    #[must_use]
    pub fn allows_reserved(self) -> bool {
        self.cursor.get_bool("allowReserved") == Some(true)
    }

    /// How it is written, defaults and Swagger's `collectionFormat` included.
    #[must_use]
    pub fn style(self) -> Style<'a> {
        if self.root.version() == Version::V2 {
            return match (self.cursor.get_str("collectionFormat"), self.location()) {
                (Some("ssv"), _) => Style::SpaceDelimited,
                (Some("tsv"), _) => Style::TabDelimited,
                (Some("pipes"), _) => Style::PipeDelimited,
                (_, Location::Query | Location::Form) => Style::Form,
                _ => Style::Simple,
            };
        }
        match (self.cursor.get_str("style"), self.location()) {
            (Some(name), _) => Style::from_name(name),
            (None, Location::Query | Location::Cookie | Location::QueryString) => Style::Form,
            (None, _) => Style::Simple,
        }
    }

    /// Whether each item or property is written on its own (`a=1&a=2` and not `a=1,2`).
    #[must_use]
    pub fn explodes(self) -> bool {
        if self.root.version() == Version::V2 {
            // `multi` is for query and form parameters only; single values are written as they are since 3.0.
            return match self.cursor.get_str("collectionFormat") {
                Some(format) => format == "multi",
                None => self.cursor.get_str("type") != Some("array") && self.style() == Style::Form,
            };
        }
        // OpenAPI 3.1.1 §4.8.12.2.2: `form` explodes by default; 3.2 adds `cookie`.
        self.cursor.get_bool("explode").unwrap_or_else(|| matches!(self.style(), Style::Form | Style::Cookie))
    }

    /// The schema of the value, unless `content` says what it is.
    #[must_use]
    pub fn schema(self) -> Option<SchemaAt<'a>> {
        if self.root.version() == Version::V2 && self.location() != Location::Body {
            return Some(self.root.inline_schema(self.cursor));
        }
        self.cursor.get("schema").map(|schema| self.root.schema(schema))
    }

    /// The media type in which the value is written, for parameters that are described by `content`; at most one by
    /// the specification.
    #[must_use]
    pub fn content(self) -> Vec<MediaType<'a>> {
        MediaType::list(self.root, self.cursor)
    }
}
