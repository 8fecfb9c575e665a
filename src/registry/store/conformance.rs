//! What every backend must do, run on each of them.

use std::sync::{Arc, Mutex};

use bytes::Bytes;

use crate::registry::domain::{Digest, Event, GENESIS, Head, Sealed};
use crate::registry::store::test_postgres::TestPostgres;
use crate::registry::store::{
    Batch, Delivery, DeliveryFilter, DeliveryStatus, NewDelivery, PostgresStore, Snapshot, SqliteStore, Store,
    StoreError,
};

fn open_postgres(url: &str) -> Arc<dyn Store> {
    Arc::new(PostgresStore::open(url, no_tls()).expect("a valid address"))
}

/// Never used, because the test server's address says `sslmode=disable`.
pub(crate) fn no_tls() -> rustls::ClientConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring supports the default versions")
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth()
}

/// Appends events after whatever is there; gives back the new head.
async fn append(store: &dyn Store, names: &[&str]) -> Head {
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let result = Arc::new(Mutex::new(GENESIS));
    let slot = Arc::clone(&result);
    store
        .write(
            0,
            Box::new(move |tail: Vec<Sealed>| {
                let mut head = GENESIS;
                for sealed in &tail {
                    head.follow(sealed).expect("the store gives back the chain that was written");
                }
                let records = names
                    .into_iter()
                    .map(|service| head.seal(1, "t", "", Event::ServiceCreated { service }).1)
                    .collect();
                *slot.lock().expect("not poisoned") = head;
                Batch { records, ..Batch::default() }
            }),
        )
        .await
        .expect("the write is accepted");
    *result.lock().expect("not poisoned")
}

async fn write(store: &dyn Store, batch: Batch) -> Result<(), StoreError> {
    store.write(u64::MAX >> 1, Box::new(move |_| batch)).await
}

