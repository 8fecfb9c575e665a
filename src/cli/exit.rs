//! How a command ends.

use std::io;
use std::process::ExitCode;

use crate::finding::{Problem, Refusal};

/// The outcome of work that was done. Work that could not be done is a [`Failure`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: nothing at or above the fail level.
    Clean,
    /// 1: findings at or above it, a broken contract, a "no".
    Findings,
    /// 2, with a report: something could not be verified.
    Unverified,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Clean => Self::SUCCESS,
            Exit::Findings => Self::from(1),
            Exit::Unverified => Self::from(2),
        }
    }
}

/// What the exit codes of some commands mean, in words.
#[derive(Debug, Clone, Copy)]
pub struct ExitCodes {
    /// The commands that this holds for.
    pub commands: &'static [&'static str],
    /// 0.
    pub done: &'static str,
    /// 1, where they have it.
    pub stops: Option<&'static str>,
    /// 2.
    pub undone: &'static str,
}

/// The exit codes of every command: the source of `docs/reference/exit-codes.md`.
pub const EXIT_CODES: [ExitCodes; 9] = [
    ExitCodes {
        commands: &["check"],
        done: "nothing at or above `--fail-on`",
        stops: Some("findings at or above `--fail-on`"),
        undone: "something could not be checked: bad usage, no base, unreadable or broken input, no contract at all",
    },
    ExitCodes {
        commands: &["diff"],
        done: "compared, whatever changed",
        stops: None,
        undone: "the inputs could not be compared",
    },
    ExitCodes {
        commands: &["bump"],
        done: "the version is right, or was written",
        stops: Some("`--check`: a version would change"),
        undone: "the version could not be worked out or written; nothing is half written",
    },
    ExitCodes {
        commands: &["verify"],
        done: "every interaction holds, or is pending",
        stops: Some("a contract is broken: a failure of the kinds `response` or `arbitrary`"),
        undone: "something could not be verified (`crash`, `omission`, `timing`, a provider state, a plugin), or nothing \
                 was verified at all; also where others failed with 1",
    },
    ExitCodes {
        commands: &["publish"],
        done: "published, or was there already",
        stops: Some("the contract breaks consumers, or contradicts what is published"),
        undone: "not published",
    },
    ExitCodes {
        commands: &["can-deploy"],
        done: "yes",
        stops: Some("no, or unknown"),
        undone: "no answer: the registry was not reached, or there is no such environment",
    },
    ExitCodes {
        commands: &["doctor"],
        done: "nothing is wrong",
        stops: Some("something is"),
        undone: "it could not look",
    },
    ExitCodes { commands: &["init", "waive", "baseline"], done: "written", stops: None, undone: "nothing was written" },
    ExitCodes {
        commands: &[
            "explain",
            "rules",
            "deprecations",
            "pull",
            "list",
            "show",
            "deploy",
            "undeploy",
            "environment",
            "serve",
            "registry",
            "config",
            "completions",
            "man",
        ],
        done: "done",
        stops: None,
        undone: "not done",
    },
];

/// Why the work could not be done: exit code 2.
#[derive(Debug)]
pub enum Failure {
    /// What is wrong, for people; every problem that is known.
    Refused(Refusal),
    /// Results could not be written. A closed pipe is a normal end, not an error.
    Write(io::Error),
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Refused(Refusal::new(vec![problem]))
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Write(error)
    }
}
