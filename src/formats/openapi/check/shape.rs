//! What must be what in an OpenAPI document: the part of the specification without which nothing can be compared.

use crate::formats::openapi::version::Version;
use crate::syntax::Kind;

/// What an object is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Role {
    Root,
    Info,
    Paths,
    PathItem,
    Operation,
    ParameterList,
    Parameter,
    RequestBody,
    Responses,
    Response,
    Content,
    MediaType,
    Encodings,
    Encoding,
    Headers,
    Header,
    Links,
    Link,
    Callbacks,
    Callback,
    Components,
    /// A map of names to objects of a role, in `components` or at the root.
    Schemas,
    ParameterMap,
    RequestBodies,
    ResponseMap,
    PathItems,
    SecuritySchemes,
    SecurityScheme,
    SecurityList,
    Servers,
    Server,
    Strings,
    Schema,
    SchemaList,
    /// Swagger 2.0 items and headers, whose schema keywords stand among their own.
    Text,
}

/// What a role asks of a node.
pub(super) struct Shape {
    /// What the node must be. Schemas may also be booleans.
    pub kind: Kind,
    /// The fields that matter, by name.
    pub fields: &'static [(&'static str, Role)],
    /// The role of all other entries (but extensions), or of the items of an array.
    pub rest: Option<Role>,
    /// Whether the node may be a reference object.
    pub can_refer: bool,
}

const fn object(fields: &'static [(&'static str, Role)]) -> Shape {
    Shape { kind: Kind::Mapping, fields, rest: None, can_refer: false }
}

const fn referable(fields: &'static [(&'static str, Role)]) -> Shape {
    Shape { kind: Kind::Mapping, fields, rest: None, can_refer: true }
}

const fn map(rest: Role) -> Shape {
    Shape { kind: Kind::Mapping, fields: &[], rest: Some(rest), can_refer: false }
}

const fn list(rest: Role) -> Shape {
    Shape { kind: Kind::Sequence, fields: &[], rest: Some(rest), can_refer: false }
}

