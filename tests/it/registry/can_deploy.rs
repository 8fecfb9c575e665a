//! What `can-deploy` rests its answers on, row by row, and waiting for one.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Server, on_every_backend};

const V1: &str = "syntax = \"proto3\";\npackage shop.v1;\n\nmessage Order {\n  string id = 1;\n  int64 total = 2;\n}\n\n\
                  service Orders {\n  rpc Get(Order) returns (Order);\n}\n";

fn publish(server: &Server, version: &str, text: &str) {
    server.write("proto/shop/v1/order.proto", text);
    let (code, text) =
        server.run(&["publish", "proto", "--service", "orders", "--version", version, "--branch", "main"]);
    assert_eq!(code, 0, "{text}");
}

fn ask(server: &Server, candidate: &str) -> Value {
    let (_, text) = server.run(&["can-deploy", candidate, "--to", "production", "--format", "json"]);
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn publish_pact(server: &Server, version: &str) {
    let pact = json!({"consumer": {"name": "web"}, "provider": {"name": "orders"},
                      "interactions": [{"description": version, "request": {"method": "GET", "path": "/"}, "response": {"status": 200}}],
                      "metadata": {"pactSpecification": {"version": "3.0.0"}}});
    server.write("pact.json", &pact.to_string());
    assert_eq!(server.run(&["publish", "pact.json", "--service", "web", "--version", version]).0, 0);
}

/// Publishes what a verification of the newest pact of `web` showed.
fn verify(server: &Server, provider_version: &str, success: bool) {
    let pact = server.get("/pacts/provider/orders/consumer/web/latest");
    let target = pact["_links"]["pb:publish-verification-results"]["href"].as_str().expect("a link");
    let body = json!({"success": success, "providerApplicationVersion": provider_version});
    let path = target.strip_prefix(&server.url).expect("of this server");
    assert_eq!(server.send("POST", path, Some(&body)).status, 201);
}

#[test]
fn a_protobuf_contract_is_held_against_what_consumers_were_built_against() {
    on_every_backend(|server| {
        publish(server, "1.0.0", V1);
        server.run(&["environment", "create", "production", "--production"]);
        let consumed = server.run(&["publish", "--service", "web", "--version", "1", "--consumes", "orders@1.0.0"]);
        assert_eq!(consumed.0, 0, "{}", consumed.1);
        assert_eq!(server.run(&["deploy", "record", "web@1", "--to", "production"]).0, 0);

        publish(server, "1.1.0", &V1.replace("total = 2;", "total = 2;\n  string note = 3;"));
        let yes = ask(server, "orders@1.1.0");
        assert_eq!((&yes["answer"], &yes["rows"][0]["basis"]), (&json!("yes"), &json!("contract")));
        assert!(yes["rows"][0]["reason"].as_str().is_some_and(|reason| reason.contains("orders@1.0.0")), "{yes}");

        publish(server, "2.0.0", &V1.replace("int64 total", "string total"));
        let no = ask(server, "orders@2.0.0");
        assert_eq!(no["answer"], "no");
        let row = &no["rows"][0];
        assert_eq!((&row["consumer"]["service"], &row["consumer"]["version"]), (&json!("web"), &json!("1")));
        assert!(row["reason"].as_str().is_some_and(|reason| reason.contains("total")), "{row}");
        assert!(
            row["help"].as_str().is_some_and(|help| help.contains("orders@1.0.0")),
            "what would make it yes: {row}"
        );

        // Built against something that nobody published: nobody can tell.
        server.run(&["publish", "--service", "app", "--version", "1", "--consumes", "orders@0.9.0"]);
        server.run(&["deploy", "record", "app@1", "--to", "production"]);
        let unknown = ask(server, "orders@1.1.0");
        assert_eq!(unknown["answer"], "unknown");
        let rows = unknown["rows"].as_array().expect("rows");
        let row = rows.iter().find(|row| row["consumer"]["service"] == "app").expect("its row");
        assert_eq!(row["help"], "publish the contract of orders@0.9.0");
        assert_eq!(rows.iter().filter(|row| row["answer"] == "yes").count(), 1, "web's row stays what it was");
        assert_eq!(server.run(&["can-deploy", "orders@1.1.0", "--to", "production"]).0, 1, "unknown is not yes");
    });
}

#[test]
fn every_running_version_of_a_provider_has_to_work_with_a_consumer() {
    let server = Server::start(&[]);
    publish(&server, "1.0.0", V1);
    publish(&server, "2.0.0", &V1.replace("int64 total", "string total"));
    server.run(&["environment", "create", "production"]);
    server.run(&["publish", "--service", "web", "--version", "1", "--consumes", "orders@1.0.0"]);
    server.run(&["deploy", "record", "orders@1.0.0", "--to", "production", "--instance", "blue"]);
    assert_eq!(ask(&server, "web@1")["answer"], "yes");
    server.run(&["deploy", "record", "orders@2.0.0", "--to", "production", "--instance", "green"]);
    let both = ask(&server, "web@1");
    let answers: Vec<&Value> = both["rows"].as_array().expect("rows").iter().map(|row| &row["answer"]).collect();
    assert_eq!((&both["answer"], answers), (&json!("no"), vec![&json!("yes"), &json!("no")]));
}

#[test]
fn waiting_ends_when_the_answer_is_there_and_not_later_than_asked() {
    let server = Server::start(&[]);
    server.run(&["environment", "create", "production"]);
    publish_pact(&server, "1");
    server.run(&["publish", "--service", "orders", "--version", "7", "--consumes", "nothing@1"]);
    server.run(&["deploy", "record", "orders@7", "--to", "production"]);
    let start = Instant::now();
    let (code, text) = server.run(&["can-deploy", "web@1", "--to", "production", "--wait", "1"]);
    assert_eq!((code, text.contains("never verified")), (1, true), "{text}");
    assert!(start.elapsed() >= Duration::from_secs(1), "it waited");
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| server.run(&["can-deploy", "web@1", "--to", "production", "--wait", "60"]));
        verify(&server, "7", true);
        let (code, text) = waiting.join().expect("it ends");
        assert_eq!((code, text.contains("was verified against the pact")), (0, true), "{text}");
    });
    assert!(start.elapsed() < Duration::from_secs(50), "it did not wait to the end");
    verify(&server, "7", false);
    let start = Instant::now();
    assert_eq!(server.run(&["can-deploy", "web@1", "--to", "production", "--wait", "60"]).0, 1);
    assert!(start.elapsed() < Duration::from_secs(30), "no is an answer; nobody waits for another");
}

#[test]
fn a_verified_pact_says_what_a_consumer_uses_of_a_contract_that_breaks() {
    let server = Server::start(&[]);
    publish(&server, "1.0.0", V1);
    publish(&server, "2.0.0", &V1.replace("int64 total", "string total"));
    server.run(&["environment", "create", "production"]);
    publish_pact(&server, "1");
    server.run(&["publish", "--service", "web", "--version", "1", "--consumes", "orders@1.0.0"]);
    server.run(&["deploy", "record", "web@1", "--to", "production"]);
    assert_eq!(ask(&server, "orders@2.0.0")["answer"], "no");
    verify(&server, "2.0.0", true);
    let answer = ask(&server, "orders@2.0.0");
    assert_eq!(answer["answer"], "yes", "{answer}");
    let reasons = answer["rows"].to_string();
    assert!(reasons.contains("but not the part that the verified pact of web 1 uses"), "{reasons}");
}
