//! Properties, what must be there, what else may be there, and what one property means for another.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::change::Facts;
use crate::formats::schema::diff::annotation::{life_of, lifecycle};
use crate::formats::schema::diff::compare::{Child, Compare, Edge};
use crate::formats::schema::diff::edit::{EITHER, Edit, HARMLESS, LOOSER, PropertyFlags, Spot, TIGHTER};
use crate::formats::schema::diff::view::{Stated, View};
use crate::formats::schema::graph::{Data, Dependency, NamedSchema};
use crate::formats::schema::kinds;
use crate::formats::schema::{Keyword, SchemaGraph, SchemaId};

/// A property of a view: every schema that says something about it.
struct Property<'g> {
    schemas: Vec<SchemaId>,
    named: &'g NamedSchema,
    holder: SchemaId,
}

pub(super) fn compare(compare: &mut Compare<'_, '_, '_>) {
    properties(compare);
    additional_properties(compare);
    unevaluated_properties(compare);
    pattern_properties(compare);
    compare.shared_part(Keyword::PropertyNames, &kinds::PROPERTY_NAMES_CHANGED);
    dependent_required(compare);
    dependent_schemas(compare);
}

fn properties_of<'g>(view: &View<'g, '_>) -> BTreeMap<&'g str, Property<'g>> {
    let mut found: BTreeMap<&'g str, Property<'g>> = BTreeMap::new();
    for stated in view.all(Keyword::Properties) {
        let Data::Named(properties) = &stated.entry.data else { continue };
        for named in properties {
            found
                .entry(&named.name)
                .and_modify(|property| property.schemas.push(named.schema))
                .or_insert_with(|| Property { schemas: vec![named.schema], named, holder: stated.schema });
        }
    }
    found
}

/// The names that a view and everything that it builds on ask for.
pub(super) fn all_required(view: &View<'_, '_>) -> Vec<Box<str>> {
    let mut view = view.clone();
    while let Some(&base) = view.bases.first() {
        view.expand(base);
    }
    own_required(&view)
}

fn own_required(view: &View<'_, '_>) -> Vec<Box<str>> {
    let mut names: Vec<Box<str>> = Vec::new();
    for stated in view.all(Keyword::Required) {
        if let Data::Names(required) = &stated.entry.data {
            names.extend(required.iter().cloned());
        }
    }
    names.sort();
    names.dedup();
    names
}

/// Whether a schema is kept back by its own word or by that of a base.
fn is_flagged(graph: &SchemaGraph<'_>, schemas: &[SchemaId], keyword: Keyword) -> bool {
    let mut view = View::of(graph, schemas);
    while let Some(&base) = view.bases.first() {
        view.expand(base);
    }
    view.all(keyword).any(|stated| stated.entry.data == Data::Flag(true))
}

fn flags(graph: &SchemaGraph<'_>, schemas: &[SchemaId], required: bool) -> PropertyFlags {
    // Most schemas lead to no such word at all.
    let [may_be_read_only, may_be_write_only] = schemas
        .iter()
        .map(|&schema| graph.keeps_back(schema))
        .fold([false; 2], |[reads, writes], [read, write]| [reads || read, writes || write]);
    PropertyFlags {
        required,
        read_only: may_be_read_only && is_flagged(graph, schemas, Keyword::ReadOnly),
        write_only: may_be_write_only && is_flagged(graph, schemas, Keyword::WriteOnly),
    }
}

fn property_spot(graph: &SchemaGraph<'_>, property: &Property<'_>) -> Spot {
    let holder = graph.place(property.holder);
    Spot { subject: graph.place(property.named.schema), span: graph.document(holder.document).span(property.named.key) }
}

