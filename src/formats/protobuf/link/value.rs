//! Reads values in the type of their field.

use std::sync::Arc;

use crate::formats::protobuf::link::interpret::Interpreter;
use crate::formats::protobuf::link::scope::Found;
use crate::formats::protobuf::model::{
    Element, Extent, FieldId, Kind, MessageId, OptionEntry, OptionValue, Options, Text,
};
use crate::formats::protobuf::parse::{RawField, RawFieldName, RawValue, StringValue};

impl Interpreter<'_> {
    /// One value of a field (an element, where the field is repeated).
    pub(super) fn value(&mut self, id: FieldId, raw: &RawValue, extent: Extent, scope: &str) -> Option<OptionValue> {
        let field = self.field(id);
        match field.kind {
            kind if self.is_outlined(kind) => None,
            Kind::Message(message) => match raw {
                RawValue::Message(fields) => Some(OptionValue::Message(self.message_value(message, fields, scope))),
                _ => {
                    self.invalid(extent, format!("`{}` is a message: write its fields in braces", &*field.name));
                    None
                }
            },
            Kind::Unresolved => None,
            kind => match self.scalar(kind, raw) {
                Ok(value) => Some(value),
                Err(reason) => {
                    self.invalid(extent, format!("`{}` takes {reason}", &*field.name));
                    None
                }
            },
        }
    }

    /// A scalar or enum value; the error says what is taken instead.
    pub(super) fn scalar(&self, kind: Kind, raw: &RawValue) -> Result<OptionValue, String> {
        match kind {
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => {
                signed(raw, i64::from(i32::MIN), i64::from(i32::MAX)).ok_or_else(|| whole(32, true))
            }
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => {
                signed(raw, i64::MIN, i64::MAX).ok_or_else(|| whole(64, true))
            }
            Kind::Uint32 | Kind::Fixed32 => unsigned(raw, u64::from(u32::MAX)).ok_or_else(|| whole(32, false)),
            Kind::Uint64 | Kind::Fixed64 => unsigned(raw, u64::MAX).ok_or_else(|| whole(64, false)),
            Kind::Float => float(raw).map(|value| OptionValue::Float(f64::from(value as f32))).ok_or_else(number),
            Kind::Double => float(raw).map(OptionValue::Float).ok_or_else(number),
            Kind::Bool => match raw {
                RawValue::Ident(text) if text == "true" => Ok(OptionValue::Bool(true)),
                RawValue::Ident(text) if text == "false" => Ok(OptionValue::Bool(false)),
                _ => Err("`true` or `false`".to_owned()),
            },
            Kind::String => match raw {
                RawValue::String(StringValue::Text(text)) => Ok(OptionValue::String(text.clone())),
                _ => Err("a string in valid UTF-8".to_owned()),
            },
            Kind::Bytes => match raw {
                RawValue::String(value) => Ok(OptionValue::Bytes(Arc::from(value.bytes()))),
                _ => Err("a string".to_owned()),
            },
            Kind::Enum(id) => {
                let file = &self.files[id.file.0 as usize];
                let item = &file.enums[id.index as usize];
                let values = &file.values[item.values.start as usize..item.values.end as usize];
                let found = match raw {
                    RawValue::Ident(name) => values.iter().find(|value| value.name.text == *name),
                    // The text format also takes numbers.
                    RawValue::Int(is_negative, magnitude) => {
                        let number = i64::try_from(*magnitude).ok().map(|n| if *is_negative { -n } else { n });
                        values.iter().find(|value| Some(i64::from(value.number)) == number)
                    }
                    _ => None,
                };
                found
                    .map(|value| OptionValue::Enum(value.name.text.clone(), value.number))
                    .ok_or_else(|| format!("a value of `{}`", item.full_name))
            }
            Kind::Message(_) | Kind::Unresolved => Err("a message".to_owned()),
        }
    }

    fn message_value(&mut self, message: MessageId, fields: &[RawField], scope: &str) -> Options {
        let mut options = Options::default();
        for raw in fields {
            let id = match &raw.name {
                RawFieldName::Field(name) => {
                    let found = self.field_named(message, name);
                    if found.is_none() {
                        let owner = &self.message(message).full_name;
                        self.invalid(raw.name_extent, format!("`{owner}` has no field `{name}`"));
                    }
                    found
                }
                RawFieldName::Extension(name) => self.extension(message, name, raw.name_extent, scope),
                RawFieldName::Any(url) => {
                    self.any(&mut options, message, url, raw, scope);
                    None
                }
            };
            if let Some(id) = id {
                self.set_field(&mut options, id, raw, scope);
            }
        }
        options
    }

    fn set_field(&mut self, options: &mut Options, id: FieldId, raw: &RawField, scope: &str) {
        let field = self.field(id);
        let existing = options.entries.iter().position(|entry| entry.field == Some(id));
        if field.is_repeated() {
            let items: Vec<(Extent, OptionValue)> = match &raw.value {
                RawValue::List(values) => values
                    .iter()
                    .filter_map(|(extent, value)| Some((*extent, self.value(id, value, *extent, scope)?)))
                    .collect(),
                value => self
                    .value(id, value, raw.value_extent, scope)
                    .map(|value| (raw.value_extent, value))
                    .into_iter()
                    .collect(),
            };
            match existing.map(|at| &mut options.entries[at].value) {
                Some(OptionValue::List(list)) => list.extend(items),
                _ => options.push(self.field_entry(id, raw, OptionValue::List(items))),
            }
        } else if existing.is_some() {
            self.invalid(raw.name_extent, format!("field `{}` is set twice", &*field.name));
        } else if let Some(value) = self.value(id, &raw.value, raw.value_extent, scope) {
            options.push(self.field_entry(id, raw, value));
        }
    }

    fn field_entry(&self, id: FieldId, raw: &RawField, value: OptionValue) -> OptionEntry {
        self.entry_at(id, raw.extent, raw.name_extent, raw.value_extent, value)
    }

    /// `[type.googleapis.com/acme.Order] { … }` inside a `google.protobuf.Any`: kept as its two fields, the value as
    /// the message that it is.
    fn any(&mut self, options: &mut Options, any: MessageId, url: &Text, raw: &RawField, scope: &str) {
        let fields = (self.field_named(any, "type_url"), self.field_named(any, "value"));
        let (Some(type_url), Some(value)) = fields else {
            self.invalid(raw.name_extent, "a type URL has its place in a `google.protobuf.Any` only");
            return;
        };
        let name = url.rsplit('/').next().unwrap_or_default().to_owned();
        let RawValue::Message(inner) = &raw.value else {
            self.invalid(raw.value_extent, "the value of an `Any` is a message");
            return;
        };
        let absolute = format!(".{name}");
        let found = self.scope.find(&absolute, scope);
        let Found::Element(Element::Message(message)) = found else {
            self.invalid(raw.name_extent, format!("message `{name}` is not declared in what this file imports"));
            return;
        };
        let content = self.message_value(message, inner, scope);
        options.push(self.field_entry(type_url, raw, OptionValue::String(url.clone())));
        options.push(self.field_entry(value, raw, OptionValue::Message(content)));
    }
}

