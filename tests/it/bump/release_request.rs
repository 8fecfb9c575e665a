//! The workflow of `docs/releases.md` that keeps a pull request with the next release up to date: each push to the main
//! branch runs `bump` on it, and what it wrote becomes the branch of the pull request.

use std::path::Path;
use std::sync::Arc;

use counterpart::source::FileId;
use counterpart::syntax;
use serde_json::{Value, json};

use crate::action::run_action;
use crate::bump::{GROWN, bump, released, succeeded};
use crate::scratch::Scratch;

/// The inputs that the workflow gives the action.
fn inputs() -> Vec<(String, String)> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/releases.md");
    let page = std::fs::read_to_string(page).expect("the page is there");
    let (_, section) = page.split_once("## A release pull request\n").expect("the page has the workflow");
    let lines = section.lines().map_while(|line| if line.is_empty() { Some("") } else { line.strip_prefix("    ") });
    let workflow: String = lines.map(|line| format!("{line}\n")).collect();
    let parsed = syntax::parse(FileId(0), "release.yml", Arc::from(workflow.as_str()));
    assert!(parsed.faults.is_empty(), "{:?}", parsed.faults);
    let workflow = parsed.document.to_json(parsed.document.root(), 1 << 20).expect("a small document");
    let steps = workflow["jobs"]["release"]["steps"].as_array().expect("steps");
    let uses = |step: &&Value| step["uses"].as_str().is_some_and(|uses| uses.starts_with("counterpart/"));
    let with = steps.iter().find(uses).expect("a step of ours")["with"].as_object().expect("its inputs").clone();
    with.into_iter().map(|(name, value)| (name, value.as_str().expect("a text").to_owned())).collect()
}

/// A push to the main branch. Gives back the files that the action wrote, after making them the branch `release`.
fn push(scratch: &Scratch) -> Vec<String> {
    let owned = inputs();
    let inputs: Vec<(&str, &str)> = owned.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let payload = json!({"before": scratch.git_says(&["rev-parse", "HEAD~1"])});
    let event = ("push", "refs/heads/main", &payload);
    let run = run_action(&scratch.root, scratch, &inputs, event, "http://127.0.0.1:9");
    assert_eq!(run.exit, 0, "{}", run.log);
    let written = scratch.git_says(&["status", "--porcelain"]);
    if !written.is_empty() {
        scratch.git(&["checkout", "-q", "-B", "release"]).commit("Release").git(&["checkout", "-q", "main"]);
    }
    written.lines().filter_map(|line| Some(line.trim().split_once(' ')?.1.trim().to_owned())).collect()
}

fn on_release(scratch: &Scratch, file: &str) -> String {
    scratch.git_says(&["show", &format!("release:{file}")])
}

#[test]
fn a_release_pull_request_is_kept_up_to_date_merged_and_tagged() {
    let scratch = released(GROWN);
    assert_eq!(push(&scratch), ["api.yaml", "CHANGELOG.md"]);
    assert!(on_release(&scratch, "api.yaml").contains("'1.5.0'"));
    let changelog = on_release(&scratch, "CHANGELOG.md");
    assert!(changelog.contains("## [1.5.0]") && changelog.contains("/invoices"), "{changelog}");

    // The next push starts from the main branch again, which is still unreleased: a break makes it another release.
    scratch.write("api.yaml", &GROWN.replace("/orders:", "/purchases:")).commit("a break");
    assert_eq!(push(&scratch), ["api.yaml", "CHANGELOG.md"]);
    let changelog = on_release(&scratch, "CHANGELOG.md");
    assert!(on_release(&scratch, "api.yaml").contains("'2.0.0'"));
    assert!(changelog.contains("## [2.0.0]") && !changelog.contains("1.5.0"), "{changelog}");

    scratch.git(&["merge", "-q", "--no-ff", "--no-edit", "release"]);
    assert!(push(&scratch).is_empty(), "after the merge there is nothing left to raise");
    assert!(succeeded(&bump(&scratch, &["--tag"])).contains("tagged HEAD as v2.0.0"));
    assert!(push(&scratch).is_empty(), "nor after the tag");
}
