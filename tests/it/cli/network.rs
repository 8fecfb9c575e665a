//! Private addresses: headers, netrc, own certificates, and nothing at all with `--offline`.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::scratch::{OPENAPI, Scratch};

/// What a server was asked, a text of all headers per request.
type Asked = Arc<Mutex<Vec<String>>>;

/// Answers requests that carry `secret` in a header with the contract, others with 401; `/away` leads to another address.
fn serve(secret: &'static str, away: String) -> (String, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound");
    let asked = Asked::default();
    let kept = Arc::clone(&asked);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut reader = BufReader::new(stream.try_clone().expect("a second handle"));
            let mut request = String::new();
            while reader.read_line(&mut request).is_ok_and(|read| read > 2) {}
            let (status, head, body) = if request.starts_with("GET /away") {
                ("302 Found", format!("Location: {away}\r\n"), "")
            } else if request.contains(secret) {
                ("200 OK", String::new(), OPENAPI)
            } else {
                ("401 Unauthorized", String::new(), "")
            };
            kept.lock().expect("not poisoned").push(request);
            let reply =
                format!("HTTP/1.1 {status}\r\n{head}Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
            let _ = stream.write_all(reply.as_bytes());
        }
    });
    (format!("http://{address}"), asked)
}

fn scratch() -> Scratch {
    let scratch = Scratch::new();
    scratch.write("new.yaml", OPENAPI);
    scratch
}

