//! Fields, extensions and oneofs.

use std::sync::Arc;

use crate::formats::protobuf::model::{
    Comments, EnumId, EnumValueId, Extent, Features, FieldId, FileIndex, MessageId, Name, OneofId, Options, Text,
};

/// A field of a message, or an extension.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts of the language")]
pub struct Field {
    /// The simple name; for a group the lower-cased name of its message.
    pub name: Name,
    /// The number; 0 when what was written is no number (a problem tells).
    pub number: i32,
    /// Where the number is written.
    pub number_extent: Extent,
    /// `optional`, `required`, `repeated` as written.
    pub label: Option<Label>,
    /// Where the label is written.
    pub label_extent: Extent,
    /// The resolved type.
    pub kind: Kind,
    /// The type as written.
    pub type_name: TypeName,
    /// The message it is a field of; for an extension the one it extends (`None` while unresolved).
    pub message: Option<MessageId>,
    /// What only extensions have.
    pub extension: Option<Box<Extension>>,
    /// The oneof it is in, the synthetic one of a proto3 `optional` field included.
    pub oneof: Option<OneofId>,
    /// How many values, after features.
    pub cardinality: Cardinality,
    /// Whether absence is told from the default value, after features; `Implicit` for repeated fields and maps.
    pub presence: Presence,
    /// Whether a repeated field of a packable type is packed, after features.
    pub is_packed: bool,
    /// Whether a message is written as a group (delimited), after features.
    pub is_delimited: bool,
    /// Whether `optional` was written in proto3.
    pub is_proto3_optional: bool,
    /// Whether it is a map field; its type is then the entry message.
    pub is_map: bool,
    /// The name in `ProtoJSON` if `json_name` is written, with the place of the whole `json_name = "x"`.
    pub json_name: Option<Box<Text>>,
    /// The place of `json_name = "x"`.
    pub json_name_extent: Extent,
    /// The default, if one is written.
    pub default: Option<Box<DefaultValue>>,
    /// The place of `default = x`.
    pub default_extent: Extent,
    /// Field options, without `default` and `json_name`, which are no real options.
    pub options: Options,
    /// Resolved for this field.
    pub features: Features,
    /// The whole declaration; for a group it includes the body.
    pub extent: Extent,
    /// Its comments.
    pub comments: Comments,
}

impl Field {
    /// A field of which nothing is known yet but where it is.
    pub(crate) fn blank(features: Features, extent: Extent, comments: Comments) -> Self {
        Self {
            name: Name::default(),
            number: 0,
            number_extent: Extent::NONE,
            label: None,
            label_extent: Extent::NONE,
            kind: Kind::Unresolved,
            type_name: TypeName::default(),
            message: None,
            extension: None,
            oneof: None,
            cardinality: Cardinality::Optional,
            presence: Presence::Explicit,
            is_packed: false,
            is_delimited: false,
            is_proto3_optional: false,
            is_map: false,
            json_name: None,
            json_name_extent: Extent::NONE,
            default: None,
            default_extent: Extent::NONE,
            options: Options::default(),
            features,
            extent,
            comments,
        }
    }

    /// The name in `ProtoJSON`: `json_name`, or made from the name.
    #[must_use]
    pub fn json_name(&self) -> String {
        match &self.json_name {
            Some(name) => name.as_str().to_owned(),
            None => Self::default_json_name(&self.name),
        }
    }

    /// The name in `ProtoJSON` that follows from a field's name: underscores dropped, what follows them capitalized.
    #[must_use]
    pub fn default_json_name(name: &str) -> String {
        let mut json = String::with_capacity(name.len());
        let mut is_capital = false;
        for character in name.chars() {
            if character == '_' {
                is_capital = true;
            } else if std::mem::take(&mut is_capital) {
                json.push(character.to_ascii_uppercase());
            } else {
                json.push(character);
            }
        }
        json
    }

    /// Whether it is an extension.
    #[must_use]
    pub const fn is_extension(&self) -> bool {
        self.extension.is_some()
    }

    /// For extensions: the message in which it is declared, if any.
    #[must_use]
    pub fn scope(&self) -> Option<MessageId> {
        self.extension.as_ref()?.scope
    }

    /// For extensions: package, scope and name. Empty for ordinary fields ([`Schema::field_full_name`] computes it).
    ///
    /// [`Schema::field_full_name`]: super::Schema::field_full_name
    #[must_use]
    pub fn full_name(&self) -> &Text {
        static NONE: Text = Text::EMPTY;
        self.extension.as_ref().map_or(&NONE, |extension| &extension.full_name)
    }

    /// Where fields are declared: the message around it, of an extension too.
    #[must_use]
    pub fn declared_in(&self) -> Option<MessageId> {
        if self.is_extension() { self.scope() } else { self.message }
    }

    /// Whether it is repeated or a map.
    #[must_use]
    pub const fn is_repeated(&self) -> bool {
        matches!(self.cardinality, Cardinality::Repeated)
    }

    /// Whether it is required: proto2 `required`, or the feature `LEGACY_REQUIRED`.
    #[must_use]
    pub const fn is_required(&self) -> bool {
        matches!(self.cardinality, Cardinality::Required)
    }
}

