//! Contracts that a program writes: its command is run on both revisions, and what it writes is compared.
//!
//! The working tree is used as it stands; a revision is checked out into a scratch worktree, which is removed again.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::Read;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};

use crate::cli::project::Place;
use crate::config::{ContractSection, GenerateSection};
use crate::finding::{Problem, redact_text};
use crate::source::Tree;
use crate::source::load::{Repository, WithFiles};

/// A generator may build a program first.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(600);

/// More is no contract.
const MAX_OUTPUT: u64 = 128 << 20;

/// Lines of a failed command's error output that are shown: the last ones say why.
const SHOWN_LINES: usize = 30;

/// What is generated for one run.
pub(crate) struct Generator<'a> {
    place: &'a Place,
    /// What the trees of the run have as their top, absolute.
    top: Utf8PathBuf,
    allow_broken_base: bool,
    /// What was generated, by commit.
    known: RefCell<BTreeMap<String, Made>>,
    remarks: RefCell<Vec<String>>,
}

/// Files by their paths inside the trees of the run.
type Made = BTreeMap<String, Arc<[u8]>>;

impl<'a> Generator<'a> {
    pub(crate) fn new(place: &'a Place, top: Utf8PathBuf, allow_broken_base: bool) -> Self {
        Self { place, top, allow_broken_base, known: RefCell::default(), remarks: RefCell::default() }
    }

    /// What people should know about what was generated.
    pub(crate) fn remarks(&self) -> Vec<String> {
        self.remarks.take()
    }

    fn sections(&self) -> impl Iterator<Item = (&'a ContractSection, &'a GenerateSection, String)> + '_ {
        let project = self.place.project.as_ref();
        project.into_iter().flat_map(|project| &project.file.contracts).filter_map(|section| {
            let project = self.place.project.as_ref()?;
            let root = project.root.canonicalize_utf8().unwrap_or_else(|_| project.root.clone());
            let path = root.join(&section.path);
            // What lies outside of what is checked is not generated.
            let inside = path.strip_prefix(&self.top).ok()?.as_str().replace('\\', "/");
            Some((section, section.generate.as_ref()?, inside))
        })
    }

    /// The new side: the working tree, or the index.
    pub(crate) fn new_side(&self, tree: Box<dyn Tree>, staged: bool) -> Result<Box<dyn Tree>, Problem> {
        let Some(project) = self.place.project.as_ref().filter(|_| self.sections().next().is_some()) else {
            return Ok(tree);
        };
        if !staged {
            let made = self.make(&project.root, "the working tree")?;
            return Ok(Box::new(WithFiles::new(tree, made)));
        }
        let repository = self.place.repository(&project.root)?;
        let folder = scratch_folder()?;
        let prefix = format!("--prefix={}/", folder.path().display());
        repository
            .run(&["checkout-index", "--all", "--force", &prefix])
            .map_err(|failure| failure.into_problem("write what is staged into a scratch folder"))?;
        let made = self.make(&self.root_in(repository, utf8(folder.path())?), "the index")?;
        Ok(Box::new(WithFiles::new(tree, made)))
    }

    /// An old side: generated where it is a revision; other inputs are contracts already.
    pub(crate) fn old_side(&self, tree: Box<dyn Tree>, input: &str) -> Result<Box<dyn Tree>, Problem> {
        let revision = input.strip_prefix("git:").map(|rest| rest.split(':').next().unwrap_or(rest));
        let (Some(revision), Some(repository)) = (revision, &self.place.repository) else { return Ok(tree) };
        if self.sections().next().is_none() {
            return Ok(tree);
        }
        let commit = repository
            .commit(revision)?
            .ok_or_else(|| Problem::new("no-base", format!("`{revision}` is no revision of this repository")))?;
        if let Some(made) = self.known.borrow().get(&commit) {
            return Ok(Box::new(WithFiles::new(tree, made.clone())));
        }
        let made = match self.make_at(repository, &commit, input) {
            Ok(made) => made,
            Err(problem) if self.allow_broken_base => {
                self.remarks
                    .borrow_mut()
                    .push(format!("{input} counts as without what is generated: {}", problem.message));
                Made::new()
            }
            Err(problem) => return Err(problem),
        };
        self.known.borrow_mut().insert(commit, made.clone());
        Ok(Box::new(WithFiles::new(tree, made)))
    }

    fn make_at(&self, repository: &Repository, commit: &str, input: &str) -> Result<Made, Problem> {
        let worktree = Worktree::add(repository, commit)?;
        self.make(&self.root_in(repository, &worktree.path), input)
    }

    /// Where the project file's folder is in another checkout.
    fn root_in(&self, repository: &Repository, checkout: &Utf8Path) -> Utf8PathBuf {
        let root = self.place.project.as_ref().map_or(&self.place.root, |project| &project.root);
        checkout.join(repository.path_inside(root).unwrap_or_default())
    }

    fn make(&self, root: &Utf8Path, label: &str) -> Result<Made, Problem> {
        let mut made = Made::new();
        for (section, generate, inside) in self.sections() {
            made.insert(inside, Arc::from(output_of(generate, root, &section.path, label)?));
        }
        Ok(made)
    }
}

