//! Every field of every object of the specification, and what a change of it is: so that none is forgotten.

use crate::change::ChangeKind;
use crate::formats::openapi::kinds as k;

/// What a change of a field is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Facet {
    /// One of these kinds of change.
    Compared(
        #[cfg_attr(not(test), expect(dead_code, reason = "read by the test that walks the models"))]
        &'static [&'static ChangeKind],
    ),
    /// Compared where it leads: another object of this table, or a schema.
    Inside,
    /// For people: one change of documentation per object.
    Documentation,
    /// Of no consequence, with the reason.
    Nothing(#[expect(dead_code, reason = "read by people")] &'static str),
}

use Facet::{Compared, Documentation, Inside, Nothing};

/// The fields of an object.
pub(super) type Fields = &'static [(&'static str, Facet)];

/// OpenAPI 3.2 §4.1 with the fields of Swagger 2.0.
pub(super) const DOCUMENT: Fields = &[
    ("openapi", Compared(&[&k::OPENAPI_VERSION_CHANGED])),
    ("swagger", Compared(&[&k::OPENAPI_VERSION_CHANGED])),
    ("$self", Nothing("it says where the document is, not what it says")),
    ("info", Inside),
    ("jsonSchemaDialect", Inside),
    ("servers", Compared(&[&k::SERVER_ADDED, &k::SERVER_REMOVED])),
    ("host", Compared(&[&k::SERVER_ADDED, &k::SERVER_REMOVED])),
    ("basePath", Compared(&[&k::SERVER_ADDED, &k::SERVER_REMOVED])),
    ("schemes", Compared(&[&k::SERVER_ADDED, &k::SERVER_REMOVED])),
    ("consumes", Compared(&[&k::REQUEST_MEDIA_TYPE_ADDED, &k::REQUEST_MEDIA_TYPE_REMOVED])),
    ("produces", Compared(&[&k::RESPONSE_MEDIA_TYPE_ADDED, &k::RESPONSE_MEDIA_TYPE_REMOVED])),
    ("paths", Compared(&[&k::OPERATION_ADDED, &k::OPERATION_REMOVED, &k::PATH_RENAMED])),
    ("webhooks", Compared(&[&k::WEBHOOK_ADDED, &k::WEBHOOK_REMOVED])),
    ("components", Compared(&[&k::COMPONENT_ADDED, &k::COMPONENT_REMOVED])),
    ("definitions", Inside),
    ("parameters", Inside),
    ("responses", Inside),
    ("securityDefinitions", Compared(&[&k::SECURITY_SCHEME_ADDED, &k::SECURITY_SCHEME_REMOVED])),
    (
        "security",
        Compared(&[
            &k::SECURITY_REQUIREMENT_ADDED,
            &k::SECURITY_REQUIREMENT_REMOVED,
            &k::SECURITY_SCOPE_ADDED,
            &k::SECURITY_SCOPE_REMOVED,
        ]),
    ),
    ("tags", Inside),
    ("externalDocs", Documentation),
];

/// §4.2; `version` is compared by the policy.
pub(super) const INFO: Fields = &[
    ("title", Documentation),
    ("summary", Documentation),
    ("description", Documentation),
    ("termsOfService", Documentation),
    ("contact", Documentation),
    ("license", Documentation),
    ("version", Nothing("declared versions are compared with what changed")),
];

/// §4.5, §4.6.
pub(super) const SERVER: Fields = &[
    ("url", Compared(&[&k::SERVER_ADDED, &k::SERVER_REMOVED])),
    ("name", Documentation),
    ("description", Documentation),
    ("variables", Compared(&[&k::SERVER_VARIABLE_CHANGED])),
];

/// §4.9.
pub(super) const PATH_ITEM: Fields = &[
    ("$ref", Inside),
    ("summary", Documentation),
    ("description", Documentation),
    ("get", Inside),
    ("put", Inside),
    ("post", Inside),
    ("delete", Inside),
    ("options", Inside),
    ("head", Inside),
    ("patch", Inside),
    ("trace", Inside),
    ("query", Inside),
    ("additionalOperations", Inside),
    ("servers", Compared(&[&k::SERVER_ADDED, &k::SERVER_REMOVED])),
    ("parameters", Compared(&[&k::PARAMETER_ADDED, &k::PARAMETER_REMOVED])),
];

