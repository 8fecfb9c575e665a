//! Reads one `FieldDescriptorProto`.

use crate::formats::protobuf::descriptor::decode::{name, number, text};
use crate::formats::protobuf::descriptor::wire::{Malformed, Reader, Value};
use crate::formats::protobuf::model::{
    Cardinality, Comments, Extension, Extent, Features, Field, Kind, Label, Text, TypeName,
};
use crate::formats::protobuf::parse::{RawValue, StringValue, unescape_bytes};

/// A field that is not in the arena yet.
pub(super) struct DecodedField {
    pub(super) field: Field,
    /// Its place among the message's oneofs.
    pub(super) oneof: Option<u32>,
    pub(super) options: Option<Vec<u8>>,
    pub(super) default: Option<RawValue>,
}

/// A field or extension.
pub(super) fn read(bytes: &[u8], features: Features) -> Result<DecodedField, Malformed> {
    let mut field = Field::blank(features, Extent::NONE, Comments::default());
    let mut oneof = None;
    let mut options = None;
    let mut default = None;
    let mut type_number = 0;
    let mut type_name = None;
    let mut reader = Reader::new(bytes);
    while let Some((key, value)) = reader.record()? {
        match (key, value) {
            (1, Value::Bytes(value)) => field.name = name(value),
            (2, Value::Bytes(value)) => {
                let extendee = TypeName { text: text(value), extent: Extent::NONE };
                field.extension = Some(Box::new(Extension { extendee, ..Extension::default() }));
            }
            (3, Value::Varint(value)) => field.number = number(value),
            (4, Value::Varint(value)) => field.label = label(value),
            (5, Value::Varint(value)) => type_number = value,
            (6, Value::Bytes(value)) => type_name = Some(text(value)),
            (7, Value::Bytes(value)) => default = Some(text(value)),
            (8, Value::Bytes(value)) => options = Some(value.to_vec()),
            (9, Value::Varint(value)) => oneof = u32::try_from(value).ok(),
            (10, Value::Bytes(value)) => field.json_name = Some(Box::new(text(value))),
            (17, Value::Varint(value)) => field.is_proto3_optional = value != 0,
            _ => {}
        }
    }
    // Compilers always write the JSON name; only one that does not follow from the name was written by somebody.
    let implied = Field::default_json_name(&field.name);
    field.json_name = field.json_name.filter(|written| **written != implied.as_str());
    field.kind = scalar(type_number);
    field.is_delimited = type_number == 10;
    field.type_name.text = type_name.unwrap_or_else(|| Text::from(field.kind.keyword()));
    field.cardinality = match field.label {
        Some(Label::Repeated) => Cardinality::Repeated,
        Some(Label::Required) => Cardinality::Required,
        _ => Cardinality::Optional,
    };
    let default = default.map(|text| default_value(field.kind, text));
    Ok(DecodedField { field, oneof, options, default })
}

fn label(value: u64) -> Option<Label> {
    match value {
        1 => Some(Label::Optional),
        2 => Some(Label::Required),
        3 => Some(Label::Repeated),
        _ => None,
    }
}

/// The scalar type of a number; messages and enums are looked up later.
fn scalar(number: u64) -> Kind {
    match number {
        1 => Kind::Double,
        2 => Kind::Float,
        3 => Kind::Int64,
        4 => Kind::Uint64,
        5 => Kind::Int32,
        6 => Kind::Fixed64,
        7 => Kind::Fixed32,
        8 => Kind::Bool,
        9 => Kind::String,
        12 => Kind::Bytes,
        13 => Kind::Uint32,
        15 => Kind::Sfixed32,
        16 => Kind::Sfixed64,
        17 => Kind::Sint32,
        18 => Kind::Sint64,
        _ => Kind::Unresolved,
    }
}

/// The value that the text of `default_value` would have been written as.
fn default_value(kind: Kind, text: Text) -> RawValue {
    match kind {
        Kind::String => RawValue::String(StringValue::Text(text)),
        Kind::Bytes => RawValue::String(StringValue::from_bytes(unescape_bytes(&text))),
        Kind::Float | Kind::Double => RawValue::Float(text.parse().unwrap_or(f64::NAN)),
        Kind::Bool | Kind::Unresolved | Kind::Message(_) | Kind::Enum(_) => RawValue::Ident(text),
        _ => {
            let magnitude = text.strip_prefix('-');
            let digits = magnitude.unwrap_or(&text);
            digits.parse().map_or_else(|_| RawValue::Ident(text.clone()), |n| RawValue::Int(magnitude.is_some(), n))
        }
    }
}
