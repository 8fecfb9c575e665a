//! `counterpart init`: finds the contracts and writes the project file.

use std::io::Write;

use camino::Utf8Path;
use clap::Args;

use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output;
use crate::cli::project::Place;
use crate::config::{FILE_NAME, found_contracts, project_text, take_over};
use crate::finding::Problem;
use crate::formats::{self, CompareOptions};
use crate::source::load::{OpenContext, PathStyle, open_selection};

/// Arguments of `init`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Replace a project file that is already there.
    #[arg(long)]
    force: bool,

    /// Write a workflow for GitHub Actions too: .github/workflows/counterpart.yml.
    #[arg(long)]
    github: bool,

    /// Write a git hook too, which checks what is staged before each commit.
    #[arg(long)]
    hook: bool,

    /// Print the file instead of writing it.
    #[arg(long)]
    dry_run: bool,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context) -> Result<Exit, Failure> {
    let place = Place::find_without_project(context)?;
    let path = place.root.join(FILE_NAME);
    if path.exists() && !arguments.force && !arguments.dry_run {
        if arguments.github || arguments.hook {
            // Settings and waivers that are there are worth more than what could be written.
            context.remark(&format!("`{FILE_NAME}` exists already and was left as it is"));
            return write_extras(arguments, &place, context);
        }
        return Err(Problem::new("already-there", format!("`{path}` exists already, and nothing was written"))
            .with_help("edit it, or replace it with `counterpart init --force`")
            .into());
    }
    let open_context =
        OpenContext { paths: PathStyle::FromRepository, ..OpenContext::new(&context.cwd, &context.network) };
    let tree = open_selection(&place.root, &open_context)?;
    let options = CompareOptions::new(Context::today(None));
    let found = found_contracts(&formats::all(), &*tree, &options);
    let taken_over = take_over(&*tree);
    let exclude: Vec<String> = taken_over.exclude.iter().cloned().collect();
    let text = project_text(&found, &taken_over.policy_text(), &exclude);
    if arguments.dry_run {
        context.stdout.write_all(text.as_bytes())?;
        return Ok(Exit::Clean);
    }
    output::replace_file(&path, text.as_bytes()).map_err(|error| output::unwritable(&path, &error))?;
    write_extras(arguments, &place, context)?;
    let out = &mut context.stdout;
    if found.is_empty() {
        writeln!(out, "wrote {FILE_NAME}; no contract was found among {} files", tree.entries().len())?;
        writeln!(out, "next: add an OpenAPI document or .proto files, and run `counterpart check`")?;
        return Ok(Exit::Clean);
    }
    writeln!(
        out,
        "wrote {FILE_NAME} for {}:",
        if found.len() == 1 { "1 contract".to_owned() } else { format!("{} contracts", found.len()) }
    )?;
    for contract in &found {
        writeln!(out, "  {} ({})", contract.shown, contract.format)?;
    }
    for remark in &taken_over.remarks {
        writeln!(out, "{remark}")?;
    }
    writeln!(out, "next:")?;
    let written = if arguments.github { format!("{FILE_NAME} {WORKFLOW_PATH}") } else { FILE_NAME.to_owned() };
    writeln!(out, "  git add {written} && git commit -m \"Check contracts with counterpart\"")?;
    writeln!(out, "  counterpart check          compares your changes with the default branch")?;
    writeln!(out, "  counterpart rules          what it looks for")?;
    Ok(Exit::Clean)
}

const WORKFLOW_PATH: &str = ".github/workflows/counterpart.yml";

/// Asks for no more than it needs: comments are written only where the token may.
const WORKFLOW: &str = "\
name: contracts
on:
  pull_request:
  push:
    branches: [main]

permissions:
  contents: read
  pull-requests: write # for the comment; leave it out to have only the summary

jobs:
  check:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
        with:
          fetch-depth: 0 # the base is a merge base, which a shallow clone may not have
      - uses: counterpart/counterpart@v0
        with:
          command: check
";

const HOOK: &str = "\
#!/bin/sh
# Written by `counterpart init --hook`: contracts that are staged must not break anybody.
exec counterpart check --staged --quiet
";

fn write_extras(arguments: &Arguments, place: &Place, context: &mut Context) -> Result<Exit, Failure> {
    if arguments.github {
        write_new(&place.root.join(WORKFLOW_PATH), WORKFLOW, context)?;
    }
    if arguments.hook {
        write_hook(place, context)?;
    }
    Ok(Exit::Clean)
}

fn write_new(path: &Utf8Path, text: &str, context: &mut Context) -> Result<(), Failure> {
    if path.exists() {
        context.remark(&format!("`{path}` exists already and was left as it is"));
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| output::unwritable(path, &error))?;
    }
    output::replace_file(path, text.as_bytes()).map_err(|error| output::unwritable(path, &error))?;
    writeln!(context.stdout, "wrote {}", path.strip_prefix(&context.cwd).unwrap_or(path))?;
    Ok(())
}

fn write_hook(place: &Place, context: &mut Context) -> Result<(), Failure> {
    let repository = place.repository(&context.cwd)?;
    let folder = repository.ask(&["rev-parse", "--git-path", "hooks"])?.unwrap_or_else(|| ".git/hooks".to_owned());
    let path = repository.root().join(folder).join("pre-commit");
    let is_new = !path.exists();
    write_new(&path, HOOK, context)?;
    #[cfg(unix)]
    if is_new {
        use std::os::unix::fs::PermissionsExt;
        let permissions = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(&path, permissions).map_err(|error| output::unwritable(&path, &error))?;
    }
    Ok(())
}