/// What a field has that extends a message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extension {
    /// The extendee as written.
    pub extendee: TypeName,
    /// The message in which it is declared, if any.
    pub scope: Option<MessageId>,
    /// Package, scope and name.
    pub full_name: Text,
}

/// A type as it is written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TypeName {
    /// `int32`, `Order`, `.acme.v1.Order`, `map<string, Order>`; for groups the message's name.
    pub text: Text,
    /// Where it is written; for groups the keyword `group`.
    pub extent: Extent,
}

/// `optional`, `required` or `repeated` as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Label {
    /// `optional`
    Optional,
    /// `required`
    Required,
    /// `repeated`
    Repeated,
}

/// How many values a field has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cardinality {
    /// None or one.
    Optional,
    /// Exactly one.
    Required,
    /// Any number; maps too.
    Repeated,
}

/// Whether absence is told from the default value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Presence {
    /// It is: messages, oneof members, proto2, proto3 `optional`, the edition default.
    Explicit,
    /// It is not: plain proto3 scalars, repeated fields, maps.
    Implicit,
}

/// The resolved type of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the scalar types are the language's own keywords")]
pub enum Kind {
    Double,
    Float,
    Int64,
    Uint64,
    Int32,
    Fixed64,
    Fixed32,
    Bool,
    String,
    Bytes,
    Uint32,
    Sfixed32,
    Sfixed64,
    Sint32,
    Sint64,
    /// A message, a group or a map entry; see [`Field::is_delimited`] for how it is written.
    Message(MessageId),
    /// An enum.
    Enum(EnumId),
    /// The type could not be found (a problem tells).
    Unresolved,
}

impl Kind {
    /// The scalar type of a keyword.
    #[must_use]
    pub fn scalar(keyword: &str) -> Option<Self> {
        Some(match keyword {
            "double" => Self::Double,
            "float" => Self::Float,
            "int64" => Self::Int64,
            "uint64" => Self::Uint64,
            "int32" => Self::Int32,
            "fixed64" => Self::Fixed64,
            "fixed32" => Self::Fixed32,
            "bool" => Self::Bool,
            "string" => Self::String,
            "bytes" => Self::Bytes,
            "uint32" => Self::Uint32,
            "sfixed32" => Self::Sfixed32,
            "sfixed64" => Self::Sfixed64,
            "sint32" => Self::Sint32,
            "sint64" => Self::Sint64,
            _ => return None,
        })
    }

    /// The keyword of a scalar type; `message`, `enum` or `unknown` otherwise.
    #[must_use]
    pub const fn keyword(self) -> &'static str {
        match self {
            Self::Double => "double",
            Self::Float => "float",
            Self::Int64 => "int64",
            Self::Uint64 => "uint64",
            Self::Int32 => "int32",
            Self::Fixed64 => "fixed64",
            Self::Fixed32 => "fixed32",
            Self::Bool => "bool",
            Self::String => "string",
            Self::Bytes => "bytes",
            Self::Uint32 => "uint32",
            Self::Sfixed32 => "sfixed32",
            Self::Sfixed64 => "sfixed64",
            Self::Sint32 => "sint32",
            Self::Sint64 => "sint64",
            Self::Message(_) => "message",
            Self::Enum(_) => "enum",
            Self::Unresolved => "unknown",
        }
    }

    /// Whether repeated values of it can be packed: everything but strings, bytes and messages.
    #[must_use]
    pub const fn is_packable(self) -> bool {
        !matches!(self, Self::String | Self::Bytes | Self::Message(_) | Self::Unresolved)
    }
}

/// A default as written, read in the field's type.
#[derive(Debug, Clone, PartialEq)]
pub enum DefaultValue {
    /// A `bool`.
    Bool(bool),
    /// A signed integer type.
    Int(i64),
    /// An unsigned integer type.
    Uint(u64),
    /// `float` (already rounded to it) or `double`.
    Float(f64),
    /// A `string`.
    String(Text),
    /// `bytes`.
    Bytes(Arc<[u8]>),
    /// An enum value; `None` when the enum has none of that name.
    Enum(Text, Option<EnumValueId>),
}

/// A oneof.
#[derive(Debug, Clone)]
pub struct Oneof {
    /// The simple name; `_name` for synthetic ones.
    pub name: Name,
    /// The message it is in.
    pub message: MessageId,
    /// Indexes into the file's `fields`, in the order written.
    pub fields: Vec<u32>,
    /// Whether it stands for a proto3 `optional` field and is not written.
    pub is_synthetic: bool,
    /// Oneof options.
    pub options: Options,
    /// Resolved for this oneof.
    pub features: Features,
    /// The whole declaration; for synthetic ones the field.
    pub extent: Extent,
    /// Its comments.
    pub comments: Comments,
}

impl Oneof {
    /// The ids of its fields, in the order written, when it belongs to `file`.
    pub fn field_ids(&self, file: FileIndex) -> impl Iterator<Item = FieldId> + '_ {
        self.fields.iter().map(move |&index| FieldId::new(file, index))
    }
}
