//! The state in memory and the log in the store, kept in step.
//!
//! Commands wait in one queue and are written in batches, so that many share one durable commit. Their events are
//! applied to the state as soon as they are decided, because the next command of the batch must see them; a reader that
//! saw them gets its answer only when they are durable, and looks again if they turn out not to be.
//!
//! Before a shared log is read from, its tail is fetched: an answer is never older than the question.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot, watch};
use tracing::Instrument as _;

use crate::registry::domain::{ChainError, Digest, Head, Sealed, State};
use crate::registry::service::archive::refuse_incomplete;
use crate::registry::service::{Caller, Plan, Refused, RegistryError, snapshots};
use crate::registry::store::{Batch, NewDelivery, Store, StoreError};

/// How many commands share a commit at most.
const BATCH: usize = 64;
/// How many records are read at once when the whole log is read.
pub(super) const PAGE: u32 = 2_000;
/// How often a batch is decided again after the database could not write it.
const ATTEMPTS: u32 = 5;

/// What the registry takes from the outside world.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Edges {
    /// Milliseconds since 1970.
    pub(crate) now: fn() -> i64,
    /// A new unguessable identifier: a random UUID.
    pub(crate) uuid: fn() -> String,
}

/// The log with the state that follows from it.
pub(crate) struct Ledger {
    store: Arc<dyn Store>,
    edges: Edges,
    pub(super) shared: Arc<RwLock<Shared>>,
    pub(super) durable: watch::Sender<Position>,
    /// Held by whoever talks to the log.
    log: tokio::sync::Mutex<LogAccess>,
    fetches: AtomicU64,
    queue: mpsc::Sender<Job>,
}

/// The state that questions are answered from.
pub(super) struct Shared {
    pub(super) state: State,
    /// Grows when the state was built anew, because something in it did not become durable.
    pub(super) epoch: u64,
}

/// How far the log is known to be durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) epoch: u64,
    pub(super) seq: u64,
}

#[derive(Debug, Default)]
struct LogAccess {
    /// The number of the last fetch that was completed.
    completed: u64,
    /// Whether the state has events that may not be in the log, so that nothing may be appended to it.
    is_doubtful: bool,
}

/// A command in the queue.
struct Job {
    actor: String,
    request: String,
    /// Decides; `None` when refused. May be called again when the database could not write what it had decided.
    decide: Box<dyn FnMut(&State) -> Option<Plan> + Send>,
    done: oneshot::Sender<Result<(), Arc<StoreError>>>,
}

impl Ledger {
    /// Reads the log and starts to write.
    pub(crate) async fn open(store: Arc<dyn Store>, edges: Edges) -> Result<Arc<Self>, RegistryError> {
        refuse_incomplete(&*store).await?;
        let (state, kept) = snapshots::read_state(&*store).await?;
        let (queue, jobs) = mpsc::channel(4096);
        let (durable, _) = watch::channel(Position { epoch: 0, seq: state.head.seq });
        let ledger = Arc::new(Self {
            store,
            edges,
            shared: Arc::new(RwLock::new(Shared { state, epoch: 0 })),
            durable,
            log: tokio::sync::Mutex::default(),
            fetches: AtomicU64::new(0),
            queue,
        });
        // The writer keeps the ledger alive only while commands can still come.
        tokio::spawn(write_forever(Arc::downgrade(&ledger), jobs));
        tokio::spawn(snapshots::keep(Arc::downgrade(&ledger), ledger.durable.subscribe(), kept));
        Ok(ledger)
    }

    /// The store, for what is not part of the log.
    pub(crate) fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// The outside world.
    pub(crate) fn edges(&self) -> Edges {
        self.edges
    }

    /// Answers from a state that has everything that was acknowledged before the call, and nothing that is not durable.
    pub(crate) async fn read<T>(&self, look: impl Fn(&State) -> T) -> Result<T, RegistryError> {
        if self.store.is_shared() {
            self.fetch().instrument(tracing::info_span!("read the end of the log")).await?;
        }
        loop {
            let (value, seen) = {
                let shared = self.shared.read().unwrap_or_else(PoisonError::into_inner);
                (look(&shared.state), Position { epoch: shared.epoch, seq: shared.state.head.seq })
            };
            let mut durable = self.durable.subscribe();
            let reached = durable.wait_for(|now| now.epoch != seen.epoch || now.seq >= seen.seq).await;
            match reached {
                Ok(now) if now.epoch == seen.epoch => return Ok(value),
                Ok(_) => {}
                Err(_) => return Err(RegistryError::Closing),
            }
        }
    }

