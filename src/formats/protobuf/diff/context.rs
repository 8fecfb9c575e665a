//! What every part of the difference looks at.

use rustc_hash::FxHashSet;

use crate::change::{Facts, Subject};
use crate::formats::SunsetClock;
use crate::formats::protobuf::exposure::Exposures;
use crate::formats::protobuf::model::{Comments, Extent, FileIndex, Options, Schema};
use crate::formats::protobuf::pair::{ExtensionPairs, Forms, Pairing};
use crate::source::{SourceMap, Span};

/// Both versions and how they relate.
pub(crate) struct Context<'a> {
    pub(crate) old: &'a Schema,
    pub(crate) new: &'a Schema,
    pub(crate) old_sources: &'a SourceMap,
    pub(crate) new_sources: &'a SourceMap,
    pub(crate) clock: SunsetClock,
    pub(crate) pairing: &'a Pairing<'a>,
    pub(crate) forms: &'a Forms<'a>,
    pub(crate) exposures: Exposures<'a>,
    pub(crate) extensions: ExtensionPairs,
    /// The packages of the new version.
    pub(crate) new_packages: FxHashSet<&'a str>,
    /// Those that have an enum.
    pub(crate) new_enum_packages: FxHashSet<&'a str>,
    /// Whether either version packs messages into `google.protobuf.Any`.
    pub(crate) uses_any: bool,
}

impl Context<'_> {
    /// A place in an old file.
    pub(crate) fn old_span(&self, file: FileIndex, extent: Extent) -> Span {
        self.old.span(file, extent)
    }

    /// A place in a new file.
    pub(crate) fn new_span(&self, file: FileIndex, extent: Extent) -> Span {
        self.new.span(file, extent)
    }

    /// The first of these places in a new file that is written.
    pub(crate) fn new_span_or(&self, file: FileIndex, extent: Extent, otherwise: Extent) -> Span {
        self.new.span(file, if extent.is_none() { otherwise } else { extent })
    }

    /// How far the old version had announced that an element would go: the fact `deprecation`.
    ///
    /// The day stands in the element's comment, as `Sunset: 2026-05-01`, because protobuf has no option for it.
    pub(crate) fn deprecation(&self, file: FileIndex, options: &Options, comments: Comments) -> &'static str {
        if !options.is_deprecated() {
            return "none";
        }
        let passed = [comments.leading, comments.trailing]
            .into_iter()
            .filter(|extent| !extent.is_none())
            .filter_map(|extent| sunset(self.old_sources.text(self.old.span(file, extent))))
            .any(|day| self.clock.has_passed(day, stability_level(self.old.file(file).package_name())));
        if passed { "sunset-passed" } else { "deprecated" }
    }
}

/// The day after the word "sunset", whatever stands between them on the way to the first digit.
pub(crate) fn sunset(comment: &str) -> Option<jiff::civil::Date> {
    let lower = comment.to_ascii_lowercase();
    let after = &lower[lower.find("sunset")? + "sunset".len()..];
    let start = after.find(|character: char| character.is_ascii_digit())?;
    after.get(start..start + 10)?.parse().ok()
}

/// A subject without pointers: protobuf elements are known by name.
pub(crate) fn subject(kind: &'static str, name: impl Into<String>) -> Subject {
    Subject { kind, name: name.into(), old_pointer: None, new_pointer: None }
}

/// One fact.
pub(crate) fn facts(name: &'static str, value: &'static str) -> Facts {
    Facts::default().with(name, value)
}

/// No facts.
pub(crate) fn no_facts() -> Facts {
    Facts::default()
}

/// How little a package promises, by its last component: `alpha` for `v1alpha1` and `v2test`, `beta` for `v1beta` and
/// `v1p1beta1`. `None` for every other package: a full promise.
pub(crate) fn stability_level(package: &str) -> Option<&'static str> {
    let last = package.rsplit('.').next().unwrap_or(package);
    let rest = last.strip_prefix('v')?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let rest = &rest[digits..];
    let rest = rest.strip_prefix('p').map_or(rest, |patch| patch.trim_start_matches(|c: char| c.is_ascii_digit()));
    let words = [("alpha", "alpha"), ("beta", "beta"), ("test", "alpha")];
    let found = words.into_iter().find(|(word, _)| digits > 0 && rest.starts_with(word))?;
    Some(found.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sunset_is_read_from_prose() {
        let day = Some(jiff::civil::date(2026, 5, 1));
        assert_eq!(sunset("// Sunset: 2026-05-01"), day);
        assert_eq!(sunset("// The sunset of this field is on 2026-05-01."), day);
        assert_eq!(sunset("// Gone soon."), None);
    }

    #[test]
    fn packages_say_that_they_are_unstable() {
        for (package, level) in
            [("acme.v1alpha1", "alpha"), ("acme.v1beta", "beta"), ("v2test", "alpha"), ("acme.v1p1beta1", "beta")]
        {
            assert_eq!(stability_level(package), Some(level), "{package}");
        }
        for package in ["acme.v1", "acme.vbeta", "acme", "acme.v1beta.orders"] {
            assert_eq!(stability_level(package), None, "{package}");
        }
    }
}
