//! Enums and their values.

use std::ops::Range;

use crate::formats::protobuf::model::{
    Comments, EnumValueId, Extent, Features, FileIndex, MessageId, Name, NumberRange, Options, ReservedName,
    SymbolVisibility, Text,
};

/// An enum.
#[derive(Debug, Clone)]
pub struct EnumType {
    /// The simple name.
    pub name: Name,
    /// Package, outer messages and name, without a leading dot.
    pub full_name: Text,
    /// The message it is nested in.
    pub parent: Option<MessageId>,
    /// Whether unknown numbers are kept out of the field (proto2, feature `CLOSED`).
    pub is_closed: bool,
    /// Whether `allow_alias` is set.
    pub allows_alias: bool,
    /// Indexes into the file's `values`, in the order written; aliases included. The first is the default.
    pub values: Range<u32>,
    /// `reserved 2, 4 to 6;`
    pub reserved_ranges: Vec<NumberRange>,
    /// `reserved "SKU";`
    pub reserved_names: Vec<ReservedName>,
    /// Enum options.
    pub options: Options,
    /// Resolved for this enum.
    pub features: Features,
    /// `export` or `local` as written (edition 2024), with its place.
    pub visibility: Option<(SymbolVisibility, Extent)>,
    /// The whole declaration.
    pub extent: Extent,
    /// Its comments.
    pub comments: Comments,
}

impl EnumType {
    /// An enum without values, written nowhere.
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
            is_closed: false,
            allows_alias: false,
            values: 0..0,
            reserved_ranges: Vec::new(),
            reserved_names: Vec::new(),
            options: Options::default(),
            features,
            visibility: None,
            extent: Extent::NONE,
            comments: Comments::default(),
        }
    }

    /// The ids of its values, in the order written, when it belongs to `file`.
    pub fn value_ids(&self, file: FileIndex) -> impl Iterator<Item = EnumValueId> + use<> {
        self.values.clone().map(move |index| EnumValueId::new(file, index))
    }

    /// Whether a number is reserved.
    #[must_use]
    pub fn reserves_number(&self, number: i32) -> bool {
        self.reserved_ranges.iter().any(|range| range.contains(number))
    }

    /// Whether a name is reserved.
    #[must_use]
    pub fn reserves_name(&self, name: &str) -> bool {
        self.reserved_names.iter().any(|reserved| reserved.text == name)
    }
}

/// A value of an enum.
#[derive(Debug, Clone)]
pub struct EnumValue {
    /// The name.
    pub name: Name,
    /// The number.
    pub number: i32,
    /// Where the number is written, with its sign.
    pub number_extent: Extent,
    /// Index into the file's `enums`.
    pub parent: u32,
    /// Value options.
    pub options: Options,
    /// Resolved for this value.
    pub features: Features,
    /// The whole declaration.
    pub extent: Extent,
    /// Its comments.
    pub comments: Comments,
}
