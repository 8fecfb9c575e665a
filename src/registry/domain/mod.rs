//! What a registry knows, as plain values and pure functions: no storage, no HTTP, no clock.

mod announce;
mod chain;
mod content;
mod event;
mod name;
mod state;

pub(crate) use announce::Announcement;
pub(crate) use chain::{ChainError, GENESIS, Head, Record, Sealed};
pub(crate) use content::{Digest, PactContent, PactDocument, PactError};
pub(crate) use event::{
    ContractFile, Event, HttpRequest, ParticipantFilter, Patch, Scope, TestTally, TokenGrant, TrustRule, VerifiedBy,
    WebhookDefinition,
};
pub(crate) use name::{NameError, NameKind, check_name};
pub(crate) use state::{
    Branch, Contract, Deployment, Environment, Mark, Pact, PactId, Pair, Publication, ResultId, Running, Service,
    ServiceId, State, Token, Trust, Verification, Version, VersionId, Webhook,
};
