//! Versions written back: files, linked files, tags, changelogs.

use crate::bump::{GROWN, RELEASED, bump, read, released, succeeded};
use crate::scratch::Scratch;

#[test]
fn an_addition_raises_the_minor_and_changes_no_other_byte() {
    let scratch = released(GROWN);
    assert_eq!(succeeded(&bump(&scratch, &["--print", "next"])), "1.5.0\n");
    assert_eq!(bump(&scratch, &["--check"]).status.code(), Some(1));
    succeeded(&bump(&scratch, &["--dry-run"]));
    assert_eq!(read(&scratch, "api.yaml"), GROWN, "neither of these writes");
    succeeded(&bump(&scratch, &[]));
    assert_eq!(read(&scratch, "api.yaml"), GROWN.replace("1.4.0", "1.5.0"));
    succeeded(&bump(&scratch, &[]));
    assert_eq!(read(&scratch, "api.yaml"), GROWN.replace("1.4.0", "1.5.0"), "twice is once");
    assert_eq!(bump(&scratch, &["--check"]).status.code(), Some(0));
}

#[test]
fn a_break_raises_the_major_and_says_what_decided() {
    let scratch = released(&RELEASED.replace("/orders:", "/purchases:"));
    let text = succeeded(&bump(&scratch, &["--dry-run"]));
    assert!(text.contains("1.4.0 would become 2.0.0 (major)"), "{text}");
    assert!(text.contains("openapi/"), "the rules that decided are named: {text}");
}

#[test]
fn without_a_change_the_version_stays() {
    let scratch = released(RELEASED);
    scratch.write("notes.txt", "x");
    let text = succeeded(&bump(&scratch, &[]));
    assert!(text.contains("1.4.0 stays"), "{text}");
    assert_eq!(read(&scratch, "api.yaml"), RELEASED);
}

#[test]
fn linked_files_are_written_together_and_must_agree() {
    let scratch = released(GROWN);
    scratch.write("Cargo.toml", "[package]\nname = \"orders\"\nversion = \"1.4.0\" # linked\n");
    scratch.write(
        "counterpart.toml",
        "[[contracts]]\npath = \"api.yaml\"\nservice = \"orders\"\nversion = { files = [\"Cargo.toml\"] }\n",
    );
    succeeded(&bump(&scratch, &[]));
    assert_eq!(read(&scratch, "Cargo.toml"), "[package]\nname = \"orders\"\nversion = \"1.5.0\" # linked\n");
    scratch.write("Cargo.toml", "[package]\nname = \"orders\"\nversion = \"3.0.0\"\n");
    let output = bump(&scratch, &[]);
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.contains("api.yaml:3") && text.contains("Cargo.toml:3"), "{text}");
}

#[test]
fn a_tag_is_made_for_what_is_committed_and_only_once() {
    let scratch = released(GROWN);
    let pending = bump(&scratch, &["--tag"]);
    assert_eq!(pending.status.code(), Some(2), "{}", String::from_utf8_lossy(&pending.stdout));
    succeeded(&bump(&scratch, &[]));
    let dirty = bump(&scratch, &["--tag"]);
    assert_eq!(dirty.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&dirty.stderr).contains("uncommitted"));
    scratch.commit("1.5.0");
    let text = succeeded(&bump(&scratch, &["--tag"]));
    assert!(text.contains("v1.5.0"), "{text}");
    assert_eq!(scratch.git_says(&["cat-file", "-t", "v1.5.0"]), "tag", "annotated");
    succeeded(&bump(&scratch, &["--tag"]));
}

#[test]
fn the_changelog_gets_a_section_from_the_findings() {
    let scratch = released(GROWN);
    scratch.write("CHANGELOG.md", "# Changelog\n\n## [Unreleased]\n\n- by hand\n");
    succeeded(&bump(&scratch, &["--changelog"]));
    let text = read(&scratch, "CHANGELOG.md");
    assert!(text.contains("## [1.5.0] - 2026-06-01\n\n- by hand\n\n### Added\n\n- "), "{text}");
    assert!(text.contains("/invoices"), "{text}");
}

#[test]
fn commits_may_raise_but_not_lower() {
    let scratch = released(GROWN);
    scratch.write("notes.txt", "x");
    scratch.commit("feat!: orders mean something else now");
    assert_eq!(succeeded(&bump(&scratch, &["--print", "next"])), "1.5.0\n");
    assert_eq!(succeeded(&bump(&scratch, &["--print", "next", "--commits"])), "2.0.0\n");
}

