//! gRPC calls in Counterpart's own form: a V4 interaction of the type `Counterpart/gRPC`.
//!
//! ```json
//! {"type": "Counterpart/gRPC", "description": "an order by id", "service": "shop.v1.Orders", "method": "Get",
//!  "request":  {"message": {"id": "7"}, "metadata": {"x-tenant": "a"}},
//!  "response": {"message": {"id": "7", "total": 12}, "matchingRules": {"body": {"$.total": {"matchers": [{"match": "integer"}]}}}}}
//! ```
//!
//! Messages are in protobuf's JSON form. A stream has `messages`, a list, instead of `message`; its rules begin with the
//! index (`$[*].total`). `response.status` is a gRPC status by name or number, `OK` unless stated.

use serde_json::{Map, Value};

use crate::pact::generate::{GeneratorContext, generate_message};
use crate::pact::generator::Generators;
use crate::pact::http_part::compare_metadata;
use crate::pact::json::compare_json;
use crate::pact::mismatch::{Mismatch, Part};
use crate::pact::model::{Body, InteractionKind, Message, Metadata};
use crate::pact::parse_part::{Trouble, metadata, text};
use crate::pact::rule::MatchingRules;
use crate::pact::scope::Strictness;

/// The type of such an interaction.
pub(crate) const TYPE: &str = "Counterpart/gRPC";

/// The names of the status codes, by number.
pub(crate) const STATUS_NAMES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// What the consumer sends.
#[derive(Debug, Clone, PartialEq)]
pub struct GrpcCall {
    /// The full name of the service.
    pub service: String,
    /// The method's name.
    pub method: String,
    /// In protobuf's JSON form; one unless the client streams.
    pub messages: Vec<Value>,
    /// Sent with the call.
    pub metadata: Metadata,
    /// What to replace before sending, for the first message.
    pub generators: Generators,
}

/// What the consumer relies on; also what came, then without rules.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GrpcReply {
    /// The number of the status.
    pub status: u8,
    /// The text of the status, if it matters.
    pub status_message: Option<String>,
    /// In protobuf's JSON form.
    pub messages: Vec<Value>,
    /// Whether rules and differences count the messages (`$[0].id`), because the server streams.
    pub is_stream: bool,
    /// Initial and trailing metadata.
    pub metadata: Metadata,
    /// How to compare.
    pub rules: MatchingRules,
}

pub(crate) fn read(object: &Map<String, Value>, pointer: &str, trouble: &mut Trouble) -> Option<InteractionKind> {
    let service = text(object, "service", pointer, trouble);
    let method = text(object, "method", pointer, trouble);
    let part = |name: &str| object.get(name).and_then(Value::as_object).cloned().unwrap_or_default();
    let (request, response) = (part("request"), part("response"));
    let (request_at, response_at) = (format!("{pointer}/request"), format!("{pointer}/response"));
    let (messages, _) = messages(&request, true, &request_at, trouble);
    let generators = Generators::from_json(request.get("generators"), &format!("{request_at}/generators"), trouble);
    let call = GrpcCall {
        service: service?,
        method: method?,
        messages,
        metadata: metadata(&request, &request_at, trouble),
        generators,
    };
    let status = status(&response, &response_at, trouble);
    let (messages, is_stream) = self::messages(&response, status == 0, &response_at, trouble);
    let reply = GrpcReply {
        status,
        status_message: response.get("statusMessage").and_then(Value::as_str).map(str::to_owned),
        messages,
        is_stream,
        metadata: metadata(&response, &response_at, trouble),
        rules: MatchingRules::from_json(
            response.get("matchingRules"),
            &format!("{response_at}/matchingRules"),
            trouble,
        ),
    };
    Some(InteractionKind::Grpc { call: Box::new(call), reply: Box::new(reply) })
}

