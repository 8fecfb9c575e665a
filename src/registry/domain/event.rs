//! The facts that the log records. Stored data: names and shapes are a public interface.
//!
//! Events name things by name, never by internal number, so that an exported log can be read on its own. A new kind of
//! event is a new variant; a variant's fields only ever grow, and new ones are optional. An old program refuses a log
//! with an event that it does not know, because a state without it would be wrong.

use serde::{Deserialize, Serialize};

use crate::registry::domain::Digest;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Event {
    /// A service became known.
    ServiceCreated { service: String },
    /// What is known about a service changed; fields that are `None` stay.
    ServiceChanged { service: String, patch: Patch },
    /// A service with all its versions, pacts and results was removed.
    ServiceRemoved { service: String },
    /// A label was put on a service.
    Labeled { service: String, label: String },
    /// A label was taken off a service.
    Unlabeled { service: String, label: String },
    /// A version became known, or its build URL changed.
    VersionRecorded {
        service: String,
        version: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        build_url: Option<String>,
    },
    /// A version with its pacts and contract was removed.
    VersionRemoved { service: String, version: String },
    /// A version no longer counts as something that others are built against.
    VersionRetired { service: String, version: String },
    /// A version belongs to a branch.
    BranchAssigned { service: String, version: String, branch: String },
    /// A branch was deleted; its versions stay.
    BranchRemoved { service: String, branch: String },
    /// A version carries a tag.
    Tagged { service: String, version: String, tag: String },
    /// A version lost a tag.
    Untagged { service: String, version: String, tag: String },
    /// The contract that a version of a service offers.
    ContractPublished { service: String, version: String, files: Vec<ContractFile> },
    /// What a version was built against.
    Consumed { service: String, version: String, provider: String, provider_version: String },
    /// The pact of a consumer version with a provider. A second one for the same pair replaces the first.
    PactPublished { consumer: String, version: String, provider: String, content: String, blob: Digest },
    /// The pact of a consumer version with a provider was removed.
    PactRemoved { consumer: String, version: String, provider: String },
    /// A provider version was verified against the content of a pact.
    Verified {
        consumer: String,
        provider: String,
        content: String,
        provider_version: String,
        success: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        build_url: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        verified_by: Option<VerifiedBy>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tests: Option<TestTally>,
    },
    /// An environment became known, or changed.
    EnvironmentSaved {
        uuid: String,
        name: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        display_name: Option<String>,
        production: bool,
        #[serde(default, skip_serializing_if = "serde_json::Value::is_null")]
        contacts: serde_json::Value,
    },
    /// An environment was removed, and with it what was recorded as running there.
    EnvironmentRemoved { uuid: String },
    /// A version was deployed; what ran on the same instance before no longer does.
    Deployed {
        uuid: String,
        service: String,
        version: String,
        environment: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        instance: Option<String>,
    },
    /// A version was released: it may be in use there beside others.
    Released { uuid: String, service: String, version: String, environment: String },
    /// A deployment or release came to its end.
    Ended { uuid: String },
    /// A webhook was created or changed.
    WebhookSaved { uuid: String, webhook: WebhookDefinition },
    /// A webhook was removed.
    WebhookRemoved { uuid: String },
    /// A token was handed out; only its hash is known.
    TokenIssued { id: String, grant: TokenGrant, hash: Digest },
    /// A token is no longer accepted.
    TokenRevoked { id: String },
    /// Tokens of an identity provider are trusted under conditions.
    TrustSaved { id: String, rule: TrustRule },
    /// They no longer are.
    TrustRemoved { id: String },
    /// Content that nothing refers to any more was deleted.
    BlobsCollected { count: u64, bytes: u64 },
}

/// Changes to a service. `Some` of an empty value clears a text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Patch {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) display_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) main_branch: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) repository_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) repository_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) repository_namespace: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) owners: Option<Vec<String>>,
    /// The compatibility mode that publishing enforces; `none` enforces nothing, empty goes back to the default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mode: Option<String>,
}

impl Patch {
    /// Whether it would change nothing.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// One file of a contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ContractFile {
    /// Relative to the contract's root, with `/`.
    pub(crate) path: String,
    /// The content.
    pub(crate) blob: Digest,
    /// In bytes.
    pub(crate) size: u64,
}

/// The program that verified.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct VerifiedBy {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) implementation: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) client_language: Option<String>,
}

/// Details of a verification: counted here, kept whole in a blob.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TestTally {
    pub(crate) passed: u32,
    pub(crate) failed: u32,
    pub(crate) blob: Digest,
}

/// A webhook as saved; its password is kept apart, outside of the log.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct WebhookDefinition {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) consumer: Option<ParticipantFilter>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) provider: Option<ParticipantFilter>,
    pub(crate) events: Vec<String>,
    pub(crate) enabled: bool,
    pub(crate) request: HttpRequest,
    /// Whether deliveries are signed with the registry's key for this webhook.
    #[serde(default)]
    pub(crate) signed: bool,
}

/// Which services a webhook is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ParticipantFilter {
    /// The service of this name.
    Name(String),
    /// Every service that carries this label.
    Label(String),
}

/// What a webhook sends.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct HttpRequest {
    pub(crate) method: String,
    pub(crate) url: String,
    #[serde(default)]
    pub(crate) headers: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) body: Option<serde_json::Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) username: Option<String>,
    /// Whether a password is kept for it.
    #[serde(default)]
    pub(crate) has_password: bool,
}

/// What somebody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Scope {
    /// Look at everything.
    Read,
    /// Publish versions, contracts, pacts, branches and tags of the services that the token is for.
    Publish,
    /// Publish verification results for those services as providers.
    Verify,
    /// Record what runs where for those services.
    Deploy,
    /// Everything, and for every service.
    Admin,
}

impl Scope {
    /// Every scope with its name.
    pub(crate) const ALL: [(&'static str, Self); 5] = [
        ("read", Self::Read),
        ("publish", Self::Publish),
        ("verify", Self::Verify),
        ("deploy", Self::Deploy),
        ("admin", Self::Admin),
    ];

    /// The name.
    pub(crate) fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, scope)| *scope == self).map_or("read", |(word, _)| word)
    }
}

/// What a token allows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TokenGrant {
    /// Who or what it is for, for people.
    pub(crate) name: String,
    pub(crate) scopes: Vec<Scope>,
    /// Globs of service names; empty means every service.
    #[serde(default)]
    pub(crate) services: Vec<String>,
    /// Milliseconds since 1970; never, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) expires_at: Option<i64>,
}

/// Which tokens of an identity provider (GitHub Actions, GitLab) are accepted, and for what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TrustRule {
    /// `https://token.actions.githubusercontent.com`.
    pub(crate) issuer: String,
    /// What the token must be made for.
    pub(crate) audience: String,
    /// Claims that must match, each as a glob: `repository` → `acme/*`. At least one.
    pub(crate) claims: std::collections::BTreeMap<String, String>,
    pub(crate) scopes: Vec<Scope>,
    #[serde(default)]
    pub(crate) services: Vec<String>,
}
