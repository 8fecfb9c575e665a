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

/// How versions before 1.0 are counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ZeroVersions {
    /// As Cargo does: a break is a minor version, anything else a patch; in `0.0.z` everything is a patch.
    #[default]
    Cargo,
    /// As from 1.0 on: a break leads to `1.0.0`.
    Strict,
    /// Anything may change in a patch.
    Free,
}

impl ZeroVersions {
    /// As the project file writes it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Cargo => "cargo",
            Self::Strict => "strict",
            Self::Free => "free",
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
    /// Raised as far as is required.
    Enough,
    /// Raised further than anything that changed requires.
    TooLarge {
        /// The version that the required bump leads to; the next patch where nothing is required.
        next: String,
    },
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
/// | released | [`ZeroVersions`] | break | addition | other |
/// |---|---|---|---|---|
/// | `x.y.z` | any | major | minor | patch |
/// | `0.y.z` | `cargo` | minor | patch | patch |
/// | `0.0.z` | `cargo` | patch | patch | patch |
/// | `0.y.z` | `strict` | major | minor | patch |
/// | `0.y.z` | `free` | patch | patch | patch |
#[must_use]
pub fn required_for(required: Bump, released: Option<&str>, is_package: bool, zero: ZeroVersions) -> Bump {
    let numbers = released.and_then(|text| Version::parse(text, is_package)).and_then(|version| version.numbers());
    match (numbers, zero, required) {
        (Some([0, ..]), ZeroVersions::Free, _) | (Some([0, 0, _]), ZeroVersions::Cargo, _) => required.min(Bump::Patch),
        (Some([0, ..]), ZeroVersions::Cargo, Bump::Major) => Bump::Minor,
        (Some([0, ..]), ZeroVersions::Cargo, Bump::Minor) => Bump::Patch,
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
        // A patch is always free: what a contract promises is not all that a release brings.
        Some(declared) if declared > required.max(Bump::Patch).max(old.smallest_bump()) && counts(&old, &new) => {
            VersionState::TooLarge { next: old.raised(required.max(Bump::Patch)).to_string() }
        }
        Some(_) => VersionState::Enough,
    }
}

/// Whether the step between two versions says how big a change is: a pre-release, a package that becomes stable, and
/// the first 1.0.0 are made for other reasons.
fn counts(old: &Version, new: &Version) -> bool {
    let is_first = |old: [u64; 3], new: [u64; 3]| old[0] == 0 && new == [1, 0, 0];
    let is_pre_release = old.is_pre_release() || new.is_pre_release();
    old.numbers().zip(new.numbers()).is_some_and(|(old, new)| !is_first(old, new)) && !is_pre_release
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn before_one_point_zero_the_bumps_are_one_smaller() {
        let required = |bump, released| required_for(bump, Some(released), false, ZeroVersions::Cargo);
        assert_eq!(required(Bump::Major, "0.3.1"), Bump::Minor);
        assert_eq!(required(Bump::Minor, "0.3.1"), Bump::Patch);
        assert_eq!(required(Bump::None, "0.3.1"), Bump::None);
        assert_eq!(required(Bump::Major, "0.0.7"), Bump::Patch);
        assert_eq!(required(Bump::Major, "1.0.0"), Bump::Major);
    }

    #[test]
    fn before_one_point_zero_the_settings_may_count_as_after_it_or_not_at_all() {
        let rows = [
            (ZeroVersions::Strict, Bump::Major, "0.3.1", Bump::Major),
            (ZeroVersions::Strict, Bump::Minor, "0.0.7", Bump::Minor),
            (ZeroVersions::Free, Bump::Major, "0.3.1", Bump::Patch),
            (ZeroVersions::Free, Bump::None, "0.3.1", Bump::None),
            (ZeroVersions::Free, Bump::Major, "1.0.0", Bump::Major),
        ];
        for (zero, bump, released, expected) in rows {
            assert_eq!(required_for(bump, Some(released), false, zero), expected, "{zero:?} {bump:?} {released}");
        }
    }

    #[test]
    fn declared_versions_are_judged_against_what_is_required() {
        let next = |text: &str| text.to_owned();
        let rows = [
            ("1.4.0", "1.4.0", Bump::Minor, false, VersionState::Unchanged { next: Some(next("1.5.0")) }),
            ("1.4.0", "1.4.1", Bump::Minor, false, VersionState::TooSmall { next: next("1.5.0") }),
            ("1.4.0", "2.0.0", Bump::Minor, false, VersionState::TooLarge { next: next("1.5.0") }),
            ("1.4.0", "1.5.0", Bump::None, false, VersionState::TooLarge { next: next("1.4.1") }),
            ("1.4.0", "1.4.1", Bump::None, false, VersionState::Enough),
            ("1.4", "1.5", Bump::None, false, VersionState::Enough),
            ("1.4.0", "2.0.0-rc.1", Bump::Minor, false, VersionState::Enough),
            ("0.9.2", "1.0.0", Bump::Patch, false, VersionState::Enough),
            ("0.9.2", "0.10.0", Bump::Patch, false, VersionState::TooLarge { next: next("0.9.3") }),
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
