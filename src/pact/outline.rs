//! The text of a pact cut into its interactions, so that only one of them at a time has to be in memory as values.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// A pact, its interactions not read yet.
#[derive(Debug)]
pub(super) struct Outline<'a> {
    /// Everything but the lists; `None` where the document is no object.
    pub(super) root: Option<Map<String, Value>>,
    /// The lists that are there, `interactions` before `messages`; `None` for one that is no list.
    pub(super) lists: Vec<(&'static str, Option<Vec<&'a RawValue>>)>,
    /// Whether there is a key `messages`, whatever it holds.
    has_messages: bool,
}

/// What is wrong with the syntax.
#[derive(Debug)]
pub(super) struct Fault<'a> {
    /// With a line and a column within `within`.
    pub(super) error: serde_json::Error,
    /// The part of the text that was read.
    pub(super) within: &'a str,
}

impl<'a> Outline<'a> {
    /// Cuts a text.
    pub(super) fn read(source: &'a str) -> Result<Self, Fault<'a>> {
        let fault = |error| Fault { error, within: source };
        let document: &RawValue = serde_json::from_str(source).map_err(fault)?;
        let mut outline = Self { root: None, lists: Vec::new(), has_messages: false };
        if !document.get().starts_with('{') {
            value(document)?;
            return Ok(outline);
        }
        // Of a key that is there twice the last one counts.
        let mut parts: BTreeMap<String, &RawValue> = serde_json::from_str(source).map_err(fault)?;
        outline.has_messages = parts.contains_key("messages");
        for list in ["interactions", "messages"] {
            match parts.remove(list).map(|raw| (raw, raw.get())) {
                None | Some((_, "null")) => {}
                Some((raw, text)) if text.starts_with('[') => {
                    let entries = serde_json::from_str(text).map_err(|error| Fault { error, within: raw.get() })?;
                    outline.lists.push((list, Some(entries)));
                }
                Some((raw, _)) => {
                    value(raw)?;
                    outline.lists.push((list, None));
                }
            }
        }
        let root = parts.into_iter().map(|(key, raw)| Ok((key, value(raw)?))).collect::<Result<_, Fault<'a>>>()?;
        outline.root = Some(root);
        Ok(outline)
    }

    /// Whether a list or another key is there.
    pub(super) fn has(&self, key: &str) -> bool {
        (key == "messages" && self.has_messages) || self.root.as_ref().is_some_and(|root| root.contains_key(key))
    }

    /// Whether an interaction says of what type it is, as only version 4 has it.
    pub(super) fn has_types(&self) -> bool {
        let says = |entry: &&RawValue| {
            serde_json::from_str::<BTreeMap<String, &RawValue>>(entry.get()).is_ok_and(|keys| keys.contains_key("type"))
        };
        let interactions = self.lists.iter().find(|(list, _)| *list == "interactions");
        interactions.and_then(|(_, entries)| entries.as_ref()).is_some_and(|entries| entries.iter().any(says))
    }
}

/// A part of the document as a value.
pub(super) fn value(raw: &RawValue) -> Result<Value, Fault<'_>> {
    serde_json::from_str(raw.get()).map_err(|error| Fault { error, within: raw.get() })
}

#[cfg(test)]
mod tests {
    use crate::pact::parse;

    #[test]
    fn a_fault_inside_an_interaction_has_its_place_in_the_whole_file() {
        // A lone surrogate is only noticed where the text is read.
        let pact = "{\n \"interactions\": [{\"description\": \"a\"},\n  {\"description\": \"\\ud800\"}]\n}";
        let parsed = parse("p.json", pact);
        assert_eq!(parsed.problems.len(), 1, "{:?}", parsed.problems);
        let problem = &parsed.problems[0];
        assert_eq!(problem.code, "pact-syntax");
        assert_eq!(problem.location.as_ref().map(|place| place.start_line), Some(3), "{problem:?}");
    }

    #[test]
    fn what_is_no_object_or_no_list_is_told_as_such() {
        let messages = |text: &str| -> Vec<String> {
            parse("p.json", text).problems.into_iter().map(|problem| problem.message).collect()
        };
        assert!(messages("[]")[0].contains("a pact is an object"));
        let parts = "\"consumer\": {\"name\": \"a\"}, \"provider\": {\"name\": \"b\"}";
        assert_eq!(messages(&format!("{{{parts}, \"interactions\": {{}}}}")), ["`interactions` must be a list"]);
        assert_eq!(messages(&format!("{{{parts}, \"messages\": [1]}}")), ["an interaction must be an object"]);
        assert!(messages(&format!("{{{parts}, \"messages\": null}}")).is_empty());
    }
}
