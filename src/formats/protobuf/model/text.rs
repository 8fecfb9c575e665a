//! Names, texts and places as the model keeps them.

use std::borrow::Borrow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

/// A byte range in the file that owns the element; `start == end` means "not written".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Extent {
    /// The first byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Extent {
    /// What is not written in the file.
    pub const NONE: Self = Self { start: 0, end: 0 };

    /// The bytes `start..end`.
    #[must_use]
    pub const fn new(start: u32, end: u32) -> Self {
        Self { start, end }
    }

    /// Whether nothing is written: the element was implied.
    #[must_use]
    pub const fn is_none(self) -> bool {
        self.start == self.end
    }

    /// The smallest extent that holds both; one that is not written does not count.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        if self.is_none() {
            other
        } else if other.is_none() {
            self
        } else {
            Self { start: self.start.min(other.start), end: self.end.max(other.end) }
        }
    }
}

/// A slice of shared text: names point into their file's text, so that reading a file allocates no strings.
#[derive(Clone, Default)]
pub struct Text {
    /// `None` where it is empty, as most names and defaults of a new element are.
    whole: Option<Arc<str>>,
    start: u32,
    end: u32,
}

impl Text {
    /// No text.
    pub(crate) const EMPTY: Self = Self { whole: None, start: 0, end: 0 };

    /// The bytes `start..end` of `whole`; empty where they do not fall on character boundaries.
    #[must_use]
    pub fn slice(whole: &Arc<str>, start: u32, end: u32) -> Self {
        if start == end || whole.get(start as usize..end as usize).is_none() {
            return Self::default();
        }
        Self { whole: Some(Arc::clone(whole)), start, end }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.whole.as_ref().map_or("", |whole| &whole[self.start as usize..self.end as usize])
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        if text.is_empty() { Self::default() } else { Self::from(Arc::<str>::from(text)) }
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<Arc<str>> for Text {
    fn from(whole: Arc<str>) -> Self {
        let end = u32::try_from(whole.len()).unwrap_or(0);
        Self { whole: Some(whole), start: 0, end }
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl Borrow<str> for Text {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), formatter)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Text {}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl PartialOrd for Text {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Text {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl Hash for Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

/// A name with the place of its token.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Name {
    /// The simple name, without the scope.
    pub text: Text,
    /// Where it is written.
    pub extent: Extent,
}

impl Deref for Name {
    type Target = str;

    fn deref(&self) -> &str {
        self.text.as_str()
    }
}

/// The comments attached to an element, with their comment marks; nothing written gives empty extents.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Comments {
    /// The comment block directly before it.
    pub leading: Extent,
    /// The comment directly after it, on its line or the next.
    pub trailing: Extent,
}
