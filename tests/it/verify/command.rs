//! Running the real binary.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// A directory with the pacts of one test.
pub struct Folder {
    folder: tempfile::TempDir,
}

/// What a run gave.
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Folder {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).expect("the file can be written");
        path
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn verify(&self, arguments: &[&str]) -> Run {
        self.verify_in(arguments, &[])
    }

    /// With more in the environment.
    pub fn verify_in(&self, arguments: &[&str], environment: &[(&str, &Path)]) -> Run {
        let output = Command::new(env!("CARGO_BIN_EXE_counterpart"))
            .arg("verify")
            .args(arguments)
            .current_dir(self.folder.path())
            .env("NO_PROXY", "*")
            .envs(environment.iter().copied())
            .output()
            .expect("the program runs");
        Run::of(&output)
    }
}

impl Run {
    fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { code: output.status.code().unwrap_or(-1), stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("not JSON ({error}): {} {}", self.stdout, self.stderr))
    }
}

/// Little patience, and the report as JSON: for providers that fail.
pub const IMPATIENT: [&str; 8] = ["--timeout", "0.5", "--give-up", "1", "--retries", "0", "--format", "json"];

/// A version 3 pact with these interactions.
pub fn pact(interactions: &str) -> String {
    format!(
        r#"{{"consumer": {{"name": "web"}}, "provider": {{"name": "orders"}}, "metadata": {{"pactSpecification": {{"version": "3.0.0"}}}}, "interactions": [{interactions}]}}"#
    )
}

/// `GET path` answered 200 with a JSON body.
pub fn get(description: &str, path: &str, body: &str) -> String {
    format!(
        r#"{{"description": "{description}", "request": {{"method": "GET", "path": "{path}"}}, "response": {{"status": 200, "headers": {{"Content-Type": "application/json"}}, "body": {body}}}}}"#
    )
}
