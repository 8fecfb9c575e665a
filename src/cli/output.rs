//! Where reports go: one format to standard output, any number to files.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::str::FromStr;

use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args, ValueEnum};

use crate::cli::context::Context;
use crate::cli::exit::Failure;
use crate::cli::terminal::Terminal;
use crate::finding::{Problem, Refusal, Report};
use crate::render;

/// A form that a report can take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// For people at a terminal.
    #[default]
    Text,
    /// For programs: `docs/reference/report.schema.json`.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// JUnit XML, for test reports.
    Junit,
    /// Workflow commands, for annotations in GitHub Actions.
    Github,
    /// GitLab's code quality report.
    Gitlab,
    /// Markdown, for comments on pull requests.
    Markdown,
    /// One page that needs nothing else.
    Html,
}

/// A form that lists and pages can take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    /// For people at a terminal.
    #[default]
    Text,
    /// For programs.
    Json,
}

/// `--format` of whatever is not a report: lists, pages, answers of the registry.
#[derive(Debug, Clone, Args)]
pub struct ListArguments {
    /// The form of the answer.
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "FORMAT",
        env = "COUNTERPART_FORMAT",
        hide_env_values = true
    )]
    pub(crate) format: ListFormat,
}

/// `--format` and `--output`.
#[derive(Debug, Clone, Args)]
pub struct OutputArguments {
    /// The form of the report on standard output.
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "FORMAT",
        env = "COUNTERPART_FORMAT",
        hide_env_values = true
    )]
    pub format: ReportFormat,

    /// Write the report to a file as well; may be given several times.
    #[arg(long, value_name = "FORMAT=FILE")]
    pub output: Vec<OutputFile>,
}

/// One `--output FORMAT=FILE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputFile {
    format: ReportFormat,
    path: Utf8PathBuf,
}

impl OutputFile {
    pub(crate) const fn format(&self) -> ReportFormat {
        self.format
    }

    pub(crate) fn path(&self) -> &Utf8Path {
        &self.path
    }
}

impl FromStr for OutputFile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let names = || {
            let names = ReportFormat::value_variants().iter().filter_map(ValueEnum::to_possible_value);
            names.map(|value| value.get_name().to_owned()).collect::<Vec<_>>().join(", ")
        };
        let Some((format, path)) = text.split_once('=').filter(|(_, path)| !path.is_empty()) else {
            return Err("write FORMAT=FILE, for example json=report.json".to_owned());
        };
        let format = ReportFormat::from_str(format, false)
            .map_err(|_| format!("there is no format `{format}`; the formats are {}", names()))?;
        Ok(Self { format, path: path.into() })
    }
}

/// Writes a report everywhere it was asked for.
///
/// # Errors
/// When a file or standard output cannot be written; a closed pipe is a normal end.
pub(crate) fn write(report: &Report, arguments: &OutputArguments, context: &mut Context) -> Result<(), Failure> {
    for file in &arguments.output {
        let plain = Terminal { is_terminal: false, color: false, width: None };
        let mut bytes = Vec::new();
        render(file.format, report, plain, true, &mut bytes)?;
        replace_file(&context.cwd.join(&file.path), &bytes).map_err(|error| unwritable(&file.path, &error))?;
    }
    let (terminal, verbose) = (context.terminal, context.verbose);
    unless_closed(render(arguments.format, report, terminal, verbose, &mut context.stdout))?;
    unless_closed(context.stdout.flush())?;
    Ok(())
}

/// Writes why nothing could be checked to the files that programs read; standard output is for the caller.
pub(crate) fn write_refusal(refusal: &Refusal, arguments: &OutputArguments, context: &Context) {
    for file in arguments.output.iter().filter(|file| file.format == ReportFormat::Json) {
        let mut bytes = Vec::new();
        if render::json(refusal, &mut bytes).is_ok() {
            // The run fails anyway, and with the reason that matters.
            let _ = replace_file(&context.cwd.join(&file.path), &bytes);
        }
    }
}

