//! The pacts that a provider should verify.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::registry::domain::{self, Selected, Selector, VerificationQuery, check_selectors};
use crate::registry::http::app::{App, Asker, Query};
use crate::registry::http::nested_query::NestedQuery;
use crate::registry::http::reply::{BrokerResult, broker_not_found, hal, parse_body};
use crate::registry::http::urls::segment;
use crate::registry::service::Refused;

/// What an address of a pact carries through a verification, so that the result can be told apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Metadata {
    pub(super) consumer_versions: Vec<String>,
    pub(super) pending: bool,
    pub(super) wip: bool,
}

impl Metadata {
    fn encode(&self) -> String {
        let mut parts: Vec<String> =
            self.consumer_versions.iter().map(|version| format!("cv[]={}", segment(version))).collect();
        for (key, flag) in [("p", self.pending), ("w", self.wip)] {
            if flag {
                parts.push(format!("{key}=true"));
            }
        }
        URL_SAFE_NO_PAD.encode(parts.join("&"))
    }

    /// What cannot be read is nothing.
    pub(super) fn decode(text: &str) -> Self {
        let bytes = URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).unwrap_or_default();
        let query = NestedQuery::parse(&String::from_utf8_lossy(&bytes));
        Self {
            consumer_versions: query.all("cv").map(str::to_owned).collect(),
            pending: query.is_true("p"),
            wip: query.is_true("w"),
        }
    }
}

pub(super) async fn get(
    State(app): State<App>,
    asker: Asker,
    query: Query,
    Path(provider): Path<String>,
) -> BrokerResult {
    let query = &query.0;
    let selectors = query
        .groups("consumer_version_selectors")
        .chain(query.groups("consumerVersionSelectors"))
        .map(|group| {
            let mut selector = serde_json::Map::new();
            for key in ["mainBranch", "matchingBranch", "latest", "deployed", "released", "deployedOrReleased"] {
                if let Some(value) = group.get(key) {
                    selector.insert(key.into(), json!(value == "true"));
                }
            }
            for key in ["branch", "fallbackBranch", "tag", "fallbackTag", "consumer", "environment"] {
                if let Some(value) = group.get(key) {
                    selector.insert(key.into(), json!(value));
                }
            }
            Value::Object(selector)
        })
        .collect::<Vec<_>>();
    let either = |one: &'static str, other: &'static str| query.get(one).or_else(|| query.get(other));
    let body = json!({
        "consumerVersionSelectors": selectors,
        "providerVersionBranch": either("providerVersionBranch", "provider_version_branch"),
        "providerVersionTags": query.all("providerVersionTags").chain(query.all("provider_version_tags")).collect::<Vec<_>>(),
        "includePendingStatus": either("includePendingStatus", "include_pending_status") == Some("true"),
        "includeWipPactsSince": either("includeWipPactsSince", "include_wip_pacts_since"),
    });
    answer(app, asker, provider, body).await
}

pub(super) async fn post(
    State(app): State<App>,
    asker: Asker,
    Path(provider): Path<String>,
    body: Bytes,
) -> BrokerResult {
    let body = parse_body(&body)?;
    answer(app, asker, provider, body).await
}

async fn answer(app: App, asker: Asker, provider: String, body: Value) -> BrokerResult {
    let query = read(provider, &body)?;
    let problems = app
        .registry
        .read(|state| {
            check_selectors(&query.selectors, query.provider_branch.as_deref(), &|name| {
                state.environment(name).is_some()
            })
        })
        .await?;
    if !problems.is_empty() {
        return Ok(hal(StatusCode::BAD_REQUEST, &json!({"errors": {"consumerVersionSelectors": problems}})));
    }
    let look = |state: &domain::State| {
        let selected = state.pacts_to_verify(&query)?;
        Some(selected.iter().map(|entry| pact_entry(state, &asker, &query, entry)).collect::<Vec<_>>())
    };
    let Some(pacts) = app.registry.read(look).await? else { return Ok(broker_not_found()) };
    let own = format!("{}/for-verification", asker.urls.provider_pacts(&query.provider));
    Ok(hal(
        StatusCode::OK,
        &json!({
            "_embedded": {"pacts": pacts},
            "_links": {"self": {"href": own, "title": "Pacts to be verified"}},
        }),
    ))
}

