//! Types, `null`, listed values, bounds, steps and patterns.

use serde_json::Value;

use crate::change::{ChangeKind, Facts};
use crate::formats::schema::Keyword;
use crate::formats::schema::diff::compare::{Compare, PatternRelation};
use crate::formats::schema::diff::edit::{EITHER, Edit, LOOSER, Spot, Suspect, TIGHTER};
use crate::formats::schema::diff::view::{Allowed, Null, Stated, ValueSet, View};
use crate::formats::schema::diff::{content, vacuous};
use crate::formats::schema::graph::{Data, Types};
use crate::formats::schema::kinds;
use crate::formats::schema::number;
use crate::syntax::Decimal;

pub(super) fn compare(compare: &mut Compare<'_, '_, '_>) {
    let is_type_changed = !content::is_bytes_respelt(compare) && types(compare);
    if !is_type_changed {
        null(compare);
    }
    values(compare);
    bounds(compare);
    steps(compare);
    counts(compare);
    unique_items(compare);
    pattern(compare);
    not(compare);
}

/// Records the change of a keyword that can appear, disappear or become something else.
pub(super) fn edited<'e, 'g>(
    compare: &'e mut Compare<'_, 'g, '_>,
    kind: &'static ChangeKind,
    edit: &'static str,
    suspect: Suspect,
    stated: (Option<Stated<'g>>, Option<Stated<'g>>),
) -> &'e mut Edit {
    compare.constraint(kind, Facts::default().with("edit", edit), suspect, stated)
}

fn type_words(types: Option<Types>) -> String {
    match types {
        None => "anything".to_owned(),
        Some(types) if types.is_empty() => "nothing".to_owned(),
        Some(types) => types.names().join(" or "),
    }
}

/// `type` as text, where it is not one that we know.
fn odd_type<'g>(view: &View<'g, '_>) -> Option<(String, Stated<'g>)> {
    view.all(Keyword::Type).find(|stated| stated.entry.data == Data::Raw).map(|stated| {
        let document = view.graph.document(view.graph.get(stated.schema).place.document);
        (document.text(stated.entry.value).to_owned(), stated)
    })
}

