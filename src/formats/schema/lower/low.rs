//! The internal form and the table that makes and remembers it.

use std::cell::RefCell;
use std::rc::Rc;

use rustc_hash::FxHashMap;
use serde_json::Value;

use crate::formats::schema::graph::{SchemaGraph, SchemaId, Types};
use crate::formats::schema::lower::{ValueIndex, View, is_equal};
use crate::formats::schema::{Side, lower};
use crate::syntax::Decimal;

/// A lowered schema, an index into [`Lows`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::formats::schema) struct LowId(pub u32);

/// A bound of a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::formats::schema) struct Bound {
    /// The bound itself.
    pub value: Decimal,
    /// Whether the bound itself is excluded.
    pub is_open: bool,
}

/// Alternatives.
#[derive(Debug, Clone)]
pub(in crate::formats::schema) struct Union {
    /// At least one of these holds.
    pub branches: Vec<LowId>,
    /// For `oneOf`: the branches as a validator sees them, of which exactly one holds. In the same order; branches past
    /// its end (the unknown tag) are not counted.
    pub exclusive: Option<Vec<LowId>>,
}

/// What one schema object says about a value, what it says through `$ref` and `allOf` aside.
#[derive(Debug, Clone)]
pub(in crate::formats::schema) struct Low {
    /// Accepts nothing.
    pub is_never: bool,
    /// Why it cannot be decided what this schema accepts (a reference that leads nowhere); empty otherwise.
    pub obstacle: Option<Rc<str>>,
    pub types: Types,
    /// Draft 4: `1.0` is no integer.
    pub has_lexical_integers: bool,
    pub values: Option<Rc<[Value]>>,
    /// Positions in `values`, once there are many.
    pub value_index: Option<Rc<ValueIndex>>,
    pub minimum: Option<Bound>,
    pub maximum: Option<Bound>,
    pub step: Option<Decimal>,
    pub min_length: u64,
    pub max_length: Option<u64>,
    pub pattern: Option<Rc<str>>,
    pub format: Option<Rc<str>>,
    pub prefix: Vec<LowId>,
    pub items: Option<LowId>,
    pub contains: Option<(LowId, u64, Option<u64>)>,
    pub min_items: u64,
    pub max_items: Option<u64>,
    pub has_unique_items: bool,
    pub unevaluated_items: Option<LowId>,
    pub properties: Rc<[(Rc<str>, LowId)]>,
    /// Positions in `properties`, once there are many.
    pub index: Option<Rc<FxHashMap<Rc<str>, LowId>>>,
    pub patterns: Vec<(Rc<str>, LowId)>,
    pub additional: Option<LowId>,
    pub unevaluated: Option<LowId>,
    pub names: Option<LowId>,
    pub required: Vec<Rc<str>>,
    /// Names that this role does not send: not required of anybody.
    pub hidden: Vec<Rc<str>>,
    pub min_properties: u64,
    pub max_properties: Option<u64>,
    pub dependent_required: Vec<(Rc<str>, Vec<Rc<str>>)>,
    pub dependent_schemas: Vec<(Rc<str>, LowId)>,
    /// `$ref` and `allOf`.
    pub all: Vec<LowId>,
    pub unions: Vec<Union>,
    pub nots: Vec<LowId>,
    /// `if`, `then`, `else`.
    pub condition: Option<(LowId, Option<LowId>, Option<LowId>)>,
    /// Whether it says outright that there are other properties.
    pub is_open: bool,
    /// Whether no document wrote it, so that the names in it are not declared by it.
    pub is_added: bool,
    /// The eyes that it was read through.
    pub view: View,
}

impl Low {
    /// Accepts everything.
    pub(in crate::formats::schema) fn anything(view: View) -> Self {
        Self {
            is_never: false,
            obstacle: None,
            types: Types::ALL,
            has_lexical_integers: false,
            values: None,
            value_index: None,
            minimum: None,
            maximum: None,
            step: None,
            min_length: 0,
            max_length: None,
            pattern: None,
            format: None,
            prefix: Vec::new(),
            items: None,
            contains: None,
            min_items: 0,
            max_items: None,
            has_unique_items: false,
            unevaluated_items: None,
            properties: Rc::new([]),
            index: None,
            patterns: Vec::new(),
            additional: None,
            unevaluated: None,
            names: None,
            required: Vec::new(),
            hidden: Vec::new(),
            min_properties: 0,
            max_properties: None,
            dependent_required: Vec::new(),
            dependent_schemas: Vec::new(),
            all: Vec::new(),
            unions: Vec::new(),
            nots: Vec::new(),
            condition: None,
            is_open: false,
            is_added: false,
            view,
        }
    }

    /// Accepts nothing.
    pub(in crate::formats::schema) fn never(view: View) -> Self {
        Self { is_never: true, ..Self::anything(view) }
    }

