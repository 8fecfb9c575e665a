//! PostgreSQL, or whatever speaks its protocol. Nothing but tables, row locks and plain SQL: no advisory locks, no
//! LISTEN, so that distributed engines work, and any number of servers may share one database.

use std::time::Duration;

use bytes::Bytes;
use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, PoolConfig, RecyclingMethod, Runtime, Timeouts};
use futures_util::future::{BoxFuture, try_join4};
use tokio_postgres::error::SqlState;
use tokio_postgres::{NoTls, Row};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::registry::domain::{Digest, Sealed};
use crate::registry::store::{Batch, Decide, Delivery, DeliveryFilter, DeliveryStatus, Snapshot, Store, StoreError};

const MIGRATIONS: [&str; 2] =
    [include_str!("migrations/postgres/0001_log.sql"), include_str!("migrations/postgres/0002_snapshot.sql")];
/// How often to try again before anything was decided: about 15 seconds in all, longer than a fail-over usually takes.
const ATTEMPTS: u32 = 10;

/// A registry in a database.
pub(crate) struct PostgresStore {
    pool: Pool,
}

impl PostgresStore {
    /// Prepares connections to `url` (`postgresql://user@host/database?sslmode=require`); none is opened yet.
    ///
    /// `tls` is used unless the URL says `sslmode=disable`.
    pub(crate) fn open(url: &str, tls: rustls::ClientConfig) -> Result<Self, StoreError> {
        let mut config: tokio_postgres::Config =
            url.parse().map_err(|error| StoreError::Unavailable(format!("read the address: {error}")))?;
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(Duration::from_secs(5));
        }
        // After a fail-over the old primary may be a standby: never write to that one.
        if config.get_hosts().len() > 1 {
            config.target_session_attrs(tokio_postgres::config::TargetSessionAttrs::ReadWrite);
        }
        config.application_name("counterpart");
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = if config.get_ssl_mode() == tokio_postgres::config::SslMode::Disable {
            Manager::from_config(config, NoTls, recycling)
        } else {
            Manager::from_config(config, MakeRustlsConnect::new(tls), recycling)
        };
        let wait = Some(Duration::from_secs(10));
        let pool = Pool::builder(manager)
            .config(PoolConfig {
                max_size: 16,
                timeouts: Timeouts { wait, create: wait, recycle: wait },
                ..PoolConfig::default()
            })
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        Ok(Self { pool })
    }

    async fn client(&self) -> Result<Object, Trouble> {
        self.pool.get().await.map_err(|error| Trouble { is_transient: true, message: chain(&error) })
    }

    /// Runs reading or idempotent work, again after trouble that passes.
    async fn retry<T, F>(&self, work: impl Fn(Object) -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, tokio_postgres::Error>>,
    {
        let mut attempt = 0;
        loop {
            let result = match self.client().await {
                Ok(client) => work(client).await.map_err(Trouble::from),
                Err(trouble) => Err(trouble),
            };
            match result {
                Ok(value) => return Ok(value),
                Err(trouble) if trouble.is_transient && attempt < ATTEMPTS => {
                    attempt += 1;
                    back_off(attempt).await;
                }
                Err(trouble) => return Err(trouble.into_store_error()),
            }
        }
    }

    /// One attempt to hold the end of the log, decide and append. Gives `decide` back where it was not called.
    async fn try_write(&self, since: u64, decide: Decide) -> Result<(), WriteFailure> {
        let mut client = match self.client().await {
            Ok(client) => client,
            Err(trouble) => return Err(WriteFailure::Before(trouble, decide)),
        };
        let held = async {
            let transaction = client.transaction().await?;
            transaction.query_one("SELECT seq FROM head WHERE id = 1 FOR UPDATE", &[]).await?;
            let statement = transaction.prepare_cached(RECORDS_AFTER).await?;
            let rows = transaction.query(&statement, &[&since.cast_signed(), &i64::MAX]).await?;
            Ok::<_, tokio_postgres::Error>((transaction, rows))
        };
        let (transaction, rows) = match held.await {
            Ok(held) => held,
            Err(error) => return Err(WriteFailure::Before(error.into(), decide)),
        };
        let tail = match rows.iter().map(sealed).collect() {
            Ok(tail) => tail,
            Err(error) => return Err(WriteFailure::Before(Trouble { is_transient: false, message: error }, decide)),
        };
        let batch = decide(tail);
        if batch.is_empty() {
            return Ok(());
        }
        let after = |error: tokio_postgres::Error| WriteFailure::After(chain(&error));
        insert(&transaction, batch).await.map_err(after)?;
        transaction.commit().await.map_err(after)
    }
}

