//! Pacts, state handlers and brokers that are not what they should be: a clear message, in bounded time.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::verify::command::{Folder, Run, get, pact};
use crate::verify::server::{Reply, Request, Server};

fn rules(body: &Value, rules: &Value) -> String {
    json!({"consumer": {"name": "web"}, "provider": {"name": "orders"}, "metadata": {"pactSpecification": {"version": "3.0.0"}},
        "interactions": [{"description": "an order", "request": {"method": "GET", "path": "/orders/7"},
            "response": {"status": 200, "headers": {"Content-Type": "application/json"}, "body": body, "matchingRules": {"body": rules}}}]})
    .to_string()
}

fn verify(text: &str, answer: &str) -> Run {
    let answer = answer.to_owned();
    let provider = Server::start(move |_: &Request| Reply::json(200, &answer));
    let folder = Folder::new();
    folder.write("p.json", text);
    folder.verify(&["p.json", "--provider", &provider.url])
}

#[test]
fn pacts_that_are_none_are_told_with_what_is_wrong() {
    let good = pact(&get("an order", "/orders/7", "{}"));
    for (text, says) in [
        ("", "p.json"),
        ("[]", "p.json"),
        ("{\"consumer\": ", "p.json:1:"),
        (&good.replace("\"3.0.0\"", "\"9.0.0\""), "9.0.0"),
        (&good.replace("\"name\": \"web\"", "\"name\": 7"), "p.json:1:"),
        (&good.replace("\"method\": \"GET\"", "\"method\": []"), "p.json:1:"),
        (&rules(&json!({}), &json!({"$.id": {"matchers": [{"match": "regex"}]}})), "regex"),
        (&rules(&json!({}), &json!({"$.id": {"matchers": [{"match": "regex", "regex": "("}]}})), "regular expression"),
        (
            &rules(&json!([]), &json!({"$": {"matchers": [{"match": "type", "min": 3, "max": 1}]}})),
            "at least 3 and at most 1",
        ),
        (&rules(&json!({}), &json!({"$.id": {"matchers": [{"match": "nobody-knows-me"}]}})), "nobody-knows-me"),
        (&rules(&json!({}), &json!({"$.[": {"matchers": [{"match": "type"}]}})), "$.["),
    ] {
        let run = verify(text, "{}");
        assert_eq!(run.code, 2, "{text}: {}{}", run.stdout, run.stderr);
        // A rule of an unknown kind is one of a plugin's: only its interaction is not verified.
        let told = format!("{}{}", run.stdout, run.stderr);
        assert!(told.contains(says) && !told.contains("panicked"), "{says}: {told}");
    }
}

#[test]
fn rules_that_no_value_can_keep_fail_with_both() {
    let both =
        json!({"$.id": {"combine": "AND", "matchers": [{"match": "integer"}, {"match": "regex", "regex": "[a-z]+"}]}});
    let run = verify(&rules(&json!({"id": 7}), &both), r#"{"id": 7}"#);
    assert_ne!(run.code, 0, "{}", run.stdout);
    assert!(format!("{}{}", run.stdout, run.stderr).contains("[a-z]+"), "{}{}", run.stdout, run.stderr);
}

#[test]
fn a_regular_expression_that_explodes_ends_with_a_message() {
    let ids: Vec<String> = (0..500).map(|_| "a".repeat(200)).collect();
    let text = rules(
        &json!({"ids": ["ab"]}),
        &json!({"$.ids": {"matchers": [{"match": "type"}]}, "$.ids[*]": {"matchers": [{"match": "regex", "regex": "(?=a)(a|a|aa)+\\1b"}]}}),
    );
    let begin = Instant::now();
    let run = verify(&text, &json!({ "ids": ids }).to_string());
    assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("too many steps"), "{}", run.stdout);
    assert!(begin.elapsed() < Duration::from_secs(60), "{:?}", begin.elapsed());
}

