//! `counterpart bump`: the version that the changes require, written back.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use clap::{Args, ValueEnum};

use crate::bump::{Plan, PlanOptions, PreRelease, locate, merge_section, raised_by_commits, section};
use crate::cli::check;
use crate::cli::compare::CompareArguments;
use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::{ReportFormat, replace_file, unwritable};
use crate::cli::project::Place;
use crate::cli::release::{Baseline, Move, groups, plan_group};
use crate::finding::{Bump, Problem, Report};
use crate::policy::Version;
use crate::source::load::has_uncommitted;

/// What `--print` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Printed {
    /// The next version.
    Next,
    /// The released version.
    Current,
    /// The required bump.
    Bump,
}

/// Arguments of `bump`.
#[derive(Debug, Args)]
#[command(
    after_help = "The bump is measured against the last release (a version tag, or --against), not the last commit.\n\
                        Only version tokens change; running it twice changes nothing."
)]
pub struct Arguments {
    /// Contracts to bump (default: the whole project).
    #[arg(value_name = "PATH")]
    paths: Vec<Utf8PathBuf>,

    /// Compare with INPUT instead of the last release.
    #[arg(long, value_name = "INPUT")]
    against: Option<String>,

    /// Write nothing; exit 1 if something would change.
    #[arg(long, conflicts_with_all = ["dry_run", "print", "tag"])]
    check: bool,

    /// Write nothing; show what would change.
    #[arg(long, conflicts_with_all = ["print", "tag"])]
    dry_run: bool,

    /// Write nothing; print only this, for scripts.
    #[arg(long, value_enum, value_name = "WHAT", conflicts_with = "tag")]
    print: Option<Printed>,

    /// Tag HEAD with the version (annotated); the tree must be clean.
    #[arg(long)]
    tag: bool,

    /// Make the next version a pre-release: rc, beta.
    #[arg(long, value_name = "LABEL", conflicts_with = "release")]
    pre: Option<String>,

    /// Make a pre-release final.
    #[arg(long)]
    release: bool,

    /// Turn 0.x into 1.0.0.
    #[arg(long)]
    graduate: bool,

    /// Add a section for the version to a Keep-a-Changelog file; `-` prints it.
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "CHANGELOG.md")]
    changelog: Option<String>,

    /// Let conventional commits since the release raise the bump (they never lower it).
    #[arg(long)]
    commits: bool,

    #[command(flatten)]
    compare: CompareArguments,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context) -> Result<Exit, Failure> {
    let place = Place::find(context)?;
    let baseline = Baseline::find(arguments.against.as_deref(), &place)?;
    let report = match &baseline.input {
        Some(input) => {
            let base = (input.clone(), baseline.reason.clone());
            let arguments = check::Arguments::with_release(arguments.paths.clone(), base, arguments.compare.clone());
            check::compare(&arguments, context)?.0
        }
        None => return Ok(first_release(arguments, context)),
    };
    let claimed = if arguments.commits { claimed(&place, &baseline, context)? } else { Bump::None };
    let moves = plan_all(arguments, &place, &baseline, &report, claimed)?;
    if let Some(printed) = arguments.print {
        return print(printed, &moves, &report, context);
    }
    if arguments.tag {
        return tag(&place, &moves, context);
    }
    let raised: Vec<&Move> = moves.iter().filter(|item| matches!(item.plan, Plan::Raise { .. })).collect();
    if arguments.compare.output.format == ReportFormat::Json {
        write_json(&moves, context)?;
    } else {
        describe(&moves, &report, arguments, context)?;
    }
    if arguments.check {
        return Ok(if raised.is_empty() { Exit::Clean } else { Exit::Findings });
    }
    if !arguments.dry_run {
        write_versions(&place, &raised)?;
    }
    changelog(arguments, &place, &raised, &report, context)?;
    Ok(Exit::Clean)
}

fn first_release(arguments: &Arguments, context: &mut Context) -> Exit {
    context.remark("there is no release yet (no version tag): the declared versions stand as they are");
    if arguments.print == Some(Printed::Bump) {
        let _ = writeln!(context.stdout, "none");
    }
    Exit::Clean
}

