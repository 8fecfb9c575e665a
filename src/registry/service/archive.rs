//! The whole registry as a text, one JSON object per line, the same for every backend.
//!
//! | line | says |
//! |---|---|
//! | `{"format": "counterpart/registry/1"}` | what this is; the first |
//! | `{"seq": …, "body": …, "hash": …}` | a record of the log, byte for byte |
//! | `{"blob": SHA-256, "content": BASE64}` | a content |
//! | `{"secret": ID, "value": …}` | a webhook's password or key, in backups only |
//! | `{"end": {"records": …, "hash": …}}` | the last: without it the text was cut off |

use std::collections::HashSet;
use std::io::BufRead;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::stream::{self, Stream};
use serde_json::{Value, json};

use crate::registry::domain::{Digest, Head, Sealed, State};
use crate::registry::service::snapshots::{Pieces, pack};
use crate::registry::store::{Batch, Store, StoreError};

const FORMAT: &str = "counterpart/registry/1";
const PAGE: u32 = 1_000;
/// Kept beside the log while an archive is read: what is there then is not what anybody saved.
const INCOMPLETE: &str = "restore:incomplete";

/// Refuses a registry that was filled only in part.
pub(super) async fn refuse_incomplete(store: &dyn Store) -> Result<(), StoreError> {
    if store.secret(INCOMPLETE.to_owned()).await?.is_some() {
        return Err(StoreError::Incomplete);
    }
    Ok(())
}

