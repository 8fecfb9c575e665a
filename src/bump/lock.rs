//! Lock files that repeat the version of the manifest beside them: a build with `--locked` or `npm ci` refuses others.

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
    /// The places in the lock file that repeat the version of the package that the manifest names; empty where the
    /// manifest names none or takes its version from a workspace.
    #[must_use]
    pub fn targets(&self, path: &str, manifest: &str) -> Vec<Target> {
        let target = |place: Place| Target { path: path.to_owned(), place };
        if self.name == "Cargo.lock" {
            let Ok(document) = toml_edit::Document::parse(manifest) else { return Vec::new() };
            let package = document.get("package");
            let text = |key: &str| package.and_then(|package| package.get(key)).and_then(toml_edit::Item::as_str);
            return match (text("name"), text("version")) {
                (Some(name), Some(_)) => vec![target(Place::LockedCrate(name.to_owned()))],
                _ => Vec::new(),
            };
        }
        let keys = |keys: &[&str]| target(Place::Document(keys.iter().map(|key| (*key).to_owned()).collect()));
        vec![keys(&["version"]), keys(&["packages", "", "version"])]
    }
}
