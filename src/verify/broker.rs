//! Pacts from a Pact Broker (or a registry that speaks its API), and results back to it.

use std::collections::BTreeSet;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use url::Url;

use crate::finding::Problem;
use crate::source::load::shown_address;
use crate::verify::http::{Fetcher, refused};
use crate::verify::load::{Loaded, read};
use crate::verify::outcome::{InteractionResult, Status, VerifyReport};

/// A broker and the provider whose pacts are asked for.
#[derive(Debug)]
pub struct Broker {
    base: Url,
    provider: String,
    fetcher: Fetcher,
}

/// Which pacts are wanted.
#[derive(Debug, Clone, Default)]
pub struct PactSelection {
    /// Consumer version selectors; empty leaves it to the broker.
    pub selectors: Vec<Value>,
    /// The provider's branch, by which the broker knows what is pending.
    pub provider_branch: Option<String>,
    /// The provider's tags, for brokers that know no branches.
    pub provider_tags: Vec<String>,
    /// Whether pacts that were never verified are pending.
    pub includes_pending: bool,
    /// Since when new pacts are verified although nobody selected them.
    pub wip_since: Option<String>,
}

/// What results are published as.
#[derive(Debug, Clone)]
pub struct Publication {
    /// The provider's version.
    pub version: String,
    /// Its branch.
    pub branch: Option<String>,
    /// Its tags.
    pub tags: Vec<String>,
    /// Its build.
    pub build_url: Option<String>,
}

const MAX_BYTES: u64 = 256 << 20;

impl Broker {
    /// A broker at an address.
    #[must_use]
    pub const fn new(base: Url, provider: String, fetcher: Fetcher) -> Self {
        Self { base, provider, fetcher }
    }

    /// The pacts to verify.
    ///
    /// # Errors
    /// When the broker cannot be reached, refuses, answers something else than HAL, or has no pact for the provider.
    pub async fn pacts(&self, selection: &PactSelection) -> Result<Vec<Loaded>, Vec<Problem>> {
        let entries = self.entries(selection).await.map_err(|problem| vec![problem])?;
        if entries.is_empty() {
            let message = format!(
                "the broker `{}` has no pact for the provider `{}` that was selected",
                shown_address(&self.base),
                self.provider
            );
            return Err(vec![Problem::new("no-pacts", message).with_help("check --provider-name and the selectors")]);
        }
        let mut pacts = Vec::new();
        let mut problems = Vec::new();
        for entry in entries {
            if let Err(problem) = self.load(&entry, &mut pacts, &mut problems).await {
                problems.push(problem);
            }
        }
        if problems.is_empty() { Ok(pacts) } else { Err(problems) }
    }

    async fn load(&self, entry: &Entry, pacts: &mut Vec<Loaded>, problems: &mut Vec<Problem>) -> Result<(), Problem> {
        let text = self.fetcher.text(&entry.url, MAX_BYTES).await?;
        let links: Value = serde_json::from_str(&text).unwrap_or_default();
        let before = pacts.len();
        read(&shown_address(&entry.url), &text, None, pacts, problems);
        for pact in &mut pacts[before..] {
            pact.is_pending = entry.is_pending;
            pact.notices.clone_from(&entry.notices);
            pact.results_url =
                link(&links, "pb:publish-verification-results").and_then(|href| entry.url.join(&href).ok());
        }
        Ok(())
    }

    async fn json(&self, method: http::Method, url: &Url, body: Option<&Value>) -> Result<Value, Problem> {
        let document = self.fetcher.request(method, url, body.map(Value::to_string), MAX_BYTES).await?;
        if !(200..300).contains(&document.status) {
            let mut problem = refused(url, document.status);
            if let Some(reason) = reasons(&document.text) {
                problem.message = format!("{}: {reason}", problem.message);
            }
            return Err(problem);
        }
        if document.text.trim().is_empty() {
            return Ok(Value::Null);
        }
        match serde_json::from_str(&document.text) {
            Ok(value) if document.is_json => Ok(value),
            _ => {
                let kind = if document.text.trim_start().starts_with('<') { "HTML" } else { "something" };
                let message = format!("`{}` answered {kind} where a broker answers JSON", shown_address(url));
                Err(Problem::new("not-a-broker", message)
                    .with_help("check the broker's address; a log-in page may stand before it"))
            }
        }
    }

