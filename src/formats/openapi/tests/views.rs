//! What the views say, version by version.

use crate::formats::openapi::version::Version;
use crate::formats::openapi::view::{Api, ComponentKind, Operation, SchemeKind, Shape};
use crate::syntax::Library;

fn with_api(documents: &[(&str, &str)], check: impl FnOnce(&Api<'_>)) {
    let mut library = Library::new(false);
    library.load(&crate::syntax::memory_tree::files(documents), &[documents[0].0]);
    let root = library.file(documents[0].0).expect("the first document is there");
    check(&Api::new(&library, &[root]));
}

/// An operation in a line: `GET /a q:query! -> json(body) | 200 json`.
fn show(operation: &Operation<'_>) -> String {
    let mut text = format!("{} {}", operation.method(), operation.path());
    for parameter in operation.parameters() {
        let required = if parameter.is_required() { "!" } else { "" };
        let explode = if parameter.explodes() { "*" } else { "" };
        let style = parameter.style();
        text.push_str(&format!(
            " {}:{}{required}:{}{explode}",
            parameter.name(),
            parameter.location().name(),
            style.name()
        ));
    }
    if let Some(body) = operation.request_body() {
        text.push_str(if body.is_required() { " body!" } else { " body" });
        for media in body.content() {
            let shape = match media.shape() {
                Shape::Nothing => "-".to_owned(),
                Shape::Schema(schema) => schema.cursor.pointer(),
                Shape::Form(fields) => fields.iter().map(|field| field.name()).collect::<Vec<_>>().join("+"),
            };
            text.push_str(&format!(" {}({shape})", media.name()));
        }
    }
    for response in operation.responses() {
        let content: Vec<_> = response.content().iter().map(|media| media.name().to_owned()).collect();
        let headers: Vec<_> = response.headers().iter().map(|header| header.name().to_owned()).collect();
        text.push_str(&format!(" | {} {}{}", response.status(), content.join(","), headers.join("+")));
    }
    text
}

const SWAGGER: &str = "swagger: '2.0'
info: {title: A, version: 1}
host: example.org
basePath: v1
schemes: [https, http]
consumes: [application/json, text/json]
produces: [application/json]
parameters:
  Limit: {name: limit, in: query, type: array, items: {type: integer}, collectionFormat: multi}
securityDefinitions:
  key: {type: apiKey, in: header, name: X-Key}
  login: {type: oauth2, flow: accessCode, authorizationUrl: 'https://a', tokenUrl: 'https://t', scopes: {read: r, x-note: n}}
  old: {type: basic}
security: [{key: []}, {login: [read]}]
definitions: {Order: {type: object}}
paths:
  /orders/{id}:
    parameters:
      - {name: id, in: path, required: true, type: string}
      - {name: body, in: body, schema: {$ref: '#/definitions/Order'}}
    post:
      parameters: [{$ref: '#/parameters/Limit'}, {name: tags, in: query, type: array, items: {}, collectionFormat: pipes}]
      responses: {200: {description: x, schema: {type: string}, headers: {X-A: {type: string}}}, 204: {description: y}}
    put:
      consumes: [multipart/form-data]
      security: []
      parameters:
        - {name: body, in: body, required: true, schema: {type: string}}
    trace: {}
  /upload:
    post:
      schemes: [wss]
      parameters: [{name: f, in: formData, type: file, required: true}, {name: n, in: formData, type: string}]
";

#[test]
fn swagger_is_seen_as_openapi_3() {
    with_api(&[("a.yaml", SWAGGER)], |api| {
        assert_eq!(api.version(), Version::V2);
        assert_eq!(api.info().and_then(|info| info.version()), Some("1"));
        let shown: Vec<_> = api.operations().iter().map(show).collect();
        assert_eq!(
            shown,
            [
                "POST /orders/{id} limit:query:form* tags:query:pipeDelimited id:path!:simple body application/json(/paths/~1orders~1{id}/parameters/1/schema) text/json(/paths/~1orders~1{id}/parameters/1/schema) | 200 application/jsonX-A | 204 ",
                "PUT /orders/{id} id:path!:simple body! multipart/form-data(/paths/~1orders~1{id}/put/parameters/0/schema)",
                "POST /upload body! multipart/form-data(f+n)",
            ]
        );
        let servers: Vec<_> = api.root().servers().iter().map(|server| server.url().to_owned()).collect();
        assert_eq!(servers, ["https://example.org/v1", "http://example.org/v1"]);
        let upload = &api.operations()[2];
        assert_eq!(upload.servers()[0].url(), "wss://example.org/v1");
        assert_eq!(api.operations()[1].security().map(|list| list.len()), Some(0));
        assert_eq!(upload.security().map(|list| list.len()), Some(2));
        let schemes = api.root().security_schemes();
        assert_eq!(schemes[0].kind(), SchemeKind::ApiKey { location: "header", parameter: "X-Key" });
        assert_eq!(schemes[1].flows()[0].kind().name(), "authorizationCode");
        assert_eq!(schemes[1].flows()[0].scopes().len(), 1);
        assert_eq!(schemes[2].kind(), SchemeKind::Http { scheme: "basic", bearer_format: None });
        assert_eq!(api.components(ComponentKind::Schemas)[0].0, "Order");
    });
}

const MODERN: &str = "openapi: 3.2.0
info: {title: A, version: 1.0.0}
servers: [{url: 'https://{r}.example.org', variables: {r: {default: eu, enum: [eu, us]}}}]
webhooks:
  created: {post: {requestBody: {content: {application/json: {}}}}}
paths:
  /a/{id}:
    $ref: paths.yaml#/a
  /s:
    query: {responses: {2XX: {content: {text/event-stream: {itemSchema: {type: object}}}}}}
    additionalOperations: {PURGE: {}}
    get:
      servers: []
      parameters: [{name: f, in: query, style: deepObject, schema: {}}, {name: c, in: cookie, schema: {}}, {name: X, in: header, schema: {}}]
      callbacks: {done: {'{$request.body#/url}': {post: {}}}}
      responses: {default: {links: {next: {operationId: s}}}}
";

#[test]
fn openapi_3_2_is_read_across_files() {
    let item = "a:\n  parameters: [{name: id, in: path, required: true, schema: {}}, {name: q, in: query, schema: {}}]\n  get:\n    parameters: [{name: q, in: query, required: true, schema: {}}]\n";
    with_api(&[("api.yaml", MODERN), ("paths.yaml", item)], |api| {
        let shown: Vec<_> = api.operations().iter().map(show).collect();
        assert_eq!(
            shown,
            [
                "GET /a/{id} q:query!:form* id:path!:simple",
                "QUERY /s | 2XX text/event-stream",
                "PURGE /s",
                "GET /s f:query:deepObject c:cookie:form* X:header:simple | default ",
            ]
        );
        let operations = api.operations();
        let place = api.library().sources().location(operations[0].cursor().name_span());
        assert_eq!((place.path.as_str(), place.start_line), ("paths.yaml", 3));
        let media = operations[1].responses()[0].content();
        assert!(media[0].item_schema().is_some());
        assert_eq!(operations[0].servers()[0].variables()[0].allowed(), ["eu", "us"]);
        assert!(operations[3].servers().is_empty());
        let callback = operations[3].callbacks()[0];
        assert_eq!((callback.name(), callback.expressions()[0].name()), ("done", "{$request.body#/url}"));
        assert_eq!(operations[3].responses()[0].links()[0].operation_id(), Some("s"));
        assert_eq!(api.webhooks()[0].operations()[0].path(), "created");
        assert_eq!(api.files().len(), 2);
    });
}

#[test]
fn features_of_later_versions_are_not_seen_in_earlier_ones() {
    let text =
        "openapi: 3.0.0\npaths: {/a: {query: {}, get: {}, additionalOperations: {X: {}}}}\nwebhooks: {b: {get: {}}}\n";
    with_api(&[("a.yaml", text)], |api| {
        assert_eq!(api.operations().len(), 1);
        assert!(api.webhooks().is_empty());
    });
}

#[test]
fn security_requirements_name_their_schemes() {
    let text = "openapi: 3.1.0\nsecurity: [{}]\ncomponents: {securitySchemes: {a: {$ref: '#/components/securitySchemes/b'}, b: {type: http, scheme: Bearer, bearerFormat: JWT}}}\npaths: {/a: {get: {security: [{a: [x, y], b: []}]}}}\n";
    with_api(&[("a.yaml", text)], |api| {
        let security = api.operations()[0].security().expect("it has its own");
        assert_eq!(security[0].schemes(), [("a", vec!["x", "y"]), ("b", vec![])]);
        let scheme = security[0].scheme("a").expect("it is there");
        assert_eq!(scheme.kind(), SchemeKind::Http { scheme: "Bearer", bearer_format: Some("JWT") });
        assert!(api.root().security().is_some_and(|list| list[0].schemes().is_empty()));
    });
}
