//! Writes a message as one version and reads it as the other, and tells what came out wrong.

use std::sync::Arc;

use base64::Engine;
use buffa_descriptor::features::FieldPresence;
use buffa_descriptor::{
    DynamicMessage, FieldDescriptor, FieldKind, MapKey, ReflectMessage, ScalarType, SingularKind, Value,
};

use crate::change::{Direction, Witness};
use crate::formats::protobuf::witness::pool::Runtime;

/// A field on both sides, by the number that it has there.
pub(super) struct Match {
    pub(super) old: Option<u32>,
    pub(super) new: Option<u32>,
    pub(super) name: String,
}

impl Match {
    /// The writer's number and the reader's.
    fn sides(&self, direction: Direction) -> (Option<u32>, Option<u32>) {
        match direction {
            Direction::NewReadsOld => (self.old, self.new),
            Direction::OldReadsNew => (self.new, self.old),
        }
    }
}

/// The witness, if the reader rejects or misreads the bytes of a message.
pub(super) fn on_the_wire(
    reader: &Runtime,
    message: &DynamicMessage,
    matches: &[Match],
    direction: Direction,
) -> Option<Witness> {
    let bytes = message.try_encode_to_vec().ok()?;
    let (error, read_as) = match DynamicMessage::decode(Arc::clone(reader.pool()), reader.index(), &bytes) {
        Ok(read) => (difference(reader, message, &read, matches, direction)?, Some(json_of(&read))),
        Err(error) => (error.to_string(), None),
    };
    let mut witness = witness(message, direction, error);
    witness.bytes_hex = Some(hex::encode(&bytes));
    witness.bytes_base64 = Some(base64::engine::general_purpose::STANDARD.encode(&bytes));
    witness.read_as = read_as;
    Some(witness)
}

/// The witness, if the reader rejects or misreads the JSON of a message. Unknown names are ignored.
pub(super) fn in_json(
    writer: &Runtime,
    reader: &Runtime,
    message: &DynamicMessage,
    matches: &[Match],
    direction: Direction,
) -> Option<Witness> {
    let text = message.to_json().ok()?;
    // What the writer itself cannot read back proves nothing.
    DynamicMessage::from_json_ignoring_unknown(Arc::clone(writer.pool()), writer.index(), &text).ok()?;
    let read = DynamicMessage::from_json_ignoring_unknown(Arc::clone(reader.pool()), reader.index(), &text);
    let (error, read_as) = match read {
        Ok(read) => (difference(reader, message, &read, matches, direction)?, Some(json_of(&read))),
        Err(error) => (error.to_string(), None),
    };
    let mut witness = witness(message, direction, error);
    witness.read_as = read_as;
    Some(witness)
}

fn witness(message: &DynamicMessage, direction: Direction, error: String) -> Witness {
    Witness {
        direction,
        instance: json_of(message),
        rejected_by: match direction {
            Direction::NewReadsOld => "new",
            Direction::OldReadsNew => "old",
        },
        error,
        bytes_hex: None,
        bytes_base64: None,
        read_as: None,
        curl: None,
    }
}

fn json_of(message: &DynamicMessage) -> serde_json::Value {
    message.to_json().ok().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or(serde_json::Value::Null)
}

/// The first field that reads differently, in words.
fn difference(
    reader: &Runtime,
    written: &DynamicMessage,
    read: &DynamicMessage,
    matches: &[Match],
    direction: Direction,
) -> Option<String> {
    let is_missing = |number: &&u32| read.field_by_number(**number).is_none();
    if let Some(number) = reader.required.iter().find(is_missing) {
        let name = field(read, *number).map_or_else(String::new, |field| field.name().to_owned());
        return Some(format!("required field `{name}` is missing"));
    }
    for pair in matches {
        // A field that the reader does not know is skipped, not misread.
        let (Some(from), Some(to)) = pair.sides(direction) else { continue };
        let (Some(wrote), Some(reads)) = (field(written, from), field(read, to)) else { continue };
        let was = seen(written, wrote);
        let is = seen(read, reads);
        if was.means_same(&is) {
            continue;
        }
        return Some(match is {
            Seen::Absent => format!("`{}` is lost", pair.name),
            Seen::List(values) if values.is_empty() => format!("`{}` is lost", pair.name),
            Seen::Default(_) => format!("`{}` is lost", pair.name),
            _ if was.is_nothing() => format!("`{}` appears out of nothing", pair.name),
            _ => format!("`{}` is read as another value", pair.name),
        });
    }
    None
}

fn field(message: &DynamicMessage, number: u32) -> Option<&FieldDescriptor> {
    message.message_descriptor().field(number)
}

