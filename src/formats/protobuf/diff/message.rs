//! One message on both sides: its fields, and what it says as a whole.

use crate::change::{Cell, Change, Facts, Occurrence};
use crate::formats::protobuf::diff::context::{Context, facts, no_facts, subject};
use crate::formats::protobuf::diff::element::deprecation_change;
use crate::formats::protobuf::diff::features::is_inherited;
use crate::formats::protobuf::diff::field::{self, Pair};
use crate::formats::protobuf::diff::gone::Gone;
use crate::formats::protobuf::diff::numbers::{Plan, Renumbered};
use crate::formats::protobuf::diff::option_tree::{self, Owner};
use crate::formats::protobuf::diff::report::{Inherited, Report};
use crate::formats::protobuf::diff::reservation::Reservation;
use crate::formats::protobuf::diff::{oneof, reserved, service};
use crate::formats::protobuf::kinds::{
    DESCRIPTOR_ACCESSOR_CHANGED, FIELD_ADDED, FIELD_REMOVED, FIELD_RENUMBERED, JSON_FORMAT_CHANGED,
    MESSAGE_SET_FORMAT_CHANGED, RESERVATION_REMOVED,
};
use crate::formats::protobuf::model::{FieldId, FileIndex, JsonFormat, MessageId};

/// Compares two messages that are one.
pub(crate) fn compare(context: &Context<'_>, report: &mut Report, old: MessageId, new: MessageId) {
    let plan = Plan::new(context, old, new);
    for &id in &plan.removed {
        field_removed(context, report, id, (old, new));
    }
    for &id in &plan.added {
        field_added(context, report, id, (old, new));
    }
    for edit in &plan.renumbered {
        renumbered(context, report, edit, (old, new));
    }
    for &(before, after) in &plan.pairs {
        field::compare(context, report, &Pair::new(context, before, after));
    }
    oneof::compare(context, report, (old, new), &plan.pairs);
    reserved::compare_message(context, report, old, new);
    whole(context, report, old, new);
}

/// For files whose text did not change: types that are something else now, because another file changed.
pub(crate) fn compare_types_only(context: &Context<'_>, report: &mut Report, old: FileIndex) {
    for (id, _) in context.old.messages_in(old) {
        let Some(new) = context.pairing.message(id) else { continue };
        let partners = context.new.message(new).field_ids(new.file);
        for ((before, _), after) in context.old.fields_of(id).zip(partners) {
            field::compare_type(context, report, &Pair::new(context, before, after));
        }
    }
    for (before, _) in context.old.extensions_in(old) {
        if let Some(&after) = context.extensions.forward.get(&before) {
            field::compare_type(context, report, &Pair::new(context, before, after));
        }
    }
    for (id, _) in context.old.services_in(old) {
        if let Some(new) = context.pairing.service(id) {
            service::compare_types_only(context, report, id, new);
        }
    }
}

/// The facts of a removed field.
fn removed_facts(context: &Context<'_>, id: FieldId, new: MessageId) -> Facts {
    let (field, message) = (context.old.field(id), context.new.message(new));
    Facts::default()
        .with_bool("required", field.is_required())
        .with_bool("number-reserved", message.reserves_number(field.number))
        .with_bool("name-reserved", message.reserves_name(&field.name))
        .with("deprecation", context.deprecation(id.file, &field.options, field.comments))
}

