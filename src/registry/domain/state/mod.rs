//! Everything the registry knows at one moment: a fold over the log.
//!
//! [`State::apply`] never fails and never asks: whether something may happen was decided before it was recorded. An
//! event about something that is not there any more does nothing, so that a log stays readable after removals.
//!
//! Numbers ([`ServiceId`], [`VersionId`], [`PactId`]) are private to one state and never leave the program. They are
//! given out in order of creation, so comparing two [`VersionId`]s tells which version became known first.

mod apply;
mod entities;
mod query;
mod snapshot;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rustc_hash::FxHashMap;

pub(crate) use entities::{
    Branch, Contract, Deployment, Environment, Mark, Pact, PactId, Pair, Publication, ResultId, Running, Service,
    ServiceId, Token, Trust, Verification, Version, VersionId, Webhook,
};

use crate::registry::domain::{GENESIS, Head, PactContent};

/// Everything that is known.
#[derive(Debug)]
pub(crate) struct State {
    /// The record that was applied last.
    pub(crate) head: Head,
    services: Vec<Service>,
    service_by_name: HashMap<Box<str>, ServiceId>,
    versions: Vec<Version>,
    pacts: Vec<Pact>,
    pact_by_content: FxHashMap<(ServiceId, ServiceId, PactContent), PactId>,
    pairs: BTreeMap<(ServiceId, ServiceId), Pair>,
    results: Vec<Verification>,
    environments: BTreeMap<Box<str>, Environment>,
    deployments: Vec<Deployment>,
    deployment_by_uuid: HashMap<Box<str>, u32>,
    webhooks: BTreeMap<Box<str>, Webhook>,
    tokens: BTreeMap<Box<str>, Token>,
    trusts: BTreeMap<Box<str>, Trust>,
    consumed_by: BTreeMap<ServiceId, BTreeSet<ServiceId>>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            head: GENESIS,
            services: Vec::new(),
            service_by_name: HashMap::new(),
            versions: Vec::new(),
            pacts: Vec::new(),
            pact_by_content: FxHashMap::default(),
            pairs: BTreeMap::new(),
            results: Vec::new(),
            environments: BTreeMap::new(),
            deployments: Vec::new(),
            deployment_by_uuid: HashMap::new(),
            webhooks: BTreeMap::new(),
            tokens: BTreeMap::new(),
            trusts: BTreeMap::new(),
            consumed_by: BTreeMap::new(),
        }
    }
}
