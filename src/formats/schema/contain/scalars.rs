//! Types, values, numbers and texts.

use std::rc::Rc;

use serde_json::Value;

use crate::formats::schema::contain::conj::Flat;
use crate::formats::schema::contain::prove::CANDIDATES;
use crate::formats::schema::contain::{ConjId, Outcome, Prover};
use crate::formats::schema::graph::Types;
use crate::formats::schema::lower::{Bound, Low, LowId};
use crate::formats::schema::{format_values, number};
use crate::syntax::Decimal;

/// How many values are tried to find one that a long list lacks.
const OTHERS: usize = 2_000;

impl Prover<'_, '_> {
    pub(super) fn scalars(&self, writer: ConjId, flat: &Flat, low: &Low, reader: LowId) -> Outcome {
        let surplus = flat.types.without(low.types);
        if !surplus.is_empty() {
            let part = self.intern(self.conj(writer).of_types(surplus));
            if !self.is_empty(part) {
                return self.fails_with(part);
            }
        }
        if let Some(values) = &low.values {
            // A writer that does not list its values writes others.
            return self.fails(|| self.unlisted(writer, flat, low, values.len(), reader));
        }
        let mut is_proven = true;
        let mut is_open = false;
        if flat.types.meets(Types::NUMBER) {
            is_proven &= numbers(flat, low);
        }
        if flat.types.meets(Types::STRING) {
            match self.texts_hold(flat, low) {
                Some(holds) => is_proven &= holds,
                None => is_open = true,
            }
        }
        if is_proven && !is_open {
            return Outcome::Holds;
        }
        if is_proven && !self.collects() {
            return Outcome::Unknown(self.text_reason(flat, low));
        }
        if !self.collects() {
            return Outcome::Unproven;
        }
        let candidates = self.scalar_candidates(flat, low);
        let acceptor = self.acceptor();
        let refused: Vec<Rc<Value>> = candidates
            .into_iter()
            .filter(|value| self.is_written(writer, value) && acceptor.accepts_scalar(low, value) == Ok(false))
            .take(CANDIDATES)
            .map(Rc::new)
            .collect();
        if refused.is_empty() && is_proven {
            return Outcome::Unknown(self.text_reason(flat, low));
        }
        Outcome::Fails(refused)
    }

    /// Values of the writer that the reader does not list.
    fn unlisted(&self, writer: ConjId, flat: &Flat, low: &Low, count: usize, reader: LowId) -> Vec<Rc<Value>> {
        let samples = self.samples(writer);
        let refused = samples.iter().filter(|value| self.acceptor().accepts(reader, value) == Ok(false));
        let refused: Vec<Rc<Value>> = refused.take(CANDIDATES).cloned().collect();
        if refused.is_empty() { self.others_than(writer, flat, low, count) } else { refused }
    }

    /// Values of the writer that are not on a list.
    fn others_than(&self, writer: ConjId, flat: &Flat, low: &Low, count: usize) -> Vec<Rc<Value>> {
        let count = count.min(OTHERS) + 2;
        if !self.budget.spend(count as u64) {
            return Vec::new();
        }
        let mut candidates = self.numbers_of(flat, count);
        candidates.extend(self.texts_of(flat, count).into_iter().map(Value::String));
        candidates.retain(|value| !low.lists(value) && self.is_written(writer, value));
        candidates.truncate(CANDIDATES);
        candidates.into_iter().map(Rc::new).collect()
    }

    /// Whether the writer's texts satisfy the reader; `None` where a pattern or format cannot be decided.
    fn texts_hold(&self, flat: &Flat, low: &Low) -> Option<bool> {
        let lengths = flat.lengths();
        let mut holds = true;
        let mut is_open = false;
        if low.min_length > flat.min_length || low.max_length.is_some_and(|most| lengths.1.is_none_or(|own| own > most))
        {
            // The writer's pattern may bound the length as well.
            let most = low.max_length.map_or(String::new(), |most| most.to_string());
            let counted: Rc<str> = format!("^[\\s\\S]{{{},{most}}}$", low.min_length).into();
            let is_countable = low.min_length < 500 && low.max_length.is_none_or(|most| most < 500);
            let implied = !flat.patterns.is_empty()
                && is_countable
                && self.patterns.implies(&flat.patterns, lengths, &counted) == Some(true);
            holds &= implied;
        }
        if let Some(pattern) = &low.pattern {
            match self.patterns.implies(&flat.patterns, lengths, pattern) {
                Some(implied) => holds &= implied,
                None => is_open = true,
            }
        }
        if low.view.asserts_formats
            && let Some(format) = &low.format
            && !flat.formats.iter().any(|own| format_values::implies(own, format))
        {
            if format_values::is_known(format) {
                holds = false;
            } else {
                is_open = true;
            }
        }
        if !holds {
            Some(false)
        } else if is_open {
            None
        } else {
            Some(true)
        }
    }