#[test]
fn a_private_address_is_read_with_a_header_from_the_environment_or_netrc() {
    let scratch = scratch();
    let (url, _) = serve("private-token: abc", String::new());
    let old = format!("{url}/orders.yaml");
    let run = scratch.run(&["diff", &old, "new.yaml"]).expect(2);
    assert!(run.stderr.contains("401") && run.stderr.contains("COUNTERPART_HEADERS"), "{}", run.stderr);
    let with = |name: &str, value: &str, old: &str| {
        let mut command = scratch.command(&["diff", old, "new.yaml", "--verbose"]);
        command.env(name, value).output().expect("it starts")
    };
    let headers = "127.0.0.1 PRIVATE-TOKEN: abc\nother.example.org PRIVATE-TOKEN: xyz";
    let output = with("COUNTERPART_HEADERS", headers, &old);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(with("COUNTERPART_HEADERS", "localhost PRIVATE-TOKEN: abc", &old).status.code(), Some(2));
    let output = with("COUNTERPART_HEADERS", "Bearer very-secret", &old);
    assert_eq!(output.status.code(), Some(2));
    assert!(!String::from_utf8_lossy(&output.stderr).contains("very-secret"), "a bad line is not repeated");

    // `me:two words` as Basic, base64.
    let (url, _) = serve("authorization: Basic bWU6aHVudGVyMg==", String::new());
    scratch.write("netrc", "machine 127.0.0.1 login me password hunter2\n");
    let netrc = scratch.root.join("netrc").display().to_string();
    let output = with("NETRC", &netrc, &format!("{url}/orders.yaml"));
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_redirect_takes_no_secret_along_to_another_host() {
    let scratch = scratch();
    let (elsewhere, asked) = serve("GET", String::new());
    // The same machine by another name is another host.
    let elsewhere = elsewhere.replace("127.0.0.1", "localhost");
    let (url, first) = serve("nothing", format!("{elsewhere}/orders.yaml"));
    let mut command = scratch.command(&["diff", &format!("{url}/away"), "new.yaml"]);
    let output = command.env("COUNTERPART_HEADERS", "127.0.0.1 PRIVATE-TOKEN: abc").output().expect("it starts");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(first.lock().expect("not poisoned")[0].contains("private-token: abc"));
    assert!(!asked.lock().expect("not poisoned")[0].contains("abc"));
}

#[test]
fn offline_fetches_nothing_and_says_so() {
    let scratch = Scratch::project();
    let (url, asked) = serve("GET", String::new());
    let old = format!("{url}/orders.yaml");
    let run = scratch.run(&["--offline", "diff", &old, "api/orders.yaml", "--format", "json"]).expect(2);
    assert_eq!(run.problem().0, "offline");
    let mut command = scratch.command(&["list", "--registry", &url]);
    assert_eq!(command.env("COUNTERPART_OFFLINE", "1").output().expect("it starts").status.code(), Some(2));
    assert!(asked.lock().expect("not poisoned").is_empty());
    scratch.run(&["check", "--offline"]).expect(0);
}

#[test]
fn passwords_in_addresses_stay_out_of_reports() {
    let scratch = scratch();
    let (url, _) = serve("GET", String::new());
    let old = format!("{url}/orders.yaml?token=sesame");
    scratch.write("new.yaml", &OPENAPI.replace("        email: { type: string }\n", ""));
    for format in ["text", "json", "sarif", "junit", "github", "gitlab", "markdown", "html"] {
        let run = scratch.run(&["diff", &old, "new.yaml", "--format", format]).expect(0);
        let said = format!("{}{}", run.stdout, run.stderr);
        assert!(!said.contains("sesame"), "{format}: {said}");
    }
    for address in
        ["https://me:hunter2@127.0.0.1:1/a.yaml?token=sesame", "http://me:hunter2@example.org/a.yaml?token=sesame"]
    {
        let run = scratch.run(&["diff", address, "new.yaml", "--format", "json"]).expect(2);
        let said = format!("{}{}", run.stdout, run.stderr);
        assert!(!said.contains("hunter2") && !said.contains("sesame"), "{said}");
    }
}

#[test]
fn own_certificates_are_trusted_where_they_are_named() {
    // tests/run.sh installs it; it knows `version`, not `--version`.
    let openssl = "openssl";
    if Command::new(openssl).arg("version").output().is_err() {
        return;
    }
    let scratch = scratch();
    scratch.write("orders.yaml", OPENAPI);
    scratch.write("server.ext", "subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n");
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    for arguments in [
        format!(
            "req -x509 {key} -days 2 -keyout ca.key -out ca.pem -subj /CN=ca -addext basicConstraints=critical,CA:TRUE"
        ),
        format!("req {key} -keyout key.pem -out server.csr -subj /CN=server"),
        "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out cert.pem -extfile server.ext"
            .to_owned(),
    ] {
        let mut command = Command::new(openssl);
        command.args(arguments.split(' ')).current_dir(&scratch.root).stdout(Stdio::null()).stderr(Stdio::null());
        assert!(command.status().expect("openssl runs").success(), "{arguments}");
    }
    let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port();
    let mut server = Command::new(openssl)
        .args(["s_server", "-accept", &port.to_string(), "-cert", "cert.pem", "-key", "key.pem", "-WWW", "-quiet"])
        .current_dir(&scratch.root)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("openssl runs");
    let old = format!("https://localhost:{port}/orders.yaml");
    let with = |certificates: Option<&str>| {
        let mut command = scratch.command(&["diff", &old, "new.yaml"]);
        command.envs(certificates.map(|file| ("COUNTERPART_CA_FILE", scratch.root.join(file))));
        command.output().expect("it starts")
    };
    let start = Instant::now();
    let mut trusted = with(Some("ca.pem"));
    while trusted.status.code() != Some(0) && start.elapsed() < Duration::from_secs(20) {
        trusted = with(Some("ca.pem"));
    }
    let stranger = with(None);
    server.kill().expect("it runs");
    server.wait().expect("it ends");
    assert_eq!(trusted.status.code(), Some(0), "{}", String::from_utf8_lossy(&trusted.stderr));
    assert_eq!(stranger.status.code(), Some(2));
    let output = with(Some("new.yaml"));
    assert!(String::from_utf8_lossy(&output.stderr).contains("holds no certificate"));
}
