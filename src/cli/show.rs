//! `counterpart show`: one version, with what it offers, needs and where it runs.

use std::io::Write;

use clap::Args;
use serde_json::{Value, json};

use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::ListFormat;
use crate::cli::registry_access::{AskingArguments, reference};
use crate::registry::client::Reference;
use crate::render;

/// Arguments of `show`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// `SERVICE`, `SERVICE@VERSION`, `SERVICE@branch:NAME` or `SERVICE@environment:NAME`.
    #[arg(value_name = "REF", value_parser = reference)]
    reference: Reference,

    #[command(flatten)]
    asking: AskingArguments,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context) -> Result<Exit, Failure> {
    let client = arguments.asking.client(context)?;
    let document = client.get("show it", &arguments.reference.resolve_path())?;
    let versions = document["versions"].as_array().cloned().unwrap_or_default();
    match arguments.asking.list.format {
        ListFormat::Json => render::json(&json!({"versions": versions}), &mut context.stdout)?,
        ListFormat::Text => {
            for version in &versions {
                write(version, context)?;
            }
        }
    }
    Ok(Exit::Clean)
}

fn write(version: &Value, context: &mut Context) -> Result<(), Failure> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let out = &mut context.stdout;
    writeln!(out, "{} {}", text(&version["service"]), text(&version["version"]))?;
    for (word, key) in [("branches", "branches"), ("tags", "tags"), ("runs in", "environments")] {
        let values: Vec<String> = version[key].as_array().into_iter().flatten().map(&text).collect();
        if !values.is_empty() {
            writeln!(out, "  {word}: {}", values.join(", "))?;
        }
    }
    for file in version["contract"]["files"].as_array().into_iter().flatten() {
        writeln!(out, "  contract: {} ({} bytes)", text(&file["path"]), file["size"])?;
    }
    for entry in version["consumes"].as_array().into_iter().flatten() {
        writeln!(out, "  built against: {} {}", text(&entry["service"]), text(&entry["version"]))?;
    }
    for pact in version["pacts"].as_array().into_iter().flatten() {
        let verified = match &pact["verified"] {
            Value::Null => "not verified".to_owned(),
            result if result["success"] == true => format!("verified by {}", text(&result["provider_version"])),
            result => format!("failed with {}", text(&result["provider_version"])),
        };
        writeln!(out, "  pact with {}: {verified}", text(&pact["provider"]))?;
    }
    Ok(())
}
