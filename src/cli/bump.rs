//! `counterpart bump`: the version that the changes require, written back.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use clap::{Args, ValueEnum};
use clap_complete::engine::ArgValueCompleter;

use crate::bump::{Plan, PlanOptions, PreRelease, locate, merge_section, raised_by_commits, section};
use crate::cli::check;
use crate::cli::compare::CompareArguments;
use crate::cli::completions;
use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::cli::new_package;
use crate::cli::output::{ReportFormat, replace_files};
use crate::cli::project::Place;
use crate::cli::release::{Move, Planning, groups};
use crate::cli::releases::{LastRelease, Releases};
use crate::finding::{Bump, Problem, Report};
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
    #[arg(value_name = "PATH", add = ArgValueCompleter::new(completions::contracts))]
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

    /// Add a section for the version to a Keep-a-Changelog file (default: `version.changelog`, else CHANGELOG.md); `-`
    /// prints it.
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "")]
    changelog: Option<String>,

    /// Write the next version of each stable protobuf package that breaks, beside it: its files as a package `v2`.
    #[arg(long, conflicts_with_all = ["print", "tag", "changelog"])]
    new_package: bool,

    /// Let conventional commits since the release raise the bump (they never lower it).
    #[arg(long)]
    commits: bool,

    #[command(flatten)]
    compare: CompareArguments,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context) -> Result<Exit, Failure> {
    let place = Place::find(context)?;
    let releases = releases(arguments, &place)?;
    let mut moves = Vec::new();
    for (index, release) in releases.list().iter().enumerate() {
        let base = (release.input.clone(), release.reason.clone());
        let check = check::Arguments::with_release(arguments.paths.clone(), base, arguments.compare.clone());
        let mut report = check::compare(&check, context)?.0;
        let is_covered = |contract: &str| releases.of(contract, &place) == Some(index);
        report.contracts.retain(|contract| is_covered(&contract.path));
        report.findings.retain(|finding| is_covered(&finding.contract));
        moves.extend(plan_all(arguments, &place, release, &report, context)?);
    }
    moves.sort_by(|a, b| a.name.cmp(&b.name));
    if releases.list().is_empty() {
        context.remark("there is no release yet (no version tag): the declared versions stand as they are");
    }
    if arguments.new_package {
        let files = new_package::files(&place, &moves, context)?;
        return new_package::write(&place, files, arguments.dry_run || arguments.check, context);
    }
    if let Some(printed) = arguments.print {
        return print(printed, &moves, context);
    }
    if arguments.tag {
        return tag(&place, &moves, context);
    }
    let raised: Vec<&Move> = moves.iter().filter(|item| matches!(item.plan, Plan::Raise { .. })).collect();
    // Nothing is said to be so before it is.
    if !arguments.check && !arguments.dry_run {
        let mut texts = BTreeMap::new();
        add_versions(&raised, &mut texts)?;
        add_changelogs(arguments, &place, &raised, &mut texts)?;
        replace_files(&texts)?;
    }
    if arguments.compare.output.format == ReportFormat::Json {
        write_json(&moves, context)?;
    } else if !releases.list().is_empty() {
        describe(&moves, arguments, context)?;
    }
    if arguments.check {
        return Ok(if raised.is_empty() { Exit::Clean } else { Exit::Findings });
    }
    print_changelogs(arguments, &raised, context)?;
    Ok(Exit::Clean)
}

/// The input named by `--against`, else the newest version tag of each service.
fn releases(arguments: &Arguments, place: &Place) -> Result<Releases, Problem> {
    if let Some(input) = &arguments.against {
        return Ok(Releases::given(input, "given by --against", place));
    }
    let Some(repository) = &place.repository else {
        return Err(Problem::new("no-base", "outside of a git repository the last release is not known")
            .with_help("name it: `counterpart bump --against INPUT`"));
    };
    let found = Releases::find(repository, place)?;
    if found.list().is_empty() && repository.is_shallow()? {
        return Err(Problem::new("no-base", "there is no version tag in this shallow clone")
            .with_help("run `git fetch --tags --unshallow`, or name the release with `--against INPUT`"));
    }
    Ok(found)
}

/// What the commit messages since the release claim.
fn claimed(place: &Place, release: &LastRelease, context: &mut Context) -> Result<Bump, Problem> {
    let (Some(repository), Some(tag)) = (&place.repository, &release.tag) else { return Ok(Bump::None) };
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
    release: &LastRelease,
    report: &Report,
    context: &mut Context,
) -> Result<Vec<Move>, Problem> {
    let pre_release = match &arguments.pre {
        Some(label) => PreRelease::Label(label.clone()),
        None if arguments.release => PreRelease::Final,
        None => PreRelease::Keep,
    };
    let options = PlanOptions { pre_release, graduate: arguments.graduate };
    let claimed = if arguments.commits { claimed(place, release, context)? } else { Bump::None };
    let today = Context::today(arguments.compare.today);
    let planning = Planning { place, release, report, claimed, today, options: &options };
    let mut moves = Vec::new();
    for group in groups(place, report) {
        let Some(planned) = planning.plan(group)? else { continue };
        // Commits may raise, never lower; where they claim less, somebody did not see what a change does.
        if claimed > Bump::None && claimed < planned.required {
            context.remark(&format!(
                "{}: the commit messages claim a {} bump, but the contract requires a {} one",
                planned.name,
                claimed.word(),
                planned.required.word()
            ));
        }
        moves.push(planned);
    }
    Ok(moves)
}

