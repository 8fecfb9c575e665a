//! Pacts that are larger together than what is held of them, and answers without an end.

use std::time::Duration;

use crate::verify::command::{Folder, get, pact};
use crate::verify::server::{Reply, Request, Server};

#[test]
fn pacts_that_are_not_held_are_read_again_when_it_is_their_turn() {
    let folder = Folder::new();
    // Three pacts of thirty megabytes: two are held.
    let text = "x".repeat(15 << 20);
    for name in ["a", "b", "c"] {
        let one = |id: u32| {
            get(
                &format!("order {id} of {name}"),
                &format!("/orders/{id}"),
                &format!("{{\"id\": {id}, \"text\": \"{text}\"}}"),
            )
        };
        folder.write(&format!("{name}.json"), &pact(&[one(7), one(8)].join(",")));
    }
    let provider = Server::start(move |request: &Request| {
        let id = request.target.rsplit('/').next().unwrap_or_default().to_owned();
        Reply::json(200, &format!("{{\"id\": {}, \"text\": \"{text}\"}}", if id == "8" { "9" } else { "7" }))
    });
    let run = folder.verify(&[".", "--provider", &provider.url, "--format", "json", "--timeout", "60"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    let report = run.json();
    let results: Vec<(String, String)> = report["results"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|result| (result["description"].to_string(), result["status"].to_string()))
        .collect();
    let expected: Vec<(String, String)> = ["a", "b", "c"]
        .into_iter()
        .flat_map(|name| [(7, name, "passed"), (8, name, "failed")])
        .map(|(id, name, status)| (format!("\"order {id} of {name}\""), format!("\"{status}\"")))
        .collect();
    assert_eq!(results, expected, "in the order of the pacts, held or not");
}

#[test]
fn an_answer_without_end_takes_bounded_memory_and_time() {
    let provider = Server::start(|_: &Request| {
        Reply::Endless(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec(),
        )
    });
    let folder = Folder::new();
    folder.write("p.json", &pact(&get("an order", "/orders/7", r#"{"id": 7}"#)));
    let begin = std::time::Instant::now();
    let run = folder.verify(&["p.json", "--provider", &provider.url, "--retries", "0", "--timeout", "20"]);
    assert!(begin.elapsed() < Duration::from_secs(40));
    assert!(run.stdout.contains("longer than") || run.stdout.contains("not complete within"), "{}", run.stdout);
}
