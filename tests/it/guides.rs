//! The guides are true: every command in them is run in their order, in one shell, and says what the guide says it says.
//!
//! A guide writes files in fenced blocks whose info string names them (`yaml api/orders.yaml`), and commands in `console`
//! blocks after `$ `, continued after `> `. What follows is a part of their output: each line must come, in this order; `…`
//! in a line stands for anything. A command that fails says so: `# exits with 1`. Ports are exchanged for free ones.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use regex::Regex;

/// What a reader does next.
enum Step {
    File { path: String, text: String },
    Command { line: usize, text: String, code: i32, says: Vec<String> },
}

#[test]
fn the_guide_to_checking_before_a_merge_is_true() {
    follow("docs/guide/locally.md");
}

#[test]
fn the_guide_to_the_github_action_is_true() {
    follow("docs/guide/github-action.md");
}

#[test]
fn the_guide_to_verifying_pacts_against_staging_is_true() {
    follow("docs/guide/staging.md");
}

#[test]
fn the_guide_to_verifying_consumer_pacts_is_true() {
    follow("docs/guide/verify.md");
}

#[test]
fn the_guide_to_retiring_what_nobody_needs_is_true() {
    follow("docs/guide/retiring.md");
}

#[test]
fn the_guide_to_automatic_bumps_is_true() {
    follow("docs/guide/bumps.md");
}

#[test]
fn the_guide_to_the_shared_registry_is_true() {
    follow("docs/guide/registry.md");
}

#[test]
fn the_way_from_buf_is_true() {
    follow("docs/migrate/buf.md");
}

#[test]
fn the_way_from_oasdiff_is_true() {
    follow("docs/migrate/oasdiff.md");
}

#[test]
fn the_way_from_the_pact_broker_is_true() {
    follow("docs/migrate/pact-broker.md");
}

#[test]
fn every_guide_is_followed_and_every_page_is_linked() {
    let this = fs::read_to_string(root().join(file!())).expect("this file");
    let index = fs::read_to_string(root().join("docs/README.md")).expect("the index");
    for folder in ["docs/guide", "docs/migrate", "docs/reference", "docs/registry", "docs"] {
        for entry in fs::read_dir(root().join(folder)).expect("a folder").flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if !name.ends_with(".md") || (folder == "docs" && name == "README.md") {
                continue;
            }
            let path = format!("{folder}/{name}");
            let link = format!("({})", path.trim_start_matches("docs/"));
            assert!(index.contains(&link), "docs/README.md has no link {link}");
            let is_guide = matches!(folder, "docs/guide" | "docs/migrate");
            assert!(!is_guide || this.contains(&format!("follow(\"{path}\")")), "{path} is not followed");
        }
    }
}

