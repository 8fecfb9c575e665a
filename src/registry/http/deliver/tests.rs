//! Webhook calls to a double on the loopback interface: signed, tried again, given up.

use std::sync::atomic::{AtomicI64, AtomicU16, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::*;
use crate::registry::domain::HttpRequest;
use crate::registry::http::{Oidc, RateLimit, Settings};
use crate::registry::service::{Caller, Edges, Ledger, Registry};
use crate::registry::store::{DeliveryFilter, SqliteStore, Store as _};

#[test]
fn private_networks_are_recognised_however_they_are_written() {
    for private in [
        "127.0.0.1",
        "10.1.2.3",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "::1",
        "fd00::1",
        "fe80::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
    ] {
        assert!(is_private(private.parse().expect("an address")), "{private}");
    }
    for public in ["1.1.1.1", "93.184.216.34", "2606:4700::1111"] {
        assert!(!is_private(public.parse().expect("an address")), "{public}");
    }
}

#[test]
fn an_allowed_network_lets_its_addresses_through_and_no_others() {
    let allowed = ["10.1.0.0/16".to_owned(), "fd00::/8".to_owned()];
    assert!(is_allowed(&allowed, "10.1.9.9".parse().expect("an address")));
    assert!(!is_allowed(&allowed, "10.2.0.1".parse().expect("an address")));
    assert!(is_allowed(&allowed, "fd12::1".parse().expect("an address")));
}

#[test]
fn a_value_cannot_break_out_of_the_json_that_it_is_filled_into() {
    let values = [("consumerName", "a\",\"x\":\"y".to_owned())];
    let filled = fill_json(&serde_json::json!({"c": "${pactbroker.consumerName}", "u": "${pactbroker.odd}"}), &values);
    let again: Value = serde_json::from_str(&filled.to_string()).expect("still JSON");
    assert_eq!(again, serde_json::json!({"c": "a\",\"x\":\"y", "u": "${pactbroker.odd}"}));
}

/// A clock that tests set.
static CLOCK: AtomicI64 = AtomicI64::new(1_800_000_000_000);

/// What a receiver was sent: the signature and the body.
type Received = Arc<Mutex<Vec<(Option<String>, Option<String>, String)>>>;

/// A receiver that answers with a status that can be changed.
async fn receiver() -> (String, Arc<AtomicU16>, Received) {
    let (status, received) = (Arc::new(AtomicU16::new(200)), Received::default());
    let (answer, seen) = (Arc::clone(&status), Arc::clone(&received));
    let router = axum::Router::new().fallback(move |headers: axum::http::HeaderMap, body: String| {
        let (answer, seen) = (Arc::clone(&answer), Arc::clone(&seen));
        async move {
            let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
            let call = (header("x-counterpart-signature"), header("authorization"), body);
            seen.lock().unwrap_or_else(PoisonError::into_inner).push(call);
            axum::http::StatusCode::from_u16(answer.load(Ordering::Relaxed)).unwrap_or_default()
        }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}/hook", listener.local_addr().expect("a bound address"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, status, received)
}

/// A registry on a fresh database, whose time is the test's.
async fn app(directory: &std::path::Path) -> App {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let store = SqliteStore::open(directory).expect("opens");
    store.migrate().await.expect("migrates");
    let edges = Edges { now: || CLOCK.load(Ordering::Relaxed), uuid: || uuid::Uuid::new_v4().to_string() };
    let ledger = Ledger::open(Arc::new(store), edges).await.expect("opens");
    let outgoing = crate::registry::http::outgoing_client(None).expect("a client");
    App {
        registry: Registry::new(ledger, Vec::new()),
        settings: Arc::new(Settings {
            base_url: None,
            anonymous_read: false,
            max_body: 1 << 20,
            fallback_url: "http://registry.example".into(),
            webhook_allow: vec!["127.0.0.0/8".into()],
        }),
        metrics: Arc::default(),
        rate: Arc::new(RateLimit::new(0)),
        oidc: Arc::new(Oidc::new(outgoing.clone(), false)),
        traces: None,
        outgoing,
    }
}

const WEBHOOK: &str = "0123456789abcdef";

/// A signed webhook with a password, and something for it to tell.
async fn announce(app: &App, url: &str) -> String {
    let definition = WebhookDefinition {
        events: vec!["deployment_recorded".into()],
        enabled: true,
        signed: true,
        request: HttpRequest {
            method: "POST".into(),
            url: url.into(),
            headers: vec![("authorization".into(), "Bearer sesame".into())],
            body: Some(serde_json::json!({"who": "${pactbroker.providerName}"})),
            ..HttpRequest::default()
        },
        ..WebhookDefinition::default()
    };
    let system = Caller::system();
    let key = app.registry.save_webhook(&system, WEBHOOK, definition, None).await.expect("saved").expect("a key");
    app.registry
        .ledger
        .command(&system, |_, plan| {
            let provider = Some("orders".to_owned());
            plan.announcements.push(Announcement { provider, ..Announcement::new("deployment_recorded") });
            Ok(())
        })
        .await
        .expect("announced");
    key
}

async fn only_delivery(app: &App) -> Delivery {
    let filter = DeliveryFilter { limit: 10, ..DeliveryFilter::default() };
    let mut found = app.registry.ledger.store().deliveries(filter).await.expect("readable");
    assert_eq!(found.len(), 1);
    found.remove(0)
}

/// Every test of the clock in one, because they share it.
#[tokio::test]
async fn a_call_is_signed_tried_again_later_and_later_given_up_and_brought_back() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let app = app(directory.path()).await;
    let (url, status, received) = receiver().await;
    status.store(500, Ordering::Relaxed);
    let key = announce(&app, &url).await;

    let mut waits = Vec::new();
    for attempt in 1..=MAX_ATTEMPTS {
        assert_eq!(round(&app).await.expect("the store works"), 1, "attempt {attempt} is due");
        assert_eq!(round(&app).await.expect("the store works"), 0, "the next is not");
        let delivery = only_delivery(&app).await;
        assert_eq!(delivery.attempts, attempt);
        if delivery.status == DeliveryStatus::Pending {
            let wait = delivery.due_at - CLOCK.load(Ordering::Relaxed);
            waits.push(wait / 1000);
            CLOCK.fetch_add(wait, Ordering::Relaxed);
        }
    }
    assert_eq!(waits, SCHEDULE);
    let dead = only_delivery(&app).await;
    assert_eq!(dead.status, DeliveryStatus::Dead);
    assert!(dead.log.contains("answered 500") && !dead.log.contains("sesame"), "{}", dead.log);
    CLOCK.fetch_add(3_600_000, Ordering::Relaxed);
    assert_eq!(round(&app).await.expect("the store works"), 0, "nobody calls it again by themselves");

    // What an administrator's replay does.
    status.store(200, Ordering::Relaxed);
    let again =
        Delivery { status: DeliveryStatus::Pending, attempts: 0, due_at: CLOCK.load(Ordering::Relaxed), ..dead };
    app.registry.ledger.store().update_delivery(again).await.expect("updated");
    assert_eq!(round(&app).await.expect("the store works"), 1);
    assert_eq!(only_delivery(&app).await.status, DeliveryStatus::Delivered);

    let calls = received.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert_eq!(calls.len() as u32, MAX_ATTEMPTS + 1);
    let (signature, authorization, body) = calls.last().expect("a call");
    assert_eq!((authorization.as_deref(), body.as_str()), (Some("Bearer sesame"), r#"{"who":"orders"}"#));
    let signature = signature.as_deref().expect("signed");
    let seconds = CLOCK.load(Ordering::Relaxed) / 1000;
    let mac = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, key.as_bytes());
    let expected = hex::encode(ring::hmac::sign(&mac, format!("{seconds}.{body}").as_bytes()).as_ref());
    assert_eq!(signature, format!("t={seconds},v1={expected}"));
}
