//! Shows breaks on the wire and in JSON: a message is really encoded as one version declares it and decoded as the
//! other does, and the first that comes out wrong is the witness.
//!
//! Only what the change touches is declared to the runtime ([`pool`]): the message, the fields in question, and what
//! the messages inside it need. Presence, packing, group encoding, closed enums and UTF-8 checks are those that the
//! linker resolved, spelled as features of an edition, so that proto2, proto3 and editions go through one runtime.

mod candidates;
mod pool;
mod reading;

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use crate::change::{Cell, ChangeKind, Direction, Measured, Measurement};
use crate::formats::protobuf::diff::{Found, Specimen};
use crate::formats::protobuf::kinds;
use crate::formats::protobuf::model::{EnumId, EnumValue, EnumValueId, FieldId, MessageId, Schema};
use pool::{Root, Runtime};
use reading::Match;

/// Fields beyond this number are left out of a witness: one of them is enough, and messages can have thousands.
const MAX_FIELDS: usize = 48;
/// How many findings one thread takes at a time: some cost far more than others.
const FINDINGS_AT_ONCE: usize = 8;

/// Looks for witnesses of all changes that can have one.
pub(crate) fn attach(old: &Schema, new: &Schema, found: &mut [Found]) {
    found.par_iter_mut().with_max_len(FINDINGS_AT_ONCE).for_each(|item| {
        if let Some(measured) = measure(old, new, item) {
            item.change.measured = measured;
        }
    });
}

/// What is compared, and how, for a kind of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    /// The field of the change, by its number.
    Field,
    /// Fields by name, because their numbers changed.
    Names,
    /// All fields by number, because they are connected.
    All,
    /// The values of an enum.
    Values,
    /// Nothing that runs here shows it.
    None(&'static str),
}

