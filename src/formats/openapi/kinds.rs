//! Every kind of change of an OpenAPI contract outside its schemas, with the facts that each states.
//!
//! A kind says what happened, whoever calls: `docs/rules/openapi` judges. Facts that no page's `when` compares are there
//! for the equivalents of other tools, which differ where our verdicts do not.

use crate::change::{ChangeKind, FactDecl};

/// All kinds, for the exactly-one-rule test.
pub static ALL: &[&ChangeKind] = &[
    &CONTRACT_ADDED,
    &CONTRACT_REMOVED,
    &OPENAPI_VERSION_CHANGED,
    &OPERATION_ADDED,
    &OPERATION_REMOVED,
    &PATH_RENAMED,
    &PATH_PARAMETER_RENAMED,
    &OPERATION_DEPRECATED,
    &OPERATION_REACTIVATED,
    &OPERATION_SUNSET_CHANGED,
    &OPERATION_STABILITY_CHANGED,
    &OPERATION_ID_CHANGED,
    &TAG_CHANGED,
    &DOCUMENTATION_CHANGED,
    &EXTENSION_CHANGED,
    &PARAMETER_ADDED,
    &PARAMETER_REMOVED,
    &PARAMETER_MOVED,
    &PARAMETER_BECAME_REQUIRED,
    &PARAMETER_BECAME_OPTIONAL,
    &PARAMETER_SERIALIZATION_CHANGED,
    &PARAMETER_RESERVED_CHANGED,
    &PARAMETER_EMPTY_VALUE_CHANGED,
    &PARAMETER_CONTENT_CHANGED,
    &PARAMETER_DEPRECATED,
    &PARAMETER_REACTIVATED,
    &PARAMETER_SUNSET_CHANGED,
    &REQUEST_BODY_ADDED,
    &REQUEST_BODY_REMOVED,
    &REQUEST_BODY_BECAME_REQUIRED,
    &REQUEST_BODY_BECAME_OPTIONAL,
    &REQUEST_MEDIA_TYPE_ADDED,
    &REQUEST_MEDIA_TYPE_REMOVED,
    &RESPONSE_MEDIA_TYPE_ADDED,
    &RESPONSE_MEDIA_TYPE_REMOVED,
    &RESPONSE_MEDIA_TYPE_RENAMED,
    &MEDIA_TYPE_SCHEMA_ADDED,
    &MEDIA_TYPE_SCHEMA_REMOVED,
    &ENCODING_CHANGED,
    &RESPONSE_STATUS_ADDED,
    &RESPONSE_STATUS_REMOVED,
    &RESPONSE_HEADER_ADDED,
    &RESPONSE_HEADER_REMOVED,
    &RESPONSE_HEADER_BECAME_OPTIONAL,
    &RESPONSE_HEADER_BECAME_REQUIRED,
    &RESPONSE_HEADER_DEPRECATED,
    &LINK_CHANGED,
    &CALLBACK_ADDED,
    &CALLBACK_REMOVED,
    &WEBHOOK_ADDED,
    &WEBHOOK_REMOVED,
    &SECURITY_REQUIREMENT_ADDED,
    &SECURITY_REQUIREMENT_REMOVED,
    &SECURITY_SCOPE_ADDED,
    &SECURITY_SCOPE_REMOVED,
    &SECURITY_SCHEME_ADDED,
    &SECURITY_SCHEME_REMOVED,
    &SECURITY_SCHEME_CHANGED,
    &BEARER_FORMAT_CHANGED,
    &OAUTH_FLOW_CHANGED,
    &OAUTH_URL_CHANGED,
    &OAUTH_SCOPE_CHANGED,
    &SERVER_ADDED,
    &SERVER_REMOVED,
    &SERVER_VARIABLE_CHANGED,
    &COMPONENT_ADDED,
    &COMPONENT_REMOVED,
];

/// A whole contract appears.
pub static CONTRACT_ADDED: ChangeKind = ChangeKind::new("openapi", "contract-added", &[]);

/// A whole contract disappears.
pub static CONTRACT_REMOVED: ChangeKind = ChangeKind::new("openapi", "contract-removed", &[]);

/// The version of the specification changes.
pub static OPENAPI_VERSION_CHANGED: ChangeKind = ChangeKind::new("openapi", "openapi-version-changed", &[]);

/// An operation appears.
pub static OPERATION_ADDED: ChangeKind =
    ChangeKind::new("openapi", "operation-added", &[FactDecl::boolean("shadows"), FactDecl::boolean("new-path")]);

/// An operation disappears.
pub static OPERATION_REMOVED: ChangeKind = ChangeKind::new(
    "openapi",
    "operation-removed",
    &[
        FactDecl::one_of("announced", &["no", "no-sunset", "invalid-sunset", "before-sunset", "after-sunset"]),
        FactDecl::boolean("path-gone"),
    ],
);