#[test]
fn pre_releases_count_up_and_become_final() {
    let scratch = released(GROWN);
    succeeded(&bump(&scratch, &["--pre", "rc"]));
    assert!(read(&scratch, "api.yaml").contains("'1.5.0-rc.1'"));
    succeeded(&bump(&scratch, &["--pre", "rc"]));
    assert!(read(&scratch, "api.yaml").contains("'1.5.0-rc.2'"));
    succeeded(&bump(&scratch, &["--release"]));
    assert!(read(&scratch, "api.yaml").contains("'1.5.0'"));
}

#[test]
fn protobuf_takes_its_version_from_the_tags() {
    let scratch = Scratch::repository();
    scratch.write("acme/order.proto", "syntax = \"proto3\";\npackage acme;\nmessage Order {\n  string id = 1;\n}\n");
    scratch.commit("release");
    scratch.git(&["tag", "v0.3.1"]);
    scratch.write("acme/order.proto", "syntax = \"proto3\";\npackage acme;\nmessage Order {\n  int64 id = 1;\n}\n");
    scratch.commit("break");
    assert_eq!(succeeded(&bump(&scratch, &["--print", "next"])), "0.4.0\n", "before 1.0 a break is a minor");
}

#[test]
fn before_the_first_release_nothing_is_raised() {
    let scratch = Scratch::repository();
    scratch.write("api.yaml", RELEASED);
    scratch.commit("first");
    let output = bump(&scratch, &[]);
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no release yet"));
    assert_eq!(read(&scratch, "api.yaml"), RELEASED);
}

#[test]
fn a_calendar_version_is_not_guessed_at() {
    let scratch = Scratch::repository();
    let old = RELEASED.replace("1.4.0", "2026-05-01");
    scratch.write("api.yaml", &old);
    scratch.commit("release");
    scratch.git(&["tag", "v1.0.0"]);
    scratch.write("api.yaml", &GROWN.replace("1.4.0", "2026-05-01"));
    scratch.commit("change");
    let output = bump(&scratch, &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("`2026-05-01`"));
}

#[test]
fn several_changes_since_the_release_are_one_bump() {
    let scratch = released(GROWN);
    let again = GROWN.replace(
        "/invoices:",
        "/refunds:\n    get:\n      responses:\n        \"200\": {description: ok}\n  /invoices:",
    );
    scratch.write("api.yaml", &again);
    scratch.commit("one more");
    assert_eq!(succeeded(&bump(&scratch, &["--print", "next"])), "1.5.0\n");
}

#[test]
fn lock_files_follow_their_manifest() {
    let scratch = released(GROWN);
    let manifest = "[package]\nname = \"orders\"\nversion = \"1.4.0\"\n";
    let lock = "version = 4\n\n[[package]]\nname = \"orders\"\nversion = \"1.4.0\"\n\n[[package]]\nname = \"serde\"\nversion = \"1.4.0\"\nsource = \"registry\"\n";
    let npm = "{\n  \"name\": \"ui\", \"version\": \"1.4.0\",\n  \"packages\": {\"\": {\"version\": \"1.4.0\"}, \"node_modules/x\": {\"version\": \"1.4.0\"}}\n}\n";
    scratch.write("server/Cargo.toml", manifest).write("Cargo.lock", lock);
    scratch.write("ui/package.json", "{\"name\": \"ui\", \"version\": \"1.4.0\"}").write("ui/package-lock.json", npm);
    let project =
        "[[contracts]]\npath = \"api.yaml\"\nversion = { files = [\"server/Cargo.toml\", \"ui/package.json\"] }\n";
    scratch.write("counterpart.toml", project);
    succeeded(&bump(&scratch, &[]));
    assert_eq!(read(&scratch, "Cargo.lock"), lock.replacen("\"1.4.0\"", "\"1.5.0\"", 1));
    assert_eq!(read(&scratch, "ui/package-lock.json"), npm.replacen("\"1.4.0\"", "\"1.5.0\"", 2));
}

