//! Files: removed, added, moved, and what stands at their top.

use std::collections::BTreeMap;

use crate::change::{Change, Facts, ONLY_HERE, Occurrence};
use crate::formats::protobuf::diff::context::{Context, facts, no_facts, subject};
use crate::formats::protobuf::diff::element::deprecation_change;
use crate::formats::protobuf::diff::gone::{self, Gone};
use crate::formats::protobuf::diff::option_tree::{self, Owner};
use crate::formats::protobuf::diff::report::{NewType, Report, Site};
use crate::formats::protobuf::kinds::{
    FILE_ADDED, FILE_MOVED, FILE_OPTION_CHANGED, FILE_PACKAGE_CHANGED, FILE_REMOVED, PACKAGE_REMOVED,
    PUBLIC_IMPORT_ADDED, PUBLIC_IMPORT_REMOVED,
};
use crate::formats::protobuf::model::{EnumId, Extent, File, FileIndex, Import, ImportKind, MessageId, OptionValue};
use crate::source::Span;

/// Options that have a rule of their own, with what an absent one means.
const OPTIONS: &[(&str, &str)] = &[
    ("cc_enable_arenas", "true"),
    ("cc_generic_services", "false"),
    ("csharp_namespace", ""),
    ("go_package", ""),
    ("java_generic_services", "false"),
    ("java_multiple_files", "false"),
    ("java_outer_classname", ""),
    ("java_package", ""),
    ("java_string_check_utf8", "false"),
    ("objc_class_prefix", ""),
    ("optimize_for", "SPEED"),
    ("php_class_prefix", ""),
    ("php_generic_services", "false"),
    ("php_metadata_namespace", ""),
    ("php_namespace", ""),
    ("py_generic_services", "false"),
    ("ruby_package", ""),
    ("swift_prefix", ""),
];

/// A file on both sides.
pub(crate) fn compare(context: &Context<'_>, report: &mut Report, old: FileIndex, new: FileIndex) {
    let (before, after) = (context.old.file(old), context.new.file(new));
    let mut package_change = None;
    if before.package_name() != after.package_name() {
        package_change = Some(package_changed(context, report, old, new));
    } else if before.path != after.path {
        let change = Change::new(
            &FILE_MOVED,
            no_facts(),
            subject("file", after.shown_path()),
            Some(Span::start_of(before.source)),
            Some(Span::start_of(after.source)),
        )
        .with_value("old", before.path.as_str())
        .with_value("new", after.path.as_str())
        .with_identity(before.path.as_str(), after.path.as_str());
        report.add(context, Site::both(old, new), change);
    }
    if before.is_unchanged && after.is_unchanged {
        return;
    }
    if before.syntax != after.syntax {
        report.inherited.entry((old, new)).or_default();
    }
    options(context, report, (old, new), package_change);
    imports(context, report, old, new);
}

/// A file that only the new version has.
pub(crate) fn added(context: &Context<'_>, report: &mut Report, new: FileIndex) {
    let after = context.new.file(new);
    let change = Change::new(
        &FILE_ADDED,
        no_facts(),
        subject("file", after.shown_path()),
        None,
        Some(Span::start_of(after.source)),
    )
    .with_value("file", after.shown_path())
    .with_identity("", after.path.as_str());
    report.add(context, Site { old_file: None, new_file: Some(new) }, change);
}

/// Files that only the old version has: each by itself, but a package of several files that is gone as one edit.
pub(crate) fn removed(context: &Context<'_>, report: &mut Report, files: &[FileIndex]) {
    let mut packages: BTreeMap<&str, Vec<(FileIndex, Change)>> = BTreeMap::new();
    for &old in files {
        let change = removed_file(context, old);
        if change.facts.get("package") == Some("gone") {
            packages.entry(context.old.file(old).package_name()).or_default().push((old, change));
        } else {
            report.add(context, Site { old_file: Some(old), new_file: None }, change);
        }
    }
    for (name, files) in packages {
        if files.len() > 1 {
            package_removed(context, report, name, files);
        } else {
            for (old, change) in files {
                report.add(context, Site { old_file: Some(old), new_file: None }, change);
            }
        }
    }
}

