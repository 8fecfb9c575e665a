//! What clients of the Pact Broker rely on.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{Server, on_every_backend};

fn pact(path: &str) -> Value {
    json!({
        "consumer": {"name": "Foo"}, "provider": {"name": "Bar"},
        "interactions": [{"description": "a thing", "request": {"method": "GET", "path": path}, "response": {"status": 200}}],
        "metadata": {"pactSpecification": {"version": "2.0.0"}},
    })
}

fn publish(server: &Server, version: &str, branch: &str, pact: &Value) -> super::server::Reply {
    let body = json!({
        "pacticipantName": "Foo", "pacticipantVersionNumber": version, "branch": branch, "tags": ["dev"],
        "contracts": [{
            "consumerName": "Foo", "providerName": "Bar", "specification": "pact", "contentType": "application/json",
            "content": STANDARD.encode(pact.to_string()),
        }],
    });
    server.send("POST", "/contracts/publish", Some(&body))
}

/// The pacts that the provider's branch should verify, pending status included.
fn to_verify(server: &Server, selectors: &Value, branch: &str) -> Vec<Value> {
    let body =
        json!({"consumerVersionSelectors": selectors, "providerVersionBranch": branch, "includePendingStatus": true});
    let reply = server.send("POST", "/pacts/provider/Bar/for-verification", Some(&body));
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()["_embedded"]["pacts"].as_array().cloned().unwrap_or_default()
}

/// Verifies one pact by following links, as clients do.
fn verify(server: &Server, entry: &Value, provider_version: &str, success: bool) {
    let address = entry["_links"]["self"]["href"].as_str().expect("a link to the pact");
    let pact = server.get(address.strip_prefix(&server.url).expect("an address of this server"));
    assert!(pact["interactions"][0]["_id"].is_string(), "interactions have ids");
    let target = pact["_links"]["pb:publish-verification-results"]["href"].as_str().expect("a link for results");
    let body = json!({"success": success, "providerApplicationVersion": provider_version,
                      "verifiedBy": {"implementation": "test", "version": "1"},
                      "testResults": [{"interactionId": "x", "success": success}]});
    let path = target.strip_prefix(&server.url).expect("an address of this server");
    let reply = server.send("POST", path, Some(&body));
    assert_eq!(reply.status, 201, "{}", reply.text);
    assert_eq!(reply.json()["testResults"][0]["interactionId"], "x");
}

fn can_i_deploy(server: &Server, name: &str, version: &str) -> (Value, String) {
    let summary = server.get(&format!("/can-i-deploy?pacticipant={name}&version={version}&environment=production"));
    (summary["summary"]["deployable"].clone(), summary["summary"]["reason"].as_str().unwrap_or_default().to_owned())
}

fn deploy(server: &Server, name: &str, version: &str) {
    let environments = server.get("/environments?name=production");
    let uuid = environments["_embedded"]["environments"][0]["uuid"].as_str().expect("an id").to_owned();
    let path = format!("/pacticipants/{name}/versions/{version}/deployed-versions/environment/{uuid}");
    assert_eq!(server.send("POST", &path, Some(&json!({}))).status, 201);
}

#[test]
fn the_whole_workflow_gives_the_answers_of_the_broker() {
    on_every_backend(|server| {
        let environment = json!({"name": "production", "displayName": "Production", "production": true});
        assert_eq!(server.send("POST", "/environments", Some(&environment)).status, 201);
        let published = publish(server, "1", "main", &pact("/a")).json();
        assert_eq!(published["notices"][0]["text"], "Created Foo version 1 with branch main and tags dev");
        assert_eq!(published["_links"]["pb:contracts"][0]["name"], "Pact between Foo (1) and Bar");
        let (deployable, reason) = can_i_deploy(server, "Foo", "1");
        assert_eq!(deployable, Value::Null);
        assert_eq!(
            reason,
            "There is no verified pact between version 1 of Foo and a version of Bar currently in production (no \
             version is currently recorded as deployed/released in this environment)"
        );

        let entries = to_verify(server, &json!([{"mainBranch": true}]), "main");
        assert_eq!(entries.len(), 1);
        assert_eq!(entries[0]["verificationProperties"]["pending"], true);
        assert_eq!(server.send("PUT", "/pacticipants/Bar/branches/main/versions/10", Some(&json!({}))).status, 201);
        verify(server, &entries[0], "10", true);
        deploy(server, "Bar", "10");
        let (deployable, reason) = can_i_deploy(server, "Foo", "1");
        assert_eq!(
            (deployable, reason.as_str()),
            (json!(true), "All required verification results are published and successful")
        );
        assert_eq!(
            to_verify(server, &json!([{"mainBranch": true}]), "main")[0]["verificationProperties"]["pending"],
            false
        );

        // The same content under another version is verified before anybody verifies it.
        publish(server, "2", "main", &pact("/a"));
        assert_eq!(can_i_deploy(server, "Foo", "2").0, json!(true));
        // Other content is not, and failing is not "not known".
        publish(server, "3", "main", &pact("/b"));
        assert_eq!(can_i_deploy(server, "Foo", "3").0, Value::Null);
        let newest = to_verify(server, &json!([{"mainBranch": true}]), "main");
        verify(server, &newest[0], "10", false);
        let (deployable, reason) = can_i_deploy(server, "Foo", "3");
        assert_eq!(deployable, json!(false));
        assert!(reason.starts_with("The verification for the pact between version 3 of Foo"), "{reason}");
        assert_eq!(can_i_deploy(server, "Foo", "99").0, json!(false));
        // A provider that nobody in production needs yet.
        assert_eq!(can_i_deploy(server, "Bar", "10").0, json!(true));
    });
}