fn field_removed(context: &Context<'_>, report: &mut Report, id: FieldId, (old, new): (MessageId, MessageId)) {
    let field = context.old.field(id);
    let old_span = Some(context.old_span(id.file, field.name.extent));
    let facts = removed_facts(context, id, new);
    let is_used = |name: &&str| context.new.fields_of(new).any(|(_, other)| *other.name == **name);
    let names = std::iter::once(&*field.name).filter(|name| !is_used(name));
    let reservation = Reservation::of(context, new.file, &facts, field.number, names);
    let mut change = Change::new(
        &FIELD_REMOVED,
        facts,
        subject("field", context.old.field_full_name(id)),
        old_span,
        Some(context.new_span(new.file, context.new.message(new).name.extent)),
    )
    .with_value("name", &*field.name)
    .with_value("number", field.number.to_string())
    .with_value("parent", context.new.message(new).full_name.as_str())
    .with_value("reserve", reservation.text())
    .with_identity(field.number.to_string(), "");
    change.insertion = reservation.insertion(context, new.file, context.new.message(new).name.extent);
    // The message that a map or a group brings along goes with it.
    let has_own_message = match field.kind {
        crate::formats::protobuf::model::Kind::Message(id) => {
            let message = context.old.message(id);
            (message.is_map_entry || message.is_group) && context.pairing.message(id).is_none()
        }
        _ => false,
    };
    if has_own_message {
        change.occurrences = Gone::find(context, old.file, Some(old)).occurrences("message", old_span);
    }
    report.add_to_message(context, (Some(old), Some(new)), (Some(id), None), change);
}

fn field_added(context: &Context<'_>, report: &mut Report, id: FieldId, (old, new): (MessageId, MessageId)) {
    let (field, before) = (context.new.field(id), context.old.message(old));
    let reuse = if before.reserves_number(field.number) {
        "number"
    } else if before.reserves_name(&field.name) {
        "name"
    } else {
        "none"
    };
    let facts = Facts::default().with_bool("required", field.is_required()).with("reuse", reuse);
    let mut change = Change::new(
        &FIELD_ADDED,
        facts,
        subject("field", context.new.field_full_name(id)),
        None,
        Some(context.new_span(id.file, field.name.extent)),
    )
    .with_value("name", &*field.name)
    .with_value("number", field.number.to_string())
    .with_value("parent", context.new.message(new).full_name.as_str())
    .with_identity("", field.number.to_string());
    if reuse != "none" {
        change.occurrences.push(Occurrence {
            kind: &RESERVATION_REMOVED,
            facts: crate::formats::protobuf::diff::context::facts("element", "message"),
            old: Some(context.old_span(old.file, before.name.extent)),
            new: Some(context.new_span(new.file, context.new.message(new).name.extent)),
        });
    }
    report.add_to_message(context, (Some(old), Some(new)), (None, Some(id)), change);
}

fn renumbered(context: &Context<'_>, report: &mut Report, edit: &Renumbered, (old, new): (MessageId, MessageId)) {
    let Some(&(first_old, first_new)) = edit.fields.first() else { return };
    let message = context.new.message(new);
    let texts: Vec<String> = edit
        .fields
        .iter()
        .map(|&(before, after)| {
            let (before, after) = (context.old.field(before), context.new.field(after));
            format!("`{}` ({} to {})", &*after.name, before.number, after.number)
        })
        .collect();
    let numbers = |pick: fn(i32, i32) -> i32| {
        let all = edit.fields.iter().map(|&(before, after)| {
            let (before, after) = (context.old.field(before), context.new.field(after));
            format!("{}={}", &*after.name, pick(before.number, after.number))
        });
        all.collect::<Vec<_>>().join(",")
    };
    let (before, after) = (context.old.field(first_old), context.new.field(first_new));
    let mut change = Change::new(
        &FIELD_RENUMBERED,
        facts("shape", if edit.is_swap { "swapped" } else { "moved" }),
        subject("field", context.new.field_full_name(first_new)),
        Some(context.old_span(first_old.file, before.name.extent)),
        Some(context.new_span(first_new.file, after.name.extent)),
    )
    .with_value("name", &*after.name)
    .with_value("names", texts.join(", "))
    .with_value("parent", message.full_name.as_str())
    .with_value("old", before.number.to_string())
    .with_value("new", after.number.to_string())
    .with_identity(numbers(|old, _| old), numbers(|_, new| new));
    for sides in edit.numbers.values() {
        match *sides {
            (Some(before), Some(after)) => {
                let pair = Pair::new(context, before, after);
                change.occurrences.extend(field::all_occurrences(context, &pair));
                change.occurrences.extend(oneof::occurrence(context, &pair));
            }
            (Some(before), None) => {
                let field = context.old.field(before);
                change.occurrences.push(Occurrence {
                    kind: &FIELD_REMOVED,
                    facts: removed_facts(context, before, new),
                    old: Some(context.old_span(before.file, field.name.extent)),
                    new: Some(context.new_span(new.file, message.name.extent)),
                });
            }
            _ => {}
        }
    }
    let fields = (Some(first_old), Some(first_new));
    report.add_to_message(context, (Some(old), Some(new)), fields, change);
}

