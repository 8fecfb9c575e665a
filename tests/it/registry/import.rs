//! Taking over a live Pact Broker. Our own broker surface stands in for it: the importer only uses addresses and shapes
//! that the Pact Broker has, which `broker_approvals` of the corpus shows.

use serde_json::{Value, json};

use super::{Server, on_every_backend};
use crate::verify::server::{Reply, Request, Server as Double};

fn pact(path: &str) -> Value {
    json!({
        "consumer": {"name": "Web Shop"}, "provider": {"name": "orders/eu"},
        "interactions": [{"description": "a thing", "request": {"method": "GET", "path": path}, "response": {"status": 200}}],
        "metadata": {"pactSpecification": {"version": "2.0.0"}},
    })
}

/// A broker with a bit of everything.
fn fill(server: &Server) {
    let put = |path: &str, body: Value| {
        let reply = server.send("PUT", path, Some(&body));
        assert!(reply.status < 300, "{path}: {}", reply.text);
    };
    put(
        "/pacticipants/Web%20Shop",
        json!({"displayName": "The shop", "mainBranch": "main", "repositoryUrl": "https://g.example/w"}),
    );
    put("/pacticipants/Web%20Shop/labels/core", json!({}));
    for (version, path, branch) in [("1.0", "/a", "main"), ("1.1", "/a", "main"), ("2.0", "/b", "feat/x")] {
        put(&format!("/pacts/provider/orders%2Feu/consumer/Web%20Shop/version/{version}"), pact(path));
        put(&format!("/pacticipants/Web%20Shop/branches/{branch}/versions/{version}"), json!({}));
    }
    put("/pacticipants/Web%20Shop/versions/1.1/tags/prod", json!({}));
    put("/pacticipants/Web%20Shop/branches/release/versions/1.1", json!({}));
    put("/pacticipants/orders%2Feu/versions/7", json!({"buildUrl": "https://ci.example/7"}));
    for (version, provider, success) in [("1.1", "7", true), ("2.0", "7", false), ("1.1", "8", true)] {
        let pact = server.get(&format!("/pacts/provider/orders%2Feu/consumer/Web%20Shop/version/{version}"));
        let target = pact["_links"]["pb:publish-verification-results"]["href"].as_str().expect("a link").to_owned();
        let body = json!({"success": success, "providerApplicationVersion": provider, "buildUrl": "https://ci.example/v",
                          "verifiedBy": {"implementation": "t", "version": "1"}, "testResults": [{"interactionId": "x"}]});
        let reply = server.send("POST", target.strip_prefix(&server.url).expect("of this server"), Some(&body));
        assert_eq!(reply.status, 201, "{}", reply.text);
    }
    let environment =
        server.send("POST", "/environments", Some(&json!({"name": "prod", "displayName": "P", "production": true})));
    let uuid = environment.json()["uuid"].as_str().expect("an id").to_owned();
    let deployed = format!("/pacticipants/orders%2Feu/versions/7/deployed-versions/environment/{uuid}");
    server.send("POST", &deployed, Some(&json!({"applicationInstance": "blue"})));
    server.send(
        "POST",
        &format!("/pacticipants/Web%20Shop/versions/1.1/released-versions/environment/{uuid}"),
        Some(&json!({})),
    );
    let webhook = json!({"description": "build", "provider": {"name": "orders/eu"}, "events": [{"name": "contract_content_changed"}],
                         "request": {"method": "POST", "url": "https://ci.example/x", "username": "u", "password": "sesame"}});
    assert_eq!(server.send("POST", "/webhooks", Some(&webhook)).status, 201);
}

/// What must be the same afterwards; ids and times are not.
fn facts(server: &Server) -> Value {
    let shop = server.get("/pacticipants/Web%20Shop");
    let matrix = server.get("/matrix?q[][pacticipant]=Web%20Shop&q[][pacticipant]=orders/eu");
    let rows: Vec<Value> = matrix["matrix"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|row| {
            let party = |side: &str| {
                let version = &row[side]["version"];
                json!([
                    version["number"],
                    version["branchVersions"].as_array().map(Vec::len),
                    version["tags"][0]["name"]
                ])
            };
            json!([party("consumer"), party("provider"), row["verificationResult"]["success"]])
        })
        .collect();
    let content = server.get("/pacts/provider/orders%2Feu/consumer/Web%20Shop/version/2.0");
    let result = content["_links"]["pb:latest-verification-results"]["href"].as_str().expect("a link").to_owned();
    let result = server.get(result.strip_prefix(&server.url).expect("of this server"));
    let production = server.get("/api/v1/environments/prod");
    let running: Vec<Value> = production["running"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|entry| json!([entry["service"], entry["version"], entry["how"], entry["instance"]]))
        .collect();
    json!({
        "shop": [shop["displayName"], shop["mainBranch"], shop["repositoryUrl"], shop["_embedded"]["labels"][0]["name"]],
        "matrix": rows,
        "interactions": content["interactions"],
        "result": [result["success"], result["number"], result["verifiedBy"], result["testResults"], result["buildUrl"]],
        "build": server.get("/pacticipants/orders%2Feu/versions/7")["buildUrl"],
        "latest": server.get("/pacticipants/Web%20Shop/latest-version")["number"],
        "running": running,
        "production": production["production"],
    })
}

