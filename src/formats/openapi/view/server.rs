//! Servers: where an API is found.

use std::borrow::Cow;

use crate::formats::openapi::view::accessors::accessors;
use crate::syntax::Cursor;

/// A server.
#[derive(Debug, Clone)]
pub struct Server<'a> {
    url: Cow<'a, str>,
    cursor: Cursor<'a>,
}

impl<'a> Server<'a> {
    /// The servers under `servers` of a document, path item or operation.
    pub(super) fn list(owner: Cursor<'a>) -> Vec<Self> {
        let Some(servers) = owner.get("servers") else { return Vec::new() };
        servers
            .items()
            .map(|cursor| Self { url: Cow::Borrowed(cursor.get_str("url").unwrap_or_default()), cursor })
            .collect()
    }

    /// Swagger 2.0: one server for each scheme, put together of `schemes`, `host` and `basePath`.
    pub(super) fn of_swagger(root: Cursor<'a>, schemes: Option<Cursor<'a>>) -> Vec<Self> {
        let host = root.get_str("host");
        let base = root.get_str("basePath").unwrap_or_default();
        let schemes = schemes.or_else(|| root.get("schemes"));
        let place = |field: &str| root.get(field);
        let Some(cursor) = place("host").or_else(|| place("basePath")).or(schemes) else { return Vec::new() };
        let base = if base.is_empty() || base.starts_with('/') { base.to_owned() } else { format!("/{base}") };
        let schemes: Vec<&str> = schemes.map(|list| list.strings().collect()).unwrap_or_default();
        match host {
            Some(host) if schemes.is_empty() => vec![Self { url: format!("//{host}{base}").into(), cursor }],
            Some(host) => {
                schemes.iter().map(|scheme| Self { url: format!("{scheme}://{host}{base}").into(), cursor }).collect()
            }
            None if base.is_empty() => Vec::new(),
            None => vec![Self { url: base.into(), cursor }],
        }
    }

    /// The URL template; relative where it depends on where the document is served.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The server object; for Swagger 2.0 the field that says most about it.
    #[must_use]
    pub const fn cursor(&self) -> Cursor<'a> {
        self.cursor
    }

    /// The variables of the template, in document order.
    #[must_use]
    pub fn variables(&self) -> Vec<Variable<'a>> {
        let Some(variables) = self.cursor.get("variables") else { return Vec::new() };
        variables.entries().map(|(name, cursor)| Variable { name, cursor }).collect()
    }
}

/// A variable of a server's URL.
#[derive(Debug, Clone, Copy)]
pub struct Variable<'a> {
    name: &'a str,
    cursor: Cursor<'a>,
}

accessors!(Variable {
    /// Its name in the template.
    name: &'a str,
    /// The variable object.
    cursor: Cursor<'a>,
});

impl<'a> Variable<'a> {
    /// The value that is used when none is given.
    #[must_use]
    pub fn default(self) -> Option<&'a str> {
        self.cursor.get("default").map(Cursor::text)
    }

    /// The values that are allowed; empty when any is.
    #[must_use]
    pub fn allowed(self) -> Vec<&'a str> {
        self.cursor.get("enum").map(|values| values.items().map(Cursor::text).collect()).unwrap_or_default()
    }
}
