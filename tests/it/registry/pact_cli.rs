//! The real `pact` command line of npm, unmodified, against the registry. `tests/run.sh` installs it.

use std::path::PathBuf;
use std::process::Command;

use super::{Server, on_every_backend};
use crate::verify::server::{Reply, Request, Server as Provider};

pub(super) fn pact_program() -> Option<PathBuf> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/target/clients/node_modules/@pact-foundation/pact-cli-linux-x64/standalone/pact"
    );
    let path = PathBuf::from(path);
    path.exists().then_some(path)
}

/// The program in a folder with one pact, against a registry.
struct PactCli<'a> {
    program: &'a PathBuf,
    folder: tempfile::TempDir,
    server: &'a Server,
}

impl<'a> PactCli<'a> {
    fn new(program: &'a PathBuf, server: &'a Server) -> Self {
        let folder = tempfile::tempdir().expect("a temporary directory");
        std::fs::create_dir(folder.path().join("pacts")).expect("a new folder");
        std::fs::write(folder.path().join("pacts/p.json"), PACT).expect("a new file");
        Self { program, folder, server }
    }

    /// Runs it and expects an exit code; gives back what it printed.
    fn expect(&self, arguments: &[&str], code: i32) -> String {
        let output = Command::new(self.program)
            .args(arguments)
            .current_dir(self.folder.path())
            .env("PACT_DO_NOT_TRACK", "true")
            .env("PACT_BROKER_BASE_URL", &self.server.url)
            .env("PACT_BROKER_TOKEN", &self.server.token)
            .output()
            .expect("the program starts");
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {text}");
        text
    }

    /// `pact broker …`.
    fn broker(&self, arguments: &[&str], code: i32) -> String {
        self.expect(&[&["broker"], arguments].concat(), code)
    }
}

const PACT: &str = r#"{"consumer":{"name":"WebShop"},"provider":{"name":"ProductService"},
"interactions":[{"description":"a product","providerStates":[{"name":"product 27 exists"}],
"request":{"method":"GET","path":"/products/27"},
"response":{"status":200,"headers":{"Content-Type":"application/json"},"body":{"id":27}}}],
"metadata":{"pactSpecification":{"version":"3.0.0"}}}"#;

#[test]
fn the_pact_command_line_publishes_verifies_deploys_and_asks() {
    let Some(program) = pact_program() else { return };
    on_every_backend(|server| {
        let cli = PactCli::new(&program, server);
        let publish = ["publish", "pacts", "-a", "1.0.0", "--branch", "main", "--tag", "dev"];
        let ask = ["can-i-deploy", "-a", "WebShop", "-e", "1.0.0", "--to-environment", "production"];
        cli.broker(&publish, 0);
        cli.broker(&publish, 0);
        cli.broker(&["create-environment", "--name", "production", "--production"], 0);
        cli.broker(&ask, 1);
        cli.broker(&[&ask[..], &["--dry-run"]].concat(), 0);
        cli.broker(&[&ask[..], &["--retry-while-unknown", "1", "--retry-interval", "1"]].concat(), 1);
        let provider = Provider::start(|_: &Request| Reply::json(200, "{\"id\":27}"));
        let port = provider.url.rsplit(':').next().expect("a port").to_owned();
        let state = format!("{}/state", provider.url);
        let selectors = "{\"mainBranch\":true}";
        let at = [
            "verifier",
            "-b",
            &server.url,
            "-t",
            &server.token,
            "-n",
            "ProductService",
            "-h",
            "127.0.0.1",
            "-p",
            &port,
        ];
        let what = ["--state-change-url", &state, "--consumer-version-selectors", selectors, "--enable-pending"];
        let result = ["--publish", "--provider-version", "2.0.0", "--provider-branch", "main", "--no-colour"];
        cli.expect(&[&at[..], &what[..], &result[..]].concat(), 0);
        cli.broker(&["record-deployment", "-a", "ProductService", "-e", "2.0.0", "--environment", "production"], 0);
        cli.broker(&ask, 0);
        cli.broker(&["can-i-deploy", "-a", "WebShop", "--branch", "main", "--to-environment", "production"], 0);
        cli.broker(&["can-i-merge", "-a", "WebShop", "-e", "1.0.0"], 0);
        cli.broker(&["record-release", "-a", "WebShop", "-e", "1.0.0", "--environment", "production"], 0);
        cli.broker(&["record-support-ended", "-a", "WebShop", "-e", "1.0.0", "--environment", "production"], 0);
        cli.broker(&["record-undeployment", "-a", "ProductService", "--environment", "production"], 0);
        cli.broker(&ask, 1);
    });
}