#[test]
fn crates_that_inherit_their_version_follow_the_workspace() {
    let scratch = released(GROWN);
    let workspace = "[workspace]\nmembers = [\"crates/*\"]\n\n[workspace.package]\nversion = \"1.4.0\" # all crates\n";
    let member = |name: &str, version: &str| format!("[package]\nname = \"{name}\"\n{version}\nedition = \"2024\"\n");
    let locked = |name: &str, version: &str| format!("[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n");
    let lock = |version: &str| {
        let entries = [("orders-api", version), ("orders-server", version), ("tools", "1.4.0")];
        let entries = entries.map(|(name, version)| locked(name, version)).join("\n");
        format!("version = 4\n\n{entries}\n{}source = \"registry\"\n", locked("serde", "1.4.0"))
    };
    scratch.write("Cargo.toml", workspace).write("Cargo.lock", &lock("1.4.0"));
    scratch.write("crates/api/Cargo.toml", &member("orders-api", "version.workspace = true"));
    scratch.write("crates/server/Cargo.toml", &member("orders-server", "version = { workspace = true }"));
    scratch.write("crates/tools/Cargo.toml", &member("tools", "version = \"1.4.0\""));
    let files = "[\"crates/api/Cargo.toml\", \"crates/server/Cargo.toml\"]";
    scratch
        .write("counterpart.toml", &format!("[[contracts]]\npath = \"api.yaml\"\nversion = {{ files = {files} }}\n"));
    succeeded(&bump(&scratch, &[]));
    assert_eq!(read(&scratch, "Cargo.toml"), workspace.replace("1.4.0", "1.5.0"));
    assert_eq!(read(&scratch, "Cargo.lock"), lock("1.5.0"), "the crate with a version of its own stays");
    assert!(read(&scratch, "crates/api/Cargo.toml").contains("version.workspace = true"));

    scratch.write("Cargo.toml", "[workspace]\nmembers = [\"crates/*\"]\n");
    let output = bump(&scratch, &[]);
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.contains("`crates/api/Cargo.toml` takes its version from a workspace"), "{text}");
}

#[test]
fn a_tag_that_names_another_commit_is_refused() {
    let scratch = released(GROWN);
    succeeded(&bump(&scratch, &[]));
    scratch.commit("1.5.0");
    // Somebody else's tag of that name, on a commit that this history does not have.
    scratch.git(&["checkout", "-q", "--detach", "v1.4.0"]).commit("elsewhere");
    scratch.git(&["tag", "v1.5.0"]).git(&["checkout", "-q", "main"]);
    let output = bump(&scratch, &["--tag"]);
    assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(String::from_utf8_lossy(&output.stderr).contains("names another commit"));
}

#[test]
fn a_shallow_clone_says_what_to_fetch() {
    let scratch = released(GROWN);
    let clone = Scratch::new();
    let origin = format!("file://{}", scratch.root.display());
    clone.git(&["clone", "-q", "--depth", "1", "--no-tags", &origin, "."]);
    let output = bump(&clone, &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("git fetch --tags --unshallow"));
}

#[test]
fn a_read_only_file_leaves_the_others_as_they_are() {
    let scratch = released(GROWN);
    scratch.write("z/VERSION", "1.4.0\n");
    scratch.write("counterpart.toml", "[[contracts]]\npath = \"api.yaml\"\nversion = { files = [\"z/VERSION\"] }\n");
    let file = scratch.root.join("z/VERSION");
    let mut permissions = std::fs::metadata(&file).expect("it is there").permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(&file, permissions).expect("it is ours");
    let command = scratch.command(&["bump", "--today", "2026-06-01"]);
    // Root may write to any file, unless it has given up that right.
    let mut limited = std::process::Command::new("setpriv");
    limited.arg("--bounding-set=-dac_override").arg(command.get_program()).args(command.get_args());
    limited.current_dir(&scratch.root);
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => limited.env(name, value),
            None => limited.env_remove(name),
        };
    }
    let is_root = std::process::Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout == b"0\n");
    let output = if is_root { limited.output() } else { scratch.command(&["bump", "--today", "2026-06-01"]).output() };
    let output = output.expect("it starts");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("VERSION") && output.stdout.is_empty(), "{text}");
    assert_eq!(read(&scratch, "api.yaml"), GROWN, "nothing is written where something cannot be");
    assert_eq!(read(&scratch, "z/VERSION"), "1.4.0\n");
}

#[test]
fn a_changelog_that_cannot_be_written_leaves_the_versions_as_they_are() {
    let scratch = released(GROWN);
    for changelog in ["nowhere/CHANGELOG.md", "."] {
        let output = bump(&scratch, &["--changelog", changelog]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(!text.contains("becomes"), "nothing is said to be so that is not: {text}");
        assert_eq!(read(&scratch, "api.yaml"), GROWN);
    }
}

#[test]
fn a_file_that_cannot_be_written_leaves_the_others_as_they_are() {
    let scratch = released(GROWN);
    scratch.write("VERSION", "1.4.0\n");
    scratch.write("counterpart.toml", "[[contracts]]\npath = \"api.yaml\"\nversion = { files = [\"sub\"] }\n");
    std::fs::create_dir(scratch.root.join("sub")).expect("a folder");
    let output = bump(&scratch, &[]);
    assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stdout));
    assert_eq!(read(&scratch, "api.yaml"), GROWN);
}