/// §4.10.
pub(super) const OPERATION: Fields = &[
    ("tags", Compared(&[&k::TAG_CHANGED])),
    ("summary", Documentation),
    ("description", Documentation),
    ("externalDocs", Documentation),
    ("operationId", Compared(&[&k::OPERATION_ID_CHANGED])),
    ("parameters", Compared(&[&k::PARAMETER_ADDED, &k::PARAMETER_REMOVED, &k::PARAMETER_MOVED])),
    ("requestBody", Compared(&[&k::REQUEST_BODY_ADDED, &k::REQUEST_BODY_REMOVED])),
    ("responses", Compared(&[&k::RESPONSE_STATUS_ADDED, &k::RESPONSE_STATUS_REMOVED])),
    ("callbacks", Compared(&[&k::CALLBACK_ADDED, &k::CALLBACK_REMOVED])),
    ("deprecated", Compared(&[&k::OPERATION_DEPRECATED, &k::OPERATION_REACTIVATED])),
    ("security", Compared(&[&k::SECURITY_REQUIREMENT_ADDED, &k::SECURITY_REQUIREMENT_REMOVED])),
    ("servers", Compared(&[&k::SERVER_ADDED, &k::SERVER_REMOVED])),
    ("schemes", Compared(&[&k::SERVER_ADDED, &k::SERVER_REMOVED])),
    ("consumes", Compared(&[&k::REQUEST_MEDIA_TYPE_ADDED, &k::REQUEST_MEDIA_TYPE_REMOVED])),
    ("produces", Compared(&[&k::RESPONSE_MEDIA_TYPE_ADDED, &k::RESPONSE_MEDIA_TYPE_REMOVED])),
    ("x-sunset", Compared(&[&k::OPERATION_SUNSET_CHANGED])),
    ("x-stability-level", Compared(&[&k::OPERATION_STABILITY_CHANGED])),
];

/// §4.12, with the schema keywords of Swagger 2.0 left to the schema.
pub(super) const PARAMETER: Fields = &[
    ("name", Compared(&[&k::PARAMETER_ADDED, &k::PARAMETER_REMOVED, &k::PATH_PARAMETER_RENAMED])),
    ("in", Compared(&[&k::PARAMETER_MOVED])),
    ("description", Documentation),
    ("required", Compared(&[&k::PARAMETER_BECAME_REQUIRED, &k::PARAMETER_BECAME_OPTIONAL])),
    ("deprecated", Compared(&[&k::PARAMETER_DEPRECATED, &k::PARAMETER_REACTIVATED])),
    ("allowEmptyValue", Compared(&[&k::PARAMETER_EMPTY_VALUE_CHANGED])),
    ("example", Documentation),
    ("examples", Documentation),
    ("style", Compared(&[&k::PARAMETER_SERIALIZATION_CHANGED])),
    ("explode", Compared(&[&k::PARAMETER_SERIALIZATION_CHANGED])),
    ("collectionFormat", Compared(&[&k::PARAMETER_SERIALIZATION_CHANGED])),
    ("allowReserved", Compared(&[&k::PARAMETER_RESERVED_CHANGED])),
    ("schema", Inside),
    ("content", Compared(&[&k::PARAMETER_CONTENT_CHANGED])),
    ("x-sunset", Compared(&[&k::PARAMETER_SUNSET_CHANGED])),
];

/// §4.13.
pub(super) const REQUEST_BODY: Fields = &[
    ("description", Documentation),
    ("content", Inside),
    ("required", Compared(&[&k::REQUEST_BODY_BECAME_REQUIRED, &k::REQUEST_BODY_BECAME_OPTIONAL])),
];

/// §4.14.
pub(super) const MEDIA_TYPE: Fields = &[
    ("schema", Compared(&[&k::MEDIA_TYPE_SCHEMA_ADDED, &k::MEDIA_TYPE_SCHEMA_REMOVED])),
    ("itemSchema", Inside),
    ("example", Documentation),
    ("examples", Documentation),
    ("encoding", Compared(&[&k::ENCODING_CHANGED])),
    ("prefixEncoding", Documentation),
    ("itemEncoding", Documentation),
];

