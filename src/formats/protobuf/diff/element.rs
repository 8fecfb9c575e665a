//! Messages, enums, services and extensions as a whole: gone, new, moved, renamed, deprecated.

use rustc_hash::FxHashSet;

use crate::change::{Change, Facts, Occurrence};
use crate::formats::protobuf::diff::context::{Context, facts, subject};
use crate::formats::protobuf::diff::gone::{self, Gone};
use crate::formats::protobuf::diff::option_tree::Owner;
use crate::formats::protobuf::diff::report::{NewType, Report, Site};
use crate::formats::protobuf::diff::{enumeration, extension, message, service};
use crate::formats::protobuf::kinds::{
    ELEMENT_ADDED, ELEMENT_DEPRECATED, ELEMENT_MOVED, ELEMENT_REMOVED, ELEMENT_RENAMED, SERVICE_RENAMED,
    VISIBILITY_CHANGED,
};
use crate::formats::protobuf::model::{
    EnumId, Extent, Features, FileIndex, MessageId, Options, Schema, ServiceId, SymbolVisibility,
};

/// Everything that an old file declares, against its partners wherever they are.
pub(crate) fn compare_old(context: &Context<'_>, report: &mut Report, old: FileIndex) {
    for (id, item) in context.old.messages_in(old) {
        if item.is_map_entry {
            continue;
        }
        match context.pairing.message(id) {
            Some(new) => {
                whole_message(context, report, id, new);
                message::compare(context, report, id, new);
            }
            None => message_removed(context, report, id),
        }
    }
    for (id, _) in context.old.enums_in(old) {
        match context.pairing.enumeration(id) {
            Some(new) => {
                whole_enum(context, report, id, new);
                enumeration::compare(context, report, id, new);
            }
            None => enum_removed(context, report, id),
        }
    }
    for (id, _) in context.old.services_in(old) {
        match context.pairing.service(id) {
            Some(new) => {
                whole_service(context, report, id, new);
                service::compare(context, report, id, new);
            }
            None => service_removed(context, report, id),
        }
    }
    for (id, _) in context.old.extensions_in(old) {
        extension::compare_old(context, report, id);
    }
}

/// What a file of the new version declares for the first time. In a new file nothing is listed: the file is the edit.
pub(crate) fn find_added(context: &Context<'_>, report: &mut Report, new: FileIndex) {
    if context.pairing.files.backward(new).is_none() {
        return;
    }
    let mut fresh: FxHashSet<MessageId> = FxHashSet::default();
    for (id, item) in context.new.messages_in(new) {
        if item.is_map_entry || context.pairing.old_message(id).is_some() {
            continue;
        }
        fresh.insert(id);
        // Nested in a new message, or the message of a new group field: told there.
        let is_told = item.parent.is_some_and(|parent| fresh.contains(&parent)) || item.is_group;
        if !is_told {
            let change = added(context, "message", &item.full_name, new, item.name.extent);
            report.add_to_message(context, (None, Some(id)), (None, None), change);
        }
    }
    for (id, item) in context.new.enums_in(new) {
        let is_told = item.parent.is_some_and(|parent| fresh.contains(&parent));
        if !is_told && context.pairing.old_enumeration(id).is_none() {
            let change = added(context, "enum", &item.full_name, new, item.name.extent);
            report.add_to_enum(context, (None, Some(id)), change);
        }
    }
    for (id, item) in context.new.services_in(new) {
        if context.pairing.old_service(id).is_none() {
            let change = added(context, "service", &item.full_name, new, item.name.extent);
            report.add(context, Site { old_file: None, new_file: Some(new) }, change);
        }
    }
    for (id, item) in context.new.extensions_in(new) {
        let is_told = item.scope().is_some_and(|scope| fresh.contains(&scope));
        let is_known = context.extensions.backward.contains_key(&id) || extension::is_renumbered(context, id);
        if !is_told && !is_known {
            let change = added(context, "extension", item.full_name(), new, item.name.extent);
            report.add_to_message(context, (None, item.message), (None, Some(id)), change);
        }
    }
}

