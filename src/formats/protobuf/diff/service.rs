//! One service on both sides: its RPCs by name, their types, streaming, idempotency and routes.

use std::collections::BTreeMap;

use crate::change::{Change, Exposure, Facts, ONLY_HERE, Occurrence, Operation};
use crate::formats::protobuf::diff::context::{Context, facts, subject};
use crate::formats::protobuf::diff::element::deprecation_change;
use crate::formats::protobuf::diff::option_tree::{self, Owner};
use crate::formats::protobuf::diff::report::{NewType, Report, Site, Specimen};
use crate::formats::protobuf::diff::route;
use crate::formats::protobuf::exposure::rpc_path;
use crate::formats::protobuf::kinds::{
    RPC_ADDED, RPC_IDEMPOTENCY_CHANGED, RPC_REMOVED, RPC_RENAMED, RPC_STREAMING_CHANGED, RPC_TYPE_CHANGED,
};
use crate::formats::protobuf::model::{IdempotencyLevel, Rpc, RpcId, RpcType, Schema, ServiceId};
use crate::formats::protobuf::pair::Form;
use crate::source::Span;

/// The operations of a service.
pub(crate) fn operations(schema: &Schema, id: ServiceId) -> Vec<Operation> {
    let mut all: Vec<Operation> = schema
        .rpcs_of(id)
        .map(|(rpc, _)| Operation { method: None, path: rpc_path(schema, rpc), exposure: Exposure::Both })
        .collect();
    all.sort();
    all
}

/// Compares two services that are one.
pub(crate) fn compare(context: &Context<'_>, report: &mut Report, old: ServiceId, new: ServiceId) {
    let before = by_name(context.old, old);
    let after = by_name(context.new, new);
    let mut lost: Vec<RpcId> = Vec::new();
    for (name, &id) in &before {
        match after.get(name) {
            Some(&other) => rpc(context, report, &RpcPair::new(context, id, other)),
            None => lost.push(id),
        }
    }
    let mut fresh: Vec<RpcId> =
        after.iter().filter(|(name, _)| !before.contains_key(*name)).map(|(_, &id)| id).collect();
    for id in lost {
        match renamed_to(context, id, &fresh) {
            Some(other) => {
                fresh.retain(|candidate| *candidate != other);
                let pair = RpcPair::new(context, id, other);
                renamed(context, report, &pair, (old, new));
                rpc(context, report, &pair);
            }
            None => removed(context, report, id, (old, new)),
        }
    }
    for id in fresh {
        added(context, report, id, (old, new));
    }
    let (before, after) = (context.old.service(old), context.new.service(new));
    let owner = Owner {
        kind: "service",
        name: after.full_name.to_string(),
        old: context.old_span(old.file, before.name.extent),
        new: context.new_span(new.file, after.name.extent),
    };
    let changes = option_tree::compare(&before.options, &after.options, &owner);
    for change in deprecation_change(&before.options, &after.options, &owner).into_iter().chain(changes) {
        report.add(context, Site::both(old.file, new.file), change);
    }
}

/// Only request and response types, for files whose text did not change.
pub(crate) fn compare_types_only(context: &Context<'_>, report: &mut Report, old: ServiceId, new: ServiceId) {
    let after = by_name(context.new, new);
    for (name, id) in by_name(context.old, old) {
        if let Some(&other) = after.get(name) {
            types(context, report, &RpcPair::new(context, id, other));
        }
    }
}

fn by_name(schema: &Schema, id: ServiceId) -> BTreeMap<&str, RpcId> {
    schema.rpcs_of(id).map(|(id, rpc)| (&*rpc.name, id)).collect()
}

/// An RPC on both sides.
pub(crate) struct RpcPair<'a> {
    pub(crate) old: RpcId,
    pub(crate) new: RpcId,
    pub(crate) before: &'a Rpc,
    pub(crate) after: &'a Rpc,
    /// The service's full name in the new version.
    pub(crate) parent: &'a str,
}

impl<'a> RpcPair<'a> {
    fn new(context: &'a Context<'_>, old: RpcId, new: RpcId) -> Self {
        let after = context.new.rpc(new);
        let parent = context.new.service(ServiceId::new(new.file, after.parent)).full_name.as_str();
        Self { old, new, before: context.old.rpc(old), after, parent }
    }

