//! Enums and their values.

use crate::change::{ChangeKind, FactDecl};
use crate::formats::protobuf::kinds::{DEPRECATION, kind};

const ENUM_TYPE: FactDecl = FactDecl::one_of("type", &["open", "closed"]);

/// Open or closed.
pub(crate) static ENUM_TYPE_CHANGED: ChangeKind =
    kind("enum-type-changed", &[FactDecl::one_of("to", &["open", "closed"])]);

/// Another value is listed first, which is what a reader without presence, or of proto2, takes for an absent field.
pub(crate) static ENUM_DEFAULT_CHANGED: ChangeKind = kind("enum-default-changed", &[]);

/// A number has no name any more.
pub(crate) static ENUM_VALUE_REMOVED: ChangeKind = kind(
    "enum-value-removed",
    &[ENUM_TYPE, FactDecl::boolean("number-reserved"), FactDecl::boolean("name-reserved"), DEPRECATION],
);

/// A number has a name for the first time.
pub(crate) static ENUM_VALUE_ADDED: ChangeKind = kind("enum-value-added", &[ENUM_TYPE]);

/// A number has another name, and none of the old ones.
pub(crate) static ENUM_VALUE_RENAMED: ChangeKind = kind("enum-value-renamed", &[]);

/// Values kept their names and have other numbers.
pub(crate) static ENUM_VALUE_RENUMBERED: ChangeKind =
    kind("enum-value-renumbered", &[FactDecl::one_of("shape", &["moved", "swapped"])]);

/// A number has one more name; writers use the one that is listed first.
pub(crate) static ENUM_ALIAS_ADDED: ChangeKind =
    kind("enum-alias-added", &[FactDecl::one_of("listed", &["first", "later"])]);

/// A number lost one of its names and kept another; `first` was the one that writers used.
pub(crate) static ENUM_ALIAS_REMOVED: ChangeKind =
    kind("enum-alias-removed", &[FactDecl::one_of("listed", &["first", "later"])]);
