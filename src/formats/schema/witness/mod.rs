//! Witnesses: values that are really accepted by one version and rejected by the other.
//!
//! A candidate counts when the `jsonschema` crate (on our lowering) and the evaluator of the raw documents agree that
//! the writer may write it and the reader refuses it. Then it is shrunk, as long as both still agree.

mod judge;
mod shrink;

pub(in crate::formats::schema) use judge::{Judge, Pair};
