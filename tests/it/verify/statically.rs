//! Pacts against a contract: without a provider, and beside one.

use crate::verify::command::{Folder, Run, pact};
use crate::verify::server::{Reply, Request, Server};

const CONTRACT: &str = r##"
openapi: 3.0.3
info: {title: Orders, version: 1.0.0}
servers: [{url: "https://example.org/api"}]
paths:
  /orders/{id}:
    get:
      parameters:
        - {name: id, in: path, required: true, schema: {type: integer}}
        - {name: expand, in: query, schema: {type: string, enum: [lines, customer]}}
      responses:
        "200":
          description: one
          headers: {ETag: {schema: {type: string}}}
          content: {application/json: {schema: {$ref: "#/components/schemas/Order"}}}
        "4XX": {description: no, content: {application/problem+json: {schema: {type: object}}}}
  /orders:
    post:
      requestBody:
        required: true
        content: {application/json: {schema: {$ref: "#/components/schemas/NewOrder"}}}
      responses: {"201": {description: created}}
components:
  schemas:
    NewOrder:
      type: object
      required: [items]
      properties: {items: {type: array, minItems: 1, items: {type: string}}, note: {type: string, nullable: true}}
    Order:
      allOf:
        - $ref: "#/components/schemas/Base"
        - type: object
          properties:
            payment: {oneOf: [{$ref: "#/components/schemas/Card"}, {$ref: "#/components/schemas/Invoice"}]}
    Base:
      type: object
      required: [id, total]
      properties: {id: {type: integer}, total: {type: number}}
    Card: {type: object, required: [number], properties: {number: {type: string}}}
    Invoice: {type: object, required: [iban], properties: {iban: {type: string}}}
"##;

fn check(interaction: &str) -> Run {
    let folder = Folder::new();
    folder.write("openapi.yaml", CONTRACT);
    folder.write("p.json", &pact(interaction));
    folder.verify(&["p.json", "--contract", "openapi.yaml"])
}

fn get(path: &str, query: &str, status: u16, body: &str) -> String {
    format!(
        r#"{{"description": "d", "request": {{"method": "GET", "path": "{path}", "query": "{query}"}},
            "response": {{"status": {status}, "headers": {{"Content-Type": "application/json"}}, "body": {body}}}}}"#
    )
}

