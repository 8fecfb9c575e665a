//! One enum on both sides: its values by number, and what it says as a whole.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::change::{Cell, Change, Facts, Occurrence};
use crate::formats::protobuf::diff::context::{Context, facts, no_facts, subject};
use crate::formats::protobuf::diff::element::deprecation_change;
use crate::formats::protobuf::diff::features::is_inherited;
use crate::formats::protobuf::diff::message::{json_format_change, json_format_facts, json_format_inherited};
use crate::formats::protobuf::diff::option_tree::{self, Owner};
use crate::formats::protobuf::diff::report::{Inherited, Report};
use crate::formats::protobuf::diff::reservation::Reservation;
use crate::formats::protobuf::diff::reserved;
use crate::formats::protobuf::kinds::{
    ENUM_ALIAS_ADDED, ENUM_ALIAS_REMOVED, ENUM_DEFAULT_CHANGED, ENUM_TYPE_CHANGED, ENUM_VALUE_ADDED,
    ENUM_VALUE_REMOVED, ENUM_VALUE_RENAMED, ENUM_VALUE_RENUMBERED,
};
use crate::formats::protobuf::model::{EnumId, EnumValueId, Schema};
use crate::source::Span;

/// The values of an enum by number, aliases in the order written.
type Values = BTreeMap<i32, Vec<EnumValueId>>;

/// Compares two enums that are one.
pub(crate) fn compare(context: &Context<'_>, report: &mut Report, old: EnumId, new: EnumId) {
    let mut compare =
        Compare { context, report, old, new, before: by_number(context.old, old), after: by_number(context.new, new) };
    compare.renumbered();
    compare.values();
    compare.default();
    reserved::compare_enum(context, compare.report, old, new);
    compare.whole();
}

fn by_number(schema: &Schema, id: EnumId) -> Values {
    let mut values = Values::new();
    for (id, value) in schema.values_of(id) {
        values.entry(value.number).or_default().push(id);
    }
    values
}

struct Compare<'r, 'a> {
    context: &'a Context<'a>,
    report: &'r mut Report,
    old: EnumId,
    new: EnumId,
    before: Values,
    after: Values,
}