    fn text_reason(&self, flat: &Flat, low: &Low) -> Rc<str> {
        match (&low.pattern, &low.format) {
            (Some(pattern), _) if self.patterns.implies(&flat.patterns, flat.lengths(), pattern).is_none() => {
                format!("the pattern `{pattern}` is beyond what automata decide").into()
            }
            (_, Some(format)) => format!("texts cannot be checked against the format `{format}`").into(),
            _ => "texts could not be compared".into(),
        }
    }

    /// Values on both sides of every bound.
    fn scalar_candidates(&self, flat: &Flat, low: &Low) -> Vec<Value> {
        let mut found = Vec::new();
        if flat.types.meets(Types::NUMBER) {
            found.extend(boundary_numbers(flat, low));
            if let Some(step) = &low.step {
                // Between two steps of the reader there may be one of the writer.
                let base = flat.minimum.as_ref().map_or_else(number::zero, |bound| bound.value.clone());
                let own = flat.step.clone().or_else(|| number::half(step)).unwrap_or_else(|| Decimal::from(1));
                let mut at = number::round_up(&base, &own).unwrap_or(base);
                for _ in 0..12 {
                    found.push(number::to_json(&at));
                    match number::plus(&at, &own) {
                        Some(next) => at = next,
                        None => break,
                    }
                }
                if let Some(half) = number::half(step) {
                    found.push(number::to_json(&half));
                }
            }
        }
        if flat.types.meets(Types::STRING) {
            found.extend(self.boundary_texts(flat, low).into_iter().map(Value::String));
        }
        found
    }

    fn boundary_texts(&self, flat: &Flat, low: &Low) -> Vec<String> {
        let mut found = Vec::new();
        let (least, most) = flat.lengths();
        let mut lengths = vec![least];
        if low.min_length > 0 {
            lengths.push(low.min_length - 1);
        }
        if let Some(limit) = low.max_length {
            lengths.push(limit.saturating_add(1));
        }
        lengths.retain(|&length| length >= least && most.is_none_or(|most| length <= most) && length <= 20_000);
        if let Some(pattern) = &low.pattern {
            found.extend(self.patterns.samples(&flat.patterns, flat.lengths(), Some(pattern), 4));
        }
        for length in lengths {
            if flat.patterns.is_empty() {
                found.push("a".repeat(length as usize));
            } else if length <= 300 {
                found.extend(self.patterns.samples(&flat.patterns, (length, Some(length)), None, 2));
            }
        }
        found.extend(["", " ", "a", "A", "0", "-", "é", "a\nb"].map(str::to_owned));
        found.extend(flat.formats.iter().filter_map(|format| format_values::sample(format)).map(str::to_owned));
        found.extend(self.texts_of(flat, 3));
        found
    }

    /// Texts of a writer, the plainest first.
    pub(super) fn texts_of(&self, flat: &Flat, count: usize) -> Vec<String> {
        if !flat.types.meets(Types::STRING) {
            return Vec::new();
        }
        let mut found: Vec<String> = Vec::new();
        for format in &flat.formats {
            found.extend(format_values::sample(format).map(str::to_owned));
        }
        let (least, most) = flat.lengths();
        if flat.patterns.is_empty() {
            // Letters, then words: distinct, and as short as allowed.
            let least = least.min(20_000) as usize;
            for at in 0..count {
                let tail = text_number(at);
                let text = if tail.len() >= least { tail } else { format!("{}{tail}", "a".repeat(least - tail.len())) };
                if most.is_none_or(|most| text.len() as u64 <= most) {
                    found.push(text);
                }
            }
            if least == 0 {
                found.push(String::new());
            }
        } else {
            found.extend(self.patterns.samples(&flat.patterns, flat.lengths(), None, count.max(3)));
        }
        found
    }

