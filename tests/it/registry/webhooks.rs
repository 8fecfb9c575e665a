//! Webhooks over the network: they arrive, signed, once; they go nowhere they should not.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Server, on_every_backend};
use crate::verify::server::{Reply, Request, Server as Receiver};

fn wait_until(is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_so() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(is_so(), "it did not happen in time");
}

fn publish(server: &Server, version: &str) {
    let pact = json!({"consumer": {"name": "Foo"}, "provider": {"name": "Bar"}, "interactions": [{"description": version}],
                      "metadata": {"pactSpecification": {"version": "2.0.0"}}});
    let path = format!("/pacts/provider/Bar/consumer/Foo/version/{version}");
    assert_eq!(server.send("PUT", &path, Some(&pact)).status, 201);
}

fn webhook(url: &str) -> Value {
    json!({"consumer": {"name": "Foo"}, "events": [{"name": "contract_content_changed"}], "signed": true,
           "request": {"method": "POST", "url": url, "headers": {"Authorization": "Bearer sesame"},
                       "body": {"pact": "${pactbroker.pactUrl}", "version": "${pactbroker.consumerVersionNumber}"}}})
}

/// A server whose webhooks may call this machine, on a storage.
fn with_receiver(scenario: impl Fn(&Server, &Receiver)) {
    scenario(
        &Server::start(&["--webhook-allow", "127.0.0.0/8"]),
        &Receiver::start(|_: &Request| Reply::json(200, "{}")),
    );
    if let Some(postgres) = super::TestPostgres::start() {
        let server = Server::start(&["--webhook-allow", "127.0.0.0/8", "--database", &postgres.url]);
        scenario(&server, &Receiver::start(|_: &Request| Reply::json(200, "{}")));
    }
}

#[test]
fn a_changed_pact_is_told_once_with_a_signature_and_can_be_told_again() {
    with_receiver(|server, receiver| {
        let created = server.send("POST", "/webhooks", Some(&webhook(&format!("{}/hook", receiver.url)))).json();
        let key = created["signingKey"].as_str().expect("shown once").to_owned();
        publish(server, "1");
        wait_until(|| !receiver.requests().is_empty());
        let call = receiver.requests().remove(0);
        assert_eq!((call.target.as_str(), call.headers["authorization"].as_str()), ("/hook", "Bearer sesame"));
        assert_eq!(call.json()["version"], "1");
        let (time, signature) = call.headers["x-counterpart-signature"].split_once(',').expect("two parts");
        let signed = [time.trim_start_matches("t=").as_bytes(), b".", &call.body].concat();
        let mac = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, key.as_bytes());
        let given = hex::decode(signature.trim_start_matches("v1=")).expect("hexadecimal");
        assert!(ring::hmac::verify(&mac, &signed, &given).is_ok());

        // Nobody else is told the secrets, and the log does not have them.
        let delivered = || server.get("/api/v1/deliveries?status=delivered")["deliveries"].clone();
        wait_until(|| delivered().as_array().is_some_and(|list| list.len() == 1));
        for path in ["/api/v1/audit?limit=1000", "/api/v1/export", "/api/v1/deliveries"] {
            let text = server.send("GET", path, None).text;
            assert!(!text.contains("sesame") && !text.contains(&key), "{path}");
        }
        assert!(server.send("GET", "/api/v1/export?secrets=true", None).text.contains("sesame"), "a backup has them");

        let id = delivered()[0]["id"].as_str().expect("an id").to_owned();
        let (code, text) = server.run(&["registry", "replay", &id]);
        assert_eq!(code, 0, "{text}");
        wait_until(|| receiver.requests().len() == 2);
        assert_eq!(receiver.requests()[1].body, call.body);
    });
}