fn added(context: &Context<'_>, element: &'static str, full_name: &str, file: FileIndex, name: Extent) -> Change {
    let at = context.new_span(file, name);
    Change::new(&ELEMENT_ADDED, facts("element", element), subject(element, full_name), None, Some(at))
        .with_value("kind", element)
        .with_value("full", full_name)
        .with_identity("", full_name)
}

fn message_removed(context: &Context<'_>, report: &mut Report, old: MessageId) {
    let item = context.old.message(old);
    // Gone with the message around it, with its file, or with the group field: told there.
    let parent = item.parent.map(|parent| context.pairing.message(parent));
    let is_told = parent == Some(None) || (item.is_group && parent.is_some());
    if is_told || is_file_gone(context, old.file) {
        return;
    }
    let gone = Gone::find(context, old.file, item.parent);
    let deprecation = context.deprecation(old.file, &item.options, item.comments);
    let mut change = removed(context, &gone, "message", &item.full_name, (old.file, item.name.extent), deprecation);
    change.occurrences.extend(gone::nested(context, old, &gone));
    report.add_to_message(context, (Some(old), None), (None, None), change);
}

fn enum_removed(context: &Context<'_>, report: &mut Report, old: EnumId) {
    let item = context.old.enum_type(old);
    let is_told = item.parent.is_some_and(|parent| context.pairing.message(parent).is_none());
    if is_told || is_file_gone(context, old.file) {
        return;
    }
    let gone = Gone::find(context, old.file, item.parent).of_enum(context);
    let deprecation = context.deprecation(old.file, &item.options, item.comments);
    let change = removed(context, &gone, "enum", &item.full_name, (old.file, item.name.extent), deprecation);
    report.add_to_enum(context, (Some(old), None), change);
}

fn service_removed(context: &Context<'_>, report: &mut Report, old: ServiceId) {
    if is_file_gone(context, old.file) {
        return;
    }
    let item = context.old.service(old);
    let gone = Gone::find(context, old.file, None);
    let deprecation = context.deprecation(old.file, &item.options, item.comments);
    let mut change = removed(context, &gone, "service", &item.full_name, (old.file, item.name.extent), deprecation);
    change.operations = service::operations(context.old, old);
    report.add(context, Site { old_file: Some(old.file), new_file: None }, change);
}

/// A removed element, at the nearest place that is still there.
pub(crate) fn removed(
    context: &Context<'_>,
    gone: &Gone,
    element: &'static str,
    full_name: &str,
    (file, name): (FileIndex, Extent),
    deprecation: &'static str,
) -> Change {
    let (gone_from, at, origin) = gone.places();
    let old = Some(context.old_span(file, name));
    let mut change = Change::new(
        &ELEMENT_REMOVED,
        gone::removed_facts(element, gone_from, deprecation),
        subject(element, full_name),
        old,
        at,
    )
    .with_value("kind", element)
    .with_value("full", full_name)
    .with_identity(full_name, "");
    if origin.is_some() {
        change.occurrences.push(gone::occurrence(element, "file", old, origin));
    }
    change
}

/// Whether the whole file is gone, so that one change tells of everything in it.
pub(crate) fn is_file_gone(context: &Context<'_>, old: FileIndex) -> bool {
    context.pairing.files.forward(old).is_none()
}

fn whole_message(context: &Context<'_>, report: &mut Report, old: MessageId, new: MessageId) {
    let (before, after) = (context.old.message(old), context.new.message(new));
    if before.full_name != after.full_name {
        let is_outermost = match (before.parent, after.parent) {
            (Some(outer), Some(other)) => context.pairing.message(outer) != Some(other) || *before.name != *after.name,
            _ => true,
        };
        if is_outermost && !is_package_change(context, (old.file, &before.full_name), (new.file, &after.full_name)) {
            let gone = Gone::find(context, old.file, before.parent);
            let old_span = Some(context.old_span(old.file, before.name.extent));
            let mut change = renamed(
                "message",
                context.uses_any,
                (&before.full_name, &after.full_name),
                Change::new(
                    &ELEMENT_RENAMED,
                    Facts::default(),
                    subject("message", after.full_name.as_str()),
                    old_span,
                    Some(context.new_span(new.file, after.name.extent)),
                ),
            );
            change.occurrences.extend(gone.occurrences("message", old_span));
            change.occurrences.extend(gone::nested(context, old, &gone));
            let index = report.add_to_message(context, (Some(old), Some(new)), (None, None), change);
            report.take_users(index, types_in(context.new, new));
        }
    } else if before.parent.is_none() {
        let gone = Gone::find(context, old.file, None).from_file();
        let mut occurrences = gone.occurrences("message", Some(context.old_span(old.file, before.name.extent)));
        occurrences.extend(gone::nested(context, old, &gone));
        let names = ("message", before.full_name.as_str());
        moved(context, report, names, (old.file, before.name.extent), (new.file, after.name.extent), occurrences);
    }
    visibility(
        context,
        report,
        ("message", &after.full_name, before.parent.is_none()),
        (old.file, before.name.extent, before.visibility.map(|(value, _)| value), &before.features),
        (new.file, after.name.extent, after.visibility.map(|(value, _)| value), &after.features),
    );
}

