//! From the tree to `serde_json`, for validators and reports.

use serde_json::{Map, Number, Value};

use crate::syntax::{Decimal, Document, Kind, NodeId};

/// A value has more nodes than the caller allows: aliases can make a small file mean a huge value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the value has more than {limit} parts")]
pub struct TooLarge {
    /// How many nodes were allowed.
    pub limit: usize,
}

impl Document {
    /// The node as a JSON value. Numbers keep their exact value; YAML's `.inf` and `.nan`, which JSON cannot say,
    /// become strings.
    ///
    /// # Errors
    /// When the value has more than `limit` nodes, aliases counted each time they are used.
    pub fn to_json(&self, id: NodeId, limit: usize) -> Result<Value, TooLarge> {
        let mut left = limit;
        self.convert(id, &mut left).ok_or(TooLarge { limit })
    }

    fn convert(&self, id: NodeId, left: &mut usize) -> Option<Value> {
        *left = left.checked_sub(1)?;
        Some(match self.kind(id) {
            Kind::Null => Value::Null,
            Kind::Bool => Value::Bool(self.as_bool(id) == Some(true)),
            Kind::String => Value::String(self.text(id).to_owned()),
            Kind::Number => number(self.text(id)),
            Kind::Sequence => {
                Value::Array(self.items(id).iter().map(|&item| self.convert(item, left)).collect::<Option<_>>()?)
            }
            Kind::Mapping => {
                let mut map = Map::new();
                for (key, value) in self.entries(id) {
                    map.insert(key.to_owned(), self.convert(value, left)?);
                }
                Value::Object(map)
            }
        })
    }
}

fn number(text: &str) -> Value {
    // Most numbers are JSON numbers as they stand; YAML's other spellings go through the exact value.
    if let Ok(number) = text.parse::<Number>() {
        return Value::Number(number);
    }
    Decimal::parse(text)
        .and_then(|decimal| decimal.to_string().parse::<Number>().ok())
        .map_or_else(|| Value::String(text.to_owned()), Value::Number)
}
