//! The arguments of the program. The one list of commands.

use camino::Utf8PathBuf;
use clap::{Args, Parser, Subcommand};

use crate::cli::context::Context;
use crate::cli::deferred::Deferred;
use crate::cli::exit::{Exit, Failure};
use crate::cli::terminal::ColorChoice;
use crate::cli::{
    action, baseline, bump, can_deploy, check, completions, config_command, deploy, deprecations, diff, doctor,
    environment, explain, init, list, man, publish, pull, registry, rules, serve, show, verify, waive,
};

/// Finds breaking changes in protobuf and OpenAPI contracts, proves them, and gates your merges.
#[derive(Debug, Parser)]
#[command(
    name = "counterpart",
    version,
    propagate_version = false,
    max_term_width = 110,
    disable_help_subcommand = true,
    after_help = "Exit codes: 0 nothing at or above the fail level, 1 findings, 2 the work could not be done.\n\
                  Start with `counterpart init`, then `counterpart check`."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,

    /// Options of every command.
    #[command(flatten)]
    pub global: Global,
}

/// Options that every command takes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "General")]
pub struct Global {
    /// When to color.
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN", hide_possible_values = true)]
    pub color: ColorChoice,

    /// Fit the text into so many columns (default: the terminal's).
    #[arg(long, global = true, value_name = "COLUMNS", hide_short_help = true)]
    pub width: Option<usize>,

    /// The project file (default: the nearest `counterpart.toml` upwards).
    #[arg(long, global = true, value_name = "FILE", env = "COUNTERPART_CONFIG", hide_env_values = true)]
    pub config: Option<Utf8PathBuf>,

    /// Fetch nothing: an input or reference that needs the network is an error.
    #[arg(long, global = true, env = "COUNTERPART_OFFLINE", hide_env_values = true,
          value_parser = clap::builder::BoolishValueParser::new())]
    pub offline: bool,

    /// Show notes in full, and where each setting comes from.
    #[arg(short, long, global = true)]
    pub verbose: bool,

    /// Only results, no remarks on stderr.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Find the contracts of this repository and write counterpart.toml.
    Init(Deferred<init::Arguments>),
    /// Compare the contracts with their base and fail on a break.
    Check(Deferred<check::Arguments>),
    /// List every change between two inputs, compatible ones too.
    Diff(Deferred<diff::Arguments>),
    /// Work out the version that the changes require, and write it back.
    Bump(Deferred<bump::Arguments>),
    /// Run consumer pacts against a live provider, or against its contract alone.
    Verify(Deferred<verify::Arguments>),
    /// List what is deprecated, until when it works, and what may be removed now.
    Deprecations(Deferred<deprecations::Arguments>),
    /// Accept a break for a while, with a reason and a last day.
    Waive(Deferred<waive::Arguments>),
    /// Accept today's findings, so that only new ones fail.
    Baseline(Deferred<baseline::Arguments>),
    /// Explain a rule: what it finds, why it matters, what to do.
    Explain(Deferred<explain::Arguments>),
    /// List the rules.
    Rules(Deferred<rules::Arguments>),
    /// Publish contracts and pacts of a version to the registry.
    Publish(Deferred<publish::Arguments>),
    /// Fetch a contract from the registry.
    Pull(Deferred<pull::Arguments>),
    /// List the services of the registry, or the versions of one.
    List(Deferred<list::Arguments>),
    /// Show one version of a service.
    Show(Deferred<show::Arguments>),
    /// Ask whether a version may go to an environment, and why (not).
    CanDeploy(Deferred<can_deploy::Arguments>),
    /// Tell the registry what runs where.
    Deploy(Deferred<deploy::Arguments>),
    /// Tell the registry what runs somewhere no longer.
    Undeploy(Deferred<deploy::UndeployArguments>),
    /// The environments that versions are deployed to.
    Environment(Deferred<environment::Arguments>),
    /// Run the registry's server.
    Serve(Deferred<serve::Arguments>),
    /// Administer a registry: tokens, backups, retention.
    Registry(Deferred<registry::Arguments>),
    /// About the project file.
    Config(Deferred<config_command::Arguments>),
    /// Look for what keeps checks from working: git, history, settings, registry.
    Doctor(Deferred<doctor::Arguments>),
    /// Print a completion script for a shell.
    Completions(Deferred<completions::Arguments>),
    /// Print the manual pages.
    Man(Deferred<man::Arguments>),
    /// Run as a GitHub Action: inputs from `IN_*`, results as annotations, summary, comment and outputs.
    #[command(hide = true)]
    Action,
}

impl Command {
    /// Runs the command.
    ///
    /// # Errors
    /// When the work could not be done.
    pub fn run(&self, context: &mut Context) -> Result<Exit, Failure> {
        if matches!(self, Self::Check(_) | Self::Diff(_) | Self::Bump(_) | Self::Action) {
            // This thread works with the others and does not wait for them: handing over and waking up again takes
            // longer than comparing a small contract. Where there is a pool already, that one serves as well.
            let _ = rayon::ThreadPoolBuilder::new().use_current_thread().build_global();
        }
        match self {
            Self::Init(arguments) => init::run(arguments, context),
            Self::Check(arguments) => check::run(arguments, context),
            Self::Diff(arguments) => diff::run(arguments, context),
            Self::Bump(arguments) => bump::run(arguments, context),
            Self::Verify(arguments) => verify::run(arguments, context),
            Self::Deprecations(arguments) => deprecations::run(arguments, context),
            Self::Waive(arguments) => waive::run(arguments, context),
            Self::Baseline(arguments) => baseline::run(arguments, context),
            Self::Explain(arguments) => explain::run(arguments, context),
            Self::Rules(arguments) => rules::run(arguments, context),
            Self::Publish(arguments) => publish::run(arguments, context),
            Self::Pull(arguments) => pull::run(arguments, context),
            Self::List(arguments) => list::run(arguments, context),
            Self::Show(arguments) => show::run(arguments, context),
            Self::CanDeploy(arguments) => can_deploy::run(arguments, context),
            Self::Deploy(arguments) => deploy::run(arguments, context),
            Self::Undeploy(arguments) => deploy::undeploy(arguments, context),
            Self::Environment(arguments) => environment::run(arguments, context),
            Self::Serve(arguments) => serve::run(arguments, context),
            Self::Registry(arguments) => registry::run(arguments, context),
            Self::Config(arguments) => config_command::run(arguments, context),
            Self::Doctor(arguments) => doctor::run(arguments, context),
            Self::Completions(arguments) => completions::run(arguments, context),
            Self::Man(arguments) => man::run(arguments, context),
            Self::Action => action::run(context),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }
}
