//! Responses: statuses, headers, links.

use crate::change::Facts;
use crate::formats::openapi::diff::body::Content;
use crate::formats::openapi::diff::call::{Call, Part};
use crate::formats::openapi::diff::collector::{About, Collector, owner, shown_by};
use crate::formats::openapi::diff::facets;
use crate::formats::openapi::kinds;
use crate::formats::openapi::path_template::shape;
use crate::formats::openapi::view::{Api, Header, Link, Operation, Response};
use crate::formats::schema::diff::Carrier;
use crate::syntax::Cursor;

/// Compares the responses of two operations. A status that is described on one side only is compared with what covers
/// it on the other: its range (`4XX`), or `default`.
pub(super) fn compare<'c>(collector: &mut Collector<'c>, call: &Call, old: Operation<'c>, new: Operation<'c>) {
    let (before, after) = (old.responses(), new.responses());
    let list = new.cursor().get("responses").unwrap_or(new.cursor());
    // Swagger 2.0 names the media types of all responses at the operation.
    let produces = |operation: Operation<'c>| operation.cursor().get("produces").map(Cursor::hash);
    let has_same_types = produces(old) == produces(new);
    for &response in &before {
        match find(&after, &response.status().to_ascii_uppercase()) {
            Some(counterpart) => {
                if !has_same_types || !collector.is_same(response.site(), counterpart.site()) {
                    pair(collector, call, response, counterpart, response.status());
                }
            }
            None if is_respelt(response, &before, &after, true) => {}
            None => lone(collector, call, response, fallback(&after, response.status()), list, true),
        }
    }
    for &response in &after {
        if find(&before, &response.status().to_ascii_uppercase()).is_none()
            && !is_respelt(response, &after, &before, false)
        {
            lone(collector, call, response, fallback(&before, response.status()), list, false);
        }
    }
}

fn find<'c>(responses: &[Response<'c>], status: &str) -> Option<Response<'c>> {
    responses.iter().copied().find(|response| response.status().eq_ignore_ascii_case(status))
}

/// Whether a range of successes is only another spelling of successes that the other version lists one by one: those
/// are compared with it. What a `default` says of the rest stands for errors, where a success with content is listed.
fn is_respelt(range: Response<'_>, own: &[Response<'_>], others: &[Response<'_>], is_gone: bool) -> bool {
    let has_default = find(others, "DEFAULT").is_some();
    let is_listed = |other: &Response<'_>| {
        let status = other.status();
        let is_single = class(status) == "success" && !status.eq_ignore_ascii_case("2XX");
        is_single && find(own, status).is_none() && (!has_default || !other.content().is_empty())
    };
    // Without a `default`, a range that comes promises more; one that goes leaves fewer to expect.
    range.status().eq_ignore_ascii_case("2XX") && others.iter().any(is_listed) && (has_default || is_gone)
}

/// What answers a status that is not listed: its range, then `default`.
fn fallback<'c>(responses: &[Response<'c>], status: &str) -> Option<Response<'c>> {
    let range = status.get(..1).map(|class| format!("{class}XX")).filter(|range| !range.eq_ignore_ascii_case(status));
    range
        .and_then(|range| find(responses, &range))
        .or_else(|| if status.eq_ignore_ascii_case("default") { None } else { find(responses, "DEFAULT") })
}

fn class(status: &str) -> &'static str {
    match status.as_bytes().first() {
        Some(b'2') => "success",
        Some(b'3') => "redirect",
        Some(b'4') => "client-error",
        Some(b'5') => "server-error",
        _ => "other",
    }
}

