//! What a registry knows, as plain values and pure functions: no storage, no HTTP, no clock.

mod announce;
mod chain;
mod content;
mod deploy;
mod event;
mod matrix;
mod name;
mod retention;
mod selectors;
mod state;

pub(crate) use announce::Announcement;
pub(crate) use chain::{ChainError, GENESIS, Head, Record, Sealed};
pub(crate) use content::{Digest, Hashing, PactContent, PactDocument};
pub(crate) use deploy::{Basis, ContractKey, Party, Question, deploy_token};
pub(crate) use event::{
    ContractFile, Event, HttpRequest, ParticipantFilter, Patch, Scope, TestTally, TokenGrant, TrustRule, VerifiedBy,
    WebhookDefinition,
};
pub(crate) use matrix::{By, Ignored, LatestBy, Matrix, MatrixQuery, MatrixRow, MatrixSelector};
pub(crate) use name::{NameError, NameKind, check_name};
pub(crate) use selectors::{Selected, Selector, VerificationQuery, check_selectors};
pub(crate) use state::{
    Branch, Deployment, Environment, PactId, Publication, ResultId, Running, ServiceId, State, VersionId, Webhook,
};