#[test]
fn every_version_that_runs_needs_its_own_result() {
    let server = Server::start(&[]);
    server.send("POST", "/environments", Some(&json!({"name": "production", "production": true})));
    publish(&server, "1", "main", &pact("/a"));
    let entries = to_verify(&server, &json!([{"mainBranch": true}]), "main");
    verify(&server, &entries[0], "10", true);
    deploy(&server, "Bar", "10");
    let environments = server.get("/environments");
    let uuid = environments["_embedded"]["environments"][0]["uuid"].as_str().expect("an id").to_owned();
    server.send("PUT", "/pacticipants/Bar/versions/11", Some(&json!({})));
    let path = format!("/pacticipants/Bar/versions/11/deployed-versions/environment/{uuid}");
    server.send("POST", &path, Some(&json!({"applicationInstance": "blue"})));
    assert_eq!(can_i_deploy(&server, "Foo", "1").0, Value::Null, "11 runs too, and was never verified");
    verify(&server, &entries[0], "11", true);
    assert_eq!(can_i_deploy(&server, "Foo", "1").0, json!(true));
}

#[test]
fn a_published_pact_does_not_change() {
    on_every_backend(|server| {
        assert_eq!(publish(server, "1", "main", &pact("/a")).status, 200);
        assert_eq!(publish(server, "1", "main", &pact("/a")).status, 200);
        let changed = publish(server, "1", "main", &pact("/b"));
        assert_eq!(changed.status, 409);
        assert_eq!(changed.json()["notices"][0]["type"], "error");
        let path = "/pacts/provider/Bar/consumer/Foo/version/1";
        assert_eq!(server.send("PUT", path, Some(&pact("/b"))).status, 409);
        assert_eq!(server.send("PUT", path, Some(&pact("/a"))).status, 200);
        assert_eq!(server.get(path)["interactions"][0]["request"]["path"], "/a");
    });
}

#[test]
fn publishing_without_a_version_says_which_field_is_missing() {
    let server = Server::start(&[]);
    let reply = server.send("POST", "/contracts/publish", Some(&json!({"pacticipantName": "Foo", "contracts": []})));
    assert_eq!((reply.status, reply.json()), (400, json!({"errors": {"pacticipantVersionNumber": ["is missing"]}})));
}

#[test]
fn the_matrix_is_a_table_for_people_who_ask_for_text() {
    let server = Server::start(&[]);
    publish(&server, "1", "main", &pact("/a"));
    let entries = to_verify(&server, &json!([{"latest": true}]), "main");
    verify(&server, &entries[0], "10", true);
    let query = "/matrix?q[][pacticipant]=Foo&q[][pacticipant]=Bar";
    let reply = server.send_as(Some(&server.token), "GET", query, None, &[("accept", "text/plain")]);
    let expected = "CONSUMER | C_VERSION | REVISION | PROVIDER | P_VERSION | NUMBER | SUCCESS\n\
                    ---------|-----------|----------|----------|-----------|--------|--------\n\
                    Foo      | 1         | 1        | Bar      | 10        | 1      | true   \n\n\
                    Deployable: true\nReason: All required verification results are published and successful";
    assert_eq!(reply.text, expected);
}