    /// Numbers of a writer, the plainest first.
    pub(super) fn numbers_of(&self, flat: &Flat, count: usize) -> Vec<Value> {
        if !flat.types.meets(Types::NUMBER) {
            return Vec::new();
        }
        let mut found = Vec::new();
        let one = Decimal::from(1);
        let step = flat.step.clone().unwrap_or_else(|| one.clone());
        let zero_fits = flat.minimum.as_ref().is_none_or(|bound| bound.allows_from_below(&number::zero()))
            && flat.maximum.as_ref().is_none_or(|bound| bound.allows_from_above(&number::zero()));
        let start = match (&flat.minimum, &flat.maximum) {
            _ if zero_fits => Some(number::zero()),
            (Some(low), _) => number::round_up(&low.value, &step),
            (None, Some(high)) => number::round_down(&high.value, &step),
            (None, None) => Some(number::zero()),
        };
        let is_downwards = flat.minimum.is_none() && flat.maximum.is_some();
        let mut at = start;
        for _ in 0..=count {
            let Some(value) = at else { break };
            found.push(number::to_json(&value));
            at = if is_downwards { number::minus(&value, &step) } else { number::plus(&value, &step) };
        }
        found.extend(boundary_numbers(
            flat,
            &Low::anything(crate::formats::schema::lower::View::plain(crate::formats::schema::Role::Payload)),
        ));
        if !flat.types.contains(Types::INTEGER) || flat.step.is_none() && flat.types.contains(Types::NUMBER) {
            let shifted: Vec<Value> = found.iter().filter_map(|value| fraction_of(value, flat)).collect();
            found.extend(shifted);
        }
        found
    }
}

/// A number with a fraction near another one.
fn fraction_of(value: &Value, flat: &Flat) -> Option<Value> {
    let Value::Number(number) = value else { return None };
    let number = number::from_json(number)?;
    let half = Decimal::parse("0.5")?;
    let up = number::plus(&number, &half)?;
    let fits = flat.maximum.as_ref().is_none_or(|bound| bound.allows_from_above(&up));
    Some(number::to_json(&if fits { up } else { number::minus(&number, &half)? }))
}

/// Whether the writer's numbers satisfy the reader's bounds and step.
fn numbers(flat: &Flat, low: &Low) -> bool {
    let above = match &low.minimum {
        None => true,
        Some(wanted) => {
            flat.minimum.as_ref().is_some_and(|own| own == wanted || wanted.is_below(own) || own.value > wanted.value)
        }
    };
    let below = match &low.maximum {
        None => true,
        Some(wanted) => {
            flat.maximum.as_ref().is_some_and(|own| own == wanted || wanted.is_above(own) || own.value < wanted.value)
        }
    };
    let stepped = match &low.step {
        None => true,
        Some(step) => match (&flat.step, &flat.minimum, &flat.maximum) {
            (Some(own), _, _) if number::is_multiple_of(own, step) == Some(true) => true,
            (_, Some(low), Some(high)) if low.value == high.value => {
                number::is_multiple_of(&low.value, step) == Some(true)
            }
            _ => false,
        },
    };
    above && below && stepped
}

/// Numbers at and around every bound of both.
fn boundary_numbers(flat: &Flat, low: &Low) -> Vec<Value> {
    let mut points: Vec<Decimal> = Vec::new();
    let bounds: [Option<&Bound>; 4] =
        [flat.minimum.as_ref(), flat.maximum.as_ref(), low.minimum.as_ref(), low.maximum.as_ref()];
    for bound in bounds.into_iter().flatten() {
        points.push(bound.value.clone());
    }
    let mut around = points.clone();
    for offset in ["1", "0.5", "0.001"] {
        let Some(offset) = Decimal::parse(offset) else { continue };
        for point in &points {
            around.extend(number::plus(point, &offset));
            around.extend(number::minus(point, &offset));
        }
    }
    for (at, left) in points.iter().enumerate() {
        for right in &points[at + 1..] {
            around.extend(number::plus(left, right).as_ref().and_then(number::half));
        }
    }
    around.push(number::zero());
    around.extend(Decimal::parse("1e30"));
    around.extend(Decimal::parse("-1e30"));
    if let Some(step) = &flat.step {
        let snapped: Vec<Decimal> = around
            .iter()
            .flat_map(|point| [number::round_up(point, step), number::round_down(point, step)])
            .flatten()
            .collect();
        around.extend(snapped);
    }
    around.iter().map(number::to_json).collect()
}

/// `a`, `b`, … `z`, `aa`, …: distinct short texts.
fn text_number(at: usize) -> String {
    let mut at = at;
    let mut text = String::new();
    loop {
        let letter = u8::try_from(at % 26).unwrap_or(0);
        text.insert(0, char::from(b'a' + letter));
        at /= 26;
        if at == 0 {
            return text;
        }
        at -= 1;
    }
}
