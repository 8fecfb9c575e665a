//! Pacts: by version, by content, the latest of something, and what changed between two.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use crate::registry::domain::{self, PactContent, PactDocument, PactId, Publication, ServiceId, VersionId};
use crate::registry::http::app::{App, Asker};
use crate::registry::http::broker::documents::{curies, link};
use crate::registry::http::broker::publish::publish_one;
use crate::registry::http::reply::{BrokerResult, broker_not_found, hal, no_content, time};
use crate::registry::http::urls::Urls;
use crate::registry::service::{Refused, RegistryError};

/// A publication with everything that its document says beside the content.
struct Found {
    blob: domain::Digest,
    links: Value,
    created: String,
}

fn found(
    state: &domain::State,
    urls: &Urls,
    version: VersionId,
    publication: &Publication,
    metadata: Option<&str>,
) -> Found {
    let pact = state.pact(publication.pact);
    let (consumer, provider) = (&*state.service(pact.consumer).name, &*state.service(pact.provider).name);
    let number = &*state.version(version).number;
    let own = urls.pact(provider, consumer, number);
    let content = urls.pact_content(provider, consumer, &pact.content.to_string());
    let with_metadata = metadata.map_or_else(|| content.clone(), |metadata| format!("{content}/metadata/{metadata}"));
    let pair = urls.pair(provider, consumer);
    let name = format!("Pact between {consumer} ({number}) and {provider}");
    let tags: Vec<Value> = state
        .version(version)
        .tags
        .iter()
        .map(|(tag, _)| json!({"href": format!("{pair}/latest/{}", crate::registry::http::urls::segment(tag)), "title": "Latest pact with tag", "name": &**tag}))
        .collect();
    let links = json!({
        "self": link(metadata.map_or(&own, |_| &with_metadata), "Pact", &name),
        "pb:consumer": link(&urls.pacticipant(consumer), "Consumer", consumer),
        "pb:consumer-version": link(&urls.version(consumer, number), "Consumer version", number),
        "pb:consumer-versions": {"title": "Consumer versions", "href": format!("{pair}/versions")},
        "pb:provider": link(&urls.pacticipant(provider), "Provider", provider),
        "pb:pact-version": link(&content, "Pact content version permalink", &pact.content.to_string()),
        "pb:latest-pact-version": {"title": "Latest version of this pact", "href": format!("{pair}/latest")},
        "pb:all-pact-versions": {"title": "All versions of this pact", "href": format!("{pair}/versions")},
        "pb:latest-untagged-pact-version": {"title": "Latest untagged version of this pact", "href": format!("{pair}/latest-untagged")},
        "pb:latest-tagged-pact-version": tags,
        "pb:previous-distinct": {"title": "Previous distinct version of this pact", "href": format!("{own}/previous-distinct")},
        "pb:diff-previous-distinct": {"title": "Diff with previous distinct version of this pact", "href": format!("{own}/diff/previous-distinct")},
        "pb:diff": {"title": "Diff with another specified version of this pact", "href": format!("{content}/diff/pact-version/{{pactVersion}}"), "templated": true},
        "pb:pact-webhooks": {"title": "Webhooks for this pact", "href": format!("{pair}/webhooks")},
        "pb:consumer-webhooks": {"title": "Webhooks for consumer", "href": urls.at(&format!("/webhooks/consumer/{}", crate::registry::http::urls::segment(consumer)))},
        "pb:tag-prod-version": {"title": "PUT to this resource to tag this consumer version as 'production'", "href": urls.tag(consumer, number, "prod")},
        "pb:tag-version": {"title": "PUT to this resource to tag this consumer version", "href": format!("{}/tags/{{tag}}", urls.version(consumer, number)), "templated": true},
        "pb:publish-verification-results": {"title": "Publish verification results", "href": format!("{with_metadata}/verification-results")},
        "pb:latest-verification-results": {"href": format!("{content}/verification-results/latest")},
        "pb:triggered-webhooks": {"title": "Webhooks triggered by the publication of this pact", "href": format!("{own}/triggered-webhooks")},
        "pb:matrix-for-consumer-version": {"title": "View matrix rows for the consumer version of this pact", "href": urls.at(&format!("/matrix?q[][pacticipant]={}&q[][version]={}&latestby=cvpv", crate::registry::http::urls::segment(consumer), crate::registry::http::urls::segment(number)))},
        "curies": curies(urls, "pact"),
    });
    Found { blob: pact.blob, links, created: time(publication.published.at) }
}

