//! Bodies: media types and what they carry.

use crate::formats::openapi::version::Version;
use crate::formats::openapi::view::accessors::accessors;
use crate::formats::openapi::view::{Header, Location, Parameter, Root, SchemaAt, Style};
use crate::syntax::Cursor;

/// The body of a request.
#[derive(Debug, Clone)]
pub struct RequestBody<'a> {
    root: Root<'a>,
    site: Cursor<'a>,
    cursor: Cursor<'a>,
    /// For Swagger 2.0: the operation, and the body parameter or the form's fields.
    swagger: Option<(Cursor<'a>, Vec<Parameter<'a>>)>,
}

impl<'a> RequestBody<'a> {
    pub(super) fn new(root: Root<'a>, site: Cursor<'a>) -> Self {
        Self { root, site, cursor: site.target(), swagger: None }
    }

    pub(super) fn of_swagger(root: Root<'a>, operation: Cursor<'a>, parameters: Vec<Parameter<'a>>) -> Option<Self> {
        // A body and a form exclude each other; where both stand, the body is what tools send.
        let is_body = parameters.iter().any(|parameter| parameter.location() == Location::Body);
        let parameters: Vec<_> =
            parameters.into_iter().filter(|parameter| (parameter.location() == Location::Body) == is_body).collect();
        let first = parameters.first()?;
        Some(Self { root, site: first.site(), cursor: first.cursor(), swagger: Some((operation, parameters)) })
    }

    /// The request body object that counts, where a reference leads; for Swagger 2.0 the body parameter, or the first
    /// field of the form.
    #[must_use]
    pub const fn cursor(&self) -> Cursor<'a> {
        self.cursor
    }

    /// What stands in the operation: the body or a reference to it.
    #[must_use]
    pub const fn site(&self) -> Cursor<'a> {
        self.site
    }

    /// Whether all of it stands in one place: Swagger 2.0 puts it together from parameters and what operations consume.
    #[must_use]
    pub const fn is_one_node(&self) -> bool {
        self.swagger.is_none()
    }

    /// Whether a request must have a body.
    #[must_use]
    pub fn is_required(&self) -> bool {
        match &self.swagger {
            Some((_, parameters)) => parameters.iter().any(|parameter| parameter.is_required()),
            None => self.cursor.get_bool("required") == Some(true),
        }
    }

    /// The media types that it may have, in document order.
    #[must_use]
    pub fn content(&self) -> Vec<MediaType<'a>> {
        let Some((operation, parameters)) = &self.swagger else { return MediaType::list(self.root, self.cursor) };
        let consumes = swagger_types(self.root, *operation, "consumes");
        if parameters[0].location() == Location::Body {
            let shape = parameters[0].schema().map_or(Shape::Nothing, Shape::Schema);
            return MediaType::of_swagger(self.root, consumes, "application/json", parameters[0].cursor(), &shape);
        }
        let has_file = parameters.iter().any(|parameter| parameter.cursor().get_str("type") == Some("file"));
        let fallback = if has_file { "multipart/form-data" } else { "application/x-www-form-urlencoded" };
        let is_form =
            |name: &str| name.starts_with("multipart/") || name.starts_with("application/x-www-form-urlencoded");
        let consumes = consumes.into_iter().filter(|(name, _)| is_form(name)).collect();
        MediaType::of_swagger(self.root, consumes, fallback, self.cursor, &Shape::Form(parameters.clone()))
    }
}

/// The media types that a Swagger 2.0 operation lists, or its document.
pub(super) fn swagger_types<'a>(root: Root<'a>, operation: Cursor<'a>, field: &str) -> Vec<(&'a str, Cursor<'a>)> {
    let list = operation.get(field).or_else(|| root.cursor().get(field));
    list.map(|list| list.items().filter_map(|item| Some((item.as_str()?, item))).collect()).unwrap_or_default()
}

/// What a body is made of.
#[derive(Debug, Clone)]
pub enum Shape<'a> {
    /// Nothing is said about it.
    Nothing,
    /// A schema.
    Schema(SchemaAt<'a>),
    /// The fields of a Swagger 2.0 form: an object with these properties.
    Form(Vec<Parameter<'a>>),
}

/// One media type of a body.
#[derive(Debug, Clone)]
pub struct MediaType<'a> {
    root: Root<'a>,
    name: &'a str,
    name_cursor: Cursor<'a>,
    cursor: Option<Cursor<'a>>,
    shape: Shape<'a>,
}

