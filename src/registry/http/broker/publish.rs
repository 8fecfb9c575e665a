//! Publishing pacts: all of a version's at once, or one by its own address. What both say to the user.

use std::fmt::Write as _;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::registry::domain::{PactDocument, State as Known};
use crate::registry::http::app::{App, Asker};
use crate::registry::http::broker::documents::link;
use crate::registry::http::reply::{BrokerResult, hal, parse_body};
use crate::registry::http::urls::Urls;
use crate::registry::service::{PactOutcome, PactUpload, Published, PublishedPact, Refused, RegistryError, Upload};

pub(super) async fn publish(State(app): State<App>, asker: Asker, headers: HeaderMap, body: Bytes) -> BrokerResult {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !content_type.is_empty() && !content_type.contains("json") {
        return Ok(hal(StatusCode::UNSUPPORTED_MEDIA_TYPE, &json!({"error": "send application/json"})));
    }
    let body = parse_body(&body)?;
    let (mut upload, merged) = match read(&body) {
        Ok(read) => read,
        Err(errors) => return Ok(hal(StatusCode::BAD_REQUEST, &json!({"errors": errors}))),
    };
    for index in merged {
        let pact = &mut upload.pacts[index];
        *pact = app.registry.merge_pact(&upload.service, &upload.version, pact.clone()).await?;
    }
    let description = (upload.service.clone(), upload.version.clone(), upload.branch.clone(), upload.tags.clone());
    match app.registry.publish(&asker.caller, upload).await {
        Ok(published) => {
            let hints = app.registry.read(|state| hints(state, &published)).await?;
            Ok(hal(StatusCode::OK, &reply(&asker.urls, &description, &published, &hints)))
        }
        Err(RegistryError::Refused(Refused::Conflict(text))) => {
            let notices = json!([{"type": "error", "text": text}]);
            let logs = json!([{"level": "error", "message": text, "deprecationWarning": "Replaced by notices"}]);
            let document = json!({"notices": notices, "logs": logs, "errors": {"contracts": [text]}});
            Ok(hal(StatusCode::CONFLICT, &document))
        }
        Err(error) => Err(error.into()),
    }
}

/// What was sent, and which of the pacts are to be merged; or what is wrong with it, by field.
fn read(body: &Value) -> Result<(Upload, Vec<usize>), Map<String, Value>> {
    let mut errors = Map::new();
    let mut text = |key: &str, required: bool| match body.get(key) {
        Some(Value::String(text)) if !text.trim().is_empty() => Some(text.clone()),
        Some(Value::String(_)) if required => {
            errors.insert(key.into(), json!(["can't be blank"]));
            None
        }
        None | Some(Value::Null | Value::String(_)) => {
            if required {
                errors.insert(key.into(), json!(["is missing"]));
            }
            None
        }
        Some(_) => {
            errors.insert(key.into(), json!(["must be a string"]));
            None
        }
    };
    let service = text("pacticipantName", true).unwrap_or_default();
    let version = text("pacticipantVersionNumber", true).unwrap_or_default();
    let (branch, build_url) = (text("branch", false), text("buildUrl", false));
    let mut tags = Vec::new();
    match body.get("tags") {
        None | Some(Value::Null) => {}
        Some(Value::Array(list)) => {
            for tag in list {
                match tag.as_str().filter(|tag| !tag.trim().is_empty()) {
                    Some(tag) => tags.push(tag.to_owned()),
                    None => drop(errors.insert("tags".into(), json!(["must be a list of non-empty strings"]))),
                }
            }
        }
        Some(_) => drop(errors.insert("tags".into(), json!(["must be an array"]))),
    }
    let mut pacts = Vec::new();
    let mut merged = Vec::new();
    match body.get("contracts") {
        Some(Value::Array(list)) => {
            let mut problems = Vec::new();
            for (index, contract) in list.iter().enumerate() {
                match read_contract(contract, &service) {
                    Ok(pact) => {
                        if contract.get("onConflict").and_then(Value::as_str) == Some("merge")
                            || contract.get("writeMode").and_then(Value::as_str) == Some("merge")
                        {
                            merged.push(pacts.len());
                        }
                        pacts.push(pact);
                    }
                    Err(problem) => problems.push(format!("{problem} (at index {index})")),
                }
            }
            if !problems.is_empty() {
                errors.insert("contracts".into(), json!(problems));
            }
        }
        Some(_) => drop(errors.insert("contracts".into(), json!(["must be an array"]))),
        None => drop(errors.insert("contracts".into(), json!(["is missing"]))),
    }
    if errors.is_empty() {
        return Ok((Upload { service, version, branch, tags, build_url, pacts, ..Upload::default() }, merged));
    }
    Err(errors)
}

