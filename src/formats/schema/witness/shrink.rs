//! Smaller values that still show the same.

use serde_json::Value;

/// How many smaller values are tried for one witness.
const TRIES: u32 = 120;

/// Removes entries and items and simplifies texts and numbers, as long as `holds`.
pub(super) fn shrink(value: Value, holds: impl Fn(&Value) -> bool) -> Value {
    let mut best = value;
    let mut tries = TRIES;
    loop {
        let mut improved = false;
        for smaller in smaller(&best) {
            if tries == 0 {
                return best;
            }
            tries -= 1;
            if holds(&smaller) {
                best = smaller;
                improved = true;
                break;
            }
        }
        if !improved {
            return best;
        }
    }
}

/// Values that are one step smaller, the largest steps first.
fn smaller(value: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    match value {
        Value::Object(map) => {
            for name in map.keys() {
                let mut map = map.clone();
                map.shift_remove(name);
                found.push(Value::Object(map));
            }
            for (name, entry) in map {
                for smaller in smaller(entry) {
                    let mut map = map.clone();
                    map.insert(name.clone(), smaller);
                    found.push(Value::Object(map));
                }
            }
        }
        Value::Array(items) => {
            if items.len() > 3 {
                found.push(Value::Array(items[..items.len() / 2].to_vec()));
            }
            for at in 0..items.len() {
                let mut items = items.clone();
                items.remove(at);
                found.push(Value::Array(items));
            }
            for (at, item) in items.iter().enumerate() {
                for smaller in smaller(item) {
                    let mut items = items.clone();
                    items[at] = smaller;
                    found.push(Value::Array(items));
                }
            }
        }
        Value::String(text) if text.chars().count() > 1 => {
            let half: String = text.chars().take(text.chars().count() / 2).collect();
            let less: String = text.chars().take(text.chars().count() - 1).collect();
            found.push(Value::String(half));
            found.push(Value::String(less));
        }
        Value::Number(number) if number.as_str().len() > 4 => {
            found.extend(["0", "1", "-1", "0.5"].iter().filter_map(|text| text.parse().ok()).map(Value::Number));
        }
        _ => {}
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_shows_the_break_is_left() {
        let value = json!({"a": [1, 2, 3], "b": {"c": "long text", "d": null}, "e": 123_456});
        let smallest = shrink(value, |value| value.pointer("/b/c").is_some_and(serde_json::Value::is_string));
        assert_eq!(smallest, json!({"b": {"c": "l"}}));
    }
}
