//! Symbolic links among the files of an input.

use crate::source::load::place;

/// Where a link leads, from the boundary; `None` if it leaves the boundary.
pub(crate) fn target(link: &str, written: &str) -> Option<String> {
    place::join_inside(place::parent(link), written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_stay_inside_the_boundary() {
        assert_eq!(target("api/a.yaml", "../common/a.yaml"), Some("common/a.yaml".to_owned()));
        assert_eq!(target("a.yaml", "../secret"), None);
        assert_eq!(target("a.yaml", "/etc/passwd"), None);
    }
}
