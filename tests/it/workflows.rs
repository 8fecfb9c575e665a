//! The action, the workflows and their scripts under the tools that find what is wrong with such files.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::scratch::Scratch;
use crate::tools::tool;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn passes(program: &Path, arguments: &[&str], at: &Path) {
    let output = Command::new(program).args(arguments).current_dir(at).output().expect("it starts");
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{} {arguments:?}\n{text}", program.display());
}

#[test]
fn the_action_and_the_workflows_are_valid() {
    let Some(validator) = tool(&["target/tools/node_modules/.bin/action-validator"]) else { return };
    for file in ["action.yml", ".github/workflows/ci.yml"] {
        passes(&validator, &[file], &root());
    }
    let scratch = Scratch::project();
    // The validator's schema is older than this permission, which GitHub documents.
    let release = std::fs::read_to_string(root().join(".github/workflows/release.yml")).expect("it is there");
    scratch.write(".github/workflows/release.yml", &release.replace("      attestations: write\n", ""));
    passes(&validator, &[".github/workflows/release.yml"], &scratch.root);
    scratch.run(&["init", "--github"]).expect(0);
    passes(&validator, &[".github/workflows/counterpart.yml"], &scratch.root);
}

#[test]
fn zizmor_finds_nothing_in_the_action_and_the_workflows() {
    let Some(zizmor) = tool(&["target/tools/py/bin/zizmor", "zizmor"]) else { return };
    passes(&zizmor, &["--offline", "--quiet", "action.yml", ".github/workflows"], &root());
}

#[test]
fn shellcheck_finds_nothing_in_the_scripts() {
    let Some(shellcheck) = tool(&["target/tools/py/bin/shellcheck", "shellcheck"]) else { return };
    let mut scripts = vec!["tests/run.sh".to_owned()];
    for folder in [".github/action", ".github/release"] {
        for entry in std::fs::read_dir(root().join(folder)).expect("a folder").flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            scripts.extend(name.ends_with(".sh").then(|| format!("{folder}/{name}")));
        }
    }
    assert!(scripts.len() > 4, "{scripts:?}");
    let scripts: Vec<&str> = scripts.iter().map(String::as_str).collect();
    passes(&shellcheck, &scripts, &root());
}

#[test]
fn the_pre_commit_hook_stops_a_breaking_commit() {
    let Some(pre_commit) = tool(&["target/tools/py/bin/pre-commit", "pre-commit"]) else { return };
    // The hooks as somebody else's repository has them: a clone of what is committed here.
    let hooks = Scratch::repository();
    let definition = std::fs::read_to_string(root().join(".pre-commit-hooks.yaml")).expect("it is there");
    hooks.write(".pre-commit-hooks.yaml", &definition).commit("hooks").git(&["tag", "v1"]);
    let scratch = Scratch::project();
    let config =
        format!("repos:\n- repo: file://{}\n  rev: v1\n  hooks: [{{id: counterpart}}]\n", hooks.root.display());
    scratch.write(".pre-commit-config.yaml", &config).commit("pre-commit");
    let binary = Path::new(env!("CARGO_BIN_EXE_counterpart")).parent().expect("a folder");
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap_or_default());
    let run = || {
        let mut command = Command::new(&pre_commit);
        command
            .arg("run")
            .current_dir(&scratch.root)
            .env("PATH", &path)
            .env("PRE_COMMIT_HOME", scratch.beside("pre-commit"));
        let output = command.env("GIT_CONFIG_GLOBAL", "/dev/null").output().expect("it starts");
        (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    scratch.edit("api/orders.yaml", "        email: { type: string }\n", "").git(&["add", "-A"]);
    let (passed, text) = run();
    assert!(!passed && text.contains("schema/property-removed"), "{text}");
    scratch.git(&["reset", "-q", "--hard"]);
    scratch.edit("api/orders.yaml", "description: one order", "description: the order");
    scratch.git(&["add", "-A"]);
    let (passed, text) = run();
    assert!(passed, "{text}");
}

#[test]
fn install_channels_name_the_archives_that_the_release_builds() {
    let read = |path: &str| std::fs::read_to_string(root().join(path)).expect("it is there");
    // One form of the name, in all places.
    assert!(read(".github/release/build.sh").contains("name=\"counterpart-$version-$TARGET\""));
    assert!(read(".github/action/install.sh").contains("name=\"counterpart-$version-$target\""));
    assert!(read("Cargo.toml").contains("/v{ version }/counterpart-{ version }-{ target }{ archive-suffix }"));
    let workflow = read(".github/workflows/release.yml");
    let scratch = Scratch::new();
    let targets =
        ["aarch64-apple-darwin", "x86_64-apple-darwin", "aarch64-unknown-linux-musl", "x86_64-unknown-linux-musl"];
    let sums: String =
        targets.iter().map(|target| format!("sum-of-{target}  counterpart-1.2.3-{target}.tar.gz\n")).collect();
    scratch.write("dist/SHA256SUMS", &sums);
    let formula = || {
        let mut command = Command::new("bash");
        command.arg(root().join(".github/release/homebrew.sh")).current_dir(&scratch.root).env("VERSION", "v1.2.3");
        command.output().expect("bash runs").status.success()
    };
    assert!(formula());
    let text = scratch.read("dist/counterpart.rb");
    for target in targets {
        assert!(workflow.contains(target), "{target} is built");
        assert!(
            text.contains(&format!("/v1.2.3/counterpart-1.2.3-{target}.tar.gz\"\n      sha256 \"sum-of-{target}\"")),
            "{text}"
        );
    }
    scratch.write("dist/SHA256SUMS", "");
    assert!(!formula(), "a formula without checksums is none");
}
