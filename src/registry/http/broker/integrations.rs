//! Who talks with whom.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::registry::domain::{self, ServiceId};
use crate::registry::http::app::{App, Asker};
use crate::registry::http::broker::documents::embedded_service;
use crate::registry::http::reply::{BrokerResult, broker_not_found, hal, no_content, time};
use crate::registry::http::urls::segment;

/// The newest result of the newest pact: `success`, `failed` or that there is none.
fn verification_status(
    state: &domain::State,
    consumer: ServiceId,
    provider: ServiceId,
) -> (Option<String>, &'static str) {
    let newest = state.pair(consumer, provider).and_then(|pair| {
        let version = *pair.versions.last()?;
        state.publication(version, provider)
    });
    let Some(publication) = newest else { return (None, "unverified") };
    let status = match state.newest_result(publication.pact).map(|result| result.success) {
        Some(true) => "success",
        Some(false) => "failed",
        None => "unverified",
    };
    (Some(time(publication.published.at)), status)
}

pub(super) async fn list(State(app): State<App>, asker: Asker) -> BrokerResult {
    let look = |state: &domain::State| {
        state
            .pairs()
            .map(|((consumer, provider), _)| {
                let (latest, status) = verification_status(state, consumer, provider);
                let (c, p) = (&*state.service(consumer).name, &*state.service(provider).name);
                json!({
                    "consumer": embedded_service(state, &asker.urls, consumer),
                    "provider": embedded_service(state, &asker.urls, provider),
                    "verificationStatus": status,
                    "latestPactCreatedAt": latest,
                    "_links": {
                        "pb:dashboard": {"href": asker.urls.at(&format!("/dashboard/provider/{}/consumer/{}", segment(p), segment(c)))},
                        "pb:matrix": {"href": asker.urls.at(&format!("/matrix/provider/{}/consumer/{}", segment(p), segment(c)))},
                        "pb:group": {"href": asker.urls.at(&format!("/groups/{}", segment(c)))},
                    },
                })
            })
            .collect::<Vec<_>>()
    };
    let integrations = app.registry.read(look).await?;
    Ok(hal(
        StatusCode::OK,
        &json!({
            "_embedded": {"integrations": integrations},
            "_links": {"self": {"href": asker.urls.at("/integrations")}},
        }),
    ))
}

async fn remove(
    app: &App,
    asker: &Asker,
    wanted: impl Fn(&str, &str) -> bool,
) -> Result<bool, crate::registry::service::RegistryError> {
    let pacts = app
        .registry
        .read(|state| {
            let mut pacts = Vec::new();
            for ((consumer, provider), pair) in state.pairs() {
                let (consumer, provider) =
                    (state.service(consumer).name.to_string(), state.service(provider).name.to_string());
                if wanted(&consumer, &provider) {
                    let numbers = pair.versions.iter().map(|version| state.version(*version).number.to_string());
                    pacts.extend(numbers.map(|number| (consumer.clone(), number, provider.clone())));
                }
            }
            pacts
        })
        .await?;
    for (consumer, number, provider) in &pacts {
        app.registry.remove_pact(&asker.caller, consumer, number, provider).await?;
    }
    Ok(!pacts.is_empty())
}

pub(super) async fn delete_all(State(app): State<App>, asker: Asker) -> BrokerResult {
    asker.caller.require(domain::Scope::Admin)?;
    remove(&app, &asker, |_, _| true).await?;
    Ok(no_content())
}

pub(super) async fn delete(
    State(app): State<App>,
    asker: Asker,
    Path((provider, consumer)): Path<(String, String)>,
) -> BrokerResult {
    let found = remove(&app, &asker, |c, p| c == consumer && p == provider).await?;
    Ok(if found { no_content() } else { broker_not_found() })
}

/// Everything that a service reaches, or is reached by, over any number of steps.
pub(super) async fn group(State(app): State<App>, asker: Asker, Path(name): Path<String>) -> BrokerResult {
    let look = |state: &domain::State| {
        let start = state.service_id(&name)?;
        let mut members = vec![start];
        let mut next = 0;
        while let Some(service) = members.get(next).copied() {
            next += 1;
            for other in state.consumers(service).into_iter().chain(state.providers(service)) {
                if !members.contains(&other) {
                    members.push(other);
                }
            }
        }
        let edges: Vec<Value> = state
            .pairs()
            .filter(|((consumer, provider), _)| members.contains(consumer) && members.contains(provider))
            .map(|((consumer, provider), _)| {
                json!({"_embedded": {
                    "consumer": embedded_service(state, &asker.urls, consumer),
                    "provider": embedded_service(state, &asker.urls, provider),
                }})
            })
            .collect();
        Some(edges)
    };
    let Some(edges) = app.registry.read(look).await? else { return Ok(broker_not_found()) };
    let own = asker.urls.at(&format!("/groups/{}", segment(&name)));
    Ok(hal(StatusCode::OK, &json!({"relationships": edges, "_links": {"self": {"href": own}}})))
}

pub(super) async fn relationships(State(app): State<App>, asker: Asker) -> BrokerResult {
    let look = |state: &domain::State| {
        state
            .pairs()
            .map(|((consumer, provider), _)| {
                json!({"_embedded": {
                    "consumer": embedded_service(state, &asker.urls, consumer),
                    "provider": embedded_service(state, &asker.urls, provider),
                }})
            })
            .collect::<Vec<_>>()
    };
    Ok(hal(StatusCode::OK, &json!({"relationships": app.registry.read(look).await?})))
}

pub(super) async fn dashboard(State(app): State<App>, asker: Asker) -> BrokerResult {
    dashboard_of(&app, &asker, |_, _| true).await
}

pub(super) async fn dashboard_pair(
    State(app): State<App>,
    asker: Asker,
    Path((provider, consumer)): Path<(String, String)>,
) -> BrokerResult {
    dashboard_of(&app, &asker, |c, p| c == consumer && p == provider).await
}

async fn dashboard_of(app: &App, asker: &Asker, wanted: impl Fn(&str, &str) -> bool) -> BrokerResult {
    let look = |state: &domain::State| {
        let pairs = state.pairs().filter_map(|((consumer, provider), pair)| {
            let (c, p) = (&*state.service(consumer).name, &*state.service(provider).name);
            if !wanted(c, p) {
                return None;
            }
            let version = *pair.versions.last()?;
            let publication = state.publication(version, provider)?;
            let result = state.newest_result(publication.pact);
            let number = &*state.version(version).number;
            Some(json!({
                "consumer": {"name": c, "version": {"number": number}},
                "provider": {"name": p, "version": result.map(|result| json!({"number": &*state.version(result.provider_version).number}))},
                "pact": {"createdAt": time(publication.published.at), "_links": {"self": {"href": asker.urls.pact(p, c, number)}}},
                "latestVerificationResult": result.map(|result| json!({"success": result.success, "verifiedAt": time(result.recorded.at)})),
                "verificationStatus": match result { Some(result) if result.success => "success", Some(_) => "failed", None => "never" },
            }))
        });
        pairs.collect::<Vec<_>>()
    };
    Ok(hal(StatusCode::OK, &json!({"items": app.registry.read(look).await?})))
}
