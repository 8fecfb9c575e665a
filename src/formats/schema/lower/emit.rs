//! A lowered schema as a JSON Schema of draft 2020-12, for validators that know nothing of ours.

use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::{Map, Value, json};

use crate::formats::schema::budget;
use crate::formats::schema::graph::Types;
use crate::formats::schema::lower::{Low, LowId, Lows};
use crate::formats::schema::number;

/// How far declarations are looked for: what is nested deeper counts as open.
const DECLARED: u32 = 100;
/// Counting stops here.
const WRITTEN_OUT: usize = 2_000;

/// A schema with everything that it leads to in `$defs`; `None` where a reference leads nowhere, where it leads to itself
/// without consuming a value, or where it is too large.
///
/// With `about`, only what matters for that value (and for smaller ones of the same names) is written: properties that it
/// does not have are left out, so the schema is as small as the question.
pub(in crate::formats::schema) fn emit(
    lows: &Lows<'_, '_>,
    root: LowId,
    limit: usize,
    about: Option<&Value>,
) -> Option<Value> {
    let limit = limit.min(budget::EMITTED);
    let about = about.map(|value| {
        let mut about = About::default();
        about.add(value);
        about
    });
    if has_cycle_in_place(lows, root, limit, about.as_ref()) {
        return None;
    }
    let mut emitter = Emitter {
        lows,
        about,
        known: FxHashSet::default(),
        open: Vec::new(),
        closes: FxHashMap::default(),
        declared: FxHashMap::default(),
    };
    let mut document = emitter.location(root);
    let mut definitions = Map::new();
    while let Some(id) = emitter.open.pop() {
        if definitions.len() >= limit {
            return None;
        }
        let schema = emitter.schema(id)?;
        definitions.insert(name(id), schema);
    }
    let map = document.as_object_mut()?;
    map.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
    map.insert("$defs".into(), Value::Object(definitions));
    Some(document)
}

fn name(id: LowId) -> String {
    format!("s{}", id.0)
}

/// What a value has, so that what it lacks need not be spoken of.
#[derive(Default)]
struct About {
    names: FxHashSet<String>,
    has_items: bool,
}

impl About {
    fn add(&mut self, value: &Value) {
        match value {
            Value::Array(items) => {
                self.has_items |= !items.is_empty();
                items.iter().for_each(|item| self.add(item));
            }
            Value::Object(map) => {
                for (name, entry) in map {
                    self.names.insert(name.clone());
                    self.add(entry);
                }
            }
            _ => {}
        }
    }
}

struct Emitter<'l, 'g, 'a> {
    lows: &'l Lows<'g, 'a>,
    about: Option<About>,
    known: FxHashSet<LowId>,
    open: Vec<LowId>,
    closes: FxHashMap<LowId, bool>,
    declared: FxHashMap<LowId, (bool, bool)>,
}