    async fn entries(&self, selection: &PactSelection) -> Result<Vec<Entry>, Problem> {
        let index = self.json(http::Method::GET, &self.base, None).await?;
        let template = ["pb:provider-pacts-for-verification", "beta:provider-pacts-for-verification"]
            .iter()
            .find_map(|rel| link(&index, rel));
        if let Some(template) = template {
            let url = self.expand(&template, &[("provider", &self.provider)])?;
            let mut body = json!({ "consumerVersionSelectors": selection.selectors, "includePendingStatus": selection.includes_pending });
            if let Some(branch) = &selection.provider_branch {
                body["providerVersionBranch"] = branch.as_str().into();
            }
            if !selection.provider_tags.is_empty() {
                body["providerVersionTags"] = selection.provider_tags.clone().into();
            }
            if let Some(since) = &selection.wip_since {
                body["includeWipPactsSince"] = since.as_str().into();
            }
            let answer = self.json(http::Method::POST, &url, Some(&body)).await?;
            let pacts = answer.pointer("/_embedded/pacts").and_then(Value::as_array).cloned().unwrap_or_default();
            return Ok(pacts.iter().filter_map(|pact| Entry::read(pact, &url)).collect());
        }
        let Some(template) = link(&index, "pb:latest-provider-pacts") else {
            let message = format!(
                "`{}` is not a Pact Broker: its index has no link to the pacts of a provider",
                shown_address(&self.base)
            );
            return Err(Problem::new("not-a-broker", message).with_help("check the broker's address"));
        };
        if selection.includes_pending || selection.wip_since.is_some() || !selection.selectors.is_empty() {
            let message = format!(
                "the broker `{}` is too old for selectors, pending and work-in-progress pacts",
                shown_address(&self.base)
            );
            return Err(Problem::new("old-broker", message).with_help("leave the selectors out, or update the broker"));
        }
        let url = self.expand(&template, &[("provider", &self.provider)])?;
        let answer = self.json(http::Method::GET, &url, None).await?;
        let links = answer.pointer("/_links/pb:pacts").or_else(|| answer.pointer("/_links/pacts"));
        let hrefs = links.and_then(Value::as_array).cloned().unwrap_or_default();
        let entry = |pact: &Value| {
            let url = url.join(pact.get("href")?.as_str()?).ok()?;
            Some(Entry { url, is_pending: false, notices: Vec::new() })
        };
        Ok(hrefs.iter().filter_map(entry).collect())
    }

    fn expand(&self, template: &str, values: &[(&str, &str)]) -> Result<Url, Problem> {
        let mut address = template.to_owned();
        for (name, value) in values {
            address = address.replace(&format!("{{{name}}}"), &segment(value));
        }
        self.base
            .join(&address)
            .map_err(|_| Problem::new("not-a-broker", format!("the broker gave an address that is none: `{template}`")))
    }

    /// Publishes one result per pact. What goes wrong is an error of the report: a result that is not there must not
    /// look like one that is.
    pub async fn publish(&self, pacts: &[Loaded], publication: &Publication, report: &mut VerifyReport) {
        if let Err(problem) = self.describe_version(publication).await {
            report
                .errors
                .push(format!("the provider's version could not be described to the broker: {}", problem.message));
            return;
        }
        for pact in pacts.iter().filter(|pact| report.results.iter().any(|result| result.pact == pact.label)) {
            let Some(url) = &pact.results_url else {
                report.errors.push(format!(
                    "the result of `{}` has nowhere to be published: it was not read from a broker",
                    pact.label
                ));
                continue;
            };
            let results: Vec<&InteractionResult> =
                report.results.iter().filter(|result| result.pact == pact.label).collect();
            if results.iter().any(|result| matches!(result.status, Status::NotVerified | Status::Skipped)) {
                report.errors.push(format!(
                    "the result of `{}` is not published, because not all of it was verified",
                    pact.label
                ));
                continue;
            }
            let body = result_body(&results, publication);
            if let Err(problem) = self.json(http::Method::POST, url, Some(&body)).await {
                report.errors.push(format!("the result of `{}` was not published: {}", pact.label, problem.message));
            }
        }
    }

