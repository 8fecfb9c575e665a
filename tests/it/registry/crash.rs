//! Killing the server while it writes: what was acknowledged is there afterwards, whole.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::Server;
use super::server::send;
use super::test_postgres::TestPostgres;

/// Publishes a version; whether it was acknowledged.
fn publish(url: &str, token: &str, number: usize) -> bool {
    let content = STANDARD.encode(format!("content of {number}"));
    let body = json!({"files": [{"path": "a.txt", "content": content}, {"path": "b.txt", "content": content}]});
    let path = format!("/api/v1/services/s/versions/v{number}");
    send(url, Some(token), "PUT", &path, Some(body.to_string()), &[]).is_ok_and(|reply| reply.status == 201)
}

/// Publishes from several threads until told to stop; gives back the versions that were acknowledged.
fn storm(
    url: &str,
    token: &str,
    numbers: &Arc<AtomicUsize>,
    written: &Arc<AtomicUsize>,
    stop: &Arc<AtomicBool>,
) -> Vec<std::thread::JoinHandle<Vec<usize>>> {
    (0..4)
        .map(|_| {
            let (url, token) = (url.to_owned(), token.to_owned());
            let (numbers, written, stop) = (Arc::clone(numbers), Arc::clone(written), Arc::clone(stop));
            std::thread::spawn(move || {
                let mut acknowledged = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    let number = numbers.fetch_add(1, Ordering::Relaxed);
                    if !publish(&url, &token, number) {
                        return acknowledged;
                    }
                    acknowledged.push(number);
                    written.fetch_add(1, Ordering::Relaxed);
                }
                acknowledged
            })
        })
        .collect()
}