/// A path moves, with everything below it unchanged.
pub static PATH_RENAMED: ChangeKind = ChangeKind::new("openapi", "path-renamed", &[]);

/// A path parameter gets another name in the template.
pub static PATH_PARAMETER_RENAMED: ChangeKind = ChangeKind::new("openapi", "path-parameter-renamed", &[]);

/// An operation is marked `deprecated`.
pub static OPERATION_DEPRECATED: ChangeKind = ChangeKind::new(
    "openapi",
    "operation-deprecated",
    &[FactDecl::one_of("sunset", &["none", "future", "past", "invalid"])],
);

/// An operation is no longer `deprecated`.
pub static OPERATION_REACTIVATED: ChangeKind = ChangeKind::new("openapi", "operation-reactivated", &[]);

/// The sunset of a deprecated operation changes.
pub static OPERATION_SUNSET_CHANGED: ChangeKind = ChangeKind::new(
    "openapi",
    "operation-sunset-changed",
    &[FactDecl::one_of("edit", &["added", "removed", "earlier", "later", "invalid"])],
);

/// `x-stability-level` of an operation changes.
pub static OPERATION_STABILITY_CHANGED: ChangeKind = ChangeKind::new(
    "openapi",
    "operation-stability-changed",
    &[FactDecl::one_of("edit", &["decreased", "increased", "invalid"])],
);

/// `operationId` appears, disappears or changes.
pub static OPERATION_ID_CHANGED: ChangeKind =
    ChangeKind::new("openapi", "operation-id-changed", &[FactDecl::one_of("edit", &["added", "removed", "changed"])]);

/// A tag joins or leaves an operation.
pub static TAG_CHANGED: ChangeKind =
    ChangeKind::new("openapi", "tag-changed", &[FactDecl::one_of("edit", &["added", "removed"])]);

/// A text for people changes: info, summary, description, examples, tags, external documentation.
pub static DOCUMENTATION_CHANGED: ChangeKind = ChangeKind::new("openapi", "documentation-changed", &[]);

/// A vendor extension changes.
pub static EXTENSION_CHANGED: ChangeKind = ChangeKind::new("openapi", "extension-changed", &[]);

/// A parameter appears.
pub static PARAMETER_ADDED: ChangeKind = ChangeKind::new(
    "openapi",
    "parameter-added",
    &[
        FactDecl::one_of("in", &["query", "header", "cookie", "path"]),
        FactDecl::boolean("required"),
        FactDecl::boolean("path-level"),
    ],
);

/// A parameter disappears.
pub static PARAMETER_REMOVED: ChangeKind = ChangeKind::new(
    "openapi",
    "parameter-removed",
    &[FactDecl::one_of("announced", &["no", "no-sunset", "invalid-sunset", "before-sunset", "after-sunset"])],
);

/// A parameter of the same name goes to another place: query, header, cookie.
pub static PARAMETER_MOVED: ChangeKind =
    ChangeKind::new("openapi", "parameter-moved", &[FactDecl::boolean("required")]);

/// A parameter that could be left out has to be sent.
pub static PARAMETER_BECAME_REQUIRED: ChangeKind = ChangeKind::new("openapi", "parameter-became-required", &[]);

/// A parameter that had to be sent may be left out.
pub static PARAMETER_BECAME_OPTIONAL: ChangeKind = ChangeKind::new("openapi", "parameter-became-optional", &[]);

/// `style` or `explode` changes, or what they are by default.
pub static PARAMETER_SERIALIZATION_CHANGED: ChangeKind =
    ChangeKind::new("openapi", "parameter-serialization-changed", &[FactDecl::boolean("matters")]);

/// `allowReserved` changes.
pub static PARAMETER_RESERVED_CHANGED: ChangeKind =
    ChangeKind::new("openapi", "parameter-reserved-changed", &[FactDecl::one_of("edit", &["allowed", "forbidden"])]);

/// `allowEmptyValue` changes.
pub static PARAMETER_EMPTY_VALUE_CHANGED: ChangeKind =
    ChangeKind::new("openapi", "parameter-empty-value-changed", &[FactDecl::one_of("edit", &["allowed", "forbidden"])]);

/// A parameter goes from `schema` to `content`, back, or to another media type.
pub static PARAMETER_CONTENT_CHANGED: ChangeKind = ChangeKind::new("openapi", "parameter-content-changed", &[]);

/// A parameter is marked `deprecated`.
pub static PARAMETER_DEPRECATED: ChangeKind = ChangeKind::new(
    "openapi",
    "parameter-deprecated",
    &[FactDecl::one_of("sunset", &["none", "future", "past", "invalid"])],
);

