//! `counterpart diff`: every change between two inputs.

use clap::Args;

use crate::check::{self, BaseTree, Purpose, Request};
use crate::cli::compare::{Applied, CompareArguments};
use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output;
use crate::cli::progress::Progress;
use crate::cli::registry_input::open_input;
use crate::config::{Overrides, Settings};
use crate::formats;
use crate::source::Tree;
use crate::source::load::{OpenContext, shown_input};

/// Arguments of `diff`.
#[derive(Debug, Args)]
#[command(after_help = "An input is a file, a directory, `git:REV[:PATH]`, an archive, an `https://` URL, or `-`.\n\
                        Exit code 0 whatever changed: `check` is the gate.")]
pub struct Arguments {
    /// The old version.
    #[arg(value_name = "OLD")]
    old: String,

    /// The new version.
    #[arg(value_name = "NEW")]
    new: String,

    #[command(flatten)]
    compare: CompareArguments,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context) -> Result<Exit, Failure> {
    // No project file: a changelog is the same for everybody who reads it.
    let overrides = Overrides { mode: arguments.compare.mode, fail_on: None };
    let today = Context::today(arguments.compare.today);
    let mut settings = Settings::new(None, &overrides, today);
    let applied = Applied::new(context, &arguments.compare, &mut settings, None)?;
    let open_side = |input: &str, other: &str| {
        let open_context = OpenContext { other: Some(other), ..OpenContext::new(&context.cwd, &context.network) };
        open_input(input, &open_context, context).map(|tree| applied.apply(tree))
    };
    let (old, new) =
        rayon::join(|| open_side(&arguments.old, &arguments.new), || open_side(&arguments.new, &arguments.old));
    let (old, new) = (old?, new?);
    let formats = formats::all();
    let request = Request {
        new: &new,
        bases: vec![BaseTree { tree: &old, input: shown_input(&arguments.old), reason: "given as OLD".to_owned() }],
        released: Vec::new(),
        formats: &formats,
        options: &settings.options,
        policy: &settings.policy,
        purpose: Purpose::Changelog,
        allow_broken_base: false,
    };
    let progress = Progress::start(context, &applied.reads, old.entries().len() + new.entries().len());
    let outcome = check::run(&request);
    drop(progress);
    let report = outcome.inspect_err(|refusal| output::write_refusal(refusal, &arguments.compare.output, context))?;
    output::write(&report, &arguments.compare.output, context)?;
    Ok(Exit::Clean)
}
