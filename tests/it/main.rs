//! Tests that need more than one module: one binary, because each binary links everything once more.

mod cli;
mod protobuf;
mod registry;
mod verify;
