//! How a server is reached: TLS, addresses behind a proxy, identity tokens of a build, logs, and a full disk.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};

use super::Server;
use crate::verify::server::{Reply, Request, Server as Issuer};

fn fixture(name: &str) -> String {
    format!("{}/fixtures/registry/tls/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_server_speaks_tls_without_a_proxy() {
    let (certificate, key) = (fixture("certificate.pem"), fixture("key.pem"));
    let server = Server::start(&["--tls-certificate", &certificate, "--tls-key", &key]);
    assert!(server.url.starts_with("https://"), "{}", server.url);
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let pem = std::fs::read(&certificate).expect("the fixture is there");
        let root = reqwest::Certificate::from_pem(&pem).expect("a certificate");
        let client = reqwest::Client::builder().no_proxy().add_root_certificate(root).build().expect("a client");
        let request = client.get(format!("{}/pacticipants", server.url)).bearer_auth(&server.token);
        assert_eq!(request.send().await.expect("the certificate is trusted").status(), 200);
        let stranger = reqwest::Client::builder().no_proxy().build().expect("a client");
        assert!(stranger.get(format!("{}/healthz", server.url)).send().await.is_err(), "nobody else trusts it");
    });
    let plain = server.url.replace("https://", "http://");
    assert!(super::server::send(&plain, None, "GET", "/healthz", None, &[]).is_err());
}

#[test]
fn a_certificate_that_cannot_be_read_stops_the_start() {
    let output = Command::new(env!("CARGO_BIN_EXE_counterpart"))
        .args(["serve", "--listen", "127.0.0.1:0", "--tls-certificate", "missing.pem", "--tls-key", "missing.pem"])
        .current_dir(tempfile::tempdir().expect("a temporary directory").path())
        .output()
        .expect("the program starts");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), text.contains("missing.pem")), (Some(2), true), "{text}");
}

#[test]
fn links_begin_with_the_base_url_and_without_one_with_what_the_proxy_says() {
    let link = |server: &Server, headers: &[(&str, &str)]| {
        let index = server.send_as(Some(&server.token), "GET", "/", None, headers).json();
        index["_links"]["pb:pacticipants"]["href"].as_str().unwrap_or_default().to_owned()
    };
    let forwarded = [("x-forwarded-proto", "https"), ("x-forwarded-host", "proxy.example")];
    let open = Server::start(&[]);
    assert_eq!(link(&open, &[]), format!("{}/pacticipants", open.url));
    assert_eq!(link(&open, &forwarded), "https://proxy.example/pacticipants");
    let odd = [("x-forwarded-host", "evil\"><script>")];
    assert_eq!(link(&open, &odd), "http://localhost/pacticipants", "nothing that could end an attribute");
    let fixed = Server::start(&["--base-url", "https://registry.example/base/"]);
    assert_eq!(link(&fixed, &forwarded), "https://registry.example/base/pacticipants");
}

/// An identity provider like that of GitHub Actions.
struct Provider {
    issuer: Issuer,
    key: EcdsaKeyPair,
}

impl Provider {
    fn start() -> Self {
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).expect("a key");
        let key =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random).expect("a key");
        let point = key.public_key().as_ref().to_vec();
        let issuer = Issuer::start(move |request: &Request| {
            let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
            let keys = json!({"keys": [{"kid": "k", "kty": "EC", "crv": "P-256", "x": encode(&point[1..33]), "y": encode(&point[33..])}]});
            match request.target.as_str() {
                "/.well-known/openid-configuration" => {
                    let keys = format!("http://{}/jwks", request.headers["host"]);
                    Reply::json(200, &json!({"jwks_uri": keys}).to_string())
                }
                "/jwks" => Reply::json(200, &keys.to_string()),
                _ => Reply::empty(404),
            }
        });
        Self { issuer, key }
    }

    fn token(&self, repository: &str, audience: &str) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let claims = json!({"iss": self.issuer.url, "aud": audience, "sub": format!("repo:{repository}:ref:refs/heads/main"),
                            "repository": repository, "exp": now + 300});
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encode(&json!({"alg": "ES256", "kid": "k"})), encode(&claims));
        let signature = self.key.sign(&SystemRandom::new(), signed.as_bytes()).expect("signs");
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
    }
}

