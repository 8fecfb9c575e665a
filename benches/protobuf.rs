//! How long `counterpart diff` takes on protobuf contracts and how much memory, beside `buf breaking` on the same files,
//! measured in the same run: the whole programs, from start to report.
//!
//! `cargo bench --bench protobuf` reads `../shared/corpus/googleapis.bundle` (or `COUNTERPART_GOOGLEAPIS`, a bundle or
//! clone with the tags `march`, `before` and `august`) and does nothing without it. `buf` is taken from the `PATH` (or
//! `BUF`; the native program, for npm's is a script around it); without it there are times and no ratios. What is above
//! its target is marked.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

#[path = "program/mod.rs"]
mod program;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use program::{Run, show};

/// Runs of ours; of `buf`, which takes a minute, there is one.
const ROUNDS: usize = 7;

/// A package and what it imports: eight files.
const FEW: [&str; 8] = [
    "google/api/annotations.proto",
    "google/api/client.proto",
    "google/api/field_behavior.proto",
    "google/api/http.proto",
    "google/api/launch_stage.proto",
    "google/api/resource.proto",
    "google/pubsub/v1/pubsub.proto",
    "google/pubsub/v1/schema.proto",
];

fn main() {
    let bundle = std::env::var_os("COUNTERPART_GOOGLEAPIS")
        .map_or_else(|| PathBuf::from("../shared/corpus/googleapis.bundle"), PathBuf::from);
    if !bundle.exists() {
        println!("no corpus at {}: nothing to measure", bundle.display());
        return;
    }
    let Ok(scratch) = tempfile::tempdir() else {
        println!("no temporary directory: nothing to measure");
        return;
    };
    let root = scratch.path();
    let bundle = bundle.canonicalize().unwrap_or(bundle);
    if !checked_out(&bundle, root) {
        println!("the corpus could not be checked out: nothing to measure");
        return;
    }
    println!("{} cores", std::thread::available_parallelism().map_or(0, usize::from));
    println!("start alone (--version): {}", ours(root, &["--version"]).map_or_else(String::new, |run| show(run.time)));

    line("all of googleapis, march to august", ours(root, &["diff", "march", "august"]), buf(root, "march", "august"))
        .faster(30.0)
        .smaller(15.0);
    line("the same, git revisions", ours(&root.join("clone"), &["diff", "git:march", "git:august"]), None);
    let itself = ours(&root.join("clone"), &["diff", "git:august", "git:august"]);
    line("a revision with itself", itself, None).within(Duration::from_millis(200));
    let some = ours(&root.join("clone"), &["diff", "git:before", "git:august"]);
    line("before to august, git revisions: 25 files", some, None).within(Duration::from_millis(150));
    line("eight files", ours(root, &["diff", "few-march", "few-august"]), buf(root, "few-march", "few-august"))
        .within(Duration::from_millis(5));
}

fn checked_out(bundle: &Path, root: &Path) -> bool {
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        let status = command.args(arguments).current_dir(root).stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    };
    let module = |place: &Path| std::fs::write(place.join("buf.yaml"), "version: v2\nmodules:\n  - path: .\n").is_ok();
    let is_there = git(&["clone", "--quiet", "--no-checkout", &bundle.to_string_lossy(), "clone"])
        && ["march", "august"].iter().all(|tag| {
            let (place, few) = (root.join(tag), root.join(format!("few-{tag}")));
            let added = git(&["-C", "clone", "worktree", "add", "--quiet", &format!("../{tag}"), tag]);
            // A second version of many packages, which buf refuses to build together with the first.
            let _ = std::fs::remove_dir_all(place.join("preview"));
            let is_copied = FEW.iter().all(|file| {
                let target = few.join(file);
                target.parent().is_some_and(|folder| std::fs::create_dir_all(folder).is_ok())
                    && std::fs::copy(place.join(file), target).is_ok()
            });
            added && is_copied && module(&place) && module(&few)
        });
    // Of files that are as young as its index, git reads all each time that it is asked. Nobody works in such a tree.
    std::thread::sleep(Duration::from_secs(2));
    is_there && ["march", "august"].iter().all(|tag| git(&["-C", tag, "status", "--porcelain"]))
}

fn ours(folder: &Path, arguments: &[&str]) -> Option<Run> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_counterpart"));
    // Once to warm up: the first comparison of two revisions notes down what files declare.
    let command = command.args(arguments).current_dir(folder);
    program::median(1, command, &[0])?;
    program::median(ROUNDS, command, &[0])
}

fn buf(root: &Path, old: &str, new: &str) -> Option<Run> {
    let buf = std::env::var_os("BUF").unwrap_or_else(|| "buf".into());
    let mut command = Command::new(buf);
    // 100 says that there are findings.
    program::median(1, command.arg("breaking").arg(root.join(new)).arg("--against").arg(root.join(old)), &[0, 100])
}

/// A line that is printed, to be held against targets.
struct Line(Option<Run>, Option<Run>);

fn line(what: &str, ours: Option<Run>, buf: Option<Run>) -> Line {
    let shown = |run: &Option<Run>| match run {
        Some(run) => format!("{}, {:.0} MB", show(run.time), run.memory as f64 / 1e6),
        None => "no report".to_owned(),
    };
    let beside = if buf.is_some() { format!("; buf breaking {}", shown(&buf)) } else { String::new() };
    println!("{what}: {}{beside}", shown(&ours));
    Line(ours, buf)
}

impl Line {
    fn faster(self, times: f64) -> Self {
        if let (Some(ours), Some(buf)) = (&self.0, &self.1) {
            told("times faster", buf.time.as_secs_f64() / ours.time.as_secs_f64(), times);
        }
        self
    }

    fn smaller(self, times: f64) -> Self {
        if let (Some(ours), Some(buf)) = (&self.0, &self.1) {
            told("times less memory", buf.memory as f64 / ours.memory.max(1) as f64, times);
        }
        self
    }

    fn within(self, limit: Duration) -> Self {
        if self.0.as_ref().is_none_or(|ours| ours.time > limit) {
            println!("  target {}: ABOVE TARGET", show(limit));
        }
        self
    }
}

fn told(what: &str, times: f64, target: f64) {
    let verdict = if times < target { ": ABOVE TARGET" } else { "" };
    println!("  {times:.1} {what} (target {target}){verdict}");
}
