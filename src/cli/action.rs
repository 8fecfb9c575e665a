//! `counterpart action`: what `action.yml` starts.
//!
//! Inputs come as `IN_*` variables, so that no input ever becomes part of a script. The command's own exit code is the step's.

use std::fmt::Write as _;

use camino::{Utf8Path, Utf8PathBuf};
use clap::Parser;

use crate::cli::arguments::{Cli, Command};
use crate::cli::check;
use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::{ReportFormat, render, replace_file, unless_closed, unwritable};
use crate::cli::terminal::Terminal;
use crate::finding::{Problem, Refusal, Report};
use crate::github::{
    CommentMode, CommentOutcome, CommentTarget, Event, append_output, append_summary, body, choose_base, upsert,
};
use crate::render::github_refusal;
use crate::source::load::Repository;

/// What the runner tells.
struct Runner {
    event: Event,
    output: Option<Utf8PathBuf>,
    summary: Option<Utf8PathBuf>,
    temp: Utf8PathBuf,
}

pub(crate) fn run(context: &mut Context) -> Result<Exit, Failure> {
    let runner = Runner::from_environment()?;
    if let Some(file) = input("IN_CONFIG") {
        context.config = Some(file.into());
    }
    let command = input("IN_COMMAND").unwrap_or_else(|| "check".to_owned());
    let cli = parse(&command)?;
    let outcome = match cli.command {
        Command::Check(arguments) => run_check(arguments.into_inner(), &runner, context),
        Command::Action => Err(Problem::new("bad-input", "`command` cannot be `action`")
            .with_help("use check, verify, bump, publish or can-deploy")
            .into()),
        other => other.run(context),
    };
    let result = match &outcome {
        Ok(Exit::Clean) => "ok",
        Ok(Exit::Findings) => "findings",
        Ok(Exit::Unverified) | Err(_) => "error",
    };
    runner.output("result", result)?;
    if let Err(Failure::Refused(refusal)) = &outcome {
        runner.summarize(&refusal_summary(refusal))?;
        unless_closed(github_refusal(refusal, &mut context.stdout))?;
    }
    outcome
}

/// An input of the action; one that is empty was not given.
fn input(name: &str) -> Option<String> {
    std::env::var(name).ok().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn parse(command: &str) -> Result<Cli, Problem> {
    let mut words = vec!["counterpart".to_owned(), command.to_owned()];
    if let Some(level) = input("IN_FAIL_ON").filter(|_| command == "check") {
        words.extend(["--fail-on".to_owned(), level]);
    }
    let arguments = input("IN_ARGUMENTS").unwrap_or_default();
    words.extend(arguments.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()));
    Cli::try_parse_from(&words).map_err(|error| {
        let text = error.render().to_string();
        let message = text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
        Problem::new("bad-input", message)
            .with_help("the inputs `command` and `arguments` are those of the command line; one argument per line")
    })
}

impl Runner {
    fn from_environment() -> Result<Self, Problem> {
        let name = input("GITHUB_EVENT_NAME").unwrap_or_default();
        let reference = input("GITHUB_REF").unwrap_or_default();
        let payload = match input("GITHUB_EVENT_PATH") {
            None => serde_json::Value::Null,
            Some(path) => {
                let bad = |reason: String| {
                    Problem::new("bad-event", format!("the event file `{path}` could not be read: {reason}"))
                };
                let text = std::fs::read_to_string(&path).map_err(|error| bad(error.to_string()))?;
                serde_json::from_str(&text).map_err(|error| bad(error.to_string()))?
            }
        };
        Ok(Self {
            // An explicit base needs nothing from the event.
            event: match (Event::parse(&name, &reference, &payload), input("IN_BASE")) {
                (Ok(event), _) => event,
                (Err(_), Some(_)) => Event::parse("", "", &serde_json::Value::Null)?,
                (Err(problem), None) => return Err(problem),
            },
            output: input("GITHUB_OUTPUT").map(Utf8PathBuf::from),
            summary: input("GITHUB_STEP_SUMMARY").map(Utf8PathBuf::from),
            temp: input("RUNNER_TEMP").map_or_else(|| Utf8PathBuf::from("."), Utf8PathBuf::from),
        })
    }

    fn output(&self, name: &str, value: &str) -> Result<(), Problem> {
        self.output.as_ref().map_or(Ok(()), |file| append_output(file, name, value))
    }

    fn summarize(&self, markdown: &str) -> Result<(), Problem> {
        self.summary.as_ref().map_or(Ok(()), |file| append_summary(file, markdown))
    }
}

