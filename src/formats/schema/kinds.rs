//! Every kind of change of a schema, with the facts that each states.
//!
//! A kind says what happened, whoever reads and writes: `docs/rules/schema` judges. Facts that no page's `when` compares
//! are there for the equivalents of other tools, which differ where our verdicts do not.

use crate::change::{ChangeKind, FactDecl};

/// All kinds, for the exactly-one-rule test.
pub static ALL: &[&ChangeKind] = &[
    &PROPERTY_ADDED,
    &PROPERTY_REMOVED,
    &PROPERTY_BECAME_REQUIRED,
    &PROPERTY_BECAME_OPTIONAL,
    &TYPE_CHANGED,
    &FORMAT_CHANGED,
    &NULLABILITY_CHANGED,
    &ENUM_VALUE_ADDED,
    &ENUM_VALUE_REMOVED,
    &ENUM_ADDED,
    &ENUM_REMOVED,
    &CONST_CHANGED,
    &EXTENSIBLE_ENUM_VALUE_ADDED,
    &EXTENSIBLE_ENUM_VALUE_REMOVED,
    &MAXIMUM_CHANGED,
    &EXCLUSIVE_MAXIMUM_CHANGED,
    &MINIMUM_CHANGED,
    &EXCLUSIVE_MINIMUM_CHANGED,
    &MAX_LENGTH_CHANGED,
    &MIN_LENGTH_CHANGED,
    &MAX_ITEMS_CHANGED,
    &MIN_ITEMS_CHANGED,
    &MAX_PROPERTIES_CHANGED,
    &MIN_PROPERTIES_CHANGED,
    &MAX_CONTAINS_CHANGED,
    &MIN_CONTAINS_CHANGED,
    &MULTIPLE_OF_CHANGED,
    &UNIQUE_ITEMS_CHANGED,
    &PATTERN_CHANGED,
    &ITEMS_CHANGED,
    &PREFIX_ITEMS_CHANGED,
    &CONTAINS_CHANGED,
    &UNEVALUATED_ITEMS_CHANGED,
    &ADDITIONAL_PROPERTIES_CHANGED,
    &PATTERN_PROPERTY_CHANGED,
    &PROPERTY_NAMES_CHANGED,
    &UNEVALUATED_PROPERTIES_CHANGED,
    &DEPENDENT_REQUIRED_CHANGED,
    &DEPENDENT_SCHEMA_CHANGED,
    &CONDITIONAL_CHANGED,
    &CONTENT_SCHEMA_CHANGED,
    &CONTENT_MEDIA_TYPE_CHANGED,
    &CONTENT_ENCODING_CHANGED,
    &NOT_CHANGED,
    &ALL_OF_CHANGED,
    &ANY_OF_CHANGED,
    &ONE_OF_CHANGED,
    &WRAPPED_IN_ONE_OF,
    &COMPOSITION_CHANGED,
    &SHAPE_CHANGED,
    &ACCEPTS_NOTHING,
    &DISCRIMINATOR_CHANGED,
    &DISCRIMINATOR_MAPPING_CHANGED,
    &PROPERTY_BECAME_READ_ONLY,
    &PROPERTY_BECAME_NOT_READ_ONLY,
    &PROPERTY_BECAME_WRITE_ONLY,
    &PROPERTY_BECAME_NOT_WRITE_ONLY,
    &DEFAULT_CHANGED,
    &DEPRECATED,
    &REACTIVATED,
    &SUNSET_CHANGED,
    &STABILITY_CHANGED,
    &DOCUMENTATION_CHANGED,
    &EXTENSION_CHANGED,
    &SCHEMA_ADDED,
    &SCHEMA_REMOVED,
    &SCHEMA_RENAMED,
    &UNUSED_SCHEMA_CHANGED,
];

/// A property appears in an object schema.
pub static PROPERTY_ADDED: ChangeKind =
    ChangeKind::new("schema", "property-added", &[FactDecl::boolean("required"), FactDecl::boolean("default")]);