async fn document(app: &App, found: Option<Found>, status: StatusCode) -> BrokerResult {
    let Some(found) = found else { return Ok(broker_not_found()) };
    let mut json = read_pact(app, found.blob).await?.with_interaction_ids();
    json.insert("createdAt".into(), json!(found.created));
    json.insert("_links".into(), found.links);
    Ok(hal(status, &Value::Object(json)))
}

async fn read_pact(app: &App, blob: domain::Digest) -> Result<PactDocument, RegistryError> {
    let bytes = app.registry.ledger.blobs(vec![blob]).await?.pop().flatten();
    let bytes = bytes.ok_or_else(|| Refused::Missing("the content of the pact".into()))?;
    PactDocument::parse(&bytes).map_err(|error| Refused::Conflict(format!("the stored pact {error}")).into())
}

fn ids(state: &domain::State, provider: &str, consumer: &str) -> Option<(ServiceId, ServiceId)> {
    state.service_id(provider).zip(state.service_id(consumer))
}

/// The newest version of a pair that passes.
fn newest(
    state: &domain::State,
    provider: ServiceId,
    consumer: ServiceId,
    wanted: impl Fn(VersionId) -> bool,
) -> Option<(VersionId, Publication)> {
    let pair = state.pair(consumer, provider)?;
    let version = pair.versions.iter().rev().copied().find(|version| wanted(*version))?;
    Some((version, *state.publication(version, provider)?))
}

fn has_tag(state: &domain::State, version: VersionId, tag: &str) -> bool {
    state.version(version).tags.iter().any(|(known, _)| **known == *tag)
}

fn has_branch(state: &domain::State, version: VersionId, branch: &str) -> bool {
    state.version(version).branches.iter().any(|(known, _)| **known == *branch)
}

async fn newest_document(
    app: &App,
    asker: &Asker,
    provider: &str,
    consumer: &str,
    wanted: impl Fn(&domain::State, VersionId) -> bool,
) -> BrokerResult {
    let look = |state: &domain::State| {
        let (provider, consumer) = ids(state, provider, consumer)?;
        let (version, publication) = newest(state, provider, consumer, |version| wanted(state, version))?;
        Some(found(state, &asker.urls, version, &publication, None))
    };
    let found = app.registry.read(look).await?;
    document(app, found, StatusCode::OK).await
}

type PactPath = Path<(String, String, String)>;

pub(super) async fn get(
    State(app): State<App>,
    asker: Asker,
    Path((provider, consumer, number)): PactPath,
) -> BrokerResult {
    newest_document(&app, &asker, &provider, &consumer, |state, version| *state.version(version).number == *number)
        .await
}

pub(super) async fn put(
    State(app): State<App>,
    asker: Asker,
    Path((provider, consumer, number)): PactPath,
    body: Bytes,
) -> BrokerResult {
    write(app, asker, (provider, consumer, number), body, false).await
}

pub(super) async fn patch(
    State(app): State<App>,
    asker: Asker,
    Path((provider, consumer, number)): PactPath,
    body: Bytes,
) -> BrokerResult {
    write(app, asker, (provider, consumer, number), body, true).await
}

async fn write(app: App, asker: Asker, path: (String, String, String), body: Bytes, merge: bool) -> BrokerResult {
    let (provider, consumer, number) = (&*path.0, &*path.1, &*path.2);
    let status = match publish_one(&app, &asker, (provider, consumer, number), body, merge).await {
        Ok((status, _)) => status,
        Err(response) => return Ok(response),
    };
    let look = |state: &domain::State| {
        let (provider, consumer) = ids(state, provider, consumer)?;
        let version = state.version_of(consumer, number)?;
        Some(found(state, &asker.urls, version, state.publication(version, provider)?, None))
    };
    let found = app.registry.read(look).await?;
    document(&app, found, status).await
}

pub(super) async fn delete(
    State(app): State<App>,
    asker: Asker,
    Path((provider, consumer, number)): PactPath,
) -> BrokerResult {
    app.registry.remove_pact(&asker.caller, &consumer, &number, &provider).await?;
    Ok(no_content())
}

