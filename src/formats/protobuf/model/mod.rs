//! The linked model of the protobuf files of one side.
//!
//! A [`Schema`] holds files; a [`File`] owns flat arenas of its messages, fields, enums, values, oneofs, services and
//! RPCs. Elements refer to each other by ids (file and index), so that files are built and read in parallel and an
//! id is `Copy`. Everything is resolved: types are ids, options are trees with field numbers, features are final.
//!
//! Positions are [`Extent`]s, byte ranges in the element's own file; [`Schema::span`] turns one into a `Span`.

mod enums;
mod features;
mod field;
mod file;
mod ids;
mod message;
mod options;
mod outline;
mod schema;
mod service;
mod symbols;
mod text;

pub use enums::{EnumType, EnumValue};
pub use features::{
    CppFeatures, CppStringType, EnforceNamingStyle, EnumKind, Features, FieldPresence, GoApiLevel, GoFeatures,
    GoStripEnumPrefix, JavaFeatures, JavaNestInFileClass, JavaUtf8Validation, JsonFormat, MessageEncoding,
    RepeatedFieldEncoding, SymbolVisibility, Utf8Validation,
};
pub use field::{Cardinality, DefaultValue, Extension, Field, Kind, Label, Oneof, Presence, TypeName};
pub use file::{File, Import, ImportKind, Origin, Package, Syntax};
pub use ids::{Element, EnumId, EnumValueId, FieldId, FileIndex, MessageId, OneofId, RpcId, ServiceId};
pub use message::{ExtensionDeclaration, ExtensionRange, Message, NumberRange, ReservedName};
pub use options::{OptionEntry, OptionValue, Options};
pub use outline::Outline;
pub(crate) use outline::{Declared, OutlineWriter};
pub use schema::{Schema, UnreadFile};
pub use service::{IdempotencyLevel, Rpc, RpcType, Service};
pub(crate) use symbols::Symbols;
pub use text::{Comments, Extent, Name, Text};
