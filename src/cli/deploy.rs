//! `counterpart deploy record` and `undeploy`: what runs where.

use std::io::Write;

use clap::{Args, Subcommand};
use serde_json::json;

use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::cli::registry_access::{RegistryArguments, service_version};
use crate::finding::Problem;

/// Arguments of `deploy`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Deploy,
}

#[derive(Debug, Subcommand)]
enum Deploy {
    /// Record that a version runs in an environment now, in the place of the one before.
    Record(Record),
    /// Record that a version is in the hands of users, beside others (an app in a store).
    Release(Record),
}

#[derive(Debug, Args)]
struct Record {
    /// The service and its version.
    #[arg(value_name = "SERVICE@VERSION", value_parser = service_version)]
    candidate: (String, String),

    /// Where.
    #[arg(long = "to", value_name = "ENVIRONMENT")]
    environment: String,

    /// Which of several instances in the environment (a region, a customer).
    #[arg(long, value_name = "NAME")]
    instance: Option<String>,

    /// The token of a `can-deploy` answer: refuse if what it rested on has changed.
    #[arg(long, value_name = "TOKEN")]
    if_match: Option<String>,

    #[command(flatten)]
    registry: RegistryArguments,
}

/// Arguments of `undeploy`.
#[derive(Debug, Args)]
pub struct UndeployArguments {
    /// The service.
    #[arg(value_name = "SERVICE")]
    service: String,

    /// Where it no longer runs.
    #[arg(long = "from", value_name = "ENVIRONMENT")]
    environment: String,

    /// Which of several instances.
    #[arg(long, value_name = "NAME")]
    instance: Option<String>,

    #[command(flatten)]
    registry: RegistryArguments,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context) -> Result<Exit, Failure> {
    let (record, path, word) = match &arguments.command {
        Deploy::Record(record) => (record, "/api/v1/deployments", "deployed"),
        Deploy::Release(record) => (record, "/api/v1/releases", "released"),
    };
    let client = record.registry.client(context)?;
    let (service, version) = &record.candidate;
    let body = json!({
        "service": service, "version": version, "environment": record.environment, "instance": record.instance,
    });
    let quoted = record.if_match.as_ref().map(|token| format!("\"{token}\""));
    let condition: Vec<(&str, &str)> = quoted.iter().map(|token| ("if-match", token.as_str())).collect();
    let answer = client.send(reqwest::Method::POST, path, Some(&body), &condition)?;
    if answer.status == 412 {
        let detail = answer.json()["detail"].as_str().unwrap_or_default().to_owned();
        writeln!(context.stdout, "refused: {detail}")?;
        return Ok(Exit::Findings);
    }
    if answer.status >= 300 {
        return Err(answer.problem("record that").into());
    }
    let again = if answer.json()["created"] == true { "" } else { " (it was recorded already)" };
    writeln!(context.stdout, "{word}: {service} {version} to {}{again}", record.environment)?;
    Ok(Exit::Clean)
}

pub(crate) fn undeploy(arguments: &UndeployArguments, context: &mut Context) -> Result<Exit, Failure> {
    let client = arguments.registry.client(context)?;
    let body = json!({
        "service": arguments.service, "environment": arguments.environment, "instance": arguments.instance,
    });
    let answer = client.post("record that", "/api/v1/deployments/end", &body)?;
    if answer["ended"] == 0 {
        let message = format!("{} is not recorded as deployed to {}", arguments.service, arguments.environment);
        return Err(Problem::new("not-deployed", message).into());
    }
    writeln!(context.stdout, "undeployed: {} from {}", arguments.service, arguments.environment)?;
    Ok(Exit::Clean)
}
