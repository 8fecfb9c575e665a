//! `anyOf`, `oneOf`, discriminators and conditions.

use crate::change::Facts;
use crate::formats::schema::diff::compare::{Compare, Edge, branch_label};
use crate::formats::schema::diff::edit::{EITHER, Edit, LOOSER, Nature, Spot, TIGHTER};
use crate::formats::schema::diff::pairing::Pairing;
use crate::formats::schema::diff::view::{Stated, Union, View, bare_target};
use crate::formats::schema::graph::{Data, Discriminator};
use crate::formats::schema::{Keyword, SchemaGraph, SchemaId, kinds};

pub(super) fn compare(compare: &mut Compare<'_, '_, '_>) {
    unions(compare);
    conditions(compare);
    discriminator(compare);
}

fn unions(compare: &mut Compare<'_, '_, '_>) {
    let (old, new) = (compare.old.unions.clone(), compare.new.unions.clone());
    match (&old[..], &new[..]) {
        ([], []) => {}
        ([old], [new]) if old.keyword == new.keyword => branches(compare, old, new),
        ([old], [new]) => {
            // The keyword changed: what the branches say still pairs up, and containment says what `anyOf` against
            // `oneOf` amounts to.
            branches(compare, old, new);
            compare.constraint(
                &kinds::COMPOSITION_CHANGED,
                Facts::default(),
                EITHER,
                (Some(old.stated), Some(new.stated)),
            );
        }
        ([], [new]) => became_union(compare, new, false),
        ([old], []) => became_union(compare, old, true),
        _ => {
            let stated = (old.first().map(|union| union.stated), new.first().map(|union| union.stated));
            compare.constraint(&kinds::COMPOSITION_CHANGED, Facts::default(), EITHER, stated);
        }
    }
}

/// Pairs branches by meaning or name, then by tag, title and type where that is unambiguous. Gives the pairs, what is gone
/// and what is new.
fn pair(
    compare: &Compare<'_, '_, '_>,
    old: &[SchemaId],
    new: &[SchemaId],
) -> (Vec<(usize, usize)>, Vec<usize>, Vec<usize>) {
    let (old_graph, new_graph) = (compare.old.graph, compare.new.graph);
    let mut pairing = Pairing::new(old.len(), new.len());
    compare.pair_same_branches(&mut pairing, old, new);
    // Two different components are two different things, whatever they have in common.
    let is_named = |graph: &SchemaGraph<'_>, id| graph.get(bare_target(graph, id)).name.is_some();
    let may_pair = |at: usize, candidate: usize| !is_named(old_graph, old[at]) || !is_named(new_graph, new[candidate]);
    let keys: [fn(&SchemaGraph<'_>, SchemaId) -> Option<String>; 3] = [tag_of, title_of, type_of];
    for key in keys {
        pairing.where_unique(|at| key(old_graph, old[at]), |at| key(new_graph, new[at]), may_pair);
    }
    pairing.finish()
}

/// The constant of a property that tells branches apart.
fn tag_of(graph: &SchemaGraph<'_>, branch: SchemaId) -> Option<String> {
    let schema = graph.get(bare_target(graph, branch));
    schema.named(Keyword::Properties).iter().find_map(|property| {
        let value = match graph.get(property.schema) {
            schema if schema.data(Keyword::Const).is_some() => schema.data(Keyword::Const),
            schema => schema.data(Keyword::Enum),
        };
        let text = match value {
            Some(Data::Value(value)) => value.to_string(),
            Some(Data::Values(values)) if values.len() == 1 => values[0].to_string(),
            _ => return None,
        };
        Some(format!("{}={text}", property.name))
    })
}

fn title_of(graph: &SchemaGraph<'_>, branch: SchemaId) -> Option<String> {
    graph.get(bare_target(graph, branch)).text(Keyword::Title).map(ToOwned::to_owned)
}

fn type_of(graph: &SchemaGraph<'_>, branch: SchemaId) -> Option<String> {
    graph.get(bare_target(graph, branch)).types().map(|types| types.names().join(","))
}

fn kind_of(keyword: Keyword) -> &'static crate::change::ChangeKind {
    if keyword == Keyword::AnyOf { &kinds::ANY_OF_CHANGED } else { &kinds::ONE_OF_CHANGED }
}

fn branches<'g>(compare: &mut Compare<'_, 'g, '_>, old: &Union<'g>, new: &Union<'g>) {
    let (pairs, gone, added) = pair(compare, &old.branches, &new.branches);
    let is_listed = lists_types(compare.old.graph, &old.branches) && lists_types(compare.new.graph, &new.branches);
    for &(at, candidate) in &pairs {
        compare.child(old.branches[at], new.branches[candidate], Edge::BRANCH);
    }
    // The last ones on both sides are one branch that was edited, unless their names say otherwise.
    if let ([at], [candidate]) = (&gone[..], &added[..]) {
        let (old_branch, new_branch) = (old.branches[*at], new.branches[*candidate]);
        let is_named = |graph: &SchemaGraph<'_>, id| graph.get(bare_target(graph, id)).name.is_some();
        if !is_named(compare.old.graph, old_branch) && !is_named(compare.new.graph, new_branch) {
            return compare.child(old_branch, new_branch, Edge::BRANCH);
        }
    }
    for at in gone {
        branch_edit(compare, old, old.branches[at], new.stated, true, is_listed);
    }
    for at in added {
        branch_edit(compare, new, new.branches[at], old.stated, false, is_listed);
    }
}

