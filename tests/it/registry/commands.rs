//! The command line against a real server.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::{Server, on_every_backend};

const ORDERS: &str = r#"openapi: 3.0.3
info: {title: Orders, version: 1.0.0}
paths:
  /orders/{id}:
    get:
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses:
        "200":
          description: an order
          content:
            application/json:
              schema: {type: object, required: [id, total], properties: {id: {type: string}, total: {type: number}}}
"#;

fn publish(server: &Server, version: &str, text: &str) -> (i32, String) {
    server.write("api/orders.yaml", text);
    server.run(&["publish", "api", "--service", "orders", "--version", version, "--branch", "main"])
}

#[test]
fn a_new_user_publishes_consumes_deploys_and_gets_right_answers() {
    on_every_backend(|server| {
        assert_eq!(publish(server, "1.0.0", ORDERS).0, 0);
        let (code, text) = publish(server, "1.0.0", ORDERS);
        assert_eq!((code, text.starts_with("unchanged")), (0, true), "{text}");
        let (code, text) = publish(server, "1.0.0", &ORDERS.replace("an order", "one order"));
        assert_eq!((code, text.contains("never changes")), (1, true), "{text}");

        let (code, text) = server.run(&["pull", "orders", "--output-dir", "vendor"]);
        assert_eq!(code, 0, "{text}");
        let (code, text) = server.run(&["publish", "vendor", "--service", "web", "--version", "1", "--branch", "main"]);
        assert_eq!(code, 0, "{text}");
        let (_, shown) = server.run(&["show", "web@1"]);
        assert!(shown.contains("built against: orders 1.0.0"), "{shown}");
        assert!(!shown.contains("contract:"), "what was pulled is not what web offers: {shown}");

        assert_eq!(server.run(&["environment", "create", "production", "--production"]).0, 0);
        let (code, text) = server.run(&["can-deploy", "web@1", "--to", "production"]);
        assert_eq!((code, text.contains("no version runs in production")), (1, true), "{text}");
        assert_eq!(server.run(&["deploy", "record", "orders@1.0.0", "--to", "production"]).0, 0);
        assert_eq!(server.run(&["can-deploy", "web@1", "--to", "production"]).0, 0);
        assert_eq!(server.run(&["deploy", "record", "web@1", "--to", "production"]).0, 0);

        let compatible = ORDERS.replace("total: {type: number}}", "total: {type: number}, note: {type: string}}");
        assert_eq!(publish(server, "1.1.0", &compatible).0, 0);
        let (code, text) = server.run(&["can-deploy", "orders@1.1.0", "--to", "production"]);
        assert_eq!(code, 0, "{text}");
        let (code, text) = publish(server, "1.2.0", &ORDERS.replace("total", "sum"));
        assert_eq!((code, text.contains("refused") && text.contains("error[")), (1, true), "{text}");
        assert_eq!(publish(server, "2.0.0", &ORDERS.replace("total", "sum")).0, 0, "a new major may break");
        let (code, text) = server.run(&["can-deploy", "orders@2.0.0", "--to", "production"]);
        assert_eq!((code, text.starts_with("no:") && text.contains("orders@1.0.0")), (1, true), "{text}");

        assert_eq!(server.run(&["can-deploy", "orders@9.9.9", "--to", "production"]).0, 1, "unknown is not yes");
        assert_eq!(server.run(&["can-deploy", "orders@1.1.0", "--to", "nowhere"]).0, 2);
        assert_eq!(server.run(&["undeploy", "web", "--from", "production"]).0, 0);
        assert_eq!(server.run(&["can-deploy", "orders@2.0.0", "--to", "production"]).0, 0, "nobody needs it now");
    });
}

#[test]
fn a_registry_that_cannot_be_reached_is_never_an_answer() {
    let server = Server::start(&[]);
    let (code, text) = server.run(&["can-deploy", "a@1", "--to", "production", "--registry", "http://127.0.0.1:1"]);
    assert_eq!((code, text.contains("cannot be reached")), (2, true), "{text}");
}

#[test]
fn a_deployment_is_refused_when_something_slipped_in_since_the_answer() {
    let server = Server::start(&[]);
    publish(&server, "1.0.0", ORDERS);
    server.run(&["environment", "create", "production"]);
    server.run(&["publish", "--service", "web", "--version", "1", "--consumes", "orders@1.0.0"]);
    let path = "/api/v1/can-deploy?service=orders&version=1.0.0&environment=production";
    let token = server.get(path)["token"].as_str().expect("a token").to_owned();
    server.run(&["deploy", "record", "web@1", "--to", "production"]);
    let (code, text) = server.run(&["deploy", "record", "orders@1.0.0", "--to", "production", "--if-match", &token]);
    assert_eq!((code, text.contains("ask again")), (1, true), "{text}");
    let token = server.get(path)["token"].as_str().expect("a token").to_owned();
    assert_eq!(server.run(&["deploy", "record", "orders@1.0.0", "--to", "production", "--if-match", &token]).0, 0);
}

