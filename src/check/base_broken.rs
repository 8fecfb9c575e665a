//! A base that cannot be read, where the run was told to go on.

use crate::change::{Change, Facts, Subject};
use crate::check::kinds::BASE_BROKEN;
use crate::finding::Problem;

/// One change that says so, with the first problem; its place is in the base, which has no sources to point into.
pub(crate) fn change(base: &str, problems: &[Problem]) -> Change {
    let first = problems.first();
    let place = first.and_then(|problem| problem.location.as_ref()).map_or_else(String::new, |location| {
        format!(" ({}:{}:{})", location.path, location.start_line, location.start_column)
    });
    let subject = Subject { kind: "base", name: base.to_owned(), ..Subject::default() };
    Change::new(&BASE_BROKEN, Facts::default(), subject, None, None)
        .with_value("base", base)
        .with_value("problem", first.map_or("", |problem| problem.message.as_str()))
        .with_value("place", place)
        .with_value("count", problems.len().to_string())
}
