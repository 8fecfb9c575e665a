//! Reading a log quickly: from the newest snapshot that fits it, and the records after that.
//!
//! A snapshot that is damaged, of another version of the program, or not of this log is no error: the log says it all.

use std::io::{self, Read as _, Write};
use std::sync::{Arc, PoisonError, Weak};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use tokio::sync::watch;

use crate::registry::domain::{ChainError, Digest, Hashing, Head, State};
use crate::registry::service::RegistryError;
use crate::registry::service::ledger::{Ledger, PAGE, Position};
use crate::registry::store::{Snapshot, Store};

/// How many records at least lie between two snapshots.
const APART: u64 = 10_000;

/// How many records after a snapshot the next one is worth its writing: reading a record takes as long as writing
/// twenty.
fn interval(seq: u64) -> u64 {
    APART.max(seq / 20)
}

/// The state at the end of the log, and after which record the snapshot was taken that it was read from.
pub(super) async fn read_state(store: &dyn Store) -> Result<(State, u64), RegistryError> {
    let state = newest(store).await?.unwrap_or_default();
    let kept = state.head.seq;
    Ok((follow(store, state, i64::MAX).await?, kept))
}

/// The state as it was at a moment: everything recorded up to and including `at`.
pub(super) async fn read_state_at(store: &dyn Store, at: i64) -> Result<State, RegistryError> {
    let state = newest(store).await?.filter(|state| state.head.at <= at).unwrap_or_default();
    follow(store, state, at).await
}

async fn follow(store: &dyn Store, mut state: State, at: i64) -> Result<State, RegistryError> {
    loop {
        let page = store.records(state.head.seq, PAGE).await?;
        for sealed in &page {
            let mut head = state.head;
            let record = head.follow(sealed)?;
            if record.at > at {
                return Ok(state);
            }
            state.apply(record, head);
        }
        if page.len() < PAGE as usize {
            return Ok(state);
        }
    }
}

/// The newest snapshot, if it can be used and the log goes on from it.
async fn newest(store: &dyn Store) -> Result<Option<State>, RegistryError> {
    let Some(snapshot) = store.snapshot().await? else { return Ok(None) };
    let digest = snapshot.digest;
    let Some(bytes) = unpack(snapshot).filter(|bytes| Digest::of(bytes) == digest) else {
        tracing::warn!("the snapshot is damaged; the log is read instead");
        return Ok(None);
    };
    let state = match State::of_snapshot(&bytes) {
        Ok(state) => state,
        Err(reason) => {
            tracing::info!(%reason, "the snapshot is not used; the log is read instead");
            return Ok(None);
        }
    };
    let found = store.records(state.head.seq.saturating_sub(1), 1).await?;
    let fits = found.first().is_some_and(|record| record.seq == state.head.seq && record.hash == state.head.hash);
    if !fits {
        tracing::warn!("the snapshot is of another log; the log is read instead");
    }
    Ok(fits.then_some(state))
}

/// Checks every hash of the log, and that the snapshot is what the log amounts to at its record.
pub(super) async fn check(store: &dyn Store) -> Result<Head, RegistryError> {
    let kept = store.snapshot().await?.map(|snapshot| (snapshot.seq, snapshot.digest, unpack(snapshot)));
    // One of another version of the program is not used, so it need not be right.
    let is_used = |bytes: &Option<Vec<u8>>| bytes.as_deref().is_none_or(State::understands);
    let kept = kept.filter(|(.., bytes)| is_used(bytes)).map(|(seq, digest, _)| (seq, digest));
    let mut state = State::default();
    loop {
        let page = store.records(state.head.seq, PAGE).await?;
        for sealed in &page {
            state.follow(std::slice::from_ref(sealed))?;
            let is_wrong = |(seq, digest)| seq == state.head.seq && digest != state.fingerprint();
            if kept.is_some_and(is_wrong) {
                // The next start must not read it again.
                store.forget_snapshot().await?;
                return Err(ChainError::Snapshot { seq: state.head.seq }.into());
            }
        }
        if page.len() < PAGE as usize {
            return Ok(state.head);
        }
    }
}

/// The bytes of a snapshot in pieces: what is written does not move as it grows, and what is packed is let go of.
#[derive(Default)]
pub(super) struct Pieces(Vec<Vec<u8>>);

impl Pieces {
    /// How long one is at most, in bytes.
    const LENGTH: usize = 1 << 20;

    pub(super) fn of(state: &State) -> Self {
        let mut pieces = Self::default();
        state.write_snapshot(&mut pieces).expect("memory takes whatever is written");
        pieces
    }
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.last().is_none_or(|last| last.len() == Self::LENGTH) {
            self.0.push(Vec::with_capacity(Self::LENGTH));
        }
        let Some(last) = self.0.last_mut() else { return Ok(0) };
        let taken = bytes.len().min(Self::LENGTH - last.len());
        last.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A snapshot as it is kept: compressed, because it is read and written in one piece.
pub(super) fn pack(seq: u64, pieces: Pieces) -> Snapshot {
    let mut hashing = Hashing::default();
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::fast());
    for piece in pieces.0 {
        let written = hashing.write_all(&piece).and_then(|()| packed.write_all(&piece));
        written.expect("memory takes whatever is written");
    }
    let packed = packed.finish().expect("memory takes whatever is written");
    Snapshot { seq, digest: hashing.digest(), bytes: packed.into() }
}

