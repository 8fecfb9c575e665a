//! What goes wrong around the action: the API, its files, its inputs. Never a gate that passes because of it.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use crate::action::{Api, BROKEN, GROWN, Run, pull_request, repository, run_action};

/// An API that always answers this; and how often it was asked.
fn answering(head: &'static str) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound");
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            count.fetch_add(1, Ordering::Relaxed);
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            let reply = format!("HTTP/1.1 {head}content-length: 2\r\nconnection: close\r\n\r\n{{}}");
            let _ = stream.write_all(reply.as_bytes());
        }
    });
    (format!("http://{address}"), asked)
}

fn run_with(api: &str, inputs: &[(&str, &str)]) -> Run {
    let (scratch, base, head) = repository(BROKEN);
    let event = pull_request(&base, &head, "acme/shop");
    run_action(&scratch.root, &scratch, inputs, ("pull_request", "refs/pull/7/merge", &event), api)
}

#[test]
fn an_api_that_fails_is_tried_again_and_then_said() {
    let (api, asked) = answering("503 Service Unavailable\r\nretry-after: 0\r\n");
    let run = run_with(&api, &[]);
    assert_eq!((run.exit, run.outputs["result"].as_str()), (2, "error"), "{}", run.log);
    assert!(run.log.contains("it answered 503") && run.log.contains("pr-comment: never"), "{}", run.log);
    assert!(run.summary.contains("breaking contract change"), "the report itself is not lost");
    assert_eq!(asked.load(Ordering::Relaxed), 3);
}

#[test]
fn a_used_up_rate_limit_is_told_from_a_missing_permission() {
    let (api, _) = answering("403 Forbidden\r\nretry-after: 3600\r\nx-ratelimit-remaining: 0\r\n");
    let run = run_with(&api, &[]);
    assert_eq!(run.exit, 2, "{}", run.log);
    assert!(run.log.contains("rate limit"), "{}", run.log);
    let (api, _) = answering("403 Forbidden\r\nx-ratelimit-remaining: 4999\r\n");
    let run = run_with(&api, &[]);
    assert_eq!(run.exit, 1, "{}", run.log);
    assert!(run.log.contains("pull-requests: write"), "{}", run.log);
}

#[test]
fn an_api_that_is_not_there_or_answers_rubbish_is_said_and_not_needed_without_comments() {
    let run = run_with("http://127.0.0.1:1", &[]);
    assert_eq!(run.exit, 2, "{}", run.log);
    let run = run_with("http://127.0.0.1:1", &[("pr-comment", "never")]);
    assert_eq!((run.exit, run.outputs["result"].as_str()), (1, "findings"), "{}", run.log);
    let (api, _) = answering("200 OK\r\n");
    let run = run_with(&api, &[]);
    assert_eq!(run.exit, 2, "{}", run.log);
    assert!(run.log.contains("something else than a list"), "{}", run.log);
}

#[test]
fn reports_that_cannot_be_written_and_modes_that_do_not_exist_end_the_step() {
    let api = Api::start(true);
    let run = run_with(&api.address, &[("sarif-file", "no/such/folder/report.sarif")]);
    assert_eq!((run.exit, run.outputs["result"].as_str()), (2, "error"), "{}", run.log);
    assert!(run.log.contains("mkdir -p"), "{}", run.log);
    let run = run_with(&api.address, &[("pr-comment", "sometimes")]);
    assert_eq!(run.exit, 2, "{}", run.log);
    let run = run_with(&api.address, &[("config", "nowhere.toml")]);
    assert_eq!(run.exit, 2, "{}", run.log);
    let run = run_with(&api.address, &[("command", "action")]);
    assert_eq!(run.exit, 2, "{}", run.log);
    assert!(api.bodies().is_empty(), "nothing was checked, so nothing is commented");
}

#[test]
fn events_without_their_fields_are_refused_unless_the_base_is_given() {
    let (scratch, base, _) = repository(GROWN);
    let api = Api::start(true);
    for (name, event, field) in [
        ("pull_request", json!({}), "pull_request.base.sha"),
        ("pull_request", json!({"pull_request": {"base": {"sha": base}}}), "pull_request.head.sha"),
        ("push", json!({}), "before"),
        ("merge_group", json!({"merge_group": {"base_sha": ""}}), "merge_group.base_sha"),
    ] {
        let run = run_action(&scratch.root, &scratch, &[], (name, "refs/heads/x", &event), &api.address);
        assert_eq!(run.exit, 2, "{name}: {}", run.log);
        assert!(run.log.contains(field), "{name}: {}", run.log);
        let inputs = [("base", base.as_str())];
        let run = run_action(&scratch.root, &scratch, &inputs, (name, "refs/heads/x", &event), &api.address);
        assert_eq!(run.exit, 0, "{name}: {}", run.log);
    }
}