#[test]
fn a_document_that_nests_without_end_is_an_answer_like_any_other() {
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    let run = verify(&pact(&get("an order", "/orders/7", r#"{"id": 7}"#)), &deep);
    assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
    let run = verify(&deep, "{}");
    assert_eq!(run.code, 2, "{}{}", run.stdout, run.stderr);
}

fn with_state(more: &[&str]) -> Run {
    let provider = Server::start(|request: &Request| match request.target.as_str() {
        "/silent" => Reply::Silence,
        "/dropped" => Reply::Raw(Vec::new()),
        _ => Reply::empty(200),
    });
    let folder = Folder::new();
    let interaction = r#"{"description": "d", "providerState": "an order exists", "request": {"path": "/"}, "response": {"status": 200}}"#;
    folder.write("p.json", &pact(interaction));
    let more: Vec<String> = more.iter().map(|text| text.replace("URL", &provider.url)).collect();
    let mut arguments = vec!["p.json", "--provider", &provider.url];
    arguments.extend(more.iter().map(String::as_str));
    folder.verify(&arguments)
}

#[test]
fn state_handlers_that_fail_leave_their_interactions_unverified() {
    for (handler, says) in [
        (&["--state-url", "URL/silent", "--state-timeout", "0.3"][..], "did not answer within 0.3 s"),
        (&["--state-url", "URL/dropped"], "cannot be reached"),
        (&["--state-command", "echo no database >&2; exit 3"], "no database"),
        (&["--state-command", "sleep 30", "--state-timeout", "0.3"], "did not answer within 0.3 s"),
        (&["--state-command", "/nowhere/at-all"], "not found"),
    ] {
        let run = with_state(handler);
        assert_eq!(run.code, 2, "{handler:?}: {}{}", run.stdout, run.stderr);
        assert!(run.stdout.contains(says) && run.stdout.contains("NOT VERIFIED"), "{handler:?}: {}", run.stdout);
    }
}

#[test]
fn an_address_without_a_scheme_is_told_with_one() {
    let folder = Folder::new();
    for address in ["localhost:8080", "orders"] {
        let run = folder.verify(&["p.json", "--provider", address]);
        assert_eq!(run.code, 2);
        assert!(run.stderr.contains(&format!("write it with its scheme: http://{address}")), "{}", run.stderr);
    }
}

#[test]
fn a_narrow_terminal_breaks_lines_but_not_commands() {
    let folder = Folder::new();
    folder.write("p.json", &pact(&get("an order with a long description", "/orders/7", r#"{"id": 7}"#)));
    let nobody = crate::verify::server::nobody();
    let run = folder.verify(&["p.json", "--provider", &nobody, "--retries", "0", "--width", "40"]);
    for line in run.stdout.lines().filter(|line| !line.contains("try:")) {
        // A correlation id is longer than what is left beside it, and is not cut.
        assert!(line.chars().count() <= 44, "{line}");
    }
    assert!(run.stdout.contains(&format!("try: curl -i {nobody}/orders/7 -H 'x-corr")), "{}", run.stdout);
}

#[test]
fn reports_that_cannot_be_replayed_are_told() {
    let folder = Folder::new();
    folder.write("p.json", &pact(&get("an order", "/orders/7", "{}")));
    folder.write("no.json", "{}");
    folder.write("other.json", r#"{"schema": "counterpart/report/1", "results": []}"#);
    folder.write(
        "good.json",
        r#"{"schema": "counterpart/verification/1", "results": [{"id": "1", "status": "passed"}]}"#,
    );
    for (file, says) in [
        ("no.json", "is not a report of `verify`"),
        ("other.json", "counterpart/report/1"),
        ("good.json", "nothing failed"),
        ("missing.json", "could not be read"),
    ] {
        let run = folder.verify(&["p.json", "--provider", "http://localhost:1", "--replay", file]);
        assert_eq!(run.code, 2);
        assert!(run.stderr.contains(says), "{file}: {}", run.stderr);
    }
}
