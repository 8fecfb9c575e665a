//! Reads `default = x` in the field's type.

use crate::formats::protobuf::link::interpret::Interpreter;
use crate::formats::protobuf::link::options::Context;
use crate::formats::protobuf::model::{DefaultValue, EnumValueId, Kind, OptionValue};
use crate::formats::protobuf::parse::{RawOption, RawValue};

/// The defaults that are written, by index of the field.
pub(super) fn read(
    context: &Context<'_>,
    interpreter: &mut Interpreter<'_>,
    defaults: &[(u32, RawOption)],
) -> Vec<(u32, DefaultValue)> {
    let mut read = Vec::with_capacity(defaults.len());
    for (index, raw) in defaults {
        let field = &context.file().fields[*index as usize];
        if field.is_repeated() {
            interpreter.invalid(raw.extent, "a repeated field has no default");
            continue;
        }
        let kind = field.kind;
        if let Kind::Message(_) = kind {
            interpreter.invalid(raw.extent, "a message field has no default");
            continue;
        }
        if kind == Kind::Unresolved || interpreter.is_outlined(kind) {
            continue;
        }
        let is_number_for_enum = matches!((kind, &raw.value), (Kind::Enum(_), RawValue::Int(..)));
        match interpreter.scalar(kind, &raw.value) {
            Ok(value) if !is_number_for_enum => read.push((*index, default(context, kind, value))),
            Ok(_) => interpreter.invalid(raw.value_extent, "the default of an enum field is a name, not a number"),
            Err(reason) => {
                interpreter.invalid(raw.value_extent, format!("the default of `{}` is {reason}", &*field.name));
            }
        }
    }
    read
}

fn default(context: &Context<'_>, kind: Kind, value: OptionValue) -> DefaultValue {
    match value {
        OptionValue::Bool(value) => DefaultValue::Bool(value),
        OptionValue::Int(value) => DefaultValue::Int(value),
        OptionValue::Uint(value) => DefaultValue::Uint(value),
        OptionValue::Float(value) => DefaultValue::Float(value),
        OptionValue::String(value) => DefaultValue::String(value),
        OptionValue::Bytes(value) => DefaultValue::Bytes(value),
        OptionValue::Enum(name, _) => {
            let id = match kind {
                Kind::Enum(id) => {
                    let file = &context.files[id.file.0 as usize];
                    let mut values = file.enums[id.index as usize].value_ids(id.file);
                    values.find(|value: &EnumValueId| file.values[value.index as usize].name.text == name)
                }
                _ => None,
            };
            DefaultValue::Enum(name, id)
        }
        // Scalars are never read as these.
        OptionValue::Message(_) | OptionValue::List(_) => DefaultValue::Bool(false),
    }
}
