//! From a change and its page to a verdict.

use crate::change::{Cell, Change, Direction, Measured, Proof, Values, Witness};
use crate::finding::{Breaks, DataBreaks, FindingOccurrence, SourceBreaks};
use crate::rules::equivalents::equivalents;
use crate::rules::page::{CellRule, DataCells, MeaningCells, Page};
use crate::rules::table::RuleTable;
use crate::source::SourceMap;

/// What a page says of one change, before any policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict<'a> {
    /// The page that judged.
    pub page: &'a Page,
    /// The cells.
    pub breaks: Breaks,
    /// `meaning`, per direction.
    pub meaning: DataBreaks,
    /// Whether a new consumer breaks with the old provider.
    pub forward: Cell,
    /// A value that shows the break, if one was executed.
    pub witness: Option<Witness>,
    /// Why there is none although an execution was tried.
    pub unproven: Option<String>,
    /// The message with the change's values filled in.
    pub message: String,
    /// The help with the change's values filled in.
    pub help: Option<String>,
    /// Rules of other tools for the change itself, sorted.
    pub equivalents: Vec<String>,
    /// The other places, each with the other tools' rules there.
    pub occurrences: Vec<FindingOccurrence>,
}

/// Judges a change. `None` when no page holds, which the exactly-one-rule test makes impossible for released pages.
#[must_use]
pub fn judge<'a>(table: &'a RuleTable, change: &Change, old: &SourceMap, new: &SourceMap) -> Option<Verdict<'a>> {
    let page = table.find(change.kind, &change.facts)?;
    let measured = &change.measured;
    let cells = &page.breaks;
    let meaning = match cells.meaning {
        MeaningCells::Both(cell) => data(DataCells { new_reads_old: cell, old_reads_new: cell }, measured),
        MeaningCells::Apart(cells) => data(cells, measured),
    };
    let breaks = Breaks {
        json: data(cells.json, measured),
        wire: cells.wire.map(|wire| data(wire, measured)),
        source: SourceBreaks { caller: fixed(cells.source.caller), implementer: fixed(cells.source.implementer) },
        reach: fixed(cells.reach),
        meaning: meaning.new_reads_old.max(meaning.old_reads_new),
        capability_gone: page.capability_gone,
    };
    let (witness, unproven) = proof(measured);
    let mut occurrences: Vec<_> = change
        .occurrences
        .iter()
        .map(|place| FindingOccurrence {
            location: place.new.map(|span| new.location(span)),
            old_location: place.old.map(|span| old.location(span)),
            equivalents: table
                .find(place.kind, &place.facts)
                .map(|page| equivalents(page, &place.facts, &change.places).into_iter().collect())
                .unwrap_or_default(),
        })
        .collect();
    occurrences.sort();
    occurrences.dedup();
    Some(Verdict {
        page,
        breaks,
        meaning,
        forward: fixed(cells.forward),
        witness,
        unproven,
        message: interpolate(&page.message, &change.values),
        help: page.help.as_ref().map(|help| interpolate(help, &change.values)),
        equivalents: equivalents(page, &change.facts, &change.places).into_iter().collect(),
        occurrences,
    })
}

/// A text with each `{name}` replaced by its value; names without a value stay as they are, so that a test sees them.
#[must_use]
pub fn interpolate(template: &str, values: &Values) -> String {
    let mut out = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some(start) = rest.find('{') {
        out.push_str(&rest[..start]);
        let after = &rest[start + 1..];
        let filled = after.find('}').and_then(|end| values.get(&after[..end]).map(|value| (end, value)));
        if let Some((end, value)) = filled {
            out.push_str(value);
            rest = &after[end + 1..];
        } else {
            out.push('{');
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

fn fixed(rule: CellRule) -> Cell {
    match rule {
        CellRule::Fixed(cell) | CellRule::Measured(cell) => cell,
        CellRule::Absent => Cell::No,
    }
}

fn data(cells: DataCells, measured: &Measured) -> DataBreaks {
    let cell = |rule, direction| match rule {
        CellRule::Measured(fallback) => measured.get(direction).and_then(|result| result.cell).unwrap_or(fallback),
        other => fixed(other),
    };
    DataBreaks {
        new_reads_old: cell(cells.new_reads_old, Direction::NewReadsOld),
        old_reads_new: cell(cells.old_reads_new, Direction::OldReadsNew),
    }
}

/// The first witness in the order new-reads-old, old-reads-new, and the reason of the first search that found none.
fn proof(measured: &Measured) -> (Option<Witness>, Option<String>) {
    let proofs: Vec<_> = [&measured.new_reads_old, &measured.old_reads_new]
        .into_iter()
        .flatten()
        .filter_map(|measurement| measurement.proof.as_ref())
        .collect();
    let witness = proofs.iter().find_map(|proof| match proof {
        Proof::Proven(witness) => Some((**witness).clone()),
        Proof::Unproven(_) => None,
    });
    let unproven = proofs.iter().find_map(|proof| match proof {
        Proof::Unproven(reason) => Some(reason.clone()),
        Proof::Proven(_) => None,
    });
    (witness, unproven)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_filled_in_and_unknown_names_stay_visible() {
        let values = Values::from([("name", "sku".to_owned())]);
        assert_eq!(interpolate("field `{name}` of {what} {", &values), "field `sku` of {what} {");
    }
}
