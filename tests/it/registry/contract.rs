//! The server keeps its own contract, `docs/reference/registry.openapi.yaml`: every operation is called, and every reply
//! is checked against what the contract says about that status.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use counterpart::source::FileId;
use counterpart::syntax;
use serde_json::{Value, json};

use super::Server;

/// The contract, with what was called.
pub(super) struct Contract {
    pub(super) document: Value,
    called: RefCell<BTreeSet<String>>,
}

impl Contract {
    pub(super) fn load() -> Self {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/reference/registry.openapi.yaml");
        let text: Arc<str> = std::fs::read_to_string(path).expect("the contract is there").into();
        let parsed = syntax::parse(FileId(0), path, text);
        let root = parsed.document.root();
        let document = parsed.document.to_json(root, usize::MAX).expect("the contract is not too large");
        Self { document, called: RefCell::default() }
    }

    /// Every operation by its id.
    pub(super) fn operations(&self) -> Vec<(String, String, String)> {
        let mut all = Vec::new();
        for (path, item) in self.document["paths"].as_object().expect("paths") {
            for method in ["get", "put", "post", "delete"] {
                if let Some(id) = item[method]["operationId"].as_str() {
                    all.push((id.to_owned(), method.to_uppercase(), path.clone()));
                }
            }
        }
        all
    }

    /// Calls an operation and checks the reply.
    fn call(&self, server: &Server, id: &str, path: &str, body: Option<&Value>, status: u16) -> Value {
        let operations = self.operations();
        let (_, method, template) = operations.iter().find(|(known, ..)| known == id).expect("the contract has it");
        let reply = server.send(method, &format!("/api/v1{path}"), body);
        assert_eq!(reply.status, status, "{id}: {}", reply.text);
        self.called.borrow_mut().insert(id.to_owned());
        let operation = &self.document["paths"][template][method.to_lowercase()];
        let responses = &operation["responses"];
        let mut response = responses.get(status.to_string()).or_else(|| responses.get("default")).expect("a response");
        if let Some(target) = response["$ref"].as_str() {
            response = self.document.pointer(target.trim_start_matches('#')).expect("the reference leads somewhere");
        }
        let Some(content) = response["content"].as_object() else {
            assert!(reply.text.is_empty(), "{id}: {}", reply.text);
            return Value::Null;
        };
        let (kind, media) = content.iter().next().expect("a media type");
        let sent = reply.headers["content-type"].to_str().expect("readable");
        assert!(sent.starts_with(kind.as_str()), "{id}: {sent}");
        if media.get("schema").is_some() {
            // The schema stands beside the components that it refers to.
            let schema = json!({"allOf": [media["schema"]], "components": self.document["components"]});
            let validator = jsonschema::options().build(&schema).expect("a valid schema");
            let errors: Vec<String> = validator
                .iter_errors(&reply.json())
                .map(|error| format!("{}: {error}", error.instance_path()))
                .collect();
            assert!(errors.is_empty(), "{id}: {}\n{}", errors.join("\n"), reply.text);
        }
        reply.json()
    }
}

