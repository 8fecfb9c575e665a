//! `format`, and what is inside text: `contentEncoding`, `contentMediaType`, `contentSchema`.
//!
//! Until OpenAPI 3.0 the formats `byte` and `binary` said what the content keywords say since 3.1 (OpenAPI 3.1.1,
//! "Migrating Binary Descriptions from OAS 3.0"):
//!
//! | until 3.0 | since 3.1 |
//! |---|---|
//! | `format: byte` | `contentEncoding: base64` |
//! | `type: string, format: binary` | `contentMediaType: application/octet-stream`, the type left out or not |

use crate::change::Facts;
use crate::formats::schema::diff::compare::{Compare, Edge};
use crate::formats::schema::diff::edit::{EITHER, HARMLESS, LOOSER, Nature, TIGHTER};
use crate::formats::schema::diff::scalar::edited;
use crate::formats::schema::diff::view::{Stated, View};
use crate::formats::schema::graph::{Data, Types};
use crate::formats::schema::{Dialect, Keyword, kinds};

/// Formats that contain others: each with what it contains.
const WIDER_FORMATS: [(&str, &[&str]); 4] = [
    ("int64", &["int8", "int16", "int32", "uint8", "uint16", "uint32"]),
    ("bigint", &["int8", "int16", "int32", "int64"]),
    ("double", &["float"]),
    ("date-time", &[]),
];

pub(super) fn compare(compare: &mut Compare<'_, '_, '_>) {
    format(compare);
    content(compare);
}

fn is_wider(format: &str, than: &str) -> bool {
    WIDER_FORMATS.iter().any(|(wide, narrow)| *wide == format && narrow.contains(&than))
}

/// What is said, and where.
type Said<'g> = Option<(String, Stated<'g>)>;

fn text_of<'g>(view: &View<'g, '_>, keyword: Keyword) -> Said<'g> {
    view.all(keyword).find_map(|stated| match &stated.entry.data {
        Data::Text(text) => Some((text.to_string(), stated)),
        _ => None,
    })
}

/// Whether the dialect of a view has no content keywords, so that formats say what is inside.
fn has_old_formats(view: &View<'_, '_>) -> bool {
    let first = view.parts.first();
    first.is_some_and(|&part| matches!(view.graph.get(part).dialect, Dialect::OpenApi20 | Dialect::OpenApi30))
}

/// Whether one side can say with content keywords what the other says with formats.
fn is_migrated(compare: &Compare<'_, '_, '_>) -> bool {
    has_old_formats(&compare.old) != has_old_formats(&compare.new)
}

/// What a view says under a keyword, old formats read as the keywords that replace them.
fn said<'g>(view: &View<'g, '_>, keyword: Keyword, is_migrated: bool) -> Said<'g> {
    let own = text_of(view, keyword);
    if !is_migrated || !has_old_formats(view) {
        return own;
    }
    let format = text_of(view, Keyword::Format);
    let is = |name: &str| format.as_ref().is_some_and(|(format, _)| format == name);
    let as_now = |word: &str| format.as_ref().map(|&(_, stated)| (word.to_owned(), stated));
    match keyword {
        Keyword::Format if is("byte") || is("binary") => None,
        Keyword::ContentEncoding if own.is_none() && is("byte") => as_now("base64"),
        Keyword::ContentMediaType if own.is_none() && is("binary") => as_now("application/octet-stream"),
        _ => own,
    }
}

/// Whether both sides hold bytes, one in the words until 3.0 and the other in those since 3.1, where `type` is left out.
pub(super) fn is_bytes_respelt(compare: &Compare<'_, '_, '_>) -> bool {
    if !is_migrated(compare) {
        return false;
    }
    let (before, now) =
        if has_old_formats(&compare.old) { (&compare.old, &compare.new) } else { (&compare.new, &compare.old) };
    let is_binary = text_of(before, Keyword::Format).is_some_and(|(format, _)| format == "binary");
    is_binary
        && before.types().is_some_and(|(types, _)| types == Types::STRING)
        && now.types().is_none()
        && text_of(now, Keyword::ContentMediaType).is_some()
}

fn format(compare: &mut Compare<'_, '_, '_>) {
    let is_migrated = is_migrated(compare);
    let old = said(&compare.old, Keyword::Format, is_migrated);
    let new = said(&compare.new, Keyword::Format, is_migrated);
    let (edit, suspect) = match (&old, &new) {
        (None, Some(_)) => ("added", TIGHTER),
        (Some(_), None) => ("removed", LOOSER),
        (Some((old, _)), Some((new, _))) if old != new => {
            if is_wider(new, old) {
                ("widened", LOOSER)
            } else if is_wider(old, new) {
                ("narrowed", TIGHTER)
            } else {
                ("changed", EITHER)
            }
        }
        _ => return,
    };
    let stated = (old.as_ref().map(|found| found.1), new.as_ref().map(|found| found.1));
    let change = edited(compare, &kinds::FORMAT_CHANGED, edit, suspect, stated);
    change.old_value = old.map(|found| found.0).unwrap_or_default();
    change.new_value = new.map(|found| found.0).unwrap_or_default();
}

fn content(compare: &mut Compare<'_, '_, '_>) {
    let is_migrated = is_migrated(compare);
    for (keyword, kind) in [
        (Keyword::ContentMediaType, &kinds::CONTENT_MEDIA_TYPE_CHANGED),
        (Keyword::ContentEncoding, &kinds::CONTENT_ENCODING_CHANGED),
    ] {
        let (old, new) = (said(&compare.old, keyword, is_migrated), said(&compare.new, keyword, is_migrated));
        if old.as_ref().map(|found| &found.0) == new.as_ref().map(|found| &found.0) {
            continue;
        }
        let stated = (old.as_ref().map(|found| found.1), new.as_ref().map(|found| found.1));
        let word = |found: Said<'_>| found.map_or_else(|| "nothing".to_owned(), |found| found.0);
        let edit = compare.constraint(kind, Facts::default(), HARMLESS, stated);
        edit.nature = Nature::Annotation;
        edit.old_value = word(old);
        edit.new_value = word(new);
    }
    match compare.schemas(Keyword::ContentSchema) {
        (Some((old, _)), Some((new, _))) => compare.child(old, new, Edge::PART),
        (None, None) => {}
        (old, new) => {
            let edit = if old.is_none() { "added" } else { "removed" };
            let stated = (old.map(|found| found.1), new.map(|found| found.1));
            let change = edited(compare, &kinds::CONTENT_SCHEMA_CHANGED, edit, HARMLESS, stated);
            change.nature = Nature::Annotation;
        }
    }
}
