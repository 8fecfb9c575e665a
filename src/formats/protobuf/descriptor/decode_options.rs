//! Reads the bytes of an options message as a tree, with the definitions that the schema knows.

use rustc_hash::FxHashMap;

use crate::formats::protobuf::descriptor::wire::{Reader, Value};
use crate::formats::protobuf::model::{
    Extent, Field, FieldId, File, FileIndex, Kind, MessageId, OptionEntry, OptionValue, Options, Text,
};

/// How deep values may be nested.
const MAX_DEPTH: u32 = 100;

/// Extensions by the full name of what they extend and their number.
#[derive(Debug, Default)]
pub(crate) struct ExtensionNumbers<'a> {
    ids: FxHashMap<(&'a str, i32), FieldId>,
}

impl<'a> ExtensionNumbers<'a> {
    /// All extensions of these files; their extendees must be resolved.
    pub(crate) fn of(files: &'a [File]) -> Self {
        let mut ids = FxHashMap::default();
        for (at, file) in (0_u32..).zip(files) {
            for (index, field) in (0_u32..).zip(&file.fields).filter(|(_, field)| field.is_extension()) {
                if let Some(extended) = field.message {
                    let name = files[extended.file.0 as usize].messages[extended.index as usize].full_name.as_str();
                    ids.entry((name, field.number)).or_insert(FieldId::new(FileIndex(at), index));
                }
            }
        }
        Self { ids }
    }
}

/// The fields that are set in `bytes`, a message of type `message`. What nobody defines is left out.
pub(crate) fn read(files: &[File], extensions: &ExtensionNumbers<'_>, message: MessageId, bytes: &[u8]) -> Options {
    let reading = Reading { files, extensions };
    reading.message(message, bytes, 0)
}

struct Reading<'a> {
    files: &'a [File],
    extensions: &'a ExtensionNumbers<'a>,
}

impl Reading<'_> {
    fn field(&self, id: FieldId) -> &Field {
        &self.files[id.file.0 as usize].fields[id.index as usize]
    }

    fn message(&self, id: MessageId, bytes: &[u8], depth: u32) -> Options {
        let mut options = Options::default();
        if depth > MAX_DEPTH {
            return options;
        }
        let message = &self.files[id.file.0 as usize].messages[id.index as usize];
        let mut reader = Reader::new(bytes);
        while let Ok(Some((number, value))) = reader.record() {
            let Ok(signed) = i32::try_from(number) else { continue };
            let own = message.field_ids(id.file).find(|field| self.field(*field).number == signed);
            let extension = || self.extensions.ids.get(&(message.full_name.as_str(), signed)).copied();
            let Some(field_id) = own.or_else(extension) else { continue };
            let field = self.field(field_id);
            let mut values = Vec::new();
            match value {
                Value::Bytes(packed) if field.is_repeated() && field.kind.is_packable() => {
                    self.packed(field.kind, packed, &mut values);
                }
                value => values.extend(self.value(field.kind, value, depth)),
            }
            self.add(&mut options, field_id, values);
        }
        options
    }

    fn add(&self, options: &mut Options, id: FieldId, values: Vec<OptionValue>) {
        let field = self.field(id);
        let existing = options.entries.iter().position(|entry| entry.field == Some(id));
        if field.is_repeated() {
            let items = values.into_iter().map(|value| (Extent::NONE, value));
            match existing.map(|at| &mut options.entries[at].value) {
                Some(OptionValue::List(list)) => list.extend(items),
                _ => options.push(entry(field, id, OptionValue::List(items.collect()))),
            }
            return;
        }
        for value in values {
            // Parts of one message may come in several records.
            match (existing.map(|at| &mut options.entries[at].value), value) {
                (Some(OptionValue::Message(fields)), OptionValue::Message(more)) => fields.entries.extend(more.entries),
                (Some(place), value) => *place = value,
                (None, value) => options.push(entry(field, id, value)),
            }
        }
    }

    fn packed(&self, kind: Kind, bytes: &[u8], values: &mut Vec<OptionValue>) {
        let mut reader = Reader::new(bytes);
        while !reader.is_empty() {
            let raw = match kind {
                Kind::Double | Kind::Fixed64 | Kind::Sfixed64 => reader
                    .take(8)
                    .ok()
                    .and_then(|eight| eight.try_into().ok())
                    .map(u64::from_le_bytes)
                    .map(Value::Fixed64),
                Kind::Float | Kind::Fixed32 | Kind::Sfixed32 => reader
                    .take(4)
                    .ok()
                    .and_then(|four| four.try_into().ok())
                    .map(u32::from_le_bytes)
                    .map(Value::Fixed32),
                _ => reader.raw_varint().ok().map(Value::Varint),
            };
            let Some(raw) = raw else { return };
            values.extend(self.value(kind, raw, 0));
        }
    }

    fn value(&self, kind: Kind, value: Value<'_>, depth: u32) -> Option<OptionValue> {
        Some(match (kind, value) {
            (Kind::Bool, Value::Varint(value)) => OptionValue::Bool(value != 0),
            (Kind::Int32 | Kind::Int64, Value::Varint(value)) => OptionValue::Int(value as i64),
            (Kind::Sint32 | Kind::Sint64, Value::Varint(value)) => {
                OptionValue::Int((value >> 1) as i64 ^ -((value & 1) as i64))
            }
            (Kind::Uint32 | Kind::Uint64, Value::Varint(value)) => OptionValue::Uint(value),
            (Kind::Fixed32, Value::Fixed32(value)) => OptionValue::Uint(u64::from(value)),
            (Kind::Fixed64, Value::Fixed64(value)) => OptionValue::Uint(value),
            (Kind::Sfixed32, Value::Fixed32(value)) => OptionValue::Int(i64::from(value as i32)),
            (Kind::Sfixed64, Value::Fixed64(value)) => OptionValue::Int(value as i64),
            (Kind::Float, Value::Fixed32(value)) => OptionValue::Float(f64::from(f32::from_bits(value))),
            (Kind::Double, Value::Fixed64(value)) => OptionValue::Float(f64::from_bits(value)),
            (Kind::String, Value::Bytes(value)) => {
                OptionValue::String(Text::from(String::from_utf8_lossy(value).as_ref()))
            }
            (Kind::Bytes, Value::Bytes(value)) => OptionValue::Bytes(value.into()),
            (Kind::Enum(id), Value::Varint(value)) => {
                let file = &self.files[id.file.0 as usize];
                let number = value as i32;
                let values = &file.enums[id.index as usize].values;
                let values = &file.values[values.start as usize..values.end as usize];
                let known = values.iter().find(|value| value.number == number);
                let name = known.map_or_else(|| Text::from(number.to_string()), |value| value.name.text.clone());
                OptionValue::Enum(name, number)
            }
            (Kind::Message(id), Value::Bytes(bytes) | Value::Group(bytes)) => {
                OptionValue::Message(self.message(id, bytes, depth + 1))
            }
            _ => return None,
        })
    }
}

fn entry(field: &Field, id: FieldId, value: OptionValue) -> OptionEntry {
    OptionEntry {
        name: if field.is_extension() { field.full_name().clone() } else { field.name.text.clone() },
        is_extension: field.is_extension(),
        field: Some(id),
        number: u32::try_from(field.number).unwrap_or(0),
        extent: Extent::NONE,
        name_extent: Extent::NONE,
        value_extent: Extent::NONE,
        value,
    }
}
