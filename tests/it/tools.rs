//! Programs that tests use where they are there: `tests/run.sh` installs them, and then they must be.

use std::path::PathBuf;
use std::process::Command;

/// The first of several programs that starts, or `None` on a machine without them.
///
/// # Panics
/// Where `tests/run.sh` promised all tools (`COUNTERPART_TEST_TOOLS=all`) and none starts: a check that silently did not run
/// would look like one that passed.
pub fn tool(candidates: &[&str]) -> Option<PathBuf> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let starts =
        |program: &PathBuf| Command::new(program).arg("--version").output().is_ok_and(|run| run.status.success());
    let found = candidates
        .iter()
        .map(|name| if name.contains('/') { root.join(name) } else { PathBuf::from(name) })
        .find(|program| if program.is_absolute() { program.is_file() } else { starts(program) });
    let must_be = std::env::var("COUNTERPART_TEST_TOOLS").is_ok_and(|value| value == "all");
    assert!(found.is_some() || !must_be, "none of {candidates:?} starts, and tests/run.sh installs one");
    found
}