#[test]
fn links_between_pages_lead_somewhere() {
    let link = Regex::new(r"\]\(([^)#\s]+)(#[^)]*)?\)").expect("a pattern");
    let mut broken = String::new();
    let mut pages = vec![root().join("README.md"), root().join("CONTRIBUTING.md"), root().join("ARCHITECTURE.md")];
    for folder in ["docs", "docs/guide", "docs/migrate", "docs/reference", "docs/registry", "docs/design"] {
        pages.extend(fs::read_dir(root().join(folder)).expect("a folder").flatten().map(|entry| entry.path()));
    }
    for page in pages.iter().filter(|page| page.extension().is_some_and(|extension| extension == "md")) {
        let text = fs::read_to_string(page).expect("a page");
        for found in link.captures_iter(&text) {
            let target = &found[1];
            let is_elsewhere = target.contains("://") || target.starts_with("mailto:");
            if !is_elsewhere && !page.parent().expect("a folder").join(target).exists() {
                let _ = writeln!(broken, "{}: {target}", page.display());
            }
        }
    }
    assert!(broken.is_empty(), "{broken}");
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Does what the guide says, in an empty home, and compares.
fn follow(guide: &str) {
    let text = with_free_ports(&fs::read_to_string(root().join(guide)).expect("the guide"));
    let steps = steps(&text);
    assert!(!steps.is_empty(), "{guide} has no commands");
    let home = tempfile::tempdir().expect("a directory");
    let output = run(&script(&steps), home.path());
    let outputs = apart(&output);
    let mut wrong = String::new();
    for (index, step) in steps.iter().enumerate() {
        let Step::Command { line, text, code, says } = step else { continue };
        let Some((said, ended)) = outputs.get(&index) else {
            let _ = writeln!(wrong, "{guide}:{line}: `{text}` was not reached");
            break;
        };
        if ended != code {
            let _ = writeln!(wrong, "{guide}:{line}: `{text}` exits with {ended}, not {code}:\n{said}");
        } else if let Some(missing) = missing(says, said) {
            let _ = writeln!(wrong, "{guide}:{line}: `{text}` does not say `{missing}`, but:\n{said}");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Every `127.0.0.1:PORT` with a port of its own that nobody listens on, the same for the same.
fn with_free_ports(text: &str) -> String {
    let address = Regex::new(r"127\.0\.0\.1:(\d+)").expect("a pattern");
    let mut ports: BTreeMap<String, (u16, TcpListener)> = BTreeMap::new();
    for found in address.captures_iter(text) {
        ports.entry(found[1].to_owned()).or_insert_with(|| {
            // Held until all have one, so that no two get the same.
            let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
            (listener.local_addr().expect("bound").port(), listener)
        });
    }
    address.replace_all(text, |found: &regex::Captures| format!("127.0.0.1:{}", ports[&found[1]].0)).into_owned()
}

fn steps(guide: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut lines = guide.lines().enumerate();
    while let Some((_, line)) = lines.next() {
        let Some(info) = line.strip_prefix("```").map(str::trim) else { continue };
        let block: Vec<(usize, &str)> = lines.by_ref().take_while(|(_, line)| *line != "```").collect();
        if info == "console" {
            commands(&block, &mut steps);
        } else if let Some((_, path)) = info.split_once(' ') {
            let text = block.iter().map(|(_, line)| format!("{line}\n")).collect();
            steps.push(Step::File { path: path.to_owned(), text });
        }
    }
    steps
}

fn commands(block: &[(usize, &str)], steps: &mut Vec<Step>) {
    for &(number, line) in block {
        if let Some(command) = line.strip_prefix("$ ") {
            let code = command.rsplit_once("# exits with ").map_or(0, |(_, code)| code.parse().expect("a code"));
            steps.push(Step::Command { line: number + 1, text: command.to_owned(), code, says: Vec::new() });
            continue;
        }
        let Some(Step::Command { text, says, .. }) = steps.last_mut() else {
            panic!("line {}: output without a command", number + 1)
        };
        match line.strip_prefix("> ") {
            Some(more) => {
                text.push('\n');
                text.push_str(more);
            }
            None => says.push(line.trim_end().to_owned()),
        }
    }
}

/// One script, so that directories, variables and programs in the background stay.
fn script(steps: &[Step]) -> String {
    let mut script = String::from("trap 'kill $(jobs -p) 2>/dev/null' EXIT\n");
    for (index, step) in steps.iter().enumerate() {
        let _ = match step {
            Step::File { path, text } => {
                writeln!(script, "mkdir -p \"$(dirname '{path}')\"; cat > '{path}' <<'END OF FILE'\n{text}END OF FILE")
            }
            Step::Command { text, .. } => writeln!(script, "echo '@@ {index}'\n{text}\necho \"@@ ended $?\""),
        };
    }
    script
}

fn run(script: &str, home: &Path) -> String {
    fs::write(home.join("gitconfig"), "[user]\nname = A\nemail = a@example.org\n[init]\ndefaultBranch = main\n")
        .expect("written");
    fs::write(home.join("guide.sh"), script).expect("written");
    fs::create_dir(home.join("work")).expect("created");
    let output = fs::File::create(home.join("output")).expect("created");
    let binaries = Path::new(env!("CARGO_BIN_EXE_counterpart")).parent().expect("a folder");
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new("bash");
    command.arg("../guide.sh").current_dir(home.join("work")).env("HOME", home);
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("COUNTERPART_") || name.starts_with("GITHUB_") || name.starts_with("PACT_") {
            command.env_remove(name);
        }
    }
    let mut child = command
        .env("PATH", format!("{}:{path}", binaries.display()))
        .env("GIT_CONFIG_GLOBAL", home.join("gitconfig"))
        .env("GIT_CONFIG_NOSYSTEM", "1")
        // Waivers in the guides must not expire.
        .env("COUNTERPART_TODAY", "2026-11-21")
        .stdin(Stdio::null())
        .stdout(output.try_clone().expect("a second handle"))
        .stderr(output)
        .spawn()
        .expect("bash starts");
    let start = Instant::now();
    while child.try_wait().expect("it can be asked").is_none() {
        if start.elapsed() > Duration::from_secs(300) {
            child.kill().expect("it still runs");
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    fs::read_to_string(home.join("output")).expect("UTF-8")
}

/// What each command said, and its exit code, by the number of its step.
fn apart(output: &str) -> BTreeMap<usize, (String, i32)> {
    let mut outputs = BTreeMap::new();
    let (mut index, mut said) = (0, String::new());
    for line in output.lines() {
        // A command may end without a line break.
        if let Some((before, code)) = line.split_once("@@ ended ") {
            said.push_str(before);
            outputs.insert(index, (std::mem::take(&mut said), code.parse().expect("a code")));
        } else if let Some(number) = line.strip_prefix("@@ ") {
            index = number.parse().expect("a number");
            said.clear();
        } else {
            said.push_str(line);
            said.push('\n');
        }
    }
    outputs
}

/// The first line that should have come and did not.
fn missing<'a>(says: &'a [String], said: &str) -> Option<&'a str> {
    let mut said = said.lines();
    says.iter()
        .map(String::as_str)
        .filter(|line| !line.is_empty() && *line != "…")
        .find(|expected| !said.any(|line| is_like(expected, line.trim_end())))
}

/// Whether a line is as expected; `…` stands for anything.
fn is_like(expected: &str, line: &str) -> bool {
    if expected == line {
        return true;
    }
    let parts: Vec<&str> = expected.split('…').collect();
    let [first, middle @ .., last] = parts.as_slice() else { return false };
    let Some(mut rest) = line.strip_prefix(first) else { return false };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    parts.len() > 1 && rest.ends_with(last)
}

#[test]
fn an_ellipsis_stands_for_anything_and_order_counts() {
    let says = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
    assert_eq!(missing(&says(&["a … c", "…", "d"]), "x\na b c\nd\n"), None);
    assert_eq!(missing(&says(&["d", "a"]), "a\nd\n"), Some("a"));
    assert_eq!(missing(&says(&["a"]), "ab\n"), Some("a"));
}
