//! `counterpart doctor`: what keeps checks from working, before somebody wonders.

use std::io::Write;

use clap::Args;

use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::{ListArguments, ListFormat};
use crate::cli::project::Place;
use crate::config::found_contracts;
use crate::finding::Problem;
use crate::formats::{self, CompareOptions};
use crate::render;
use crate::source::load::{
    OpenContext, PathStyle, Repository, default_branch, has_uncommitted, last_release, merge_base, open_selection,
};

/// Arguments of `doctor`.
#[derive(Debug, Args)]
#[command(after_help = "Exit codes: 0 nothing is wrong, 1 something is.")]
pub struct Arguments {
    #[command(flatten)]
    list: ListArguments,
}

/// One thing that was looked at.
#[derive(Debug, serde::Serialize)]
struct Row {
    name: &'static str,
    state: State,
    found: String,
    help: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Ok,
    /// Works, but not for everything.
    Note,
    Wrong,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context) -> Result<Exit, Failure> {
    let mut rows = vec![ok("counterpart", env!("CARGO_PKG_VERSION").to_owned())];
    match Place::find(context) {
        Ok(place) => {
            rows.push(match &place.project {
                Some(project) => ok("settings", project.shown.clone()),
                None => note("settings", "none, so the defaults hold", "`counterpart init` writes a project file"),
            });
            match &place.repository {
                Some(repository) => git(repository, &place, &mut rows),
                None => rows.push(note("git", "no repository here", "name the old version with `--against`")),
            }
            contracts(&place, context, &mut rows);
            registry(&place, &mut rows);
        }
        Err(problem) => rows.push(wrong("settings", &problem)),
    }
    network(&mut rows);
    let is_wrong = rows.iter().any(|row| row.state == State::Wrong);
    match arguments.list.format {
        ListFormat::Json => render::json(&rows, &mut context.stdout)?,
        ListFormat::Text => {
            for row in &rows {
                let mark = match row.state {
                    State::Ok => "ok   ",
                    State::Note => "note ",
                    State::Wrong => "WRONG",
                };
                writeln!(context.stdout, "{mark} {}: {}", row.name, row.found)?;
                if let Some(help) = &row.help {
                    writeln!(context.stdout, "      help: {help}")?;
                }
            }
        }
    }
    Ok(if is_wrong { Exit::Findings } else { Exit::Clean })
}

fn ok(name: &'static str, found: String) -> Row {
    Row { name, state: State::Ok, found, help: None }
}

fn note(name: &'static str, found: &str, help: &str) -> Row {
    Row { name, state: State::Note, found: found.to_owned(), help: Some(help.to_owned()) }
}

fn wrong(name: &'static str, problem: &Problem) -> Row {
    let place = problem.location.as_ref().map_or_else(String::new, |at| format!(" ({}:{})", at.path, at.start_line));
    Row { name, state: State::Wrong, found: format!("{}{place}", problem.message), help: problem.help.clone() }
}

fn git(repository: &Repository, place: &Place, rows: &mut Vec<Row>) {
    rows.push(match repository.ask(&["--version"]) {
        Ok(version) => ok("git", format!("{} in {}", version.unwrap_or_default(), repository.root())),
        Err(problem) => wrong("git", &problem),
    });
    rows.push(match repository.is_shallow() {
        Ok(false) => ok("history", "complete".to_owned()),
        Ok(true) => note(
            "history",
            "shallow: bases and tags may be missing",
            "`git fetch --unshallow --tags` (in GitHub Actions: `fetch-depth: 0` for actions/checkout)",
        ),
        Err(problem) => wrong("history", &problem),
    });
    rows.push(match default_branch(repository) {
        Ok(Some(name)) => ok("default branch", name),
        Ok(None) => note(
            "default branch",
            "none of `origin/HEAD`, `main`, `master` exists",
            "`git remote set-head origin --auto`, or `base = \"git:BRANCH\"` in counterpart.toml",
        ),
        Err(problem) => wrong("default branch", &problem),
    });
    let prefix = repository.path_inside(&place.root).unwrap_or_default();
    rows.push(match merge_base(repository, || has_uncommitted(repository, &prefix, false)) {
        Ok(base) => ok("base of `check`", format!("{} ({})", base.input, base.reason)),
        Err(problem) => wrong("base of `check`", &problem),
    });
    rows.push(match last_release(repository, &[]) {
        Ok(Some(release)) => ok("last release", release.tag),
        Ok(None) => note(
            "last release",
            "no version tag in HEAD, so the bump is measured against the base",
            "tag releases as `v1.2.3`, or name one with `--released`",
        ),
        Err(problem) => wrong("last release", &problem),
    });
}

fn contracts(place: &Place, context: &Context, rows: &mut Vec<Row>) {
    let open_context =
        OpenContext { paths: PathStyle::FromRepository, ..OpenContext::new(&context.cwd, &context.network) };
    let tree = match open_selection(&place.root, &open_context) {
        Ok(tree) => tree,
        Err(problem) => return rows.push(wrong("contracts", &problem)),
    };
    let found = found_contracts(&formats::all(), &*tree, &CompareOptions::new(Context::today(None)));
    if found.is_empty() {
        let problem = Problem::new("no-contracts", format!("none among {} files", tree.entries().len()))
            .with_help("run this where OpenAPI documents or .proto files are");
        return rows.push(wrong("contracts", &problem));
    }
    let mut counts = std::collections::BTreeMap::new();
    for contract in &found {
        *counts.entry(contract.format).or_insert(0_usize) += 1;
    }
    let counts: Vec<String> = counts.into_iter().map(|(format, count)| format!("{count} {format}")).collect();
    rows.push(ok("contracts", counts.join(", ")));
}

fn registry(place: &Place, rows: &mut Vec<Row>) {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let configured = place.project.as_ref().and_then(|project| project.file.registry.url.clone());
    let Some(address) = set("COUNTERPART_REGISTRY").or(configured) else {
        return rows.push(ok("registry", "none".to_owned()));
    };
    rows.push(if set("COUNTERPART_TOKEN").is_some() {
        ok("registry", format!("{address}, with a token"))
    } else {
        note("registry", &format!("{address}, without a token"), "set COUNTERPART_TOKEN to publish")
    });
}

fn network(rows: &mut Vec<Row>) {
    let names = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "NO_PROXY"];
    let set: Vec<&str> =
        names.into_iter().filter(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty())).collect();
    let found = if set.is_empty() { "none".to_owned() } else { format!("from {}", set.join(", ")) };
    rows.push(ok("proxy", found));
}
