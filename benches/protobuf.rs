//! How long protobuf contracts take, beside `buf breaking` on the same files, measured in the same run.
//!
//! `cargo bench --bench protobuf` reads `../shared/corpus/googleapis.bundle` (or `COUNTERPART_GOOGLEAPIS`, a bundle or
//! clone with the tags `march`, `before` and `august`) and does nothing without it. `buf` is taken from the `PATH` (or
//! `BUF`); without it there are times and no ratios.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use camino::Utf8Path;
use counterpart::formats::protobuf::Protobuf;
use counterpart::formats::{CompareOptions, Format, Side};
use counterpart::source::Tree;
use counterpart::source::load::{Network, OpenContext, open};

const ROUNDS: usize = 5;

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
    let Some(root) = Utf8Path::from_path(scratch.path()) else { return };
    let bundle = bundle.canonicalize().unwrap_or(bundle);
    if !checked_out(&bundle, root) {
        println!("the corpus could not be checked out: nothing to measure");
        return;
    }
    println!("{} cores", std::thread::available_parallelism().map_or(0, usize::from));

    let whole = against(root, "march", "august");
    let buf = buf_breaking(root, "march", "august");
    line("all of googleapis, march to august", whole, buf, 30.0);
    let itself = against(root, "august", "august");
    line("a tree against itself", itself, buf_breaking(root, "august", "august"), 195.0);
    let revisions = median(|| compare(root, "git:before", "git:august"));
    line("before to august, git revisions", revisions, None, 0.0);
    let small = "google/pubsub/v1";
    let few = median(|| compare(root, &format!("git:march:{small}"), &format!("git:august:{small}")));
    line("one small API, git revisions", few, None, 0.0);
}

fn against(root: &Utf8Path, old: &str, new: &str) -> Duration {
    median(|| compare(root, root.join(old).as_str(), root.join(new).as_str()))
}

/// Opens both sides, finds their contracts and compares them: all that `diff` does before rules judge.
fn compare(cwd: &Utf8Path, old: &str, new: &str) {
    let cwd = &cwd.join("august");
    let network = Network::default();
    let context = OpenContext::new(cwd, &network);
    let (Ok(old), Ok(new)) = (open(old, &context), open(new, &context)) else {
        println!("{old} or {new} could not be opened");
        return;
    };
    let options = CompareOptions::new(jiff::civil::date(2026, 1, 1));
    let find = |tree: &dyn Tree| Protobuf.discover(tree, &options).contracts;
    let (old_contracts, new_contracts) = (find(&*old), find(&*new));
    let old = Side { tree: &*old, contracts: &old_contracts };
    let new = Side { tree: &*new, contracts: &new_contracts };
    std::hint::black_box(Protobuf.compare(&old, &new, &options));
}

fn checked_out(bundle: &Path, root: &Utf8Path) -> bool {
    let git = |arguments: &[&str]| {
        let status = Command::new("git").args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    };
    let clone = root.join("clone");
    let bundle = bundle.to_string_lossy();
    git(&["clone", "--quiet", "--no-checkout", &bundle, clone.as_str()])
        && ["march", "august"].iter().all(|tag| {
            let place = root.join(tag);
            let added = git(&["-C", clone.as_str(), "worktree", "add", "--quiet", place.as_str(), tag]);
            // A second version of many packages, which buf refuses to build together with the first.
            let _ = std::fs::remove_dir_all(place.join("preview"));
            added && std::fs::write(place.join("buf.yaml"), "version: v2\nmodules:\n  - path: .\n").is_ok()
        })
}

fn buf_breaking(root: &Utf8Path, old: &str, new: &str) -> Option<Duration> {
    let buf = std::env::var_os("BUF").unwrap_or_else(|| "buf".into());
    let started = Instant::now();
    let status = Command::new(buf)
        .arg("breaking")
        .arg(root.join(new))
        .arg("--against")
        .arg(root.join(old))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .ok()?;
    // 100 says that there are findings.
    matches!(status.code(), Some(0 | 100)).then(|| started.elapsed())
}

fn median(mut run: impl FnMut()) -> Duration {
    run();
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let started = Instant::now();
            run();
            started.elapsed()
        })
        .collect();
    times.sort();
    times[times.len() / 2]
}

fn line(what: &str, ours: Duration, buf: Option<Duration>, target: f64) {
    let ours_ms = ours.as_secs_f64() * 1000.0;
    match buf {
        Some(buf) => {
            let ratio = buf.as_secs_f64() / ours.as_secs_f64();
            let mark = if ratio < target { "  (below target)" } else { "" };
            println!("{what}: {ours_ms:.1} ms, buf {:.1} s: {ratio:.0} times faster{mark}", buf.as_secs_f64());
        }
        None => println!("{what}: {ours_ms:.1} ms"),
    }
}
