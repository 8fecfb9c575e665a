//! `check --watch`: the same run again whenever a file changes.

use std::io::Write;
use std::sync::mpsc;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use notify::{RecursiveMode, Watcher};

use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::finding::Problem;
use crate::render;
use crate::source::load::is_candidate;

/// Editors write a file in several steps; what follows within this time belongs to one change.
const SETTLE: Duration = Duration::from_millis(150);

/// Runs now and after every change below `root`, until the process is interrupted or the watch ends. Changes of the files
/// that the run itself writes, `written`, are none: it would never come to rest.
pub(crate) fn run(
    root: &Utf8Path,
    written: &[Utf8PathBuf],
    context: &mut Context,
    once: impl Fn(&mut Context) -> Result<Exit, Failure>,
) -> Result<Exit, Failure> {
    let (sender, changes) = mpsc::channel();
    let failed = |error: notify::Error| Problem::new("watch", format!("`{root}` cannot be watched: {error}"));
    let mut watcher = notify::recommended_watcher(move |event| {
        // Nobody listens any more only when the run is over.
        let _ = sender.send(event);
    })
    .map_err(failed)?;
    watcher.watch(root.as_std_path(), RecursiveMode::Recursive).map_err(failed)?;
    loop {
        if context.terminal.is_terminal {
            context.stdout.write_all(b"\x1b[2J\x1b[H")?;
        }
        match once(context) {
            Ok(_) => {}
            // Broken contracts are what somebody at work has; the next change may repair them.
            Err(Failure::Refused(refusal)) => {
                let options = context.error_terminal.options(context.verbose);
                render::refusal_text(&refusal, options, &mut context.stderr)?;
            }
            Err(failure) => return Err(failure),
        }
        context.stdout.flush()?;
        context.remark("watching for changes; Ctrl-C ends");
        loop {
            let Ok(event) = changes.recv() else { return Ok(Exit::Clean) };
            if event.is_ok_and(|event| concerns(root, written, &event)) {
                break;
            }
        }
        while changes.recv_timeout(SETTLE).is_ok() {}
    }
}

/// Whether a change is to a contract, the settings, or the commit that HEAD is; not to what a build writes.
fn concerns(root: &Utf8Path, written: &[Utf8PathBuf], event: &notify::Event) -> bool {
    if matches!(event.kind, notify::EventKind::Access(_)) {
        return false;
    }
    event.paths.iter().any(|path| {
        let Ok(inside) = path.strip_prefix(root) else { return false };
        let is_own = |own: &Utf8PathBuf| {
            own.as_std_path() == path
                || own.canonicalize().ok().is_some_and(|own| path.canonicalize().is_ok_and(|path| path == own))
        };
        if written.iter().any(is_own) {
            return false;
        }
        let inside = inside.to_string_lossy().replace('\\', "/");
        is_candidate(&inside) || inside.ends_with(".toml") && !inside.contains('/') || inside == ".git/HEAD"
    })
}
