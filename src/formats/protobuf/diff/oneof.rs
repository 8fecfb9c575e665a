//! Oneofs: added, removed, renamed, and fields that go in, out or across.

use std::collections::{BTreeMap, BTreeSet};

use crate::change::{Change, Facts, Occurrence};
use crate::formats::protobuf::diff::context::{Context, no_facts, subject};
use crate::formats::protobuf::diff::field::Pair;
use crate::formats::protobuf::diff::report::Report;
use crate::formats::protobuf::kinds::{FIELD_ONEOF_CHANGED, ONEOF_ADDED, ONEOF_REMOVED, ONEOF_RENAMED};
use crate::formats::protobuf::model::{Field, FieldId, MessageId, Oneof, Presence, Schema};
use crate::source::Span;

/// A field on both sides with the written oneofs it is in.
struct Transition<'a> {
    pair: Pair<'a>,
    from: Option<&'a str>,
    to: Option<&'a str>,
}

/// Compares the oneofs of two messages, given the fields that are on both sides.
pub(crate) fn compare(
    context: &Context<'_>,
    report: &mut Report,
    messages: (MessageId, MessageId),
    pairs: &[(FieldId, FieldId)],
) {
    let before = oneofs(context.old, messages.0);
    let after = oneofs(context.new, messages.1);
    if before.is_empty() && after.is_empty() {
        return;
    }
    let transitions: Vec<Transition<'_>> = pairs
        .iter()
        .map(|&(old, new)| {
            let pair = Pair::new(context, old, new);
            Transition {
                from: name(context.old, pair.before).map(|oneof| &*oneof.name.text as &str),
                to: name(context.new, pair.after).map(|oneof| &*oneof.name.text as &str),
                pair,
            }
        })
        .collect();
    let mut compare = Compare { context, report, messages, before, after, transitions, told: BTreeSet::new() };
    compare.renamed();
    compare.removed();
    compare.added();
    compare.moved();
}

/// The place of a field that changed its oneof, for an edit that is told as something else.
pub(crate) fn occurrence(context: &Context<'_>, pair: &Pair<'_>) -> Option<Occurrence> {
    let from = name(context.old, pair.before).map(|oneof| &*oneof.name);
    let to = name(context.new, pair.after).map(|oneof| &*oneof.name);
    let movement = match (from, to) {
        (Some(from), Some(to)) if from != to => "between",
        (Some(_), None) => "out-shared",
        (None, Some(_)) => "in-shared",
        _ => return None,
    };
    Some(place(context, pair, movement))
}

fn place(context: &Context<'_>, pair: &Pair<'_>, movement: &'static str) -> Occurrence {
    Occurrence {
        kind: &FIELD_ONEOF_CHANGED,
        facts: Facts::default().with("move", movement).with("presence", presence(pair, movement)),
        old: Some(pair.old_span(context)),
        new: Some(pair.new_span(context)),
    }
}

/// Whether moving gave or took presence. Moving in can only give it, moving out only take it.
fn presence(pair: &Pair<'_>, movement: &str) -> &'static str {
    match movement {
        "in-alone" | "in-shared" if is_implicit(pair.before) => "gained",
        "out-alone" | "out-shared" if is_implicit(pair.after) => "lost",
        _ => "kept",
    }
}

fn is_implicit(field: &Field) -> bool {
    field.presence == Presence::Implicit
}

fn name<'s>(schema: &'s Schema, field: &Field) -> Option<&'s Oneof> {
    field.oneof.map(|id| schema.oneof(id)).filter(|oneof| !oneof.is_synthetic)
}

fn oneofs(schema: &Schema, message: MessageId) -> BTreeMap<&str, &Oneof> {
    schema
        .message(message)
        .oneof_ids(message.file)
        .map(|id| schema.oneof(id))
        .filter(|oneof| !oneof.is_synthetic)
        .map(|oneof| (&*oneof.name, oneof))
        .collect()
}

struct Compare<'r, 'a> {
    context: &'a Context<'a>,
    report: &'r mut Report,
    messages: (MessageId, MessageId),
    before: BTreeMap<&'a str, &'a Oneof>,
    after: BTreeMap<&'a str, &'a Oneof>,
    transitions: Vec<Transition<'a>>,
    /// Indexes of transitions, and names of oneofs, that were told.
    told: BTreeSet<usize>,
}

