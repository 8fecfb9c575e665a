//! Long pages at a terminal: through the user's pager, as git does it.

use std::io::{self, Write};
use std::process::{Command, Stdio};

use crate::cli::context::Context;
use crate::cli::output::unless_closed;

/// Writes a page; through `COUNTERPART_PAGER`, `PAGER` or `less` where somebody looks and it does not fit the screen.
/// An empty pager, `cat`, or one that does not start means none.
pub(crate) fn write(page: &[u8], context: &mut Context) -> io::Result<()> {
    let lines = memchr::memchr_iter(b'\n', page).count();
    let height = terminal_size::terminal_size().map_or(usize::MAX, |(_, height)| usize::from(height.0));
    if context.terminal.is_terminal && lines >= height && paged(page, context)? {
        return Ok(());
    }
    unless_closed(context.stdout.write_all(page))
}

fn paged(page: &[u8], context: &mut Context) -> io::Result<bool> {
    let set = |name: &str| std::env::var(name).ok();
    let pager = set("COUNTERPART_PAGER").or_else(|| set("PAGER")).unwrap_or_else(|| "less".to_owned());
    if pager.trim().is_empty() || pager == "cat" {
        return Ok(false);
    }
    context.stdout.flush()?;
    let mut command = Command::new("sh");
    command.args(["-c", &pager]).stdin(Stdio::piped());
    if std::env::var_os("LESS").is_none() {
        // Colors pass, short pages are left on the screen.
        command.env("LESS", "FRX");
    }
    let Ok(mut child) = command.spawn() else { return Ok(false) };
    if let Some(mut input) = child.stdin.take() {
        // Whoever has seen enough closes the pager before its end.
        unless_closed(input.write_all(page))?;
    }
    let status = child.wait()?;
    // 127: the shell did not find it, and nothing was shown.
    Ok(status.code() != Some(127))
}
