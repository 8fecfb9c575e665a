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

use rayon::prelude::*;

use crate::formats::SunsetClock;
use crate::formats::protobuf::exposure::Exposures;
use crate::formats::protobuf::model::{FileIndex, Schema};
use crate::formats::protobuf::pair::{FilePair, Forms, Pairing};
use crate::formats::protobuf::witness;
use crate::source::SourceMap;

pub(crate) use context::{Context, stability_level, sunset};
use report::Report;
pub(crate) use report::{Found, Specimen};

/// How many files one thread takes at a time.
const FILES_AT_ONCE: usize = 64;

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
    let exposures = Exposures::new(versions.old, versions.new);
    let (pairing, ()) = rayon::join(|| Pairing::new(versions.old, versions.new, &forms), || exposures.prepare());
    let context = Context {
        old: versions.old,
        new: versions.new,
        old_sources: versions.old_sources,
        new_sources: versions.new_sources,
        clock: versions.clock,
        pairing: &pairing,
        forms: &forms,
        exposures,
        extensions: pairing.extensions(),
        new_packages: versions.new.packages().collect(),
        new_enum_packages: versions.new.packages_with_enums().collect(),
        uses_any: versions.old.imports(ANY) || versions.new.imports(ANY),
    };
    let mut report = in_order(&pairing.files.pairs, |report, pair| match *pair {
        FilePair::Both(old, new) => file::compare(&context, report, old, new),
        FilePair::New(new) => file::added(&context, report, new),
        FilePair::Old(_) => {}
    });
    let removed: Vec<FileIndex> = pairing.files.pairs.iter().filter_map(FilePair::removed).collect();
    file::removed(&context, &mut report, &removed);
    report.append(in_order(&pairing.files.pairs, |report, pair| compare_elements(&context, report, *pair)));
    let mut found = report.finish(&context);
    witness::attach(versions.old, versions.new, &mut found);
    found
}

/// What all these files have, in their order, whatever finds it first.
fn in_order(pairs: &[FilePair], look: impl Fn(&mut Report, &FilePair) + Sync) -> Report {
    let look_at = |some: &[FilePair]| {
        let mut report = Report::default();
        for pair in some {
            look(&mut report, pair);
        }
        report
    };
    let reports: Vec<Report> = pairs.par_chunks(FILES_AT_ONCE).map(look_at).collect();
    let mut all = Report::default();
    for report in reports {
        all.append(report);
    }
    all
}

fn compare_elements(context: &Context<'_>, report: &mut Report, pair: FilePair) {
    if let FilePair::Both(old, new) = pair
        && context.old.file(old).is_unchanged
        && context.new.file(new).is_unchanged
    {
        message::compare_types_only(context, report, old);
        return;
    }
    if let FilePair::Both(old, _) | FilePair::Old(old) = pair {
        element::compare_old(context, report, old);
    }
    if let FilePair::Both(_, new) | FilePair::New(new) = pair {
        element::find_added(context, report, new);
    }
}
