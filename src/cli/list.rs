//! `counterpart list`: the services of the registry, or the versions of one.

use std::io::Write;

use clap::Args;
use serde_json::{Value, json};

use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::ListFormat;
use crate::cli::registry_access::AskingArguments;
use crate::finding::Problem;
use crate::registry::client::{Client, encode};
use crate::render;

/// Arguments of `list`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The service whose versions to list (default: all services).
    #[arg(value_name = "SERVICE")]
    service: Option<String>,

    /// Only services with this label.
    #[arg(long, value_name = "LABEL", conflicts_with = "service")]
    label: Option<String>,

    /// Only services of this owner.
    #[arg(long, value_name = "OWNER", conflicts_with = "service")]
    owner: Option<String>,

    #[command(flatten)]
    asking: AskingArguments,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context) -> Result<Exit, Failure> {
    let client = arguments.asking.client(context)?;
    let (path, key) = match &arguments.service {
        Some(service) => (format!("/api/v1/services/{}/versions?", encode(service)), "versions"),
        None => {
            let mut path = "/api/v1/services?".to_owned();
            for (name, value) in [("label", &arguments.label), ("owner", &arguments.owner)] {
                if let Some(value) = value {
                    path.push_str(&format!("{name}={}&", encode(value)));
                }
            }
            (path, "services")
        }
    };
    let entries = all_pages(&client, &path, key)?;
    match arguments.asking.list.format {
        ListFormat::Json => render::json(&json!({key: entries}), &mut context.stdout)?,
        ListFormat::Text => {
            for entry in &entries {
                writeln!(
                    context.stdout,
                    "{}",
                    if key == "services" { service_line(entry) } else { version_line(entry) }
                )?;
            }
        }
    }
    Ok(Exit::Clean)
}

fn all_pages(client: &Client, path: &str, key: &str) -> Result<Vec<Value>, Problem> {
    let mut entries = Vec::new();
    let mut after = String::new();
    loop {
        let mut document = client.get("list them", &format!("{path}limit=1000{after}"))?;
        if let Value::Array(page) = document[key].take() {
            entries.extend(page);
        }
        match document["next"].as_str() {
            Some(next) => after = format!("&after={}", encode(next)),
            None => return Ok(entries),
        }
    }
}

fn service_line(entry: &Value) -> String {
    let text = |key: &str| entry[key].as_str().unwrap_or("-");
    let count = &entry["versions"];
    let versions = if *count == 1 { "version" } else { "versions" };
    format!("{}  latest {}  {count} {versions}", text("name"), text("latest_version"))
}

fn words(value: &Value) -> String {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
}

fn version_line(entry: &Value) -> String {
    let mut line = entry["version"].as_str().unwrap_or_default().to_owned();
    for (word, key) in [("branch", "branches"), ("tag", "tags"), ("runs in", "environments")] {
        let value = words(&entry[key]);
        if !value.is_empty() {
            line.push_str(&format!("  {word} {value}"));
        }
    }
    if entry["retired"] == true {
        line.push_str("  retired");
    }
    line
}
