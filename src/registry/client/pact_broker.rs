//! Reading everything out of a live Pact Broker, over the addresses that every version of it has.

use std::collections::BTreeSet;

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use crate::finding::Problem;
use crate::registry::client::{Client, encode};

/// How many versions are asked for at once.
const PAGE: usize = 100;
/// How many pages of one list are read: what is longer than this is a broker that repeats itself.
const PAGES: usize = 100_000;

/// A Pact Broker to read from.
pub(crate) struct PactBroker {
    client: Client,
}

/// A version of a service, as the broker knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BrokerVersion {
    pub(crate) service: String,
    pub(crate) number: String,
    /// As the broker writes it; sorts in order of time.
    pub(crate) created: String,
    pub(crate) build_url: Option<String>,
    pub(crate) branches: Vec<String>,
    pub(crate) tags: Vec<String>,
}

/// A consumer version's pact.
#[derive(Debug, Clone)]
pub(crate) struct BrokerPact {
    /// As it was published: what the broker adds is taken away.
    pub(crate) json: Map<String, Value>,
    /// The broker's name of what it says.
    pub(crate) content: String,
}

/// What runs in an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BrokerDeployment {
    pub(crate) service: String,
    pub(crate) version: String,
    pub(crate) instance: Option<String>,
    pub(crate) is_release: bool,
}

impl PactBroker {
    /// A broker behind a client.
    pub(crate) fn new(client: Client) -> Self {
        Self { client }
    }

    /// A document; `None` where it is not there.
    fn find(&self, what: &str, path: &str) -> Result<Option<Value>, Problem> {
        let answer = self.client.send(reqwest::Method::GET, path, None, &[("accept", "application/hal+json")])?;
        match answer.status {
            200 => Ok(Some(answer.json())),
            404 => Ok(None),
            _ => Err(answer.problem(what)),
        }
    }

    /// Every service with what is known about it.
    pub(crate) fn services(&self) -> Result<Vec<Value>, Problem> {
        self.pages("/pacticipants", "pacticipants")
    }

    /// A service's labels.
    pub(crate) fn labels(service: &Value) -> Vec<String> {
        names(&service["_embedded"]["labels"], "name")
    }

    /// Every version of a service, the oldest first.
    pub(crate) fn versions(&self, service: &str) -> Result<Vec<BrokerVersion>, Problem> {
        let listed = self.pages(&format!("/pacticipants/{}/versions", encode(service)), "versions")?;
        let mut versions: Vec<BrokerVersion> = listed
            .iter()
            .filter_map(|version| {
                Some(BrokerVersion {
                    service: service.to_owned(),
                    number: version["number"].as_str()?.to_owned(),
                    created: version["createdAt"].as_str().unwrap_or_default().to_owned(),
                    build_url: version["buildUrl"].as_str().map(str::to_owned),
                    branches: names(&version["_embedded"]["branchVersions"], "name"),
                    tags: names(&version["_embedded"]["tags"], "name"),
                })
            })
            .collect();
        versions.reverse();
        Ok(versions)
    }

    /// Every two services with a pact between them, consumer first.
    pub(crate) fn pairs(&self) -> Result<Vec<(String, String)>, Problem> {
        let listed = self.pages("/integrations", "integrations")?;
        let name = |entry: &Value, side: &str| entry[side]["name"].as_str().map(str::to_owned);
        Ok(listed.iter().filter_map(|entry| name(entry, "consumer").zip(name(entry, "provider"))).collect())
    }

    /// The consumer versions that have a pact with a provider.
    pub(crate) fn pact_versions(&self, consumer: &str, provider: &str) -> Result<Vec<String>, Problem> {
        let path = format!("{}/versions", pair(consumer, provider));
        let Some(document) = self.find("list the versions of a pact", &path)? else { return Ok(Vec::new()) };
        let links = document["_links"].get("pb:pact-versions").or_else(|| document["_links"].get("pact-versions"));
        let mut numbers = BTreeSet::new();
        for link in links.and_then(Value::as_array).into_iter().flatten() {
            let number = link["href"].as_str().and_then(|href| href.rsplit_once("/version/"));
            if let Some((_, number)) = number {
                numbers.insert(percent_decode_str(number).decode_utf8_lossy().into_owned());
            }
        }
        Ok(numbers.into_iter().collect())
    }