    /// Decides and writes. The answer comes when it is durable.
    ///
    /// `decide` may run more than once; only its last run counts.
    pub(crate) async fn command<T: Send + 'static>(
        &self,
        caller: &Caller,
        mut decide: impl FnMut(&State, &mut Plan) -> Result<T, Refused> + Send + 'static,
    ) -> Result<T, RegistryError> {
        let slot = Arc::new(Mutex::new(None));
        let inner = Arc::clone(&slot);
        let decide = Box::new(move |state: &State| {
            let mut plan = Plan::default();
            let decided = decide(state, &mut plan);
            let written = decided.is_ok().then_some(plan);
            *inner.lock().unwrap_or_else(PoisonError::into_inner) = Some(decided);
            written
        });
        let (done, wait) = oneshot::channel();
        let job = Job { actor: caller.actor.clone(), request: caller.request.clone(), decide, done };
        let written = async {
            self.queue.send(job).await.map_err(|_| RegistryError::Closing)?;
            Ok::<_, RegistryError>(wait.await)
        };
        match written.instrument(tracing::info_span!("write to the log")).await? {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Err(StoreError::Unavailable(error.to_string()).into()),
            Err(_) => return Err(RegistryError::Closing),
        }
        let decided = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
        decided.ok_or(RegistryError::Closing)?.map_err(RegistryError::Refused)
    }

    /// The state as it was at a moment: everything recorded up to and including `at`.
    pub(crate) async fn state_at(&self, at: i64) -> Result<State, RegistryError> {
        snapshots::read_state_at(&*self.store, at).await
    }

    /// Contents by address, in the order asked.
    pub(crate) async fn blobs(&self, digests: Vec<Digest>) -> Result<Vec<Option<Bytes>>, RegistryError> {
        Ok(self.store.blobs(digests).await?)
    }

    /// Checks every hash of the log, and the snapshot, and gives back where the log ends.
    pub(crate) async fn check_chain(&self) -> Result<Head, RegistryError> {
        snapshots::check(&*self.store).await
    }

    /// Brings the state up to the end of a log that others write to. Callers that come while a fetch is on its way share
    /// the next one.
    async fn fetch(&self) -> Result<(), RegistryError> {
        let arrived = self.fetches.load(Ordering::Acquire);
        let mut access = self.log.lock().await;
        if access.completed > arrived {
            return Ok(());
        }
        self.settle(&mut access).await?;
        let mine = self.fetches.fetch_add(1, Ordering::AcqRel) + 1;
        loop {
            let after = self.shared.read().unwrap_or_else(PoisonError::into_inner).state.head.seq;
            let page = self.store.records(after, PAGE).await?;
            let count = page.len();
            let followed = self.follow(&page);
            if followed.is_err() {
                self.rebuild().await?;
                break;
            }
            if count < PAGE as usize {
                break;
            }
        }
        access.completed = mine;
        Ok(())
    }

    fn follow(&self, tail: &[Sealed]) -> Result<(), ChainError> {
        if tail.is_empty() {
            return Ok(());
        }
        let mut shared = self.shared.write().unwrap_or_else(PoisonError::into_inner);
        let followed = shared.state.follow(tail);
        let position = Position { epoch: shared.epoch, seq: shared.state.head.seq };
        drop(shared);
        self.durable.send_replace(position);
        followed
    }

    /// Reads the log again. The only way back from a state with events that were not written.
    async fn rebuild(&self) -> Result<(), RegistryError> {
        let (state, _) = snapshots::read_state(&*self.store).await?;
        let mut shared = self.shared.write().unwrap_or_else(PoisonError::into_inner);
        shared.epoch += 1;
        shared.state = state;
        let position = Position { epoch: shared.epoch, seq: shared.state.head.seq };
        drop(shared);
        self.durable.send_replace(position);
        Ok(())
    }

    async fn write(&self, jobs: Vec<Job>) {
        let mut access = self.log.lock().await;
        let jobs = Arc::new(Mutex::new(jobs));
        let mut attempt = 0;
        let result = loop {
            let mine = self.fetches.fetch_add(1, Ordering::AcqRel) + 1;
            match self.write_once(&mut access, &jobs).await {
                Ok(()) => {
                    access.completed = mine;
                    break Ok(());
                }
                Err(error) if matches!(error, StoreError::Unsure(_)) && attempt < ATTEMPTS => attempt += 1,
                Err(error) => break Err(Arc::new(error)),
            }
        };
        let jobs = std::mem::take(&mut *jobs.lock().unwrap_or_else(PoisonError::into_inner));
        for job in jobs {
            // A client that went away does not hear of it.
            let _ = job.done.send(result.clone());
        }
    }

    async fn write_once(&self, access: &mut LogAccess, jobs: &Arc<Mutex<Vec<Job>>>) -> Result<(), StoreError> {
        self.settle(access).await.map_err(|error| StoreError::Unavailable(error.to_string()))?;
        let since = self.shared.read().unwrap_or_else(PoisonError::into_inner).state.head.seq;
        let was_called = Arc::new(AtomicBool::new(false));
        let written = Arc::new(Mutex::new(None));
        let decide = {
            let (shared, jobs, edges) = (Arc::clone(&self.shared), Arc::clone(jobs), self.edges);
            let (was_called, written) = (Arc::clone(&was_called), Arc::clone(&written));
            Box::new(move |tail: Vec<Sealed>| {
                was_called.store(true, Ordering::Release);
                let mut shared = shared.write().unwrap_or_else(PoisonError::into_inner);
                let mut jobs = jobs.lock().unwrap_or_else(PoisonError::into_inner);
                let outcome = decide_all(&mut shared.state, &tail, &mut jobs, edges);
                let (head, batch) = match outcome {
                    Ok(batch) => (Ok(shared.state.head), batch),
                    Err(error) => (Err(error), Batch::default()),
                };
                *written.lock().unwrap_or_else(PoisonError::into_inner) = Some(head);
                batch
            })
        };
        let result = self.store.write(since, decide).await;
        let head = written.lock().unwrap_or_else(PoisonError::into_inner).take();
        match (result, head) {
            (Ok(()), Some(Ok(head))) => {
                let epoch = self.shared.read().unwrap_or_else(PoisonError::into_inner).epoch;
                self.durable.send_replace(Position { epoch, seq: head.seq });
                Ok(())
            }
            (Ok(()), Some(Err(error))) => {
                access.is_doubtful = true;
                Err(StoreError::Unsure(error.to_string()))
            }
            (Ok(()), None) => Err(StoreError::Failed("the database did not let anything be decided".into())),
            (Err(error), _) if !was_called.load(Ordering::Acquire) => Err(error),
            (Err(error), head) => {
                access.is_doubtful = true;
                self.settle(access).await.map_err(|error| StoreError::Unavailable(error.to_string()))?;
                let now = self.shared.read().unwrap_or_else(PoisonError::into_inner).state.head;
                // The batch is there if the log has its last record; others may have appended after it.
                let is_there = match head {
                    Some(Ok(expected)) if expected == now => true,
                    Some(Ok(expected)) if expected.seq <= now.seq => {
                        let found = self.store.records(expected.seq.saturating_sub(1), 1).await?;
                        found.first().is_some_and(|record| record.hash == expected.hash)
                    }
                    _ => false,
                };
                if is_there { Ok(()) } else { Err(StoreError::Unsure(error.to_string())) }
            }
        }
    }

    /// Builds the state anew if there is doubt about it. Until that succeeds nothing is written, and readers that saw
    /// what may not be there get no answer.
    async fn settle(&self, access: &mut LogAccess) -> Result<(), RegistryError> {
        if access.is_doubtful {
            self.rebuild().await?;
            access.is_doubtful = false;
        }
        Ok(())
    }
}

