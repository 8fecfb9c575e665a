//! Answers: HAL documents for clients of the Pact Broker, plain JSON and problems (RFC 9457) for the native API.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::registry::service::{Refused, RegistryError};

/// The media type of HAL.
pub(crate) const HAL: &str = "application/hal+json;charset=utf-8";

/// A HAL document.
pub(crate) fn hal(status: StatusCode, document: &Value) -> Response {
    with_type(status, HAL, document.to_string())
}

/// A JSON document.
pub(crate) fn json_reply(status: StatusCode, document: &Value) -> Response {
    with_type(status, "application/json", document.to_string())
}

/// A body with its type.
pub(crate) fn with_type(status: StatusCode, content_type: &'static str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// Nothing to say.
pub(crate) fn no_content() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

/// An answer in the way of the Pact Broker.
pub(crate) type BrokerResult = Result<Response, BrokerError>;
/// An answer of the native API.
pub(crate) type NativeResult = Result<Response, NativeError>;

/// A failure in the way of the Pact Broker.
#[derive(Debug)]
pub(crate) struct BrokerError(pub(crate) RegistryError);

/// A failure of the native API.
#[derive(Debug)]
pub(crate) struct NativeError(pub(crate) RegistryError);

impl<E: Into<RegistryError>> From<E> for BrokerError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl<E: Into<RegistryError>> From<E> for NativeError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

/// What clients of the Pact Broker expect where something is not there.
pub(crate) fn broker_not_found() -> Response {
    hal(StatusCode::NOT_FOUND, &json!({"error": "The requested document was not found on this server."}))
}

/// One field with what is wrong with it, in the way of the Pact Broker.
pub(crate) fn broker_invalid(field: &str, problem: &str) -> Response {
    let body = if field.is_empty() { json!({"errors": [problem]}) } else { json!({"errors": {field: [problem]}}) };
    hal(StatusCode::BAD_REQUEST, &body)
}

fn status_of(error: &RegistryError) -> StatusCode {
    match error {
        RegistryError::Refused(refused) => match refused {
            Refused::Invalid { .. } => StatusCode::BAD_REQUEST,
            Refused::Missing(_) => StatusCode::NOT_FOUND,
            Refused::Conflict(_) | Refused::Incompatible { .. } => StatusCode::CONFLICT,
            Refused::Forbidden(_) => StatusCode::FORBIDDEN,
            Refused::Stale(_) => StatusCode::PRECONDITION_FAILED,
        },
        RegistryError::Store(_) | RegistryError::Closing => StatusCode::SERVICE_UNAVAILABLE,
        RegistryError::Damaged(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// What the client is told. Texts of the database may name hosts and users: they go to the server's log only.
fn public_text(error: &RegistryError) -> String {
    match error {
        RegistryError::Refused(refused) => refused.to_string(),
        RegistryError::Store(inner) => {
            tracing::error!(error = %inner, "the storage failed");
            "the registry cannot use its storage at the moment; try again later".to_owned()
        }
        RegistryError::Damaged(inner) => {
            tracing::error!(error = %inner, "the log is damaged");
            "the registry's log is damaged; its operator must look at it".to_owned()
        }
        RegistryError::Closing => error.to_string(),
    }
}

impl IntoResponse for BrokerError {
    fn into_response(self) -> Response {
        let status = status_of(&self.0);
        match &self.0 {
            RegistryError::Refused(Refused::Missing(_)) => broker_not_found(),
            RegistryError::Refused(Refused::Invalid { field, problem }) => broker_invalid(field, problem),
            error if status == StatusCode::CONFLICT => hal(status, &json!({"errors": [public_text(error)]})),
            error => hal(status, &json!({"error": public_text(error)})),
        }
    }
}

impl IntoResponse for NativeError {
    fn into_response(self) -> Response {
        let status = status_of(&self.0);
        let title = match &self.0 {
            RegistryError::Refused(refused) => match refused {
                Refused::Invalid { .. } => "The request is not valid",
                Refused::Missing(_) => "Not found",
                Refused::Conflict(_) => "It contradicts what is published",
                Refused::Incompatible { .. } => "The contract breaks consumers",
                Refused::Forbidden(_) => "Not allowed",
                Refused::Stale(_) => "What the request was based on has changed",
            },
            RegistryError::Store(_) | RegistryError::Closing => "The registry is not available",
            RegistryError::Damaged(_) => "The registry's log is damaged",
        };
        let mut document = json!({
            "type": "about:blank", "title": title, "status": status.as_u16(), "detail": public_text(&self.0),
        });
        match &self.0 {
            RegistryError::Refused(Refused::Incompatible { report, .. }) => {
                document["type"] = json!("urn:counterpart:incompatible");
                document["report"] = serde_json::to_value(report).unwrap_or_default();
            }
            RegistryError::Refused(Refused::Invalid { field, .. }) if !field.is_empty() => {
                document["field"] = json!(field);
            }
            _ => {}
        }
        problem(status, &document)
    }
}

/// A problem document.
pub(crate) fn problem(status: StatusCode, document: &Value) -> Response {
    let mut response = with_type(status, "application/problem+json", document.to_string());
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

/// A moment as the Pact Broker writes it.
pub(crate) fn time(milliseconds: i64) -> String {
    jiff::Timestamp::from_millisecond(milliseconds).map_or_else(
        |_| String::new(),
        |moment| moment.to_zoned(jiff::tz::TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string(),
    )
}

/// Reads a JSON body; an empty one is `null`.
pub(crate) fn parse_body(bytes: &[u8]) -> Result<Value, Refused> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(Value::Null);
    }
    serde_json::from_slice(bytes).map_err(|error| Refused::invalid("", format!("Error parsing JSON - {error}")))
}
