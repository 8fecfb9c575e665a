//! What holds for one value: a schema together with its `allOf` branches and what its `$ref` leads to.
//!
//! Comparing views instead of schemas makes the usual refactors disappear by themselves: a branch split off into `allOf`, a
//! `$ref` inlined, a constraint moved up or down, a `null` branch spelt as `nullable`.

use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value;

use crate::formats::schema::graph::{Data, Entry, Schema, Types};
use crate::formats::schema::lower::{hash_of, is_defined, is_equal};
use crate::formats::schema::{Keyword, SchemaGraph, SchemaId};

/// More schemas than this hold for one value only in contracts made to exhaust us; the rest is left to containment.
const LARGEST_VIEW: usize = 256;

/// A keyword of a schema, with the schema that it stands in.
#[derive(Clone, Copy)]
pub(super) struct Stated<'g> {
    /// The schema.
    pub schema: SchemaId,
    /// The keyword.
    pub entry: &'g Entry,
}

/// `anyOf` or `oneOf` of a view, without its `null` branches.
#[derive(Clone)]
pub(super) struct Union<'g> {
    /// Where it stands.
    pub stated: Stated<'g>,
    /// `anyOf` or `oneOf`.
    pub keyword: Keyword,
    /// The branches that are not merely `null`.
    pub branches: Vec<SchemaId>,
}

/// A value of `enum`, `const` or a union of constants.
#[derive(Clone)]
pub(super) struct Allowed<'g> {
    /// The value.
    pub value: Value,
    /// The keyword that names it.
    pub stated: Stated<'g>,
    /// Its position in an `enum`.
    pub position: Option<usize>,
}

/// The values of a list by their hashes: `1` and `1.0` are one value.
pub(super) struct ValueSet<'v>(FxHashMap<u64, Vec<&'v Value>>);

impl<'v> ValueSet<'v> {
    pub(super) fn of(list: &'v [Allowed<'_>]) -> Self {
        let mut found: FxHashMap<u64, Vec<&'v Value>> = FxHashMap::default();
        for allowed in list {
            found.entry(hash_of(&allowed.value)).or_default().push(&allowed.value);
        }
        Self(found)
    }

    /// Whether a value is on the list.
    pub(super) fn holds(&self, value: &Value) -> bool {
        self.0.get(&hash_of(value)).is_some_and(|values| values.iter().any(|known| is_equal(known, value)))
    }
}

/// Whether `null` is a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Null {
    /// It is.
    Allowed,
    /// It is not.
    Forbidden,
    /// Nothing is said about it, as nothing is said about types.
    Unsaid,
}

/// Everything that holds for one value.
#[derive(Clone)]
pub(super) struct View<'g, 'a> {
    /// The graph of the side.
    pub graph: &'g SchemaGraph<'a>,
    /// Schemas whose own keywords hold; `$ref`, `allOf` and unwrapped unions of theirs are already followed.
    pub parts: Vec<SchemaId>,
    /// Named schemas that hold as a whole, in the order in which they are referred to.
    pub bases: Vec<SchemaId>,
    /// Real unions.
    pub unions: Vec<Union<'g>>,
    /// Types from unions of bare types.
    union_types: Option<(Types, Stated<'g>)>,
    /// Values from unions of constants.
    union_values: Option<Vec<Allowed<'g>>>,
    /// Whether keywords count only where their dialect defines them: where the other version's dialect is another one,
    /// equal texts may say different things.
    only_defined: bool,
    /// Whether a union has a `null` branch beside others.
    null_beside: Option<Stated<'g>>,
    seen: FxHashSet<SchemaId>,
}

impl<'g, 'a> View<'g, 'a> {
    /// The view of several schemas that hold together. A bare reference to a component is that component as a base.
    pub(super) fn of(graph: &'g SchemaGraph<'a>, schemas: &[SchemaId]) -> Self {
        Self::new(graph, schemas, false)
    }

