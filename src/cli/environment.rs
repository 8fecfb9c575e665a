//! `counterpart environment`: the places where versions run.

use std::io::Write;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::ListFormat;
use crate::cli::registry_access::{AskingArguments, RegistryArguments};
use crate::registry::client::encode;
use crate::render;

/// Arguments of `environment`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Environment,
}

#[derive(Debug, Subcommand)]
enum Environment {
    /// Create an environment, or change the one of that name.
    Create {
        /// Its name.
        #[arg(value_name = "NAME")]
        name: String,
        /// Real users depend on it.
        #[arg(long)]
        production: bool,
        /// What people call it.
        #[arg(long, value_name = "TEXT")]
        display_name: Option<String>,
        #[command(flatten)]
        registry: RegistryArguments,
    },
    /// List the environments.
    List {
        #[command(flatten)]
        asking: AskingArguments,
    },
    /// Show what runs in an environment, now or at any moment before.
    Show {
        /// Its name.
        #[arg(value_name = "NAME")]
        name: String,
        /// A moment (2026-05-03T12:00:00Z) or the end of a day (2026-05-03).
        #[arg(long, value_name = "WHEN")]
        at: Option<String>,
        #[command(flatten)]
        asking: AskingArguments,
    },
    /// Remove an environment, and with it what was recorded as running there.
    Delete {
        /// Its name.
        #[arg(value_name = "NAME")]
        name: String,
        #[command(flatten)]
        registry: RegistryArguments,
    },
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context) -> Result<Exit, Failure> {
    match &arguments.command {
        Environment::Create { name, production, display_name, registry } => {
            let client = registry.client(context)?;
            let body = json!({"production": production, "display_name": display_name});
            let answer = client.send(reqwest::Method::PUT, &path(name), Some(&body), &[])?;
            if answer.status >= 300 {
                return Err(answer.problem("create the environment").into());
            }
            let word = if answer.status == 201 { "created" } else { "changed" };
            writeln!(context.stdout, "{word}: {name}")?;
        }
        Environment::List { asking } => {
            let document = asking.client(context)?.get("list them", "/api/v1/environments")?;
            match asking.list.format {
                ListFormat::Json => render::json(&document, &mut context.stdout)?,
                ListFormat::Text => {
                    for entry in document["environments"].as_array().into_iter().flatten() {
                        let kind = if entry["production"] == true { "  production" } else { "" };
                        let running = entry["running"].as_array().map_or(0, Vec::len);
                        writeln!(
                            context.stdout,
                            "{}{kind}  {running} running",
                            entry["name"].as_str().unwrap_or_default()
                        )?;
                    }
                }
            }
        }
        Environment::Show { name, at, asking } => {
            let when = at.as_ref().map_or_else(String::new, |at| format!("?at={}", encode(at)));
            let document = asking.client(context)?.get("show it", &format!("{}{when}", path(name)))?;
            match asking.list.format {
                ListFormat::Json => render::json(&document, &mut context.stdout)?,
                ListFormat::Text => write(&document, context)?,
            }
        }
        Environment::Delete { name, registry } => {
            let answer = registry.client(context)?.send(reqwest::Method::DELETE, &path(name), None, &[])?;
            if answer.status >= 300 {
                return Err(answer.problem("remove the environment").into());
            }
            writeln!(context.stdout, "removed: {name}")?;
        }
    }
    Ok(Exit::Clean)
}

fn path(name: &str) -> String {
    format!("/api/v1/environments/{}", encode(name))
}

fn write(document: &Value, context: &mut Context) -> Result<(), Failure> {
    let running = document["running"].as_array().cloned().unwrap_or_default();
    if running.is_empty() {
        writeln!(context.stdout, "nothing runs there")?;
    }
    for entry in running {
        let text = |key: &str| entry[key].as_str().unwrap_or_default().to_owned();
        let instance = entry["instance"].as_str().map_or_else(String::new, |name| format!(" on {name}"));
        writeln!(
            context.stdout,
            "{} {}{instance}  {} since {}",
            text("service"),
            text("version"),
            text("how"),
            text("since")
        )?;
    }
    Ok(())
}