fn lists_types(graph: &SchemaGraph<'_>, branches: &[SchemaId]) -> bool {
    branches.iter().all(|&branch| {
        graph.get(branch).types().is_some_and(|types| !types.meets(crate::formats::schema::graph::Types::OBJECT))
    })
}

fn branch_edit<'g>(
    compare: &mut Compare<'_, 'g, '_>,
    union: &Union<'g>,
    branch: SchemaId,
    other: Stated<'g>,
    is_gone: bool,
    is_listed: bool,
) {
    let graph = if is_gone { compare.old.graph } else { compare.new.graph };
    let spot = Spot { subject: compare.subject(is_gone), span: graph.name_span(branch) };
    let elsewhere = compare.spot(!is_gone, Some(other));
    let label = branch_label(graph, branch);
    // With `oneOf`, a branch more can make a value ambiguous, and a branch less can make it unambiguous.
    let suspect = match (union.keyword, is_gone) {
        (Keyword::OneOf, _) => EITHER,
        (_, true) => TIGHTER,
        (_, false) => LOOSER,
    };
    let facts = Facts::default().with("edit", if is_gone { "removed" } else { "added" }).with_bool("listed", is_listed);
    let identity = format!("{label} {:016x}", graph.fingerprint(bare_target(graph, branch)));
    let mut edit = Edit::constraint(kind_of(union.keyword), facts, suspect).named(label);
    edit.branch = Some(branch);
    let edit = if is_gone {
        edit.at(Some(spot), Some(elsewhere)).values(identity, "")
    } else {
        edit.at(Some(elsewhere), Some(spot)).values("", identity)
    };
    compare.edits.push(edit);
}

