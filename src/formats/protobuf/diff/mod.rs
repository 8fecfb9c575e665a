//! Compares two linked schemas and states every difference as a [`Change`](crate::change::Change).
//!
//! One edit is one change: what else an edit shows at (a field under a changed syntax line, a user of a renamed type)
//! becomes an occurrence of it. Files that are equal on both sides are looked at only for what they refer to.

mod cardinality;
mod constraint;
mod context;
mod element;
mod enumeration;
mod extension;
mod features;
mod field;
mod field_options;
mod file;
mod gone;
mod message;
mod numbers;
mod oneof;
mod option_tree;
mod report;
mod reservation;
mod reserved;
mod route;
mod service;
#[cfg(test)]
mod tests;

use crate::formats::SunsetClock;
use crate::formats::protobuf::exposure::Exposures;
use crate::formats::protobuf::model::Schema;
use crate::formats::protobuf::pair::{FilePair, Forms, Pairing};
use crate::formats::protobuf::witness;
use crate::source::SourceMap;

pub(crate) use context::{Context, stability_level, sunset};
pub(crate) use report::{Found, Specimen};

/// Whoever packs messages into `google.protobuf.Any` imports this.
const ANY: &str = "google/protobuf/any.proto";

/// The two versions, linked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Versions<'a> {
    /// The old version.
    pub(crate) old: &'a Schema,
    /// The new version.
    pub(crate) new: &'a Schema,
    /// The texts that the old version's spans point into.
    pub(crate) old_sources: &'a SourceMap,
    /// The texts that the new version's spans point into.
    pub(crate) new_sources: &'a SourceMap,
    /// The clock, for sunsets.
    pub(crate) clock: SunsetClock,
}

/// Everything that changed, in the order of files and elements.
pub(crate) fn compare(versions: Versions<'_>) -> Vec<Found> {
    let forms = Forms::new(versions.old, versions.new);
    let pairing = Pairing::new(versions.old, versions.new, &forms);
    let context = Context {
        old: versions.old,
        new: versions.new,
        old_sources: versions.old_sources,
        new_sources: versions.new_sources,
        clock: versions.clock,
        pairing: &pairing,
        forms: &forms,
        exposures: Exposures::new(versions.old, versions.new),
        extensions: pairing.extensions(),
        new_packages: versions.new.packages().collect(),
        new_enum_packages: versions.new.packages_with_enums().collect(),
        uses_any: versions.old.imports(ANY) || versions.new.imports(ANY),
    };
    let mut report = report::Report::default();
    let mut removed = Vec::new();
    for pair in &pairing.files.pairs {
        match *pair {
            FilePair::Both(old, new) => file::compare(&context, &mut report, old, new),
            FilePair::Old(old) => removed.push(old),
            FilePair::New(new) => file::added(&context, &mut report, new),
        }
    }
    file::removed(&context, &mut report, &removed);
    for pair in &pairing.files.pairs {
        if let FilePair::Both(old, new) = *pair
            && versions.old.file(old).is_unchanged
            && versions.new.file(new).is_unchanged
        {
            message::compare_types_only(&context, &mut report, old);
            continue;
        }
        if let FilePair::Both(old, _) | FilePair::Old(old) = *pair {
            element::compare_old(&context, &mut report, old);
        }
        if let FilePair::Both(_, new) | FilePair::New(new) = *pair {
            element::find_added(&context, &mut report, new);
        }
    }
    let mut found = report.finish(&context);
    witness::attach(versions.old, versions.new, &mut found);
    found
}
