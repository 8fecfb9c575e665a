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
