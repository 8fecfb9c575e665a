//! Living with findings: waive, baseline, doctor, hooks, watch.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::sync::mpsc;
use std::time::Duration;

use crate::scratch::Scratch;

const ORDERS: &str = "proto/acme/orders/v1/orders.proto";

fn broken() -> Scratch {
    let scratch = Scratch::project();
    scratch.edit(ORDERS, "string sku = 2;", "int64 sku = 2;");
    scratch
}

fn fingerprint(scratch: &Scratch) -> String {
    let report = scratch.run(&["check", "--format", "json"]).expect(1).json();
    let findings = report["findings"].as_array().expect("findings");
    let error = findings.iter().find(|finding| finding["severity"] == "error").expect("an error");
    error["fingerprint"].as_str().expect("text").to_owned()
}

#[test]
fn waive_accepts_a_finding_and_changes_no_other_byte() {
    let scratch = broken();
    scratch.write("counterpart.toml", "# mine\n[policy]   # as it is\nmode = 'expansion-only'\n");
    let print = fingerprint(&scratch);
    let arguments =
        ["waive", &print[..8], "--reason", "nobody reads it", "--until", "2030-01-31", "--today", "2030-01-01"];
    scratch.run(&arguments).expect(0);
    let text = scratch.read("counterpart.toml");
    assert!(text.starts_with("# mine\n[policy]   # as it is\nmode = 'expansion-only'\n"), "{text}");
    assert!(text.contains(&print) && text.contains("until = \"2030-01-31\""), "{text}");
    scratch.run(&["check", "--today", "2030-01-31"]).expect(0);
    scratch.run(&["check", "--today", "2030-02-01"]).expect(1);
    // What is waived is not open any more.
    scratch.run(&arguments).expect(2);
    assert_eq!(scratch.read("counterpart.toml"), text);
}

#[test]
fn waive_wants_a_reason_an_end_and_something_that_is_open() {
    let scratch = broken();
    scratch.run(&["waive", "protobuf/x", "--until", "2030-01-31"]).expect(2);
    scratch.run(&["waive", "protobuf/x", "--reason", "r"]).expect(2);
    let run = scratch.run(&["waive", "0123456789abcdef", "--reason", "r", "--until", "2030-01-31"]).expect(2);
    assert!(run.stderr.contains(&fingerprint(&scratch)), "{}", run.stderr);
    assert!(!scratch.root.join("counterpart.toml").exists());
}

#[test]
fn a_waiver_that_would_be_over_already_is_refused() {
    let scratch = broken();
    let print = fingerprint(&scratch);
    let arguments = ["waive", &print, "--reason", "r", "--until", "2029-12-31", "--today", "2030-01-01"];
    let run = scratch.run(&arguments).expect(2);
    assert!(run.stderr.contains("would be over already"), "{}", run.stderr);
    assert!(!scratch.root.join("counterpart.toml").exists());
}

#[test]
fn the_text_shows_the_fingerprint_that_waive_wants() {
    let scratch = broken();
    let print = fingerprint(&scratch);
    assert!(scratch.run(&["check"]).expect(1).stdout.contains(&format!("= fingerprint: {print}")));
}

#[test]
fn a_baseline_accepts_what_is_there_and_nothing_new() {
    let scratch = broken();
    scratch.run(&["baseline"]).expect(0);
    let text = scratch.read("counterpart-baseline.toml");
    let run = scratch.run(&["check", "--format", "json"]).expect(0);
    assert!(run.json()["summary"]["suppressed"].as_u64().is_some_and(|count| count > 0), "{}", run.stdout);
    scratch.run(&["baseline"]).expect(0);
    assert_eq!(scratch.read("counterpart-baseline.toml"), text, "written twice, it is the same");
    scratch.edit("api/orders.yaml", "        email: { type: string }\n", "");
    scratch.run(&["check"]).expect(1);
    scratch.git(&["checkout", "-q", "--", "api", "proto"]);
    let run = scratch.run(&["check", "--format", "json"]).expect(0);
    assert!(run.rules().iter().all(|rule| !rule.starts_with("warning")), "a baseline that shrank is no news");
    scratch.write("counterpart-baseline.toml", "accept = 1");
    scratch.run(&["check"]).expect(2);
}

#[test]
fn doctor_says_what_holds_and_what_is_wrong() {
    let scratch = Scratch::project();
    let run = scratch.run(&["doctor"]).expect(0);
    assert!(run.stdout.contains("1 openapi, 1 protobuf"), "{}", run.stdout);
    assert!(run.stdout.contains("default branch: main"), "{}", run.stdout);
    scratch.write("counterpart.toml", "nonsense = 1\n");
    let run = scratch.run(&["doctor", "--format", "json"]).expect(1);
    assert!(run.json().as_array().expect("rows").iter().any(|row| row["state"] == "wrong"), "{}", run.stdout);
}

#[cfg(unix)]
#[test]
fn the_hook_that_init_writes_stops_a_breaking_commit() {
    let scratch = Scratch::project();
    scratch.run(&["init", "--hook", "--github"]).expect(0);
    assert!(scratch.read(".github/workflows/counterpart.yml").contains("fetch-depth: 0"));
    scratch.edit(ORDERS, "string sku = 2;", "int64 sku = 2;").git(&["add", "-A"]);
    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_counterpart")).parent().expect("a folder");
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap_or_default());
    let commit = |scratch: &Scratch| {
        let output = std::process::Command::new("git")
            .current_dir(&scratch.root)
            .args(["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "Break"])
            .env("PATH", &path)
            .output()
            .expect("git runs");
        output.status.success()
    };
    assert!(!commit(&scratch));
    scratch.edit(ORDERS, "int64 sku = 2;", "string sku = 2;").git(&["add", "-A"]);
    assert!(commit(&scratch));
}

#[test]
fn watch_checks_again_after_a_change() {
    let scratch = Scratch::project();
    let mut child = scratch
        .command(&["check", "--watch"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let (sender, lines) = mpsc::channel();
    for stream in [
        Box::new(child.stdout.take().expect("piped")) as Box<dyn std::io::Read + Send>,
        Box::new(child.stderr.take().expect("piped")),
    ] {
        let sender = sender.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
    }
    let wait_for = |text: &str| {
        while let Ok(line) = lines.recv_timeout(Duration::from_secs(30)) {
            if line.contains(text) {
                return true;
            }
        }
        false
    };
    assert!(wait_for("watching for changes"));
    scratch.edit(ORDERS, "string sku = 2;", "int64 sku = 2;");
    let is_seen = wait_for("sku");
    child.kill().expect("it still runs");
    child.wait().expect("it ends");
    assert!(is_seen);
}
