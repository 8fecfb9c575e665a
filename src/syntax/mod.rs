//! Spanned trees: one node type for YAML and JSON.
//!
//! A [`Document`] is an arena of nodes addressed by [`NodeId`]. Every node knows its bytes in the file, its place in
//! the tree (as a JSON pointer), and a hash of its meaning, so that equal subtrees are recognized in one comparison.
//! Reading never fails: [`parse`] gives the tree that it could build, and a [`Fault`] for everything that is wrong.
//!
//! A [`Library`] holds all documents of one side and resolves the references between them; a [`Cursor`] is a node
//! that knows its library.
//!
//! What the nodes *mean* (a schema, an operation) is left to the formats.

mod build;
mod context;
mod convert;
mod cursor;
mod document;
mod fault;
mod hash;
mod json;
mod library;
#[cfg(test)]
pub(crate) mod memory_tree;
mod names;
mod node;
mod number;
mod parse;
mod reference;
mod sniff;
mod survey;
mod yaml;

#[cfg(test)]
mod tests;

pub use convert::TooLarge;
pub use cursor::{Cursor, Place};
pub use document::Document;
pub use fault::Fault;
pub use library::Library;
pub use node::{Kind, NodeId, Pair, Style};
pub use number::Decimal;
pub use parse::{Parsed, Syntax, decode, parse};
pub use reference::Unresolved;
pub use sniff::{RootField, root_field, root_slice};
pub use survey::{Sighting, globs, survey};

/// How deep a document may nest, aliases and merge keys included. Walking a tree recursively is safe below this.
pub const MAX_DEPTH: u16 = 250;
