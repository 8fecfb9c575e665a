//! Pact files of the specification versions 1 to 4, and matching by their rules.
//!
//! Owns the model of a pact ([`Pact`], [`Interaction`]), reading it with positions for what is wrong
//! ([`parse()`]), matching rules and generators of every version, and the comparison of an actual request, response or
//! message with the expected one ([`compare_request`], [`compare_response`], [`compare_message`]). All of it is pure
//! and synchronous: who sends and receives is `verify`.
//!
//! ```text
//! text ─parse─▶ Pact { interactions, rules, generators }
//!                 ─generate─▶ request to send            generate, java_time, date_expression
//!                 ─compare──▶ Vec<Mismatch>              http_part, body, json, xml, form, multipart, text_rule
//! ```

mod body;
mod content_type;
mod date_expression;
mod form;
mod generate;
mod generator;
mod grpc;
mod http_part;
mod java_time;
mod json;
mod json_rule;
mod mismatch;
mod model;
mod multipart;
mod outline;
mod parse;
mod parse_part;
mod path;
mod pattern;
mod rule;
mod scope;
mod text_rule;
mod xml;

pub use body::compare_body;
pub use content_type::ContentType;
pub use generate::{GeneratorContext, Mode, generate_message, generate_request, generate_response};
pub use generator::{Generator, Generators};
pub use grpc::{GrpcCall, GrpcReply};
pub use http_part::{
    compare_message, compare_metadata, compare_request, compare_response, parse_query, split_header_value,
};
pub use json::{canonical_text, compare_json};
pub use mismatch::{Mismatch, Part};
pub use model::{
    Body, Comments, Headers, HttpRequest, HttpResponse, Interaction, InteractionKind, Message, Metadata, Pact,
    ProviderState, Query, SpecVersion,
};
pub use parse::{Parsed, parse, parse_matching_case};
pub use path::{Path, PathToken};
pub use rule::{Category, Combine, MatchingRules, Rule, RuleList, StatusClass, Variant};
pub use scope::Strictness;
