//! Environments, what runs in them, and whether more may.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};

use crate::registry::domain::{self, Environment, Running};
use crate::registry::http::app::{App, Asker, Query};
use crate::registry::http::native::services::tagged;
use crate::registry::http::reply::{NativeResult, json_reply, no_content, parse_body, time};
use crate::registry::service::{EnvironmentInput, Refused, Written, need_environment};

fn document(state: &domain::State, environment: &Environment) -> Value {
    let mut running: Vec<Value> = state
        .live(environment)
        .map(|deployment| {
            let version = state.version(deployment.version);
            let (how, instance) = match &deployment.running {
                Running::Deployed { instance } => ("deployed", instance.as_deref()),
                Running::Released => ("released", None),
            };
            json!({
                "service": &*state.service(version.service).name, "version": &*version.number, "how": how,
                "instance": instance, "since": time(deployment.started.at), "id": &*deployment.uuid,
            })
        })
        .collect();
    running.sort_by_key(|entry| {
        (entry["service"].to_string(), entry["version"].to_string(), entry["instance"].to_string())
    });
    json!({
        "name": &*environment.name,
        "display_name": environment.display_name.as_deref(),
        "production": environment.production,
        "id": &*environment.uuid,
        "running": running,
    })
}

pub(super) async fn environments(State(app): State<App>, headers: HeaderMap) -> NativeResult {
    let look = |state: &domain::State| {
        state.environments().into_iter().map(|known| document(state, known)).collect::<Vec<_>>()
    };
    Ok(tagged(&headers, &json!({"environments": app.registry.read(look).await?})))
}

/// What runs there; with `at` what ran there then.
pub(super) async fn environment(
    State(app): State<App>,
    headers: HeaderMap,
    query: Query,
    Path(name): Path<String>,
) -> NativeResult {
    let look = |state: &domain::State| need_environment(state, &name).map(|known| document(state, known));
    let Some(at) = query.0.get("at") else {
        return Ok(tagged(&headers, &app.registry.read(look).await??));
    };
    let at =
        moment(at).ok_or_else(|| Refused::invalid("at", "must be a moment like 2026-05-03T12:00:00Z, or a day"))?;
    // Reading the whole log is work: one at a time.
    let _permit =
        app.registry.comparisons.acquire().await.map_err(|_| crate::registry::service::RegistryError::Closing)?;
    let state = app.registry.ledger.state_at(at).await?;
    Ok(tagged(&headers, &look(&state)?))
}

/// A moment, or the end of a day (UTC).
fn moment(text: &str) -> Option<i64> {
    if let Ok(stamp) = text.parse::<jiff::Timestamp>() {
        return Some(stamp.as_millisecond());
    }
    let date: jiff::civil::Date = text.parse().ok()?;
    let next = date.tomorrow().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(next.timestamp().as_millisecond() - 1)
}

pub(super) async fn put_environment(
    State(app): State<App>,
    asker: Asker,
    Path(name): Path<String>,
    body: Bytes,
) -> NativeResult {
    let body = parse_body(&body)?;
    let known = app
        .registry
        .read(|state| state.environment(&name).map(|known| (known.uuid.to_string(), known.production)))
        .await?;
    let production = body.get("production").and_then(Value::as_bool);
    let input = EnvironmentInput {
        name: name.clone(),
        display_name: body.get("display_name").and_then(Value::as_str).map(str::to_owned),
        production: production.unwrap_or_else(|| known.as_ref().is_some_and(|(_, production)| *production)),
        contacts: Value::Null,
    };
    let status = if known.is_some() { StatusCode::OK } else { StatusCode::CREATED };
    app.registry.save_environment(&asker.caller, known.map(|(uuid, _)| uuid), input).await?;
    let look = |state: &domain::State| need_environment(state, &name).map(|known| document(state, known));
    Ok(json_reply(status, &app.registry.read(look).await??))
}

pub(super) async fn delete_environment(State(app): State<App>, asker: Asker, Path(name): Path<String>) -> NativeResult {
    let uuid = app.registry.read(|state| need_environment(state, &name).map(|known| known.uuid.to_string())).await??;
    app.registry.remove_environment(&asker.caller, &uuid).await?;
    Ok(no_content())
}

pub(super) async fn can_deploy(State(app): State<App>, query: Query) -> NativeResult {
    let need = |key: &str| query.0.get(key).map(str::to_owned).ok_or_else(|| Refused::invalid(key, "is missing"));
    let (service, version, environment) = (need("service")?, need("version")?, need("environment")?);
    let answer = app.registry.can_deploy(&service, &version, &environment).await?;
    Ok(json_reply(StatusCode::OK, &serde_json::to_value(answer).unwrap_or_default()))
}

struct Place {
    service: String,
    version: String,
    environment: String,
    instance: Option<String>,
}

fn place(body: &Value, needs_version: bool) -> Result<Place, Refused> {
    let text = |key: &str| body.get(key).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
    let need = |key: &str| text(key).ok_or_else(|| Refused::invalid(key, "is missing"));
    let version = if needs_version { need("version")? } else { String::new() };
    Ok(Place { service: need("service")?, version, environment: need("environment")?, instance: text("instance") })
}

fn recorded(id: &str, written: Written) -> (StatusCode, Value) {
    let status = if written == Written::Created { StatusCode::CREATED } else { StatusCode::OK };
    (status, json!({"id": id, "created": written == Written::Created}))
}

pub(super) async fn deploy(State(app): State<App>, asker: Asker, headers: HeaderMap, body: Bytes) -> NativeResult {
    let place = place(&parse_body(&body)?, true)?;
    let token = headers
        .get(header::IF_MATCH)
        .and_then(|value| value.to_str().ok())
        .map(|value| value.trim_matches('"').to_owned());
    let (id, written) = app
        .registry
        .record_deployment(&asker.caller, &place.service, &place.version, &place.environment, place.instance, token)
        .await?;
    let (status, document) = recorded(&id, written);
    Ok(json_reply(status, &document))
}

pub(super) async fn release(State(app): State<App>, asker: Asker, body: Bytes) -> NativeResult {
    let place = place(&parse_body(&body)?, true)?;
    let (id, written) =
        app.registry.record_release(&asker.caller, &place.service, &place.version, &place.environment).await?;
    let (status, document) = recorded(&id, written);
    Ok(json_reply(status, &document))
}

pub(super) async fn undeploy(State(app): State<App>, asker: Asker, body: Bytes) -> NativeResult {
    let place = place(&parse_body(&body)?, false)?;
    let ended = app.registry.undeploy(&asker.caller, &place.service, &place.environment, place.instance).await?;
    Ok(json_reply(StatusCode::OK, &json!({"ended": ended})))
}
