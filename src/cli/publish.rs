//! `counterpart publish`: contracts and pacts of a version to the registry.

use std::io::Write;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use camino::Utf8PathBuf;
use clap::Args;
use serde_json::{Value, json};

use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::ListFormat;
use crate::cli::registry_access::{AskingArguments, service_version};
use crate::finding::Problem;
use crate::registry::client::Reference;
use crate::render;
use crate::source::load::{OpenContext, open};

/// The lock file that `pull` writes, in the directory that it pulled into.
pub(crate) const LOCK_FILE: &str = "counterpart.lock";

/// Arguments of `publish`.
#[derive(Debug, Args)]
#[command(
    after_help = "Publishing the same again changes nothing. The same version with other content is refused: a\n\
                        published version never changes.\n\nExit codes: 0 published, 1 the contract breaks consumers or \
                        contradicts what is published, 2 not done."
)]
pub struct Arguments {
    /// Contracts and pacts: files or directories. Pacts are recognised by what is in them.
    #[arg(value_name = "FILE")]
    files: Vec<Utf8PathBuf>,

    /// The service that offers the contracts and has the pacts.
    #[arg(long, value_name = "NAME")]
    service: String,

    /// Its version.
    #[arg(long, value_name = "VERSION")]
    version: String,

    /// The branch that the version is of.
    #[arg(long, value_name = "NAME")]
    branch: Option<String>,

    /// A tag for the version.
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,

    /// The build that made it.
    #[arg(long, value_name = "URL")]
    build_url: Option<String>,

    /// A service and version that this one was built against (default: what lock files of `pull` say).
    #[arg(long, value_name = "SERVICE@VERSION", value_parser = service_version)]
    consumes: Vec<(String, String)>,

    /// The lock file that says what this version was built against (default: counterpart.lock here, if it is there).
    #[arg(long, value_name = "FILE")]
    lock: Option<Utf8PathBuf>,

    /// Refuse if the version exists already, whatever it has.
    #[arg(long)]
    only_if_new: bool,

    #[command(flatten)]
    asking: AskingArguments,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context) -> Result<Exit, Failure> {
    let client = arguments.asking.client(context)?;
    let mut files = Vec::new();
    let mut pacts = Vec::new();
    let mut consumes = arguments.consumes.clone();
    for argument in &arguments.files {
        collect(argument, context, &mut files, &mut pacts, &mut consumes)?;
    }
    match &arguments.lock {
        Some(path) => {
            let path = context.cwd.join(path);
            if !path.is_file() {
                return Err(Problem::new("no-lock-file", format!("there is no lock file `{path}`")).into());
            }
            read_lock(&path, &mut consumes)?;
        }
        None => read_lock(&context.cwd.join(LOCK_FILE), &mut consumes)?,
    }
    if files.is_empty()
        && pacts.is_empty()
        && consumes.is_empty()
        && arguments.branch.is_none()
        && arguments.tags.is_empty()
    {
        let problem = Problem::new("nothing-to-publish", "there is nothing to publish");
        return Err(problem.with_help("name the files of the contract, pacts, or `--consumes SERVICE@VERSION`").into());
    }
    files.sort();
    if let Some(twice) = files.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        return Err(Problem::new("same-path", format!("two files would be published as `{}`", twice[0].0)).into());
    }
    let body = json!({
        "branch": arguments.branch,
        "tags": arguments.tags,
        "build_url": arguments.build_url,
        "consumes": consumes.iter().map(|(service, version)| json!({"service": service, "version": version})).collect::<Vec<_>>(),
        "files": files.iter().map(|(path, bytes)| json!({"path": path, "content": STANDARD.encode(bytes)})).collect::<Vec<_>>(),
        "pacts": pacts.iter().map(|bytes| json!({"content": STANDARD.encode(bytes)})).collect::<Vec<_>>(),
    });
    let path = Reference::version_path(&arguments.service, &arguments.version);
    let condition: &[(&str, &str)] = if arguments.only_if_new { &[("if-none-match", "*")] } else { &[] };
    let answer = client.send(reqwest::Method::PUT, &path, Some(&body), condition)?;
    let document = answer.json();
    let is_refusal = matches!(answer.status, 409 | 412);
    if answer.status >= 300 && !is_refusal {
        return Err(answer.problem("publish").into());
    }
    match arguments.asking.list.format {
        ListFormat::Json => render::json(&document, &mut context.stdout)?,
        ListFormat::Text if is_refusal => write_refusal(&document, context)?,
        ListFormat::Text => {
            let (service, version) = (&arguments.service, &arguments.version);
            let word = if document["created"] == true || document["contract_created"] == true {
                "published"
            } else {
                "unchanged"
            };
            writeln!(
                context.stdout,
                "{word}: {service} {version} ({}, {})",
                count(files.len(), "file"),
                count(pacts.len(), "pact")
            )?;
        }
    }
    Ok(if is_refusal { Exit::Findings } else { Exit::Clean })
}

