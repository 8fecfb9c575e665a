//! The matrix and can-i-deploy: one answer under several addresses.

use std::fmt::Write as _;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use rustc_hash::FxHashMap;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};

use crate::registry::domain::{self, By, Ignored, LatestBy, Matrix, MatrixQuery, MatrixRow, MatrixSelector, VersionId};
use crate::registry::http::app::{App, Asker, Query};
use crate::registry::http::broker::documents::embedded_version;
use crate::registry::http::nested_query::{Group, NestedQuery};
use crate::registry::http::reply::{BrokerResult, HAL, hal, time, with_type};
use crate::registry::http::urls::Urls;
use crate::registry::service::RegistryError;

pub(super) async fn matrix(State(app): State<App>, asker: Asker, query: Query, headers: HeaderMap) -> BrokerResult {
    let mut errors = Vec::new();
    let selectors = query.0.groups("q").filter_map(|group| selector(group, &mut errors)).collect::<Vec<_>>();
    if selectors.is_empty() && errors.is_empty() {
        errors.push("Please provide 1 or more version selectors.".to_owned());
    }
    let question = MatrixQuery { to: destination(&query.0, &mut errors), selectors, ..options(&query.0) };
    if !errors.is_empty() {
        return Ok(invalid(&errors));
    }
    let wants_text = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accept| accept.starts_with("text/plain"));
    Ok(answer(&app, &asker, question, wants_text).await?)
}

pub(super) async fn pair(
    State(app): State<App>,
    asker: Asker,
    query: Query,
    Path((provider, consumer)): Path<(String, String)>,
) -> BrokerResult {
    let selectors =
        vec![MatrixSelector { service: consumer, by: None }, MatrixSelector { service: provider, by: None }];
    Ok(answer(&app, &asker, MatrixQuery { selectors, ..options(&query.0) }, false).await?)
}

pub(super) async fn can_i_deploy(State(app): State<App>, asker: Asker, query: Query) -> BrokerResult {
    let mut errors = serde_json::Map::new();
    let mut need = |key: &str| {
        let value = query.0.get(key).map(str::to_owned);
        if value.is_none() {
            errors.insert(key.into(), json!(["is missing"]));
        }
        value.unwrap_or_default()
    };
    let (service, version) = (need("pacticipant"), need("version"));
    let to = match (query.0.get("environment"), query.0.get("to")) {
        (Some(environment), None) => Some(By::Environment(environment.to_owned())),
        (None, Some(tag)) => Some(By::Tag { tag: tag.to_owned(), latest: true }),
        (None, None) => {
            errors.insert("environment".into(), json!(["must specify either an environment or a 'to' tag"]));
            None
        }
        (Some(_), Some(_)) => {
            errors.insert("environment".into(), json!(["cannot specify both an environment and a 'to' tag"]));
            None
        }
    };
    if !errors.is_empty() {
        return Ok(hal(StatusCode::BAD_REQUEST, &json!({"errors": errors})));
    }
    let selectors = vec![MatrixSelector { service, by: Some(By::Number(version)) }];
    let latest_by = Some(LatestBy::ConsumerVersionProviderVersion);
    Ok(answer(&app, &asker, MatrixQuery { selectors, to, latest_by, ..options(&query.0) }, false).await?)
}

/// The question behind the tag-to-tag addresses.
pub(super) fn tag_question(service: String, tag: String, to: String) -> MatrixQuery {
    MatrixQuery {
        selectors: vec![MatrixSelector { service, by: Some(By::Tag { tag, latest: true }) }],
        to: Some(By::Tag { tag: to, latest: true }),
        latest_by: Some(LatestBy::ConsumerVersionProvider),
        ..MatrixQuery::default()
    }
}

/// The question behind the branch-to-environment addresses.
pub(super) fn branch_question(service: String, branch: String, environment: String) -> MatrixQuery {
    MatrixQuery {
        selectors: vec![MatrixSelector { service, by: Some(By::Branch { branch, latest: true }) }],
        to: Some(By::Environment(environment)),
        latest_by: Some(LatestBy::ConsumerVersionProviderVersion),
        ..MatrixQuery::default()
    }
}

pub(super) async fn tag_to_tag(
    State(app): State<App>,
    asker: Asker,
    Path((name, tag, to)): Path<(String, String, String)>,
) -> BrokerResult {
    Ok(answer(&app, &asker, tag_question(name, tag, to), false).await?)
}

pub(super) async fn branch_to_environment(
    State(app): State<App>,
    asker: Asker,
    Path((name, branch, environment)): Path<(String, String, String)>,
) -> BrokerResult {
    Ok(answer(&app, &asker, branch_question(name, branch, environment), false).await?)
}

