//! The hash chain: each record's hash covers the one before it, so that nobody can change the past unnoticed.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::registry::domain::{Digest, Event};

/// What happened, when and by whom.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// 1, 2, 3, … without gaps.
    pub(crate) seq: u64,
    /// Milliseconds since 1970; never smaller than the one before, whatever the clock does.
    pub(crate) at: i64,
    /// The token or identity that caused it.
    pub(crate) actor: String,
    /// The request that caused it, to find it in the server's log.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) request: String,
    /// What happened.
    pub(crate) event: Event,
}

/// A record as it is stored: the exact text that the hash covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sealed {
    /// The record's number.
    pub(crate) seq: u64,
    /// The record as JSON, byte for byte.
    pub(crate) body: String,
    /// SHA-256 over the hash before and the body.
    pub(crate) hash: Digest,
}

/// The end of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Head {
    /// The number of the last record; 0 for an empty log.
    pub(crate) seq: u64,
    /// Its hash.
    pub(crate) hash: Digest,
    /// Its time.
    pub(crate) at: i64,
}

/// The head of an empty log.
pub(crate) const GENESIS: Head = Head { seq: 0, hash: Digest([0; 32]), at: 0 };

/// How a log contradicts itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ChainError {
    /// A record is missing or there twice.
    #[error("record {found} of the log stands where record {expected} belongs")]
    Gap { expected: u64, found: u64 },
    /// The text was changed after it was written.
    #[error("record {seq} of the log does not have the hash that was written with it")]
    Hash { seq: u64 },
    /// The state that was kept beside the log is not the one that the log tells of.
    #[error("the state kept for record {seq} is not what the log says up to there")]
    Snapshot { seq: u64 },
    /// It was written by a newer program, or not by this one.
    #[error("record {seq} of the log cannot be read: {reason}")]
    Unreadable { seq: u64, reason: String },
}

impl Head {
    /// Seals an event as the next record and moves the head onto it.
    pub(crate) fn seal(&mut self, at: i64, actor: &str, request: &str, event: Event) -> (Record, Sealed) {
        let at = at.max(self.at);
        let record = Record { seq: self.seq + 1, at, actor: actor.to_owned(), request: request.to_owned(), event };
        let body = serde_json::to_string(&record).expect("a record has string keys only and always serialises");
        let hash = link(&self.hash, &body);
        *self = Self { seq: record.seq, hash, at };
        let sealed = Sealed { seq: record.seq, body, hash };
        (record, sealed)
    }

    /// Checks that `sealed` follows, moves the head onto it and gives back what it says.
    pub(crate) fn follow(&mut self, sealed: &Sealed) -> Result<Record, ChainError> {
        if sealed.seq != self.seq + 1 {
            return Err(ChainError::Gap { expected: self.seq + 1, found: sealed.seq });
        }
        let hash = link(&self.hash, &sealed.body);
        if hash != sealed.hash {
            return Err(ChainError::Hash { seq: sealed.seq });
        }
        let record: Record = serde_json::from_str(&sealed.body)
            .map_err(|error| ChainError::Unreadable { seq: sealed.seq, reason: error.to_string() })?;
        if record.seq != sealed.seq {
            return Err(ChainError::Gap { expected: sealed.seq, found: record.seq });
        }
        *self = Self { seq: record.seq, hash, at: record.at };
        Ok(record)
    }
}

fn link(previous: &Digest, body: &str) -> Digest {
    let mut hasher = Sha256::new();
    hasher.update(previous.0);
    hasher.update(body.as_bytes());
    Digest(hasher.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log() -> Vec<Sealed> {
        let mut head = GENESIS;
        ["a", "b", "c"]
            .into_iter()
            .zip([5, 3, 9])
            .map(|(service, at)| head.seal(at, "me", "", Event::ServiceCreated { service: service.into() }).1)
            .collect()
    }

    fn replay(log: &[Sealed]) -> Result<Vec<i64>, ChainError> {
        let mut head = GENESIS;
        log.iter().map(|sealed| head.follow(sealed).map(|record| record.at)).collect()
    }

    #[test]
    fn a_clock_that_jumps_back_does_not_reorder_the_log() {
        assert_eq!(replay(&log()), Ok(vec![5, 5, 9]));
    }

    #[test]
    fn a_changed_record_breaks_the_chain_where_it_was_changed() {
        let mut changed = log();
        changed[1].body = changed[1].body.replace("\"b\"", "\"x\"");
        assert_eq!(replay(&changed), Err(ChainError::Hash { seq: 2 }));
    }

    #[test]
    fn a_missing_record_is_noticed() {
        let mut shorter = log();
        shorter.remove(1);
        assert_eq!(replay(&shorter), Err(ChainError::Gap { expected: 2, found: 3 }));
    }
}