pub(super) async fn latest(
    State(app): State<App>,
    asker: Asker,
    Path((provider, consumer)): Path<(String, String)>,
) -> BrokerResult {
    newest_document(&app, &asker, &provider, &consumer, |_, _| true).await
}

pub(super) async fn latest_tagged(
    State(app): State<App>,
    asker: Asker,
    Path((provider, consumer, tag)): PactPath,
) -> BrokerResult {
    newest_document(&app, &asker, &provider, &consumer, |state, version| has_tag(state, version, &tag)).await
}

pub(super) async fn latest_on_branch(
    State(app): State<App>,
    asker: Asker,
    Path((provider, consumer, branch)): PactPath,
) -> BrokerResult {
    newest_document(&app, &asker, &provider, &consumer, |state, version| has_branch(state, version, &branch)).await
}

pub(super) async fn latest_untagged(
    State(app): State<App>,
    asker: Asker,
    Path((provider, consumer)): Path<(String, String)>,
) -> BrokerResult {
    newest_document(&app, &asker, &provider, &consumer, |state, version| state.version(version).tags.is_empty()).await
}

pub(super) async fn previous_distinct(
    State(app): State<App>,
    asker: Asker,
    Path((provider, consumer, number)): PactPath,
) -> BrokerResult {
    let look = |state: &domain::State| {
        let (version, publication) = previous(state, &provider, &consumer, &number)?;
        Some(found(state, &asker.urls, version, &publication, None))
    };
    let found = app.registry.read(look).await?;
    document(&app, found, StatusCode::OK).await
}

/// The newest version before this one whose pact says something else.
fn previous(state: &domain::State, provider: &str, consumer: &str, number: &str) -> Option<(VersionId, Publication)> {
    let (provider, consumer) = ids(state, provider, consumer)?;
    let version = state.version_of(consumer, number)?;
    let own = state.publication(version, provider)?.pact;
    newest(state, provider, consumer, |other| {
        other < version && state.publication(other, provider).is_some_and(|publication| publication.pact != own)
    })
}

/// A consumer version with this content: the newest that has it.
fn with_content(
    state: &domain::State,
    provider: &str,
    consumer: &str,
    content: &str,
) -> Option<(VersionId, Publication)> {
    let (provider, consumer) = ids(state, provider, consumer)?;
    let pact = state.pact_id(consumer, provider, PactContent::parse(content)?)?;
    newest(state, provider, consumer, |version| {
        state.publication(version, provider).is_some_and(|publication| publication.pact == pact)
    })
}

pub(super) async fn content(
    State(app): State<App>,
    asker: Asker,
    Path((provider, consumer, content)): PactPath,
) -> BrokerResult {
    let look = |state: &domain::State| {
        let (version, publication) = with_content(state, &provider, &consumer, &content)?;
        Some(found(state, &asker.urls, version, &publication, None))
    };
    let found = app.registry.read(look).await?;
    document(&app, found, StatusCode::OK).await
}

pub(super) async fn content_with_metadata(
    State(app): State<App>,
    asker: Asker,
    Path((provider, consumer, content, metadata)): Path<(String, String, String, String)>,
) -> BrokerResult {
    let is_plain = metadata.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_=".contains(&byte));
    let look = |state: &domain::State| {
        let (version, publication) = with_content(state, &provider, &consumer, &content)?;
        Some(found(state, &asker.urls, version, &publication, is_plain.then_some(metadata.as_str())))
    };
    let found = app.registry.read(look).await?;
    document(&app, found, StatusCode::OK).await
}

pub(super) async fn all_latest(State(app): State<App>, asker: Asker) -> BrokerResult {
    let look = |state: &domain::State| {
        let newest = state.pairs().filter_map(|((consumer, provider), pair)| {
            let version = *pair.versions.last()?;
            Some((consumer, provider, version, state.publication(version, provider)?))
        });
        newest
            .map(|(consumer, provider, version, publication)| {
                entry(state, &asker.urls, (consumer, provider, version), publication)
            })
            .collect::<Vec<_>>()
    };
    let pacts = app.registry.read(look).await?;
    Ok(hal(StatusCode::OK, &json!({"pacts": pacts, "_links": {"self": {"href": asker.urls.at("/pacts/latest")}}})))
}

