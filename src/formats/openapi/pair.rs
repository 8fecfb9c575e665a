//! Which old contract became which new one.

use rustc_hash::FxHashSet;

use crate::formats::openapi::path_template::shape;
use crate::formats::openapi::view::{Api, Info};

/// What a contract is known by.
#[derive(Debug)]
pub(super) struct Identity {
    /// Its path inside its tree.
    path: String,
    title: Option<String>,
    /// `GET /orders/{}`: methods and path templates, names of variables left out.
    operations: FxHashSet<String>,
}

impl Identity {
    /// The identity of a contract; one that could not be read has only its path.
    pub(super) fn new(path: &str, api: Option<&Api<'_>>) -> Self {
        let operations = api.map(Api::operations).unwrap_or_default().into_iter();
        Self {
            path: path.to_owned(),
            title: api.and_then(Api::info).and_then(Info::title).map(str::to_owned),
            operations: operations
                .map(|operation| format!("{} {}", operation.method(), shape(operation.path())))
                .collect(),
        }
    }

    /// How much two contracts look like versions of one; nothing where they do not.
    fn likeness(&self, other: &Self) -> Option<u32> {
        let shared = self.operations.intersection(&other.operations).count();
        let all = self.operations.len() + other.operations.len() - shared;
        let percent = (shared * 100).checked_div(all).unwrap_or(0) as u32;
        let has_same_title = self.title.is_some() && self.title == other.title;
        let has_same_name = self.path.rsplit('/').next() == other.path.rsplit('/').next();
        (has_same_title || percent >= 50)
            .then_some(percent + u32::from(has_same_title) * 100 + u32::from(has_same_name) * 10)
    }
}

/// Beyond this many comparisons only equal paths count: a repository where hundreds of contracts vanish while hundreds
/// appear was rebuilt, not edited.
const MAX_COMPARISONS: usize = 250_000;

/// Pairs contracts whose paths differ, by title and by what they offer: positions in `old` and `new`, the most alike
/// first.
pub(super) fn by_content(old: &[Identity], new: &[Identity]) -> Vec<(usize, usize)> {
    if old.len() * new.len() > MAX_COMPARISONS {
        return Vec::new();
    }
    let mut candidates: Vec<(u32, usize, usize)> = Vec::new();
    for (left, one) in old.iter().enumerate() {
        for (right, other) in new.iter().enumerate() {
            candidates.extend(one.likeness(other).map(|likeness| (likeness, left, right)));
        }
    }
    candidates.sort_by_key(|&(likeness, left, right)| (std::cmp::Reverse(likeness), left, right));
    let (mut taken_old, mut taken_new) = (FxHashSet::default(), FxHashSet::default());
    let mut pairs = Vec::new();
    for (_, left, right) in candidates {
        if !taken_old.contains(&left) && !taken_new.contains(&right) {
            taken_old.insert(left);
            taken_new.insert(right);
            pairs.push((left, right));
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(path: &str, title: &str, operations: &[&str]) -> Identity {
        let title = (!title.is_empty()).then(|| title.to_owned());
        Identity { path: path.into(), title, operations: operations.iter().map(|&text| text.into()).collect() }
    }

    #[test]
    fn moved_contracts_are_found_by_title_then_by_what_they_offer() {
        let old = [identity("a.yaml", "Orders", &["GET /a"]), identity("b.yaml", "", &["GET /b", "GET /c"])];
        let new =
            [identity("x/b.yaml", "Billing", &["GET /b", "GET /c", "GET /d"]), identity("x/o.yaml", "Orders", &[])];
        assert_eq!(by_content(&old, &new), [(0, 1), (1, 0)]);
    }

    #[test]
    fn contracts_that_share_nothing_are_not_one() {
        let old = [identity("a.yaml", "Orders", &["GET /a"])];
        assert_eq!(by_content(&old, &[identity("a2.yaml", "Billing", &["GET /b"])]), []);
        assert_eq!(by_content(&[identity("a", "", &[])], &[identity("b", "", &[])]), []);
    }
}
