//! `counterpart baseline`: accepts today's findings, so that only new ones fail.

use std::io::Write;

use clap::Args;

use crate::cli::check;
use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::{self, replace_file};
use crate::cli::project::Place;
use crate::config::{BASELINE_NAME, baseline_text};

/// Arguments of `baseline`.
#[derive(Debug, Args)]
#[group(skip)]
#[command(after_help = "Useful with a base that stays: counterpart baseline --against git:v1.0.0\n\
                        The file shrinks as findings go: run it again. Delete it to see everything.")]
pub struct Arguments {
    #[command(flatten)]
    check: check::Arguments,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context) -> Result<Exit, Failure> {
    let (report, fail_on) = check::compare(&arguments.check, context)?;
    let counts = |finding: &&crate::finding::Finding| {
        let by = finding.suppressed.as_ref().map(|suppression| suppression.by.as_str());
        // What an older baseline accepts stays accepted as long as it is there.
        matches!(by, None | Some("baseline"))
            && fail_on.fails(finding.severity)
            // An expired waiver must be renewed or removed, not buried.
            && !finding.rule.starts_with("waiver/")
    };
    let accepted: Vec<_> = report.findings.iter().filter(counts).collect();
    let place = Place::find(context)?;
    let path = place.root.join(BASELINE_NAME);
    let text = baseline_text(accepted.iter().copied());
    replace_file(&path, text.as_bytes()).map_err(|error| output::unwritable(&path, &error))?;
    let count = if accepted.len() == 1 { "1 finding".to_owned() } else { format!("{} findings", accepted.len()) };
    writeln!(context.stdout, "accepted {count} in {BASELINE_NAME}; commit it")?;
    Ok(Exit::Clean)
}
