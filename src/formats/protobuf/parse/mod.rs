//! From text to a file whose names are not looked up yet.
//!
//! A recovering recursive-descent parser over the grammar of <https://protobuf.com/docs/language-spec>, for proto2,
//! proto3 and editions 2023 and 2024. It reports every syntax error with its place, goes on behind it, and never
//! fails, panics or recurses deeper than the limits here.

mod cursor;
mod enums;
mod field;
mod lexer;
mod literal;
mod message;
mod number;
mod options;
mod outline;
mod raw;
mod service;
mod top;

#[cfg(test)]
mod tests;

pub(crate) use literal::{StringValue, unescape_bytes};
pub(crate) use outline::{head, outline};
pub(crate) use raw::{OptionTarget, Parsed, RawField, RawFieldName, RawNamePart, RawOption, RawOptions, RawValue};
pub(crate) use top::{Room, parse};

/// How deep messages may be nested: the limit of protoc.
const MAX_MESSAGE_DEPTH: u32 = 32;
/// How deep values of options may be nested.
const MAX_VALUE_DEPTH: u32 = 100;
