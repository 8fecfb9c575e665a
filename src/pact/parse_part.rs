//! Reading the parts of an interaction: bodies, headers, queries, states.

use base64::Engine;
use bytes::Bytes;
use serde_json::{Map, Value};

use crate::pact::content_type::ContentType;
use crate::pact::http_part::{parse_query, split_header_value};
use crate::pact::model::{Body, Headers, Metadata, ProviderState, Query, SpecVersion, header};

/// What is wrong with a pact, each with the JSON pointer of the place.
#[derive(Debug, Default)]
pub(crate) struct Trouble {
    pub(crate) entries: Vec<(String, String)>,
}

impl Trouble {
    /// More would not be read by anybody, and a file of nothing but errors must not cost memory without bound.
    const LIMIT: usize = 100;

    pub(crate) fn add(&mut self, pointer: &str, message: impl Into<String>) {
        if self.entries.len() < Self::LIMIT {
            self.entries.push((pointer.to_owned(), message.into()));
        }
    }

    /// The pointer of a property.
    #[expect(clippy::unused_self, reason = "reads as a question to the collector of places")]
    pub(crate) fn child(&self, pointer: &str, key: &str) -> String {
        format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"))
    }
}

/// A required text; reports what is there instead.
pub(crate) fn text(object: &Map<String, Value>, name: &str, pointer: &str, trouble: &mut Trouble) -> Option<String> {
    match object.get(name) {
        Some(Value::String(text)) => Some(text.clone()),
        None => {
            trouble.add(pointer, format!("`{name}` is missing"));
            None
        }
        Some(other) => {
            trouble.add(
                &trouble.child(pointer, name),
                format!("`{name}` must be a text, not `{}`", crate::pact::mismatch::shorten(&other.to_string())),
            );
            None
        }
    }
}

pub(crate) fn states(object: &Map<String, Value>, pointer: &str, trouble: &mut Trouble) -> Vec<ProviderState> {
    match object.get("providerStates") {
        Some(Value::Array(states)) => {
            let mut read = Vec::new();
            for (index, state) in states.iter().enumerate() {
                let pointer = format!("{pointer}/providerStates/{index}");
                match state {
                    Value::String(name) => read.push(ProviderState { name: name.clone(), params: Map::new() }),
                    Value::Object(state) => {
                        let params = match state.get("params") {
                            None | Some(Value::Null) => Map::new(),
                            Some(Value::Object(params)) => params.clone(),
                            Some(_) => {
                                trouble.add(
                                    &format!("{pointer}/params"),
                                    "`params` of a provider state must be an object",
                                );
                                Map::new()
                            }
                        };
                        if let Some(name) = text(state, "name", &pointer, trouble) {
                            read.push(ProviderState { name, params });
                        }
                    }
                    _ => trouble.add(&pointer, "a provider state must be an object with a `name`"),
                }
            }
            return read;
        }
        // Old Java consumers wrote one name here.
        Some(Value::String(name)) if !name.is_empty() => {
            return vec![ProviderState { name: name.clone(), params: Map::new() }];
        }
        Some(Value::String(_) | Value::Null) | None => {}
        Some(_) => trouble.add(&format!("{pointer}/providerStates"), "`providerStates` must be a list"),
    }
    match object.get("providerState").or_else(|| object.get("provider_state")) {
        Some(Value::String(name)) if !name.is_empty() => vec![ProviderState { name: name.clone(), params: Map::new() }],
        Some(Value::String(_) | Value::Null) | None => Vec::new(),
        Some(_) => {
            trouble.add(&format!("{pointer}/providerState"), "`providerState` must be a text");
            Vec::new()
        }
    }
}

