//! What can be asked of a registry and done to it, for every transport: decisions, in terms of the domain.
//!
//! Each command is a function that looks at the state and says which events follow, or why not. It runs while the end
//! of the log is held, so what it saw is still true when its events are written.

mod access;
mod archive;
mod blob_tree;
mod compatibility;
mod deploy;
mod environments;
mod error;
mod ledger;
mod merge;
mod participants;
mod plan;
mod publish;
mod registry;
mod retention;
mod snapshots;
mod static_pact;
mod tokens;
mod verification;
mod webhooks;

pub(crate) use access::{Caller, matches as glob_matches};
pub(crate) use archive::{export, restore};
pub(crate) use blob_tree::published;
pub(crate) use environments::{EnvironmentInput, need_environment};
pub(crate) use error::{Refused, RegistryError};
pub(crate) use ledger::{Edges, Ledger};
pub(crate) use plan::Plan;
pub(crate) use publish::{PactOutcome, PactUpload, Published, PublishedPact, Upload};
pub(crate) use registry::{Registry, Written, need_service, need_version};
pub(crate) use verification::NewResult;
pub(crate) use webhooks::{HIDDEN, header_key, is_secret, password_key, signing_key};
