//! The changes that belong to no format: declared versions, waivers, and a base that
//! cannot be read.

use crate::change::{ChangeKind, FactDecl};

/// The declared version is still the released one although something changed.
pub(crate) const VERSION_UNCHANGED: ChangeKind = ChangeKind::new("version", "version-unchanged", &[]);

/// The declared version was raised, but not far enough.
pub(crate) const VERSION_TOO_SMALL: ChangeKind =
    ChangeKind::new("version", "version-too-small", &[FactDecl::one_of("required", &["patch", "minor", "major"])]);

/// The declared version was raised further than anything that changed requires.
pub(crate) const VERSION_TOO_LARGE: ChangeKind = ChangeKind::new("version", "version-too-large", &[]);

/// The declared version is lower than the released one.
pub(crate) const VERSION_LOWERED: ChangeKind = ChangeKind::new("version", "version-lowered", &[]);

/// The base could not be read, and the run was told to go on.
pub(crate) const BASE_BROKEN: ChangeKind = ChangeKind::new("input", "base-broken", &[]);

/// A waiver's last day has passed.
pub(crate) const WAIVER_EXPIRED: ChangeKind = ChangeKind::new("waiver", "waiver-expired", &[]);

/// A waiver means no finding of this run.
pub(crate) const WAIVER_UNUSED: ChangeKind = ChangeKind::new("waiver", "waiver-unused", &[]);

/// All of them, for the exactly-one-rule test.
pub const KINDS: &[&ChangeKind] = &[
    &VERSION_UNCHANGED,
    &VERSION_TOO_SMALL,
    &VERSION_TOO_LARGE,
    &VERSION_LOWERED,
    &BASE_BROKEN,
    &WAIVER_EXPIRED,
    &WAIVER_UNUSED,
];
