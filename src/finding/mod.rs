//! The only things a user is ever told: findings, problems and the report that holds them.
//!
//! The JSON form of [`Report`] is a public interface (`docs/reference/report.schema.json`): versioned, under golden
//! tests, changed only with a changelog entry. Renderers see nothing but what is here.

mod problem;
mod record;
mod redact;
mod report;
mod retirement;

pub use problem::Problem;
pub use record::{
    Breaks, DataBreaks, Finding, FindingOccurrence, FindingSubject, Fix, Impact, ProofReport, ProofStatus, Severity,
    Snippet, SourceBreaks, Suppression, is_about_the_run,
};
pub(crate) use redact::redact_text;
pub use report::{Base, Bump, ContractReport, Refusal, Report, RuleHelp, Summary, Tool};
pub use retirement::Retirement;
