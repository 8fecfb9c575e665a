//! One field on both sides of a number: its name, its type, and the rest through its neighbors in this folder.

use crate::change::Cell;
use crate::change::{Change, Facts, Occurrence};
use crate::formats::protobuf::diff::context::{Context, subject};
use crate::formats::protobuf::diff::features::is_inherited;
use crate::formats::protobuf::diff::gone::Gone;
use crate::formats::protobuf::diff::report::{Inherited, NewType, Report};
use crate::formats::protobuf::diff::{cardinality, field_options};
use crate::formats::protobuf::kinds::{FIELD_JSON_NAME_CHANGED, FIELD_RENAMED, FIELD_REPLACED, FIELD_TYPE_CHANGED};
use crate::formats::protobuf::model::{Field, FieldId, Kind, MessageId, Schema};
use crate::formats::protobuf::relation::Relation;
use crate::source::Span;

/// A field of both versions.
pub(crate) struct Pair<'a> {
    pub(crate) old: FieldId,
    pub(crate) new: FieldId,
    pub(crate) before: &'a Field,
    pub(crate) after: &'a Field,
    /// The messages that carry it.
    pub(crate) messages: Option<(MessageId, MessageId)>,
}

impl<'a> Pair<'a> {
    /// Looks both up.
    pub(crate) fn new(context: &'a Context<'_>, old: FieldId, new: FieldId) -> Self {
        let (before, after) = (context.old.field(old), context.new.field(new));
        Self { old, new, before, after, messages: before.message.zip(after.message) }
    }

    /// The name in the old version.
    pub(crate) fn old_span(&self, context: &Context<'_>) -> Span {
        context.old_span(self.old.file, self.before.name.extent)
    }

    /// The name in the new version.
    pub(crate) fn new_span(&self, context: &Context<'_>) -> Span {
        context.new_span(self.new.file, self.after.name.extent)
    }

    /// The subject's kind.
    pub(crate) fn kind(&self) -> &'static str {
        if self.after.is_extension() { "extension" } else { "field" }
    }

    /// The full name in the new version.
    pub(crate) fn full_name(&self, context: &Context<'_>) -> String {
        context.new.field_full_name(self.new)
    }

    /// The full name of the message that carries it.
    pub(crate) fn parent(&self, context: &Context<'_>) -> String {
        self.messages.map_or_else(String::new, |(_, new)| context.new.message(new).full_name.to_string())
    }

    /// Adds a change of this field.
    pub(crate) fn report(&self, context: &Context<'_>, report: &mut Report, change: Change) -> usize {
        let (old, new) = self.messages.unzip();
        report.add_to_message(context, (old, new), (Some(self.old), Some(self.new)), change)
    }
}

/// Compares a field with the one of the same number.
pub(crate) fn compare(context: &Context<'_>, report: &mut Report, pair: &Pair<'_>) {
    let is_renamed = if pair.after.is_extension() {
        pair.before.full_name() != pair.after.full_name()
    } else {
        *pair.before.name != *pair.after.name
    };
    let type_change = TypeChange::find(context, pair);
    let is_replaced = is_renamed
        && type_change.as_ref().is_some_and(|change| change.renamed.is_none() && !change.relation.is_readable());
    if is_replaced {
        if let Some(type_change) = &type_change {
            replaced(context, report, pair, type_change);
        }
    } else {
        if is_renamed {
            renamed(context, report, pair);
        } else if pair.before.json_name() != pair.after.json_name() {
            json_name_changed(context, report, pair);
        }
        if let Some(type_change) = &type_change {
            type_changed(context, report, pair, type_change);
        }
        // Presence that comes with a type (messages always have it) or with a oneof is no edit of its own.
        let follows = cardinality::is_presence_only(pair.before, pair.after)
            && (is_message(pair.before) != is_message(pair.after) || in_oneof(context, pair));
        if !follows {
            let extra = if pair.before.is_map == pair.after.is_map { Vec::new() } else { lost_entry(context, pair) };
            cardinality::compare(context, report, pair, extra);
        }
    }
    field_options::compare(context, report, pair);
}

/// Only the types, for files whose text did not change.
pub(crate) fn compare_type(context: &Context<'_>, report: &mut Report, pair: &Pair<'_>) {
    if let Some(type_change) = TypeChange::find(context, pair) {
        type_changed(context, report, pair, &type_change);
    }
}

/// Everything that differs at a number, as places of an edit that is told as something else.
pub(crate) fn all_occurrences(context: &Context<'_>, pair: &Pair<'_>) -> Vec<Occurrence> {
    let (old, new) = (Some(pair.old_span(context)), Some(pair.new_span(context)));
    let mut all = Vec::new();
    if *pair.before.name != *pair.after.name {
        all.push(Occurrence { kind: &FIELD_RENAMED, facts: renamed_facts(pair), old, new });
    }
    if let Some(change) = TypeChange::find(context, pair) {
        all.push(Occurrence { kind: &FIELD_TYPE_CHANGED, facts: type_facts(change.relation), old, new });
    }
    all.extend(cardinality::occurrences(context, pair));
    if pair.before.is_map && !pair.after.is_map {
        all.extend(lost_entry(context, pair));
    }
    all
}

