//! Combinations of schemas, and the tags of OpenAPI's discriminators.

use serde_json::Value;

use crate::formats::schema::Keyword;
use crate::formats::schema::evaluate::Evaluator;
use crate::formats::schema::evaluate::keywords::{Noted, Verdict};
use crate::formats::schema::graph::{Data, Discriminator, Schema, SchemaId};
use crate::formats::schema::lower::tags;

impl Evaluator<'_, '_> {
    pub(super) fn combinations(
        &self,
        schema: &Schema,
        value: &Value,
        is_part: bool,
        noted: &mut Noted,
        depth: u32,
    ) -> Verdict {
        let parts = schema.schemas(Keyword::AllOf);
        // A nameless wrapper around one schema is that schema.
        let are_parts = is_part || parts.len() != 1 || schema.name.is_some();
        for &part in parts {
            if !self.holds(part, value, are_parts, noted, depth)? {
                return Ok(false);
            }
        }
        if let Some(Data::Schemas(branches)) = self.says(schema, Keyword::AnyOf)
            && !self.any(schema, branches, value, noted, depth)?
        {
            return Ok(false);
        }
        if let Some(Data::Schemas(branches)) = self.says(schema, Keyword::OneOf) {
            if !self.any(schema, branches, value, noted, depth)? {
                return Ok(false);
            }
            if !self.is_one(schema, branches, value, depth)? {
                return Ok(false);
            }
        }
        if let Some(&Data::Schema(not)) = self.says(schema, Keyword::Not)
            && self.aside(|| self.plainly().holds(not, value, true, &mut Noted::default(), depth))?
        {
            return Ok(false);
        }
        let Some(&Data::Schema(test)) = self.says(schema, Keyword::If) else { return Ok(true) };
        let mut tested = Noted::default();
        let is_true = self.aside(|| self.plainly().holds(test, value, true, &mut tested, depth))?;
        if is_true {
            tested.declares = false;
            tested.is_open = false;
            noted.absorb(tested);
        }
        match self.says(schema, if is_true { Keyword::Then } else { Keyword::Else }) {
            Some(&Data::Schema(next)) => self.holds(next, value, true, noted, depth),
            _ => Ok(true),
        }
    }

    /// At least one branch, by tag where there is one.
    fn any(&self, schema: &Schema, branches: &[SchemaId], value: &Value, noted: &mut Noted, depth: u32) -> Verdict {
        let tagged: Option<(Box<str>, Vec<Vec<Box<str>>>, bool)> = match self.discriminator(schema) {
            Some(discriminator) => {
                let tags = branches.iter().map(|&branch| tags::tags_of(self.graph, discriminator, branch)).collect();
                Some((discriminator.property.clone(), tags, true))
            }
            None if self.view.opens_enums => {
                tags::common_tag(self.graph, branches).map(|(property, tags)| (property, tags, false))
            }
            None => None,
        };
        let mut is_possible = vec![true; branches.len()];
        if let (Some((property, tags, must_be_there)), Value::Object(map)) = (&tagged, value) {
            let tag = map.get(&**property);
            let is_known = |tag: &str| tags.iter().flatten().any(|known| **known == *tag);
            if self.view.opens_enums
                && let Some(Value::String(tag)) = tag
                && !is_known(tag)
            {
                return Ok(true);
            }
            for (at, tags) in tags.iter().enumerate() {
                is_possible[at] = tags.is_empty()
                    || match tag {
                        Some(Value::String(tag)) => tags.iter().any(|known| **known == **tag),
                        Some(_) => false,
                        None => !must_be_there,
                    };
            }
        }
        let mut found = false;
        for (at, &branch) in branches.iter().enumerate() {
            if !is_possible[at] {
                continue;
            }
            let mut seen = Noted::default();
            if self.holds(branch, value, true, &mut seen, depth)? {
                found = true;
                noted.absorb(seen);
            }
        }
        Ok(found)
    }

    /// No second branch, as a validator counts. Tags tell branches apart by themselves.
    fn is_one(&self, schema: &Schema, branches: &[SchemaId], value: &Value, depth: u32) -> Verdict {
        if self.view.is_loose || self.discriminator(schema).is_some() {
            return Ok(true);
        }
        if self.view.opens_enums && tags::common_tag(self.graph, branches).is_some() {
            return Ok(true);
        }
        let plain = self.plainly();
        let mut count = 0;
        for &branch in branches {
            count += u32::from(plain.holds(branch, value, true, &mut Noted::default(), depth)?);
        }
        Ok(count == 1 || branches.len() == 1 || (count == 0 && self.view.opens_enums))
    }

    fn discriminator<'s>(&self, schema: &'s Schema) -> Option<&'s Discriminator> {
        match self.says(schema, Keyword::Discriminator) {
            Some(Data::Discriminator(discriminator)) => Some(discriminator),
            _ => None,
        }
    }

    /// The schemas that a parent with a discriminator stands for, each with its tags; itself included.
    pub(super) fn members(&self, id: SchemaId, schema: &Schema) -> Option<Vec<(SchemaId, Vec<Box<str>>)>> {
        let discriminator = self.discriminator(schema)?;
        if !schema.schemas(Keyword::OneOf).is_empty() || !schema.schemas(Keyword::AnyOf).is_empty() {
            return None;
        }
        let mut members = Vec::new();
        let mut open = self.graph.children(id);
        open.extend(discriminator.mapping.iter().filter_map(|(_, target)| target.as_ref().ok().copied()));
        while let Some(member) = open.pop() {
            if member != id && !members.contains(&member) {
                members.push(member);
                open.extend(self.graph.children(member));
            }
        }
        if members.is_empty() {
            return None;
        }
        members.push(id);
        Some(members.into_iter().map(|member| (member, tags::tags_of(self.graph, discriminator, member))).collect())
    }

    /// The value is what its tag says.
    pub(super) fn one_member(
        &self,
        schema: &Schema,
        members: &[(SchemaId, Vec<Box<str>>)],
        value: &Value,
        noted: &mut Noted,
        depth: u32,
    ) -> Verdict {
        let Some(discriminator) = self.discriminator(schema) else { return Ok(true) };
        let tag = value.get(&*discriminator.property);
        let named: Option<Vec<SchemaId>> = match (value, tag) {
            (Value::Object(_), Some(Value::String(tag))) => {
                let named = members.iter().filter(|(_, tags)| tags.iter().any(|known| **known == **tag));
                let named: Vec<SchemaId> = named.map(|&(member, _)| member).collect();
                if named.is_empty() && self.view.opens_enums {
                    return Ok(true);
                }
                Some(named)
            }
            (Value::Object(_), _) => Some(Vec::new()),
            _ => None,
        };
        let nameless = members.iter().filter(|(_, tags)| tags.is_empty()).map(|&(member, _)| member);
        let candidates: Vec<SchemaId> = match named {
            Some(named) => named.into_iter().chain(nameless.filter(|_| members.len() > 1)).collect(),
            None => members.iter().map(|&(member, _)| member).collect(),
        };
        let mut found = false;
        for member in candidates {
            let mut seen = Noted::default();
            if self.holds(member, value, true, &mut seen, depth)? {
                found = true;
                noted.absorb(seen);
            }
        }
        Ok(found)
    }
}
