//! The last released version, as the tags tell it.

use semver::Version;

use crate::finding::Problem;
use crate::source::load::repository::Repository;

/// A version tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// The tag as it is written: `v1.4.0`, `orders/v1.4.0`.
    pub tag: String,
    /// The version in it.
    pub version: Version,
}

/// The newest final version among the tags that HEAD contains.
///
/// Where `names` (a service, a contract's folder) has tags of its own (`orders/v1.4.0`, `orders-1.4.0`), those count;
/// otherwise plain ones (`v1.4.0`, `1.4.0`) do. Pre-releases are not releases.
///
/// # Errors
/// When git cannot be asked.
pub fn last_release(repository: &Repository, names: &[&str]) -> Result<Option<Release>, Problem> {
    Ok(releases(repository, names)?.pop())
}

/// All final versions among the tags that HEAD contains, the newest last; of which tags, see [`last_release`].
///
/// # Errors
/// When git cannot be asked.
pub fn releases(repository: &Repository, names: &[&str]) -> Result<Vec<Release>, Problem> {
    if repository.commit("HEAD")?.is_none() {
        return Ok(Vec::new());
    }
    let output = repository
        .run(&["for-each-ref", "--merged=HEAD", "--format=%(refname:strip=2)", "refs/tags"])
        .map_err(|failure| failure.into_problem("list the tags"))?;
    let text = String::from_utf8_lossy(&output);
    let of = |wanted: &str| {
        let mut found: Vec<Release> = text
            .lines()
            .filter_map(|tag| {
                let (prefix, version) = split_tag(tag)?;
                (prefix == wanted && version.pre.is_empty()).then(|| Release { tag: tag.to_owned(), version })
            })
            .collect();
        found.sort_by(|a, b| a.version.cmp_precedence(&b.version).then_with(|| a.tag.cmp(&b.tag)));
        found
    };
    let own = names.iter().map(|name| of(name)).find(|found| !found.is_empty());
    Ok(own.unwrap_or_else(|| of("")))
}

/// Takes a tag apart: the name before the version, without the separator and the `v`, and the version.
fn split_tag(tag: &str) -> Option<(&str, Version)> {
    // The version starts after the last separator that leaves something that parses.
    let starts = std::iter::once(0).chain(tag.match_indices(['/', '-', '@', '_']).map(|(at, _)| at + 1));
    let mut starts = starts;
    starts.find_map(|start| {
        let text = tag[start..].strip_prefix('v').unwrap_or(&tag[start..]);
        let version = Version::parse(text).ok()?;
        Some((tag[..start].trim_end_matches(['/', '-', '@', '_']), version))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_name_what_they_release() {
        let split = |tag| split_tag(tag).map(|(name, version)| (name.to_owned(), version.to_string()));
        assert_eq!(split("v1.4.0"), Some((String::new(), "1.4.0".into())));
        assert_eq!(split("1.4.0-rc.1"), Some((String::new(), "1.4.0-rc.1".into())));
        assert_eq!(split("orders/v1.4.0"), Some(("orders".into(), "1.4.0".into())));
        assert_eq!(split("order-api-1.4.0"), Some(("order-api".into(), "1.4.0".into())));
        assert_eq!(split("nightly"), None);
        assert_eq!(split("v2"), None);
    }
}