fn read(provider: String, body: &Value) -> Result<VerificationQuery, Refused> {
    let list = |key: &str| body.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let selectors = list("consumerVersionSelectors")
        .into_iter()
        .map(serde_json::from_value::<Selector>)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| Refused::invalid("consumerVersionSelectors", error.to_string()))?;
    let text = |key: &str| body.get(key).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
    let include_wip_since = match text("includeWipPactsSince") {
        None => None,
        Some(date) => Some(moment(&date).ok_or_else(|| Refused::invalid("includeWipPactsSince", "Invalid date"))?),
    };
    Ok(VerificationQuery {
        provider,
        selectors,
        provider_branch: text("providerVersionBranch"),
        provider_tags: list("providerVersionTags").iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        include_pending: body.get("includePendingStatus").and_then(Value::as_bool).unwrap_or(false),
        include_wip_since,
    })
}

/// A date or a moment, in milliseconds since 1970.
fn moment(text: &str) -> Option<i64> {
    let stamp = text.parse::<jiff::Timestamp>().ok().or_else(|| {
        let date = text.parse::<jiff::civil::Date>().ok()?;
        Some(date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
    });
    stamp.map(jiff::Timestamp::as_millisecond)
}

fn pact_entry(state: &domain::State, asker: &Asker, query: &VerificationQuery, entry: &Selected) -> Value {
    let pact = state.pact(entry.pact);
    let (consumer, provider) = (&*state.service(pact.consumer).name, &*query.provider);
    let number = &*state.version(entry.version).number;
    let content = asker.urls.pact_content(provider, consumer, &pact.content.to_string());
    let metadata =
        Metadata { consumer_versions: vec![number.to_owned()], pending: entry.pending == Some(true), wip: entry.wip };
    let criteria = if entry.reasons.len() == 1 { "criterion" } else { "criteria" };
    let reasons: Vec<String> = entry.reasons.iter().map(|reason| format!("    * {reason}")).collect();
    let mut notices = vec![json!({
        "when": "before_verification",
        "text": format!(
            "The pact at {content} is being verified because the pact content belongs to the consumer version matching the following {criteria}:\n{}",
            reasons.join("\n")
        ),
    })];
    let whose = query.provider_branch.as_ref().map_or_else(
        || match query.provider_tags.as_slice() {
            [] => format!("a version of {provider}"),
            tags => format!("a version of {provider} with tag '{}'", tags.join("' or '")),
        },
        |branch| format!("a version of {provider} from branch '{branch}'"),
    );
    if entry.wip {
        notices.push(json!({
            "when": "before_verification",
            "text": format!("This pact is marked as work in progress for {whose}: a successful result for it has not yet been published. If this verification fails, it will not cause the overall build to fail. Read more at https://docs.pact.io/go/wip"),
        }));
    } else if entry.pending == Some(true) {
        notices.push(json!({
            "when": "before_verification",
            "text": format!("This pact is in pending state because a successful verification result for {whose} has not yet been published. If this verification fails, it will not cause the overall build to fail. Read more at https://docs.pact.io/go/pending"),
        }));
    }
    if entry.pending == Some(true) {
        for (success, published, text) in [
            (
                "true",
                "false",
                "This pact is still in pending state, as the successful verification results have not been published.",
            ),
            (
                "true",
                "true",
                "This pact is no longer in pending state, as a successful verification result has been published. Verification failures will cause the build to fail from now on.",
            ),
            (
                "false",
                "false",
                "This pact is still in pending state, as a successful verification result has not yet been published.",
            ),
            (
                "false",
                "true",
                "This pact is still in pending state, as a successful verification result has not yet been published.",
            ),
        ] {
            notices.push(
                json!({"when": format!("after_verification:success_{success}_published_{published}"), "text": text}),
            );
        }
    }
    let mut properties = json!({});
    if let Some(pending) = entry.pending {
        properties["pending"] = json!(pending);
    }
    if entry.wip {
        properties["wip"] = json!(true);
    }
    properties["notices"] = json!(notices);
    json!({
        "shortDescription": entry.short.join(", "),
        "verificationProperties": properties,
        "_links": {"self": {
            "href": format!("{content}/metadata/{}", metadata.encode()),
            "name": format!("Pact between {consumer} ({number}) and {provider}"),
        }},
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_survives_its_way_through_an_address() {
        let metadata = Metadata { consumer_versions: vec!["1.0&x".into()], pending: true, wip: false };
        assert_eq!(Metadata::decode(&metadata.encode()), metadata);
        assert_eq!(Metadata::decode("!!"), Metadata::default());
    }
}
