//! The GitHub Action without GitHub: the composite steps run with event files and a double of the comments API.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use counterpart::source::FileId;
use counterpart::syntax;
use serde_json::{Value, json};

use crate::scratch::{Scratch, git_at};

mod failures;

pub const OLD: &str =
    "syntax = \"proto3\";\npackage acme.v1;\nmessage Order {\n  string id = 1;\n  string sku = 2;\n}\n";
pub const BROKEN: &str = "syntax = \"proto3\";\npackage acme.v1;\nmessage Order {\n  string id = 1;\n}\n";
pub const GROWN: &str = "syntax = \"proto3\";\npackage acme.v1;\nmessage Order {\n  string id = 1;\n  string sku = 2;\n  string note = 3;\n}\n";

/// What a run of the action left behind.
pub struct Run {
    pub exit: i32,
    pub log: String,
    pub outputs: BTreeMap<String, String>,
    pub summary: String,
}

/// Runs the steps of `action.yml` as a runner would: inputs substituted, each step in bash.
pub fn run_action(
    work: &Path,
    scratch: &Scratch,
    inputs: &[(&str, &str)],
    event: (&str, &str, &Value),
    api: &str,
) -> Run {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("action.yml")).expect("action.yml");
    let parsed = syntax::parse(FileId(0), "action.yml", Arc::from(text.as_str()));
    assert!(parsed.faults.is_empty(), "{:?}", parsed.faults);
    let action = parsed.document.to_json(parsed.document.root(), 1 << 20).expect("a small document");
    let temp = scratch.beside("temp");
    fs::create_dir_all(&temp).expect("a directory");
    let files: BTreeMap<&str, PathBuf> =
        ["GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STEP_SUMMARY"].map(|name| (name, temp.join(name))).into();
    for file in files.values() {
        fs::write(file, "").expect("an empty file");
    }
    let (name, reference, payload) = event;
    let event_file = temp.join("event.json");
    fs::write(&event_file, payload.to_string()).expect("the event file");
    let (mut exit, mut log) = (0, String::new());
    for step in action["runs"]["steps"].as_array().expect("steps") {
        let added = fs::read_to_string(&files["GITHUB_PATH"]).expect("the path file");
        let path = added.lines().chain([std::env::var("PATH").expect("a PATH").as_str()]).collect::<Vec<_>>().join(":");
        let mut command = Command::new("bash");
        command
            .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"].as_str().expect("a script")])
            .current_dir(work)
            .env_clear()
            .env("PATH", path)
            .env("HOME", &temp)
            .env("CI", "true")
            .env("NO_COLOR", "1")
            .env("RUNNER_TEMP", &temp)
            .env("RUNNER_OS", "Linux")
            .env("RUNNER_ARCH", "X64")
            .env("GITHUB_ACTION_PATH", root)
            .env("GITHUB_EVENT_NAME", name)
            .env("GITHUB_EVENT_PATH", &event_file)
            .env("GITHUB_REF", reference)
            .env("GITHUB_REPOSITORY", "acme/shop")
            .env("GITHUB_WORKFLOW", "CI")
            .env("GITHUB_JOB", "contracts")
            .env("GITHUB_API_URL", api)
            .env("COUNTERPART_BINARY", env!("CARGO_BIN_EXE_counterpart"))
            .envs(&files);
        for (variable, template) in step["env"].as_object().expect("each step names its inputs") {
            command.env(variable, substituted(template.as_str().expect("a text"), &action, inputs));
        }
        let Output { status, stdout, stderr } = command.output().expect("bash starts");
        log.push_str(&String::from_utf8_lossy(&stdout));
        log.push_str(&String::from_utf8_lossy(&stderr));
        exit = status.code().expect("an exit code");
        if exit != 0 {
            break;
        }
    }
    let read = |name: &str| fs::read_to_string(&files[name]).expect("it was made above");
    Run { exit, log, outputs: outputs(&read("GITHUB_OUTPUT")), summary: read("GITHUB_STEP_SUMMARY") }
}

fn substituted(template: &str, action: &Value, inputs: &[(&str, &str)]) -> String {
    let Some(name) = template.strip_prefix("${{ inputs.").and_then(|rest| rest.strip_suffix(" }}")) else {
        return template.to_owned();
    };
    if name == "github-token" {
        return "token-of-the-run".to_owned();
    }
    let default = action["inputs"][name]["default"].as_str().unwrap_or_else(|| panic!("there is no input {name}"));
    inputs.iter().find(|(given, _)| *given == name).map_or(default, |(_, value)| value).to_owned()
}

