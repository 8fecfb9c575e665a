//! Declared versions: what a difference requires of them, and whether they follow.
//!
//! Only schemes that say how big a change is are compared: semantic versions (also `1.4` and `v2`), and the versions of
//! protobuf packages (`v1`, `v1beta2`). A calendar version or anything else is never guessed at.

use std::fmt;

use crate::finding::Bump;

/// How a declared version relates to what the difference requires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VersionState {
    /// Not declared on both sides, or in a scheme that says nothing about size.
    Incomparable,
    /// Still the released version; the next one is named where something requires one.
    Unchanged {
        /// The version that the required bump leads to.
        next: Option<String>,
    },
    /// Raised far enough.
    Enough,
    /// Raised, but not far enough.
    TooSmall {
        /// The version that the required bump leads to.
        next: String,
    },
    /// Lowered.
    Lowered,
}

/// A version in a scheme that can be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Known {
    /// `1.4.0`, `1.4`, `v2`: the numbers, how many were written, the pre-release.
    Semantic { prefix: &'static str, numbers: [u64; 3], written: usize, pre: Option<semver::Prerelease> },
    /// `v1`, `v1beta2`: major, stability word and its number.
    Package { major: u64, stability: Option<(&'static str, u64)> },
}

/// Years start here; a first number this large is a calendar version.
const FIRST_YEAR: u64 = 1900;

impl Known {
    fn parse(text: &str, is_package: bool) -> Option<Self> {
        if is_package {
            return Self::parse_package(text);
        }
        let (prefix, rest) = text.strip_prefix('v').map_or(("", text), |rest| ("v", rest));
        let without_build = rest.split('+').next().unwrap_or_default();
        let (core, pre) = without_build.split_once('-').map_or((without_build, None), |(core, pre)| (core, Some(pre)));
        let parts = core.split('.').map(parse_number).collect::<Option<Vec<_>>>()?;
        if parts.len() > 3 || parts[0] >= FIRST_YEAR {
            return None;
        }
        let mut numbers = [0; 3];
        numbers[..parts.len()].copy_from_slice(&parts);
        let pre = match pre {
            Some(pre) => Some(semver::Prerelease::new(pre).ok()?),
            None => None,
        };
        Some(Self::Semantic { prefix, numbers, written: parts.len(), pre })
    }

    fn parse_package(text: &str) -> Option<Self> {
        let rest = text.strip_prefix('v')?;
        for word in ["alpha", "beta", "test"] {
            if let Some((major, number)) = rest.split_once(word) {
                let number = if number.is_empty() { 0 } else { parse_number(number)? };
                return Some(Self::Package { major: parse_number(major)?, stability: Some((word, number)) });
            }
        }
        Some(Self::Package { major: parse_number(rest)?, stability: None })
    }

    /// The bump that leads from `self` to `new`; `None` when `new` is lower or of another scheme.
    fn bump_to(&self, new: &Self) -> Option<Bump> {
        match (self, new) {
            (Self::Semantic { numbers: old, pre: old_pre, .. }, Self::Semantic { numbers: new, pre: new_pre, .. }) => {
                let bump = match old.cmp(new) {
                    std::cmp::Ordering::Greater => return None,
                    std::cmp::Ordering::Equal => match (old_pre, new_pre) {
                        (None, None) => Bump::None,
                        (None, Some(_)) => return None,
                        (Some(old), Some(new)) if old > new => return None,
                        (Some(old), Some(new)) if old == new => Bump::None,
                        // Before a version is final, anything may change.
                        (Some(_), _) => Bump::Major,
                    },
                    std::cmp::Ordering::Less if old[0] < new[0] => Bump::Major,
                    std::cmp::Ordering::Less if old[1] < new[1] => Bump::Minor,
                    std::cmp::Ordering::Less => Bump::Patch,
                };
                Some(bump)
            }
            (Self::Package { major: old, stability: old_word }, Self::Package { major: new, stability: new_word }) => {
                // A stable package follows the unstable ones of its major.
                let rank = |word: &Option<(&str, u64)>| match word {
                    Some(("beta", number)) => (1, *number),
                    Some((_, number)) => (0, *number),
                    None => (2, 0),
                };
                match (old, rank(old_word)).cmp(&(new, rank(new_word))) {
                    std::cmp::Ordering::Greater => None,
                    std::cmp::Ordering::Equal => Some(Bump::None),
                    std::cmp::Ordering::Less => Some(Bump::Major),
                }
            }
            _ => None,
        }
    }

    /// The version that a bump leads to.
    fn raised(&self, bump: Bump) -> Self {
        match self {
            Self::Semantic { prefix, numbers, written, pre } => {
                let [major, minor, patch] = *numbers;
                // The final version after a pre-release is its own core, whatever changed since.
                let numbers = match bump {
                    _ if pre.is_some() => *numbers,
                    Bump::None => *numbers,
                    Bump::Patch => [major, minor, patch + 1],
                    Bump::Minor => [major, minor + 1, 0],
                    Bump::Major => [major + 1, 0, 0],
                };
                let needed = match bump {
                    Bump::None | Bump::Major => 1,
                    Bump::Minor => 2,
                    Bump::Patch => 3,
                };
                Self::Semantic { prefix, numbers, written: (*written).max(needed), pre: None }
            }
            Self::Package { major, stability } => match stability {
                _ if bump < Bump::Major => self.clone(),
                Some((word, number)) => Self::Package { major: *major, stability: Some((word, number + 1)) },
                None => Self::Package { major: major + 1, stability: None },
            },
        }
    }
}

impl fmt::Display for Known {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Semantic { prefix, numbers, written, pre } => {
                let numbers: Vec<_> = numbers[..*written].iter().map(u64::to_string).collect();
                write!(formatter, "{prefix}{}", numbers.join("."))?;
                pre.as_ref().map_or(Ok(()), |pre| write!(formatter, "-{pre}"))
            }
            Self::Package { major, stability: None } => write!(formatter, "v{major}"),
            Self::Package { major, stability: Some((word, 0)) } => write!(formatter, "v{major}{word}"),
            Self::Package { major, stability: Some((word, number)) } => write!(formatter, "v{major}{word}{number}"),
        }
    }
}

