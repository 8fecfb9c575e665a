//! Where the user stands: project file, repository, and the root that paths are relative to.

use camino::{Utf8Path, Utf8PathBuf};

use crate::cli::context::Context;
use crate::config::{self, BASELINE_NAME, ContractSection, FILE_NAME, Overrides, Project, Settings};
use crate::finding::Problem;
use crate::policy::Waiver;
use crate::source::load::Repository;

/// The surroundings of a run.
pub(crate) struct Place {
    /// What is checked when no path is given: the project file's directory, else the repository, else where we stand.
    pub(crate) root: Utf8PathBuf,
    /// The project file, if there is one.
    pub(crate) project: Option<Project>,
    /// The repository, if there is one.
    pub(crate) repository: Option<Repository>,
    /// What the baseline beside the project file accepts.
    pub(crate) baseline: Vec<Waiver>,
}

impl Place {
    /// Looks around.
    pub(crate) fn find(context: &Context) -> Result<Self, Problem> {
        let Self { repository, .. } = Self::find_without_project(context)?;
        let project = match &context.config {
            Some(path) => Some(load(&context.cwd.join(path), path.as_str())?),
            None => match find(&context.cwd) {
                Some(path) => Some(load(&path, &shown(&path, repository.as_ref(), &context.cwd))?),
                None => None,
            },
        };
        let root = match (&project, &repository) {
            (Some(project), _) if context.config.is_none() => project.root.clone(),
            (_, Some(repository)) => repository.root().to_owned(),
            _ => context.cwd.clone(),
        };
        let baseline = load_baseline(&root)?;
        Ok(Self { root, project, repository, baseline })
    }

    /// Looks around for a repository only: a project file that is there may be broken.
    pub(crate) fn find_without_project(context: &Context) -> Result<Self, Problem> {
        let repository = match Repository::open(&context.cwd) {
            Ok(repository) if !repository.is_bare() => Some(repository),
            Ok(_) => None,
            Err(problem) if problem.code == "not-a-repository" || problem.code == "git-missing" => None,
            Err(problem) => return Err(problem),
        };
        let root = repository.as_ref().map_or_else(|| context.cwd.clone(), |found| found.root().to_owned());
        Ok(Self { root, project: None, repository, baseline: Vec::new() })
    }

    /// Where the project file is, or would be.
    pub(crate) fn project_path(&self, context: &Context) -> Utf8PathBuf {
        match &context.config {
            Some(path) => context.cwd.join(path),
            None => self.root.join(FILE_NAME),
        }
    }

    /// The settings of this place.
    pub(crate) fn settings(&self, overrides: &Overrides, today: jiff::civil::Date) -> Settings {
        let mut settings = Settings::new(self.project.as_ref(), overrides, today);
        settings.policy.waivers.extend(self.baseline.iter().cloned());
        settings
    }

    /// The root as shown paths have it: relative to the repository.
    pub(crate) fn shown_root(&self) -> String {
        let base = self.project.as_ref().map_or(&self.root, |project| &project.root);
        match &self.repository {
            Some(repository) => repository.path_inside(base).unwrap_or_default(),
            None => String::new(),
        }
    }

    /// What the project file says of a contract, by its path as reports show it.
    pub(crate) fn section_of(&self, contract: &str) -> Option<&ContractSection> {
        let root = self.shown_root();
        let inside = if root.is_empty() { contract } else { contract.strip_prefix(&root)?.trim_start_matches('/') };
        self.project.as_ref()?.section_of(inside)
    }

    /// The repository, or why there is none.
    pub(crate) fn repository(&self, cwd: &Utf8Path) -> Result<&Repository, Problem> {
        match &self.repository {
            Some(repository) => Ok(repository),
            None => Err(match Repository::open(cwd) {
                Err(problem) => problem,
                Ok(_) => Problem::new("no-work-tree", "this is a bare repository: there is no working tree to check")
                    .with_help("compare two revisions: `counterpart diff git:OLD git:NEW`"),
            }),
        }
    }
}

/// Looks for a project file from `from` upwards. The search ends at the root of the repository: what lies above belongs
/// to somebody else.
fn find(from: &Utf8Path) -> Option<Utf8PathBuf> {
    for directory in from.ancestors() {
        let candidate = directory.join(FILE_NAME);
        if candidate.is_file() {
            return Some(candidate);
        }
        if directory.join(".git").symlink_metadata().is_ok() {
            return None;
        }
    }
    None
}

fn load_baseline(root: &Utf8Path) -> Result<Vec<Waiver>, Problem> {
    match std::fs::read_to_string(root.join(BASELINE_NAME)) {
        Ok(text) => config::read_baseline(&text, BASELINE_NAME),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(Problem::new("unreadable", format!("`{BASELINE_NAME}` could not be read: {error}"))),
    }
}

fn load(path: &Utf8Path, shown: &str) -> Result<Project, Problem> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Problem::new("unreadable", format!("`{shown}` could not be read: {error}"))
            .with_help("pass another file with `--config`, or write one with `counterpart init`")
    })?;
    config::parse(path, shown, &text)
}

fn shown(path: &Utf8Path, repository: Option<&Repository>, cwd: &Utf8Path) -> String {
    let inside = repository.and_then(|repository| repository.path_inside(path));
    inside.unwrap_or_else(|| path.strip_prefix(cwd).unwrap_or(path).as_str().replace('\\', "/"))
}
