//! The real `pact` command line of npm, unmodified, against the registry. `tests/run.sh` installs it.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;

use super::{Server, on_every_backend};

fn pact_program() -> Option<PathBuf> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/target/clients/node_modules/@pact-foundation/pact-cli-linux-x64/standalone/pact"
    );
    let path = PathBuf::from(path);
    path.exists().then_some(path)
}

/// A provider that answers everything with the product that the pact asks for.
fn provider() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("a bound address").port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut request = [0; 8192];
            let _ = stream.read(&mut request);
            let body = "{\"id\":27}";
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
        }
    });
    port
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
        let folder = tempfile::tempdir().expect("a temporary directory");
        std::fs::create_dir(folder.path().join("pacts")).expect("a new folder");
        std::fs::write(folder.path().join("pacts/p.json"), PACT).expect("a new file");
        let run = |server: &Server, arguments: &[&str]| {
            let output = Command::new(&program)
                .args(arguments)
                .current_dir(folder.path())
                .env("PACT_DO_NOT_TRACK", "true")
                .env("PACT_BROKER_BASE_URL", &server.url)
                .env("PACT_BROKER_TOKEN", &server.token)
                .output()
                .expect("the program starts");
            let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
            (output.status.code(), text)
        };
        let expect = |arguments: &[&str], code: i32| {
            let (found, text) = run(server, arguments);
            assert_eq!(found, Some(code), "{arguments:?}: {text}");
        };
        let publish = ["broker", "publish", "pacts", "-a", "1.0.0", "--branch", "main", "--tag", "dev"];
        let ask = ["broker", "can-i-deploy", "-a", "WebShop", "-e", "1.0.0", "--to-environment", "production"];
        expect(&publish, 0);
        expect(&publish, 0);
        expect(&["broker", "create-environment", "--name", "production", "--production"], 0);
        expect(&ask, 1);
        let port = provider().to_string();
        let state = format!("http://127.0.0.1:{port}/state");
        expect(
            &[
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
                "--state-change-url",
                &state,
                "--consumer-version-selectors",
                "{\"mainBranch\":true}",
                "--enable-pending",
                "--publish",
                "--provider-version",
                "2.0.0",
                "--provider-branch",
                "main",
                "--no-colour",
            ],
            0,
        );
        expect(
            &["broker", "record-deployment", "-a", "ProductService", "-e", "2.0.0", "--environment", "production"],
            0,
        );
        expect(&ask, 0);
        expect(&["broker", "record-release", "-a", "WebShop", "-e", "1.0.0", "--environment", "production"], 0);
        expect(&["broker", "record-support-ended", "-a", "WebShop", "-e", "1.0.0", "--environment", "production"], 0);
        expect(&["broker", "record-undeployment", "-a", "ProductService", "--environment", "production"], 0);
        expect(&ask, 1);
        expect(&["broker", "create-version-tag", "-a", "WebShop", "-e", "1.0.0", "-t", "prod"], 0);
        expect(&["broker", "list-latest-pact-versions"], 0);
        expect(&["broker", "get-pacts", "--provider", "ProductService"], 0);
        expect(&["broker", "describe-version", "-a", "WebShop", "-e", "1.0.0"], 0);
        expect(
            &["broker", "create-webhook", "https://ci.example/x", "--request", "POST", "--contract-content-changed"],
            0,
        );
    });
}
