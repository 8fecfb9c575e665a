//! What readers of one type make of values of another: the facts of `field-type-changed`.
//!
//! Per encoding, a type is a set of values and a way to write them. See `docs/design/semantics` in the pages
//! `field-type-*`, and <https://protobuf.dev/programming-guides/proto3/#updating>.

use crate::formats::protobuf::model::{Field, Kind, MessageId, Schema};
use crate::formats::protobuf::pair::{Form, Forms};

/// How a new type relates to an old one. The words are those of the kind's table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Relation {
    /// On the wire.
    pub(crate) wire: Reading,
    /// In JSON.
    pub(crate) json: Reading,
    /// Whether the updating guide puts both types into one group of the binary encoding.
    pub(crate) wire_group: bool,
    /// And of both encodings.
    pub(crate) json_group: bool,
}

/// What two readers make of each other's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// Everything is read.
    Compatible,
    /// Old readers cannot take every new value.
    Widened,
    /// New readers cannot take every old value.
    Narrowed,
    /// Both.
    Lossy,
    /// Old readers fail on some new values.
    OldFails,
    /// New readers fail on some old values.
    NewFails,
    /// Neither reads the other.
    Incompatible,
}

impl Reading {
    /// The fact's value.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Compatible => "compatible",
            Self::Widened => "widened",
            Self::Narrowed => "narrowed",
            Self::Lossy => "lossy",
            Self::OldFails => "old-fails",
            Self::NewFails => "new-fails",
            Self::Incompatible => "incompatible",
        }
    }

    /// From whether the new reader takes all old values and the old one all new values.
    const fn from_sets(new_takes_old: bool, old_takes_new: bool) -> Self {
        match (new_takes_old, old_takes_new) {
            (true, true) => Self::Compatible,
            (true, false) => Self::Widened,
            (false, true) => Self::Narrowed,
            (false, false) => Self::Lossy,
        }
    }
}

impl Relation {
    /// Types of the same form: only the name differs.
    pub(crate) const RENAMED: Self =
        Self { wire: Reading::Compatible, json: Reading::Compatible, wire_group: false, json_group: false };

    /// Relates the type of a field of the old version to that of the new one.
    pub(crate) fn new(old: (&Schema, &Field), new: (&Schema, &Field), forms: &Forms<'_>) -> Self {
        let (before, after) = (old.1, new.1);
        match (before.kind, after.kind) {
            (Kind::Message(old_id), Kind::Message(new_id)) => {
                let form = forms.messages(old_id, new_id);
                let is_delimited = before.is_delimited != after.is_delimited;
                Self::of_form(Form { wire: form.wire && !is_delimited, json: form.json }, false)
            }
            (Kind::Enum(old_id), Kind::Enum(new_id)) => {
                let (old_enum, new_enum) = (old.0.enum_type(old_id), new.0.enum_type(new_id));
                let is_superset = old.0.values_of(old_id).all(|(_, value)| {
                    new.0.values_of(new_id).any(|(_, other)| other.number == value.number && *other.name == *value.name)
                });
                Self::of_form(forms.enums(old_id, new_id), *old_enum.name == *new_enum.name && is_superset)
            }
            (old_kind, new_kind) => {
                let wire = wire(old_kind, new_kind);
                Self {
                    wire,
                    json: json(old, new, wire),
                    wire_group: wire_group(old_kind, new_kind),
                    json_group: json_group(old_kind, new_kind),
                }
            }
        }
    }

    /// Whether readers of one make anything sensible of most values of the other.
    pub(crate) const fn is_readable(self) -> bool {
        matches!(self.wire, Reading::Compatible | Reading::Widened | Reading::Narrowed | Reading::Lossy)
    }

    fn of_form(form: Form, group: bool) -> Self {
        let reading = |same| if same { Reading::Compatible } else { Reading::Incompatible };
        Self { wire: reading(form.wire), json: reading(form.json), wire_group: group, json_group: group }
    }
}

