//! The command line: arguments, one file per command, exit codes.
//!
//! The only place with the environment, the working directory, the clock and the terminal; commands get them through
//! [`Context`]. A command is one file with its `Arguments` (clap) and
//! `pub(crate) fn run(arguments: &Arguments, context: &mut Context) -> Result<Exit, Failure>`, and one arm in
//! [`arguments`].

mod action;
mod arguments;
mod baseline;
mod bump;
mod can_deploy;
mod cargo_workspace;
mod check;
mod compare;
mod completions;
mod config_command;
mod context;
mod date;
mod deferred;
mod deploy;
mod deprecations;
mod diff;
mod doctor;
mod environment;
mod exit;
mod explain;
mod fix;
mod generate;
mod impact;
mod init;
mod list;
mod main;
mod man;
mod new_package;
mod output;
mod owners;
mod pager;
mod progress;
mod project;
mod publish;
mod pull;
mod registry;
mod registry_access;
mod registry_import;
mod registry_input;
mod release;
mod releases;
mod rule_view;
mod rules;
mod serve;
mod show;
mod terminal;
mod verify;
mod waive;
mod watch;

pub use arguments::{Cli, Command};
pub use context::Context;
pub use exit::{EXIT_CODES, Exit, ExitCodes, Failure};
pub use main::main;
