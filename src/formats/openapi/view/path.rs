//! Path items: what one path template, webhook or callback expression offers.

use crate::formats::openapi::version::Version;
use crate::formats::openapi::view::accessors::accessors;
use crate::formats::openapi::view::{Operation, Parameter, Root, Server};
use crate::syntax::{Cursor, Place};

/// A path item with the name that it stands under.
#[derive(Debug, Clone, Copy)]
pub struct PathItem<'a> {
    root: Root<'a>,
    name: &'a str,
    cursor: Cursor<'a>,
}

/// The fixed methods. `query` came with OpenAPI 3.2, `trace` with 3.0.
const METHODS: [(&str, &str); 9] = [
    ("get", "GET"),
    ("put", "PUT"),
    ("post", "POST"),
    ("delete", "DELETE"),
    ("options", "OPTIONS"),
    ("head", "HEAD"),
    ("patch", "PATCH"),
    ("trace", "TRACE"),
    ("query", "QUERY"),
];

accessors!(PathItem {
    /// The root document that lists it.
    root: Root<'a>,
    /// The path template, the webhook's name, or the callback's expression.
    name: &'a str,
    /// The path item as it is written in the list of paths; it may be a reference.
    cursor: Cursor<'a>,
});

impl<'a> PathItem<'a> {
    pub(super) const fn new(root: Root<'a>, name: &'a str, cursor: Cursor<'a>) -> Self {
        Self { root, name, cursor }
    }

    /// A field of the item: its own, or that of the item that its `$ref` leads to.
    #[must_use]
    pub fn get(self, field: &str) -> Option<Cursor<'a>> {
        self.cursor.get(field).or_else(|| self.cursor.target().get(field))
    }

    /// The operations, in document order: the fixed methods, and with OpenAPI 3.2 the additional ones.
    #[must_use]
    pub fn operations(self) -> Vec<Operation<'a>> {
        let mut found: Vec<(&'a str, Cursor<'a>)> = Vec::new();
        let target = self.cursor.target();
        self.collect(self.cursor, &mut found);
        if target != self.cursor {
            self.collect(target, &mut found);
        }
        found.into_iter().map(|(method, cursor)| Operation::new(self, method, cursor)).collect()
    }

    fn collect(self, item: Cursor<'a>, found: &mut Vec<(&'a str, Cursor<'a>)>) {
        let version = self.root.version();
        for (key, cursor) in item.entries() {
            if let Some((_, method)) = METHODS.iter().find(|(name, _)| *name == key) {
                let exists = match *method {
                    "QUERY" => version >= Version::V3_2,
                    "TRACE" => version >= Version::V3_0,
                    _ => true,
                };
                if exists && cursor.is_mapping() && !found.iter().any(|(known, _)| known == method) {
                    found.push((method, cursor));
                }
            } else if key == "additionalOperations" && version >= Version::V3_2 {
                for (method, cursor) in cursor.entries() {
                    if cursor.is_mapping() && !found.iter().any(|(known, _)| *known == method) {
                        found.push((method, cursor));
                    }
                }
            }
        }
    }

    /// The parameters that all operations share, as they are written there; body and form parameters of Swagger 2.0
    /// included.
    pub(super) fn shared_parameters(self) -> Vec<Parameter<'a>> {
        self.get("parameters").map(|list| Parameter::list(self.root, list)).unwrap_or_default()
    }

    /// The servers that the item sets for its operations, if it does.
    #[must_use]
    pub fn servers(self) -> Option<Vec<Server<'a>>> {
        self.get("servers").map(|_| {
            Server::list(if self.cursor.get("servers").is_some() { self.cursor } else { self.cursor.target() })
        })
    }

    /// Where the item is written, for remembering visits.
    #[must_use]
    pub fn place(self) -> Place {
        self.cursor.target().place()
    }
}
