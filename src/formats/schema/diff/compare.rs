//! Compares two views: the edits at this place, and the pairs of schemas below it that have to be compared too.

use crate::change::{ChangeKind, Facts};
use crate::formats::SunsetClock;
use crate::formats::schema::diff::edit::{Edit, LOOSER, Nature, PropertyFlags, Spot, Suspect, TIGHTER};
use crate::formats::schema::diff::pairing::Pairing;
use crate::formats::schema::diff::view::{Stated, View, bare_target};
use crate::formats::schema::diff::{annotation, array, content, object, scalar, union, vacuous};
use crate::formats::schema::graph::Place;
use crate::formats::schema::kinds;
use crate::formats::schema::{Keyword, SchemaGraph, SchemaId};

/// How a pair lies in the one above it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, and all combine")]
pub(super) struct Edge {
    /// The property that leads there, with what the new version says about it.
    pub property: Option<PropertyFlags>,
    /// Whether requests do not carry it in either version.
    pub is_kept_from_requests: bool,
    /// Whether responses do not carry it in either version.
    pub is_kept_from_responses: bool,
    /// Whether it is the same value (a base, a branch) rather than a part of it.
    pub is_same_value: bool,
    /// Whether values can only be judged as a whole above it: branches of unions, conditions, `contains`.
    pub is_region: bool,
}

impl Edge {
    /// A part of the value.
    pub(super) const PART: Self = Self {
        property: None,
        is_kept_from_requests: false,
        is_kept_from_responses: false,
        is_same_value: false,
        is_region: false,
    };
    /// The same value, by a base.
    pub(super) const SAME: Self = Self { is_same_value: true, ..Self::PART };
    /// The same value, by a branch or a condition.
    pub(super) const BRANCH: Self = Self { is_same_value: true, is_region: true, ..Self::PART };
    /// A part of the value that counts only together with the others.
    pub(super) const SHARED_PART: Self = Self { is_region: true, ..Self::PART };
}

/// A pair below.
#[derive(Debug, Clone)]
pub(super) struct Child {
    /// What holds in the old version.
    pub old: Vec<SchemaId>,
    /// What holds in the new version.
    pub new: Vec<SchemaId>,
    /// How it lies here.
    pub edge: Edge,
}

/// Two views being compared.
pub(super) struct Compare<'c, 'g, 'a> {
    /// The old view.
    pub old: View<'g, 'a>,
    /// The new view.
    pub new: View<'g, 'a>,
    /// The schema in the old version.
    pub old_subject: Place,
    /// The schema in the new version.
    pub new_subject: Place,
    /// The names that have to be there, over all bases.
    pub old_required: Vec<Box<str>>,
    /// The same in the new version.
    pub new_required: Vec<Box<str>>,
    /// Whether some base is on both sides, so that the views are not complete.
    pub shares_base: bool,
    /// Settings and clocks.
    pub context: &'c Context<'c>,
    /// What was found.
    pub edits: Vec<Edit>,
    /// What is left to compare.
    pub children: Vec<Child>,
}

/// What all comparisons share.
pub(super) struct Context<'c> {
    /// The clock, for sunsets.
    pub clock: SunsetClock,
    /// Whether two patterns are related: the wider one, if either is.
    pub patterns: &'c dyn Fn(&str, &str) -> PatternRelation,
    /// Components that got another name, old to new.
    pub renamed: &'c dyn Fn(&str) -> Option<String>,
}

/// How what two patterns match is related.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatternRelation {
    /// They match the same.
    Same,
    /// The new one matches more.
    Wider,
    /// The new one matches less.
    Narrower,
    /// Neither, or not known.
    Other,
}

