//! Extensions: fields by what they extend and their number, elements by their full name.

use crate::change::{Change, Occurrence};
use crate::formats::protobuf::diff::context::{Context, facts, subject};
use crate::formats::protobuf::diff::element::{self, is_file_gone};
use crate::formats::protobuf::diff::field::{self, Pair};
use crate::formats::protobuf::diff::gone::Gone;
use crate::formats::protobuf::diff::report::Report;
use crate::formats::protobuf::kinds::FIELD_RENUMBERED;
use crate::formats::protobuf::model::{Element, FieldId};

/// An extension of the old version against the new one.
pub(crate) fn compare_old(context: &Context<'_>, report: &mut Report, old: FieldId) {
    let before = context.old.field(old);
    if let Some(&new) = context.extensions.forward.get(&old) {
        let pair = Pair::new(context, old, new);
        let is_renamed = before.full_name() != pair.after.full_name();
        if !is_renamed {
            let gone = Gone::find(context, old.file, before.scope()).from_file();
            let occurrences = gone.occurrences("extension", Some(pair.old_span(context)));
            if before.scope().is_none() {
                let names = ("extension", before.full_name().as_str());
                let places = ((old.file, before.name.extent), (new.file, pair.after.name.extent));
                element::moved(context, report, names, places.0, places.1, occurrences);
            }
        }
        let index = report.len();
        field::compare(context, report, &pair);
        if is_renamed {
            let missing = Gone::find(context, old.file, before.scope());
            report.extend(index, missing.occurrences("extension", Some(pair.old_span(context))));
        }
        return;
    }
    // Gone with the message it is declared in, or with its file: told there.
    let is_told = before.scope().is_some_and(|scope| context.pairing.message(scope).is_none());
    if is_told || is_file_gone(context, old.file) {
        return;
    }
    if let Some(new) = renumbered(context, old) {
        moved_number(context, report, old, new);
        return;
    }
    let gone = Gone::find(context, old.file, before.scope());
    let deprecation = context.deprecation(old.file, &before.options, before.comments);
    let extendee = before.message.map_or_else(String::new, |id| context.old.message(id).full_name.to_string());
    let change =
        element::removed(context, &gone, "extension", before.full_name(), (old.file, before.name.extent), deprecation)
            .with_value("number", before.number.to_string())
            .with_value("extendee", extendee);
    report.add_to_message(context, (before.message, None), (Some(old), None), change);
}

/// Whether a new extension is an old one under another number.
pub(crate) fn is_renumbered(context: &Context<'_>, new: FieldId) -> bool {
    let after = context.new.field(new);
    context.old.named(after.full_name()).iter().any(|element| match element {
        Element::Extension(old) => renumbered(context, *old) == Some(new),
        _ => false,
    })
}

fn renumbered(context: &Context<'_>, old: FieldId) -> Option<FieldId> {
    let before = context.old.field(old);
    let extended = context.pairing.message(before.message?)?;
    context.new.named(before.full_name()).iter().find_map(|element| match element {
        Element::Extension(new)
            if context.new.field(*new).message == Some(extended) && !context.extensions.backward.contains_key(new) =>
        {
            Some(*new)
        }
        _ => None,
    })
}

fn moved_number(context: &Context<'_>, report: &mut Report, old: FieldId, new: FieldId) {
    let pair = Pair::new(context, old, new);
    let change = Change::new(
        &FIELD_RENUMBERED,
        facts("shape", "moved"),
        subject("extension", pair.after.full_name().as_str()),
        Some(pair.old_span(context)),
        Some(pair.new_span(context)),
    )
    .with_value("name", &*pair.after.name)
    .with_value("parent", pair.parent(context))
    .with_value("old", pair.before.number.to_string())
    .with_value("new", pair.after.number.to_string())
    .with_identity(pair.before.number.to_string(), pair.after.number.to_string());
    pair.report(context, report, change);
}

impl Report {
    /// Adds occurrences to the change at an index, if that many were stated.
    fn extend(&mut self, index: usize, occurrences: Vec<Occurrence>) {
        if let Some(change) = self.change_mut(index) {
            change.occurrences.extend(occurrences);
        }
    }
}
