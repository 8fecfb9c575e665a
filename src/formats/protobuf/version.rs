//! The version that the packages of a contract declare: `v1` of `acme.orders.v1`.
//! See <https://buf.build/docs/best-practices/module-development/#package-version>.

use std::collections::BTreeMap;

use crate::formats::DeclaredVersion;
use crate::formats::protobuf::model::{Extent, Origin, Schema};

/// By contract, the version in which all its packages end; contracts whose packages differ or have none are left out.
pub(super) fn declared(schema: &Schema) -> BTreeMap<u32, DeclaredVersion> {
    let mut found: BTreeMap<u32, Option<DeclaredVersion>> = BTreeMap::new();
    let mut note = |contract: u32, version: Option<DeclaredVersion>| {
        found
            .entry(contract)
            .and_modify(|known| {
                if known.as_ref().map(|known| &known.text) != version.as_ref().map(|version| &version.text) {
                    *known = None;
                }
            })
            .or_insert(version);
    };
    for (index, file) in schema.files() {
        let Origin::Contract(contract) = file.origin else { continue };
        let version = file.package.as_ref().and_then(|package| {
            let last = version_of(&package.name)?;
            let end = package.name_extent.end;
            let extent = Extent::new(end.saturating_sub(last.len() as u32), end);
            Some(DeclaredVersion { text: last.to_owned(), span: Some(schema.span(index, extent)) })
        });
        note(contract, version);
    }
    for file in schema.unread.iter().filter(|file| file.outline.is_some()) {
        let version = version_of(file.package());
        note(file.contract, version.map(|text| DeclaredVersion { text: text.to_owned(), span: None }));
    }
    found.into_iter().filter_map(|(contract, version)| Some((contract, version?))).collect()
}

/// The version in which a package's name ends.
fn version_of(package: &str) -> Option<&str> {
    package.rsplit('.').next().filter(|last| is_version(last))
}

/// Whether a version can name nothing but majors: `v1`, not `v1beta1`.
pub(super) fn names_major_only(version: &str) -> bool {
    version.strip_prefix('v').is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()))
}

/// `v1`, `v1beta1`, `v2alpha`, `v1p1beta1`, `v1test`.
fn is_version(part: &str) -> bool {
    let Some(rest) = part.strip_prefix('v') else { return false };
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return false;
    }
    let mut rest = &rest[digits..];
    if let Some(patch) = rest.strip_prefix('p') {
        let digits = patch.bytes().take_while(u8::is_ascii_digit).count();
        if digits > 0 {
            rest = &patch[digits..];
        }
    }
    rest.is_empty() || ["alpha", "beta", "test"].iter().any(|stage| rest.starts_with(stage))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn package_versions_are_told_from_other_names() {
        for version in ["v1", "v12", "v1beta1", "v1p1beta1", "v2alpha", "v1test"] {
            assert!(is_version(version), "{version}");
        }
        for other in ["v", "value", "vendor", "order", "v1x"] {
            assert!(!is_version(other), "{other}");
        }
        assert!(names_major_only("v1") && !names_major_only("v1beta1"));
    }
}
