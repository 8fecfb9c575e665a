//! Messages and what they reserve.

use std::ops::Range;

use crate::formats::protobuf::model::{
    Comments, EnumId, Extent, Features, FieldId, FileIndex, MessageId, Name, OneofId, Options, SymbolVisibility, Text,
};

/// A message, a group's message, or the entry message of a map field.
#[derive(Debug, Clone)]
pub struct Message {
    /// The simple name.
    pub name: Name,
    /// Package, outer messages and name, without a leading dot.
    pub full_name: Text,
    /// The message it is nested in.
    pub parent: Option<MessageId>,
    /// The whole declaration; for a group the whole field, for a map entry the map field.
    pub extent: Extent,
    /// Indexes into the file's `fields`, in the order written; group fields included.
    pub fields: Range<u32>,
    /// Indexes into the file's `oneofs`; synthetic ones last.
    pub oneofs: Range<u32>,
    /// Indexes into the file's `messages`: declared in it, in the order written; map entries and groups included.
    pub messages: Vec<u32>,
    /// Indexes into the file's `enums`: declared in it.
    pub enums: Vec<u32>,
    /// Indexes into the file's `fields`: extensions declared in it (they extend something else).
    pub extensions: Vec<u32>,
    /// `extensions 100 to 199;`
    pub extension_ranges: Vec<ExtensionRange>,
    /// `reserved 2, 4 to 6;`
    pub reserved_ranges: Vec<NumberRange>,
    /// `reserved "sku";`
    pub reserved_names: Vec<ReservedName>,
    /// Message options.
    pub options: Options,
    /// Resolved for this message.
    pub features: Features,
    /// Whether it is the entry of a map field.
    pub is_map_entry: bool,
    /// Whether it was declared as a group.
    pub is_group: bool,
    /// `export` or `local` as written (edition 2024), with its place.
    pub visibility: Option<(SymbolVisibility, Extent)>,
    /// Its comments.
    pub comments: Comments,
}

impl Message {
    /// A message that declares nothing yet, written nowhere.
    pub(in crate::formats::protobuf) fn empty(
        name: Name,
        full_name: Text,
        parent: Option<MessageId>,
        features: Features,
    ) -> Self {
        Self {
            name,
            full_name,
            parent,
            extent: Extent::NONE,
            fields: 0..0,
            oneofs: 0..0,
            messages: Vec::new(),
            enums: Vec::new(),
            extensions: Vec::new(),
            extension_ranges: Vec::new(),
            reserved_ranges: Vec::new(),
            reserved_names: Vec::new(),
            options: Options::default(),
            features,
            is_map_entry: false,
            is_group: false,
            visibility: None,
            comments: Comments::default(),
        }
    }

    /// The ids of its fields, in the order written, when it belongs to `file`.
    pub fn field_ids(&self, file: FileIndex) -> impl Iterator<Item = FieldId> + use<> {
        self.fields.clone().map(move |index| FieldId::new(file, index))
    }

    /// The ids of its oneofs, synthetic ones last.
    pub fn oneof_ids(&self, file: FileIndex) -> impl Iterator<Item = OneofId> + use<> {
        self.oneofs.clone().map(move |index| OneofId::new(file, index))
    }

    /// The ids of the messages declared in it.
    pub fn message_ids(&self, file: FileIndex) -> impl Iterator<Item = MessageId> + '_ {
        self.messages.iter().map(move |&index| MessageId::new(file, index))
    }

    /// The ids of the enums declared in it.
    pub fn enum_ids(&self, file: FileIndex) -> impl Iterator<Item = EnumId> + '_ {
        self.enums.iter().map(move |&index| EnumId::new(file, index))
    }

    /// Whether a field number is reserved.
    #[must_use]
    pub fn reserves_number(&self, number: i32) -> bool {
        self.reserved_ranges.iter().any(|range| range.contains(number))
    }

    /// Whether a field name is reserved.
    #[must_use]
    pub fn reserves_name(&self, name: &str) -> bool {
        self.reserved_names.iter().any(|reserved| reserved.text == name)
    }
}

/// Reserved numbers, both ends included (unlike in descriptors, for messages and enums alike).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NumberRange {
    /// The first number.
    pub start: i32,
    /// The last number.
    pub end: i32,
    /// `4 to 6`, without the keyword.
    pub extent: Extent,
}

impl NumberRange {
    /// Whether the number is in the range.
    #[must_use]
    pub const fn contains(&self, number: i32) -> bool {
        self.start <= number && number <= self.end
    }
}

/// A reserved name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReservedName {
    /// The name, without quotes.
    pub text: Text,
    /// As written, with quotes if there are any.
    pub extent: Extent,
}

/// A range of numbers for extensions, both ends included.
#[derive(Debug, Clone)]
pub struct ExtensionRange {
    /// The first number.
    pub start: i32,
    /// The last number.
    pub end: i32,
    /// `100 to 199`, without the keyword.
    pub extent: Extent,
    /// The options of the statement that declares it.
    pub options: Options,
    /// The declarations in its options.
    pub declarations: Vec<ExtensionDeclaration>,
    /// Resolved for the range.
    pub features: Features,
}

/// `declaration = { number: 4, full_name: ".acme.tag", type: "int32" }` of an extension range.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExtensionDeclaration {
    /// The number.
    pub number: i32,
    /// The extension's full name with a leading dot.
    pub full_name: Text,
    /// Its type as written, with a leading dot for messages and enums.
    pub type_name: Text,
    /// Whether it is repeated.
    pub is_repeated: bool,
    /// Whether the number must not be used.
    pub is_reserved: bool,
}