    /// The pact of a consumer version; `None` where it was deleted meanwhile.
    pub(crate) fn pact(&self, consumer: &str, provider: &str, version: &str) -> Result<Option<BrokerPact>, Problem> {
        let path = format!("{}/version/{}", pair(consumer, provider), encode(version));
        let Some(Value::Object(mut json)) = self.find("fetch a pact", &path)? else { return Ok(None) };
        let link = json.get("_links").map(|links| links["pb:pact-version"].clone()).unwrap_or_default();
        let content = link["href"].as_str().and_then(|href| href.rsplit('/').next()).unwrap_or_default().to_owned();
        json.remove("_links");
        json.remove("createdAt");
        for key in ["interactions", "messages"] {
            let Some(Value::Array(list)) = json.get_mut(key) else { continue };
            for interaction in list.iter_mut().filter_map(Value::as_object_mut) {
                interaction.remove("_id");
            }
        }
        Ok(Some(BrokerPact { json, content }))
    }

    /// Every result of a pact's content, the oldest first, as they would be published again.
    pub(crate) fn results(&self, consumer: &str, provider: &str, content: &str) -> Result<Vec<Value>, Problem> {
        let base = format!("{}/pact-version/{}/verification-results", pair(consumer, provider), encode(content));
        let Some(newest) = self.find("fetch the newest result", &format!("{base}/latest"))? else {
            return Ok(Vec::new());
        };
        let from_link =
            newest["_links"]["self"]["href"].as_str().and_then(|href| href.rsplit('/').next()?.parse().ok());
        let count: u64 = newest["number"].as_u64().or(from_link).unwrap_or(0);
        let mut results = Vec::new();
        for number in 1..=count {
            let Some(found) = self.find("fetch a result", &format!("{base}/{number}"))? else { continue };
            let mut result = Map::new();
            for key in ["success", "providerApplicationVersion", "buildUrl", "verifiedBy", "testResults"] {
                if let Some(value) = found.get(key).filter(|value| !value.is_null()) {
                    result.insert(key.to_owned(), value.clone());
                }
            }
            results.push(Value::Object(result));
        }
        Ok(results)
    }

    /// Every environment.
    pub(crate) fn environments(&self) -> Result<Vec<Value>, Problem> {
        self.pages("/environments", "environments")
    }

    /// What runs in an environment now.
    pub(crate) fn running(&self, uuid: &str) -> Result<Vec<BrokerDeployment>, Problem> {
        let mut running = Vec::new();
        for (path, key, is_release) in [
            ("deployed-versions/currently-deployed", "deployedVersions", false),
            ("released-versions/currently-supported", "releasedVersions", true),
        ] {
            let listed = self.pages(&format!("/environments/{}/{path}", encode(uuid)), key)?;
            running.extend(listed.iter().filter_map(|entry| {
                let embedded = &entry["_embedded"];
                let instance = entry["applicationInstance"].as_str().or_else(|| entry["target"].as_str());
                Some(BrokerDeployment {
                    service: embedded["pacticipant"]["name"].as_str()?.to_owned(),
                    version: embedded["version"]["number"].as_str()?.to_owned(),
                    instance: instance.map(str::to_owned),
                    is_release,
                })
            }));
        }
        Ok(running)
    }

    /// Every webhook with its id, secrets left out by the broker.
    pub(crate) fn webhooks(&self) -> Result<Vec<(String, Value)>, Problem> {
        let Some(list) = self.find("list the webhooks", "/webhooks")? else { return Ok(Vec::new()) };
        let mut webhooks = Vec::new();
        for link in list["_links"]["pb:webhooks"].as_array().into_iter().flatten() {
            let uuid = link["href"].as_str().and_then(|href| href.rsplit('/').next()).unwrap_or_default().to_owned();
            if let Some(webhook) = self.find("fetch a webhook", &format!("/webhooks/{}", encode(&uuid)))? {
                webhooks.push((uuid, webhook));
            }
        }
        Ok(webhooks)
    }

    /// A list with all its pages. Brokers that know no pages send everything at once.
    fn pages(&self, path: &str, key: &str) -> Result<Vec<Value>, Problem> {
        let mut all = Vec::new();
        for page in 1..=PAGES {
            let address = format!("{path}?page={page}&size={PAGE}&pageNumber={page}&pageSize={PAGE}");
            let Some(document) = self.find(&format!("list its {key}"), &address)? else { break };
            let Some(entries) = document["_embedded"][key].as_array() else { break };
            all.extend(entries.iter().cloned());
            if document["_links"]["next"]["href"].is_null() {
                break;
            }
        }
        Ok(all)
    }
}

fn pair(consumer: &str, provider: &str) -> String {
    format!("/pacts/provider/{}/consumer/{}", encode(provider), encode(consumer))
}

fn names(list: &Value, key: &str) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(|entry| entry[key].as_str()).map(str::to_owned).collect()
}