/// How a scalar is written, and which integers it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    /// Two's complement varint.
    Varint,
    /// Varint of the zigzag form.
    ZigZag,
    /// Four bytes, an integer.
    Fixed32,
    /// Eight bytes, an integer.
    Fixed64,
    /// Four bytes, `float`.
    Float,
    /// Eight bytes, `double`.
    Double,
    /// A length and bytes.
    Bytes,
    /// Unknown.
    Other,
}

const fn encoding(kind: Kind) -> Encoding {
    match kind {
        Kind::Int32 | Kind::Int64 | Kind::Uint32 | Kind::Uint64 | Kind::Bool | Kind::Enum(_) => Encoding::Varint,
        Kind::Sint32 | Kind::Sint64 => Encoding::ZigZag,
        Kind::Fixed32 | Kind::Sfixed32 => Encoding::Fixed32,
        Kind::Fixed64 | Kind::Sfixed64 => Encoding::Fixed64,
        Kind::Float => Encoding::Float,
        Kind::Double => Encoding::Double,
        Kind::String | Kind::Bytes | Kind::Message(_) => Encoding::Bytes,
        Kind::Unresolved => Encoding::Other,
    }
}

/// The integers that a type holds, ends included. An enum is taken for its open form.
const fn range(kind: Kind) -> Option<(i128, i128)> {
    match kind {
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Some((i32::MIN as i128, i32::MAX as i128)),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Some((i64::MIN as i128, i64::MAX as i128)),
        Kind::Uint32 | Kind::Fixed32 => Some((0, u32::MAX as i128)),
        Kind::Uint64 | Kind::Fixed64 => Some((0, u64::MAX as i128)),
        Kind::Bool => Some((0, 1)),
        _ => None,
    }
}

/// Whether one range lies in the other, both ways round.
const fn contained(old: (i128, i128), new: (i128, i128)) -> Reading {
    Reading::from_sets(new.0 <= old.0 && old.1 <= new.1, old.0 <= new.0 && new.1 <= old.1)
}

fn wire(old: Kind, new: Kind) -> Reading {
    if encoding(old) != encoding(new) {
        return Reading::Incompatible;
    }
    match (old, new) {
        (Kind::String | Kind::Message(_), Kind::Bytes) => Reading::OldFails,
        (Kind::Bytes, Kind::String | Kind::Message(_)) => Reading::NewFails,
        (Kind::String, Kind::Message(_)) | (Kind::Message(_), Kind::String) | (Kind::Unresolved, _) => {
            Reading::Incompatible
        }
        // A number without a name is unknown to an enum, so an enum holds less than the integer of its width.
        (Kind::Enum(_), Kind::Int32 | Kind::Int64) => Reading::Widened,
        (Kind::Int32 | Kind::Int64, Kind::Enum(_)) => Reading::Narrowed,
        (Kind::Enum(_), _) | (_, Kind::Enum(_)) => Reading::Lossy,
        _ => match (range(old), range(new)) {
            (Some(old), Some(new)) => contained(old, new),
            _ => Reading::Incompatible,
        },
    }
}

fn json(old: (&Schema, &Field), new: (&Schema, &Field), wire: Reading) -> Reading {
    let reading = json_values(json_type(old), json_type(new));
    // The kind knows no weaker words for JSON: values that do not fit are refused, not cut down.
    match (wire, reading) {
        (Reading::Lossy | Reading::OldFails | Reading::NewFails, _) | (_, Reading::Lossy) => Reading::Incompatible,
        (Reading::Widened | Reading::Narrowed, Reading::Compatible) => Reading::Incompatible,
        (_, reading) => reading,
    }
}

/// What `ProtoJSON` writes for a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Json {
    Bool,
    /// Integers, as numbers up to 32 bits and as strings beyond; both are read.
    Integer(i128, i128),
    /// `float` (false) and `double` (true).
    Number(bool),
    String,
    Base64,
    /// A name, or a number when there is none; both are read.
    EnumName,
    Object,
    /// `google.protobuf.Value`.
    Anything,
    /// Well-known types that JSON writes as a string of their own form.
    Formatted(&'static str),
}

fn json_type((schema, field): (&Schema, &Field)) -> Json {
    match field.kind {
        Kind::Message(id) => json_of_message(schema, id),
        kind => json_of_scalar(kind),
    }
}