fn whole_enum(context: &Context<'_>, report: &mut Report, old: EnumId, new: EnumId) {
    let (before, after) = (context.old.enum_type(old), context.new.enum_type(new));
    if before.full_name != after.full_name {
        let is_with_parent = match (before.parent, after.parent) {
            (Some(outer), Some(other)) => context.pairing.message(outer) == Some(other) && *before.name == *after.name,
            _ => false,
        };
        if !is_with_parent && !is_package_change(context, (old.file, &before.full_name), (new.file, &after.full_name)) {
            let gone = Gone::find(context, old.file, before.parent).of_enum(context);
            let old_span = Some(context.old_span(old.file, before.name.extent));
            let mut change = renamed(
                "enum",
                false,
                (&before.full_name, &after.full_name),
                Change::new(
                    &ELEMENT_RENAMED,
                    Facts::default(),
                    subject("enum", after.full_name.as_str()),
                    old_span,
                    Some(context.new_span(new.file, after.name.extent)),
                ),
            );
            change.occurrences.extend(gone.occurrences("enum", old_span));
            let index = report.add_to_enum(context, (Some(old), Some(new)), change);
            report.take_users(index, vec![NewType::Enum(new)]);
        }
    } else if before.parent.is_none() {
        let gone = Gone::find(context, old.file, None).from_file();
        let occurrences = gone.occurrences("enum", Some(context.old_span(old.file, before.name.extent)));
        let names = ("enum", before.full_name.as_str());
        moved(context, report, names, (old.file, before.name.extent), (new.file, after.name.extent), occurrences);
    }
    visibility(
        context,
        report,
        ("enum", &after.full_name, before.parent.is_none()),
        (old.file, before.name.extent, before.visibility.map(|(value, _)| value), &before.features),
        (new.file, after.name.extent, after.visibility.map(|(value, _)| value), &after.features),
    );
}

fn whole_service(context: &Context<'_>, report: &mut Report, old: ServiceId, new: ServiceId) {
    let (before, after) = (context.old.service(old), context.new.service(new));
    let old_span = Some(context.old_span(old.file, before.name.extent));
    let gone = Gone::find(context, old.file, None);
    if before.full_name == after.full_name {
        let names = ("service", before.full_name.as_str());
        let occurrences = gone.from_file().occurrences("service", old_span);
        moved(context, report, names, (old.file, before.name.extent), (new.file, after.name.extent), occurrences);
    } else if !is_package_change(context, (old.file, &before.full_name), (new.file, &after.full_name)) {
        let mut change = Change::new(
            &SERVICE_RENAMED,
            Facts::default(),
            subject("service", after.full_name.as_str()),
            old_span,
            Some(context.new_span(new.file, after.name.extent)),
        )
        .with_value("old", before.full_name.as_str())
        .with_value("new", after.full_name.as_str())
        .with_identity(before.full_name.as_str(), after.full_name.as_str());
        change.operations = service::operations(context.new, new);
        change.occurrences = gone.occurrences("service", old_span);
        report.add(context, Site::both(old.file, new.file), change);
    }
}

fn renamed(element: &'static str, any: bool, (old, new): (&str, &str), mut change: Change) -> Change {
    change.facts = Facts::default().with("element", element).with_bool("any", any);
    change.with_value("kind", element).with_value("old", old).with_value("new", new).with_identity(old, new)
}

