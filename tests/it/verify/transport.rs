//! TLS with own roots and client certificates, and HTTP/2.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::verify::command::{Folder, Run, get, pact};
use crate::verify::server::in_background;

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

/// Tells the version of HTTP in which it is asked.
fn tells_the_version() -> axum::Router {
    let version = |request: http::Request<axum::body::Body>| async move {
        ([("content-type", "application/json")], format!("{{\"version\": \"{:?}\"}}", request.version()))
    };
    axum::Router::new().fallback(version)
}

/// A TLS server that offers these protocols.
fn offering(folder: &Folder, protocols: &[&str]) -> String {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let at = |name: &str| folder.path().join(name);
    let certificates = CertificateDer::pem_file_iter(at("server.pem")).expect("readable").collect::<Result<_, _>>();
    let key = PrivateKeyDer::from_pem_file(at("server.key")).expect("a key");
    let mut config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(certificates.expect("certificates"), key)
        .expect("they belong together");
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    let acceptor = tokio_rustls::TlsAcceptor::from(std::sync::Arc::new(config));
    let address = in_background(move |listener| async move {
        loop {
            let (stream, _) = listener.accept().await.expect("a connection");
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let service = hyper_util::service::TowerToHyperService::new(tells_the_version());
                let builder = hyper_util::server::conn::auto::Builder::new(hyper_util::rt::TokioExecutor::new());
                let _ = builder.serve_connection(hyper_util::rt::TokioIo::new(stream), service).await;
            });
        }
    });
    format!("https://localhost:{}", address.port())
}

#[test]
fn over_tls_http2_is_spoken_where_the_server_offers_it() {
    let folder = Folder::new();
    certificates(folder.path());
    for (protocols, version) in
        [(&["h2", "http/1.1"][..], "HTTP/2.0"), (&["h2"], "HTTP/2.0"), (&["http/1.1"], "HTTP/1.1"), (&[], "HTTP/1.1")]
    {
        let url = offering(&folder, protocols);
        folder.write("p.json", &pact(&get("the version", "/", &format!("{{\"version\": \"{version}\"}}"))));
        let run = folder.verify(&["p.json", "--provider", &url, "--ca-cert", "ca.pem"]);
        assert_eq!(run.code, 0, "{protocols:?}: {}{}", run.stdout, run.stderr);
    }
}

#[test]
fn http2_is_spoken_without_tls_when_asked() {
    let address = in_background(|listener| async move {
        axum::serve(listener, tells_the_version()).await.expect("the server runs");
    });
    let url = format!("http://{address}");
    let folder = Folder::new();
    folder.write("p.json", &pact(&get("the version", "/", r#"{"version": "HTTP/2.0"}"#)));
    assert_eq!(folder.verify(&["p.json", "--provider", &url, "--http2"]).code, 0);
    assert_eq!(folder.verify(&["p.json", "--provider", &url]).code, 1);
}
