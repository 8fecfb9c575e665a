//! Paths with `/`: joined by name alone, without asking the disk.

use crate::source::climb;

/// Joins `path` to `base` and resolves `.` and `..` by name. `base` may begin with `..` (as somebody typed it); a
/// result that climbs above where `base` starts keeps its leading `..`.
pub(crate) fn join(base: &str, path: &str) -> String {
    let mut parts = Vec::new();
    climb(&mut parts, base);
    climb(&mut parts, path);
    parts.join("/")
}

/// Like [`join`], but `None` where the result leaves the boundary that `base` is relative to.
pub(crate) fn join_inside(base: &str, path: &str) -> Option<String> {
    if path.starts_with('/') || path.contains('\0') {
        return None;
    }
    let joined = join(base, path);
    (joined != ".." && !joined.starts_with("../")).then_some(joined)
}

/// The folder of a path; empty for a bare name.
pub(crate) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// The last part of a path.
pub(crate) fn file_name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parents_are_resolved_by_name_and_the_boundary_holds() {
        assert_eq!(join("api", "../common/x.yaml"), "common/x.yaml");
        assert_eq!(join("../other", "a/./b"), "../other/a/b");
        assert_eq!(join("", "a"), "a");
        assert_eq!(join_inside("api", "../x"), Some("x".to_owned()));
        assert_eq!(join_inside("api", "../../x"), None);
        assert_eq!(join_inside("", "/etc/passwd"), None);
    }
}