#[test]
fn a_build_of_a_trusted_repository_needs_no_stored_secret() {
    let provider = Provider::start();
    // An issuer without TLS is taken only where everything private is allowed.
    let server = Server::start(&["--webhook-allow", "*"]);
    let put = |token: &str, service: &str| {
        server.send_as(Some(token), "PUT", &format!("/pacticipants/{service}"), Some(&json!({})), &[]).status
    };
    let token = provider.token("acme/web", "https://registry.example");
    assert_eq!(put(&token, "web"), 401, "nobody trusts it yet");
    let (code, text) = server.run(&[
        "registry",
        "trust-add",
        "--issuer",
        &provider.issuer.url,
        "--audience",
        "https://registry.example",
        "--claim",
        "repository=acme/*",
        "--scope",
        "publish",
        "--service",
        "web*",
    ]);
    assert_eq!(code, 0, "{text}");
    assert_eq!(put(&token, "web"), 201);
    assert_eq!(put(&token, "orders"), 403);
    assert_eq!(put(&provider.token("evil/web", "https://registry.example"), "web"), 401);
    assert_eq!(put(&provider.token("acme/web", "https://elsewhere.example"), "web"), 401);
    assert_eq!(put(&Provider::start().token("acme/web", "https://registry.example"), "web"), 401, "another key");
    assert!(
        server.send("GET", "/api/v1/audit?limit=1000", None).text.contains("oidc:repo:acme/web:ref:refs/heads/main")
    );
    let id = server.get("/api/v1/trust")["trust"][0]["id"].as_str().expect("an id").to_owned();
    assert_eq!(server.send("DELETE", &format!("/api/v1/trust/{id}"), None).status, 204);
    assert_eq!(put(&token, "web"), 401, "it is trusted no longer");
}

#[test]
fn the_log_is_one_json_object_a_line_with_the_id_of_the_request() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let mut child = Command::new(env!("CARGO_BIN_EXE_counterpart"))
        .args(["serve", "--listen", "127.0.0.1:0", "--log-json", "--anonymous-read"])
        .current_dir(directory.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the server starts");
    let mut line = String::new();
    let output = child.stdout.take().expect("standard output is piped");
    BufReader::new(output).read_line(&mut line).expect("the server says where it listens");
    let url = line.trim().trim_start_matches("listening on ").to_owned();
    super::server::send(&url, None, "GET", "/pacticipants", None, &[("x-request-id", "build-4713")])
        .expect("an answer");
    let log = BufReader::new(child.stderr.take().expect("standard error is piped"));
    let entry =
        log.lines().map_while(Result::ok).find(|line| line.contains("build-4713")).expect("the request is logged");
    child.kill().expect("the server runs");
    child.wait().expect("the server ends");
    let entry: Value = serde_json::from_str(&entry).expect("JSON");
    assert_eq!((&entry["fields"]["status"], &entry["fields"]["path"]), (&json!(200), &json!("/pacticipants")));
    assert_eq!(entry["fields"]["request"], "build-4713");
}

#[test]
fn prometheus_and_probes_get_what_they_read() {
    let server = Server::start(&[]);
    assert_eq!(server.send("PUT", "/pacticipants/a", Some(&json!({}))).status, 201);
    let text = server.send("GET", "/metrics", None).text;
    for line in [
        "counterpart_services 1",
        "counterpart_http_requests_total{method=\"PUT\",route=\"/pacticipants/{name}\",status=\"201\"} 1",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(text.trim_end().ends_with("# EOF"));
    let as_broker = server.send_as(Some(&server.token), "GET", "/metrics", None, &[("accept", "application/json")]);
    assert_eq!(as_broker.json()["pacticipants"]["count"], 1);
}

#[test]
fn the_documented_unit_and_image_use_options_that_exist() {
    let help =
        Command::new(env!("CARGO_BIN_EXE_counterpart")).args(["serve", "--help"]).output().expect("the program starts");
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    for file in ["Dockerfile", "counterpart.service", "operations.md"] {
        let path = format!("{}/docs/registry/{file}", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).expect("it is there");
        let serving = text.lines().filter(|line| line.contains("serve"));
        let words = serving.flat_map(|line| line.split(|c: char| !c.is_ascii_alphanumeric() && c != '-'));
        for option in words.filter(|word| word.starts_with("--") && word.len() > 2) {
            assert!(help.contains(option), "{file} says {option}");
        }
    }
}