fn types(compare: &mut Compare<'_, '_, '_>) -> bool {
    let (old_odd, new_odd) = (odd_type(&compare.old), odd_type(&compare.new));
    if old_odd.as_ref().map(|odd| &odd.0) != new_odd.as_ref().map(|odd| &odd.0) {
        let word = |odd: &Option<(String, Stated<'_>)>, view: &View<'_, '_>| match odd {
            Some((text, _)) => text.clone(),
            None => type_words(view.types().map(|(types, _)| types)),
        };
        let (old, new) = (word(&old_odd, &compare.old), word(&new_odd, &compare.new));
        let facts = Facts::default().with("relation", "other").with_bool("listed", false).with_bool("textual", false);
        let stated = (old_odd.map(|odd| odd.1), new_odd.map(|odd| odd.1));
        let edit = compare.constraint(&kinds::TYPE_CHANGED, facts, EITHER, stated);
        edit.old_value = old;
        edit.new_value = new;
        return true;
    }
    let (old, new) = (compare.old.types(), compare.new.types());
    let strip = |types: &Option<(Types, Stated<'_>)>| types.map(|(types, _)| types.without(Types::NULL));
    let (old_types, new_types) = (strip(&old), strip(&new));
    if old_types == new_types {
        return false;
    }
    // Where only one side names types, the other may still say them another way: by values, by a union, by a base.
    let is_untyped = |view: &View<'_, '_>| view.values().is_none() && view.unions.is_empty() && !view.is_false();
    let speaks = match (old_types, new_types) {
        (None, Some(_)) => is_untyped(&compare.old) && !compare.shares_base,
        (Some(_), None) => is_untyped(&compare.new) && !compare.shares_base,
        _ => true,
    };
    if !speaks {
        return false;
    }
    // Only `null` was left: the rest is about null.
    let relation = match (old_types, new_types) {
        (Some(old), Some(new)) if new.contains(old) => "widened",
        (Some(old), Some(new)) if old.contains(new) => "narrowed",
        (Some(_), None) => "widened",
        (None, Some(_)) => "narrowed",
        _ => "other",
    };
    let suspect = match relation {
        "widened" => LOOSER,
        "narrowed" => TIGHTER,
        _ => EITHER,
    };
    let is_listed = compare.old.lists_types() || compare.new.lists_types();
    let facts = Facts::default().with("relation", relation).with_bool("listed", is_listed).with_bool("textual", false);
    let stated = (old.map(|found| found.1), new.map(|found| found.1));
    let edit = compare.constraint(&kinds::TYPE_CHANGED, facts, suspect, stated);
    edit.old_value = type_words(old.map(|found| found.0));
    edit.new_value = type_words(new.map(|found| found.0));
    old_types.is_none() || new_types.is_none()
}

fn null(compare: &mut Compare<'_, '_, '_>) {
    if !compare.old.speaks_of_null() && !compare.new.speaks_of_null() {
        return;
    }
    let base_null = |view: &View<'_, '_>, shares_base: bool| match view.null() {
        // A base that is on both sides has types of its own, and `null` only comes from beside it.
        Null::Unsaid if shares_base => Null::Forbidden,
        other => other,
    };
    let shares = compare.shares_base;
    let (old, new) = (base_null(&compare.old, shares), base_null(&compare.new, shares));
    let (edit, suspect) = match (old, new) {
        (Null::Forbidden, Null::Allowed) => ("added", LOOSER),
        (Null::Allowed, Null::Forbidden) => ("removed", TIGHTER),
        _ => return,
    };
    // A list without `null` that came or went as a whole is one edit, whatever the types say about `null`.
    let by_types = |view: &View<'_, '_>| view.types().is_some_and(|(types, _)| types.contains(Types::NULL));
    let lists = |view: &View<'_, '_>| view.values().is_some();
    if lists(&compare.old) != lists(&compare.new) && by_types(&compare.old) == by_types(&compare.new) {
        return;
    }
    let stated = (compare.old.null_stated(), compare.new.null_stated());
    let change = edited(compare, &kinds::NULLABILITY_CHANGED, edit, suspect, stated);
    change.name = "null".to_owned();
}

/// A value as JSON, cut where it gets too long for a message.
pub(super) fn shown(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= 60 { text } else { text.chars().take(59).chain(['…']).collect() }
}

fn shown_list(values: &[Allowed<'_>]) -> String {
    let mut words: Vec<String> = values.iter().take(6).map(|allowed| shown(&allowed.value)).collect();
    if values.len() > 6 {
        words.push(format!("… ({} in all)", values.len()));
    }
    words.join(", ")
}

fn values(compare: &mut Compare<'_, '_, '_>) {
    let (old, new) = (compare.old.values(), compare.new.values());
    let (old_const, new_const) = (compare.old.is_const(), compare.new.is_const());
    let goes_with_its_type = vacuous::goes_with_its_type(compare);
    let all_go = |values: &[Allowed<'_>]| values.iter().all(|allowed| goes_with_its_type(&allowed.value));
    match (&old, &new) {
        // A list that came with the new type is news for whoever has to choose a value; one that went is not.
        (Some(values), None) if all_go(values) => {}
        (None, Some(values)) => {
            let stated = (None, first_of(&new).map(|allowed| allowed.stated));
            let new_value = shown_list(values);
            let change = if new_const {
                edited(compare, &kinds::CONST_CHANGED, "added", TIGHTER, stated)
            } else {
                compare.constraint(&kinds::ENUM_ADDED, Facts::default(), TIGHTER, stated)
            };
            change.new_value = new_value;
        }
        (Some(values), None) => {
            if !compare.new.unions.is_empty() {
                return;
            }
            let stated = (first_of(&old).map(|allowed| allowed.stated), None);
            let old_value = shown_list(values);
            let change = if old_const {
                edited(compare, &kinds::CONST_CHANGED, "removed", LOOSER, stated)
            } else {
                compare.constraint(&kinds::ENUM_REMOVED, Facts::default(), LOOSER, stated)
            };
            change.old_value = old_value;
        }
        (Some(old_values), Some(new_values)) => {
            let (old_set, new_set) = (ValueSet::of(old_values), ValueSet::of(new_values));
            let gone: Vec<_> = old_values.iter().filter(|allowed| !new_set.holds(&allowed.value)).cloned().collect();
            let added: Vec<_> = new_values.iter().filter(|allowed| !old_set.holds(&allowed.value)).cloned().collect();
            if old_const && new_const && !gone.is_empty() {
                if all_go(&gone) && all_go(&added) {
                    return;
                }
                let stated =
                    (first_of(&old).map(|allowed| allowed.stated), first_of(&new).map(|allowed| allowed.stated));
                let (old_value, new_value) = (shown_list(old_values), shown_list(new_values));
                let change = edited(compare, &kinds::CONST_CHANGED, "changed", EITHER, stated);
                change.old_value = old_value;
                change.new_value = new_value;
                return;
            }
            // `null` in a list is nullability, and reported as such.
            let is_null_told = compare.old.null() == compare.new.null()
                || compare.old.speaks_of_null()
                || compare.new.speaks_of_null();
            let is_told = |allowed: &&Allowed<'_>| {
                !((allowed.value.is_null() && is_null_told) || goes_with_its_type(&allowed.value))
            };
            for allowed in gone.iter().filter(is_told) {
                value_edit(compare, allowed, true, first_of(&new));
            }
            for allowed in added.iter().filter(is_told) {
                value_edit(compare, allowed, false, first_of(&old));
            }
        }
        (None, None) => {}
    }
}

fn first_of<'g>(values: &Option<Vec<Allowed<'g>>>) -> Option<Allowed<'g>> {
    values.as_ref().and_then(|values| values.first().cloned())
}