#[test]
fn the_pact_command_line_manages_services_versions_branches_and_tags() {
    let Some(program) = pact_program() else { return };
    on_every_backend(|server| {
        let cli = PactCli::new(&program, server);
        cli.broker(&["publish", "pacts", "-a", "1.0.0", "--branch", "feat/x", "--tag", "dev/y"], 0);
        let shop = ["--name", "WebShop", "--display-name", "Shop", "--main-branch", "main"];
        cli.broker(&[&["create-or-update-pacticipant"], &shop[..]].concat(), 0);
        assert!(cli.broker(&["describe-pacticipant", "--name", "WebShop"], 0).contains("Shop"));
        assert!(cli.broker(&["list-pacticipants"], 0).contains("ProductService"));
        // Neither of these encodes the slashes of names.
        cli.broker(&["create-or-update-version", "-a", "WebShop", "-e", "1.1.0", "--branch", "feat/z", "-t", "a/b"], 0);
        cli.broker(&["create-version-tag", "-a", "WebShop", "-e", "1.1.0", "-t", "c/d"], 0);
        let version = server.get("/pacticipants/WebShop/versions/1.1.0");
        assert_eq!(version["_embedded"]["branchVersions"][0]["name"], "feat/z");
        let tags = version["_embedded"]["tags"].as_array().into_iter().flatten();
        assert_eq!(tags.map(|tag| tag["name"].clone()).collect::<Vec<_>>(), ["a/b", "c/d"]);
        cli.broker(&["delete-version-tag", "-a", "WebShop", "-e", "1.1.0", "-t", "c/d"], 0);
        cli.broker(&["describe-version", "-a", "WebShop", "-e", "1.1.0"], 0);
        cli.broker(&["delete-branch", "-a", "WebShop", "--branch", "feat/z"], 0);
        assert_eq!(server.send("GET", "/pacticipants/WebShop/branches/feat%2Fz", None).status, 404);
        assert!(cli.broker(&["list-latest-pact-versions"], 0).contains("WebShop"));
        assert!(
            cli.broker(&["get-pacts", "--provider", "ProductService", "--branch", "feat/x"], 0).contains("WebShop")
        );
        let states = cli.broker(&["provider-states", "list", "--provider", "ProductService"], 0);
        assert!(states.contains("product 27 exists"), "{states}");
    });
}

#[test]
fn the_pact_command_line_manages_environments_and_webhooks() {
    let Some(program) = pact_program() else { return };
    on_every_backend(|server| {
        let cli = PactCli::new(&program, server);
        cli.broker(&["create-environment", "--name", "production", "--display-name", "Production", "--production"], 0);
        let environments = server.get("/environments");
        let uuid = environments["_embedded"]["environments"][0]["uuid"].as_str().expect("an id").to_owned();
        assert!(cli.broker(&["list-environments"], 0).contains(&uuid));
        assert!(cli.broker(&["describe-environment", "--uuid", &uuid], 0).contains("production"));
        cli.broker(&["update-environment", "--uuid", &uuid, "--name", "live", "--production"], 0);
        assert_eq!(server.get(&format!("/environments/{uuid}"))["name"], "live");
        cli.broker(&["delete-environment", "--uuid", &uuid], 0);
        assert_eq!(server.send("GET", &format!("/environments/{uuid}"), None).status, 404);

        let url = "https://ci.example/x";
        cli.broker(
            &["create-webhook", url, "--request", "POST", "--contract-content-changed", "--description", "d"],
            0,
        );
        let id = "11111111-2222-3333-4444-555555555555";
        let events = ["--contract-published", "--provider-verification-failed"];
        let fixed = ["create-or-update-webhook", url, "--uuid", id, "--request", "POST", "--data", "{\"a\": 1}"];
        cli.broker(&[&fixed[..], &events[..]].concat(), 0);
        let webhook = server.get(&format!("/webhooks/{id}"));
        assert_eq!(webhook["events"].as_array().map(Vec::len), Some(2));
        assert!(cli.broker(&["test-webhook", "--uuid", id], 0).contains("cannot be looked up"));
        cli.broker(&["delete-webhook", "--uuid", id], 0);
        assert_eq!(server.send("GET", &format!("/webhooks/{id}"), None).status, 404);
    });
}