fn properties(compare: &mut Compare<'_, '_, '_>) {
    let (old, new) = (properties_of(&compare.old), properties_of(&compare.new));
    let (old_graph, new_graph) = (compare.old.graph, compare.new.graph);
    // The names are sorted.
    let is_required = |names: &[Box<str>], name: &str| names.binary_search_by(|known| (**known).cmp(name)).is_ok();
    let by_base = OnceCell::new();
    let by_base = |compare: &Compare<'_, '_, '_>, is_old: bool, name: &str| {
        compare.shares_base && by_base.get_or_init(|| declared_by_bases(compare))[usize::from(!is_old)].contains(name)
    };
    for (name, property) in &old {
        let required = is_required(&compare.old_required, name);
        if let Some(counterpart) = new.get(name) {
            let required_now = is_required(&compare.new_required, name);
            let (was, is) =
                (flags(old_graph, &property.schemas, required), flags(new_graph, &counterpart.schemas, required_now));
            mutability(compare, name, (property, was), (counterpart, is));
            let edge = Edge {
                property: Some(is),
                is_kept_from_requests: was.read_only && is.read_only,
                is_kept_from_responses: was.write_only && is.write_only,
                ..Edge::PART
            };
            compare.children.push(Child { old: property.schemas.clone(), new: counterpart.schemas.clone(), edge });
            continue;
        }
        // What a base on the other side declares is still there.
        if by_base(compare, false, name) {
            continue;
        }
        let life = lifecycle(old_graph, &property.schemas).within(&life_of(&compare.old));
        let may_go = life.may_go(compare.context.clock);
        let facts = Facts::default().with_bool("required", required).with_bool("sunset-passed", may_go);
        // An optional property can only be missed where the new schema refuses what it does not declare.
        let suspect = [is_closed(&compare.new), required];
        let mut edit = Edit::constraint(&kinds::PROPERTY_REMOVED, facts, suspect)
            .named(*name)
            .at(Some(property_spot(old_graph, property)), Some(compare.spot(false, None)));
        edit.is_gone = true;
        edit.property = Some(flags(old_graph, &property.schemas, required));
        edit.extra.push(("sunset", life.sunset.text().to_owned()));
        edit.subject_kind = "property";
        compare.edits.push(edit);
    }
    for (name, property) in &new {
        if old.contains_key(name) || by_base(compare, true, name) {
            continue;
        }
        let required = is_required(&compare.new_required, name);
        let has_default = View::of(new_graph, &property.schemas).first(Keyword::Default).is_some();
        let facts = Facts::default().with_bool("required", required).with_bool("default", has_default);
        let suspect = [required || says_something_of_undeclared(&compare.old), is_closed(&compare.old)];
        let mut edit = Edit::constraint(&kinds::PROPERTY_ADDED, facts, suspect)
            .named(*name)
            .at(Some(compare.spot(true, None)), Some(property_spot(new_graph, property)));
        edit.property = Some(flags(new_graph, &property.schemas, required));
        edit.subject_kind = "property";
        // Nothing stands there in the old version.
        edit.old = None;
        compare.edits.push(edit);
    }
    required(compare, &old, &new);
}

/// Names that became required or optional, by the `required` of this view; what its bases say is theirs to report.
fn required(compare: &mut Compare<'_, '_, '_>, old: &BTreeMap<&str, Property<'_>>, new: &BTreeMap<&str, Property<'_>>) {
    let (own_old, own_new) = (own_required(&compare.old), own_required(&compare.new));
    let stated = (compare.old.first(Keyword::Required), compare.new.first(Keyword::Required));
    let became_required: Vec<_> =
        own_new.iter().filter(|name| compare.old_required.binary_search(name).is_err()).cloned().collect();
    let became_optional: Vec<_> =
        own_old.iter().filter(|name| compare.new_required.binary_search(name).is_err()).cloned().collect();
    for (names, is_stricter) in [(became_required, true), (became_optional, false)] {
        for name in names {
            let (before, after) = (old.get(&*name), new.get(&*name));
            // The property came or went as a whole, which says it already.
            if before.is_some() != after.is_some() && !compare.shares_base {
                continue;
            }
            let new_graph = compare.new.graph;
            let (kind, facts, suspect) = if is_stricter {
                let has_default = after
                    .is_some_and(|property| View::of(new_graph, &property.schemas).first(Keyword::Default).is_some());
                (&kinds::PROPERTY_BECAME_REQUIRED, Facts::default().with_bool("default", has_default), TIGHTER)
            } else {
                (&kinds::PROPERTY_BECAME_OPTIONAL, Facts::default(), LOOSER)
            };
            let spot = |compare: &Compare<'_, '_, '_>, is_old: bool, property: Option<&Property<'_>>| {
                let view = if is_old { &compare.old } else { &compare.new };
                match property {
                    Some(property) => property_spot(view.graph, property),
                    None => compare.spot(is_old, if is_old { stated.0 } else { stated.1 }),
                }
            };
            let mut edit = Edit::constraint(kind, facts, suspect)
                .named(&*name)
                .at(Some(spot(compare, true, before)), Some(spot(compare, false, after)));
            edit.subject_kind = "property";
            let property =
                after.map_or_else(PropertyFlags::default, |property| flags(new_graph, &property.schemas, is_stricter));
            edit.property = Some(PropertyFlags { required: is_stricter, ..property });
            edit.extra.push(("declared", (before.is_some() || after.is_some()).to_string()));
            compare.edits.push(edit);
        }
    }
}