fn entry(
    state: &domain::State,
    urls: &Urls,
    (consumer, provider, version): (ServiceId, ServiceId, VersionId),
    publication: &Publication,
) -> Value {
    let (consumer, provider) = (&*state.service(consumer).name, &*state.service(provider).name);
    let number = &*state.version(version).number;
    let party = |name: &str| json!({"name": name, "_links": {"self": {"href": urls.pacticipant(name)}}});
    let mut left = party(consumer);
    left["_embedded"] =
        json!({"version": {"number": number, "_links": {"self": {"href": urls.version(consumer, number)}}}});
    let title = format!("Pact between {consumer} ({number}) and {provider}");
    json!({
        "createdAt": time(publication.published.at),
        "_embedded": {"consumer": left, "provider": party(provider)},
        "_links": {"self": [
            {"href": urls.pact(provider, consumer, number), "title": title, "name": title},
            {"href": format!("{}/latest", urls.pair(provider, consumer)), "title": format!("Latest pact between {consumer} and {provider}"), "name": title},
        ]},
    })
}

/// Links to pacts of a provider, under the relation of today and the one of old clients.
fn links_of(state: &domain::State, urls: &Urls, chosen: &[(VersionId, Publication)], own: &str, title: &str) -> Value {
    let links: Vec<Value> = chosen
        .iter()
        .map(|(version, publication)| {
            let pact = state.pact(publication.pact);
            let (consumer, provider) = (&*state.service(pact.consumer).name, &*state.service(pact.provider).name);
            let number = &*state.version(*version).number;
            json!({"href": urls.pact(provider, consumer, number), "name": consumer,
                   "title": format!("Pact between {consumer} ({number}) and {provider}")})
        })
        .collect();
    json!({"_links": {"self": {"href": own, "title": title}, "pb:pacts": links, "pacts": links}})
}

async fn provider_links(
    app: &App,
    asker: &Asker,
    provider: &str,
    path: &str,
    only_newest: bool,
    wanted: impl Fn(&domain::State, VersionId) -> bool,
) -> BrokerResult {
    let own = format!("{}{path}", asker.urls.provider_pacts(provider));
    let look = |state: &domain::State| {
        let id = state.service_id(provider)?;
        let mut chosen = Vec::new();
        for consumer in state.consumers(id) {
            let Some(pair) = state.pair(consumer, id) else { continue };
            let mut versions = pair.versions.iter().rev().copied().filter(|version| wanted(state, *version));
            let taken: Vec<VersionId> =
                if only_newest { versions.next().into_iter().collect() } else { versions.collect() };
            chosen.extend(taken.into_iter().filter_map(|version| Some((version, *state.publication(version, id)?))));
        }
        Some(links_of(state, &asker.urls, &chosen, &own, &format!("Pact versions for the provider {provider}")))
    };
    Ok(app.registry.read(look).await?.map_or_else(broker_not_found, |document| hal(StatusCode::OK, &document)))
}

pub(super) async fn of_provider(State(app): State<App>, asker: Asker, Path(provider): Path<String>) -> BrokerResult {
    provider_links(&app, &asker, &provider, "", false, |_, _| true).await
}

pub(super) async fn latest_of_provider(
    State(app): State<App>,
    asker: Asker,
    Path(provider): Path<String>,
) -> BrokerResult {
    provider_links(&app, &asker, &provider, "/latest", true, |_, _| true).await
}

pub(super) async fn latest_tagged_of_provider(
    State(app): State<App>,
    asker: Asker,
    Path((provider, tag)): Path<(String, String)>,
) -> BrokerResult {
    provider_links(&app, &asker, &provider, "/latest", true, |state, version| has_tag(state, version, &tag)).await
}

pub(super) async fn tagged_of_provider(
    State(app): State<App>,
    asker: Asker,
    Path((provider, tag)): Path<(String, String)>,
) -> BrokerResult {
    provider_links(&app, &asker, &provider, "/tag", false, |state, version| has_tag(state, version, &tag)).await
}

