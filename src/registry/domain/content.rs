//! Content addresses: SHA-256 for whatever is stored, and the Pact Broker's own hash of what a pact says.

use std::{fmt, io};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};
use sha2::Digest as _;

/// A SHA-256. Shown and stored in JSON as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Digest(pub(crate) [u8; 32]);

impl Digest {
    /// The digest of some bytes.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self(sha2::Sha256::digest(bytes).into())
    }

    /// Reads 64 hexadecimal digits.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        Some(Self(bytes))
    }
}

/// The digest of what is written.
#[derive(Default)]
pub(crate) struct Hashing(sha2::Sha256);

impl Hashing {
    pub(crate) fn digest(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}

impl io::Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not a SHA-256 in hexadecimal"))
    }
}

/// The Pact Broker's name of what a pact says: SHA-1, independent of key order, of the order of interactions and of
/// metadata. Two consumer versions with the same content share their verification results.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PactContent(pub(crate) [u8; 20]);

impl PactContent {
    /// Reads 40 hexadecimal digits.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 20];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        Some(Self(bytes))
    }
}

impl Serialize for PactContent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PactContent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not a SHA-1 in hexadecimal"))
    }
}

impl fmt::Display for PactContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for PactContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PactContent({self})")
    }
}

/// Why something is not a pact.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PactError {
    /// It is not JSON.
    #[error("is not JSON: {0}")]
    Json(String),
    /// The top is not an object.
    #[error("is not a JSON object")]
    NotAnObject,
    /// It does not say who it is between.
    #[error("does not name its {0}: `{0}.name` is missing")]
    Unnamed(&'static str),
}

/// A pact as the registry needs it: who it is between and what it says.
#[derive(Debug, Clone)]
pub(crate) struct PactDocument {
    /// The whole document.
    pub(crate) json: Map<String, Value>,
    /// The consumer named inside, if any.
    pub(crate) consumer: Option<String>,
    /// The provider named inside, if any.
    pub(crate) provider: Option<String>,
    /// What it says.
    pub(crate) content: PactContent,
}

impl PactDocument {
    /// Reads a pact of any version.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, PactError> {
        let value: Value = serde_json::from_slice(bytes).map_err(|error| PactError::Json(error.to_string()))?;
        let Value::Object(json) = value else { return Err(PactError::NotAnObject) };
        let name = |key: &str| json.get(key)?.get("name")?.as_str().map(str::to_owned);
        let (consumer, provider) = (name("consumer"), name("provider"));
        let content = content_of(&json);
        Ok(Self { json, consumer, provider, content })
    }

    /// The names inside; a pact without them cannot be published by itself.
    pub(crate) fn parties(&self) -> Result<(&str, &str), PactError> {
        let consumer = self.consumer.as_deref().ok_or(PactError::Unnamed("consumer"))?;
        let provider = self.provider.as_deref().ok_or(PactError::Unnamed("provider"))?;
        Ok((consumer, provider))
    }

    /// Whether a JSON document is meant as a pact rather than as a contract.
    pub(crate) fn looks_like_one(json: &Map<String, Value>) -> bool {
        json.contains_key("consumer")
            && json.contains_key("provider")
            && (json.contains_key("interactions") || json.contains_key("messages") || json.contains_key("metadata"))
    }

    /// The document with an `_id` on every interaction and message: the SHA-1 of what the interaction says.
    pub(crate) fn with_interaction_ids(&self) -> Map<String, Value> {
        let mut json = self.json.clone();
        for key in ["interactions", "messages"] {
            let Some(Value::Array(interactions)) = json.get_mut(key) else { continue };
            for interaction in interactions {
                let mut text = String::new();
                write_sorted(interaction, &mut text, 0);
                if let Value::Object(object) = interaction {
                    object.insert("_id".into(), Value::String(hex::encode(sha1(text.as_bytes()))));
                }
            }
        }
        json
    }
}

