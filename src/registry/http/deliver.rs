//! Making webhook calls: from the outbox, with retries, and never into networks that are not meant.

use std::fmt::Write as _;
use std::net::IpAddr;
use std::time::Duration;

use serde_json::Value;
use tracing::Instrument as _;

use crate::registry::domain::{Announcement, State, WebhookDefinition};
use crate::registry::http::app::App;
use crate::registry::http::trace::Context;
use crate::registry::http::urls::Urls;
use crate::registry::service::{HIDDEN, RegistryError, header_key, password_key, signing_key};
use crate::registry::store::{Delivery, DeliveryStatus, StoreError};

/// How often a call is made at most.
pub(crate) const MAX_ATTEMPTS: u32 = 7;
/// The Pact Broker's schedule: seconds after each attempt.
const SCHEDULE: [i64; 6] = [10, 60, 120, 300, 600, 1200];
/// How long one call may take.
const TIMEOUT: Duration = Duration::from_secs(15);
/// How long a call belongs to the server that took it: longer than one takes.
const LEASE_MS: i64 = 60_000;
/// Calls that went well are forgotten after thirty days.
const KEEP_MS: i64 = 30 * 24 * 3600 * 1000;

/// What a webhook needs and nobody is shown.
#[derive(Debug, Clone, Default)]
pub(crate) struct Secrets {
    pub(crate) password: Option<String>,
    pub(crate) signing_key: Option<String>,
    /// The values of headers that the definition hides.
    pub(crate) headers: Vec<(String, String)>,
}

/// One call.
#[derive(Debug, Clone, Default)]
pub(crate) struct Attempt {
    pub(crate) success: bool,
    /// Where to, without what stands behind a question mark.
    pub(crate) url: String,
    pub(crate) status: Option<u16>,
    pub(crate) log: String,
}

/// Makes due calls until the server stops.
pub(crate) async fn run(app: App, mut stop: tokio::sync::watch::Receiver<bool>) {
    let mut idle_rounds = 0_u32;
    loop {
        match round(&app).await {
            Ok(0) => {}
            Ok(_) => continue,
            Err(error) => tracing::warn!(%error, "could not look for webhook calls"),
        }
        idle_rounds = idle_rounds.wrapping_add(1);
        if idle_rounds.is_multiple_of(3600) {
            let before = (app.registry.ledger.edges().now)() - KEEP_MS;
            if let Err(error) = app.registry.ledger.store().forget_deliveries(before).await {
                tracing::warn!(%error, "could not forget old webhook calls");
            }
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(1)) => {}
            _ = stop.changed() => return,
        }
    }
}

/// Makes the calls that are due; gives back how many there were.
async fn round(app: &App) -> Result<usize, StoreError> {
    let now = (app.registry.ledger.edges().now)();
    let due = app.registry.ledger.store().claim_deliveries(now, now + LEASE_MS, 16).await?;
    let count = due.len();
    let calls = due.into_iter().map(|delivery| async move {
        if let Err(error) = deliver(app, delivery).await {
            tracing::warn!(%error, "could not note what became of a webhook call");
        }
    });
    futures_util::future::join_all(calls).await;
    Ok(count)
}

async fn deliver(app: &App, mut delivery: Delivery) -> Result<(), RegistryError> {
    let uuid = delivery.webhook.clone();
    let definition = app.registry.read(|state| state.webhook(&uuid).map(|known| known.definition.clone())).await?;
    let announcement: Option<Announcement> = serde_json::from_str(&delivery.context).ok();
    let (Some(definition), Some(announcement)) = (definition, announcement) else {
        delivery.status = DeliveryStatus::Dead;
        delivery.log.push_str("the webhook was removed before the call was made\n");
        return Ok(app.registry.ledger.store().update_delivery(delivery).await?);
    };
    let secrets = secrets(app, &uuid, &definition).await?;
    let urls = Urls { base: app.settings.base_url.clone().unwrap_or_else(|| app.settings.fallback_url.clone()) };
    let attempt = call(app, &urls, &definition, &secrets, &announcement).await;
    delivery.attempts += 1;
    let _ = writeln!(delivery.log, "--- attempt {} ---\n{}", delivery.attempts, attempt.log);
    let outcome = if attempt.success {
        delivery.status = DeliveryStatus::Delivered;
        "delivered"
    } else if delivery.attempts >= MAX_ATTEMPTS {
        delivery.status = DeliveryStatus::Dead;
        "dead"
    } else {
        let wait = SCHEDULE.get(delivery.attempts as usize - 1).copied().unwrap_or(1200);
        delivery.due_at = (app.registry.ledger.edges().now)() + wait * 1000;
        "failed"
    };
    app.metrics.delivery(outcome);
    Ok(app.registry.ledger.store().update_delivery(delivery).await?)
}