/// One shape became several, or several became one.
fn became_union<'g>(compare: &mut Compare<'_, 'g, '_>, union: &Union<'g>, is_gone: bool) {
    let single = compare.subject(!is_gone);
    let (single_view, union_graph) =
        if is_gone { (&compare.new, compare.old.graph) } else { (&compare.old, compare.new.graph) };
    // The shape may be one of the branches, unchanged.
    let single_id = single_view
        .parts
        .iter()
        .copied()
        .find(|&part| single_view.graph.place(part) == single)
        .or_else(|| single_view.parts.first().copied());
    let matched = single_id.and_then(|single_id| {
        union.branches.iter().copied().find(|&branch| {
            let target = bare_target(union_graph, branch);
            let is_equal = single_view.graph.fingerprint(single_id) == union_graph.fingerprint(target);
            let name = single_view.graph.get(single_id).name.as_deref();
            is_equal || (name.is_some() && name == union_graph.get(target).name.as_deref())
        })
    });
    let here = (single_id, compare.spot(!is_gone, None));
    if let Some(matched) = matched {
        if let (Some(single_id), _) = here {
            let (old, new) = if is_gone { (matched, single_id) } else { (single_id, matched) };
            if compare.old.graph.fingerprint(bare_target(compare.old.graph, old))
                != compare.new.graph.fingerprint(bare_target(compare.new.graph, new))
            {
                compare.child(old, new, Edge::BRANCH);
            }
        }
        strip_own(compare, is_gone);
        let other = compare.spot(!is_gone, None);
        for &branch in union.branches.iter().filter(|&&branch| branch != matched) {
            let graph = if is_gone { compare.old.graph } else { compare.new.graph };
            let spot = Spot { subject: compare.subject(is_gone), span: graph.name_span(branch) };
            let label = branch_label(graph, branch);
            let facts =
                Facts::default().with("edit", if is_gone { "removed" } else { "added" }).with_bool("listed", false);
            let edit = Edit::constraint(kind_of(union.keyword), facts, EITHER).named(label.clone());
            let edit = if is_gone {
                edit.at(Some(spot), Some(other)).values(label, "")
            } else {
                edit.at(Some(other), Some(spot)).values("", label)
            };
            compare.edits.push(edit);
        }
        return;
    }
    let labels =
        union.branches.iter().take(6).map(|&branch| branch_label(union_graph, branch)).collect::<Vec<_>>().join(", ");
    let stated = if is_gone { (Some(union.stated), None) } else { (None, Some(union.stated)) };
    let is_bare = union_graph
        .get(union.stated.schema)
        .live()
        .all(|entry| entry.keyword == union.keyword || super::view::is_annotation(entry.keyword));
    let kind = if !is_gone && union.keyword == Keyword::OneOf && is_bare {
        &kinds::WRAPPED_IN_ONE_OF
    } else {
        &kinds::COMPOSITION_CHANGED
    };
    if is_bare {
        strip_own(compare, is_gone);
    }
    let edit = compare.constraint(kind, Facts::default(), EITHER, stated);
    edit.new_value = labels;
}

/// The keywords that moved into the branches are no edits of their own.
fn strip_own(compare: &mut Compare<'_, '_, '_>, _is_gone: bool) {
    let is_keyword_edit = |edit: &Edit| edit.nature == Nature::Constraint && edit.kind != &kinds::ALL_OF_CHANGED;
    compare.edits.retain(|edit| !is_keyword_edit(edit));
    compare.children.retain(|child| child.edge.property.is_none());
}

fn conditions(compare: &mut Compare<'_, '_, '_>) {
    for (keyword, word) in [(Keyword::If, "if"), (Keyword::Then, "then"), (Keyword::Else, "else")] {
        let (old, new) = compare.schemas(keyword);
        match (old, new) {
            (Some((old, old_at)), Some((new, new_at))) => {
                if compare.old.graph.fingerprint(old) == compare.new.graph.fingerprint(new) {
                    continue;
                }
                if keyword == Keyword::If {
                    // Another condition makes other values meet it: no direction follows from the edit.
                    let stated = (Some(old_at), Some(new_at));
                    compare.constraint(&kinds::COMPOSITION_CHANGED, Facts::default(), EITHER, stated);
                } else {
                    compare.child(old, new, Edge::BRANCH);
                }
            }
            (None, None) => {}
            (old, new) => {
                let edit = if old.is_none() { "added" } else { "removed" };
                let stated = (old.map(|found| found.1), new.map(|found| found.1));
                let facts = Facts::default().with("edit", edit).with("keyword", word);
                let suspect = if old.is_none() { TIGHTER } else { LOOSER };
                let change = compare.constraint(&kinds::CONDITIONAL_CHANGED, facts, suspect, stated);
                change.name = word.to_owned();
            }
        }
    }
}