fn method(kind: &'static ChangeKind) -> Option<Method> {
    const VALIDATION: &str = "constraints are enforced by validation code, which does not run here";
    const MAPPING: &str = "the HTTP mapping is applied by a gateway, which does not run here";
    let table: [(&'static ChangeKind, Method); 20] = [
        (&kinds::FIELD_TYPE_CHANGED, Method::Field),
        (&kinds::FIELD_CARDINALITY_CHANGED, Method::Field),
        (&kinds::FIELD_REPLACED, Method::Field),
        (&kinds::FIELD_RENAMED, Method::Field),
        (&kinds::FIELD_JSON_NAME_CHANGED, Method::Field),
        (&kinds::FIELD_UTF8_VALIDATION_CHANGED, Method::Field),
        (&kinds::FIELD_REMOVED, Method::Field),
        (&kinds::FIELD_ADDED, Method::Field),
        (&kinds::FIELD_RENUMBERED, Method::Names),
        (&kinds::FIELD_ONEOF_CHANGED, Method::All),
        (&kinds::ONEOF_ADDED, Method::All),
        (&kinds::ONEOF_REMOVED, Method::All),
        (&kinds::RPC_TYPE_CHANGED, Method::All),
        (&kinds::ENUM_VALUE_REMOVED, Method::Values),
        (&kinds::ENUM_VALUE_RENAMED, Method::Values),
        (&kinds::ENUM_VALUE_RENUMBERED, Method::Values),
        (&kinds::ENUM_ALIAS_ADDED, Method::Values),
        (&kinds::ENUM_ALIAS_REMOVED, Method::Values),
        (&kinds::FIELD_CONSTRAINT_CHANGED, Method::None(VALIDATION)),
        (&kinds::FIELD_BEHAVIOR_CHANGED, Method::None(VALIDATION)),
    ];
    if std::ptr::eq(kind, &raw const kinds::RPC_ROUTE_BODY_CHANGED) {
        return Some(Method::None(MAPPING));
    }
    if std::ptr::eq(kind, &raw const kinds::MESSAGE_SET_FORMAT_CHANGED) {
        return Some(Method::None("the runtime used here knows no message sets"));
    }
    table.iter().find(|(other, _)| other.id == kind.id).map(|(_, method)| *method)
}

fn measure(old: &Schema, new: &Schema, item: &Found) -> Option<Measured> {
    let method = method(item.change.kind)?;
    if let Method::None(reason) = method {
        return Some(Measured { new_reads_old: Some(Measurement::unknown(reason)), old_reads_new: None });
    }
    // Other values of an enum may have changed too; they have findings of their own.
    let numbers = ["number", "old", "new"].iter().filter_map(|name| item.change.values.get(name)?.parse().ok());
    let trial = Trial::new(old, new, item.specimen?, method, numbers.collect());
    let outcome = match &trial {
        Ok(trial) => (trial.run(Direction::NewReadsOld), trial.run(Direction::OldReadsNew)),
        Err(reason) => {
            return Some(Measured { new_reads_old: Some(Measurement::unknown(reason.clone())), old_reads_new: None });
        }
    };
    let (new_reads_old, old_reads_new) = outcome;
    if new_reads_old.is_none() && old_reads_new.is_none() {
        // The runtime takes both forms of a message, so this one difference cannot be shown with it.
        let is_encoding = item.change.facts.get("wire") == Some("incompatible")
            && item.change.facts.get("json") == Some("compatible");
        let reason = if is_encoding {
            "the runtime used here reads groups and length-prefixed messages alike; others skip the form that is not declared"
        } else {
            "no message was found that the two versions read differently"
        };
        return Some(Measured { new_reads_old: Some(Measurement::unknown(reason)), old_reads_new: None });
    }
    Some(Measured { new_reads_old, old_reads_new })
}

/// One message of both versions, ready to be written and read.
struct Trial {
    old: Runtime,
    new: Runtime,
    matches: Vec<Match>,
}

impl Trial {
    /// Of an enum only these numbers are tried.
    fn new(old: &Schema, new: &Schema, specimen: Specimen, method: Method, numbers: Vec<i32>) -> Result<Self, String> {
        let (old_root, new_root, matches) = match specimen {
            Specimen::Enum { old: before, new: after } => {
                let (before, after) = enum_roots((old, before), (new, after), numbers);
                let one = vec![Match { old: Some(1), new: Some(1), name: "value".to_owned() }];
                (before, after, one)
            }
            Specimen::Message { old: before, new: after, fields } => {
                let (old_fields, new_fields) = match method {
                    Method::Field => fields_of_change(old, new, (before, after), fields),
                    _ => (first_fields(old, before), first_fields(new, after)),
                };
                let matches = matches(old, new, (&old_fields, &new_fields), method);
                (Root::Message(old_fields), Root::Message(new_fields), matches)
            }
        };
        Ok(Self { old: Runtime::new(old, &old_root)?, new: Runtime::new(new, &new_root)?, matches })
    }

    fn run(&self, direction: Direction) -> Option<Measurement> {
        let (writer, reader) = match direction {
            Direction::NewReadsOld => (&self.old, &self.new),
            Direction::OldReadsNew => (&self.new, &self.old),
        };
        let messages = candidates::messages(writer);
        let witness = messages
            .iter()
            .find_map(|message| reading::on_the_wire(reader, message, &self.matches, direction))
            .or_else(|| {
                messages.iter().find_map(|message| reading::in_json(writer, reader, message, &self.matches, direction))
            })?;
        Some(Measurement::broken(Cell::Yes, witness))
    }
}

/// One enum of both versions: the values of these numbers, all that have one of their names, and the first, which is the
/// default.
fn enum_roots((old, before): (&Schema, EnumId), (new, after): (&Schema, EnumId), tried: Vec<i32>) -> (Root, Root) {
    let values = old.values_of(before).chain(new.values_of(after)).map(|(_, value)| value);
    let names: FxHashSet<&str> =
        values.filter(|value| tried.contains(&value.number)).map(|value| &*value.name).collect();
    let declared = |schema: &Schema, id: EnumId| -> Vec<EnumValueId> {
        let is_told = |value: &EnumValue| tried.contains(&value.number) || names.contains(&*value.name);
        let values = schema.values_of(id).enumerate();
        values.filter(|(at, (_, value))| *at == 0 || is_told(value)).map(|(_, (id, _))| id).collect()
    };
    let root = |schema: &Schema, id: EnumId| Root::Enum { id, declared: declared(schema, id), tried: tried.clone() };
    (root(old, before), root(new, after))
}

/// The field of the change on both sides, and whatever is required beside it.
fn fields_of_change(
    old: &Schema,
    new: &Schema,
    (before, after): (MessageId, MessageId),
    fields: (Option<FieldId>, Option<FieldId>),
) -> (Vec<FieldId>, Vec<FieldId>) {
    let required = |schema: &Schema, message: MessageId, own: Option<FieldId>| {
        let mut ids: Vec<FieldId> = own.into_iter().collect();
        let others = schema.fields_of(message).filter(|(_, field)| field.is_required()).map(|(id, _)| id);
        ids.extend(others.filter(|id| Some(*id) != own).take(MAX_FIELDS));
        ids
    };
    (required(old, before, fields.0), required(new, after, fields.1))
}

fn first_fields(schema: &Schema, message: MessageId) -> Vec<FieldId> {
    schema.message(message).field_ids(message.file).take(MAX_FIELDS).collect()
}

fn matches(
    old: &Schema,
    new: &Schema,
    (old_fields, new_fields): (&[FieldId], &[FieldId]),
    method: Method,
) -> Vec<Match> {
    let mut matches = Vec::new();
    for &id in old_fields {
        let field = old.field(id);
        let partner = new_fields.iter().map(|&id| new.field(id)).find(|other| match method {
            Method::Names => *other.name == *field.name,
            _ => other.number == field.number,
        });
        matches.push(Match {
            old: u32::try_from(field.number).ok(),
            new: partner.and_then(|other| u32::try_from(other.number).ok()),
            name: field.name.to_string(),
        });
    }
    for &id in new_fields {
        let field = new.field(id);
        let number = u32::try_from(field.number).ok();
        if !matches.iter().any(|pair| pair.new == number) {
            matches.push(Match { old: None, new: number, name: field.name.to_string() });
        }
    }
    matches
}