#[test]
fn everything_that_a_live_broker_knows_comes_over_and_only_once() {
    let broker = Server::start(&[]);
    fill(&broker);
    let expected = facts(&broker);
    on_every_backend(|registry| {
        let import = |arguments: &[&str]| {
            let fixed = ["registry", "import", "--from-broker", broker.url.as_str()];
            registry.run(&[fixed.as_slice(), arguments].concat())
        };
        let (code, text) = import(&["--broker-token", &broker.token]);
        assert_eq!(code, 0, "{text}");
        assert!(
            text.contains("2 services, 5 versions, 3 pacts, 3 results, 2 deployments and releases, 1 webhooks"),
            "{text}"
        );
        assert!(text.contains("is switched off"), "{text}");
        assert_eq!(facts(registry), expected);
        let webhook = registry.get("/webhooks");
        let href = webhook["_links"]["pb:webhooks"][0]["href"].as_str().expect("a link").to_owned();
        let webhook = registry.get(href.strip_prefix(&registry.url).expect("of this server"));
        assert_eq!((&webhook["enabled"], &webhook["description"]), (&json!(false), &json!("build")));
        assert!(webhook["request"]["password"].is_null());

        // Again, as an old client would log in: nothing comes twice.
        let (code, text) = import(&["--broker-user", "me", "--broker-password", &broker.token]);
        assert_eq!((code, text.contains("0 results")), (0, true), "{text}");
        assert_eq!(facts(registry), expected);
    });
}

#[test]
fn a_broker_that_says_no_or_is_not_there_ends_the_import() {
    let registry = Server::start(&[]);
    let broker = Server::start(&[]);
    let (code, text) =
        registry.run(&["registry", "import", "--from-broker", &broker.url, "--broker-token", "cpt_wrong"]);
    assert_eq!((code, text.contains("401")), (2, true), "{text}");
    assert_eq!(registry.run(&["registry", "import"]).0, 2, "neither a broker nor a file");
    let nobody = crate::verify::server::nobody();
    let (code, text) = registry.run(&["registry", "import", "--from-broker", &nobody]);
    assert_eq!((code, text.contains("cannot be reached")), (2, true), "{text}");
}

#[test]
fn documents_as_the_pact_broker_itself_writes_them_are_understood() {
    // Shapes of the Pact Broker 2.11x: relations, an older list of pact versions, no pages, a pact with ids inside.
    let pact = pact("/a");
    let broker = Double::start(move |request: &Request| {
        let path = request.target.split('?').next().unwrap_or_default();
        let base = "http://broker.example";
        let body = match path {
            "/pacticipants" => json!({"_embedded": {"pacticipants": [
                {"name": "Web Shop", "displayName": "Shop", "_embedded": {"labels": [{"name": "core"}]}}, {"name": "orders/eu"}]}}),
            "/pacticipants/Web%20Shop/versions" => json!({"_embedded": {"versions": [
                {"number": "2", "createdAt": "2021-01-02T00:00:00+00:00", "_embedded": {"branchVersions": [{"name": "main", "latest": true}], "tags": []}},
                {"number": "1", "createdAt": "2021-01-01T00:00:00+00:00", "_embedded": {"tags": [{"name": "prod"}]}}]}}),
            "/pacticipants/orders%2Feu/versions" => {
                json!({"_embedded": {"versions": [{"number": "7", "createdAt": "2021-01-01T12:00:00+00:00"}]}})
            }
            "/integrations" => {
                json!({"_embedded": {"integrations": [{"consumer": {"name": "Web Shop"}, "provider": {"name": "orders/eu"}}]}})
            }
            "/pacts/provider/orders%2Feu/consumer/Web%20Shop/versions" => json!({"_links": {"pact-versions": [
                {"href": format!("{base}/pacts/provider/orders%2Feu/consumer/Web%20Shop/version/2"), "title": "Pact"}]}}),
            "/pacts/provider/orders%2Feu/consumer/Web%20Shop/version/2" => {
                let mut pact = pact.clone();
                pact["interactions"][0]["_id"] = json!("0123");
                pact["createdAt"] = json!("2021-01-02T00:00:00+00:00");
                pact["_links"] = json!({"pb:pact-version": {"href": format!("{base}/pacts/provider/x/consumer/y/pact-version/abc")}});
                pact
            }
            "/pacts/provider/orders%2Feu/consumer/Web%20Shop/pact-version/abc/verification-results/latest" => {
                json!({"success": true, "_links": {"self": {"href": format!("{base}/x/verification-results/2")}}})
            }
            // Number 1 was removed.
            "/pacts/provider/orders%2Feu/consumer/Web%20Shop/pact-version/abc/verification-results/2" => {
                json!({"success": true, "providerApplicationVersion": "7", "verificationDate": "2021-01-03T00:00:00+00:00"})
            }
            "/environments" => json!({"_embedded": {"environments": []}}),
            "/webhooks" => json!({"_links": {"pb:webhooks": []}}),
            _ => return Reply::json(404, "{\"error\": \"not found\"}"),
        };
        Reply::json(200, &body.to_string())
    });
    let registry = Server::start(&[]);
    let (code, text) = registry.run(&["registry", "import", "--from-broker", &broker.url]);
    assert_eq!((code, text.contains("3 versions, 1 pacts, 1 results")), (0, true), "{text}");
    let stored = registry.send("GET", "/api/v1/services/Web%20Shop/versions/2/pacts/orders%2Feu", None).json();
    assert_eq!(
        stored,
        json!({"consumer": {"name": "Web Shop"}, "provider": {"name": "orders/eu"},
        "interactions": [{"description": "a thing", "request": {"method": "GET", "path": "/a"}, "response": {"status": 200}}],
        "metadata": {"pactSpecification": {"version": "2.0.0"}}})
    );
    assert_eq!(registry.get("/pacticipants/Web%20Shop/latest-version")["number"], "2");
    let query = "/matrix?q[][pacticipant]=Web%20Shop&q[][pacticipant]=orders/eu";
    assert_eq!(registry.get(query)["summary"]["deployable"], true);
}
