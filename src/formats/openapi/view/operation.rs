//! Operations: one method of one path.

use crate::formats::openapi::version::Version;
use crate::formats::openapi::view::accessors::accessors;
use crate::formats::openapi::view::{Location, Parameter, PathItem, RequestBody, Requirement, Response, Root, Server};
use crate::syntax::Cursor;

/// An operation with the path item that it belongs to.
#[derive(Debug, Clone, Copy)]
pub struct Operation<'a> {
    item: PathItem<'a>,
    method: &'a str,
    cursor: Cursor<'a>,
}

accessors!(Operation {
    /// The operation object.
    cursor: Cursor<'a>,
    /// The method in capitals; additional ones (OpenAPI 3.2) as they are written.
    method: &'a str,
});

impl<'a> Operation<'a> {
    pub(super) const fn new(item: PathItem<'a>, method: &'a str, cursor: Cursor<'a>) -> Self {
        Self { item, method, cursor }
    }

    /// The path item that it belongs to.
    #[must_use]
    pub const fn path_item(self) -> PathItem<'a> {
        self.item
    }

    /// The root document that lists its path.
    #[must_use]
    pub const fn root(self) -> Root<'a> {
        self.item.root()
    }

    /// The path template, webhook name or callback expression.
    #[must_use]
    pub const fn path(self) -> &'a str {
        self.item.name()
    }

    /// The `operationId`.
    #[must_use]
    pub fn id(self) -> Option<&'a str> {
        self.cursor.get_str("operationId")
    }

    /// Whether it is marked as deprecated.
    #[must_use]
    pub fn is_deprecated(self) -> bool {
        self.cursor.get_bool("deprecated") == Some(true)
    }

    /// Its tags, in document order.
    #[must_use]
    pub fn tags(self) -> Vec<&'a str> {
        self.cursor.get("tags").map(|tags| tags.strings().collect()).unwrap_or_default()
    }

    /// Its parameters: its own, then those of the path item that it does not replace (same name and location). Body
    /// and form parameters of Swagger 2.0 are in [`request_body`](Self::request_body) instead.
    #[must_use]
    pub fn parameters(self) -> Vec<Parameter<'a>> {
        self.all_parameters().into_iter().filter(|parameter| !parameter.location().is_body()).collect()
    }

    fn all_parameters(self) -> Vec<Parameter<'a>> {
        let mut parameters =
            self.cursor.get("parameters").map(|list| Parameter::list(self.root(), list)).unwrap_or_default();
        let own = parameters.len();
        for shared in self.item.shared_parameters() {
            let is_replaced = parameters[..own].iter().any(|parameter| {
                parameter.location() == shared.location()
                    && (parameter.has_same_name(shared) || parameter.location() == Location::Body)
            });
            if !is_replaced {
                parameters.push(shared);
            }
        }
        parameters
    }

    /// What it takes in the request's body.
    #[must_use]
    pub fn request_body(self) -> Option<RequestBody<'a>> {
        if self.root().version() == Version::V2 {
            let parameters = self.all_parameters().into_iter().filter(|parameter| parameter.location().is_body());
            RequestBody::of_swagger(self.root(), self.cursor, parameters.collect())
        } else {
            self.cursor.get("requestBody").map(|cursor| RequestBody::new(self.root(), cursor))
        }
    }

    /// Its responses by status, in document order.
    #[must_use]
    pub fn responses(self) -> Vec<Response<'a>> {
        let Some(responses) = self.cursor.get("responses") else { return Vec::new() };
        responses
            .entries()
            .filter(|(status, _)| !status.starts_with("x-"))
            .map(|(status, cursor)| Response::new(self.root(), self.cursor, status, cursor))
            .collect()
    }

    /// The callbacks: path items on the caller's side, where the provider is the one who sends.
    #[must_use]
    pub fn callbacks(self) -> Vec<Callback<'a>> {
        let Some(callbacks) = self.cursor.get("callbacks") else { return Vec::new() };
        callbacks
            .entries()
            .filter(|(name, _)| !name.starts_with("x-"))
            .map(|(name, cursor)| Callback { root: self.root(), name, cursor })
            .collect()
    }

    /// The security requirements that hold, any one of which suffices: its own, or those of the document. `None` where
    /// neither says anything, an empty list where security is switched off: both mean no security.
    #[must_use]
    pub fn security(self) -> Option<Vec<Requirement<'a>>> {
        Requirement::list(self.root(), self.cursor).or_else(|| self.root().security())
    }

    /// Whether the operation replaces the document's security.
    #[must_use]
    pub fn has_own_security(self) -> bool {
        self.cursor.get("security").is_some()
    }

    /// The servers that hold: its own, those of the path item, or those of the document.
    #[must_use]
    pub fn servers(self) -> Vec<Server<'a>> {
        if self.root().version() == Version::V2 {
            return match self.cursor.get("schemes") {
                Some(schemes) => Server::of_swagger(self.root().cursor(), Some(schemes)),
                None => self.root().servers(),
            };
        }
        if self.cursor.get("servers").is_some() {
            return Server::list(self.cursor);
        }
        self.item.servers().unwrap_or_else(|| self.root().servers())
    }

    /// Whether the operation or its path item replaces the document's servers.
    #[must_use]
    pub fn has_own_servers(self) -> bool {
        self.cursor.get("servers").is_some()
            || self.cursor.get("schemes").is_some()
            || self.item.get("servers").is_some()
    }
}

/// A named set of callbacks of an operation.
#[derive(Debug, Clone, Copy)]
pub struct Callback<'a> {
    root: Root<'a>,
    name: &'a str,
    cursor: Cursor<'a>,
}

accessors!(Callback {
    /// Its name in the operation.
    name: &'a str,
    /// The callback object as it is written; it may be a reference.
    cursor: Cursor<'a>,
});

impl<'a> Callback<'a> {
    /// The path items by their expressions, in document order.
    #[must_use]
    pub fn expressions(self) -> Vec<PathItem<'a>> {
        self.cursor
            .target()
            .entries()
            .filter(|(expression, _)| !expression.starts_with("x-") && *expression != "$ref")
            .map(|(expression, cursor)| PathItem::new(self.root, expression, cursor))
            .collect()
    }
}
