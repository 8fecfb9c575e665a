//! The format: from two trees to the changes of all their contracts.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use crate::change::{Change, ChangeKind};
use crate::finding::Retirement;
use crate::formats::protobuf::diff::{self, Found, Versions};
use crate::formats::protobuf::load::{self, LoadedPair};
use crate::formats::protobuf::model::{FileIndex, Origin, Schema};
use crate::formats::protobuf::{discover, kinds, retirements, version};
use crate::formats::{CompareOptions, Comparison, Contract, ContractComparison, Discovery, Format, Side};
use crate::source::Tree;

/// proto2, proto3 and editions 2023 and 2024.
#[derive(Debug, Clone, Copy, Default)]
pub struct Protobuf;

impl Format for Protobuf {
    fn name(&self) -> &'static str {
        "protobuf"
    }

    fn kinds(&self) -> Vec<&'static ChangeKind> {
        kinds::all()
    }

    fn discover(&self, tree: &dyn Tree, options: &CompareOptions) -> Discovery {
        discover::discover(tree, options)
    }

    fn compare(&self, old: &Side<'_>, new: &Side<'_>, options: &CompareOptions) -> Comparison {
        let old_contracts = with_roots_of(old.contracts, new.contracts);
        let old = Side { tree: old.tree, contracts: &old_contracts };
        let LoadedPair { old: old_loaded, new: new_loaded } = load::load(&old, new, options);
        let has_problems = !old_loaded.problems.is_empty() || !new_loaded.problems.is_empty();
        let found = if has_problems {
            // What could not be read would show as removed.
            Vec::new()
        } else {
            diff::compare(Versions {
                old: &old_loaded.schema,
                new: &new_loaded.schema,
                old_sources: &old_loaded.sources,
                new_sources: &new_loaded.sources,
                clock: options.clock,
            })
        };
        let contracts = by_contract(&old, new, &old_loaded.schema, &new_loaded.schema, found);
        let unopened = new_loaded.schema.unread.len();
        // Giving back the memory of a large tree takes a tenth of a second, and nobody needs to wait for it, unless there is
        // nobody else to do it.
        if rayon::current_num_threads() > 1 {
            rayon::spawn(move || drop((old_loaded.schema, new_loaded.schema)));
        }
        Comparison {
            unopened,
            contracts,
            old_problems: old_loaded.problems,
            new_problems: new_loaded.problems,
            old_sources: old_loaded.sources,
            new_sources: new_loaded.sources,
        }
    }

    fn retirements(&self, side: &Side<'_>, options: &CompareOptions) -> Vec<Retirement> {
        retirements::retirements(side, options)
    }
}

/// The old contracts, with files under the roots that they have in the new version: guessed roots may differ between
/// two versions of a tree, and a configuration of buf may have come or gone, without anything having moved.
fn with_roots_of(old: &[Contract], new: &[Contract]) -> Vec<Contract> {
    let root_of: FxHashMap<&str, &str> = new
        .iter()
        .flat_map(|contract| contract.files.iter().map(|file| (file.as_str(), contract.path.as_str())))
        .collect();
    let single =
        |contracts: &[Contract]| matches!(contracts, [one] if one.files.len() == 1 && one.files[0] == one.path);
    if single(old) || single(new) {
        return old.to_vec();
    }
    let mut by_root: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for contract in old {
        let is_known = new.iter().any(|other| other.path == contract.path);
        for file in &contract.files {
            let around = || {
                let roots = new.iter().map(|other| other.path.as_str());
                let roots = roots.filter(|root| *root == "." || is_below(root, file));
                roots.max_by_key(|root| if *root == "." { 0 } else { root.len() })
            };
            let root = match root_of.get(file.as_str()) {
                Some(root) => root,
                None if is_known => contract.path.as_str(),
                None => around().unwrap_or(contract.path.as_str()),
            };
            by_root.entry(root.to_owned()).or_default().push(file.clone());
        }
    }
    by_root
        .into_iter()
        .map(|(path, mut files)| {
            files.sort();
            Contract { path, files }
        })
        .collect()
}

