//! What a `Cargo.toml` says about versions.

/// The parts of a manifest that a release looks at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CargoManifest {
    /// The crate's name; `None` for the manifest of a workspace alone.
    pub name: Option<String>,
    /// The version that stands there.
    pub version: Option<String>,
    /// Whether it is the workspace's: `version.workspace = true`.
    pub inherits_version: bool,
    /// Whether it is the root of a workspace.
    pub is_workspace: bool,
    /// The version that crates of the workspace inherit.
    pub workspace_version: Option<String>,
}

impl CargoManifest {
    /// Reads a manifest; one that cannot be read says nothing.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let Ok(document) = toml_edit::Document::parse(text) else { return Self::default() };
        let at = |path: &[&str]| path.iter().try_fold(document.as_item(), |item, key| item.get(key));
        let text = |path: &[&str]| at(path).and_then(toml_edit::Item::as_str).map(str::to_owned);
        Self {
            name: text(&["package", "name"]),
            version: text(&["package", "version"]),
            inherits_version: at(&["package", "version", "workspace"]).and_then(toml_edit::Item::as_bool) == Some(true),
            is_workspace: at(&["workspace"]).is_some(),
            workspace_version: text(&["workspace", "package", "version"]),
        }
    }

    /// Whether the crate's version stands in another manifest, further up.
    #[must_use]
    pub fn version_is_above(&self) -> bool {
        self.inherits_version && self.workspace_version.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_may_be_inherited_in_two_spellings() {
        for line in ["version.workspace = true", "version = { workspace = true }"] {
            let read = CargoManifest::parse(&format!("[package]\nname = \"a\"\n{line}\n"));
            assert!(read.version_is_above(), "{line}");
            assert_eq!((read.name.as_deref(), read.version), (Some("a"), None));
        }
        let root = CargoManifest::parse(
            "[package]\nname = \"a\"\nversion.workspace = true\n[workspace.package]\nversion = \"1.4.0\"\n",
        );
        assert!(root.inherits_version && root.is_workspace && !root.version_is_above());
        assert_eq!(CargoManifest::parse("[package\n"), CargoManifest::default());
    }
}