/// What the commit messages since the release claim.
fn claimed(place: &Place, baseline: &Baseline, context: &mut Context) -> Result<Bump, Problem> {
    let (Some(repository), Some(tag)) = (&place.repository, &baseline.tag) else { return Ok(Bump::None) };
    let output = repository
        .run(&["log", "-z", "--format=%B", &format!("{tag}..HEAD")])
        .map_err(|failure| failure.into_problem("read the commit messages"))?;
    let text = String::from_utf8_lossy(&output);
    let bump = raised_by_commits(text.split('\0'));
    if bump > Bump::None {
        context.remark(&format!("the commit messages since {tag} claim a {} bump", bump.word()));
    }
    Ok(bump)
}

fn plan_all(
    arguments: &Arguments,
    place: &Place,
    baseline: &Baseline,
    report: &Report,
    claimed: Bump,
) -> Result<Vec<Move>, Problem> {
    let pre_release = match &arguments.pre {
        Some(label) => PreRelease::Label(label.clone()),
        None if arguments.release => PreRelease::Final,
        None => PreRelease::Keep,
    };
    let options = PlanOptions { pre_release, graduate: arguments.graduate };
    let mut moves = Vec::new();
    for group in groups(place, report) {
        moves.extend(plan_group(place, baseline, report, group, claimed, &options)?);
    }
    Ok(moves)
}

fn print(printed: Printed, moves: &[Move], report: &Report, context: &mut Context) -> Result<Exit, Failure> {
    for item in moves {
        let text = match (printed, &item.plan) {
            (Printed::Next, Plan::Raise { next, .. }) => next.as_str(),
            (Printed::Next, Plan::Nothing) => item.declared.as_str(),
            (Printed::Current, _) => item.current.as_deref().unwrap_or(&item.declared),
            (Printed::Bump, _) if moves.len() == 1 => report.summary.required_bump.word(),
            (Printed::Bump, _) => item.required.word(),
        };
        // One contract prints the bare version, for `$(…)`.
        let line = if moves.len() == 1 { text.to_owned() } else { format!("{} {text}", item.name) };
        writeln!(context.stdout, "{line}")?;
    }
    Ok(Exit::Clean)
}

fn describe(moves: &[Move], report: &Report, arguments: &Arguments, context: &mut Context) -> Result<(), Failure> {
    let will = if arguments.dry_run || arguments.check { "would become" } else { "becomes" };
    for item in moves {
        match &item.plan {
            Plan::Nothing => writeln!(context.stdout, "{}: {} stays", item.name, item.declared)?,
            Plan::Raise { next, .. } if item.targets.is_empty() && item.tag.is_none() => {
                writeln!(
                    context.stdout,
                    "{}: breaks package {}: put the new form into a package {next} beside it, and keep {} until nobody uses it",
                    item.name, item.declared, item.declared
                )?;
            }
            Plan::Raise { next, .. } => {
                writeln!(context.stdout, "{}: {} {will} {next} ({})", item.name, item.declared, item.required.word())?;
            }
        }
        let decided =
            report.findings.iter().filter(|finding| finding.bump == item.required && item.required > Bump::None);
        for finding in decided.filter(|finding| finding.contract == item.name || moves.len() == 1).take(5) {
            writeln!(context.stdout, "    {}: {}", finding.rule, finding.message)?;
        }
    }
    if moves.is_empty() {
        writeln!(context.stdout, "no contract declares a version, and no tag does")?;
    }
    Ok(())
}

fn write_json(moves: &[Move], context: &mut Context) -> Result<(), Failure> {
    let rows: Vec<_> = moves
        .iter()
        .map(|item| {
            let next = match &item.plan {
                Plan::Raise { next, .. } => next.as_str(),
                Plan::Nothing => item.declared.as_str(),
            };
            let files: Vec<_> = item.targets.iter().map(|(target, _)| target.path.as_str()).collect();
            serde_json::json!({
                "name": item.name, "released": item.current, "declared": item.declared, "required_bump": item.required,
                "next": next, "changes": item.plan != Plan::Nothing, "files": files, "tag": item.tag,
            })
        })
        .collect();
    crate::render::json(&serde_json::json!({"schema": "counterpart/bump/1", "versions": rows}), &mut context.stdout)?;
    Ok(())
}

