//! What a command wants written.

use bytes::Bytes;

use crate::registry::domain::{Announcement, Digest, Event};

/// Events with what belongs to them, written together or not at all.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// In order.
    pub(crate) events: Vec<Event>,
    /// The contents that the events refer to.
    pub(crate) blobs: Vec<(Digest, Bytes)>,
    /// Contents to delete.
    pub(crate) deleted_blobs: Vec<Digest>,
    /// Secrets by id; `None` deletes.
    pub(crate) secrets: Vec<(String, Option<String>)>,
    /// What webhooks should hear of.
    pub(crate) announcements: Vec<Announcement>,
}

impl Plan {
    /// Adds an event.
    pub(crate) fn record(&mut self, event: Event) {
        self.events.push(event);
    }

    /// Keeps bytes and gives back their address.
    pub(crate) fn keep(&mut self, bytes: Bytes) -> Digest {
        let digest = Digest::of(&bytes);
        if !self.blobs.iter().any(|(known, _)| *known == digest) {
            self.blobs.push((digest, bytes));
        }
        digest
    }
}