fn messages(object: &Map<String, Value>, is_needed: bool, pointer: &str, trouble: &mut Trouble) -> (Vec<Value>, bool) {
    match (object.get("message"), object.get("messages")) {
        (Some(_), Some(_)) => {
            trouble.add(pointer, "give `message` for one message or `messages` for a stream, not both");
            (Vec::new(), false)
        }
        (Some(message), None) => (vec![message.clone()], false),
        (None, Some(Value::Array(messages))) => (messages.clone(), true),
        (None, Some(_)) => {
            trouble.add(&format!("{pointer}/messages"), "`messages` must be a list");
            (Vec::new(), true)
        }
        (None, None) => {
            if is_needed {
                trouble.add(pointer, "a gRPC interaction needs a `message` here, or `messages` for a stream");
            }
            (Vec::new(), false)
        }
    }
}

fn status(object: &Map<String, Value>, pointer: &str, trouble: &mut Trouble) -> u8 {
    let known = match object.get("status") {
        None => Some(0),
        Some(Value::String(name)) => STATUS_NAMES.iter().position(|known| known.eq_ignore_ascii_case(name)),
        Some(number) => number
            .as_u64()
            .and_then(|number| usize::try_from(number).ok())
            .filter(|number| *number < STATUS_NAMES.len()),
    };
    if known.is_none() {
        trouble.add(
            &format!("{pointer}/status"),
            "`status` must be the name or number of a gRPC status, such as NOT_FOUND",
        );
    }
    known.and_then(|number| u8::try_from(number).ok()).unwrap_or(0)
}

impl GrpcCall {
    /// `/shop.v1.Orders/Get`.
    #[must_use]
    pub fn path(&self) -> String {
        format!("/{}/{}", self.service, self.method)
    }

    /// The call with generated values.
    ///
    /// # Errors
    /// Why a value could not be made.
    pub fn generate(&self, context: &mut GeneratorContext<'_>) -> Result<Self, String> {
        let mut made = self.clone();
        if let (Some(first), false) = (made.messages.first_mut(), self.generators.is_empty()) {
            let message = Message {
                body: Body::from_bytes(first.to_string(), None),
                metadata: self.metadata.clone(),
                generators: self.generators.clone(),
                ..Message::default()
            };
            let message = generate_message(&message, context)?;
            *first = serde_json::from_slice(message.body.bytes()).map_err(|error| error.to_string())?;
            made.metadata = message.metadata;
        }
        Ok(made)
    }
}

impl GrpcReply {
    /// The differences of what came.
    #[must_use]
    pub fn compare(&self, actual: &Self) -> Vec<Mismatch> {
        let name = |status: u8| STATUS_NAMES.get(usize::from(status)).copied().unwrap_or("an unknown status");
        let mut found = Vec::new();
        if self.status != actual.status {
            let text = actual
                .status_message
                .as_deref()
                .filter(|text| !text.is_empty())
                .map(|text| format!(" ({text})"))
                .unwrap_or_default();
            let message = format!("expected the status {} but was {}{text}", name(self.status), name(actual.status));
            found.push(Mismatch::new(Part::Status, "", name(self.status), name(actual.status), message));
            return found;
        }
        if let Some(wanted) = &self.status_message
            && actual.status_message.as_ref() != Some(wanted)
        {
            let came = actual.status_message.as_deref().unwrap_or_default();
            found.push(Mismatch::new(
                Part::Status,
                "message",
                wanted,
                came,
                format!("expected the status message '{wanted}' but was '{came}'"),
            ));
        }
        if self.is_stream {
            let list = |messages: &[Value]| Value::Array(messages.to_vec());
            found.extend(compare_json(
                &self.rules.body,
                Strictness::Lenient,
                &list(&self.messages),
                &list(&actual.messages),
            ));
        } else if let Some(expected) = self.messages.first() {
            match actual.messages.as_slice() {
                [message] => found.extend(compare_json(&self.rules.body, Strictness::Lenient, expected, message)),
                other => {
                    let count = other.len().to_string();
                    found.push(Mismatch::new(
                        Part::Body,
                        "$",
                        "1",
                        &count,
                        format!("expected one message but received {count}"),
                    ));
                }
            }
        }
        found.extend(compare_metadata(&self.rules.metadata, &self.metadata, &actual.metadata));
        found
    }
}
