//! Two validators, one question: does the value break the reader?

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use rustc_hash::FxHashMap;
use serde_json::Value;

use crate::formats::schema::Side;
use crate::formats::schema::evaluate::Evaluator;
use crate::formats::schema::format_values::Formats;
use crate::formats::schema::graph::SchemaId;
use crate::formats::schema::lower::{LowId, Lows, View, emit};
use crate::formats::schema::pattern::Patterns;
use crate::formats::schema::witness::shrink::shrink;

/// Work allowed for one value in the raw evaluator.
const FUEL: u32 = 400_000;
/// Longer messages are cut: some quote the whole value.
const MESSAGE: usize = 240;

/// A schema seen by one party.
#[derive(Debug, Clone, Copy)]
pub(in crate::formats::schema) struct Seen {
    /// Whose schema.
    pub side: Side,
    /// The schema.
    pub schema: SchemaId,
    /// Through whose eyes.
    pub view: View,
}

/// A writer and a reader.
#[derive(Debug, Clone, Copy)]
pub(in crate::formats::schema) struct Pair {
    pub writer: Seen,
    pub reader: Seen,
}

impl Pair {
    pub(in crate::formats::schema) const fn new(
        writer: (Side, SchemaId, View),
        reader: (Side, SchemaId, View),
    ) -> Self {
        Self {
            writer: Seen { side: writer.0, schema: writer.1, view: writer.2 },
            reader: Seen { side: reader.0, schema: reader.1, view: reader.2 },
        }
    }
}

/// Confirms witnesses; compiles each schema once.
pub(in crate::formats::schema) struct Judge<'g, 'a> {
    lows: Rc<Lows<'g, 'a>>,
    patterns: Rc<Patterns>,
    formats: Rc<Formats>,
    compiled: RefCell<FxHashMap<LowId, Option<Rc<jsonschema::Validator>>>>,
}

impl<'g, 'a> Judge<'g, 'a> {
    pub(in crate::formats::schema) fn new(
        lows: Rc<Lows<'g, 'a>>,
        patterns: Rc<Patterns>,
        formats: Rc<Formats>,
    ) -> Self {
        Self { lows, patterns, formats, compiled: RefCell::default() }
    }

    fn low(&self, seen: Seen) -> LowId {
        self.lows.id(seen.side, seen.schema, seen.view)
    }

    fn validator(&self, seen: Seen) -> Option<Rc<jsonschema::Validator>> {
        let low = self.low(seen);
        if let Some(known) = self.compiled.borrow().get(&low) {
            return known.clone();
        }
        let schema = emit(&self.lows, low, usize::MAX);
        let validator = schema.and_then(|schema| {
            jsonschema::options()
                .with_draft(jsonschema::Draft::Draft202012)
                .should_validate_formats(seen.view.asserts_formats)
                .build(&schema)
                .ok()
                .map(Rc::new)
        });
        self.compiled.borrow_mut().insert(low, validator.clone());
        validator
    }

    /// What the raw documents say.
    pub(in crate::formats::schema) fn evaluates(&self, seen: Seen, value: &Value) -> Option<bool> {
        let fuel = Cell::new(FUEL);
        let evaluator = Evaluator {
            graph: self.lows.graph(seen.side),
            view: seen.view,
            patterns: &self.patterns,
            formats: &self.formats,
            fuel: &fuel,
        };
        evaluator.accepts(seen.schema, value)
    }

    /// Whether the raw documents say that the value breaks the reader.
    fn breaks_raw(&self, pair: Pair, value: &Value) -> bool {
        self.evaluates(pair.writer, value) == Some(true) && self.evaluates(pair.reader, value) == Some(false)
    }

    /// Whether the validator says so.
    fn breaks_compiled(&self, pair: Pair, value: &Value) -> bool {
        let (Some(writer), Some(reader)) = (self.validator(pair.writer), self.validator(pair.reader)) else {
            return false;
        };
        writer.is_valid(value) && !reader.is_valid(value)
    }

    /// Whether both agree that the value breaks the reader.
    pub(in crate::formats::schema) fn confirms(&self, pair: Pair, value: &Value) -> bool {
        self.breaks_raw(pair, value) && self.breaks_compiled(pair, value)
    }

    /// The smallest value around a confirmed one that still breaks the reader, and what the reader says to it.
    pub(in crate::formats::schema) fn shrunk(&self, pair: Pair, value: Value) -> (Value, String) {
        let value = shrink(value, |value| self.breaks_raw(pair, value) && self.breaks_compiled(pair, value));
        let error = self.validator(pair.reader).and_then(|reader| {
            let error = reader.validate(&value).err()?;
            let path = error.instance_path().to_string();
            let text = error.to_string();
            Some(if path.is_empty() { text } else { format!("{text} (at `{path}`)") })
        });
        let mut error = error.unwrap_or_else(|| "it is not accepted".to_owned());
        if error.len() > MESSAGE {
            let end = (0..=MESSAGE).rev().find(|&at| error.is_char_boundary(at)).unwrap_or(0);
            error.truncate(end);
            error.push('…');
        }
        (value, error)
    }
}