    /// A change of this RPC.
    pub(crate) fn change(
        &self,
        context: &Context<'_>,
        kind: &'static crate::change::ChangeKind,
        stated: Facts,
        at: Option<Span>,
        (old, new): (&str, &str),
    ) -> Change {
        let name = format!("{}.{}", self.parent, &*self.after.name);
        let old_span = context.old_span(self.old.file, self.before.name.extent);
        let new_span = at.unwrap_or_else(|| context.new_span(self.new.file, self.after.name.extent));
        let mut change = Change::new(kind, stated, subject("rpc", name), Some(old_span), Some(new_span));
        let service = context.old.service(ServiceId::new(self.old.file, self.before.parent));
        if service.full_name != self.parent {
            change.places.insert(ONLY_HERE);
        }
        change
            .with_value("name", &*self.after.name)
            .with_value("parent", self.parent)
            .with_value("old", old)
            .with_value("new", new)
            .with_identity(old, new)
    }

    /// Adds a change of this RPC.
    pub(crate) fn report(&self, context: &Context<'_>, report: &mut Report, change: Change, exposure: Exposure) {
        let site = Site::both(self.old.file, self.new.file);
        report.add_to_rpc(context, site, change, (rpc_path(context.new, self.new), exposure), None);
    }
}

fn rpc(context: &Context<'_>, report: &mut Report, pair: &RpcPair<'_>) {
    types(context, report, pair);
    streaming(context, report, pair);
    idempotency(context, report, pair);
    route::compare(context, report, pair);
    let owner = Owner {
        kind: "rpc",
        name: format!("{}.{}", pair.parent, &*pair.after.name),
        old: context.old_span(pair.old.file, pair.before.name.extent),
        new: context.new_span(pair.new.file, pair.after.name.extent),
    };
    let (before, after) = (&pair.before.options, &pair.after.options);
    let changes = option_tree::compare(before, after, &owner);
    for change in deprecation_change(before, after, &owner).into_iter().chain(changes) {
        pair.report(context, report, change, Exposure::Both);
    }
}

/// An RPC with the same types and streams that nothing else could be: its name changed.
fn renamed_to(context: &Context<'_>, old: RpcId, fresh: &[RpcId]) -> Option<RpcId> {
    let before = context.old.rpc(old);
    let same = |was: &RpcType, is: &RpcType| {
        was.is_stream == is.is_stream
            && was.message.and_then(|id| context.pairing.message(id)).is_some_and(|id| Some(id) == is.message)
    };
    let is_same = |candidate: &&RpcId| {
        let after = context.new.rpc(**candidate);
        same(&before.request, &after.request) && same(&before.response, &after.response)
    };
    let mut candidates = fresh.iter().filter(is_same);
    let (only, None) = (*candidates.next()?, candidates.next()) else { return None };
    // Messages that several RPCs share say nothing about which of them it was.
    let service = ServiceId::new(old.file, before.parent);
    let twins = context.old.rpcs_of(service).filter(|(_, rpc)| {
        rpc.request.message == before.request.message && rpc.response.message == before.response.message
    });
    (twins.count() == 1).then_some(only)
}

fn renamed(context: &Context<'_>, report: &mut Report, pair: &RpcPair<'_>, (_, new): (ServiceId, ServiceId)) {
    let names = (&*pair.before.name as &str, &*pair.after.name as &str);
    let mut change = pair.change(context, &RPC_RENAMED, Facts::default(), None, names);
    change.occurrences.push(Occurrence {
        kind: &RPC_REMOVED,
        facts: facts("deprecation", "none"),
        old: change.old,
        new: Some(context.new_span(new.file, context.new.service(new).name.extent)),
    });
    pair.report(context, report, change, Exposure::Both);
}