/// A webhook's secrets.
pub(crate) async fn secrets(app: &App, uuid: &str, definition: &WebhookDefinition) -> Result<Secrets, StoreError> {
    let store = app.registry.ledger.store();
    let password = if definition.request.has_password { store.secret(password_key(uuid)).await? } else { None };
    let signing_key = if definition.signed { store.secret(signing_key(uuid)).await? } else { None };
    let mut headers = Vec::new();
    for (name, _) in definition.request.headers.iter().filter(|(_, value)| value == HIDDEN) {
        if let Some(value) = store.secret(header_key(uuid, name)).await? {
            headers.push((name.clone(), value));
        }
    }
    Ok(Secrets { password, signing_key, headers })
}

/// Makes one call. What comes back is kept only so far as it helps to find a mistake.
pub(crate) async fn call(
    app: &App,
    urls: &Urls,
    definition: &WebhookDefinition,
    secrets: &Secrets,
    announcement: &Announcement,
) -> Attempt {
    // The one who is called can make its work a part of the trace.
    let traceparent = app.traces.map(|sampler| Context::begin(sampler).header());
    let span = tracing::info_span!(
        "webhook",
        otel.name = format!("webhook {}", announcement.event),
        otel.kind = "client",
        otel.context = traceparent,
        http.request.method = definition.request.method,
        http.response.status_code = tracing::field::Empty,
    );
    let attempt = send(app, urls, definition, secrets, announcement, traceparent).instrument(span.clone()).await;
    if let Some(status) = attempt.status {
        span.record("http.response.status_code", i64::from(status));
    }
    attempt
}

async fn send(
    app: &App,
    urls: &Urls,
    definition: &WebhookDefinition,
    secrets: &Secrets,
    announcement: &Announcement,
    traceparent: Option<String>,
) -> Attempt {
    let values = match app.registry.read(|state| values(state, urls, announcement)).await {
        Ok(values) => values,
        Err(error) => return Attempt { log: format!("failed: {error}\n"), ..Attempt::default() },
    };
    let request = &definition.request;
    let url = fill(&request.url, &values, crate::registry::http::urls::segment);
    let shown = url.split(['?', '#']).next().unwrap_or_default().to_owned();
    let mut attempt = Attempt { url: shown.clone(), ..Attempt::default() };
    let _ = writeln!(attempt.log, "{} {shown}", request.method);
    let url = match url::Url::parse(&url) {
        Ok(url) => url,
        Err(error) => {
            let _ = writeln!(attempt.log, "failed: the address cannot be read: {error}");
            return attempt;
        }
    };
    let client = match guarded_client(app, &url).await {
        Ok(client) => client,
        Err(reason) => {
            let _ = writeln!(attempt.log, "refused: {reason}");
            return attempt;
        }
    };
    let body = match &request.body {
        None => None,
        Some(Value::String(text)) => Some(fill(text, &values, ToOwned::to_owned)),
        // Filled in inside the JSON, so that no value can break out of its string.
        Some(json) => Some(fill_json(json, &values).to_string()),
    };
    let Ok(method) = reqwest::Method::from_bytes(request.method.as_bytes()) else {
        attempt.log.push_str("failed: the method is not one of HTTP\n");
        return attempt;
    };
    let mut builder = client.request(method, url).timeout(TIMEOUT).header("user-agent", "counterpart-registry");
    let mut has_type = false;
    for (name, value) in &request.headers {
        has_type |= name == "content-type";
        let hidden = secrets.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value);
        let value = hidden.unwrap_or(value);
        builder = builder.header(name, fill(value, &values, |text| text.chars().filter(|c| !c.is_control()).collect()));
    }
    if let Some(header) = traceparent.filter(|_| !request.headers.iter().any(|(name, _)| name == "traceparent")) {
        builder = builder.header("traceparent", header);
    }
    if !has_type && body.is_some() {
        builder = builder.header("content-type", "application/json");
    }
    if let Some(user) = &request.username {
        builder = builder.basic_auth(user, secrets.password.as_deref());
    }
    if let Some(key) = &secrets.signing_key {
        let mac = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, key.as_bytes());
        let seconds = (app.registry.ledger.edges().now)() / 1000;
        // The time is signed too, so that a recorded call cannot be sent again later.
        let signed = format!("{seconds}.{}", body.as_deref().unwrap_or_default());
        let signature = hex::encode(ring::hmac::sign(&mac, signed.as_bytes()).as_ref());
        builder = builder.header("x-counterpart-signature", format!("t={seconds},v1={signature}"));
    }
    if let Some(body) = body {
        builder = builder.body(body);
    }
    match builder.send().await {
        Ok(response) => {
            let status = response.status();
            attempt.status = Some(status.as_u16());
            attempt.success = status.is_success();
            let _ = writeln!(attempt.log, "answered {status}");
            if !attempt.success {
                let text = beginning(response).await;
                let _ = writeln!(attempt.log, "{text}");
            }
        }
        Err(error) => {
            let _ = writeln!(attempt.log, "failed: {}", error.without_url());
        }
    }
    attempt
}

