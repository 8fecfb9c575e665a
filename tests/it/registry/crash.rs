//! Killing the server while it writes: what was acknowledged is there afterwards, whole.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::Server;
use super::server::send;
use super::test_postgres::TestPostgres;

/// Publishes from several threads until told to stop; gives back the versions that were acknowledged.
fn storm(
    url: &str,
    token: &str,
    numbers: &Arc<AtomicUsize>,
    stop: &Arc<AtomicBool>,
) -> Vec<std::thread::JoinHandle<Vec<usize>>> {
    (0..4)
        .map(|_| {
            let (url, token) = (url.to_owned(), token.to_owned());
            let (numbers, stop) = (Arc::clone(numbers), Arc::clone(stop));
            std::thread::spawn(move || {
                let mut acknowledged = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    let number = numbers.fetch_add(1, Ordering::Relaxed);
                    let content = STANDARD.encode(format!("content of {number}"));
                    let body = json!({"files": [{"path": "a.txt", "content": content}, {"path": "b.txt", "content": content}]});
                    let path = format!("/api/v1/services/s/versions/v{number}");
                    match send(&url, Some(&token), "PUT", &path, Some(body.to_string()), &[]) {
                        Ok(reply) if reply.status == 201 => acknowledged.push(number),
                        _ => return acknowledged,
                    }
                }
                acknowledged
            })
        })
        .collect()
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
        let threads = storm(&server.url, &token, &numbers, &stop);
        std::thread::sleep(std::time::Duration::from_millis(150));
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
    for number in &acknowledged {
        let contract = server.get(&format!("/api/v1/services/s/versions/v{number}/contract"));
        let content = STANDARD.encode(format!("content of {number}"));
        assert_eq!(contract["files"].as_array().map(Vec::len), Some(2), "v{number} is whole");
        assert_eq!(contract["files"][0]["content"], content, "v{number} has its content");
    }
    let head = server.get("/api/v1/audit/head");
    assert!(head["records"].as_u64() >= Some(acknowledged.len() as u64), "the chain is intact: {head}");
}

#[test]
fn acknowledged_contracts_survive_a_killed_server_on_sqlite() {
    survives(&[], 5);
}

#[test]
fn acknowledged_contracts_survive_a_killed_server_on_postgres() {
    let Some(postgres) = TestPostgres::start() else { return };
    survives(&["--database", &postgres.url], 3);
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