#[test]
fn every_operation_of_the_contract_answers_as_it_says() {
    let (server, contract) = (Server::start(&[]), Contract::load());
    let call = |id: &str, path: &str, body: Option<Value>, status: u16| {
        contract.call(&server, id, path, body.as_ref(), status)
    };
    call("putService", "/services/orders", Some(json!({"owners": ["team"], "labels": ["core"], "mode": "full"})), 201);
    call("putService", "/services/orders", Some(json!({"mode": "sideways"})), 400);
    let file = |name: &str| {
        let text = format!("syntax = \"proto3\"; package {name}.v1; message M {{ string id = 1; }}");
        json!({"path": "a.proto", "content": STANDARD.encode(text)})
    };
    call(
        "publish",
        "/services/orders/versions/1.0.0",
        Some(json!({"branch": "main", "tags": ["t"], "files": [file("a")]})),
        201,
    );
    call("publish", "/services/orders/versions/1.0.0", Some(json!({"files": [file("a")]})), 200);
    call("publish", "/services/orders/versions/1.0.0", Some(json!({"files": [file("b")]})), 409);
    call("publish", "/services/orders/versions/1.0.0", Some(json!({"oops": 1})), 400);
    let pact = json!({"consumer": {"name": "web"}, "provider": {"name": "orders"}, "interactions": []}).to_string();
    let web =
        json!({"consumes": [{"service": "orders", "version": "1.0.0"}], "pacts": [{"content": STANDARD.encode(pact)}]});
    call("publish", "/services/web/versions/1", Some(web), 201);
    call("listServices", "/services?label=core", None, 200);
    call("getService", "/services/orders", None, 200);
    call("getService", "/services/nobody", None, 404);
    call("listVersions", "/services/orders/versions", None, 200);
    call("listVersions", "/services/orders/versions?limit=0", None, 400);
    call("getVersion", "/services/web/versions/1", None, 200);
    call("getContract", "/services/orders/versions/1.0.0/contract", None, 200);
    call("getContract", "/services/web/versions/1/contract", None, 404);
    call("getPact", "/services/web/versions/1/pacts/orders", None, 200);
    call("resolve", "/resolve?service=orders", None, 200);
    call("putEnvironment", "/environments/production", Some(json!({"production": true})), 201);
    call("putEnvironment", "/environments/production", Some(json!({"display_name": "P"})), 200);
    let place =
        |service: &str, version: &str| json!({"service": service, "version": version, "environment": "production"});
    call("canDeploy", "/can-deploy?service=web&version=1&environment=production", None, 200);
    call("recordDeployment", "/deployments", Some(place("orders", "1.0.0")), 201);
    call("recordDeployment", "/deployments", Some(place("orders", "1.0.0")), 200);
    call("recordRelease", "/releases", Some(place("web", "1")), 201);
    call("recordRelease", "/releases", Some(place("web", "9")), 404);
    call("canDeploy", "/can-deploy?service=orders&version=1.0.0&environment=production", None, 200);
    call("canDeploy", "/can-deploy?service=orders&version=7&environment=production", None, 200);
    call("listEnvironments", "/environments", None, 200);
    call("getEnvironment", "/environments/production", None, 200);
    call("getEnvironment", "/environments/production?at=yesterday", None, 400);
    call("endDeployment", "/deployments/end", Some(place("orders", "1.0.0")), 200);
    call("retireVersion", "/services/orders/versions/1.0.0/retire", None, 200);
    let token = call(
        "issueToken",
        "/tokens",
        Some(json!({"name": "ci", "scopes": ["read"], "expires_at": "2999-01-01T00:00:00Z"})),
        201,
    );
    call("listTokens", "/tokens", None, 200);
    call("revokeToken", &format!("/tokens/{}", token["id"].as_str().expect("an id")), None, 204);
    let rule = json!({"issuer": "https://i.example", "audience": "a", "claims": {"repository": "acme/*"}, "scopes": ["publish"]});
    let trust = call("addTrust", "/trust", Some(rule), 201);
    call("addTrust", "/trust", Some(json!({"issuer": "i", "audience": "a", "claims": {}, "scopes": ["publish"]})), 400);
    call("listTrust", "/trust", None, 200);
    call("removeTrust", &format!("/trust/{}", trust["id"].as_str().expect("an id")), None, 204);
    let hook = json!({"events": [{"name": "contract_published"}], "request": {"method": "POST", "url": "http://127.0.0.1:9/"}});
    assert_eq!(server.send("POST", "/webhooks", Some(&hook)).status, 201);
    let other = json!({"consumer": {"name": "web"}, "provider": {"name": "orders"}, "interactions": [{}]}).to_string();
    call("publish", "/services/web/versions/2", Some(json!({"pacts": [{"content": STANDARD.encode(other)}]})), 201);
    let deliveries = call("listDeliveries", "/deliveries", None, 200);
    let delivery = deliveries["deliveries"][0]["id"].as_str().expect("a call was queued").to_owned();
    call("replayDelivery", &format!("/deliveries/{delivery}/replay"), None, 202);
    call("readLog", "/audit?limit=3", None, 200);
    call("checkLog", "/audit/head", None, 200);
    call("export", "/export", None, 200);
    call("collectGarbage", "/gc", Some(json!({"keep_days": 1, "dry_run": true})), 200);
    call("deleteVersion", "/services/orders/versions/1.0.0", None, 204);
    call("deleteService", "/services/orders", None, 204);
    call("deleteEnvironment", "/environments/production", None, 204);

    let called = contract.called.borrow();
    let missed: Vec<String> =
        contract.operations().into_iter().map(|(id, ..)| id).filter(|id| !called.contains(id)).collect();
    assert!(missed.is_empty(), "not called: {missed:?}");
}

#[test]
fn our_own_check_accepts_the_contract() {
    let server = Server::start(&[]);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/reference/registry.openapi.yaml");
    let (code, text) = server.run(&["diff", path, path]);
    assert_eq!(code, 0, "{text}");
}
