//! The report of one run.

use schemars::JsonSchema;
use serde::Serialize;

use crate::finding::{Finding, Problem, Retirement, Severity};

/// How big a change is, in the words of semantic versioning.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Bump {
    /// Nothing changed.
    #[default]
    None,
    /// Documentation only, or what nobody can notice.
    Patch,
    /// An addition.
    Minor,
    /// A break.
    Major,
}

impl Bump {
    /// As it is written everywhere: `none`, `patch`, `minor`, `major`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
        }
    }
}

/// Everything that one run of `check` or `diff` found.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Report {
    /// Always `counterpart/report/1`.
    pub schema: String,
    /// The program that wrote it.
    pub tool: Tool,
    /// What the new version was compared with.
    pub bases: Vec<Base>,
    /// Counts.
    pub summary: Summary,
    /// One entry per contract that was compared, sorted by path.
    pub contracts: Vec<ContractReport>,
    /// Sorted by contract, location, rule.
    pub findings: Vec<Finding>,
    /// What the changed files declare as deprecated and whose last day is over, sorted by contract and place.
    pub may_be_removed: Vec<Retirement>,
    /// The pages of the rules that the findings name, sorted by id, for formats that carry them. Not part of the JSON.
    #[serde(skip)]
    pub rules: Vec<RuleHelp>,
}

/// What a rule says, for report formats that carry the rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleHelp {
    /// The rule's id.
    pub id: String,
    /// One line.
    pub title: String,
    /// The page's text, Markdown.
    pub text: String,
    /// The specification's section.
    pub spec: Option<String>,
}

impl Report {
    /// The findings of one severity that count, in the report's order.
    pub fn counted(&self, severity: Severity) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| finding.severity == severity && finding.suppressed.is_none())
    }
}

/// The program that wrote a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Tool {
    /// `counterpart`.
    pub name: String,
    /// Its version.
    pub version: String,
}

impl Default for Tool {
    fn default() -> Self {
        Self { name: "counterpart".into(), version: env!("CARGO_PKG_VERSION").into() }
    }
}

/// What the new version was compared with, and why that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Base {
    /// The input: `git:9fceb02`.
    pub input: String,
    /// Why it was taken: `merge base of HEAD and origin/main`.
    pub reason: String,
}

/// Counts over the findings that are not suppressed, and the largest bump over all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Summary {
    /// Findings of severity error.
    pub errors: usize,
    /// Findings of severity warning.
    pub warnings: usize,
    /// Findings of severity note.
    pub notes: usize,
    /// Findings that a waiver or a policy keeps from counting.
    pub suppressed: usize,
    /// The largest bump that any contract requires.
    pub required_bump: Bump,
    /// Files that are equal on both sides and that nothing which changed touches: they were not opened. Left out where
    /// every file was checked.
    #[serde(skip_serializing_if = "is_zero")]
    #[schemars(default)]
    pub unopened_files: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// One compared contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ContractReport {
    /// The root document, or the module's directory.
    pub path: String,
    /// `protobuf`, `openapi`, `json-schema`.
    pub format: String,
    /// The version that the last release declares, if known.
    pub old_version: Option<String>,
    /// The version that the new side declares.
    pub new_version: Option<String>,
    /// What the difference requires.
    pub required_bump: Bump,
    /// What the declared versions amount to; `null` where they cannot be compared.
    pub declared_bump: Option<Bump>,
    /// The version that the required bump leads to, where the scheme is known.
    pub next_version: Option<String>,
}

/// What is printed instead of a report when the work could not be done (exit 2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Refusal {
    /// Always `counterpart/report/1`.
    pub schema: String,
    /// Every problem found, with its place.
    pub errors: Vec<Problem>,
}

impl Refusal {
    /// A refusal for these reasons.
    #[must_use]
    pub fn new(errors: Vec<Problem>) -> Self {
        Self { schema: Report::SCHEMA.to_owned(), errors }
    }
}

impl Report {
    /// The name and version of the JSON form.
    pub const SCHEMA: &'static str = "counterpart/report/1";
}