pub(super) async fn branch_of_provider(
    State(app): State<App>,
    asker: Asker,
    Path((provider, branch)): Path<(String, String)>,
) -> BrokerResult {
    provider_links(&app, &asker, &provider, "/branch", false, |state, version| has_branch(state, version, &branch))
        .await
}

pub(super) async fn latest_branch_of_provider(
    State(app): State<App>,
    asker: Asker,
    Path((provider, branch)): Path<(String, String)>,
) -> BrokerResult {
    provider_links(&app, &asker, &provider, "/branch", true, |state, version| has_branch(state, version, &branch)).await
}

fn on_main(state: &domain::State, version: VersionId) -> bool {
    state.main_branch(state.version(version).service).is_some_and(|main| has_branch(state, version, main))
}

pub(super) async fn main_branch_of_provider(
    State(app): State<App>,
    asker: Asker,
    Path(provider): Path<String>,
) -> BrokerResult {
    provider_links(&app, &asker, &provider, "/branch", false, on_main).await
}

pub(super) async fn latest_main_branch_of_provider(
    State(app): State<App>,
    asker: Asker,
    Path(provider): Path<String>,
) -> BrokerResult {
    provider_links(&app, &asker, &provider, "/branch/latest", true, on_main).await
}

async fn pair_links(
    app: &App,
    asker: &Asker,
    provider: &str,
    consumer: &str,
    path: &str,
    wanted: impl Fn(&domain::State, VersionId) -> bool,
) -> BrokerResult {
    let own = format!("{}{path}", asker.urls.pair(provider, consumer));
    let look = |state: &domain::State| {
        let (provider_id, consumer_id) = ids(state, provider, consumer)?;
        let pair = state.pair(consumer_id, provider_id)?;
        let versions = pair.versions.iter().rev().copied().filter(|version| wanted(state, *version));
        let chosen: Vec<_> =
            versions.filter_map(|version| Some((version, *state.publication(version, provider_id)?))).collect();
        let mut document = links_of(
            state,
            &asker.urls,
            &chosen,
            &own,
            &format!("All versions of the pact between {consumer} and {provider}"),
        );
        document["_links"]["pb:pact-versions"] = document["_links"]["pb:pacts"].clone();
        document["_links"]["consumer"] = json!({"href": asker.urls.pacticipant(consumer), "title": consumer});
        document["_links"]["provider"] = json!({"href": asker.urls.pacticipant(provider), "title": provider});
        Some(document)
    };
    Ok(app.registry.read(look).await?.map_or_else(broker_not_found, |document| hal(StatusCode::OK, &document)))
}

pub(super) async fn versions_of_pair(
    State(app): State<App>,
    asker: Asker,
    Path((provider, consumer)): Path<(String, String)>,
) -> BrokerResult {
    pair_links(&app, &asker, &provider, &consumer, "/versions", |_, _| true).await
}

pub(super) async fn tagged_of_pair(
    State(app): State<App>,
    asker: Asker,
    Path((provider, consumer, tag)): PactPath,
) -> BrokerResult {
    pair_links(&app, &asker, &provider, &consumer, "/tag", |state, version| has_tag(state, version, &tag)).await
}

pub(super) async fn delete_all_of_pair(
    State(app): State<App>,
    asker: Asker,
    Path((provider, consumer)): Path<(String, String)>,
) -> BrokerResult {
    let look = |state: &domain::State| {
        let (provider_id, consumer_id) = ids(state, &provider, &consumer)?;
        let pair = state.pair(consumer_id, provider_id)?;
        Some(pair.versions.iter().map(|version| state.version(*version).number.to_string()).collect::<Vec<_>>())
    };
    let Some(numbers) = app.registry.read(look).await? else { return Ok(broker_not_found()) };
    for number in numbers {
        app.registry.remove_pact(&asker.caller, &consumer, &number, &provider).await?;
    }
    Ok(no_content())
}

