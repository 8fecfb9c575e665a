//! `counterpart pull`: a contract from the registry into a directory, with a lock file that says which.

use std::fs;
use std::io::Write;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use serde_json::Value;

use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::cli::publish::{LOCK_FILE, count, read_lock};
use crate::cli::registry_access::{RegistryArguments, reference};
use crate::finding::Problem;
use crate::registry::client::{Client, Reference};

/// Arguments of `pull`.
#[derive(Debug, Args)]
#[command(
    after_help = "What is pulled is written down in DIR/counterpart.lock. `publish DIR` reads that file, so that the\n\
                        registry knows what your service was built against."
)]
pub struct Arguments {
    /// `SERVICE`, `SERVICE@VERSION`, `SERVICE@branch:NAME` or `SERVICE@environment:NAME`.
    #[arg(value_name = "REF", value_parser = reference)]
    reference: Reference,

    /// Where to; each service gets a folder of its own.
    #[arg(long, value_name = "DIR")]
    output_dir: Utf8PathBuf,

    #[command(flatten)]
    registry: RegistryArguments,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context) -> Result<Exit, Failure> {
    let client = arguments.registry.client(context)?;
    let version = resolve_one(&client, &arguments.reference)?;
    let service = &arguments.reference.service;
    let files = fetch(&client, service, &version)?;
    let target = context.cwd.join(&arguments.output_dir);
    let folder = target.join(service);
    for (path, bytes) in &files {
        write(&folder.join(inside(path)?), bytes)?;
    }
    lock(&target.join(LOCK_FILE), service, &version)?;
    writeln!(
        context.stdout,
        "pulled: {service} {version} ({}) into {}",
        count(files.len(), "file"),
        arguments.output_dir.join(service)
    )?;
    Ok(Exit::Clean)
}

/// The one version that a reference stands for.
pub(crate) fn resolve_one(client: &Client, reference: &Reference) -> Result<String, Problem> {
    let document = client.get("say which version that is", &reference.resolve_path())?;
    let versions: Vec<&str> =
        document["versions"].as_array().into_iter().flatten().filter_map(|entry| entry["version"].as_str()).collect();
    match versions.as_slice() {
        [one] => Ok((*one).to_owned()),
        [] => Err(Problem::new("no-version", format!("the registry has no such version of `{}`", reference.service))),
        several => {
            let problem = format!("several versions of `{}` run there: {}", reference.service, several.join(", "));
            Err(Problem::new("several-versions", problem).with_help("name one of them: SERVICE@VERSION"))
        }
    }
}

/// The files of a version's contract.
pub(crate) fn fetch(client: &Client, service: &str, version: &str) -> Result<Vec<(String, Vec<u8>)>, Problem> {
    let path = format!("{}/contract", Reference::version_path(service, version));
    let document = client.get("give out the contract", &path)?;
    let files = document["files"].as_array().into_iter().flatten();
    files
        .map(|file| {
            let field = |key: &str| file[key].as_str().unwrap_or_default();
            let bytes = STANDARD.decode(field("content"));
            let bytes = bytes.map_err(|_| Problem::new("registry", "the registry sent a file that is not base64"))?;
            // What was published is what was fetched, whoever stands in between.
            if crate::registry::domain::Digest::of(&bytes).to_string() != field("sha256") {
                let message = format!("`{}` of {service} {version} is not what was published", field("path"));
                return Err(Problem::new("wrong-content", message));
            }
            Ok((field("path").to_owned(), bytes))
        })
        .collect()
}

/// A path that stays below the folder it is joined to, whatever a registry says.
fn inside(path: &str) -> Result<&Utf8Path, Problem> {
    let is_plain =
        !path.is_empty() && !path.contains('\\') && path.split('/').all(|part| !matches!(part, "" | "." | ".."));
    if is_plain && !path.contains(':') {
        return Ok(Utf8Path::new(path));
    }
    Err(Problem::new("bad-path", format!("the registry sent a file named `{path}`, which would be written elsewhere")))
}

fn write(path: &Utf8Path, bytes: &[u8]) -> Result<(), Problem> {
    let failed = |error: std::io::Error| Problem::new("unwritable", format!("`{path}` cannot be written: {error}"));
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(failed)?;
    }
    fs::write(path, bytes).map_err(failed)
}

fn lock(path: &Utf8Path, service: &str, version: &str) -> Result<(), Problem> {
    let mut pulled = vec![(service.to_owned(), version.to_owned())];
    read_lock(path, &mut pulled)?;
    pulled.sort();
    let mut text = String::from("# Written by `counterpart pull`; `counterpart publish` reads it. Commit it.\n");
    for (service, version) in pulled {
        let quote = |text: &str| Value::String(text.to_owned()).to_string();
        text.push_str(&format!("\n[[pulled]]\nservice = {}\nversion = {}\n", quote(&service), quote(&version)));
    }
    write(path, text.as_bytes())
}
