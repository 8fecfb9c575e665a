//! `counterpart completions SHELL`.

use clap::builder::PossibleValuesParser;
use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::cli::arguments::Cli;
use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::rules::PAGES;

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
    // Rules are completed by their names, which the parser itself does not restrict: it also takes other tools' names.
    let rules = PossibleValuesParser::new(PAGES.iter().map(|(id, ..)| *id));
    let mut program = Cli::command().mut_subcommand("explain", |explain| {
        explain.mut_arg("rule", |rule| rule.value_parser(rules).hide_possible_values(true))
    });
    clap_complete::generate(arguments.shell, &mut program, "counterpart", &mut script);
    context.stdout.write_all(&script)?;
    Ok(Exit::Clean)
}
