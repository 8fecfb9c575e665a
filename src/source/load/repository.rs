//! A git repository, asked through the `git` executable: partial clones, credentials, worktrees and new formats are
//! git's own business that way.

use std::io;
use std::process::{Command, Output, Stdio};

use camino::{Utf8Path, Utf8PathBuf};

use crate::finding::Problem;

/// A repository that was found on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    root: Utf8PathBuf,
    is_bare: bool,
}

/// What git answered when it did not do what it was asked.
#[derive(Debug)]
pub(crate) enum GitFailure {
    /// It ran and failed.
    Status {
        /// Its exit code; `None` if it was killed.
        code: Option<i32>,
        /// What it wrote to stderr.
        stderr: String,
    },
    /// It could not be started.
    Start(io::Error),
}

impl Repository {
    /// The repository that holds `from`, without starting a process where a working tree is found by its `.git`.
    ///
    /// # Errors
    /// When there is none, or git refuses it (`safe.directory`).
    pub fn open(from: &Utf8Path) -> Result<Self, Problem> {
        if let Some(root) = work_tree(from) {
            return Ok(Self { root, is_bare: false });
        }
        // A bare repository has no `.git` above it.
        let here = Self { root: from.to_owned(), is_bare: true };
        match here.run(&["rev-parse", "--absolute-git-dir", "--is-bare-repository"]) {
            Ok(output) => {
                let text = String::from_utf8_lossy(&output).into_owned();
                let mut lines = text.lines();
                let directory = lines.next().unwrap_or_default();
                Ok(Self { root: Utf8PathBuf::from(directory), is_bare: lines.next() == Some("true") })
            }
            Err(failure @ GitFailure::Start(_)) => Err(failure.into_problem("look for a repository")),
            Err(GitFailure::Status { stderr, .. }) if stderr.contains("dubious ownership") => Err(refused(&stderr)),
            Err(GitFailure::Status { .. }) => {
                Err(Problem::new("not-a-repository", format!("`{from}` is not inside a git repository"))
                    .with_help("run this inside a clone, or name the old version with `--against DIRECTORY`"))
            }
        }
    }

    /// The top of the working tree, or the git directory of a bare repository.
    #[must_use]
    pub fn root(&self) -> &Utf8Path {
        &self.root
    }

    /// Whether there is no working tree.
    #[must_use]
    pub fn is_bare(&self) -> bool {
        self.is_bare
    }

    /// A git command at the root, quiet, in English, never asking and never taking locks.
    ///
    /// It runs at the root because hooks get `GIT_DIR` and `GIT_INDEX_FILE` relative to it.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new("git");
        command
            .current_dir(&self.root)
            .args(["-c", "core.quotePath=false"])
            .env("LC_ALL", "C")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_TERMINAL_PROMPT", "0")
            .stdin(Stdio::null());
        command
    }

    /// Runs git and gives its standard output.
    pub(crate) fn run(&self, arguments: &[&str]) -> Result<Vec<u8>, GitFailure> {
        let Output { status, stdout, stderr } = self.command().args(arguments).output().map_err(GitFailure::Start)?;
        if status.success() {
            return Ok(stdout);
        }
        Err(GitFailure::Status { code: status.code(), stderr: String::from_utf8_lossy(&stderr).trim().to_owned() })
    }

    /// The first line of git's answer; `None` where git says no by its exit code.
    ///
    /// # Errors
    /// When git is missing, killed, or refuses the repository.
    pub fn ask(&self, arguments: &[&str]) -> Result<Option<String>, Problem> {
        match self.run(arguments) {
            Ok(output) => {
                let text = String::from_utf8_lossy(&output);
                Ok(text.lines().next().map(str::to_owned).filter(|line| !line.is_empty()))
            }
            Err(GitFailure::Status { code: Some(_), ref stderr }) if !stderr.contains("dubious ownership") => Ok(None),
            Err(failure) => Err(failure.into_problem(&format!("run `git {}`", arguments.join(" ")))),
        }
    }

    /// The full id of the commit that a revision names, tags peeled; `None` if there is none.
    ///
    /// # Errors
    /// As [`Repository::ask`].
    pub fn commit(&self, revision: &str) -> Result<Option<String>, Problem> {
        self.ask(&["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{revision}^{{commit}}")])
    }

    /// Whether history was cut off when it was fetched.
    ///
    /// # Errors
    /// As [`Repository::ask`].
    pub fn is_shallow(&self) -> Result<bool, Problem> {
        Ok(self.ask(&["rev-parse", "--is-shallow-repository"])?.as_deref() == Some("true"))
    }

    /// The path of something on the disk from the root, with `/`; `None` outside of the working tree.
    #[must_use]
    pub fn path_inside(&self, path: &Utf8Path) -> Option<String> {
        let absolute = path.canonicalize_utf8().unwrap_or_else(|_| path.to_owned());
        let root = self.root.canonicalize_utf8().unwrap_or_else(|_| self.root.clone());
        let inside = absolute.strip_prefix(&root).or_else(|_| path.strip_prefix(&self.root)).ok()?;
        Some(inside.as_str().replace('\\', "/"))
    }
}

impl GitFailure {
    /// What to tell people; `doing` completes "could not …".
    pub(crate) fn into_problem(self, doing: &str) -> Problem {
        match self {
            Self::Start(error) if error.kind() == io::ErrorKind::NotFound => {
                Problem::new("git-missing", format!("could not {doing}: there is no `git` on the PATH"))
                    .with_help("install git, or compare files and directories without it")
            }
            Self::Start(error) => Problem::new("git-failed", format!("could not {doing}: {error}")),
            Self::Status { stderr, .. } if stderr.contains("dubious ownership") => refused(&stderr),
            Self::Status { code, stderr } => {
                let said = stderr.lines().next().unwrap_or_default();
                let said = said.strip_prefix("fatal: ").unwrap_or(said);
                let said = match (said.is_empty(), code) {
                    (false, _) => said.to_owned(),
                    (true, Some(code)) => format!("git ended with exit code {code}"),
                    (true, None) => "git was killed".to_owned(),
                };
                Problem::new("git-failed", format!("could not {doing}: {said}"))
            }
        }
    }
}

/// The nearest directory upwards that holds a `.git`: a directory, or a file in worktrees and submodules.
pub(crate) fn work_tree(from: &Utf8Path) -> Option<Utf8PathBuf> {
    from.ancestors().find(|directory| directory.join(".git").symlink_metadata().is_ok()).map(Utf8Path::to_owned)
}

fn refused(stderr: &str) -> Problem {
    // git names the command to run in the last line of its message.
    let help = stderr
        .lines()
        .map(str::trim)
        .find(|line| line.starts_with("git config --global"))
        .unwrap_or("git config --global --add safe.directory '*'");
    Problem::new("git-failed", "git refuses the repository, because it belongs to somebody else")
        .with_help(format!("if you trust it, run `{help}`"))
}
