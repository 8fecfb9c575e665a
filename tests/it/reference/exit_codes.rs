//! `exit-codes.md`: what each command's codes mean, from the table that stands beside them.

use std::collections::BTreeSet;
use std::fmt::Write;

use clap::CommandFactory;
use counterpart::cli::{Cli, EXIT_CODES};

use crate::reference::{cell, hold};

#[test]
fn the_page_of_exit_codes_is_current() {
    let mut text = String::from(
        "**0**: done, nothing at or above the fail level. **1**: done, and the answer is one that should stop a pipeline. \
         **2**: the work could not be done, with the reason on stderr (and as `errors` on stdout where `--format json` was \
         asked for). What could not be checked is never 0.\n\n\
         | command | 0 | 1 | 2 |\n|---|---|---|---|\n",
    );
    for row in EXIT_CODES {
        let commands: Vec<String> = row.commands.iter().map(|name| format!("`{name}`")).collect();
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} |",
            commands.join(", "),
            cell(row.done),
            cell(row.stops.unwrap_or("–")),
            cell(row.undone)
        );
    }
    text.push_str(
        "\nA closed pipe (`counterpart rules | head`) is a normal end. Interrupted by a signal, the shell reports 128 and the \
         signal's number (130 for Ctrl-C); files are replaced whole or not at all.\n",
    );
    hold("exit-codes.md", "Exit codes", &text);
}

#[test]
fn every_command_has_its_exit_codes_once() {
    let program = Cli::command();
    let commands: BTreeSet<&str> =
        program.get_subcommands().filter(|command| !command.is_hide_set()).map(clap::Command::get_name).collect();
    let listed: Vec<&str> = EXIT_CODES.iter().flat_map(|row| row.commands.iter().copied()).collect();
    assert_eq!(listed.iter().copied().collect::<BTreeSet<_>>(), commands);
    assert_eq!(listed.len(), commands.len());
}
