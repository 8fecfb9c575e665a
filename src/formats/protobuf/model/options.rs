//! Options as a tree: standard ones, features and custom options alike.

use std::sync::Arc;

use crate::formats::protobuf::model::{Extent, FieldId, Text};

/// The options set on one element, or the fields set in one message value; sorted as first written.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Options {
    /// One entry per field that is set.
    pub entries: Vec<OptionEntry>,
}

/// One field that is set.
#[derive(Debug, Clone, PartialEq)]
pub struct OptionEntry {
    /// The field's name: `deprecated`, and for extensions the full name without parentheses: `google.api.http`.
    pub name: Text,
    /// Whether it is an extension (a custom option).
    pub is_extension: bool,
    /// The field of the options message; `None` when its definition could not be found (a problem tells why).
    pub field: Option<FieldId>,
    /// The field's number; 0 when it could not be found.
    pub number: u32,
    /// The statement as other tools report it: `option x = y;`, or `x = y` inside brackets. For entries of a message
    /// value, the field in the literal. Several statements that set parts of one message: the first.
    pub extent: Extent,
    /// The name as written.
    pub name_extent: Extent,
    /// The value as written.
    pub value_extent: Extent,
    /// What it is set to.
    pub value: OptionValue,
}

/// The value of an option.
#[derive(Debug, Clone, PartialEq)]
pub enum OptionValue {
    /// A `bool`.
    Bool(bool),
    /// Any signed integer type.
    Int(i64),
    /// Any unsigned integer type.
    Uint(u64),
    /// `float` and `double`.
    Float(f64),
    /// A `string`.
    String(Text),
    /// `bytes`.
    Bytes(Arc<[u8]>),
    /// An enum value by name, with its number.
    Enum(Text, i32),
    /// A message value; map entries are messages with `key` and `value`.
    Message(Options),
    /// A repeated field: each value with the place where it is written.
    List(Vec<(Extent, OptionValue)>),
}

impl Options {
    /// Adds what is set.
    pub(crate) fn push(&mut self, entry: OptionEntry) {
        // Most elements that have options have one: there are hundreds of thousands of such lists.
        if self.entries.is_empty() {
            self.entries.reserve_exact(1);
        }
        self.entries.push(entry);
    }

    /// The entry of a standard option (`deprecated`) or field of a message value.
    #[must_use]
    pub fn entry(&self, name: &str) -> Option<&OptionEntry> {
        self.entries.iter().find(|entry| !entry.is_extension && entry.name == name)
    }

    /// The entry of a custom option, by the extension's full name (`google.api.http`).
    #[must_use]
    pub fn extension(&self, full_name: &str) -> Option<&OptionEntry> {
        self.entries.iter().find(|entry| entry.is_extension && entry.name == full_name)
    }

    /// The value of a standard option or field.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&OptionValue> {
        self.entry(name).map(|entry| &entry.value)
    }

    /// A boolean option, if it is set.
    #[must_use]
    pub fn bool(&self, name: &str) -> Option<bool> {
        match self.get(name)? {
            OptionValue::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// A string option, if it is set.
    #[must_use]
    pub fn string(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            OptionValue::String(value) => Some(value.as_str()),
            _ => None,
        }
    }

    /// The name of an enum option's value, if it is set.
    #[must_use]
    pub fn enum_name(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            OptionValue::Enum(value, _) => Some(value.as_str()),
            _ => None,
        }
    }

    /// The fields of a message option, if it is set.
    #[must_use]
    pub fn message(&self, name: &str) -> Option<&Self> {
        match self.get(name)? {
            OptionValue::Message(value) => Some(value),
            _ => None,
        }
    }

    /// Whether `option deprecated = true` is set.
    #[must_use]
    pub fn is_deprecated(&self) -> bool {
        self.bool("deprecated") == Some(true)
    }

    /// Whether nothing is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}
