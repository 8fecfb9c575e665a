//! Pairs the files of two versions: by import path, then by what they declare.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::formats::protobuf::model::{File, FileIndex, Origin, Schema};
use crate::formats::protobuf::pair::Lineage;

/// A file on both sides, or on one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FilePair {
    /// On both sides; the path may differ.
    Both(FileIndex, FileIndex),
    /// Only in the old version.
    Old(FileIndex),
    /// Only in the new version.
    New(FileIndex),
}

impl FilePair {
    /// A file that the new version does not have.
    pub(crate) const fn removed(&self) -> Option<FileIndex> {
        match *self {
            Self::Old(file) => Some(file),
            Self::Both(..) | Self::New(_) => None,
        }
    }
}

/// All files of both sides.
#[derive(Debug, Default)]
pub(crate) struct FilePairing {
    forward: FxHashMap<FileIndex, FileIndex>,
    backward: FxHashMap<FileIndex, FileIndex>,
    /// Pairs of which at least one side belongs to a contract; sorted by the new path, gone files last.
    pub(crate) pairs: Vec<FilePair>,
}

impl FilePairing {
    /// Pairs the files of two schemas.
    pub(crate) fn new(old: &Schema, new: &Schema, lineage: &Lineage<'_>) -> Self {
        let mut pairing = Self::default();
        pairing.by_path(old, new);
        pairing.by_contents(old, new, lineage);
        pairing.collect(old, new);
        pairing
    }

    /// Whether a file is on the other side too, unchanged, and only was not read there.
    pub(crate) fn is_unread(other: &Schema, file: &File) -> bool {
        !file.tree_path.is_empty()
            && other.unread.binary_search_by(|unread| unread.path.as_str().cmp(file.tree_path.as_str())).is_ok()
    }

    /// The new file of an old one.
    pub(crate) fn forward(&self, old: FileIndex) -> Option<FileIndex> {
        self.forward.get(&old).copied()
    }

    /// The old file of a new one.
    pub(crate) fn backward(&self, new: FileIndex) -> Option<FileIndex> {
        self.backward.get(&new).copied()
    }

    fn join(&mut self, old: FileIndex, new: FileIndex) {
        self.forward.insert(old, new);
        self.backward.insert(new, old);
    }

    /// One import path may stand in several contracts of a tree; then the path in the tree decides.
    fn by_path(&mut self, old: &Schema, new: &Schema) {
        let mut by_path: FxHashMap<&str, Vec<FileIndex>> = FxHashMap::default();
        for (index, file) in new.files() {
            by_path.entry(file.path.as_str()).or_default().push(index);
        }
        // A new file that an old one claims by its place in the tree is left to that one.
        let claims: FxHashSet<(&str, &str)> =
            old.files().map(|(_, file)| (file.path.as_str(), file.tree_path.as_str())).collect();
        for (index, file) in old.files() {
            let Some(candidates) = by_path.get(file.path.as_str()) else { continue };
            let free = |candidate: &&FileIndex| !self.backward.contains_key(candidate);
            let same_place =
                |candidate: &&FileIndex| new.file(**candidate).tree_path == file.tree_path && free(candidate);
            let is_claimed = |candidate: &&FileIndex| {
                let place = new.file(**candidate).tree_path.as_str();
                place != file.tree_path.as_str() && claims.contains(&(file.path.as_str(), place))
            };
            let found = candidates
                .iter()
                .find(same_place)
                .or_else(|| candidates.iter().find(|candidate| free(candidate) && !is_claimed(candidate)));
            if let Some(&candidate) = found {
                self.join(index, candidate);
            }
        }
    }

    /// A file at a new path is the old one if it declares at least half of what either declares, in the same package
    /// or, failing that, under the same simple names in a package that the old version did not have.
    fn by_contents(&mut self, old: &Schema, new: &Schema, lineage: &Lineage<'_>) {
        let gone: Vec<FileIndex> = old
            .files()
            .filter(|(index, file)| is_own(file) && self.forward(*index).is_none() && !Self::is_unread(new, file))
            .map(|(index, _)| index)
            .collect();
        if gone.is_empty() {
            return;
        }
        let mut owners: FxHashMap<&str, Vec<FileIndex>> = FxHashMap::default();
        let fresh = new
            .files()
            .filter(|(index, file)| is_own(file) && self.backward(*index).is_none() && !Self::is_unread(old, file));
        for (index, file) in fresh {
            for name in declared(file) {
                owners.entry(name).or_default().push(index);
            }
        }
        for index in gone {
            let file = old.file(index);
            let names: FxHashSet<&str> = declared(file).collect();
            let mut shared: FxHashMap<FileIndex, usize> = FxHashMap::default();
            for owner in names.iter().filter_map(|name| owners.get(name)).flatten() {
                *shared.entry(*owner).or_default() += 1;
            }
            let best = shared
                .into_iter()
                .filter(|(candidate, count)| {
                    let other = new.file(*candidate);
                    let same_package = other.package_name() == file.package_name();
                    self.backward(*candidate).is_none()
                        && (same_package
                            || (!lineage.is_old_package(other.package_name()) && !lineage.are_apart(file, other)))
                        && count * 2 >= names.len().max(declared(other).count())
                })
                .max_by_key(|(candidate, count)| {
                    let other = new.file(*candidate);
                    let same_name = file_name(&other.path) == file_name(&file.path);
                    (other.package_name() == file.package_name(), *count, same_name, std::cmp::Reverse(*candidate))
                });
            if let Some((candidate, _)) = best {
                self.join(index, candidate);
            }
        }
    }

    fn collect(&mut self, old: &Schema, new: &Schema) {
        for (index, file) in new.files() {
            match self.backward(index) {
                Some(previous) if is_own(file) || is_own(old.file(previous)) => {
                    self.pairs.push(FilePair::Both(previous, index));
                }
                None if is_own(file) && !Self::is_unread(old, file) => self.pairs.push(FilePair::New(index)),
                _ => {}
            }
        }
        for (index, file) in old.files() {
            if is_own(file) && self.forward(index).is_none() && !Self::is_unread(new, file) {
                self.pairs.push(FilePair::Old(index));
            }
        }
    }
}

/// Whether the file is part of a contract and not only read because something imports it.
fn is_own(file: &File) -> bool {
    matches!(file.origin, Origin::Contract(_))
}

/// The simple names at the top of a file.
fn declared(file: &File) -> impl Iterator<Item = &str> {
    let messages = file.top_messages.iter().map(|&index| &*file.messages[index as usize].name);
    let enums = file.top_enums.iter().map(|&index| &*file.enums[index as usize].name);
    let services = file.services.iter().map(|service| &*service.name);
    let extensions = file.top_extensions.iter().map(|&index| &*file.fields[index as usize].name);
    messages.chain(enums).chain(services).chain(extensions)
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
