//! Counterpart: finds breaking changes in protobuf and OpenAPI contracts and proves them.
//!
//! ```text
//! input ─loader─▶ Tree ─parse─▶ model ─pair, diff, expose, measure─▶ Change     source, syntax, formats
//!                                         ─judge─▶ verdict                       rules (pages in docs/rules)
//!                                         ─policy─▶ Finding, bump                policy
//!                                         ─report─▶ Report ─▶ text, JSON         check, render
//! ```
//!
//! `ARCHITECTURE.md` is the map: what each module owns and which may import which.

pub mod bump;
pub mod change;
pub mod check;
pub mod cli;
pub mod config;
pub mod finding;
pub mod formats;
pub mod github;
pub mod pact;
pub mod policy;
mod registry;
pub mod render;
pub mod rules;
pub mod source;
pub mod syntax;
pub mod verify;
