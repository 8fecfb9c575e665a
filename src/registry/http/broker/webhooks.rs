//! Webhooks and what became of their calls.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use crate::registry::domain::{self, Announcement, HttpRequest, ParticipantFilter, Scope, WebhookDefinition};
use crate::registry::http::app::{App, Asker};
use crate::registry::http::broker::documents::link;
use crate::registry::http::deliver::{self, Attempt, MAX_ATTEMPTS};
use crate::registry::http::reply::{BrokerResult, broker_not_found, hal, no_content, parse_body, time, with_type};
use crate::registry::http::urls::{Urls, segment};
use crate::registry::service::{HIDDEN, Refused, RegistryError, is_secret};
use crate::registry::store::{Delivery, DeliveryFilter, DeliveryStatus};

/// A webhook as sent, with its password where one was sent.
fn read(body: &Value) -> Result<(WebhookDefinition, Option<String>), Refused> {
    let request = body
        .get("request")
        .filter(|value| value.is_object())
        .ok_or_else(|| Refused::invalid("request", "can't be blank"))?;
    let text = |value: &Value, key: &str| {
        value.get(key).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let headers = match request.get("headers") {
        Some(Value::Object(headers)) => headers
            .iter()
            .map(|(name, value)| {
                let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                (name.to_ascii_lowercase(), value)
            })
            .collect(),
        _ => Vec::new(),
    };
    let events = body.get("events").and_then(Value::as_array).map_or_else(
        || vec!["contract_content_changed".to_owned()],
        |events| {
            let name =
                |event: &Value| event.get("name").and_then(Value::as_str).or_else(|| event.as_str()).map(str::to_owned);
            events.iter().filter_map(name).collect()
        },
    );
    let filter = |key: &str| {
        let value = body.get(key)?;
        text(value, "name").map(ParticipantFilter::Name).or_else(|| text(value, "label").map(ParticipantFilter::Label))
    };
    let password = text(request, "password").filter(|password| password != HIDDEN);
    let definition = WebhookDefinition {
        description: text(body, "description"),
        consumer: filter("consumer"),
        provider: filter("provider"),
        events,
        enabled: body.get("enabled").and_then(Value::as_bool).unwrap_or(true),
        request: HttpRequest {
            method: text(request, "method")
                .ok_or_else(|| Refused::invalid("request.method", "can't be blank"))?
                .to_ascii_uppercase(),
            url: text(request, "url").ok_or_else(|| Refused::invalid("request.url", "can't be blank"))?,
            headers,
            body: request.get("body").filter(|body| !body.is_null()).cloned(),
            username: text(request, "username"),
            has_password: false,
        },
        signed: body.get("signed").and_then(Value::as_bool).unwrap_or(false),
    };
    Ok((definition, password))
}

/// What the broker calls it where nobody described it.
fn title(definition: &WebhookDefinition) -> String {
    let name = |filter: &Option<ParticipantFilter>| match filter {
        Some(ParticipantFilter::Name(name)) => name.clone(),
        Some(ParticipantFilter::Label(label)) => format!("services labeled {label}"),
        None => "all services".into(),
    };
    match (&definition.consumer, &definition.provider) {
        (None, None) => "A webhook for all pacts".into(),
        (consumer, provider) => format!("A webhook for the pact between {} and {}", name(consumer), name(provider)),
    }
}

fn document(urls: &Urls, uuid: &str, webhook: &domain::Webhook) -> Value {
    let definition = &webhook.definition;
    let own = urls.webhook(uuid);
    let request = &definition.request;
    let mut sent = json!({"method": request.method, "url": request.url});
    let headers: serde_json::Map<String, Value> = request
        .headers
        .iter()
        .map(|(name, value)| (name.clone(), json!(if is_secret(name) { HIDDEN } else { value })))
        .collect();
    if !headers.is_empty() {
        sent["headers"] = json!(headers);
    }
    if let Some(body) = &request.body {
        sent["body"] = body.clone();
    }
    if let Some(user) = &request.username {
        sent["username"] = json!(user);
    }
    if request.has_password {
        sent["password"] = json!(HIDDEN);
    }
    let mut document = json!({"uuid": uuid});
    if let Some(description) = &definition.description {
        document["description"] = json!(description);
    }
    for (key, filter) in [("consumer", &definition.consumer), ("provider", &definition.provider)] {
        match filter {
            Some(ParticipantFilter::Name(name)) => document[key] = json!({"name": name}),
            Some(ParticipantFilter::Label(label)) => document[key] = json!({"label": label}),
            None => {}
        }
    }
    document["enabled"] = json!(definition.enabled);
    if definition.signed {
        document["signed"] = json!(true);
    }
    document["request"] = sent;
    document["events"] = definition.events.iter().map(|name| json!({"name": name})).collect();
    document["createdAt"] = json!(time(webhook.created.at));
    if webhook.changed != webhook.created {
        document["updatedAt"] = json!(time(webhook.changed.at));
    }
    document["_links"] = json!({
        "self": {"title": definition.description.clone().unwrap_or_else(|| title(definition)), "href": own},
        "pb:execute": {"title": "Test the execution of the webhook with the latest matching pact or verification by sending a POST request to this URL", "href": format!("{own}/execute")},
        "pb:webhooks": {"title": "All webhooks", "href": urls.at("/webhooks")},
    });
    document
}

async fn one(
    app: &App,
    asker: &Asker,
    status: StatusCode,
    uuid: &str,
    key: Option<String>,
) -> Result<Response, RegistryError> {
    let look = |state: &domain::State| state.webhook(uuid).map(|webhook| document(&asker.urls, uuid, webhook));
    let Some(mut document) = app.registry.read(look).await? else { return Ok(broker_not_found()) };
    if let Some(key) = key {
        document["signingKey"] = json!(key);
    }
    Ok(hal(status, &document))
}

type Wanted<'a> = dyn Fn(&WebhookDefinition) -> bool + Send + Sync + 'a;

async fn collection(app: &App, asker: &Asker, path: &str, wanted: &Wanted<'_>) -> BrokerResult {
    // What webhooks call is nobody's business who may only look: the address may be a secret itself.
    asker.caller.require(Scope::Read)?;
    let own = asker.urls.at(path);
    let look = |state: &domain::State| {
        let chosen = state.webhooks().filter(|(_, webhook)| wanted(&webhook.definition));
        let links = chosen.map(|(uuid, webhook)| {
            let definition = &webhook.definition;
            let name = definition.description.clone().unwrap_or_else(|| title(definition));
            link(&asker.urls.webhook(uuid), &title(definition), &name)
        });
        links.collect::<Vec<_>>()
    };
    let links = app.registry.read(look).await?;
    Ok(hal(
        StatusCode::OK,
        &json!({"_links": {
            "self": {"title": "Webhooks", "href": own},
            "pb:create": {"title": "POST to create a webhook", "href": own},
            "pb:webhooks": links,
            "curies": [{"name": "pb", "href": asker.urls.at("/doc/webhooks-{rel}"), "templated": true}],
        }}),
    ))
}

fn names(filter: &Option<ParticipantFilter>, name: &str) -> bool {
    *filter == Some(ParticipantFilter::Name(name.to_owned()))
}

pub(super) async fn list(State(app): State<App>, asker: Asker) -> BrokerResult {
    collection(&app, &asker, "/webhooks", &|_| true).await
}

pub(super) async fn for_provider(State(app): State<App>, asker: Asker, Path(provider): Path<String>) -> BrokerResult {
    let path = format!("/webhooks/provider/{}", segment(&provider));
    collection(&app, &asker, &path, &|webhook| webhook.consumer.is_none() && names(&webhook.provider, &provider)).await
}

pub(super) async fn for_consumer(State(app): State<App>, asker: Asker, Path(consumer): Path<String>) -> BrokerResult {
    let path = format!("/webhooks/consumer/{}", segment(&consumer));
    collection(&app, &asker, &path, &|webhook| webhook.provider.is_none() && names(&webhook.consumer, &consumer)).await
}

pub(super) async fn for_pair(
    State(app): State<App>,
    asker: Asker,
    Path((provider, consumer)): Path<(String, String)>,
) -> BrokerResult {
    let path = format!("/webhooks/provider/{}/consumer/{}", segment(&provider), segment(&consumer));
    let wanted =
        |webhook: &WebhookDefinition| names(&webhook.consumer, &consumer) && names(&webhook.provider, &provider);
    collection(&app, &asker, &path, &wanted).await
}

async fn save(
    app: &App,
    asker: &Asker,
    uuid: Option<String>,
    body: &Bytes,
    consumer: Option<String>,
    provider: Option<String>,
) -> BrokerResult {
    let (mut definition, password) = read(&parse_body(body)?)?;
    if let Some(consumer) = consumer {
        definition.consumer = Some(ParticipantFilter::Name(consumer));
    }
    if let Some(provider) = provider {
        definition.provider = Some(ParticipantFilter::Name(provider));
    }
    let existed = match &uuid {
        Some(uuid) => app.registry.read(|state| state.webhook(uuid).is_some()).await?,
        None => false,
    };
    let uuid = uuid.unwrap_or_else(app.registry.ledger.edges().uuid);
    let key = app.registry.save_webhook(&asker.caller, &uuid, definition, password).await?;
    let status = if existed { StatusCode::OK } else { StatusCode::CREATED };
    Ok(one(app, asker, status, &uuid, key).await?)
}

pub(super) async fn create(State(app): State<App>, asker: Asker, body: Bytes) -> BrokerResult {
    save(&app, &asker, None, &body, None, None).await
}

pub(super) async fn create_for_provider(
    State(app): State<App>,
    asker: Asker,
    Path(provider): Path<String>,
    body: Bytes,
) -> BrokerResult {
    save(&app, &asker, None, &body, None, Some(provider)).await
}

pub(super) async fn create_for_consumer(
    State(app): State<App>,
    asker: Asker,
    Path(consumer): Path<String>,
    body: Bytes,
) -> BrokerResult {
    save(&app, &asker, None, &body, Some(consumer), None).await
}

pub(super) async fn create_for_pair(
    State(app): State<App>,
    asker: Asker,
    Path((provider, consumer)): Path<(String, String)>,
    body: Bytes,
) -> BrokerResult {
    save(&app, &asker, None, &body, Some(consumer), Some(provider)).await
}

pub(super) async fn get(State(app): State<App>, asker: Asker, Path(uuid): Path<String>) -> BrokerResult {
    Ok(one(&app, &asker, StatusCode::OK, &uuid, None).await?)
}

pub(super) async fn put(State(app): State<App>, asker: Asker, Path(uuid): Path<String>, body: Bytes) -> BrokerResult {
    save(&app, &asker, Some(uuid), &body, None, None).await
}

pub(super) async fn delete(State(app): State<App>, asker: Asker, Path(uuid): Path<String>) -> BrokerResult {
    app.registry.remove_webhook(&asker.caller, &uuid).await?;
    Ok(no_content())
}

fn execution(urls: &Urls, attempt: &Attempt) -> Value {
    json!({
        "success": attempt.success,
        "request": {"url": attempt.url},
        "response": {"status": attempt.status},
        "logs": attempt.log,
        "_links": {"self": {"href": urls.at("/webhooks/execute")}},
    })
}

/// An announcement about the newest pact that the webhook is about, for a test.
fn example(state: &domain::State, definition: &WebhookDefinition) -> Announcement {
    let event = definition.events.first().map_or("test", String::as_str);
    let newest = state.pairs().filter_map(|((consumer, provider), pair)| {
        let version = *pair.versions.last()?;
        let publication = state.publication(version, provider)?;
        let announcement = Announcement {
            consumer: Some(state.service(consumer).name.to_string()),
            consumer_version: Some(state.version(version).number.to_string()),
            provider: Some(state.service(provider).name.to_string()),
            provider_version: state
                .newest_result(publication.pact)
                .map(|result| state.version(result.provider_version).number.to_string()),
            content: Some(state.pact(publication.pact).content.to_string()),
            result: state.newest_result(publication.pact).map(|result| result.number),
            ..Announcement::new(event)
        };
        let fits = |filter: &Option<ParticipantFilter>, name: &Option<String>| match filter {
            Some(ParticipantFilter::Name(wanted)) => name.as_ref() == Some(wanted),
            _ => true,
        };
        let is_about =
            fits(&definition.consumer, &announcement.consumer) && fits(&definition.provider, &announcement.provider);
        is_about.then_some((version, announcement))
    });
    newest
        .max_by_key(|(version, _)| *version)
        .map_or_else(|| Announcement::new(event), |(_, announcement)| announcement)
}

pub(super) async fn execute(State(app): State<App>, asker: Asker, Path(uuid): Path<String>) -> BrokerResult {
    asker.caller.require(Scope::Admin)?;
    let look = |state: &domain::State| {
        let definition = state.webhook(&uuid)?.definition.clone();
        let announcement = example(state, &definition);
        Some((definition, announcement))
    };
    let Some((definition, announcement)) = app.registry.read(look).await? else { return Ok(broker_not_found()) };
    let secrets = deliver::secrets(&app, &uuid, &definition).await?;
    let attempt = deliver::call(&app, &asker.urls, &definition, &secrets, &announcement).await;
    Ok(hal(StatusCode::OK, &execution(&asker.urls, &attempt)))
}

pub(super) async fn execute_unsaved(State(app): State<App>, asker: Asker, body: Bytes) -> BrokerResult {
    asker.caller.require(Scope::Admin)?;
    let (definition, password) = read(&parse_body(&body)?)?;
    let announcement = app.registry.read(|state| example(state, &definition)).await?;
    let secrets = deliver::Secrets { password, ..deliver::Secrets::default() };
    let attempt = deliver::call(&app, &asker.urls, &definition, &secrets, &announcement).await;
    Ok(hal(StatusCode::OK, &execution(&asker.urls, &attempt)))
}

pub(super) async fn logs(State(app): State<App>, Path(uuid): Path<String>) -> BrokerResult {
    let filter = DeliveryFilter { id: Some(uuid), limit: 1, ..DeliveryFilter::default() };
    let Some(delivery) = app.registry.ledger.store().deliveries(filter).await?.pop() else {
        return Ok(broker_not_found());
    };
    Ok(with_type(StatusCode::OK, "text/plain;charset=utf-8", delivery.log))
}

/// Calls that were made, or are to be made, because of something.
async fn triggered(
    app: &App,
    asker: &Asker,
    wanted: impl Fn(&Announcement) -> bool,
) -> Result<Vec<Value>, RegistryError> {
    let filter = DeliveryFilter { limit: 1000, ..DeliveryFilter::default() };
    let deliveries = app.registry.ledger.store().deliveries(filter).await?;
    let about = |delivery: &Delivery| {
        serde_json::from_str::<Announcement>(&delivery.context).is_ok_and(|context| wanted(&context))
    };
    Ok(deliveries
        .iter()
        .filter(|delivery| about(delivery))
        .map(|delivery| triggered_document(asker, delivery))
        .collect())
}

fn triggered_document(asker: &Asker, delivery: &Delivery) -> Value {
    let status = match delivery.status {
        DeliveryStatus::Pending if delivery.attempts == 0 => "not_run",
        DeliveryStatus::Pending => "retrying",
        DeliveryStatus::Delivered => "success",
        DeliveryStatus::Dead => "failure",
    };
    json!({
        "name": delivery.event,
        "status": status,
        "attemptsMade": delivery.attempts,
        "attemptsRemaining": if delivery.status == DeliveryStatus::Pending { MAX_ATTEMPTS.saturating_sub(delivery.attempts) } else { 0 },
        "triggerType": "resource_creation",
        "eventName": delivery.event,
        "triggeredAt": time(delivery.created_at),
        "_links": {
            "pb:logs": link(&asker.urls.at(&format!("/triggered-webhooks/{}/logs", delivery.id)), "Webhook execution logs", &delivery.event),
            "pb:webhook": link(&asker.urls.webhook(&delivery.webhook), "Webhook", &delivery.event),
        },
    })
}

pub(super) async fn triggered_for_pact(
    State(app): State<App>,
    asker: Asker,
    Path((provider, consumer, number)): Path<(String, String, String)>,
) -> BrokerResult {
    let wanted = |context: &Announcement| {
        context.result.is_none()
            && context.provider.as_deref() == Some(&provider)
            && context.consumer.as_deref() == Some(&consumer)
            && context.consumer_version.as_deref() == Some(&number)
    };
    let calls = triggered(&app, &asker, wanted).await?;
    let own = format!("{}/triggered-webhooks", asker.urls.pact(&provider, &consumer, &number));
    let title =
        format!("Webhooks triggered by the publication of the pact between {consumer} ({number}) and {provider}");
    Ok(hal(
        StatusCode::OK,
        &json!({"_embedded": {"triggeredWebhooks": calls}, "_links": {"self": {"title": title, "href": own}}}),
    ))
}

pub(super) async fn triggered_for_result(
    State(app): State<App>,
    asker: Asker,
    Path((provider, consumer, content, number)): Path<(String, String, String, String)>,
) -> BrokerResult {
    let wanted = |context: &Announcement| {
        context.result.map(|result| result.to_string()).as_deref() == Some(&number)
            && context.content.as_deref() == Some(&content)
    };
    let calls = triggered(&app, &asker, wanted).await?;
    let own = format!(
        "{}/verification-results/{number}/triggered-webhooks",
        asker.urls.pact_content(&provider, &consumer, &content)
    );
    let title = format!("Webhooks triggered by the publication of verification result {number}");
    Ok(hal(
        StatusCode::OK,
        &json!({"_embedded": {"triggeredWebhooks": calls}, "_links": {"self": {"title": title, "href": own}}}),
    ))
}

pub(super) async fn status(
    State(app): State<App>,
    asker: Asker,
    Path((provider, consumer)): Path<(String, String)>,
) -> BrokerResult {
    let wanted = |context: &Announcement| {
        context.provider.as_deref() == Some(&provider) && context.consumer.as_deref() == Some(&consumer)
    };
    let calls = triggered(&app, &asker, wanted).await?;
    let count = |status: &str| calls.iter().filter(|call| call["status"] == status).count();
    let summary = json!({"successful": count("success"), "failed": count("failure"), "retrying": count("retrying"), "notRun": count("not_run")});
    let own = format!("{}/webhooks/status", asker.urls.pair(&provider, &consumer));
    Ok(hal(
        StatusCode::OK,
        &json!({
            "summary": summary,
            "_embedded": {"triggeredWebhooks": calls},
            "_links": {
                "self": {"href": own, "title": "Webhooks status"},
                "pb:error-logs": [],
                "pb:pact-webhooks": {"title": format!("Webhooks for the pact between {consumer} and {provider}"), "href": format!("{}/webhooks", asker.urls.pair(&provider, &consumer))},
                "pb:consumer": link(&asker.urls.pacticipant(&consumer), "Consumer", &consumer),
                "pb:provider": link(&asker.urls.pacticipant(&provider), "Provider", &provider),
            },
        }),
    ))
}