/// §4.17.
pub(super) const RESPONSE: Fields = &[
    ("summary", Documentation),
    ("description", Documentation),
    ("headers", Compared(&[&k::RESPONSE_HEADER_ADDED, &k::RESPONSE_HEADER_REMOVED])),
    (
        "content",
        Compared(&[&k::RESPONSE_MEDIA_TYPE_ADDED, &k::RESPONSE_MEDIA_TYPE_REMOVED, &k::RESPONSE_MEDIA_TYPE_RENAMED]),
    ),
    ("schema", Inside),
    ("links", Compared(&[&k::LINK_CHANGED])),
];

/// §4.21.
pub(super) const HEADER: Fields = &[
    ("description", Documentation),
    ("required", Compared(&[&k::RESPONSE_HEADER_BECAME_OPTIONAL, &k::RESPONSE_HEADER_BECAME_REQUIRED])),
    ("deprecated", Compared(&[&k::RESPONSE_HEADER_DEPRECATED])),
    ("example", Documentation),
    ("examples", Documentation),
    ("style", Nothing("headers have the style `simple` only")),
    ("explode", Documentation),
    ("schema", Inside),
    ("content", Inside),
];

/// §4.22.
pub(super) const TAG: Fields = &[
    ("name", Nothing("a tag is known by its name, and operations say which tags they have")),
    ("summary", Documentation),
    ("description", Documentation),
    ("externalDocs", Documentation),
    ("parent", Documentation),
    ("kind", Documentation),
];

/// §4.27, §4.28, §4.29.
pub(super) const SECURITY_SCHEME: Fields = &[
    ("type", Compared(&[&k::SECURITY_SCHEME_CHANGED])),
    ("description", Documentation),
    ("name", Compared(&[&k::SECURITY_SCHEME_CHANGED])),
    ("in", Compared(&[&k::SECURITY_SCHEME_CHANGED])),
    ("scheme", Compared(&[&k::SECURITY_SCHEME_CHANGED])),
    ("bearerFormat", Compared(&[&k::BEARER_FORMAT_CHANGED])),
    ("flow", Compared(&[&k::OAUTH_FLOW_CHANGED])),
    ("flows", Compared(&[&k::OAUTH_FLOW_CHANGED])),
    ("authorizationUrl", Compared(&[&k::OAUTH_URL_CHANGED])),
    ("tokenUrl", Compared(&[&k::OAUTH_URL_CHANGED])),
    ("refreshUrl", Compared(&[&k::OAUTH_URL_CHANGED])),
    ("deviceAuthorizationUrl", Compared(&[&k::OAUTH_URL_CHANGED])),
    ("scopes", Compared(&[&k::OAUTH_SCOPE_CHANGED])),
    ("openIdConnectUrl", Compared(&[&k::SECURITY_SCHEME_CHANGED])),
    ("oauth2MetadataUrl", Documentation),
    ("deprecated", Documentation),
];

/// The fields of an object that are for people.
pub(super) fn documentation(fields: Fields) -> Vec<&'static str> {
    fields.iter().filter(|(_, facet)| matches!(facet, Documentation)).map(|&(field, _)| field).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OBJECTS: &[Fields] = &[
        DOCUMENT,
        INFO,
        SERVER,
        PATH_ITEM,
        OPERATION,
        PARAMETER,
        REQUEST_BODY,
        MEDIA_TYPE,
        RESPONSE,
        HEADER,
        TAG,
        SECURITY_SCHEME,
    ];

    #[test]
    fn every_kind_of_change_belongs_to_a_field() {
        let named: Vec<&str> = OBJECTS
            .iter()
            .flat_map(|fields| fields.iter())
            .filter_map(|(_, facet)| match facet {
                Compared(kinds) => Some(kinds.iter().map(|kind| kind.id)),
                _ => None,
            })
            .flatten()
            .collect();
        // Whole contracts, texts and extensions belong to no single field.
        let general = ["contract-added", "contract-removed", "documentation-changed", "extension-changed"];
        let forgotten: Vec<&str> =
            k::ALL.iter().map(|kind| kind.id).filter(|id| !named.contains(id) && !general.contains(id)).collect();
        assert_eq!(forgotten, Vec::<&str>::new());
    }

    #[test]
    fn no_field_is_listed_twice() {
        for fields in OBJECTS {
            let mut names: Vec<&str> = fields.iter().map(|&(name, _)| name).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), fields.len());
        }
    }
}