/// The bytes of a snapshot; `None` where they cannot be read.
fn unpack(snapshot: Snapshot) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    ZlibDecoder::new(&snapshot.bytes[..]).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// Takes a snapshot whenever enough was recorded since the last, as long as the ledger lives.
pub(super) async fn keep(ledger: Weak<Ledger>, mut durable: watch::Receiver<Position>, mut kept: u64) {
    loop {
        let seq = durable.borrow_and_update().seq;
        if seq.saturating_sub(kept) >= interval(seq) {
            let Some(ledger) = ledger.upgrade() else { return };
            if let Err(error) = ledger.save_snapshot(interval(seq)).await {
                tracing::warn!(%error, "could not take a snapshot; starting will take longer");
            }
            kept = seq;
        }
        if durable.changed().await.is_err() {
            return;
        }
    }
}

impl Ledger {
    /// Takes a snapshot, unless there is one that is fewer than `apart` records old.
    pub(crate) async fn save_snapshot(&self, apart: u64) -> Result<(), RegistryError> {
        let kept = self.store().snapshot_seq().await?;
        let now = self.durable.borrow().seq;
        if now.saturating_sub(kept) < apart.max(1) {
            return Ok(());
        }
        let shared = Arc::clone(&self.shared);
        let taken = tokio::task::spawn_blocking(move || {
            let shared = shared.read().unwrap_or_else(PoisonError::into_inner);
            let seen = Position { epoch: shared.epoch, seq: shared.state.head.seq };
            (Pieces::of(&shared.state), seen)
        });
        let (pieces, seen) = taken.await.map_err(|_| RegistryError::Closing)?;
        // What it holds must not be taken back.
        let mut durable = self.durable.subscribe();
        let reached = durable.wait_for(|now| now.epoch != seen.epoch || now.seq >= seen.seq).await;
        if reached.is_ok_and(|now| now.epoch == seen.epoch) {
            let packed = tokio::task::spawn_blocking(move || pack(seen.seq, pieces));
            self.store().save_snapshot(packed.await.map_err(|_| RegistryError::Closing)?).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use crate::registry::domain::{Event, GENESIS};
    use crate::registry::store::{Batch, SqliteStore};

    use super::*;

    /// A log of so many services, without a snapshot.
    async fn log(store: &SqliteStore, count: i64) -> Head {
        store.migrate().await.expect("migrates");
        let mut head = GENESIS;
        let records =
            (0..count).map(|n| head.seal(n, "t", "", Event::ServiceCreated { service: format!("s{n}") }).1).collect();
        let batch = Batch { records, ..Batch::default() };
        store.write(0, Box::new(move |_| batch)).await.expect("writes");
        head
    }

    async fn snapshot_after(store: &SqliteStore, at: i64) -> State {
        let state = read_state_at(store, at).await.expect("readable");
        save(store, &state, Pieces::of(&state)).await;
        state
    }

    async fn save(store: &SqliteStore, state: &State, pieces: Pieces) {
        store.forget_snapshot().await.expect("forgets");
        store.save_snapshot(pack(state.head.seq, pieces)).await.expect("saves");
    }

    #[tokio::test]
    async fn a_log_is_read_from_its_snapshot_on_and_the_past_from_before_it() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let store = SqliteStore::open(directory.path()).expect("opens");
        let head = log(&store, 10).await;
        snapshot_after(&store, 6).await;
        let (state, kept) = read_state(&store).await.expect("readable");
        assert_eq!((state.head, kept), (head, 7));
        assert_eq!(read_state_at(&store, 3).await.expect("readable").services().len(), 4);
        assert_eq!(read_state_at(&store, 8).await.expect("readable").services().len(), 9);
        assert_eq!(check(&store).await.expect("intact"), head);
    }

    #[tokio::test]
    async fn a_snapshot_that_does_not_fit_is_not_believed() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let store = SqliteStore::open(directory.path()).expect("opens");
        let head = log(&store, 10).await;
        let state = snapshot_after(&store, 6).await;

        save(&store, &state, Pieces(vec![b"something else".to_vec()])).await;
        assert_eq!(read_state(&store).await.expect("readable").1, 0, "it cannot be read");

        let packed = Snapshot { bytes: Bytes::from_static(b"no zlib"), ..pack(state.head.seq, Pieces::default()) };
        store.forget_snapshot().await.expect("forgets");
        store.save_snapshot(packed).await.expect("saves");
        assert_eq!(read_state(&store).await.expect("readable").1, 0, "it is damaged");

        let mut other = State::default();
        let mut fork = GENESIS;
        let (record, _) = fork.seal(1, "t", "", Event::ServiceCreated { service: "forged".into() });
        other.apply(record, fork);
        save(&store, &other, Pieces::of(&other)).await;
        let (read, kept) = read_state(&store).await.expect("readable");
        assert_eq!((read.head, kept), (head, 0), "it is of another log");
        assert!(read.service_id("forged").is_none());
    }

    #[tokio::test]
    async fn checking_the_log_finds_a_snapshot_that_says_something_else() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let store = SqliteStore::open(directory.path()).expect("opens");
        let head = log(&store, 10).await;
        let mut forged = read_state_at(&store, 6).await.expect("readable");
        // The head of the log, but not what it says.
        let real = forged.head;
        let (record, _) = forged.head.seal(6, "t", "", Event::ServiceCreated { service: "forged".into() });
        forged.apply(record, real);
        save(&store, &forged, Pieces::of(&forged)).await;
        let result = check(&store).await;
        assert!(matches!(result, Err(RegistryError::Damaged(ChainError::Snapshot { seq: 7 }))), "{result:?}");
        assert_eq!(check(&store).await.expect("it was thrown away"), head);
    }
}