const RECORDS_AFTER: &str = "SELECT seq, body, hash FROM record WHERE seq > $1 ORDER BY seq LIMIT $2";
const DELIVERY: &str = "SELECT id, webhook, event, context, status, attempts, created_at, due_at, log FROM delivery";

enum WriteFailure {
    Before(Trouble, Decide),
    After(String),
}

/// What went wrong, and whether trying again can help.
struct Trouble {
    is_transient: bool,
    message: String,
}

impl Trouble {
    fn into_store_error(self) -> StoreError {
        if self.is_transient { StoreError::Unavailable(self.message) } else { StoreError::Failed(self.message) }
    }
}

impl From<tokio_postgres::Error> for Trouble {
    fn from(error: tokio_postgres::Error) -> Self {
        let is_transient = error.is_closed()
            || error.code().is_none_or(|code| {
                [
                    SqlState::T_R_SERIALIZATION_FAILURE,
                    SqlState::T_R_DEADLOCK_DETECTED,
                    SqlState::ADMIN_SHUTDOWN,
                    SqlState::CRASH_SHUTDOWN,
                    SqlState::CANNOT_CONNECT_NOW,
                    SqlState::READ_ONLY_SQL_TRANSACTION,
                    SqlState::TOO_MANY_CONNECTIONS,
                    SqlState::CONNECTION_FAILURE,
                    SqlState::CONNECTION_EXCEPTION,
                    SqlState::QUERY_CANCELED,
                ]
                .contains(code)
            });
        Self { is_transient, message: chain(&error) }
    }
}

/// An error with its causes, which `tokio_postgres` leaves out of its own text.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

/// Waits twice as long each time, up to two seconds, with jitter so that servers do not come back in step.
async fn back_off(attempt: u32) {
    let ceiling = 50_u64.saturating_mul(1 << attempt.min(6)).min(2_000);
    let wait = ceiling / 2 + rand::random_range(0..=ceiling / 2);
    tokio::time::sleep(Duration::from_millis(wait)).await;
}

fn sealed(row: &Row) -> Result<Sealed, String> {
    let seq: i64 = row.get(0);
    let hash: &[u8] = row.get(2);
    let hash = hash.try_into().map(Digest).map_err(|_| format!("record {seq} has a hash of the wrong length"))?;
    Ok(Sealed { seq: seq.cast_unsigned(), body: row.get(1), hash })
}

