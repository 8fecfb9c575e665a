//! Which entries of two lists are one another, by keys: in time that grows with the lists and not with their product.

use std::collections::VecDeque;
use std::hash::Hash;

use rustc_hash::FxHashMap;

/// Positions of two lists, paired step by step: the surest key first.
pub(super) struct Pairing {
    pairs: Vec<(usize, usize)>,
    free_old: Vec<usize>,
    free_new: Vec<usize>,
}

impl Pairing {
    /// Nothing is paired yet.
    pub(super) fn new(old: usize, new: usize) -> Self {
        Self { pairs: Vec::new(), free_old: (0..old).collect(), free_new: (0..new).collect() }
    }

    /// Pairs what has the same key: the first with the first, the second with the second.
    pub(super) fn in_order<K: Hash + Eq>(
        &mut self,
        old: impl Fn(usize) -> Option<K>,
        new: impl Fn(usize) -> Option<K>,
    ) {
        let mut waiting: FxHashMap<K, VecDeque<usize>> = FxHashMap::default();
        for &at in &self.free_new {
            if let Some(key) = new(at) {
                waiting.entry(key).or_default().push_back(at);
            }
        }
        let partner = |at: usize| waiting.get_mut(&old(at)?)?.pop_front();
        self.take(partner);
    }

    /// Pairs what alone on either side has a key, if the two may be paired at all.
    pub(super) fn where_unique<K: Hash + Eq>(
        &mut self,
        old: impl Fn(usize) -> Option<K>,
        new: impl Fn(usize) -> Option<K>,
        may_pair: impl Fn(usize, usize) -> bool,
    ) {
        let (old, new) = (alone(&self.free_old, old), alone(&self.free_new, new));
        let by_position: FxHashMap<usize, usize> = old
            .into_iter()
            .filter_map(|(key, at)| Some((at?, (*new.get(&key)?)?)))
            .filter(|&(at, candidate)| may_pair(at, candidate))
            .collect();
        self.take(|at| by_position.get(&at).copied());
    }

    /// The pairs in the order of the old list, and the positions that are left over on each side.
    pub(super) fn finish(mut self) -> (Vec<(usize, usize)>, Vec<usize>, Vec<usize>) {
        self.pairs.sort_unstable();
        (self.pairs, self.free_old, self.free_new)
    }

    fn take(&mut self, mut partner: impl FnMut(usize) -> Option<usize>) {
        let before = self.pairs.len();
        let pairs = &mut self.pairs;
        self.free_old.retain(|&at| match partner(at) {
            Some(candidate) => {
                pairs.push((at, candidate));
                false
            }
            None => true,
        });
        let taken: rustc_hash::FxHashSet<usize> = self.pairs[before..].iter().map(|pair| pair.1).collect();
        self.free_new.retain(|at| !taken.contains(at));
    }
}

/// Keys with the one position that has each; `None` where several do.
fn alone<K: Hash + Eq>(free: &[usize], key: impl Fn(usize) -> Option<K>) -> FxHashMap<K, Option<usize>> {
    let mut found: FxHashMap<K, Option<usize>> = FxHashMap::default();
    for &at in free {
        if let Some(key) = key(at) {
            found.entry(key).and_modify(|position| *position = None).or_insert(Some(at));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letters(text: &'static str) -> impl Fn(usize) -> Option<char> {
        move |at| text.chars().nth(at).filter(|letter| *letter != '-')
    }

    #[test]
    fn equal_keys_are_paired_in_order() {
        let mut pairing = Pairing::new(4, 4);
        pairing.in_order(letters("abab"), letters("bbac"));
        assert_eq!(pairing.finish(), (vec![(0, 2), (1, 0), (3, 1)], vec![2], vec![3]));
    }

    #[test]
    fn keys_that_several_have_tell_nothing() {
        let mut pairing = Pairing::new(3, 4);
        pairing.where_unique(letters("aab"), letters("abb-"), |_, _| true);
        assert_eq!(pairing.pairs, []);
        pairing.where_unique(letters("abc"), letters("cab-"), |at, _| at != 0);
        assert_eq!(pairing.finish(), (vec![(1, 2), (2, 0)], vec![0], vec![1, 3]));
    }
}