impl Emitter<'_, '_, '_> {
    /// A schema for the same value.
    fn here(&mut self, id: LowId) -> Value {
        if self.known.insert(id) {
            self.open.push(id);
        }
        json!({ "$ref": format!("#/$defs/{}", name(id)) })
    }

    fn all_here(&mut self, ids: &[LowId]) -> Value {
        Value::Array(ids.iter().map(|&id| self.here(id)).collect())
    }

    /// A schema for a value of its own: here is where a closed writer is closed.
    fn location(&mut self, id: LowId) -> Value {
        let mut schema = self.here(id);
        let low = self.lows.get(id);
        if (low.view.is_closed || low.view.is_strict) && self.is_closed(id) {
            schema["unevaluatedProperties"] = Value::Bool(false);
        }
        schema
    }

    fn is_closed(&mut self, id: LowId) -> bool {
        if let Some(&known) = self.closes.get(&id) {
            return known;
        }
        let (declares, is_open) = declarations(self.lows, id, DECLARED, &mut self.declared);
        let closes = declares && !is_open;
        self.closes.insert(id, closes);
        closes
    }

    fn schema(&mut self, id: LowId) -> Option<Value> {
        let low = self.lows.get(id);
        if low.is_never {
            return Some(json!({ "not": {} }));
        }
        if low.obstacle.is_some() {
            return None;
        }
        let mut map = Map::new();
        self.scalars(&low, &mut map);
        self.arrays(&low, &mut map);
        self.objects(&low, &mut map);
        let mut all: Vec<Value> = low.all.iter().map(|&id| self.here(id)).collect();
        for union in &low.unions {
            let mut part = json!({ "anyOf": self.all_here(&union.branches) });
            if let Some(exclusive) = &union.exclusive {
                // A tolerant reader's branches are wider than those that must not overlap: at most one of these.
                let counted = self.all_here(exclusive);
                if low.view.opens_enums {
                    let one = json!({ "oneOf": counted });
                    part["anyOf"] = json!([{ "allOf": [one, { "anyOf": part["anyOf"] }] },
                        { "allOf": [{ "not": { "anyOf": counted } }, { "anyOf": part["anyOf"] }] }]);
                } else {
                    part["oneOf"] = counted;
                }
            }
            all.push(part);
        }
        for &not in &low.nots {
            let not = self.here(not);
            all.push(json!({ "not": not }));
        }
        if let Some((test, then, otherwise)) = low.condition {
            let mut part = json!({ "if": self.here(test) });
            if let Some(then) = then {
                part["then"] = self.here(then);
            }
            if let Some(otherwise) = otherwise {
                part["else"] = self.here(otherwise);
            }
            all.push(part);
        }
        if !all.is_empty() {
            map.insert("allOf".into(), Value::Array(all));
        }
        if let Some(rest) = low.unevaluated {
            map.insert("unevaluatedProperties".into(), self.location(rest));
        }
        if let Some(rest) = low.unevaluated_items {
            map.insert("unevaluatedItems".into(), self.location(rest));
        }
        Some(Value::Object(map))
    }

    fn scalars(&self, low: &Low, map: &mut Map<String, Value>) {
        if low.types != Types::ALL {
            let mut names = low.types.names();
            // Numbers with a fraction only: no keyword says so, the complement does.
            if low.types.meets(Types::NUMBER) && !low.types.meets(Types::INTEGER) {
                names.push("number");
                map.insert("not".into(), json!({ "type": "integer" }));
            }
            map.insert("type".into(), json!(names));
        }
        if let Some(values) = &low.values {
            map.insert("enum".into(), Value::Array(values.to_vec()));
        }
        if let Some(bound) = &low.minimum {
            let keyword = if bound.is_open { "exclusiveMinimum" } else { "minimum" };
            map.insert(keyword.into(), number::to_json(&bound.value));
        }
        if let Some(bound) = &low.maximum {
            let keyword = if bound.is_open { "exclusiveMaximum" } else { "maximum" };
            map.insert(keyword.into(), number::to_json(&bound.value));
        }
        if let Some(step) = &low.step {
            map.insert("multipleOf".into(), number::to_json(step));
        }
        count(map, "minLength", low.min_length);
        limit(map, "maxLength", low.max_length);
        if let Some(pattern) = &low.pattern {
            map.insert("pattern".into(), json!(&**pattern));
        }
        if let Some(format) = &low.format
            && low.view.asserts_formats
        {
            map.insert("format".into(), json!(&**format));
        }
    }

    fn arrays(&mut self, low: &Low, map: &mut Map<String, Value>) {
        count(map, "minItems", low.min_items);
        limit(map, "maxItems", low.max_items);
        if low.has_unique_items {
            map.insert("uniqueItems".into(), Value::Bool(true));
        }
        if self.about.as_ref().is_some_and(|about| !about.has_items) {
            // `contains` is the only one of these that an empty array can violate.
            if low.contains.is_some_and(|(_, least, _)| least > 0) {
                count(map, "minItems", low.min_items.max(1));
            }
            return;
        }
        if !low.prefix.is_empty() {
            let prefix = low.prefix.iter().map(|&id| self.location(id)).collect();
            map.insert("prefixItems".into(), Value::Array(prefix));
        }
        if let Some(items) = low.items {
            map.insert("items".into(), self.location(items));
        }
        if let Some((schema, least, most)) = low.contains {
            map.insert("contains".into(), self.location(schema));
            map.insert("minContains".into(), json!(least));
            limit(map, "maxContains", most);
        }
    }

    fn objects(&mut self, low: &Low, map: &mut Map<String, Value>) {
        let mut properties = Map::new();
        for (name, id) in low.properties.iter() {
            if self.about.as_ref().is_some_and(|about| !about.names.contains(&**name)) {
                continue;
            }
            properties.insert(name.to_string(), self.location(*id));
        }
        // What a closed writer requires it declares; the keyword only counts beside declared properties, and beside
        // `additionalProperties` it would hide the name from it.
        if (low.view.is_closed || low.view.is_strict) && low.additional.is_none() {
            for name in &low.required {
                let is_covered = low.patterns.iter().any(|_| true);
                if !properties.contains_key(&**name) && !is_covered {
                    properties.insert(name.to_string(), Value::Bool(true));
                }
            }
        }
        if !properties.is_empty() {
            map.insert("properties".into(), Value::Object(properties));
        }
        if !low.patterns.is_empty() {
            let patterns = low.patterns.iter().map(|(pattern, id)| (pattern.to_string(), self.location(*id))).collect();
            map.insert("patternProperties".into(), Value::Object(patterns));
        }
        if let Some(additional) = low.additional {
            map.insert("additionalProperties".into(), self.location(additional));
        }
        if let Some(names) = low.names {
            map.insert("propertyNames".into(), self.location(names));
        }
        if !low.required.is_empty() {
            let names: Vec<&str> = low.required.iter().map(|name| &**name).collect();
            map.insert("required".into(), json!(names));
        }
        count(map, "minProperties", low.min_properties);
        limit(map, "maxProperties", low.max_properties);
        if !low.dependent_required.is_empty() {
            let lists: Map<String, Value> = low
                .dependent_required
                .iter()
                .map(|(name, names)| {
                    let names: Vec<&str> = names.iter().map(|name| &**name).collect();
                    (name.to_string(), json!(names))
                })
                .collect();
            map.insert("dependentRequired".into(), Value::Object(lists));
        }
        if !low.dependent_schemas.is_empty() {
            let schemas = low.dependent_schemas.iter().map(|(name, id)| (name.to_string(), self.here(*id))).collect();
            map.insert("dependentSchemas".into(), Value::Object(schemas));
        }
    }
}

