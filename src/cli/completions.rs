//! `counterpart completions SHELL`, and the answers that the script asks for while somebody types.

use std::ffi::{OsStr, OsString};
use std::io;

use camino::Utf8PathBuf;
use clap::{Args, CommandFactory};
use clap_complete::Shell;
use clap_complete::engine::{CompletionCandidate, PathCompleter, ValueCompleter as _};
use clap_complete::env::{CompleteEnv, EnvCompleter, Shells};

use crate::cli::arguments::Cli;
use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::config;
use crate::finding::Problem;
use crate::rules::PAGES;

/// What the script sets when it asks for candidates.
const VARIABLE: &str = "COUNTERPART_COMPLETE";

/// Arguments of `completions`.
#[derive(Debug, Args)]
#[command(
    after_help = "For bash: counterpart completions bash > ~/.local/share/bash-completion/completions/counterpart\n\
                  Rules, contracts and services are completed by name, as the project file has them."
)]
pub struct Arguments {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context) -> Result<Exit, Failure> {
    let name = arguments.shell.to_string();
    let shells = Shells::builtins();
    let completer: &dyn EnvCompleter = shells
        .completer(&name)
        .ok_or_else(|| Problem::new("bad-input", format!("there are no completions for `{name}`")))?;
    let mut script = Vec::new();
    completer.write_registration(VARIABLE, "counterpart", "counterpart", "counterpart", &mut script)?;
    context.stdout.write_all(&script)?;
    Ok(Exit::Clean)
}

/// Answers a shell that asks for candidates; `false` where none does.
pub(crate) fn answer(arguments: &[OsString]) -> io::Result<bool> {
    let here = std::env::current_dir().ok();
    let complete = CompleteEnv::with_factory(Cli::command).var(VARIABLE).bin("counterpart");
    complete
        .try_complete(arguments.iter().cloned(), here.as_deref())
        .map_err(|error| io::Error::other(error.to_string()))
}

/// Rules by id.
pub(crate) fn rules(typed: &OsStr) -> Vec<CompletionCandidate> {
    matching(typed, PAGES.iter().map(|(id, ..)| (*id).to_owned()))
}

/// Contracts as the project file lists them, and files.
pub(crate) fn contracts(typed: &OsStr) -> Vec<CompletionCandidate> {
    let mut found = matching(typed, sections().into_iter().map(|section| section.path));
    found.extend(PathCompleter::any().complete(typed));
    found
}

fn matching(typed: &OsStr, names: impl Iterator<Item = String>) -> Vec<CompletionCandidate> {
    let typed = typed.to_string_lossy();
    names.filter(|name| name.starts_with(&*typed)).map(CompletionCandidate::new).collect()
}

/// The entries of the nearest project file; none where it cannot be read, because nobody is told while typing.
fn sections() -> Vec<config::ContractSection> {
    let Some(here) = std::env::current_dir().ok().and_then(|here| Utf8PathBuf::from_path_buf(here).ok()) else {
        return Vec::new();
    };
    let path = here.ancestors().map(|folder| folder.join(config::FILE_NAME)).find(|path| path.is_file());
    let read = path.and_then(|path| {
        let text = std::fs::read_to_string(&path).ok()?;
        config::parse(&path, config::FILE_NAME, &text).ok()
    });
    read.map(|project| project.file.contracts).unwrap_or_default()
}
