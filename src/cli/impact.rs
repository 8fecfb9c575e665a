//! Who is affected: consumers whose pacts in the registry use what a finding is about.

use std::collections::{BTreeMap, BTreeSet};

use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::change::{Exposure, Operation};
use crate::cli::context::Context;
use crate::cli::project::Place;
use crate::cli::registry_access::RegistryArguments;
use crate::finding::{Finding, Impact, Problem, Report, Severity};
use crate::registry::client::{Client, encode};

/// Pacts fetched at most for one service: a system with more consumers is better asked with `can-deploy`.
const MOST_PACTS: usize = 200;

/// A consumer's pact, and where the version that it is of runs.
struct Consumer {
    name: String,
    version: String,
    environments: Vec<String>,
    pact: Value,
}

/// Names the affected consumers of every finding that breaks or may break somebody, where a registry is configured.
///
/// What the registry does not tell changes no verdict, so a registry that cannot be asked is only remarked.
pub(crate) fn add(report: &mut Report, place: &Place, context: &mut Context) {
    let counts = |finding: &&mut Finding| finding.suppressed.is_none() && finding.severity > Severity::Note;
    let service_of = |contract: &str| place.section_of(contract).and_then(|section| section.service.clone());
    let configured = place.project.as_ref().and_then(|project| project.file.registry.url.clone());
    let registry = std::env::var("COUNTERPART_REGISTRY").ok().filter(|url| !url.is_empty()).or(configured);
    if registry.is_none() || context.network.is_offline() {
        return;
    }
    let mut known: BTreeMap<String, Vec<Consumer>> = BTreeMap::new();
    for finding in report.findings.iter_mut().filter(counts) {
        let Some(service) = service_of(&finding.contract) else { continue };
        if !known.contains_key(&service) {
            let token = std::env::var("COUNTERPART_TOKEN").ok();
            let arguments = RegistryArguments { registry: registry.clone(), token };
            match arguments.client(context).and_then(|client| consumers(&client, &service)) {
                Ok(consumers) => {
                    known.insert(service.clone(), consumers);
                }
                Err(problem) => {
                    context.remark(&format!("who is affected is not known: {}", problem.message));
                    return;
                }
            }
        }
        let consumers = known.get(&service).map(Vec::as_slice).unwrap_or_default();
        finding.impact = consumers.iter().filter_map(|consumer| impact(finding, consumer)).collect();
    }
}

/// The consumers of a service: every version that runs somewhere, and the newest of those that run nowhere.
fn consumers(client: &Client, service: &str) -> Result<Vec<Consumer>, Problem> {
    let answer =
        client.send(reqwest::Method::GET, &format!("/pacts/provider/{}/latest", encode(service)), None, &[])?;
    match answer.status {
        200 => {}
        // A service that the registry does not know has no consumers.
        404 => return Ok(Vec::new()),
        _ => return Err(answer.problem("list the consumers")),
    }
    let document = answer.json();
    let links = document.pointer("/_links/pb:pacts").and_then(Value::as_array).cloned().unwrap_or_default();
    let latest: BTreeMap<String, String> =
        links.iter().filter_map(|link| consumer_of(link.get("href")?.as_str()?)).collect();
    let mut running: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    let environments = client.get("list the environments", "/api/v1/environments")?;
    for environment in environments.get("environments").and_then(Value::as_array).into_iter().flatten() {
        let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        for entry in environment.get("running").and_then(Value::as_array).into_iter().flatten() {
            let (consumer, version) = (text(entry, "service"), text(entry, "version"));
            if latest.contains_key(&consumer) {
                running.entry((consumer, version)).or_default().push(text(environment, "name"));
            }
        }
    }
    let deployed: BTreeSet<String> = running.keys().map(|(consumer, _)| consumer.clone()).collect();
    for (consumer, version) in latest.into_iter().filter(|(consumer, _)| !deployed.contains(consumer)) {
        running.insert((consumer, version), Vec::new());
    }
    let mut found = Vec::new();
    for ((name, version), environments) in running.into_iter().take(MOST_PACTS) {
        let path =
            format!("/api/v1/services/{}/versions/{}/pacts/{}", encode(&name), encode(&version), encode(service));
        let answer = client.send(reqwest::Method::GET, &path, None, &[])?;
        // A version that runs need not use this service any more.
        if answer.status == 200 {
            found.push(Consumer { name, version, environments, pact: answer.json() });
        }
    }
    Ok(found)
}