fn outputs(text: &str) -> BTreeMap<String, String> {
    let mut outputs = BTreeMap::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let (name, end) = line.split_once("<<").expect("outputs are delimited");
        let value: Vec<_> = lines.by_ref().take_while(|line| *line != end).collect();
        outputs.insert(name.to_owned(), value.join("\n"));
    }
    outputs
}

/// A double of the comments API: keeps comments, answers 403 to writes where told so.
pub struct Api {
    pub address: String,
    comments: Arc<Mutex<Vec<(u64, String)>>>,
}

impl Api {
    pub fn start(may_write: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let comments: Arc<Mutex<Vec<(u64, String)>>> = Arc::default();
        let kept = Arc::clone(&comments);
        // Ends with the test process; each connection is one request.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                answer(stream, &kept, may_write);
            }
        });
        Self { address, comments }
    }

    pub fn bodies(&self) -> Vec<String> {
        self.comments.lock().expect("not poisoned").iter().map(|(_, body)| body.clone()).collect()
    }
}

fn answer(mut stream: TcpStream, comments: &Mutex<Vec<(u64, String)>>, may_write: bool) {
    let mut reader = BufReader::new(stream.try_clone().expect("a second handle"));
    let mut first = String::new();
    let mut length = 0;
    reader.read_line(&mut first).expect("a request line");
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).expect("a header");
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().expect("a number");
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("a body");
    let mut words = first.split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut comments = comments.lock().expect("not poisoned");
    let text = |body: &[u8]| {
        let body: Value = serde_json::from_slice(body).expect("JSON");
        body["body"].as_str().expect("a body").to_owned()
    };
    let (status, reply) = match method {
        "GET" => {
            let list: Vec<_> = comments.iter().map(|(id, body)| json!({"id": id, "body": body})).collect();
            ("200 OK", json!(list))
        }
        _ if !may_write => ("403 Forbidden", json!({"message": "Resource not accessible by integration"})),
        "POST" => {
            let id = comments.len() as u64 + 100;
            comments.push((id, text(&body)));
            ("201 Created", json!({"id": id}))
        }
        _ => {
            let id: u64 = path.rsplit('/').next().and_then(|id| id.parse().ok()).expect("an id");
            let comment = comments.iter_mut().find(|(known, _)| *known == id).expect("a known comment");
            comment.1 = text(&body);
            ("200 OK", json!({"id": id}))
        }
    };
    let reply = reply.to_string();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        reply.len()
    );
    let _ = stream.write_all(format!("{head}{reply}").as_bytes());
}

/// A repository whose `main` has OLD, and whose branch `change` has `new`; both commits' ids.
pub fn repository(new: &str) -> (Scratch, String, String) {
    let scratch = Scratch::repository();
    scratch.write("acme/v1/order.proto", OLD);
    let base = scratch.commit_id("orders");
    scratch.git(&["checkout", "--quiet", "-b", "change"]);
    scratch.write("acme/v1/order.proto", new);
    let head = scratch.commit_id("change");
    (scratch, base, head)
}

pub fn pull_request(base: &str, head: &str, head_repository: &str) -> Value {
    json!({"pull_request": {"number": 7,
        "base": {"sha": base, "ref": "main", "repo": {"full_name": "acme/shop"}},
        "head": {"sha": head, "repo": {"full_name": head_repository}}}})
}

#[test]
fn a_break_in_a_pull_request_fails_annotates_and_comments_and_the_fix_updates_the_comment() {
    let (scratch, base, head) = repository(BROKEN);
    let api = Api::start(true);
    let event = pull_request(&base, &head, "acme/shop");
    let run = |event: &Value| {
        run_action(&scratch.root, &scratch, &[], ("pull_request", "refs/pull/7/merge", event), &api.address)
    };
    let broken = run(&event);
    assert_eq!(broken.exit, 1, "{}", broken.log);
    assert_eq!(broken.outputs["result"], "findings");
    assert_eq!(broken.outputs["required-bump"], "major");
    assert!(broken.log.contains("::error file=acme/v1/order.proto,line=3,"), "{}", broken.log);
    assert!(broken.summary.contains("breaking contract change"), "{}", broken.summary);
    let report = fs::read_to_string(&broken.outputs["report-json"]).expect("the JSON report");
    let report: Value = serde_json::from_str(&report).expect("it is JSON");
    assert_eq!(report["bases"][0]["reason"], "merge base of the pull request and main");
    assert_eq!(api.bodies().len(), 1);
    assert!(api.bodies()[0].starts_with("<!-- counterpart CI:contracts -->\n### ❌"), "{}", api.bodies()[0]);

    run(&event);
    assert_eq!(api.bodies().len(), 1, "the same run again must not write a second comment");

    scratch.write("acme/v1/order.proto", OLD);
    let head = scratch.commit_id("fix");
    let fixed = run(&pull_request(&base, &head, "acme/shop"));
    assert_eq!((fixed.exit, fixed.outputs["result"].as_str()), (0, "ok"), "{}", fixed.log);
    assert!(api.bodies()[0].contains("✅ No contract changes"), "{}", api.bodies()[0]);
}

