//! `counterpart deprecations`: what is deprecated, until when it works, and what may be removed now.

use std::io::Write;

use camino::Utf8PathBuf;
use clap::Args;
use jiff::civil::Date;

use crate::cli::context::Context;
use crate::cli::date;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::{ListArguments, ListFormat};
use crate::cli::project::Place;
use crate::config::{Overrides, Settings};
use crate::finding::{Finding, Retirement};
use crate::formats::{self, Side};
use crate::render;
use crate::source::Tree;
use crate::source::load::{OpenContext, PathStyle, open_selection};

/// Arguments of `deprecations`.
#[derive(Debug, Args)]
#[command(
    after_help = "The last day stands in `x-sunset` (OpenAPI, JSON Schema) or in the comment of a protobuf element\n\
                        (`Sunset: 2027-01-31`). From the next day on, removing it is no longer an error."
)]
pub struct Arguments {
    /// Only contracts at these paths and below (default: the whole project).
    #[arg(value_name = "PATH")]
    paths: Vec<Utf8PathBuf>,

    /// Only what may be removed now.
    #[arg(long)]
    due: bool,

    /// The day that counts (default: today).
    #[arg(long, value_name = "DATE", env = "COUNTERPART_TODAY", hide_env_values = true, value_parser = date::parse)]
    today: Option<Date>,

    #[command(flatten)]
    list: ListArguments,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context) -> Result<Exit, Failure> {
    let place = Place::find(context)?;
    let settings = place.settings(&Overrides::default(), Context::today(arguments.today));
    let open_context =
        OpenContext { paths: PathStyle::FromRepository, ..OpenContext::new(&context.cwd, &context.network) };
    let tree = open_selection(&place.root, &open_context)?;
    let mut found = in_tree(&*tree, &settings);
    let root = place.shown_root();
    let wanted: Vec<String> = arguments.paths.iter().map(|path| within(&root, path.as_str())).collect();
    found.retain(|item| wanted.is_empty() || wanted.iter().any(|path| is_at(&item.location.path, path)));
    found.retain(|item| item.may_be_removed || !arguments.due);
    if arguments.list.format == ListFormat::Json {
        render::json(
            &serde_json::json!({"schema": "counterpart/deprecations/1", "deprecations": found}),
            &mut context.stdout,
        )?;
        return Ok(Exit::Clean);
    }
    if found.is_empty() {
        let what = if arguments.due { "nothing may be removed now" } else { "nothing is deprecated" };
        writeln!(context.stdout, "{what}")?;
    }
    for item in &found {
        let until = match (&item.sunset, item.may_be_removed) {
            (Some(day), true) => format!("may be removed since its sunset {day}"),
            (Some(day), false) => format!("works until {day}"),
            (None, _) => "no sunset is announced".to_owned(),
        };
        let at = &item.location;
        writeln!(context.stdout, "{}:{}:{}: {}: {until}", at.path, at.start_line, at.start_column, item.name)?;
    }
    Ok(Exit::Clean)
}

fn within(root: &str, path: &str) -> String {
    let path = path.strip_prefix("./").unwrap_or(path).trim_end_matches('/');
    if root.is_empty() || path.starts_with(root) { path.to_owned() } else { format!("{root}/{path}") }
}

fn is_at(path: &str, wanted: &str) -> bool {
    wanted.is_empty()
        || wanted == "."
        || path == wanted
        || path.strip_prefix(wanted).is_some_and(|rest| rest.starts_with('/'))
}

/// Everything deprecated in a tree, sorted.
fn in_tree(tree: &dyn Tree, settings: &Settings) -> Vec<Retirement> {
    let mut found = Vec::new();
    for format in formats::all() {
        let discovered = format.discover(tree, &settings.options);
        let side = Side { tree, contracts: &discovered.contracts };
        found.extend(format.retirements(&side, &settings.options));
    }
    found.sort();
    found.dedup();
    found
}

/// What may be removed now from the contracts that changed: only files that findings are in are looked at, so that a check
/// stays as quick as the change is small.
pub(crate) fn due(tree: &dyn Tree, findings: &[Finding], settings: &Settings) -> Vec<Retirement> {
    let changed: Vec<&str> =
        findings.iter().filter_map(|finding| finding.location.as_ref()).map(|place| place.path.as_str()).collect();
    let mut found = Vec::new();
    for format in formats::all() {
        let mut discovered = format.discover(tree, &settings.options);
        for contract in &mut discovered.contracts {
            contract.files.retain(|file| changed.contains(&tree.display_path(file).as_str()));
        }
        discovered.contracts.retain(|contract| !contract.files.is_empty());
        if discovered.contracts.is_empty() {
            continue;
        }
        let side = Side { tree, contracts: &discovered.contracts };
        found.extend(format.retirements(&side, &settings.options).into_iter().filter(|item| item.may_be_removed));
    }
    found.sort();
    found.dedup();
    found
}