impl<'a> MediaType<'a> {
    /// Whether it says no more than that the content is bytes: `type: string, format: binary` until OpenAPI 3.0, no schema
    /// at all since 3.1 ("Migrating Binary Descriptions from OAS 3.0").
    #[must_use]
    pub fn is_bytes(&self) -> bool {
        let has_old_formats = matches!(self.root.version(), Version::V2 | Version::V3_0);
        let schema = self.cursor.and_then(|cursor| cursor.get("schema"));
        match schema {
            None => !has_old_formats && matches!(self.shape, Shape::Nothing),
            Some(schema) => {
                let format = schema.get_str("format");
                let says_more = schema.entries().any(|(key, _)| {
                    !matches!(key, "type" | "format" | "title" | "description" | "example" | "externalDocs")
                });
                has_old_formats && schema.get_str("type") == Some("string") && format == Some("binary") && !says_more
            }
        }
    }

    pub(super) fn list(root: Root<'a>, owner: Cursor<'a>) -> Vec<Self> {
        let Some(content) = owner.get("content") else { return Vec::new() };
        content
            .entries()
            .filter(|(name, _)| !name.starts_with("x-"))
            .map(|(name, site)| {
                // OpenAPI 3.2 allows references to `components/mediaTypes`.
                let cursor = site.target();
                let shape = cursor.get("schema").map_or(Shape::Nothing, |schema| Shape::Schema(root.schema(schema)));
                Self { root, name, name_cursor: site, cursor: Some(cursor), shape }
            })
            .collect()
    }

    pub(super) fn of_swagger(
        root: Root<'a>,
        types: Vec<(&'a str, Cursor<'a>)>,
        fallback: &'a str,
        owner: Cursor<'a>,
        shape: &Shape<'a>,
    ) -> Vec<Self> {
        let types = if types.is_empty() { vec![(fallback, owner)] } else { types };
        let media = |(name, name_cursor)| Self { root, name, name_cursor, cursor: None, shape: shape.clone() };
        types.into_iter().map(media).collect()
    }

    /// The media type or range as it is written: `application/json`, `text/*`.
    #[must_use]
    pub const fn name(&self) -> &'a str {
        self.name
    }

    /// What to point at: the entry under the media type's key; for Swagger 2.0 the item of `consumes` or `produces`,
    /// or the body parameter or response where there is none.
    #[must_use]
    pub const fn name_cursor(&self) -> Cursor<'a> {
        self.name_cursor
    }

    /// The media type object; Swagger 2.0 has none.
    #[must_use]
    pub const fn cursor(&self) -> Option<Cursor<'a>> {
        self.cursor
    }

    /// What it is made of.
    #[must_use]
    pub const fn shape(&self) -> &Shape<'a> {
        &self.shape
    }

    /// The schema of the whole body, if there is one.
    #[must_use]
    pub const fn schema(&self) -> Option<SchemaAt<'a>> {
        match self.shape {
            Shape::Schema(schema) => Some(schema),
            _ => None,
        }
    }

    /// The schema of each item of a stream (OpenAPI 3.2).
    #[must_use]
    pub fn item_schema(&self) -> Option<SchemaAt<'a>> {
        let schema = self.cursor.filter(|_| self.root.version() >= Version::V3_2)?.get("itemSchema")?;
        Some(self.root.schema(schema))
    }

    /// How properties of a multipart or form body are written, by property, in document order.
    #[must_use]
    pub fn encodings(&self) -> Vec<Encoding<'a>> {
        let Some(map) = self.cursor.and_then(|cursor| cursor.get("encoding")) else { return Vec::new() };
        map.entries().map(|(name, cursor)| Encoding { root: self.root, name, cursor }).collect()
    }
}

/// How one property of a multipart or form body is written.
#[derive(Debug, Clone, Copy)]
pub struct Encoding<'a> {
    root: Root<'a>,
    name: &'a str,
    cursor: Cursor<'a>,
}

accessors!(Encoding {
    /// The property.
    name: &'a str,
    /// The encoding object.
    cursor: Cursor<'a>,
});

impl<'a> Encoding<'a> {
    /// The media types allowed for the property, as they are written, comma-separated.
    #[must_use]
    pub fn content_type(self) -> Option<&'a str> {
        self.cursor.get_str("contentType")
    }

    /// The style, if one is given.
    #[must_use]
    pub fn style(self) -> Option<Style<'a>> {
        self.cursor.get_str("style").map(Style::from_name)
    }

    /// Whether items are written on their own, if it is said.
    #[must_use]
    pub fn explodes(self) -> Option<bool> {
        self.cursor.get_bool("explode")
    }

    /// Whether reserved characters may stand unescaped.
    #[must_use]
    pub fn allows_reserved(self) -> bool {
        self.cursor.get_bool("allowReserved") == Some(true)
    }

    /// The headers of the part.
    #[must_use]
    pub fn headers(self) -> Vec<Header<'a>> {
        Header::list(self.root, self.cursor)
    }
}
