//! The entry: every relation that clients look for.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::Response;
use serde_json::json;

use crate::registry::http::app::{App, Asker};
use crate::registry::http::broker::documents::{curies, template};
use crate::registry::http::reply::{BrokerResult, broker_not_found, hal};

pub(super) async fn index(State(_): State<App>, asker: Asker) -> Response {
    let at = |path: &str| asker.urls.at(path);
    let one = |path: &str, title: &str| json!({"href": at(path), "title": title});
    let many = |path: &str, title: &str| template(&at(path), title);
    hal(
        StatusCode::OK,
        &json!({"_links": {
            "self": one("", "Index"),
            "pb:publish-pact": many("/pacts/provider/{provider}/consumer/{consumer}/version/{consumerApplicationVersion}", "Publish a pact"),
            "pb:publish-contracts": one("/contracts/publish", "Publish contracts"),
            "pb:latest-pact-versions": one("/pacts/latest", "Latest pact versions"),
            "pb:tagged-pact-versions": many("/pacts/provider/{provider}/consumer/{consumer}/tag/{tag}", "All versions of a pact for a given consumer, provider and consumer version tag"),
            "pb:pacticipants": one("/pacticipants", "Pacticipants"),
            "pb:pacticipant": many("/pacticipants/{pacticipant}", "Fetch pacticipant by name"),
            "pb:latest-provider-pacts": many("/pacts/provider/{provider}/latest", "Latest pacts by provider"),
            "pb:latest-provider-pacts-with-tag": many("/pacts/provider/{provider}/latest/{tag}", "Latest pacts for provider with the specified tag"),
            "pb:provider-pacts-with-tag": many("/pacts/provider/{provider}/tag/{tag}", "All pact versions for the provider with the specified consumer version tag"),
            "pb:provider-pacts": many("/pacts/provider/{provider}", "All pact versions for the specified provider"),
            "pb:provider-pacts-with-branch": many("/pacts/provider/{provider}/branch/{branch}", "Pacts for provider with the specified consumer version branch"),
            "pb:provider-pacts-with-main-branch": many("/pacts/provider/{provider}/branch", "Pacts for provider from the consumers' main branches"),
            "pb:latest-provider-pacts-with-branch": many("/pacts/provider/{provider}/branch/{branch}/latest", "Latest pacts for provider with the specified consumer version branch"),
            "pb:latest-provider-pacts-with-main-branch": many("/pacts/provider/{provider}/branch/latest", "Latest pacts for provider from the consumers' main branches"),
            "pb:branch-pact-versions": many("/pacts/provider/{provider}/consumer/{consumer}/branch/{branch}", "Pact of a consumer's branch"),
            "pb:latest-branch-pact-versions": many("/pacts/provider/{provider}/consumer/{consumer}/branch/{branch}/latest", "Latest pact of a consumer's branch"),
            "pb:latest-version": many("/pacticipants/{pacticipant}/latest-version", "Latest pacticipant version"),
            "pb:latest-tagged-version": many("/pacticipants/{pacticipant}/latest-version/{tag}", "Latest pacticipant version with the specified tag"),
            "pb:webhooks": one("/webhooks", "Webhooks"),
            "pb:webhook": many("/webhooks/{uuid}", "Webhook"),
            "pb:integrations": one("/integrations", "Integrations"),
            "pb:pacticipant-version-tag": many("/pacticipants/{pacticipant}/versions/{version}/tags/{tag}", "Get, create or delete a pacticipant version tag"),
            "pb:pacticipant-branch": many("/pacticipants/{pacticipant}/branches/{branch}", "Get or delete a pacticipant branch"),
            "pb:pacticipant-branch-version": many("/pacticipants/{pacticipant}/branches/{branch}/versions/{version}", "Get or add/create a pacticipant version for a branch"),
            "pb:pacticipant-version": many("/pacticipants/{pacticipant}/versions/{version}", "Get, create or delete a pacticipant version"),
            "pb:can-i-deploy-pacticipant-version-to-tag": many("/can-i-deploy?pacticipant={pacticipant}&version={version}&to={tag}", "Determine if an application version can be safely deployed to an environment identified by the given tag"),
            "pb:can-i-deploy-pacticipant-version-to-environment": many("/can-i-deploy?pacticipant={pacticipant}&version={version}&environment={environment}", "Determine if an application version can be safely deployed to an environment"),
            "pb:provider-pacts-for-verification": many("/pacts/provider/{provider}/for-verification", "Pact versions to be verified for the specified provider"),
            "beta:provider-pacts-for-verification": many("/pacts/provider/{provider}/for-verification", "DEPRECATED - use pb:provider-pacts-for-verification"),
            "pb:environments": one("/environments", "Environments"),
            "pb:environment": many("/environments/{environment}", "Environment"),
            "pb:metrics": one("/metrics", "Get Pact Broker metrics"),
            "pb:api-root": one("/", "API root"),
            "curies": curies(&asker.urls, "index"),
        }}),
    )
}

pub(super) async fn documentation(Path(rel): Path<String>) -> Response {
    hal(
        StatusCode::OK,
        &json!({"rel": rel, "documentation": "https://docs.pact.io/pact_broker/advanced_topics/api_docs"}),
    )
}

pub(super) async fn heartbeat(State(app): State<App>, asker: Asker) -> BrokerResult {
    app.registry.ledger.store().ping().await?;
    Ok(hal(
        StatusCode::OK,
        &json!({"ok": true, "_links": {"self": {"href": asker.urls.at("/diagnostic/status/heartbeat")}}}),
    ))
}

pub(super) async fn not_found() -> Response {
    broker_not_found()
}

pub(super) async fn method_not_allowed(request: Request) -> Response {
    if request.method() == Method::OPTIONS {
        let mut response = hal(StatusCode::OK, &json!({}));
        let methods = HeaderValue::from_static("GET, PUT, POST, PATCH, DELETE, OPTIONS");
        response.headers_mut().insert("access-control-allow-methods", methods);
        return response;
    }
    hal(StatusCode::METHOD_NOT_ALLOWED, &json!({"error": "this resource does not know that method"}))
}
