//! Versions in a scheme that says how big a change is: read, compared, raised.

use std::cmp::Ordering;
use std::fmt;

use crate::finding::Bump;

/// A version whose scheme is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Version {
    /// `1.4.0`, `1.4`, `v2`: as many numbers as were written, and a pre-release. Build metadata is not kept.
    Numbers {
        /// `v` or nothing.
        prefix: &'static str,
        /// Major, minor, patch; zero where not written.
        numbers: [u64; 3],
        /// How many were written, 1 to 3: what is not written cannot be raised.
        written: usize,
        /// The pre-release, if any.
        pre: Option<semver::Prerelease>,
    },
    /// The last component of a protobuf package: `v1`, `v1beta2`. Only names majors.
    Package {
        /// The major.
        major: u64,
        /// `alpha`, `beta` or `test`, and its number (0 where not written).
        stability: Option<(&'static str, u64)>,
    },
}

/// Years start here: a first number this large is a calendar version, which says nothing about size.
const FIRST_YEAR: u64 = 1900;

impl Version {
    /// Reads a version; `None` where its scheme says nothing about the size of a change (calendar versions, names).
    #[must_use]
    pub fn parse(text: &str, is_package: bool) -> Option<Self> {
        if is_package { Self::parse_package(text) } else { Self::parse_numbers(text) }
    }

    fn parse_numbers(text: &str) -> Option<Self> {
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
            Some("") => return None,
            Some(pre) => Some(semver::Prerelease::new(pre).ok()?),
            None => None,
        };
        Some(Self::Numbers { prefix, numbers, written: parts.len(), pre })
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

    /// Major, minor, patch of a numbered version.
    #[must_use]
    pub fn numbers(&self) -> Option<[u64; 3]> {
        match self {
            Self::Numbers { numbers, .. } => Some(*numbers),
            Self::Package { .. } => None,
        }
    }

    /// Whether it is a pre-release.
    #[must_use]
    pub fn is_pre_release(&self) -> bool {
        matches!(self, Self::Numbers { pre: Some(_), .. })
    }

    /// The smallest bump that the scheme can write down: an integer names majors only.
    #[must_use]
    pub fn smallest_bump(&self) -> Bump {
        match self {
            Self::Numbers { written: 3, .. } => Bump::Patch,
            Self::Numbers { written: 2, .. } => Bump::Minor,
            Self::Numbers { .. } | Self::Package { .. } => Bump::Major,
        }
    }

    /// The bump that leads from `self` to `new`; `None` when `new` is lower or of another scheme.
    #[must_use]
    pub fn bump_to(&self, new: &Self) -> Option<Bump> {
        match (self, new) {
            (Self::Numbers { numbers: old, pre: old_pre, .. }, Self::Numbers { numbers: new, pre: new_pre, .. }) => {
                match old.cmp(new) {
                    Ordering::Greater => None,
                    Ordering::Less if old[0] < new[0] => Some(Bump::Major),
                    Ordering::Less if old[1] < new[1] => Some(Bump::Minor),
                    Ordering::Less => Some(Bump::Patch),
                    Ordering::Equal => match (old_pre, new_pre) {
                        (None, Some(_)) => None,
                        (Some(old), Some(new)) if old > new => None,
                        (old, new) if old == new => Some(Bump::None),
                        // Before a version is final, anything may change.
                        _ => Some(Bump::Major),
                    },
                }
            }
            (Self::Package { .. }, Self::Package { .. }) => match self.package_rank().cmp(&new.package_rank()) {
                Ordering::Greater => None,
                Ordering::Equal => Some(Bump::None),
                Ordering::Less => Some(Bump::Major),
            },
            _ => None,
        }
    }

    /// Orders packages: the stable one follows the unstable ones of its major.
    fn package_rank(&self) -> (u64, u64, u64) {
        match self {
            Self::Numbers { numbers, .. } => (numbers[0], 2, 0),
            Self::Package { major, stability: None } => (*major, 2, 0),
            Self::Package { major, stability: Some(("beta", number)) } => (*major, 1, *number),
            Self::Package { major, stability: Some((_, number)) } => (*major, 0, *number),
        }
    }

