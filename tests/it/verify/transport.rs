//! TLS with own roots and client certificates, and HTTP/2.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::verify::command::{Folder, Run, get, pact};

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn openssl(folder: &Path, arguments: &str) {
    let mut command = Command::new("openssl");
    command.args(arguments.split(' ')).current_dir(folder);
    let output = command.output().unwrap_or_else(|error| panic!("openssl does not start ({error}): run tests/run.sh"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// An authority, a server and a client certificate.
pub fn certificates(folder: &Path) {
    std::fs::write(folder.join("server.ext"), "subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n")
        .expect("written");
    std::fs::write(folder.join("client.ext"), "basicConstraints=CA:FALSE\n").expect("written");
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2";
    let mut commands = vec![format!(
        "req -x509 {key} -keyout ca.key -out ca.pem -subj /CN=authority -addext basicConstraints=critical,CA:TRUE"
    )];
    for name in ["server", "client"] {
        commands
            .push(format!("req {} -keyout {name}.key -out {name}.csr -subj /CN={name}", key.replace(" -days 2", "")));
        commands.push(format!("x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out {name}.pem -extfile {name}.ext"));
    }
    for command in &commands {
        openssl(folder, command);
    }
}

fn verify_when_up(folder: &Folder, arguments: &[&str]) -> Run {
    let start = Instant::now();
    loop {
        let run = folder.verify(arguments);
        if run.code == 0 || start.elapsed() > Duration::from_secs(10) {
            return run;
        }
        std::thread::park_timeout(Duration::from_millis(100));
    }
}

#[test]
fn mutual_tls_needs_the_root_and_the_client_certificate() {
    let folder = Folder::new();
    certificates(folder.path());
    let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port();
    folder.write("orders", "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{\"id\": 7}");
    let arguments = format!(
        "s_server -accept {port} -cert server.pem -key server.key -CAfile ca.pem -Verify 2 -verify_return_error -HTTP -quiet"
    );
    let mut command = Command::new("openssl");
    command
        .args(arguments.split(' '))
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let _server = Running(command.spawn().expect("openssl runs"));
    folder.write("p.json", &pact(&get("an order", "/orders", r#"{"id": 7}"#)));
    let url = format!("https://localhost:{port}");
    let with = |more: &[&str]| {
        let mut arguments = vec!["p.json", "--provider", url.as_str(), "--retries", "0", "--format", "json"];
        arguments.extend(more);
        arguments.into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let all = with(&["--ca-cert", "ca.pem", "--client-cert", "client.pem", "--client-key", "client.key"]);
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let run = verify_when_up(&folder, &all);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let by_system = with(&["--client-cert", "client.pem", "--client-key", "client.key"]);
    let by_system: Vec<&str> = by_system.iter().map(String::as_str).collect();
    let run = folder.verify_in(&by_system, &[("SSL_CERT_FILE", &folder.path().join("ca.pem"))]);
    assert_eq!(run.code, 0, "the system's roots are trusted: {}{}", run.stdout, run.stderr);
    for more in [vec![], vec!["--ca-cert", "ca.pem"]] {
        let arguments = with(&more);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let run = folder.verify(&arguments);
        assert_eq!(
            (run.code, run.json()["results"][0]["failure"].as_str()),
            (2, Some("crash")),
            "{more:?}: {}",
            run.stdout
        );
    }
    let missing = with(&["--ca-cert", "nothing.pem"]);
    let missing: Vec<&str> = missing.iter().map(String::as_str).collect();
    assert_eq!(folder.verify(&missing).json()["errors"][0]["code"], "bad-certificate");
}

#[test]
fn http2_is_spoken_without_tls_when_asked() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    listener.set_nonblocking(true).expect("non-blocking");
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            let version = |request: http::Request<axum::body::Body>| async move {
                ([("content-type", "application/json")], format!("{{\"version\": \"{:?}\"}}", request.version()))
            };
            axum::serve(listener, axum::Router::new().fallback(version)).await.expect("the server runs");
        });
    });
    let folder = Folder::new();
    folder.write("p.json", &pact(&get("the version", "/", r#"{"version": "HTTP/2.0"}"#)));
    assert_eq!(folder.verify(&["p.json", "--provider", &url, "--http2"]).code, 0);
    assert_eq!(folder.verify(&["p.json", "--provider", &url]).code, 1);
}