#[test]
fn what_the_contract_can_produce_holds() {
    for (path, query, body) in [
        ("/orders/7", "", r#"{"id": 7}"#),
        ("/api/orders/7", "expand=lines", r#"{"id": 7, "total": 1.5, "payment": {"iban": "x"}}"#),
        ("/orders/7", "", r#"{"payment": {"number": "1"}}"#),
    ] {
        let run = check(&get(path, query, 200, body));
        assert_eq!(run.code, 0, "{body}: {}{}", run.stdout, run.stderr);
    }
}

#[test]
fn what_the_contract_cannot_produce_or_accept_is_told() {
    for (interaction, place) in [
        (get("/orders/7", "", 200, r#"{"id": "7"}"#), "response.body/id"),
        (get("/orders/7", "", 200, r#"{"email": "x"}"#), "response.body"),
        (get("/orders/7", "", 200, r#"{"payment": {"paypal": "x"}}"#), "response.body"),
        (get("/orders/seven", "", 200, "{}"), "request.path.id"),
        (get("/orders/7", "expand=all", 200, "{}"), "request.query.expand"),
        (get("/orders/7", "color=red", 200, "{}"), "request.query.color"),
        (get("/orders/7", "", 503, "{}"), "response.status"),
        (get("/orders/7", "", 404, "{}"), "response.content-type"),
        (get("/bills/7", "", 200, "{}"), "request.path"),
        (
            r#"{"description": "d", "request": {"method": "POST", "path": "/orders", "body": {"items": []}}, "response": {"status": 201}}"#.to_owned(),
            "request.body/items",
        ),
        (r#"{"description": "d", "request": {"method": "POST", "path": "/orders"}, "response": {"status": 201}}"#.to_owned(), "request.body"),
        (
            r#"{"description": "d", "request": {"method": "GET", "path": "/orders/7"}, "response": {"status": 200, "headers": {"X-Rate": "1"}}}"#.to_owned(),
            "response.header.X-Rate",
        ),
    ] {
        let run = check(&interaction);
        assert_eq!(run.code, 1, "{interaction}: {}{}", run.stdout, run.stderr);
        assert!(run.stdout.contains(&format!("    {place}: ")), "{place}: {}", run.stdout);
    }
}

#[test]
fn what_the_contract_does_not_promise_is_told_and_holds() {
    let folder = Folder::new();
    folder.write("openapi.yaml", CONTRACT);
    let body = r#"{"id": 7, "total": 1, "payment": {"number": "1"}}"#;
    folder.write("p.json", &pact(&get("/orders/7", "", 200, body)));
    let run = folder.verify(&["p.json", "--contract", "openapi.yaml", "--format", "json"]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let warnings = &run.json()["results"][0]["warnings"];
    // `id` and `total` are required in a part of `allOf`; `number` by the one branch of `oneOf` that has it.
    assert_eq!(warnings.as_array().map(Vec::len), Some(1), "{warnings}");
    assert_eq!(warnings[0]["path"], "response.body/payment");
    let run = folder.verify(&["p.json", "--contract", "openapi.yaml"]);
    assert!(run.stdout.contains("not guaranteed by the contract: `response.body/payment`"), "{}", run.stdout);
}

const SECURED: &str = r#"
openapi: 3.0.3
info: {title: Orders, version: 1.0.0}
security: [{token: []}, {key: [], tenant: []}]
paths:
  /orders: {get: {responses: {"200": {description: all}, "401": {description: who are you}}}}
  /health: {get: {security: [], responses: {"200": {description: fine}}}}
components:
  securitySchemes:
    token: {type: http, scheme: bearer}
    key: {type: apiKey, in: query, name: key}
    tenant: {type: apiKey, in: header, name: X-Tenant}
"#;

#[test]
fn credentials_that_the_contract_asks_for_must_be_in_the_request() {
    let folder = Folder::new();
    folder.write("openapi.yaml", SECURED);
    let interaction = |path: &str, query: &str, headers: &str, status: u16| {
        pact(&format!(
            r#"{{"description": "d", "request": {{"method": "GET", "path": "{path}", "query": "{query}", "headers": {headers}}}, "response": {{"status": {status}}}}}"#
        ))
    };
    for (text, more, code) in [
        (interaction("/health", "", "{}", 200), &[][..], 0),
        (interaction("/orders", "", "{}", 200), &[], 1),
        (interaction("/orders", "", "{}", 401), &[], 0),
        (interaction("/orders", "", r#"{"Authorization": "Bearer x"}"#, 200), &[], 0),
        (interaction("/orders", "", r#"{"Authorization": "Basic x"}"#, 200), &[], 1),
        (interaction("/orders", "", "{}", 200), &["--header", "Authorization: Bearer x"], 0),
        (interaction("/orders", "", r#"{"X-Tenant": "a"}"#, 200), &[], 1),
    ] {
        folder.write("p.json", &text);
        let run = folder.verify(&[&["p.json", "--contract", "openapi.yaml"], more].concat());
        assert_eq!(run.code, code, "{text}: {}{}", run.stdout, run.stderr);
    }
    folder.write("p.json", &interaction("/orders", "", "{}", 200));
    let told = folder.verify(&["p.json", "--contract", "openapi.yaml"]).stdout;
    assert!(told.contains("Authorization: bearer") && told.contains("`key` and the header `X-Tenant`"), "{told}");
    folder.write(
        "counterpart.toml",
        "[[verify.request-filters]]\nset-headers = { X-Tenant = \"a\" }\nset-query = { key = \"k\" }\n",
    );
    let run = folder.verify(&["p.json", "--contract", "openapi.yaml"]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
}

#[test]
fn messages_are_not_verified_by_an_http_contract() {
    let folder = Folder::new();
    folder.write("openapi.yaml", CONTRACT);
    folder.write("p.json", r#"{"consumer": {"name": "web"}, "provider": {"name": "orders"}, "messages": [{"description": "m", "contents": {}}]}"#);
    assert_eq!(folder.verify(&["p.json", "--contract", "openapi.yaml"]).code, 2);
}

#[test]
fn an_answer_that_satisfies_the_consumer_but_not_the_contract_is_found() {
    let provider = Server::start(|_: &Request| Reply::json(200, r#"{"id": 7, "total": "12"}"#));
    let folder = Folder::new();
    folder.write("openapi.yaml", CONTRACT);
    folder.write("p.json", &pact(&get("/orders/7", "", 200, r#"{"id": 7}"#)));
    assert_eq!(folder.verify(&["p.json", "--provider", &provider.url]).code, 0);
    let run = folder.verify(&["p.json", "--provider", &provider.url, "--contract", "openapi.yaml"]);
    assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("response.body/total") && run.stdout.contains("own contract"), "{}", run.stdout);
}

#[test]
fn grpc_interactions_are_held_against_a_protobuf_contract() {
    let folder = Folder::new();
    folder.write("orders.proto", "syntax = \"proto3\"; package shop.v1; message Id { int64 id = 1; } message Order { int64 id = 1; string note = 2; } service Orders { rpc Get(Id) returns (Order); }");
    let pact = |method: &str, request: &str, response: &str| {
        format!(
            r#"{{"consumer": {{"name": "web"}}, "provider": {{"name": "orders"}}, "metadata": {{"pactSpecification": {{"version": "4.0"}}}}, "interactions": [
            {{"type": "Counterpart/gRPC", "description": "d", "service": "shop.v1.Orders", "method": "{method}", "request": {{"message": {request}}}, "response": {{"message": {response}}}}}]}}"#
        )
    };
    for (text, code) in [
        (pact("Get", r#"{"id": 7}"#, r#"{"note": "x"}"#), 0),
        (pact("Get", r#"{"number": 7}"#, r#"{"note": "x"}"#), 1),
        (pact("Get", r#"{"id": 7}"#, r#"{"note": 1}"#), 1),
        (pact("List", r#"{"id": 7}"#, "{}"), 1),
    ] {
        folder.write("p.json", &text);
        let run = folder.verify(&["p.json", "--contract", "orders.proto"]);
        assert_eq!(run.code, code, "{text}: {}{}", run.stdout, run.stderr);
    }
}
