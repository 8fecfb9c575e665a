//! Services, as the Pact Broker calls them pacticipants.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::registry::domain::{self, Patch};
use crate::registry::http::app::{App, Asker};
use crate::registry::http::broker::documents;
use crate::registry::http::reply::{BrokerResult, broker_not_found, hal, no_content, parse_body};
use crate::registry::service::{Refused, Written};

pub(super) async fn list(State(app): State<App>, asker: Asker) -> BrokerResult {
    let document = app.registry.read(|state| collection(state, &asker, &state.services())).await?;
    Ok(hal(StatusCode::OK, &document))
}

pub(super) async fn with_label(State(app): State<App>, asker: Asker, Path(label): Path<String>) -> BrokerResult {
    let look = |state: &domain::State| {
        let labeled = |id: &domain::ServiceId| state.service(*id).labels.contains_key(label.as_str());
        let services: Vec<_> = state.services().into_iter().filter(labeled).collect();
        collection(state, &asker, &services)
    };
    Ok(hal(StatusCode::OK, &app.registry.read(look).await?))
}

fn collection(state: &domain::State, asker: &Asker, services: &[domain::ServiceId]) -> Value {
    let embedded: Vec<Value> = services.iter().map(|id| documents::pacticipant(state, &asker.urls, *id)).collect();
    let links: Vec<Value> = services
        .iter()
        .map(|id| {
            let name = &state.service(*id).name;
            documents::link(&asker.urls.pacticipant(name), name, name)
        })
        .collect();
    json!({
        "_embedded": {"pacticipants": embedded},
        "_links": {
            "self": {"href": asker.urls.at("/pacticipants")},
            "pb:pacticipants": links,
            "pacticipants": links,
        },
        "pacticipants": embedded,
    })
}

pub(super) async fn create(State(app): State<App>, asker: Asker, body: Bytes) -> BrokerResult {
    let body = parse_body(&body)?;
    let name =
        body.get("name").and_then(Value::as_str).ok_or_else(|| Refused::invalid("name", "is missing"))?.to_owned();
    let written = app.registry.save_service(&asker.caller, &name, patch_of(&body)?).await?;
    reply(&app, &asker, &name, written).await
}

pub(super) async fn get(State(app): State<App>, asker: Asker, Path(name): Path<String>) -> BrokerResult {
    let look = |state: &domain::State| Some(documents::pacticipant(state, &asker.urls, state.service_id(&name)?));
    Ok(app.registry.read(look).await?.map_or_else(broker_not_found, |document| hal(StatusCode::OK, &document)))
}

pub(super) async fn put(State(app): State<App>, asker: Asker, Path(name): Path<String>, body: Bytes) -> BrokerResult {
    let patch = patch_of(&parse_body(&body)?)?;
    let written = app.registry.save_service(&asker.caller, &name, patch).await?;
    reply(&app, &asker, &name, written).await
}

pub(super) async fn patch(State(app): State<App>, asker: Asker, Path(name): Path<String>, body: Bytes) -> BrokerResult {
    put(State(app), asker, Path(name), body).await
}

pub(super) async fn delete(State(app): State<App>, asker: Asker, Path(name): Path<String>) -> BrokerResult {
    app.registry.remove_service(&asker.caller, &name).await?;
    Ok(no_content())
}

async fn reply(app: &App, asker: &Asker, name: &str, written: Written) -> BrokerResult {
    let status = if written == Written::Created { StatusCode::CREATED } else { StatusCode::OK };
    let look = |state: &domain::State| Some(documents::pacticipant(state, &asker.urls, state.service_id(name)?));
    Ok(app.registry.read(look).await?.map_or_else(broker_not_found, |document| hal(status, &document)))
}

/// `null` clears a value, as in a merge patch.
fn patch_of(body: &Value) -> Result<Patch, Refused> {
    let text = |key: &str| match body.get(key) {
        None => Ok(None),
        Some(Value::Null) => Ok(Some(String::new())),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Refused::invalid(key, "must be a string")),
    };
    Ok(Patch {
        display_name: text("displayName")?,
        main_branch: text("mainBranch")?,
        repository_url: text("repositoryUrl")?,
        repository_name: text("repositoryName")?,
        repository_namespace: text("repositoryNamespace")?,
        owners: None,
        mode: None,
    })
}

fn label_document(asker: &Asker, name: &str, label: &str) -> Value {
    json!({"name": label, "_links": {
        "self": {"title": "Label", "name": label, "href": asker.urls.label(name, label)},
        "pacticipant": {"title": "Pacticipant", "name": name, "href": asker.urls.pacticipant(name)},
    }})
}

pub(super) async fn label(
    State(app): State<App>,
    asker: Asker,
    Path((name, label)): Path<(String, String)>,
) -> BrokerResult {
    let look = |state: &domain::State| {
        state.service_id(&name).is_some_and(|id| state.service(id).labels.contains_key(label.as_str()))
    };
    if !app.registry.read(look).await? {
        return Ok(broker_not_found());
    }
    Ok(hal(StatusCode::OK, &label_document(&asker, &name, &label)))
}

pub(super) async fn put_label(
    State(app): State<App>,
    asker: Asker,
    Path((name, label)): Path<(String, String)>,
) -> BrokerResult {
    let written = app.registry.label(&asker.caller, &name, &label).await?;
    let status = if written == Written::Created { StatusCode::CREATED } else { StatusCode::OK };
    Ok(hal(status, &label_document(&asker, &name, &label)))
}

pub(super) async fn delete_label(
    State(app): State<App>,
    asker: Asker,
    Path((name, label)): Path<(String, String)>,
) -> BrokerResult {
    app.registry.unlabel(&asker.caller, &name, &label).await?;
    Ok(no_content())
}

pub(super) async fn labels(State(app): State<App>, asker: Asker) -> BrokerResult {
    let look = |state: &domain::State| {
        let mut all: Vec<String> = state
            .services()
            .iter()
            .flat_map(|id| state.service(*id).labels.keys().map(ToString::to_string).collect::<Vec<_>>())
            .collect();
        all.sort();
        all.dedup();
        all
    };
    let labels: Vec<Value> = app.registry.read(look).await?.into_iter().map(|name| json!({"name": name})).collect();
    let links = json!({"self": {"title": "Labels", "href": asker.urls.at("/labels")}});
    Ok(hal(StatusCode::OK, &json!({"_embedded": {"labels": labels}, "_links": links})))
}

pub(super) async fn labels_of(State(app): State<App>, asker: Asker, Path(name): Path<String>) -> BrokerResult {
    let look = |state: &domain::State| {
        let id = state.service_id(&name)?;
        Some(state.service(id).labels.keys().map(|label| label_document(&asker, &name, label)).collect::<Vec<_>>())
    };
    let Some(labels) = app.registry.read(look).await? else { return Ok(broker_not_found()) };
    Ok(hal(StatusCode::OK, &json!({"_embedded": {"labels": labels}})))
}
