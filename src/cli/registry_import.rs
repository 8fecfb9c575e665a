//! `counterpart registry import --from-broker`: everything that a live Pact Broker knows, into a registry.
//!
//! It goes through the front doors of both, so that it works from any machine with any of their versions, and may be done
//! again: what is there already stays, so a second run brings what is new.

use std::collections::BTreeMap;
use std::io::Write;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::cli::context::Context;
use crate::cli::exit::Failure;
use crate::finding::Problem;
use crate::registry::client::{BrokerVersion, Client, PactBroker, Reference, encode};
use crate::registry::domain::PactDocument;

/// How much came over.
#[derive(Debug, Default)]
struct Tally {
    services: usize,
    versions: usize,
    pacts: usize,
    results: usize,
    running: usize,
    webhooks: usize,
}

/// Reads everything from `broker` and writes it to `registry`.
pub(crate) fn import(broker: &PactBroker, registry: &Client, context: &mut Context) -> Result<(), Failure> {
    let mut tally = Tally::default();
    let mut versions = services(broker, registry, &mut tally)?;
    let pacts = pacts(broker)?;
    // In the order in which the broker saw them, over all services: which version is the newest depends on it.
    versions.sort_by(|a, b| a.created.cmp(&b.created));
    for version in &versions {
        let theirs = pacts.get(&(version.service.clone(), version.number.clone()));
        publish(registry, version, theirs.map_or(&[][..], Vec::as_slice))?;
        tally.versions += 1;
        tally.pacts += theirs.map_or(0, Vec::len);
    }
    context.remark(&format!("{} versions, {} pacts; now the results", tally.versions, tally.pacts));
    let mut seen = std::collections::BTreeSet::new();
    for ((consumer, _), entries) in &pacts {
        for entry in entries {
            if seen.insert((consumer.as_str(), entry.provider.as_str(), entry.content.as_str())) {
                tally.results += results(broker, registry, consumer, entry)?;
            }
        }
    }
    environments(broker, registry, &mut tally)?;
    // Last, so that nobody is called because of what is old.
    webhooks(broker, registry, &mut tally, context)?;
    let Tally { services, versions, pacts, results, running, webhooks } = tally;
    writeln!(
        context.stdout,
        "imported: {services} services, {versions} versions, {pacts} pacts, {results} results, {running} deployments and \
         releases, {webhooks} webhooks"
    )?;
    Ok(())
}

/// A pact with where it came from.
struct Entry {
    provider: String,
    bytes: Vec<u8>,
    /// The broker's name of what it says.
    content: String,
}

type Pacts = BTreeMap<(String, String), Vec<Entry>>;

fn put(registry: &Client, what: &str, path: &str, body: &Value) -> Result<(), Problem> {
    let answer = registry.send(reqwest::Method::PUT, path, Some(body), &[])?;
    if answer.status < 300 { Ok(()) } else { Err(answer.problem(what)) }
}

fn services(broker: &PactBroker, registry: &Client, tally: &mut Tally) -> Result<Vec<BrokerVersion>, Problem> {
    let mut versions = Vec::new();
    for service in broker.services()? {
        let Some(name) = service["name"].as_str() else { continue };
        let path = format!("/pacticipants/{}", encode(name));
        let mut body = json!({});
        for key in ["displayName", "mainBranch", "repositoryUrl", "repositoryName", "repositoryNamespace"] {
            if let Some(value) = service[key].as_str() {
                body[key] = json!(value);
            }
        }
        put(registry, "make the service known", &path, &body)?;
        for label in PactBroker::labels(&service) {
            put(registry, "label the service", &format!("{path}/labels/{}", encode(&label)), &json!({}))?;
        }
        versions.extend(broker.versions(name)?);
        tally.services += 1;
    }
    Ok(versions)
}

/// Every pact, by consumer and version.
fn pacts(broker: &PactBroker) -> Result<Pacts, Problem> {
    let mut all = Pacts::new();
    for (consumer, provider) in broker.pairs()? {
        for version in broker.pact_versions(&consumer, &provider)? {
            let Some(pact) = broker.pact(&consumer, &provider, &version)? else { continue };
            let bytes = Value::Object(pact.json).to_string().into_bytes();
            let entry = Entry { provider: provider.clone(), bytes, content: pact.content };
            all.entry((consumer.clone(), version)).or_default().push(entry);
        }
    }
    Ok(all)
}

