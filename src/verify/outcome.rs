//! What came of a verification: one result per interaction, and the report that holds them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::{Refusal, Tool};
use crate::pact::Mismatch;

/// The ways in which a provider can fail, told apart because they are repaired by different people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// The connection was refused or dropped.
    Crash,
    /// No answer came.
    Omission,
    /// The answer came too late.
    Timing,
    /// The answer breaks the contract.
    Response,
    /// The answer cannot be understood: it is not HTTP, not the encoding, JSON or protobuf it says it is.
    Arbitrary,
}

impl FailureKind {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Crash => "crash",
            Self::Omission => "omission",
            Self::Timing => "timing",
            Self::Response => "response",
            Self::Arbitrary => "arbitrary",
        }
    }

    /// Whether the contract was not put to the test at all, so that the interaction is not verified instead of broken.
    #[must_use]
    pub const fn is_unreachable(self) -> bool {
        matches!(self, Self::Crash | Self::Omission | Self::Timing)
    }
}

/// Whether an interaction holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It does.
    Passed,
    /// It does not.
    Failed,
    /// Nobody knows: the provider, its state or its plugin was not there.
    NotVerified,
    /// It was left out on request.
    Skipped,
}

impl Status {
    /// The words for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::NotVerified => "not verified",
            Self::Skipped => "skipped",
        }
    }
}

/// What came of one interaction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InteractionResult {
    /// Stable over runs: names the interaction by consumer, provider, description and states.
    pub id: String,
    /// Where the pact was read.
    pub pact: String,
    /// The consumer.
    pub consumer: String,
    /// The provider.
    pub provider: String,
    /// What the consumer calls the interaction.
    pub description: String,
    /// The names of its provider states.
    pub states: Vec<String>,
    /// `http`, `message`, `sync-message` or `grpc`.
    pub kind: String,
    /// Whether it holds.
    pub status: Status,
    /// In which way the provider failed, if it did.
    pub failure: Option<FailureKind>,
    /// Whether a failure is only reported.
    pub pending: bool,
    /// Why it is not verified, or what could not be understood.
    pub reason: Option<String>,
    /// The differences.
    pub mismatches: Vec<Mismatch>,
    /// What the consumer relies on although the contract does not promise it.
    pub warnings: Vec<Mismatch>,
    /// The request as a command.
    pub curl: Option<String>,
    /// What was sent as `x-correlation-id`.
    pub correlation_id: Option<String>,
    /// How often the request was sent.
    pub attempts: u32,
    /// From the set-up of states to the comparison.
    pub duration_ms: u64,
    /// The consumer's comments.
    pub comments: Vec<String>,
    /// The consumer's test.
    pub test_name: Option<String>,
    /// The id that a broker gave the interaction.
    pub broker_id: Option<String>,
}

impl InteractionResult {
    /// Whether it keeps the run from passing.
    #[must_use]
    pub fn counts(&self) -> bool {
        match self.status {
            Status::Failed => !self.pending,
            Status::NotVerified => true,
            Status::Passed | Status::Skipped => false,
        }
    }

    pub(crate) fn failed(mut self, failure: FailureKind, reason: Option<String>) -> Self {
        self.status = if failure.is_unreachable() { Status::NotVerified } else { Status::Failed };
        self.failure = Some(failure);
        self.reason = reason;
        self
    }

    pub(crate) fn not_verified(mut self, reason: impl Into<String>) -> Self {
        self.status = Status::NotVerified;
        self.reason = Some(reason.into());
        self
    }
}

/// Counts of results.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// All.
    pub total: usize,
    /// That hold.
    pub passed: usize,
    /// That do not, pending ones left out.
    pub failed: usize,
    /// That do not, but are pending.
    pub pending: usize,
    /// That nobody knows about.
    pub not_verified: usize,
    /// That were left out on request.
    pub skipped: usize,
    /// From the first to the last.
    pub duration_ms: u64,
}

/// Everything that one run of `verify` found.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct VerifyReport {
    /// Always `counterpart/verification/1`.
    pub schema: String,
    /// The program that wrote it.
    pub tool: Tool,
    /// What was verified: a URL, or the contract that stood in for it.
    pub against: String,
    /// Counts.
    pub summary: Summary,
    /// In the order of the pacts.
    pub results: Vec<InteractionResult>,
    /// What is not wrong but should be known.
    pub warnings: Vec<String>,
    /// What went wrong beside the interactions, such as publishing the results; any makes the run fail.
    pub errors: Vec<String>,
}

impl VerifyReport {
    /// The name and version of the JSON form.
    pub const SCHEMA: &'static str = "counterpart/verification/1";

    /// A report of these results.
    #[must_use]
    pub fn new(against: String, results: Vec<InteractionResult>, warnings: Vec<String>, duration_ms: u64) -> Self {
        let count = |holds: &dyn Fn(&InteractionResult) -> bool| results.iter().filter(|result| holds(result)).count();
        let summary = Summary {
            total: results.len(),
            passed: count(&|result| result.status == Status::Passed),
            failed: count(&|result| result.status == Status::Failed && !result.pending),
            pending: count(&|result| result.status == Status::Failed && result.pending),
            not_verified: count(&|result| result.status == Status::NotVerified),
            skipped: count(&|result| result.status == Status::Skipped),
            duration_ms,
        };
        Self {
            schema: Self::SCHEMA.into(),
            tool: Tool::default(),
            against,
            summary,
            results,
            warnings,
            errors: Vec::new(),
        }
    }

    /// | code | when |
    /// |---|---|
    /// | 2 | something could not be verified, nothing was verified at all, or publishing failed |
    /// | 1 | a contract that is not pending is broken |
    /// | 0 | every interaction holds, is pending, or was left out on request beside others that hold |
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        let was_tested = self.summary.passed + self.summary.failed + self.summary.pending > 0;
        if self.summary.not_verified > 0 || !was_tested || !self.errors.is_empty() {
            2
        } else {
            u8::from(self.summary.failed > 0)
        }
    }
}

/// What `verify --format json` prints: a report, or why there is none.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "exists for its schema")]
enum Document {
    Report(VerifyReport),
    Refusal(Refusal),
}

/// The JSON Schema of what `verify --format json` prints, as published.
#[must_use]
pub fn verification_schema() -> serde_json::Value {
    schemars::schema_for!(Document).to_value()
}
