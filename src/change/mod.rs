//! What changed, as facts: no severity, no advice.
//!
//! A format's `diff` produces [`Change`]s. Each names its [`ChangeKind`] and states the facts that kind declares; the
//! rule pages decide what the facts mean. What an execution showed (containment, an encoded message) travels with the
//! change as [`Measured`].

mod exposure;
mod kind;
mod measure;
mod record;

pub use exposure::{Exposure, Operation};
pub use kind::{ChangeKind, FactDecl, Facts};
pub use measure::{Cell, Direction, Measured, Measurement, Proof, Witness};
pub use record::{Change, Insertion, ONLY_HERE, Occurrence, Subject, Values};