/// What changed, as a text: interactions that are gone, new, or differ.
async fn diff_reply(app: &App, pair: Option<(domain::Digest, domain::Digest)>) -> BrokerResult {
    let Some((old, new)) = pair else { return Ok(broker_not_found()) };
    let (old, new) = (read_pact(app, old).await?, read_pact(app, new).await?);
    let text = |pact: &PactDocument| {
        let mut json: Map<String, Value> = pact.json.clone();
        json.remove("metadata");
        serde_json::to_string_pretty(&json).unwrap_or_default()
    };
    let (old, new) = (text(&old), text(&new));
    let body = similar::TextDiff::from_lines(&old, &new)
        .unified_diff()
        .context_radius(3)
        .header("previous distinct version", "this version")
        .to_string();
    let body = if body.is_empty() { "No changes\n".to_owned() } else { body };
    Ok(crate::registry::http::reply::with_type(StatusCode::OK, "text/plain;charset=utf-8", body))
}

pub(super) async fn diff_previous(
    State(app): State<App>,
    Path((provider, consumer, number)): PactPath,
) -> BrokerResult {
    let look = |state: &domain::State| {
        let (_, before) = previous(state, &provider, &consumer, &number)?;
        let (provider, consumer) = ids(state, &provider, &consumer)?;
        let own = state.publication(state.version_of(consumer, &number)?, provider)?.pact;
        Some((state.pact(before.pact).blob, state.pact(own).blob))
    };
    let pair = app.registry.read(look).await?;
    diff_reply(&app, pair).await
}

pub(super) async fn diff(
    State(app): State<App>,
    Path((provider, consumer, number, other)): Path<(String, String, String, String)>,
) -> BrokerResult {
    let look = |state: &domain::State| {
        let (provider, consumer) = ids(state, &provider, &consumer)?;
        let blob = |number: &str| {
            Some(state.pact(state.publication(state.version_of(consumer, number)?, provider)?.pact).blob)
        };
        Some((blob(&other)?, blob(&number)?))
    };
    let pair = app.registry.read(look).await?;
    diff_reply(&app, pair).await
}

pub(super) async fn diff_contents(
    State(app): State<App>,
    Path((provider, consumer, content, other)): Path<(String, String, String, String)>,
) -> BrokerResult {
    let look = |state: &domain::State| {
        let (provider, consumer) = ids(state, &provider, &consumer)?;
        let blob = |content: &str| -> Option<domain::Digest> {
            let id: PactId = state.pact_id(consumer, provider, PactContent::parse(content)?)?;
            Some(state.pact(id).blob)
        };
        Some((blob(&other)?, blob(&content)?))
    };
    let pair = app.registry.read(look).await?;
    diff_reply(&app, pair).await
}

/// Every provider state that the newest pacts of a provider's consumers use.
pub(super) async fn provider_states(State(app): State<App>, Path(provider): Path<String>) -> BrokerResult {
    let look = |state: &domain::State| {
        let id = state.service_id(&provider)?;
        let newest = state.consumers(id).into_iter().filter_map(|consumer| {
            let version = *state.pair(consumer, id)?.versions.last()?;
            let publication = state.publication(version, id)?;
            Some((state.service(consumer).name.to_string(), state.pact(publication.pact).blob))
        });
        Some(newest.collect::<Vec<_>>())
    };
    let Some(pacts) = app.registry.read(look).await? else { return Ok(broker_not_found()) };
    let mut states: Vec<Value> = Vec::new();
    for (consumer, blob) in pacts {
        let pact = read_pact(&app, blob).await?;
        let interactions =
            ["interactions", "messages"].iter().filter_map(|key| pact.json.get(*key)?.as_array()).flatten();
        for interaction in interactions {
            let mut add = |name: &str, params: &Value| {
                let known = states.iter_mut().find(|entry| entry["name"] == name && entry["params"] == *params);
                match known.and_then(|entry| entry["consumers"].as_array_mut()) {
                    Some(consumers) if consumers.iter().any(|known| *known == consumer) => {}
                    Some(consumers) => consumers.push(json!(consumer)),
                    None => states.push(json!({"name": name, "params": params, "consumers": [consumer]})),
                }
            };
            if let Some(name) = interaction.get("providerState").and_then(Value::as_str) {
                add(name, &json!({}));
            }
            for state in interaction.get("providerStates").and_then(Value::as_array).into_iter().flatten() {
                if let Some(name) = state.get("name").and_then(Value::as_str) {
                    add(name, state.get("params").unwrap_or(&json!({})));
                }
            }
        }
    }
    Ok(hal(StatusCode::OK, &json!({"providerStates": states})))
}
