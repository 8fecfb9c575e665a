//! Verification results.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use crate::registry::domain::{self, Event, PactContent, PactId};
use crate::registry::http::app::{App, Asker};
use crate::registry::http::broker::documents::link;
use crate::registry::http::broker::to_verify::Metadata;
use crate::registry::http::reply::{BrokerResult, broker_not_found, hal, parse_body, time};
use crate::registry::service::{NewResult, Refused, RegistryError};

type ContentPath = (String, String, String);

pub(super) async fn publish(
    State(app): State<App>,
    asker: Asker,
    Path(path): Path<ContentPath>,
    body: Bytes,
) -> BrokerResult {
    record(app, asker, path, Metadata::default(), body).await
}

pub(super) async fn publish_with_metadata(
    State(app): State<App>,
    asker: Asker,
    Path((provider, consumer, content, metadata)): Path<(String, String, String, String)>,
    body: Bytes,
) -> BrokerResult {
    record(app, asker, (provider, consumer, content), Metadata::decode(&metadata), body).await
}

async fn record(
    app: App,
    asker: Asker,
    (provider, consumer, content): ContentPath,
    metadata: Metadata,
    body: Bytes,
) -> BrokerResult {
    let body = parse_body(&body)?;
    let success = match body.get("success") {
        Some(Value::Bool(success)) => *success,
        Some(Value::String(text)) if text == "true" || text == "false" => text == "true",
        None => return Err(Refused::invalid("success", "can't be blank").into()),
        Some(_) => return Err(Refused::invalid("success", "must be true or false").into()),
    };
    let text = |key: &str| body.get(key).and_then(Value::as_str).map(str::to_owned);
    let version = text("providerApplicationVersion").filter(|version| !version.trim().is_empty());
    let version = version.ok_or_else(|| Refused::invalid("providerApplicationVersion", "can't be blank"))?;
    let build_url = text("buildUrl");
    if build_url.as_ref().is_some_and(|url| !url.starts_with("http://") && !url.starts_with("https://")) {
        return Err(Refused::invalid("buildUrl", "Invalid URL").into());
    }
    let verified_by = body.get("verifiedBy").filter(|value| value.is_object());
    let result = NewResult {
        success,
        provider_version: version,
        build_url,
        verified_by: verified_by.and_then(|value| serde_json::from_value(value.clone()).ok()),
        tests: body.get("testResults").filter(|value| !value.is_null()).cloned(),
        consumer_versions: metadata.consumer_versions,
    };
    let recorded = app.registry.record_result(&asker.caller, &consumer, &provider, &content, result).await?;
    let Some(document) = document(&app, &asker, (&provider, &consumer, &content), Some(recorded.number)).await? else {
        return Ok(broker_not_found());
    };
    let mut response = hal(StatusCode::CREATED, &document);
    let address = asker.urls.result(&provider, &consumer, &content, recorded.number);
    if let Ok(value) = HeaderValue::from_str(&address) {
        response.headers_mut().insert(header::LOCATION, value);
    }
    Ok(response)
}

/// A result; the newest without a number. Its details come from the log.
async fn document(
    app: &App,
    asker: &Asker,
    (provider, consumer, content): (&str, &str, &str),
    number: Option<u32>,
) -> Result<Option<Value>, RegistryError> {
    let look = |state: &domain::State| {
        let ids = (state.service_id(consumer)?, state.service_id(provider)?);
        let pact: PactId = state.pact_id(ids.0, ids.1, PactContent::parse(content)?)?;
        let results = &state.pact(pact).results;
        let index = number.map_or(results.len(), |number| number as usize).checked_sub(1)?;
        let result = *state.result(*results.get(index)?);
        Some((result, state.version(result.provider_version).number.to_string()))
    };
    let Some((result, version)) = app.registry.read(look).await? else { return Ok(None) };
    let record = app.registry.record(result.recorded.seq).await?;
    let urls = &asker.urls;
    let own = urls.result(provider, consumer, content, result.number);
    let mut document = json!({
        "providerApplicationVersion": version,
        "success": result.success,
        "verificationDate": time(result.recorded.at),
        "number": result.number,
    });
    if let Some(Event::Verified { build_url, verified_by, tests, .. }) = record.map(|record| record.event) {
        if let Some(url) = build_url {
            document["buildUrl"] = json!(url);
        }
        if let Some(by) = verified_by {
            document["verifiedBy"] = serde_json::to_value(by).unwrap_or_default();
        }
        if let Some(tests) = tests {
            let bytes = app.registry.ledger.blobs(vec![tests.blob]).await?.pop().flatten();
            let list: Option<Value> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
            document["testResults"] = list.unwrap_or_default();
        }
    }
    document["_links"] = json!({
        "self": link(&own, "Verification result", &format!("Verification result {} for Pact between {consumer} and {provider}", result.number)),
        "pb:pact-version": link(&urls.pact_content(provider, consumer, content), "Pact", &format!("Pact between {consumer} and {provider}")),
        "pb:provider": link(&urls.pacticipant(provider), "Provider", provider),
        "pb:provider-version": link(&urls.version(provider, &version), "Provider version", &version),
        "pb:triggered-webhooks": {"title": "Webhooks triggered by the publication of this verification result", "href": format!("{own}/triggered-webhooks")},
    });
    Ok(Some(document))
}

pub(super) async fn get(
    State(app): State<App>,
    asker: Asker,
    Path((provider, consumer, content, number)): Path<(String, String, String, String)>,
) -> BrokerResult {
    let Ok(number) = number.parse::<u32>() else { return Ok(broker_not_found()) };
    let document = document(&app, &asker, (&provider, &consumer, &content), Some(number)).await?;
    Ok(document.map_or_else(broker_not_found, |document| hal(StatusCode::OK, &document)))
}

pub(super) async fn latest(
    State(app): State<App>,
    asker: Asker,
    Path((provider, consumer, content)): Path<ContentPath>,
) -> BrokerResult {
    let document = document(&app, &asker, (&provider, &consumer, &content), None).await?;
    Ok(document.map_or_else(broker_not_found, |document| hal(StatusCode::OK, &document)))
}

/// The newest result of each pact of a consumer version.
pub(super) async fn latest_of_consumer_version(
    State(app): State<App>,
    asker: Asker,
    Path((consumer, number)): Path<(String, String)>,
) -> BrokerResult {
    let look = |state: &domain::State| {
        let id = state.version_id(&consumer, &number)?;
        let pacts = state.version(id).pacts.iter();
        Some(
            pacts
                .map(|known| {
                    (state.service(known.provider).name.to_string(), state.pact(known.pact).content.to_string())
                })
                .collect::<Vec<_>>(),
        )
    };
    let Some(pacts) = app.registry.read(look).await? else { return Ok(broker_not_found()) };
    let mut results = Vec::new();
    for (provider, content) in &pacts {
        results.extend(document(&app, &asker, (provider, &consumer, content), None).await?);
    }
    let all_passed = results.len() == pacts.len() && results.iter().all(|result| result["success"] == json!(true));
    Ok(hal(
        StatusCode::OK,
        &json!({
            "success": all_passed,
            "_embedded": {"verificationResults": results},
            "_links": {"self": {"title": format!("Latest verification results for consumer {consumer} version {number}"),
                                "href": format!("{}/verification-results/consumer/{}/version/{}/latest", asker.urls.base,
                                    crate::registry::http::urls::segment(&consumer), crate::registry::http::urls::segment(&number))}},
        }),
    ))
}