/// Leading zeros and signs are not semantic versions.
fn parse_number(text: &str) -> Option<u64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text.len() == 1 || !text.starts_with('0'));
    if is_plain { text.parse().ok() } else { None }
}

/// What a difference requires of a version, by the rules of its major.
///
/// | released | break | addition | other |
/// |---|---|---|---|
/// | `x.y.z` | major | minor | patch |
/// | `0.y.z` | minor | patch | patch |
/// | `0.0.z` | patch | patch | patch |
/// | package `v1` | major | none | none |
#[must_use]
pub fn required_for(required: Bump, released: Option<&str>, is_package: bool) -> Bump {
    match released.and_then(|text| Known::parse(text, is_package)) {
        Some(Known::Semantic { numbers: [0, 0, _], .. }) => required.min(Bump::Patch),
        Some(Known::Semantic { numbers: [0, ..], .. }) => match required {
            Bump::Major => Bump::Minor,
            Bump::Minor | Bump::Patch => Bump::Patch,
            Bump::None => Bump::None,
        },
        _ => required,
    }
}

/// What two declared versions amount to; `None` where they cannot be compared or the second is lower.
#[must_use]
pub fn declared_bump(released: Option<&str>, new: Option<&str>, is_package: bool) -> Option<Bump> {
    let (old, new) = (Known::parse(released?, is_package)?, Known::parse(new?, is_package)?);
    old.bump_to(&new)
}

