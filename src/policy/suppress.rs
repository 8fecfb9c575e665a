//! Waivers: findings that a team accepted, with a reason and a last day.

use crate::finding::{Finding, Suppression};
use crate::source::Location;

/// One accepted finding, or a family of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    /// Rule id, if it names one.
    pub rule: Option<String>,
    /// Fingerprint, if it names one.
    pub fingerprint: Option<String>,
    /// Subject name or a `*` pattern over it; all subjects if left out.
    pub subject: Option<String>,
    /// Contract path or a `*` pattern over it; all contracts if left out.
    pub contract: Option<String>,
    /// Path of the file in which the change stands or stood, or a `*` pattern over it; all files if left out.
    pub path: Option<String>,
    /// Why it is accepted.
    pub reason: String,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The last day on which it holds.
    pub until: Option<jiff::civil::Date>,
    /// Whether it also lowers the required bump.
    pub lowers_bump: bool,
    /// Where the settings declare it, for findings about the waiver itself.
    pub location: Option<Location>,
    /// `waiver`; `baseline` for findings accepted all at once; `policy` for rules that do not count in some files;
    /// `retired` for contracts whose last day has passed.
    pub by: &'static str,
}

impl Waiver {
    /// Whether it means this finding.
    #[must_use]
    pub fn matches(&self, finding: &Finding) -> bool {
        let named = self.rule.is_some() || self.fingerprint.is_some();
        named
            && self.rule.as_ref().is_none_or(|rule| names_rule(rule, &finding.rule))
            && self.fingerprint.as_ref().is_none_or(|print| *print == finding.fingerprint)
            && self.subject.as_ref().is_none_or(|pattern| matches_pattern(pattern, &finding.subject.name))
            && self.contract.as_ref().is_none_or(|pattern| matches_pattern(pattern, &finding.contract))
            && self.path.as_ref().is_none_or(|pattern| {
                let places = [&finding.location, &finding.old_location];
                places.into_iter().flatten().any(|place| matches_pattern(pattern, &place.path))
            })
    }

    /// What it names, for messages: rule, fingerprint, subject.
    #[must_use]
    pub fn name(&self) -> String {
        let parts = [&self.rule, &self.fingerprint, &self.subject, &self.contract, &self.path];
        parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ")
    }

    /// Whether its last day has passed.
    #[must_use]
    pub fn is_expired(&self, today: jiff::civil::Date) -> bool {
        self.until.is_some_and(|until| until < today)
    }
}

/// What became of a waiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaiverOutcome {
    /// It holds for so many findings.
    Applied(usize),
    /// It would hold, but its last day has passed.
    Expired,
    /// It means no finding of this run.
    Unused,
}

/// Suppresses what the waivers accept; returns one outcome per waiver, in their order. Expired ones suppress nothing.
pub fn apply_waivers(findings: &mut [Finding], waivers: &[Waiver], today: jiff::civil::Date) -> Vec<WaiverOutcome> {
    let mut outcomes = Vec::with_capacity(waivers.len());
    for waiver in waivers {
        if waiver.is_expired(today) {
            outcomes.push(WaiverOutcome::Expired);
            continue;
        }
        let mut applied = 0;
        for finding in findings.iter_mut().filter(|finding| waiver.matches(finding)) {
            applied += 1;
            if waiver.lowers_bump {
                finding.bump = crate::finding::Bump::None;
            }
            finding.suppressed.get_or_insert_with(|| Suppression {
                by: waiver.by.to_owned(),
                reason: waiver.reason.clone(),
                owner: waiver.owner.clone(),
                until: waiver.until.map(|until| until.to_string()),
            });
        }
        outcomes.push(if applied == 0 { WaiverOutcome::Unused } else { WaiverOutcome::Applied(applied) });
    }
    outcomes
}

/// A rule's id, or `folder/*` for all rules of a folder.
fn names_rule(named: &str, rule: &str) -> bool {
    named == rule || named.strip_suffix('*').is_some_and(|folder| folder.ends_with('/') && rule.starts_with(folder))
}

/// `*` stands for any run of characters; everything else for itself.
fn matches_pattern(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let mut parts: Vec<_> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_run_and_nothing_else_does() {
        assert!(matches_pattern("acme.v1.*", "acme.v1.Order.sku"));
        assert!(matches_pattern("*.sku", "acme.v1.Order.sku"));
        assert!(matches_pattern("a*b*c", "axxbyyc"));
        assert!(!matches_pattern("a*b*c", "axxc"));
        assert!(matches_pattern("exact", "exact"));
        assert!(!matches_pattern("exact", "exactly"));
        assert!(!matches_pattern("ab*ba", "aba"));
    }
}