/// A property disappears from an object schema.
pub static PROPERTY_REMOVED: ChangeKind =
    ChangeKind::new("schema", "property-removed", &[FactDecl::boolean("required"), FactDecl::boolean("sunset-passed")]);

/// A property that could be absent has to be there.
pub static PROPERTY_BECAME_REQUIRED: ChangeKind =
    ChangeKind::new("schema", "property-became-required", &[FactDecl::boolean("default")]);

/// A property that had to be there may be absent.
pub static PROPERTY_BECAME_OPTIONAL: ChangeKind = ChangeKind::new("schema", "property-became-optional", &[]);

/// The types that a value may have change.
pub static TYPE_CHANGED: ChangeKind = ChangeKind::new(
    "schema",
    "type-changed",
    &[
        FactDecl::one_of("relation", &["widened", "narrowed", "other"]),
        FactDecl::boolean("listed"),
        FactDecl::boolean("textual"),
    ],
);

/// The `format` changes.
pub static FORMAT_CHANGED: ChangeKind = ChangeKind::new(
    "schema",
    "format-changed",
    &[FactDecl::one_of("edit", &["added", "removed", "widened", "narrowed", "changed"])],
);

/// `null` becomes or stops being a value, however it is spelt.
pub static NULLABILITY_CHANGED: ChangeKind =
    ChangeKind::new("schema", "nullability-changed", &[FactDecl::one_of("edit", &["added", "removed"])]);

/// A value joins the values that are allowed.
pub static ENUM_VALUE_ADDED: ChangeKind = ChangeKind::new("schema", "enum-value-added", &[]);

/// A value leaves the values that are allowed.
pub static ENUM_VALUE_REMOVED: ChangeKind = ChangeKind::new("schema", "enum-value-removed", &[]);

/// Values that were free are restricted to a list.
pub static ENUM_ADDED: ChangeKind = ChangeKind::new("schema", "enum-added", &[]);

/// The list of allowed values is dropped.
pub static ENUM_REMOVED: ChangeKind = ChangeKind::new("schema", "enum-removed", &[]);

/// The one allowed value appears, disappears or becomes another.
pub static CONST_CHANGED: ChangeKind =
    ChangeKind::new("schema", "const-changed", &[FactDecl::one_of("edit", &["added", "removed", "changed"])]);

/// A value joins `x-extensible-enum`, a list that readers must not take as closed.
pub static EXTENSIBLE_ENUM_VALUE_ADDED: ChangeKind = ChangeKind::new("schema", "extensible-enum-value-added", &[]);

/// A value leaves `x-extensible-enum`.
pub static EXTENSIBLE_ENUM_VALUE_REMOVED: ChangeKind = ChangeKind::new("schema", "extensible-enum-value-removed", &[]);

/// The bound `maximum` appears, disappears or moves.
pub static MAXIMUM_CHANGED: ChangeKind = ChangeKind::new(
    "schema",
    "maximum-changed",
    &[FactDecl::one_of("edit", &["added", "removed", "increased", "decreased"])],
);

/// The bound `exclusiveMaximum` appears, disappears or moves.
pub static EXCLUSIVE_MAXIMUM_CHANGED: ChangeKind = ChangeKind::new(
    "schema",
    "exclusive-maximum-changed",
    &[FactDecl::one_of("edit", &["added", "removed", "increased", "decreased"])],
);

/// The bound `minimum` appears, disappears or moves.
pub static MINIMUM_CHANGED: ChangeKind = ChangeKind::new(
    "schema",
    "minimum-changed",
    &[FactDecl::one_of("edit", &["added", "removed", "increased", "decreased"])],
);

/// The bound `exclusiveMinimum` appears, disappears or moves.
pub static EXCLUSIVE_MINIMUM_CHANGED: ChangeKind = ChangeKind::new(
    "schema",
    "exclusive-minimum-changed",
    &[FactDecl::one_of("edit", &["added", "removed", "increased", "decreased"])],
);

