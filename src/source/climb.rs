//! Relative paths, followed by name alone.

/// Follows `path` from the folder `parts`, without asking the disk: `.` stays, `..` climbs. What climbs above where `parts`
/// begins keeps its leading `..`.
pub(crate) fn climb<'a>(parts: &mut Vec<&'a str>, path: &'a str) {
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|&last| last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
}
