//! Publishing and fetching contracts and pacts.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::registry::domain::{self, By, PactDocument};
use crate::registry::http::app::{App, Asker, Query};
use crate::registry::http::native::services::{tagged, version_document};
use crate::registry::http::reply::{NativeResult, json_reply, with_type};
use crate::registry::service::{PactUpload, Refused, Upload, need_environment, need_service, need_version};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PublishBody {
    #[serde(default)]
    branch: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    build_url: Option<String>,
    #[serde(default)]
    consumes: Vec<Consumes>,
    #[serde(default)]
    files: Vec<FileBody>,
    #[serde(default)]
    pacts: Vec<PactBody>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Consumes {
    service: String,
    version: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileBody {
    path: String,
    /// Base64.
    content: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PactBody {
    /// Base64.
    content: String,
}

pub(super) async fn publish(
    State(app): State<App>,
    asker: Asker,
    headers: HeaderMap,
    Path((service, version)): Path<(String, String)>,
    body: Bytes,
) -> NativeResult {
    let body: PublishBody = serde_json::from_slice(&body)
        .map_err(|error| Refused::invalid("", format!("the body is not as expected: {error}")))?;
    let decode = |field: &str, text: &str| {
        STANDARD
            .decode(text)
            .map(bytes::Bytes::from)
            .map_err(|_| Refused::invalid(field, "has a `content` that is not base64"))
    };
    let mut pacts = Vec::with_capacity(body.pacts.len());
    for pact in &body.pacts {
        let bytes = decode("pacts", &pact.content)?;
        let document =
            PactDocument::parse(&bytes).map_err(|error| Refused::invalid("pacts", format!("has one that {error}")))?;
        let (consumer, provider) =
            document.parties().map_err(|error| Refused::invalid("pacts", format!("has one that {error}")))?;
        if consumer != service {
            let problem = format!("has one of `{consumer}`, but `{service}` is being published");
            return Err(Refused::invalid("pacts", problem).into());
        }
        pacts.push(PactUpload { provider: provider.to_owned(), bytes, document: document.clone(), replaces: None });
    }
    let files = body
        .files
        .into_iter()
        .map(|file| Ok((file.path, decode("files", &file.content)?)))
        .collect::<Result<Vec<_>, Refused>>()?;
    let upload = Upload {
        service: service.clone(),
        version: version.clone(),
        branch: body.branch,
        tags: body.tags,
        build_url: body.build_url,
        consumes: body.consumes.into_iter().map(|entry| (entry.service, entry.version)).collect(),
        pacts,
        files,
        only_if_new: headers.get(header::IF_NONE_MATCH).is_some_and(|value| value == "*"),
    };
    let published = app.registry.publish(&asker.caller, upload).await?;
    let look = |state: &domain::State| need_version(state, &service, &version).map(|id| version_document(state, id));
    let document = json!({
        "version": app.registry.read(look).await??,
        "created": published.version_was_new,
        "contract_created": published.contract_was_new.unwrap_or(false),
        "report": published.report,
    });
    let status = if published.version_was_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok(json_reply(status, &document))
}

pub(super) async fn contract(
    State(app): State<App>,
    headers: HeaderMap,
    Path((service, version)): Path<(String, String)>,
) -> NativeResult {
    let look = |state: &domain::State| {
        let id = need_version(state, &service, &version)?;
        let contract = state.version(id).contract.as_ref();
        let contract = contract.ok_or_else(|| Refused::Missing(format!("contract of `{service}` {version}")))?;
        Ok::<_, Refused>(contract.files.clone())
    };
    let files = app.registry.read(look).await??;
    let contents = app.registry.ledger.blobs(files.iter().map(|file| file.blob).collect()).await?;
    let mut listed = Vec::with_capacity(files.len());
    for (file, bytes) in files.iter().zip(contents) {
        let bytes = bytes.ok_or_else(|| Refused::Missing(format!("content of `{}`", file.path)))?;
        listed.push(json!({
            "path": file.path, "size": file.size, "sha256": file.blob.to_string(), "content": STANDARD.encode(&bytes),
        }));
    }
    Ok(tagged(&headers, &json!({"service": service, "version": version, "files": listed})))
}

pub(super) async fn pact(
    State(app): State<App>,
    Path((service, version, provider)): Path<(String, String, String)>,
) -> NativeResult {
    let look = |state: &domain::State| {
        let id = need_version(state, &service, &version)?;
        let other = need_service(state, &provider)?;
        let publication = state.publication(id, other);
        let publication =
            publication.ok_or_else(|| Refused::Missing(format!("pact of `{service}` {version} with `{provider}`")))?;
        Ok::<_, Refused>(state.pact(publication.pact).blob)
    };
    let blob = app.registry.read(look).await??;
    let bytes = app.registry.ledger.blobs(vec![blob]).await?.pop().flatten();
    let bytes = bytes.ok_or_else(|| Refused::Missing("the content of the pact".into()))?;
    Ok(with_type(StatusCode::OK, "application/json", bytes))
}

/// The versions that `SERVICE[@VERSION|@branch:NAME|@environment:NAME]` stands for; the newest of all without a word.
pub(super) async fn resolve(State(app): State<App>, query: Query) -> NativeResult {
    let get = |key: &str| query.0.get(key).map(str::to_owned);
    let service = get("service").ok_or_else(|| Refused::invalid("service", "is missing"))?;
    let by = match (get("version"), get("branch"), get("environment")) {
        (Some(number), None, None) => Some(By::Number(number)),
        (None, Some(branch), None) => Some(By::Branch { branch, latest: true }),
        (None, None, Some(environment)) => Some(By::Environment(environment)),
        (None, None, None) => None,
        _ => return Err(Refused::invalid("", "only one of version, branch and environment can be given").into()),
    };
    let look = |state: &domain::State| {
        let id = need_service(state, &service)?;
        if let Some(By::Environment(name)) = &by {
            need_environment(state, name)?;
        }
        // Without a word: the newest version of the main branch with a contract, else the newest with one, else the newest.
        let found: Vec<domain::VersionId> = match &by {
            Some(by) => state.versions_by(id, by).into_iter().collect(),
            None => {
                let versions = || state.service(id).versions.iter().rev().copied();
                let has_contract = |id: &domain::VersionId| state.version(*id).contract.is_some();
                let main = state.main_branch(id);
                let on_main = |id: &domain::VersionId| {
                    main.is_some_and(|main| state.version(*id).branches.iter().any(|(name, _)| **name == *main))
                };
                let best = versions().find(|id| has_contract(id) && on_main(id));
                best.or_else(|| versions().find(has_contract)).or_else(|| versions().next()).into_iter().collect()
            }
        };
        if found.is_empty() {
            return Err(Refused::Missing(format!("such a version of `{service}`")));
        }
        Ok(found.into_iter().map(|id| version_document(state, id)).collect::<Vec<Value>>())
    };
    Ok(json_reply(StatusCode::OK, &json!({"versions": app.registry.read(look).await??})))
}