/// A parameter is no longer `deprecated`.
pub static PARAMETER_REACTIVATED: ChangeKind = ChangeKind::new("openapi", "parameter-reactivated", &[]);

/// The sunset of a deprecated parameter changes.
pub static PARAMETER_SUNSET_CHANGED: ChangeKind = ChangeKind::new(
    "openapi",
    "parameter-sunset-changed",
    &[FactDecl::one_of("edit", &["added", "removed", "earlier", "later", "invalid"])],
);

/// A request body appears.
pub static REQUEST_BODY_ADDED: ChangeKind =
    ChangeKind::new("openapi", "request-body-added", &[FactDecl::boolean("required")]);

/// A request body disappears.
pub static REQUEST_BODY_REMOVED: ChangeKind = ChangeKind::new("openapi", "request-body-removed", &[]);

/// A request body that could be left out has to be sent.
pub static REQUEST_BODY_BECAME_REQUIRED: ChangeKind = ChangeKind::new("openapi", "request-body-became-required", &[]);

/// A request body that had to be sent may be left out.
pub static REQUEST_BODY_BECAME_OPTIONAL: ChangeKind = ChangeKind::new("openapi", "request-body-became-optional", &[]);

/// A request may have one more media type.
pub static REQUEST_MEDIA_TYPE_ADDED: ChangeKind =
    ChangeKind::new("openapi", "request-media-type-added", &[FactDecl::boolean("covered")]);

/// A request may no longer have a media type.
pub static REQUEST_MEDIA_TYPE_REMOVED: ChangeKind =
    ChangeKind::new("openapi", "request-media-type-removed", &[FactDecl::boolean("covered")]);

/// A response may have one more media type.
pub static RESPONSE_MEDIA_TYPE_ADDED: ChangeKind =
    ChangeKind::new("openapi", "response-media-type-added", &[FactDecl::boolean("covered")]);

/// A response no longer has a media type.
pub static RESPONSE_MEDIA_TYPE_REMOVED: ChangeKind =
    ChangeKind::new("openapi", "response-media-type-removed", &[FactDecl::boolean("covered")]);

/// The one media type of a response becomes another, or one pair of them is obviously the same.
pub static RESPONSE_MEDIA_TYPE_RENAMED: ChangeKind = ChangeKind::new(
    "openapi",
    "response-media-type-renamed",
    &[FactDecl::one_of("relation", &["generalized", "specialized", "other"])],
);

/// A media type without a schema gets one.
pub static MEDIA_TYPE_SCHEMA_ADDED: ChangeKind =
    ChangeKind::new("openapi", "media-type-schema-added", &[FactDecl::boolean("in-responses")]);

/// A media type loses its schema.
pub static MEDIA_TYPE_SCHEMA_REMOVED: ChangeKind =
    ChangeKind::new("openapi", "media-type-schema-removed", &[FactDecl::boolean("in-responses")]);

/// `encoding` of a part changes.
pub static ENCODING_CHANGED: ChangeKind = ChangeKind::new("openapi", "encoding-changed", &[]);

/// A status appears.
pub static RESPONSE_STATUS_ADDED: ChangeKind = ChangeKind::new(
    "openapi",
    "response-status-added",
    &[
        FactDecl::one_of("class", &["success", "redirect", "client-error", "server-error", "other"]),
        FactDecl::one_of("covered", &["no", "yes"]),
    ],
);

/// A status disappears.
pub static RESPONSE_STATUS_REMOVED: ChangeKind = ChangeKind::new(
    "openapi",
    "response-status-removed",
    &[
        FactDecl::one_of("class", &["success", "redirect", "client-error", "server-error", "other"]),
        FactDecl::one_of("covered", &["no", "yes"]),
    ],
);

/// A response header appears.
pub static RESPONSE_HEADER_ADDED: ChangeKind =
    ChangeKind::new("openapi", "response-header-added", &[FactDecl::boolean("required")]);

/// A response header disappears.
pub static RESPONSE_HEADER_REMOVED: ChangeKind =
    ChangeKind::new("openapi", "response-header-removed", &[FactDecl::boolean("required")]);

/// A response header that was always there may be missing.
pub static RESPONSE_HEADER_BECAME_OPTIONAL: ChangeKind =
    ChangeKind::new("openapi", "response-header-became-optional", &[]);

/// A response header is always there.
pub static RESPONSE_HEADER_BECAME_REQUIRED: ChangeKind =
    ChangeKind::new("openapi", "response-header-became-required", &[]);

