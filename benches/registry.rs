//! How fast the registry answers and takes, with 200 services, 20,000 versions and a million verification results, on
//! both storages: the real program, over HTTP.
//!
//! `cargo bench --bench registry` generates the registry as an archive (`registry restore` reads it), so that the log is
//! the one that a server would have written, hash by hash. `COUNTERPART_BENCH_RESULTS=100000` makes it smaller.
//! PostgreSQL is measured where it is installed.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

#[path = "registry/generator.rs"]
mod generator;
#[path = "../src/registry/store/test_postgres.rs"]
#[expect(dead_code, reason = "crashes are for tests")]
mod test_postgres;

use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use generator::Shape;
use test_postgres::TestPostgres;

/// How many questions are asked of each kind.
const QUESTIONS: usize = 2_000;
/// How long publishing is measured.
const STORM: Duration = Duration::from_secs(10);
/// How many clients publish at once.
const CLIENTS: usize = 32;
/// What a question may take at the 99th percentile.
const ANSWER: Duration = Duration::from_millis(20);

fn main() {
    let results = std::env::var("COUNTERPART_BENCH_RESULTS").ok().and_then(|text| text.parse().ok());
    let shape = Shape { results: results.unwrap_or(1_000_000), ..Shape::default() };
    println!(
        "{} cores; {} services, {} versions, {} results",
        std::thread::available_parallelism().map_or(0, usize::from),
        shape.services,
        shape.services * shape.versions,
        shape.results
    );
    let _ = rustls::crypto::ring::default_provider().install_default();
    let Ok(directory) = tempfile::tempdir() else {
        println!("no temporary directory: nothing to measure");
        return;
    };
    let data = directory.path().join("data").display().to_string();
    println!("SQLite");
    measure(&shape, &["--data", &data], directory.path());
    // A server that finds no snapshot reads the whole log.
    let database = rusqlite::Connection::open(directory.path().join("data/registry.sqlite"));
    if database.and_then(|database| database.execute("DELETE FROM snapshot", [])).is_ok() {
        let (_server, took) = Server::start(&["--data", &data], directory.path());
        println!("  start without a snapshot: {:.1} s", took.as_secs_f64());
    }
    match TestPostgres::start() {
        None => println!("PostgreSQL is not installed: not measured"),
        Some(postgres) => {
            println!("PostgreSQL");
            measure(&shape, &["--database", &postgres.url], directory.path());
        }
    }
}

fn measure(shape: &Shape, storage: &[&str], directory: &Path) {
    let start = Instant::now();
    if !restore(shape, storage, directory) {
        println!("  the registry could not be filled: nothing to measure");
        return;
    }
    println!("  generated and restored in {:.1} s", start.elapsed().as_secs_f64());
    let (server, took) = Server::start(storage, directory);
    let (now, most) = (server.memory("VmRSS"), server.memory("VmHWM"));
    println!("  start: {:.2} s, {now} MB in memory, {most} MB at most", took.as_secs_f64());
    let Ok(runtime) = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() else {
        return;
    };
    runtime.block_on(async {
        let (service, last) = (|n: usize| Shape::service(n % shape.services), shape.versions - 1);
        let everyday = "environment=production";
        ask(&server, "can-deploy", |n| {
            format!("/api/v1/can-deploy?service={}&version=1.{last}.0&{everyday}", service(n))
        })
        .await;
        ask(&server, "can-i-deploy of the Pact Broker", |n| {
            format!("/can-i-deploy?pacticipant={}&version=1.{last}.0&{everyday}", service(n))
        })
        .await;
        ask(&server, "matrix of one version and an environment", |n| {
            format!("/matrix?q[][pacticipant]={}&q[][version]=1.{last}.0&latestby=cvpv&{everyday}", service(n))
        })
        .await;
        ask(&server, "matrix of a consumer and a provider, every version", |n| {
            let (consumer, provider) = (service(n), Shape::service(shape.provider(n % shape.services, 0)));
            format!("/matrix?q[][pacticipant]={consumer}&q[][pacticipant]={provider}")
        })
        .await;
        ask(&server, "matrix of a service with all others, every version", |n| {
            format!("/matrix?q[][pacticipant]={}", service(n))
        })
        .await;
        ask(&server, "pacts for verification", |n| format!("/pacts/provider/{}/for-verification", service(n))).await;
        publish(&server, "contracts", |n| {
            let (_, contract) = generator::contract(n);
            let body =
                json!({"branch": "main", "files": [{"path": "openapi.json", "content": STANDARD.encode(contract)}]});
            (format!("/api/v1/services/new-{}/versions/1.{}.0", n % 500, n / 500), body)
        })
        .await;
        publish(&server, "pacts", |n| {
            let content = generator::pact(&format!("new-{}", n % 500), "s000", n);
            let body = json!({"branch": "main", "pacts": [{"content": STANDARD.encode(content)}]});
            (format!("/api/v1/services/new-{}/versions/p{}", n % 500, n / 500), body)
        })
        .await;
    });
    println!("  {} MB in memory at the end, {} MB at most", server.memory("VmRSS"), server.memory("VmHWM"));
}

