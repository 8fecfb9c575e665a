//! The last released version, as the tags tell it.

use semver::Version;

use crate::finding::Problem;
use crate::source::load::repository::Repository;

/// A version tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// The tag as it is written: `v1.4.0`, `orders/v1.4.0`.
    pub tag: String,
    /// The version in it, without a leading `v`.
    pub version: String,
}

/// The newest final version among the tags that HEAD contains and that are written as `template` says
/// (`orders-{version}`).
///
/// Versions of any scheme whose numbers grow count, calendar versions too (`2026-05-01`). What has a label behind its
/// numbers (`2.0.0-rc.1`) is no release.
///
/// # Errors
/// When git cannot be asked.
pub fn last_release_like(repository: &Repository, template: &str) -> Result<Option<Release>, Problem> {
    let Some((before, after)) = template.split_once("{version}") else { return Ok(None) };
    let of = |tag: &str| {
        let version = tag.strip_prefix(before)?.strip_suffix(after)?;
        let version = version.strip_prefix('v').unwrap_or(version);
        Some((numbers(version)?, tag.to_owned(), version.to_owned()))
    };
    let newest = tags_of_head(repository)?.lines().filter_map(of).max();
    Ok(newest.map(|(_, tag, version)| Release { tag, version }))
}

/// The numbers of a version that has nothing else: `[1, 4, 0]`, `[2026, 5, 1]`.
fn numbers(version: &str) -> Option<Vec<u64>> {
    let without_build = version.split('+').next().unwrap_or_default();
    without_build.split(['.', '-']).map(|part| part.parse().ok()).collect()
}

/// The tags that HEAD contains, a line each; none before the first commit.
fn tags_of_head(repository: &Repository) -> Result<String, Problem> {
    if repository.commit("HEAD")?.is_none() {
        return Ok(String::new());
    }
    let output = repository
        .run(&["for-each-ref", "--merged=HEAD", "--format=%(refname:strip=2)", "refs/tags"])
        .map_err(|failure| failure.into_problem("list the tags"))?;
    Ok(String::from_utf8_lossy(&output).into_owned())
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
    let text = tags_of_head(repository)?;
    let of = |wanted: &str| {
        let mut found: Vec<(Version, &str)> = text
            .lines()
            .filter_map(|tag| {
                let (prefix, version) = split_tag(tag)?;
                (prefix == wanted && version.pre.is_empty()).then_some((version, tag))
            })
            .collect();
        found.sort_by(|a, b| a.0.cmp_precedence(&b.0).then_with(|| a.1.cmp(b.1)));
        let release = |(version, tag): (Version, &str)| Release { tag: tag.to_owned(), version: version.to_string() };
        found.into_iter().map(release).collect::<Vec<_>>()
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
