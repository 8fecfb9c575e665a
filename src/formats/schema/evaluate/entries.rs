//! Arrays and objects.

use std::rc::Rc;

use serde_json::Value;

use crate::formats::schema::evaluate::Evaluator;
use crate::formats::schema::evaluate::keywords::{Noted, Unclear, Verdict};
use crate::formats::schema::graph::{Data, Dependency, Schema, SchemaId};
use crate::formats::schema::lower::is_equal;
use crate::formats::schema::{Dialect, Keyword, Role};

/// How far a flag is looked for through references.
const FLAG_DEPTH: u32 = 6;

impl Evaluator<'_, '_> {
    pub(super) fn array(&self, schema: &Schema, value: &Value, noted: &mut Noted, depth: u32) -> Verdict {
        let Value::Array(items) = value else { return Ok(true) };
        let count = items.len() as u64;
        if schema.count(Keyword::MinItems).is_some_and(|least| count < least)
            || schema.count(Keyword::MaxItems).is_some_and(|most| count > most)
        {
            return Ok(false);
        }
        if schema.flag(Keyword::UniqueItems) {
            for (at, item) in items.iter().enumerate() {
                if items[at + 1..].iter().any(|other| is_equal(item, other)) {
                    return Ok(false);
                }
            }
        }
        let prefix: &[SchemaId] = match (self.says(schema, Keyword::PrefixItems), schema.data(Keyword::Items)) {
            (Some(Data::Schemas(prefix)), _) | (None, Some(Data::Schemas(prefix))) => prefix,
            _ => &[],
        };
        let rest = match schema.data(Keyword::Items) {
            Some(&Data::Schema(rest)) => Some(rest),
            Some(Data::Schemas(_)) => match self.says(schema, Keyword::AdditionalItems) {
                Some(&Data::Schema(rest)) => Some(rest),
                _ => None,
            },
            _ => None,
        };
        for (at, item) in items.iter().enumerate() {
            let Some(wanted) = prefix.get(at).copied().or(rest) else { continue };
            if !self.whole(wanted, item, depth)? {
                return Ok(false);
            }
            noted.items.push(at);
        }
        let Some(&Data::Schema(wanted)) = self.says(schema, Keyword::Contains) else { return Ok(true) };
        let mut matches = 0;
        for (at, item) in items.iter().enumerate() {
            if self.whole(wanted, item, depth)? {
                matches += 1;
                noted.items.push(at);
            }
        }
        let least = match self.says(schema, Keyword::MinContains) {
            Some(&Data::Count(least)) => least,
            _ => 1,
        };
        let is_few = match self.says(schema, Keyword::MaxContains) {
            Some(&Data::Count(most)) => matches <= most,
            _ => true,
        };
        Ok(matches >= least && is_few)
    }

    pub(super) fn object(&self, schema: &Schema, value: &Value, noted: &mut Noted, depth: u32) -> Verdict {
        let Value::Object(map) = value else { return Ok(true) };
        let count = map.len() as u64;
        if schema.count(Keyword::MinProperties).is_some_and(|least| count < least)
            || schema.count(Keyword::MaxProperties).is_some_and(|most| count > most)
        {
            return Ok(false);
        }
        let declared = schema.named(Keyword::Properties);
        noted.declares |= !declared.is_empty();
        let around = self.hidden.borrow().clone();
        let hidden: Vec<&str> = declared
            .iter()
            .filter(|property| self.is_hidden(schema.dialect, property.schema) || around.contains(&property.name))
            .map(|property| &*property.name)
            .collect();
        for name in schema.required().iter().filter(|name| !hidden.contains(&&***name) && !around.contains(name)) {
            if !map.contains_key(&**name) {
                return Ok(false);
            }
            noted.required.push(name.to_string());
        }
        noted.is_open |= match (self.says(schema, Keyword::Const), schema.data(Keyword::Enum)) {
            (Some(Data::Value(value)), _) => value.is_object(),
            (_, Some(Data::Values(values))) => values.iter().any(Value::is_object),
            _ => false,
        };
        let additional = match schema.data(Keyword::AdditionalProperties) {
            Some(&Data::Schema(additional)) => Some(additional),
            _ => None,
        };
        noted.is_open |= additional.is_some_and(|additional| self.graph.get(additional).boolean != Some(false));
        let by_pattern = match self.says(schema, Keyword::PatternProperties) {
            Some(Data::Named(named)) => named.as_slice(),
            _ => &[],
        };
        for (name, entry) in map {
            let mut is_known = false;
            if let Some(property) = declared.iter().find(|property| *property.name == **name) {
                is_known = true;
                if hidden.contains(&&**name) {
                    // The writer does not send it, the reader does not look at it.
                    if self.view.is_writer {
                        return Ok(false);
                    }
                } else if !self.whole(property.schema, entry, depth)? {
                    return Ok(false);
                }
            }
            for pattern in by_pattern {
                if self.patterns.is_match(&Rc::from(&*pattern.name), name).ok_or(Unclear)? {
                    is_known = true;
                    if !self.whole(pattern.schema, entry, depth)? {
                        return Ok(false);
                    }
                }
            }
            if !is_known && let Some(additional) = additional {
                is_known = true;
                if !self.whole(additional, entry, depth)? {
                    return Ok(false);
                }
            }
            if is_known {
                noted.names.push(name.clone());
            }
        }
        if let Some(&Data::Schema(names)) = self.says(schema, Keyword::PropertyNames) {
            for name in map.keys() {
                if !self.whole(names, &Value::String(name.clone()), depth)? {
                    return Ok(false);
                }
            }
        }
        self.dependencies(schema, value, noted, depth)
    }

