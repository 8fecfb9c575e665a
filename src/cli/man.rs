//! `counterpart man`.

use camino::Utf8PathBuf;
use clap::{Args, CommandFactory};

use crate::cli::arguments::Cli;
use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output;

/// Arguments of `man`.
#[derive(Debug, Args)]
#[command(after_help = "Read one at once: counterpart man check | man -l -")]
pub struct Arguments {
    /// The command whose page to print (default: the program's).
    #[arg(value_name = "COMMAND")]
    command: Option<String>,

    /// Write all pages into DIR instead.
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    output_dir: Option<Utf8PathBuf>,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context) -> Result<Exit, Failure> {
    let mut program = Cli::command();
    program.build();
    if let Some(directory) = &arguments.output_dir {
        let path = context.cwd.join(directory);
        std::fs::create_dir_all(&path).map_err(|error| output::unwritable(directory, &error))?;
        let mut pages = vec![("counterpart".to_owned(), program.clone())];
        for command in program.get_subcommands() {
            pages.push((format!("counterpart-{}", command.get_name()), command.clone()));
        }
        for (name, command) in pages {
            let file = directory.join(format!("{name}.1"));
            output::replace_file(&context.cwd.join(&file), &page(name, command)?)
                .map_err(|error| output::unwritable(&file, &error))?;
        }
        return Ok(Exit::Clean);
    }
    let (name, command) = match &arguments.command {
        None => ("counterpart".to_owned(), program),
        Some(name) => match program.find_subcommand(name) {
            Some(command) => (format!("counterpart-{name}"), command.clone()),
            None => {
                return Err(crate::finding::Problem::new("unknown-command", format!("there is no command `{name}`"))
                    .with_help("`counterpart --help` lists the commands")
                    .into());
            }
        },
    };
    let text = page(name, command)?;
    context.stdout.write_all(&text)?;
    Ok(Exit::Clean)
}

fn page(name: String, command: clap::Command) -> std::io::Result<Vec<u8>> {
    let mut text = Vec::new();
    // clap wants names that live as long as the program; this one prints and ends.
    clap_mangen::Man::new(command.name(name.leak() as &'static str)).render(&mut text)?;
    Ok(text)
}
