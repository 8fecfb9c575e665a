//! Declared versions: what a difference requires of them, and whether they follow.
//!
//! Only schemes that say how big a change is are compared: semantic versions (also `1.4` and `v2`), and the versions of
//! protobuf packages (`v1`, `v1beta2`). A calendar version or anything else is never guessed at.

mod scheme;

pub use scheme::Version;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::Bump;

/// How the version numbers of a contract are written and counted, where a project says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum VersionScheme {
    /// `1.4.0`, with or without a leading `v`.
    Semver,
    /// `1.4`: there are no patches.
    MajorMinor,
    /// `4`: every break counts one up, nothing else does.
    Integer,
    /// `2026.11` or `2026-11-21`: the date of the release. A break needs a new contract beside the old one.
    Calver,
    /// No versions: nothing is compared or written.
    None,
}

impl VersionScheme {
    /// As the project file writes it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Semver => "semver",
            Self::MajorMinor => "major-minor",
            Self::Integer => "integer",
            Self::Calver => "calver",
            Self::None => "none",
        }
    }
}

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

/// What a difference requires of a version, by the rules of its major.
///
/// | released | break | addition | other |
/// |---|---|---|---|
/// | `x.y.z` | major | minor | patch |
/// | `0.y.z` | minor | patch | patch |
/// | `0.0.z` | patch | patch | patch |
#[must_use]
pub fn required_for(required: Bump, released: Option<&str>, is_package: bool) -> Bump {
    let numbers = released.and_then(|text| Version::parse(text, is_package)).and_then(|version| version.numbers());
    match (numbers, required) {
        (Some([0, 0, _]), _) => required.min(Bump::Patch),
        (Some([0, ..]), Bump::Major) => Bump::Minor,
        (Some([0, ..]), Bump::Minor) => Bump::Patch,
        _ => required,
    }
}

/// What two declared versions amount to; `None` where they cannot be compared or the second is lower.
#[must_use]
pub fn declared_bump(released: Option<&str>, new: Option<&str>, is_package: bool) -> Option<Bump> {
    Version::parse(released?, is_package)?.bump_to(&Version::parse(new?, is_package)?)
}

/// The version that a bump leads to, where the scheme is known.
#[must_use]
pub fn next_version(released: &str, required: Bump, is_package: bool) -> Option<String> {
    Version::parse(released, is_package).map(|version| version.raised(required).to_string())
}

/// How the declared versions relate to what is required (already adjusted by [`required_for`]).
#[must_use]
pub fn version_state(released: Option<&str>, new: Option<&str>, required: Bump, is_package: bool) -> VersionState {
    let known = |text: Option<&str>| text.and_then(|text| Version::parse(text, is_package));
    let (Some(old), Some(new)) = (known(released), known(new)) else { return VersionState::Incomparable };
    // What the scheme cannot write down cannot be asked of it.
    let required = if required < old.smallest_bump() { Bump::None } else { required };
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
    fn before_one_point_zero_the_bumps_are_one_smaller() {
        assert_eq!(required_for(Bump::Major, Some("0.3.1"), false), Bump::Minor);
        assert_eq!(required_for(Bump::Minor, Some("0.3.1"), false), Bump::Patch);
        assert_eq!(required_for(Bump::None, Some("0.3.1"), false), Bump::None);
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
            ("1.4", "1.4", Bump::Patch, false, VersionState::Unchanged { next: None }),
            ("v2", "v2", Bump::Minor, false, VersionState::Unchanged { next: None }),
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
