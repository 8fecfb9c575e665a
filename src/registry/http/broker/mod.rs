//! The HTTP surface of the Pact Broker, for clients that exist: HAL documents under the broker's own paths.
//!
//! Clients follow links and also build addresses themselves, so both must agree. What clients read is described in
//! `docs/registry/pact-broker.md`.

mod badges;
mod documents;
mod environments;
mod index;
mod integrations;
mod matrix;
mod pacticipants;
mod pacts;
mod publish;
mod results;
mod to_verify;
mod versions;
mod webhooks;

use axum::Router;
use axum::routing::{any, delete, get, patch, post, put};

use crate::registry::http::app::App;

/// Every route.
pub(crate) fn router() -> Router<App> {
    let mut router = Router::new()
        .route("/", get(index::index))
        .route("/doc/{rel}", get(index::documentation))
        .route("/diagnostic/status/heartbeat", get(index::heartbeat))
        .route("/diagnostic/status/dependencies", get(index::heartbeat))
        .route("/contracts/publish", post(publish::publish))
        .route("/pacticipants", get(pacticipants::list).post(pacticipants::create))
        .route("/labels", get(pacticipants::labels))
        .route("/pacticipants/label/{label}", get(pacticipants::with_label))
        .route("/pacticipants/{name}/labels", get(pacticipants::labels_of))
        .route(
            "/pacticipants/{name}/labels/{label}",
            get(pacticipants::label).put(pacticipants::put_label).delete(pacticipants::delete_label),
        )
        .route("/pacticipants/{name}/branches", get(versions::branches))
        .route("/pacticipants/{name}/branches/{branch}", get(versions::branch).delete(versions::delete_branch))
        .route("/pacticipants/{name}/branches/{branch}/latest-version", get(versions::latest_on_branch))
        .route(
            "/pacticipants/{name}/branches/{branch}/versions/{number}",
            get(versions::branch_version).put(versions::put_branch_version),
        )
        .route("/pacticipants/{name}/branches/{branch}/versions", get(versions::list_on_branch))
        .route("/pacticipants/{name}/versions", get(versions::list))
        .route("/pacticipants/{name}/latest-version", get(versions::latest))
        .route("/pacticipants/{name}/latest-version/{tag}", get(versions::latest_tagged))
        .route("/pacticipants/{name}/versions/{number}/tags", get(versions::tags))
        .route(
            "/pacticipants/{name}/versions/{number}/tags/{tag}",
            get(versions::tag).put(versions::put_tag).delete(versions::delete_tag),
        )
        .route(
            "/pacticipants/{name}/versions/{number}/deployed-versions/environment/{uuid}",
            get(environments::deployments_of).post(environments::deploy),
        )
        .route(
            "/pacticipants/{name}/versions/{number}/released-versions/environment/{uuid}",
            get(environments::releases_of).post(environments::release),
        )
        .route("/environments", get(environments::list).post(environments::create))
        .route("/environments/{uuid}", get(environments::get).put(environments::put).delete(environments::delete))
        .route("/environments/{uuid}/deployed-versions/currently-deployed", get(environments::currently_deployed))
        .route("/environments/{uuid}/released-versions/currently-supported", get(environments::currently_supported))
        .route("/deployed-versions/{uuid}", get(environments::deployment).patch(environments::patch_deployment))
        .route("/released-versions/{uuid}", get(environments::deployment).patch(environments::patch_release))
        .route("/matrix", get(matrix::matrix))
        .route("/matrix/provider/{provider}/consumer/{consumer}", get(matrix::pair))
        .route("/can-i-deploy", get(matrix::can_i_deploy))
        .route("/pacticipants/{name}/latest-version/{tag}/can-i-deploy/to/{to}", get(matrix::tag_to_tag))
        .route("/pacticipants/{name}/latest-version/{tag}/can-i-deploy/to/{to}/badge", get(badges::tag_to_tag))
        .route(
            "/pacticipants/{name}/branches/{branch}/latest-version/can-i-deploy/to-environment/{environment}",
            get(matrix::branch_to_environment),
        )
        .route(
            "/pacticipants/{name}/branches/{branch}/latest-version/can-i-deploy/to-environment/{environment}/badge",
            get(badges::branch_to_environment),
        )
        .route("/pacticipants/{name}/main-branch/can-i-merge/badge", get(badges::can_i_merge))
        .route("/pacts/latest", get(pacts::all_latest))
        .route("/pacts/provider/{provider}/for-verification", get(to_verify::get).post(to_verify::post))
        .route("/pacts/provider/{provider}", get(pacts::of_provider))
        .route("/pacts/provider/{provider}/latest", get(pacts::latest_of_provider))
        .route("/pacts/provider/{provider}/latest/{tag}", get(pacts::latest_tagged_of_provider))
        .route("/pacts/provider/{provider}/tag/{tag}", get(pacts::tagged_of_provider))
        .route("/pacts/provider/{provider}/branch", get(pacts::main_branch_of_provider))
        .route("/pacts/provider/{provider}/branch/{branch}", get(pacts::branch_of_provider))
        .route("/pacts/provider/{provider}/branch/{branch}/latest", get(pacts::latest_branch_of_provider))
        .route("/pacts/provider/{provider}/branch/latest", get(pacts::latest_main_branch_of_provider))
        .route("/pacts/provider/{provider}/provider-states", get(pacts::provider_states))
        .route("/webhooks", get(webhooks::list).post(webhooks::create))
        .route("/webhooks/execute", post(webhooks::execute_unsaved))
        .route("/webhooks/{uuid}", get(webhooks::get).put(webhooks::put).delete(webhooks::delete))
        .route("/webhooks/{uuid}/execute", post(webhooks::execute))
        .route("/webhooks/provider/{provider}", get(webhooks::for_provider).post(webhooks::create_for_provider))
        .route(
            "/webhooks/provider/{provider}/consumer/{consumer}",
            get(webhooks::for_pair).post(webhooks::create_for_pair),
        )
        .route("/webhooks/consumer/{consumer}", get(webhooks::for_consumer).post(webhooks::create_for_consumer))
        .route("/triggered-webhooks/{uuid}/logs", get(webhooks::logs))
        .route("/integrations", get(integrations::list).delete(integrations::delete_all))
        .route("/integrations/provider/{provider}/consumer/{consumer}", delete(integrations::delete))
        .route("/groups/{name}", get(integrations::group))
        .route("/relationships", get(integrations::relationships))
        .route("/dashboard", get(integrations::dashboard))
        .route("/dashboard/provider/{provider}/consumer/{consumer}", get(integrations::dashboard_pair));
    // The broker takes both words for a version of a pact, and both for the pact itself.
    for pacts in ["pacts", "pact"] {
        let pair = format!("/{pacts}/provider/{{provider}}/consumer/{{consumer}}");
        for word in ["version", "versions"] {
            router = router
                .route(
                    &format!("{pair}/{word}/{{number}}"),
                    get(pacts::get).put(pacts::put).patch(pacts::patch).delete(pacts::delete),
                )
                .route(&format!("{pair}/{word}/{{number}}/previous-distinct"), get(pacts::previous_distinct))
                .route(&format!("{pair}/{word}/{{number}}/diff/previous-distinct"), get(pacts::diff_previous))
                .route(&format!("{pair}/{word}/{{number}}/diff/{word}/{{other}}"), get(pacts::diff))
                .route(&format!("{pair}/{word}/{{number}}/triggered-webhooks"), get(webhooks::triggered_for_pact));
        }
        router = router
            .route(&format!("{pair}/versions"), get(pacts::versions_of_pair).delete(pacts::delete_all_of_pair))
            .route(&format!("{pair}/latest"), get(pacts::latest))
            .route(&format!("{pair}/latest/badge"), get(badges::pact))
            .route(&format!("{pair}/latest/{{tag}}"), get(pacts::latest_tagged))
            .route(&format!("{pair}/latest/{{tag}}/badge"), get(badges::pact_tagged))
            .route(&format!("{pair}/tag/{{tag}}"), get(pacts::tagged_of_pair))
            .route(&format!("{pair}/branch/{{branch}}/latest"), get(pacts::latest_on_branch))
            .route(&format!("{pair}/branch/{{branch}}"), get(pacts::latest_on_branch))
            .route(&format!("{pair}/latest-untagged"), get(pacts::latest_untagged))
            .route(&format!("{pair}/pact-version/{{content}}"), get(pacts::content))
            .route(&format!("{pair}/pact-version/{{content}}/diff/pact-version/{{other}}"), get(pacts::diff_contents))
            .route(&format!("{pair}/pact-version/{{content}}/metadata/{{metadata}}"), get(pacts::content_with_metadata))
            .route(&format!("{pair}/pact-version/{{content}}/verification-results"), post(results::publish))
            .route(
                &format!("{pair}/pact-version/{{content}}/metadata/{{metadata}}/verification-results"),
                post(results::publish_with_metadata),
            )
            .route(&format!("{pair}/pact-version/{{content}}/verification-results/latest"), get(results::latest))
            .route(&format!("{pair}/pact-version/{{content}}/verification-results/{{number}}"), get(results::get))
            .route(
                &format!("{pair}/pact-version/{{content}}/verification-results/{{number}}/triggered-webhooks"),
                get(webhooks::triggered_for_result),
            )
            .route(&format!("{pair}/webhooks"), get(webhooks::for_pair).post(webhooks::create_for_pair))
            .route(&format!("{pair}/webhooks/status"), get(webhooks::status));
    }
    router
        .route(
            "/verification-results/consumer/{consumer}/version/{number}/latest",
            get(results::latest_of_consumer_version),
        )
        .route(
            "/pacticipants/{name}",
            get(pacticipants::get)
                .put(pacticipants::put)
                .merge(patch(pacticipants::patch))
                .delete(pacticipants::delete),
        )
        .route(
            "/pacticipants/{name}/versions/{number}",
            get(versions::get).merge(put(versions::put)).patch(versions::put).delete(versions::delete),
        )
        .fallback(any(index::not_found))
        .method_not_allowed_fallback(index::method_not_allowed)
}
