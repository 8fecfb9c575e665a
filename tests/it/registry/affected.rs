//! Who is affected: `check` asks the registry for the consumers of what breaks.

use serde_json::json;

use super::Server;
use crate::scratch::{OPENAPI, Scratch};

#[test]
fn findings_name_the_consumers_whose_pacts_use_what_breaks() {
    let server = Server::start(&[]);
    let pact = |consumer: &str, body: &serde_json::Value| {
        json!({"consumer": {"name": consumer}, "provider": {"name": "orders"}, "interactions": [{
            "description": format!("an order for {consumer}"),
            "request": {"method": "GET", "path": "/orders/7"},
            "response": {"status": 200, "headers": {"Content-Type": "application/json"}, "body": body},
        }], "metadata": {"pactSpecification": {"version": "2.0.0"}}})
        .to_string()
    };
    server.write("api/orders.yaml", OPENAPI);
    assert_eq!(server.run(&["publish", "api", "--service", "orders", "--version", "1.4.0"]).0, 0);
    for (consumer, body) in [("mailer", json!({"id": "7", "email": "a@example.org"})), ("web", json!({"id": "7"}))] {
        server.write(&format!("pacts-{consumer}/pact.json"), &pact(consumer, &body));
        let folder = format!("pacts-{consumer}");
        let (code, text) =
            server.run(&["publish", &folder, "--service", consumer, "--version", "3", "--branch", "main"]);
        assert_eq!(code, 0, "{text}");
    }
    assert_eq!(server.run(&["environment", "create", "production", "--production"]).0, 0);
    let (code, text) = server.run(&["deploy", "record", "mailer@3", "--to", "production"]);
    assert_eq!(code, 0, "{text}");

    let scratch = Scratch::project();
    let project = format!(
        "[registry]\nurl = \"{}\"\n\n[[contracts]]\npath = \"api/orders.yaml\"\nservice = \"orders\"\n",
        server.url
    );
    scratch.write("counterpart.toml", &project).commit("service");
    scratch.edit("api/orders.yaml", "        email: { type: string }\n", "");
    let check = |arguments: &[&str]| {
        let output = scratch.command(arguments).env("COUNTERPART_TOKEN", &server.token).output().expect("it starts");
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (code, text) = check(&["check", "--format", "json"]);
    assert_eq!(code, Some(1), "{text}");
    let report: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let expected = json!([{"consumer": "mailer", "version": "3", "environments": ["production"], "interactions": ["an order for mailer"]}]);
    let findings = report["findings"].as_array().expect("findings");
    let error = findings.iter().find(|finding| finding["severity"] == "error").expect("an error");
    assert_eq!(error["impact"], expected, "web never reads it: {text}");
    assert!(check(&["check"]).1.contains("= used by: mailer 3 (production)"));
    assert!(check(&["check", "--format", "markdown"]).1.contains("**used by**: mailer 3 (production)"));

    scratch.edit("api/orders.yaml", "/orders/{id}:", "/purchases/{id}:");
    let (_, text) = check(&["check"]);
    assert!(text.contains("mailer 3 (production), web 3"), "everybody calls the operation: {text}");
    let (code, text) = check(&["check", "--offline"]);
    assert_eq!((code, text.contains("used by")), (Some(1), false), "{text}");
}
