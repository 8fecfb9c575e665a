//! Versions, branches and tags.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use crate::registry::domain;
use crate::registry::http::app::{App, Asker, Query};
use crate::registry::http::broker::documents::{self, link};
use crate::registry::http::reply::{BrokerResult, broker_not_found, hal, no_content, parse_body, time};
use crate::registry::http::urls::Urls;
use crate::registry::service::{Refused, RegistryError, Written};

type Find<'a> = dyn Fn(&domain::State) -> Option<domain::VersionId> + Send + Sync + 'a;

async fn one(app: &App, asker: &Asker, status: StatusCode, find: &Find<'_>) -> Result<Response, RegistryError> {
    let look = |state: &domain::State| find(state).map(|id| documents::version(state, &asker.urls, id));
    Ok(app.registry.read(look).await?.map_or_else(broker_not_found, |document| hal(status, &document)))
}

fn status(written: Written) -> StatusCode {
    if written == Written::Created { StatusCode::CREATED } else { StatusCode::OK }
}

pub(super) async fn get(
    State(app): State<App>,
    asker: Asker,
    Path((name, number)): Path<(String, String)>,
) -> BrokerResult {
    Ok(one(&app, &asker, StatusCode::OK, &|state| state.version_id(&name, &number)).await?)
}

pub(super) async fn put(
    State(app): State<App>,
    asker: Asker,
    Path((name, number)): Path<(String, String)>,
    body: Bytes,
) -> BrokerResult {
    let body = parse_body(&body)?;
    let build_url = body.get("buildUrl").and_then(Value::as_str).map(str::to_owned);
    let written = app.registry.record_version(&asker.caller, &name, &number, build_url).await?;
    let tags = body.get("tags").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    for tag in tags {
        let tag = tag.get("name").and_then(Value::as_str).or_else(|| tag.as_str());
        let tag = tag.ok_or_else(|| Refused::invalid("tags", "must have names"))?;
        app.registry.tag(&asker.caller, &name, &number, tag).await?;
    }
    Ok(one(&app, &asker, status(written), &|state| state.version_id(&name, &number)).await?)
}

pub(super) async fn delete(
    State(app): State<App>,
    asker: Asker,
    Path((name, number)): Path<(String, String)>,
) -> BrokerResult {
    app.registry.remove_version(&asker.caller, &name, &number).await?;
    Ok(no_content())
}

pub(super) async fn latest(State(app): State<App>, asker: Asker, Path(name): Path<String>) -> BrokerResult {
    Ok(one(&app, &asker, StatusCode::OK, &|state| state.latest_version(state.service_id(&name)?)).await?)
}

pub(super) async fn latest_tagged(
    State(app): State<App>,
    asker: Asker,
    Path((name, tag)): Path<(String, String)>,
) -> BrokerResult {
    let find = |state: &domain::State| state.tagged(state.service_id(&name)?, &tag).last().copied();
    Ok(one(&app, &asker, StatusCode::OK, &find).await?)
}

pub(super) async fn latest_on_branch(
    State(app): State<App>,
    asker: Asker,
    Path((name, branch)): Path<(String, String)>,
) -> BrokerResult {
    let find = |state: &domain::State| state.branch_head(state.service_id(&name)?, &branch);
    Ok(one(&app, &asker, StatusCode::OK, &find).await?)
}

pub(super) async fn list(State(app): State<App>, asker: Asker, query: Query, Path(name): Path<String>) -> BrokerResult {
    let look = |state: &domain::State| {
        let id = state.service_id(&name)?;
        let versions: Vec<_> = state.service(id).versions.iter().rev().copied().collect();
        Some(page(state, &asker.urls, &versions, &query, &format!("{}/versions", asker.urls.pacticipant(&name))))
    };
    Ok(app.registry.read(look).await?.map_or_else(broker_not_found, |document| hal(StatusCode::OK, &document)))
}