    /// The views of two versions. Where their dialects differ, each holds what its own defines.
    pub(super) fn of_both(
        (old_graph, old): (&'g SchemaGraph<'a>, &[SchemaId]),
        (new_graph, new): (&'g SchemaGraph<'a>, &[SchemaId]),
    ) -> (Self, Self) {
        let dialect = |graph: &SchemaGraph<'_>, schemas: &[SchemaId]| schemas.first().map(|&id| graph.get(id).dialect);
        let only_defined = dialect(old_graph, old) != dialect(new_graph, new);
        (Self::new(old_graph, old, only_defined), Self::new(new_graph, new, only_defined))
    }

    fn new(graph: &'g SchemaGraph<'a>, schemas: &[SchemaId], only_defined: bool) -> Self {
        let mut view = Self {
            graph,
            parts: Vec::new(),
            bases: Vec::new(),
            unions: Vec::new(),
            union_types: None,
            union_values: None,
            only_defined,
            null_beside: None,
            seen: FxHashSet::default(),
        };
        for &schema in schemas {
            view.open(schema);
        }
        view
    }

    fn open(&mut self, id: SchemaId) {
        if self.seen.len() > LARGEST_VIEW || !self.seen.insert(id) {
            return;
        }
        let schema = self.graph.get(id);
        if let Some(target) = schema.reference().and_then(|reference| reference.target.as_ref().ok()) {
            self.follow(*target);
        }
        if schema.has_dead_siblings() {
            return;
        }
        self.parts.push(id);
        for keyword in [Keyword::AnyOf, Keyword::OneOf] {
            let entry = schema.live().find(|entry| entry.keyword == keyword);
            if let Some(entry) = entry.filter(|_| self.counts(id, keyword)) {
                self.open_union(Stated { schema: id, entry });
            }
        }
        for &branch in schema.schemas(Keyword::AllOf) {
            self.follow(branch);
        }
    }

    /// A component holds as a whole; everything else is opened.
    fn follow(&mut self, id: SchemaId) {
        let target = bare_target(self.graph, id);
        if self.graph.get(target).name.is_some() {
            if !self.bases.contains(&target) && !self.seen.contains(&target) {
                self.bases.push(target);
            }
        } else {
            self.open(target);
        }
    }

    /// Replaces a base by what it says.
    pub(super) fn expand(&mut self, base: SchemaId) {
        self.bases.retain(|&other| other != base);
        self.open(base);
    }

    /// Forgets what a branch says, and what it builds on.
    pub(super) fn leave_out(&mut self, branch: SchemaId) {
        let left = Self::new(self.graph, &[branch], self.only_defined);
        let target = bare_target(self.graph, branch);
        let is_left = |schema: SchemaId| schema == target || left.parts.contains(&schema);
        let says = |stated: Stated<'_>| is_left(stated.schema);
        self.bases.retain(|&base| base != target && !left.bases.contains(&base));
        self.parts.retain(|&part| !is_left(part));
        self.unions.retain(|union| !says(union.stated));
        self.union_types = self.union_types.take().filter(|&(_, stated)| !says(stated));
        self.union_values = self.union_values.take().filter(|values| !values.iter().any(|value| says(value.stated)));
        self.null_beside = self.null_beside.take().filter(|&stated| !says(stated));
    }

    fn open_union(&mut self, stated: Stated<'g>) {
        let Data::Schemas(branches) = &stated.entry.data else { return };
        let graph = self.graph;
        let (nulls, rest): (Vec<SchemaId>, Vec<SchemaId>) =
            branches.iter().copied().partition(|&branch| is_null(graph, branch));
        if !nulls.is_empty() {
            self.null_beside = Some(stated);
        }
        if rest.is_empty() {
            // `null` and nothing else, however often it is said.
            if let [only] = nulls[..] {
                self.null_beside = None;
                self.follow(only);
            }
            return;
        }
        if let [only] = rest[..] {
            self.follow(only);
            return;
        }
        let types: Option<Types> =
            rest.iter().try_fold(Types::NONE, |types, &branch| Some(types.or(bare_types(graph.get(branch))?)));
        if let Some(types) = types {
            let types = if nulls.is_empty() { types } else { types.or(Types::NULL) };
            self.union_types = Some((types, stated));
            return;
        }
        let values: Option<Vec<Vec<Allowed<'g>>>> = rest.iter().map(|&branch| self.bare_values(branch)).collect();
        if let Some(values) = values {
            self.union_values = Some(values.into_iter().flatten().collect());
            return;
        }
        self.unions.push(Union { stated, keyword: stated.entry.keyword, branches: rest });
    }

