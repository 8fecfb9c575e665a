//! Compares two versions end to end: trees in, [`Report`](crate::finding::Report) out.
//!
//! Finds the contracts of every format on both sides, has the formats compare them, judges and weighs each change, and
//! puts the report together. Does no input or output of its own: trees are read through the trait.

mod assemble;
mod base_broken;
mod findings;
mod kinds;
mod request;
mod versions;
mod waivers;

pub use kinds::KINDS;
pub use request::{BaseTree, Purpose, ReleasedTree, Request};

pub use assemble::run;