    fn dependencies(&self, schema: &Schema, value: &Value, noted: &mut Noted, depth: u32) -> Verdict {
        let has = |name: &str| value.get(name).is_some();
        if let Some(Data::NameLists(lists)) = self.says(schema, Keyword::DependentRequired)
            && lists.iter().any(|(name, names)| has(name) && !names.iter().all(|name| has(name)))
        {
            return Ok(false);
        }
        let mut wanted = Vec::new();
        if let Some(Data::Named(named)) = self.says(schema, Keyword::DependentSchemas) {
            wanted.extend(named.iter().filter(|entry| has(&entry.name)).map(|entry| entry.schema));
        }
        if let Some(Data::Dependencies(dependencies)) = self.says(schema, Keyword::Dependencies) {
            for dependency in dependencies {
                match dependency {
                    Dependency::Names(name, names) if has(name) && !names.iter().all(|name| has(name)) => {
                        return Ok(false);
                    }
                    Dependency::Schema(name, schema) if has(name) => wanted.push(*schema),
                    _ => {}
                }
            }
        }
        for schema in wanted {
            if !self.holds(schema, value, true, noted, depth)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Remembers what the bases of a schema hide: what one of them requires, another may keep from being sent.
    pub(super) fn hide(&self, schema: &Schema) {
        if self.flag(schema.dialect).is_some() {
            for &part in schema.schemas(Keyword::AllOf) {
                self.hide_below(part, FLAG_DEPTH);
            }
            if !schema.schemas(Keyword::AllOf).is_empty() {
                self.hide_own(schema);
            }
        }
    }

    fn hide_below(&self, schema: SchemaId, depth: u32) {
        let schema = self.graph.get(schema);
        self.hide_own(schema);
        let Some(depth) = depth.checked_sub(1) else { return };
        let target = schema.reference().and_then(|reference| reference.target.as_ref().ok().copied());
        for part in target.into_iter().chain(schema.schemas(Keyword::AllOf).iter().copied()) {
            self.hide_below(part, depth);
        }
    }

    fn hide_own(&self, schema: &Schema) {
        for property in schema.named(Keyword::Properties) {
            if self.is_hidden(schema.dialect, property.schema) {
                self.hidden.borrow_mut().push(property.name.clone());
            }
        }
    }

    /// Whether the role does not carry the property.
    fn is_hidden(&self, dialect: Dialect, schema: SchemaId) -> bool {
        self.flag(dialect).is_some_and(|flag| self.carries(schema, flag, FLAG_DEPTH))
    }

    fn flag(&self, dialect: Dialect) -> Option<Keyword> {
        Some(match (self.view.role, dialect) {
            (Role::Request, Dialect::OpenApi20 | Dialect::OpenApi30) => Keyword::ReadOnly,
            (Role::Response, Dialect::OpenApi30) => Keyword::WriteOnly,
            (Role::Request, Dialect::OpenApi31 | Dialect::OpenApi32) if !self.view.read_only_documents => {
                Keyword::ReadOnly
            }
            (Role::Response, Dialect::OpenApi31 | Dialect::OpenApi32) if !self.view.read_only_documents => {
                Keyword::WriteOnly
            }
            _ => return None,
        })
    }

    fn carries(&self, schema: SchemaId, flag: Keyword, depth: u32) -> bool {
        let schema = self.graph.get(schema);
        if schema.flag(flag) {
            return true;
        }
        let Some(depth) = depth.checked_sub(1) else { return false };
        let target = schema.reference().and_then(|reference| reference.target.as_ref().ok().copied());
        let parts = schema.schemas(Keyword::AllOf).iter().copied();
        target.into_iter().chain(parts).any(|next| self.carries(next, flag, depth))
    }
}
