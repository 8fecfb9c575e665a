//! SQLite in one file: WAL, full synchronisation, one writer and several readers on the blocking pool.

use std::fs::{self, File};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};

use crate::registry::domain::{Digest, Sealed};
use crate::registry::store::{Batch, Decide, Delivery, DeliveryFilter, DeliveryStatus, Snapshot, Store, StoreError};

const MIGRATIONS: [&str; 2] =
    [include_str!("migrations/sqlite/0001_log.sql"), include_str!("migrations/sqlite/0002_snapshot.sql")];
const READERS: usize = 4;

/// A registry in a directory.
pub(crate) struct SqliteStore {
    writer: Arc<Mutex<Connection>>,
    readers: Vec<Arc<Mutex<Connection>>>,
    next_reader: AtomicUsize,
    /// Held for as long as the store is open; the system lets go of it when the process dies, however it dies.
    _lock: File,
}

impl SqliteStore {
    /// The database's file in a registry's directory.
    pub(crate) const FILE: &'static str = "registry.sqlite";

    /// Opens or creates the registry in a directory.
    pub(crate) fn open(directory: &Path) -> Result<Self, StoreError> {
        let shown = directory.display();
        fs::create_dir_all(directory).map_err(|error| StoreError::Unavailable(format!("create {shown}: {error}")))?;
        let lock = File::create(directory.join("lock"))
            .map_err(|error| StoreError::Unavailable(format!("write into {shown}: {error}")))?;
        lock.try_lock().map_err(|_| StoreError::Locked { path: shown.to_string() })?;
        let file = directory.join(Self::FILE);
        let writer = connect(&file, OpenFlags::default())?;
        writer.pragma_update(None, "journal_mode", "WAL").map_err(failed)?;
        let mut readers = Vec::with_capacity(READERS);
        for _ in 0..READERS {
            readers.push(Arc::new(Mutex::new(connect(&file, OpenFlags::default())?)));
        }
        Ok(Self { writer: Arc::new(Mutex::new(writer)), readers, next_reader: AtomicUsize::new(0), _lock: lock })
    }

    fn run<T: Send + 'static>(
        connection: Arc<Mutex<Connection>>,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> BoxFuture<'static, Result<T, StoreError>> {
        Box::pin(async move {
            tokio::task::spawn_blocking(move || {
                // A panic while the connection was held leaves at worst an open transaction, which is rolled back.
                let mut connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
                if !connection.is_autocommit() {
                    connection.execute_batch("ROLLBACK").map_err(failed)?;
                }
                work(&mut connection)
            })
            .await
            .map_err(|error| StoreError::Failed(error.to_string()))?
        })
    }

    fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> BoxFuture<'static, Result<T, StoreError>> {
        let index = self.next_reader.fetch_add(1, Ordering::Relaxed) % self.readers.len();
        Self::run(Arc::clone(&self.readers[index]), work)
    }

    fn change<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> BoxFuture<'static, Result<T, StoreError>> {
        Self::run(Arc::clone(&self.writer), work)
    }
}