fn whole(bits: u32, is_signed: bool) -> String {
    if is_signed {
        format!("a whole number of {bits} bits")
    } else {
        format!("a whole number of {bits} bits, not negative")
    }
}

fn number() -> String {
    "a number".to_owned()
}

fn signed(raw: &RawValue, min: i64, max: i64) -> Option<OptionValue> {
    let RawValue::Int(is_negative, magnitude) = raw else {
        return None;
    };
    let value = if *is_negative { 0_i64.checked_sub_unsigned(*magnitude)? } else { i64::try_from(*magnitude).ok()? };
    (min <= value && value <= max).then_some(OptionValue::Int(value))
}

fn unsigned(raw: &RawValue, max: u64) -> Option<OptionValue> {
    match raw {
        RawValue::Int(is_negative, magnitude) if !*is_negative || *magnitude == 0 => {
            (*magnitude <= max).then_some(OptionValue::Uint(*magnitude))
        }
        _ => None,
    }
}

fn float(raw: &RawValue) -> Option<f64> {
    match raw {
        RawValue::Int(is_negative, magnitude) => {
            let value = *magnitude as f64;
            Some(if *is_negative { -value } else { value })
        }
        RawValue::Float(value) => Some(*value),
        RawValue::Ident(text) if text == "inf" || text == "infinity" => Some(f64::INFINITY),
        RawValue::Ident(text) if text == "nan" => Some(f64::NAN),
        _ => None,
    }
}