impl Compare<'_, '_> {
    fn indexes(&self, is_wanted: impl Fn(&Transition<'_>) -> bool) -> Vec<usize> {
        (0..self.transitions.len()).filter(|&index| is_wanted(&self.transitions[index])).collect()
    }

    fn message_span(&self) -> Span {
        let new = self.messages.1;
        self.context.new_span(new.file, self.context.new.message(new).name.extent)
    }

    fn places(&self, indexes: &[usize], movement: &'static str) -> Vec<Occurrence> {
        indexes.iter().map(|&index| place(self.context, &self.transitions[index].pair, movement)).collect()
    }

    fn change(
        &self,
        kind: &'static crate::change::ChangeKind,
        facts: Facts,
        (old, new): (Option<&Oneof>, Option<&Oneof>),
    ) -> Change {
        let name = new.or(old).map_or("", |oneof| &*oneof.name);
        let parent = self.context.new.message(self.messages.1).full_name.as_str();
        let new_span = new.map_or_else(
            || self.message_span(),
            |oneof| self.context.new_span(self.messages.1.file, oneof.name.extent),
        );
        let text = |oneof: Option<&Oneof>| oneof.map_or_else(String::new, |oneof| oneof.name.to_string());
        Change::new(
            kind,
            facts,
            subject("oneof", format!("{parent}.{name}")),
            old.map(|oneof| self.context.old_span(self.messages.0.file, oneof.name.extent)),
            Some(new_span),
        )
        .with_value("name", name)
        .with_value("parent", parent)
        .with_value("old", text(old))
        .with_value("new", text(new))
        .with_identity(text(old), text(new))
    }

    fn add(&mut self, change: Change) {
        let (old, new) = self.messages;
        self.report.add_to_message(self.context, (Some(old), Some(new)), (None, None), change);
    }

    /// A oneof that is gone, all of whose fields are in one new oneof that holds no other existing field.
    fn renamed(&mut self) {
        let gone: Vec<&str> = self.before.keys().filter(|name| !self.after.contains_key(*name)).copied().collect();
        for old_name in gone {
            let members = self.indexes(|item| item.from == Some(old_name));
            let targets: BTreeSet<Option<&str>> = members.iter().map(|&index| self.transitions[index].to).collect();
            let mut targets = targets.into_iter();
            let (Some(Some(new_name)), None) = (targets.next(), targets.next()) else { continue };
            let is_fresh = !self.before.contains_key(new_name);
            let joined = self.indexes(|item| item.to == Some(new_name));
            if !is_fresh || joined != members {
                continue;
            }
            let (Some(&old), Some(&new)) = (self.before.get(old_name), self.after.get(new_name)) else { continue };
            let mut change = self.change(&ONEOF_RENAMED, no_facts(), (Some(old), Some(new)));
            change.occurrences = self.places(&members, "between");
            change.occurrences.push(Occurrence {
                kind: &ONEOF_REMOVED,
                facts: Facts::default().with("members", "elsewhere").with("presence", "kept"),
                old: change.old,
                new: Some(self.message_span()),
            });
            self.told.extend(members);
            self.before.remove(old_name);
            self.after.remove(new_name);
            self.add(change);
        }
    }

    fn removed(&mut self) {
        let gone: Vec<&str> = self.before.keys().filter(|name| !self.after.contains_key(*name)).copied().collect();
        for name in gone {
            let kept = self.indexes(|item| item.from == Some(name) && item.to.is_none());
            let is_lost = kept.iter().any(|&index| is_implicit(self.transitions[index].pair.after));
            let (members, movement) = match kept.len() {
                0 => ("elsewhere", "out-alone"),
                1 => ("one-kept", "out-alone"),
                _ => ("several-kept", "out-shared"),
            };
            let facts =
                Facts::default().with("members", members).with("presence", if is_lost { "lost" } else { "kept" });
            let mut change = self.change(&ONEOF_REMOVED, facts, (self.before.get(name).copied(), None));
            change.occurrences = self.places(&kept, movement);
            self.told.extend(kept);
            self.add(change);
        }
    }

    fn added(&mut self) {
        let fresh: Vec<&str> = self.after.keys().filter(|name| !self.before.contains_key(*name)).copied().collect();
        for name in fresh {
            let wrapped = self.indexes(|item| item.to == Some(name) && item.from.is_none());
            if wrapped.is_empty() {
                continue;
            }
            let is_gained = wrapped.iter().any(|&index| is_implicit(self.transitions[index].pair.before));
            let (members, movement) = if wrapped.len() == 1 { ("one", "in-alone") } else { ("several", "in-shared") };
            let facts =
                Facts::default().with("members", members).with("presence", if is_gained { "gained" } else { "kept" });
            let names: Vec<String> =
                wrapped.iter().map(|&index| format!("`{}`", &*self.transitions[index].pair.after.name)).collect();
            let mut change = self
                .change(&ONEOF_ADDED, facts, (None, self.after.get(name).copied()))
                .with_value("names", names.join(", ").trim_matches(|c| c == '`' && members == "one").to_owned());
            change.occurrences = self.places(&wrapped, movement);
            self.told.extend(wrapped);
            self.add(change);
        }
    }

    /// Fields that changed places between oneofs that are there on both sides, or joined others.
    fn moved(&mut self) {
        for index in 0..self.transitions.len() {
            let item = &self.transitions[index];
            if item.from == item.to || self.told.contains(&index) {
                continue;
            }
            let others = |is_wanted: &dyn Fn(&Transition<'_>) -> bool| {
                (0..self.transitions.len()).any(|other| other != index && is_wanted(&self.transitions[other]))
            };
            let movement = match (item.from, item.to) {
                (Some(_), Some(_)) => "between",
                (None, to) if others(&|other| other.to == to) => "in-shared",
                (None, _) => "in-alone",
                (from, None) if others(&|other| other.from == from) => "out-shared",
                (_, None) => "out-alone",
            };
            let pair = &item.pair;
            let Occurrence { facts, old, new, .. } = place(self.context, pair, movement);
            let change =
                Change::new(&FIELD_ONEOF_CHANGED, facts, subject(pair.kind(), pair.full_name(self.context)), old, new)
                    .with_value("name", &*pair.after.name)
                    .with_value("parent", pair.parent(self.context))
                    .with_value("oneof", item.to.or(item.from).unwrap_or_default())
                    .with_value("old", item.from.unwrap_or_default())
                    .with_value("new", item.to.unwrap_or_default())
                    .with_identity(item.from.unwrap_or_default(), item.to.unwrap_or_default());
            self.add(change);
        }
    }
}
