//! Single values against the schemas of one contract: real ones, and the examples of pacts.

use std::cell::RefCell;
use std::rc::Rc;

use rustc_hash::FxHashMap;
use serde_json::{Map, Value};

use crate::formats::schema::engine::{Role, Side};
use crate::formats::schema::graph::{SchemaGraph, SchemaId};
use crate::formats::schema::guarantee;
use crate::formats::schema::lower::{Lows, View, emit};

/// Faults of one value that are told.
const LIMIT: usize = 20;

/// What a value is to the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sample {
    /// All of what was sent. What is not declared is fine unless the schema refuses it.
    Whole,
    /// What a consumer relies on: more may be there, so nothing is missing; but what is not declared is never sent.
    Part,
}

/// One thing wrong with a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueFault {
    /// JSON pointer into the value.
    pub pointer: String,
    /// What is wrong, as a sentence.
    pub message: String,
}

/// Compiled schemas of one contract, each compiled on first use.
pub struct Validator<'g, 'a> {
    lows: Lows<'g, 'a>,
    compiled: RefCell<FxHashMap<(SchemaId, Role, Sample), Option<Rc<jsonschema::Validator>>>>,
    /// Schemas as writers keep them.
    written: RefCell<FxHashMap<(SchemaId, Role), Option<Rc<Value>>>>,
}

impl<'g, 'a> Validator<'g, 'a> {
    /// A validator over a contract's schemas.
    #[must_use]
    pub fn new(graph: &'g SchemaGraph<'a>) -> Self {
        Self { lows: Lows::new(graph, graph), compiled: RefCell::default(), written: RefCell::default() }
    }

    /// What is wrong with a value. A schema that cannot be judged is a fault as well: what was not checked does not hold.
    #[must_use]
    pub fn faults(&self, schema: SchemaId, role: Role, sample: Sample, value: &Value) -> Vec<ValueFault> {
        let whole = self.validator(schema, role, sample);
        // Of a schema that is too large as a whole, what the value touches may be small enough.
        let Some(validator) = whole.or_else(|| self.compile(schema, role, sample, Some(value)).map(Rc::new)) else {
            let message = "the contract's schema for it cannot be judged: it is too large, or leads nowhere".to_owned();
            return vec![ValueFault { pointer: String::new(), message }];
        };
        let fault = |error: jsonschema::ValidationError<'_>| ValueFault {
            pointer: error.instance_path().to_string(),
            message: error.to_string().chars().take(300).collect(),
        };
        validator.iter_errors(value).take(LIMIT).map(fault).collect()
    }

    /// JSON pointers to the properties of a value that a writer of this schema may leave out, though they are declared. None
    /// where that cannot be told.
    #[must_use]
    pub fn not_guaranteed(&self, schema: SchemaId, role: Role, value: &Value) -> Vec<String> {
        let low = || self.lows.id(Side::New, schema, View::writer(role));
        let known = self.written.borrow().get(&(schema, role)).cloned();
        let whole = known.unwrap_or_else(|| {
            let written = emit(&self.lows, low(), usize::MAX, None).map(Rc::new);
            self.written.borrow_mut().insert((schema, role), written.clone());
            written
        });
        let written = whole.or_else(|| emit(&self.lows, low(), usize::MAX, Some(value)).map(Rc::new));
        written.and_then(|written| guarantee::not_guaranteed(&written, value)).unwrap_or_default()
    }

    fn validator(&self, schema: SchemaId, role: Role, sample: Sample) -> Option<Rc<jsonschema::Validator>> {
        if let Some(known) = self.compiled.borrow().get(&(schema, role, sample)) {
            return known.clone();
        }
        let compiled = self.compile(schema, role, sample, None).map(Rc::new);
        self.compiled.borrow_mut().insert((schema, role, sample), compiled.clone());
        compiled
    }

    fn compile(
        &self,
        schema: SchemaId,
        role: Role,
        sample: Sample,
        about: Option<&Value>,
    ) -> Option<jsonschema::Validator> {
        let view = match sample {
            Sample::Whole => View::plain(role),
            Sample::Part => View::writer(role),
        };
        let low = self.lows.id(Side::New, schema, view);
        let mut schema = emit(&self.lows, low, usize::MAX, about)?;
        if sample == Sample::Part {
            relax(&mut schema);
        }
        jsonschema::options().with_draft(jsonschema::Draft::Draft202012).build(&schema).ok()
    }
}

/// Turns a schema into one for a part of a value: whatever asks for more than is there is left out, and a union holds if
/// any branch may still become the one.
fn relax(schema: &mut Value) {
    let Value::Object(object) = schema else { return };
    for asks_for_more in
        ["required", "dependentRequired", "dependentSchemas", "minProperties", "not", "if", "then", "else"]
    {
        object.remove(asks_for_more);
    }
    if let Some(branches) = object.remove("oneOf") {
        let mut union = Map::new();
        union.insert("anyOf".into(), branches);
        let all = object.entry("allOf").or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(all) = all {
            all.push(Value::Object(union));
        }
    }
    for (keyword, value) in object.iter_mut() {
        match (keyword.as_str(), value) {
            ("properties" | "patternProperties" | "$defs" | "definitions", Value::Object(schemas)) => {
                schemas.values_mut().for_each(relax);
            }
            ("allOf" | "anyOf" | "prefixItems", Value::Array(schemas)) => schemas.iter_mut().for_each(relax),
            (
                "items"
                | "contains"
                | "additionalProperties"
                | "unevaluatedProperties"
                | "unevaluatedItems"
                | "propertyNames",
                schema,
            ) => relax(schema),
            _ => {}
        }
    }
}