#[test]
fn the_past_can_be_asked_for_and_the_log_checks_itself() {
    on_every_backend(|server| {
        server.run(&["environment", "create", "production"]);
        server.run(&["publish", "--service", "web", "--version", "1", "--branch", "main"]);
        server.run(&["deploy", "record", "web@1", "--to", "production"]);
        let shown = server.get("/api/v1/environments/production");
        let then = server.get("/api/v1/audit?limit=1000")["records"]
            .as_array()
            .and_then(|all| all.last()?["record"]["at"].as_i64());
        // The next record must have a later time.
        std::thread::sleep(std::time::Duration::from_millis(5));
        server.run(&["publish", "--service", "web", "--version", "2", "--branch", "main"]);
        server.run(&["deploy", "record", "web@2", "--to", "production"]);
        let at = jiff::Timestamp::from_millisecond(then.expect("a time")).expect("a moment");
        assert_eq!(server.get(&format!("/api/v1/environments/production?at={at}"))["running"], shown["running"]);
        let now = server.get("/api/v1/environments/production");
        assert_eq!(now["running"][0]["version"], "2");
        assert!(server.get("/api/v1/audit/head")["hash"].as_str().is_some_and(|hash| hash.len() == 64));
    });
}

#[test]
fn lists_come_in_pages_and_unchanged_documents_are_not_sent_again() {
    let server = Server::start(&[]);
    for name in ["a", "b", "c"] {
        assert_eq!(
            server.send("PUT", &format!("/api/v1/services/{name}"), Some(&json!({"owners": ["x"]}))).status,
            201
        );
    }
    let first = server.get("/api/v1/services?limit=2");
    assert_eq!(first["next"], "b");
    let second = server.get("/api/v1/services?limit=2&after=b");
    assert_eq!((second["services"][0]["name"].clone(), second["next"].clone()), (json!("c"), json!(null)));
    let reply = server.send("GET", "/api/v1/services/a", None);
    let tag = reply.headers.get("etag").and_then(|value| value.to_str().ok()).expect("an entity tag");
    let again = server.send_as(Some(&server.token), "GET", "/api/v1/services/a", None, &[("if-none-match", tag)]);
    assert_eq!(again.status, 304);
    let problem = server.send("GET", "/api/v1/services/nobody", None);
    assert_eq!(problem.headers["content-type"], "application/problem+json");
    assert_eq!(problem.json()["status"], 404);
}

#[test]
fn a_backup_restores_everything_onto_the_other_storage() {
    let server = Server::start(&[]);
    publish(&server, "1.0.0", ORDERS);
    server.run(&["environment", "create", "production", "--production"]);
    server.run(&["deploy", "record", "orders@1.0.0", "--to", "production"]);
    let (code, text) = server.run(&["registry", "backup", "backup.ndjson"]);
    assert_eq!(code, 0, "{text}");
    let head = server.get("/api/v1/audit/head");

    let (code, text) = server.run(&["registry", "restore", "backup.ndjson", "--data", "copy"]);
    assert_eq!((code, text.starts_with("restored")), (0, true), "{text}");
    let (code, text) = server.run(&["registry", "restore", "backup.ndjson", "--data", "copy"]);
    assert_eq!((code, text.contains("not empty")), (2, true), "{text}");

    let Some(postgres) = super::TestPostgres::start() else { return };
    let (code, text) = server.run(&["registry", "restore", "backup.ndjson", "--database", &postgres.url]);
    assert_eq!(code, 0, "{text}");
    let mut restored = Server::start_joined(&["--database", &postgres.url]);
    restored.token.clone_from(&server.token);
    assert_eq!(restored.get("/api/v1/audit/head"), head);
    assert_eq!(restored.get("/api/v1/environments/production")["running"][0]["version"], "1.0.0");
    assert_eq!(restored.run(&["pull", "orders@1.0.0", "--output-dir", "v"]).0, 0);
}

#[test]
fn a_backup_that_was_cut_off_or_changed_is_refused() {
    let server = Server::start(&[]);
    publish(&server, "1.0.0", ORDERS);
    let export = server.send("GET", "/api/v1/export", None).text;
    let cut: Vec<&str> = export.lines().collect();
    server.write("cut.ndjson", &cut[..cut.len() - 1].join("\n"));
    let (code, text) = server.run(&["registry", "restore", "cut.ndjson", "--data", "one"]);
    assert_eq!((code, text.contains("cut off")), (2, true), "{text}");
    server.write("changed.ndjson", &export.replace("\\\"orders\\\"", "\\\"other\\\""));
    let (code, text) = server.run(&["registry", "restore", "changed.ndjson", "--data", "two"]);
    assert_eq!((code, text.contains("hash")), (2, true), "{text}");
}