pub(crate) fn headers(value: Option<&Value>, pointer: &str, trouble: &mut Trouble) -> Headers {
    let object = match value {
        None | Some(Value::Null) => return Headers::new(),
        Some(Value::Object(object)) => object,
        Some(_) => {
            trouble.add(pointer, "`headers` must be an object");
            return Headers::new();
        }
    };
    let mut headers = Headers::new();
    for (name, value) in object {
        let values = match value {
            Value::String(text) => split_header_value(name, text),
            Value::Array(values) => values.iter().map(plain).collect(),
            Value::Number(_) | Value::Bool(_) => vec![plain(value)],
            Value::Null | Value::Object(_) => {
                trouble.add(&trouble.child(pointer, name), "a header must be a text or a list of texts");
                continue;
            }
        };
        headers.push((name.clone(), values));
    }
    headers
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

pub(crate) fn query(value: Option<&Value>, pointer: &str, trouble: &mut Trouble) -> Query {
    match value {
        None | Some(Value::Null) => Query::new(),
        Some(Value::String(text)) => parse_query(text),
        Some(Value::Object(object)) => object
            .iter()
            .map(|(name, values)| {
                let values = match values {
                    Value::Array(values) => {
                        values.iter().map(|value| (!value.is_null()).then(|| plain(value))).collect()
                    }
                    Value::Null => vec![None],
                    other => vec![Some(plain(other))],
                };
                (name.clone(), values)
            })
            .collect(),
        Some(_) => {
            trouble.add(pointer, "`query` must be a text or an object of lists");
            Query::new()
        }
    }
}

/// A body of versions 1 to 3: any JSON, its kind stated by a header.
pub(crate) fn plain_body(object: &Map<String, Value>, name: &str, content_type: Option<&ContentType>) -> Body {
    match object.get(name) {
        None => Body::Missing,
        Some(Value::Null) => Body::Null,
        Some(Value::String(text)) if text.is_empty() => Body::Empty,
        Some(Value::String(text)) => {
            // A JSON body that is a string stands either for itself or for the document that was written into it.
            let is_json = content_type.is_some_and(ContentType::is_json);
            if is_json && serde_json::from_str::<serde::de::IgnoredAny>(text).is_err() {
                Body::from_bytes(Value::String(text.clone()).to_string(), None)
            } else {
                Body::from_bytes(text.clone(), None)
            }
        }
        Some(json) => {
            let stated = content_type.is_none().then(|| ContentType::parse("application/json")).flatten();
            Body::from_bytes(written(json), stated)
        }
    }
}

/// A value as text, without the room that a growing text has to spare.
fn written(json: &Value) -> Bytes {
    json.to_string().into_bytes().into_boxed_slice().into()
}

/// A body of version 4: `{contentType, encoded, content}`.
pub(crate) fn encoded_body(
    value: Option<&Value>,
    stated: Option<&ContentType>,
    pointer: &str,
    trouble: &mut Trouble,
) -> Body {
    let object = match value {
        None => return Body::Missing,
        Some(Value::Null) => return Body::Null,
        Some(Value::Object(object)) => object,
        Some(_) => {
            trouble.add(pointer, "the body of a version 4 pact must be an object with `content`");
            return Body::Missing;
        }
    };
    let own = object.get("contentType").and_then(Value::as_str).and_then(ContentType::parse);
    let content_type = own.clone().or_else(|| stated.cloned());
    let is_json = content_type.as_ref().is_some_and(ContentType::is_json);
    let content = match object.get("content") {
        // The consumer said nothing about the content; without a content type, nothing about the body at all.
        None => return if object.is_empty() { Body::Missing } else { Body::Empty },
        Some(content) => content,
    };
    let encoding = match object.get("encoded") {
        None | Some(Value::Null | Value::Bool(false)) => "",
        Some(Value::Bool(true)) => "base64",
        Some(Value::String(name)) => match name.to_ascii_lowercase().as_str() {
            "" | "false" => "",
            "json" => "json",
            "base64" | "true" => "base64",
            _ => "?",
        },
        Some(_) => "?",
    };
    let bytes: Bytes = match (encoding, content) {
        ("", Value::Null) if !is_json => return Body::Null,
        ("", Value::String(text)) if text.is_empty() => return Body::Empty,
        ("", Value::String(text)) if !is_json => text.clone().into(),
        // Text in a JSON body is a document that was written into it, or a JSON string that stands for itself.
        ("" | "json", Value::String(text)) => match serde_json::from_str::<Value>(text) {
            Ok(Value::Object(_) | Value::Array(_)) => text.clone().into(),
            Ok(_) if encoding == "json" => text.clone().into(),
            _ => Value::String(text.clone()).to_string().into(),
        },
        ("" | "json", json) => written(json),
        ("base64", Value::String(text)) => match base64::engine::general_purpose::STANDARD.decode(text.trim()) {
            Ok(bytes) => bytes.into(),
            Err(error) => {
                trouble.add(&format!("{pointer}/content"), format!("the content is not base64: {error}"));
                return Body::Missing;
            }
        },
        ("base64", _) => {
            trouble.add(&format!("{pointer}/content"), "content that is encoded as base64 must be a text");
            return Body::Missing;
        }
        _ => {
            trouble.add(&format!("{pointer}/encoded"), "`encoded` must be false, \"base64\" or \"JSON\"");
            return Body::Missing;
        }
    };
    let own = own.or_else(|| {
        (stated.is_none() && !content.is_string()).then(|| ContentType::parse("application/json")).flatten()
    });
    Body::from_bytes(bytes, own)
}

pub(crate) fn body(
    object: &Map<String, Value>,
    headers: &Headers,
    version: SpecVersion,
    pointer: &str,
    trouble: &mut Trouble,
) -> Body {
    let stated = header(headers, "content-type").and_then(ContentType::parse);
    if version >= SpecVersion::V4 {
        encoded_body(object.get("body"), stated.as_ref(), &format!("{pointer}/body"), trouble)
    } else {
        plain_body(object, "body", stated.as_ref())
    }
}

pub(crate) fn metadata(object: &Map<String, Value>, pointer: &str, trouble: &mut Trouble) -> Metadata {
    match object.get("metaData").or_else(|| object.get("metadata")) {
        None | Some(Value::Null) => Metadata::new(),
        Some(Value::Object(metadata)) => metadata.clone(),
        Some(_) => {
            trouble.add(&format!("{pointer}/metadata"), "`metadata` must be an object");
            Metadata::new()
        }
    }
}
