//! The schemas of one side as a graph: every `$ref` an edge, recursion a cycle.
//!
//! A [`SchemaGraph`] reads a schema when it is first asked for and never before, so the cost follows what is reached.
//! Nothing is interpreted here: a [`Schema`] holds the keywords as they are written, typed, with their places. What
//! they mean for a value is [`lower`](crate::formats::schema::lower)'s business; what changed between two of them
//! is the differ's.

mod arena;
mod build;
mod fingerprint;
mod node;
mod resolve;
mod store;

pub use node::{Data, Dependency, Discriminator, Entry, NamedSchema, Reference, Schema, SchemaId, SchemaKind, Types};
pub use resolve::{DocumentId, Place, Resolver, Target};
pub use store::SchemaGraph;