/// A checkout of one commit, removed when it goes.
struct Worktree<'a> {
    repository: &'a Repository,
    path: Utf8PathBuf,
    _folder: tempfile::TempDir,
}

impl<'a> Worktree<'a> {
    fn add(repository: &'a Repository, commit: &str) -> Result<Self, Problem> {
        // Those of runs that were killed: their folders are gone, their records are not.
        let _ = repository.ask(&["worktree", "prune"])?;
        let folder = scratch_folder()?;
        let path = utf8(folder.path())?.join("checkout");
        repository
            .run(&["worktree", "add", "--quiet", "--detach", "--force", path.as_str(), commit])
            .map_err(|failure| failure.into_problem("check the base out into a scratch worktree"))?;
        Ok(Self { repository, path, _folder: folder })
    }
}

impl Drop for Worktree<'_> {
    fn drop(&mut self) {
        // What cannot be removed now is pruned by the next run.
        let _ = self.repository.ask(&["worktree", "remove", "--force", self.path.as_str()]);
    }
}

fn scratch_folder() -> Result<tempfile::TempDir, Problem> {
    tempfile::Builder::new()
        .prefix("counterpart-")
        .tempdir()
        .map_err(|error| Problem::new("unwritable", format!("there is no place for a scratch worktree: {error}")))
}

fn utf8(path: &std::path::Path) -> Result<&Utf8Path, Problem> {
    Utf8Path::from_path(path).ok_or_else(|| {
        Problem::new("bad-path", format!("the path of the temporary folder is not UTF-8: {}", path.display()))
    })
}

/// The contract that a command writes in `root`.
fn output_of(generate: &GenerateSection, root: &Utf8Path, contract: &str, label: &str) -> Result<Vec<u8>, Problem> {
    let shown = generate.command.join(" ");
    let refuse = |reason: String| {
        Problem::new("generate", format!("`{contract}` could not be generated in {label}: `{shown}` {reason}")).with_help(
            "run the command there by hand; where the old version has no generator yet, `--allow-broken-base` goes on without it",
        )
    };
    let Some((program, arguments)) = generate.command.split_first() else {
        return Err(refuse("is empty".to_owned()));
    };
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    #[cfg(unix)]
    {
        // A group of its own, so that what it started can be ended with it.
        use std::os::unix::process::CommandExt;
        command.process_group(0);
    }
    let timeout = generate.timeout_seconds.map_or(DEFAULT_TIMEOUT, Duration::from_secs);
    let ended = run(&mut command, timeout).map_err(|error| refuse(format!("could not be started: {error}")))?;
    let mut errors = last_lines(&ended.stderr);
    redact_text(&mut errors);
    match ended.status {
        None => return Err(refuse(format!("took longer than {} seconds{errors}", timeout.as_secs()))),
        Some(status) if !status.success() => return Err(refuse(format!("ended with {status}{errors}"))),
        Some(_) => {}
    }
    let bytes = match &generate.output {
        None => ended.stdout,
        Some(output) => {
            std::fs::read(root.join(output)).map_err(|error| refuse(format!("left no `{output}`: {error}{errors}")))?
        }
    };
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(refuse(format!("wrote nothing{errors}")));
    }
    Ok(bytes)
}

/// The last lines that a command wrote to its error output, on lines of their own.
fn last_lines(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<&str> = text.trim_end().lines().collect();
    let shown = &lines[lines.len().saturating_sub(SHOWN_LINES)..];
    shown.iter().map(|line| format!("\n{line}")).collect()
}

/// How a command ended; without a status where its time was over.
struct Ended {
    status: Option<ExitStatus>,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

fn run(command: &mut Command, timeout: Duration) -> std::io::Result<Ended> {
    let mut child = command.spawn()?;
    let reader = |stream: Option<Box<dyn Read + Send>>| {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            // What was read before an error is all there is.
            let _ = stream.map(|stream| stream.take(MAX_OUTPUT).read_to_end(&mut bytes));
            bytes
        })
    };
    let stdout = reader(child.stdout.take().map(|stream| Box::new(stream) as Box<dyn Read + Send>));
    let stderr = reader(child.stderr.take().map(|stream| Box::new(stream) as Box<dyn Read + Send>));
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break Some(status);
        }
        if start.elapsed() >= timeout {
            end(&mut child);
            break None;
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    Ok(Ended { status, stdout: stdout.join().unwrap_or_default(), stderr: stderr.join().unwrap_or_default() })
}

/// Ends a command with everything that it started.
fn end(child: &mut std::process::Child) {
    #[cfg(unix)]
    {
        let group = format!("kill -s KILL -- -{}", child.id());
        let _ = Command::new("sh").args(["-c", &group]).stderr(Stdio::null()).status();
    }
    let _ = child.kill();
    let _ = child.wait();
}
