//! What a project file may say. Each field's doc comment is its description in the JSON Schema.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use crate::config::vocabulary::FailOn;
use crate::formats::{GraceDays, ReaderProfile};
use crate::policy::{Layer, Mode, SeverityWord, VersionScheme, ZeroVersions};

/// The whole of `counterpart.toml`: one file for all contracts of a repository.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ProjectFile {
    /// The versions of counterpart that may read this file, as a requirement: `">=0.1, <0.3"`.
    #[schemars(with = "Option<String>")]
    pub counterpart: Option<Spanned<String>>,
    /// What `check` compares with when `--against` is not given (default: the merge base with the default branch).
    pub base: Option<String>,
    /// Globs of files that are nobody's contract, relative to this file.
    #[schemars(with = "Vec<String>")]
    pub exclude: Vec<Spanned<String>>,
    /// Directories in which protobuf imports are looked up, relative to this file.
    pub import_dirs: Vec<String>,
    /// How findings are weighed.
    pub policy: PolicySection,
    /// What is known about single contracts. Contracts are found without being listed here.
    pub contracts: Vec<ContractSection>,
    /// Findings that were accepted.
    #[schemars(with = "Vec<WaiverSection>")]
    pub waivers: Vec<Spanned<WaiverSection>>,
    /// Where contracts and pacts are kept.
    pub registry: RegistrySection,
    /// How `verify` reaches the provider.
    pub verify: VerifySection,
    /// The environments that services are deployed to, by name.
    pub environments: BTreeMap<String, EnvironmentSection>,
}

/// `[policy]`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct PolicySection {
    /// What a change may do to others (default: `expansion-only`).
    pub mode: Option<Mode>,
    /// What must keep working: any of `wire`, `json`, `source` (default: all).
    pub layers: Option<Vec<Layer>>,
    /// How readers cope with what they do not know (default: `tolerant`).
    pub readers: Option<ReaderProfile>,
    /// From which severity on `check` fails (default: `error`).
    pub fail_on: Option<FailOn>,
    /// Severities by rule id (`protobuf/field-renamed`) or for all rules of a folder (`protobuf/*`).
    pub severity: BTreeMap<String, SeverityWord>,
    /// Rules that do not count in some files. For a single accepted break use `waivers`, which can expire.
    pub ignore: Vec<IgnoreSection>,
    /// Whether breaks in alpha, beta and test packages count like others.
    pub strict_unstable: bool,
    /// Whether what may break somebody requires a major version instead of a minor one.
    pub maybe_is_major: bool,
    /// Whether messages and schemas that no operation reaches are known to be used by nobody.
    pub uses_are_complete: bool,
    /// Whether a `$ref` may be read from the network.
    pub allow_network_refs: bool,
    /// Days that must pass after an announced sunset before a removal counts as announced: a number, or one for each
    /// stability level (`{ beta = 31, stable = 180 }`, 0 where left out).
    pub grace_days: Grace,
    /// How versions before 1.0 are counted.
    pub zero_versions: ZeroVersions,
}

/// `grace-days`.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected a number of days, or days by level: `{ draft, alpha, beta, stable }`")]
pub enum Grace {
    /// The same for everything.
    Days(u16),
    /// By `x-stability-level`.
    ByLevel(GraceDays),
}

impl Grace {
    /// The days of each level.
    #[must_use]
    pub fn days(self) -> GraceDays {
        match self {
            Self::Days(days) => GraceDays::all(days),
            Self::ByLevel(days) => days,
        }
    }
}

impl Default for Grace {
    fn default() -> Self {
        Self::Days(0)
    }
}

/// One `[[policy.ignore]]` entry.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct IgnoreSection {
    /// The rule, or `folder/*` for all rules of a folder.
    pub rule: String,
    /// The files, relative to this file; `*` stands for anything.
    pub paths: Vec<String>,
}

