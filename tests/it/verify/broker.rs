//! Pacts of a broker: selectors, pending, credentials, results.

use serde_json::json;

use crate::verify::command::{Folder, get, pact};
use crate::verify::server::{Reply, Request, Server};

fn hal(value: &serde_json::Value) -> Reply {
    Reply::Response {
        status: 200,
        headers: vec![("Content-Type".into(), "application/hal+json;charset=utf-8".into())],
        body: value.to_string().into_bytes(),
    }
}

/// A broker with one pact. `publish` is its answer to results.
fn broker(pending: bool, publish: Reply) -> Server {
    Server::start(move |request: &Request| {
        if request.headers.get("authorization").map(String::as_str) != Some("Bearer secret") {
            return Reply::json(401, "{}");
        }
        match (request.method.as_str(), request.target.as_str()) {
            ("GET", "/") => hal(
                &json!({"_links": {"pb:provider-pacts-for-verification": {"href": "/pacts/provider/{provider}/for-verification"}}}),
            ),
            ("POST", "/pacts/provider/orders/for-verification") => hal(&json!({"_embedded": {"pacts": [
                {"verificationProperties": {"pending": pending, "notices": [{"when": "before_verification", "text": "selected because of main"}]},
                 "_links": {"self": {"href": "/pact/1"}}}]}})),
            ("GET", "/pact/1") => {
                let mut document: serde_json::Value =
                    serde_json::from_str(&pact(&get("an order", "/orders/7", r#"{"id": 7}"#))).expect("JSON");
                document["_links"] = json!({"pb:publish-verification-results": {"href": "/results"}});
                document["interactions"][0]["_id"] = "abc".into();
                hal(&document)
            }
            ("PUT", "/pacticipants/orders/branches/feat%2Fx/versions/2.0.0") => hal(&json!({})),
            ("POST", "/results") => publish.clone(),
            _ => Reply::json(404, "{}"),
        }
    })
}

fn provider(id: u32) -> Server {
    Server::start(move |_: &Request| Reply::json(200, &format!("{{\"id\": {id}}}")))
}

const SELECT: [&str; 8] = [
    "--provider-name",
    "orders",
    "--token",
    "secret",
    "--selector",
    r#"{"mainBranch": true}"#,
    "--provider-branch",
    "feat/x",
];

fn verify(broker: &Server, provider: &Server, more: &[&str]) -> crate::verify::command::Run {
    let mut arguments = vec!["--broker", broker.url.as_str(), "--provider", provider.url.as_str()];
    arguments.extend(SELECT);
    arguments.extend(more);
    Folder::new().verify(&arguments)
}

#[test]
fn pacts_are_selected_and_results_published() {
    let (broker, provider) = (broker(false, Reply::json(201, "{}")), provider(7));
    let run = verify(&broker, &provider, &["--enable-pending", "--publish", "--provider-version", "2.0.0"]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(run.stderr.contains("selected because of main"), "{}", run.stderr);
    let requests = broker.requests();
    let selection = requests
        .iter()
        .find(|request| request.target.ends_with("for-verification"))
        .expect("pacts were asked for")
        .json();
    assert_eq!(
        selection,
        json!({"consumerVersionSelectors": [{"mainBranch": true}], "includePendingStatus": true, "providerVersionBranch": "feat/x"})
    );
    let result = requests.last().expect("the result was published").json();
    assert_eq!((&result["success"], &result["providerApplicationVersion"]), (&json!(true), &json!("2.0.0")));
    assert_eq!(result["testResults"][0]["interactionId"], "abc");
}

#[test]
fn a_refused_publication_fails_the_run() {
    let (broker, provider) = (broker(false, Reply::json(403, r#"{"errors": ["not yours"]}"#)), provider(7));
    let run = verify(&broker, &provider, &["--publish", "--provider-version", "2.0.0"]);
    assert_eq!(run.code, 2, "{}", run.stdout);
    assert!(run.stdout.contains("was not published") && run.stdout.contains("not yours"), "{}", run.stdout);
}

#[test]
fn a_pending_pact_does_not_fail_the_run_and_its_failure_is_published() {
    let (broker, provider) = (broker(true, Reply::json(201, "{}")), provider(8));
    let run = verify(&broker, &provider, &["--enable-pending", "--publish", "--provider-version", "2.0.0"]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert_eq!(broker.requests().last().expect("published").json()["success"], false);
}

#[test]
fn a_refused_token_html_and_an_address_that_is_no_broker_are_told() {
    let (provider, html) = (
        provider(7),
        Server::start(|_: &Request| Reply::Response {
            status: 200,
            headers: vec![("Content-Type".into(), "text/html".into())],
            body: b"<html>log in</html>".to_vec(),
        }),
    );
    let run = verify(&html, &provider, &[]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("HTML"), "{}", run.stderr);
    let strict = Server::start(|_: &Request| Reply::json(401, "{}"));
    let run = verify(&strict, &provider, &[]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("401") && run.stderr.contains("--token"), "{}", run.stderr);
}

#[test]
fn credentials_never_follow_a_redirect_to_another_host() {
    let elsewhere = Server::start(|_: &Request| Reply::json(200, "{}"));
    // Another port is another origin.
    let target = format!("{}/", elsewhere.url);
    let redirecting = Server::start(move |_: &Request| Reply::Response {
        status: 302,
        headers: vec![("Location".into(), target.clone())],
        body: Vec::new(),
    });
    let run = verify(&redirecting, &provider(7), &[]);
    assert_eq!(run.code, 2);
    assert!(redirecting.requests()[0].headers.contains_key("authorization"));
    assert!(!elsewhere.requests()[0].headers.contains_key("authorization"));
}

#[test]
fn user_and_password_and_new_pacts_of_branches_reach_the_broker() {
    let broker = Server::start(|request: &Request| match request.target.as_str() {
        "/" => hal(&json!({"_links": {"pb:provider-pacts-for-verification": {"href": "/for"}}})),
        _ => hal(&json!({"_embedded": {"pacts": []}})),
    });
    let run = Folder::new().verify(&[
        "--broker",
        &broker.url,
        "--provider",
        "http://localhost:1",
        "--provider-name",
        "orders",
        "--user",
        "ada",
        "--password",
        "secret",
        "--include-wip-since",
        "2026-01-01",
    ]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("has no pact for the provider `orders`"), "{}", run.stderr);
    let requests = broker.requests();
    // ada:secret
    assert!(requests.iter().all(|request| request.headers["authorization"] == "Basic YWRhOnNlY3JldA=="));
    assert_eq!(requests[1].json()["includeWipPactsSince"], "2026-01-01");
}

#[test]
fn a_pact_that_the_broker_has_elsewhere_is_fetched_without_credentials() {
    let elsewhere =
        Server::start(|_: &Request| hal(&serde_json::from_str(&pact(&get("an order", "/", "{}"))).expect("JSON")));
    let target = format!("{}/pact", elsewhere.url);
    let broker = Server::start(move |request: &Request| match request.target.as_str() {
        "/" => hal(&json!({"_links": {"pb:provider-pacts-for-verification": {"href": "/for"}}})),
        _ => hal(&json!({"_embedded": {"pacts": [{"_links": {"self": {"href": target}}}]}})),
    });
    let run = verify(&broker, &provider(7), &[]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(!elsewhere.requests()[0].headers.contains_key("authorization"));
}

#[test]
fn a_part_of_a_contract_is_not_published_as_the_whole() {
    let (broker, provider) = (broker(false, Reply::json(201, "{}")), provider(7));
    let run = verify(&broker, &provider, &["--publish", "--provider-version", "2.0.0", "--description", "order"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("part of a contract"), "{}", run.stderr);
}
