//! What `explain` and `rules` show of a page.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::change::Cell;
use crate::finding::{Bump, is_about_the_run};
use crate::rules::{CellRule, Class, DataCells, Equivalent, MeaningCells, Page};

/// One rule for programs.
#[derive(Debug, Serialize)]
pub(crate) struct RuleView<'a> {
    pub(crate) rule: &'a str,
    pub(crate) title: &'a str,
    format: &'a str,
    change: &'a str,
    when: BTreeMap<&'a str, Vec<&'a str>>,
    message: &'a str,
    help: Option<&'a str>,
    spec: Option<&'a str>,
    class: &'static str,
    bump: Option<Bump>,
    aliases: &'a [String],
    capability_gone: bool,
    breaks: BTreeMap<&'static str, &'static str>,
    pub(crate) equivalents: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a str>,
}

impl<'a> RuleView<'a> {
    /// The view of a page; the text below the header only where it is wanted.
    pub(crate) fn new(page: &'a Page, with_body: bool) -> Self {
        Self {
            rule: &page.id,
            title: &page.title,
            format: page.format(),
            change: &page.change,
            when: page.when.iter().map(|(name, value)| (name.as_str(), value.values())).collect(),
            message: &page.message,
            help: page.help.as_deref(),
            spec: page.spec.as_deref(),
            class: class_word(page.class),
            bump: page.bump,
            aliases: &page.aliases,
            capability_gone: page.capability_gone,
            breaks: breaks(page).into_iter().collect(),
            equivalents: equivalents(page),
            body: with_body.then_some(page.body.trim()),
        }
    }
}

/// The ids of other tools' rules, as the page writes them: `{place}` may stand in them.
pub(crate) fn equivalents(page: &Page) -> Vec<&str> {
    page.equivalents
        .iter()
        .map(|equivalent| match equivalent {
            Equivalent::Always(id) | Equivalent::Conditional { id, .. } => id.as_str(),
        })
        .collect()
}

/// The cells that are not `no`, in the order in which people ask.
pub(crate) fn breaks(page: &Page) -> Vec<(&'static str, &'static str)> {
    if is_about_the_run(&page.id) {
        return Vec::new();
    }
    let cells = &page.breaks;
    let (meaning_old, meaning_new) = match cells.meaning {
        MeaningCells::Both(cell) => (cell, cell),
        MeaningCells::Apart(DataCells { new_reads_old, old_reads_new }) => (new_reads_old, old_reads_new),
    };
    let wire = cells.wire.unwrap_or_default();
    let rows = [
        ("the new version reads JSON of the old one", cells.json.new_reads_old),
        ("the old version reads JSON of the new one", cells.json.old_reads_new),
        ("the new version reads bytes of the old one", wire.new_reads_old),
        ("the old version reads bytes of the new one", wire.old_reads_new),
        ("code of callers compiles", cells.source.caller),
        ("code of implementers compiles", cells.source.implementer),
        ("an old call gets there", cells.reach),
        ("the new version understands the same", meaning_old),
        ("the old version understands the same", meaning_new),
        ("a new consumer works with the old provider", cells.forward),
    ];
    rows.into_iter().filter_map(|(question, cell)| Some((question, word(cell)?))).collect()
}

/// The answer to "does it still work", which is the cell turned around.
fn word(cell: CellRule) -> Option<&'static str> {
    match cell {
        CellRule::Absent | CellRule::Fixed(Cell::No) => None,
        CellRule::Fixed(Cell::Maybe) => Some("not always"),
        CellRule::Fixed(Cell::Yes) => Some("no"),
        CellRule::Measured(Cell::No) => Some("measured each time; yes where that cannot decide"),
        CellRule::Measured(Cell::Maybe) => Some("measured each time; not always where that cannot decide"),
        CellRule::Measured(Cell::Yes) => Some("measured each time; no where that cannot decide"),
    }
}

fn class_word(class: Class) -> &'static str {
    match class {
        Class::Addition => "addition",
        Class::Guarantee => "guarantee",
        Class::Deprecation => "deprecation",
        Class::AnnouncedRemoval => "announced-removal",
        Class::Documentation => "documentation",
        Class::Neutral => "neutral",
    }
}