fn read_contract(contract: &Value, service: &str) -> Result<PactUpload, String> {
    let text = |key: &str| {
        let value = contract.get(key).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
        value.ok_or_else(|| format!("{key} is missing"))
    };
    let (consumer, provider) = (text("consumerName")?, text("providerName")?);
    if text("specification")? != "pact" {
        return Err("specification must be one of: pact".into());
    }
    if !text("contentType")?.contains("json") {
        return Err("contentType must be one of: application/json".into());
    }
    if consumer != service {
        return Err(format!("consumerName ({consumer}) does not match pacticipantName ({service})"));
    }
    let bytes = STANDARD.decode(text("content")?).map_err(|_| "content is not base64".to_owned())?;
    let document = PactDocument::parse(&bytes).map_err(|error| format!("content {error}"))?;
    for (inside, outside, key) in
        [(&document.consumer, consumer, "consumerName"), (&document.provider, provider, "providerName")]
    {
        if let Some(inside) = inside.as_deref().filter(|inside| *inside != outside) {
            return Err(format!("{key} ({outside}) does not match the name in the pact content ({inside})"));
        }
    }
    Ok(PactUpload { provider: provider.to_owned(), bytes: bytes.into(), document, replaces: None })
}

/// What the messages depend on: does the provider have versions, are there webhooks.
struct Hints {
    unverified_providers: Vec<String>,
    has_webhook: bool,
}

fn hints(state: &Known, published: &Published) -> Hints {
    let unverified = published
        .pacts
        .iter()
        .filter(|pact| state.service_id(&pact.provider).is_none_or(|id| state.service(id).versions.is_empty()));
    Hints {
        unverified_providers: unverified.map(|pact| pact.provider.clone()).collect(),
        has_webhook: state
            .webhooks()
            .any(|(_, webhook)| webhook.definition.events.iter().any(|event| event.starts_with("contract_"))),
    }
}

type Described = (String, String, Option<String>, Vec<String>);

fn reply(urls: &Urls, (service, version, branch, tags): &Described, published: &Published, hints: &Hints) -> Value {
    let mut notices: Vec<(&str, String)> = Vec::new();
    let mut created =
        format!("{} {service} version {version}", if published.version_was_new { "Created" } else { "Updated" });
    if let Some(branch) = branch {
        let _ = write!(created, " with branch {branch}");
    }
    if !tags.is_empty() {
        let _ = write!(created, " {} tags {}", if branch.is_some() { "and" } else { "with" }, tags.join(", "));
    }
    notices.push(("debug", created));
    if branch.is_none() {
        let text = "  Next steps:\n    Configure the version branch to be the value of your repository branch.";
        notices.push(("prompt", text.to_owned()));
    }
    for pact in &published.pacts {
        pact_notices(urls, service, version, pact, hints, &mut notices);
    }
    let contracts: Vec<Value> = published
        .pacts
        .iter()
        .map(|pact| {
            let name = format!("Pact between {service} ({version}) and {}", pact.provider);
            link(&urls.pact(&pact.provider, service, version), "Pact", &name)
        })
        .collect();
    json!({
        "logs": notices.iter().map(|(level, text)| json!({"level": level, "message": text, "deprecationWarning": "Replaced by notices"})).collect::<Vec<_>>(),
        "notices": notices.iter().map(|(level, text)| json!({"type": level, "text": text})).collect::<Vec<_>>(),
        "_embedded": {
            "pacticipant": {"name": service, "_links": {"self": {"href": urls.pacticipant(service)}}},
            "version": {"number": version, "_links": {"self": link(&urls.version(service, version), "Version", version)}},
        },
        "_links": {
            "pb:pacticipant": link(&urls.pacticipant(service), "Pacticipant", service),
            "pb:pacticipant-version": link(&urls.version(service, version), "Pacticipant version", version),
            "pb:pacticipant-version-tags": tags.iter().map(|tag| link(&urls.tag(service, version, tag), "Tag", tag)).collect::<Vec<_>>(),
            "pb:contracts": contracts,
        },
    })
}

