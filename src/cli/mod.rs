//! The command line: arguments, one file per command, exit codes.
//!
//! The only place with the environment, the working directory, the clock and the terminal; commands get them through
//! [`Context`]. A command is one file with its `Arguments` (clap) and
//! `pub(crate) fn run(arguments: &Arguments, context: &mut Context) -> Result<Exit, Failure>`, and one arm in
//! [`arguments`].

mod action;
mod arguments;
mod bump;
mod check;
mod compare;
mod completions;
mod config_command;
mod context;
mod date;
mod diff;
mod exit;
mod explain;
mod init;
mod main;
mod man;
mod output;
mod progress;
mod project;
mod rule_view;
mod rules;
mod terminal;

pub use arguments::{Cli, Command};
pub use context::Context;
pub use exit::{Exit, Failure};
pub use main::main;