fn package_removed(context: &Context<'_>, report: &mut Report, name: &str, files: Vec<(FileIndex, Change)>) {
    let Some(&(first, _)) = files.first() else { return };
    let at = context.old.file(first).package.as_ref().map(|package| context.old_span(first, package.name_extent));
    let has_services = files.iter().any(|(_, change)| change.facts.get("services") == Some("true"));
    let facts = Facts::default().with_bool("services", has_services);
    let mut change = Change::new(&PACKAGE_REMOVED, facts, subject("package", name), at, None)
        .with_value("name", name)
        .with_value("count", files.len().to_string())
        .with_identity(name, "");
    for (_, file) in files {
        change.occurrences.push(Occurrence { kind: file.kind, facts: file.facts, old: file.old, new: None });
        change.occurrences.extend(file.occurrences);
    }
    report.add(context, Site { old_file: Some(first), new_file: None }, change);
}

/// A file that is gone, with everything in it that is nowhere else.
fn removed_file(context: &Context<'_>, old: FileIndex) -> Change {
    let before = context.old.file(old);
    let gone = Gone::find(context, old, None).from_package();
    let mut occurrences = Vec::new();
    let mut homes = std::collections::BTreeSet::new();
    for &index in &before.top_messages {
        let id = MessageId::new(old, index);
        if let Some(home) = context.pairing.message(id) {
            homes.insert(context.new.file(home.file).shown_path());
        } else {
            occurrences.extend(gone.occurrences("message", Some(span(context, id, before))));
            occurrences.extend(gone::nested(context, id, &gone));
        }
    }
    for &index in &before.top_enums {
        let id = EnumId::new(old, index);
        if let Some(home) = context.pairing.enumeration(id) {
            homes.insert(context.new.file(home.file).shown_path());
        } else {
            let at = context.old_span(old, context.old.enum_type(id).name.extent);
            occurrences.extend(gone.clone().of_enum(context).occurrences("enum", Some(at)));
        }
    }
    let mut services = Vec::new();
    for (id, service) in context.old.services_in(old) {
        if let Some(home) = context.pairing.service(id) {
            homes.insert(context.new.file(home.file).shown_path());
        } else {
            services.push(format!("`{}`", service.full_name));
            let at = context.old_span(old, service.name.extent);
            occurrences.extend(gone.occurrences("service", Some(at)));
        }
    }
    let mut is_anything_gone = !occurrences.is_empty() || !services.is_empty();
    for &index in &before.top_extensions {
        let id = crate::formats::protobuf::model::FieldId::new(old, index);
        if let Some(home) = context.extensions.forward.get(&id) {
            homes.insert(context.new.file(home.file).shown_path());
        } else {
            is_anything_gone = true;
            let at = context.old_span(old, context.old.field(id).name.extent);
            occurrences.extend(gone.occurrences("extension", Some(at)));
        }
    }
    let is_gone_anyhow = homes.is_empty() || is_anything_gone || is_something_gone(context, old);
    let package = if gone::has_package(context, old) { "kept" } else { "gone" };
    let facts = Facts::default()
        .with("contents", if is_gone_anyhow { "gone" } else { "moved" })
        .with_bool("services", !services.is_empty())
        .with("package", if is_gone_anyhow { package } else { "kept" });
    let homes: Vec<String> = homes.into_iter().map(|path| format!("`{path}`")).collect();
    let mut change = Change::new(
        &FILE_REMOVED,
        facts,
        subject("file", before.shown_path()),
        Some(Span::start_of(before.source)),
        None,
    )
    .with_value("file", before.shown_path())
    .with_value("services", services.join(", "))
    .with_value("to", homes.join(", "))
    .with_identity(before.path.as_str(), "");
    change.occurrences = occurrences;
    change
}