fn pact_notices(
    urls: &Urls,
    service: &str,
    version: &str,
    pact: &PublishedPact,
    hints: &Hints,
    notices: &mut Vec<(&'static str, String)>,
) {
    let provider = &pact.provider;
    let (level, what) = match pact.outcome {
        PactOutcome::New => {
            ("success", format!("Pact successfully published for {service} version {version} and provider {provider}."))
        }
        PactOutcome::Same => (
            "success",
            format!(
                "Pact successfully republished for {service} version {version} and provider {provider} with no content changes."
            ),
        ),
        PactOutcome::Merged => (
            "success",
            format!(
                "Pact successfully republished for {service} version {version} and provider {provider} with changed content."
            ),
        ),
    };
    notices.push((level, what));
    notices.push(("debug", format!("  View the published pact at {}", urls.pact(provider, service, version))));
    let mut events = "  Events detected: contract_published".to_owned();
    if !pact.content_changes.is_empty() {
        let _ = write!(events, ", contract_content_changed ({})", pact.content_changes.join(", "));
    }
    notices.push(("debug", events));
    let is_unverified = hints.unverified_providers.contains(provider);
    if !is_unverified && hints.has_webhook {
        return;
    }
    notices.push(("prompt", "  Next steps:".to_owned()));
    if is_unverified {
        let text = format!(
            "    * Add Pact verification tests to the {provider} build. See https://docs.pact.io/go/provider_verification"
        );
        notices.push(("prompt", text));
    }
    if !hints.has_webhook {
        let text = format!(
            "    * Configure separate {provider} pact verification build and webhook to trigger it when the pact content \
             changes. See https://docs.pact.io/go/webhooks"
        );
        notices.push(("prompt", text));
    }
}

/// One pact by its own address.
pub(super) async fn publish_one(
    app: &App,
    asker: &Asker,
    (provider, consumer, number): (&str, &str, &str),
    body: Bytes,
    merge: bool,
) -> Result<(StatusCode, Published), Response> {
    let invalid = |errors: Value| hal(StatusCode::BAD_REQUEST, &json!({"errors": errors}));
    let document = PactDocument::parse(&body).map_err(|error| invalid(json!([format!("The pact {error}")])))?;
    for (inside, outside, key) in
        [(&document.consumer, consumer, "consumer"), (&document.provider, provider, "provider")]
    {
        if let Some(inside) = inside.as_deref().filter(|inside| *inside != outside) {
            let text = format!("name in pact '{inside}' does not match name in path '{outside}'.");
            return Err(invalid(json!({format!("{key}.name"): [text]})));
        }
    }
    let failed = |error: RegistryError| {
        axum::response::IntoResponse::into_response(crate::registry::http::reply::BrokerError(error))
    };
    let mut pact = PactUpload { provider: provider.to_owned(), bytes: body, document, replaces: None };
    if merge {
        pact = app.registry.merge_pact(consumer, number, pact).await.map_err(failed)?;
    }
    let upload =
        Upload { service: consumer.to_owned(), version: number.to_owned(), pacts: vec![pact], ..Upload::default() };
    let published = app.registry.publish(&asker.caller, upload).await.map_err(failed)?;
    let is_new = published.pacts.iter().any(|pact| pact.outcome == PactOutcome::New);
    Ok((if is_new { StatusCode::CREATED } else { StatusCode::OK }, published))
}
