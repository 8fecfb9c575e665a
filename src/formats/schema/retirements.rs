//! What is deprecated in a document, whatever it describes.

use std::sync::Arc;

use crate::finding::Retirement;
use crate::formats::schema::lifecycle::{Lifecycle, Sunset};
use crate::formats::{Side, SunsetClock};
use crate::source::{SourceFile, SourceMap};
use crate::syntax::{self, Document, NodeId};

/// Everything that the documents of a side mark as deprecated. Documents without the word are not parsed.
#[must_use]
pub fn retirements(side: &Side<'_>, clock: SunsetClock) -> Vec<Retirement> {
    let mut found = Vec::new();
    for contract in side.contracts {
        let paths: Vec<&str> = contract.files.iter().map(String::as_str).collect();
        for (path, bytes) in paths.iter().zip(side.tree.read(&paths)) {
            // What cannot be read is told by the comparison.
            let Ok(bytes) = bytes else { continue };
            if memchr::memmem::find(&bytes, b"deprecated").is_none() {
                continue;
            }
            let text: Arc<str> = String::from_utf8_lossy(&bytes).into();
            let mut sources = SourceMap::default();
            let file = sources.add(SourceFile::new(side.tree.display_path(path), Arc::clone(&text)));
            let document = syntax::parse(file, path, text).document;
            for node in document.values_of("deprecated").filter(|node| document.as_bool(*node) == Some(true)) {
                let Some(element) = document.parent(node) else { continue };
                let life = Lifecycle::read(&document, element).within(&whole(&document, element));
                found.push(Retirement {
                    contract: side.tree.display_path(&contract.path),
                    location: sources.location(document.name_span(element)),
                    name: name(&document, element),
                    sunset: match &life.sunset {
                        Sunset::On(day, _) => Some(day.to_string()),
                        Sunset::None | Sunset::Unreadable(_) => None,
                    },
                    may_be_removed: life.may_go(clock),
                });
            }
        }
    }
    found
}

/// What an element is a part of: the schema of a property, the operation of a parameter; nothing where neither is.
fn whole(document: &Document, element: NodeId) -> Lifecycle {
    let pointer = document.pointer(element);
    let parts: Vec<&str> = pointer.split('/').collect();
    let around = match parts.as_slice() {
        [schema @ .., "properties", _] => schema.join("/"),
        ["", "paths", path, method, rest @ ..] if !rest.contains(&"schema") => format!("/paths/{path}/{method}"),
        _ => return Lifecycle::default(),
    };
    document.at_pointer(&around).map(|node| Lifecycle::read(document, node)).unwrap_or_default()
}

/// An element as people name it: by its method and path, its schema and property, else by where it stands.
fn name(document: &Document, element: NodeId) -> String {
    let pointer = document.pointer(element);
    let parts: Vec<String> =
        pointer.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~")).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let described = |rest: &[&str]| match document.get_str(element, "name") {
        Some(name) => format!("`{name}`"),
        None => rest.join("/"),
    };
    match parts.as_slice() {
        ["paths", path, method] => format!("{} {path}", method.to_uppercase()),
        ["paths", path, method, rest @ ..] => format!("{} of {} {path}", described(rest), method.to_uppercase()),
        ["components", "schemas", rest @ ..] | ["definitions" | "$defs", rest @ ..] => {
            rest.iter().filter(|part| **part != "properties").copied().collect::<Vec<_>>().join(".")
        }
        ["properties", rest @ ..] => {
            rest.iter().filter(|part| **part != "properties").copied().collect::<Vec<_>>().join(".")
        }
        [] => "the contract".to_owned(),
        rest => described(rest),
    }
}
