//! From the arguments to the exit code.

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use crate::cli::arguments::Cli;
use crate::cli::completions;
use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::finding::{Problem, Refusal};
use crate::render;

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    match completions::answer(&arguments) {
        Ok(false) => {}
        Ok(true) => return ExitCode::SUCCESS,
        Err(_) => return ExitCode::from(2),
    }
    let wants_json = wants_json(&arguments);
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => return refuse_usage(&error, wants_json),
    };
    let mut context = match Context::new(&cli.global) {
        Ok(context) => context,
        Err(problem) => {
            let help = problem.help.as_ref().map_or_else(String::new, |help| format!("\n  help: {help}"));
            let _ = writeln!(io::stderr(), "error[{}]: {}{help}", problem.code, problem.message);
            if wants_json {
                let _ = render::json(&Refusal::new(vec![problem]), io::stdout());
            }
            return ExitCode::from(2);
        }
    };
    let outcome = cli.command.run(&mut context);
    let flushed = context.stdout.flush();
    match outcome {
        Ok(exit) => match flushed {
            Ok(()) => exit.into(),
            Err(error) => unwritten(&error, Some(exit), &mut context),
        },
        Err(Failure::Write(error)) => unwritten(&error, None, &mut context),
        Err(Failure::Refused(refusal)) => refuse(&refusal, wants_json, &mut context),
    }
}

/// Whether JSON was asked for, read without clap: a usage error is told in JSON too.
fn wants_json(arguments: &[OsString]) -> bool {
    let mut arguments = arguments.iter().map(|argument| argument.to_string_lossy());
    while let Some(argument) = arguments.next() {
        if argument == "--" {
            break;
        }
        if argument == "--format=json" || (argument == "--format" && arguments.next().as_deref() == Some("json")) {
            return true;
        }
    }
    std::env::var_os("COUNTERPART_FORMAT").is_some_and(|format| format == "json")
}

fn refuse_usage(error: &clap::Error, wants_json: bool) -> ExitCode {
    if !error.use_stderr() {
        // `--help` and `--version` are results; a closed pipe is a normal end.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    if wants_json {
        let text = error.render().to_string();
        let message = text.lines().next().unwrap_or_default();
        let message = message.strip_prefix("error: ").unwrap_or(message);
        let code = if error.kind() == ErrorKind::InvalidSubcommand { "unknown-command" } else { "bad-usage" };
        let problem = Problem::new(code, message).with_help("`counterpart --help` lists the commands and options");
        let _ = render::json(&Refusal::new(vec![problem]), io::stdout());
    }
    let _ = error.print();
    ExitCode::from(2)
}

fn refuse(refusal: &Refusal, wants_json: bool, context: &mut Context) -> ExitCode {
    if wants_json {
        // People who read JSON get the text on stderr as well only if they ask for it.
        let _ = render::json(refusal, &mut context.stdout);
        let _ = context.stdout.flush();
        if !context.verbose {
            return ExitCode::from(2);
        }
    }
    let _ = render::refusal_text(refusal, context.error_terminal.options(context.verbose), &mut context.stderr);
    ExitCode::from(2)
}

/// A closed pipe (`| head`) is a normal end with the code of what was found; a full disk is not.
fn unwritten(error: &io::Error, exit: Option<Exit>, context: &mut Context) -> ExitCode {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return exit.map_or(ExitCode::SUCCESS, ExitCode::from);
    }
    let _ = writeln!(context.stderr, "error: the results could not be written: {error}");
    ExitCode::from(2)
}
