//! Protobuf: the front end (lexer, parser, linker, features), the model that comparisons read, and the format itself.
//!
//! The language is read by our own front end, because no crate reads editions, recovers from errors, keeps byte
//! spans and survives hostile input at the same time. `protox` and `protoc` are oracles in tests.

mod builtin;
mod descriptor;
pub(crate) mod diff;
mod discover;
pub(crate) mod exposure;
mod fault;
mod format;
pub(crate) mod kinds;
mod link;
mod load;
pub mod model;
#[cfg(test)]
mod oracle;
pub(crate) mod pair;
mod parse;
pub(crate) mod relation;
mod retirements;
mod runtime;
mod version;
pub(crate) mod witness;

pub use format::Protobuf;
pub use runtime::runtime_descriptors;