/// Whether anything at the top of a file has no partner, also where the package is gone and nothing lists it.
fn is_something_gone(context: &Context<'_>, old: FileIndex) -> bool {
    let before = context.old.file(old);
    before.top_messages.iter().any(|&index| context.pairing.message(MessageId::new(old, index)).is_none())
        || before.top_enums.iter().any(|&index| context.pairing.enumeration(EnumId::new(old, index)).is_none())
}

fn span(context: &Context<'_>, id: MessageId, file: &File) -> Span {
    let extent = context.old.message(id).name.extent;
    Span::new(file.source, extent.start, extent.end)
}

/// Returns the index of the change.
fn package_changed(context: &Context<'_>, report: &mut Report, old: FileIndex, new: FileIndex) -> usize {
    let (before, after) = (context.old.file(old), context.new.file(new));
    let facts = Facts::default()
        .with_bool("services", !before.services.is_empty())
        .with("path", if before.path == after.path { "same" } else { "moved" })
        .with("old-package", if gone::has_package(context, old) { "kept" } else { "gone" });
    let place = |schema_file: &File, extent: Option<Extent>| {
        extent.map_or_else(|| Span::start_of(schema_file.source), |at| Span::new(schema_file.source, at.start, at.end))
    };
    let mut change = Change::new(
        &FILE_PACKAGE_CHANGED,
        facts,
        subject("file", after.shown_path()),
        Some(place(before, before.package.as_ref().map(|package| package.name_extent))),
        Some(place(after, after.package.as_ref().map(|package| package.name_extent))),
    )
    .with_value("file", after.shown_path())
    .with_value("old", package_text(before))
    .with_value("new", package_text(after))
    .with_identity(before.package_name(), after.package_name());
    change.occurrences = missing_from_package(context, old);
    let index = report.add(context, Site::both(old, new), change);
    let messages = context.new.messages_in(new).map(|(id, _)| NewType::Message(id));
    let enums = context.new.enums_in(new).map(|(id, _)| NewType::Enum(id));
    report.take_users(index, messages.chain(enums).collect());
    index
}

/// What the old package misses when a file leaves it.
fn missing_from_package(context: &Context<'_>, old: FileIndex) -> Vec<Occurrence> {
    let before = context.old.file(old);
    let gone = Gone::find(context, old, None).from_package();
    let is_missing = |name: &str| context.new.named(name).is_empty();
    let mut all = Vec::new();
    for &index in &before.top_messages {
        let id = MessageId::new(old, index);
        if is_missing(&context.old.message(id).full_name) {
            all.extend(gone.occurrences("message", Some(span(context, id, before))));
            all.extend(gone::nested(context, id, &gone));
        }
    }
    for &index in &before.top_enums {
        let item = &before.enums[index as usize];
        if is_missing(&item.full_name) {
            let at = Some(context.old_span(old, item.name.extent));
            all.extend(gone.clone().of_enum(context).occurrences("enum", at));
        }
    }
    for service in &before.services {
        if is_missing(&service.full_name) {
            all.extend(gone.occurrences("service", Some(context.old_span(old, service.name.extent))));
        }
    }
    all
}

fn package_text(file: &File) -> String {
    if file.package_name().is_empty() { "no package".to_owned() } else { file.package_name().to_owned() }
}

/// Whether a generated namespace follows from the package.
fn follows_package(option: &str) -> bool {
    ["_namespace", "_package", "_prefix", "_classname"].iter().any(|ending| option.ends_with(ending))
}

