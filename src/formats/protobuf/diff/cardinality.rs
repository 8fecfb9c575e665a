//! Presence, `required`, `repeated` and maps.

use crate::change::{Cell, Change, Facts, Occurrence};
use crate::formats::protobuf::diff::context::{Context, subject};
use crate::formats::protobuf::diff::features::is_inherited;
use crate::formats::protobuf::diff::field::Pair;
use crate::formats::protobuf::diff::report::{Inherited, Report};
use crate::formats::protobuf::kinds::FIELD_CARDINALITY_CHANGED;
use crate::formats::protobuf::model::{Cardinality, Field, Presence};

/// The fact's value for a field.
pub(crate) fn cardinality(field: &Field) -> &'static str {
    if field.is_map {
        return "map";
    }
    match (field.cardinality, field.presence) {
        (Cardinality::Repeated, _) => "repeated",
        (Cardinality::Required, _) => "required",
        (Cardinality::Optional, Presence::Explicit) => "explicit",
        (Cardinality::Optional, Presence::Implicit) => "implicit",
    }
}

/// The facts of a change of cardinality, if there is one. `at`: `field`, or `message` for the message as a whole.
pub(crate) fn cardinality_facts(old: &Field, new: &Field, at: &'static str) -> Option<Facts> {
    let (from, to) = (cardinality(old), cardinality(new));
    let list = if to == "repeated" { new } else { old };
    let element = if list.is_packed && list.is_repeated() { "packed" } else { "unpacked" };
    (from != to).then(|| Facts::default().with("from", from).with("to", to).with("element", element).with("at", at))
}

/// Whether only presence differs.
pub(crate) fn is_presence_only(old: &Field, new: &Field) -> bool {
    matches!((cardinality(old), cardinality(new)), ("implicit", "explicit") | ("explicit", "implicit"))
}

/// The same places as a change of cardinality would have, for an edit that is told as something else.
pub(crate) fn occurrences(context: &Context<'_>, pair: &Pair<'_>) -> Vec<Occurrence> {
    let mut all = Vec::new();
    let old = Some(pair.old_span(context));
    if let Some(facts) = cardinality_facts(pair.before, pair.after, "field") {
        let new = Some(pair.new_span(context));
        all.push(Occurrence { kind: &FIELD_CARDINALITY_CHANGED, facts, old, new });
        all.extend(no_longer_required(context, pair));
    }
    all
}

/// A field that is no longer required shows at its message as well.
fn no_longer_required(context: &Context<'_>, pair: &Pair<'_>) -> Option<Occurrence> {
    let facts = cardinality_facts(pair.before, pair.after, "message").filter(|_| pair.before.is_required())?;
    let (_, message) = pair.messages?;
    Some(Occurrence {
        kind: &FIELD_CARDINALITY_CHANGED,
        facts,
        old: Some(pair.old_span(context)),
        new: Some(context.new_span(message.file, context.new.message(message).name.extent)),
    })
}

/// States a change of cardinality; `extra` are places where it shows besides.
pub(crate) fn compare(context: &Context<'_>, report: &mut Report, pair: &Pair<'_>, extra: Vec<Occurrence>) {
    let Some(facts) = cardinality_facts(pair.before, pair.after, "field") else { return };
    let (old, new) = (Some(pair.old_span(context)), Some(pair.new_span(context)));
    let files = (pair.old.file, pair.new.file);
    let is_same_label =
        pair.before.label == pair.after.label || context.old.file(files.0).syntax != context.new.file(files.1).syntax;
    if is_presence_only(pair.before, pair.after)
        && is_same_label
        && is_inherited(context, files, (&pair.before.options, &pair.after.options))
    {
        let gained = cardinality(pair.after) == "explicit";
        let cell = |is_broken| if is_broken { Cell::Maybe } else { Cell::No };
        report.inherited.entry(files).or_default().push(Inherited {
            occurrence: Occurrence { kind: &FIELD_CARDINALITY_CHANGED, facts, old, new },
            is_data: true,
            new_reads_old: cell(gained),
            old_reads_new: cell(!gained),
        });
        return;
    }
    let mut change =
        Change::new(&FIELD_CARDINALITY_CHANGED, facts, subject(pair.kind(), pair.full_name(context)), old, new)
            .with_value("name", &*pair.after.name)
            .with_value("parent", pair.parent(context))
            .with_value("old", words(cardinality(pair.before)))
            .with_value("new", words(cardinality(pair.after)))
            .with_identity(cardinality(pair.before), cardinality(pair.after));
    change.occurrences = extra;
    change.occurrences.extend(no_longer_required(context, pair));
    pair.report(context, report, change);
}

fn words(cardinality: &str) -> &'static str {
    match cardinality {
        "implicit" => "a single value without presence",
        "explicit" => "a single value with presence",
        "required" => "required",
        "repeated" => "a list",
        _ => "a map",
    }
}
