//! What the parser hands to the linker: a file whose names are not looked up yet, and options as they are written.

use std::sync::Arc;

use smallvec::SmallVec;

use crate::formats::protobuf::fault::Fault;
use crate::formats::protobuf::model::{Extent, File, Text};
use crate::formats::protobuf::parse::StringValue;

/// One file as far as it can be understood alone.
#[derive(Debug, Clone)]
pub(crate) struct Parsed {
    /// Types are unresolved, options empty, features the defaults of the syntax.
    pub(crate) file: File,
    /// All options, in the order written.
    pub(crate) options: Vec<RawOptions>,
    /// Options in bytes, of files that come from a descriptor set.
    pub(crate) encoded: Vec<(OptionTarget, Arc<[u8]>)>,
    /// `default = x` of fields, by index into the file's `fields`; their types are needed to read them.
    pub(crate) defaults: Vec<(u32, RawOption)>,
    /// What is wrong, in the order found.
    pub(crate) faults: Vec<Fault>,
    /// What the places point into, where it is not what was read.
    pub(crate) text: Option<Arc<str>>,
}

/// The options of one element.
#[derive(Debug, Clone)]
pub(crate) struct RawOptions {
    /// The element.
    pub(crate) target: OptionTarget,
    /// In the order written.
    pub(crate) settings: Vec<RawOption>,
}

/// The element that options are set on; indexes into the arenas of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum OptionTarget {
    /// The file itself.
    File,
    /// A message.
    Message(u32),
    /// A field or extension.
    Field(u32),
    /// A oneof.
    Oneof(u32),
    /// An extension range: message, place in its ranges.
    ExtensionRange(u32, u32),
    /// An enum.
    Enum(u32),
    /// An enum value.
    Value(u32),
    /// A service.
    Service(u32),
    /// An RPC.
    Rpc(u32),
}

/// One option as written.
#[derive(Debug, Clone)]
pub(crate) struct RawOption {
    /// `(acme.rule).max` has two parts.
    pub(crate) path: SmallVec<[RawNamePart; 1]>,
    /// The value.
    pub(crate) value: RawValue,
    /// The whole statement, or `name = value` inside brackets.
    pub(crate) extent: Extent,
    /// The name.
    pub(crate) name_extent: Extent,
    /// The value.
    pub(crate) value_extent: Extent,
}

impl RawOption {
    /// Whether it is the plain option of this name.
    pub(crate) fn is_named(&self, name: &str) -> bool {
        matches!(self.path.as_slice(), [part] if !part.is_extension && part.text == name)
    }
}

/// One part of an option's name.
#[derive(Debug, Clone)]
pub(crate) struct RawNamePart {
    /// Without parentheses; extensions may be dotted and may start with a dot.
    pub(crate) text: Text,
    /// Whether it stands in parentheses.
    pub(crate) is_extension: bool,
    /// Where, with parentheses.
    pub(crate) extent: Extent,
}

/// A value as written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum RawValue {
    /// `true`, an enum value, `inf`, `nan`.
    Ident(Text),
    /// An integer: sign and magnitude.
    Int(bool, u64),
    /// Any other number.
    Float(f64),
    /// One or more strings in a row.
    String(StringValue),
    /// `{ … }` or `< … >`.
    Message(Vec<RawField>),
    /// `[ … ]`, inside of a message value only.
    List(Vec<(Extent, RawValue)>),
}

/// One field of a message value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RawField {
    /// The name.
    pub(crate) name: RawFieldName,
    /// Name and value.
    pub(crate) extent: Extent,
    /// The name alone.
    pub(crate) name_extent: Extent,
    /// The value.
    pub(crate) value: RawValue,
    /// The value alone.
    pub(crate) value_extent: Extent,
}

/// The name of a field of a message value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RawFieldName {
    /// `max`
    Field(Text),
    /// `[acme.rule]`
    Extension(Text),
    /// `[type.googleapis.com/acme.Order]`: the whole type URL.
    Any(Text),
}
