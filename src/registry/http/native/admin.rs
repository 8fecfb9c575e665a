//! What administrators need: tokens, trust, the audit log, webhook calls.

use std::collections::HashMap;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::registry::domain::{self, Scope, TokenGrant, TrustRule};
use crate::registry::http::app::{App, Asker, Query};
use crate::registry::http::reply::{NativeResult, json_reply, no_content, time};
use crate::registry::service::Refused;
use crate::registry::store::{DeliveryFilter, DeliveryStatus};

pub(super) async fn tokens(State(app): State<App>, asker: Asker) -> NativeResult {
    asker.caller.require(Scope::Admin)?;
    let uses: HashMap<String, i64> = app.registry.ledger.store().token_uses().await?.into_iter().collect();
    let look = |state: &domain::State| {
        state
            .tokens()
            .map(|(id, token)| {
                json!({
                    "id": id, "name": token.grant.name, "scopes": token.grant.scopes, "services": token.grant.services,
                    "issued_at": time(token.issued.at), "expires_at": token.grant.expires_at.map(time),
                    "revoked_at": token.revoked.map(|mark| time(mark.at)), "last_used_at": uses.get(id).copied().map(time),
                })
            })
            .collect::<Vec<_>>()
    };
    Ok(json_reply(StatusCode::OK, &json!({"tokens": app.registry.read(look).await?})))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenBody {
    name: String,
    scopes: Vec<Scope>,
    #[serde(default)]
    services: Vec<String>,
    #[serde(default)]
    /// A moment like `2027-01-01T00:00:00Z`.
    expires_at: Option<String>,
}

fn parse<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, Refused> {
    serde_json::from_slice(body).map_err(|error| Refused::invalid("", format!("the body is not as expected: {error}")))
}

pub(super) async fn issue_token(State(app): State<App>, asker: Asker, body: Bytes) -> NativeResult {
    let body: TokenBody = parse(&body)?;
    let expires_at = match &body.expires_at {
        None => None,
        Some(text) => {
            let moment: Result<jiff::Timestamp, _> = text.parse();
            Some(moment.map_err(|_| Refused::invalid("expires_at", "must be a moment like 2027-01-01T00:00:00Z"))?)
        }
    };
    let grant = TokenGrant {
        name: body.name,
        scopes: body.scopes,
        services: body.services,
        expires_at: expires_at.map(jiff::Timestamp::as_millisecond),
    };
    let (id, secret) = app.registry.issue_token(&asker.caller, grant).await?;
    Ok(json_reply(StatusCode::CREATED, &json!({"id": id, "token": secret})))
}

pub(super) async fn revoke_token(State(app): State<App>, asker: Asker, Path(id): Path<String>) -> NativeResult {
    app.registry.revoke_token(&asker.caller, &id).await?;
    Ok(no_content())
}

pub(super) async fn trusts(State(app): State<App>, asker: Asker) -> NativeResult {
    asker.caller.require(Scope::Admin)?;
    let look = |state: &domain::State| {
        state
            .trusts()
            .map(|(id, trust)| json!({"id": id, "rule": trust.rule, "created_at": time(trust.created.at)}))
            .collect::<Vec<_>>()
    };
    Ok(json_reply(StatusCode::OK, &json!({"trust": app.registry.read(look).await?})))
}

pub(super) async fn save_trust(State(app): State<App>, asker: Asker, body: Bytes) -> NativeResult {
    let rule: TrustRule = parse(&body)?;
    let id = app.registry.save_trust(&asker.caller, rule).await?;
    Ok(json_reply(StatusCode::CREATED, &json!({"id": id})))
}

pub(super) async fn remove_trust(State(app): State<App>, asker: Asker, Path(id): Path<String>) -> NativeResult {
    app.registry.remove_trust(&asker.caller, &id).await?;
    Ok(no_content())
}

/// The log as it is stored: each record with its text and its hash, so that anybody can check the chain.
pub(super) async fn audit(State(app): State<App>, asker: Asker, query: Query) -> NativeResult {
    asker.caller.require(Scope::Admin)?;
    let number = |key: &str, default: u64| match query.0.get(key) {
        None => Ok(default),
        Some(text) => text.parse::<u64>().map_err(|_| Refused::invalid(key, "must be a number")),
    };
    let (after, limit) = (number("after", 0)?, number("limit", 100)?.clamp(1, 10_000));
    if after > u64::MAX >> 1 {
        return Err(Refused::invalid("after", "is larger than any record's number").into());
    }
    let records = app.registry.ledger.store().records(after, u32::try_from(limit).unwrap_or(10_000)).await?;
    let next = records.last().filter(|_| records.len() as u64 == limit).map(|record| record.seq);
    let records: Vec<Value> = records
        .iter()
        .map(|sealed| {
            let record: Value = serde_json::from_str(&sealed.body).unwrap_or_default();
            json!({"record": record, "body": sealed.body, "hash": sealed.hash.to_string()})
        })
        .collect();
    Ok(json_reply(StatusCode::OK, &json!({"records": records, "next": next})))
}

/// Checks the whole chain and says where it ends. Whoever keeps that hash elsewhere can prove later that nothing before
/// it was changed.
pub(super) async fn audit_head(State(app): State<App>, asker: Asker) -> NativeResult {
    asker.caller.require(Scope::Admin)?;
    let _permit =
        app.registry.comparisons.acquire().await.map_err(|_| crate::registry::service::RegistryError::Closing)?;
    let head = app.registry.ledger.check_chain().await?;
    Ok(json_reply(StatusCode::OK, &json!({"records": head.seq, "hash": head.hash.to_string(), "at": time(head.at)})))
}

pub(super) async fn deliveries(State(app): State<App>, asker: Asker, query: Query) -> NativeResult {
    asker.caller.require(Scope::Admin)?;
    let status = match query.0.get("status") {
        None => None,
        Some(word @ ("pending" | "delivered" | "dead")) => Some(DeliveryStatus::of(word)),
        Some(_) => return Err(Refused::invalid("status", "must be pending, delivered or dead").into()),
    };
    let filter = DeliveryFilter {
        status,
        webhook: query.0.get("webhook").map(str::to_owned),
        limit: 500,
        ..DeliveryFilter::default()
    };
    let found = app.registry.ledger.store().deliveries(filter).await?;
    let found: Vec<Value> = found
        .iter()
        .map(|delivery| {
            json!({
                "id": delivery.id, "webhook": delivery.webhook, "event": delivery.event, "status": delivery.status,
                "attempts": delivery.attempts, "created_at": time(delivery.created_at), "due_at": time(delivery.due_at), "log": delivery.log,
            })
        })
        .collect();
    Ok(json_reply(StatusCode::OK, &json!({"deliveries": found})))
}

/// Brings a call back that was given up.
pub(super) async fn replay(State(app): State<App>, asker: Asker, Path(id): Path<String>) -> NativeResult {
    asker.caller.require(Scope::Admin)?;
    let store = app.registry.ledger.store();
    let filter = DeliveryFilter { id: Some(id.clone()), limit: 1, ..DeliveryFilter::default() };
    let mut delivery =
        store.deliveries(filter).await?.pop().ok_or_else(|| Refused::Missing(format!("delivery `{id}`")))?;
    delivery.status = DeliveryStatus::Pending;
    delivery.attempts = 0;
    delivery.due_at = (app.registry.ledger.edges().now)();
    store.update_delivery(delivery).await?;
    Ok(json_reply(StatusCode::ACCEPTED, &json!({"id": id, "status": "pending"})))
}

/// The whole registry as one text; with the webhooks' secrets if asked for.
pub(super) async fn export(State(app): State<App>, asker: Asker, query: Query) -> NativeResult {
    asker.caller.require(Scope::Admin)?;
    let store = std::sync::Arc::clone(app.registry.ledger.store());
    let pieces = crate::registry::service::export(store, query.0.is_true("secrets"));
    Ok(crate::registry::http::reply::with_type(
        StatusCode::OK,
        "application/x-ndjson",
        axum::body::Body::from_stream(pieces),
    ))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GarbageBody {
    keep_days: u32,
    #[serde(default)]
    dry_run: bool,
}

/// Removes old versions that nobody needs, and contents that nothing refers to.
pub(super) async fn collect_garbage(State(app): State<App>, asker: Asker, body: Bytes) -> NativeResult {
    let body: GarbageBody = parse(&body)?;
    let before = (app.registry.ledger.edges().now)() - i64::from(body.keep_days) * 24 * 3600 * 1000;
    let collected = app.registry.collect_garbage(&asker.caller, before, body.dry_run).await?;
    let versions: Vec<Value> =
        collected.versions.iter().map(|(service, version)| json!({"service": service, "version": version})).collect();
    let document = json!({
        "dry_run": body.dry_run, "versions": versions, "blobs": collected.blobs, "bytes": collected.bytes,
    });
    Ok(json_reply(StatusCode::OK, &document))
}
