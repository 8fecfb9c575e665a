//! Options and features of a field: defaults, packing, generated types, UTF-8, behavior, deprecation.

use std::collections::BTreeSet;

use crate::change::{Cell, Change, Facts, Occurrence};
use crate::formats::protobuf::diff::constraint;
use crate::formats::protobuf::diff::context::{Context, facts, no_facts, subject};
use crate::formats::protobuf::diff::element::deprecation_change;
use crate::formats::protobuf::diff::features::is_inherited;
use crate::formats::protobuf::diff::field::Pair;
use crate::formats::protobuf::diff::option_tree::{self, Owner};
use crate::formats::protobuf::diff::report::{Inherited, Report};
use crate::formats::protobuf::kinds::{
    FIELD_BEHAVIOR_CHANGED, FIELD_CPP_STRING_TYPE_CHANGED, FIELD_DEFAULT_CHANGED, FIELD_JSTYPE_CHANGED,
    FIELD_PACKING_CHANGED, FIELD_UTF8_VALIDATION_CHANGED,
};
use crate::formats::protobuf::model::{
    DefaultValue, Extent, Field, JavaUtf8Validation, Kind, OptionValue, Options, Schema, Utf8Validation,
};

/// Everything about two fields but name, number, type and cardinality.
pub(crate) fn compare(context: &Context<'_>, report: &mut Report, pair: &Pair<'_>) {
    default(context, report, pair);
    packing(context, report, pair);
    jstype(context, report, pair);
    cpp_string_type(context, report, pair);
    utf8_validation(context, report, pair);
    behavior(context, report, pair);
    let owner = Owner {
        kind: pair.kind(),
        name: pair.full_name(context),
        old: pair.old_span(context),
        new: pair.new_span(context),
    };
    let (before, after) = (&pair.before.options, &pair.after.options);
    for change in constraint::compare(before, after, &owner, (&pair.after.name, &pair.parent(context))) {
        pair.report(context, report, change);
    }
    if let Some(change) = deprecation_change(before, after, &owner) {
        pair.report(context, report, change);
    }
    for change in option_tree::compare(before, after, &owner) {
        pair.report(context, report, change);
    }
}

/// A change of this field from one text to another, at the option or, where that is not written, at the name.
fn change(
    context: &Context<'_>,
    pair: &Pair<'_>,
    kind: &'static crate::change::ChangeKind,
    stated: Facts,
    at: Extent,
    (old, new): (&str, &str),
) -> Change {
    Change::new(
        kind,
        stated,
        subject(pair.kind(), pair.full_name(context)),
        Some(pair.old_span(context)),
        Some(context.new_span_or(pair.new.file, at, pair.after.name.extent)),
    )
    .with_value("name", &*pair.after.name)
    .with_value("parent", pair.parent(context))
    .with_value("old", old)
    .with_value("new", new)
    .with_identity(old, new)
}

fn default(context: &Context<'_>, report: &mut Report, pair: &Pair<'_>) {
    let (before, after) = (pair.before, pair.after);
    let is_comparable = context.pairing.same_type(before.kind, after.kind) && !before.is_repeated();
    if !is_comparable || (before.default.is_none() && after.default.is_none()) {
        return;
    }
    let (was, is) = (default_text(context.old, before), default_text(context.new, after));
    if was != is {
        let texts = (format!("`{was}`"), format!("`{is}`"));
        let change =
            change(context, pair, &FIELD_DEFAULT_CHANGED, no_facts(), after.default_extent, (&texts.0, &texts.1));
        pair.report(context, report, change);
    }
}