/// A response header is marked or unmarked `deprecated`.
pub static RESPONSE_HEADER_DEPRECATED: ChangeKind = ChangeKind::new(
    "openapi",
    "response-header-deprecated",
    &[FactDecl::one_of("edit", &["deprecated", "reactivated"])],
);

/// A link appears, disappears or points elsewhere.
pub static LINK_CHANGED: ChangeKind =
    ChangeKind::new("openapi", "link-changed", &[FactDecl::one_of("edit", &["added", "removed", "changed"])]);

/// A callback operation appears: the provider calls more than before.
pub static CALLBACK_ADDED: ChangeKind = ChangeKind::new("openapi", "callback-added", &[]);

/// A callback operation disappears.
pub static CALLBACK_REMOVED: ChangeKind = ChangeKind::new("openapi", "callback-removed", &[]);

/// A webhook operation appears.
pub static WEBHOOK_ADDED: ChangeKind = ChangeKind::new("openapi", "webhook-added", &[]);

/// A webhook operation disappears.
pub static WEBHOOK_REMOVED: ChangeKind = ChangeKind::new("openapi", "webhook-removed", &[]);

/// An alternative joins the ways to be let in, or the first requirement appears.
pub static SECURITY_REQUIREMENT_ADDED: ChangeKind = ChangeKind::new(
    "openapi",
    "security-requirement-added",
    &[FactDecl::boolean("blocks"), FactDecl::boolean("global")],
);

/// An alternative leaves the ways to be let in, or the last requirement disappears.
pub static SECURITY_REQUIREMENT_REMOVED: ChangeKind = ChangeKind::new(
    "openapi",
    "security-requirement-removed",
    &[FactDecl::boolean("blocks"), FactDecl::boolean("global")],
);

/// A scope joins a requirement.
pub static SECURITY_SCOPE_ADDED: ChangeKind =
    ChangeKind::new("openapi", "security-scope-added", &[FactDecl::boolean("blocks"), FactDecl::boolean("global")]);

/// A scope leaves a requirement.
pub static SECURITY_SCOPE_REMOVED: ChangeKind =
    ChangeKind::new("openapi", "security-scope-removed", &[FactDecl::boolean("global")]);

/// A security scheme appears in the components.
pub static SECURITY_SCHEME_ADDED: ChangeKind = ChangeKind::new("openapi", "security-scheme-added", &[]);

/// A security scheme disappears from the components.
pub static SECURITY_SCHEME_REMOVED: ChangeKind = ChangeKind::new("openapi", "security-scheme-removed", &[]);

/// What a caller has to present changes: type, place, name, HTTP scheme, `OpenID` URL.
pub static SECURITY_SCHEME_CHANGED: ChangeKind = ChangeKind::new(
    "openapi",
    "security-scheme-changed",
    &[FactDecl::one_of("field", &["type", "in", "name", "scheme", "open-id-connect-url"])],
);

/// `bearerFormat` changes.
pub static BEARER_FORMAT_CHANGED: ChangeKind = ChangeKind::new("openapi", "bearer-format-changed", &[]);

/// An OAuth flow appears or disappears.
pub static OAUTH_FLOW_CHANGED: ChangeKind =
    ChangeKind::new("openapi", "oauth-flow-changed", &[FactDecl::one_of("edit", &["added", "removed"])]);

/// A URL of an OAuth flow changes.
pub static OAUTH_URL_CHANGED: ChangeKind = ChangeKind::new(
    "openapi",
    "oauth-url-changed",
    &[FactDecl::one_of("url", &["authorization", "token", "refresh", "device-authorization", "metadata"])],
);

/// A scope of an OAuth flow appears, disappears or is described differently.
pub static OAUTH_SCOPE_CHANGED: ChangeKind =
    ChangeKind::new("openapi", "oauth-scope-changed", &[FactDecl::one_of("edit", &["added", "removed", "described"])]);

/// A server appears.
pub static SERVER_ADDED: ChangeKind = ChangeKind::new("openapi", "server-added", &[]);

/// A server disappears.
pub static SERVER_REMOVED: ChangeKind = ChangeKind::new("openapi", "server-removed", &[FactDecl::boolean("replaced")]);

/// A variable of a server changes.
pub static SERVER_VARIABLE_CHANGED: ChangeKind = ChangeKind::new(
    "openapi",
    "server-variable-changed",
    &[FactDecl::one_of("edit", &["value-removed", "value-added", "default", "added", "removed"])],
);

/// A component other than a schema or security scheme appears that nothing uses.
pub static COMPONENT_ADDED: ChangeKind = ChangeKind::new("openapi", "component-added", &[]);

/// A component other than a schema or security scheme disappears that nothing used.
pub static COMPONENT_REMOVED: ChangeKind = ChangeKind::new("openapi", "component-removed", &[]);