fn is_message(field: &Field) -> bool {
    matches!(field.kind, Kind::Message(_))
}

/// Whether the field is in a written oneof on one side only.
fn in_oneof(context: &Context<'_>, pair: &Pair<'_>) -> bool {
    let is_in = |schema: &Schema, field: &Field| field.oneof.is_some_and(|id| !schema.oneof(id).is_synthetic);
    is_in(context.old, pair.before) != is_in(context.new, pair.after)
}

/// A map field's entry is a message of its own in the descriptor, named after the field.
pub(crate) fn lost_entry(context: &Context<'_>, pair: &Pair<'_>) -> Vec<Occurrence> {
    let Some((message, _)) = pair.messages.filter(|_| pair.before.is_map) else { return Vec::new() };
    Gone::find(context, message.file, Some(message)).occurrences("message", Some(pair.old_span(context)))
}

/// An extension's name in JSON is its full name in brackets, so it has no JSON name of its own to lose.
fn keeps_json_name(pair: &Pair<'_>) -> bool {
    pair.after.is_extension() || pair.before.json_name() == pair.after.json_name()
}

fn renamed_facts(pair: &Pair<'_>) -> Facts {
    let is_kept = keeps_json_name(pair);
    Facts::default()
        .with("json-name", if is_kept { "kept" } else { "changed" })
        .with("element", if pair.after.is_extension() { "extension" } else { "field" })
}

fn renamed(context: &Context<'_>, report: &mut Report, pair: &Pair<'_>) {
    let names = if pair.after.is_extension() {
        (pair.before.full_name().to_string(), pair.after.full_name().to_string())
    } else {
        (pair.before.name.to_string(), pair.after.name.to_string())
    };
    let mut change = Change::new(
        &FIELD_RENAMED,
        renamed_facts(pair),
        subject(pair.kind(), pair.full_name(context)),
        Some(pair.old_span(context)),
        Some(pair.new_span(context)),
    )
    .with_value("number", pair.after.number.to_string())
    .with_value("parent", pair.parent(context))
    .with_value("old", names.0.clone())
    .with_value("new", names.1.clone())
    .with_value("old_json", pair.before.json_name())
    .with_identity(names.0, names.1);
    if pair.before.is_map && pair.after.is_map {
        change.occurrences = lost_entry(context, pair);
        change.occurrences.push(Occurrence {
            kind: &FIELD_TYPE_CHANGED,
            facts: type_facts(Relation::RENAMED),
            old: Some(pair.old_span(context)),
            new: Some(pair.new_span(context)),
        });
    }
    pair.report(context, report, change);
}

fn json_name_changed(context: &Context<'_>, report: &mut Report, pair: &Pair<'_>) {
    if pair.after.is_extension() {
        return;
    }
    let change = Change::new(
        &FIELD_JSON_NAME_CHANGED,
        Facts::default(),
        subject(pair.kind(), pair.full_name(context)),
        Some(pair.old_span(context)),
        Some(context.new_span_or(pair.new.file, pair.after.json_name_extent, pair.after.name.extent)),
    )
    .with_value("name", &*pair.after.name)
    .with_value("parent", pair.parent(context))
    .with_value("old", pair.before.json_name())
    .with_value("new", pair.after.json_name())
    .with_identity(pair.before.json_name(), pair.after.json_name());
    pair.report(context, report, change);
}

fn replaced(context: &Context<'_>, report: &mut Report, pair: &Pair<'_>, type_change: &TypeChange) {
    let is_kept = keeps_json_name(pair);
    let facts = Facts::default()
        .with("json-name", if is_kept { "kept" } else { "changed" })
        .with_bool("wire-group", type_change.relation.wire_group)
        .with_bool("json-group", type_change.relation.json_group);
    let mut change = Change::new(
        &FIELD_REPLACED,
        facts,
        subject(pair.kind(), pair.full_name(context)),
        Some(pair.old_span(context)),
        Some(pair.new_span(context)),
    )
    .with_value("number", pair.after.number.to_string())
    .with_value("parent", pair.parent(context))
    .with_value("old", &*pair.before.name)
    .with_value("new", &*pair.after.name)
    .with_value("old_type", type_change.old.clone())
    .with_value("new_type", type_change.new.clone())
    .with_identity(
        format!("{} {}", type_change.old, &*pair.before.name),
        format!("{} {}", type_change.new, &*pair.after.name),
    );
    change.occurrences = cardinality::occurrences(context, pair);
    change.occurrences.extend(lost_entry(context, pair));
    pair.report(context, report, change);
}

/// A type that differs, or has another name.
struct TypeChange {
    relation: Relation,
    /// The new type when it is the old one under another name.
    renamed: Option<NewType>,
    /// Whether only the encoding of messages differs, which features decide.
    is_encoding: bool,
    old: String,
    new: String,
}

