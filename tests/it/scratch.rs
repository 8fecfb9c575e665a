//! A scratch directory for one test, with the binary in it and, mostly, a git repository; removed with the test.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// An OpenAPI contract with one operation.
pub const OPENAPI: &str = r##"openapi: 3.1.0
info: { title: Orders, version: 1.4.0 }
paths:
  /orders/{id}:
    get:
      operationId: getOrder
      parameters:
        - { name: id, in: path, required: true, schema: { type: string } }
      responses:
        "200":
          description: one order
          content:
            application/json:
              schema: { $ref: "#/components/schemas/Order" }
components:
  schemas:
    Order:
      type: object
      required: [id]
      properties:
        id: { type: string }
        email: { type: string }
"##;

/// A protobuf contract with one service.
pub const PROTO: &str = r#"syntax = "proto3";
package acme.orders.v1;

message Order {
  string id = 1;
  string sku = 2;
}

message GetOrderRequest {
  string id = 1;
}

service Orders {
  rpc GetOrder(GetOrderRequest) returns (Order);
}
"#;

/// What one run of the binary gave.
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    fn new(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let code = output.status.code().expect("it ended by itself");
        Self { code, stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }

    /// The JSON document on standard output.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}\n{}", self.stdout, self.stderr))
    }

    /// Demands an exit code; shows everything where it is another one.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// The rules of all findings with their severities, in the order of the report.
    pub fn rules(&self) -> Vec<String> {
        let report = self.json();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let findings = report["findings"].as_array().expect("findings");
        findings.iter().map(|finding| format!("{} {}", text(&finding["severity"]), text(&finding["rule"]))).collect()
    }

    /// The code and help of the first problem of a refusal.
    pub fn problem(&self) -> (String, String) {
        let report = self.json();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        (text(&report["errors"][0]["code"]), text(&report["errors"][0]["help"]))
    }
}

/// A directory of its own; gone at the end.
pub struct Scratch {
    folder: TempDir,
    /// The work tree.
    pub root: PathBuf,
}

impl Scratch {
    /// An empty directory that is no repository.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let root = folder.path().canonicalize().expect("it exists").join("work");
        fs::create_dir(&root).expect("a new folder");
        Self { folder, root }
    }

    /// An empty repository on the branch `main`.
    pub fn repository() -> Self {
        let scratch = Self::new();
        scratch.git(&["init", "-q", "-b", "main"]);
        // The program makes tags itself, and then needs somebody to be.
        scratch.git(&["config", "user.name", "Test"]).git(&["config", "user.email", "test@example.org"]);
        scratch
    }

    /// A path beside the work tree, for files that must not be in it.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A repository on `main` with a protobuf and an OpenAPI service, committed.
    pub fn project() -> Self {
        let scratch = Self::repository();
        scratch.write("api/orders.yaml", OPENAPI).write("proto/acme/orders/v1/orders.proto", PROTO).commit("Start");
        scratch
    }

    pub fn write(&self, path: &str, text: &str) -> &Self {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("created");
        fs::write(path, text).expect("written");
        self
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root.join(path)).expect("it is there")
    }

    /// Replaces text that must be there.
    #[track_caller]
    pub fn edit(&self, path: &str, from: &str, to: &str) -> &Self {
        let text = self.read(path);
        assert!(text.contains(from), "`{from}` is not in {path}");
        self.write(path, &text.replacen(from, to, 1))
    }

    pub fn remove(&self, path: &str) -> &Self {
        fs::remove_file(self.root.join(path)).expect("removed");
        self
    }

    pub fn git(&self, arguments: &[&str]) -> &Self {
        git_at(&self.root, arguments);
        self
    }

    /// What git prints, trimmed.
    pub fn git_says(&self, arguments: &[&str]) -> String {
        git_at(&self.root, arguments)
    }

    pub fn commit(&self, message: &str) -> &Self {
        self.git(&["add", "-A"]).git(&["commit", "-q", "--allow-empty", "-m", message])
    }

    /// Commits everything and gives the commit's id.
    pub fn commit_id(&self, message: &str) -> String {
        self.commit(message).git_says(&["rev-parse", "HEAD"])
    }

    /// The binary, in a clean environment.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_counterpart"));
        command.current_dir(&self.root).args(arguments).stdin(Stdio::null()).env("GIT_CONFIG_GLOBAL", "/dev/null");
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if name.starts_with("COUNTERPART_") || name.starts_with("GITHUB_") || name == "NO_COLOR" {
                command.env_remove(name);
            }
        }
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Run {
        Run::new(&self.command(arguments).output().expect("it starts"))
    }

    /// The same from a folder below.
    pub fn run_in(&self, folder: &str, arguments: &[&str]) -> Run {
        Run::new(&self.command(arguments).current_dir(self.root.join(folder)).output().expect("it starts"))
    }

    pub fn run_with_stdin(&self, arguments: &[&str], input: &str) -> Run {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        child.stdin.take().expect("piped").write_all(input.as_bytes()).expect("it reads");
        Run::new(&child.wait_with_output().expect("it ends"))
    }
}

/// Runs git somewhere, apart from the settings of whoever runs the tests, and gives what it prints, trimmed.
pub fn git_at(at: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .current_dir(at)
        .args(["-c", "user.name=a", "-c", "user.email=a@b", "-c", "protocol.file.allow=always"])
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .expect("git runs");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