/// Options and features of the message itself.
fn whole(context: &Context<'_>, report: &mut Report, old: MessageId, new: MessageId) {
    let (before, after) = (context.old.message(old), context.new.message(new));
    let owner = Owner {
        kind: "message",
        name: after.full_name.to_string(),
        old: context.old_span(old.file, before.name.extent),
        new: context.new_span(new.file, after.name.extent),
    };
    let both = (Some(old), Some(new));
    let (was, is) = (before.features.json_format, after.features.json_format);
    if was != is {
        let facts = json_format_facts("message", is);
        let files = (old.file, new.file);
        if is_inherited(context, files, (&before.options, &after.options)) {
            report.inherited.entry(files).or_default().push(json_format_inherited(facts, &owner));
        } else {
            report.add_to_message(context, both, (None, None), json_format_change(facts, &owner));
        }
    }
    if let Some(change) = deprecation_change(&before.options, &after.options, &owner) {
        report.add_to_message(context, both, (None, None), change);
    }
    let has =
        |name: &str| (before.options.bool(name).unwrap_or_default(), after.options.bool(name).unwrap_or_default());
    let (was, is) = has("no_standard_descriptor_accessor");
    if was != is {
        let kind_facts = facts("to", if is { "removed" } else { "restored" });
        let change = Change::new(
            &DESCRIPTOR_ACCESSOR_CHANGED,
            kind_facts,
            subject("message", owner.name.clone()),
            Some(owner.old),
            Some(owner.new),
        )
        .with_value("full", owner.name.clone())
        .with_identity(was.to_string(), is.to_string());
        report.add_to_message(context, both, (None, None), change);
    }
    let (was, is) = has("message_set_wire_format");
    if was != is {
        let change = Change::new(
            &MESSAGE_SET_FORMAT_CHANGED,
            no_facts(),
            subject("message", owner.name.clone()),
            Some(owner.old),
            Some(owner.new),
        )
        .with_value("full", owner.name.clone())
        .with_value("old", was.to_string())
        .with_value("new", is.to_string())
        .with_identity(was.to_string(), is.to_string());
        report.add_to_message(context, both, (None, None), change);
    }
    for change in option_tree::compare(&before.options, &after.options, &owner) {
        report.add_to_message(context, both, (None, None), change);
    }
}

/// The facts of a change of `json_format`.
pub(crate) fn json_format_facts(element: &'static str, is: JsonFormat) -> Facts {
    let to = match is {
        JsonFormat::Allow => "allow",
        JsonFormat::LegacyBestEffort => "legacy-best-effort",
    };
    Facts::default().with("element", element).with("to", to)
}

/// A change of `json_format` that a file or its syntax causes.
pub(crate) fn json_format_inherited(facts: Facts, owner: &Owner) -> Inherited {
    Inherited {
        occurrence: Occurrence { kind: &JSON_FORMAT_CHANGED, facts, old: Some(owner.old), new: Some(owner.new) },
        is_data: false,
        new_reads_old: Cell::No,
        old_reads_new: Cell::No,
    }
}

/// A change of `json_format` by the element itself.
pub(crate) fn json_format_change(facts: Facts, owner: &Owner) -> Change {
    let to = facts.get("to").unwrap_or_default();
    Change::new(&JSON_FORMAT_CHANGED, facts, subject(owner.kind, owner.name.clone()), Some(owner.old), Some(owner.new))
        .with_value("kind", owner.kind)
        .with_value("full", owner.name.clone())
        .with_identity("", to)
}