    /// The final version that a bump leads to. A bump smaller than the scheme can write down leads nowhere; a
    /// pre-release leads to its own final version.
    #[must_use]
    pub fn raised(&self, bump: Bump) -> Self {
        if bump < self.smallest_bump() && !self.is_pre_release() {
            return self.clone();
        }
        match self {
            Self::Numbers { prefix, numbers, written, pre } => {
                let [major, minor, patch] = *numbers;
                let numbers = match bump {
                    _ if pre.is_some() => *numbers,
                    Bump::None => *numbers,
                    Bump::Patch => [major, minor, patch + 1],
                    Bump::Minor => [major, minor + 1, 0],
                    Bump::Major => [major + 1, 0, 0],
                };
                Self::Numbers { prefix, numbers, written: *written, pre: None }
            }
            Self::Package { major, stability: Some((word, number)) } => {
                Self::Package { major: *major, stability: Some((word, number + 1)) }
            }
            Self::Package { major, stability: None } => Self::Package { major: major + 1, stability: None },
        }
    }

    /// The next pre-release with `label` towards `self`, after `declared` if that is one of the same version already.
    ///
    /// `2.0.0` and `2.0.0-rc.1` give `2.0.0-rc.2`; `2.0.0` and `1.4.0` give `2.0.0-rc.1`.
    #[must_use]
    pub fn pre_release(&self, declared: &Self, label: &str) -> Option<Self> {
        let (Self::Numbers { prefix, numbers, .. }, Self::Numbers { numbers: declared_numbers, pre, .. }) =
            (self, declared)
        else {
            return None;
        };
        let last = pre.as_ref().filter(|_| declared_numbers == numbers).and_then(|pre| {
            let (word, number) = pre.as_str().rsplit_once('.')?;
            (word == label).then(|| number.parse::<u64>().ok()).flatten()
        });
        let pre = semver::Prerelease::new(&format!("{label}.{}", last.unwrap_or(0) + 1)).ok()?;
        Some(Self::Numbers { prefix, numbers: *numbers, written: 3, pre: Some(pre) })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Numbers { prefix, numbers, written, pre } => {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bump_leads_to_the_next_version_of_the_scheme() {
        let rows = [
            ("1.4.2", Bump::Minor, false, Some("1.5.0")),
            ("1.4.2", Bump::Major, false, Some("2.0.0")),
            ("1.4.2", Bump::Patch, false, Some("1.4.3")),
            ("1.4.2+build.5", Bump::Patch, false, Some("1.4.3")),
            ("1.4", Bump::Minor, false, Some("1.5")),
            ("1.4", Bump::Patch, false, Some("1.4")),
            ("v2", Bump::Major, false, Some("v3")),
            ("v2", Bump::Minor, false, Some("v2")),
            ("2.0.0-rc.1", Bump::Major, false, Some("2.0.0")),
            ("2024-05-01", Bump::Minor, false, None),
            ("2024.5.1", Bump::Minor, false, None),
            ("1.04.0", Bump::Minor, false, None),
            ("latest", Bump::Minor, false, None),
            ("v1", Bump::Major, true, Some("v2")),
            ("v1beta1", Bump::Major, true, Some("v1beta2")),
            ("v1", Bump::Minor, true, Some("v1")),
        ];
        for (version, bump, is_package, expected) in rows {
            let raised = Version::parse(version, is_package).map(|version| version.raised(bump).to_string());
            assert_eq!(raised.as_deref(), expected, "{version} {bump:?}");
        }
    }

    #[test]
    fn pre_releases_count_up_within_their_version_and_start_again_with_the_next() {
        let next = |target: &str, declared: &str| {
            let parse = |text| Version::parse(text, false).expect("a version");
            parse(target).pre_release(&parse(declared), "rc").expect("numbers").to_string()
        };
        assert_eq!(next("2.0.0", "2.0.0-rc.1"), "2.0.0-rc.2");
        assert_eq!(next("2.0.0", "1.4.0"), "2.0.0-rc.1");
        assert_eq!(next("2.0.0", "1.5.0-rc.3"), "2.0.0-rc.1");
        assert_eq!(next("2.0.0", "2.0.0-beta.3"), "2.0.0-rc.1");
    }
}
