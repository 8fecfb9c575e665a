//! Which `[[contracts]]` entry speaks of a contract.

use crate::config::file::ContractSection;
use crate::config::load::Project;

impl Project {
    /// The entry for a contract, by its path inside the project: the one that names it, else the first whose folder or
    /// glob has it.
    #[must_use]
    pub fn section_of(&self, path: &str) -> Option<&ContractSection> {
        let sections = &self.file.contracts;
        let named = sections.iter().find(|section| plain(&section.path) == path);
        named.or_else(|| sections.iter().find(|section| section.has(path)))
    }
}

impl ContractSection {
    /// Whether its folder or glob has a path inside the project.
    fn has(&self, path: &str) -> bool {
        let folder = plain(&self.path);
        let is_below = path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
        let matches = || globset::Glob::new(folder).is_ok_and(|glob| glob.compile_matcher().is_match(path));
        folder.is_empty() || is_below || matches()
    }
}

/// A path as contracts have it: `./api/` is `api`, `.` the whole project.
fn plain(path: &str) -> &str {
    let path = path.strip_prefix("./").unwrap_or(path).trim_end_matches('/');
    if path == "." { "" } else { path }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_entry_that_names_a_contract_comes_before_those_that_have_it() {
        let entries = ["services/*.yaml", "./proto/", "services/orders.yaml", "legacy"];
        let text: String = entries.iter().map(|path| format!("[[contracts]]\npath = \"{path}\"\n")).collect();
        let project = crate::config::parse("/repo/counterpart.toml".into(), "counterpart.toml", &text).expect("reads");
        let of = |path: &str| project.section_of(path).map(|section| section.path.as_str());
        assert_eq!(of("services/orders.yaml"), Some("services/orders.yaml"));
        assert_eq!(of("services/invoices.yaml"), Some("services/*.yaml"));
        assert_eq!(of("proto"), Some("./proto/"));
        assert_eq!(of("legacy/a/b.yaml"), Some("legacy"));
        assert_eq!(of("legacy-2/b.yaml"), None);
    }
}
