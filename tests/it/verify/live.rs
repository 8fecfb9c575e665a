//! Verification against a live provider: what passes, what is told, and the exit codes.

use serde_json::json;

use crate::verify::command::{Folder, get, pact};
use crate::verify::server::{Reply, Request, Server, nobody};

fn orders() -> Server {
    Server::start(|request: &Request| match request.target.as_str() {
        "/orders/7" => Reply::json(200, r#"{"id": 7, "total": 12.5, "extra": true}"#),
        _ => Reply::json(404, "{}"),
    })
}

#[test]
fn a_provider_that_keeps_its_contract_passes() {
    let (folder, provider) = (Folder::new(), orders());
    folder.write("p.json", &pact(&get("an order", "/orders/7", r#"{"id": 7}"#)));
    let run = folder.verify(&["p.json", "--provider", &provider.url]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("1 interaction against") && run.stdout.contains("1 passed"), "{}", run.stdout);
    let request = &provider.requests()[0];
    assert!(request.headers.contains_key("x-correlation-id"));
    let trace: Vec<&str> = request.headers["traceparent"].split('-').collect();
    assert_eq!((trace[0], trace[1].len(), trace[2].len()), ("00", 32, 16));
}

#[test]
fn a_difference_is_shown_with_its_place_and_the_request() {
    let (folder, provider) = (Folder::new(), orders());
    folder.write("p.json", &pact(&get("an order", "/orders/7", r#"{"id": 8, "total": 12.5}"#)));
    let run = folder.verify(&["p.json", "--provider", &provider.url]);
    assert_eq!(run.code, 1, "{}", run.stdout);
    assert!(run.stdout.contains("$.id: Expected 7 (Integer) to be equal to 8 (Integer)"), "{}", run.stdout);
    assert!(run.stdout.contains(&format!("curl -i {}/orders/7", provider.url)), "{}", run.stdout);
    assert!(!run.stdout.contains("total"), "what agrees is not shown: {}", run.stdout);
}

#[test]
fn what_could_not_be_verified_is_never_passed() {
    let folder = Folder::new();
    folder.write("p.json", &pact(&get("an order", "/orders/7", r#"{"id": 7}"#)));
    let run = folder.verify(&["p.json", "--provider", &nobody(), "--retries", "1", "--format", "json"]);
    assert_eq!(run.code, 2);
    let report = run.json();
    assert_eq!(report["results"][0]["status"], "not-verified");
    assert_eq!(report["results"][0]["failure"], "crash");
    assert_eq!(report["results"][0]["attempts"], 2);
}

#[test]
fn a_provider_that_is_down_is_not_hammered() {
    let folder = Folder::new();
    let interactions: Vec<String> = (0..20).map(|number| get(&format!("order {number}"), "/", "{}")).collect();
    folder.write("p.json", &pact(&interactions.join(",")));
    let run = folder.verify(&["p.json", "--provider", &nobody(), "--retries", "0", "--jobs", "1", "--format", "json"]);
    let report = run.json();
    assert_eq!(report["summary"]["not_verified"], 20);
    let tried = report["results"].as_array().expect("a list").iter().filter(|result| result["attempts"] == 1).count();
    assert_eq!(tried, 3);
}

#[test]
fn nothing_to_verify_is_an_error() {
    let (folder, provider) = (Folder::new(), orders());
    folder.write("p.json", &pact(&get("an order", "/orders/7", r#"{"id": 7}"#)));
    folder.write("empty.json", &pact(""));
    folder.write("object.json", "{}");
    for (arguments, code) in [
        (vec!["p.json", "--consumer", "nobody"], "nothing-matches"),
        (vec!["p.json", "--description", "zzz"], "nothing-matches"),
        (vec!["p.json", "--state", "zzz"], "nothing-matches"),
        (vec!["empty.json"], "empty-pact"),
        (vec!["object.json"], "pact-malformed"),
        (vec!["missing.json"], "unreadable"),
        (vec!["*.nothing"], "no-pacts"),
        (vec!["p.json", "--provider-name", "billing"], "other-provider"),
        (vec![], "no-pacts"),
    ] {
        let mut all = arguments.clone();
        all.extend(["--provider", provider.url.as_str(), "--format", "json"]);
        let run = folder.verify(&all);
        assert_eq!(run.code, 2, "{arguments:?}: {}", run.stdout);
        assert_eq!(run.json()["errors"][0]["code"], code, "{arguments:?}");
    }
}

#[test]
fn a_malformed_pact_is_told_with_its_position() {
    let folder = Folder::new();
    folder
        .write("p.json", &pact(&get("an order", "/orders/7", "{}")).replace("\"status\": 200", "\"status\": \"abc\""));
    let run = folder.verify(&["p.json", "--provider", "http://localhost:1"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("is not a status code") && run.stderr.contains("p.json:1:"), "{}", run.stderr);
}

#[test]
fn states_are_set_up_and_their_values_flow_into_the_request() {
    let provider = Server::start(|request: &Request| match request.target.as_str() {
        "/state" => Reply::json(200, r#"{"id": 42}"#),
        "/orders/42" => Reply::json(200, r#"{"id": 42}"#),
        _ => Reply::json(404, "{}"),
    });
    let folder = Folder::new();
    folder.write(
        "p.json",
        &pact(
            r#"{"description": "an order", "providerStates": [{"name": "an order exists", "params": {"total": 3}}],
                "request": {"method": "GET", "path": "/orders/1", "generators": {"path": {"type": "ProviderState", "expression": "/orders/${id}"}}},
                "response": {"status": 200}}"#,
        ),
    );
    let state = format!("{}/state", provider.url);
    let run = folder.verify(&["p.json", "--provider", &provider.url, "--state-url", &state, "--state-teardown"]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let calls: Vec<Request> = provider.requests().into_iter().filter(|request| request.target == "/state").collect();
    assert_eq!(calls[0].json(), json!({"state": "an order exists", "params": {"total": 3}, "action": "setup"}));
    assert_eq!(calls[1].json()["action"], "teardown");
}

#[test]
fn a_state_that_cannot_be_set_up_leaves_the_interaction_unverified() {
    let provider =
        Server::start(
            |request: &Request| {
                if request.target == "/state" { Reply::json(500, "no database") } else { Reply::empty(200) }
            },
        );
    let folder = Folder::new();
    let interaction = r#"{"description": "an order", "providerState": "an order exists", "request": {}, "response": {"status": 200}}"#;
    folder.write("p.json", &pact(interaction));
    let state = format!("{}/state", provider.url);
    let run = folder.verify(&["p.json", "--provider", &provider.url, "--state-url", &state]);
    assert_eq!(run.code, 2);
    assert!(run.stdout.contains("State change request failed") && run.stdout.contains("no database"), "{}", run.stdout);
    assert_eq!(provider.requests().len(), 1, "the interaction itself is not sent");
}

#[test]
fn a_command_sets_states_up_too() {
    let (folder, provider) = (Folder::new(), orders());
    let interaction = r#"{"description": "an order", "providerStates": [{"name": "an order"}],
        "request": {"path": "/x", "generators": {"path": {"type": "ProviderState", "expression": "/orders/${id}"}}}, "response": {"status": 200}}"#;
    folder.write("p.json", &pact(interaction));
    let run = folder.verify(&[
        "p.json",
        "--provider",
        &provider.url,
        "--state-command",
        "cat > /dev/null; echo \"$STATE_NAME $STATE_ACTION\" >> log; echo '{\"id\": 7}'",
    ]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert_eq!(std::fs::read_to_string(folder.path().join("log")).expect("the command ran"), "an order setup\n");
}

#[test]
fn only_what_failed_is_replayed() {
    let (folder, provider) = (Folder::new(), orders());
    folder.write(
        "p.json",
        &pact(&[get("good", "/orders/7", r#"{"id": 7}"#), get("bad", "/orders/8", r#"{"id": 8}"#)].join(",")),
    );
    let first = folder.verify(&[
        "p.json",
        "--provider",
        &provider.url,
        "--output",
        "json=report.json",
        "--output",
        "junit=report.xml",
    ]);
    assert_eq!(first.code, 1);
    let xml = std::fs::read_to_string(folder.path().join("report.xml")).expect("the report was written");
    assert!(xml.contains("tests=\"2\"") && xml.contains("failures=\"1\""), "{xml}");
    let again = folder.verify(&["p.json", "--provider", &provider.url, "--replay", "report.json", "--format", "json"]);
    assert_eq!(again.json()["summary"]["total"], 1);
    assert_eq!(again.json()["results"][0]["description"], "bad");
}

#[test]
fn headers_filters_and_base_paths_shape_the_request() {
    let provider = Server::start(|_: &Request| Reply::json(200, "{}"));
    let folder = Folder::new();
    folder.write("counterpart.toml", "[[verify.request-filters]]\npath = \"^/orders\"\nset-headers = { x-tenant = \"a\" }\nremove-headers = [\"x-old\"]\nset-query = { page = \"1\" }\n");
    folder.write("p.json", &pact(r#"{"description": "d", "request": {"path": "/orders", "query": {"q": ["a b", "c&d"]}, "headers": {"X-Old": "1"}}, "response": {}}"#));
    let run = folder.verify(&[
        "p.json",
        "--provider",
        &provider.url,
        "--base-path",
        "/api/v1",
        "-H",
        "Authorization: Bearer x",
    ]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let request = &provider.requests()[0];
    assert_eq!(request.target, "/api/v1/orders?q=a%20b&q=c%26d&page=1");
    assert_eq!((request.headers["x-tenant"].as_str(), request.headers["authorization"].as_str()), ("a", "Bearer x"));
    assert!(!request.headers.contains_key("x-old"));
}

#[test]
fn messages_are_asked_for_over_http() {
    let provider = Server::start(|request: &Request| match request.json()["description"].as_str() {
        Some("created") => Reply::Response {
            status: 200,
            // {"topic": "orders"}
            headers: vec![
                ("Content-Type".into(), "application/json".into()),
                ("Pact-Message-Metadata".into(), "eyJ0b3BpYyI6ICJvcmRlcnMifQ==".into()),
            ],
            body: br#"{"id": 1}"#.to_vec(),
        },
        _ => Reply::empty(404),
    });
    let folder = Folder::new();
    let message = |description: &str, topic: &str| {
        format!(
            r#"{{"consumer": {{"name": "web"}}, "provider": {{"name": "orders"}}, "metadata": {{"pactSpecification": {{"version": "3.0.0"}}}},
                "messages": [{{"description": "{description}", "contents": {{"id": 1}}, "metaData": {{"contentType": "application/json", "topic": "{topic}"}}}}]}}"#
        )
    };
    folder.write("good.json", &message("created", "orders"));
    folder.write("bad.json", &message("created", "bills"));
    folder.write("unknown.json", &message("deleted", "orders"));
    assert_eq!(folder.verify(&["good.json", "--provider", &provider.url]).code, 0);
    let bad = folder.verify(&["bad.json", "--provider", &provider.url]);
    assert_eq!(bad.code, 1);
    assert!(bad.stdout.contains("Metadata had differences"), "{}", bad.stdout);
    assert_eq!(folder.verify(&["unknown.json", "--provider", &provider.url]).code, 1);
}

#[test]
fn pending_failures_are_reported_and_do_not_fail_the_run() {
    let (folder, provider) = (Folder::new(), orders());
    let pact = r#"{"consumer": {"name": "web"}, "provider": {"name": "orders"}, "metadata": {"pactSpecification": {"version": "4.0"}}, "interactions": [
        {"type": "Synchronous/HTTP", "description": "later", "pending": true, "request": {"path": "/orders/8"}, "response": {"status": 200}},
        {"type": "Synchronous/HTTP", "description": "needs a plugin", "pluginConfiguration": {"csv": {}}, "request": {}, "response": {"status": 404}}]}"#;
    folder.write("p.json", pact);
    let run = folder.verify(&["p.json", "--provider", &provider.url, "--skip-plugins"]);
    assert_eq!(run.code, 0, "{}", run.stdout);
    assert!(run.stdout.contains("1 pending, 1 skipped"), "{}", run.stdout);
    let strict = folder.verify(&["p.json", "--provider", &provider.url]);
    assert_eq!(strict.code, 2);
    assert!(strict.stdout.contains("needs the plugin `csv`"), "{}", strict.stdout);
}