#[test]
fn names_with_slashes_and_blanks_work_everywhere() {
    let server = Server::start(&[]);
    let path = "/pacticipants/Web%20Shop%2FEU/branches/feat%2Fa/versions/1.0%2Bx";
    assert_eq!(server.send("PUT", path, Some(&json!({}))).status, 201);
    assert_eq!(server.send("PUT", path, Some(&json!({}))).status, 200);
    let document = server.get("/pacticipants/Web%20Shop%2FEU/versions/1.0%2Bx");
    assert_eq!(document["_embedded"]["branchVersions"][0]["name"], "feat/a");
    let own = document["_links"]["self"]["href"].as_str().expect("a link");
    assert_eq!(server.get(own.strip_prefix(&server.url).expect("of this server"))["number"], "1.0+x");
    assert_eq!(server.send("DELETE", "/pacticipants/Web%20Shop%2FEU/branches/feat%2Fa", None).status, 204);

    // Every part of every address of a pact, as the registry itself writes them.
    let odd = json!({"consumer": {"name": "Web Shop/EU"}, "provider": {"name": "Ör%der & Co+"},
                     "interactions": [{"description": "x", "request": {"method": "GET", "path": "/"}, "response": {"status": 200}}],
                     "metadata": {"pactSpecification": {"version": "2.0.0"}}});
    let address = "/pacts/provider/%C3%96r%25der%20%26%20Co%2B/consumer/Web%20Shop%2FEU/version/1.0%2Bx%2Fy";
    assert_eq!(server.send("PUT", address, Some(&odd)).status, 201);
    server.send("PUT", "/pacticipants/Web%20Shop%2FEU/versions/1.0%2Bx%2Fy/tags/a%2Fb%20c", Some(&json!({})));
    let links = server.get(address)["_links"].clone();
    let mut followed = 0;
    for (rel, link) in links.as_object().expect("links") {
        let Some(href) = link["href"].as_str().filter(|_| link["templated"] != true) else { continue };
        // These three are written to, or answer only when there is something.
        if ["pb:tag-prod-version", "pb:publish-verification-results", "curies"].contains(&rel.as_str()) {
            continue;
        }
        let status = server.send("GET", href.strip_prefix(&server.url).expect("of this server"), None).status;
        let is_empty = [
            "pb:latest-verification-results",
            "pb:previous-distinct",
            "pb:latest-untagged-pact-version",
            "pb:diff-previous-distinct",
        ]
        .contains(&rel.as_str());
        assert!(status == 200 || (is_empty && status == 404), "{rel}: {href}: {status}");
        followed += 1;
    }
    assert!(followed >= 12, "{followed} links");
    let (service, version) = ("Web%20Shop%2FEU", "1.0%2Bx%2Fy");
    for path in [
        format!("/api/v1/services/{service}"),
        format!("/api/v1/services/{service}/versions/{version}"),
        format!("/api/v1/services/{service}/versions/{version}/pacts/%C3%96r%25der%20%26%20Co%2B"),
        format!("/api/v1/resolve?service={service}&version={version}"),
        format!("/pacticipants/{service}/latest-version/a%2Fb%20c"),
    ] {
        assert_eq!(server.send("GET", &path, None).status, 200, "{path}");
    }
}

#[test]
fn branches_and_tags_with_slashes_need_not_be_encoded() {
    let server = Server::start(&[]);
    assert_eq!(server.send("PUT", "/pacticipants/A/branches/feat/x/y/versions/1", Some(&json!({}))).status, 201);
    assert_eq!(server.send("PUT", "/pacticipants/A/branches/feat%2Fx%2Fy/versions/1", Some(&json!({}))).status, 200);
    assert_eq!(server.send("PUT", "/pacticipants/A/versions/1/tags/feat/x", Some(&json!({}))).status, 201);
    assert_eq!(server.get("/pacticipants/A/branches/feat/x/y")["name"], "feat/x/y");
    assert_eq!(server.get("/pacticipants/A/branches/feat/x/y/latest-version")["number"], "1");
    assert_eq!(server.get("/pacticipants/A/versions/1/tags/feat/x")["name"], "feat/x");
    assert_eq!(server.send("DELETE", "/pacticipants/A/branches/feat/x/y", None).status, 204);
    assert_eq!(server.send("GET", "/pacticipants/A/branches/feat%2Fx%2Fy", None).status, 404);
}

#[test]
fn a_webhook_into_a_private_network_is_refused_and_its_password_is_never_shown() {
    let server = Server::start(&[]);
    let body = json!({"events": [{"name": "contract_published"}],
                      "request": {"method": "POST", "url": "http://127.0.0.1:9/x", "username": "u", "password": "sesame"}});
    let created = server.send("POST", "/webhooks", Some(&body));
    assert_eq!(created.status, 201, "{}", created.text);
    assert_eq!(created.json()["request"]["password"], "**********");
    let uuid = created.json()["uuid"].as_str().expect("an id").to_owned();
    let tried = server.send("POST", &format!("/webhooks/{uuid}/execute"), None).json();
    assert_eq!(tried["success"], false);
    assert!(tried["logs"].as_str().unwrap_or_default().contains("private network"), "{tried}");
    assert!(!server.send("GET", "/api/v1/audit", None).text.contains("sesame"));
}
