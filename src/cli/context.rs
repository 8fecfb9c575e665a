//! What a command gets from the outside.

use std::io::{self, Write};

use camino::Utf8PathBuf;
use jiff::civil::Date;

use crate::cli::arguments::Global;
use crate::cli::terminal::Terminal;
use crate::finding::Problem;
use crate::source::load::Network;

/// The environment of one run.
pub struct Context {
    /// The working directory, absolute.
    pub cwd: Utf8PathBuf,
    /// How standard output is.
    pub terminal: Terminal,
    /// How standard error is.
    pub error_terminal: Terminal,
    /// Where results go. Everything that is no result goes to `stderr`.
    pub stdout: Box<dyn Write + Send + Sync>,
    /// Where progress and remarks go.
    pub stderr: Box<dyn Write + Send + Sync>,
    /// Whether to say more (`--verbose`).
    pub verbose: bool,
    /// Whether to keep quiet on stderr (`--quiet`).
    pub quiet: bool,
    /// `--config`, if given.
    pub config: Option<Utf8PathBuf>,
    /// How addresses are reached, if at all (`--offline`).
    pub network: Network,
}

impl Context {
    /// Reads the environment.
    ///
    /// # Errors
    /// When there is no working directory or its path is not UTF-8.
    pub(crate) fn new(global: &Global) -> Result<Self, Problem> {
        let cwd = std::env::current_dir()
            .map_err(|error| Problem::new("no-directory", format!("there is no working directory: {error}")))?;
        let cwd = Utf8PathBuf::from_path_buf(cwd).map_err(|path| {
            Problem::new("bad-path", format!("the path of the working directory is not UTF-8: {}", path.display()))
        })?;
        Ok(Self {
            cwd,
            terminal: Terminal::stdout(global.color, global.width),
            error_terminal: Terminal::stderr(global.color, global.width),
            stdout: Box::new(io::BufWriter::with_capacity(1 << 16, io::stdout())),
            stderr: Box::new(io::stderr()),
            verbose: global.verbose,
            quiet: global.quiet,
            config: global.config.clone(),
            network: Network::from_environment(global.offline)?,
        })
    }

    /// The day that counts: `given` (`--today`), or the clock's, in UTC so that it does not depend on the machine.
    #[must_use]
    pub fn today(given: Option<Date>) -> Date {
        given.unwrap_or_else(|| jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date())
    }

    /// A remark for people: to stderr, not with `--quiet`. That it cannot be written is no reason to fail.
    pub fn remark(&mut self, text: &str) {
        if !self.quiet {
            let _ = writeln!(self.stderr, "{text}");
        }
    }
}
