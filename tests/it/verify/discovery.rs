//! Finding the provider: through real directories where their programs are installed, and through HTTP catalogs.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine;
use serde_json::json;

use crate::verify::command::{Folder, Run, get, pact};
use crate::verify::server::{Reply, Request, Server, nobody};

/// A program that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a program that `tests/run.sh` installs.
fn start(program: &str, arguments: &[&str]) -> Running {
    let mut command = Command::new(program);
    command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).stdin(Stdio::null());
    Running(command.spawn().unwrap_or_else(|error| panic!("`{program}` does not start ({error}): run tests/run.sh")))
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port()
}

fn provider() -> Server {
    Server::start(|_: &Request| Reply::json(200, r#"{"id": 7}"#))
}

fn port_of(url: &str) -> &str {
    url.rsplit(':').next().unwrap_or_default()
}

fn verify(address: &str) -> Run {
    let folder = Folder::new();
    folder.write("p.json", &pact(&get("an order", "/orders/7", r#"{"id": 7}"#)));
    folder.verify(&["p.json", "--provider", address, "--retries", "0"])
}

/// Until the program is up, or ten seconds have passed.
fn verify_when_up(address: &str) -> Run {
    let start = Instant::now();
    loop {
        let run = verify(address);
        if run.code == 0 || start.elapsed() > Duration::from_secs(20) {
            return run;
        }
        std::thread::park_timeout(Duration::from_millis(200));
    }
}

#[test]
fn several_instances_are_tried_in_turn() {
    let (up, down) = (provider(), nobody());
    let folder = Folder::new();
    folder.write("p.json", &pact(&get("an order", "/orders/7", r#"{"id": 7}"#)));
    let run = folder.verify(&["p.json", "--provider", &down, "--provider", &up.url, "--retries", "0"]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
}

#[test]
fn consul_and_eureka_give_instances_that_are_up() {
    let up = provider();
    let port: u16 = port_of(&up.url).parse().expect("a port");
    let catalog = Server::start(move |request: &Request| {
        match request.target.as_str() {
        "/v1/health/service/orders?passing=true" => {
            Reply::json(200, &json!([{"Node": {"Address": "127.0.0.1"}, "Service": {"Address": "", "Port": port}}]).to_string())
        }
        "/eureka/apps/ORDERS" => Reply::json(
            200,
            &json!({"application": {"instance": [
                {"status": "DOWN", "ipAddr": "127.0.0.1", "port": {"$": 1, "@enabled": "true"}},
                {"status": "UP", "ipAddr": "127.0.0.1", "port": {"$": port, "@enabled": "true"}, "securePort": {"$": 443, "@enabled": "false"}}]}})
            .to_string(),
        ),
        _ => Reply::json(404, "{}"),
    }
    });
    let host = catalog.url.trim_start_matches("http://");
    for address in [format!("consul://{host}/orders"), format!("eureka://{host}/eureka/ORDERS")] {
        let run = verify(&address);
        assert_eq!(run.code, 0, "{address}: {}{}", run.stdout, run.stderr);
    }
    let missing = verify(&format!("consul://{host}/bills"));
    assert_eq!(missing.code, 2);
    assert!(missing.stderr.contains("could not be found"), "{}", missing.stderr);
}

#[test]
fn service_records_of_a_real_dns_server_are_followed() {
    let up = provider();
    let port = free_port();
    let record = format!("--srv-host=_orders._tcp.test.example,orders.test.example,{}", port_of(&up.url));
    let arguments = [
        "--no-daemon",
        "--no-resolv",
        "--no-hosts",
        // Names that it does not know are known not to be there.
        "--local=/test.example/",
        "--conf-file=/dev/null",
        "--listen-address=127.0.0.1",
        "--bind-interfaces",
        "--user=root",
        "--pid-file=",
    ];
    let port_argument = format!("--port={port}");
    let mut all: Vec<&str> = arguments.to_vec();
    all.extend([port_argument.as_str(), "--host-record=orders.test.example,127.0.0.1", &record]);
    let program = if Path::new("/usr/sbin/dnsmasq").exists() { "/usr/sbin/dnsmasq" } else { "dnsmasq" };
    let _server = start(program, &all);
    let run = verify_when_up(&format!("dns://127.0.0.1:{port}/_orders._tcp.test.example"));
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let missing = verify(&format!("dns://127.0.0.1:{port}/_bills._tcp.test.example"));
    assert_eq!(missing.code, 2);
    assert!(missing.stderr.contains("has no instance"), "{}", missing.stderr);
}

#[test]
fn keys_of_a_real_etcd_are_followed() {
    let up = provider();
    let (client, peer) = (free_port(), free_port());
    let folder = Folder::new();
    let data = folder.path().join("data").to_string_lossy().into_owned();
    let (client_url, peer_url) = (format!("http://127.0.0.1:{client}"), format!("http://127.0.0.1:{peer}"));
    let arguments = [
        "--data-dir",
        &data,
        "--listen-client-urls",
        &client_url,
        "--advertise-client-urls",
        &client_url,
        "--listen-peer-urls",
        &peer_url,
        "--initial-advertise-peer-urls",
        &peer_url,
        "--initial-cluster",
    ];
    let cluster = format!("default={peer_url}");
    let mut all: Vec<&str> = arguments.to_vec();
    all.push(&cluster);
    let _server = start("etcd", &all);
    let put = async {
        let encode = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
        let body = json!({"key": encode("/services/orders/1"), "value": encode(&up.url)}).to_string();
        for _ in 0..50 {
            let request = reqwest::Client::new().post(format!("{client_url}/v3/kv/put")).body(body.clone());
            if request.send().await.is_ok_and(|answer| answer.status().is_success()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    let _ = rustls::crypto::ring::default_provider().install_default();
    tokio::runtime::Runtime::new().expect("a runtime").block_on(put);
    let run = verify_when_up(&format!("etcd://127.0.0.1:{client}/services/orders"));
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let missing = verify(&format!("etcd://127.0.0.1:{client}/services/bills"));
    assert!(missing.code == 2 && missing.stderr.contains("has no instance"), "{}", missing.stderr);
}

/// A request of ZooKeeper's own command line.
fn zookeeper_command(classes: &str, port: u16, words: &[&str]) -> bool {
    let server = format!("127.0.0.1:{port}");
    let mut command = Command::new("java");
    command.args(["-cp", classes, "org.apache.zookeeper.ZooKeeperMain", "-server", &server]).args(words);
    command.stdout(Stdio::null()).stderr(Stdio::null()).stdin(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

#[test]
fn nodes_of_a_real_zookeeper_are_followed() {
    let classes = "/usr/share/java/zookeeper.jar:/usr/share/java/*";
    let up = provider();
    let port = free_port();
    let folder = Folder::new();
    let data = folder.path().join("data").to_string_lossy().into_owned();
    let config = folder.write(
        "zoo.cfg",
        &format!(
            "tickTime=500\ndataDir={data}\nclientPort={port}\nclientPortAddress=127.0.0.1\nadmin.enableServer=false\n"
        ),
    );
    let config = config.to_string_lossy().into_owned();
    let _server = start("java", &["-cp", classes, "org.apache.zookeeper.server.quorum.QuorumPeerMain", &config]);
    let port_of_provider: u16 = port_of(&up.url).parse().expect("a port");
    let curator =
        json!({"name": "orders", "id": "1", "address": "127.0.0.1", "port": port_of_provider, "sslPort": null});
    let began = Instant::now();
    while !zookeeper_command(classes, port, &["create", "/services", "x"]) {
        assert!(began.elapsed() < Duration::from_secs(60), "ZooKeeper does not start");
    }
    assert!(zookeeper_command(classes, port, &["create", "/services/orders", "x"]));
    assert!(zookeeper_command(classes, port, &["create", "/services/orders/1", &curator.to_string()]));
    let run = verify_when_up(&format!("zookeeper://127.0.0.1:{port}/services/orders"));
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let itself = verify(&format!("zookeeper://127.0.0.1:{port}/services/orders/1"));
    assert_eq!(itself.code, 0, "a node without children is read itself: {}", itself.stderr);
    let missing = verify(&format!("zookeeper://127.0.0.1:{port}/services/bills"));
    assert!(missing.code == 2 && missing.stderr.contains("there is no node"), "{}", missing.stderr);
}

#[test]
fn what_is_no_directory_is_told() {
    let html =
        Server::start(|_: &Request| Reply::Response { status: 200, headers: Vec::new(), body: b"<html>".to_vec() });
    let host = html.url.trim_start_matches("http://");
    // A server that speaks first, and of something else.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let other = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.write_all(b"220 mail.example.org ESMTP\r\n");
            let _ = stream.read(&mut [0; 256]);
        }
    });
    for (address, reason) in [
        (format!("etcd://{host}/services/orders"), "is not JSON"),
        (format!("consul://{host}/orders"), "is not JSON"),
        (format!("eureka://{host}/eureka/ORDERS"), "is not JSON"),
        (format!("zookeeper://{other}/services/orders"), "does not answer as ZooKeeper does"),
        (format!("zookeeper://{}/services/orders", nobody().trim_start_matches("http://")), "cannot be connected to"),
        (format!("zookeeper://{host}"), "write the node as the path"),
        (format!("dns://{host}"), "write the record's name as the path"),
        (format!("consul://{host}"), "write the service as the path"),
        (format!("ftp://{host}/orders"), "is not a kind of address"),
    ] {
        let run = verify(&address);
        assert_eq!(run.code, 2, "{address}: {}", run.stdout);
        assert!(run.stderr.contains(reason), "{address}: {}", run.stderr);
    }
}
