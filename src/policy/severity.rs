//! One verdict's severity and bump.

use crate::change::{Cell, Direction, Exposure};
use crate::finding::{Bump, DataBreaks, Severity};
use crate::policy::{Layer, Mode, Policy, Rollout};
use crate::rules::{Class, Verdict};

/// What the change stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject {
    /// From which side it is reached.
    pub exposure: Exposure,
    /// Whether the contract describes data only.
    pub is_payload_only: bool,
    /// Whether it stood in an unstable contract or package.
    pub is_unstable: bool,
}

/// Severity and bump of a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judged {
    /// How bad it is.
    pub severity: Severity,
    /// What it requires alone.
    pub bump: Bump,
    /// The worst cell that the settings count.
    pub worst: Cell,
    /// Whether a data cell that counts says `yes`, so that the finding owes a witness.
    pub owes_witness: bool,
}

/// Weighs a verdict.
///
/// | worst counted cell | `expansion-only` | `compatible`, `backward`, `full` | `forward` | bump |
/// |---|---|---|---|---|
/// | `yes` | error | error | error | major |
/// | a capability gone | error | warning | note | major / minor |
/// | `maybe` | warning | warning | warning | minor |
/// | addition, guarantee, deprecation | note | note | note | minor |
/// | announced removal | note | note | note | major |
/// | documentation / neutral | note | note | note | patch / none |
///
/// In an unstable contract every break is a note that asks for a minor bump, unless the policy says otherwise.
#[must_use]
pub fn judge_severity(verdict: &Verdict<'_>, subject: Subject, policy: &Policy) -> Judged {
    let directions = policy.mode.directions(
        subject.exposure.in_requests(),
        subject.exposure.in_responses(),
        subject.is_payload_only,
    );
    let data = data_cell(verdict, &directions, policy);
    let worst = data.max(other_cells(verdict, &directions, policy));
    let gone = verdict.breaks.capability_gone;
    let maybe_bump = if policy.maybe_is_major { Bump::Major } else { Bump::Minor };
    let (severity, bump) = match (verdict.page.class, worst, policy.mode) {
        (Class::AnnouncedRemoval, ..) => (Severity::Note, Bump::Major),
        (_, Cell::Yes, _) => (Severity::Error, Bump::Major),
        (_, _, Mode::ExpansionOnly) if gone => (Severity::Error, Bump::Major),
        (_, Cell::No, Mode::Forward | Mode::ForwardTransitive) if gone => (Severity::Note, Bump::Minor),
        (_, Cell::No, _) if gone => (Severity::Warning, Bump::Minor),
        (_, Cell::Maybe, _) => (Severity::Warning, maybe_bump),
        (Class::Addition | Class::Guarantee | Class::Deprecation, ..) => (Severity::Note, Bump::Minor),
        (Class::Documentation, ..) => (Severity::Note, Bump::Patch),
        (Class::Neutral, ..) => (Severity::Note, Bump::None),
    };
    let bump = verdict.page.bump.unwrap_or(bump);
    let owes_witness = data == Cell::Yes && severity == Severity::Error;
    if subject.is_unstable && !policy.strict_unstable && severity > Severity::Note {
        return Judged { severity: Severity::Note, bump: bump.min(Bump::Minor), worst, owes_witness: false };
    }
    Judged { severity, bump, worst, owes_witness }
}

fn pick(breaks: DataBreaks, directions: &[Direction]) -> Cell {
    let of = |direction: &Direction| match direction {
        Direction::NewReadsOld => breaks.new_reads_old,
        Direction::OldReadsNew => breaks.old_reads_new,
    };
    directions.iter().map(of).max().unwrap_or_default()
}

fn data_cell(verdict: &Verdict<'_>, directions: &[Direction], policy: &Policy) -> Cell {
    let has = |layer| policy.layers.contains(&layer);
    let wire = verdict.breaks.wire.filter(|_| has(Layer::Wire)).map_or(Cell::No, |wire| pick(wire, directions));
    // A format with no other encoding than JSON has nothing left to check without it.
    let json_counts = has(Layer::Json) || verdict.breaks.wire.is_none();
    let json = if json_counts { pick(verdict.breaks.json, directions) } else { Cell::No };
    wire.max(json)
}

fn other_cells(verdict: &Verdict<'_>, directions: &[Direction], policy: &Policy) -> Cell {
    let mut worst = pick(verdict.meaning, directions);
    let rollout = policy.mode.rollout();
    if rollout != Rollout::Forward {
        worst = worst.max(verdict.breaks.reach);
        if policy.layers.contains(&Layer::Source) {
            worst = worst.max(verdict.breaks.source.caller).max(verdict.breaks.source.implementer);
        }
    }
    if rollout != Rollout::Backward {
        worst = worst.max(verdict.forward);
    }
    worst
}
