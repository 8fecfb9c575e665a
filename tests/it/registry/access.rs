//! Who may do what.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::{Server, on_every_backend};

#[test]
fn without_a_token_nobody_sees_or_changes_anything() {
    let server = Server::start(&[]);
    for path in ["/", "/pacticipants", "/api/v1/services", "/metrics", "/matrix", "/api/v1/audit"] {
        let reply = server.send_as(None, "GET", path, None, &[]);
        assert_eq!(reply.status, 401, "{path}");
        assert!(reply.headers.contains_key("www-authenticate"), "{path}");
    }
    assert_eq!(server.send_as(Some("cpt_wrong"), "GET", "/pacticipants", None, &[]).status, 401);
    assert_eq!(server.send_as(None, "GET", "/healthz", None, &[]).status, 200);
    assert_eq!(server.send_as(None, "GET", "/readyz", None, &[]).status, 200);
}

#[test]
fn anonymous_readers_look_and_do_not_touch() {
    let server = Server::start(&["--anonymous-read"]);
    assert_eq!(server.send_as(None, "GET", "/pacticipants", None, &[]).status, 200);
    assert_eq!(server.send_as(None, "GET", "/api/v1/tokens", None, &[]).status, 403);
    assert_eq!(server.send_as(None, "PUT", "/pacticipants/a", Some(&json!({})), &[]).status, 401);
}

#[test]
fn a_token_does_what_its_scopes_say_for_its_services_until_it_is_revoked() {
    on_every_backend(|server| {
        let body = json!({"name": "web-ci", "scopes": ["publish"], "services": ["web-*"]});
        let issued = server.send("POST", "/api/v1/tokens", Some(&body));
        assert_eq!(issued.status, 201, "{}", issued.text);
        let (id, token) = (issued.json()["id"].clone(), issued.json()["token"].clone());
        let (id, token) = (id.as_str().expect("an id"), token.as_str().expect("a token"));
        let put = |name: &str| {
            let path = format!("/pacticipants/{name}/versions/1/tags/dev");
            server.send_as(Some(token), "PUT", &path, Some(&json!({})), &[]).status
        };
        assert_eq!(put("web-shop"), 201);
        assert_eq!(put("orders"), 403);
        let environment = json!({"name": "p", "production": true});
        assert_eq!(server.send_as(Some(token), "POST", "/environments", Some(&environment), &[]).status, 403);
        assert_eq!(server.send_as(Some(token), "GET", "/api/v1/audit", None, &[]).status, 403);

        // Old clients send it as the password of basic authentication.
        let basic = format!("Basic {}", STANDARD.encode(format!("ci:{token}")));
        let reply = server.send_as(None, "GET", "/pacticipants/web-shop", None, &[("authorization", &basic)]);
        assert_eq!(reply.status, 200);

        assert_eq!(server.send("DELETE", &format!("/api/v1/tokens/{id}"), None).status, 204);
        assert_eq!(put("web-shop"), 401);
        let audit = server.send("GET", "/api/v1/audit?limit=1000", None);
        assert!(audit.text.contains("\"actor\":\"web-ci\""), "the log names who did it");
        assert!(!audit.text.contains(token), "the log does not hold the token");
    });
}

#[test]
fn malformed_input_is_refused_and_never_breaks_the_server() {
    let server = Server::start(&[]);
    let paths = [
        ("POST", "/contracts/publish"),
        ("POST", "/pacticipants"),
        ("PUT", "/pacticipants/a"),
        ("POST", "/environments"),
        ("POST", "/webhooks"),
        ("POST", "/pacts/provider/p/for-verification"),
        ("PUT", "/pacts/provider/p/consumer/c/version/1"),
        ("POST", "/pacts/provider/p/consumer/c/pact-version/zz/verification-results"),
        ("PUT", "/api/v1/services/a/versions/1"),
        ("PUT", "/api/v1/services/a"),
        ("POST", "/api/v1/tokens"),
        ("POST", "/api/v1/trust"),
        ("POST", "/api/v1/deployments"),
        ("POST", "/api/v1/releases"),
        ("POST", "/api/v1/deployments/end"),
    ];
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    let bodies = ["", "{", "[]", "null", "3", "\"x\"", "{\"name\":[],\"contracts\":7,\"files\":{}}", &deep, "\u{0}"];
    for (method, path) in paths {
        for body in bodies {
            let reply = super::server::send(&server.url, Some(&server.token), method, path, Some(body.to_owned()), &[]);
            let status = reply.expect("an answer").status;
            assert!((200..500).contains(&status), "{method} {path} with {body:.20}: {status}");
        }
    }
    for query in ["?q[][pacticipant]=", "?q[][x]=1", "?limit=-1&q[][pacticipant]=a", "?q=%ff%fe", "?"] {
        let status = server.send("GET", &format!("/matrix{query}"), None).status;
        assert!((200..500).contains(&status), "{query}: {status}");
    }
    assert_eq!(server.send_as(None, "GET", "/readyz", None, &[]).status, 200);
}