impl<'g, 'a> Compare<'_, 'g, 'a> {
    /// Compares.
    pub(super) fn run(&mut self) {
        self.pair_bases();
        if self.old.is_false() != self.new.is_false() {
            let (edit, suspect) =
                if self.new.is_false() { ("forbidden", [true, false]) } else { ("allowed", [false, true]) };
            self.constraint(&kinds::SHAPE_CHANGED, Facts::default().with("edit", edit), suspect, (None, None));
        } else if !self.old.is_false() {
            self.all_of_branches();
            self.expand_bases();
            scalar::compare(self);
            content::compare(self);
            array::compare(self);
            object::compare(self);
            union::compare(self);
            vacuous::fold(self);
        }
        annotation::compare(self);
    }

    /// Named schemas that hold on both sides are compared once, as themselves.
    fn pair_bases(&mut self) {
        let name = |graph: &SchemaGraph<'_>, base| graph.get(base).name.as_deref().map(ToOwned::to_owned);
        let mut pairing = Pairing::new(self.old.bases.len(), self.new.bases.len());
        pairing.in_order(
            |at| name(self.old.graph, self.old.bases[at]).map(|name| self.new_name(&name)),
            |at| name(self.new.graph, self.new.bases[at]),
        );
        let (pairs, old_left, new_left) = pairing.finish();
        for (at, candidate) in pairs {
            let (old, new) = (self.old.bases[at], self.new.bases[candidate]);
            self.children.push(Child { old: vec![old], new: vec![new], edge: Edge::SAME });
            self.shares_base = true;
        }
        self.old.bases = old_left.into_iter().map(|at| self.old.bases[at]).collect();
        self.new.bases = new_left.into_iter().map(|at| self.new.bases[at]).collect();
    }

    /// Branches of `allOf` that were only added, or only removed, beside keywords that stayed as they are, are edits of
    /// their own. Otherwise they are merged into the view, as whoever splits or merges them expects.
    fn all_of_branches(&mut self) {
        let (Some(old), Some(new)) = (self.own_schema(true), self.own_schema(false)) else { return };
        if self.own_hash(true, old) != self.own_hash(false, new) {
            return;
        }
        let old_branches = self.old.graph.get(old).schemas(Keyword::AllOf);
        let new_branches = self.new.graph.get(new).schemas(Keyword::AllOf);
        if old_branches.is_empty() && new_branches.is_empty() {
            return;
        }
        let mut pairing = Pairing::new(old_branches.len(), new_branches.len());
        self.pair_same_branches(&mut pairing, old_branches, new_branches);
        let (_, gone, left) = pairing.finish();
        let gone: Vec<SchemaId> = gone.into_iter().map(|at| old_branches[at]).collect();
        let left: Vec<SchemaId> = left.into_iter().map(|at| new_branches[at]).collect();
        let edit = match (gone.is_empty(), left.is_empty()) {
            (true, false) => "added",
            (false, true) => "removed",
            _ => return,
        };
        for branch in gone.into_iter().chain(left) {
            let view = if edit == "added" { &mut self.new } else { &mut self.old };
            let graph = view.graph;
            view.leave_out(branch);
            let is_annotation_only =
                graph.get(branch).live().all(|entry| crate::formats::schema::diff::view::is_annotation(entry.keyword));
            let facts = Facts::default().with("edit", edit).with_bool("annotation-only", is_annotation_only);
            let suspect = if edit == "added" { [true, false] } else { [false, true] };
            let spot = Some(Spot { subject: self.subject(edit == "removed"), span: graph.name_span(branch) });
            let (old_spot, new_spot) = if edit == "added" { (None, spot) } else { (spot, None) };
            let mut change = Edit::constraint(&kinds::ALL_OF_CHANGED, facts, suspect)
                .named(branch_label(graph, branch))
                .at(old_spot.or_else(|| Some(self.here(true))), new_spot.or_else(|| Some(self.here(false))));
            if is_annotation_only {
                change.nature = Nature::Annotation;
            }
            self.edits.push(change);
        }
    }

    /// The one schema that is written here, if there is one.
    fn own_schema(&self, is_old: bool) -> Option<SchemaId> {
        let view = if is_old { &self.old } else { &self.new };
        let id = *view.parts.first()?;
        (view.graph.place(id) == self.subject(is_old)).then_some(id)
    }

    /// What the schema says beside `allOf` and annotations.
    fn own_hash(&self, is_old: bool, id: SchemaId) -> Vec<u64> {
        let view = if is_old { &self.old } else { &self.new };
        let schema = view.graph.get(id);
        let document = view.graph.document(schema.place.document);
        let mut hashes: Vec<u64> = schema
            .live()
            .filter(|entry| {
                entry.keyword != Keyword::AllOf && !crate::formats::schema::diff::view::is_annotation(entry.keyword)
            })
            .map(|entry| document.hash(entry.value).rotate_left(entry.keyword as u32))
            .collect();
        hashes.sort_unstable();
        hashes
    }

    /// Pairs branches that are the same one: by what they say, else by name.
    pub(super) fn pair_same_branches(&self, pairing: &mut Pairing, old: &[SchemaId], new: &[SchemaId]) {
        let (old_graph, new_graph) = (self.old.graph, self.new.graph);
        let meaning = |graph: &SchemaGraph<'_>, id| Some(graph.fingerprint(bare_target(graph, id)));
        pairing.in_order(|at| meaning(old_graph, old[at]), |at| meaning(new_graph, new[at]));
        pairing.in_order(
            |at| Some(self.new_name(old_graph.get(bare_target(old_graph, old[at])).name.as_deref()?)),
            |at| Some(new_graph.get(bare_target(new_graph, new[at])).name.as_deref()?.to_owned()),
        );
    }

    /// What a component of the old version is called in the new one.
    fn new_name(&self, name: &str) -> String {
        (self.context.renamed)(name).unwrap_or_else(|| name.to_owned())
    }

    /// Bases that are on one side only are opened, which may bring up further ones that are on both.
    fn expand_bases(&mut self) {
        for _ in 0..64 {
            self.pair_bases();
            if let Some(&base) = self.old.bases.first() {
                self.old.expand(base);
            } else if let Some(&base) = self.new.bases.first() {
                self.new.expand(base);
            } else {
                return;
            }
        }
    }

    /// The schema on one side.
    pub(super) const fn subject(&self, is_old: bool) -> Place {
        if is_old { self.old_subject } else { self.new_subject }
    }

    /// The schema itself as a place to point at.
    pub(super) fn here(&self, is_old: bool) -> Spot {
        let view = if is_old { &self.old } else { &self.new };
        let subject = self.subject(is_old);
        Spot { subject, span: view.graph.document(subject.document).name_span(subject.node) }
    }

    /// A keyword as a place to point at; the schema itself where it is not there.
    pub(super) fn spot(&self, is_old: bool, stated: Option<Stated<'g>>) -> Spot {
        let view = if is_old { &self.old } else { &self.new };
        let here = self.here(is_old);
        match stated {
            Some(stated) => Spot { span: view.graph.key_span(view.graph.get(stated.schema), stated.entry), ..here },
            None => here,
        }
    }

    /// Records a constraint that changed at this schema.
    pub(super) fn constraint(
        &mut self,
        kind: &'static ChangeKind,
        facts: Facts,
        suspect: Suspect,
        stated: (Option<Stated<'g>>, Option<Stated<'g>>),
    ) -> &mut Edit {
        let edit = Edit::constraint(kind, facts, suspect)
            .at(Some(self.spot(true, stated.0)), Some(self.spot(false, stated.1)));
        self.edits.push(edit);
        self.edits.last_mut().expect("an edit was just pushed")
    }

    /// Leaves a pair below to be compared.
    pub(super) fn child(&mut self, old: SchemaId, new: SchemaId, edge: Edge) {
        self.children.push(Child { old: vec![old], new: vec![new], edge });
    }

    /// Compares the schema that holds for every part of a value: `contains`, `propertyNames`.
    pub(super) fn shared_part(&mut self, keyword: Keyword, kind: &'static ChangeKind) {
        match self.schemas(keyword) {
            (Some((old, _)), Some((new, _))) => self.child(old, new, Edge::SHARED_PART),
            (None, None) => {}
            (old, new) => {
                let (edit, suspect) = if old.is_none() { ("added", TIGHTER) } else { ("removed", LOOSER) };
                let stated = (old.map(|found| found.1), new.map(|found| found.1));
                self.constraint(kind, Facts::default().with("edit", edit), suspect, stated);
            }
        }
    }

    /// The schema under a keyword on each side.
    pub(super) fn schemas(&self, keyword: Keyword) -> (Option<(SchemaId, Stated<'g>)>, Option<(SchemaId, Stated<'g>)>) {
        let find = |view: &View<'g, 'a>| {
            view.all(keyword).find_map(|stated| match stated.entry.data {
                crate::formats::schema::graph::Data::Schema(schema) => Some((schema, stated)),
                _ => None,
            })
        };
        (find(&self.old), find(&self.new))
    }
}

/// A branch for people: its component's name, its title, its types, or where it stands.
pub(super) fn branch_label(graph: &SchemaGraph<'_>, branch: SchemaId) -> String {
    let schema = graph.get(bare_target(graph, branch));
    if let Some(name) = &schema.name {
        return format!("`{name}`");
    }
    if let Some(title) = schema.text(Keyword::Title) {
        return format!("`{title}`");
    }
    match schema.types() {
        Some(types) => format!("a branch of type {}", types.names().join(" or ")),
        None => "a branch".to_owned(),
    }
}