fn print(printed: Printed, moves: &[Move], context: &mut Context) -> Result<Exit, Failure> {
    if let ([], Printed::Bump) = (moves, printed) {
        writeln!(context.stdout, "none")?;
    }
    for item in moves {
        let text = match (printed, &item.plan) {
            (Printed::Next, Plan::Raise { next, .. }) => next.as_str(),
            (Printed::Next, Plan::Nothing) => item.package.as_ref().map_or(item.declared.as_str(), |(_, next)| next),
            (Printed::Current, _) => item.current.as_deref().unwrap_or(&item.declared),
            (Printed::Bump, _) => item.bump.word(),
        };
        // One contract prints the bare version, for `$(…)`.
        let line = if moves.len() == 1 { text.to_owned() } else { format!("{} {text}", item.name) };
        writeln!(context.stdout, "{line}")?;
    }
    Ok(Exit::Clean)
}

fn describe(moves: &[Move], arguments: &Arguments, context: &mut Context) -> Result<(), Failure> {
    let will = if arguments.dry_run || arguments.check { "would become" } else { "becomes" };
    for item in moves {
        match &item.plan {
            Plan::Raise { next, .. } => {
                writeln!(context.stdout, "{}: {} {will} {next} ({})", item.name, item.declared, item.bump.word())?;
            }
            Plan::Nothing if item.package.is_none() => {
                writeln!(context.stdout, "{}: {} stays", item.name, item.declared)?;
            }
            Plan::Nothing => {}
        }
        if let Some((broken, next)) = &item.package {
            writeln!(
                context.stdout,
                "{}: breaks package {broken}: put the new form into a package {next} beside it (`counterpart bump \
                 --new-package` writes its files), and keep {broken} until nobody uses it",
                item.name
            )?;
        }
        let decided =
            item.findings.iter().filter(|finding| finding.bump == item.required && item.required > Bump::None);
        for finding in decided.take(5) {
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
            let files: Vec<_> =
                item.targets.iter().chain(&item.locks).map(|placed| placed.target.path.as_str()).collect();
            serde_json::json!({
                "name": item.name, "released": item.current, "declared": item.declared, "required_bump": item.bump,
                "next": next, "changes": item.plan != Plan::Nothing, "files": files, "tag": item.tag,
                "next_package": item.package.as_ref().map(|(_, next)| next),
            })
        })
        .collect();
    crate::render::json(&serde_json::json!({"schema": "counterpart/bump/1", "versions": rows}), &mut context.stdout)?;
    Ok(())
}

/// The texts of all files with their new versions.
fn add_versions(raised: &[&Move], texts: &mut BTreeMap<Utf8PathBuf, String>) -> Result<(), Failure> {
    for item in raised {
        let Plan::Raise { next, .. } = &item.plan else { continue };
        for placed in item.targets.iter().chain(&item.locks) {
            let text = match texts.remove(&placed.path) {
                Some(text) => text,
                None => std::fs::read_to_string(&placed.path)
                    .map_err(|error| unreadable(placed.target.path.as_str(), &error))?,
            };
            // An earlier target of the same file may have moved this one.
            let located = locate(&placed.target, &text)?;
            let written = like(&located.text, next);
            let text = format!("{}{written}{}", &text[..located.range.start], &text[located.range.end..]);
            texts.insert(placed.path.clone(), text);
        }
    }
    Ok(())
}

fn unreadable(shown: &str, error: &std::io::Error) -> Problem {
    Problem::new("unreadable", format!("`{shown}` could not be read: {error}"))
}

/// The version as this file writes versions: with or without a leading `v`.
fn like(current: &str, next: &str) -> String {
    let bare = next.strip_prefix('v').unwrap_or(next);
    if current.starts_with('v') { format!("v{bare}") } else { bare.to_owned() }
}

/// Where the section of a raised version belongs: the file that its entry names or that was asked for, `-` for standard
/// output. `None` where nobody asked.
fn changelog_of<'a>(arguments: &'a Arguments, item: &'a Move) -> Option<&'a str> {
    Some(match (arguments.changelog.as_deref()?, &item.changelog) {
        ("", Some(configured)) => configured.as_str(),
        ("", None) => "CHANGELOG.md",
        (given, _) => given,
    })
}

/// The texts of all changelogs with a section for each raised version.
fn add_changelogs(
    arguments: &Arguments,
    place: &Place,
    raised: &[&Move],
    texts: &mut BTreeMap<Utf8PathBuf, String>,
) -> Result<(), Failure> {
    let today = Context::today(arguments.compare.today).to_string();
    for item in raised {
        let Plan::Raise { next, .. } = &item.plan else { continue };
        let Some(file) = changelog_of(arguments, item).filter(|file| *file != "-") else { continue };
        // Several services in one file are told apart by name.
        let is_shared = raised.iter().filter(|other| changelog_of(arguments, other) == Some(file)).count() > 1;
        let version = next.strip_prefix('v').unwrap_or(next);
        let heading = if is_shared { format!("{} {version}", item.name) } else { version.to_owned() };
        let path = place.root.join(file);
        let before = match texts.remove(&path) {
            Some(text) => text,
            None => match std::fs::read_to_string(&path) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
                read => read.map_err(|error| unreadable(file, &error))?,
            },
        };
        texts.insert(path, merge_section(&before, &heading, &today, &section(&item.findings)));
    }
    Ok(())
}

/// The sections that are only shown.
fn print_changelogs(arguments: &Arguments, raised: &[&Move], context: &mut Context) -> Result<(), Failure> {
    for item in raised {
        if changelog_of(arguments, item).is_some_and(|file| file == "-" || arguments.dry_run) {
            write!(context.stdout, "{}", section(&item.findings))?;
        }
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
        if item.current.as_deref() == Some(item.declared.as_str()) && item.plan == Plan::Nothing {
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
