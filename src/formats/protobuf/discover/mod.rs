//! Finds the protobuf contracts of a tree: the modules of buf's configuration, and guessed import roots for files
//! that no module owns.

mod buf_config;
mod guess;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use globset::GlobSet;

use crate::finding::Problem;
use crate::formats::protobuf::descriptor::is_descriptor_set;
use crate::formats::protobuf::discover::buf_config::Module;
use crate::formats::{CompareOptions, Contract, Discovery};
use crate::source::Tree;
use crate::syntax::globs;

/// One contract per module (or import root) that has files; its path is the root.
pub(super) fn discover(tree: &dyn Tree, options: &CompareOptions) -> Discovery {
    let excluded = globs(&options.exclude);
    let mut files: Vec<&str> = tree
        .entries()
        .iter()
        .map(|entry| entry.path.as_str())
        .filter(|path| path.ends_with(".proto") && !excluded.is_match(path))
        .collect();
    if tree.is_single_file() {
        files = files.into_iter().chain(unnamed_proto(tree)).take(1).collect();
        let contracts = files.iter().map(|file| Contract { path: (*file).to_owned(), files: vec![(*file).to_owned()] });
        return Discovery { contracts: contracts.collect(), problems: Vec::new() };
    }
    let mut problems: Vec<Problem> = Vec::new();
    let modules = buf_config::modules(tree, &mut problems);
    let mut by_root: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut orphans = Vec::new();
    for file in files {
        match owner(&modules, file) {
            Owner::Module(root) => by_root.entry(root.to_owned()).or_default().push(file.to_owned()),
            Owner::Excluded => {}
            Owner::Nobody => orphans.push(file),
        }
    }
    for set in descriptor_sets(tree, &excluded) {
        by_root.entry(set.clone()).or_default().push(set);
    }
    for (file, root) in guess::roots(tree, &orphans) {
        by_root.entry(root).or_default().push(file);
    }
    let contracts = by_root.into_iter().map(|(path, mut files)| {
        files.sort();
        Contract { path, files }
    });
    Discovery { contracts: contracts.collect(), problems }
}

enum Owner<'m> {
    Module(&'m str),
    Excluded,
    Nobody,
}

/// The module with the longest root around the file.
fn owner<'m>(modules: &'m [Module], file: &str) -> Owner<'m> {
    let mut around: Vec<&Module> = modules.iter().filter(|module| is_inside(&module.root, file)).collect();
    around.sort_by_key(|module| std::cmp::Reverse(if module.root == "." { 0 } else { module.root.len() }));
    let Some(nearest) = around.first() else {
        return Owner::Nobody;
    };
    // Several modules may share a root and divide its files.
    let mut sharing = around.iter().filter(|module| module.root == nearest.root);
    if sharing.any(|module| module.owns(file)) { Owner::Module(&nearest.root) } else { Owner::Excluded }
}

/// Whether a path is a directory's or inside of it; `.` holds everything.
fn is_inside(directory: &str, path: &str) -> bool {
    directory == "." || path.strip_prefix(directory).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The files that hold a descriptor set, judged by content.
fn descriptor_sets(tree: &dyn Tree, excluded: &GlobSet) -> Vec<String> {
    let is_candidate = |path: &&str| {
        let extension = path.rsplit('.').next().unwrap_or_default();
        matches!(extension, "binpb" | "protoset" | "pb" | "desc") && !excluded.is_match(path)
    };
    let paths: Vec<&str> = tree.entries().iter().map(|entry| entry.path.as_str()).filter(is_candidate).collect();
    let read = tree.read(&paths);
    let sets = paths.iter().zip(read).filter(|(_, bytes)| bytes.as_ref().is_ok_and(|b| is_descriptor_set(b)));
    sets.map(|(path, _)| (*path).to_owned()).collect()
}

/// The one file that was named, if it reads like protobuf whatever its name.
fn unnamed_proto(tree: &dyn Tree) -> Option<&str> {
    let path = tree.entries().first()?.path.as_str();
    let bytes = tree.read(&[path]).pop()?.ok()?;
    (is_descriptor_set(&bytes) || guess::looks_like_proto(&bytes)).then_some(path)
}
