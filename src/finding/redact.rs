//! Keeps values that look like secrets out of reports: they end up in logs, comments and artifacts.

use serde_json::Value;

/// What stands in a report instead of a secret.
const REDACTED: &str = "[redacted]";

/// Parts of names whose values are secrets more often than not. Compared in lower case without `-`, `_` and spaces.
const SECRET_NAMES: [&str; 12] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "apikey",
    "accesskey",
    "privatekey",
    "authorization",
    "credential",
    "accesstoken",
    "refreshtoken",
    "sessionid",
];

/// Beginnings of well-known tokens, whatever they are called.
const SECRET_PREFIXES: [&str; 12] = [
    "ghp_",
    "gho_",
    "ghs_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "xoxp-",
    "sk_live_",
    "rk_live_",
    "AKIA",
    "eyJhbGciOi",
    "-----BEGIN",
];

/// Replaces what looks like a secret inside a JSON value.
pub(crate) fn redact_value(value: &mut Value) {
    match value {
        Value::String(text) if has_secret_shape(text) => REDACTED.clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(redact_value),
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                // Short values are what a search for witnesses makes up; they show the shape and hide nothing.
                let is_secret = is_secret_name(name) && member.as_str().is_some_and(|text| text.len() >= 8);
                if is_secret {
                    *member = Value::String(REDACTED.to_owned());
                } else {
                    redact_value(member);
                }
            }
        }
        _ => {}
    }
}

/// Replaces tokens of well-known shapes inside a text.
pub(crate) fn redact_text(text: &mut String) {
    if !SECRET_PREFIXES.iter().any(|prefix| text.contains(prefix)) {
        return;
    }
    let is_token = |character: char| character.is_ascii_alphanumeric() || "_-.+/=".contains(character);
    let mut out = String::with_capacity(text.len());
    for piece in text.split_inclusive(|character| !is_token(character)) {
        let token = piece.trim_end_matches(|character| !is_token(character));
        if has_secret_shape(token) {
            out.push_str(REDACTED);
            out.push_str(&piece[token.len()..]);
        } else {
            out.push_str(piece);
        }
    }
    *text = out;
}

fn is_secret_name(name: &str) -> bool {
    let plain: String = name.to_lowercase().chars().filter(|character| !"-_ ".contains(*character)).collect();
    SECRET_NAMES.iter().any(|secret| plain.contains(secret))
}

fn has_secret_shape(text: &str) -> bool {
    text.len() >= 16 && SECRET_PREFIXES.iter().any(|prefix| text.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_secret_names_and_tokens_are_redacted_and_made_up_ones_stay() {
        let mut value = serde_json::json!({
            "password": "correct horse battery", "api_key": "a", "note": "ghp_abcdefghijklmnop1234", "id": 7
        });
        redact_value(&mut value);
        assert_eq!(value, serde_json::json!({"password": REDACTED, "api_key": "a", "note": REDACTED, "id": 7}));
    }

    #[test]
    fn tokens_inside_a_message_are_redacted_and_the_rest_stays() {
        let mut text = "default changed from `ghp_abcdefghijklmnop1234` to `x`".to_owned();
        redact_text(&mut text);
        assert_eq!(text, "default changed from `[redacted]` to `x`");
    }
}