impl Role {
    /// What the node must look like.
    pub(super) const fn shape(self) -> Shape {
        match self {
            Self::Root => object(&[
                ("info", Self::Info),
                ("servers", Self::Servers),
                ("paths", Self::Paths),
                ("webhooks", Self::PathItems),
                ("components", Self::Components),
                ("security", Self::SecurityList),
                ("definitions", Self::Schemas),
                ("parameters", Self::ParameterMap),
                ("responses", Self::ResponseMap),
                ("securityDefinitions", Self::SecuritySchemes),
                ("consumes", Self::Strings),
                ("produces", Self::Strings),
                ("schemes", Self::Strings),
            ]),
            Self::Info | Self::Link | Self::Server => object(&[]),
            Self::Paths | Self::PathItems => map(Self::PathItem),
            Self::PathItem => referable(&[
                ("get", Self::Operation),
                ("put", Self::Operation),
                ("post", Self::Operation),
                ("delete", Self::Operation),
                ("options", Self::Operation),
                ("head", Self::Operation),
                ("patch", Self::Operation),
                ("trace", Self::Operation),
                ("query", Self::Operation),
                ("parameters", Self::ParameterList),
                ("servers", Self::Servers),
            ]),
            Self::Operation => object(&[
                ("parameters", Self::ParameterList),
                ("requestBody", Self::RequestBody),
                ("responses", Self::Responses),
                ("callbacks", Self::Callbacks),
                ("security", Self::SecurityList),
                ("servers", Self::Servers),
                ("consumes", Self::Strings),
                ("produces", Self::Strings),
                ("schemes", Self::Strings),
            ]),
            Self::ParameterList => list(Self::Parameter),
            Self::Parameter => referable(&[
                ("name", Self::Text),
                ("in", Self::Text),
                ("schema", Self::Schema),
                ("content", Self::Content),
            ]),
            Self::RequestBody => referable(&[("content", Self::Content)]),
            Self::Responses | Self::ResponseMap => map(Self::Response),
            Self::Response => referable(&[
                ("headers", Self::Headers),
                ("content", Self::Content),
                ("links", Self::Links),
                ("schema", Self::Schema),
            ]),
            Self::Content => map(Self::MediaType),
            Self::MediaType => {
                referable(&[("schema", Self::Schema), ("itemSchema", Self::Schema), ("encoding", Self::Encodings)])
            }
            Self::Encodings => map(Self::Encoding),
            Self::Encoding => object(&[("headers", Self::Headers)]),
            Self::Headers => map(Self::Header),
            Self::Header => referable(&[("schema", Self::Schema), ("content", Self::Content)]),
            Self::Links => map(Self::Link),
            Self::Callbacks => map(Self::Callback),
            Self::Callback => Shape { kind: Kind::Mapping, fields: &[], rest: Some(Self::PathItem), can_refer: true },
            Self::Components => object(&[
                ("schemas", Self::Schemas),
                ("responses", Self::ResponseMap),
                ("parameters", Self::ParameterMap),
                ("requestBodies", Self::RequestBodies),
                ("headers", Self::Headers),
                ("securitySchemes", Self::SecuritySchemes),
                ("links", Self::Links),
                ("callbacks", Self::Callbacks),
                ("pathItems", Self::PathItems),
                ("mediaTypes", Self::Content),
            ]),
            Self::Schemas => map(Self::Schema),
            Self::ParameterMap => map(Self::Parameter),
            Self::RequestBodies => map(Self::RequestBody),
            Self::SecuritySchemes => map(Self::SecurityScheme),
            Self::SecurityScheme => referable(&[]),
            Self::SecurityList => Shape { kind: Kind::Sequence, fields: &[], rest: Some(Self::Info), can_refer: false },
            Self::Servers => list(Self::Server),
            Self::Strings => list(Self::Text),
            Self::Schema => referable(&[
                ("properties", Self::Schemas),
                ("patternProperties", Self::Schemas),
                ("$defs", Self::Schemas),
                ("definitions", Self::Schemas),
                ("dependentSchemas", Self::Schemas),
                ("allOf", Self::SchemaList),
                ("anyOf", Self::SchemaList),
                ("oneOf", Self::SchemaList),
                ("prefixItems", Self::SchemaList),
                ("not", Self::Schema),
                ("if", Self::Schema),
                ("then", Self::Schema),
                ("else", Self::Schema),
                ("contains", Self::Schema),
                ("propertyNames", Self::Schema),
                ("additionalProperties", Self::Schema),
                ("unevaluatedProperties", Self::Schema),
                ("unevaluatedItems", Self::Schema),
            ]),
            Self::SchemaList => list(Self::Schema),
            Self::Text => Shape { kind: Kind::String, fields: &[], rest: None, can_refer: false },
        }
    }

    /// Whether a field of this role exists in a version; fields of other versions are somebody's notes.
    pub(super) fn has_field(self, field: &str, version: Version) -> bool {
        let is_swagger = version == Version::V2;
        match (self, field) {
            (Self::Root, "definitions" | "parameters" | "responses" | "securityDefinitions")
            | (Self::Root | Self::Operation, "consumes" | "produces" | "schemes")
            | (Self::Response, "schema") => is_swagger,
            (Self::Root, "components" | "servers")
            | (Self::PathItem | Self::Operation, "servers" | "requestBody" | "callbacks")
            | (Self::Response | Self::Parameter | Self::Header, "content" | "links")
            | (Self::PathItem, "trace")
            | (Self::Header, "schema") => !is_swagger,
            (Self::Root, "webhooks") => version >= Version::V3_1,
            (Self::PathItem, "query") | (Self::MediaType, "itemSchema") | (Self::Components, "mediaTypes") => {
                version >= Version::V3_2
            }
            _ => true,
        }
    }

    /// Whether names that start with `x-` are extensions here. Where authors choose the names, they are names.
    pub(super) const fn has_extensions(self) -> bool {
        matches!(self, Self::Paths | Self::Responses | Self::Callback)
    }

    /// How to write it, for the help.
    pub(super) const fn example(self) -> Option<&'static str> {
        Some(match self {
            Self::ParameterList => "write each parameter as an item of the list: `- name: …`",
            Self::Strings => "write a list: `[…]`",
            Self::SecurityList => "write each alternative as an item of the list: `- schemeName: []`",
            Self::Servers => "write each server as an item of the list: `- url: …`",
            Self::SchemaList => "write each schema as an item of the list: `- $ref: …`",
            Self::Responses => "write each response under its status: `'200': {description: …}`",
            Self::Content => "write each media type as a key: `application/json: {schema: …}`",
            Self::Schemas => "write each schema under its name: `name: {type: …}`",
            _ => return None,
        })
    }
}