    /// Branch and tags belong to the provider's version, and have to be there before the result.
    async fn describe_version(&self, publication: &Publication) -> Result<(), Problem> {
        let names = publication
            .branch
            .iter()
            .map(|branch| ("branches", branch))
            .chain(publication.tags.iter().map(|tag| ("tags", tag)));
        for (kind, name) in names {
            let (provider, version, name) = (segment(&self.provider), segment(&publication.version), segment(name));
            let path = if kind == "branches" {
                format!("pacticipants/{provider}/branches/{name}/versions/{version}")
            } else {
                format!("pacticipants/{provider}/versions/{version}/tags/{name}")
            };
            let mut base = self.base.clone();
            base.set_query(None);
            if !base.path().ends_with('/') {
                base.set_path(&format!("{}/", base.path()));
            }
            let url = base.join(&path).map_err(|error| Problem::new("network", error.to_string()))?;
            self.json(http::Method::PUT, &url, Some(&json!({}))).await?;
        }
        Ok(())
    }
}

struct Entry {
    url: Url,
    is_pending: bool,
    notices: Vec<String>,
}

impl Entry {
    fn read(pact: &Value, base: &Url) -> Option<Self> {
        let url = base.join(pact.pointer("/_links/self/href")?.as_str()?).ok()?;
        let properties = &pact["verificationProperties"];
        let notices = properties["notices"].as_array().into_iter().flatten();
        let before = notices.filter(|notice| notice["when"].as_str() == Some("before_verification"));
        Some(Self {
            url,
            is_pending: properties["pending"].as_bool() == Some(true) || properties["wip"].as_bool() == Some(true),
            notices: before.filter_map(|notice| notice["text"].as_str().map(str::to_owned)).collect(),
        })
    }
}

fn segment(text: &str) -> String {
    const SEGMENT: &percent_encoding::AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// The address of a relation; with several, the first.
fn link(document: &Value, relation: &str) -> Option<String> {
    let link = document.get("_links")?.get(relation)?;
    let link = link.as_array().map_or(link, |links| links.first().unwrap_or(link));
    link.get("href")?.as_str().map(str::to_owned)
}

/// What a broker says about a refusal, in a line.
fn reasons(text: &str) -> Option<String> {
    let value: Value = serde_json::from_str(text).ok()?;
    let errors = value.get("errors").or_else(|| value.get("error")).or_else(|| value.get("detail"))?;
    let text = match errors {
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("; "),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, reason)| {
                format!("{name} {}", reason.as_array().and_then(|list| list.first()).unwrap_or(reason))
            })
            .collect::<Vec<_>>()
            .join("; "),
        _ => return None,
    };
    Some(text.chars().take(500).collect::<String>()).filter(|text| !text.is_empty())
}

fn result_body(results: &[&InteractionResult], publication: &Publication) -> Value {
    let tests: Vec<Value> = results
        .iter()
        .map(|result| {
            let mismatches: Vec<Value> = result
                .mismatches
                .iter()
                .map(|mismatch| json!({ "attribute": mismatch.part, "identifier": mismatch.path, "description": mismatch.message }))
                .collect();
            let mut test = json!({
                "interactionId": result.broker_id,
                "interactionDescription": result.description,
                "success": result.status == Status::Passed,
                "mismatches": mismatches,
            });
            if let Some(reason) = &result.reason {
                test["exceptions"] = json!([{ "message": reason }]);
            }
            test
        })
        .collect();
    let mut body = json!({
        "success": results.iter().all(|result| result.status == Status::Passed),
        "providerApplicationVersion": publication.version,
        "verifiedBy": { "implementation": "counterpart", "version": env!("CARGO_PKG_VERSION") },
        "testResults": tests,
    });
    if let Some(build) = &publication.build_url {
        body["buildUrl"] = build.as_str().into();
    }
    body
}

/// Names that stand for several pacts would mix their results up.
#[must_use]
pub(crate) fn duplicate_label(pacts: &[Loaded]) -> Option<&str> {
    let mut seen = BTreeSet::new();
    pacts.iter().map(|pact| pact.label.as_str()).find(|label| !seen.insert(*label))
}
