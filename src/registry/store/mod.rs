//! Where the log and the blobs are kept. Two backends behind one narrow trait; neither knows a rule.
//!
//! Whatever must be decided is decided by the caller inside [`Store::write`], while the end of the log is held, so
//! that any number of servers in front of one database agree. Everything that belongs together (records, blobs,
//! secrets, webhook deliveries) is written in one transaction: there is no half-written contract.

mod batch;
#[cfg(test)]
mod conformance;
mod postgres;
mod sqlite;
#[cfg(test)]
mod test_postgres;

use bytes::Bytes;
use futures_util::future::BoxFuture;

pub(crate) use batch::{Batch, Delivery, DeliveryFilter, DeliveryStatus, NewDelivery, Snapshot, StoreError};
pub(crate) use postgres::PostgresStore;
pub(crate) use sqlite::SqliteStore;

use crate::registry::domain::{Digest, Sealed};

/// Gets the records that were appended after the caller's own head and says what to append after them. Called at most
/// once, with the end of the log held; it must not block.
pub(crate) type Decide = Box<dyn FnOnce(Vec<Sealed>) -> Batch + Send>;

/// A backend.
pub(crate) trait Store: Send + Sync {
    /// Brings the tables up to what this program needs. Safe when several servers start at once.
    fn migrate(&self) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Whether other servers may append to the same log.
    fn is_shared(&self) -> bool;

    /// Holds the end of the log, calls `decide` with the records after `since`, and appends what it says, durably.
    ///
    /// # Errors
    /// [`StoreError::Unsure`] when it broke after `decide` was called: the batch may or may not be there, and the caller
    /// has to look. Every other error means that nothing was written.
    fn write(&self, since: u64, decide: Decide) -> BoxFuture<'_, Result<(), StoreError>>;

    /// At most `limit` records after `after`, in order.
    fn records(&self, after: u64, limit: u32) -> BoxFuture<'_, Result<Vec<Sealed>, StoreError>>;

    /// The newest snapshot.
    fn snapshot(&self) -> BoxFuture<'_, Result<Option<Snapshot>, StoreError>>;

    /// After which record the newest snapshot was taken; 0 where there is none.
    fn snapshot_seq(&self) -> BoxFuture<'_, Result<u64, StoreError>>;

    /// Keeps a snapshot in the place of an older one; a newer one stays.
    fn save_snapshot(&self, snapshot: Snapshot) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Throws the snapshot away.
    fn forget_snapshot(&self) -> BoxFuture<'_, Result<(), StoreError>>;

    /// The contents of blobs, in the order asked; `None` for one that is not there.
    fn blobs(&self, digests: Vec<Digest>) -> BoxFuture<'_, Result<Vec<Option<Bytes>>, StoreError>>;

    /// Every blob with its size.
    fn blob_list(&self) -> BoxFuture<'_, Result<Vec<(Digest, u64)>, StoreError>>;

    /// A secret by its id.
    fn secret(&self, id: String) -> BoxFuture<'_, Result<Option<String>, StoreError>>;

    /// Every secret, for backups.
    fn secrets(&self) -> BoxFuture<'_, Result<Vec<(String, String)>, StoreError>>;

    /// Takes at most `limit` deliveries that are due, and keeps other servers from taking them until `lease_until`.
    fn claim_deliveries(
        &self,
        now: i64,
        lease_until: i64,
        limit: u32,
    ) -> BoxFuture<'_, Result<Vec<Delivery>, StoreError>>;

    /// Records what became of an attempt: the delivery's status, attempts, next time and log.
    fn update_delivery(&self, delivery: Delivery) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Deliveries, newest first.
    fn deliveries(&self, filter: DeliveryFilter) -> BoxFuture<'_, Result<Vec<Delivery>, StoreError>>;

    /// Deletes deliveries that ended before a moment.
    fn forget_deliveries(&self, before: i64) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Remembers when tokens were used last.
    fn token_used(&self, uses: Vec<(String, i64)>) -> BoxFuture<'_, Result<(), StoreError>>;

    /// When tokens were used last.
    fn token_uses(&self) -> BoxFuture<'_, Result<Vec<(String, i64)>, StoreError>>;

    /// Whether the database answers.
    fn ping(&self) -> BoxFuture<'_, Result<(), StoreError>>;
}
