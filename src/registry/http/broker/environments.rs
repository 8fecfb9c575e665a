//! Environments, deployed and released versions.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use crate::registry::domain::{self, Deployment, Environment, Running};
use crate::registry::http::app::{App, Asker, Query};
use crate::registry::http::broker::documents::{embedded_service, embedded_version, link};
use crate::registry::http::reply::{BrokerResult, broker_not_found, hal, no_content, parse_body, time};
use crate::registry::http::urls::Urls;
use crate::registry::service::{EnvironmentInput, Refused, RegistryError};

fn document(urls: &Urls, environment: &Environment) -> Value {
    let own = urls.environment(&environment.uuid);
    let mut document = json!({
        "uuid": &*environment.uuid,
        "name": &*environment.name,
        "displayName": environment.display_name.as_deref().unwrap_or(&environment.name),
        "production": environment.production,
    });
    if !environment.contacts.is_null() {
        document["contacts"] = environment.contacts.clone();
    }
    document["createdAt"] = json!(time(environment.created.at));
    document["updatedAt"] = json!(time(environment.changed.at));
    document["_links"] = json!({
        "self": link(&own, "Environment", &environment.name),
        "pb:currently-deployed-deployed-versions": {"title": "Versions currently deployed to this environment", "href": format!("{own}/deployed-versions/currently-deployed")},
        "pb:currently-supported-released-versions": {"title": "Versions released and supported in this environment", "href": format!("{own}/released-versions/currently-supported")},
        "pb:environments": {"title": "Environments", "href": urls.at("/environments")},
    });
    document
}

fn deployment_document(state: &domain::State, urls: &Urls, deployment: &Deployment) -> Value {
    let version = state.version(deployment.version);
    let kind = if deployment.running == Running::Released { "released" } else { "deployed" };
    let own = urls.at(&format!("/{kind}-versions/{}", deployment.uuid));
    let mut document = json!({"uuid": &*deployment.uuid});
    match &deployment.running {
        Running::Deployed { instance } => {
            document["currentlyDeployed"] = json!(deployment.ended.is_none());
            document["applicationInstance"] = json!(instance.as_deref());
            document["target"] = json!(instance.as_deref());
        }
        Running::Released => document["currentlySupported"] = json!(deployment.ended.is_none()),
    }
    document["createdAt"] = json!(time(deployment.started.at));
    if let Some(ended) = deployment.ended {
        let key = if kind == "deployed" { "undeployedAt" } else { "supportEndedAt" };
        document[key] = json!(time(ended.at));
    }
    let name = &state.service(version.service).name;
    document["_embedded"] = json!({
        "pacticipant": embedded_service(state, urls, version.service),
        "version": embedded_version(state, urls, deployment.version),
    });
    if let Some(environment) = state.environment_by_uuid(&deployment.environment) {
        let own = urls.environment(&environment.uuid);
        document["_embedded"]["environment"] = json!({"uuid": &*environment.uuid, "name": &*environment.name, "production": environment.production, "_links": {"self": {"href": own}}});
    }
    document["_links"] = json!({
        "self": {"href": own},
        "pb:pacticipant": link(&urls.pacticipant(name), "Pacticipant", name),
        "pb:version": link(&urls.version(name, &version.number), "Pacticipant version", &version.number),
    });
    document
}

pub(super) async fn list(State(app): State<App>, asker: Asker, query: Query) -> BrokerResult {
    let wanted = query.0.get("name").map(str::to_owned);
    let look = |state: &domain::State| {
        let all =
            state.environments().into_iter().filter(|known| wanted.as_deref().is_none_or(|name| *known.name == *name));
        all.map(|environment| document(&asker.urls, environment)).collect::<Vec<_>>()
    };
    let embedded = app.registry.read(look).await?;
    let links: Vec<Value> = embedded
        .iter()
        .map(|environment| json!({"title": "Environment", "name": environment["name"], "href": environment["_links"]["self"]["href"]}))
        .collect();
    Ok(hal(
        StatusCode::OK,
        &json!({"_embedded": {"environments": embedded},
                "_links": {"self": {"title": "Environments", "href": asker.urls.at("/environments")}, "pb:environments": links}}),
    ))
}