fn value_edit<'g>(compare: &mut Compare<'_, 'g, '_>, allowed: &Allowed<'g>, is_gone: bool, other: Option<Allowed<'g>>) {
    let view = if is_gone { &compare.old } else { &compare.new };
    let schema = view.graph.get(allowed.stated.schema);
    let document = view.graph.document(schema.place.document);
    let item = allowed.position.and_then(|at| document.items(allowed.stated.entry.value).get(at).copied());
    let span = item.map_or_else(|| view.graph.key_span(schema, allowed.stated.entry), |item| document.span(item));
    let spot = Spot { subject: compare.subject(is_gone), span };
    let elsewhere = compare.spot(!is_gone, other.map(|allowed| allowed.stated));
    let name = shown(&allowed.value);
    let (kind, suspect, old, new) = if is_gone {
        (&kinds::ENUM_VALUE_REMOVED, TIGHTER, Some(spot), Some(elsewhere))
    } else {
        (&kinds::ENUM_VALUE_ADDED, LOOSER, Some(elsewhere), Some(spot))
    };
    let edit = Edit::constraint(kind, Facts::default(), suspect).named(name.clone()).at(old, new);
    let edit = if is_gone { edit.values(name, "") } else { edit.values("", name) };
    compare.edits.push(edit);
}

/// A bound of numbers.
struct Bound<'g> {
    value: Decimal,
    is_open: bool,
    stated: Stated<'g>,
}

/// The tightest bound that a view states.
fn bound<'g>(view: &View<'g, '_>, is_upper: bool) -> Option<Bound<'g>> {
    let (closed, open) = if is_upper {
        (Keyword::Maximum, Keyword::ExclusiveMaximum)
    } else {
        (Keyword::Minimum, Keyword::ExclusiveMinimum)
    };
    let mut tightest: Option<Bound<'g>> = None;
    let mut offer = |value: &Decimal, is_open: bool, stated: Stated<'g>| {
        let is_tighter = tightest.as_ref().is_none_or(|bound| {
            let is_beyond = if is_upper { *value < bound.value } else { *value > bound.value };
            is_beyond || (*value == bound.value && is_open && !bound.is_open)
        });
        if is_tighter {
            tightest = Some(Bound { value: value.clone(), is_open, stated });
        }
    };
    for stated in view.all(closed) {
        if let Data::Number(value) = &stated.entry.data {
            // Draft 4: a flag beside the bound opens it.
            offer(value, view.graph.get(stated.schema).flag(open), stated);
        }
    }
    for stated in view.all(open) {
        if let Data::Number(value) = &stated.entry.data {
            offer(value, true, stated);
        }
    }
    tightest
}

/// The bounds of one keyword only.
fn stated_bound<'g>(view: &View<'g, '_>, is_upper: bool, is_open: bool) -> Option<Bound<'g>> {
    let keyword = match (is_upper, is_open) {
        (true, false) => Keyword::Maximum,
        (true, true) => Keyword::ExclusiveMaximum,
        (false, false) => Keyword::Minimum,
        (false, true) => Keyword::ExclusiveMinimum,
    };
    let numbers = view.all(keyword).filter_map(|stated| match &stated.entry.data {
        Data::Number(value) => Some(Bound { value: value.clone(), is_open, stated }),
        _ => None,
    });
    numbers.reduce(|one, other| if (other.value < one.value) == is_upper { other } else { one })
}

