//! Asking a provider for a message over HTTP.

use base64::Engine;
use bytes::Bytes;
use serde_json::{Map, Value, json};
use url::Url;

use crate::pact::{Body, ContentType, HttpResponse, Message, ProviderState};
use crate::verify::exchange::WireRequest;

/// The request for a message: its description and states, and for synchronous messages what was sent.
pub(crate) fn request(
    url: &Url,
    description: &str,
    states: &[ProviderState],
    sent: Option<&Message>,
    headers: &[(String, String)],
) -> WireRequest {
    let states: Vec<Value> = states.iter().map(|state| json!({ "name": state.name, "params": state.params })).collect();
    let mut body = Map::new();
    body.insert("description".into(), description.into());
    body.insert("providerStates".into(), states.into());
    if let Some(sent) = sent {
        let content = serde_json::from_slice(sent.body.bytes())
            .unwrap_or_else(|_| Value::String(base64::engine::general_purpose::STANDARD.encode(sent.body.bytes())));
        body.insert("request".into(), json!({ "contents": content, "metadata": sent.metadata }));
    }
    let mut all = vec![("Content-Type".to_owned(), "application/json".to_owned())];
    all.extend(headers.iter().cloned());
    WireRequest {
        method: "POST".into(),
        url: url.clone(),
        headers: all,
        body: Bytes::from(Value::Object(body).to_string()),
    }
}

/// The message in the answer: the body is its content, the header `Pact-Message-Metadata` its metadata.
pub(crate) fn read(response: &HttpResponse) -> Result<Message, String> {
    let header = |name: &str| {
        response.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).and_then(|(_, values)| values.first())
    };
    let mut metadata = match header("pact-message-metadata") {
        None => Map::new(),
        Some(encoded) => {
            let engine = base64::engine::general_purpose::STANDARD;
            let decoded = engine
                .decode(encoded.trim())
                .map_err(|error| format!("the header Pact-Message-Metadata is not base64: {error}"))?;
            match serde_json::from_slice(&decoded) {
                Ok(Value::Object(metadata)) => metadata,
                _ => return Err("the header Pact-Message-Metadata is not a JSON object".into()),
            }
        }
    };
    let content_type = header("content-type");
    if let Some(content_type) = content_type
        && !metadata
            .keys()
            .any(|name| name.eq_ignore_ascii_case("contenttype") || name.eq_ignore_ascii_case("content-type"))
    {
        metadata.insert("contentType".into(), content_type.as_str().into());
    }
    let stated = content_type.and_then(|text| ContentType::parse(text));
    let body = match &response.body {
        Body::Present { bytes, .. } => Body::from_bytes(bytes.clone(), stated),
        other => other.clone(),
    };
    Ok(Message { body, metadata, ..Message::default() })
}