pub(crate) fn count(number: usize, word: &str) -> String {
    if number == 1 { format!("1 {word}") } else { format!("{number} {word}s") }
}

/// The findings, as `check` would show them in short.
fn write_refusal(document: &Value, context: &mut Context) -> Result<(), Failure> {
    writeln!(context.stdout, "refused: {}", document["detail"].as_str().unwrap_or("it contradicts what is published"))?;
    for finding in document["report"]["findings"].as_array().into_iter().flatten() {
        if finding["severity"] != "error" {
            continue;
        }
        let text = |key: &str| finding[key].as_str().unwrap_or_default().to_owned();
        writeln!(context.stdout, "  error[{}]: {}", text("rule"), text("message"))?;
        if let Some(help) = finding["help"].as_str() {
            writeln!(context.stdout, "    = help: {help}")?;
        }
    }
    Ok(())
}

type Files = Vec<(String, Vec<u8>)>;

fn collect(
    argument: &Utf8PathBuf,
    context: &Context,
    files: &mut Files,
    pacts: &mut Vec<Vec<u8>>,
    consumes: &mut Vec<(String, String)>,
) -> Result<(), Problem> {
    // What was pulled into a directory is what others offer, not what this service does.
    let mut pulled = Vec::new();
    read_lock(&context.cwd.join(argument).join(LOCK_FILE), &mut pulled)?;
    let tree = open(argument.as_str(), &OpenContext::new(&context.cwd, &context.network))?;
    let is_own = |path: &str| !pulled.iter().any(|(service, _)| path.starts_with(&format!("{service}/")));
    let paths: Vec<&str> = tree.entries().iter().map(|entry| entry.path.as_str()).filter(|path| is_own(path)).collect();
    for (path, bytes) in paths.iter().zip(tree.read(&paths)) {
        let bytes = bytes.map_err(|error| Problem::new("unreadable", error.to_string()))?;
        if is_pact(&bytes) {
            pacts.push(bytes.to_vec());
        } else {
            let name = if tree.is_single_file() { argument.file_name().unwrap_or(path) } else { path };
            files.push((name.to_owned(), bytes.to_vec()));
        }
    }
    for entry in pulled {
        if !consumes.iter().any(|(known, _)| *known == entry.0) {
            consumes.push(entry);
        }
    }
    Ok(())
}

fn is_pact(bytes: &[u8]) -> bool {
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    if first != Some(&b'{') {
        return false;
    }
    let Ok(Value::Object(json)) = serde_json::from_slice(bytes) else { return false };
    crate::registry::domain::PactDocument::looks_like_one(&json)
}

/// Adds what a lock file names, unless the command line says something else about the same service.
pub(crate) fn read_lock(path: &camino::Utf8Path, consumes: &mut Vec<(String, String)>) -> Result<(), Problem> {
    let Ok(text) = std::fs::read_to_string(path) else { return Ok(()) };
    let broken =
        |error: &dyn std::fmt::Display| Problem::new("bad-lock-file", format!("`{path}` cannot be read: {error}"));
    let document: toml::Table = text.parse().map_err(|error| broken(&error))?;
    let pulled =
        document.get("pulled").and_then(toml::Value::as_array).ok_or_else(|| broken(&"`[[pulled]]` is missing"))?;
    for entry in pulled {
        let field = |key: &str| entry.get(key).and_then(toml::Value::as_str).map(str::to_owned);
        let (Some(service), Some(version)) = (field("service"), field("version")) else {
            return Err(broken(&"an entry has no service or version"));
        };
        if !consumes.iter().any(|(known, _)| *known == service) {
            consumes.push((service, version));
        }
    }
    Ok(())
}