fn json_of_scalar(kind: Kind) -> Json {
    match (kind, range(kind)) {
        (Kind::Bool, _) => Json::Bool,
        (_, Some((low, high))) => Json::Integer(low, high),
        (Kind::Float, _) => Json::Number(false),
        (Kind::Double, _) => Json::Number(true),
        (Kind::String, _) => Json::String,
        (Kind::Bytes, _) => Json::Base64,
        (Kind::Enum(_), _) => Json::EnumName,
        _ => Json::Object,
    }
}

fn json_of_message(schema: &Schema, id: MessageId) -> Json {
    match schema.message(id).full_name.as_str() {
        "google.protobuf.DoubleValue" => Json::Number(true),
        "google.protobuf.FloatValue" => Json::Number(false),
        "google.protobuf.Int64Value" => json_of_scalar(Kind::Int64),
        "google.protobuf.UInt64Value" => json_of_scalar(Kind::Uint64),
        "google.protobuf.Int32Value" => json_of_scalar(Kind::Int32),
        "google.protobuf.UInt32Value" => json_of_scalar(Kind::Uint32),
        "google.protobuf.BoolValue" => Json::Bool,
        "google.protobuf.StringValue" => Json::String,
        "google.protobuf.BytesValue" => Json::Base64,
        "google.protobuf.Value" => Json::Anything,
        "google.protobuf.Timestamp" => Json::Formatted("timestamp"),
        "google.protobuf.Duration" => Json::Formatted("duration"),
        "google.protobuf.FieldMask" => Json::Formatted("field mask"),
        _ => Json::Object,
    }
}

fn json_values(old: Json, new: Json) -> Reading {
    /// Whether a reader takes everything that a writer writes, and takes it for the same.
    fn takes(reader: Json, writer: Json) -> bool {
        const EXACT_IN_DOUBLE: i128 = 1 << 53;
        const EXACT_IN_FLOAT: i128 = 1 << 24;
        match (reader, writer) {
            (reader, writer) if reader == writer => true,
            (Json::Anything, _)
            | (Json::String, Json::EnumName | Json::Formatted(_))
            | (Json::Number(true), Json::Number(false)) => true,
            (Json::Integer(low, high), Json::Integer(from, to)) => low <= from && to <= high,
            // Integers beyond 32 bits are written as strings.
            (Json::String, Json::Integer(_, high)) => high > i128::from(u32::MAX),
            (Json::Number(double), Json::Integer(low, high)) => {
                let exact = if double { EXACT_IN_DOUBLE } else { EXACT_IN_FLOAT };
                -exact <= low && high <= exact
            }
            (Json::EnumName, Json::Integer(low, high)) => i128::from(i32::MIN) <= low && high <= i128::from(i32::MAX),
            _ => false,
        }
    }
    match Reading::from_sets(takes(new, old), takes(old, new)) {
        Reading::Lossy => Reading::Incompatible,
        reading => reading,
    }
}

/// Groups of the updating guide for the binary encoding. `string` may become `bytes`, not the other way round.
fn wire_group(old: Kind, new: Kind) -> bool {
    const fn group(kind: Kind) -> u8 {
        match kind {
            Kind::Int32 | Kind::Int64 | Kind::Uint32 | Kind::Uint64 | Kind::Bool => 1,
            Kind::Sint32 | Kind::Sint64 => 2,
            Kind::Fixed32 | Kind::Sfixed32 => 3,
            Kind::Fixed64 | Kind::Sfixed64 => 4,
            _ => 0,
        }
    }
    (group(old) != 0 && group(old) == group(new)) || (old == Kind::String && new == Kind::Bytes)
}

/// Groups of the updating guide for both encodings.
fn json_group(old: Kind, new: Kind) -> bool {
    const fn group(kind: Kind) -> u8 {
        match kind {
            Kind::Int32 | Kind::Uint32 => 1,
            Kind::Int64 | Kind::Uint64 => 2,
            Kind::Fixed32 | Kind::Sfixed32 => 3,
            Kind::Fixed64 | Kind::Sfixed64 => 4,
            _ => 0,
        }
    }
    group(old) != 0 && group(old) == group(new)
}
