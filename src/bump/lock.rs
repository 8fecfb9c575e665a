//! Lock files that repeat the version of the manifest beside them: a build with `--locked` or `npm ci` refuses others.

use crate::bump::cargo::CargoManifest;
use crate::bump::target::{Place, Target};

/// A lock file that may repeat a manifest's version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// Its name.
    pub name: &'static str,
    /// Whether it may stand in a folder above the manifest: that of a workspace.
    pub is_above: bool,
}

/// The lock file of a manifest; `None` for files that have none.
#[must_use]
pub fn lock_beside(manifest: &str) -> Option<Lock> {
    match manifest.rsplit('/').next()? {
        "Cargo.toml" => Some(Lock { name: "Cargo.lock", is_above: true }),
        "package.json" => Some(Lock { name: "package-lock.json", is_above: false }),
        _ => None,
    }
}

impl Lock {
    /// The places in the lock file that repeat the version of the manifest. Where that is the version of a workspace,
    /// those of all the crates that inherit it, which the caller looks up.
    #[must_use]
    pub fn targets(&self, path: &str, manifest: &str, inheriting: impl FnOnce() -> Vec<String>) -> Vec<Target> {
        let target = |place: Place| Target { path: path.to_owned(), place };
        if self.name == "Cargo.lock" {
            let crates = match CargoManifest::parse(manifest) {
                CargoManifest { version: Some(_), name: Some(name), .. } => vec![name],
                CargoManifest { workspace_version: Some(_), .. } => inheriting(),
                _ => Vec::new(),
            };
            return crates.into_iter().map(|name| target(Place::LockedCrate(name))).collect();
        }
        let keys = |keys: &[&str]| target(Place::Document(keys.iter().map(|key| (*key).to_owned()).collect()));
        vec![keys(&["version"]), keys(&["packages", "", "version"])]
    }
}