fn lone<'c>(
    collector: &mut Collector<'c>,
    call: &Call,
    response: Response<'c>,
    cover: Option<Response<'c>>,
    list: Cursor<'c>,
    is_gone: bool,
) {
    let status = response.status();
    let facts =
        Facts::default().with("class", class(status)).with("covered", if cover.is_some() { "yes" } else { "no" });
    let about = About {
        kind: "response",
        name: format!("{} {status}", call.label()),
        old: is_gone.then(|| response.site()),
        new: (!is_gone).then(|| response.site()),
        around: Some(list),
    };
    let kind = if is_gone { &kinds::RESPONSE_STATUS_REMOVED } else { &kinds::RESPONSE_STATUS_ADDED };
    let change = collector.push_in(call, Part::Response, kind, facts, about);
    change.values.insert("status", status.to_owned());
    if let Some(cover) = cover {
        change.values.insert(if is_gone { "new" } else { "old" }, cover.status().to_owned());
        if is_gone {
            pair(collector, call, response, cover, status);
        } else {
            pair(collector, call, cover, response, status);
        }
    }
}

/// Two responses that answer one status.
fn pair<'c>(collector: &mut Collector<'c>, call: &Call, old: Response<'c>, new: Response<'c>, status: &str) {
    let holder = owner(new.cursor(), call);
    let is_shared = holder.starts_with("responses/");
    let shown_status = if is_shared { String::new() } else { status.to_owned() };
    let name = if is_shared { holder.clone() } else { format!("{holder} {status}") };
    let about =
        About { kind: "response", name: name.clone(), old: Some(old.cursor()), new: Some(new.cursor()), around: None };
    // What covers another status is described for others.
    if old.status().eq_ignore_ascii_case(new.status()) {
        collector.documentation(Some((call, Part::Response)), about, &facets::documentation(facets::RESPONSE));
    }
    headers(collector, call, (old, new), &name, status);
    let content =
        Content { call, part: Part::Response, holder, status: shown_status, around: (old.cursor(), new.cursor()) };
    content.compare(collector, &old.content(), &new.content());
    links(collector, call, (old, new), &name, status);
}

struct Headers<'c, 'k> {
    call: &'k Call,
    holder: &'k str,
    status: &'k str,
    around: Cursor<'c>,
}

impl<'c> Headers<'c, '_> {
    fn push<'v>(
        &self,
        collector: &'v mut Collector<'c>,
        kind: &'static crate::change::ChangeKind,
        facts: Facts,
        old: Option<Header<'c>>,
        new: Option<Header<'c>>,
    ) -> &'v mut crate::change::Change {
        let name = new.or(old).map(Header::name).unwrap_or_default();
        let about = About {
            kind: "header",
            name: format!("{} {name}", self.holder),
            old: old.map(Header::site),
            new: new.map(Header::site),
            around: Some(self.around),
        };
        let change = collector.push_in(self.call, Part::Response, kind, facts, about);
        change.values.insert("name", name.to_owned());
        change.values.insert("status", self.status.to_owned());
        change
    }
}

