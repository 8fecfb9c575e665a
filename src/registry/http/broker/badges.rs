//! Badges, drawn here: no other server learns what somebody looks at.

use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;

use crate::registry::domain::{self, By, MatrixQuery, MatrixSelector};
use crate::registry::http::app::App;
use crate::registry::http::broker::matrix::{branch_question, deployable, tag_question};
use crate::registry::http::reply::{BrokerResult, with_type};

fn badge(left: &str, right: &str, color: &str) -> Response {
    let escape =
        |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    // Seven units a character is what the font needs at this size, nearly.
    let width = |text: &str| text.chars().count() * 7 + 10;
    let (first, second) = (width(left), width(right));
    let (total, middle, other) = (first + second, first / 2, first + second / 2);
    let (left, right) = (escape(left), escape(right));
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{total}\" height=\"20\" role=\"img\" aria-label=\"{left}: {right}\">\
         <rect width=\"{first}\" height=\"20\" fill=\"#555\"/><rect x=\"{first}\" width=\"{second}\" height=\"20\" fill=\"{color}\"/>\
         <g fill=\"#fff\" text-anchor=\"middle\" font-family=\"Verdana,DejaVu Sans,sans-serif\" font-size=\"11\">\
         <text x=\"{middle}\" y=\"14\">{left}</text><text x=\"{other}\" y=\"14\">{right}</text></g></svg>"
    );
    let mut response = with_type(StatusCode::OK, "image/svg+xml;charset=utf-8", svg);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

async fn can_deploy_badge(app: &App, left: &str, question: MatrixQuery) -> BrokerResult {
    let (right, color) = match deployable(app, &question).await? {
        Ok(Some(true)) => ("yes", "#4c1"),
        Ok(Some(false)) => ("no", "#e05d44"),
        Ok(None) | Err(_) => ("unknown", "#9f9f9f"),
    };
    Ok(badge(left, right, color))
}

pub(super) async fn tag_to_tag(
    State(app): State<App>,
    Path((name, tag, to)): Path<(String, String, String)>,
) -> BrokerResult {
    can_deploy_badge(&app, &format!("{tag} to {to}"), tag_question(name, tag.clone(), to.clone())).await
}

pub(super) async fn branch_to_environment(
    State(app): State<App>,
    Path((name, branch, environment)): Path<(String, String, String)>,
) -> BrokerResult {
    let left = format!("{branch} to {environment}");
    can_deploy_badge(&app, &left, branch_question(name, branch, environment)).await
}

pub(super) async fn can_i_merge(State(app): State<App>, Path(name): Path<String>) -> BrokerResult {
    let selectors = vec![MatrixSelector { service: name, by: Some(By::MainBranch { latest: true }) }];
    let question = MatrixQuery { selectors, to: Some(By::MainBranch { latest: true }), ..MatrixQuery::default() };
    can_deploy_badge(&app, "can-i-merge", question).await
}

pub(super) async fn pact(State(app): State<App>, Path((provider, consumer)): Path<(String, String)>) -> BrokerResult {
    pact_badge(&app, &provider, &consumer, None).await
}

pub(super) async fn pact_tagged(
    State(app): State<App>,
    Path((provider, consumer, tag)): Path<(String, String, String)>,
) -> BrokerResult {
    pact_badge(&app, &provider, &consumer, Some(&tag)).await
}

async fn pact_badge(app: &App, provider: &str, consumer: &str, tag: Option<&str>) -> BrokerResult {
    let look = |state: &domain::State| {
        let (provider, consumer) = (state.service_id(provider)?, state.service_id(consumer)?);
        let has_tag = |id: &domain::VersionId| {
            tag.is_none_or(|tag| state.version(*id).tags.iter().any(|(name, _)| **name == *tag))
        };
        let version = state.pair(consumer, provider)?.versions.iter().rev().copied().find(has_tag)?;
        let publication = state.publication(version, provider)?;
        Some(state.newest_result(publication.pact).map(|result| result.success))
    };
    let (right, color) = match app.registry.read(look).await?.flatten() {
        Some(true) => ("verified", "#4c1"),
        Some(false) => ("failed", "#e05d44"),
        None => ("unknown", "#9f9f9f"),
    };
    Ok(badge(&format!("{consumer}/{provider} pact"), right, color))
}