/// The first kilobyte of an answer.
async fn beginning(mut response: reqwest::Response) -> String {
    let mut bytes = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        bytes.extend_from_slice(&chunk);
        if bytes.len() >= 1024 {
            break;
        }
    }
    bytes.truncate(1024);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A client that talks to exactly the addresses that were looked at, so that a name cannot mean something else by the
/// time of the call.
async fn guarded_client(app: &App, url: &url::Url) -> Result<reqwest::Client, String> {
    let host = url.host_str().ok_or("the address has no host")?;
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let port = url.port_or_known_default().unwrap_or(443);
    if app.settings.webhook_allow.iter().any(|allowed| allowed == bare || allowed == "*") {
        return Ok(app.outgoing.clone());
    }
    let found = tokio::net::lookup_host((bare, port))
        .await
        .map_err(|error| format!("`{host}` cannot be looked up: {error}"))?;
    let found: Vec<_> = found.collect();
    if found.is_empty() {
        return Err(format!("`{host}` has no address"));
    }
    if let Some(private) =
        found.iter().find(|address| is_private(address.ip()) && !is_allowed(&app.settings.webhook_allow, address.ip()))
    {
        return Err(format!(
            "`{host}` is {}, an address of a private network; start the server with `--webhook-allow {bare}` if that is meant",
            private.ip()
        ));
    }
    crate::registry::http::outgoing_client(Some((bare, &found))).map_err(|error| error.to_string())
}

/// Whether an address is not one of the public Internet.
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_unspecified() || v4.is_broadcast()
                || v4.is_multicast() || v4.is_documentation()
                || a == 0 || a >= 240
                // Shared address space of carriers, and benchmarking.
                || (a == 100 && (64..128).contains(&b)) || (a == 198 && (18..20).contains(&b))
        }
        IpAddr::V6(v6) => {
            if let Some(v4) = v6.to_ipv4_mapped().or_else(|| v6.to_ipv4()) {
                return is_private(IpAddr::V4(v4));
            }
            let [first, ..] = v6.segments();
            v6.is_loopback() || v6.is_unspecified() || v6.is_multicast()
                || (first & 0xFE00) == 0xFC00 || (first & 0xFFC0) == 0xFE80
                // NAT64: the address behind it may be anything.
                || first == 0x0064
        }
    }
}

/// Whether a network of the allow-list (`10.1.0.0/16`) holds an address.
fn is_allowed(allowed: &[String], address: IpAddr) -> bool {
    allowed.iter().any(|entry| {
        let Some((network, bits)) = entry.split_once('/') else { return false };
        let (Ok(network), Ok(bits)) = (network.parse::<IpAddr>(), bits.parse::<u32>()) else { return false };
        match (network, address) {
            (IpAddr::V4(network), IpAddr::V4(address)) if bits <= 32 => {
                let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
                u32::from(network) & mask == u32::from(address) & mask
            }
            (IpAddr::V6(network), IpAddr::V6(address)) if bits <= 128 => {
                let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
                u128::from(network) & mask == u128::from(address) & mask
            }
            _ => false,
        }
    })
}