#[test]
fn a_request_larger_than_allowed_is_refused() {
    let server = Server::start(&["--max-body", "1"]);
    let body = json!({"files": [{"path": "a", "content": "A".repeat(2 << 20)}]});
    assert_eq!(server.send("PUT", "/api/v1/services/a/versions/1", Some(&body)).status, 413);
}

#[test]
fn a_reader_of_some_services_sees_those_and_what_they_have_to_do_with_others() {
    let server = Server::start(&[]);
    let body = json!({"name": "web-reader", "scopes": ["read"], "services": ["web-*"]});
    let token = server.send("POST", "/api/v1/tokens", Some(&body)).json()["token"].clone();
    let token = token.as_str().expect("a token");
    for name in ["web-shop", "orders", "payments"] {
        server.send("PUT", &format!("/pacticipants/{name}/versions/1"), Some(&json!({})));
    }
    let get = |path: &str| server.send_as(Some(token), "GET", path, None, &[]).status;
    for path in [
        "/",
        "/pacticipants/web-shop",
        "/pacticipants/web-shop/versions/1",
        "/api/v1/services/web-shop",
        "/api/v1/resolve?service=web-shop",
        "/matrix?q[][pacticipant]=web-shop",
        "/matrix?q[][pacticipant]=web-shop&q[][pacticipant]=orders",
    ] {
        assert_eq!(get(path), 200, "{path}");
    }
    for path in [
        "/pacticipants",
        "/pacticipants?service=web-shop",
        "/pacticipants/orders",
        "/pacticipants/orders/versions/1?pacticipant=web-shop",
        "/api/v1/services",
        "/api/v1/services?service=web-shop",
        "/api/v1/services/orders",
        "/api/v1/resolve?service=web-shop&service=orders",
        "/api/v1/environments",
        "/environments",
        "/pacts/latest",
        "/dashboard",
        "/integrations",
        "/webhooks",
        "/metrics",
        "/matrix?q[][pacticipant]=orders",
        "/matrix?q[][pacticipant]=web-shop&q[][pacticipant]=orders&q[][pacticipant]=payments",
    ] {
        assert_eq!(get(path), 403, "{path}");
    }
    let body = json!({"consumerVersionSelectors": [{"latest": true}]});
    let ask = |provider: &str| {
        let path = format!("/pacts/provider/{provider}/for-verification");
        server.send_as(Some(token), "POST", &path, Some(&body), &[]).status
    };
    assert_eq!((ask("web-shop"), ask("orders")), (200, 403));
}

#[test]
fn a_token_shows_when_it_was_used_last_and_ends_when_it_expires() {
    on_every_backend(|server| {
        let issue = |name: &str, expires: Option<&str>| {
            let body = json!({"name": name, "scopes": ["read"], "expires_at": expires});
            let issued = server.send("POST", "/api/v1/tokens", Some(&body)).json();
            issued["token"].as_str().expect("a token").to_owned()
        };
        let (used, expired) =
            (issue("used", Some("2999-01-01T00:00:00Z")), issue("expired", Some("2020-01-01T00:00:00Z")));
        issue("idle", None);
        assert_eq!(server.send_as(Some(&used), "GET", "/pacticipants", None, &[]).status, 200);
        assert_eq!(server.send_as(Some(&expired), "GET", "/pacticipants", None, &[]).status, 401);
        let last_used = |name: &str| {
            let tokens = server.get("/api/v1/tokens");
            let known = tokens["tokens"].as_array().into_iter().flatten().find(|token| token["name"] == name);
            known.expect("it is listed")["last_used_at"].clone()
        };
        // Written beside the request, not before its answer.
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
        while last_used("used").is_null() && std::time::Instant::now() < deadline {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        assert!(last_used("used").is_string());
        assert!(last_used("idle").is_null() && last_used("expired").is_null());
    });
}

#[test]
fn a_caller_in_a_loop_is_told_to_wait_and_others_are_served() {
    let server = Server::start(&["--rate-limit", "2"]);
    let body = json!({"name": "loop", "scopes": ["read"]});
    let token = server.send("POST", "/api/v1/tokens", Some(&body)).json()["token"].clone();
    let token = token.as_str().expect("a token");
    let get = || server.send_as(Some(token), "GET", "/pacticipants", None, &[]);
    let refused = (0..200).map(|_| get()).find(|reply| reply.status == 429).expect("the limit is reached");
    assert!(refused.headers.contains_key("retry-after"));
    assert_eq!(server.send("GET", "/pacticipants", None).status, 200, "others have their own limit");
}
