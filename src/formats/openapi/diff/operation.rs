//! One operation on both sides.

use crate::change::Facts;
use crate::formats::openapi::diff::call::{Call, Part};
use crate::formats::openapi::diff::collector::{About, Collector, lifecycle};
use crate::formats::openapi::diff::{body, event, facets, parameter, response, security, server};
use crate::formats::openapi::kinds;
use crate::formats::openapi::view::Operation;
use crate::formats::schema::lifecycle::LifecycleChange;

/// Compares two operations with the same method and path.
pub(super) fn compare<'c>(collector: &mut Collector<'c>, call: &Call, old: Operation<'c>, new: Operation<'c>) {
    life(collector, call, old, new);
    identity(collector, call, old, new);
    tags(collector, call, old, new);
    collector.documentation(
        Some((call, Part::Whole)),
        about(call, old, new),
        &facets::documentation(facets::OPERATION),
    );
    parameter::compare(collector, call, old, new);
    body::compare_requests(collector, call, old, new);
    response::compare(collector, call, old, new);
    security::compare_operations(collector, call, old, new);
    server::compare_operations(collector, call, old, new);
    event::compare_callbacks(collector, call, old, new);
}

fn about<'c>(call: &Call, old: Operation<'c>, new: Operation<'c>) -> About<'c> {
    About { kind: "operation", name: call.label(), old: Some(old.cursor()), new: Some(new.cursor()), around: None }
}

fn life(collector: &mut Collector<'_>, call: &Call, old: Operation<'_>, new: Operation<'_>) {
    let (was, is) = (lifecycle(old.cursor()), lifecycle(new.cursor()));
    for change in was.changes(&is, collector.options.clock) {
        let (kind, facts) = match change {
            LifecycleChange::Deprecated(sunset) => {
                (&kinds::OPERATION_DEPRECATED, Facts::default().with("sunset", sunset))
            }
            LifecycleChange::Reactivated => (&kinds::OPERATION_REACTIVATED, Facts::default()),
            LifecycleChange::Sunset(edit) => (&kinds::OPERATION_SUNSET_CHANGED, Facts::default().with("edit", edit)),
            LifecycleChange::Stability(edit) => {
                (&kinds::OPERATION_STABILITY_CHANGED, Facts::default().with("edit", edit))
            }
        };
        let word = |level: &Option<String>| level.clone().unwrap_or_else(|| "no level".to_owned());
        let (before, after) = if matches!(change, LifecycleChange::Stability(_)) {
            (word(&was.stability), word(&is.stability))
        } else {
            (was.sunset.text().to_owned(), is.sunset.text().to_owned())
        };
        let recorded = collector.push_in(call, Part::Whole, kind, facts, about(call, old, new));
        recorded.identity = (before.clone(), after.clone());
        recorded.values.insert("sunset", is.sunset.text().to_owned());
        recorded.values.insert("old", before);
        recorded.values.insert("new", after);
        // That nothing is promised any more is itself a change of the promise.
        recorded.unstable = was.is_unstable();
    }
}

fn identity(collector: &mut Collector<'_>, call: &Call, old: Operation<'_>, new: Operation<'_>) {
    let edit = match (old.id(), new.id()) {
        (None, Some(_)) => "added",
        (Some(_), None) => "removed",
        (Some(old), Some(new)) if old != new => "changed",
        _ => return,
    };
    let about = About {
        old: old.cursor().get("operationId").or(Some(old.cursor())),
        new: new.cursor().get("operationId").or(Some(new.cursor())),
        ..about(call, old, new)
    };
    let facts = Facts::default().with("edit", edit);
    let change = collector.push_in(call, Part::Whole, &kinds::OPERATION_ID_CHANGED, facts, about);
    let (before, after) = (old.id().unwrap_or_default(), new.id().unwrap_or_default());
    change.values.insert("old", before.to_owned());
    change.values.insert("new", after.to_owned());
    change.identity = (before.to_owned(), after.to_owned());
}

fn tags(collector: &mut Collector<'_>, call: &Call, old: Operation<'_>, new: Operation<'_>) {
    let (before, after) = (old.tags(), new.tags());
    for (edit, names, others) in [("removed", &before, &after), ("added", &after, &before)] {
        for name in names.iter().filter(|name| !others.contains(name)) {
            let about = About {
                old: old.cursor().get("tags").or(Some(old.cursor())),
                new: new.cursor().get("tags").or(Some(new.cursor())),
                ..about(call, old, new)
            };
            let facts = Facts::default().with("edit", edit);
            let change = collector.push_in(call, Part::Whole, &kinds::TAG_CHANGED, facts, about);
            change.values.insert("name", (*name).to_owned());
            change.identity =
                if edit == "added" { (String::new(), (*name).to_owned()) } else { ((*name).to_owned(), String::new()) };
        }
    }
}
