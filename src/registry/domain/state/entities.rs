//! What the state is made of.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::registry::domain::{ContractFile, Digest, PactContent, TokenGrant, TrustRule, WebhookDefinition};

/// A service of one state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct ServiceId(pub(super) u32);

/// A version of one state, in order of creation over all services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct VersionId(pub(super) u32);

/// The content of a pact between two services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct PactId(pub(super) u32);

/// A verification result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct ResultId(pub(super) u32);

/// When something was recorded, and where in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Mark {
    /// Milliseconds since 1970.
    pub(crate) at: i64,
    /// The number of the record.
    pub(crate) seq: u64,
}

/// A service.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Service {
    pub(crate) name: Box<str>,
    pub(crate) display_name: Option<Box<str>>,
    pub(crate) main_branch: Option<Box<str>>,
    pub(crate) repository_url: Option<Box<str>>,
    pub(crate) repository_name: Option<Box<str>>,
    pub(crate) repository_namespace: Option<Box<str>>,
    pub(crate) owners: Vec<String>,
    pub(crate) labels: BTreeMap<Box<str>, Mark>,
    /// As set for this service; the registry's default where absent.
    pub(crate) mode: Option<Box<str>>,
    pub(crate) created: Mark,
    pub(crate) changed: Mark,
    pub(crate) removed: bool,
    /// In order of creation, removed ones left out.
    pub(crate) versions: BTreeSet<VersionId>,
    #[serde(skip)]
    pub(super) version_by_number: HashMap<Box<str>, VersionId>,
    pub(crate) branches: BTreeMap<Box<str>, Branch>,
}

/// A branch of a service.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Branch {
    pub(crate) created: Mark,
    /// Its versions; the last is its head.
    pub(crate) versions: BTreeSet<VersionId>,
}

/// A version of a service.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Version {
    pub(crate) service: ServiceId,
    pub(crate) number: Box<str>,
    pub(crate) build_url: Option<Box<str>>,
    pub(crate) created: Mark,
    pub(crate) removed: bool,
    pub(crate) retired: bool,
    pub(crate) branches: Vec<(Box<str>, Mark)>,
    pub(crate) tags: Vec<(Box<str>, Mark)>,
    pub(crate) contract: Option<Box<Contract>>,
    /// Provider and its version's number (which the registry need not know), sorted by record.
    pub(crate) consumes: Vec<(ServiceId, Box<str>)>,
    /// One per provider.
    pub(crate) pacts: Vec<Publication>,
    /// Every deployment and release, ended ones too.
    pub(crate) deployments: Vec<u32>,
}

/// What a version offers.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Contract {
    pub(crate) files: Vec<ContractFile>,
    /// Names all paths and contents.
    pub(crate) manifest: Digest,
    pub(crate) published: Mark,
}

impl Contract {
    /// A contract of these files.
    pub(super) fn new(files: Vec<ContractFile>, published: Mark) -> Self {
        let text = serde_json::to_string(&files).expect("a list of files has string keys only");
        Self { manifest: Digest::of(text.as_bytes()), files, published }
    }
}

/// A consumer version's pact with one provider.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Publication {
    pub(crate) provider: ServiceId,
    pub(crate) pact: PactId,
    pub(crate) published: Mark,
    /// How often the pact of this version was replaced, from 1.
    pub(crate) revision: u32,
}

/// What a pact says.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Pact {
    pub(crate) consumer: ServiceId,
    pub(crate) provider: ServiceId,
    pub(crate) content: PactContent,
    pub(crate) blob: Digest,
    /// Result number n is at n - 1.
    #[serde(skip)]
    pub(crate) results: Vec<ResultId>,
    /// The newest result by provider version.
    #[serde(skip)]
    pub(crate) newest: FxHashMap<VersionId, ResultId>,
}

/// Two services with a pact between them.
#[derive(Debug, Default)]
pub(crate) struct Pair {
    /// Consumer versions that have a pact with the provider.
    pub(crate) versions: BTreeSet<VersionId>,
}

/// A verification result. There may be millions, so it is small and the details stay in the log.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Verification {
    pub(crate) provider_version: VersionId,
    /// From 1, within the pact's content.
    pub(crate) number: u32,
    pub(crate) success: bool,
    pub(crate) recorded: Mark,
}

/// A place where versions run.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Environment {
    pub(crate) uuid: Box<str>,
    pub(crate) name: Box<str>,
    pub(crate) display_name: Option<Box<str>>,
    pub(crate) production: bool,
    pub(crate) contacts: serde_json::Value,
    pub(crate) created: Mark,
    pub(crate) changed: Mark,
    /// The deployments and releases that have not ended, in order.
    pub(crate) live: BTreeSet<u32>,
}

/// A deployment or a release.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Deployment {
    pub(crate) uuid: Box<str>,
    pub(crate) version: VersionId,
    pub(crate) environment: Box<str>,
    pub(crate) running: Running,
    pub(crate) started: Mark,
    pub(crate) ended: Option<Mark>,
}

/// How a version is in use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Running {
    /// On an instance, where it takes the place of the one before.
    Deployed { instance: Option<Box<str>> },
    /// Beside others, in the hands of users.
    Released,
}

/// A webhook.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Webhook {
    pub(crate) definition: WebhookDefinition,
    pub(crate) created: Mark,
    pub(crate) changed: Mark,
}

/// A token.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Token {
    pub(crate) grant: TokenGrant,
    pub(crate) hash: Digest,
    pub(crate) issued: Mark,
    pub(crate) revoked: Option<Mark>,
}

/// Trust in an identity provider.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Trust {
    pub(crate) rule: TrustRule,
    pub(crate) created: Mark,
}
