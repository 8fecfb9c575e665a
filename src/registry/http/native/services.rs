//! Services and their versions.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::registry::domain::{self, Digest, Patch, ServiceId, VersionId};
use crate::registry::http::app::{App, Asker, Query};
use crate::registry::http::reply::{NativeError, NativeResult, json_reply, no_content, parse_body, time};
use crate::registry::service::{Refused, RegistryError, Written, need_service, need_version};

pub(crate) async fn not_found() -> NativeError {
    NativeError(RegistryError::Refused(Refused::Missing("this address".into())))
}

/// A document with an entity tag over it; 304 where the client has it already.
pub(super) fn tagged(headers: &HeaderMap, document: &Value) -> Response {
    let body = document.to_string();
    let tag = format!("\"{}\"", &Digest::of(body.as_bytes()).to_string()[..32]);
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let has_it = known.split(',').any(|part| part.trim().trim_start_matches("W/") == tag);
    let mut response =
        if has_it { StatusCode::NOT_MODIFIED.into_response() } else { json_reply(StatusCode::OK, document) };
    if let Ok(value) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, value);
    }
    response
}

/// Entries after the cursor, as many as asked for, and the next cursor.
pub(super) fn page<T>(
    query: &Query,
    all: Vec<T>,
    key: impl Fn(&T) -> String,
) -> Result<(Vec<T>, Option<String>), Refused> {
    let limit = match query.0.get("limit") {
        None => 100,
        Some(text) => text
            .parse::<usize>()
            .ok()
            .filter(|limit| (1..=1000).contains(limit))
            .ok_or_else(|| Refused::invalid("limit", "must be a number from 1 to 1000"))?,
    };
    let mut rest: Vec<T> = match query.0.get("after") {
        None => all,
        Some(after) => {
            let at = all.iter().position(|entry| key(entry) == after);
            let at = at.ok_or_else(|| Refused::invalid("after", "is not a cursor of this list"))?;
            all.into_iter().skip(at + 1).collect()
        }
    };
    let has_more = rest.len() > limit;
    rest.truncate(limit);
    let next = rest.last().filter(|_| has_more).map(&key);
    Ok((rest, next))
}

fn service_document(state: &domain::State, id: ServiceId) -> Value {
    let service = state.service(id);
    let latest = state.latest_version(id).map(|id| state.version(id).number.to_string());
    json!({
        "name": &*service.name,
        "display_name": service.display_name.as_deref(),
        "owners": service.owners,
        "labels": service.labels.keys().map(|label| &**label).collect::<Vec<_>>(),
        "main_branch": state.main_branch(id),
        "repository_url": service.repository_url.as_deref(),
        "mode": service.mode.as_deref().unwrap_or("backward-transitive"),
        "latest_version": latest,
        "versions": service.versions.len(),
        "consumers": consumers(state, id),
        "providers": providers(state, id),
        "created_at": time(service.created.at),
    })
}

fn names(state: &domain::State, ids: impl Iterator<Item = ServiceId>) -> Vec<String> {
    let mut names: Vec<String> = ids.map(|id| state.service(id).name.to_string()).collect();
    names.sort();
    names.dedup();
    names
}

/// Who has a pact with a service or was built against it.
fn consumers(state: &domain::State, id: ServiceId) -> Vec<String> {
    names(state, state.consumers(id).into_iter().chain(state.built_against(id)))
}

fn providers(state: &domain::State, id: ServiceId) -> Vec<String> {
    let built_against = state.latest_version(id).into_iter().flat_map(|id| &state.version(id).consumes);
    names(state, state.providers(id).into_iter().chain(built_against.map(|(provider, _)| *provider)))
}

/// A version, short enough for lists.
pub(super) fn version_document(state: &domain::State, id: VersionId) -> Value {
    let version = state.version(id);
    json!({
        "service": &*state.service(version.service).name,
        "version": &*version.number,
        "branches": version.branches.iter().map(|(branch, _)| &**branch).collect::<Vec<_>>(),
        "tags": version.tags.iter().map(|(tag, _)| &**tag).collect::<Vec<_>>(),
        "build_url": version.build_url.as_deref(),
        "retired": version.retired,
        "environments": names_of_environments(state, id),
        "contract": version.contract.as_ref().map(|contract| json!({
            "files": contract.files.iter().map(|file| json!({"path": file.path, "size": file.size, "sha256": file.blob.to_string()})).collect::<Vec<_>>(),
            "published_at": time(contract.published.at),
        })),
        "consumes": version.consumes.iter().map(|(provider, number)| json!({"service": &*state.service(*provider).name, "version": &**number})).collect::<Vec<_>>(),
        "pacts": version.pacts.iter().map(|publication| json!({
            "provider": &*state.service(publication.provider).name,
            "content": state.pact(publication.pact).content.to_string(),
            "verified": state.newest_result(publication.pact).map(|result| json!({
                "success": result.success, "provider_version": &*state.version(result.provider_version).number, "at": time(result.recorded.at),
            })),
        })).collect::<Vec<_>>(),
        "created_at": time(version.created.at),
    })
}