fn input(body: &Value) -> Result<EnvironmentInput, Refused> {
    let text = |key: &str| match body.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Refused::invalid(key, "must be a string")),
    };
    let production = body.get("production").and_then(Value::as_bool);
    Ok(EnvironmentInput {
        name: text("name")?.ok_or_else(|| Refused::invalid("name", "is missing"))?,
        display_name: text("displayName")?,
        production: production.ok_or_else(|| Refused::invalid("production", "must be true or false"))?,
        contacts: body.get("contacts").cloned().unwrap_or_default(),
    })
}

async fn environment_reply(app: &App, asker: &Asker, status: StatusCode, uuid: &str) -> BrokerResult {
    let look = |state: &domain::State| state.environment_by_uuid(uuid).map(|known| document(&asker.urls, known));
    Ok(app.registry.read(look).await?.map_or_else(broker_not_found, |document| hal(status, &document)))
}

pub(super) async fn create(State(app): State<App>, asker: Asker, body: Bytes) -> BrokerResult {
    let input = input(&parse_body(&body)?)?;
    let uuid = app.registry.save_environment(&asker.caller, None, input).await?;
    environment_reply(&app, &asker, StatusCode::CREATED, &uuid).await
}

pub(super) async fn get(State(app): State<App>, asker: Asker, Path(uuid): Path<String>) -> BrokerResult {
    environment_reply(&app, &asker, StatusCode::OK, &uuid).await
}

pub(super) async fn put(State(app): State<App>, asker: Asker, Path(uuid): Path<String>, body: Bytes) -> BrokerResult {
    let input = input(&parse_body(&body)?)?;
    let uuid = app.registry.save_environment(&asker.caller, Some(uuid), input).await?;
    environment_reply(&app, &asker, StatusCode::OK, &uuid).await
}

pub(super) async fn delete(State(app): State<App>, asker: Asker, Path(uuid): Path<String>) -> BrokerResult {
    app.registry.remove_environment(&asker.caller, &uuid).await?;
    Ok(no_content())
}

async fn collection(
    app: &App,
    asker: &Asker,
    own: String,
    released: bool,
    choose: impl for<'a> Fn(&'a domain::State) -> Option<Vec<&'a Deployment>>,
) -> Result<Response, RegistryError> {
    let look = |state: &domain::State| {
        let chosen = choose(state)?;
        let of_kind = chosen.into_iter().filter(|known| (known.running == Running::Released) == released);
        Some(of_kind.map(|known| deployment_document(state, &asker.urls, known)).collect::<Vec<_>>())
    };
    let Some(embedded) = app.registry.read(look).await? else { return Ok(broker_not_found()) };
    let key = if released { "releasedVersions" } else { "deployedVersions" };
    Ok(hal(StatusCode::OK, &json!({"_embedded": {key: embedded}, "_links": {"self": {"href": own}}})))
}

/// Tells the compiler that what is chosen lives as long as the state it is chosen from.
fn choosing<F: for<'a> Fn(&'a domain::State) -> Option<Vec<&'a Deployment>>>(choose: F) -> F {
    choose
}

async fn current(app: App, asker: Asker, query: Query, uuid: String, released: bool) -> BrokerResult {
    let get = |key: &str| query.0.get(key).map(str::to_owned);
    let (pacticipant, version, instance) =
        (get("pacticipant"), get("version"), get("applicationInstance").or_else(|| get("target")));
    let kind = if released { "released-versions/currently-supported" } else { "deployed-versions/currently-deployed" };
    let own = format!("{}/{kind}", asker.urls.environment(&uuid));
    let choose = choosing(|state| {
        let environment = state.environment_by_uuid(&uuid)?;
        let wanted = |deployment: &&Deployment| {
            let known = state.version(deployment.version);
            let on_instance = match (&instance, &deployment.running) {
                (Some(wanted), Running::Deployed { instance }) => instance.as_deref() == Some(wanted),
                _ => true,
            };
            pacticipant.as_deref().is_none_or(|name| *state.service(known.service).name == *name)
                && version.as_deref().is_none_or(|number| *known.number == *number)
                && on_instance
        };
        Some(state.live(environment).filter(wanted).collect())
    });
    Ok(collection(&app, &asker, own, released, choose).await?)
}