/// What the bases that are on both sides declare, in the old and in the new version.
fn declared_by_bases(compare: &Compare<'_, '_, '_>) -> [BTreeSet<String>; 2] {
    let declared = |is_old: bool| {
        let bases = compare.children.iter().filter(|child| child.edge == Edge::SAME);
        let names = bases.flat_map(|child| {
            let (graph, schemas) =
                if is_old { (compare.old.graph, &child.old) } else { (compare.new.graph, &child.new) };
            let mut view = View::of(graph, schemas);
            while let Some(&base) = view.bases.first() {
                view.expand(base);
            }
            properties_of(&view).into_keys().map(ToOwned::to_owned).collect::<Vec<_>>()
        });
        names.collect()
    };
    [declared(true), declared(false)]
}

/// `readOnly` and `writeOnly` of a property that is on both sides.
fn mutability(
    compare: &mut Compare<'_, '_, '_>,
    name: &str,
    (old, was): (&Property<'_>, PropertyFlags),
    (new, is): (&Property<'_>, PropertyFlags),
) {
    let (old_graph, new_graph) = (compare.old.graph, compare.new.graph);
    let mut push = |kind, facts, suspect| {
        let mut edit = Edit::constraint(kind, facts, suspect)
            .named(name)
            .at(Some(property_spot(old_graph, old)), Some(property_spot(new_graph, new)));
        edit.subject_kind = "property";
        edit.property = Some(is);
        // Who may send it is no matter of which values are allowed.
        edit.nature = crate::formats::schema::diff::edit::Nature::Annotation;
        compare.edits.push(edit);
    };
    match (was.read_only, is.read_only) {
        (false, true) => push(&kinds::PROPERTY_BECAME_READ_ONLY, Facts::default(), HARMLESS),
        (true, false) => push(&kinds::PROPERTY_BECAME_NOT_READ_ONLY, Facts::default(), [is.required, false]),
        _ => {}
    }
    match (was.write_only, is.write_only) {
        (false, true) => push(&kinds::PROPERTY_BECAME_WRITE_ONLY, Facts::default(), [false, was.required]),
        (true, false) => push(&kinds::PROPERTY_BECAME_NOT_WRITE_ONLY, Facts::default(), HARMLESS),
        _ => {}
    }
}

/// What undeclared properties may be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Undeclared {
    Anything,
    Constrained(SchemaId),
    Nothing,
}

fn undeclared<'g>(view: &View<'g, '_>, keyword: Keyword) -> (Undeclared, Option<Stated<'g>>) {
    let mut answer = (Undeclared::Anything, None);
    for stated in view.all(keyword) {
        let Data::Schema(schema) = stated.entry.data else { continue };
        match says(view.graph, schema) {
            Some(true) => answer.1 = answer.1.or(Some(stated)),
            Some(false) => return (Undeclared::Nothing, Some(stated)),
            None => answer = (Undeclared::Constrained(schema), Some(stated)),
        }
    }
    answer
}

/// Whether a schema is `true` (or empty) or `false`.
fn says(graph: &SchemaGraph<'_>, schema: SchemaId) -> Option<bool> {
    let schema = graph.get(schema);
    schema.boolean.or_else(|| schema.live().all(|entry| super::view::is_annotation(entry.keyword)).then_some(true))
}