/// The broker hashes the interactions, the messages and the specification version, and the whole document where there
/// is neither. Only `interactions` is sorted; `messages` where there are no interactions.
fn content_of(json: &Map<String, Value>) -> PactContent {
    let specification = json.get("metadata").and_then(specification_version);
    let mut text = String::new();
    let interactions = json.get("interactions");
    let messages = json.get("messages");
    if interactions.is_none() && messages.is_none() {
        write_sorted(&Value::Object(json.clone()), &mut text, 0);
        return PactContent(sha1(text.as_bytes()));
    }
    text.push('{');
    for (key, value, sort) in [("interactions", interactions, true), ("messages", messages, interactions.is_none())] {
        let Some(value) = value else { continue };
        text.push_str(&format!("\"{key}\":"));
        match value {
            Value::Array(items) if sort => {
                let mut parts: Vec<String> = items
                    .iter()
                    .map(|item| {
                        let mut part = String::new();
                        write_sorted(item, &mut part, 0);
                        part
                    })
                    .collect();
                parts.sort_unstable();
                text.push('[');
                text.push_str(&parts.join(","));
                text.push(']');
            }
            other => write_sorted(other, &mut text, 0),
        }
        text.push(',');
    }
    let specification = specification.map_or_else(|| "null".to_owned(), |version| Value::String(version).to_string());
    text.push_str(&format!("\"pact_specification_version\":{specification}}}"));
    PactContent(sha1(text.as_bytes()))
}

fn specification_version(metadata: &Value) -> Option<String> {
    ["pactSpecification", "pact-specification"]
        .iter()
        .find_map(|key| metadata.get(*key)?.get("version")?.as_str())
        .or_else(|| metadata.get("pactSpecificationVersion")?.as_str())
        .map(str::to_owned)
}

/// Compact JSON with the keys of every object sorted. `serde_json` refuses input nested deeper than 128 levels, so the
/// recursion is bounded.
fn write_sorted(value: &Value, out: &mut String, depth: usize) {
    match value {
        Value::Object(object) if depth < 200 => {
            let mut keys: Vec<&String> = object.keys().collect();
            keys.sort_unstable();
            out.push('{');
            for (index, key) in keys.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                out.push_str(&Value::String(key.clone()).to_string());
                out.push(':');
                write_sorted(&object[key], out, depth + 1);
            }
            out.push('}');
        }
        Value::Array(items) if depth < 200 => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_sorted(item, out, depth + 1);
            }
            out.push(']');
        }
        other => out.push_str(&other.to_string()),
    }
}

fn sha1(bytes: &[u8]) -> [u8; 20] {
    let digest = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, bytes);
    let mut out = [0; 20];
    out.copy_from_slice(digest.as_ref());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(text: &str) -> PactContent {
        PactDocument::parse(text.as_bytes()).expect("a pact").content
    }

    #[test]
    fn key_order_interaction_order_names_and_client_metadata_do_not_change_the_content() {
        let one = r#"{"consumer":{"name":"a"},"provider":{"name":"b"},"interactions":[{"x":1,"y":{"k":1,"j":2}},{"z":2}],
            "metadata":{"pactSpecification":{"version":"2.0.0"},"client":"1"}}"#;
        let two = r#"{"interactions":[{"z":2},{"y":{"j":2,"k":1},"x":1}],"metadata":{"pactSpecification":{"version":"2.0.0"}},
            "consumer":{"name":"c"},"provider":{"name":"d"}}"#;
        assert_eq!(content(one), content(two));
        let other_version = two.replace("2.0.0", "3.0.0");
        assert_ne!(content(one), content(&other_version));
    }

    #[test]
    fn interactions_get_the_same_id_whatever_their_key_order() {
        let ids = |text: &str| {
            let json = PactDocument::parse(text.as_bytes()).expect("a pact").with_interaction_ids();
            json["interactions"][0]["_id"].clone()
        };
        assert_eq!(ids(r#"{"interactions":[{"a":1,"b":2}]}"#), ids(r#"{"interactions":[{"b":2,"a":1}]}"#));
    }

    #[test]
    fn a_pact_without_names_says_which_one_is_missing() {
        let pact = PactDocument::parse(br#"{"consumer":{"name":"a"}}"#).expect("an object");
        assert_eq!(pact.parties(), Err(PactError::Unnamed("provider")));
        assert!(matches!(PactDocument::parse(b"[]"), Err(PactError::NotAnObject)));
    }
}