fn headers<'c>(
    collector: &mut Collector<'c>,
    call: &Call,
    (old, new): (Response<'c>, Response<'c>),
    holder: &str,
    status: &str,
) {
    let read = |response: Response<'c>| -> Vec<Header<'c>> {
        response.headers().into_iter().filter(|header| !header.is_ignored()).collect()
    };
    let (before, after) = (read(old), read(new));
    let push = Headers { call, holder, status, around: new.cursor() };
    let missing = |header: Header<'_>| {
        let instance = serde_json::json!({"headers": {}});
        shown_by(call, Part::Response, instance, &format!("header `{}` is missing", header.name()), None)
    };
    for &header in &before {
        let counterpart = after.iter().copied().find(|other| other.name().eq_ignore_ascii_case(header.name()));
        let Some(counterpart) = counterpart else {
            let facts = Facts::default().with_bool("required", header.is_required());
            let change = push.push(collector, &kinds::RESPONSE_HEADER_REMOVED, facts, Some(header), None);
            if header.is_required() {
                change.measured = missing(header);
            }
            continue;
        };
        let both = (Some(header), Some(counterpart));
        match (header.is_required(), counterpart.is_required()) {
            (true, false) => {
                let kind = &kinds::RESPONSE_HEADER_BECAME_OPTIONAL;
                push.push(collector, kind, Facts::default(), both.0, both.1).measured = missing(header);
            }
            (false, true) => {
                let kind = &kinds::RESPONSE_HEADER_BECAME_REQUIRED;
                push.push(collector, kind, Facts::default(), both.0, both.1);
            }
            _ => {}
        }
        let life = match (header.is_deprecated(), counterpart.is_deprecated()) {
            (false, true) => Some("deprecated"),
            (true, false) => Some("reactivated"),
            _ => None,
        };
        if let Some(edit) = life {
            let facts = Facts::default().with("edit", edit);
            push.push(collector, &kinds::RESPONSE_HEADER_DEPRECATED, facts, both.0, both.1);
        }
        let about = About {
            kind: "header",
            name: format!("{holder} {}", counterpart.name()),
            old: Some(header.cursor()),
            new: Some(counterpart.cursor()),
            around: None,
        };
        collector.documentation(Some((call, Part::Response)), about, &facets::documentation(facets::HEADER));
        let is_text = header.content().is_empty();
        let schemas = (
            header.schema().or_else(|| header.content().first().and_then(|media| media.schema())),
            counterpart.schema().or_else(|| counterpart.content().first().and_then(|media| media.schema())),
        );
        if let (Some(old), Some(new)) = schemas {
            collector.schema(call, Part::Response, Carrier::ResponseHeader, (is_text, None), (old, new));
        }
    }
    for &header in &after {
        if !before.iter().any(|other| other.name().eq_ignore_ascii_case(header.name())) {
            let facts = Facts::default().with_bool("required", header.is_required());
            push.push(collector, &kinds::RESPONSE_HEADER_ADDED, facts, None, Some(header));
        }
    }
}

fn links<'c>(
    collector: &mut Collector<'c>,
    call: &Call,
    (old, new): (Response<'c>, Response<'c>),
    holder: &str,
    status: &str,
) {
    let (before, after) = (old.links(), new.links());
    let names: std::collections::BTreeSet<&str> = before.iter().chain(&after).map(|link| link.name()).collect();
    for name in names {
        let find = |list: &[Link<'c>]| list.iter().copied().find(|link| link.name() == name);
        let (before, after) = (find(&before), find(&after));
        let fields = ["operationId", "operationRef", "parameters", "requestBody", "server"];
        let hash =
            |link: Option<Link<'c>>, field: &str| link.and_then(|link| link.cursor().get(field)).map(Cursor::hash);
        let mut changed: Vec<&str> =
            fields.into_iter().filter(|field| hash(before, field) != hash(after, field)).collect();
        // The operation may have got another id, or be told by its place instead.
        let target = |link: Option<Link<'c>>, api: &'c Api<'c>| link.and_then(|link| link_target(link, api));
        if !changed.is_empty()
            && let (Some(was), Some(is)) = (target(before, collector.old), target(after, collector.new))
            && was == is
        {
            changed.retain(|field| !matches!(*field, "operationId" | "operationRef"));
        }
        let edit = match (before, after) {
            (None, Some(_)) => "added",
            (Some(_), None) => "removed",
            _ if changed.is_empty() => continue,
            _ => "changed",
        };
        let about = About {
            kind: "link",
            name: format!("{holder} {name}"),
            old: before.map(Link::site),
            new: after.map(Link::site),
            around: Some(new.cursor()),
        };
        let facts = Facts::default().with("edit", edit);
        let change = collector.push_in(call, Part::Response, &kinds::LINK_CHANGED, facts, about);
        change.values.insert("name", name.to_owned());
        change.values.insert("status", status.to_owned());
        change.values.insert("new", changed.join(", "));
    }
}

/// The method and the path that a link leads to, names in the template aside.
fn link_target(link: Link<'_>, api: &Api<'_>) -> Option<(String, String)> {
    let place = link.operation_ref().map(Cursor::place);
    let operation = api.operations().into_iter().find(|operation| match (link.operation_id(), place) {
        (Some(id), _) => operation.id() == Some(id),
        (None, place) => place == Some(operation.cursor().place()),
    })?;
    Some((operation.method().to_string(), shape(operation.path())))
}
