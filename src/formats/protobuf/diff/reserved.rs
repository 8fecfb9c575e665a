//! Reserved numbers and names, and ranges for extensions: what was taken back, what is new.

use std::collections::BTreeSet;

use crate::change::{Change, Facts};
use crate::formats::protobuf::diff::context::{Context, facts, no_facts, subject};
use crate::formats::protobuf::diff::report::Report;
use crate::formats::protobuf::kinds::{
    EXTENSION_RANGE_ADDED, EXTENSION_RANGE_REMOVED, RESERVATION_ADDED, RESERVATION_REMOVED,
};
use crate::formats::protobuf::model::{EnumId, Message, MessageId, NumberRange, ReservedName, Schema};
use crate::source::Span;

/// Ranges of numbers, both ends included.
type Ranges = Vec<(i32, i32)>;

/// What one side of an element reserves and uses.
struct Side<'a> {
    ranges: Ranges,
    names: &'a [ReservedName],
    used_numbers: BTreeSet<i32>,
    used_names: BTreeSet<String>,
}

/// The numbers and names that are in use.
type Used = (BTreeSet<i32>, BTreeSet<String>);

impl<'a> Side<'a> {
    fn new(ranges: &[NumberRange], names: &'a [ReservedName], (used_numbers, used_names): Used) -> Self {
        Self { ranges: pairs(ranges), names, used_numbers, used_names }
    }
}

/// Reservations and extension ranges of a message.
pub(crate) fn compare_message(context: &Context<'_>, report: &mut Report, old: MessageId, new: MessageId) {
    let (before, after) = (context.old.message(old), context.new.message(new));
    let ranges = |message: &Message| -> Ranges {
        message.extension_ranges.iter().map(|range| (range.start, range.end)).collect()
    };
    let is_same = is_same_reservation(
        (&before.reserved_ranges, &before.reserved_names),
        (&after.reserved_ranges, &after.reserved_names),
    );
    if is_same && ranges(before) == ranges(after) {
        return;
    }
    let fields = |schema: &Schema, id| -> Used {
        schema.fields_of(id).map(|(_, field)| (field.number, field.name.to_string())).unzip()
    };
    let sides = (
        Side::new(&before.reserved_ranges, &before.reserved_names, fields(context.old, old)),
        Side::new(&after.reserved_ranges, &after.reserved_names, fields(context.new, new)),
    );
    let quotes = !context.new.file(new.file).syntax.is_edition();
    let spans = (context.old_span(old.file, before.name.extent), context.new_span(new.file, after.name.extent));
    for (is_removal, what) in differences(&sides.0, &sides.1, quotes) {
        let change = reservation(is_removal, "message", &after.full_name, &what, spans);
        report.add_to_message(context, (Some(old), Some(new)), (None, None), change);
    }
    let (was, is) = (ranges(before), ranges(after));
    for (kind, what) in
        [(&EXTENSION_RANGE_REMOVED, texts(&subtract(&was, &is))), (&EXTENSION_RANGE_ADDED, texts(&subtract(&is, &was)))]
    {
        if what.is_empty() {
            continue;
        }
        let what = what.join(", ");
        let change =
            Change::new(kind, no_facts(), subject("message", after.full_name.as_str()), Some(spans.0), Some(spans.1))
                .with_value("full", after.full_name.as_str())
                .with_value("what", what.clone())
                .with_identity(texts(&was).join(", "), what);
        report.add_to_message(context, (Some(old), Some(new)), (None, None), change);
    }
}

/// Reservations of an enum.
pub(crate) fn compare_enum(context: &Context<'_>, report: &mut Report, old: EnumId, new: EnumId) {
    let (before, after) = (context.old.enum_type(old), context.new.enum_type(new));
    if is_same_reservation(
        (&before.reserved_ranges, &before.reserved_names),
        (&after.reserved_ranges, &after.reserved_names),
    ) {
        return;
    }
    let values = context.old.values_of(old).map(|(_, value)| (value.number, value.name.to_string()));
    let sides = (
        Side::new(&before.reserved_ranges, &before.reserved_names, values.unzip()),
        // A value that takes a reserved number is told as an added one and here, where its danger is named: what the
        // new side uses does not count.
        Side::new(&after.reserved_ranges, &after.reserved_names, Used::default()),
    );
    let quotes = !context.new.file(new.file).syntax.is_edition();
    let spans = (context.old_span(old.file, before.name.extent), context.new_span(new.file, after.name.extent));
    for (is_removal, what) in differences(&sides.0, &sides.1, quotes) {
        let change = reservation(is_removal, "enum", &after.full_name, &what, spans);
        report.add_to_enum(context, (Some(old), Some(new)), change);
    }
}