pub(super) async fn list_on_branch(
    State(app): State<App>,
    asker: Asker,
    query: Query,
    Path((name, branch)): Path<(String, String)>,
) -> BrokerResult {
    let look = |state: &domain::State| {
        let id = state.service_id(&name)?;
        let branch = state.service(id).branches.get(branch.as_str())?;
        let versions: Vec<_> = branch.versions.iter().rev().copied().collect();
        Some(page(state, &asker.urls, &versions, &query, &format!("{}/versions", asker.urls.pacticipant(&name))))
    };
    Ok(app.registry.read(look).await?.map_or_else(broker_not_found, |document| hal(StatusCode::OK, &document)))
}

/// One page of versions, newest first. Without `pageSize` the newest hundred.
fn page(state: &domain::State, urls: &Urls, versions: &[domain::VersionId], query: &Query, own: &str) -> Value {
    let number = |key: &str| {
        let get = |key: &str| query.0.get(key).and_then(|value| value.parse::<usize>().ok());
        get(key).or_else(|| get(if key == "page" { "pageNumber" } else { "pageSize" }))
    };
    let size = number("size").unwrap_or(100).clamp(1, 1000);
    let page = number("page").unwrap_or(1).max(1);
    let pages = versions.len().div_ceil(size).max(1);
    let shown = versions.chunks(size).nth(page - 1).unwrap_or_default();
    let embedded: Vec<Value> = shown.iter().map(|id| documents::version(state, urls, *id)).collect();
    let mut links = json!({"self": {"href": own}});
    let address = |page: usize| json!({"href": format!("{own}?page={page}&size={size}")});
    if page < pages {
        links["next"] = address(page + 1);
    }
    if page > 1 {
        links["previous"] = address(page - 1);
    }
    json!({
        "_embedded": {"versions": embedded},
        "_links": links,
        "page": {"number": page, "size": size, "totalElements": versions.len(), "totalPages": pages},
    })
}

fn branch_document(state: &domain::State, urls: &Urls, name: &str, branch: &str, data: &domain::Branch) -> Value {
    let own = urls.branch(name, branch);
    let mut document = json!({
        "name": branch,
        "createdAt": time(data.created.at),
        "_links": {
            "self": {"title": "Branch", "href": own},
            "pb:latest-version": {"title": "Latest version for branch", "href": format!("{own}/latest-version")},
        },
    });
    if let Some(head) = data.versions.last() {
        let number = &state.version(*head).number;
        document["_embedded"] = json!({"latestVersion": {"number": &**number, "_links": {"self": link(&urls.version(name, number), "Version", number)}}});
    }
    document
}

pub(super) async fn branches(
    State(app): State<App>,
    asker: Asker,
    query: Query,
    Path(name): Path<String>,
) -> BrokerResult {
    let wanted = query.0.get("q").map(str::to_owned);
    let look = |state: &domain::State| {
        let service = state.service(state.service_id(&name)?);
        let branches =
            service.branches.iter().filter(|(branch, _)| wanted.as_deref().is_none_or(|q| branch.contains(q)));
        let (embedded, links): (Vec<Value>, Vec<Value>) = branches
            .map(|(branch, data)| {
                let link = json!({"name": &**branch, "href": asker.urls.branch(&name, branch)});
                (branch_document(state, &asker.urls, &name, branch, data), link)
            })
            .unzip();
        let own = format!("{}/branches", asker.urls.pacticipant(&name));
        Some(json!({
            "_embedded": {"branches": embedded},
            "_links": {"self": {"title": format!("{name} branches"), "href": own}, "pb:branches": links},
        }))
    };
    Ok(app.registry.read(look).await?.map_or_else(broker_not_found, |document| hal(StatusCode::OK, &document)))
}

pub(super) async fn branch(
    State(app): State<App>,
    asker: Asker,
    Path((name, branch)): Path<(String, String)>,
) -> BrokerResult {
    let look = |state: &domain::State| {
        let service = state.service(state.service_id(&name)?);
        Some(branch_document(state, &asker.urls, &name, &branch, service.branches.get(branch.as_str())?))
    };
    Ok(app.registry.read(look).await?.map_or_else(broker_not_found, |document| hal(StatusCode::OK, &document)))
}

