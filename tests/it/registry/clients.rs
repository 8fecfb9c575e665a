//! Real clients, unmodified: pact-js and pact-python write pacts, the `pact` command line publishes them, and both
//! libraries verify a provider with selectors, pending and work-in-progress pacts, and publish what they found.
//! `tests/run.sh` installs them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use super::Server;
use super::pact_cli::pact_program;
use crate::verify::server::{Reply, Request, Server as Provider};

/// One library in its language.
struct Client {
    program: PathBuf,
    consumer: &'static str,
    /// The script that writes the pact, and the one that verifies.
    scripts: [&'static str; 2],
    environment: Vec<(&'static str, PathBuf)>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// pact-js, where it is installed.
fn js() -> Option<Client> {
    let modules = root().join("target/consumers/js/node_modules");
    let path = std::env::var_os("PATH")?;
    let program = std::env::split_paths(&path).map(|folder| folder.join("node")).find(|node| node.exists())?;
    modules.join("@pact-foundation/pact").exists().then_some(Client {
        program,
        consumer: "web-js",
        scripts: ["orders.js", "verify.js"],
        environment: vec![("NODE_PATH", modules)],
    })
}

/// pact-python, where it is installed.
fn python() -> Option<Client> {
    let program = root().join("target/consumers/py/bin/python");
    program.exists().then_some(Client {
        program,
        consumer: "web-py",
        scripts: ["orders.py", "verify.py"],
        environment: Vec::new(),
    })
}

impl Client {
    fn run(&self, script: usize, folder: &Path, settings: &[(&str, &str)]) -> (bool, String) {
        let mut command = Command::new(&self.program);
        command.arg(root().join("tests/consumers").join(self.scripts[script])).arg(folder).current_dir(folder);
        command.env("PACT_DO_NOT_TRACK", "true");
        command.envs(self.environment.iter().cloned()).envs(settings.iter().copied());
        let output = command.output().expect("the client starts");
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        (output.status.success(), text)
    }
}

/// A provider that answers as the pacts ask, or with an identifier of the wrong type.
fn provider(is_broken: &Arc<AtomicBool>) -> Provider {
    let is_broken = Arc::clone(is_broken);
    Provider::start(move |request: &Request| {
        let path = request.target.split('?').next().unwrap_or_default();
        if !matches!(path, "/orders/42" | "/orders/7" | "/orders/1") {
            return Reply::empty(if path == "/" { 200 } else { 404 });
        }
        let id = if is_broken.load(Ordering::Relaxed) { "\"x\"" } else { "42" };
        let body = format!(
            "{{\"id\": {id}, \"state\": \"paid\", \"placed\": \"2026-11-21T08:00:00Z\", \"lines\": [{{\"sku\": \"B\", \"count\": 1}}]}}"
        );
        let headers = [("Content-Type", "application/json"), ("X-Version", "2.17")];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        Reply::Response { status: 200, headers, body: body.into() }
    })
}

/// The results of a consumer version's pact with `orders`: provider version and success, oldest first.
fn results(server: &Server, consumer: &str, version: &str) -> Vec<(Value, Value)> {
    let query = format!("/matrix?q[][pacticipant]={consumer}&q[][version]={version}&q[][pacticipant]=orders");
    let matrix = server.get(&query);
    let rows = matrix["matrix"].as_array().cloned().unwrap_or_default();
    rows.iter()
        .rev()
        .filter(|row| !row["verificationResult"].is_null())
        .map(|row| (row["provider"]["version"]["number"].clone(), row["verificationResult"]["success"].clone()))
        .collect()
}

fn works_with(client: &Client) {
    let Some(pact) = pact_program() else { return };
    let server = Server::start(&[]);
    let folder = tempfile::tempdir().expect("a temporary directory");
    let (wrote, text) = client.run(0, folder.path(), &[]);
    assert!(wrote, "{text}");
    let publish = |version: &str, branch: &str| {
        let output = Command::new(&pact)
            .args(["broker", "publish", ".", "-a", version, "--branch", branch])
            .args(["-b", &server.url, "--broker-token", &server.token])
            .current_dir(folder.path())
            .env("PACT_DO_NOT_TRACK", "true")
            .output()
            .expect("the program starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    publish("1.0.0", "main");
    let is_broken = Arc::new(AtomicBool::new(true));
    let provider = provider(&is_broken);
    let verify = |version: &str, branch: &str, wip_since: &str| {
        let settings = [
            ("REGISTRY", server.url.as_str()),
            ("TOKEN", &server.token),
            ("PROVIDER_URL", &provider.url),
            ("VERSION", version),
            ("BRANCH", branch),
            ("CONSUMER", client.consumer),
            ("WIP_SINCE", wip_since),
        ];
        client.run(1, folder.path(), &settings)
    };

    // Nobody ever verified it: failing is the consumer's affair, and known afterwards.
    let (passed, text) = verify("1", "main", "");
    assert!(passed, "a pending pact does not fail the provider's build: {text}");
    assert_eq!(results(&server, client.consumer, "1.0.0"), [(json!("1"), json!(false))]);

    is_broken.store(false, Ordering::Relaxed);
    let (passed, text) = verify("2", "main", "");
    assert!(passed, "{text}");
    let known = [(json!("1"), json!(false)), (json!("2"), json!(true))];
    assert_eq!(results(&server, client.consumer, "1.0.0"), known);
    server.run(&["environment", "create", "production", "--production"]);
    server.run(&["deploy", "record", "orders@2", "--to", "production"]);
    let candidate = format!("{}@1.0.0", client.consumer);
    let (code, text) = server.run(&["can-deploy", &candidate, "--to", "production"]);
    assert_eq!((code, text.contains("was verified against the pact")), (0, true), "{text}");

    // It is not pending any more.
    is_broken.store(true, Ordering::Relaxed);
    let (passed, text) = verify("3", "main", "");
    assert!(!passed, "{text}");
    server.run(&["deploy", "record", &candidate, "--to", "production"]);
    let (code, text) = server.run(&["can-deploy", "orders@3", "--to", "production"]);
    assert_eq!((code, text.contains("failed")), (1, true), "{text}");

    // Other content on a branch comes along as work in progress, and does not fail the build either.
    let file = std::fs::read_dir(folder.path()).expect("readable").flatten().map(|entry| entry.path());
    let file = file.into_iter().find(|path| path.extension().is_some_and(|kind| kind == "json")).expect("a pact");
    let changed = std::fs::read_to_string(&file).expect("readable").replace("that is not there", "that never was");
    std::fs::write(&file, changed.replace("/orders/0", "/orders/1")).expect("writable");
    publish("2.0.0-wip", "feat/new");
    is_broken.store(false, Ordering::Relaxed);
    let (passed, text) = verify("4", "main", "2020-01-01");
    assert!(passed, "{text}");
    assert_eq!(results(&server, client.consumer, "2.0.0-wip"), [(json!("4"), json!(false))]);
}

#[test]
fn pact_js_writes_verifies_and_publishes() {
    let Some(client) = js() else { return };
    works_with(&client);
}

#[test]
fn pact_python_writes_verifies_and_publishes() {
    let Some(client) = python() else { return };
    works_with(&client);
}
