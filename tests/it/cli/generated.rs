//! Contracts that a program writes.

use crate::scratch::{OPENAPI, Scratch};

/// A project whose contract is printed by a script from a template.
fn project(generate: &str) -> Scratch {
    let scratch = Scratch::repository();
    scratch.write("template.txt", OPENAPI).write("print.sh", "#!/bin/sh\ncat template.txt\n");
    scratch.write(
        "counterpart.toml",
        &format!("[[contracts]]\npath = \"api/openapi.yaml\"\nservice = \"orders\"\ngenerate = {{ {generate} }}\n"),
    );
    scratch.commit("start");
    scratch
}

fn worktrees(scratch: &Scratch) -> usize {
    scratch.git_says(&["worktree", "list"]).lines().count()
}

#[test]
fn both_revisions_are_generated_and_nothing_is_left_behind() {
    let scratch = project("command = ['sh', 'print.sh']");
    scratch.run(&["check"]).expect(0);
    scratch.edit("template.txt", "        email: { type: string }\n", "");
    let run = scratch.run(&["check", "--format", "json"]).expect(1);
    assert!(run.rules().iter().any(|rule| rule.starts_with("error schema/property-removed")), "{:?}", run.rules());
    let report = run.json();
    assert_eq!(report["findings"][0]["contract"], "api/openapi.yaml");
    assert_eq!(worktrees(&scratch), 1);
    assert_eq!(
        scratch.git_says(&["status", "--porcelain"]),
        "M template.txt",
        "nothing is written to the working tree"
    );

    scratch.git(&["add", "-A"]).write("template.txt", OPENAPI);
    scratch.run(&["check"]).expect(0);
    scratch.run(&["check", "--staged"]).expect(1);
    scratch.commit("as it was").git(&["tag", "v1.4.0"]);
    scratch.edit("template.txt", "        email: { type: string }\n", "").commit("break");
    scratch.run(&["check", "--against", "git:v1.4.0"]).expect(1);
    scratch.run(&["check", "--against", "git:HEAD"]).expect(0);
}

#[test]
fn a_file_that_the_command_writes_is_read() {
    let scratch = project(
        "command = ['sh', '-c', 'mkdir -p build && cp template.txt build/api.yaml'], output = 'build/api.yaml'",
    );
    scratch.write(".gitignore", "build/\n").commit("ignore");
    scratch.edit("template.txt", "        email: { type: string }\n", "");
    scratch.run(&["check"]).expect(1);
}

#[test]
fn a_command_that_fails_hangs_or_writes_nothing_ends_the_check() {
    let scratch = project("command = ['sh', '-c', 'echo no compiler here >&2; exit 3']");
    let run = scratch.run(&["check", "--format", "json"]).expect(2);
    let (code, help) = run.problem();
    assert_eq!(code, "generate");
    assert!(run.stdout.contains("no compiler here") && help.contains("--allow-broken-base"), "{}", run.stdout);

    let scratch = project("command = ['sh', '-c', 'sleep 60 & sleep 60'], timeout-seconds = 1");
    let start = std::time::Instant::now();
    let run = scratch.run(&["check"]).expect(2);
    assert!(run.stderr.contains("longer than 1 seconds"), "{}", run.stderr);
    assert!(start.elapsed().as_secs() < 30, "what it started is ended with it");

    let run = project("command = ['true']").run(&["check"]).expect(2);
    assert!(run.stderr.contains("wrote nothing"), "{}", run.stderr);
    let run = project("command = ['no-such-generator']").run(&["check"]).expect(2);
    assert!(run.stderr.contains("could not be started"), "{}", run.stderr);
    let run = project("command = ['true'], output = 'nowhere.yaml'").run(&["check"]).expect(2);
    assert!(run.stderr.contains("left no `nowhere.yaml`"), "{}", run.stderr);
}

#[test]
fn a_base_without_the_generator_stops_the_check_unless_it_is_allowed() {
    let scratch = project("command = ['sh', 'print.sh']");
    scratch.remove("print.sh").commit("before there was a generator");
    scratch.git(&["checkout", "-q", "-b", "change"]).write("print.sh", "cat template.txt\n").commit("a generator");
    let run = scratch.run(&["check"]).expect(2);
    assert!(run.stderr.contains("git:") && run.stderr.contains("print.sh"), "{}", run.stderr);
    assert_eq!(worktrees(&scratch), 1);
    let run = scratch.run(&["check", "--allow-broken-base", "--format", "json"]).expect(0);
    assert_eq!(run.rules(), ["note openapi/contract-added"]);
    assert!(run.stderr.contains("without what is generated"), "{}", run.stderr);
}
