//! What `check` compares with.

use crate::scratch::{Scratch, git_at};

const ORDERS: &str = "proto/acme/orders/v1/orders.proto";

#[test]
fn what_main_gained_meanwhile_is_no_deletion_on_a_branch() {
    let scratch = Scratch::project();
    scratch.git(&["checkout", "-q", "-b", "feature"]);
    scratch.edit(ORDERS, "string sku = 2;", "string sku = 2;\n  string mine = 3;").commit("Add mine");
    scratch.git(&["checkout", "-q", "main"]);
    scratch
        .edit(ORDERS, "string id = 1;\n}\n\nservice", "string id = 1;\n  string theirs = 2;\n}\n\nservice")
        .commit("Add theirs");
    scratch.git(&["checkout", "-q", "feature"]);
    let run = scratch.run(&["check", "--format", "json"]).expect(0);
    let report = run.json();
    assert_eq!(report["bases"][0]["reason"], "merge base of HEAD and main");
    assert_eq!(report["summary"]["errors"], 0);
    assert!(!run.stdout.contains("theirs"), "{}", run.stdout);
}

#[test]
fn the_base_is_printed_with_its_reason_but_not_into_the_results() {
    let scratch = Scratch::project();
    let run = scratch.run(&["check"]).expect(0);
    assert!(run.stderr.contains("comparing with git:"), "{}", run.stderr);
    assert!(run.stderr.contains("main"), "{}", run.stderr);
    assert_eq!(scratch.run(&["check", "--quiet"]).expect(0).stderr, "");
}

#[test]
fn a_shallow_clone_that_lacks_the_base_says_what_to_fetch() {
    let scratch = Scratch::project();
    scratch.git(&["checkout", "-q", "-b", "feature"]).commit("Work");
    scratch.git(&["checkout", "-q", "main"]).commit("Go on");
    let clone = Scratch::new();
    let url = format!("file://{}", scratch.root.display());
    clone.git(&["clone", "-q", "--depth=1", "--no-single-branch", "--branch=feature", &url, "c"]);
    let run = clone.run_in("c", &["check", "--format", "json"]).expect(2);
    let (code, help) = run.problem();
    assert_eq!(code, "no-base");
    assert!(help.contains("git fetch --unshallow origin main"), "{help}");
    git_at(&clone.root.join("c"), &["fetch", "-q", "--unshallow", "origin", "main"]);
    clone.run_in("c", &["check"]).expect(0);
}

#[test]
fn without_a_repository_the_base_must_be_named() {
    let scratch = Scratch::new();
    scratch.write("old/a.proto", "syntax = \"proto3\";\nmessage A { string a = 1; }\n");
    scratch.write("new/a.proto", "syntax = \"proto3\";\nmessage A { string a = 1; string b = 2; }\n");
    let (code, help) = scratch.run(&["check", "new", "--format", "json"]).expect(2).problem();
    assert_eq!(code, "not-a-repository");
    assert!(help.contains("--against"), "{help}");
    scratch.run(&["check", "new", "--against", "old"]).expect(0);
    scratch.run(&["check", "old", "--against", "new"]).expect(1);
}

#[test]
fn annotated_tags_worktrees_and_several_bases_are_taken() {
    let scratch = Scratch::project();
    scratch.git(&["tag", "-a", "v1.4.0", "-m", "release"]);
    scratch.edit(ORDERS, "string sku = 2;", "string sku = 2;\n  string note = 3;").commit("Add note");
    scratch.edit(ORDERS, "  string note = 3;\n", "");
    scratch.run(&["check", "--against", "git:v1.4.0"]).expect(0);
    let both =
        scratch.run(&["check", "--against", "git:v1.4.0", "--against", "git:HEAD", "--format", "json"]).expect(1);
    let report = both.json();
    assert_eq!(report["bases"].as_array().map(Vec::len), Some(2));
    let against: Vec<_> =
        report["findings"].as_array().expect("findings").iter().map(|found| &found["against"]).collect();
    assert!(against.iter().all(|bases| **bases == serde_json::json!([1])), "{against:?}");
    scratch.git(&["worktree", "add", "-q", "../wt", "v1.4.0"]);
    let name = scratch.root.parent().expect("a parent").join("wt");
    let run = scratch.command(&["check", "--against", "git:main"]).current_dir(&name).output().expect("it runs");
    std::fs::remove_dir_all(&name).expect("removed");
    assert_eq!(run.status.code(), Some(1), "{}", String::from_utf8_lossy(&run.stdout));
}

#[test]
fn the_bump_is_judged_against_the_newest_tag_not_against_the_base() {
    let scratch = Scratch::project();
    scratch.git(&["tag", "v1.4.0"]);
    let added = "email: { type: string }\n        phone: { type: string }";
    scratch.edit("api/orders.yaml", "email: { type: string }", added).commit("Add phone");
    // Removing what was never released breaks the gate, and needs no version at all.
    scratch.edit("api/orders.yaml", added, "email: { type: string }");
    let run = scratch.run(&["check", "--format", "json"]).expect(1);
    assert_eq!(run.json()["summary"]["required_bump"], "none");
}

#[test]
fn only_what_is_staged_is_checked_with_staged() {
    let scratch = Scratch::project();
    scratch.edit(ORDERS, "string sku = 2;", "int64 sku = 2;");
    scratch.run(&["check"]).expect(1);
    scratch.run(&["check", "--staged"]).expect(0);
    scratch.git(&["add", "-A"]);
    scratch.run(&["check", "--staged"]).expect(1);
}

#[test]
fn a_folder_below_checks_the_whole_project_and_a_path_only_itself() {
    let scratch = Scratch::project();
    scratch.edit(ORDERS, "string sku = 2;", "int64 sku = 2;");
    let run = scratch.run_in("api", &["check", "--format", "json"]).expect(1);
    assert_eq!(run.json()["findings"][0]["location"]["path"], ORDERS);
    scratch.run(&["check", "api"]).expect(0);
    scratch.run(&["check", "api/orders.yaml"]).expect(0);
    scratch.run(&["check", "api/orders.yaml", ORDERS]).expect(1);
    let run = scratch.run_in("proto", &["check", ".", "--format", "json"]).expect(1);
    assert_eq!(run.json()["findings"][0]["location"]["path"], ORDERS);
}
