//! `cli.md`: every command and option, and the environment variables, from the argument parser.

use std::collections::BTreeMap;
use std::fmt::Write;

use clap::{Arg, Command, CommandFactory};
use counterpart::cli::Cli;

use crate::reference::hold;

#[test]
fn the_page_of_the_command_line_is_current() {
    let mut program = Cli::command();
    program.build();
    let mut text = String::from("`counterpart COMMAND --help` says the same.\n");
    let mut variables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for command in program.get_subcommands().filter(|command| !command.is_hide_set()) {
        section(command, &format!("counterpart {}", command.get_name()), 2, &mut text, &mut variables);
    }
    text.push_str("\n## Options of every command\n\n");
    for argument in program.get_arguments().filter(|argument| argument.is_global_set()) {
        entry(argument, "every command", &mut text, &mut variables);
    }
    text.push_str(
        "\n## Environment variables\n\nA flag wins over its variable, a variable over `counterpart.toml`.\n\n",
    );
    text.push_str("| variable | read by |\n|---|---|\n");
    for (name, readers) in variables {
        let _ = writeln!(text, "| `{name}` | {} |", readers.join(", "));
    }
    text.push_str("| `NO_COLOR`, `CLICOLOR_FORCE`, `COLUMNS` | every command, for the form of its text |\n");
    hold("cli.md", "Command line", &text);
}

fn section(
    command: &Command,
    name: &str,
    level: usize,
    text: &mut String,
    variables: &mut BTreeMap<String, Vec<String>>,
) {
    let _ = writeln!(text, "\n{} `{name}`\n", "#".repeat(level));
    let about = command.get_long_about().or(command.get_about()).map(ToString::to_string).unwrap_or_default();
    let _ = writeln!(text, "{}\n", sentence(&about));
    let usage = command.clone().render_usage().to_string();
    let _ = writeln!(text, "    {}\n", usage.trim_start_matches("Usage: ").trim().replace('\n', "\n    "));
    let own = |argument: &&Arg| !argument.is_global_set() && !argument.is_hide_set() && argument.get_id() != "help";
    let mut has_any = false;
    for argument in command.get_arguments().filter(own) {
        entry(argument, &format!("`{}`", name.trim_start_matches("counterpart ")), text, variables);
        has_any = true;
    }
    if let Some(after) = command.get_after_help() {
        let after = after.to_string();
        let examples = after.lines().all(|line| line.starts_with("counterpart "));
        let _ = match (has_any, examples) {
            (_, true) => writeln!(text, "\n    {}", after.replace('\n', "\n    ")),
            (true, false) => writeln!(text, "\n{after}"),
            (false, false) => writeln!(text, "{after}"),
        };
    }
    for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set() && inner.get_name() != "help") {
        section(inner, &format!("{name} {}", inner.get_name()), level + 1, text, variables);
    }
}

/// One argument or option as an entry of a list.
fn entry(argument: &Arg, reader: &str, text: &mut String, variables: &mut BTreeMap<String, Vec<String>>) {
    let mut says =
        sentence(&argument.get_long_help().or(argument.get_help()).map(ToString::to_string).unwrap_or_default());
    let takes_value = argument.get_action().takes_values();
    let possible: Vec<String> = argument
        .get_possible_values()
        .iter()
        .filter(|value| takes_value && !value.is_hide_set())
        .map(|value| format!("`{}`", value.get_name()))
        .collect();
    if !possible.is_empty() {
        let _ = write!(says, " One of {}.", possible.join(", "));
    }
    let defaults: Vec<String> =
        argument.get_default_values().iter().map(|value| format!("`{}`", value.to_string_lossy())).collect();
    if takes_value && !defaults.is_empty() {
        let _ = write!(says, " Default: {}.", defaults.join(", "));
    }
    if let Some(variable) = argument.get_env() {
        let variable = variable.to_string_lossy().into_owned();
        let _ = write!(says, " Variable: `{variable}`.");
        variables.entry(variable).or_default().push(reader.to_owned());
    }
    let _ = writeln!(text, "- `{}`: {says}", form(argument));
}

/// How it is written: `-I, --import-dir <DIR>`, `[PATH]...`.
fn form(argument: &Arg) -> String {
    if argument.is_positional() {
        return argument.to_string();
    }
    let short = argument.get_short().map(|short| format!("-{short}"));
    let long = argument.get_long().map(|long| format!("--{long}"));
    let mut form = [short, long].into_iter().flatten().collect::<Vec<_>>().join(", ");
    if argument.get_action().takes_values() {
        for name in argument.get_value_names().unwrap_or_default() {
            let _ = write!(form, " <{name}>");
        }
    }
    form
}

/// On one line, with the period that clap takes away.
fn sentence(help: &str) -> String {
    let mut line = help.split_whitespace().collect::<Vec<_>>().join(" ");
    if !line.is_empty() && !line.ends_with(['.', '?', '!']) {
        line.push('.');
    }
    line
}