async fn behaves(store: Arc<dyn Store>) {
    store.migrate().await.expect("migrates an empty database");
    store.migrate().await.expect("migrating twice changes nothing");
    store.ping().await.expect("answers");

    // The log: in order, exactly as written, readable from anywhere.
    append(&*store, &["a", "b"]).await;
    let head = append(&*store, &["c"]).await;
    let all = store.records(0, 10).await.expect("readable");
    assert_eq!(all.iter().map(|record| record.seq).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(all.last().map(|record| record.hash), Some(head.hash));
    assert_eq!(store.records(1, 1).await.expect("readable"), all[1..2]);

    // A record that does not follow the last is refused, and nothing of its batch stays.
    let mut far = Head { seq: 9, ..head };
    let (_, sealed) = far.seal(1, "t", "", Event::ServiceCreated { service: "x".into() });
    let orphan = Digest::of(b"orphan");
    let taken = Batch {
        records: vec![all[0].clone()],
        blobs: vec![(orphan, Bytes::from_static(b"orphan"))],
        ..Batch::default()
    };
    assert!(matches!(write(&*store, taken).await, Err(StoreError::Unsure(_))));
    if store.is_shared() {
        assert!(write(&*store, Batch { records: vec![sealed], ..Batch::default() }).await.is_err());
    }
    assert_eq!(store.blobs(vec![orphan]).await.expect("readable"), [None]);
    assert_eq!(store.records(0, 10).await.expect("readable"), all);

    // Contents: kept once, found by address, gone when deleted.
    let (one, two) = (Digest::of(b"one"), Digest::of(b"two"));
    let blobs = vec![(one, Bytes::from_static(b"one")), (two, Bytes::from_static(b"two"))];
    for _ in 0..2 {
        write(&*store, Batch { blobs: blobs.clone(), ..Batch::default() }).await.expect("contents may come twice");
    }
    assert_eq!(store.blob_list().await.expect("readable").len(), 2);
    write(&*store, Batch { deleted_blobs: vec![one], ..Batch::default() }).await.expect("deletes");
    let found = store.blobs(vec![two, one]).await.expect("readable");
    assert_eq!(found, [Some(Bytes::from_static(b"two")), None]);

    // Secrets.
    for value in ["s1", "s2"] {
        write(&*store, Batch { secrets: vec![("k".into(), Some(value.into()))], ..Batch::default() })
            .await
            .expect("saves");
    }
    assert_eq!(store.secret("k".into()).await.expect("readable").as_deref(), Some("s2"));
    write(&*store, Batch { secrets: vec![("k".into(), None)], ..Batch::default() }).await.expect("deletes");
    assert_eq!(store.secret("k".into()).await.expect("readable"), None);

    write(&*store, Batch { secrets: vec![("l".into(), Some("t".into()))], ..Batch::default() }).await.expect("saves");
    assert_eq!(store.secrets().await.expect("readable"), [("l".to_owned(), "t".to_owned())]);

    // Deliveries: taken by one at a time, back when the lease is over, listed by what became of them.
    let new = |id: &str| NewDelivery { id: id.into(), webhook: "w".into(), event: "e".into(), context: "{}".into() };
    write(&*store, Batch { deliveries: vec![new("d1"), new("d2")], at: 10, ..Batch::default() }).await.expect("queues");
    assert!(store.claim_deliveries(9, 20, 10).await.expect("asks").is_empty(), "nothing is due yet");
    let claimed = store.claim_deliveries(10, 20, 10).await.expect("asks");
    assert_eq!(claimed.len(), 2);
    assert!(store.claim_deliveries(19, 30, 10).await.expect("asks").is_empty(), "they are taken");
    let done =
        Delivery { status: DeliveryStatus::Dead, attempts: 3, log: "no".into(), due_at: 5, ..claimed[0].clone() };
    store.update_delivery(done.clone()).await.expect("updates");
    assert_eq!(store.claim_deliveries(20, 30, 10).await.expect("asks").len(), 1, "the lease of the other is over");
    let dead = DeliveryFilter { status: Some(DeliveryStatus::Dead), limit: 10, ..DeliveryFilter::default() };
    assert_eq!(store.deliveries(dead).await.expect("readable"), [done]);
    let mine = DeliveryFilter { webhook: Some("w".into()), limit: 10, ..DeliveryFilter::default() };
    assert_eq!(store.deliveries(mine).await.expect("readable").len(), 2);
    store.forget_deliveries(100).await.expect("forgets what was delivered, keeps the rest");
    assert_eq!(
        store.deliveries(DeliveryFilter { limit: 10, ..DeliveryFilter::default() }).await.expect("readable").len(),
        2
    );

    // The snapshot: one, and never an older one in the place of a newer.
    assert_eq!(store.snapshot().await.expect("readable"), None);
    let snapshot = |seq: u64| {
        let bytes = Bytes::from(seq.to_string());
        Snapshot { seq, digest: Digest::of(&bytes), bytes }
    };
    for seq in [2, 3, 1] {
        store.save_snapshot(snapshot(seq)).await.expect("saves");
    }
    assert_eq!(store.snapshot().await.expect("readable"), Some(snapshot(3)));
    assert_eq!(store.snapshot_seq().await.expect("readable"), 3);
    store.forget_snapshot().await.expect("forgets");
    assert_eq!(store.snapshot_seq().await.expect("readable"), 0);

    // Token use.
    for at in [1, 2] {
        store.token_used(vec![("t".into(), at)]).await.expect("remembers");
    }
    assert_eq!(store.token_uses().await.expect("readable"), [("t".to_owned(), 2)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_behaves_as_a_store_must() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let store = Arc::new(SqliteStore::open(directory.path()).expect("opens"));
    behaves(Arc::clone(&store) as Arc<dyn Store>).await;

    assert!(matches!(SqliteStore::open(directory.path()), Err(StoreError::Locked { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_behaves_as_a_store_must() {
    let Some(server) = TestPostgres::start() else { return };
    behaves(open_postgres(&server.url)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_servers_that_start_at_once_migrate_once_and_append_in_turn() {
    let Some(server) = TestPostgres::start() else { return };
    let stores: Vec<_> = (0..4).map(|_| open_postgres(&server.url)).collect();
    let started = futures_util::future::join_all(stores.iter().map(|store| store.migrate())).await;
    assert!(started.iter().all(Result::is_ok), "{started:?}");
    futures_util::future::join_all(stores.iter().map(|store| async move {
        for _ in 0..10 {
            append(&**store, &["s"]).await;
        }
    }))
    .await;
    let mut head = GENESIS;
    for sealed in stores[0].records(0, 100).await.expect("readable") {
        head.follow(&sealed).expect("one chain without gaps");
    }
    assert_eq!(head.seq, 40);
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_that_crashes_and_comes_back_is_used_again() {
    let Some(server) = TestPostgres::start() else { return };
    let store = open_postgres(&server.url);
    store.migrate().await.expect("migrates");
    append(&*store, &["before"]).await;
    server.crash_and_restart();
    append(&*store, &["after"]).await;
    assert_eq!(store.records(0, 10).await.expect("readable").len(), 2);
}