/// The bound `maxLength` appears, disappears or moves.
pub static MAX_LENGTH_CHANGED: ChangeKind = ChangeKind::new(
    "schema",
    "max-length-changed",
    &[FactDecl::one_of("edit", &["added", "removed", "increased", "decreased"])],
);

/// The bound `minLength` appears, disappears or moves.
pub static MIN_LENGTH_CHANGED: ChangeKind = ChangeKind::new(
    "schema",
    "min-length-changed",
    &[FactDecl::one_of("edit", &["added", "removed", "increased", "decreased"])],
);

/// The bound `maxItems` appears, disappears or moves.
pub static MAX_ITEMS_CHANGED: ChangeKind = ChangeKind::new(
    "schema",
    "max-items-changed",
    &[FactDecl::one_of("edit", &["added", "removed", "increased", "decreased"])],
);

/// The bound `minItems` appears, disappears or moves.
pub static MIN_ITEMS_CHANGED: ChangeKind = ChangeKind::new(
    "schema",
    "min-items-changed",
    &[FactDecl::one_of("edit", &["added", "removed", "increased", "decreased"])],
);

/// The bound `maxProperties` appears, disappears or moves.
pub static MAX_PROPERTIES_CHANGED: ChangeKind = ChangeKind::new(
    "schema",
    "max-properties-changed",
    &[FactDecl::one_of("edit", &["added", "removed", "increased", "decreased"])],
);

/// The bound `minProperties` appears, disappears or moves.
pub static MIN_PROPERTIES_CHANGED: ChangeKind = ChangeKind::new(
    "schema",
    "min-properties-changed",
    &[FactDecl::one_of("edit", &["added", "removed", "increased", "decreased"])],
);

/// The bound `maxContains` appears, disappears or moves.
pub static MAX_CONTAINS_CHANGED: ChangeKind = ChangeKind::new(
    "schema",
    "max-contains-changed",
    &[FactDecl::one_of("edit", &["added", "removed", "increased", "decreased"])],
);

/// The bound `minContains` appears, disappears or moves.
pub static MIN_CONTAINS_CHANGED: ChangeKind = ChangeKind::new(
    "schema",
    "min-contains-changed",
    &[FactDecl::one_of("edit", &["added", "removed", "increased", "decreased"])],
);

/// `multipleOf` appears, disappears or changes.
pub static MULTIPLE_OF_CHANGED: ChangeKind = ChangeKind::new(
    "schema",
    "multiple-of-changed",
    &[FactDecl::one_of("edit", &["added", "removed", "finer", "coarser", "changed"])],
);

/// `uniqueItems` appears or disappears.
pub static UNIQUE_ITEMS_CHANGED: ChangeKind =
    ChangeKind::new("schema", "unique-items-changed", &[FactDecl::one_of("edit", &["added", "removed"])]);

/// The pattern appears, disappears or changes.
pub static PATTERN_CHANGED: ChangeKind = ChangeKind::new(
    "schema",
    "pattern-changed",
    &[FactDecl::one_of("edit", &["added", "removed", "widened", "narrowed", "changed"])],
);

/// The schema of the items appears, disappears, or becomes `false`.
pub static ITEMS_CHANGED: ChangeKind = ChangeKind::new(
    "schema",
    "items-changed",
    &[FactDecl::one_of("edit", &["added", "removed", "forbidden", "allowed"])],
);

/// A position of `prefixItems` appears or disappears.
pub static PREFIX_ITEMS_CHANGED: ChangeKind =
    ChangeKind::new("schema", "prefix-items-changed", &[FactDecl::one_of("edit", &["added", "removed"])]);

/// `contains` appears or disappears.
pub static CONTAINS_CHANGED: ChangeKind =
    ChangeKind::new("schema", "contains-changed", &[FactDecl::one_of("edit", &["added", "removed"])]);

/// `unevaluatedItems` appears or disappears.
pub static UNEVALUATED_ITEMS_CHANGED: ChangeKind =
    ChangeKind::new("schema", "unevaluated-items-changed", &[FactDecl::one_of("edit", &["added", "removed"])]);

