//! References between documents: the URI part, the fragment part, and what can be wrong with them.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use crate::source::{LoadError, climb};

/// Why a reference leads nowhere.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Unresolved {
    /// The file that it names could not be read.
    #[error("{0}")]
    File(LoadError),
    /// It goes to the network, which needs permission.
    #[error("it goes to the network (`{0}`), which is not allowed")]
    Network(String),
    /// The URI is not one that can be looked up.
    #[error("`{0}` names nothing in these documents")]
    Unknown(String),
    /// The document is there, the place in it is not.
    #[error("`{path}` has nothing at `{fragment}`")]
    Nowhere {
        /// The document that was looked in.
        path: String,
        /// The fragment, without `#`, decoded.
        fragment: String,
        /// The name beside it that looks most like the one asked for.
        nearest: Option<String>,
    },
    /// It comes back to itself without ever meaning anything.
    #[error("it leads in a circle")]
    Circle,
}

/// A reference cut at `#`: the URI, empty for the same document, and the decoded fragment.
pub(super) fn split(reference: &str) -> (&str, Cow<'_, str>) {
    let (uri, fragment) = reference.split_once('#').unwrap_or((reference, ""));
    (uri, percent_decode_str(fragment).decode_utf8_lossy())
}

/// Whether a URI starts with a scheme (`https:`, `urn:`).
pub(super) fn has_scheme(uri: &str) -> bool {
    uri.split_once(':').is_some_and(|(scheme, _)| {
        scheme.len() > 1
            && scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    })
}

/// Resolves a URI reference against a base: a path inside the tree, or a URI with a scheme.
///
/// | base | reference | result |
/// |---|---|---|
/// | `a/b.yaml` | `../c%20d.yaml` | `c d.yaml` |
/// | `a/b.yaml` | `../../c.yaml` | `../c.yaml`: the tree decides whether that is inside it |
/// | `a/b.yaml` | `https://x/c` | `https://x/c` |
/// | `https://x/a/b` | `c` | `https://x/a/c` |
pub(super) fn join(base: &str, reference: &str) -> String {
    if has_scheme(reference) {
        return url::Url::parse(reference).map_or_else(|_| reference.to_owned(), String::from);
    }
    if has_scheme(base) {
        return url::Url::parse(base)
            .and_then(|base| base.join(reference))
            .map_or_else(|_| reference.to_owned(), String::from);
    }
    // A query never names a file.
    let reference = reference.split_once('?').map_or(reference, |(path, _)| path);
    let reference = percent_decode_str(reference).decode_utf8_lossy();
    if reference.is_empty() {
        return base.to_owned();
    }
    let mut parts: Vec<&str> = match reference.strip_prefix('/') {
        // An absolute path means a machine or a web server, not this tree; it stays as it is and is refused there.
        Some(_) => return reference.into_owned(),
        None => base.split('/').collect(),
    };
    parts.pop();
    climb(&mut parts, &reference);
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_references_resolve_against_the_file_they_stand_in() {
        for (base, reference, expected) in [
            ("a/b.yaml", "c.yaml", "a/c.yaml"),
            ("a/b.yaml", "./x/../c.yaml", "a/c.yaml"),
            ("a/b.yaml", "../c%20d.yaml", "c d.yaml"),
            ("b.yaml", "../c.yaml", "../c.yaml"),
            ("../b.yaml", "../c.yaml", "../../c.yaml"),
            ("a/b.yaml", "", "a/b.yaml"),
            ("a/b.yaml", "/etc/passwd", "/etc/passwd"),
            ("a/b.yaml", "https://x.org/c", "https://x.org/c"),
            ("https://x.org/a/b", "c", "https://x.org/a/c"),
            ("https://x.org/a/b", "/c", "https://x.org/c"),
            ("a/b.yaml", "urn:x:y", "urn:x:y"),
        ] {
            assert_eq!(join(base, reference), expected, "{base} + {reference}");
        }
    }

    #[test]
    fn fragments_are_percent_decoded() {
        assert_eq!(split("a.yaml#/paths/~1a~1%7Bid%7D"), ("a.yaml", Cow::Borrowed("/paths/~1a~1{id}")));
        assert_eq!(split("#"), ("", Cow::Borrowed("")));
    }
}
