//! Who reaches a pair, from which side, and what it is there.

use std::collections::BTreeSet;

use crate::change::{Exposure, Operation};
use crate::formats::schema::diff::edit::{Edit, PropertyFlags};
use crate::formats::schema::{Role, SchemaId};

/// What carries a root schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Carrier {
    /// The body of a request.
    RequestBody,
    /// A parameter in path, query or cookie.
    RequestParameter,
    /// A parameter in the header.
    RequestHeader,
    /// The body of a response.
    ResponseBody,
    /// A header of a response.
    ResponseHeader,
    /// A document of its own: an event, a file.
    Document,
}

/// What a value is sent as, for a call that shows a break.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sent {
    /// The body, of this media type.
    Body(String),
    /// A pair of the query.
    Query(String),
    /// A header.
    Header(String),
    /// A cookie.
    Cookie(String),
    /// A variable of the path.
    Path(String),
}

/// A call that carries a root.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sender {
    /// The method.
    pub method: String,
    /// Server and path, the variables still in it.
    pub url: String,
    /// What the root is in it.
    pub sent: Sent,
}

impl Sender {
    /// The call with a value, ready to paste.
    #[must_use]
    pub fn curl(&self, value: &serde_json::Value) -> String {
        let text = match value {
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let quoted = |text: &str| format!("'{}'", text.replace('\'', "'\\''"));
        let (method, url) = (&self.method, &self.url);
        match &self.sent {
            Sent::Body(media) => {
                let body = if media.contains("json") { value.to_string() } else { text };
                format!("curl -X {method} {} -H 'Content-Type: {media}' -d {}", quoted(url), quoted(&body))
            }
            Sent::Query(name) => {
                format!("curl -G -X {method} {} --data-urlencode {}", quoted(url), quoted(&format!("{name}={text}")))
            }
            Sent::Header(name) => {
                format!("curl -X {method} {} -H {}", quoted(url), quoted(&format!("{name}: {text}")))
            }
            Sent::Cookie(name) => {
                format!("curl -X {method} {} -b {}", quoted(url), quoted(&format!("{name}={text}")))
            }
            Sent::Path(name) => {
                let encoded =
                    percent_encoding::utf8_percent_encode(&text, percent_encoding::NON_ALPHANUMERIC).to_string();
                format!("curl -X {method} {}", quoted(&url.replace(&format!("{{{name}}}"), &encoded)))
            }
        }
    }
}

/// One use of a root.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Use {
    /// The operation, if there is one.
    pub operation: Option<Operation>,
    /// Whether the operation promises nothing (draft, alpha).
    pub is_unstable: bool,
}

/// Two schemas that somebody sends, with everyone who does.
#[derive(Debug, Clone)]
pub struct Root {
    /// The schema in the old version.
    pub old: SchemaId,
    /// The schema in the new version.
    pub new: SchemaId,
    /// Who writes and who reads. Webhooks and callbacks have the roles of their carriers swapped.
    pub role: Role,
    /// What carries it.
    pub carrier: Carrier,
    /// Whether it is sent as text: parameters, headers, forms.
    pub is_text: bool,
    /// Everyone who sends it.
    pub uses: Vec<Use>,
    /// One call that carries it, for requests.
    pub sender: Option<Sender>,
}

/// What a pair is for those who reach it in one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Location {
    /// What carries the root.
    pub carrier: Carrier,
    /// Whether it is the root's own value.
    pub is_root: bool,
    /// The property that holds it, if it is directly the value of one.
    pub property: Option<PropertyFlags>,
}

impl Location {
    /// The places of an edit here, in the words that equivalents use.
    pub(super) fn places(self, edit: &Edit, places: &mut BTreeSet<&'static str>) {
        match edit.property {
            Some(property) => Self { is_root: false, property: Some(property), ..self }.own_places(places),
            None => self.own_places(places),
        }
    }

    /// | carrier | the root | below it |
    /// |---|---|---|
    /// | request body | `request-body` | `request-property`, and what is said of the property |
    /// | parameter | `request-parameter` | `request-parameter-property`, `request-parameter-items`, in headers `request-header-property` |
    /// | response body | `response-body` | `response-property`, and what is said of the property |
    /// | response header | `response-header` | – |
    fn own_places(self, places: &mut BTreeSet<&'static str>) {
        match (self.carrier, self.is_root) {
            (Carrier::RequestBody, true) => drop(places.insert("request-body")),
            (Carrier::RequestBody, false) => {
                places.insert("request-property");
                let flags = self.property.unwrap_or_default();
                places.insert(if flags.read_only { "request-read-only-property" } else { "request-writable-property" });
                if self.property.is_some() {
                    places.insert(if flags.required {
                        "request-required-property"
                    } else {
                        "request-optional-property"
                    });
                }
            }
            (Carrier::RequestParameter | Carrier::RequestHeader, true) => drop(places.insert("request-parameter")),
            (Carrier::RequestParameter | Carrier::RequestHeader, false) => {
                places.insert("request-parameter-property");
                if self.carrier == Carrier::RequestHeader {
                    places.insert("request-header-property");
                }
                if self.property.is_none() {
                    places.insert("request-parameter-items");
                }
            }
            (Carrier::ResponseBody, true) => drop(places.insert("response-body")),
            (Carrier::ResponseBody, false) => {
                places.insert("response-property");
                let flags = self.property.unwrap_or_default();
                places.insert(if flags.write_only {
                    "response-write-only-property"
                } else {
                    "response-readable-property"
                });
                if self.property.is_some() {
                    let [any, readable, write_only] = if flags.required {
                        [
                            "response-required-property",
                            "response-required-readable-property",
                            "response-required-write-only-property",
                        ]
                    } else {
                        [
                            "response-optional-property",
                            "response-optional-readable-property",
                            "response-optional-write-only-property",
                        ]
                    };
                    places.insert(any);
                    places.insert(if flags.write_only { write_only } else { readable });
                }
            }
            (Carrier::ResponseHeader, _) => drop(places.insert("response-header")),
            (Carrier::Document, _) => {}
        }
    }
}

/// The exposure of a role.
pub(super) const fn exposure(role: Role) -> Exposure {
    match role {
        Role::Request => Exposure::Request,
        Role::Response => Exposure::Response,
        Role::Payload => Exposure::Both,
    }
}