/// What an absent field means: the default as written, or that of the type.
fn default_text(schema: &Schema, field: &Field) -> String {
    match (field.default.as_deref(), field.kind) {
        (Some(DefaultValue::Bool(value)), _) => value.to_string(),
        (Some(DefaultValue::Int(value)), _) => value.to_string(),
        (Some(DefaultValue::Uint(value)), _) => value.to_string(),
        (Some(DefaultValue::Float(value)), _) => value.to_string(),
        (Some(DefaultValue::String(value)), _) => format!("{:?}", value.as_str()),
        (Some(DefaultValue::Bytes(value)), _) => format!("{:?}", String::from_utf8_lossy(value)),
        // By number: a renamed value is told as that.
        (Some(DefaultValue::Enum(name, value)), _) => {
            value.map_or_else(|| name.to_string(), |id| schema.enum_value(id).number.to_string())
        }
        (None, Kind::Bool) => "false".to_owned(),
        (None, Kind::String | Kind::Bytes) => "\"\"".to_owned(),
        (None, Kind::Enum(id)) => {
            schema.values_of(id).next().map_or_else(String::new, |(_, value)| value.number.to_string())
        }
        (None, _) => "0".to_owned(),
    }
}

fn packing(context: &Context<'_>, report: &mut Report, pair: &Pair<'_>) {
    let (before, after) = (pair.before, pair.after);
    let is_list = |field: &Field| field.is_repeated() && field.kind.is_packable();
    let is_own = before.options.bool("packed") != after.options.bool("packed")
        || !is_inherited(context, (pair.old.file, pair.new.file), (&before.options, &after.options));
    if is_list(before) && is_list(after) && before.is_packed != after.is_packed && is_own {
        let word = |packed| if packed { "packed" } else { "unpacked" };
        let texts = (word(before.is_packed), word(after.is_packed));
        let change = change(context, pair, &FIELD_PACKING_CHANGED, no_facts(), Extent::NONE, texts);
        pair.report(context, report, change);
    }
}

fn jstype(context: &Context<'_>, report: &mut Report, pair: &Pair<'_>) {
    let is_wide = |field: &Field| {
        matches!(field.kind, Kind::Int64 | Kind::Uint64 | Kind::Sint64 | Kind::Fixed64 | Kind::Sfixed64)
    };
    if !is_wide(pair.before) || !is_wide(pair.after) {
        return;
    }
    let value = |options: &Options| options.enum_name("jstype").unwrap_or("JS_NORMAL").to_owned();
    let (was, is) = (value(&pair.before.options), value(&pair.after.options));
    if was != is {
        let at = option_extent(&pair.after.options, "jstype");
        let change = change(context, pair, &FIELD_JSTYPE_CHANGED, no_facts(), at, (&was, &is));
        pair.report(context, report, change);
    }
}

fn option_extent(options: &Options, name: &str) -> Extent {
    options.entry(name).map_or(Extent::NONE, |entry| entry.extent)
}

fn cpp_string_type(context: &Context<'_>, report: &mut Report, pair: &Pair<'_>) {
    let is_text = |field: &Field| matches!(field.kind, Kind::String | Kind::Bytes);
    if !is_text(pair.before) || !is_text(pair.after) {
        return;
    }
    let value = |field: &Field| {
        let own = field.options.enum_name("ctype").map(str::to_owned);
        own.unwrap_or_else(|| field.features.cpp.string_type.as_str().to_owned())
    };
    let (was, is) = (value(pair.before), value(pair.after));
    if was == is {
        return;
    }
    let at = [option_extent(&pair.after.options, "ctype"), option_extent(&pair.after.options, "features")]
        .into_iter()
        .find(|extent| !extent.is_none())
        .unwrap_or(Extent::NONE);
    let files = (pair.old.file, pair.new.file);
    let same_ctype = pair.before.options.get("ctype") == pair.after.options.get("ctype");
    if same_ctype && is_inherited(context, files, (&pair.before.options, &pair.after.options)) {
        report.inherited.entry(files).or_default().push(Inherited {
            occurrence: Occurrence {
                kind: &FIELD_CPP_STRING_TYPE_CHANGED,
                facts: no_facts(),
                old: Some(pair.old_span(context)),
                new: Some(pair.new_span(context)),
            },
            is_data: false,
            new_reads_old: Cell::No,
            old_reads_new: Cell::No,
        });
        return;
    }
    let change = change(context, pair, &FIELD_CPP_STRING_TYPE_CHANGED, no_facts(), at, (&was, &is));
    pair.report(context, report, change);
}

