//! Writes a tree of options as the message that it is.

use crate::formats::protobuf::descriptor::wire::Writer;
use crate::formats::protobuf::model::{Kind, OptionEntry, OptionValue, Options, Schema};

/// The fields of `options`. Those whose definition was not found are left out.
pub(super) fn write(schema: &Schema, options: &Options) -> Writer {
    let mut writer = Writer::default();
    // In the order of numbers, as every protobuf runtime writes.
    let mut entries: Vec<&OptionEntry> = options.entries.iter().collect();
    entries.sort_by_key(|entry| entry.number);
    for entry in entries {
        let Some(field) = entry.field.map(|id| schema.field(id)) else { continue };
        match &entry.value {
            OptionValue::List(items) if field.is_packed => {
                let mut packed = Vec::new();
                for (_, item) in items {
                    let mut one = Writer::default();
                    value(schema, &mut one, 1, field.kind, item, false);
                    // Field number 1 has a tag of one byte.
                    packed.extend_from_slice(&one.into_bytes()[1..]);
                }
                writer.bytes(entry.number, &packed);
            }
            OptionValue::List(items) => {
                for (_, item) in items {
                    value(schema, &mut writer, entry.number, field.kind, item, field.is_delimited);
                }
            }
            single => value(schema, &mut writer, entry.number, field.kind, single, field.is_delimited),
        }
    }
    writer
}

fn value(schema: &Schema, writer: &mut Writer, number: u32, kind: Kind, value: &OptionValue, is_delimited: bool) {
    match value {
        OptionValue::Bool(value) => writer.varint(number, u64::from(*value)),
        OptionValue::Int(value) => match kind {
            Kind::Sint32 | Kind::Sint64 => writer.varint(number, ((value << 1) ^ (value >> 63)) as u64),
            Kind::Sfixed32 => writer.fixed32(number, *value as i32 as u32),
            Kind::Sfixed64 => writer.fixed64(number, *value as u64),
            _ => writer.varint(number, *value as u64),
        },
        OptionValue::Uint(value) => match kind {
            Kind::Fixed32 => writer.fixed32(number, *value as u32),
            Kind::Fixed64 => writer.fixed64(number, *value),
            _ => writer.varint(number, *value),
        },
        OptionValue::Float(value) if kind == Kind::Float => writer.fixed32(number, (*value as f32).to_bits()),
        OptionValue::Float(value) => writer.fixed64(number, value.to_bits()),
        OptionValue::String(value) => writer.string(number, value),
        OptionValue::Bytes(value) => writer.bytes(number, value),
        OptionValue::Enum(_, value) => writer.int32(number, *value),
        OptionValue::Message(fields) => {
            let inner = write(schema, fields).into_bytes();
            if is_delimited { writer.group(number, &inner) } else { writer.bytes(number, &inner) }
        }
        // Lists hold single values.
        OptionValue::List(_) => {}
    }
}
