//! The contract files of one side, by the paths under which the tree and imports know them.

use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::formats::{CompareOptions, Contract, Side};
use crate::source::{ContentId, Tree};

/// The files of one side's contracts and everything else that its tree lists.
pub(super) struct ContractFiles<'a> {
    pub(super) tree: &'a dyn Tree,
    pub(super) contracts: &'a [Contract],
    pub(super) options: &'a CompareOptions,
    /// Contract files by path inside the tree, sorted.
    paths: Vec<&'a str>,
    /// The contract of each contract file, by path inside the tree.
    contract_of: FxHashMap<&'a str, u32>,
    /// Contract files by the path by which they are imported.
    importable: FxHashMap<&'a str, Vec<&'a str>>,
    ids: FxHashMap<&'a str, &'a ContentId>,
    /// Everything that is listed and ends like a protobuf file, by file name: for imports that no root answers.
    listed: FxHashMap<&'a str, Vec<&'a str>>,
}

impl<'a> ContractFiles<'a> {
    /// The files of `side`.
    pub(super) fn of(side: &Side<'a>, options: &'a CompareOptions) -> Self {
        let count = side.contracts.iter().map(|contract| contract.files.len()).sum();
        let mut contract_of = FxHashMap::with_capacity_and_hasher(count, FxBuildHasher);
        let mut importable: FxHashMap<&str, Vec<&str>> = FxHashMap::with_capacity_and_hasher(count, FxBuildHasher);
        for (index, contract) in (0_u32..).zip(side.contracts) {
            for file in &contract.files {
                contract_of.insert(file.as_str(), index);
                importable.entry(below(&contract.path, file)).or_default().push(file);
            }
        }
        let files = side.contracts.iter().flat_map(|contract| &contract.files);
        let mut paths: Vec<&str> = files.map(String::as_str).collect();
        paths.sort_unstable();
        paths.dedup();
        let mut ids = FxHashMap::with_capacity_and_hasher(side.tree.entries().len(), FxBuildHasher);
        let mut listed: FxHashMap<&str, Vec<&str>> = FxHashMap::default();
        for entry in side.tree.entries() {
            if let Some(id) = &entry.id {
                ids.insert(entry.path.as_str(), id);
            }
            if entry.path.ends_with(".proto") {
                listed.entry(file_name(&entry.path)).or_default().push(&entry.path);
            }
        }
        Self { tree: side.tree, contracts: side.contracts, options, paths, contract_of, importable, ids, listed }
    }

    /// All contract files by path inside the tree, sorted.
    pub(super) fn paths(&self) -> impl Iterator<Item = &'a str> {
        self.paths.iter().copied()
    }

    /// How the only contract file is imported, if there is only one.
    pub(super) fn only_path(&self) -> Option<String> {
        let mut paths = self.paths();
        let only = paths.next()?;
        paths.next().is_none().then(|| self.import_path(only).to_owned())
    }

    /// The contract that a file belongs to.
    pub(super) fn contract(&self, path: &str) -> Option<u32> {
        self.contract_of.get(path).copied()
    }

    /// The path by which a contract file is imported.
    pub(super) fn import_path<'p>(&self, path: &'p str) -> &'p str {
        match self.contract(path) {
            Some(index) => below(&self.contracts[index as usize].path, path),
            None => path,
        }
    }

    /// The content's name, where it is known without reading.
    pub(super) fn id(&self, path: &str) -> Option<&'a ContentId> {
        self.ids.get(path).copied()
    }

    /// The contract files that answer to an import.
    pub(super) fn answering(&self, import: &str) -> &[&'a str] {
        self.importable.get(import).map_or(&[], Vec::as_slice)
    }

    /// All listed protobuf files of a file name.
    pub(super) fn named(&self, name: &str) -> &[&'a str] {
        self.listed.get(name).map_or(&[], Vec::as_slice)
    }
}

/// A path inside a directory of the tree (`.` for the tree itself); unchanged if it is not inside.
pub(super) fn below<'p>(directory: &str, path: &'p str) -> &'p str {
    if directory == "." || directory.is_empty() {
        return path;
    }
    path.strip_prefix(directory).and_then(|rest| rest.strip_prefix('/')).unwrap_or(path)
}

/// The last component of a path.
pub(super) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