/// What undeclared properties may be changes: `true` (or absent), a schema, `false`.
pub static ADDITIONAL_PROPERTIES_CHANGED: ChangeKind = ChangeKind::new(
    "schema",
    "additional-properties-changed",
    &[FactDecl::one_of("edit", &["forbidden", "allowed", "constrained", "freed"])],
);

/// A pattern of `patternProperties` appears or disappears.
pub static PATTERN_PROPERTY_CHANGED: ChangeKind =
    ChangeKind::new("schema", "pattern-property-changed", &[FactDecl::one_of("edit", &["added", "removed"])]);

/// `propertyNames` appears or disappears.
pub static PROPERTY_NAMES_CHANGED: ChangeKind =
    ChangeKind::new("schema", "property-names-changed", &[FactDecl::one_of("edit", &["added", "removed"])]);

/// `unevaluatedProperties` appears or disappears.
pub static UNEVALUATED_PROPERTIES_CHANGED: ChangeKind =
    ChangeKind::new("schema", "unevaluated-properties-changed", &[FactDecl::one_of("edit", &["added", "removed"])]);

/// What another property requires appears, disappears or changes.
pub static DEPENDENT_REQUIRED_CHANGED: ChangeKind = ChangeKind::new(
    "schema",
    "dependent-required-changed",
    &[FactDecl::one_of("edit", &["added", "removed", "changed"])],
);

/// What the presence of a property implies appears or disappears.
pub static DEPENDENT_SCHEMA_CHANGED: ChangeKind =
    ChangeKind::new("schema", "dependent-schema-changed", &[FactDecl::one_of("edit", &["added", "removed"])]);

/// A part of `if`/`then`/`else` appears or disappears.
pub static CONDITIONAL_CHANGED: ChangeKind = ChangeKind::new(
    "schema",
    "conditional-changed",
    &[FactDecl::one_of("edit", &["added", "removed"]), FactDecl::one_of("keyword", &["if", "then", "else"])],
);

/// `contentSchema` appears or disappears.
pub static CONTENT_SCHEMA_CHANGED: ChangeKind =
    ChangeKind::new("schema", "content-schema-changed", &[FactDecl::one_of("edit", &["added", "removed"])]);

/// `contentMediaType` appears, disappears or changes.
pub static CONTENT_MEDIA_TYPE_CHANGED: ChangeKind = ChangeKind::new("schema", "content-media-type-changed", &[]);

/// `contentEncoding` appears, disappears or changes.
pub static CONTENT_ENCODING_CHANGED: ChangeKind = ChangeKind::new("schema", "content-encoding-changed", &[]);

/// `not` appears or disappears.
pub static NOT_CHANGED: ChangeKind =
    ChangeKind::new("schema", "not-changed", &[FactDecl::one_of("edit", &["added", "removed"])]);

/// A branch of `allOf` appears or disappears.
pub static ALL_OF_CHANGED: ChangeKind = ChangeKind::new(
    "schema",
    "all-of-changed",
    &[FactDecl::one_of("edit", &["added", "removed"]), FactDecl::boolean("annotation-only")],
);

/// A branch of `anyOf` appears or disappears.
pub static ANY_OF_CHANGED: ChangeKind = ChangeKind::new(
    "schema",
    "any-of-changed",
    &[FactDecl::one_of("edit", &["added", "removed"]), FactDecl::boolean("listed")],
);

/// A branch of `oneOf` appears or disappears.
pub static ONE_OF_CHANGED: ChangeKind = ChangeKind::new(
    "schema",
    "one-of-changed",
    &[FactDecl::one_of("edit", &["added", "removed"]), FactDecl::boolean("listed")],
);

/// A schema becomes the branches of a `oneOf`.
pub static WRAPPED_IN_ONE_OF: ChangeKind = ChangeKind::new("schema", "wrapped-in-one-of", &[]);

/// A schema changes in a way that no single edit describes.
pub static COMPOSITION_CHANGED: ChangeKind = ChangeKind::new("schema", "composition-changed", &[]);

