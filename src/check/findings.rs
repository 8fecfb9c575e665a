//! From a change to a finding.

use crate::change::{Change, Insertion};
use crate::finding::{Finding, FindingSubject, Fix, ProofReport, ProofStatus, Severity, Snippet, Suppression};
use crate::formats::{Comparison, ContractComparison};
use crate::policy::{Judged, Policy, SeverityWord, Subject, fingerprint, judge_severity};
use crate::rules::{RuleTable, Verdict, judge};
use crate::source::{Location, SourceFile, SourceMap, Span};

/// Lines of source kept above and below a finding.
const CONTEXT_LINES: u32 = 2;

/// Longest piece of a source line that is kept for a snippet: a contract may be one line of many megabytes.
const LONGEST_SNIPPET_LINE: usize = 400;

/// What all changes of one contract share.
pub(crate) struct ContractContext<'a> {
    /// The contract's path in the report.
    pub path: &'a str,
    /// Whether it describes data only.
    pub is_payload_only: bool,
    /// The old side's files.
    pub old: &'a SourceMap,
    /// The new side's files.
    pub new: &'a SourceMap,
}

impl<'a> ContractContext<'a> {
    /// The context of one contract of a comparison.
    pub(crate) fn new(comparison: &'a Comparison, contract: &'a ContractComparison) -> Self {
        Self {
            path: &contract.path,
            is_payload_only: contract.is_payload_only,
            old: &comparison.old_sources,
            new: &comparison.new_sources,
        }
    }
}

/// Judges and weighs a change. `None` when no page holds for it, which the tests make impossible.
pub(crate) fn finding(
    table: &RuleTable,
    change: &Change,
    context: &ContractContext<'_>,
    policy: &Policy,
) -> Option<Finding> {
    let verdict = judge(table, change, context.old, context.new)?;
    let subject =
        Subject { exposure: change.exposure, is_payload_only: context.is_payload_only, is_unstable: change.unstable };
    let mut judged = judge_severity(&verdict, subject, policy);
    let mut suppressed = None;
    match policy.severity_of(&verdict.page.id) {
        Some(SeverityWord::Error) => judged.severity = Severity::Error,
        Some(SeverityWord::Warning) => judged.severity = Severity::Warning,
        Some(SeverityWord::Note) => judged.severity = Severity::Note,
        Some(SeverityWord::Off) => {
            let reason = "the settings turn this rule off".to_owned();
            suppressed = Some(Suppression { by: "policy".to_owned(), reason, owner: None, until: None });
        }
        None => {}
    }
    let fingerprint =
        fingerprint(context.path, &verdict.page.id, &change.subject.name, &change.identity.0, &change.identity.1);
    let mut snippets: Vec<_> = change.new.map(|span| snippet(context.new, span, false)).into_iter().collect();
    snippets.extend(change.old.map(|span| snippet(context.old, span, true)));
    let mut finding = Finding {
        rule: verdict.page.id.clone(),
        severity: judged.severity,
        bump: judged.bump,
        message: verdict.message.clone(),
        help: verdict.help.clone(),
        fix: change.insertion.as_ref().map(|insertion| fix(context.new, insertion)),
        contract: context.path.to_owned(),
        subject: FindingSubject {
            kind: change.subject.kind.to_owned(),
            name: change.subject.name.clone(),
            old_pointer: change.subject.old_pointer.clone(),
            new_pointer: change.subject.new_pointer.clone(),
        },
        operations: change.operations.clone(),
        location: change.new.map(|span| context.new.location(span)),
        old_location: change.old.map(|span| context.old.location(span)),
        breaks: verdict.breaks.clone(),
        proof: proof(&verdict, judged),
        impact: Vec::new(),
        owners: Vec::new(),
        occurrences: verdict.occurrences.clone(),
        against: Vec::new(),
        suppressed,
        equivalents: verdict.equivalents.clone(),
        fingerprint,
        snippets,
    };
    finding.redact();
    Some(finding)
}

fn fix(sources: &SourceMap, insertion: &Insertion) -> Fix {
    let file = sources.file(insertion.at.file);
    let (line, column) = file.line_column(insertion.at.start);
    Fix {
        path: file.path().to_owned(),
        line,
        column,
        insert: insertion.statements.clone(),
        at: insertion.at.start as usize,
        source: file.shared_text(),
    }
}

fn proof(verdict: &Verdict<'_>, judged: Judged) -> ProofReport {
    if let Some(witness) = &verdict.witness {
        return ProofReport { status: ProofStatus::Proven, witness: Some(witness.clone()), reason: None };
    }
    let data = [Some(verdict.breaks.json), verdict.breaks.wire];
    let breaks_data = data
        .into_iter()
        .flatten()
        .any(|cells| cells.new_reads_old.max(cells.old_reads_new) == crate::change::Cell::Yes);
    if judged.owes_witness || (breaks_data && verdict.unproven.is_some()) {
        let reason = verdict.unproven.clone().unwrap_or_else(|| "nothing was executed for this rule".to_owned());
        return ProofReport { status: ProofStatus::Unproven, witness: None, reason: Some(reason) };
    }
    let breaks = &verdict.breaks;
    let reason = if breaks.reach > crate::change::Cell::No {
        "the call itself shows it"
    } else if breaks.capability_gone {
        "something that could be used is gone; no single payload shows that"
    } else if breaks.source.caller.max(breaks.source.implementer) > crate::change::Cell::No {
        "only generated code is concerned"
    } else {
        "nobody breaks"
    };
    ProofReport { status: ProofStatus::NotApplicable, witness: None, reason: Some(reason.to_owned()) }
}

fn snippet(sources: &SourceMap, span: Span, is_old: bool) -> Snippet {
    let file = sources.file(span.file);
    window(file, sources.location(span), is_old)
}

/// Whole lines around a place, long ones cut.
pub(crate) fn window(file: &SourceFile, location: Location, is_old: bool) -> Snippet {
    let first_line = location.start_line.saturating_sub(CONTEXT_LINES).max(1);
    let last_line = location.start_line + CONTEXT_LINES;
    let is_long = |line: u32| file.line_text(line).is_some_and(|text| text.len() > LONGEST_SNIPPET_LINE);
    if (first_line..=last_line).any(is_long) {
        // Only the marked line, cut around the mark, keeps such a snippet readable and small.
        let (text, location) = cut_line(file, location);
        return Snippet { is_old, first_line: location.start_line, location, text };
    }
    let lines: Vec<_> = (first_line..=last_line).map_while(|line| file.line_text(line)).collect();
    Snippet { is_old, first_line, location, text: lines.join("\n") }
}

fn cut_line(file: &SourceFile, mut location: Location) -> (String, Location) {
    let half = u32::try_from(LONGEST_SNIPPET_LINE / 4).unwrap_or(u32::MAX);
    let skip = location.start_column.saturating_sub(half);
    let rest = file.line_after(location.start_line, skip).unwrap_or_default();
    let cut: String = rest.chars().take(LONGEST_SNIPPET_LINE / 2).collect();
    location.start_column -= skip;
    if location.end_line == location.start_line {
        location.end_column = (location.end_column - skip).min(cut.chars().count() as u32 + 1);
    } else {
        location.end_line = location.start_line;
        location.end_column = cut.chars().count() as u32 + 1;
    }
    (cut, location)
}
