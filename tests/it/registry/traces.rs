//! Traces in OpenTelemetry's protocol, set up by its environment variables, and request ids.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Server;
use crate::verify::server::{Reply, Request, Server as Collector};

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// Every span that a collector was sent as JSON.
fn spans(collector: &Collector) -> Vec<Value> {
    let requests = collector.requests();
    let groups =
        requests.iter().flat_map(|request| request.json()["resourceSpans"].as_array().cloned().unwrap_or_default());
    let scopes = groups.flat_map(|group| group["scopeSpans"].as_array().cloned().unwrap_or_default());
    scopes.flat_map(|scope| scope["spans"].as_array().cloned().unwrap_or_default()).collect()
}

fn attribute<'a>(span: &'a Value, key: &str) -> &'a Value {
    let found = span["attributes"].as_array().into_iter().flatten().find(|pair| pair["key"] == key);
    found.map_or(&Value::Null, |pair| {
        pair["value"].as_object().and_then(|value| value.values().next()).unwrap_or(&Value::Null)
    })
}

fn wait_for(collector: &Collector, is_there: impl Fn(&Collector) -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_there(collector) && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_request_is_a_span_of_the_trace_that_its_caller_is_in() {
    let collector = Collector::start(|_: &Request| Reply::json(200, "{}"));
    let server = Server::start_with(
        &[],
        &[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=sesame"),
            ("OTEL_BSP_SCHEDULE_DELAY", "50"),
            ("OTEL_SERVICE_NAME", "our-registry"),
        ],
    );
    let headers = [("traceparent", PARENT), ("x-request-id", "build-4711")];
    let path = "/pacticipants/a";
    let reply = server.send_as(Some(&server.token), "PUT", path, Some(&json!({})), &headers);
    assert_eq!(reply.headers["x-request-id"], "build-4711");
    let of_trace = |collector: &Collector| -> Vec<Value> {
        spans(collector).into_iter().filter(|span| span["traceId"] == PARENT[3..35]).collect()
    };
    wait_for(&collector, |collector| of_trace(collector).len() >= 2);
    let found = of_trace(&collector);
    let request = found.iter().find(|span| span["kind"] == 2).expect("the request's span");
    assert_eq!(
        (&request["name"], &request["parentSpanId"]),
        (&json!("PUT /pacticipants/{name}"), &json!(PARENT[36..52]))
    );
    assert_eq!(attribute(request, "http.response.status_code"), "201");
    assert_eq!(attribute(request, "request"), "build-4711");
    assert_eq!(attribute(request, "enduser.id"), "admin");
    let write = found.iter().find(|span| span["name"] == "write to the log").expect("what the request waited for");
    assert_eq!(write["parentSpanId"], request["spanId"]);
    let sent = &collector.requests()[0];
    assert_eq!((sent.target.as_str(), sent.headers["api-key"].as_str()), ("/v1/traces", "sesame"));
    let resource = &sent.json()["resourceSpans"][0]["resource"];
    assert_eq!(attribute(resource, "service.name"), "our-registry");
}

#[test]
fn traces_are_protobuf_unless_json_is_asked_for_and_the_last_ones_leave_with_the_server() {
    let collector = Collector::start(|_: &Request| Reply::empty(200));
    let mut server =
        Server::start_with(&[], &[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", &format!("{}/x", collector.url))]);
    assert_eq!(server.send("GET", "/pacticipants", None).status, 200);
    server.stop();
    let requests = collector.requests();
    let sent = requests.first().expect("the span was sent before the server ended");
    assert_eq!((sent.target.as_str(), sent.headers["content-type"].as_str()), ("/x", "application/x-protobuf"));
    let text = String::from_utf8_lossy(&sent.body);
    assert!(text.contains("GET /pacticipants") && text.contains("service.name"), "{text}");
}

#[test]
fn who_is_called_by_a_webhook_can_join_its_trace() {
    let collector = Collector::start(|_: &Request| Reply::json(200, "{}"));
    let receiver = Collector::start(|_: &Request| Reply::json(200, "{}"));
    let environment = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url.as_str()),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
        ("OTEL_BSP_SCHEDULE_DELAY", "50"),
    ];
    let server = Server::start_with(&["--webhook-allow", "127.0.0.0/8"], &environment);
    let webhook = json!({"events": [{"name": "contract_published"}],
                         "request": {"method": "POST", "url": format!("{}/hook", receiver.url)}});
    assert_eq!(server.send("POST", "/webhooks", Some(&webhook)).status, 201);
    let pact = json!({"consumer": {"name": "Foo"}, "provider": {"name": "Bar"}, "interactions": []});
    assert_eq!(server.send("PUT", "/pacts/provider/Bar/consumer/Foo/version/1", Some(&pact)).status, 201);
    wait_for(&receiver, |receiver| !receiver.requests().is_empty());
    let call = receiver.requests().remove(0);
    let parts: Vec<&str> = call.headers["traceparent"].split('-').collect();
    let calls = |collector: &Collector| -> Vec<Value> {
        spans(collector).into_iter().filter(|span| span["name"] == "webhook contract_published").collect()
    };
    wait_for(&collector, |collector| !calls(collector).is_empty());
    let span = calls(&collector).remove(0);
    assert_eq!(parts, ["00", span["traceId"].as_str().expect("hex"), span["spanId"].as_str().expect("hex"), "01"]);
    assert_eq!(attribute(&span, "http.response.status_code"), "200");
}

#[test]
fn a_collector_that_is_not_there_or_says_no_disturbs_nobody() {
    let collector = Collector::start(|_: &Request| Reply::empty(500));
    for endpoint in [&collector.url, "http://127.0.0.1:9"] {
        let environment = [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint), ("OTEL_BSP_SCHEDULE_DELAY", "1")];
        let server = Server::start_with(&[], &environment);
        for _ in 0..20 {
            assert_eq!(server.send("GET", "/pacticipants", None).status, 200);
        }
    }
}

#[test]
fn an_id_that_could_spoil_a_log_is_not_taken_over() {
    let server = Server::start(&[]);
    for odd in ["short", "a b c d e f g h", &"x".repeat(200)] {
        let reply = server.send_as(Some(&server.token), "GET", "/pacticipants", None, &[("x-request-id", odd)]);
        let id = reply.headers["x-request-id"].to_str().expect("readable");
        assert!(id != odd && id.len() == 36, "{id}");
    }
    let given = [("x-request-id", "build-4712")];
    server.send_as(Some(&server.token), "PUT", "/pacticipants/a", Some(&json!({})), &given);
    assert!(server.send("GET", "/api/v1/audit?limit=1000", None).text.contains("build-4712"), "the audit log has it");
}
