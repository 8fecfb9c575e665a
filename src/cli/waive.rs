//! `counterpart waive`: accepts a break for a while, in the project file.

use std::io::Write;

use clap::Args;
use clap_complete::engine::ArgValueCompleter;
use jiff::civil::Date;

use crate::cli::check;
use crate::cli::completions;
use crate::cli::context::Context;
use crate::cli::date;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::{self, replace_file};
use crate::cli::project::Place;
use crate::config::{self, FILE_NAME, NewWaiver, WaiverTarget};
use crate::finding::{Finding, Problem};

/// Arguments of `waive`.
#[derive(Debug, Args)]
#[group(skip)]
#[command(after_help = "counterpart waive b1946ac92492d234 --reason \"no reader left\" --until 2027-01-31\n\
                        counterpart waive protobuf/field-renamed --subject 'acme.v1.*' --reason … --until …")]
pub struct Arguments {
    /// The fingerprint of a finding, its beginning, or a rule.
    #[arg(value_name = "FINGERPRINT|RULE", add = ArgValueCompleter::new(completions::rules))]
    target: String,

    /// Why it is accepted.
    #[arg(long, value_name = "TEXT")]
    reason: String,

    /// The last day on which it holds; from the next day on it is an error.
    #[arg(long, value_name = "DATE", value_parser = date::parse, required_unless_present = "forever")]
    until: Option<Date>,

    /// Let it hold without an end.
    #[arg(long, conflicts_with = "until")]
    forever: bool,

    /// Who answers for it.
    #[arg(long, value_name = "NAME")]
    owner: Option<String>,

    /// Of a rule, only findings about this; `*` stands for anything.
    #[arg(long, value_name = "NAME")]
    subject: Option<String>,

    /// Lower the required version as well.
    #[arg(long)]
    bump: bool,

    #[command(flatten)]
    check: check::Arguments,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context) -> Result<Exit, Failure> {
    let today = arguments.check.today();
    if let Some(until) = arguments.until.filter(|until| *until < today) {
        return Err(Problem::new(
            "bad-usage",
            format!("a waiver until {until} would be over already: today is {today}"),
        )
        .with_help("name the last day on which the break is accepted")
        .into());
    }
    let (report, _) = check::compare(&arguments.check, context)?;
    let open: Vec<&Finding> = report.findings.iter().filter(|finding| finding.suppressed.is_none()).collect();
    let (target, comment) = target(arguments, &open)?;
    let waiver = NewWaiver {
        target,
        comment,
        reason: arguments.reason.clone(),
        owner: arguments.owner.clone(),
        until: arguments.until,
        bump: arguments.bump,
    };
    let place = Place::find(context)?;
    let (path, text) = match &place.project {
        Some(project) => (place.project_path(context), project.source.text().to_owned()),
        None => (place.root.join(FILE_NAME), String::new()),
    };
    let text = config::with_waiver(&text, &waiver)?;
    replace_file(&path, text.as_bytes()).map_err(|error| output::unwritable(&path, &error))?;
    let until = arguments.until.map_or_else(|| "without an end".to_owned(), |until| format!("until {until}"));
    writeln!(context.stdout, "waived {until} in {}", path.file_name().unwrap_or(FILE_NAME))?;
    Ok(Exit::Clean)
}

/// What the argument means among the findings that are open now. A waiver for something that is not found would only be
/// a warning about itself.
fn target(arguments: &Arguments, open: &[&Finding]) -> Result<(WaiverTarget, Option<String>), Problem> {
    let name = &arguments.target;
    if name.contains('/') {
        let subject = arguments.subject.clone();
        if open.iter().any(|finding| finding.rule == *name) {
            return Ok((WaiverTarget::Rule { rule: name.clone(), subject }, None));
        }
        return Err(Problem::new("not-found", format!("no finding of `{name}` is open")).with_help(listed(open)));
    }
    let named: Vec<&&Finding> = open.iter().filter(|finding| finding.fingerprint.starts_with(name.as_str())).collect();
    match named.as_slice() {
        [] => {
            Err(Problem::new("not-found", format!("no open finding has the fingerprint `{name}`"))
                .with_help(listed(open)))
        }
        [only, rest @ ..] if rest.iter().all(|other| other.fingerprint == only.fingerprint) => {
            Ok((WaiverTarget::Fingerprint(only.fingerprint.clone()), Some(format!("{}: {}", only.rule, only.message))))
        }
        several => {
            let prints: Vec<&str> = several.iter().map(|finding| finding.fingerprint.as_str()).collect();
            Err(Problem::new("bad-usage", format!("`{name}` is the beginning of several: {}", prints.join(", "))))
        }
    }
}

fn listed(open: &[&Finding]) -> String {
    if open.is_empty() {
        return "nothing is open: `counterpart check` finds nothing".to_owned();
    }
    let line = |finding: &&Finding| format!("{} {} {}", finding.fingerprint, finding.rule, finding.subject.name);
    let mut worst: Vec<&&Finding> = open.iter().collect();
    worst.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    format!("open are {}", worst.into_iter().take(10).map(line).collect::<Vec<_>>().join("; "))
}