/// Why an archive cannot be restored.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ArchiveError {
    #[error("the registry to restore into is not empty")]
    NotEmpty,
    #[error("line {line} of the archive cannot be read: {reason}")]
    Line { line: usize, reason: String },
    #[error("the archive was cut off: its last line is missing")]
    CutOff,
    #[error("the content {0} is missing from the archive")]
    Missing(Digest),
    #[error(transparent)]
    Chain(#[from] crate::registry::domain::ChainError),
    #[error("failed to {0}")]
    Store(#[from] StoreError),
}

enum Part {
    Records { after: Head },
    Blobs { left: Vec<Digest>, end: Head },
    Secrets { end: Head },
    Done,
}

/// Everything, piece by piece, as it was when the first piece was asked for or later.
pub(crate) fn export(store: Arc<dyn Store>, with_secrets: bool) -> impl Stream<Item = Result<Bytes, StoreError>> {
    let first = stream::once(async { Ok(line(&json!({"format": FORMAT}))) });
    let rest = stream::try_unfold(
        (store, Part::Records { after: crate::registry::domain::GENESIS }),
        move |(store, part)| async move {
            let (text, next) = match part {
                Part::Records { after } => records(&*store, after).await?,
                Part::Blobs { left, end } if left.is_empty() => (Vec::new(), Part::Secrets { end }),
                Part::Blobs { mut left, end } => {
                    // One at a time: a content may be large.
                    let digest = left.pop();
                    let bytes = store.blobs(digest.into_iter().collect()).await?.pop().flatten();
                    let text = digest.zip(bytes).map(|(digest, bytes)| {
                        line(&json!({"blob": digest.to_string(), "content": STANDARD.encode(&bytes)})).to_vec()
                    });
                    (text.unwrap_or_default(), Part::Blobs { left, end })
                }
                Part::Secrets { end } => {
                    let mut text = Vec::new();
                    if with_secrets {
                        for (id, value) in store.secrets().await? {
                            text.extend_from_slice(&line(&json!({"secret": id, "value": value})));
                        }
                    }
                    text.extend_from_slice(&line(&json!({"end": {"records": end.seq, "hash": end.hash.to_string()}})));
                    (text, Part::Done)
                }
                Part::Done => return Ok(None),
            };
            Ok(Some((Bytes::from(text), (store, next))))
        },
    );
    futures_util::StreamExt::chain(first, rest)
}

async fn records(store: &dyn Store, mut after: Head) -> Result<(Vec<u8>, Part), StoreError> {
    let page = store.records(after.seq, PAGE).await?;
    let mut text = Vec::new();
    for sealed in &page {
        text.extend_from_slice(&line(
            &json!({"seq": sealed.seq, "body": sealed.body, "hash": sealed.hash.to_string()}),
        ));
    }
    if let Some(last) = page.last() {
        after = Head { seq: last.seq, hash: last.hash, at: after.at };
    }
    if page.len() == PAGE as usize {
        return Ok((text, Part::Records { after }));
    }
    // Listed after the records: every content that they refer to is there, and perhaps newer ones.
    let left = store.blob_list().await?.into_iter().map(|(digest, _)| digest).collect();
    Ok((text, Part::Blobs { left, end: after }))
}

fn line(value: &Value) -> Bytes {
    Bytes::from(format!("{value}\n"))
}

/// Fills an empty registry. Every hash is checked, and that every content is there which is still referred to. Gives
/// back the number of records.
pub(crate) async fn restore(store: &dyn Store, archive: impl BufRead) -> Result<u64, ArchiveError> {
    if !store.records(0, 1).await?.is_empty() {
        return Err(ArchiveError::NotEmpty);
    }
    let mut state = State::default();
    let mut known: HashSet<Digest> = HashSet::new();
    let mut batch = Batch::default();
    let mut size = 0;
    let mut ended = false;
    for (index, text) in archive.lines().enumerate() {
        let number = index + 1;
        let wrong = |reason: &str| ArchiveError::Line { line: number, reason: reason.to_owned() };
        let text = text.map_err(|error| wrong(&error.to_string()))?;
        let value: Value = serde_json::from_str(&text).map_err(|error| wrong(&error.to_string()))?;
        let field = |key: &str| value.get(key).and_then(Value::as_str);
        size += text.len();
        if index == 0 {
            if field("format") != Some(FORMAT) {
                return Err(wrong(&format!("it does not say `{FORMAT}`")));
            }
        } else if let Some(body) = field("body") {
            let hash = field("hash").and_then(Digest::parse).ok_or_else(|| wrong("it has no hash"))?;
            let seq = value.get("seq").and_then(Value::as_u64).ok_or_else(|| wrong("it has no number"))?;
            let sealed = Sealed { seq, body: body.to_owned(), hash };
            state.follow(std::slice::from_ref(&sealed))?;
            batch.records.push(sealed);
        } else if let Some(digest) = field("blob") {
            let bytes = field("content").and_then(|content| STANDARD.decode(content).ok());
            let bytes = bytes.ok_or_else(|| wrong("its content is not base64"))?;
            if Digest::of(&bytes).to_string() != digest {
                return Err(wrong("its content does not have its hash"));
            }
            known.insert(Digest::of(&bytes));
            batch.blobs.push((Digest::of(&bytes), Bytes::from(bytes)));
        } else if let Some(id) = field("secret") {
            batch.secrets.push((id.to_owned(), field("value").map(str::to_owned)));
        } else if let Some(end) = value.get("end") {
            let fits = end["records"].as_u64() == Some(state.head.seq)
                && end["hash"].as_str() == Some(&state.head.hash.to_string());
            if !fits {
                return Err(wrong("it does not fit the records before it"));
            }
            ended = true;
        } else {
            return Err(wrong("it is of no known kind"));
        }
        if size > 8 << 20 {
            size = 0;
            batch.secrets.push((INCOMPLETE.to_owned(), Some("since".to_owned())));
            write(store, std::mem::take(&mut batch)).await?;
        }
    }
    if !ended {
        return Err(ArchiveError::CutOff);
    }
    for service in state.services() {
        for id in &state.service(service).versions {
            let version = state.version(*id);
            let files = version.contract.iter().flat_map(|contract| contract.files.iter().map(|file| file.blob));
            let pacts = version.pacts.iter().map(|publication| state.pact(publication.pact).blob);
            if let Some(missing) = files.chain(pacts).find(|digest| !known.contains(digest)) {
                return Err(ArchiveError::Missing(missing));
            }
        }
    }
    batch.secrets.push((INCOMPLETE.to_owned(), None));
    write(store, batch).await?;
    store.save_snapshot(pack(state.head.seq, Pieces::of(&state))).await?;
    Ok(state.head.seq)
}

async fn write(store: &dyn Store, batch: Batch) -> Result<(), StoreError> {
    let since = batch.records.first().map_or(u64::MAX >> 1, |record| record.seq - 1);
    store.write(since, Box::new(move |_| batch)).await
}