pub(super) async fn currently_deployed(
    State(app): State<App>,
    asker: Asker,
    query: Query,
    Path(uuid): Path<String>,
) -> BrokerResult {
    current(app, asker, query, uuid, false).await
}

pub(super) async fn currently_supported(
    State(app): State<App>,
    asker: Asker,
    query: Query,
    Path(uuid): Path<String>,
) -> BrokerResult {
    current(app, asker, query, uuid, true).await
}

async fn of_version(
    app: App,
    asker: Asker,
    (name, number, uuid): (String, String, String),
    released: bool,
) -> BrokerResult {
    let kind = if released { "released" } else { "deployed" };
    let own = format!("{}/{kind}-versions/environment/{uuid}", asker.urls.version(&name, &number));
    let choose = choosing(|state| {
        let id = state.version_id(&name, &number)?;
        Some(state.deployments_of(id).filter(|known| *known.environment == *uuid).collect())
    });
    Ok(collection(&app, &asker, own, released, choose).await?)
}

pub(super) async fn deployments_of(
    State(app): State<App>,
    asker: Asker,
    Path(path): Path<(String, String, String)>,
) -> BrokerResult {
    of_version(app, asker, path, false).await
}

pub(super) async fn releases_of(
    State(app): State<App>,
    asker: Asker,
    Path(path): Path<(String, String, String)>,
) -> BrokerResult {
    of_version(app, asker, path, true).await
}

async fn environment_name(app: &App, uuid: &str) -> Result<Option<String>, RegistryError> {
    app.registry.read(|state| state.environment_by_uuid(uuid).map(|known| known.name.to_string())).await
}

async fn deployment_reply(app: &App, asker: &Asker, status: StatusCode, uuid: &str) -> BrokerResult {
    let look =
        |state: &domain::State| state.deployment(uuid).map(|known| deployment_document(state, &asker.urls, known));
    Ok(app.registry.read(look).await?.map_or_else(broker_not_found, |document| hal(status, &document)))
}

pub(super) async fn deploy(
    State(app): State<App>,
    asker: Asker,
    Path((name, number, uuid)): Path<(String, String, String)>,
    body: Bytes,
) -> BrokerResult {
    let body = parse_body(&body)?;
    let text = |key: &str| body.get(key).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
    let instance = text("applicationInstance").or_else(|| text("target"));
    let Some(environment) = environment_name(&app, &uuid).await? else { return Ok(broker_not_found()) };
    let (id, _) = app.registry.record_deployment(&asker.caller, &name, &number, &environment, instance, None).await?;
    deployment_reply(&app, &asker, StatusCode::CREATED, &id).await
}

pub(super) async fn release(
    State(app): State<App>,
    asker: Asker,
    Path((name, number, uuid)): Path<(String, String, String)>,
) -> BrokerResult {
    let Some(environment) = environment_name(&app, &uuid).await? else { return Ok(broker_not_found()) };
    let (id, _) = app.registry.record_release(&asker.caller, &name, &number, &environment).await?;
    deployment_reply(&app, &asker, StatusCode::CREATED, &id).await
}

pub(super) async fn deployment(State(app): State<App>, asker: Asker, Path(uuid): Path<String>) -> BrokerResult {
    deployment_reply(&app, &asker, StatusCode::OK, &uuid).await
}

async fn end(app: App, asker: Asker, uuid: String, body: Bytes, key: &str) -> BrokerResult {
    let body = parse_body(&body)?;
    if body.get(key).and_then(Value::as_bool) != Some(false) {
        let errors = json!({"errors": {key: ["can only be set to false"]}});
        return Ok(hal(StatusCode::UNPROCESSABLE_ENTITY, &errors));
    }
    app.registry.end_deployment(&asker.caller, &uuid).await?;
    deployment_reply(&app, &asker, StatusCode::OK, &uuid).await
}

pub(super) async fn patch_deployment(
    State(app): State<App>,
    asker: Asker,
    Path(uuid): Path<String>,
    body: Bytes,
) -> BrokerResult {
    end(app, asker, uuid, body, "currentlyDeployed").await
}

pub(super) async fn patch_release(
    State(app): State<App>,
    asker: Asker,
    Path(uuid): Path<String>,
    body: Bytes,
) -> BrokerResult {
    end(app, asker, uuid, body, "currentlySupported").await
}
