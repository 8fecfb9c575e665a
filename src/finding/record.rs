//! One finding: one edit, judged.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use crate::change::{Cell, Operation, Witness};
use crate::finding::Bump;
use crate::finding::redact::{redact_text, redact_value};
use crate::source::Location;

/// How bad a finding is under the settings of this run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// May break somebody.
    Warning,
    /// Breaks somebody.
    Error,
}

impl Severity {
    /// As it is written everywhere: `error`, `warning`, `note`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// Statements to insert, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Fix {
    /// The file.
    pub path: String,
    /// The 1-based line of the place.
    pub line: u32,
    /// Its 1-based column: directly behind the brace that opens the element's body.
    pub column: u32,
    /// Complete statements, in the order in which they are written.
    pub insert: Vec<String>,
    /// The place as a byte offset.
    #[serde(skip)]
    pub at: usize,
    /// The file as it was checked: who writes makes sure that it still is.
    #[serde(skip)]
    pub source: Arc<str>,
}

/// A judged change.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Finding {
    /// The rule's id, `format/rule`: what `counterpart explain` takes.
    pub rule: String,
    /// Under the settings of this run.
    pub severity: Severity,
    /// The semantic version bump that this change alone requires.
    pub bump: Bump,
    /// One sentence: what happened.
    pub message: String,
    /// A thing to do, in the imperative, if there is one.
    pub help: Option<String>,
    /// Statements that can be inserted to make the edit safe; `check --fix` does it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<Fix>,
    /// The contract's path.
    pub contract: String,
    /// What changed.
    pub subject: FindingSubject,
    /// Everything that reaches it, sorted.
    pub operations: Vec<Operation>,
    /// The name or key token in the new version, or the nearest enclosing element that is still there.
    pub location: Option<Location>,
    /// The name or key token in the old version.
    pub old_location: Option<Location>,
    /// Which cells of the verdict break.
    pub breaks: Breaks,
    /// How the verdict is backed.
    pub proof: ProofReport,
    /// Consumers known to use it.
    pub impact: Vec<Impact>,
    /// Who answers for the place: the contract's `owner` in the project file, then CODEOWNERS, as written.
    pub owners: Vec<String>,
    /// Other places where the same edit shows.
    pub occurrences: Vec<FindingOccurrence>,
    /// Indexes into `bases` for which this holds.
    pub against: Vec<usize>,
    /// Why it does not count for the gate, if it does not.
    pub suppressed: Option<Suppression>,
    /// Rules of other tools that would report this edit, sorted: `buf:FIELD_SAME_TYPE`.
    pub equivalents: Vec<String>,
    /// Stable over text, line, file order and callers: 16 hexadecimal digits.
    pub fingerprint: String,
    /// Source windows for renderers: the new version's, then the old one's. Not part of the JSON report.
    #[serde(skip)]
    pub snippets: Vec<Snippet>,
}

impl Finding {
    /// Where it is shown: the place in the new version, else in the old one.
    #[must_use]
    pub fn place(&self) -> Option<&Location> {
        self.location.as_ref().or(self.old_location.as_ref())
    }

    /// Replaces everything that looks like a secret: example values, headers and witnesses come from contracts, and
    /// reports end up in logs and comments. Source snippets stay: they are in the repository as they are.
    pub fn redact(&mut self) {
        redact_text(&mut self.message);
        redact_text(&mut self.subject.name);
        if let Some(help) = &mut self.help {
            redact_text(help);
        }
        if let Some(witness) = &mut self.proof.witness {
            redact_value(&mut witness.instance);
            if let Some(read) = &mut witness.read_as {
                redact_value(read);
            }
            redact_text(&mut witness.error);
            if let Some(curl) = &mut witness.curl {
                redact_text(curl);
            }
        }
    }
}

/// What a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FindingSubject {
    /// The kind of element: `property`, `field`, `operation`.
    pub kind: String,
    /// The full name.
    pub name: String,
    /// JSON pointer in the old document, where there is a document.
    pub old_pointer: Option<String>,
    /// JSON pointer in the new document.
    pub new_pointer: Option<String>,
}

/// The cells of a verdict. `wire` exists only where there is a wire format other than JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Breaks {
    /// JSON (for protobuf ProtoJSON).
    pub json: DataBreaks,
    /// The binary encoding.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wire: Option<DataBreaks>,
    /// Code generated from the contract.
    pub source: SourceBreaks,
    /// Whether the old call no longer gets there.
    pub reach: Cell,
    /// Whether it is accepted but read differently.
    pub meaning: Cell,
    /// Whether something nameable that a counterpart could use is gone.
    pub capability_gone: bool,
}

/// Can the reader read what the writer writes, in one encoding?
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DataBreaks {
    /// The new reader breaks on what an old writer wrote.
    pub new_reads_old: Cell,
    /// The old reader breaks on what a new writer writes.
    pub old_reads_new: Cell,
}

/// Does code generated from the contract still compile?
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SourceBreaks {
    /// For those who call.
    pub caller: Cell,
    /// For those who implement.
    pub implementer: Cell,
}

/// How a verdict is backed.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ProofReport {
    /// Whether something was executed.
    pub status: ProofStatus,
    /// What shows the break, where it was executed.
    pub witness: Option<Witness>,
    /// Why there is no witness.
    pub reason: Option<String>,
}

/// Whether a verdict was executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ProofStatus {
    /// Executed against both versions: accepted by one and rejected, or read differently, by the other.
    Proven,
    /// A data layer says yes, and no witness was found.
    Unproven,
    /// There is nothing to execute.
    NotApplicable,
}

/// A consumer known to use what changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Impact {
    /// The consumer's name.
    pub consumer: String,
    /// Its version.
    pub version: Option<String>,
    /// Where that version runs.
    pub environments: Vec<String>,
    /// The interactions of its pacts that use it.
    pub interactions: Vec<String>,
}

/// Another place where the same edit shows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct FindingOccurrence {
    /// The place in the new version.
    pub location: Option<Location>,
    /// The place in the old version.
    pub old_location: Option<Location>,
    /// Rules of other tools that would report the edit at this place.
    pub equivalents: Vec<String>,
}

/// Why a finding does not count for the gate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Suppression {
    /// `waiver`, `baseline`, `policy` or `retired`.
    pub by: String,
    /// The reason given.
    pub reason: String,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The last day on which it holds, `YYYY-MM-DD`.
    pub until: Option<String>,
}

/// A window of source text around a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snippet {
    /// Whether this is the old version's text.
    pub is_old: bool,
    /// The place to mark.
    pub location: Location,
    /// The 1-based number of the first line of `text`.
    pub first_line: u32,
    /// Whole lines around the place.
    pub text: String,
}

/// Whether a rule is about the run itself (a base that cannot be read, a declared version, a waiver) and not about a
/// change that somebody reads: there is nobody who breaks.
#[must_use]
pub fn is_about_the_run(rule: &str) -> bool {
    matches!(rule.split('/').next(), Some("input" | "version" | "waiver"))
}