fn publish(registry: &Client, version: &BrokerVersion, pacts: &[Entry]) -> Result<(), Problem> {
    let path = Reference::version_path(&version.service, &version.number);
    let pacts: Vec<Value> = pacts.iter().map(|entry| json!({"content": STANDARD.encode(&entry.bytes)})).collect();
    let body = json!({
        "branch": version.branches.first(), "tags": version.tags, "build_url": version.build_url, "pacts": pacts,
    });
    let what = format!("publish {} {}", version.service, version.number);
    put(registry, &what, &path, &body)?;
    for branch in version.branches.iter().skip(1) {
        let service = encode(&version.service);
        let path = format!("/pacticipants/{service}/branches/{}/versions/{}", encode(branch), encode(&version.number));
        put(registry, &what, &path, &json!({}))?;
    }
    Ok(())
}

/// Publishes the results that the registry does not have yet; gives back how many.
fn results(broker: &PactBroker, registry: &Client, consumer: &str, entry: &Entry) -> Result<usize, Problem> {
    // The registry's own name of the content: a broker may use another hash.
    let document = PactDocument::parse(&entry.bytes).map_err(|error| {
        Problem::new("bad-pact", format!("a pact of `{consumer}` with `{}` {error}", entry.provider))
    })?;
    let path = format!(
        "/pacts/provider/{}/consumer/{}/pact-version/{}/verification-results",
        encode(&entry.provider),
        encode(consumer),
        document.content
    );
    let newest = registry.send(reqwest::Method::GET, &format!("{path}/latest"), None, &[])?;
    let known = match newest.status {
        200 => newest.json()["number"].as_u64().unwrap_or(0),
        404 => 0,
        _ => return Err(newest.problem("say which results it has")),
    };
    let found = broker.results(consumer, &entry.provider, &entry.content)?;
    let mut count = 0;
    for result in found.iter().skip(usize::try_from(known).unwrap_or(usize::MAX)) {
        registry.post("take a result", &path, result)?;
        count += 1;
    }
    Ok(count)
}

fn environments(broker: &PactBroker, registry: &Client, tally: &mut Tally) -> Result<(), Problem> {
    for environment in broker.environments()? {
        let (Some(name), Some(uuid)) = (environment["name"].as_str(), environment["uuid"].as_str()) else { continue };
        let body = json!({
            "production": environment["production"] == true, "display_name": environment["displayName"].as_str(),
        });
        put(registry, "create an environment", &format!("/api/v1/environments/{}", encode(name)), &body)?;
        for place in broker.running(uuid)? {
            let path = if place.is_release { "/api/v1/releases" } else { "/api/v1/deployments" };
            let body = json!({
                "service": place.service, "version": place.version, "environment": name, "instance": place.instance,
            });
            registry.post("record what runs", path, &body)?;
            tally.running += 1;
        }
    }
    Ok(())
}

fn webhooks(broker: &PactBroker, registry: &Client, tally: &mut Tally, context: &mut Context) -> Result<(), Problem> {
    for (uuid, mut webhook) in broker.webhooks()? {
        let request = &mut webhook["request"];
        // The broker shows secrets as asterisks, and headers may hold them too.
        let is_hidden = |value: &Value| value.as_str().is_some_and(|text| text.starts_with("****"));
        let mut has_secret = is_hidden(&request["password"]);
        if let Some(headers) = request.get_mut("headers").and_then(Value::as_object_mut) {
            let before = headers.len();
            headers.retain(|_, value| !is_hidden(value));
            has_secret |= headers.len() < before;
        }
        if let Some(request) = request.as_object_mut() {
            request.remove("password");
        }
        let mut body = json!({"events": webhook["events"], "request": webhook["request"]});
        for key in ["description", "consumer", "provider"] {
            if let Some(value) = webhook.get(key).filter(|value| !value.is_null()) {
                body[key] = value.clone();
            }
        }
        body["enabled"] = json!(webhook["enabled"] != false && !has_secret);
        put(registry, "take a webhook", &format!("/webhooks/{}", encode(&uuid)), &body)?;
        if has_secret {
            context
                .remark(&format!("the webhook {uuid} has secrets that the broker does not show; it is switched off"));
        }
        tally.webhooks += 1;
    }
    Ok(())
}