/// Renders a report in one format.
pub(crate) fn render(
    format: ReportFormat,
    report: &Report,
    terminal: Terminal,
    verbose: bool,
    writer: &mut impl Write,
) -> io::Result<()> {
    match format {
        ReportFormat::Text => render::text(report, terminal.options(verbose), writer),
        ReportFormat::Json => render::json(report, writer),
        ReportFormat::Sarif => render::sarif(report, writer),
        ReportFormat::Junit => render::junit(report, writer),
        ReportFormat::Github => render::github(report, writer),
        ReportFormat::Gitlab => render::gitlab(report, writer),
        ReportFormat::Markdown => render::markdown(report, writer),
        ReportFormat::Html => render::html(report, writer),
    }
}

/// A reader that has seen enough (`| head`) does not make the work undone.
pub(crate) fn unless_closed(result: io::Result<()>) -> io::Result<()> {
    result.or_else(|error| if error.kind() == io::ErrorKind::BrokenPipe { Ok(()) } else { Err(error) })
}

/// Writes a file beside its place and moves it there, so that nobody ever sees half of it.
pub(crate) fn replace_file(path: &Utf8Path, bytes: &[u8]) -> io::Result<()> {
    if is_special(path) {
        return std::fs::write(path, bytes);
    }
    Staged::new(path, bytes)?.put()
}

/// Writes several files, or none: everything that can fail is tried before the first one is in its place.
///
/// # Errors
/// When one of them cannot be written: a folder that is not there, a file that is read-only, a disk that is full.
pub(crate) fn replace_files(texts: &BTreeMap<Utf8PathBuf, String>) -> Result<(), Problem> {
    let mut staged = Vec::with_capacity(texts.len());
    for (path, text) in texts {
        // Moving a file into the place of one that is read-only would work, and is not what was meant.
        let is_writable = if path.exists() { OpenOptions::new().write(true).open(path).map(drop) } else { Ok(()) };
        let stage = || if is_special(path) { Ok(None) } else { Staged::new(path, text.as_bytes()).map(Some) };
        staged.push((path, text, is_writable.and_then(|()| stage()).map_err(|error| unwritable(path, &error))?));
    }
    for (path, text, file) in staged {
        let put = file.map_or_else(|| std::fs::write(path, text), Staged::put);
        put.map_err(|error| unwritable(path, &error))?;
    }
    Ok(())
}

/// `/dev/stdout` and pipes cannot be replaced.
fn is_special(path: &Utf8Path) -> bool {
    std::fs::metadata(path).is_ok_and(|metadata| !metadata.is_file())
}

/// A file that is written as a whole beside its place.
struct Staged {
    file: tempfile::NamedTempFile,
    path: Utf8PathBuf,
}

impl Staged {
    fn new(path: &Utf8Path, bytes: &[u8]) -> io::Result<Self> {
        // A link is written through: what it leads to is replaced.
        let path = path.canonicalize_utf8().unwrap_or_else(|_| path.to_owned());
        let folder = path.parent().filter(|folder| !folder.as_str().is_empty()).unwrap_or(Utf8Path::new("."));
        let mut file = tempfile::Builder::new().prefix(".counterpart-").tempfile_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        set_permissions(&file, &path)?;
        Ok(Self { file, path })
    }

    fn put(self) -> io::Result<()> {
        self.file.persist(&self.path).map_err(|error| error.error)?;
        Ok(())
    }
}

/// Those of the file that is replaced; of a new one, what the umask leaves.
#[cfg(unix)]
fn set_permissions(file: &tempfile::NamedTempFile, path: &Utf8Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let permissions = match std::fs::metadata(path) {
        Ok(metadata) => metadata.permissions(),
        Err(_) => std::fs::Permissions::from_mode(0o644),
    };
    file.as_file().set_permissions(permissions)
}

#[cfg(not(unix))]
fn set_permissions(_: &tempfile::NamedTempFile, _: &Utf8Path) -> io::Result<()> {
    Ok(())
}

/// A file that could not be written.
pub(crate) fn unwritable(path: &Utf8Path, error: &io::Error) -> Problem {
    let problem = Problem::new("unwritable", format!("`{path}` could not be written: {error}"));
    match path.parent().filter(|folder| error.kind() == io::ErrorKind::NotFound && !folder.as_str().is_empty()) {
        Some(folder) => problem.with_help(format!("create its folder: `mkdir -p {folder}`")),
        None => problem,
    }
}
