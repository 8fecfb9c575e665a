//! What a pact says, the same for every specification version.

use bytes::Bytes;
use serde_json::{Map, Value};

use crate::pact::content_type::ContentType;
use crate::pact::generator::Generators;
use crate::pact::grpc::{GrpcCall, GrpcReply};
use crate::pact::rule::MatchingRules;

/// The specification version that a pact declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SpecVersion {
    /// 1.0: exact matching.
    V1,
    /// 1.1: query and headers clarified.
    V1_1,
    /// 2.0: matching rules.
    V2,
    /// 3.0: messages, rules by category, generators, several provider states.
    V3,
    /// 4.0: one list of typed interactions.
    V4,
}

/// One pact file: what one consumer expects of one provider.
#[derive(Debug, Clone, PartialEq)]
pub struct Pact {
    /// The consumer's name.
    pub consumer: String,
    /// The provider's name.
    pub provider: String,
    /// The version by which the file was read.
    pub version: SpecVersion,
    /// In the order of the file.
    pub interactions: Vec<Interaction>,
    /// Names of the plugins that the file declares.
    pub plugins: Vec<String>,
}

/// One expectation.
#[derive(Debug, Clone, PartialEq)]
pub struct Interaction {
    /// What the consumer calls it.
    pub description: String,
    /// What the provider must be like, in order.
    pub states: Vec<ProviderState>,
    /// The broker's id of this interaction (`_id`), or the key of a V4 file.
    pub key: Option<String>,
    /// Whether a failure is reported without failing the run.
    pub is_pending: bool,
    /// What the author wrote about it.
    pub comments: Comments,
    /// Whether it can only be understood by a plugin: it has plugin configuration or rules that are not of the specification.
    pub plugin: Option<String>,
    /// What is sent and expected back.
    pub kind: InteractionKind,
}

/// The comments of a V4 interaction.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comments {
    /// Free text, in order.
    pub text: Vec<String>,
    /// The consumer's test that wrote the interaction.
    pub test_name: Option<String>,
}

/// What an interaction is about.
#[derive(Debug, Clone, PartialEq)]
pub enum InteractionKind {
    /// An HTTP request and its response.
    Http {
        /// What the consumer sends.
        request: Box<HttpRequest>,
        /// What it relies on.
        response: Box<HttpResponse>,
    },
    /// A message that the provider writes.
    Message(Box<Message>),
    /// A message that the consumer sends and the messages that come back.
    SyncMessage {
        /// What the consumer sends.
        request: Box<Message>,
        /// What it relies on, in order.
        responses: Vec<Message>,
    },
    /// A gRPC call in Counterpart's own form.
    Grpc {
        /// What the consumer sends.
        call: Box<GrpcCall>,
        /// What it relies on.
        reply: Box<GrpcReply>,
    },
}

impl InteractionKind {
    /// `http`, `message`, `sync-message` or `grpc`.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Http { .. } => "http",
            Self::Message(_) => "message",
            Self::SyncMessage { .. } => "sync-message",
            Self::Grpc { .. } => "grpc",
        }
    }
}

/// What the provider must be like before an interaction.
#[derive(Debug, Clone, PartialEq)]
pub struct ProviderState {
    /// Its name.
    pub name: String,
    /// Its parameters, empty if there are none.
    pub params: Map<String, Value>,
}

/// Header names as written, each with its values in order.
pub type Headers = Vec<(String, Vec<String>)>;

/// Query parameter names in order of first appearance, each with its values; `None` is a name without `=`.
pub type Query = Vec<(String, Vec<Option<String>>)>;

/// Message metadata by name.
pub type Metadata = Map<String, Value>;

/// An HTTP request: expected (with rules and generators) or actual (without).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HttpRequest {
    /// As written; compared without regard to case.
    pub method: String,
    /// Without the query.
    pub path: String,
    /// Empty if there is none.
    pub query: Query,
    /// Empty if there are none.
    pub headers: Headers,
    /// The body.
    pub body: Body,
    /// How to compare.
    pub rules: MatchingRules,
    /// What to replace before sending.
    pub generators: Generators,
}

/// An HTTP response: expected (with rules and generators) or actual (without).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HttpResponse {
    /// The status code.
    pub status: u16,
    /// Empty if there are none.
    pub headers: Headers,
    /// The body.
    pub body: Body,
    /// How to compare.
    pub rules: MatchingRules,
    /// What to replace where the response is simulated.
    pub generators: Generators,
}

/// A message: expected (with rules and generators) or actual (without).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Message {
    /// The content.
    pub body: Body,
    /// Names and values beside the content.
    pub metadata: Metadata,
    /// How to compare.
    pub rules: MatchingRules,
    /// What to replace where the message is simulated.
    pub generators: Generators,
}

/// A body. The four cases are different expectations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Body {
    /// Nothing is said about it: anything goes.
    #[default]
    Missing,
    /// There must be none.
    Null,
    /// It must be empty.
    Empty,
    /// It must be like this.
    Present {
        /// The bytes, decoded.
        bytes: Bytes,
        /// The content type that the pact states for the body itself (V4), which stands behind a header.
        content_type: Option<ContentType>,
    },
}

impl Body {
    /// A body of these bytes; no bytes give [`Body::Empty`].
    #[must_use]
    pub fn from_bytes(bytes: impl Into<Bytes>, content_type: Option<ContentType>) -> Self {
        let bytes = bytes.into();
        if bytes.is_empty() { Self::Empty } else { Self::Present { bytes, content_type } }
    }

    /// The bytes; empty where there is no body.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Present { bytes, .. } => bytes,
            Self::Missing | Self::Null | Self::Empty => &[],
        }
    }

    /// Whether there is a body with at least one byte.
    #[must_use]
    pub const fn is_present(&self) -> bool {
        matches!(self, Self::Present { .. })
    }
}

/// The first value of a header, whatever the case of its name.
pub(crate) fn header<'h>(headers: &'h Headers, name: &str) -> Option<&'h str> {
    headers
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .and_then(|(_, values)| values.first())
        .map(String::as_str)
}

impl HttpRequest {
    /// The content type by header, body or content.
    #[must_use]
    pub fn content_type(&self) -> Option<ContentType> {
        part_content_type(header(&self.headers, "content-type"), &self.body)
    }
}

impl HttpResponse {
    /// The content type by header, body or content.
    #[must_use]
    pub fn content_type(&self) -> Option<ContentType> {
        part_content_type(header(&self.headers, "content-type"), &self.body)
    }
}

impl Message {
    /// The content type by metadata (`contentType`, `content-type`), body or content.
    #[must_use]
    pub fn content_type(&self) -> Option<ContentType> {
        let stated = self.metadata.iter().find_map(|(name, value)| {
            let is_content_type = name.eq_ignore_ascii_case("contenttype") || name.eq_ignore_ascii_case("content-type");
            is_content_type.then(|| value.as_str()).flatten()
        });
        part_content_type(stated, &self.body)
    }
}

fn part_content_type(stated: Option<&str>, body: &Body) -> Option<ContentType> {
    if let Some(content_type) = stated.and_then(ContentType::parse) {
        return Some(content_type);
    }
    match body {
        Body::Present { bytes, content_type } => content_type.clone().or_else(|| ContentType::detect(bytes)),
        Body::Missing | Body::Null | Body::Empty => None,
    }
}