    /// Whether a keyword of a schema says anything here.
    fn counts(&self, schema: SchemaId, keyword: Keyword) -> bool {
        !self.only_defined || is_defined(keyword, self.graph.get(schema).dialect)
    }

    /// Every statement of a keyword, outermost first.
    pub(super) fn all(&self, keyword: Keyword) -> impl Iterator<Item = Stated<'g>> + '_ {
        let graph = self.graph;
        self.parts.iter().filter_map(move |&schema| {
            let entry = graph.get(schema).live().find(|entry| entry.keyword == keyword)?;
            self.counts(schema, keyword).then_some(Stated { schema, entry })
        })
    }

    /// The first statement of a keyword.
    pub(super) fn first(&self, keyword: Keyword) -> Option<Stated<'g>> {
        self.all(keyword).next()
    }

    /// Whether anything is `false`.
    pub(super) fn is_false(&self) -> bool {
        self.parts.iter().any(|&part| self.graph.get(part).boolean == Some(false))
    }

    /// The types that every part allows, `null` included; `None` where no part says anything.
    pub(super) fn types(&self) -> Option<(Types, Stated<'g>)> {
        let mut found: Option<(Types, Stated<'g>)> = self.union_types;
        if let Some((types, _)) = &mut found
            && self.null_beside.is_some()
        {
            *types = types.or(Types::NULL);
        }
        for stated in self.all(Keyword::Type) {
            let &Data::Types(written) = &stated.entry.data else { continue };
            let types = if self.is_nullable(stated.schema) { written.or(Types::NULL) } else { written };
            found = Some(found.map_or((types, stated), |(all, first)| (all.and(types), first)));
        }
        found
    }

    /// Whether a union of bare types or more than one type is written.
    pub(super) fn lists_types(&self) -> bool {
        self.union_types.is_some()
            || self.all(Keyword::Type).any(|stated| {
                matches!(stated.entry.data, Data::Types(types) if types.without(Types::NULL).names().len() > 1)
            })
    }

    fn is_nullable(&self, schema: SchemaId) -> bool {
        let schema = self.graph.get(schema);
        schema.flag(Keyword::Nullable) || schema.flag(Keyword::XNullable)
    }

    /// What makes `null` allowed or not, without the bases.
    pub(super) fn null(&self) -> Null {
        if let Some(stated) = self.null_beside {
            // What stands beside the union still holds for its `null` branch.
            let types = self.graph.get(stated.schema).types();
            let is_allowed = types.is_none_or(|types| types.contains(Types::NULL) || self.is_nullable(stated.schema));
            return if is_allowed { Null::Allowed } else { Null::Forbidden };
        }
        if let Some((types, _)) = self.types() {
            let is_allowed = types.contains(Types::NULL) && self.values_allow_null();
            return if is_allowed { Null::Allowed } else { Null::Forbidden };
        }
        match self.values() {
            Some(values) if values.iter().any(|allowed| allowed.value.is_null()) => Null::Allowed,
            Some(_) => Null::Forbidden,
            None => Null::Unsaid,
        }
    }

    fn values_allow_null(&self) -> bool {
        self.values().is_none_or(|values| values.iter().any(|allowed| allowed.value.is_null()))
    }

    /// The keyword that says something about `null`.
    pub(super) fn null_stated(&self) -> Option<Stated<'g>> {
        self.first(Keyword::Nullable)
            .or_else(|| self.first(Keyword::XNullable))
            .or(self.null_beside)
            .or_else(|| self.first(Keyword::Type))
    }

    /// Whether the view itself, and not a base, says something about `null`.
    pub(super) fn speaks_of_null(&self) -> bool {
        self.null_beside.is_some() || self.types().is_some()
    }

