//! Tests that need more than one module: one binary, because each binary links everything once more.

mod cli;
mod registry;
mod verify;
