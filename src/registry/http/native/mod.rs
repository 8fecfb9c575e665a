//! The native API, under `/api/v1`: plain JSON, problems (RFC 9457), entity tags, pages by cursor.
//!
//! Its contract is `docs/reference/registry.openapi.yaml`; the tests hold the server to it.

mod admin;
mod contracts;
mod deployments;
mod services;

use axum::Router;
use axum::routing::{delete, get, post, put};

use crate::registry::http::app::App;

/// Every route.
pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/services", get(services::list))
        .route("/services/{service}", get(services::get).merge(put(services::put)).delete(services::delete))
        .route("/services/{service}/versions", get(services::versions))
        .route(
            "/services/{service}/versions/{version}",
            get(services::version).merge(put(contracts::publish)).delete(services::delete_version),
        )
        .route("/services/{service}/versions/{version}/retire", post(services::retire))
        .route("/services/{service}/versions/{version}/contract", get(contracts::contract))
        .route("/services/{service}/versions/{version}/pacts/{provider}", get(contracts::pact))
        .route("/resolve", get(contracts::resolve))
        .route("/can-deploy", get(deployments::can_deploy))
        .route("/environments", get(deployments::environments))
        .route(
            "/environments/{environment}",
            get(deployments::environment)
                .merge(put(deployments::put_environment))
                .delete(deployments::delete_environment),
        )
        .route("/deployments", post(deployments::deploy))
        .route("/deployments/end", post(deployments::undeploy))
        .route("/releases", post(deployments::release))
        .route("/tokens", get(admin::tokens).post(admin::issue_token))
        .route("/tokens/{id}", delete(admin::revoke_token))
        .route("/trust", get(admin::trusts).post(admin::save_trust))
        .route("/trust/{id}", delete(admin::remove_trust))
        .route("/audit", get(admin::audit))
        .route("/audit/head", get(admin::audit_head))
        .route("/export", get(admin::export))
        .route("/gc", post(admin::collect_garbage))
        .route("/deliveries", get(admin::deliveries))
        .route("/deliveries/{id}/replay", post(admin::replay))
        .fallback(services::not_found)
}