fn bounds(compare: &mut Compare<'_, '_, '_>) {
    for is_upper in [true, false] {
        let both = |view: &View<'_, '_>| {
            stated_bound(view, is_upper, false).is_some() && stated_bound(view, is_upper, true).is_some()
        };
        if both(&compare.old) && both(&compare.new) {
            // Each keyword is an edit of its own, whichever of the two is the tighter one.
            for is_open in [false, true] {
                let old = stated_bound(&compare.old, is_upper, is_open);
                let new = stated_bound(&compare.new, is_upper, is_open);
                bound_edit(compare, is_upper, old, new);
            }
        } else {
            let (old, new) = (bound(&compare.old, is_upper), bound(&compare.new, is_upper));
            bound_edit(compare, is_upper, old, new);
        }
    }
}

fn bound_edit<'g>(compare: &mut Compare<'_, 'g, '_>, is_upper: bool, old: Option<Bound<'g>>, new: Option<Bound<'g>>) {
    let kind = |is_open| match (is_upper, is_open) {
        (true, false) => &kinds::MAXIMUM_CHANGED,
        (true, true) => &kinds::EXCLUSIVE_MAXIMUM_CHANGED,
        (false, false) => &kinds::MINIMUM_CHANGED,
        (false, true) => &kinds::EXCLUSIVE_MINIMUM_CHANGED,
    };
    let (kind, edit) = match (&old, &new) {
        (None, Some(new)) => (kind(new.is_open), "added"),
        (Some(old), None) => (kind(old.is_open), "removed"),
        (Some(old), Some(new)) if new.value > old.value => (kind(new.is_open), "increased"),
        (Some(old), Some(new)) if new.value < old.value => (kind(new.is_open), "decreased"),
        (Some(old), Some(new)) if new.is_open && !old.is_open => (kind(true), "added"),
        (Some(old), Some(new)) if old.is_open && !new.is_open => (kind(true), "removed"),
        _ => return,
    };
    let suspect = suspect_of(edit, is_upper);
    let stated = (old.as_ref().map(|bound| bound.stated), new.as_ref().map(|bound| bound.stated));
    let change = edited(compare, kind, edit, suspect, stated);
    change.old_value = old.map(|bound| bound.value.to_string()).unwrap_or_default();
    change.new_value = new.map(|bound| bound.value.to_string()).unwrap_or_default();
}

fn suspect_of(edit: &str, is_upper: bool) -> Suspect {
    match (edit, is_upper) {
        ("added", _) | ("decreased", true) | ("increased", false) => TIGHTER,
        _ => LOOSER,
    }
}

/// The counts with their kinds: whether they are upper bounds, and what absence means.
const COUNTS: [(Keyword, &ChangeKind, bool, Option<u64>); 8] = [
    (Keyword::MaxLength, &kinds::MAX_LENGTH_CHANGED, true, None),
    (Keyword::MinLength, &kinds::MIN_LENGTH_CHANGED, false, Some(0)),
    (Keyword::MaxItems, &kinds::MAX_ITEMS_CHANGED, true, None),
    (Keyword::MinItems, &kinds::MIN_ITEMS_CHANGED, false, Some(0)),
    (Keyword::MaxProperties, &kinds::MAX_PROPERTIES_CHANGED, true, None),
    (Keyword::MinProperties, &kinds::MIN_PROPERTIES_CHANGED, false, Some(0)),
    (Keyword::MaxContains, &kinds::MAX_CONTAINS_CHANGED, true, None),
    (Keyword::MinContains, &kinds::MIN_CONTAINS_CHANGED, false, Some(1)),
];

fn counts(compare: &mut Compare<'_, '_, '_>) {
    for (keyword, kind, is_upper, neutral) in COUNTS {
        let find = |view: &View<'_, '_>| -> Option<u64> {
            let counts = view.all(keyword).filter_map(|stated| match stated.entry.data {
                Data::Count(count) => Some(count),
                _ => None,
            });
            let tightest = if is_upper { counts.min() } else { counts.max() };
            tightest.filter(|&count| Some(count) != neutral)
        };
        let (old, new) = (find(&compare.old), find(&compare.new));
        let edit = match (old, new) {
            // `minContains: 0` is looser than its absence.
            (None, Some(new)) if neutral.is_some_and(|neutral| new < neutral) => "decreased",
            (Some(old), None) if neutral.is_some_and(|neutral| old < neutral) => "increased",
            (None, Some(_)) => "added",
            (Some(_), None) => "removed",
            (Some(old), Some(new)) if new > old => "increased",
            (Some(old), Some(new)) if new < old => "decreased",
            _ => continue,
        };
        let suspect = suspect_of(edit, is_upper);
        let stated = (compare.old.first(keyword), compare.new.first(keyword));
        let word = |count: Option<u64>| count.or(neutral).map(|count| count.to_string()).unwrap_or_default();
        let change = edited(compare, kind, edit, suspect, stated);
        change.old_value = word(old);
        change.new_value = word(new);
    }
}