fn names_of_environments(state: &domain::State, id: VersionId) -> Vec<String> {
    let live = state.live_deployments(id).filter_map(|known| state.environment_by_uuid(&known.environment));
    let mut names: Vec<String> = live.map(|environment| environment.name.to_string()).collect();
    names.sort();
    names.dedup();
    names
}

pub(super) async fn list(State(app): State<App>, query: Query) -> NativeResult {
    let label = query.0.get("label").map(str::to_owned);
    let owner = query.0.get("owner").map(str::to_owned);
    let look = |state: &domain::State| {
        let wanted = |id: &ServiceId| {
            let service = state.service(*id);
            label.as_deref().is_none_or(|label| service.labels.contains_key(label))
                && owner.as_ref().is_none_or(|owner| service.owners.contains(owner))
        };
        let services: Vec<Value> =
            state.services().into_iter().filter(wanted).map(|id| service_document(state, id)).collect();
        page(&query, services, |entry| entry["name"].as_str().unwrap_or_default().to_owned())
    };
    let (services, next) = app.registry.read(look).await??;
    Ok(json_reply(StatusCode::OK, &json!({"services": services, "next": next})))
}

pub(super) async fn get(State(app): State<App>, headers: HeaderMap, Path(service): Path<String>) -> NativeResult {
    let look = |state: &domain::State| need_service(state, &service).map(|id| service_document(state, id));
    Ok(tagged(&headers, &app.registry.read(look).await??))
}

pub(super) async fn put(
    State(app): State<App>,
    asker: Asker,
    Path(service): Path<String>,
    body: Bytes,
) -> NativeResult {
    let body = parse_body(&body)?;
    let text = |key: &str| match body.get(key) {
        None => Ok(None),
        Some(Value::Null) => Ok(Some(String::new())),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Refused::invalid(key, "must be a string")),
    };
    let owners = match body.get("owners") {
        None => None,
        Some(Value::Array(list)) => Some(
            list.iter()
                .map(|owner| {
                    owner.as_str().map(str::to_owned).ok_or_else(|| Refused::invalid("owners", "must be strings"))
                })
                .collect::<Result<Vec<_>, _>>()?,
        ),
        Some(_) => return Err(Refused::invalid("owners", "must be a list of strings").into()),
    };
    let patch = Patch {
        display_name: text("display_name")?,
        main_branch: text("main_branch")?,
        repository_url: text("repository_url")?,
        repository_name: None,
        repository_namespace: None,
        owners,
        mode: text("mode")?,
    };
    let written = app.registry.save_service(&asker.caller, &service, patch).await?;
    if let Some(Value::Array(labels)) = body.get("labels") {
        for label in labels {
            let label = label.as_str().ok_or_else(|| Refused::invalid("labels", "must be strings"))?;
            app.registry.label(&asker.caller, &service, label).await?;
        }
    }
    let look = |state: &domain::State| need_service(state, &service).map(|id| service_document(state, id));
    let status = if written == Written::Created { StatusCode::CREATED } else { StatusCode::OK };
    Ok(json_reply(status, &app.registry.read(look).await??))
}

pub(super) async fn delete(State(app): State<App>, asker: Asker, Path(service): Path<String>) -> NativeResult {
    app.registry.remove_service(&asker.caller, &service).await?;
    Ok(no_content())
}

pub(super) async fn versions(State(app): State<App>, query: Query, Path(service): Path<String>) -> NativeResult {
    let look = |state: &domain::State| {
        let id = need_service(state, &service)?;
        let newest_first: Vec<VersionId> = state.service(id).versions.iter().rev().copied().collect();
        let (shown, next) = page(&query, newest_first, |id| state.version(*id).number.to_string())?;
        let shown: Vec<Value> = shown.into_iter().map(|id| version_document(state, id)).collect();
        Ok::<_, Refused>(json!({"versions": shown, "next": next}))
    };
    Ok(json_reply(StatusCode::OK, &app.registry.read(look).await??))
}

pub(super) async fn version(
    State(app): State<App>,
    headers: HeaderMap,
    Path((service, version)): Path<(String, String)>,
) -> NativeResult {
    let look = |state: &domain::State| need_version(state, &service, &version).map(|id| version_document(state, id));
    Ok(tagged(&headers, &app.registry.read(look).await??))
}

pub(super) async fn delete_version(
    State(app): State<App>,
    asker: Asker,
    Path((service, version)): Path<(String, String)>,
) -> NativeResult {
    app.registry.remove_version(&asker.caller, &service, &version).await?;
    Ok(no_content())
}

pub(super) async fn retire(
    State(app): State<App>,
    asker: Asker,
    Path((service, version)): Path<(String, String)>,
) -> NativeResult {
    app.registry.retire_version(&asker.caller, &service, &version).await?;
    let look = |state: &domain::State| need_version(state, &service, &version).map(|id| version_document(state, id));
    Ok(json_reply(StatusCode::OK, &app.registry.read(look).await??))
}
