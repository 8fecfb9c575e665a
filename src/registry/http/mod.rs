//! The registry over HTTP.

mod app;
mod broker;
mod deliver;
mod gate;
mod metrics;
mod native;
mod nested_query;
mod oidc;
mod rate;
mod reply;
mod serve;
mod slashes;
mod trace;
mod urls;

use std::net::SocketAddr;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware;
use axum::response::Response;
use axum::routing::get;
use serde_json::json;

pub(crate) use app::{App, Settings};
pub(crate) use deliver::run as deliver_webhooks;
pub(crate) use metrics::Metrics;
pub(crate) use oidc::Oidc;
pub(crate) use rate::RateLimit;
pub(crate) use serve::{Limits, serve, tls_from_files};
pub(crate) use trace::{Exporter, Sampler, TraceLayer, TraceSettings};

use crate::registry::http::app::Asker;
use crate::registry::http::metrics::Sizes;
use crate::registry::http::reply::{BrokerResult, NativeResult, hal, json_reply, with_type};

/// Everything behind the gate.
pub(crate) fn router(app: App) -> Router {
    let max_body = app.settings.max_body;
    let routes = Router::new()
        .nest("/api/v1", native::router())
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics_page))
        .merge(broker::router())
        .layer(middleware::from_fn_with_state(app.clone(), gate::gate))
        .layer(DefaultBodyLimit::max(max_body))
        .with_state(app);
    // Addresses are put right before they are routed.
    Router::new().fallback_service(tower::util::MapRequest::new(routes, slashes::encoded))
}

/// A client for calls to others. It follows no redirects, because a redirect leads wherever the other side wants; with
/// `pinned` it talks to exactly those addresses.
pub(crate) fn outgoing_client(pinned: Option<(&str, &[SocketAddr])>) -> Result<reqwest::Client, reqwest::Error> {
    let builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(std::time::Duration::from_secs(5))
        .no_proxy();
    match pinned {
        Some((host, addresses)) => builder.resolve_to_addrs(host, addresses).build(),
        None => builder.build(),
    }
}

/// The process is there.
async fn healthz() -> Response {
    json_reply(StatusCode::OK, &json!({"status": "ok"}))
}

/// The process can do its work: the storage answers.
async fn readyz(State(app): State<App>) -> NativeResult {
    app.registry.ledger.store().ping().await?;
    Ok(json_reply(StatusCode::OK, &json!({"status": "ready"})))
}

/// Prometheus gets its text; clients of the Pact Broker, which ask for JSON, get the broker's numbers.
async fn metrics_page(State(app): State<App>, asker: Asker, headers: HeaderMap) -> BrokerResult {
    asker.caller.require(crate::registry::domain::Scope::Read)?;
    let sizes = app
        .registry
        .read(|state| Sizes {
            services: state.services().len() as u64,
            versions: state.version_count() as u64,
            pacts: state.pact_count() as u64,
            results: state.result_count() as u64,
            records: state.head.seq,
        })
        .await?;
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accept.contains("json") {
        return Ok(hal(
            StatusCode::OK,
            &json!({
                "pacticipants": {"count": sizes.services},
                "pacticipantVersions": {"count": sizes.versions},
                "pactVersions": {"count": sizes.pacts},
                "verificationResults": {"count": sizes.results},
            }),
        ));
    }
    let text = app.metrics.exposition(sizes);
    Ok(with_type(StatusCode::OK, "application/openmetrics-text; version=1.0.0; charset=utf-8", text))
}