/// Pipes the generated archive into `registry restore`.
fn restore(shape: &Shape, storage: &[&str], directory: &Path) -> bool {
    let child = Command::new(env!("CARGO_BIN_EXE_counterpart"))
        .args(["registry", "restore", "/dev/stdin"])
        .args(storage)
        .current_dir(directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn();
    let Ok(mut child) = child else { return false };
    let written = child.stdin.take().is_some_and(|input| {
        let mut input = BufWriter::with_capacity(1 << 20, input);
        shape.write_archive(&mut input).and_then(|()| input.flush()).is_ok()
    });
    written && child.wait().is_ok_and(|status| status.success())
}

/// A running server, killed when dropped.
struct Server {
    child: Child,
    url: String,
}

impl Server {
    /// Starts one; gives back how long it took until it listened.
    fn start(storage: &[&str], directory: &Path) -> (Self, Duration) {
        let begin = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_counterpart"))
            .args(["serve", "--listen", "127.0.0.1:0", "--rate-limit", "0"])
            .args(storage)
            .current_dir(directory)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server starts");
        let mut line = String::new();
        if let Some(output) = child.stdout.take() {
            let _ = BufReader::new(output).read_line(&mut line);
        }
        let url = line.trim().strip_prefix("listening on ").unwrap_or_default().to_owned();
        (Self { child, url }, begin.elapsed())
    }

    /// How long the process has worked, in milliseconds.
    fn processor_ms(&self) -> u64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        // The name in parentheses may have blanks; user and system time come eleven fields after it, in hundredths.
        let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace();
        fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum::<u64>() * 10
    }

    /// A figure of the process in megabytes.
    fn memory(&self, what: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with(what)).unwrap_or_default();
        line.split_whitespace().nth(1).and_then(|number| number.parse::<u64>().ok()).unwrap_or(0) / 1024
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A server that is gone already needs no killing.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asks one question after the other over one connection.
async fn ask(server: &Server, what: &str, path: impl Fn(usize) -> String) {
    let Ok(client) = reqwest::Client::builder().no_proxy().build() else { return };
    let mut times = Vec::with_capacity(QUESTIONS);
    let mut failed = 0;
    let before = server.processor_ms();
    for number in 0..QUESTIONS {
        let start = Instant::now();
        let request = client.get(format!("{}{}", server.url, path(number))).bearer_auth(generator::TOKEN);
        let body = match request.send().await {
            Ok(response) if response.status().is_success() => response.bytes().await.is_ok(),
            _ => false,
        };
        failed += usize::from(!body);
        times.push(start.elapsed());
    }
    let failed = if failed == 0 { String::new() } else { format!(", {failed} FAILED") };
    // What the server worked for it, which a busy machine does not change much.
    let worked = (server.processor_ms() - before) as f64 / QUESTIONS as f64;
    println!("  {what}: {}, {worked:.2} ms of processor each{failed}", percentiles(&mut times, ANSWER));
}

/// Publishes from many clients at once.
async fn publish(server: &Server, what: &str, make: impl Fn(usize) -> (String, serde_json::Value)) {
    let Ok(client) = reqwest::Client::builder().no_proxy().build() else { return };
    let number = Arc::new(AtomicUsize::new(0));
    let begin = Instant::now();
    let clients = (0..CLIENTS).map(|_| async {
        let mut times = Vec::new();
        let mut failed = 0;
        while begin.elapsed() < STORM {
            let (path, body) = make(number.fetch_add(1, Ordering::Relaxed));
            let start = Instant::now();
            let request = client.put(format!("{}{path}", server.url)).bearer_auth(generator::TOKEN).json(&body);
            match request.send().await {
                Ok(response) if response.status().as_u16() == 201 => times.push(start.elapsed()),
                _ => failed += 1,
            }
        }
        (times, failed)
    });
    let outcomes = futures_util::future::join_all(clients).await;
    let took = begin.elapsed().as_secs_f64();
    let failed: usize = outcomes.iter().map(|(_, failed)| failed).sum();
    let mut times: Vec<Duration> = outcomes.into_iter().flat_map(|(times, _)| times).collect();
    let failed = if failed == 0 { String::new() } else { format!(", {failed} FAILED") };
    println!(
        "  publishing {what}, {CLIENTS} at once: {:.0} a second, {}{failed}",
        times.len() as f64 / took,
        percentiles(&mut times, Duration::MAX)
    );
}

fn percentiles(times: &mut [Duration], target: Duration) -> String {
    times.sort();
    let at = |share: f64| times.get((times.len() as f64 * share) as usize).copied().unwrap_or_default();
    let show = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1e3);
    let verdict = if at(0.99) <= target { "" } else { " ABOVE TARGET" };
    format!("median {}, p99 {}{verdict}", show(at(0.5)), show(at(0.99)))
}