impl TypeChange {
    fn find(context: &Context<'_>, pair: &Pair<'_>) -> Option<Self> {
        let (before, after) = (pair.before, pair.after);
        // One of them a map: the change of cardinality says it all.
        if before.is_map != after.is_map || before.kind == Kind::Unresolved || after.kind == Kind::Unresolved {
            return None;
        }
        let texts = (type_text(context.old, before), type_text(context.new, after));
        if let (true, Kind::Message(old), Kind::Message(new)) = (before.is_map, before.kind, after.kind) {
            let (old_key, old_value) = context.old.map_entry(old)?;
            let (new_key, new_value) = context.new.map_entry(new)?;
            return Self::of_types(context, old_value, new_value, texts.clone())
                .or_else(|| Self::of_types(context, old_key, new_key, texts));
        }
        Self::of_types(context, before, after, texts)
    }

    fn of_types(context: &Context<'_>, before: &Field, after: &Field, texts: (String, String)) -> Option<Self> {
        let (old, new) = texts;
        if !context.pairing.same_type(before.kind, after.kind) {
            let relation = Relation::new((context.old, before), (context.new, after), context.forms);
            return Some(Self { relation, renamed: None, is_encoding: false, old, new });
        }
        if is_message(before) && before.is_delimited != after.is_delimited {
            let relation =
                Relation { wire: crate::formats::protobuf::relation::Reading::Incompatible, ..Relation::RENAMED };
            return Some(Self { relation, renamed: None, is_encoding: true, old, new });
        }
        let renamed = match (before.kind, after.kind) {
            (Kind::Message(old), Kind::Message(new))
                if context.old.message(old).full_name != context.new.message(new).full_name =>
            {
                NewType::Message(new)
            }
            (Kind::Enum(old), Kind::Enum(new))
                if context.old.enum_type(old).full_name != context.new.enum_type(new).full_name =>
            {
                NewType::Enum(new)
            }
            _ => return None,
        };
        let mut relation = Relation::RENAMED;
        if let (Kind::Enum(_), Kind::Enum(_)) = (before.kind, after.kind) {
            let group = Relation::new((context.old, before), (context.new, after), context.forms);
            relation = Relation { wire_group: group.wire_group, json_group: group.json_group, ..relation };
        }
        Some(Self { relation, renamed: Some(renamed), is_encoding: false, old, new })
    }
}

/// The type as people write it, with full names.
fn type_text(schema: &Schema, field: &Field) -> String {
    match field.kind {
        Kind::Message(id) => match schema.map_entry(id) {
            Some((key, value)) if field.is_map => {
                format!("map<{}, {}>", key.kind.keyword(), type_text(schema, value))
            }
            _ if field.is_delimited => format!("{} (delimited)", schema.message(id).full_name),
            _ => schema.message(id).full_name.to_string(),
        },
        Kind::Enum(id) => schema.enum_type(id).full_name.to_string(),
        kind => kind.keyword().to_owned(),
    }
}

pub(crate) fn type_facts(relation: Relation) -> Facts {
    Facts::default()
        .with("wire", relation.wire.as_str())
        .with("json", relation.json.as_str())
        .with_bool("wire-group", relation.wire_group)
        .with_bool("json-group", relation.json_group)
}

fn type_changed(context: &Context<'_>, report: &mut Report, pair: &Pair<'_>, type_change: &TypeChange) {
    let (old, new) = (Some(pair.old_span(context)), Some(pair.new_span(context)));
    let facts = type_facts(type_change.relation);
    if let Some(item) = type_change.renamed {
        // Told once, at the type. Messages that have another name themselves are compared by nobody else.
        let is_known = pair
            .messages
            .is_some_and(|(old, new)| context.old.message(old).full_name == context.new.message(new).full_name);
        if is_known {
            let occurrence = Occurrence { kind: &FIELD_TYPE_CHANGED, facts, old, new };
            report.users.entry(item).or_default().push(occurrence);
        }
        return;
    }
    let files = (pair.old.file, pair.new.file);
    if type_change.is_encoding && is_inherited(context, files, (&pair.before.options, &pair.after.options)) {
        report.inherited.entry(files).or_default().push(Inherited {
            occurrence: Occurrence { kind: &FIELD_TYPE_CHANGED, facts, old, new },
            is_data: true,
            new_reads_old: Cell::Yes,
            old_reads_new: Cell::Yes,
        });
        return;
    }
    let mut change = Change::new(&FIELD_TYPE_CHANGED, facts, subject(pair.kind(), pair.full_name(context)), old, new)
        .with_value("name", &*pair.after.name)
        .with_value("parent", pair.parent(context))
        .with_value("old", type_change.old.clone())
        .with_value("new", type_change.new.clone())
        .with_identity(type_change.old.clone(), type_change.new.clone());
    if is_message(pair.before) != is_message(pair.after) && cardinality::is_presence_only(pair.before, pair.after) {
        change.occurrences = cardinality::occurrences(context, pair);
    }
    pair.report(context, report, change);
}