fn count(map: &mut Map<String, Value>, keyword: &str, count: u64) {
    if count > 0 {
        map.insert(keyword.into(), json!(count));
    }
}

fn limit(map: &mut Map<String, Value>, keyword: &str, limit: Option<u64>) {
    if let Some(limit) = limit {
        map.insert(keyword.into(), json!(limit));
    }
}

/// Whether a schema declares properties in every branch, and whether it says outright that there are others.
///
/// Schemas that share parts are looked at once: doubled at every level, they would be looked at 2ⁿ times.
fn declarations(
    lows: &Lows<'_, '_>,
    id: LowId,
    depth: u32,
    known: &mut FxHashMap<LowId, (bool, bool)>,
) -> (bool, bool) {
    let Some(depth) = depth.checked_sub(1) else { return (false, true) };
    if let Some(&known) = known.get(&id) {
        return known;
    }
    // Nobody meets itself: schemas that lead to themselves in place were refused before.
    known.insert(id, (false, true));
    let low = lows.get(id);
    let lists_objects = low.values.as_ref().is_some_and(|values| values.iter().any(Value::is_object));
    let (mut declares, mut is_open) = (low.declares(), low.is_open || lists_objects);
    for &part in &low.all {
        let (part_declares, part_is_open) = declarations(lows, part, depth, known);
        declares |= part_declares;
        is_open |= part_is_open;
    }
    let condition = low.condition.iter().flat_map(|&(_, then, otherwise)| then.into_iter().chain(otherwise));
    for part in condition.chain(low.dependent_schemas.iter().map(|&(_, part)| part)) {
        is_open |= declarations(lows, part, depth, known).1;
    }
    for union in &low.unions {
        let objects = union.branches.iter().filter(|&&branch| lows.get(branch).types.meets(Types::OBJECT));
        let found: Vec<(bool, bool)> = objects.map(|&branch| declarations(lows, branch, depth, known)).collect();
        is_open |= found.iter().any(|&(branch_declares, is_open)| is_open || (!branch_declares && !declares));
        declares |= !found.is_empty() && found.iter().all(|&(declares, _)| declares);
    }
    known.insert(id, (declares, is_open));
    (declares, is_open)
}