#[test]
fn secrets_that_come_back_hidden_stay_as_they_were() {
    let receiver = Receiver::start(|_: &Request| Reply::json(200, "{}"));
    let server = Server::start(&["--webhook-allow", "127.0.0.1"]);
    let created = server.send("POST", "/webhooks", Some(&webhook(&receiver.url))).json();
    let path = format!("/webhooks/{}", created["uuid"].as_str().expect("an id"));
    let mut document = server.get(&path);
    assert_eq!(document["request"]["headers"]["authorization"], "**********");
    document["description"] = json!("renamed");
    assert_eq!(server.send("PUT", &path, Some(&document)).status, 200);
    assert_eq!(server.send("POST", &format!("{path}/execute"), None).json()["success"], true);
    assert_eq!(receiver.requests()[0].headers["authorization"], "Bearer sesame");
    let hidden = json!({"events": [{"name": "contract_published"}],
                        "request": {"method": "POST", "url": "https://ci.example", "headers": {"X-Token": "**********"}}});
    assert_eq!(server.send("POST", "/webhooks", Some(&hidden)).status, 400, "nothing is known that could stay");
}

#[test]
fn nobody_takes_over_the_webhook_of_a_service_that_is_not_theirs() {
    on_every_backend(|server| {
        let created = server.send("POST", "/webhooks", Some(&webhook("https://ci.example/foo"))).json();
        let path = format!("/webhooks/{}", created["uuid"].as_str().expect("an id"));
        let body = json!({"name": "evil", "scopes": ["publish"], "services": ["evil"]});
        let token = server.send("POST", "/api/v1/tokens", Some(&body)).json()["token"].clone();
        let mut stolen = webhook("https://evil.example/");
        stolen["consumer"]["name"] = json!("evil");
        stolen["request"]["headers"]["Authorization"] = json!("**********");
        let reply = server.send_as(token.as_str(), "PUT", &path, Some(&stolen), &[]);
        assert_eq!(reply.status, 403, "{}", reply.text);
        assert_eq!(server.get(&path)["request"]["url"], "https://ci.example/foo");
    });
}

#[test]
fn private_networks_are_reached_only_where_they_are_allowed_and_redirects_lead_nowhere() {
    let inner = Receiver::start(|_: &Request| Reply::json(200, "{}"));
    let address = inner.url.clone();
    let outer = Receiver::start(move |_: &Request| Reply::Response {
        status: 302,
        headers: vec![("Location".into(), address.clone())],
        body: Vec::new(),
    });
    for (allowed, calls) in [(None, 0), (Some("10.0.0.0/8"), 0), (Some("127.0.0.0/8"), 1), (Some("127.0.0.1"), 1)] {
        let server = Server::start(&allowed.map_or_else(Vec::new, |network| vec!["--webhook-allow", network]));
        let before = inner.requests().len();
        let result = server.send("POST", "/webhooks/execute", Some(&webhook(&inner.url))).json();
        assert_eq!(inner.requests().len() - before, calls, "{allowed:?}: {result}");
        assert_eq!(result["success"], calls == 1);
    }
    let server = Server::start(&["--webhook-allow", "*"]);
    let before = inner.requests().len();
    let result = server.send("POST", "/webhooks/execute", Some(&webhook(&outer.url))).json();
    assert_eq!((&result["success"], &result["response"]["status"]), (&json!(false), &json!(302)));
    assert_eq!(inner.requests().len(), before, "a redirect is not followed");
    let local = inner.url.replace("127.0.0.1", "localhost");
    let strict = Server::start(&[]);
    let result = strict.send("POST", "/webhooks/execute", Some(&webhook(&local))).json();
    assert!(
        result["logs"].as_str().is_some_and(|log| log.contains("private network")),
        "a name is looked up: {result}"
    );
}

#[test]
fn calls_that_were_given_up_are_listed() {
    let server = Server::start(&[]);
    let (code, text) = server.run(&["registry", "dead-letters"]);
    assert_eq!((code, text.contains("\"deliveries\": []")), (0, true), "{text}");
    let (code, text) = server.run(&["registry", "replay", "nothing"]);
    assert_eq!((code, text.contains("delivery `nothing` does not exist")), (2, true), "{text}");
}
