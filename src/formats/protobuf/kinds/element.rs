//! What can happen to any named element: messages, enums, services, extensions and their parts.

use crate::change::{ChangeKind, FactDecl};
use crate::formats::protobuf::kinds::{DEPRECATION, kind, kind_without};

const ELEMENT: FactDecl = FactDecl::one_of("element", &["message", "enum", "service", "extension"]);
const DATA_TYPE: FactDecl = FactDecl::one_of("element", &["message", "enum"]);

/// An element is gone. `gone-from` says which of the file and the package are still there without it: a file or a
/// package that is gone itself is another change.
pub(crate) static ELEMENT_REMOVED: ChangeKind = kind(
    "element-removed",
    &[ELEMENT, FactDecl::one_of("gone-from", &["file-and-package", "file", "package", "nothing"]), DEPRECATION],
);

/// An element is new.
pub(crate) static ELEMENT_ADDED: ChangeKind = kind("element-added", &[ELEMENT]);

/// An element kept its full name and is in another file.
pub(crate) static ELEMENT_MOVED: ChangeKind = kind("element-moved", &[ELEMENT]);

/// An element has another full name and the same form. `any`: whether the contract packs messages into
/// `google.protobuf.Any`, whose type URLs carry the name.
pub(crate) static ELEMENT_RENAMED: ChangeKind =
    kind_without("element-renamed", &[DATA_TYPE, FactDecl::boolean("any")], &[&[("element", "enum"), ("any", "true")]]);

/// The `deprecated` option was set or taken back.
pub(crate) static ELEMENT_DEPRECATED: ChangeKind =
    kind("element-deprecated", &[FactDecl::one_of("state", &["deprecated", "restored"])]);

/// The `json_format` feature changed, by itself or with the syntax.
pub(crate) static JSON_FORMAT_CHANGED: ChangeKind =
    kind("json-format-changed", &[DATA_TYPE, FactDecl::one_of("to", &["allow", "legacy-best-effort"])]);

/// `export` or `local` (edition 2024), written or by default.
pub(crate) static VISIBILITY_CHANGED: ChangeKind =
    kind("visibility-changed", &[DATA_TYPE, FactDecl::one_of("to", &["export", "local"])]);

/// A reserved number or name is free again, and nothing uses it yet.
pub(crate) static RESERVATION_REMOVED: ChangeKind = kind("reservation-removed", &[DATA_TYPE]);

/// A number or name was reserved that was not in use.
pub(crate) static RESERVATION_ADDED: ChangeKind = kind("reservation-added", &[DATA_TYPE]);

/// An option that no other kind covers.
pub(crate) static CUSTOM_OPTION_CHANGED: ChangeKind = kind("custom-option-changed", &[]);