fn is_below(root: &str, file: &str) -> bool {
    file.strip_prefix(root).is_some_and(|rest| rest.starts_with('/'))
}

/// One comparison per contract of either side, sorted by path.
fn by_contract(
    old: &Side<'_>,
    new: &Side<'_>,
    old_schema: &Schema,
    new_schema: &Schema,
    found: Vec<Found>,
) -> Vec<ContractComparison> {
    // One file or descriptor set against whatever is one contract: one contract, whatever the names.
    let is_one_file = |side: &Side<'_>| matches!(side.contracts, [one] if matches!(one.files.as_slice(), [file] if *file == one.path));
    let is_one_pair = (old.contracts.len(), new.contracts.len()) == (1, 1) && (is_one_file(old) || is_one_file(new));
    let old_path = |index: u32| {
        if is_one_pair { new.contracts[0].path.as_str() } else { old.contracts[index as usize].path.as_str() }
    };
    let mut changes: BTreeMap<&str, Vec<Change>> = BTreeMap::new();
    for contract in new.contracts {
        changes.entry(&contract.path).or_default();
    }
    for index in 0..old.contracts.len() {
        changes.entry(old_path(index as u32)).or_default();
    }
    for one in found {
        let new_contract = one.new_file.and_then(|file| contract_of(new_schema, file));
        let old_contract = one.old_file.and_then(|file| contract_of(old_schema, file));
        let path = match (new_contract, old_contract) {
            (Some(index), _) => new.contracts[index as usize].path.as_str(),
            (None, Some(index)) => old_path(index),
            // A dependency that is not in the tree's contracts is nobody's contract.
            (None, None) => continue,
        };
        changes.entry(path).or_default().push(one.change);
    }
    let touched: BTreeSet<&str> = touched(old_schema, old_path)
        .into_iter()
        .chain(touched(new_schema, |index| new.contracts[index as usize].path.as_str()))
        .collect();
    let old_versions = version::declared(old_schema);
    let new_versions = version::declared(new_schema);
    let at = |contracts: &[Contract], path: &str| contracts.iter().position(|contract| contract.path == path);
    changes
        .into_iter()
        .map(|(path, changes)| {
            let old_at = if is_one_pair { Some(0) } else { at(old.contracts, path) };
            let new_at = at(new.contracts, path);
            let old_version = old_at.and_then(|at| old_versions.get(&(at as u32)).cloned());
            let new_version = new_at.and_then(|at| new_versions.get(&(at as u32)).cloned());
            let newest = new_version.as_ref().or(old_version.as_ref());
            let shown_by = if new_at.is_some() { new.tree } else { old.tree };
            ContractComparison {
                path: shown(shown_by, path),
                names_majors_only: newest.is_some_and(|version| version::names_major_only(&version.text)),
                is_identical: old_at.is_some() && new_at.is_some() && !touched.contains(path),
                is_payload_only: false,
                old_version,
                new_version,
                changes,
            }
        })
        .collect()
}

/// A contract's path for people: a module at the root of an input is named as the input is.
fn shown(tree: &dyn Tree, path: &str) -> String {
    let shown = tree.display_path(if path == "." { "" } else { path });
    match shown.trim_end_matches('/') {
        "" => ".".to_owned(),
        shown => shown.to_owned(),
    }
}

/// The contracts of which a file differs between the sides.
fn touched<'p>(schema: &Schema, path: impl Fn(u32) -> &'p str) -> BTreeSet<&'p str> {
    let changed = schema.files.iter().filter(|file| !file.is_unchanged);
    changed
        .filter_map(|file| match file.origin {
            Origin::Contract(index) => Some(path(index)),
            Origin::Dependency | Origin::BuiltIn => None,
        })
        .collect()
}

fn contract_of(schema: &Schema, file: FileIndex) -> Option<u32> {
    match schema.file(file).origin {
        Origin::Contract(index) => Some(index),
        Origin::Dependency | Origin::BuiltIn => None,
    }
}