fn is_closed(view: &View<'_, '_>) -> bool {
    [Keyword::AdditionalProperties, Keyword::UnevaluatedProperties]
        .into_iter()
        .any(|keyword| undeclared(view, keyword).0 == Undeclared::Nothing)
}

/// Whether old writers may have sent other names, because the schema said what they hold.
fn says_something_of_undeclared(view: &View<'_, '_>) -> bool {
    view.first(Keyword::AdditionalProperties).is_some()
        || view.first(Keyword::UnevaluatedProperties).is_some()
        || view.first(Keyword::PatternProperties).is_some()
        || view.first(Keyword::Properties).is_none()
}

fn additional_properties(compare: &mut Compare<'_, '_, '_>) {
    let (old, old_at) = undeclared(&compare.old, Keyword::AdditionalProperties);
    let (new, new_at) = undeclared(&compare.new, Keyword::AdditionalProperties);
    let (edit, suspect) = match (old, new) {
        (Undeclared::Constrained(old), Undeclared::Constrained(new)) => {
            return compare.child(old, new, Edge::PART);
        }
        (Undeclared::Nothing, Undeclared::Nothing) => return,
        (Undeclared::Anything, Undeclared::Anything) => {
            // `true` says that other names are to be expected; its absence leaves it open.
            return;
        }
        (_, Undeclared::Nothing) => ("forbidden", TIGHTER),
        (Undeclared::Nothing, _) => ("allowed", LOOSER),
        (Undeclared::Anything, Undeclared::Constrained(_)) => ("constrained", TIGHTER),
        (Undeclared::Constrained(_), Undeclared::Anything) => ("freed", LOOSER),
    };
    compare.constraint(
        &kinds::ADDITIONAL_PROPERTIES_CHANGED,
        Facts::default().with("edit", edit),
        suspect,
        (old_at, new_at),
    );
}

fn unevaluated_properties(compare: &mut Compare<'_, '_, '_>) {
    let (old, old_at) = undeclared(&compare.old, Keyword::UnevaluatedProperties);
    let (new, new_at) = undeclared(&compare.new, Keyword::UnevaluatedProperties);
    let (edit, suspect) = match (old, new) {
        (Undeclared::Constrained(old), Undeclared::Constrained(new)) => {
            return compare.child(old, new, Edge::SHARED_PART);
        }
        (Undeclared::Nothing, Undeclared::Nothing) | (Undeclared::Anything, Undeclared::Anything) => return,
        (Undeclared::Anything, _) | (Undeclared::Constrained(_), Undeclared::Nothing) => ("added", TIGHTER),
        (_, Undeclared::Anything) | (Undeclared::Nothing, Undeclared::Constrained(_)) => ("removed", LOOSER),
    };
    compare.constraint(
        &kinds::UNEVALUATED_PROPERTIES_CHANGED,
        Facts::default().with("edit", edit),
        suspect,
        (old_at, new_at),
    );
}

/// The schemas of a keyword that names them, the first of a name only, with where they stand.
fn named<'g>(view: &View<'g, '_>, keyword: Keyword) -> BTreeMap<&'g str, (SchemaId, Stated<'g>)> {
    let mut found = BTreeMap::new();
    for stated in view.all(keyword) {
        if let Data::Named(list) = &stated.entry.data {
            for named in list {
                found.entry(&*named.name).or_insert((named.schema, stated));
            }
        }
    }
    found
}

fn place_of(graph: &SchemaGraph<'_>, schema: SchemaId) -> Spot {
    Spot { subject: graph.place(schema), span: graph.name_span(schema) }
}

/// Records entries of a keyword that appeared or disappeared, and leaves the others to be compared.
fn compare_named<'g>(
    compare: &mut Compare<'_, 'g, '_>,
    kind: &'static crate::change::ChangeKind,
    (old, new): (&BTreeMap<&'g str, (SchemaId, Stated<'g>)>, &BTreeMap<&'g str, (SchemaId, Stated<'g>)>),
    edge: Edge,
) {
    for (name, &(schema, _)) in old {
        if let Some(&(counterpart, _)) = new.get(name) {
            compare.child(schema, counterpart, edge);
            continue;
        }
        let at = Spot { subject: compare.subject(true), ..place_of(compare.old.graph, schema) };
        let edit = Edit::constraint(kind, Facts::default().with("edit", "removed"), LOOSER)
            .named(*name)
            .values(*name, "")
            .at(Some(at), Some(compare.here(false)));
        compare.edits.push(edit);
    }
    for (name, &(schema, _)) in new {
        if old.contains_key(name) {
            continue;
        }
        let at = Spot { subject: compare.subject(false), ..place_of(compare.new.graph, schema) };
        let edit = Edit::constraint(kind, Facts::default().with("edit", "added"), TIGHTER)
            .named(*name)
            .values("", *name)
            .at(Some(compare.here(true)), Some(at));
        compare.edits.push(edit);
    }
}

