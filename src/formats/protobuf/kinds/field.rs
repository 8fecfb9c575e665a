//! Fields: added, removed, renamed, renumbered, and their options.

use crate::change::{ChangeKind, FactDecl};
use crate::formats::protobuf::kinds::{DEPRECATION, kind, kind_without};

/// A field is gone and its number is not in use.
pub(crate) static FIELD_REMOVED: ChangeKind = kind(
    "field-removed",
    &[
        FactDecl::boolean("required"),
        FactDecl::boolean("number-reserved"),
        FactDecl::boolean("name-reserved"),
        DEPRECATION,
    ],
);

/// A field is new. `reuse`: whether the old version had reserved its number or, if not, its name.
pub(crate) static FIELD_ADDED: ChangeKind =
    kind("field-added", &[FactDecl::boolean("required"), FactDecl::one_of("reuse", &["none", "number", "name"])]);

/// Fields kept their names and have other numbers. `swapped`: they took over numbers of each other.
pub(crate) static FIELD_RENUMBERED: ChangeKind =
    kind("field-renumbered", &[FactDecl::one_of("shape", &["moved", "swapped"])]);

/// A number kept its type and has another name. An extension has no JSON name of its own that could change.
pub(crate) static FIELD_RENAMED: ChangeKind = kind_without(
    "field-renamed",
    &[FactDecl::one_of("json-name", &["kept", "changed"]), FactDecl::one_of("element", &["field", "extension"])],
    &[&[("json-name", "changed"), ("element", "extension")]],
);

/// A number has another name and another type: it now carries another field. The groups as in `field-type-changed`.
pub(crate) static FIELD_REPLACED: ChangeKind = kind(
    "field-replaced",
    &[
        FactDecl::one_of("json-name", &["kept", "changed"]),
        FactDecl::boolean("wire-group"),
        FactDecl::boolean("json-group"),
    ],
);

/// Only `json_name` changed.
pub(crate) static FIELD_JSON_NAME_CHANGED: ChangeKind = kind("field-json-name-changed", &[]);

/// The explicit default changed, was added or removed.
pub(crate) static FIELD_DEFAULT_CHANGED: ChangeKind = kind("field-default-changed", &[]);

/// Packed or unpacked.
pub(crate) static FIELD_PACKING_CHANGED: ChangeKind = kind("field-packing-changed", &[]);

/// `jstype`.
pub(crate) static FIELD_JSTYPE_CHANGED: ChangeKind = kind("field-jstype-changed", &[]);

/// `ctype` or the feature `(pb.cpp).string_type`.
pub(crate) static FIELD_CPP_STRING_TYPE_CHANGED: ChangeKind = kind("field-cpp-string-type-changed", &[]);

/// `utf8_validation`, or Java's own setting of it.
pub(crate) static FIELD_UTF8_VALIDATION_CHANGED: ChangeKind = kind(
    "field-utf8-validation-changed",
    &[FactDecl::one_of("to", &["verify", "none"]), FactDecl::one_of("scope", &["all", "java-only"])],
);

/// A rule of `buf.validate` or `validate`.
pub(crate) static FIELD_CONSTRAINT_CHANGED: ChangeKind =
    kind("field-constraint-changed", &[FactDecl::one_of("effect", &["tightened", "loosened", "unclear"])]);

/// `google.api.field_behavior`.
pub(crate) static FIELD_BEHAVIOR_CHANGED: ChangeKind = kind(
    "field-behavior-changed",
    &[
        FactDecl::one_of("behavior", &["required", "output-only", "input-only", "immutable", "other"]),
        FactDecl::one_of("action", &["added", "removed"]),
    ],
);
