//! An append-only table whose entries are filled on demand and never move.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// The first chunk holds this many entries, each further one twice as many as the one before.
const FIRST: usize = 64;
/// Enough chunks for four billion entries.
const CHUNKS: usize = 27;

/// Entries by index; an index is given out first and its entry made when somebody asks for it.
#[derive(Debug)]
pub(super) struct Arena<T> {
    chunks: [OnceLock<Box<[OnceLock<T>]>>; CHUNKS],
    len: AtomicU32,
}

impl<T> Default for Arena<T> {
    fn default() -> Self {
        Self { chunks: [const { OnceLock::new() }; CHUNKS], len: AtomicU32::new(0) }
    }
}

impl<T> Arena<T> {
    /// A new index, whose entry does not exist yet.
    pub(super) fn reserve(&self) -> u32 {
        self.len.fetch_add(1, Ordering::Relaxed)
    }

    /// How many indexes were given out.
    pub(super) fn len(&self) -> u32 {
        self.len.load(Ordering::Relaxed)
    }

    /// The entry, made by `make` on the first call. `make` must not ask for the same entry.
    pub(super) fn get_or_make(&self, index: u32, make: impl FnOnce() -> T) -> &T {
        let (chunk, at) = position(index as usize);
        let entries =
            self.chunks[chunk].get_or_init(|| (0..FIRST << chunk).map(|_| OnceLock::new()).collect::<Box<[_]>>());
        entries[at].get_or_init(make)
    }
}

/// The chunk of an index and the place in it.
fn position(index: usize) -> (usize, usize) {
    let shifted = index / FIRST + 1;
    let chunk = shifted.ilog2() as usize;
    (chunk, index - FIRST * ((1 << chunk) - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_index_has_its_own_entry() {
        let arena = Arena::default();
        let indexes: Vec<u32> = (0..1000).map(|_| arena.reserve()).collect();
        for &index in &indexes {
            arena.get_or_make(index, || index * 2);
        }
        assert!(indexes.iter().all(|&index| *arena.get_or_make(index, || 0) == index * 2));
        assert_eq!(arena.len(), 1000);
    }
}
