//! Two validators, one question: does the value break the reader?

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use serde_json::Value;

use crate::formats::schema::Side;
use crate::formats::schema::budget::Budget;
use crate::formats::schema::evaluate::Evaluator;
use crate::formats::schema::format_values::Formats;
use crate::formats::schema::graph::SchemaId;
use crate::formats::schema::lower::{LowId, Lows, View, emit};
use crate::formats::schema::pattern::Patterns;
use crate::formats::schema::witness::shrink::shrink;

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

/// Confirms witnesses.
pub(in crate::formats::schema) struct Judge<'g, 'a> {
    lows: Rc<Lows<'g, 'a>>,
    patterns: Rc<Patterns>,
    formats: Rc<Formats>,
    budget: Rc<Budget>,
}

impl<'g, 'a> Judge<'g, 'a> {
    pub(in crate::formats::schema) fn new(
        lows: Rc<Lows<'g, 'a>>,
        patterns: Rc<Patterns>,
        formats: Rc<Formats>,
        budget: Rc<Budget>,
    ) -> Self {
        Self { lows, patterns, formats, budget }
    }

    fn low(&self, seen: Seen) -> LowId {
        self.lows.id(seen.side, seen.schema, seen.view)
    }

    /// A validator for a value and for smaller ones.
    fn validator(&self, seen: Seen, about: &Value) -> Option<jsonschema::Validator> {
        let schema = emit(&self.lows, self.low(seen), usize::MAX, Some(about))?;
        jsonschema::options()
            .with_draft(jsonschema::Draft::Draft202012)
            .should_validate_formats(seen.view.asserts_formats)
            .build(&schema)
            .ok()
    }

    /// What the raw documents say; nothing where that takes more than a validator should be asked to do: it takes as
    /// many steps as this.
    pub(in crate::formats::schema) fn evaluates(&self, seen: Seen, value: &Value) -> Option<bool> {
        let granted = self.budget.for_a_witness()?;
        let fuel = Cell::new(granted);
        let hidden = RefCell::default();
        let evaluator = Evaluator {
            graph: self.lows.graph(seen.side),
            view: seen.view,
            patterns: &self.patterns,
            formats: &self.formats,
            fuel: &fuel,
            hidden: &hidden,
        };
        let answer = evaluator.accepts(seen.schema, value);
        self.budget.spend_on_witness(granted - fuel.get());
        answer
    }

    /// Whether the raw documents say that the value breaks the reader.
    pub(in crate::formats::schema) fn breaks_raw(&self, pair: Pair, value: &Value) -> bool {
        self.evaluates(pair.writer, value) == Some(true) && self.evaluates(pair.reader, value) == Some(false)
    }

    /// The value shrunk, and what the reader says to it, if both agree that it breaks the reader.
    pub(in crate::formats::schema) fn confirm(&self, pair: Pair, value: &Value) -> Option<(Value, String)> {
        if !self.breaks_raw(pair, value) {
            return None;
        }
        let (writer, reader) = (self.validator(pair.writer, value)?, self.validator(pair.reader, value)?);
        let breaks = |value: &Value| writer.is_valid(value) && !reader.is_valid(value);
        if !breaks(value) {
            return None;
        }
        // Most smaller values show nothing, and the documents say so soonest.
        let value = shrink(value.clone(), |value| self.breaks_raw(pair, value) && breaks(value));
        let error = reader.validate(&value).err()?;
        let path = error.instance_path().to_string();
        let mut error = if path.is_empty() { error.to_string() } else { format!("{error} (at `{path}`)") };
        if error.len() > MESSAGE {
            let end = (0..=MESSAGE).rev().find(|&at| error.is_char_boundary(at)).unwrap_or(0);
            error.truncate(end);
            error.push('…');
        }
        Some((value, error))
    }
}