/// The version that a bump leads to, where the scheme is known.
#[must_use]
pub fn next_version(released: &str, required: Bump, is_package: bool) -> Option<String> {
    Known::parse(released, is_package).map(|known| known.raised(required).to_string())
}

/// How the declared versions relate to what is required (already adjusted by [`required_for`]).
#[must_use]
pub fn version_state(released: Option<&str>, new: Option<&str>, required: Bump, is_package: bool) -> VersionState {
    let known = |text: Option<&str>| text.and_then(|text| Known::parse(text, is_package));
    let (Some(old), Some(new)) = (known(released), known(new)) else { return VersionState::Incomparable };
    // A package version cannot name anything smaller than a major.
    let required = if is_package && required < Bump::Major { Bump::None } else { required };
    let next = old.raised(required).to_string();
    match old.bump_to(&new) {
        None => VersionState::Lowered,
        Some(Bump::None) => VersionState::Unchanged { next: (required > Bump::None).then_some(next) },
        Some(declared) if declared < required => VersionState::TooSmall { next },
        Some(_) => VersionState::Enough,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bump_leads_to_the_next_version_of_the_scheme() {
        let rows = [
            ("1.4.2", Bump::Minor, false, Some("1.5.0")),
            ("1.4.2", Bump::Major, false, Some("2.0.0")),
            ("1.4.2", Bump::Patch, false, Some("1.4.3")),
            ("1.4", Bump::Minor, false, Some("1.5")),
            ("v2", Bump::Major, false, Some("v3")),
            ("v2", Bump::Minor, false, Some("v2.1")),
            ("2.0.0-rc.1", Bump::Major, false, Some("2.0.0")),
            ("2024-05-01", Bump::Minor, false, None),
            ("2024.5.1", Bump::Minor, false, None),
            ("latest", Bump::Minor, false, None),
            ("v1", Bump::Major, true, Some("v2")),
            ("v1beta1", Bump::Major, true, Some("v1beta2")),
            ("v1", Bump::Minor, true, Some("v1")),
        ];
        for (version, bump, is_package, expected) in rows {
            assert_eq!(next_version(version, bump, is_package).as_deref(), expected, "{version} {bump:?}");
        }
    }

    #[test]
    fn before_one_point_zero_the_bumps_are_one_smaller() {
        assert_eq!(required_for(Bump::Major, Some("0.3.1"), false), Bump::Minor);
        assert_eq!(required_for(Bump::Minor, Some("0.3.1"), false), Bump::Patch);
        assert_eq!(required_for(Bump::Major, Some("0.0.7"), false), Bump::Patch);
        assert_eq!(required_for(Bump::Major, Some("1.0.0"), false), Bump::Major);
    }

    #[test]
    fn declared_versions_are_judged_against_what_is_required() {
        let next = |text: &str| text.to_owned();
        let rows = [
            ("1.4.0", "1.4.0", Bump::Minor, false, VersionState::Unchanged { next: Some(next("1.5.0")) }),
            ("1.4.0", "1.4.1", Bump::Minor, false, VersionState::TooSmall { next: next("1.5.0") }),
            ("1.4.0", "2.0.0", Bump::Minor, false, VersionState::Enough),
            ("1.4.0", "1.3.0", Bump::None, false, VersionState::Lowered),
            ("2.0.0-rc.1", "2.0.0-rc.2", Bump::Major, false, VersionState::Enough),
            ("v1", "v1", Bump::Minor, true, VersionState::Unchanged { next: None }),
            ("v1", "v1", Bump::Major, true, VersionState::Unchanged { next: Some(next("v2")) }),
            ("v1beta1", "v1", Bump::Major, true, VersionState::Enough),
            ("2023-01-01", "2023-02-01", Bump::Major, false, VersionState::Incomparable),
        ];
        for (old, new, required, is_package, expected) in rows {
            assert_eq!(version_state(Some(old), Some(new), required, is_package), expected, "{old} → {new}");
        }
    }
}
