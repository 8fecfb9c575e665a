//! Merging two parts of one pact, which a consumer's test run published one after the other.

use bytes::Bytes;
use serde_json::Value;

use crate::registry::domain::PactDocument;
use crate::registry::service::{PactUpload, Refused, Registry, RegistryError};

impl Registry {
    /// A pact merged with what the version has with the provider already; as it is where there is nothing.
    pub(crate) async fn merge_pact(
        &self,
        consumer: &str,
        version: &str,
        pact: PactUpload,
    ) -> Result<PactUpload, RegistryError> {
        let before = self
            .read(|state| {
                let provider = state.service_id(&pact.provider)?;
                let publication = state.publication(state.version_id(consumer, version)?, provider)?;
                Some(state.pact(publication.pact).blob)
            })
            .await?;
        let Some(blob) = before else { return Ok(pact) };
        let bytes = self.ledger.blobs(vec![blob]).await?.pop().flatten();
        let Some(bytes) = bytes else { return Ok(pact) };
        let old = PactDocument::parse(&bytes)
            .map_err(|error| Refused::Conflict(format!("the pact published before {error}")))?;
        let merged = merge(&old, &pact.document)?;
        let bytes = Bytes::from(merged.to_string());
        let document =
            PactDocument::parse(&bytes).map_err(|error| Refused::Conflict(format!("the merged pact {error}")))?;
        Ok(PactUpload { bytes, document, replaces: Some(blob), ..pact })
    }
}

/// Both documents' interactions and messages. Two with the same description and states must be the same.
fn merge(old: &PactDocument, new: &PactDocument) -> Result<Value, Refused> {
    let mut merged = Value::Object(old.json.clone());
    for key in ["interactions", "messages"] {
        let Some(Value::Array(added)) = new.json.get(key) else { continue };
        let mut all: Vec<Value> = merged.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
        for interaction in added {
            match all.iter().find(|known| identity(known) == identity(interaction)) {
                Some(known) if known == interaction => {}
                Some(_) => {
                    let name = interaction.get("description").and_then(Value::as_str).unwrap_or("(no description)");
                    return Err(Refused::Conflict(format!(
                        "the interaction `{name}` was published with other content for this version; it cannot be merged"
                    )));
                }
                None => all.push(interaction.clone()),
            }
        }
        merged[key] = Value::Array(all);
    }
    if let Some(metadata) = new.json.get("metadata") {
        merged["metadata"] = metadata.clone();
    }
    Ok(merged)
}

fn identity(interaction: &Value) -> (Option<&Value>, Option<&Value>, Option<&Value>) {
    (interaction.get("description"), interaction.get("providerState"), interaction.get("providerStates"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pact(text: &str) -> PactDocument {
        PactDocument::parse(text.as_bytes()).expect("a pact")
    }

    #[test]
    fn interactions_of_both_are_kept_and_the_same_one_once() {
        let old = pact(r#"{"interactions":[{"description":"a"},{"description":"b"}]}"#);
        let new = pact(r#"{"interactions":[{"description":"b"},{"description":"c"}]}"#);
        let merged = merge(&old, &new).expect("they agree");
        assert_eq!(merged["interactions"].as_array().map(Vec::len), Some(3));
    }

    #[test]
    fn an_interaction_that_differs_is_refused_by_name() {
        let old = pact(r#"{"interactions":[{"description":"a","request":1}]}"#);
        let new = pact(r#"{"interactions":[{"description":"a","request":2}]}"#);
        let refused = merge(&old, &new).expect_err("they differ").to_string();
        assert!(refused.contains("`a`"), "{refused}");
    }
}
