//! Query strings as Rack reads them: `q[][pacticipant]=a&q[][version]=1&q[][pacticipant]=b`.
//!
//! A new group of `q[]` begins when a key repeats. `[` may come encoded or not.

use percent_encoding::percent_decode_str;

/// Plain values by key, and groups by key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct NestedQuery {
    plain: Vec<(String, String)>,
    groups: Vec<(String, Vec<(String, String)>)>,
}

impl NestedQuery {
    /// Reads a query string; what cannot be decoded is taken as it is.
    pub(crate) fn parse(query: &str) -> Self {
        let mut parsed = Self::default();
        for part in query.split('&').filter(|part| !part.is_empty()) {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            let (key, value) = (decode(key), decode(value));
            match key.split_once("[]") {
                Some((group, "")) => parsed.plain.push((format!("{group}[]"), value)),
                Some((group, inner)) => {
                    let inner = inner.trim_start_matches('[').trim_end_matches(']').to_owned();
                    let last = parsed.groups.iter_mut().rev().find(|(name, _)| name == group);
                    match last {
                        Some((_, entries)) if !entries.iter().any(|(known, _)| *known == inner) => {
                            entries.push((inner, value));
                        }
                        _ => parsed.groups.push((group.to_owned(), vec![(inner, value)])),
                    }
                }
                None => parsed.plain.push((key, value)),
            }
        }
        parsed
    }

    /// The last value of a key, empty ones left out.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.plain
            .iter()
            .rev()
            .find(|(known, _)| known == key)
            .map(|(_, value)| value.as_str())
            .filter(|v| !v.is_empty())
    }

    /// Whether a key is `true`.
    pub(crate) fn is_true(&self, key: &str) -> bool {
        self.get(key) == Some("true")
    }

    /// Every value of `key[]`, or of `key`.
    pub(crate) fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> {
        self.plain
            .iter()
            .filter(move |(known, _)| known == key || known.strip_suffix("[]") == Some(key))
            .map(|(_, value)| value.as_str())
    }

    /// Every group of `key[][…]`.
    pub(crate) fn groups<'a>(&'a self, key: &'a str) -> impl Iterator<Item = Group<'a>> {
        self.groups.iter().filter(move |(known, _)| known == key).map(|(_, entries)| Group(entries))
    }
}

/// One group.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Group<'a>(&'a [(String, String)]);

impl<'a> Group<'a> {
    /// The value of a key, empty ones left out.
    pub(crate) fn get(self, key: &str) -> Option<&'a str> {
        self.0.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// Whether a key is `true`.
    pub(crate) fn is_true(self, key: &str) -> bool {
        self.get(key) == Some("true")
    }
}

fn decode(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_key_begins_a_new_group() {
        let query = NestedQuery::parse(
            "q%5B%5D%5Bpacticipant%5D=A&q[][version]=1%2e0&q[][pacticipant]=B&latestby=cvp&q[][latest]=true&success[]=",
        );
        let groups: Vec<_> = query.groups("q").collect();
        assert_eq!(groups.len(), 2);
        assert_eq!((groups[0].get("pacticipant"), groups[0].get("version")), (Some("A"), Some("1.0")));
        assert_eq!((groups[1].get("pacticipant"), groups[1].is_true("latest")), (Some("B"), true));
        assert_eq!(query.get("latestby"), Some("cvp"));
        assert_eq!(query.all("success").collect::<Vec<_>>(), [""]);
    }
}