/// A schema of the new version that no value satisfies, beside something that changed.
pub static ACCEPTS_NOTHING: ChangeKind = ChangeKind::new("schema", "accepts-nothing", &[]);

/// A schema is replaced by `false`, or `false` by a schema.
pub static SHAPE_CHANGED: ChangeKind =
    ChangeKind::new("schema", "shape-changed", &[FactDecl::one_of("edit", &["forbidden", "allowed"])]);

/// The discriminator appears, disappears or looks at another property.
pub static DISCRIMINATOR_CHANGED: ChangeKind = ChangeKind::new(
    "schema",
    "discriminator-changed",
    &[FactDecl::one_of("edit", &["added", "removed", "property-renamed"])],
);

/// A tag of a discriminator appears, disappears or means another schema.
pub static DISCRIMINATOR_MAPPING_CHANGED: ChangeKind = ChangeKind::new(
    "schema",
    "discriminator-mapping-changed",
    &[FactDecl::one_of("edit", &["added", "removed", "retargeted"])],
);

/// A property can no longer be sent in requests.
pub static PROPERTY_BECAME_READ_ONLY: ChangeKind =
    ChangeKind::new("schema", "property-became-read-only", &[FactDecl::boolean("in-requests")]);

/// A property can be sent in requests.
pub static PROPERTY_BECAME_NOT_READ_ONLY: ChangeKind = ChangeKind::new("schema", "property-became-not-read-only", &[]);

/// A property is no longer sent in responses.
pub static PROPERTY_BECAME_WRITE_ONLY: ChangeKind =
    ChangeKind::new("schema", "property-became-write-only", &[FactDecl::boolean("in-responses")]);

/// A property is sent in responses.
pub static PROPERTY_BECAME_NOT_WRITE_ONLY: ChangeKind =
    ChangeKind::new("schema", "property-became-not-write-only", &[]);

/// The default appears, disappears or becomes another value.
pub static DEFAULT_CHANGED: ChangeKind =
    ChangeKind::new("schema", "default-changed", &[FactDecl::one_of("edit", &["added", "removed", "changed"])]);

/// A schema or property is marked `deprecated`.
pub static DEPRECATED: ChangeKind =
    ChangeKind::new("schema", "deprecated", &[FactDecl::one_of("sunset", &["none", "future", "past", "invalid"])]);

/// A schema or property is no longer `deprecated`.
pub static REACTIVATED: ChangeKind = ChangeKind::new("schema", "reactivated", &[]);

/// The sunset of something deprecated changes.
pub static SUNSET_CHANGED: ChangeKind = ChangeKind::new(
    "schema",
    "sunset-changed",
    &[FactDecl::one_of("edit", &["added", "removed", "earlier", "later", "invalid"])],
);

/// `x-stability-level` of a property changes.
pub static STABILITY_CHANGED: ChangeKind =
    ChangeKind::new("schema", "stability-changed", &[FactDecl::one_of("edit", &["decreased", "increased", "invalid"])]);

/// Title, description, examples or another text for people changes.
pub static DOCUMENTATION_CHANGED: ChangeKind = ChangeKind::new("schema", "documentation-changed", &[]);

/// A vendor extension or a keyword without meaning here changes.
pub static EXTENSION_CHANGED: ChangeKind = ChangeKind::new("schema", "extension-changed", &[]);

/// A named schema appears that nothing reaches yet.
pub static SCHEMA_ADDED: ChangeKind = ChangeKind::new("schema", "schema-added", &[]);

/// A named schema disappears.
pub static SCHEMA_REMOVED: ChangeKind = ChangeKind::new("schema", "schema-removed", &[FactDecl::boolean("reached")]);

/// A named schema has another name and is the same otherwise.
pub static SCHEMA_RENAMED: ChangeKind = ChangeKind::new("schema", "schema-renamed", &[FactDecl::boolean("tag")]);

/// A named schema that nothing reaches changes.
pub static UNUSED_SCHEMA_CHANGED: ChangeKind = ChangeKind::new("schema", "unused-schema-changed", &[]);