#[test]
fn nothing_to_say_is_said_in_no_comment() {
    let scratch = Scratch::repository();
    scratch.write("acme/v1/order.proto", OLD);
    let base = scratch.commit_id("orders");
    scratch.write("notes.txt", "nothing about contracts");
    let head = scratch.commit_id("notes");
    let api = Api::start(true);
    let event = pull_request(&base, &head, "acme/shop");
    let run = run_action(&scratch.root, &scratch, &[], ("pull_request", "", &event), &api.address);
    assert_eq!(run.exit, 0, "{}", run.log);
    assert!(api.bodies().is_empty());
}

#[test]
fn a_fork_whose_token_cannot_write_falls_back_to_the_summary() {
    let (scratch, base, head) = repository(BROKEN);
    let api = Api::start(false);
    let event = pull_request(&base, &head, "stranger/shop");
    let run = run_action(&scratch.root, &scratch, &[], ("pull_request", "", &event), &api.address);
    assert_eq!(run.exit, 1, "{}", run.log);
    assert!(run.log.contains("the token of a fork's pull request can only read"), "{}", run.log);
    assert!(run.summary.contains("breaking contract change"));
}

#[test]
fn the_merge_commit_of_a_shallow_checkout_is_compared_with_what_it_is_merged_into() {
    let (scratch, _, head) = repository(GROWN);
    // main goes on meanwhile; what it adds must not look like a deletion or an addition of the pull request.
    scratch.git(&["checkout", "--quiet", "main"]);
    scratch.write("acme/v1/other.proto", "syntax = \"proto3\";\npackage acme.v1;\nmessage Other {}\n");
    let base = scratch.commit_id("other");
    scratch.git(&["checkout", "--quiet", "--detach", "main"]);
    scratch.git(&["merge", "--quiet", "--no-edit", "change"]);
    scratch.git(&["update-ref", "refs/pull/7/merge", "HEAD"]);
    let clone = scratch.beside("clone");
    fs::create_dir_all(&clone).expect("a directory");
    git_at(&clone, &["init", "--quiet"]);
    let origin = format!("file://{}", scratch.root.display());
    git_at(&clone, &["remote", "add", "origin", &origin]);
    git_at(&clone, &["fetch", "--quiet", "--depth=1", "origin", "refs/pull/7/merge"]);
    git_at(&clone, &["checkout", "--quiet", "FETCH_HEAD"]);
    scratch.git(&["config", "uploadpack.allowAnySHA1InWant", "true"]);
    let api = Api::start(true);
    let event = pull_request(&base, &head, "acme/shop");
    let run = run_action(&clone, &scratch, &[], ("pull_request", "refs/pull/7/merge", &event), &api.address);
    assert_eq!(run.exit, 0, "{}", run.log);
    assert_eq!(run.outputs["required-bump"], "minor");
    let report = fs::read_to_string(&run.outputs["report-json"]).expect("the JSON report");
    assert!(report.contains("what the pull request is merged into"), "{report}");
    assert!(!report.contains("Other"), "{report}");
}

#[test]
fn merge_queues_pushes_and_tags_have_their_own_bases() {
    let (scratch, base, _) = repository(GROWN);
    let api = Api::start(true);
    let queue = json!({"merge_group": {"base_sha": base}});
    let pushed = json!({"before": base});
    scratch.git(&["tag", "--annotate", "--message", "v1.0.0", "v1.0.0", &base]);
    for (name, reference, event, reason) in [
        ("merge_group", "refs/heads/gh-readonly-queue/main/pr-7", &queue, "what the merge group is built on"),
        ("push", "refs/heads/change", &pushed, "what the branch pointed to before the push"),
        ("push", "refs/tags/v1.1.0", &json!({}), "the release before this one, v1.0.0"),
        ("push", "refs/heads/change", &json!({"before": "0".repeat(40)}), "merge base of HEAD and main"),
    ] {
        let run = run_action(&scratch.root, &scratch, &[], (name, reference, event), &api.address);
        assert_eq!(run.exit, 0, "{name} {reference}: {}", run.log);
        let report = fs::read_to_string(&run.outputs["report-json"]).expect("the JSON report");
        assert!(report.contains(reason), "{name} {reference}: {report}");
        assert_eq!(run.outputs["required-bump"], "minor", "{name} {reference}");
    }
    assert!(api.bodies().is_empty(), "only pull requests are commented");
}

