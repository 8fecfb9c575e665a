//! Versions of one package that live side by side: `acme.v1` and `acme.v2`.
//!
//! Retiring one version and adding another is two edits. Only where a version is replaced, and nothing else of its
//! family stays, is the new one the old one under another name.

use rustc_hash::FxHashSet;

use crate::formats::protobuf::model::{File, Schema};

/// Which families of packages have a version that both sides know.
#[derive(Debug)]
pub(crate) struct Lineage<'a> {
    stay: FxHashSet<Family<'a>>,
    old_packages: FxHashSet<&'a str>,
}

/// What is before and after the version in a package's name: `acme.v1.common` gives `acme` and `common`.
type Family<'a> = (&'a str, &'a str);

impl<'a> Lineage<'a> {
    /// The families of two schemas, files that were not read included.
    pub(crate) fn of(old: &'a Schema, new: &'a Schema) -> Self {
        let old_packages: FxHashSet<&str> = old.packages().collect();
        let stay = new.packages().filter(|name| old_packages.contains(name)).filter_map(family).collect();
        Self { stay, old_packages }
    }

    /// Whether the old version has a package of this name.
    pub(crate) fn is_old_package(&self, name: &str) -> bool {
        self.old_packages.contains(name)
    }

    /// Whether these are two versions of one package while a third one, or one of the two, is on both sides: then
    /// nothing in the one is the other's under a new name.
    pub(crate) fn are_apart(&self, old: &File, new: &File) -> bool {
        let (old, new) = (old.package_name(), new.package_name());
        old != new && family(old).is_some_and(|own| family(new) == Some(own) && self.stay.contains(&own))
    }
}

/// `None` for a package without a version.
fn family(package: &str) -> Option<Family<'_>> {
    let mut start = 0;
    for component in package.split('.') {
        let end = start + component.len();
        if component.strip_prefix('v').is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit())) {
            return Some((package[..start].trim_end_matches('.'), package[end..].trim_start_matches('.')));
        }
        start = end + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_is_what_is_around_the_version() {
        assert_eq!(family("acme.v1.common"), Some(("acme", "common")));
        assert_eq!(family("v1beta1"), Some(("", "")));
        assert_eq!(family("acme.vendor"), None);
    }
}