fn pattern_properties(compare: &mut Compare<'_, '_, '_>) {
    let (old, new) = (named(&compare.old, Keyword::PatternProperties), named(&compare.new, Keyword::PatternProperties));
    compare_named(compare, &kinds::PATTERN_PROPERTY_CHANGED, (&old, &new), Edge::SHARED_PART);
}

fn dependent_schemas(compare: &mut Compare<'_, '_, '_>) {
    let find = |view: &View<'_, '_>| view.first(Keyword::DependentSchemas).is_some();
    if find(&compare.old)
        || find(&compare.new)
        || compare.old.first(Keyword::Dependencies).is_some()
        || compare.new.first(Keyword::Dependencies).is_some()
    {
        let (old, new) = (dependent(&compare.old), dependent(&compare.new));
        compare_named(compare, &kinds::DEPENDENT_SCHEMA_CHANGED, (&old, &new), Edge::BRANCH);
    }
}

/// Dependent schemas in both spellings.
fn dependent<'g>(view: &View<'g, '_>) -> BTreeMap<&'g str, (SchemaId, Stated<'g>)> {
    let mut found = named(view, Keyword::DependentSchemas);
    for stated in view.all(Keyword::Dependencies) {
        if let Data::Dependencies(list) = &stated.entry.data {
            for dependency in list {
                if let Dependency::Schema(name, schema) = dependency {
                    found.entry(name).or_insert((*schema, stated));
                }
            }
        }
    }
    found
}

/// What each property asks for, in both spellings.
fn requirements(view: &View<'_, '_>) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut add = |name: &str, names: &[Box<str>]| {
        found.entry(name.to_owned()).or_default().extend(names.iter().map(ToString::to_string));
    };
    for stated in view.all(Keyword::DependentRequired) {
        if let Data::NameLists(lists) = &stated.entry.data {
            lists.iter().for_each(|(name, names)| add(name, names));
        }
    }
    for stated in view.all(Keyword::Dependencies) {
        if let Data::Dependencies(list) = &stated.entry.data {
            for dependency in list {
                if let Dependency::Names(name, names) = dependency {
                    add(name, names);
                }
            }
        }
    }
    found.values_mut().for_each(|names| {
        names.sort();
        names.dedup();
    });
    found.retain(|_, names| !names.is_empty());
    found
}

fn dependent_required(compare: &mut Compare<'_, '_, '_>) {
    let (old, new) = (requirements(&compare.old), requirements(&compare.new));
    let at = |view: &View<'_, '_>| view.first(Keyword::DependentRequired).is_some();
    let keyword = |present: bool| if present { Keyword::DependentRequired } else { Keyword::Dependencies };
    let stated = (compare.old.first(keyword(at(&compare.old))), compare.new.first(keyword(at(&compare.new))));
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for name in names {
        let (before, after) = (old.get(name), new.get(name));
        let (edit, suspect) = match (before, after) {
            (None, Some(_)) => ("added", TIGHTER),
            (Some(_), None) => ("removed", LOOSER),
            (Some(before), Some(after)) if before != after => ("changed", EITHER),
            _ => continue,
        };
        let word = |names: Option<&Vec<String>>| {
            names.map(|names| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "))
        };
        let change = compare.constraint(
            &kinds::DEPENDENT_REQUIRED_CHANGED,
            Facts::default().with("edit", edit),
            suspect,
            stated,
        );
        change.name.clone_from(name);
        change.old_value = word(before).unwrap_or_default();
        change.new_value = word(after).unwrap_or_default();
    }
}