/// Tells of an element that is in another file, unless it moved with its file or the whole old file dissolved.
pub(crate) fn moved(
    context: &Context<'_>,
    report: &mut Report,
    (element, full_name): (&'static str, &str),
    (old, old_name): (FileIndex, Extent),
    (new, new_name): (FileIndex, Extent),
    occurrences: Vec<Occurrence>,
) {
    let partner = context.pairing.files.forward(old);
    if partner.is_none() || partner == Some(new) {
        return;
    }
    let path = |schema: &Schema, file| schema.file(file).path.to_string();
    let (from, to) = (path(context.old, old), path(context.new, new));
    let mut change = Change::new(
        &ELEMENT_MOVED,
        facts("element", element),
        subject(element, full_name),
        Some(context.old_span(old, old_name)),
        Some(context.new_span(new, new_name)),
    )
    .with_value("kind", element)
    .with_value("full", full_name)
    .with_value("old", from.clone())
    .with_value("new", to.clone())
    .with_identity(from, to);
    change.occurrences = occurrences;
    report.add(context, Site::both(old, new), change);
}

/// Whether the other name follows from the package line of the file.
fn is_package_change(context: &Context<'_>, old: (FileIndex, &str), new: (FileIndex, &str)) -> bool {
    let (before, after) = (context.old.file(old.0), context.new.file(new.0));
    context.pairing.files.forward(old.0) == Some(new.0)
        && before.package_name() != after.package_name()
        && gone::inner_name(old.1, before.package_name()) == gone::inner_name(new.1, after.package_name())
}

/// A message and every type nested in it.
fn types_in(schema: &Schema, root: MessageId) -> Vec<NewType> {
    let mut types = Vec::new();
    let mut waiting = vec![root];
    while let Some(id) = waiting.pop() {
        let item = schema.message(id);
        types.push(NewType::Message(id));
        types.extend(item.enum_ids(id.file).map(NewType::Enum));
        waiting.extend(item.message_ids(id.file));
    }
    types
}

type VisibilitySide<'f> = (FileIndex, Extent, Option<SymbolVisibility>, &'f Features);

/// `export` and `local`, written or by default (edition 2024). Before that, everything is exported.
fn visibility(
    context: &Context<'_>,
    report: &mut Report,
    (element, full_name, is_top): (&'static str, &str, bool),
    old: VisibilitySide<'_>,
    new: VisibilitySide<'_>,
) {
    let is_exported = |written: Option<SymbolVisibility>, features: &Features| match written
        .unwrap_or(features.default_symbol_visibility)
    {
        SymbolVisibility::ExportAll => true,
        SymbolVisibility::ExportTopLevel => is_top,
        SymbolVisibility::LocalAll | SymbolVisibility::Strict => false,
    };
    let (was, is) = (is_exported(old.2, old.3), is_exported(new.2, new.3));
    if was == is {
        return;
    }
    let word = |exported| if exported { "export" } else { "local" };
    let change = Change::new(
        &VISIBILITY_CHANGED,
        Facts::default().with("element", element).with("to", word(is)),
        subject(element, full_name),
        Some(context.old_span(old.0, old.1)),
        Some(context.new_span(new.0, new.1)),
    )
    .with_value("kind", element)
    .with_value("full", full_name)
    .with_identity(word(was), word(is));
    report.add(context, Site::both(old.0, new.0), change);
}

/// `deprecated` set or taken back.
pub(crate) fn deprecation_change(old: &Options, new: &Options, owner: &Owner) -> Option<Change> {
    let (was, is) = (old.is_deprecated(), new.is_deprecated());
    if was == is {
        return None;
    }
    let state = if is { "deprecated" } else { "restored" };
    let change = Change::new(
        &ELEMENT_DEPRECATED,
        facts("state", state),
        subject(owner.kind, owner.name.clone()),
        Some(owner.old),
        Some(owner.new),
    )
    .with_value("kind", owner.kind)
    .with_value("full", owner.name.clone())
    .with_identity(was.to_string(), is.to_string());
    Some(change)
}
