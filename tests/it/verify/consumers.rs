//! Pacts written by real consumers: pact-js and pact-python, which `tests/run.sh` installs into `target/consumers`.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::verify::command::{Folder, IMPATIENT, Run};
use crate::verify::server::{Reply, Request, Server, nobody};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// Runs a consumer's own test, which writes its pact into the folder.
fn consume(folder: &Folder, program: &Path, script: &str, environment: &[(&str, PathBuf)]) {
    let mut command = Command::new(program);
    command
        .arg(root().join("tests/consumers").join(script))
        .arg(folder.path())
        .env("PACT_DO_NOT_TRACK", "true")
        .current_dir(folder.path());
    for (name, value) in environment {
        command.env(name, value);
    }
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{} does not start ({error}): run tests/run.sh", program.display()));
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

const ORDER: &str = r#"{"id": 42, "state": "paid", "placed": "2026-11-21T08:00:00Z", "lines": [{"sku": "B", "count": 1}, {"sku": "C", "count": 3}]}"#;

fn orders(order: Reply) -> Server {
    Server::start(move |request: &Request| {
        let path = request.target.split('?').next().unwrap_or_default();
        match path {
            "/state" => Reply::json(200, r#"{"id": 42}"#),
            "/orders/42" | "/orders/7" => order.clone(),
            _ => Reply::empty(404),
        }
    })
}

fn order(body: &str) -> Reply {
    Reply::Response {
        status: 200,
        headers: vec![
            ("Content-Type".into(), "application/json; charset=utf-8".into()),
            ("X-Version".into(), "2.17".into()),
        ],
        body: body.into(),
    }
}

fn verify(folder: &Folder, provider: &str, state: &str) -> Run {
    let state = format!("{state}/state");
    folder.verify(&[&[".", "--provider", provider, "--state-url", &state], &IMPATIENT[..]].concat())
}

fn each_way_to_fail(folder: &Folder) {
    let good = orders(order(ORDER));
    let run = verify(folder, &good.url, &good.url);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let states = good.requests().into_iter().filter(|request| request.target == "/state").map(|request| request.json());
    assert!(
        states.into_iter().any(|state| state["state"] == "an order exists" && state["params"]["customer"] == "Ada")
    );
    for (provider, kind) in [
        (orders(Reply::Raw(Vec::new())), "crash"),
        (orders(Reply::Silence), "omission"),
        (orders(Reply::Late(700, Box::new(order(ORDER)))), "timing"),
        (orders(order(&ORDER.replace("42", "\"42\""))), "response"),
        (orders(order("{\"id\": 42,}")), "arbitrary"),
    ] {
        let report = verify(folder, &provider.url, &good.url).json();
        let kinds: Vec<&str> = report["results"]
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(|result| result["failure"].as_str())
            .collect();
        assert_eq!(kinds, [kind], "{report}");
    }
    let down = verify(folder, &nobody(), &good.url);
    assert_eq!(down.code, 2);
}

#[test]
fn a_pact_of_pact_js_verifies_and_fails_in_each_way() {
    let folder = Folder::new();
    let modules = root().join("target/consumers/js/node_modules");
    consume(&folder, Path::new("node"), "orders.js", &[("NODE_PATH", modules)]);
    each_way_to_fail(&folder);
}

#[test]
fn a_pact_of_pact_python_verifies_and_fails_in_each_way() {
    let folder = Folder::new();
    consume(&folder, &root().join("target/consumers/py/bin/python"), "orders.py", &[]);
    each_way_to_fail(&folder);
}
