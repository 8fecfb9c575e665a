//! The kinds of failure, each made by a provider that really fails in that way.

use crate::verify::command::{Folder, IMPATIENT, get, pact};
use crate::verify::server::{Reply, Request, Server};

/// The kind and exit code that the report gives for a provider that always does this.
fn failure(reply: impl Fn() -> Reply + Send + Sync + 'static) -> (String, i32, String) {
    let provider = Server::start(move |_: &Request| reply());
    let folder = Folder::new();
    folder.write("p.json", &pact(&get("an order", "/orders/7", r#"{"id": 7}"#)));
    let run = folder.verify(&[&["p.json", "--provider", &provider.url], &IMPATIENT[..]].concat());
    let report = run.json();
    let result = &report["results"][0];
    (
        result["failure"].as_str().unwrap_or("none").to_owned(),
        run.code,
        result["reason"].as_str().unwrap_or_default().to_owned(),
    )
}

fn raw(text: &str) -> Reply {
    Reply::Raw(text.as_bytes().to_vec())
}

#[test]
fn a_dropped_connection_is_a_crash() {
    let (kind, code, reason) = failure(|| raw(""));
    assert_eq!((kind.as_str(), code), ("crash", 2), "{reason}");
}

#[test]
fn silence_is_an_omission() {
    let (kind, code, reason) = failure(|| Reply::Silence);
    assert_eq!((kind.as_str(), code), ("omission", 2), "{reason}");
}

#[test]
fn a_late_answer_is_a_timing_failure() {
    let (kind, code, reason) = failure(|| Reply::Late(750, Box::new(Reply::json(200, r#"{"id": 7}"#))));
    assert_eq!((kind.as_str(), code), ("timing", 2), "{reason}");
}

#[test]
fn an_answer_without_end_is_a_timing_failure_or_too_long() {
    let (kind, _, reason) = failure(|| {
        Reply::Endless(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec(),
        )
    });
    assert!(kind == "timing" || kind == "arbitrary", "{kind} {reason}");
}

#[test]
fn another_answer_is_a_response_failure() {
    let (kind, code, reason) = failure(|| Reply::json(200, r#"{"id": 8}"#));
    assert_eq!((kind.as_str(), code), ("response", 1), "{reason}");
}

#[test]
fn an_answer_that_nobody_understands_is_arbitrary() {
    let answers: [(&str, &str); 6] = [
        ("not HTTP", "SSH-2.0-OpenSSH_9.6\r\n\r\n"),
        ("broken JSON", "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n{\"id\": "),
        (
            "a length that is not kept",
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 700\r\n\r\n{\"id\": 7}",
        ),
        (
            "a broken chunk",
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n",
        ),
        (
            "no gzip",
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\n{\"id\": 7}",
        ),
        (
            "unasked encoding",
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: br\r\nContent-Length: 9\r\n\r\n{\"id\": 7}",
        ),
    ];
    for (name, answer) in answers {
        let (kind, code, reason) = failure(move || raw(answer));
        assert_eq!((kind.as_str(), code), ("arbitrary", 1), "{name}: {reason}");
    }
}

#[test]
fn text_in_another_character_set_is_understood() {
    let latin = b"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=iso-8859-1\r\nContent-Length: 13\r\n\r\n{\"a\": \"gr\xfcn\"}";
    let provider = Server::start(move |_: &Request| Reply::Raw(latin.to_vec()));
    let folder = Folder::new();
    folder.write("p.json", &pact(&get("green", "/", r#"{"a": "grün"}"#)));
    let run = folder.verify(&["p.json", "--provider", &provider.url]);
    assert_eq!(run.code, 0, "{}", run.stdout);
}
