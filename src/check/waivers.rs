//! Findings about the waivers themselves.

use crate::change::{Change, Facts, Subject};
use crate::check::findings::{self, ContractContext};
use crate::check::kinds::{WAIVER_EXPIRED, WAIVER_UNUSED};
use crate::finding::Finding;
use crate::policy::{Policy, Waiver, WaiverOutcome};
use crate::rules::RuleTable;
use crate::source::SourceMap;

/// An expired waiver is an error, one that means nothing a warning: both hide what a reader of the settings believes.
pub(crate) fn finding(table: &RuleTable, waiver: &Waiver, outcome: WaiverOutcome, policy: &Policy) -> Option<Finding> {
    let kind = match outcome {
        WaiverOutcome::Applied(_) => return None,
        WaiverOutcome::Expired => &WAIVER_EXPIRED,
        // A baseline shrinks as its findings are fixed, and a policy waits for something to happen; neither is news.
        WaiverOutcome::Unused if waiver.by != "waiver" => return None,
        WaiverOutcome::Unused => &WAIVER_UNUSED,
    };
    let subject = Subject { kind: "waiver", name: waiver.name(), ..Subject::default() };
    let change = Change::new(kind, Facts::default(), subject, None, None)
        .with_value("waiver", waiver.name())
        .with_value("reason", waiver.reason.clone())
        .with_value("owner", waiver.owner.clone().unwrap_or_else(|| "its owner".to_owned()))
        .with_value("until", waiver.until.map_or_else(String::new, |until| until.to_string()));
    let sources = SourceMap::default();
    let contract = waiver.location.as_ref().map_or("", |location| location.path.as_str());
    let context = ContractContext { path: contract, is_payload_only: false, old: &sources, new: &sources };
    let mut finding = findings::finding(table, &change, &context, policy)?;
    finding.location.clone_from(&waiver.location);
    finding.against = vec![0];
    Some(finding)
}