/// Options that follow from a package that changed are part of that change.
fn options(
    context: &Context<'_>,
    report: &mut Report,
    (old, new): (FileIndex, FileIndex),
    package_change: Option<usize>,
) {
    let (before, after) = (context.old.file(old), context.new.file(new));
    for (name, default) in OPTIONS {
        let value = |file: &File| file.options.get(name).map_or_else(|| (*default).to_owned(), option_text);
        let (was, is) = (value(before), value(after));
        if was == is {
            continue;
        }
        let at = |file: &File| {
            file.options.entry(name).map_or_else(
                || Span::start_of(file.source),
                |entry| Span::new(file.source, entry.extent.start, entry.extent.end),
            )
        };
        let package_change = package_change.filter(|_| follows_package(name));
        if let Some(change) = package_change.and_then(|index| report.change_mut(index)) {
            if before.path == after.path {
                change.occurrences.push(Occurrence {
                    kind: &FILE_OPTION_CHANGED,
                    facts: facts("option", name),
                    old: Some(at(before)),
                    new: Some(at(after)),
                });
            }
            continue;
        }
        let mut change = Change::new(
            &FILE_OPTION_CHANGED,
            facts("option", name),
            subject("file", after.shown_path()),
            Some(at(before)),
            Some(at(after)),
        )
        .with_value("option", *name)
        .with_value("old", quoted(&was))
        .with_value("new", quoted(&is))
        .with_identity(format!("{name}={was}"), format!("{name}={is}"));
        if before.path != after.path {
            change.places.insert(ONLY_HERE);
        }
        report.add(context, Site::both(old, new), change);
    }
    let site = Site::both(old, new);
    let owner = Owner {
        kind: "file",
        name: after.shown_path().to_owned(),
        old: Span::start_of(before.source),
        new: Span::start_of(after.source),
    };
    if let Some(change) = deprecation_change(&before.options, &after.options, &owner) {
        report.add(context, site, change);
    }
    for change in option_tree::compare(&before.options, &after.options, &owner) {
        report.add(context, site, change);
    }
}

fn option_text(value: &OptionValue) -> String {
    match value {
        OptionValue::String(text) => text.to_string(),
        OptionValue::Bool(value) => value.to_string(),
        OptionValue::Enum(name, _) => name.to_string(),
        other => option_tree::text(other),
    }
}

fn quoted(text: &str) -> String {
    if text.is_empty() { "nothing".to_owned() } else { format!("`{text}`") }
}

fn imports(context: &Context<'_>, report: &mut Report, old: FileIndex, new: FileIndex) {
    let (before, after) = (context.old.file(old), context.new.file(new));
    let is_public = |import: &&Import| import.kind == ImportKind::Public;
    let same = |was: &Import, is: &Import| {
        let moved_along = was.file.and_then(|file| context.pairing.files.forward(file));
        was.path == is.path || (moved_along.is_some() && moved_along == is.file)
    };
    for was in before.imports.iter().filter(is_public) {
        if after.imports.iter().filter(is_public).any(|is| same(was, is)) {
            continue;
        }
        let left = after.imports.iter().find(|is| same(was, is));
        let at = left.map_or_else(|| Span::start_of(after.source), |is| context.new_span(new, is.path_extent));
        let change = Change::new(
            &PUBLIC_IMPORT_REMOVED,
            no_facts(),
            subject("file", after.shown_path()),
            Some(context.old_span(old, was.path_extent)),
            Some(at),
        )
        .with_value("file", after.shown_path())
        .with_value("import", was.path.as_str())
        .with_identity(was.path.as_str(), "");
        report.add(context, Site::both(old, new), change);
    }
    for is in after.imports.iter().filter(is_public) {
        if before.imports.iter().filter(is_public).any(|was| same(was, is)) {
            continue;
        }
        let change = Change::new(
            &PUBLIC_IMPORT_ADDED,
            no_facts(),
            subject("file", after.shown_path()),
            None,
            Some(context.new_span(new, is.path_extent)),
        )
        .with_value("file", after.shown_path())
        .with_value("import", is.path.as_str())
        .with_identity("", is.path.as_str());
        report.add(context, Site::both(old, new), change);
    }
}