/// A value as its reader understands it.
#[derive(Debug, Clone, PartialEq)]
enum Seen {
    Absent,
    /// Not written, which means this.
    Default(Box<Seen>),
    Int(i128),
    /// Bits of the value as `f64`.
    Float(u64),
    Text(Vec<u8>),
    List(Vec<Seen>),
    Map(Vec<(Seen, Seen)>),
    Message(Vec<(u32, Seen)>),
}

impl Seen {
    fn is_nothing(&self) -> bool {
        match self {
            Self::Absent | Self::Default(_) => true,
            Self::List(values) => values.is_empty(),
            _ => false,
        }
    }

    /// Whether reader and writer mean the same. One value and a list of it are the same; a default that is not
    /// written is that value where neither side tells absence apart.
    fn means_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Default(one), Self::Default(two)) => one.means_same(two),
            // Written or not, the value is the same to a side without presence.
            (Self::Default(value), other) | (other, Self::Default(value)) => match other {
                Self::Absent => false,
                Self::List(values) => values.is_empty(),
                other => value.means_same(other),
            },
            (Self::List(one), Self::List(two)) => {
                one.len() == two.len() && one.iter().zip(two).all(|(one, two)| one.means_same(two))
            }
            (Self::List(values), Self::Absent) | (Self::Absent, Self::List(values)) => values.is_empty(),
            (Self::List(values), Self::Map(entries)) | (Self::Map(entries), Self::List(values)) => {
                values.is_empty() && entries.is_empty()
            }
            (Self::List(values), one) | (one, Self::List(values)) => {
                values.len() == 1 && values.iter().all(|value| value.means_same(one))
            }
            (Self::Map(entries), Self::Absent) | (Self::Absent, Self::Map(entries)) => entries.is_empty(),
            (one, two) => one == two,
        }
    }
}

fn seen(message: &DynamicMessage, field: &FieldDescriptor) -> Seen {
    match (message.field_by_number(field.number()), field.kind()) {
        (Some(value), FieldKind::Singular(kind)) if field.presence() == FieldPresence::Implicit => {
            let value = seen_value(value);
            // A default that was set is not written either.
            if value == zero(kind) { Seen::Default(Box::new(value)) } else { value }
        }
        (Some(value), _) => seen_value(value),
        (None, FieldKind::List(_)) => Seen::List(Vec::new()),
        (None, FieldKind::Map { .. }) => Seen::Map(Vec::new()),
        (None, FieldKind::Singular(kind)) if field.presence() == FieldPresence::Implicit => {
            Seen::Default(Box::new(zero(kind)))
        }
        (None, FieldKind::Singular(_)) => Seen::Absent,
    }
}

fn zero(kind: SingularKind) -> Seen {
    match kind {
        SingularKind::Scalar(ScalarType::String | ScalarType::Bytes) => Seen::Text(Vec::new()),
        SingularKind::Scalar(ScalarType::Float | ScalarType::Double) => Seen::Float(0.0_f64.to_bits()),
        SingularKind::Message(_) => Seen::Absent,
        _ => Seen::Int(0),
    }
}

fn seen_value(value: &Value) -> Seen {
    match value {
        Value::Bool(value) => Seen::Int(i128::from(*value)),
        Value::I32(value) | Value::EnumNumber(value) => Seen::Int(i128::from(*value)),
        Value::I64(value) => Seen::Int(i128::from(*value)),
        Value::U32(value) => Seen::Int(i128::from(*value)),
        Value::U64(value) => Seen::Int(i128::from(*value)),
        Value::F32(value) => Seen::Float(f64::from(*value).to_bits()),
        Value::F64(value) => Seen::Float(value.to_bits()),
        Value::String(value) => Seen::Text(value.clone().into_bytes()),
        Value::Bytes(value) => Seen::Text(value.clone()),
        Value::List(values) => Seen::List(values.iter().map(seen_value).collect()),
        Value::Map(map) => Seen::Map(map.iter().map(|(key, value)| (seen_key(key), seen_value(value))).collect()),
        Value::Message(message) => Seen::Message(
            message
                .message_descriptor()
                .fields()
                .iter()
                .filter_map(|field| Some((field.number(), seen_value(message.field_by_number(field.number())?))))
                .collect(),
        ),
    }
}

fn seen_key(key: &MapKey) -> Seen {
    match key {
        MapKey::Bool(value) => Seen::Int(i128::from(*value)),
        MapKey::I32(value) => Seen::Int(i128::from(*value)),
        MapKey::I64(value) => Seen::Int(i128::from(*value)),
        MapKey::U32(value) => Seen::Int(i128::from(*value)),
        MapKey::U64(value) => Seen::Int(i128::from(*value)),
        MapKey::String(value) => Seen::Text(value.clone().into_bytes()),
    }
}
