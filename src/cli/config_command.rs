//! `counterpart config schema`.

use clap::{Args, Subcommand};

use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::{config, render};

/// Arguments of `config`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Print the JSON Schema of counterpart.toml, for editors.
    Schema,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context) -> Result<Exit, Failure> {
    match arguments.command {
        ConfigCommand::Schema => render::json(&config::schema(), &mut context.stdout)?,
    }
    Ok(Exit::Clean)
}