/// Writes all files, or none: every text is made before the first is written.
fn write_versions(place: &Place, raised: &[&Move]) -> Result<(), Failure> {
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    for item in raised {
        let Plan::Raise { next, .. } = &item.plan else { continue };
        for (target, _) in &item.targets {
            let text = match texts.remove(&target.path) {
                Some(text) => text,
                None => std::fs::read_to_string(&target.path).map_err(|error| {
                    Problem::new("unreadable", format!("`{}` could not be read: {error}", target.path))
                })?,
            };
            // An earlier target of the same file may have moved this one.
            let located = locate(target, &text)?;
            let written = like(&located.text, next);
            texts.insert(
                target.path.clone(),
                format!("{}{written}{}", &text[..located.range.start], &text[located.range.end..]),
            );
        }
    }
    for (path, text) in &texts {
        let path = place.root.join(path);
        replace_file(&path, text.as_bytes()).map_err(|error| unwritable(&path, &error))?;
    }
    Ok(())
}

/// The version as this file writes versions: with or without a leading `v`.
fn like(current: &str, next: &str) -> String {
    let bare = next.strip_prefix('v').unwrap_or(next);
    if current.starts_with('v') { format!("v{bare}") } else { bare.to_owned() }
}

fn changelog(
    arguments: &Arguments,
    place: &Place,
    raised: &[&Move],
    report: &Report,
    context: &mut Context,
) -> Result<(), Failure> {
    let Some(file) = &arguments.changelog else { return Ok(()) };
    let Some(Plan::Raise { next, .. }) = raised.first().map(|item| &item.plan) else { return Ok(()) };
    let text = section(&report.findings);
    if file == "-" || arguments.dry_run {
        write!(context.stdout, "{text}")?;
        return Ok(());
    }
    let path = place.root.join(file);
    let before = std::fs::read_to_string(&path).unwrap_or_default();
    let today = Context::today(arguments.compare.today).to_string();
    let after = merge_section(&before, next, &today, &text);
    if after != before {
        replace_file(&path, after.as_bytes()).map_err(|error| unwritable(&path, &error))?;
    }
    Ok(())
}

/// Tags HEAD with what is declared. Files that still have to be raised are committed first, by whoever commits.
fn tag(place: &Place, moves: &[Move], context: &mut Context) -> Result<Exit, Failure> {
    let Some(repository) = &place.repository else {
        return Err(Problem::new("not-a-repository", "there is no git repository to tag").into());
    };
    let pending = moves.iter().find(|item| matches!(item.plan, Plan::Raise { .. }) && !item.targets.is_empty());
    if let Some(item) = pending {
        return Err(Problem::new(
            "version-pending",
            format!("the version of {} has to be raised before it is tagged", item.name),
        )
        .with_help("run `counterpart bump`, commit, then `counterpart bump --tag`")
        .into());
    }
    if has_uncommitted(repository, "", false)? {
        return Err(Problem::new("dirty-tree", "there are uncommitted changes, which the tag would not contain")
            .with_help("commit or stash them first")
            .into());
    }
    for item in moves {
        let Some(tag) = &item.tag else { continue };
        let is_version = Version::parse(item.declared.as_str(), false).is_some();
        if !is_version || item.current.as_deref() == Some(item.declared.as_str()) && item.plan == Plan::Nothing {
            continue;
        }
        let head = repository.commit("HEAD")?;
        match repository.commit(&format!("refs/tags/{tag}"))? {
            Some(existing) if Some(&existing) == head.as_ref() => {
                writeln!(context.stdout, "{tag} is there already")?;
            }
            Some(existing) => {
                return Err(Problem::new(
                    "tag-exists",
                    format!("the tag {tag} exists and names another commit ({existing})"),
                )
                .with_help("a released version never changes: raise the version")
                .into());
            }
            None => {
                let message = format!("{} {tag}", item.name);
                repository
                    .run(&["tag", "--annotate", "--message", &message, tag])
                    .map_err(|failure| failure.into_problem(&format!("create the tag {tag}")))?;
                writeln!(context.stdout, "tagged HEAD as {tag}")?;
            }
        }
    }
    Ok(Exit::Clean)
}