fn selector(group: Group<'_>, errors: &mut Vec<String>) -> Option<MatrixSelector> {
    let Some(service) = group.get("pacticipant") else {
        errors.push("Please specify the pacticipant name".to_owned());
        return None;
    };
    let latest = group.is_true("latest");
    let by = if let Some(number) = group.get("version") {
        if latest {
            errors.push("A version number and latest flag cannot both be specified for a pacticipant".to_owned());
        }
        Some(By::Number(number.to_owned()))
    } else if let Some(branch) = group.get("branch") {
        Some(By::Branch { branch: branch.to_owned(), latest })
    } else if group.is_true("mainBranch") {
        Some(By::MainBranch { latest })
    } else if let Some(tag) = group.get("tag") {
        Some(By::Tag { tag: tag.to_owned(), latest })
    } else if let Some(environment) = group.get("environment") {
        Some(By::Environment(environment.to_owned()))
    } else {
        latest.then_some(By::Latest)
    };
    Some(MatrixSelector { service: service.to_owned(), by })
}

fn destination(query: &NestedQuery, errors: &mut Vec<String>) -> Option<By> {
    let (environment, tag, branch) = (query.get("environment"), query.get("tag"), query.get("branch"));
    let main = query.is_true("mainBranch");
    let latest = query.is_true("latest");
    if [environment.is_some(), tag.is_some(), branch.is_some(), main].into_iter().filter(|set| *set).count() > 1 {
        errors.push("Cannot specify more than one of tag, branch, mainBranch and environment".to_owned());
        return None;
    }
    if let Some(environment) = environment {
        if latest {
            errors.push("Cannot specify both latest=true and an environment".to_owned());
        }
        return Some(By::Environment(environment.to_owned()));
    }
    if let Some(tag) = tag {
        return Some(By::Tag { tag: tag.to_owned(), latest });
    }
    if let Some(branch) = branch {
        return Some(By::Branch { branch: branch.to_owned(), latest });
    }
    if main {
        return Some(By::MainBranch { latest });
    }
    latest.then_some(By::Latest)
}

fn options(query: &NestedQuery) -> MatrixQuery {
    MatrixQuery {
        latest_by: match query.get("latestby") {
            Some("cvpv") => Some(LatestBy::ConsumerVersionProviderVersion),
            Some("cvp") => Some(LatestBy::ConsumerVersionProvider),
            Some("cp") => Some(LatestBy::ConsumerProvider),
            _ => None,
        },
        limit: Some(query.get("limit").and_then(|limit| limit.parse().ok()).unwrap_or(100).clamp(1, 1000)),
        success: query
            .all("success")
            .map(|value| match value {
                "true" => Some(true),
                "false" => Some(false),
                _ => None,
            })
            .collect(),
        ignore: query
            .groups("ignore")
            .filter_map(|group| {
                let version = group.get("version").map(str::to_owned);
                Some(Ignored { service: group.get("pacticipant")?.to_owned(), version })
            })
            .collect(),
        ..MatrixQuery::default()
    }
}

fn invalid(errors: &[String]) -> Response {
    hal(StatusCode::BAD_REQUEST, &json!({"errors": errors}))
}

/// Whether it may be deployed; the errors where the question names what does not exist.
pub(super) async fn deployable(
    app: &App,
    question: &MatrixQuery,
) -> Result<Result<Option<bool>, Vec<String>>, RegistryError> {
    app.registry
        .read(|state| {
            let errors = unknown_names(state, question);
            if errors.is_empty() { Ok(state.matrix(question).deployable) } else { Err(errors) }
        })
        .await
}

fn unknown_names(state: &domain::State, question: &MatrixQuery) -> Vec<String> {
    let mut errors: Vec<String> = question
        .selectors
        .iter()
        .filter(|selector| state.service_id(&selector.service).is_none())
        .map(|selector| format!("Pacticipant {} not found", selector.service))
        .collect();
    if let Some(By::Environment(name)) = &question.to
        && state.environment(name).is_none()
    {
        errors.push(format!("Environment with name '{name}' does not exist"));
    }
    errors
}

async fn answer(app: &App, asker: &Asker, question: MatrixQuery, as_text: bool) -> Result<Response, RegistryError> {
    let look = |state: &domain::State| {
        let errors = unknown_names(state, &question);
        if !errors.is_empty() {
            return invalid(&errors);
        }
        let matrix = state.matrix(&question);
        if as_text {
            return with_type(StatusCode::OK, "text/plain;charset=utf-8", table(state, &matrix));
        }
        with_type(StatusCode::OK, HAL, document(state, &asker.urls, &matrix))
    };
    app.registry.read(look).await
}

/// The whole answer. Written as text at once: a thousand rows about ten versions would be a hundred thousand small values.
#[derive(Serialize)]
struct Document<'a> {
    summary: Value,
    notices: Vec<Value>,
    matrix: Vec<RowDocument<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RowDocument<'a> {
    consumer: Party<'a>,
    provider: Party<'a>,
    pact: PactCell,
    verification_result: Option<ResultCell>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    ignored: bool,
}

