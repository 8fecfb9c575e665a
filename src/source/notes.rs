//! What one run finds out about contents and later ones need not find out again.

use std::ops::Range;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use xxhash_rust::xxh3::xxh3_64;

/// Short texts by git blob id. A blob never changes, so neither does what is true of it.
#[derive(Debug, Default)]
pub struct Notes {
    text: String,
    places: FxHashMap<Box<str>, Range<usize>>,
}

/// Where notes are kept between runs. Nobody relies on it: what is not there is found out again.
pub trait Notebook: Send + Sync {
    /// All notes on a topic; empty where there are none, or where they were damaged.
    fn recall(&self, topic: &str) -> Arc<Notes>;

    /// Adds notes, each a blob id and a text. Not being able to write them is no failure.
    fn keep(&self, topic: &str, notes: &[(&str, &str)]);
}

const FIRST_LINE: &str = "counterpart notes 1\n";
/// Before the checksum of everything above.
const LAST_LINE: &str = "end ";

impl Notes {
    /// The note on a blob.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&str> {
        self.text.get(self.places.get(id)?.clone())
    }

    /// All notes.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.places.iter().filter_map(|(id, place)| Some((&**id, self.text.get(place.clone())?)))
    }

    /// Notes as they are written to a file.
    pub(crate) fn encode<'n>(notes: impl Iterator<Item = (&'n str, &'n str)>) -> String {
        let mut text = FIRST_LINE.to_owned();
        for (id, note) in notes {
            text.push_str(&format!("{id} {}\n", note.len()));
            text.push_str(note);
        }
        let sum = xxh3_64(text.as_bytes());
        text.push_str(&format!("{LAST_LINE}{sum:016x}\n"));
        text
    }

    /// Notes out of a file; `None` when it is not as it was written.
    pub(crate) fn decode(text: String) -> Option<Self> {
        let end = text.len().checked_sub(LAST_LINE.len() + 17)?;
        let sum = text.get(end..)?.strip_prefix(LAST_LINE)?.trim_end();
        if u64::from_str_radix(sum, 16) != Ok(xxh3_64(text.get(..end)?.as_bytes())) {
            return None;
        }
        let mut at = FIRST_LINE.len();
        text.starts_with(FIRST_LINE).then_some(())?;
        let mut places = FxHashMap::default();
        while at < end {
            let line = text.get(at..end)?.lines().next()?;
            let (id, length) = line.split_once(' ')?;
            let start = at + line.len() + 1;
            at = start.checked_add(length.parse().ok()?).filter(|&next| next <= end)?;
            places.insert(id.into(), start..at);
        }
        Some(Self { text, places })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_back_and_damage_is_seen() {
        let written = Notes::encode([("a1", "acme\npx.proto\n"), ("b2", "")].into_iter());
        let read = Notes::decode(written.clone()).expect("whole");
        assert_eq!((read.get("a1"), read.get("b2"), read.get("c3")), (Some("acme\npx.proto\n"), Some(""), None));
        assert!(Notes::decode(written.replace("acme", "acne")).is_none());
        for end in 0..written.len() {
            assert!(Notes::decode(written[..end].to_owned()).is_none(), "cut at {end}");
        }
    }
}