fn discriminator_of<'g>(view: &View<'g, '_>) -> Option<(&'g Discriminator, Stated<'g>)> {
    view.all(Keyword::Discriminator).find_map(|stated| match &stated.entry.data {
        Data::Discriminator(discriminator) => Some((discriminator, stated)),
        _ => None,
    })
}

fn discriminator(compare: &mut Compare<'_, '_, '_>) {
    let (old, new) = (discriminator_of(&compare.old), discriminator_of(&compare.new));
    let stated = (old.map(|found| found.1), new.map(|found| found.1));
    let changed = |edit| Facts::default().with("edit", edit);
    match (old, new) {
        (None, Some((new, _))) => {
            compare.constraint(&kinds::DISCRIMINATOR_CHANGED, changed("added"), TIGHTER, stated).new_value =
                new.property.to_string();
        }
        (Some((old, _)), None) => {
            compare.constraint(&kinds::DISCRIMINATOR_CHANGED, changed("removed"), LOOSER, stated).old_value =
                old.property.to_string();
        }
        (Some((old, _)), Some((new, _))) => {
            if old.property != new.property {
                let change =
                    compare.constraint(&kinds::DISCRIMINATOR_CHANGED, changed("property-renamed"), EITHER, stated);
                change.old_value = old.property.to_string();
                change.new_value = new.property.to_string();
            }
            mapping(compare, old, new, stated);
        }
        (None, None) => {}
    }
}

fn mapping<'g>(
    compare: &mut Compare<'_, 'g, '_>,
    old: &Discriminator,
    new: &Discriminator,
    stated: (Option<Stated<'g>>, Option<Stated<'g>>),
) {
    let target = |graph: &SchemaGraph<'_>, target: &Result<SchemaId, Box<str>>| match target {
        Ok(schema) => graph.get(*schema).name.as_deref().map_or_else(|| graph.pointer(*schema), ToOwned::to_owned),
        Err(_) => "nothing".to_owned(),
    };
    // A tag that was implicit, by the name of its component, and is now spelt out is no new tag.
    let is_implicit = |graph: &SchemaGraph<'_>, view: &View<'_, '_>, tag: &str| {
        view.unions
            .iter()
            .flat_map(|union| &union.branches)
            .any(|&branch| graph.get(bare_target(graph, branch)).name.as_deref() == Some(tag))
    };
    let (old_graph, new_graph) = (compare.old.graph, compare.new.graph);
    for (tag, schema) in &old.mapping {
        let was = target(old_graph, schema);
        match new.mapping.iter().find(|(other, _)| other == tag) {
            Some((_, counterpart)) => {
                let is = target(new_graph, counterpart);
                let renamed = (compare.context.renamed)(&was);
                if was == is || renamed.as_deref() == Some(&is) {
                    continue;
                }
                let change = compare.constraint(
                    &kinds::DISCRIMINATOR_MAPPING_CHANGED,
                    Facts::default().with("edit", "retargeted"),
                    EITHER,
                    stated,
                );
                change.name = tag.to_string();
                change.old_value = was;
                change.new_value = is;
            }
            None if is_implicit(new_graph, &compare.new, tag) => {}
            None => {
                let change = compare.constraint(
                    &kinds::DISCRIMINATOR_MAPPING_CHANGED,
                    Facts::default().with("edit", "removed"),
                    TIGHTER,
                    stated,
                );
                change.name = tag.to_string();
                change.old_value = was;
            }
        }
    }
    for (tag, schema) in &new.mapping {
        let is_known = old.mapping.iter().any(|(other, _)| other == tag)
            || is_implicit(old_graph, &compare.old, tag)
            // The component got another name, and the mapping keeps its tag.
            || (compare.context.renamed)(tag).is_some();
        if is_known {
            continue;
        }
        let is = target(new_graph, schema);
        let change = compare.constraint(
            &kinds::DISCRIMINATOR_MAPPING_CHANGED,
            Facts::default().with("edit", "added"),
            LOOSER,
            stated,
        );
        change.name = tag.to_string();
        change.new_value = is;
    }
}