/// Whether both sides reserve the same, written in the same order: most elements, and nothing to compute for them.
fn is_same_reservation(old: (&[NumberRange], &[ReservedName]), new: (&[NumberRange], &[ReservedName])) -> bool {
    let is_same_range = |(was, is): (&NumberRange, &NumberRange)| (was.start, was.end) == (is.start, is.end);
    old.0.len() == new.0.len()
        && old.1.len() == new.1.len()
        && old.0.iter().zip(new.0).all(is_same_range)
        && old.1.iter().zip(new.1).all(|(was, is)| was.text == is.text)
}

fn reservation(
    is_removal: bool,
    element: &'static str,
    full_name: &str,
    what: &str,
    (old, new): (Span, Span),
) -> Change {
    let kind = if is_removal { &RESERVATION_REMOVED } else { &RESERVATION_ADDED };
    let identity = if is_removal { (what, "") } else { ("", what) };
    let stated: Facts = facts("element", element);
    Change::new(kind, stated, subject(element, full_name), Some(old), Some(new))
        .with_value("full", full_name)
        .with_value("what", what)
        .with_identity(identity.0, identity.1)
}

/// What is no longer reserved and not in use either (`true`), and what is reserved now that was not in use (`false`);
/// numbers and names apart, since they cannot stand in one statement.
fn differences(old: &Side<'_>, new: &Side<'_>, quotes: bool) -> Vec<(bool, String)> {
    let mut all = Vec::new();
    for (is_removal, from, to) in [(true, old, new), (false, new, old)] {
        let used: Ranges = to.used_numbers.iter().map(|&number| (number, number)).collect();
        let numbers = texts(&subtract(&subtract(&from.ranges, &to.ranges), &used));
        if !numbers.is_empty() {
            all.push((is_removal, numbers.join(", ")));
        }
        let kept: BTreeSet<&str> = to.names.iter().map(|name| name.text.as_str()).collect();
        let names: Vec<String> = from
            .names
            .iter()
            .map(|name| name.text.as_str())
            .filter(|name| !kept.contains(name) && !to.used_names.contains(*name))
            .map(|name| if quotes { format!("\"{name}\"") } else { name.to_owned() })
            .collect();
        if !names.is_empty() {
            all.push((is_removal, names.join(", ")));
        }
    }
    all
}

fn pairs(ranges: &[NumberRange]) -> Ranges {
    ranges.iter().map(|range| (range.start, range.end)).collect()
}

/// The numbers of `from` that are not in `minus`, as the fewest ranges.
fn subtract(from: &Ranges, minus: &Ranges) -> Ranges {
    let mut cuts: Vec<(i64, i64)> = minus.iter().map(|&(start, end)| (i64::from(start), i64::from(end))).collect();
    cuts.sort_unstable();
    let mut sources: Vec<(i64, i64)> = from.iter().map(|&(start, end)| (i64::from(start), i64::from(end))).collect();
    sources.sort_unstable();
    let mut rest: Vec<(i64, i64)> = Vec::new();
    for (start, end) in sources {
        let mut at = start;
        for &(low, high) in cuts.iter().skip_while(|(_, high)| *high < start).take_while(|(low, _)| *low <= end) {
            if at < low {
                rest.push((at, low - 1));
            }
            at = at.max(high + 1);
        }
        if at <= end {
            rest.push((at, end));
        }
    }
    let mut merged: Vec<(i64, i64)> = Vec::new();
    for (start, end) in rest {
        match merged.last_mut() {
            Some(last) if start <= last.1 + 1 => last.1 = last.1.max(end),
            _ => merged.push((start, end)),
        }
    }
    merged.into_iter().map(|(start, end)| (start as i32, end as i32)).collect()
}

/// The largest field number; ranges up to it are written `to max`.
const MAX_NUMBER: i32 = 536_870_911;

fn texts(ranges: &Ranges) -> Vec<String> {
    let text = |&(start, end): &(i32, i32)| {
        if start == end {
            start.to_string()
        } else if end >= MAX_NUMBER {
            format!("{start} to max")
        } else {
            format!("{start} to {end}")
        }
    };
    ranges.iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subtraction_leaves_the_parts_around_a_hole_and_joins_neighbors() {
        assert_eq!(subtract(&vec![(1, 10)], &vec![(3, 4)]), [(1, 2), (5, 10)]);
        assert_eq!(subtract(&vec![(1, 3), (4, 6)], &vec![]), [(1, 6)]);
        assert_eq!(subtract(&vec![(1, 3)], &vec![(0, 9)]), []);
        assert_eq!(subtract(&vec![(i32::MIN, i32::MAX)], &vec![(0, 0)]), [(i32::MIN, -1), (1, i32::MAX)]);
    }
}