fn steps(compare: &mut Compare<'_, '_, '_>) {
    let find = |view: &View<'_, '_>| -> Option<Decimal> {
        let mut steps = view.all(Keyword::MultipleOf).filter_map(|stated| match &stated.entry.data {
            Data::Number(step) => Some(step.clone()),
            _ => None,
        });
        let first = steps.next()?;
        Some(steps.fold(first, |step, other| number::common_multiple(&step, &other).unwrap_or(step)))
    };
    let (old, new) = (find(&compare.old), find(&compare.new));
    let divides = |value: &Decimal, step: &Decimal| number::is_multiple_of(value, step) == Some(true);
    let (edit, suspect) = match (&old, &new) {
        (None, Some(_)) => ("added", TIGHTER),
        (Some(_), None) => ("removed", LOOSER),
        (Some(old), Some(new)) if old == new => return,
        (Some(old), Some(new)) if divides(old, new) => ("finer", LOOSER),
        (Some(old), Some(new)) if divides(new, old) => ("coarser", TIGHTER),
        (Some(_), Some(_)) => ("changed", EITHER),
        (None, None) => return,
    };
    let stated = (compare.old.first(Keyword::MultipleOf), compare.new.first(Keyword::MultipleOf));
    let change = edited(compare, &kinds::MULTIPLE_OF_CHANGED, edit, suspect, stated);
    change.old_value = old.map(|step| step.to_string()).unwrap_or_default();
    change.new_value = new.map(|step| step.to_string()).unwrap_or_default();
}

fn unique_items(compare: &mut Compare<'_, '_, '_>) {
    let find = |view: &View<'_, '_>| view.all(Keyword::UniqueItems).any(|stated| stated.entry.data == Data::Flag(true));
    let (edit, suspect) = match (find(&compare.old), find(&compare.new)) {
        (false, true) => ("added", TIGHTER),
        (true, false) => ("removed", LOOSER),
        _ => return,
    };
    let stated = (compare.old.first(Keyword::UniqueItems), compare.new.first(Keyword::UniqueItems));
    edited(compare, &kinds::UNIQUE_ITEMS_CHANGED, edit, suspect, stated);
}

fn pattern(compare: &mut Compare<'_, '_, '_>) {
    let all = |view: &View<'_, '_>| -> Vec<String> {
        let texts = view.all(Keyword::Pattern).filter_map(|stated| match &stated.entry.data {
            // The empty pattern is found in every text.
            Data::Text(text) if !text.is_empty() => Some(text.to_string()),
            _ => None,
        });
        let mut texts: Vec<String> = texts.collect();
        texts.sort();
        texts.dedup();
        texts
    };
    let (mut old, mut new) = (all(&compare.old), all(&compare.new));
    let shared: Vec<String> = old.iter().filter(|text| new.contains(text)).cloned().collect();
    old.retain(|text| !shared.contains(text));
    new.retain(|text| !shared.contains(text));
    let (edit, suspect) = match (&old[..], &new[..]) {
        ([], []) => return,
        ([], _) => ("added", TIGHTER),
        (_, []) => ("removed", LOOSER),
        ([old], [new]) => match (compare.context.patterns)(old, new) {
            PatternRelation::Same => return,
            PatternRelation::Wider => ("widened", LOOSER),
            PatternRelation::Narrower => ("narrowed", TIGHTER),
            PatternRelation::Other => ("changed", EITHER),
        },
        _ => ("changed", EITHER),
    };
    let stated = (compare.old.first(Keyword::Pattern), compare.new.first(Keyword::Pattern));
    let change = edited(compare, &kinds::PATTERN_CHANGED, edit, suspect, stated);
    change.old_value = old.join(" and ");
    change.new_value = new.join(" and ");
}

fn not(compare: &mut Compare<'_, '_, '_>) {
    let (old, new) = compare.schemas(Keyword::Not);
    match (old, new) {
        (Some((old, old_at)), Some((new, new_at))) => {
            if compare.old.graph.fingerprint(old) != compare.new.graph.fingerprint(new) {
                compare.constraint(&kinds::COMPOSITION_CHANGED, Facts::default(), EITHER, (Some(old_at), Some(new_at)));
            }
        }
        (None, None) => {}
        (old, new) => {
            let (edit, suspect) = if old.is_none() { ("added", TIGHTER) } else { ("removed", LOOSER) };
            let stated = (old.map(|found| found.1), new.map(|found| found.1));
            edited(compare, &kinds::NOT_CHANGED, edit, suspect, stated);
        }
    }
}
