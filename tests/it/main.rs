//! Tests that need more than one module: one binary, because each binary links everything once more.

mod action;
mod bump;
mod cli;
mod equivalence;
mod fuzz_targets;
mod guides;
mod page;
mod protobuf;
mod reference;
mod registry;
mod reports;
mod schema_bounds;
mod scratch;
mod tools;
mod verify;
mod walkthrough;
mod workflows;
