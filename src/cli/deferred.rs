//! A command whose arguments are built when it is asked for: a start builds one command and not thirty.

use std::ops::Deref;

use clap::{ArgMatches, Args, Command, Error, FromArgMatches, Id};

/// The arguments `T` of a command, described to clap only where that command is run, helped with or completed.
#[derive(Debug)]
pub struct Deferred<T>(Box<T>);

impl<T> Deferred<T> {
    /// The arguments that were given.
    pub(crate) fn into_inner(self) -> T {
        *self.0
    }
}

impl<T> Deref for Deferred<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: FromArgMatches> FromArgMatches for Deferred<T> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        T::from_arg_matches(matches).map(Box::new).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        self.0.update_from_arg_matches(matches)
    }
}

impl<T: Args> Args for Deferred<T> {
    fn augment_args(command: Command) -> Command {
        command.defer(build::<T>)
    }

    fn augment_args_for_update(command: Command) -> Command {
        T::augment_args_for_update(command)
    }
}

/// By now the command has what the program says about it and the global arguments, which go before and after its own.
fn build<T: Args>(command: Command) -> Command {
    let about = command.get_about().cloned().unwrap_or_default();
    let globals: Vec<Id> = command.get_arguments().map(|argument| argument.get_id().clone()).collect();
    let command = T::augment_args(command).about(about).long_about(None::<&str>);
    globals.into_iter().fold(command, |command, global| command.mut_arg(global, |argument| argument))
}
