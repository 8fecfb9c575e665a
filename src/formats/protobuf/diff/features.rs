//! What a syntax line or an inherited feature did to the elements of a file, as one change.

use crate::change::{Change, Facts, Measured};
use crate::formats::protobuf::diff::context::{Context, subject};
use crate::formats::protobuf::diff::option_tree;
use crate::formats::protobuf::diff::report::{Inherited, Report, Site, structural};
use crate::formats::protobuf::kinds::{FEATURES_CHANGED, FILE_SYNTAX_CHANGED};
use crate::formats::protobuf::model::{File, FileIndex, OptionValue, Options, Syntax};
use crate::source::Span;

/// Whether a difference in features comes from the file (or a message around it) and not from the element itself.
///
/// Where the syntax differs, every difference does: labels are respelled with it.
pub(crate) fn is_inherited(context: &Context<'_>, files: (FileIndex, FileIndex), own: (&Options, &Options)) -> bool {
    if context.pairing.files.forward(files.0) != Some(files.1) {
        return false;
    }
    context.old.file(files.0).syntax != context.new.file(files.1).syntax
        || own.0.message("features") == own.1.message("features")
}

/// States what the files' elements inherit differently, as one change of the file.
pub(crate) fn report(
    context: &Context<'_>,
    report: &mut Report,
    old: FileIndex,
    new: FileIndex,
    items: Vec<Inherited>,
) {
    let (before, after) = (context.old.file(old), context.new.file(new));
    let is_syntax = before.syntax != after.syntax;
    if items.is_empty() && !is_syntax {
        return;
    }
    let effect = if items.iter().any(|item| item.is_data) {
        "data"
    } else if items.is_empty() {
        "none"
    } else {
        "source"
    };
    let (kind, facts) = if is_syntax {
        let is_step = before.syntax.is_edition() && after.syntax.is_edition();
        (&FILE_SYNTAX_CHANGED, Facts::default().with("effect", effect).with_bool("edition-step", is_step))
    } else {
        (&FEATURES_CHANGED, Facts::default().with("effect", effect))
    };
    let place = |file: &File| {
        if is_syntax && !file.syntax_extent.is_none() {
            return Span::new(file.source, file.syntax_extent.start, file.syntax_extent.end);
        }
        let features = file.options.entry("features").filter(|_| !is_syntax);
        features.map_or_else(
            || Span::start_of(file.source),
            |entry| Span::new(file.source, entry.extent.start, entry.extent.end),
        )
    };
    let text = |file: &File| if is_syntax { syntax_text(file.syntax) } else { features_text(file) };
    let mut change =
        Change::new(kind, facts, subject("file", after.shown_path()), Some(place(before)), Some(place(after)))
            .with_value("file", after.shown_path())
            .with_value("name", after.shown_path())
            .with_value("old", text(before))
            .with_value("new", text(after))
            .with_value("count", items.len().to_string())
            .with_identity(text(before), text(after));
    let worst = |pick: fn(&Inherited) -> crate::change::Cell| items.iter().map(pick).max().unwrap_or_default();
    change.measured = Measured {
        new_reads_old: Some(structural(worst(|item| item.new_reads_old))),
        old_reads_new: Some(structural(worst(|item| item.old_reads_new))),
    };
    change.occurrences = items.into_iter().map(|item| item.occurrence).collect();
    report.add(context, Site::both(old, new), change);
}

fn syntax_text(syntax: Syntax) -> String {
    if syntax.is_edition() { format!("edition {}", syntax.as_str()) } else { syntax.as_str().to_owned() }
}

fn features_text(file: &File) -> String {
    match file.options.get("features") {
        Some(value @ OptionValue::Message(_)) => format!("`{}`", option_tree::text(value)),
        _ => "the defaults".to_owned(),
    }
}