fn run_check(mut arguments: check::Arguments, runner: &Runner, context: &mut Context) -> Result<Exit, Failure> {
    let mode: CommentMode = input("IN_PR_COMMENT").unwrap_or_default().parse()?;
    arguments.chosen_base = Some(if let Some(base) = input("IN_BASE") {
        (as_input(&base, &context.cwd), "given by the input `base`".to_owned())
    } else {
        let choice = choose_base(&runner.event, &Repository::open(&context.cwd)?)?;
        (choice.input, choice.reason)
    });
    let (report, fail_on) = check::compare(&arguments, context)?;
    let fails = report.findings.iter().any(|finding| finding.suppressed.is_none() && fail_on.fails(finding.severity));

    let mut log = Terminal { is_terminal: false, color: true, width: None };
    log.color = std::env::var_os("NO_COLOR").is_none();
    unless_closed(render(ReportFormat::Text, &report, log, context.verbose, &mut context.stdout))?;
    unless_closed(render(ReportFormat::Github, &report, log, false, &mut context.stdout))?;
    let json = runner.temp.join("counterpart-report.json");
    write_report(ReportFormat::Json, &report, &json)?;
    if let Some(file) = input("IN_SARIF_FILE") {
        write_report(ReportFormat::Sarif, &report, &context.cwd.join(file))?;
    }
    let text = body(&report)?;
    runner.summarize(&text)?;
    runner.output("report-json", json.as_str())?;
    runner.output("required-bump", report.summary.required_bump.word())?;
    runner.output("next-version", next_version(&report))?;
    comment(runner, &text, mode, mode.wants(&report, fails), context)?;
    Ok(if fails { Exit::Findings } else { Exit::Clean })
}

/// A base that names a revision is one, whatever file may have its name; other inputs say what they are.
fn as_input(base: &str, cwd: &Utf8Path) -> String {
    let says_what_it_is = base.contains(':') || cwd.join(base).exists();
    if says_what_it_is { base.to_owned() } else { format!("git:{base}") }
}

fn next_version(report: &Report) -> &str {
    match report.contracts.as_slice() {
        [only] => only.next_version.as_deref().unwrap_or_default(),
        _ => "",
    }
}

fn write_report(format: ReportFormat, report: &Report, path: &Utf8Path) -> Result<(), Failure> {
    let plain = Terminal { is_terminal: false, color: false, width: None };
    let mut bytes = Vec::new();
    render(format, report, plain, true, &mut bytes)?;
    replace_file(path, &bytes).map_err(|error| unwritable(path, &error))?;
    Ok(())
}

fn comment(
    runner: &Runner,
    text: &str,
    mode: CommentMode,
    is_wanted: bool,
    context: &mut Context,
) -> Result<(), Failure> {
    let (Some(number), true) = (runner.event.pull_request, mode != CommentMode::Never) else { return Ok(()) };
    // A companion workflow may post it where this one's token cannot.
    let file = runner.temp.join("counterpart-comment.md");
    replace_file(&file, text.as_bytes()).map_err(|error| unwritable(&file, &error))?;
    let (Some(token), Some(repository)) = (input("GH_TOKEN"), input("GITHUB_REPOSITORY")) else {
        context.remark("no comment: there is no token for it; the report is in the job summary");
        return Ok(());
    };
    let target = CommentTarget {
        api: input("GITHUB_API_URL").unwrap_or_else(|| "https://api.github.com".to_owned()),
        repository,
        number,
        token,
        key: comment_key(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Problem::new("network", format!("could not start the network: {error}")))?;
    let outcome = runtime.block_on(upsert(&target, text, is_wanted))?;
    match outcome {
        CommentOutcome::Forbidden if runner.event.is_fork => {
            context.remark("no comment: the token of a fork's pull request can only read; the report is in the job summary");
        }
        CommentOutcome::Forbidden => context.remark(
            "no comment: the token may not write one (it needs `pull-requests: write`); the report is in the job summary",
        ),
        CommentOutcome::Created | CommentOutcome::Updated | CommentOutcome::Unchanged | CommentOutcome::Quiet => {}
    }
    Ok(())
}

/// Tells our comments on one pull request apart: by workflow and job, and by what is checked where that is not all.
fn comment_key() -> String {
    let folder = input("IN_WORKING_DIRECTORY").filter(|folder| folder != ".");
    let names = [input("GITHUB_WORKFLOW"), input("GITHUB_JOB")].map(Option::unwrap_or_default);
    names.into_iter().chain(folder).chain(input("IN_CONFIG")).collect::<Vec<_>>().join(":")
}

fn refusal_summary(refusal: &Refusal) -> String {
    let mut text = "### ❌ The contracts could not be checked\n\n".to_owned();
    for problem in &refusal.errors {
        let place = problem.location.as_ref().map_or_else(String::new, |place| {
            format!(" (`{}:{}:{}`)", place.path, place.start_line, place.start_column)
        });
        let help = problem.help.as_ref().map_or_else(String::new, |help| format!(" – {help}"));
        let message = problem.message.replace('<', "&lt;").replace('@', "@\u{200b}");
        let _ = writeln!(text, "- {message}{place}{help}");
    }
    text
}