/// How many schema objects there would be with every reference written out; more than the limits ask for is only "many".
pub(in crate::formats::schema) fn written_out(schema: &Value) -> usize {
    fn count(value: &Value, definitions: Option<&Value>, open: &mut Vec<String>, left: usize) -> usize {
        let mut found = 0;
        match value {
            Value::Object(map) => {
                found += 1;
                for (keyword, inner) in map {
                    if found > left || keyword == "enum" || keyword == "$defs" {
                        continue;
                    }
                    if let ("$ref", Value::String(target)) = (keyword.as_str(), inner) {
                        let name = target.trim_start_matches("#/$defs/");
                        if open.iter().any(|known| known == name) {
                            continue;
                        }
                        if let Some(target) = definitions.and_then(|definitions| definitions.get(name)) {
                            open.push(name.to_owned());
                            found += count(target, definitions, open, left - found.min(left));
                            open.pop();
                        }
                    } else {
                        found += count(inner, definitions, open, left - found.min(left));
                    }
                }
            }
            Value::Array(items) => {
                for item in items {
                    if found > left {
                        break;
                    }
                    found += count(item, definitions, open, left - found.min(left));
                }
            }
            _ => {}
        }
        found
    }
    count(schema, schema.get("$defs"), &mut Vec::new(), WRITTEN_OUT)
}

/// Whether a schema leads to itself without consuming a value: a validator would never end.
fn has_cycle_in_place(lows: &Lows<'_, '_>, root: LowId, limit: usize, about: Option<&About>) -> bool {
    // 1: on the way, 2: done.
    let mut state: FxHashMap<LowId, u8> = FxHashMap::default();
    let mut open = vec![(root, false)];
    let mut inside = Vec::new();
    loop {
        let Some((id, is_done)) = open.pop() else {
            match inside.pop() {
                Some(next) if !state.contains_key(&next) => {
                    open.push((next, false));
                    continue;
                }
                Some(_) => continue,
                None => return false,
            }
        };
        if is_done {
            state.insert(id, 2);
            continue;
        }
        match state.get(&id) {
            Some(1) => return true,
            Some(_) => continue,
            None => {}
        }
        if state.len() > limit * 2 {
            return true;
        }
        state.insert(id, 1);
        open.push((id, true));
        let low = lows.get(id);
        in_place(&low, |next| open.push((next, false)));
        in_parts(&low, about, |next| inside.push(next));
    }
}

/// Schemas for the same value.
fn in_place(low: &Low, mut visit: impl FnMut(LowId)) {
    low.all.iter().for_each(|&id| visit(id));
    for union in &low.unions {
        union.branches.iter().chain(union.exclusive.iter().flatten()).for_each(|&id| visit(id));
    }
    low.nots.iter().for_each(|&id| visit(id));
    if let Some((test, then, otherwise)) = low.condition {
        visit(test);
        then.into_iter().chain(otherwise).for_each(&mut visit);
    }
    low.dependent_schemas.iter().for_each(|&(_, id)| visit(id));
}

/// Schemas for parts of the value.
fn in_parts(low: &Low, about: Option<&About>, mut visit: impl FnMut(LowId)) {
    low.prefix.iter().for_each(|&id| visit(id));
    for (name, id) in low.properties.iter() {
        if about.is_none_or(|about| about.names.contains(&**name)) {
            visit(*id);
        }
    }
    low.patterns.iter().for_each(|&(_, id)| visit(id));
    let single = [low.items, low.unevaluated_items, low.additional, low.unevaluated, low.names];
    single.into_iter().flatten().chain(low.contains.map(|(id, _, _)| id)).for_each(&mut visit);
}
