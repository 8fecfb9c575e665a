//! Contracts that are equal byte for byte: recognized without parsing, so that work grows with what changed.

use std::sync::Arc;

use crate::formats::{Contract, DeclaredVersion};
use crate::source::{FileId, Tree};
use crate::syntax::{self, root_slice};

/// Whether the root documents of a contract are equal on both sides, and all of it is in them. A contract of several
/// files may also be equal; that is seen once its files are loaded.
pub(super) fn is_identical(old: (&dyn Tree, &Contract), new: (&dyn Tree, &Contract)) -> bool {
    old.1.files == new.1.files && has_equal_bytes(old, new)
}

/// The same whatever the documents are called.
pub(super) fn has_equal_bytes(old: (&dyn Tree, &Contract), new: (&dyn Tree, &Contract)) -> bool {
    let (one, other) = (read(old), read(new));
    one.len() == other.len()
        && !one.is_empty()
        && one.iter().zip(&other).all(|(one, other)| match (one, other) {
            (Some(one), Some(other)) => one == other && is_self_contained(one),
            _ => false,
        })
}

fn read((tree, contract): (&dyn Tree, &Contract)) -> Vec<Option<Arc<[u8]>>> {
    let paths: Vec<&str> = contract.files.iter().map(String::as_str).collect();
    tree.read(&paths).into_iter().map(Result::ok).collect()
}

/// Whether no reference leaves the document, as far as the bare text shows; false when in doubt.
fn is_self_contained(text: &[u8]) -> bool {
    let stays = |key: &str| memchr::memmem::find_iter(text, key).all(|at| stays_inside(&text[at + key.len()..]));
    let has_file_names =
        || [&b".yaml"[..], b".yml", b".json"].iter().any(|name| memchr::memmem::find(text, name).is_some());
    stays("$ref")
        && stays("$dynamicRef")
        && stays("operationRef")
        && (memchr::memmem::find(text, b"mapping").is_none() || !has_file_names())
}

/// Whether the value after a reference's key starts with `#`.
fn stays_inside(after: &[u8]) -> bool {
    let after = after.strip_prefix(b"\"").or_else(|| after.strip_prefix(b"'")).unwrap_or(after);
    let Some(value) = after.trim_ascii_start().strip_prefix(b":") else { return true };
    let value = value.trim_ascii_start();
    let value = value.strip_prefix(b"\"").or_else(|| value.strip_prefix(b"'")).unwrap_or(value);
    value.first() == Some(&b'#')
}

/// The version that a document declares, read without reading the rest of it.
pub(super) fn declared_version(tree: &dyn Tree, contract: &Contract) -> Option<DeclaredVersion> {
    let path = contract.files.first()?;
    let bytes = tree.read(&[path]).pop()?.ok()?;
    let slice = std::str::from_utf8(root_slice(&bytes, "info")?).ok()?;
    let document = syntax::parse(FileId(0), path, slice.into()).document;
    let info = document.get(document.root(), "info").unwrap_or(document.root());
    let text = document.text(document.get(info, "version")?).trim();
    (!text.is_empty()).then(|| DeclaredVersion { text: text.to_owned(), span: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_to_other_files_are_seen_in_the_bare_text() {
        for text in ["$ref: '#/a'", "{\"$ref\":\"#/a\"}", "x: $ref", "mapping: {a: '#/b'}"] {
            assert!(is_self_contained(text.as_bytes()), "{text}");
        }
        for text in
            ["$ref: a.yaml", "{\"$ref\" : \"a.json#/b\"}", "$ref:\n  a.yaml", "mapping: {a: b.yaml}", "operationRef: x"]
        {
            assert!(!is_self_contained(text.as_bytes()), "{text}");
        }
    }
}
