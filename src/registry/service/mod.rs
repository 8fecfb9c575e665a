//! What can be asked of a registry and done to it, for every transport: decisions, in terms of the domain.
//!
//! Each command is a function that looks at the state and says which events follow, or why not. It runs while the end
//! of the log is held, so what it saw is still true when its events are written.

mod access;
mod error;
mod ledger;
mod plan;

pub(crate) use access::Caller;
pub(crate) use error::{Refused, RegistryError};
pub(crate) use ledger::{Edges, Ledger};
pub(crate) use plan::Plan;