#[derive(Serialize)]
struct Party<'a> {
    name: &'a str,
    version: Option<&'a RawValue>,
    #[serde(rename = "_links")]
    links: OwnLink,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PactCell {
    created_at: String,
    #[serde(rename = "_links")]
    links: OwnLink,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResultCell {
    success: bool,
    verified_at: String,
    #[serde(rename = "_links")]
    links: OwnLink,
}

#[derive(Serialize)]
struct OwnLink {
    #[serde(rename = "self")]
    own: Href,
}

#[derive(Serialize)]
struct Href {
    href: String,
}

fn own(href: String) -> OwnLink {
    OwnLink { own: Href { href } }
}

fn document(state: &domain::State, urls: &Urls, matrix: &Matrix) -> String {
    let kind = if matrix.deployable == Some(true) { "success" } else { "error" };
    let warnings = matrix.warnings.iter().map(|text| json!({"type": "warning", "text": text}));
    let reasons = matrix.reasons.iter().map(|text| json!({"type": kind, "text": text}));
    let reason = matrix.warnings.iter().chain(&matrix.reasons).map(String::as_str).collect::<Vec<_>>().join("\n");
    let mut summary = json!({
        "deployable": matrix.deployable,
        "reason": reason,
        "success": matrix.success,
        "failed": matrix.failed,
        "unknown": matrix.unknown,
    });
    if matrix.ignored > 0 {
        summary["ignored"] = json!(matrix.ignored);
    }
    let mut versions: FxHashMap<VersionId, Box<RawValue>> = FxHashMap::default();
    for id in matrix.rows.iter().flat_map(|row| [Some(row.consumer_version), row.provider_version]).flatten() {
        versions.entry(id).or_insert_with(|| {
            to_raw_value(&embedded_version(state, urls, id)).expect("a version has string keys only")
        });
    }
    let document = Document {
        summary,
        notices: warnings.chain(reasons).collect(),
        matrix: matrix.rows.iter().map(|row| row_document(state, urls, row, &versions)).collect(),
    };
    serde_json::to_string(&document).expect("a matrix has string keys only")
}

fn row_document<'a>(
    state: &'a domain::State,
    urls: &Urls,
    row: &MatrixRow,
    versions: &'a FxHashMap<VersionId, Box<RawValue>>,
) -> RowDocument<'a> {
    let name = |id| &*state.service(id).name;
    let (consumer, provider) = (name(row.consumer), name(row.provider));
    let number = &*state.version(row.consumer_version).number;
    let party = |name: &'a str, version: Option<VersionId>| Party {
        name,
        version: version.and_then(|id| versions.get(&id)).map(|version| &**version),
        links: own(urls.pacticipant(name)),
    };
    RowDocument {
        consumer: party(consumer, Some(row.consumer_version)),
        provider: party(provider, row.provider_version),
        pact: PactCell {
            created_at: time(row.publication.published.at),
            links: own(urls.pact(provider, consumer, number)),
        },
        verification_result: row.result.map(|id| state.result(id)).map(|result| {
            let content = state.pact(row.publication.pact).content.to_string();
            ResultCell {
                success: result.success,
                verified_at: time(result.recorded.at),
                links: own(urls.result(provider, consumer, &content, result.number)),
            }
        }),
        ignored: row.is_ignored,
    }
}

fn table(state: &domain::State, matrix: &Matrix) -> String {
    let heads = ["CONSUMER", "C_VERSION", "REVISION", "PROVIDER", "P_VERSION", "NUMBER", "SUCCESS"];
    let lines: Vec<[String; 7]> = matrix
        .rows
        .iter()
        .map(|row| {
            let result = row.result.map(|id| state.result(id));
            [
                state.service(row.consumer).name.to_string(),
                state.version(row.consumer_version).number.to_string(),
                row.publication.revision.to_string(),
                state.service(row.provider).name.to_string(),
                result.and(row.provider_version).map(|id| state.version(id).number.to_string()).unwrap_or_default(),
                result.map(|result| result.number.to_string()).unwrap_or_default(),
                result.map(|result| result.success.to_string()).unwrap_or_default(),
            ]
        })
        .collect();
    let widths: Vec<usize> = (0..heads.len())
        .map(|column| {
            lines.iter().map(|line| line[column].chars().count()).chain([heads[column].len()]).max().unwrap_or(0)
        })
        .collect();
    let mut text = String::new();
    let row = |cells: Vec<String>, separator: &str| cells.join(separator);
    let pad = |cell: &str, width: usize| format!("{cell:width$}");
    let _ =
        writeln!(text, "{}", row(heads.iter().zip(&widths).map(|(cell, width)| pad(cell, *width)).collect(), " | "));
    let _ = writeln!(
        text,
        "{}",
        row(
            widths
                .iter()
                .enumerate()
                .map(|(index, width)| {
                    let edges = if index == 0 || index + 1 == widths.len() { 1 } else { 2 };
                    "-".repeat(width + edges)
                })
                .collect(),
            "|"
        )
    );
    for line in &lines {
        let _ =
            writeln!(text, "{}", row(line.iter().zip(&widths).map(|(cell, width)| pad(cell, *width)).collect(), " | "));
    }
    let deployable = matrix.deployable.map_or("nil", |yes| if yes { "true" } else { "false" });
    let reason = matrix.warnings.iter().chain(&matrix.reasons).map(String::as_str).collect::<Vec<_>>().join("\n");
    let _ = write!(text, "\nDeployable: {deployable}\nReason: {reason}");
    text
}
