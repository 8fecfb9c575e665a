//! Messages as a whole: their options and extension ranges.

use crate::change::{ChangeKind, FactDecl};
use crate::formats::protobuf::kinds::kind;

/// `no_standard_descriptor_accessor`.
pub(crate) static DESCRIPTOR_ACCESSOR_CHANGED: ChangeKind =
    kind("descriptor-accessor-changed", &[FactDecl::one_of("to", &["removed", "restored"])]);

/// `message_set_wire_format`.
pub(crate) static MESSAGE_SET_FORMAT_CHANGED: ChangeKind = kind("message-set-format-changed", &[]);

/// Numbers that extensions could use are no longer open to them.
pub(crate) static EXTENSION_RANGE_REMOVED: ChangeKind = kind("extension-range-removed", &[]);

/// More numbers are open to extensions.
pub(crate) static EXTENSION_RANGE_ADDED: ChangeKind = kind("extension-range-added", &[]);