/// Consumer and version in a pact's address: `…/consumer/web/version/3.2.0`.
fn consumer_of(address: &str) -> Option<(String, String)> {
    let (consumer, version) = address.split_once("/consumer/")?.1.split_once("/version/")?;
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    Some((decoded(consumer), decoded(version)))
}

/// What a consumer's pact has to do with a finding; `None` where it uses nothing of it.
fn impact(finding: &Finding, consumer: &Consumer) -> Option<Impact> {
    let interactions = ["interactions", "messages"].into_iter().filter_map(|key| consumer.pact.get(key)?.as_array());
    let old = old_operation(finding);
    let operations: Vec<&Operation> = finding.operations.iter().chain(&old).collect();
    let used: Vec<String> = interactions
        .flatten()
        .filter(|interaction| operations.iter().any(|operation| uses(interaction, operation)))
        .filter(|interaction| mentions(interaction, finding))
        .map(|interaction| interaction.get("description").and_then(Value::as_str).unwrap_or_default().to_owned())
        .collect();
    (!used.is_empty()).then(|| Impact {
        consumer: consumer.name.clone(),
        version: Some(consumer.version.clone()),
        environments: consumer.environments.clone(),
        interactions: used,
    })
}

/// The operation that a finding is about as the old version has it: consumers call that one, whatever its path is now.
fn old_operation(finding: &Finding) -> Option<Operation> {
    let mut parts = finding.subject.old_pointer.as_deref()?.strip_prefix("/paths/")?.split('/');
    let path = parts.next()?.replace("~1", "/").replace("~0", "~");
    Some(Operation { method: parts.next().map(str::to_uppercase), path, exposure: Exposure::Both })
}

/// Whether an interaction calls an operation. A path may begin with what the contract has in `servers`.
fn uses(interaction: &Value, operation: &Operation) -> bool {
    let text = |pointer: &str| interaction.pointer(pointer).and_then(Value::as_str);
    if let Some(rpc) = text("/pluginConfiguration/protobuf/service") {
        return operation.path.trim_start_matches('/').ends_with(rpc);
    }
    let (Some(method), Some(path)) = (text("/request/method"), text("/request/path")) else { return false };
    let is_method = operation.method.as_ref().is_none_or(|of| of.eq_ignore_ascii_case(method));
    let template: Vec<&str> = operation.path.trim_matches('/').split('/').collect();
    let called: Vec<&str> = path.trim_matches('/').split('/').collect();
    let Some(skipped) = called.len().checked_sub(template.len()) else { return false };
    let is_same = |(part, called): (&&str, &&str)| part == called || part.contains('{');
    is_method && template.iter().zip(&called[skipped..]).all(is_same)
}

/// Whether an interaction has the property that a finding is about; findings about anything else concern every call.
fn mentions(interaction: &Value, finding: &Finding) -> bool {
    let subject = &finding.subject;
    // Something new that everybody must send now is in nobody's pact.
    let is_old_property = subject.kind == "property" && finding.old_location.is_some();
    let name = subject.name.rsplit('.').next().unwrap_or_default();
    !is_old_property || has_key(interaction, name)
}

fn has_key(value: &Value, name: &str) -> bool {
    match value {
        Value::Object(members) => members.iter().any(|(key, member)| key == name || has_key(member, name)),
        Value::Array(items) => items.iter().any(|item| has_key(item, name)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_interaction_is_matched_with_the_template_of_its_operation() {
        let operation = |method: &str, path: &str| Operation {
            method: Some(method.to_owned()),
            path: path.to_owned(),
            exposure: Exposure::Response,
        };
        let call = json!({"request": {"method": "get", "path": "/shop/orders/7"}});
        assert!(uses(&call, &operation("GET", "/orders/{id}")));
        assert!(!uses(&call, &operation("POST", "/orders/{id}")));
        assert!(!uses(&call, &operation("GET", "/orders/{id}/lines")));
        assert!(!uses(&call, &operation("GET", "/carts/{id}")));
        let rpc = json!({"pluginConfiguration": {"protobuf": {"service": "Orders/Get"}}});
        assert!(uses(&rpc, &Operation { method: None, ..operation("", "/acme.v1.Orders/Get") }));
    }

    #[test]
    fn a_pacts_address_names_consumer_and_version() {
        let address = "https://r/pacts/provider/orders/consumer/web%20shop/version/3.2.0";
        assert_eq!(consumer_of(address), Some(("web shop".to_owned(), "3.2.0".to_owned())));
    }
}
