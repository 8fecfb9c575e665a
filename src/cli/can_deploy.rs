//! `counterpart can-deploy`: may this version go to that environment?

use std::io::Write;
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::Value;

use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::ListFormat;
use crate::cli::registry_access::{AskingArguments, service_version};
use crate::registry::client::encode;
use crate::render;

/// How often to ask while waiting.
const PAUSE: Duration = Duration::from_secs(2);

/// Arguments of `can-deploy`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 yes, 1 no or unknown, 2 the question could not be answered: the registry was not \
                        reached, or there is no such environment."
)]
pub struct Arguments {
    /// The service and its version.
    #[arg(value_name = "SERVICE@VERSION", value_parser = service_version)]
    candidate: (String, String),

    /// Where to.
    #[arg(long = "to", value_name = "ENVIRONMENT")]
    environment: String,

    /// While the answer is unknown, wait so many seconds at most for it to change.
    #[arg(long, value_name = "SECONDS")]
    wait: Option<u64>,

    #[command(flatten)]
    asking: AskingArguments,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context) -> Result<Exit, Failure> {
    let client = arguments.asking.client(context)?;
    let (service, version) = &arguments.candidate;
    let path = format!(
        "/api/v1/can-deploy?service={}&version={}&environment={}",
        encode(service),
        encode(version),
        encode(&arguments.environment)
    );
    let deadline = Instant::now() + Duration::from_secs(arguments.wait.unwrap_or(0));
    let document = loop {
        let document = client.get("answer", &path)?;
        let now = Instant::now();
        if document["answer"] != "unknown" || now >= deadline {
            break document;
        }
        context.remark("unknown so far, waiting");
        std::thread::sleep(PAUSE.min(deadline - now));
    };
    match arguments.asking.list.format {
        ListFormat::Json => render::json(&document, &mut context.stdout)?,
        ListFormat::Text => write(&document, arguments, context)?,
    }
    // Anything but a clear yes is not a yes.
    Ok(if document["answer"] == "yes" { Exit::Clean } else { Exit::Findings })
}

fn write(document: &Value, arguments: &Arguments, context: &mut Context) -> Result<(), Failure> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (service, version) = &arguments.candidate;
    let out = &mut context.stdout;
    writeln!(out, "{}: {service} {version} to {}", text(&document["answer"]), arguments.environment)?;
    let rows = document["rows"].as_array().cloned().unwrap_or_default();
    if rows.is_empty() {
        writeln!(out, "  {}", text(&document["reason"]))?;
    }
    for row in &rows {
        writeln!(out, "  {:<8}{}", text(&row["answer"]), text(&row["reason"]))?;
        if let Some(help) = row["help"].as_str() {
            writeln!(out, "          = help: {help}")?;
        }
    }
    if let Some(token) = document["token"].as_str().filter(|_| document["answer"] == "yes") {
        let place = &arguments.environment;
        writeln!(out, "  record it: counterpart deploy record {service}@{version} --to {place} --if-match {token}")?;
    }
    Ok(())
}