fn connect(file: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    let connection = Connection::open_with_flags(file, flags)
        .map_err(|error| StoreError::Unavailable(format!("open {}: {error}", file.display())))?;
    connection.busy_timeout(Duration::from_secs(10)).map_err(failed)?;
    // FULL: an acknowledged write survives the loss of power, not only of the process.
    connection.pragma_update(None, "synchronous", "FULL").map_err(failed)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

fn failed(error: rusqlite::Error) -> StoreError {
    StoreError::Failed(error.to_string())
}

fn unsure(error: rusqlite::Error) -> StoreError {
    StoreError::Unsure(error.to_string())
}

fn digest(bytes: &[u8]) -> Result<Digest, rusqlite::Error> {
    bytes.try_into().map(Digest).map_err(|_| rusqlite::Error::InvalidQuery)
}

fn select_records(connection: &Connection, after: u64, limit: i64) -> Result<Vec<Sealed>, rusqlite::Error> {
    let mut statement =
        connection.prepare_cached("SELECT seq, body, hash FROM record WHERE seq > ?1 ORDER BY seq LIMIT ?2")?;
    let rows = statement.query_map(params![after.cast_signed(), limit], |row| {
        let hash = digest(row.get_ref(2)?.as_blob()?)?;
        Ok(Sealed { seq: row.get::<_, i64>(0)?.cast_unsigned(), body: row.get(1)?, hash })
    })?;
    rows.collect()
}

fn insert(transaction: &Connection, batch: Batch) -> Result<(), rusqlite::Error> {
    let mut statement = transaction.prepare_cached("INSERT INTO record (seq, body, hash) VALUES (?1, ?2, ?3)")?;
    for record in &batch.records {
        statement.execute(params![record.seq.cast_signed(), record.body, record.hash.0.as_slice()])?;
    }
    let mut statement = transaction
        .prepare_cached("INSERT INTO blob (digest, bytes, stored_at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")?;
    for (digest, bytes) in &batch.blobs {
        statement.execute(params![digest.0.as_slice(), bytes.as_ref(), batch.at])?;
    }
    let mut statement = transaction.prepare_cached("DELETE FROM blob WHERE digest = ?1")?;
    for digest in &batch.deleted_blobs {
        statement.execute([digest.0.as_slice()])?;
    }
    for (id, value) in &batch.secrets {
        match value {
            Some(value) => transaction
                .prepare_cached(
                    "INSERT INTO secret (id, value) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET value = ?2",
                )?
                .execute([id, value])?,
            None => transaction.prepare_cached("DELETE FROM secret WHERE id = ?1")?.execute([id])?,
        };
    }
    let mut statement = transaction.prepare_cached(
        "INSERT INTO delivery (id, webhook, event, context, status, attempts, created_at, due_at, log)
         VALUES (?1, ?2, ?3, ?4, 'pending', 0, ?5, ?5, '')",
    )?;
    for delivery in &batch.deliveries {
        statement.execute(params![delivery.id, delivery.webhook, delivery.event, delivery.context, batch.at])?;
    }
    Ok(())
}

fn delivery(row: &rusqlite::Row<'_>) -> Result<Delivery, rusqlite::Error> {
    Ok(Delivery {
        id: row.get(0)?,
        webhook: row.get(1)?,
        event: row.get(2)?,
        context: row.get(3)?,
        status: DeliveryStatus::of(row.get_ref(4)?.as_str()?),
        attempts: row.get(5)?,
        created_at: row.get(6)?,
        due_at: row.get(7)?,
        log: row.get(8)?,
    })
}

const DELIVERY: &str = "SELECT id, webhook, event, context, status, attempts, created_at, due_at, log FROM delivery";

impl Store for SqliteStore {
    fn migrate(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        self.change(|connection| {
            let transaction =
                connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).map_err(failed)?;
            let found: u32 = transaction.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(failed)?;
            let known = MIGRATIONS.len() as u32;
            if found > known {
                return Err(StoreError::Newer { found, known });
            }
            for migration in &MIGRATIONS[found as usize..] {
                transaction.execute_batch(migration).map_err(failed)?;
            }
            transaction.pragma_update(None, "user_version", known).map_err(failed)?;
            transaction.commit().map_err(failed)
        })
    }

    fn is_shared(&self) -> bool {
        false
    }

    fn write(&self, since: u64, decide: Decide) -> BoxFuture<'_, Result<(), StoreError>> {
        self.change(move |connection| {
            let transaction =
                connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).map_err(failed)?;
            let tail = select_records(&transaction, since, -1).map_err(failed)?;
            let batch = decide(tail);
            if batch.is_empty() {
                return Ok(());
            }
            insert(&transaction, batch).map_err(unsure)?;
            transaction.commit().map_err(unsure)
        })
    }

    fn records(&self, after: u64, limit: u32) -> BoxFuture<'_, Result<Vec<Sealed>, StoreError>> {
        self.read(move |connection| select_records(connection, after, i64::from(limit)).map_err(failed))
    }

    fn snapshot(&self) -> BoxFuture<'_, Result<Option<Snapshot>, StoreError>> {
        self.read(|connection| {
            connection
                .query_row("SELECT seq, digest, bytes FROM snapshot WHERE id = 1", [], |row| {
                    let bytes: Vec<u8> = row.get(2)?;
                    Ok(Snapshot {
                        seq: row.get::<_, i64>(0)?.cast_unsigned(),
                        digest: digest(row.get_ref(1)?.as_blob()?)?,
                        bytes: bytes.into(),
                    })
                })
                .optional()
                .map_err(failed)
        })
    }

    fn snapshot_seq(&self) -> BoxFuture<'_, Result<u64, StoreError>> {
        self.read(|connection| {
            let seq = connection.query_row("SELECT seq FROM snapshot WHERE id = 1", [], |row| row.get::<_, i64>(0));
            Ok(seq.optional().map_err(failed)?.unwrap_or(0).cast_unsigned())
        })
    }

    fn save_snapshot(&self, snapshot: Snapshot) -> BoxFuture<'_, Result<(), StoreError>> {
        self.change(move |connection| {
            connection
                .execute(
                    "INSERT INTO snapshot (id, seq, digest, bytes) VALUES (1, ?1, ?2, ?3)
                     ON CONFLICT (id) DO UPDATE SET seq = ?1, digest = ?2, bytes = ?3 WHERE seq < ?1",
                    params![snapshot.seq.cast_signed(), snapshot.digest.0.as_slice(), snapshot.bytes.as_ref()],
                )
                .map_err(failed)?;
            Ok(())
        })
    }

    fn forget_snapshot(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        self.change(|connection| connection.execute("DELETE FROM snapshot", []).map(|_| ()).map_err(failed))
    }

    fn blobs(&self, digests: Vec<Digest>) -> BoxFuture<'_, Result<Vec<Option<Bytes>>, StoreError>> {
        self.read(move |connection| {
            let mut statement =
                connection.prepare_cached("SELECT bytes FROM blob WHERE digest = ?1").map_err(failed)?;
            digests
                .iter()
                .map(|digest| {
                    let bytes: Option<Vec<u8>> =
                        statement.query_row([digest.0.as_slice()], |row| row.get(0)).optional().map_err(failed)?;
                    Ok(bytes.map(Bytes::from))
                })
                .collect()
        })
    }

    fn blob_list(&self) -> BoxFuture<'_, Result<Vec<(Digest, u64)>, StoreError>> {
        self.read(|connection| {
            let mut statement = connection.prepare("SELECT digest, length(bytes) FROM blob").map_err(failed)?;
            let rows = statement
                .query_map([], |row| Ok((digest(row.get_ref(0)?.as_blob()?)?, row.get::<_, i64>(1)?.cast_unsigned())))
                .map_err(failed)?;
            rows.collect::<Result<_, _>>().map_err(failed)
        })
    }

    fn secret(&self, id: String) -> BoxFuture<'_, Result<Option<String>, StoreError>> {
        self.read(move |connection| {
            connection
                .prepare_cached("SELECT value FROM secret WHERE id = ?1")
                .and_then(|mut statement| statement.query_row([&id], |row| row.get(0)).optional())
                .map_err(failed)
        })
    }

    fn secrets(&self) -> BoxFuture<'_, Result<Vec<(String, String)>, StoreError>> {
        self.read(|connection| {
            connection
                .prepare("SELECT id, value FROM secret ORDER BY id")
                .and_then(|mut statement| statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect())
                .map_err(failed)
        })
    }

    fn claim_deliveries(
        &self,
        now: i64,
        lease_until: i64,
        limit: u32,
    ) -> BoxFuture<'_, Result<Vec<Delivery>, StoreError>> {
        self.change(move |connection| {
            let transaction =
                connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).map_err(failed)?;
            let due: Vec<Delivery> = transaction
                .prepare_cached(&format!(
                    "{DELIVERY} WHERE status = 'pending' AND due_at <= ?1 ORDER BY due_at LIMIT ?2"
                ))
                .and_then(|mut statement| statement.query_map(params![now, limit], delivery)?.collect())
                .map_err(failed)?;
            for taken in &due {
                transaction
                    .execute("UPDATE delivery SET due_at = ?2 WHERE id = ?1", params![taken.id, lease_until])
                    .map_err(failed)?;
            }
            transaction.commit().map_err(failed)?;
            Ok(due)
        })
    }

    fn update_delivery(&self, delivery: Delivery) -> BoxFuture<'_, Result<(), StoreError>> {
        self.change(move |connection| {
            connection
                .execute(
                    "UPDATE delivery SET status = ?2, attempts = ?3, due_at = ?4, log = ?5 WHERE id = ?1",
                    params![delivery.id, delivery.status.word(), delivery.attempts, delivery.due_at, delivery.log],
                )
                .map_err(failed)?;
            Ok(())
        })
    }

    fn deliveries(&self, filter: DeliveryFilter) -> BoxFuture<'_, Result<Vec<Delivery>, StoreError>> {
        self.read(move |connection| {
            connection
                .prepare_cached(&format!(
                    "{DELIVERY} WHERE (?1 IS NULL OR id = ?1) AND (?2 IS NULL OR webhook = ?2)
                     AND (?3 IS NULL OR status = ?3) ORDER BY created_at DESC, id LIMIT ?4"
                ))
                .and_then(|mut statement| {
                    let status = filter.status.map(DeliveryStatus::word);
                    statement.query_map(params![filter.id, filter.webhook, status, filter.limit], delivery)?.collect()
                })
                .map_err(failed)
        })
    }

    fn forget_deliveries(&self, before: i64) -> BoxFuture<'_, Result<(), StoreError>> {
        self.change(move |connection| {
            connection
                .execute("DELETE FROM delivery WHERE status = 'delivered' AND created_at < ?1", [before])
                .map_err(failed)?;
            Ok(())
        })
    }

    fn token_used(&self, uses: Vec<(String, i64)>) -> BoxFuture<'_, Result<(), StoreError>> {
        self.change(move |connection| {
            let transaction = connection.transaction().map_err(failed)?;
            for (id, at) in uses {
                transaction
                    .execute(
                        "INSERT INTO token_use (id, used_at) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET used_at = ?2",
                        params![id, at],
                    )
                    .map_err(failed)?;
            }
            transaction.commit().map_err(failed)
        })
    }

    fn token_uses(&self) -> BoxFuture<'_, Result<Vec<(String, i64)>, StoreError>> {
        self.read(|connection| {
            connection
                .prepare("SELECT id, used_at FROM token_use ORDER BY id")
                .and_then(|mut statement| statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect())
                .map_err(failed)
        })
    }

    fn ping(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        self.read(|connection| connection.query_row("SELECT 1", [], |_| Ok(())).map_err(failed))
    }
}
