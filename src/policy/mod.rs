//! From verdicts to what counts: severity, bump, suppression, under the user's settings.
//!
//! `docs/design/0002-policy.md` has the tables. Nothing before this module knows a severity.

mod fingerprint;
mod mode;
mod severity;
mod suppress;
mod version;

pub use fingerprint::fingerprint;
pub use mode::{Layer, Mode, Policy, Rollout, SeverityWord};
pub use severity::{Judged, Subject, judge_severity};
pub use suppress::{Waiver, WaiverOutcome, apply_waivers};
pub use version::{
    Version, VersionScheme, VersionState, ZeroVersions, declared_bump, next_version, required_for, version_state,
};
