//! Responses: a status with its headers, content and links.

use crate::formats::openapi::version::Version;
use crate::formats::openapi::view::accessors::accessors;
use crate::formats::openapi::view::body::swagger_types;
use crate::formats::openapi::view::{MediaType, Root, SchemaAt, Shape, Style};
use crate::syntax::Cursor;

/// A response, reference followed.
#[derive(Debug, Clone, Copy)]
pub struct Response<'a> {
    root: Root<'a>,
    operation: Cursor<'a>,
    status: &'a str,
    site: Cursor<'a>,
    cursor: Cursor<'a>,
}

accessors!(Response {
    /// The status as it is written: `200`, `4XX`, `default`.
    status: &'a str,
    /// The entry under the status, which may be a reference.
    site: Cursor<'a>,
    /// The response object that counts: where a reference leads.
    cursor: Cursor<'a>,
});

impl<'a> Response<'a> {
    pub(super) fn new(root: Root<'a>, operation: Cursor<'a>, status: &'a str, site: Cursor<'a>) -> Self {
        Self { root, operation, status, site, cursor: site.target() }
    }

    /// The headers, in document order.
    #[must_use]
    pub fn headers(self) -> Vec<Header<'a>> {
        Header::list(self.root, self.cursor)
    }

    /// The media types that the body may have, in document order; empty for a response without a body.
    #[must_use]
    pub fn content(self) -> Vec<MediaType<'a>> {
        if self.root.version() != Version::V2 {
            return MediaType::list(self.root, self.cursor);
        }
        let Some(schema) = self.cursor.get("schema") else { return Vec::new() };
        let produces = swagger_types(self.root, self.operation, "produces");
        let shape = Shape::Schema(self.root.schema(schema));
        MediaType::of_swagger(self.root, produces, "application/json", self.cursor, &shape)
    }

    /// The links, in document order.
    #[must_use]
    pub fn links(self) -> Vec<Link<'a>> {
        let Some(links) = self.cursor.get("links") else { return Vec::new() };
        let links = links.entries().filter(|(name, _)| !name.starts_with("x-"));
        links.map(|(name, site)| Link { name, site, cursor: site.target() }).collect()
    }
}

/// A header of a response or of a part of a multipart body, reference followed.
#[derive(Debug, Clone, Copy)]
pub struct Header<'a> {
    root: Root<'a>,
    name: &'a str,
    site: Cursor<'a>,
    cursor: Cursor<'a>,
}

accessors!(Header {
    /// The name as it is written; compare without regard to case.
    name: &'a str,
    /// The entry under the name, which may be a reference.
    site: Cursor<'a>,
    /// The header object that counts: where a reference leads.
    cursor: Cursor<'a>,
});

impl<'a> Header<'a> {
    pub(super) fn list(root: Root<'a>, owner: Cursor<'a>) -> Vec<Self> {
        let Some(headers) = owner.get("headers") else { return Vec::new() };
        headers.entries().map(|(name, site)| Self { root, name, site, cursor: site.target() }).collect()
    }

    /// Whether the specification tells readers to ignore it: `Content-Type` is described by the media types.
    #[must_use]
    pub fn is_ignored(self) -> bool {
        self.name.eq_ignore_ascii_case("content-type")
    }

    /// Whether every such response carries it. Swagger 2.0 cannot say so.
    #[must_use]
    pub fn is_required(self) -> bool {
        self.root.version() != Version::V2 && self.cursor.get_bool("required") == Some(true)
    }

    /// Whether it is marked as deprecated.
    #[must_use]
    pub fn is_deprecated(self) -> bool {
        self.cursor.get_bool("deprecated") == Some(true)
    }

    /// How it is written.
    #[must_use]
    pub fn style(self) -> Style<'a> {
        match (self.root.version(), self.cursor.get_str("style"), self.cursor.get_str("collectionFormat")) {
            (Version::V2, _, Some("ssv")) => Style::SpaceDelimited,
            (Version::V2, _, Some("tsv")) => Style::TabDelimited,
            (Version::V2, _, Some("pipes")) => Style::PipeDelimited,
            (Version::V2, _, _) | (_, None, _) => Style::Simple,
            (_, Some(name), _) => Style::from_name(name),
        }
    }

    /// Whether the properties of an object are written as `name=value`.
    #[must_use]
    pub fn explodes(self) -> bool {
        self.cursor.get_bool("explode") == Some(true)
    }

    /// The schema of the value, unless `content` says what it is.
    #[must_use]
    pub fn schema(self) -> Option<SchemaAt<'a>> {
        if self.root.version() == Version::V2 {
            return Some(self.root.inline_schema(self.cursor));
        }
        self.cursor.get("schema").map(|schema| self.root.schema(schema))
    }

    /// The media type in which the value is written, for headers that are described by `content`.
    #[must_use]
    pub fn content(self) -> Vec<MediaType<'a>> {
        MediaType::list(self.root, self.cursor)
    }
}

/// A link from a response to another operation, reference followed.
#[derive(Debug, Clone, Copy)]
pub struct Link<'a> {
    name: &'a str,
    site: Cursor<'a>,
    cursor: Cursor<'a>,
}

accessors!(Link {
    /// Its name in the response.
    name: &'a str,
    /// The entry under the name, which may be a reference.
    site: Cursor<'a>,
    /// The link object that counts: where a reference leads.
    cursor: Cursor<'a>,
});

impl<'a> Link<'a> {
    /// The operation it leads to, by its id.
    #[must_use]
    pub fn operation_id(self) -> Option<&'a str> {
        self.cursor.get_str("operationId")
    }

    /// The operation it leads to, by reference: the operation object.
    #[must_use]
    pub fn operation_ref(self) -> Option<Cursor<'a>> {
        let reference = self.cursor.get("operationRef")?;
        let place = self.cursor.library().resolve(reference.place(), reference.as_str()?).ok()?;
        Some(Cursor::new(self.cursor.library(), place))
    }
}