/// One `[[contracts]]` entry.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ContractSection {
    /// The contract: a document, a module's directory, or a glob over several; relative to this file.
    pub path: String,
    /// Documents that form one contract under `path`: paths or globs.
    pub files: Vec<String>,
    /// The service that offers it, as the registry and release tags name it (`orders/v1.4.0`).
    pub service: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Where its version stands and how it is counted.
    pub version: VersionSection,
    /// The last day of a service that goes for good, `YYYY-MM-DD`. From the next day on, removing the contract as a whole is
    /// no longer an error.
    #[schemars(with = "Option<String>")]
    pub retired: Option<Day>,
    /// How it is made, where no file in the repository holds it: a command, run on both revisions.
    pub generate: Option<GenerateSection>,
}

/// `generate = { … }` of a contract.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct GenerateSection {
    /// The program and its arguments, run in the folder of this file without a shell.
    pub command: Vec<String>,
    /// The file that it writes, relative to this file (default: what it prints is the contract).
    pub output: Option<String>,
    /// After so many seconds it is ended, and the check with it (default: 600).
    pub timeout_seconds: Option<u64>,
}

/// `version = { … }` of a contract.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct VersionSection {
    /// How versions are counted (default: recognized from the version itself).
    pub scheme: Option<VersionScheme>,
    /// Further files that hold the same version, written together: `Cargo.toml`, `package.json`, `VERSION`, or
    /// `FILE#KEY` (`chart/Chart.yaml#appVersion`).
    pub files: Vec<String>,
    /// How a calendar version is written, where that cannot be seen from it: `YYYY.0M.MICRO`, of `YYYY`, `YY`, `MM`, `0M`,
    /// `DD`, `0D` and `MICRO`.
    pub format: Option<String>,
    /// How release tags are written (default: `v{version}`, with a service `{service}/v{version}`).
    pub tag: Option<String>,
    /// The Keep-a-Changelog file that `bump --changelog` adds to, relative to this file (default: `CHANGELOG.md`).
    pub changelog: Option<String>,
}

/// One `[[waivers]]` entry.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct WaiverSection {
    /// The rule that is waived; `rule` or `fingerprint` must be given.
    pub rule: Option<String>,
    /// The one finding that is waived: the fingerprint as reports show it.
    pub fingerprint: Option<String>,
    /// Only where this changed; `*` stands for anything.
    pub subject: Option<String>,
    /// Only in this contract; `*` stands for anything.
    pub contract: Option<String>,
    /// Why it is accepted.
    pub reason: String,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The last day on which it holds, `YYYY-MM-DD`. From the next day on it is an error.
    #[schemars(with = "Option<String>")]
    pub until: Option<Day>,
    /// Whether it also lowers the required version bump.
    #[serde(default)]
    pub bump: bool,
}

/// A date, written as a string or as TOML writes dates.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Day {
    /// `until = 2026-12-31`.
    Date(toml::value::Datetime),
    /// `until = "2026-12-31"`.
    Text(String),
}

impl Day {
    /// The calendar date, if it is one.
    #[must_use]
    pub fn date(&self) -> Option<jiff::civil::Date> {
        match self {
            Self::Date(date) => date.to_string().parse().ok(),
            Self::Text(text) => text.parse().ok(),
        }
    }
}

/// `[registry]`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct RegistrySection {
    /// Its address. The token never stands here: it comes from `COUNTERPART_TOKEN` or `--token`.
    pub url: Option<String>,
}

/// `[environments.NAME]`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct EnvironmentSection {
    /// Whether real users depend on it.
    pub production: bool,
}

/// `[verify]`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct VerifySection {
    /// Changes to the requests that are sent to a provider.
    pub request_filters: Vec<RequestFilterSection>,
}

/// One `[[verify.request-filters]]` entry.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct RequestFilterSection {
    /// Only requests in whose path this regular expression finds something (default: all).
    pub path: Option<String>,
    /// Only requests with this method (default: all).
    pub method: Option<String>,
    /// Headers to set, over what the pact says. `${NAME}` in a value is the environment variable `NAME`.
    pub set_headers: BTreeMap<String, String>,
    /// Headers to take away.
    pub remove_headers: Vec<String>,
    /// Query parameters to set, over what the pact says.
    pub set_query: BTreeMap<String, String>,
}
