//! Schemas: one graph for every dialect, and the engine that says whether a reader reads what a writer writes.
//!
//! ```text
//! documents ─graph─▶ keywords as written ─lower─▶ one dialect, per direction ─contain─▶ contained | candidates
//!                            │                                                              │
//!                            └────────── evaluate (the raw documents) ◀── witness ◀─────────┘
//! ```
//!
//! [`SchemaGraph`] holds what is written, [`Engine`] answers. OpenAPI builds on this module.

mod budget;
mod contain;
mod dialect;
pub mod diff;
mod engine;
mod evaluate;
mod format_values;
pub mod graph;
mod guarantee;
mod keyword;
pub mod kinds;
pub mod lifecycle;
mod lower;
pub mod number;
mod pattern;
mod retirements;
mod validate;
mod witness;

pub use dialect::Dialect;
use engine::Verdict;
pub use engine::{Answer, Engine, Party, Role, Settings, Side};
pub use graph::{SchemaGraph, SchemaId};
pub use keyword::Keyword;
pub use retirements::retirements;
pub use validate::{Sample, Validator, ValueFault};