fn removed(context: &Context<'_>, report: &mut Report, id: RpcId, (old, new): (ServiceId, ServiceId)) {
    let (rpc, service) = (context.old.rpc(id), context.new.service(new));
    let parent = context.old.service(old).full_name.as_str();
    let mut change = Change::new(
        &RPC_REMOVED,
        facts("deprecation", context.deprecation(id.file, &rpc.options, rpc.comments)),
        subject("rpc", format!("{parent}.{}", &*rpc.name)),
        Some(context.old_span(id.file, rpc.name.extent)),
        Some(context.new_span(new.file, service.name.extent)),
    )
    .with_value("name", &*rpc.name)
    .with_value("parent", parent)
    .with_identity(&*rpc.name, "");
    if parent != service.full_name.as_str() {
        change.places.insert(ONLY_HERE);
    }
    let site = Site::both(old.file, new.file);
    report.add_to_rpc(context, site, change, (rpc_path(context.old, id), Exposure::Both), None);
}

fn added(context: &Context<'_>, report: &mut Report, id: RpcId, (old, new): (ServiceId, ServiceId)) {
    let rpc = context.new.rpc(id);
    let parent = context.new.service(new).full_name.as_str();
    let change = Change::new(
        &RPC_ADDED,
        Facts::default(),
        subject("rpc", format!("{parent}.{}", &*rpc.name)),
        None,
        Some(context.new_span(id.file, rpc.name.extent)),
    )
    .with_value("name", &*rpc.name)
    .with_value("parent", parent)
    .with_identity("", &*rpc.name);
    let site = Site::both(old.file, new.file);
    report.add_to_rpc(context, site, change, (rpc_path(context.new, id), Exposure::Both), None);
}

fn types(context: &Context<'_>, report: &mut Report, pair: &RpcPair<'_>) {
    for (side, exposure, was, is) in [
        ("request", Exposure::Request, &pair.before.request, &pair.after.request),
        ("response", Exposure::Response, &pair.before.response, &pair.after.response),
    ] {
        let (Some(old), Some(new)) = (was.message, is.message) else { continue };
        let names = (&context.old.message(old).full_name, &context.new.message(new).full_name);
        let at = Some(context.new_span(pair.new.file, is.extent));
        if context.pairing.message(old) == Some(new) {
            if names.0 != names.1 {
                report.users.entry(NewType::Message(new)).or_default().push(Occurrence {
                    kind: &RPC_TYPE_CHANGED,
                    facts: facts("side", side).with("form", "same"),
                    old: Some(context.old_span(pair.old.file, was.extent)),
                    new: at,
                });
            }
            continue;
        }
        let is_same = context.forms.messages(old, new) == Form::SAME;
        let stated = facts("side", side).with("form", if is_same { "same" } else { "different" });
        let change = pair.change(context, &RPC_TYPE_CHANGED, stated, at, (names.0, names.1)).with_value("side", side);
        let site = Site::both(pair.old.file, pair.new.file);
        let specimen = Specimen::Message { old, new, fields: (None, None) };
        report.add_to_rpc(context, site, change, (rpc_path(context.new, pair.new), exposure), Some(specimen));
    }
}

fn streaming(context: &Context<'_>, report: &mut Report, pair: &RpcPair<'_>) {
    for (side, was, is) in
        [("client", &pair.before.request, &pair.after.request), ("server", &pair.before.response, &pair.after.response)]
    {
        if was.is_stream == is.is_stream {
            continue;
        }
        let word = |kind: &RpcType| format!("{side} {}", if kind.is_stream { "streaming" } else { "unary" });
        let change = pair.change(context, &RPC_STREAMING_CHANGED, facts("side", side), None, (&word(was), &word(is)));
        pair.report(context, report, change, Exposure::Both);
    }
}

fn idempotency(context: &Context<'_>, report: &mut Report, pair: &RpcPair<'_>) {
    let (was, is) = (pair.before.idempotency, pair.after.idempotency);
    if was == is {
        return;
    }
    let rank = |level| match level {
        IdempotencyLevel::Unknown => 0,
        IdempotencyLevel::Idempotent => 1,
        IdempotencyLevel::NoSideEffects => 2,
    };
    let promise = if rank(is) < rank(was) { "weaker" } else { "stronger" };
    let at = pair.after.options.entry("idempotency_level").map(|entry| context.new_span(pair.new.file, entry.extent));
    let texts = (was.as_str(), is.as_str());
    let change = pair.change(context, &RPC_IDEMPOTENCY_CHANGED, facts("promise", promise), at, texts);
    pair.report(context, report, change, Exposure::Both);
}