async fn write_forever(ledger: std::sync::Weak<Ledger>, mut jobs: mpsc::Receiver<Job>) {
    loop {
        let mut batch = Vec::with_capacity(BATCH);
        if jobs.recv_many(&mut batch, BATCH).await == 0 {
            return;
        }
        let Some(ledger) = ledger.upgrade() else { return };
        ledger.write(batch).await;
    }
}

fn decide_all(state: &mut State, tail: &[Sealed], jobs: &mut [Job], edges: Edges) -> Result<Batch, ChainError> {
    state.follow(tail)?;
    let at = (edges.now)();
    let mut batch = Batch { at, ..Batch::default() };
    for job in jobs {
        let Some(plan) = (job.decide)(state) else { continue };
        let mut head = state.head;
        for event in plan.events {
            let (record, sealed) = head.seal(at, &job.actor, &job.request, event);
            state.apply(record, head);
            batch.records.push(sealed);
        }
        for announcement in plan.announcements {
            for webhook in state.webhooks_for(&announcement) {
                let context = serde_json::to_string(&announcement).expect("an announcement has string keys only");
                let id = (edges.uuid)();
                batch.deliveries.push(NewDelivery { id, webhook, event: announcement.event.clone(), context });
            }
        }
        batch.blobs.extend(plan.blobs);
        batch.deleted_blobs.extend(plan.deleted_blobs);
        batch.secrets.extend(plan.secrets);
    }
    Ok(batch)
}