impl<'a> Compare<'_, 'a> {
    fn old_name(&self, id: EnumValueId) -> &'a str {
        &self.context.old.enum_value(id).name
    }

    fn new_name(&self, id: EnumValueId) -> &'a str {
        &self.context.new.enum_value(id).name
    }

    fn old_span(&self, id: EnumValueId) -> Span {
        self.context.old_span(id.file, self.context.old.enum_value(id).name.extent)
    }

    fn new_span(&self, id: EnumValueId) -> Span {
        self.context.new_span(id.file, self.context.new.enum_value(id).name.extent)
    }

    fn enum_span(&self) -> Span {
        self.context.new_span(self.new.file, self.context.new.enum_type(self.new).name.extent)
    }

    fn full_name(&self) -> &'a str {
        self.context.new.enum_type(self.new).full_name.as_str()
    }

    fn add(&mut self, change: Change) {
        self.report.add_to_enum(self.context, (Some(self.old), Some(self.new)), change);
    }

    fn value_change(
        &self,
        kind: &'static crate::change::ChangeKind,
        stated: Facts,
        name: &str,
        (old, new): (Option<Span>, Option<Span>),
    ) -> Change {
        Change::new(kind, stated, subject("enum-value", format!("{}.{name}", self.full_name())), old, new)
            .with_value("name", name)
            .with_value("parent", self.full_name())
    }

    /// Names that are at another number, grouped as far as they share numbers, and taken out of further comparison.
    fn renumbered(&mut self) {
        let new_numbers: FxHashMap<&str, (i32, EnumValueId)> = self
            .after
            .iter()
            .flat_map(|(&number, ids)| ids.iter().map(move |&id| (number, id)))
            .map(|(number, id)| (self.new_name(id), (number, id)))
            .collect();
        let mut moves: Vec<(i32, i32, EnumValueId, EnumValueId)> = Vec::new();
        for (&number, ids) in &self.before {
            for &id in ids {
                if let Some(&(other, new)) = new_numbers.get(self.old_name(id)).filter(|(other, _)| *other != number) {
                    moves.push((number, other, id, new));
                }
            }
        }
        while let Some(first) = moves.first().copied() {
            let mut numbers = std::collections::BTreeSet::from([first.0, first.1]);
            let mut group = Vec::new();
            loop {
                let (joined, rest): (Vec<_>, Vec<_>) =
                    moves.into_iter().partition(|edit| numbers.contains(&edit.0) || numbers.contains(&edit.1));
                moves = rest;
                if joined.is_empty() {
                    break;
                }
                numbers.extend(joined.iter().flat_map(|edit| [edit.0, edit.1]));
                group.extend(joined);
            }
            group.sort_by_key(|edit| edit.0);
            self.renumbered_group(&group, &numbers);
            for number in numbers {
                self.before.remove(&number);
                self.after.remove(&number);
            }
        }
    }

    fn renumbered_group(
        &mut self,
        group: &[(i32, i32, EnumValueId, EnumValueId)],
        numbers: &std::collections::BTreeSet<i32>,
    ) {
        let Some(&(from, to, old, new)) = group.first() else { return };
        let is_swap = numbers.iter().any(|number| self.before.contains_key(number) && self.after.contains_key(number));
        let texts: Vec<String> =
            group.iter().map(|(from, to, _, new)| format!("`{}` ({from} to {to})", self.new_name(*new))).collect();
        let identity = |pick: fn(&(i32, i32, EnumValueId, EnumValueId)) -> i32| {
            let all = group.iter().map(|edit| format!("{}={}", self.new_name(edit.3), pick(edit)));
            all.collect::<Vec<_>>().join(",")
        };
        let mut change = self
            .value_change(
                &ENUM_VALUE_RENUMBERED,
                facts("shape", if is_swap { "swapped" } else { "moved" }),
                self.new_name(new),
                (Some(self.old_span(old)), Some(self.new_span(new))),
            )
            .with_value("names", texts.join(", "))
            .with_value("old", from.to_string())
            .with_value("new", to.to_string())
            .with_identity(identity(|edit| edit.0), identity(|edit| edit.1));
        for number in numbers {
            let (before, after) = (self.before.get(number), self.after.get(number));
            match (before, after) {
                (Some(before), Some(after)) => change.occurrences.extend(after.iter().map(|&id| Occurrence {
                    kind: &ENUM_VALUE_RENAMED,
                    facts: no_facts(),
                    old: before.first().map(|&id| self.old_span(id)),
                    new: Some(self.new_span(id)),
                })),
                (Some(before), None) => change.occurrences.push(Occurrence {
                    kind: &ENUM_VALUE_REMOVED,
                    facts: self.removed_facts(*number, before),
                    old: before.first().map(|&id| self.old_span(id)),
                    new: Some(self.enum_span()),
                }),
                _ => {}
            }
        }
        self.add(change);
    }

    fn removed_facts(&self, number: i32, ids: &[EnumValueId]) -> Facts {
        let after = self.context.new.enum_type(self.new);
        let is_name_reserved = ids.iter().all(|&id| after.reserves_name(self.old_name(id)));
        let deprecation = ids.first().map_or("none", |&id| {
            let value = self.context.old.enum_value(id);
            self.context.deprecation(id.file, &value.options, value.comments)
        });
        Facts::default()
            .with("type", if after.is_closed { "closed" } else { "open" })
            .with_bool("number-reserved", after.reserves_number(number))
            .with_bool("name-reserved", is_name_reserved)
            .with("deprecation", deprecation)
    }

    fn values(&mut self) {
        let numbers: std::collections::BTreeSet<i32> = self.before.keys().chain(self.after.keys()).copied().collect();
        for number in numbers {
            let before = self.before.get(&number).cloned().unwrap_or_default();
            let after = self.after.get(&number).cloned().unwrap_or_default();
            match (before.first(), after.first()) {
                (Some(&first), None) => {
                    let facts = self.removed_facts(number, &before);
                    let file = self.new.file;
                    let is_used = |name: &&str| self.after.values().flatten().any(|&id| self.new_name(id) == *name);
                    let names = before.iter().map(|&id| self.old_name(id)).filter(|name| !is_used(name));
                    let reservation = Reservation::of(self.context, file, &facts, number, names);
                    let mut change = self
                        .value_change(
                            &ENUM_VALUE_REMOVED,
                            facts,
                            self.old_name(first),
                            (Some(self.old_span(first)), Some(self.enum_span())),
                        )
                        .with_value("number", number.to_string())
                        .with_value("reserve", reservation.text())
                        .with_identity(number.to_string(), "");
                    let name = self.context.new.enum_type(self.new).name.extent;
                    change.insertion = reservation.insertion(self.context, file, name);
                    self.add(change);
                }
                (None, Some(&first)) => {
                    let is_closed = self.context.new.enum_type(self.new).is_closed;
                    let change = self
                        .value_change(
                            &ENUM_VALUE_ADDED,
                            facts("type", if is_closed { "closed" } else { "open" }),
                            self.new_name(first),
                            (None, Some(self.new_span(first))),
                        )
                        .with_value("number", number.to_string())
                        .with_identity("", number.to_string());
                    self.add(change);
                }
                (Some(_), Some(_)) => self.names(number, &before, &after),
                (None, None) => {}
            }
        }
    }

    /// The names of one number.
    fn names(&mut self, number: i32, before: &[EnumValueId], after: &[EnumValueId]) {
        let gone: Vec<EnumValueId> = before
            .iter()
            .copied()
            .filter(|&id| !after.iter().any(|&new| self.new_name(new) == self.old_name(id)))
            .collect();
        let fresh: Vec<EnumValueId> = after
            .iter()
            .copied()
            .filter(|&id| !before.iter().any(|&old| self.old_name(old) == self.new_name(id)))
            .collect();
        let is_renamed = gone.len() == before.len();
        // The places of an alias that is gone: every name that the number still has.
        let rest: Vec<Occurrence> = after
            .iter()
            .map(|&id| Occurrence {
                kind: &ENUM_VALUE_RENAMED,
                facts: no_facts(),
                old: None,
                new: Some(self.new_span(id)),
            })
            .collect();
        if let (true, Some(&old), Some(&new)) = (is_renamed, gone.first(), after.first()) {
            let mut change = self
                .value_change(
                    &ENUM_VALUE_RENAMED,
                    no_facts(),
                    self.new_name(new),
                    (Some(self.old_span(old)), Some(self.new_span(new))),
                )
                .with_value("number", number.to_string())
                .with_value("old", self.old_name(old))
                .with_value("new", self.new_name(new))
                .with_identity(self.old_name(old), self.new_name(new));
            change.occurrences = rest.into_iter().skip(1).collect();
            self.add(change);
        } else if !is_renamed {
            for &id in &gone {
                let mut change = self
                    .value_change(
                        &ENUM_ALIAS_REMOVED,
                        facts("listed", if before.first() == Some(&id) { "first" } else { "later" }),
                        self.old_name(id),
                        (Some(self.old_span(id)), after.first().map(|&new| self.new_span(new))),
                    )
                    .with_value("number", number.to_string())
                    .with_identity(self.old_name(id), "");
                change.occurrences = rest.iter().skip(1).cloned().collect();
                self.add(change);
            }
            for &id in &fresh {
                let is_first = after.first() == Some(&id);
                let old_name = before.first().map_or("", |&old| self.old_name(old));
                let change = self
                    .value_change(
                        &ENUM_ALIAS_ADDED,
                        facts("listed", if is_first { "first" } else { "later" }),
                        self.new_name(id),
                        (before.first().map(|&old| self.old_span(old)), Some(self.new_span(id))),
                    )
                    .with_value("number", number.to_string())
                    .with_value("old", old_name)
                    .with_identity("", self.new_name(id));
                self.add(change);
            }
        }
        for &old in before {
            let Some(&new) = after.iter().find(|&&new| self.new_name(new) == self.old_name(old)) else { continue };
            let (was, is) = (self.context.old.enum_value(old), self.context.new.enum_value(new));
            let owner = Owner {
                kind: "enum-value",
                name: format!("{}.{}", self.full_name(), self.new_name(new)),
                old: self.old_span(old),
                new: self.new_span(new),
            };
            let changes = option_tree::compare(&was.options, &is.options, &owner);
            for change in deprecation_change(&was.options, &is.options, &owner).into_iter().chain(changes) {
                self.add(change);
            }
        }
    }

    /// The value that an absent field means. Open enums start with zero, so only closed ones can disagree.
    fn default(&mut self) {
        let first = |schema: &Schema, id: EnumId| schema.values_of(id).next().map(|(id, value)| (id, value.number));
        let (Some((old, was)), Some((new, is))) =
            (first(self.context.old, self.old), first(self.context.new, self.new))
        else {
            return;
        };
        if was == is {
            return;
        }
        let change = Change::new(
            &ENUM_DEFAULT_CHANGED,
            no_facts(),
            subject("enum", self.full_name()),
            Some(self.old_span(old)),
            Some(self.new_span(new)),
        )
        .with_value("full", self.full_name())
        .with_value("old", self.old_name(old))
        .with_value("new", self.new_name(new))
        .with_identity(was.to_string(), is.to_string());
        self.add(change);
    }

    fn whole(&mut self) {
        let (before, after) = (self.context.old.enum_type(self.old), self.context.new.enum_type(self.new));
        let files = (self.old.file, self.new.file);
        let owner = Owner {
            kind: "enum",
            name: self.full_name().to_owned(),
            old: self.context.old_span(self.old.file, before.name.extent),
            new: self.enum_span(),
        };
        let inherits = is_inherited(self.context, files, (&before.options, &after.options));
        if before.is_closed != after.is_closed {
            self.type_changed(&owner, after.is_closed, inherits);
        }
        if before.features.json_format != after.features.json_format {
            let stated = json_format_facts("enum", after.features.json_format);
            if inherits {
                self.report.inherited.entry(files).or_default().push(json_format_inherited(stated, &owner));
            } else {
                self.add(json_format_change(stated, &owner));
            }
        }
        let changes = option_tree::compare(&before.options, &after.options, &owner);
        for change in deprecation_change(&before.options, &after.options, &owner).into_iter().chain(changes) {
            self.add(change);
        }
    }

    fn type_changed(&mut self, owner: &Owner, is_closed: bool, inherits: bool) {
        let word = |closed| if closed { "closed" } else { "open" };
        let stated = facts("to", word(is_closed));
        if inherits {
            let cell = |is_broken| if is_broken { Cell::Maybe } else { Cell::No };
            self.report.inherited.entry((self.old.file, self.new.file)).or_default().push(Inherited {
                occurrence: Occurrence {
                    kind: &ENUM_TYPE_CHANGED,
                    facts: stated,
                    old: Some(owner.old),
                    new: Some(owner.new),
                },
                is_data: true,
                new_reads_old: cell(is_closed),
                old_reads_new: cell(!is_closed),
            });
            return;
        }
        let option = self.context.new.enum_type(self.new).options.entry("features");
        let at = option.map_or(owner.new, |entry| self.context.new_span(self.new.file, entry.extent));
        let change =
            Change::new(&ENUM_TYPE_CHANGED, stated, subject("enum", owner.name.clone()), Some(owner.old), Some(at))
                .with_value("full", owner.name.clone())
                .with_identity(word(!is_closed), word(is_closed));
        self.add(change);
    }
}
