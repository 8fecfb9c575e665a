//! Which files may be contracts, judged by name alone; the formats then look at the content.

/// Extensions of files that may be contracts or settle how contracts are read (`buf.yaml`).
const EXTENSIONS: &[&str] = &["proto", "yaml", "yml", "json", "binpb", "protoset", "pb", "avsc", "graphql", "graphqls"];

/// Whether a file inside a tree may be a contract.
///
/// Hidden files and folders and `node_modules` are left out everywhere, so that a working tree, a revision and an
/// archive of the same project offer the same files. A file that was named itself is never asked.
#[must_use]
pub fn is_candidate(path: &str) -> bool {
    has_contract_extension(path) && path.split('/').all(|part| !part.starts_with('.') && part != "node_modules")
}

/// Whether the extension alone allows a contract.
pub(crate) fn has_contract_extension(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').is_some_and(|(stem, extension)| {
        !stem.is_empty() && EXTENSIONS.iter().any(|known| extension.eq_ignore_ascii_case(known))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_and_vendored_files_are_no_candidates() {
        assert!(is_candidate("api/orders.yaml"));
        assert!(is_candidate("Api.JSON"));
        assert!(!is_candidate(".github/workflows/ci.yaml"));
        assert!(!is_candidate("web/node_modules/x/package.json"));
        assert!(!is_candidate("src/main.rs"));
        assert!(!is_candidate(".yaml"));
    }
}