    /// The schema of a declared property.
    pub(in crate::formats::schema) fn property(&self, name: &str) -> Option<LowId> {
        match &self.index {
            Some(index) => index.get(name).copied(),
            None => self.properties.iter().find(|(known, _)| &**known == name).map(|&(_, low)| low),
        }
    }

    /// Whether a value is on the list; `true` where there is none.
    pub(in crate::formats::schema) fn lists(&self, value: &Value) -> bool {
        match (&self.values, &self.value_index) {
            (None, _) => true,
            (Some(values), Some(index)) => index.holds(values, value),
            (Some(values), None) => values.iter().any(|known| is_equal(known, value)),
        }
    }

    /// Whether it declares properties.
    pub(in crate::formats::schema) fn declares(&self) -> bool {
        !self.properties.is_empty() && !self.is_added
    }

    /// Fills the index of properties; called once they are complete.
    pub(in crate::formats::schema) fn with_properties(mut self, properties: Vec<(Rc<str>, LowId)>) -> Self {
        if properties.len() > 16 {
            self.index = Some(Rc::new(properties.iter().cloned().collect()));
        }
        self.properties = properties.into();
        self
    }

    /// Whether it says anything about the entries of an object.
    pub(in crate::formats::schema) fn speaks_of_entries(&self) -> bool {
        !self.properties.is_empty() || !self.patterns.is_empty() || self.additional.is_some()
    }
}

/// What a lowered schema was made of.
type Head = (Side, SchemaId, View);

/// All lowered schemas of an engine, made when asked for.
pub(in crate::formats::schema) struct Lows<'g, 'a> {
    old: &'g SchemaGraph<'a>,
    new: &'g SchemaGraph<'a>,
    table: RefCell<Table>,
}

#[derive(Default)]
struct Table {
    ids: FxHashMap<Head, LowId>,
    heads: Vec<Option<Head>>,
    lows: Vec<Option<Rc<Low>>>,
}

impl<'g, 'a> Lows<'g, 'a> {
    pub(in crate::formats::schema) fn new(old: &'g SchemaGraph<'a>, new: &'g SchemaGraph<'a>) -> Self {
        Self { old, new, table: RefCell::default() }
    }

    /// The graph of a side.
    pub(in crate::formats::schema) const fn graph(&self, side: Side) -> &'g SchemaGraph<'a> {
        match side {
            Side::Old => self.old,
            Side::New => self.new,
        }
    }

    /// The id of a schema seen through a view; nothing is lowered yet.
    pub(in crate::formats::schema) fn id(&self, side: Side, schema: SchemaId, view: View) -> LowId {
        let mut table = self.table.borrow_mut();
        let head = (side, schema, view);
        if let Some(&id) = table.ids.get(&head) {
            return id;
        }
        let id = LowId(table.lows.len() as u32);
        table.lows.push(None);
        table.heads.push(Some(head));
        table.ids.insert(head, id);
        id
    }

    /// Adds a lowered schema that no document wrote.
    pub(in crate::formats::schema) fn add(&self, low: Low) -> LowId {
        let mut table = self.table.borrow_mut();
        let id = LowId(table.lows.len() as u32);
        table.lows.push(Some(Rc::new(low)));
        table.heads.push(None);
        id
    }

    /// The lowered schema.
    pub(in crate::formats::schema) fn get(&self, id: LowId) -> Rc<Low> {
        let head = {
            let table = self.table.borrow();
            if let Some(low) = &table.lows[id.0 as usize] {
                return Rc::clone(low);
            }
            table.heads[id.0 as usize]
        };
        let (side, schema, view) = head.expect("what no document wrote is complete when it is added");
        let low = Rc::new(lower::keywords::lower(self, side, schema, view));
        self.table.borrow_mut().lows[id.0 as usize] = Some(Rc::clone(&low));
        low
    }

    /// Where a lowered schema comes from; `None` for those that no document wrote.
    pub(in crate::formats::schema) fn origin(&self, id: LowId) -> Option<(Side, SchemaId)> {
        self.table.borrow().heads[id.0 as usize].map(|(side, schema, _)| (side, schema))
    }

    /// The eyes through which a schema that a document wrote is read; nothing is lowered for that.
    pub(in crate::formats::schema) fn view(&self, id: LowId) -> Option<View> {
        self.table.borrow().heads[id.0 as usize].map(|(_, _, view)| view)
    }

    /// What a lowered schema says, documentation included: equal for a writer's and a reader's view of equal schemas.
    pub(in crate::formats::schema) fn fingerprint(&self, id: LowId) -> Option<u64> {
        let (side, schema) = self.origin(id)?;
        Some(self.graph(side).fingerprint(schema))
    }
}
