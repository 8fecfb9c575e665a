//! What every backend must do, run on each of them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use bytes::Bytes;

use crate::registry::domain::{Digest, Event, GENESIS, Head, Sealed};
use crate::registry::store::{
    Batch, Delivery, DeliveryFilter, DeliveryStatus, NewDelivery, PostgresStore, SqliteStore, Store, StoreError,
};

/// A PostgreSQL server of its own in a temporary directory, stopped when dropped.
pub(crate) struct TestPostgres {
    pub(crate) url: String,
    bin: PathBuf,
    data: PathBuf,
    as_root: bool,
    _directory: tempfile::TempDir,
}

impl TestPostgres {
    /// Starts a server; `None` where PostgreSQL is not installed (the project's test command installs it).
    pub(crate) fn start() -> Option<Self> {
        let bin = std::fs::read_dir("/usr/lib/postgresql")
            .ok()?
            .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
            .find(|bin| bin.join("initdb").exists())?;
        let directory = tempfile::Builder::new().prefix("counterpart-pg").tempdir().expect("a temporary directory");
        let data = directory.path().join("data");
        // PostgreSQL refuses to run as root, where containers usually are.
        let id = Command::new("id").arg("-u").output().expect("`id` exists wherever PostgreSQL does");
        let as_root = id.stdout.starts_with(b"0");
        if as_root {
            run(Command::new("chown").arg("postgres").arg(directory.path()));
        }
        let port = {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
            listener.local_addr().expect("a bound address").port()
        };
        let server = Self {
            url: format!("postgresql://postgres@127.0.0.1:{port}/postgres?sslmode=disable"),
            bin,
            data,
            as_root,
            _directory: directory,
        };
        let data = server.data.display().to_string();
        run(&mut server.command("initdb", &["-D", &data, "-U", "postgres", "-A", "trust", "--no-sync"]));
        let options = format!("-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={data}");
        let log = format!("{data}/log");
        run(&mut server.command("pg_ctl", &["-D", &data, "-o", &options, "-l", &log, "-w", "start"]));
        Some(server)
    }

    /// Kills the server without warning and starts it again.
    pub(crate) fn crash_and_restart(&self) {
        let data = self.data.display().to_string();
        run(&mut self
            .command("pg_ctl", &["-D", &data, "-m", "immediate", "-w", "restart", "-l", &format!("{data}/log")]));
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let program = self.bin.join(program);
        let mut command = if self.as_root {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.args(arguments).current_dir(Path::new("/"));
        command
    }
}

impl Drop for TestPostgres {
    fn drop(&mut self) {
        let data = self.data.display().to_string();
        let _ = self.command("pg_ctl", &["-D", &data, "-m", "immediate", "-w", "stop"]).stdout(Stdio::null()).status();
    }
}

fn run(command: &mut Command) {
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("the program can be started");
    assert!(status.success(), "{command:?} failed");
}

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

    let copy = directory.path().join("copy");
    std::fs::create_dir(&copy).expect("a new directory");
    store.backup(copy.join(SqliteStore::FILE)).await.expect("copies while open");
    let copied = SqliteStore::open(&copy).expect("opens the copy");
    assert_eq!(copied.records(0, 10).await.expect("readable").len(), 3);
    assert!(matches!(SqliteStore::open(&copy), Err(StoreError::Locked { .. })));
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
