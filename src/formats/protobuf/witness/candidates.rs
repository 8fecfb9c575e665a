//! Messages worth writing: values at the edges of their types, several at once, none at all.

use buffa_descriptor::{
    DescriptorPool, DynamicMessage, FieldDescriptor, FieldKind, MapKey, MapValue, MessageIndex, ReflectMessageMut,
    ScalarType, SingularKind, Value,
};
use std::sync::Arc;

use crate::formats::protobuf::witness::pool::Runtime;

/// Enums have at most this many candidates.
const MAX_ENUM_VALUES: usize = 64;

/// Messages of a writer, the most telling first. Every required field is set in all of them.
pub(super) fn messages(writer: &Runtime) -> Vec<DynamicMessage> {
    let fields = writer.pool().message(writer.index()).fields();
    let mut base = writer.empty();
    for field in fields.iter().filter(|field| writer.required.contains(&field.number())) {
        set(&mut base, field, values(writer, field).into_iter().next());
    }
    let mut all = Vec::new();
    // Everything set at once: what connects fields shows only then.
    let mut full = base.clone();
    for field in fields {
        set(&mut full, field, values(writer, field).into_iter().next());
    }
    if fields.len() > 1 {
        all.push(full);
    }
    for field in fields {
        for value in values(writer, field) {
            let mut message = base.clone();
            set(&mut message, field, Some(value));
            all.push(message);
        }
    }
    all.push(base);
    all
}

/// Values that the declaration refuses are left out.
fn set(message: &mut DynamicMessage, field: &FieldDescriptor, value: Option<Value>) {
    if let Some(value) = value {
        let _ = message.try_set(field, value);
    }
}

fn values(writer: &Runtime, field: &FieldDescriptor) -> Vec<Value> {
    let enum_numbers = || writer.enum_numbers.get(&field.number()).cloned().unwrap_or_default();
    match field.kind() {
        FieldKind::Singular(kind) => singular(writer.pool(), kind, &enum_numbers()),
        FieldKind::List(kind) => {
            let mut single = singular(writer.pool(), kind, &enum_numbers());
            let mut lists = Vec::new();
            if single.len() > 1 {
                lists.push(Value::List(single[..2].to_vec()));
            }
            if let Some(first) = single.first().cloned() {
                lists.push(Value::List(vec![first.clone(), first]));
            }
            lists.extend(single.drain(..).take(8).map(|value| Value::List(vec![value])));
            lists
        }
        FieldKind::Map { key, value } => {
            let keys = map_keys(key);
            let values = singular(writer.pool(), value, &enum_numbers());
            let mut maps = Vec::new();
            for value in values.iter().take(8) {
                if let Some(key) = keys.first() {
                    maps.push(Value::Map(MapValue::from_entries(vec![(key.clone(), value.clone())])));
                }
            }
            for key in keys.iter().skip(1) {
                if let Some(value) = values.first() {
                    maps.push(Value::Map(MapValue::from_entries(vec![(key.clone(), value.clone())])));
                }
            }
            maps
        }
    }
}

fn map_keys(kind: ScalarType) -> Vec<MapKey> {
    scalars(kind)
        .into_iter()
        .filter_map(|value| match value {
            Value::Bool(value) => Some(MapKey::Bool(value)),
            Value::I32(value) => Some(MapKey::I32(value)),
            Value::I64(value) => Some(MapKey::I64(value)),
            Value::U32(value) => Some(MapKey::U32(value)),
            Value::U64(value) => Some(MapKey::U64(value)),
            Value::String(value) => Some(MapKey::String(value)),
            _ => None,
        })
        .collect()
}

fn singular(pool: &Arc<DescriptorPool>, kind: SingularKind, enum_numbers: &[i32]) -> Vec<Value> {
    match kind {
        SingularKind::Scalar(kind) => scalars(kind),
        // The default last: where there is no presence it is not even written.
        SingularKind::Enum(_) => {
            let numbers = enum_numbers.iter().take(MAX_ENUM_VALUES);
            let (zero, other): (Vec<i32>, Vec<i32>) = numbers.partition(|number| **number == 0);
            other.into_iter().chain(zero).map(Value::EnumNumber).collect()
        }
        SingularKind::Message(index) => submessages(pool, index),
    }
}

/// A message with each of its scalars set, and an empty one.
fn submessages(pool: &Arc<DescriptorPool>, index: MessageIndex) -> Vec<Value> {
    let empty = DynamicMessage::new(Arc::clone(pool), index);
    let mut full = empty.clone();
    let mut all = Vec::new();
    for field in pool.message(index).fields() {
        let FieldKind::Singular(SingularKind::Scalar(kind)) = field.kind() else { continue };
        if let Some(value) = scalars(kind).into_iter().next() {
            let mut message = empty.clone();
            set(&mut message, field, Some(value.clone()));
            all.push(Value::Message(message));
            set(&mut full, field, Some(value));
        }
    }
    if all.len() > 1 {
        all.insert(0, Value::Message(full));
    }
    all.truncate(9);
    all.push(Value::Message(empty));
    all
}

/// Values that tell types apart; the default last.
fn scalars(kind: ScalarType) -> Vec<Value> {
    /// Beyond 32 bits, recognisable.
    const WIDE: i64 = 5_000_000_000;
    match kind {
        ScalarType::Bool => vec![Value::Bool(true), Value::Bool(false)],
        ScalarType::Int32 | ScalarType::Sint32 | ScalarType::Sfixed32 => {
            [1, -1, 2, i32::MAX, i32::MIN, 0].map(Value::I32).to_vec()
        }
        ScalarType::Int64 | ScalarType::Sint64 | ScalarType::Sfixed64 => {
            [1, -1, WIDE, 2, i64::MAX, i64::MIN, 0].map(Value::I64).to_vec()
        }
        ScalarType::Uint32 | ScalarType::Fixed32 => [1, 2, u32::MAX, 0].map(Value::U32).to_vec(),
        ScalarType::Uint64 | ScalarType::Fixed64 => [1, 2, WIDE.unsigned_abs(), u64::MAX, 0].map(Value::U64).to_vec(),
        ScalarType::Float => [1.5, 16_777_216.0, 0.0].map(Value::F32).to_vec(),
        ScalarType::Double => [1.5, 0.1, 1e300, 0.0].map(Value::F64).to_vec(),
        ScalarType::String => ["a", "text", "5", ""].map(|text| Value::String(text.to_owned())).to_vec(),
        ScalarType::Bytes => vec![Value::Bytes(b"a".to_vec()), Value::Bytes(vec![0xFF]), Value::Bytes(Vec::new())],
    }
}
