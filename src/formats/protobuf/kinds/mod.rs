//! Every kind of change of a protobuf contract, with the facts that each states.
//!
//! A kind says what happened and nothing about how bad that is: `docs/rules/protobuf` judges. Facts that no page's
//! `when` compares are there for the equivalents of other tools, which differ where our verdicts do not.

mod element;
mod enumeration;
mod field;
mod field_shape;
mod file;
mod message;
mod service;

use crate::change::{ChangeKind, FactDecl};

pub(crate) use element::{
    CUSTOM_OPTION_CHANGED, ELEMENT_ADDED, ELEMENT_DEPRECATED, ELEMENT_MOVED, ELEMENT_REMOVED, ELEMENT_RENAMED,
    JSON_FORMAT_CHANGED, RESERVATION_ADDED, RESERVATION_REMOVED, VISIBILITY_CHANGED,
};
pub(crate) use enumeration::{
    ENUM_ALIAS_ADDED, ENUM_ALIAS_REMOVED, ENUM_DEFAULT_CHANGED, ENUM_TYPE_CHANGED, ENUM_VALUE_ADDED,
    ENUM_VALUE_REMOVED, ENUM_VALUE_RENAMED, ENUM_VALUE_RENUMBERED,
};
pub(crate) use field::{
    FIELD_ADDED, FIELD_BEHAVIOR_CHANGED, FIELD_CONSTRAINT_CHANGED, FIELD_CPP_STRING_TYPE_CHANGED,
    FIELD_DEFAULT_CHANGED, FIELD_JSON_NAME_CHANGED, FIELD_JSTYPE_CHANGED, FIELD_PACKING_CHANGED, FIELD_REMOVED,
    FIELD_RENAMED, FIELD_RENUMBERED, FIELD_REPLACED, FIELD_UTF8_VALIDATION_CHANGED,
};
pub(crate) use field_shape::{
    FIELD_CARDINALITY_CHANGED, FIELD_ONEOF_CHANGED, FIELD_TYPE_CHANGED, ONEOF_ADDED, ONEOF_REMOVED, ONEOF_RENAMED,
};
pub(crate) use file::{
    FEATURES_CHANGED, FILE_ADDED, FILE_MOVED, FILE_OPTION_CHANGED, FILE_PACKAGE_CHANGED, FILE_REMOVED,
    FILE_SYNTAX_CHANGED, LANGUAGE_OPTIONS, PACKAGE_REMOVED, PUBLIC_IMPORT_ADDED, PUBLIC_IMPORT_REMOVED,
};
pub(crate) use message::{
    DESCRIPTOR_ACCESSOR_CHANGED, EXTENSION_RANGE_ADDED, EXTENSION_RANGE_REMOVED, MESSAGE_SET_FORMAT_CHANGED,
};
pub(crate) use service::{
    RPC_ADDED, RPC_IDEMPOTENCY_CHANGED, RPC_REMOVED, RPC_RENAMED, RPC_ROUTE_ADDED, RPC_ROUTE_BODY_CHANGED,
    RPC_ROUTE_CHANGED, RPC_ROUTE_REMOVED, RPC_STREAMING_CHANGED, RPC_TYPE_CHANGED, SERVICE_RENAMED,
};

/// All kinds, by element from the outside in.
pub(crate) fn all() -> Vec<&'static ChangeKind> {
    vec![
        &FILE_REMOVED,
        &PACKAGE_REMOVED,
        &FILE_ADDED,
        &FILE_MOVED,
        &FILE_PACKAGE_CHANGED,
        &FILE_SYNTAX_CHANGED,
        &FEATURES_CHANGED,
        &FILE_OPTION_CHANGED,
        &PUBLIC_IMPORT_REMOVED,
        &PUBLIC_IMPORT_ADDED,
        &ELEMENT_REMOVED,
        &ELEMENT_ADDED,
        &ELEMENT_MOVED,
        &ELEMENT_RENAMED,
        &ELEMENT_DEPRECATED,
        &JSON_FORMAT_CHANGED,
        &VISIBILITY_CHANGED,
        &RESERVATION_REMOVED,
        &RESERVATION_ADDED,
        &CUSTOM_OPTION_CHANGED,
        &DESCRIPTOR_ACCESSOR_CHANGED,
        &MESSAGE_SET_FORMAT_CHANGED,
        &EXTENSION_RANGE_REMOVED,
        &EXTENSION_RANGE_ADDED,
        &FIELD_REMOVED,
        &FIELD_ADDED,
        &FIELD_RENUMBERED,
        &FIELD_RENAMED,
        &FIELD_REPLACED,
        &FIELD_JSON_NAME_CHANGED,
        &FIELD_TYPE_CHANGED,
        &FIELD_CARDINALITY_CHANGED,
        &FIELD_ONEOF_CHANGED,
        &ONEOF_REMOVED,
        &ONEOF_ADDED,
        &ONEOF_RENAMED,
        &FIELD_DEFAULT_CHANGED,
        &FIELD_PACKING_CHANGED,
        &FIELD_JSTYPE_CHANGED,
        &FIELD_CPP_STRING_TYPE_CHANGED,
        &FIELD_UTF8_VALIDATION_CHANGED,
        &FIELD_CONSTRAINT_CHANGED,
        &FIELD_BEHAVIOR_CHANGED,
        &ENUM_TYPE_CHANGED,
        &ENUM_DEFAULT_CHANGED,
        &ENUM_VALUE_REMOVED,
        &ENUM_VALUE_ADDED,
        &ENUM_VALUE_RENAMED,
        &ENUM_VALUE_RENUMBERED,
        &ENUM_ALIAS_ADDED,
        &ENUM_ALIAS_REMOVED,
        &RPC_REMOVED,
        &RPC_ADDED,
        &RPC_RENAMED,
        &SERVICE_RENAMED,
        &RPC_TYPE_CHANGED,
        &RPC_STREAMING_CHANGED,
        &RPC_IDEMPOTENCY_CHANGED,
        &RPC_ROUTE_REMOVED,
        &RPC_ROUTE_ADDED,
        &RPC_ROUTE_CHANGED,
        &RPC_ROUTE_BODY_CHANGED,
    ]
}

/// A kind of this format.
const fn kind(id: &'static str, facts: &'static [FactDecl]) -> ChangeKind {
    ChangeKind::new("protobuf", id, facts)
}

/// A kind of this format some of whose facts exclude each other.
const fn kind_without(
    id: &'static str,
    facts: &'static [FactDecl],
    impossible: &'static [&'static [(&'static str, &'static str)]],
) -> ChangeKind {
    ChangeKind { format: "protobuf", id, facts, impossible }
}

/// How far the old version had announced that the element would go. `sunset-passed`: deprecated, and the day named in
/// its comment (`Sunset: 2026-05-01`) is over.
const DEPRECATION: FactDecl = FactDecl::one_of("deprecation", &["none", "deprecated", "sunset-passed"]);