#[test]
fn a_registry_that_was_filled_only_in_part_is_not_served() {
    let server = Server::start(&[]);
    server.send("PUT", "/api/v1/services/large", Some(&json!({"mode": "none"})));
    for number in 0..3 {
        let files = json!([{"path": "a.txt", "content": STANDARD.encode(format!("{number}").repeat(4 << 20))}]);
        let path = format!("/api/v1/services/large/versions/v{number}");
        assert_eq!(server.send("PUT", &path, Some(&json!({"files": files}))).status, 201);
    }
    let archive = server.send("GET", "/api/v1/export", None).text;
    let cut = archive.trim_end().rsplit_once('\n').map_or("", |(before, _)| before);
    server.write("cut.ndjson", cut);
    let (code, text) = server.run(&["registry", "restore", "cut.ndjson", "--data", "three"]);
    assert_eq!((code, text.contains("cut off")), (2, true), "{text}");
    let (code, text) = server.run(&["serve", "--listen", "127.0.0.1:0", "--data", "three"]);
    assert_eq!((code, text.contains("only in part")), (2, true), "{text}");
    server.write("whole.ndjson", &archive);
    assert_eq!(server.run(&["registry", "restore", "whole.ndjson", "--data", "four"]).0, 0);
}

#[test]
fn a_published_contract_is_an_input_of_diff() {
    let server = Server::start(&[]);
    publish(&server, "1.0.0", ORDERS);
    server.write("api/orders.yaml", &ORDERS.replace("total", "sum"));
    let (code, text) = server.run(&["diff", "registry:orders@1.0.0", "api/orders.yaml"]);
    assert_eq!((code, text.contains("total")), (0, true), "{text}");
    let (code, text) = server.run(&["diff", "registry:nobody", "api/orders.yaml"]);
    assert_eq!((code, text.contains("nobody")), (2, true), "{text}");
}

#[test]
fn collecting_garbage_removes_what_nobody_needs_and_nothing_else() {
    on_every_backend(|server| {
        server.run(&["registry", "service", "orders", "--mode", "none"]);
        for version in ["a1", "a2", "a3"] {
            publish(server, version, &ORDERS.replace("an order", version));
        }
        server.run(&["environment", "create", "production"]);
        server.run(&["deploy", "record", "orders@a2", "--to", "production"]);
        let (_, text) = server.run(&["registry", "gc", "--keep-days", "1"]);
        assert!(text.contains("removed: 0 versions, 0 contents"), "{text}");
        let (_, text) = server.run(&["registry", "gc", "--keep-days", "0", "--dry-run"]);
        assert!(text.contains("orders a1") && text.contains("would be removed: 1 versions"), "{text}");
        let (_, text) = server.run(&["registry", "gc", "--keep-days", "0"]);
        assert!(text.contains("removed: 1 versions, 1 contents"), "{text}");
        assert_eq!(server.run(&["show", "orders@a1"]).0, 2);
        assert_eq!(server.run(&["pull", "orders@a2", "--output-dir", "v"]).0, 0);
        assert_eq!(server.run(&["pull", "orders@a3", "--output-dir", "v"]).0, 0);
        assert_eq!(server.run(&["registry", "verify"]).0, 0);
    });
}

#[test]
fn a_pact_that_nobody_verified_is_held_against_the_published_contract() {
    let server = Server::start(&[]);
    let pact = |property: &str| {
        format!(
            r#"{{"consumer":{{"name":"web"}},"provider":{{"name":"orders"}},"interactions":[{{"description":"an order",
            "request":{{"method":"GET","path":"/orders/1"}},"response":{{"status":200,"headers":{{"Content-Type":"application/json"}},
            "body":{{"{property}":7}}}}}}],"metadata":{{"pactSpecification":{{"version":"3.0.0"}}}}}}"#
        )
    };
    publish(&server, "1.0.0", ORDERS);
    server.run(&["environment", "create", "production"]);
    server.run(&["deploy", "record", "orders@1.0.0", "--to", "production"]);
    for (version, property, code, word) in [("1", "total", 0, "guarantees"), ("2", "discount", 1, "does not hold")] {
        server.write("pact.json", &pact(property));
        assert_eq!(server.run(&["publish", "pact.json", "--service", "web", "--version", version]).0, 0);
        let (found, text) = server.run(&["can-deploy", &format!("web@{version}"), "--to", "production"]);
        assert_eq!((found, text.contains(word)), (code, true), "{text}");
    }
}

#[test]
fn what_is_not_understood_is_not_taken_for_compatible() {
    let server = Server::start(&[]);
    server.write("notes/orders.yaml", "an order: has a total");
    let notes = |version: &str| server.run(&["publish", "notes", "--service", "notes", "--version", version]);
    let (code, text) = notes("1.0.0");
    assert_eq!((code, text.contains("no contract of a format that is known")), (2, true), "{text}");
    server.run(&["registry", "service", "notes", "--mode", "none"]);
    assert_eq!(notes("1.0.0").0, 0, "somebody said that it need not be checked");

    // A contract that becomes unreadable is no compatible change either.
    assert_eq!(publish(&server, "1.0.0", ORDERS).0, 0);
    server.write("notes/orders.yaml", "not: a contract");
    let (code, text) = server.run(&["publish", "notes", "--service", "orders", "--version", "1.1.0"]);
    assert_eq!((code, text.contains("no contract")), (2, true), "{text}");
}