async fn insert(transaction: &deadpool_postgres::Transaction<'_>, batch: Batch) -> Result<(), tokio_postgres::Error> {
    // Sent without waiting for each other: one round trip in all.
    let records = async {
        let (Some(first), Some(last)) = (batch.records.first(), batch.records.last()) else { return Ok(()) };
        let seqs: Vec<i64> = batch.records.iter().map(|record| record.seq.cast_signed()).collect();
        let bodies: Vec<&str> = batch.records.iter().map(|record| record.body.as_str()).collect();
        let hashes: Vec<&[u8]> = batch.records.iter().map(|record| record.hash.0.as_slice()).collect();
        let statement = transaction
            .prepare_cached(
                "INSERT INTO record (seq, body, hash) SELECT * FROM UNNEST($1::bigint[], $2::text[], $3::bytea[])",
            )
            .await?;
        transaction.execute(&statement, &[&seqs, &bodies, &hashes]).await?;
        // A second guard against a gap: without the record before, there is no row to update and the division fails.
        let statement = transaction
            .prepare_cached("UPDATE head SET seq = CASE WHEN seq = $2 THEN $1 ELSE 1 / (seq - seq) END WHERE id = 1")
            .await?;
        transaction.execute(&statement, &[&last.seq.cast_signed(), &(first.seq - 1).cast_signed()]).await?;
        Ok(())
    };
    let blobs = async {
        // One statement each: a batch of large contents in one message could be larger than the protocol takes.
        for (digest, bytes) in &batch.blobs {
            let statement = transaction
                .prepare_cached(
                    "INSERT INTO blob (digest, bytes, stored_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                )
                .await?;
            transaction.execute(&statement, &[&digest.0.as_slice(), &bytes.as_ref(), &batch.at]).await?;
        }
        if !batch.deleted_blobs.is_empty() {
            let digests: Vec<&[u8]> = batch.deleted_blobs.iter().map(|digest| digest.0.as_slice()).collect();
            transaction.execute("DELETE FROM blob WHERE digest = ANY($1)", &[&digests]).await?;
        }
        Ok(())
    };
    let secrets = async {
        for (id, value) in &batch.secrets {
            match value {
                Some(value) => {
                    transaction
                        .execute(
                            "INSERT INTO secret (id, value) VALUES ($1, $2)
                             ON CONFLICT (id) DO UPDATE SET value = EXCLUDED.value",
                            &[id, value],
                        )
                        .await?
                }
                None => transaction.execute("DELETE FROM secret WHERE id = $1", &[id]).await?,
            };
        }
        Ok(())
    };
    let deliveries = async {
        for delivery in &batch.deliveries {
            transaction
                .execute(
                    "INSERT INTO delivery (id, webhook, event, context, status, attempts, created_at, due_at, log)
                     VALUES ($1, $2, $3, $4, 'pending', 0, $5, $5, '')",
                    &[&delivery.id, &delivery.webhook, &delivery.event, &delivery.context, &batch.at],
                )
                .await?;
        }
        Ok(())
    };
    try_join4(records, blobs, secrets, deliveries).await.map(|_: ((), (), (), ())| ())
}

fn delivery(row: &Row) -> Delivery {
    Delivery {
        id: row.get(0),
        webhook: row.get(1),
        event: row.get(2),
        context: row.get(3),
        status: DeliveryStatus::of(row.get(4)),
        attempts: row.get::<_, i32>(5).cast_unsigned(),
        created_at: row.get(6),
        due_at: row.get(7),
        log: row.get(8),
    }
}

impl Store for PostgresStore {
    fn migrate(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            let known = MIGRATIONS.len() as u32;
            // Of several servers that start at once, all but one wait at the row lock, or fail because a table appeared
            // under their hands; those look again.
            let found = self
                .retry(|mut client| async move {
                    client
                        .batch_execute(
                            "CREATE TABLE IF NOT EXISTS counterpart_schema (id SMALLINT PRIMARY KEY, version INTEGER NOT NULL);
                             INSERT INTO counterpart_schema (id, version) VALUES (1, 0) ON CONFLICT DO NOTHING",
                        )
                        .await
                        .or_else(|error| {
                            let raced = [SqlState::UNIQUE_VIOLATION, SqlState::DUPLICATE_TABLE, SqlState::DUPLICATE_OBJECT];
                            if error.code().is_some_and(|code| raced.contains(code)) { Ok(()) } else { Err(error) }
                        })?;
                    let transaction = client.transaction().await?;
                    let row = transaction
                        .query_one("SELECT version FROM counterpart_schema WHERE id = 1 FOR UPDATE", &[])
                        .await?;
                    let found = row.get::<_, i32>(0).cast_unsigned();
                    for migration in MIGRATIONS.iter().skip(found as usize) {
                        transaction.batch_execute(migration).await?;
                    }
                    if found < known {
                        transaction
                            .execute("UPDATE counterpart_schema SET version = $1 WHERE id = 1", &[&known.cast_signed()])
                            .await?;
                    }
                    transaction.commit().await?;
                    Ok(found)
                })
                .await?;
            if found > known { Err(StoreError::Newer { found, known }) } else { Ok(()) }
        })
    }

    fn is_shared(&self) -> bool {
        true
    }

    fn write(&self, since: u64, decide: Decide) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            let mut decide = decide;
            let mut attempt = 0;
            loop {
                match self.try_write(since, decide).await {
                    Ok(()) => return Ok(()),
                    Err(WriteFailure::After(message)) => return Err(StoreError::Unsure(message)),
                    Err(WriteFailure::Before(trouble, again)) if trouble.is_transient && attempt < ATTEMPTS => {
                        decide = again;
                        attempt += 1;
                        back_off(attempt).await;
                    }
                    Err(WriteFailure::Before(trouble, _)) => return Err(trouble.into_store_error()),
                }
            }
        })
    }

    fn records(&self, after: u64, limit: u32) -> BoxFuture<'_, Result<Vec<Sealed>, StoreError>> {
        Box::pin(async move {
            let rows = self
                .retry(|client| async move {
                    let statement = client.prepare_cached(RECORDS_AFTER).await?;
                    client.query(&statement, &[&after.cast_signed(), &i64::from(limit)]).await
                })
                .await?;
            rows.iter().map(|row| sealed(row).map_err(StoreError::Failed)).collect()
        })
    }

    fn snapshot(&self) -> BoxFuture<'_, Result<Option<Snapshot>, StoreError>> {
        Box::pin(async {
            let row = self
                .retry(|client| async move {
                    client.query_opt("SELECT seq, digest, bytes FROM snapshot WHERE id = 1", &[]).await
                })
                .await?;
            let Some(row) = row else { return Ok(None) };
            let digest: &[u8] = row.get(1);
            let digest = digest.try_into().map(Digest);
            let digest = digest.map_err(|_| StoreError::Failed("the snapshot has an odd hash".into()))?;
            Ok(Some(Snapshot {
                seq: row.get::<_, i64>(0).cast_unsigned(),
                digest,
                bytes: row.get::<_, Vec<u8>>(2).into(),
            }))
        })
    }

    fn snapshot_seq(&self) -> BoxFuture<'_, Result<u64, StoreError>> {
        Box::pin(async {
            let row = self
                .retry(|client| async move { client.query_opt("SELECT seq FROM snapshot WHERE id = 1", &[]).await })
                .await?;
            Ok(row.map_or(0, |row| row.get::<_, i64>(0).cast_unsigned()))
        })
    }

    fn save_snapshot(&self, snapshot: Snapshot) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            let snapshot = &snapshot;
            self.retry(|client| async move {
                let values: [&(dyn tokio_postgres::types::ToSql + Sync); 3] =
                    [&snapshot.seq.cast_signed(), &snapshot.digest.0.as_slice(), &snapshot.bytes.as_ref()];
                client
                    .execute(
                        "INSERT INTO snapshot (id, seq, digest, bytes) VALUES (1, $1, $2, $3)
                         ON CONFLICT (id) DO UPDATE SET seq = EXCLUDED.seq, digest = EXCLUDED.digest, bytes = EXCLUDED.bytes
                         WHERE snapshot.seq < EXCLUDED.seq",
                        &values,
                    )
                    .await
            })
            .await
            .map(|_| ())
        })
    }

    fn forget_snapshot(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async {
            self.retry(|client| async move { client.execute("DELETE FROM snapshot", &[]).await }).await.map(|_| ())
        })
    }

    fn blobs(&self, digests: Vec<Digest>) -> BoxFuture<'_, Result<Vec<Option<Bytes>>, StoreError>> {
        Box::pin(async move {
            let mut found = Vec::with_capacity(digests.len());
            for digest in &digests {
                let row = self
                    .retry(|client| async move {
                        let statement = client.prepare_cached("SELECT bytes FROM blob WHERE digest = $1").await?;
                        client.query_opt(&statement, &[&digest.0.as_slice()]).await
                    })
                    .await?;
                found.push(row.map(|row| Bytes::from(row.get::<_, Vec<u8>>(0))));
            }
            Ok(found)
        })
    }

    fn blob_list(&self) -> BoxFuture<'_, Result<Vec<(Digest, u64)>, StoreError>> {
        Box::pin(async move {
            let rows = self
                .retry(|client| async move { client.query("SELECT digest, length(bytes) FROM blob", &[]).await })
                .await?;
            rows.iter()
                .map(|row| {
                    let digest: &[u8] = row.get(0);
                    let digest = digest.try_into().map(Digest);
                    let digest = digest.map_err(|_| StoreError::Failed("a blob has an odd name".into()))?;
                    Ok((digest, row.get::<_, i32>(1).cast_unsigned().into()))
                })
                .collect()
        })
    }

    fn secret(&self, id: String) -> BoxFuture<'_, Result<Option<String>, StoreError>> {
        Box::pin(async move {
            let id = &id;
            let row = self
                .retry(|client| async move { client.query_opt("SELECT value FROM secret WHERE id = $1", &[id]).await })
                .await?;
            Ok(row.map(|row| row.get(0)))
        })
    }

    fn secrets(&self) -> BoxFuture<'_, Result<Vec<(String, String)>, StoreError>> {
        Box::pin(async move {
            let rows = self
                .retry(|client| async move { client.query("SELECT id, value FROM secret ORDER BY id", &[]).await })
                .await?;
            Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
        })
    }

    fn claim_deliveries(
        &self,
        now: i64,
        lease_until: i64,
        limit: u32,
    ) -> BoxFuture<'_, Result<Vec<Delivery>, StoreError>> {
        Box::pin(async move {
            let rows = self
                .retry(|client| async move {
                    client
                        .query(
                            &format!("{DELIVERY} WHERE status = 'pending' AND due_at <= $1 ORDER BY due_at LIMIT $2"),
                            &[&now, &i64::from(limit)],
                        )
                        .await
                })
                .await?;
            let mut claimed = Vec::new();
            for candidate in rows.iter().map(delivery) {
                // Whoever changes the row first has it; the others see that it changed and leave it.
                let candidate_ref = &candidate;
                let changed = self
                    .retry(|client| async move {
                        client
                            .execute(
                                "UPDATE delivery SET due_at = $2 WHERE id = $1 AND due_at = $3 AND status = 'pending'",
                                &[&candidate_ref.id, &lease_until, &candidate_ref.due_at],
                            )
                            .await
                    })
                    .await?;
                if changed == 1 {
                    claimed.push(candidate);
                }
            }
            Ok(claimed)
        })
    }

    fn update_delivery(&self, delivery: Delivery) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            let delivery = &delivery;
            self.retry(|client| async move {
                client
                    .execute(
                        "UPDATE delivery SET status = $2, attempts = $3, due_at = $4, log = $5 WHERE id = $1",
                        &[
                            &delivery.id,
                            &delivery.status.word(),
                            &delivery.attempts.cast_signed(),
                            &delivery.due_at,
                            &delivery.log,
                        ],
                    )
                    .await
            })
            .await
            .map(|_| ())
        })
    }

    fn deliveries(&self, filter: DeliveryFilter) -> BoxFuture<'_, Result<Vec<Delivery>, StoreError>> {
        Box::pin(async move {
            let filter = &filter;
            let rows = self
                .retry(|client| async move {
                    client
                        .query(
                            &format!(
                                "{DELIVERY} WHERE ($1::text IS NULL OR id = $1) AND ($2::text IS NULL OR webhook = $2)
                                 AND ($3::text IS NULL OR status = $3) ORDER BY created_at DESC, id LIMIT $4"
                            ),
                            &[
                                &filter.id,
                                &filter.webhook,
                                &filter.status.map(DeliveryStatus::word),
                                &i64::from(filter.limit),
                            ],
                        )
                        .await
                })
                .await?;
            Ok(rows.iter().map(delivery).collect())
        })
    }

    fn forget_deliveries(&self, before: i64) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            self.retry(|client| async move {
                client.execute("DELETE FROM delivery WHERE status = 'delivered' AND created_at < $1", &[&before]).await
            })
            .await
            .map(|_| ())
        })
    }

    fn token_used(&self, uses: Vec<(String, i64)>) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            for (id, at) in &uses {
                self.retry(|client| async move {
                    client
                        .execute(
                            "INSERT INTO token_use (id, used_at) VALUES ($1, $2)
                             ON CONFLICT (id) DO UPDATE SET used_at = EXCLUDED.used_at",
                            &[id, at],
                        )
                        .await
                })
                .await?;
            }
            Ok(())
        })
    }

    fn token_uses(&self) -> BoxFuture<'_, Result<Vec<(String, i64)>, StoreError>> {
        Box::pin(async move {
            let rows = self
                .retry(|client| async move { client.query("SELECT id, used_at FROM token_use ORDER BY id", &[]).await })
                .await?;
            Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
        })
    }

    fn ping(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async {
            let client = self.client().await.map_err(Trouble::into_store_error)?;
            client.simple_query("SELECT 1").await.map(|_| ()).map_err(|error| StoreError::Unavailable(chain(&error)))
        })
    }
}