/// What templates may say between `${pactbroker.` and `}`.
fn values(state: &State, urls: &Urls, announcement: &Announcement) -> Vec<(&'static str, String)> {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let (consumer, provider) = (text(&announcement.consumer), text(&announcement.provider));
    let (consumer_version, provider_version) =
        (text(&announcement.consumer_version), text(&announcement.provider_version));
    let content = text(&announcement.content);
    let version = |service: &str, number: &str| state.version_id(service, number).map(|id| state.version(id));
    let tags = |service: &str, number: &str| {
        version(service, number).map_or_else(String::new, |version| join(version.tags.iter().map(|(tag, _)| &**tag)))
    };
    let branch = |service: &str, number: &str| {
        version(service, number)
            .and_then(|version| version.branches.last())
            .map_or_else(String::new, |(name, _)| name.to_string())
    };
    let labels = |service: &str| {
        state
            .service_id(service)
            .map_or_else(String::new, |id| join(state.service(id).labels.keys().map(|label| &**label)))
    };
    let result_url =
        announcement.result.map_or_else(String::new, |number| urls.result(&provider, &consumer, &content, number));
    let success = announcement.event != "provider_verification_failed";
    let github = match announcement.result {
        None => "pending",
        Some(_) if success => "success",
        Some(_) => "failure",
    };
    let build_url = version(&consumer, &consumer_version)
        .and_then(|version| version.build_url.as_deref())
        .unwrap_or_default()
        .to_owned();
    vec![
        ("pactUrl", if content.is_empty() { String::new() } else { urls.pact_content(&provider, &consumer, &content) }),
        ("verificationResultUrl", result_url),
        ("consumerVersionTags", tags(&consumer, &consumer_version)),
        ("consumerVersionBranch", branch(&consumer, &consumer_version)),
        ("providerVersionTags", tags(&provider, &provider_version)),
        ("providerVersionBranch", branch(&provider, &provider_version)),
        ("providerVersionDescriptions", announcement.descriptions.join(", ")),
        ("consumerVersionNumber", consumer_version),
        ("providerVersionNumber", provider_version),
        ("consumerLabels", labels(&consumer)),
        ("providerLabels", labels(&provider)),
        ("consumerName", consumer),
        ("providerName", provider),
        ("githubVerificationStatus", github.to_owned()),
        ("gitlabVerificationStatus", if github == "failure" { "failed" } else { github }.to_owned()),
        (
            "bitbucketVerificationStatus",
            match github {
                "success" => "SUCCESSFUL",
                "failure" => "FAILED",
                _ => "INPROGRESS",
            }
            .to_owned(),
        ),
        (
            "azureDevOpsVerificationStatus",
            match github {
                "success" => "succeeded",
                "failure" => "failed",
                _ => "pending",
            }
            .to_owned(),
        ),
        ("buildUrl", build_url),
        ("eventName", announcement.event.clone()),
        ("environmentName", text(&announcement.environment)),
    ]
}

fn join<'a>(parts: impl Iterator<Item = &'a str>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}

/// Replaces `${pactbroker.name}`. Names that are not known stay, so that the mistake is seen.
fn fill(template: &str, values: &[(&'static str, String)], encode: impl Fn(&str) -> String) -> String {
    let mut filled = template.to_owned();
    for (name, value) in values {
        let blank = format!("${{pactbroker.{name}}}");
        if filled.contains(&blank) {
            filled = filled.replace(&blank, &encode(value));
        }
    }
    filled
}

fn fill_json(json: &Value, values: &[(&'static str, String)]) -> Value {
    match json {
        Value::String(text) => Value::String(fill(text, values, ToOwned::to_owned)),
        Value::Array(items) => items.iter().map(|item| fill_json(item, values)).collect(),
        Value::Object(entries) => entries
            .iter()
            .map(|(key, value)| (key.clone(), fill_json(value, values)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests;