fn utf8_validation(context: &Context<'_>, report: &mut Report, pair: &Pair<'_>) {
    if !has_strings(context.old, pair.before) || !has_strings(context.new, pair.after) {
        return;
    }
    let general = |field: &Field| field.features.utf8_validation == Utf8Validation::Verify;
    let java = |field: &Field| general(field) || field.features.java.utf8_validation == JavaUtf8Validation::Verify;
    let (was, is) = (general(pair.before), general(pair.after));
    let (java_was, java_is) = (java(pair.before), java(pair.after));
    if was == is && java_was == java_is {
        return;
    }
    let (scope, checks) = if was == is { ("java-only", (java_was, java_is)) } else { ("all", (was, is)) };
    let word = |checks| if checks { "VERIFY" } else { "NONE" };
    let stated = facts("to", if checks.1 { "verify" } else { "none" }).with("scope", scope);
    let files = (pair.old.file, pair.new.file);
    if is_inherited(context, files, (&pair.before.options, &pair.after.options)) {
        let cell = |is_broken| if is_broken { Cell::Maybe } else { Cell::No };
        report.inherited.entry(files).or_default().push(Inherited {
            occurrence: Occurrence {
                kind: &FIELD_UTF8_VALIDATION_CHANGED,
                facts: stated,
                old: Some(pair.old_span(context)),
                new: Some(pair.new_span(context)),
            },
            is_data: true,
            new_reads_old: cell(checks.1),
            old_reads_new: cell(!checks.1),
        });
        return;
    }
    let at = option_extent(&pair.after.options, "features");
    let texts = (word(checks.0), word(checks.1));
    let change = change(context, pair, &FIELD_UTF8_VALIDATION_CHANGED, stated, at, texts);
    pair.report(context, report, change);
}

/// Whether the field, or the key or value of a map, is a string.
fn has_strings(schema: &Schema, field: &Field) -> bool {
    match field.kind {
        Kind::String => true,
        Kind::Message(id) if field.is_map => {
            schema.map_entry(id).is_some_and(|(key, value)| key.kind == Kind::String || value.kind == Kind::String)
        }
        _ => false,
    }
}

fn behavior(context: &Context<'_>, report: &mut Report, pair: &Pair<'_>) {
    let (before, after) = (behaviors(&pair.before.options), behaviors(&pair.after.options));
    let option = pair.after.options.extension("google.api.field_behavior");
    let extent = option.map_or(Extent::NONE, |entry| entry.extent);
    let place = context.new_span_or(pair.new.file, extent, pair.after.name.extent);
    for (action, names) in [
        ("added", after.difference(&before).collect::<Vec<_>>()),
        ("removed", before.difference(&after).collect::<Vec<_>>()),
    ] {
        for name in names {
            let behavior = match name.as_str() {
                "REQUIRED" => "required",
                "OUTPUT_ONLY" => "output-only",
                "INPUT_ONLY" => "input-only",
                "IMMUTABLE" => "immutable",
                _ => "other",
            };
            let identity = if action == "added" { ("", name.as_str()) } else { (name.as_str(), "") };
            let change = Change::new(
                &FIELD_BEHAVIOR_CHANGED,
                facts("behavior", behavior).with("action", action),
                subject(pair.kind(), pair.full_name(context)),
                Some(pair.old_span(context)),
                Some(place),
            )
            .with_value("name", &*pair.after.name)
            .with_value("parent", pair.parent(context))
            .with_value("behavior", format!("`{name}`"))
            .with_value("action", action)
            .with_identity(identity.0, identity.1);
            pair.report(context, report, change);
        }
    }
}

fn behaviors(options: &Options) -> BTreeSet<String> {
    let name = |value: &OptionValue| match value {
        OptionValue::Enum(name, _) => Some(name.to_string()),
        _ => None,
    };
    match options.extension("google.api.field_behavior").map(|entry| &entry.value) {
        Some(OptionValue::List(values)) => values.iter().filter_map(|(_, value)| name(value)).collect(),
        Some(value) => name(value).into_iter().collect(),
        None => BTreeSet::new(),
    }
}
