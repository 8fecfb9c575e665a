//! The crates of a Cargo workspace on the disk.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use ignore::WalkBuilder;

use crate::bump::CargoManifest;

/// The manifest from which the crate of another takes its version: the nearest above it, inside `root`, that has one to
/// give. A workspace without one ends the search, as it does for Cargo.
pub(crate) fn workspace_of(manifest: &Utf8Path, root: &Utf8Path) -> Option<Utf8PathBuf> {
    let folders = manifest.parent()?.ancestors().skip(1).take_while(|folder| folder.starts_with(root));
    for path in folders.map(|folder| folder.join("Cargo.toml")) {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let read = CargoManifest::parse(&text);
        if read.is_workspace {
            return read.workspace_version.is_some().then_some(path);
        }
    }
    None
}

/// The names of the crates in and below a workspace's folder that inherit its version, sorted. Other workspaces below it
/// are left out, and so is what git ignores.
pub(crate) fn inheriting_crates(folder: &Utf8Path) -> Vec<String> {
    let own = folder.join("Cargo.toml");
    let is_other_workspace = move |path: &std::path::Path| {
        path != own.parent().map_or(path, Utf8Path::as_std_path)
            && std::fs::read_to_string(path.join("Cargo.toml"))
                .is_ok_and(|text| CargoManifest::parse(&text).is_workspace)
    };
    let walk = WalkBuilder::new(folder)
        .require_git(false)
        .filter_entry(move |entry| {
            let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
            entry.file_name() != "target" && !(is_folder && is_other_workspace(entry.path()))
        })
        .build();
    let mut names = BTreeSet::new();
    for entry in walk.flatten().filter(|entry| entry.file_name() == "Cargo.toml") {
        let Ok(text) = std::fs::read_to_string(entry.path()) else { continue };
        let read = CargoManifest::parse(&text);
        names.extend(read.name.filter(|_| read.inherits_version));
    }
    names.into_iter().collect()
}
