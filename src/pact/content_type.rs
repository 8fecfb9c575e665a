//! Content types: read from a header, or guessed from the content.

use std::collections::BTreeMap;
use std::fmt;

/// A media type with its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentType {
    /// `application`, lower case.
    pub main: String,
    /// `vnd.api+json`, lower case.
    pub sub: String,
    /// Parameters by lower-case name, values without quotes.
    pub parameters: BTreeMap<String, String>,
}

impl ContentType {
    /// Reads `type/subtype; name=value`. `None` if it is not of that form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut pieces = text.split(';');
        let (main, sub) = pieces.next()?.trim().split_once('/')?;
        if main.is_empty() || sub.is_empty() {
            return None;
        }
        let parameters = pieces
            .filter_map(|piece| piece.split_once('='))
            .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().trim_matches('"').to_owned()))
            .collect();
        Some(Self { main: main.trim().to_ascii_lowercase(), sub: sub.trim().to_ascii_lowercase(), parameters })
    }

    /// Guesses from the content: JSON, XML, HTML, a known binary format, text; `None` for nothing at all.
    #[must_use]
    pub fn detect(bytes: &[u8]) -> Option<Self> {
        if bytes.is_empty() {
            return None;
        }
        if let Some(kind) = infer::get(bytes).filter(|kind| !kind.mime_type().starts_with("text/")) {
            return Self::parse(kind.mime_type());
        }
        let Ok(text) = std::str::from_utf8(bytes) else { return Self::parse("application/octet-stream") };
        let text = text.trim_start();
        let lower: String = text.chars().take(64).collect::<String>().to_ascii_lowercase();
        let guess = if lower.starts_with("<?xml") {
            "application/xml"
        } else if lower.starts_with("<!doctype html") || lower.starts_with("<html") {
            "text/html"
        } else if looks_like_json(text) {
            "application/json"
        } else if lower.starts_with('<') && text.trim_end().ends_with('>') {
            "application/xml"
        } else {
            "text/plain"
        };
        Self::parse(guess)
    }

    /// `application/json` without parameters.
    #[must_use]
    pub fn essence(&self) -> String {
        format!("{}/{}", self.main, self.sub)
    }

    fn suffix(&self) -> &str {
        self.sub.rsplit_once('+').map_or("", |(_, suffix)| suffix)
    }

    /// JSON of any kind.
    #[must_use]
    pub fn is_json(&self) -> bool {
        self.suffix() == "json"
            || (self.main == "application" && (self.sub.starts_with("json") || self.sub == "graphql"))
            || (self.main == "text" && self.sub == "json")
    }

    /// XML of any kind.
    #[must_use]
    pub fn is_xml(&self) -> bool {
        self.suffix() == "xml" || self.sub == "xml"
    }

    /// An HTML form in a query string's form.
    #[must_use]
    pub fn is_form(&self) -> bool {
        self.main == "application" && self.sub == "x-www-form-urlencoded"
    }

    /// Several parts with a boundary between them.
    #[must_use]
    pub fn is_multipart(&self) -> bool {
        self.main == "multipart"
    }

    /// Bytes that nobody reads as text.
    #[must_use]
    pub fn is_binary(&self) -> bool {
        matches!(self.main.as_str(), "image" | "audio" | "video" | "font")
            || (self.main == "application"
                && matches!(
                    self.sub.as_str(),
                    "octet-stream" | "pdf" | "zip" | "gzip" | "x-tar" | "protobuf" | "x-protobuf"
                ))
    }

    /// The parameter, by lower-case name.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }

    /// Whether both name the same kind of content; parameters do not count.
    #[must_use]
    pub fn is_same_kind(&self, other: &Self) -> bool {
        self.main == other.main && self.sub == other.sub
    }
}

impl fmt::Display for ContentType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.main, self.sub)?;
        self.parameters.iter().try_for_each(|(name, value)| write!(formatter, ";{name}={value}"))
    }
}

/// The first and last characters decide: parsing a body of megabytes to learn its type would double the work.
fn looks_like_json(text: &str) -> bool {
    let text = text.trim();
    let ends = (text.chars().next(), text.chars().next_back());
    match ends {
        (Some('{'), Some('}')) | (Some('['), Some(']')) => true,
        (Some('"'), Some('"')) => text.len() > 1,
        _ => {
            matches!(text, "true" | "false" | "null")
                || (!text.is_empty() && text.len() < 40 && serde_json::from_str::<serde_json::Number>(text).is_ok())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_recognised_by_its_first_and_last_characters() {
        let cases: [(&[u8], &str); 6] = [
            (b" {\"a\": 1} ", "application/json"),
            (b"<?xml version='1.0'?><a/>", "application/xml"),
            (b"<html><body></body></html>", "text/html"),
            (b"hello", "text/plain"),
            (b"\xff\xd8\xff\xe0rest of a jpeg", "image/jpeg"),
            (b"\x00\xff\x01", "application/octet-stream"),
        ];
        for (bytes, expected) in cases {
            assert_eq!(ContentType::detect(bytes).expect("content is not empty").essence(), expected);
        }
    }

    #[test]
    fn vendor_types_are_known_by_their_suffix() {
        assert!(ContentType::parse("application/vnd.api+json; charset=utf-8").expect("well formed").is_json());
        assert!(ContentType::parse("application/soap+xml").expect("well formed").is_xml());
        assert_eq!(ContentType::parse("nonsense"), None);
    }
}