pub(super) async fn delete_branch(
    State(app): State<App>,
    asker: Asker,
    Path((name, branch)): Path<(String, String)>,
) -> BrokerResult {
    app.registry.remove_branch(&asker.caller, &name, &branch).await?;
    Ok(no_content())
}

fn branch_version_document(urls: &Urls, name: &str, branch: &str, number: &str) -> Value {
    json!({"_links": {
        "self": {"title": "Branch version", "href": urls.branch_version(name, branch, number)},
        "pb:version": link(&urls.version(name, number), "Version", number),
        "pb:branch": link(&urls.branch(name, branch), "Branch", branch),
    }})
}

pub(super) async fn branch_version(
    State(app): State<App>,
    asker: Asker,
    Path((name, branch, number)): Path<(String, String, String)>,
) -> BrokerResult {
    let look = |state: &domain::State| {
        state
            .version_id(&name, &number)
            .is_some_and(|id| state.version(id).branches.iter().any(|(known, _)| **known == *branch))
    };
    if !app.registry.read(look).await? {
        return Ok(broker_not_found());
    }
    Ok(hal(StatusCode::OK, &branch_version_document(&asker.urls, &name, &branch, &number)))
}

pub(super) async fn put_branch_version(
    State(app): State<App>,
    asker: Asker,
    Path((name, branch, number)): Path<(String, String, String)>,
) -> BrokerResult {
    let written = app.registry.assign_branch(&asker.caller, &name, &branch, &number).await?;
    Ok(hal(status(written), &branch_version_document(&asker.urls, &name, &branch, &number)))
}

fn tag_document(urls: &Urls, name: &str, number: &str, tag: &str, at: i64) -> Value {
    json!({"name": tag, "createdAt": time(at), "_links": {
        "self": link(&urls.tag(name, number, tag), "Tag", tag),
        "pb:version": link(&urls.version(name, number), "Version", number),
        "pb:pacticipant": link(&urls.pacticipant(name), "Pacticipant", name),
    }})
}

pub(super) async fn tags(
    State(app): State<App>,
    asker: Asker,
    Path((name, number)): Path<(String, String)>,
) -> BrokerResult {
    let look = |state: &domain::State| {
        let version = state.version(state.version_id(&name, &number)?);
        let tags = version.tags.iter().map(|(tag, mark)| tag_document(&asker.urls, &name, &number, tag, mark.at));
        Some(json!({"_embedded": {"tags": tags.collect::<Vec<_>>()},
                    "_links": {"self": {"href": format!("{}/tags", asker.urls.version(&name, &number))}}}))
    };
    Ok(app.registry.read(look).await?.map_or_else(broker_not_found, |document| hal(StatusCode::OK, &document)))
}

async fn tag_reply(
    app: &App,
    asker: &Asker,
    status: StatusCode,
    (name, number, tag): (&str, &str, &str),
) -> BrokerResult {
    let look = |state: &domain::State| {
        let version = state.version(state.version_id(name, number)?);
        let (_, mark) = version.tags.iter().find(|(known, _)| **known == *tag)?;
        Some(tag_document(&asker.urls, name, number, tag, mark.at))
    };
    Ok(app.registry.read(look).await?.map_or_else(broker_not_found, |document| hal(status, &document)))
}

pub(super) async fn tag(
    State(app): State<App>,
    asker: Asker,
    Path((name, number, tag)): Path<(String, String, String)>,
) -> BrokerResult {
    tag_reply(&app, &asker, StatusCode::OK, (&name, &number, &tag)).await
}

pub(super) async fn put_tag(
    State(app): State<App>,
    asker: Asker,
    Path((name, number, tag)): Path<(String, String, String)>,
) -> BrokerResult {
    let written = app.registry.tag(&asker.caller, &name, &number, &tag).await?;
    tag_reply(&app, &asker, status(written), (&name, &number, &tag)).await
}

pub(super) async fn delete_tag(
    State(app): State<App>,
    asker: Asker,
    Path((name, number, tag)): Path<(String, String, String)>,
) -> BrokerResult {
    app.registry.untag(&asker.caller, &name, &number, &tag).await?;
    Ok(no_content())
}
