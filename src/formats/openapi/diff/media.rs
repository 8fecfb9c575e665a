//! Media types: ranges, suffixes and parameters (RFC 9110 §8.3.1, RFC 6838 §4.2.8).

use std::collections::BTreeSet;

/// A media type or range, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Media {
    main: String,
    sub: String,
    parameters: BTreeSet<(String, String)>,
}

impl Media {
    /// Reads a name as a contract writes it; anything without a slash is a main type of its own.
    pub(super) fn parse(text: &str) -> Self {
        let mut parts = text.split(';');
        let name = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
        let (main, sub) = name.split_once('/').unwrap_or((&name, ""));
        let mut parameters: BTreeSet<(String, String)> = parts
            .filter_map(|part| part.split_once('='))
            .map(|(key, value)| (key.trim().to_ascii_lowercase(), value.trim().trim_matches('"').to_ascii_lowercase()))
            .collect();
        // RFC 8259 §8.1: JSON is UTF-8, and saying so changes nothing.
        if sub == "json" || sub.ends_with("+json") {
            parameters.remove(&("charset".to_owned(), "utf-8".to_owned()));
        }
        Self { main: main.to_owned(), sub: sub.to_owned(), parameters }
    }

    /// Whether it is a range: `text/*`, `*/*`.
    pub(super) fn is_range(&self) -> bool {
        self.sub == "*" || self.main == "*"
    }

    /// Whether a range takes what `other` names, ranges included.
    pub(super) fn covers(&self, other: &Self) -> bool {
        self.is_range()
            && self.parameters.is_subset(&other.parameters)
            && (self.main == "*" || self.main == other.main)
            && self != other
    }

    /// How the name changed where one replaces the other; `None` where they have nothing to do with each other.
    pub(super) fn relation(&self, new: &Self) -> Option<&'static str> {
        if self.main != new.main || self.is_range() || new.is_range() {
            return None;
        }
        if self.sub == new.sub {
            return Some(if self.parameters.is_subset(&new.parameters) {
                "specialized"
            } else if new.parameters.is_subset(&self.parameters) {
                "generalized"
            } else {
                "other"
            });
        }
        let has_suffix = |special: &str, general: &str| special.ends_with(&format!("+{general}"));
        if has_suffix(&new.sub, &self.sub) {
            Some("specialized")
        } else if has_suffix(&self.sub, &new.sub) {
            Some("generalized")
        } else {
            None
        }
    }

    /// Whether the content is a form, whose values are sent as text.
    pub(super) fn is_form(&self) -> bool {
        (self.main == "application" && self.sub == "x-www-form-urlencoded")
            || (self.main == "multipart" && self.sub == "form-data")
    }

    /// Whether the content is text without types of its own: XML, plain text.
    pub(super) fn is_untyped(&self) -> bool {
        self.is_form() || self.main == "text" || self.sub == "xml" || self.sub.ends_with("+xml")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relation(old: &str, new: &str) -> Option<&'static str> {
        Media::parse(old).relation(&Media::parse(new))
    }

    #[test]
    fn suffixes_and_parameters_say_which_name_is_the_special_one() {
        assert_eq!(relation("application/json", "application/problem+json"), Some("specialized"));
        assert_eq!(relation("application/problem+json", "application/json"), Some("generalized"));
        assert_eq!(relation("application/json;v=1", "application/json;v=2"), Some("other"));
        assert_eq!(relation("application/json", "application/xml"), None);
    }

    #[test]
    fn ranges_cover_and_a_spelt_out_charset_of_json_is_nothing() {
        assert!(Media::parse("text/*").covers(&Media::parse("text/csv; charset=utf-8")));
        assert!(!Media::parse("text/*").covers(&Media::parse("application/json")));
        assert_eq!(Media::parse("Application/JSON; charset=UTF-8"), Media::parse("application/json"));
    }
}