/// How often to kill: a few times in every run, `COUNTERPART_CRASHES=100` for the long one.
fn rounds(usual: usize) -> usize {
    std::env::var("COUNTERPART_CRASHES").ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// Every acknowledged version is there, whole, and the log is one chain.
fn all_there(server: &Server, acknowledged: &[usize]) {
    for number in acknowledged {
        let contract = server.get(&format!("/api/v1/services/s/versions/v{number}/contract"));
        let content = STANDARD.encode(format!("content of {number}"));
        assert_eq!(contract["files"].as_array().map(Vec::len), Some(2), "v{number} is whole");
        assert_eq!(contract["files"][0]["content"], content, "v{number} has its content");
    }
    let head = server.get("/api/v1/audit/head");
    assert!(head["records"].as_u64() >= Some(acknowledged.len() as u64), "the chain is intact: {head}");
}

fn survives(arguments: &[&str], rounds: usize) {
    let mut server = Server::start(arguments);
    let token = server.token.clone();
    let off = json!({"mode": "none"});
    assert_eq!(server.send("PUT", "/api/v1/services/s", Some(&off)).status, 201);
    let numbers = Arc::new(AtomicUsize::new(0));
    let all = Mutex::new(Vec::new());
    for _ in 0..rounds {
        let stop = Arc::new(AtomicBool::new(false));
        let written = Arc::new(AtomicUsize::new(0));
        let threads = storm(&server.url, &token, &numbers, &written, &stop);
        // In the middle of the storm, however slow the machine is.
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
        while written.load(Ordering::Relaxed) < 8 && std::time::Instant::now() < deadline {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        server.crash_and_restart();
        stop.store(true, Ordering::Relaxed);
        for thread in threads {
            let acknowledged = thread.join().expect("the thread ends");
            all.lock().unwrap_or_else(PoisonError::into_inner).extend(acknowledged);
        }
    }
    server.token = token;
    let acknowledged = all.into_inner().unwrap_or_else(PoisonError::into_inner);
    assert!(acknowledged.len() > rounds, "something was written between the crashes");
    all_there(&server, &acknowledged);
}

#[test]
fn acknowledged_contracts_survive_a_killed_server_on_sqlite() {
    survives(&[], rounds(5));
}

#[test]
fn acknowledged_contracts_survive_a_killed_server_on_postgres() {
    let Some(postgres) = TestPostgres::start() else { return };
    survives(&["--database", &postgres.url], rounds(3));
}

#[test]
fn two_servers_on_one_database_agree_at_once() {
    let Some(postgres) = TestPostgres::start() else { return };
    let first = Server::start(&["--database", &postgres.url]);
    let second = {
        let mut second = Server::start_joined(&["--database", &postgres.url]);
        second.token.clone_from(&first.token);
        second
    };
    for round in 0..20 {
        let (one, other) = if round % 2 == 0 { (&first, &second) } else { (&second, &first) };
        let path = format!("/pacticipants/p{round}");
        assert_eq!(one.send("PUT", &path, Some(&json!({}))).status, 201);
        assert_eq!(other.send("GET", &path, None).status, 200, "the other server knows it already");
    }
    assert_eq!(first.get("/api/v1/audit/head"), second.get("/api/v1/audit/head"));
}

#[test]
fn servers_on_a_database_that_refuses_to_serialise_try_again() {
    let Some(postgres) = TestPostgres::start() else { return };
    let url = format!("{}&options=-c%20default_transaction_isolation%3Dserializable", postgres.url);
    let first = Server::start(&["--database", &url]);
    let mut second = Server::start_joined(&["--database", &url]);
    second.token.clone_from(&first.token);
    let off = json!({"mode": "none"});
    assert_eq!(first.send("PUT", "/api/v1/services/s", Some(&off)).status, 201);
    let acknowledged: Vec<usize> = std::thread::scope(|scope| {
        let clients = [(&first, 0), (&second, 1), (&first, 2), (&second, 3)];
        let clients = clients.map(|(server, offset)| {
            scope.spawn(move || {
                let numbers = (0..25).map(|round| round * 4 + offset);
                // What the server gives up is sent again, as every client of ours does; it may be there already.
                let is_there = |number: usize| {
                    let path = format!("/api/v1/services/s/versions/v{number}");
                    publish(&server.url, &server.token, number) || server.send("GET", &path, None).status == 200
                };
                numbers.filter(|number| (0..10).any(|_| is_there(*number))).collect::<Vec<_>>()
            })
        });
        clients.into_iter().flat_map(|client| client.join().expect("the thread ends")).collect()
    });
    assert_eq!(acknowledged.len(), 100, "every one was written in the end");
    all_there(&first, &acknowledged);
    all_there(&second, &acknowledged);
}

#[test]
fn a_database_that_crashes_under_the_server_loses_nothing_acknowledged() {
    let Some(postgres) = TestPostgres::start() else { return };
    let server = Server::start(&["--database", &postgres.url]);
    for round in 0..3 {
        let before = format!("/pacticipants/before{round}");
        assert_eq!(server.send("PUT", &before, Some(&json!({}))).status, 201);
        postgres.crash_and_restart();
        let after = format!("/pacticipants/after{round}");
        let status = server.send("PUT", &after, Some(&json!({}))).status;
        assert_eq!(status, 201, "the server reconnects by itself");
        assert_eq!(server.send("GET", &before, None).status, 200);
    }
    assert!(server.get("/api/v1/audit/head")["records"].as_u64() >= Some(6));
}

#[test]
fn a_fail_over_to_a_synchronous_standby_loses_nothing_acknowledged() {
    let Some(primary) = TestPostgres::start() else { return };
    {
        let standby = primary.start_standby();
        let host = |url: &str| url.split('@').nth(1).and_then(|rest| rest.split('/').next()).map(str::to_owned);
        let hosts = [&primary.url, &standby.url].map(|url| host(url).expect("an address"));
        let both = format!("postgresql://postgres@{}/postgres?sslmode=disable", hosts.join(","));
        let server = Server::start(&["--database", &both]);
        let off = json!({"mode": "none"});
        assert_eq!(server.send("PUT", "/api/v1/services/s", Some(&off)).status, 201);
        let (numbers, stop) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let acknowledged = Arc::new(Mutex::new(Vec::new()));
        let clients: Vec<_> = (0..4)
            .map(|_| {
                let (url, token) = (server.url.clone(), server.token.clone());
                let (numbers, stop, acknowledged) =
                    (Arc::clone(&numbers), Arc::clone(&stop), Arc::clone(&acknowledged));
                std::thread::spawn(move || {
                    while !stop.load(Ordering::Relaxed) {
                        let number = numbers.fetch_add(1, Ordering::Relaxed);
                        if publish(&url, &token, number) {
                            acknowledged.lock().unwrap_or_else(PoisonError::into_inner).push(number);
                        }
                    }
                })
            })
            .collect();
        let count = || acknowledged.lock().unwrap_or_else(PoisonError::into_inner).len();
        let wait_for = |wanted: usize| {
            let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
            while count() < wanted && std::time::Instant::now() < deadline {
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
            assert!(count() >= wanted, "{} of {wanted} were acknowledged", count());
        };
        wait_for(50);
        primary.fail_over_to(&standby);
        let before = count();
        wait_for(before + 50);
        stop.store(true, Ordering::Relaxed);
        for client in clients {
            client.join().expect("the thread ends");
        }
        let acknowledged = acknowledged.lock().unwrap_or_else(PoisonError::into_inner).clone();
        all_there(&server, &acknowledged);
        // A server that knows only the new primary sees the same.
        let mut fresh = Server::start_joined(&["--database", &standby.url]);
        fresh.token.clone_from(&server.token);
        all_there(&fresh, &acknowledged);
    }
}

#[test]
fn a_full_disk_is_told_and_loses_nothing_acknowledged() {
    let mut server = Server::start_limited(3_000);
    let off = json!({"mode": "none"});
    assert_eq!(server.send("PUT", "/api/v1/services/s", Some(&off)).status, 201);
    let mut acknowledged = Vec::new();
    let large = "x".repeat(50_000);
    let refused = (0..500).find_map(|number| {
        let file = |path: &str, text: &str| json!({"path": path, "content": STANDARD.encode(text)});
        let files = [file("a.txt", &format!("content of {number}")), file("z.txt", &format!("{number}{large}"))];
        let path = format!("/api/v1/services/s/versions/v{number}");
        let reply = server.send("PUT", &path, Some(&json!({"files": files})));
        if reply.status == 201 {
            acknowledged.push(number);
        }
        (reply.status != 201).then_some(reply)
    });
    let refused = refused.expect("the disk is full some time");
    assert_eq!(refused.status, 503, "{}", refused.text);
    assert!(!refused.text.contains("sqlite"), "what the database says is for its operator: {}", refused.text);
    assert!(acknowledged.len() > 10);
    all_there(&server, &acknowledged);
    server.without_limit();
    server.crash_and_restart();
    all_there(&server, &acknowledged);
    assert_eq!(server.send("PUT", "/pacticipants/after", Some(&json!({}))).status, 201, "there is room again");
}
