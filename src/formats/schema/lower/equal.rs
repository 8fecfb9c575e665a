//! Equality of JSON values, and lists of values that are asked often.

use std::hash::{Hash, Hasher};
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHasher};
use serde_json::Value;

use crate::syntax::Decimal;

/// Shorter lists are looked through.
const INDEXED: usize = 32;

/// Whether two JSON values are equal: numbers by value, objects whatever their order.
pub(in crate::formats::schema) fn is_equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => {
            left == right
                || match (Decimal::parse(left.as_str()), Decimal::parse(right.as_str())) {
                    (Some(left), Some(right)) => left == right,
                    _ => false,
                }
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| is_equal(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(name, value)| right.get(name).is_some_and(|other| is_equal(value, other)))
        }
        _ => left == right,
    }
}

/// The same for values that [`is_equal`] holds for.
pub(in crate::formats::schema) fn hash_of(value: &Value) -> u64 {
    let mut hasher = FxHasher::default();
    match value {
        Value::Null => 0_u8.hash(&mut hasher),
        Value::Bool(flag) => (1_u8, flag).hash(&mut hasher),
        Value::Number(number) => match Decimal::parse(number.as_str()) {
            Some(number) => (2_u8, number).hash(&mut hasher),
            None => (3_u8, number.as_str()).hash(&mut hasher),
        },
        Value::String(text) => (4_u8, text).hash(&mut hasher),
        Value::Array(items) => (5_u8, items.iter().map(hash_of).collect::<Vec<_>>()).hash(&mut hasher),
        Value::Object(map) => {
            // Objects are equal whatever their order.
            let entries = map.iter().map(|(name, value)| {
                let mut hasher = FxHasher::default();
                (name, hash_of(value)).hash(&mut hasher);
                hasher.finish()
            });
            (6_u8, map.len(), entries.fold(0_u64, u64::wrapping_add)).hash(&mut hasher);
        }
    }
    hasher.finish()
}

/// The positions of the values of a long list.
#[derive(Debug)]
pub(in crate::formats::schema) struct ValueIndex(FxHashMap<u64, Vec<u32>>);

impl ValueIndex {
    /// An index of a list; `None` where looking through it is as fast.
    pub(in crate::formats::schema) fn of(values: &[Value]) -> Option<Rc<Self>> {
        if values.len() <= INDEXED {
            return None;
        }
        let mut positions: FxHashMap<u64, Vec<u32>> = FxHashMap::default();
        for (at, value) in values.iter().enumerate() {
            positions.entry(hash_of(value)).or_default().push(u32::try_from(at).unwrap_or(u32::MAX));
        }
        Some(Rc::new(Self(positions)))
    }

    /// Whether the list that the index was made of holds a value.
    pub(in crate::formats::schema) fn holds(&self, values: &[Value], value: &Value) -> bool {
        let positions = self.0.get(&hash_of(value)).map_or(&[][..], Vec::as_slice);
        positions.iter().any(|&at| values.get(at as usize).is_some_and(|known| is_equal(known, value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn equal_values_have_equal_hashes() {
        let one: Value = serde_json::from_str(r#"{"a": 1.0, "b": [10e-1]}"#).expect("JSON");
        let other = json!({"b": [1], "a": 1});
        assert!(is_equal(&one, &other));
        assert_eq!(hash_of(&one), hash_of(&other));
        assert_ne!(hash_of(&json!("1")), hash_of(&json!(1)));
    }

    #[test]
    fn long_lists_are_found_in_by_value() {
        let values: Vec<Value> = (0..100).map(Value::from).collect();
        let index = ValueIndex::of(&values).expect("the list is long");
        assert!(index.holds(&values, &serde_json::from_str("7.0").expect("JSON")));
        assert!(!index.holds(&values, &json!("7")));
    }
}
