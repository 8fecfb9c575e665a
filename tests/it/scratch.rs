//! A scratch repository for one test, removed with it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A directory with a git repository in it.
pub struct Scratch {
    folder: tempfile::TempDir,
}

impl Scratch {
    /// An empty repository on the branch `main`, with an identity and no hooks, signing or global settings.
    pub fn new() -> Self {
        let scratch = Self { folder: tempfile::tempdir().expect("a temporary directory") };
        fs::create_dir_all(scratch.path("work")).expect("a directory for the work tree");
        scratch.git(&["init", "--quiet", "--initial-branch=main"]);
        scratch.git(&["config", "user.name", "Test"]);
        scratch.git(&["config", "user.email", "test@example.org"]);
        scratch
    }

    /// Where the work tree is.
    pub fn root(&self) -> PathBuf {
        self.path("work")
    }

    /// A path beside the work tree, for files that must not be in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file of the work tree.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().expect("a file has a directory")).expect("directories");
        fs::write(path, text).expect("the file is written");
    }

    /// Commits everything and returns the commit's id.
    pub fn commit(&self, message: &str) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Runs git in the work tree and returns what it prints, trimmed.
    pub fn git(&self, arguments: &[&str]) -> String {
        git(&self.root(), arguments)
    }

    /// Runs the program in the work tree.
    pub fn counterpart(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_counterpart"))
            .args(arguments)
            .current_dir(self.root())
            .env("NO_COLOR", "1")
            .output()
            .expect("the program starts")
    }
}

/// Runs git somewhere, apart from the settings of whoever runs the tests.
pub fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_AUTHOR_DATE", "2026-05-01T12:00:00Z")
        .env("GIT_COMMITTER_DATE", "2026-05-01T12:00:00Z")
        .output()
        .expect("git starts");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
