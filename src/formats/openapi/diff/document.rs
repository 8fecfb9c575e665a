//! The document as a whole: its version of the specification, `info`, tags.

use std::collections::BTreeSet;

use crate::change::Facts;
use crate::formats::openapi::diff::collector::{About, Collector};
use crate::formats::openapi::diff::facets;
use crate::formats::openapi::kinds;
use crate::syntax::Cursor;

/// Compares what the documents say about themselves.
pub(super) fn compare(collector: &mut Collector<'_>) {
    let (old, new) = (collector.old.root(), collector.new.root());
    let field = |cursor: Cursor<'_>| {
        cursor.get("openapi").or_else(|| cursor.get("swagger")).map(|field| field.text().to_owned())
    };
    let (before, after) = (field(old.cursor()), field(new.cursor()));
    if before != after {
        let key = |cursor: Cursor<'_>| if cursor.get("openapi").is_some() { "openapi" } else { "swagger" };
        let about = About {
            kind: "document",
            name: "openapi".to_owned(),
            old: old.cursor().get(key(old.cursor())),
            new: new.cursor().get(key(new.cursor())),
            around: None,
        };
        let change = collector.push(&kinds::OPENAPI_VERSION_CHANGED, Facts::default(), about);
        let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
        change.identity = (before.clone(), after.clone());
        change.values.insert("old", before);
        change.values.insert("new", after);
    }
    let about = About {
        kind: "document",
        name: "document".to_owned(),
        old: Some(old.cursor()),
        new: Some(new.cursor()),
        around: None,
    };
    collector.documentation(None, about, &facets::documentation(facets::DOCUMENT));
    if let (Some(before), Some(after)) = (old.cursor().get("info"), new.cursor().get("info")) {
        let about =
            About { kind: "document", name: "info".to_owned(), old: Some(before), new: Some(after), around: None };
        let fields = facets::documentation(facets::INFO);
        collector.documentation(None, about, &fields);
    }
    tags(collector, old.cursor(), new.cursor());
}

fn tags(collector: &mut Collector<'_>, old: Cursor<'_>, new: Cursor<'_>) {
    let (Some(before), Some(after)) = (old.get("tags"), new.get("tags")) else { return };
    let names: BTreeSet<&str> = before.items().filter_map(|tag| tag.get_str("name")).collect();
    for name in names {
        let find = |list: Cursor<'_>| list.items().position(|tag| tag.get_str("name") == Some(name));
        if let (Some(was), Some(is)) = (find(before), find(after)) {
            let about = About {
                kind: "tag",
                name: name.to_owned(),
                old: before.items().nth(was),
                new: after.items().nth(is),
                around: None,
            };
            let fields = facets::documentation(facets::TAG);
            collector.documentation(None, about, &fields);
        }
    }
}