#[test]
fn an_event_without_its_base_and_a_bad_input_end_with_an_error() {
    let (scratch, ..) = repository(GROWN);
    let api = Api::start(true);
    let run = run_action(&scratch.root, &scratch, &[], ("merge_group", "", &json!({})), &api.address);
    assert_eq!(run.exit, 2, "{}", run.log);
    assert!(run.log.contains("merge_group.base_sha"), "{}", run.log);

    let inputs = [("fail-on", "sometimes")];
    let run = run_action(&scratch.root, &scratch, &inputs, ("schedule", "", &json!({})), &api.address);
    assert_eq!(run.exit, 2, "{}", run.log);

    let inputs = [("base", "no-such-revision")];
    let run = run_action(&scratch.root, &scratch, &inputs, ("schedule", "", &json!({})), &api.address);
    assert_eq!((run.exit, run.outputs["result"].as_str()), (2, "error"), "{}", run.log);
    assert!(run.log.contains("::error"), "{}", run.log);
}

#[test]
fn inputs_never_become_part_of_a_script() {
    let (scratch, ..) = repository(GROWN);
    let api = Api::start(true);
    let inputs = [("base", "$(touch owned)"), ("arguments", "`touch owned`")];
    let run = run_action(&scratch.root, &scratch, &inputs, ("schedule", "", &json!({})), &api.address);
    assert_eq!(run.exit, 2, "{}", run.log);
    assert!(!scratch.root.join("owned").exists());
}

#[test]
fn a_stacked_pull_request_is_compared_with_the_branch_below_it() {
    let (scratch, _, below) = repository(BROKEN);
    // The pull request on top adds a field; the break below it is not its doing.
    scratch.git(&["checkout", "--quiet", "-b", "on-top"]);
    scratch.write("acme/v1/order.proto", &BROKEN.replace('}', "  string note = 3;\n}"));
    let head = scratch.commit_id("note");
    // The branch below goes on meanwhile.
    scratch.git(&["checkout", "--quiet", "change"]);
    scratch.write("acme/v1/other.proto", "syntax = \"proto3\";\npackage acme.v1;\nmessage Other {}\n");
    let base = scratch.commit_id("other");
    scratch.git(&["checkout", "--quiet", "on-top"]);
    let mut event = pull_request(&base, &head, "acme/shop");
    event["pull_request"]["base"]["ref"] = json!("change");
    let api = Api::start(true);
    let run = run_action(&scratch.root, &scratch, &[], ("pull_request", "refs/pull/8/merge", &event), &api.address);
    assert_eq!((run.exit, run.outputs["required-bump"].as_str()), (0, "minor"), "{}", run.log);
    let report = fs::read_to_string(&run.outputs["report-json"]).expect("the JSON report");
    assert!(report.contains("merge base of the pull request and change") && report.contains(&below[..7]), "{report}");
}

#[test]
fn the_first_push_of_a_repository_and_of_a_tag_have_nothing_before_them() {
    let scratch = Scratch::repository();
    scratch.write("acme/v1/order.proto", OLD);
    scratch.commit("orders");
    let api = Api::start(true);
    let pushed = json!({"before": "0".repeat(40)});
    for reference in ["refs/heads/main", "refs/tags/v1.0.0"] {
        let run = run_action(&scratch.root, &scratch, &[], ("push", reference, &pushed), &api.address);
        assert_eq!((run.exit, run.outputs["result"].as_str()), (0, "ok"), "{reference}: {}", run.log);
    }
}

#[test]
fn two_folders_of_one_job_have_a_comment_each() {
    let (scratch, base, head) = repository(BROKEN);
    let api = Api::start(true);
    let event = pull_request(&base, &head, "acme/shop");
    for folder in [".", "acme"] {
        let inputs = [("working-directory", folder)];
        let run = run_action(&scratch.root, &scratch, &inputs, ("pull_request", "", &event), &api.address);
        assert_eq!(run.exit, 1, "{}", run.log);
    }
    assert_eq!(api.bodies().len(), 2, "{:?}", api.bodies());
}