    /// The values that are allowed, if they are listed: those that every list has.
    pub(super) fn values(&self) -> Option<Vec<Allowed<'g>>> {
        let mut lists: Vec<Vec<Allowed<'g>>> = self.union_values.iter().cloned().collect();
        for &part in &self.parts {
            lists.extend(self.stated_values(part));
        }
        let mut lists = lists.into_iter();
        let mut values = lists.next()?;
        for other in lists {
            let other = ValueSet::of(&other);
            values.retain(|allowed| other.holds(&allowed.value));
        }
        Some(values)
    }

    /// The values of a schema that only lists values.
    fn bare_values(&self, id: SchemaId) -> Option<Vec<Allowed<'g>>> {
        let is_bare = self.graph.get(id).live().all(|entry| {
            matches!(entry.keyword, Keyword::Const | Keyword::Enum | Keyword::Type) || is_annotation(entry.keyword)
        });
        if is_bare { self.stated_values(id).into_iter().next() } else { None }
    }

    /// Every list of values of a schema.
    fn stated_values(&self, schema: SchemaId) -> Vec<Vec<Allowed<'g>>> {
        let mut lists = Vec::new();
        let graph = self.graph;
        for entry in graph.get(schema).live().filter(|entry| self.counts(schema, entry.keyword)) {
            let stated = Stated { schema, entry };
            match (entry.keyword, &entry.data) {
                (Keyword::Const, Data::Value(value)) => {
                    lists.push(vec![Allowed { value: value.clone(), stated, position: None }]);
                }
                (Keyword::Enum, Data::Values(values)) => {
                    let allowed = |(position, value): (usize, &Value)| Allowed {
                        value: value.clone(),
                        stated,
                        position: Some(position),
                    };
                    lists.push(values.iter().enumerate().map(allowed).collect());
                }
                _ => {}
            }
        }
        lists
    }

    /// Whether the only list of values is a `const`.
    pub(super) fn is_const(&self) -> bool {
        self.first(Keyword::Const).is_some() && self.first(Keyword::Enum).is_none() && self.union_values.is_none()
    }
}

/// Where a chain of references without anything beside them ends.
pub(super) fn bare_target(graph: &SchemaGraph<'_>, id: SchemaId) -> SchemaId {
    let mut at = id;
    for _ in 0..LARGEST_VIEW {
        let schema = graph.get(at);
        let Some(Ok(target)) = schema.reference().map(|reference| &reference.target) else { return at };
        if !schema.has_dead_siblings() && schema.entries.len() > 1 {
            return at;
        }
        at = *target;
    }
    at
}

/// Whether a schema allows `null` and nothing else.
fn is_null(graph: &SchemaGraph<'_>, id: SchemaId) -> bool {
    let schema = graph.get(bare_target(graph, id));
    match schema.types() {
        Some(types) => types == Types::NULL,
        None => match (schema.data(Keyword::Const), schema.data(Keyword::Enum)) {
            (Some(Data::Value(value)), _) => value.is_null(),
            (None, Some(Data::Values(values))) => !values.is_empty() && values.iter().all(Value::is_null),
            _ => false,
        },
    }
}

/// The types of a schema that says nothing else about values.
fn bare_types(schema: &Schema) -> Option<Types> {
    let types = schema.types()?;
    let is_bare = schema.live().all(|entry| entry.keyword == Keyword::Type || is_annotation(entry.keyword));
    is_bare.then_some(types)
}

/// Keywords that say nothing about which values are allowed.
pub(super) const fn is_annotation(keyword: Keyword) -> bool {
    use Keyword as K;
    matches!(
        keyword,
        K::Schema
            | K::Id
            | K::IdDraft4
            | K::Anchor
            | K::DynamicAnchor
            | K::RecursiveAnchor
            | K::Vocabulary
            | K::Comment
            | K::Defs
            | K::Definitions
            | K::Title
            | K::Description
            | K::Default
            | K::Deprecated
            | K::Examples
            | K::Example
            | K::Xml
            | K::ExternalDocs
            | K::XExtensibleEnum
            | K::Unknown
    )
}
