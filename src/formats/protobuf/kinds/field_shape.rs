//! The shape of a field: its type, its cardinality and the oneof that it is in.

use crate::change::{ChangeKind, FactDecl};
use crate::formats::protobuf::kinds::{kind, kind_without};

const CARDINALITIES: &[&str] = &["implicit", "explicit", "required", "repeated", "map"];

/// The type of a field, or of a map's key or value, changed.
///
/// | `wire` / `json` | new reads old | old reads new |
/// |---|---|---|
/// | `compatible` | yes | yes |
/// | `widened` | yes | only values that fit |
/// | `narrowed` | only values that fit | yes |
/// | `lossy` | only values that fit | only values that fit |
/// | `old-fails` | yes | no |
/// | `new-fails` | no | yes |
/// | `incompatible` | no | no |
///
/// `wire-group` and `json-group`: whether the updating guide of protobuf puts both types into one group of the binary
/// encoding, and into one of both encodings.
pub(crate) static FIELD_TYPE_CHANGED: ChangeKind = kind_without(
    "field-type-changed",
    &[
        FactDecl::one_of(
            "wire",
            &["compatible", "widened", "narrowed", "lossy", "old-fails", "new-fails", "incompatible"],
        ),
        FactDecl::one_of("json", &["compatible", "widened", "narrowed", "incompatible"]),
        FactDecl::boolean("wire-group"),
        FactDecl::boolean("json-group"),
    ],
    &[
        &[("wire", "compatible"), ("json", "widened")],
        &[("wire", "compatible"), ("json", "narrowed")],
        &[("wire", "widened"), ("json", "compatible")],
        &[("wire", "narrowed"), ("json", "compatible")],
        &[("wire", "lossy"), ("json", "compatible")],
        &[("wire", "lossy"), ("json", "widened")],
        &[("wire", "lossy"), ("json", "narrowed")],
        &[("wire", "old-fails"), ("json", "compatible")],
        &[("wire", "old-fails"), ("json", "widened")],
        &[("wire", "old-fails"), ("json", "narrowed")],
        &[("wire", "new-fails"), ("json", "compatible")],
        &[("wire", "new-fails"), ("json", "widened")],
        &[("wire", "new-fails"), ("json", "narrowed")],
    ],
);

/// Presence, `required`, `repeated` or map. `element`: how several values are written, `packed` or one by one;
/// `at` is `message` for the message as a whole, where a required field is no longer required.
pub(crate) static FIELD_CARDINALITY_CHANGED: ChangeKind = kind_without(
    "field-cardinality-changed",
    &[
        FactDecl::one_of("from", CARDINALITIES),
        FactDecl::one_of("to", CARDINALITIES),
        FactDecl::one_of("element", &["packed", "unpacked"]),
        FactDecl::one_of("at", &["field", "message"]),
    ],
    &[
        &[("from", "implicit"), ("to", "implicit")],
        &[("from", "explicit"), ("to", "explicit")],
        &[("from", "required"), ("to", "required")],
        &[("from", "repeated"), ("to", "repeated")],
        &[("from", "map"), ("to", "map")],
    ],
);

/// A field went into a oneof, out of one, or from one to another, while the oneofs themselves are still or already
/// there. `alone`: no other existing field is or was in it.
pub(crate) static FIELD_ONEOF_CHANGED: ChangeKind = kind_without(
    "field-oneof-changed",
    &[
        FactDecl::one_of("move", &["in-alone", "in-shared", "out-alone", "out-shared", "between"]),
        FactDecl::one_of("presence", &["kept", "gained", "lost"]),
    ],
    &[
        &[("move", "in-alone"), ("presence", "lost")],
        &[("move", "in-shared"), ("presence", "lost")],
        &[("move", "out-alone"), ("presence", "gained")],
        &[("move", "out-shared"), ("presence", "gained")],
        &[("move", "between"), ("presence", "gained")],
        &[("move", "between"), ("presence", "lost")],
    ],
);

/// A oneof is gone. `members`: what became of its fields; `elsewhere` is removed or in another oneof.
pub(crate) static ONEOF_REMOVED: ChangeKind = kind(
    "oneof-removed",
    &[
        FactDecl::one_of("members", &["elsewhere", "one-kept", "several-kept"]),
        FactDecl::one_of("presence", &["kept", "lost"]),
    ],
);

/// A oneof is new and holds fields that existed before.
pub(crate) static ONEOF_ADDED: ChangeKind = kind(
    "oneof-added",
    &[FactDecl::one_of("members", &["one", "several"]), FactDecl::one_of("presence", &["kept", "gained"])],
);

/// A oneof has another name and the same fields.
pub(crate) static ONEOF_RENAMED: ChangeKind = kind("oneof-renamed", &[]);
