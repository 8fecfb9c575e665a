//! `counterpart completions SHELL`.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::cli::arguments::Cli;
use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};

/// Arguments of `completions`.
#[derive(Debug, Args)]
#[command(
    after_help = "For bash: counterpart completions bash > ~/.local/share/bash-completion/completions/counterpart"
)]
pub struct Arguments {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "counterpart", &mut script);
    context.stdout.write_all(&script)?;
    Ok(Exit::Clean)
}
