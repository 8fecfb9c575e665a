//! Request bodies, and the content that requests and responses share.

use crate::change::{Change, Facts, Measured};
use crate::formats::openapi::diff::call::{Call, Part};
use crate::formats::openapi::diff::collector::{About, Collector, owner, shown_by};
use crate::formats::openapi::diff::facets;
use crate::formats::openapi::diff::media::Media;
use crate::formats::openapi::kinds;
use crate::formats::openapi::view::{MediaType, Operation, Parameter, Shape};
use crate::formats::schema::diff::{Carrier, Sent};
use crate::syntax::Cursor;

/// Compares the request bodies of two operations.
pub(super) fn compare_requests<'c>(collector: &mut Collector<'c>, call: &Call, old: Operation<'c>, new: Operation<'c>) {
    let (before, after) = (old.request_body(), new.request_body());
    let about = |collector_name: String| About {
        kind: "request body",
        name: collector_name,
        old: before.as_ref().map(|body| body.cursor()),
        new: after.as_ref().map(|body| body.cursor()),
        around: Some(new.cursor()),
    };
    let no_body = |collector: &Collector<'_>| {
        let curl = call.curl(&collector.server, "");
        shown_by(call, Part::Request, serde_json::Value::Null, "a request body is required", curl)
    };
    match (&before, &after) {
        (None, Some(body)) => {
            let measured = if body.is_required() { no_body(collector) } else { Measured::default() };
            let facts = Facts::default().with_bool("required", body.is_required());
            let change = collector.push_in(call, Part::Request, &kinds::REQUEST_BODY_ADDED, facts, about(call.label()));
            change.measured = measured;
        }
        (Some(_), None) => {
            let kind = &kinds::REQUEST_BODY_REMOVED;
            collector.push_in(call, Part::Request, kind, Facts::default(), about(call.label()));
        }
        (Some(before), Some(after)) if before.is_one_node() && collector.is_same(before.cursor(), after.cursor()) => {}
        (Some(before), Some(after)) => {
            let holder = owner(after.cursor(), call);
            if !before.is_required() && after.is_required() {
                let measured = no_body(collector);
                let kind = &kinds::REQUEST_BODY_BECAME_REQUIRED;
                let change = collector.push_in(call, Part::Request, kind, Facts::default(), about(holder.clone()));
                change.measured = measured;
            } else if before.is_required() && !after.is_required() {
                // Whoever receives a webhook was promised one.
                let measured = if call.is_swapped { no_body(collector) } else { Measured::default() };
                let kind = &kinds::REQUEST_BODY_BECAME_OPTIONAL;
                let change = collector.push_in(call, Part::Request, kind, Facts::default(), about(holder.clone()));
                change.measured = measured;
            }
            collector.documentation(
                Some((call, Part::Request)),
                about(holder.clone()),
                &facets::documentation(facets::REQUEST_BODY),
            );
            let content = Content {
                call,
                part: Part::Request,
                holder,
                status: String::new(),
                around: (before.cursor(), after.cursor()),
            };
            content.compare(collector, &before.content(), &after.content());
        }
        (None, None) => {}
    }
}

/// The content of a body or response.
pub(super) struct Content<'c, 'k> {
    /// The operation.
    pub call: &'k Call,
    /// Whether it is asked or answered.
    pub part: Part,
    /// The operation or shared component.
    pub holder: String,
    /// The status of a response, empty for a request.
    pub status: String,
    /// The body or response on both sides.
    pub around: (Cursor<'c>, Cursor<'c>),
}

impl<'c> Content<'c, '_> {
    fn about(&self, name: &str, old: Option<&MediaType<'c>>, new: Option<&MediaType<'c>>) -> About<'c> {
        let status = if self.status.is_empty() { String::new() } else { format!(" {}", self.status) };
        About {
            kind: "media type",
            name: format!("{}{status} {name}", self.holder),
            old: old.map(MediaType::name_cursor),
            new: new.map(MediaType::name_cursor),
            around: Some(self.around.1),
        }
    }

    /// The same for an entry of a list that holds for many operations: one edit of the document, whoever shows it.
    fn about_listed(
        &self,
        collector: &Collector<'c>,
        shared: Option<&'static str>,
        name: &str,
        old: Option<&MediaType<'c>>,
        new: Option<&MediaType<'c>>,
    ) -> About<'c> {
        let about = self.about(name, old, new);
        let Some(field) = shared else { return about };
        let (old_root, new_root) = (collector.old.root().cursor(), collector.new.root().cursor());
        // What a document without a list implies stands nowhere.
        let place = |site: Cursor<'c>, root: Cursor<'c>| if list_of(site).is_some() { site } else { root };
        About {
            name: format!("{field} {name}"),
            old: about.old.map(|site| place(site, old_root)),
            new: about.new.map(|site| place(site, new_root)),
            around: Some(new_root.get(field).unwrap_or(new_root)),
            ..about
        }
    }

    fn say_where(&self, change: &mut Change, shared: Option<&'static str>) {
        change.values.insert("status", self.status.clone());
        if let Some(field) = shared {
            change.values.insert("operation", format!("every operation without `{field}` of its own"));
            change.values.insert("status", "any status".to_owned());
        }
    }

    /// Compares the media types of both sides.
    pub(super) fn compare(&self, collector: &mut Collector<'c>, old: &[MediaType<'c>], new: &[MediaType<'c>]) {
        let parsed =
            |list: &[MediaType<'_>]| -> Vec<Media> { list.iter().map(|media| Media::parse(media.name())).collect() };
        let (before, after) = (parsed(old), parsed(new));
        let shared = shared_list(old, new).filter(|field| collector.is_changed_at_root(field));
        let mut taken = vec![false; new.len()];
        let mut gone = Vec::new();
        for (at, media) in before.iter().enumerate() {
            match after.iter().enumerate().position(|(to, other)| other == media && !taken[to]) {
                Some(to) => {
                    taken[to] = true;
                    self.pair(collector, &old[at], &new[to]);
                }
                None => gone.push(at),
            }
        }
        let mut come: Vec<usize> = (0..new.len()).filter(|&to| !taken[to]).collect();
        // One name that replaces another, for answers: what was asked for is still what comes, or is not.
        if self.part == Part::Response {
            gone.retain(|&at| {
                let related = come.iter().position(|&to| before[at].relation(&after[to]).is_some());
                match related {
                    Some(position) => {
                        let to = come.remove(position);
                        let relation = before[at].relation(&after[to]).unwrap_or("other");
                        self.renamed(collector, &old[at], &new[to], relation, shared);
                        false
                    }
                    None => true,
                }
            });
        }
        for at in gone {
            let cover = after.iter().position(|range| range.covers(&before[at]));
            self.lone(collector, &old[at], cover.map(|to| &new[to]), true, shared);
        }
        for to in come {
            let cover = before.iter().position(|range| range.covers(&after[to]));
            self.lone(collector, &new[to], cover.map(|at| &old[at]), false, shared);
        }
    }

    fn renamed(
        &self,
        collector: &mut Collector<'c>,
        old: &MediaType<'c>,
        new: &MediaType<'c>,
        relation: &'static str,
        shared: Option<&'static str>,
    ) {
        let facts = Facts::default().with("relation", relation);
        let about = self.about_listed(collector, shared, new.name(), Some(old), Some(new));
        let change = collector.push_in(self.call, self.part, &kinds::RESPONSE_MEDIA_TYPE_RENAMED, facts, about);
        self.say_where(change, shared);
        change.values.insert("old", old.name().to_owned());
        change.values.insert("new", new.name().to_owned());
        change.identity = (old.name().to_owned(), new.name().to_owned());
        self.pair(collector, old, new);
    }

    /// A media type that is on one side only; a range on the other may cover it.
    fn lone(
        &self,
        collector: &mut Collector<'c>,
        media: &MediaType<'c>,
        cover: Option<&MediaType<'c>>,
        is_gone: bool,
        shared: Option<&'static str>,
    ) {
        let kind = match (self.part, is_gone) {
            (Part::Response, true) => &kinds::RESPONSE_MEDIA_TYPE_REMOVED,
            (Part::Response, false) => &kinds::RESPONSE_MEDIA_TYPE_ADDED,
            (_, true) => &kinds::REQUEST_MEDIA_TYPE_REMOVED,
            (_, false) => &kinds::REQUEST_MEDIA_TYPE_ADDED,
        };
        let (old, new) = if is_gone { (Some(media), None) } else { (None, Some(media)) };
        let about = self.about_listed(collector, shared, media.name(), old, new);
        let facts = Facts::default().with_bool("covered", cover.is_some());
        let server = collector.server.clone();
        let change = collector.push_in(self.call, self.part, kind, facts, about);
        change.values.insert("name", media.name().to_owned());
        self.say_where(change, shared);
        if kind == &kinds::REQUEST_MEDIA_TYPE_REMOVED && cover.is_none() {
            let with = format!("-H 'Content-Type: {}'", media.name());
            let error = format!("`{}` is not supported", media.name());
            let instance = serde_json::json!({"header": {"Content-Type": media.name()}});
            change.measured = shown_by(self.call, self.part, instance, &error, self.call.curl(&server, &with));
        }
        if let Some(cover) = cover {
            let key = if is_gone { "new" } else { "old" };
            change.values.insert(key, cover.name().to_owned());
            if is_gone {
                self.pair(collector, media, cover);
            } else {
                self.pair(collector, cover, media);
            }
        }
    }

    /// Two media types that stand for one content.
    fn pair(&self, collector: &mut Collector<'c>, old: &MediaType<'c>, new: &MediaType<'c>) {
        let is_text = Media::parse(new.name()).is_untyped() && Media::parse(old.name()).is_untyped();
        let carrier = if self.part == Part::Response { Carrier::ResponseBody } else { Carrier::RequestBody };
        let media = old.name().to_owned();
        match (old.shape(), new.shape()) {
            (Shape::Nothing, Shape::Schema(_)) | (Shape::Schema(_), Shape::Nothing)
                if !is_text && old.is_bytes() && new.is_bytes() => {}
            (Shape::Schema(old), Shape::Schema(new)) => {
                let sent = (self.part == Part::Request).then(|| Sent::Body(media.clone()));
                collector.schema(self.call, self.part, carrier, (is_text, sent), (*old, *new));
            }
            (Shape::Nothing, Shape::Schema(_) | Shape::Form(_)) => {
                self.schema_edit(collector, &kinds::MEDIA_TYPE_SCHEMA_ADDED, old, new);
            }
            (Shape::Schema(_) | Shape::Form(_), Shape::Nothing) => {
                self.schema_edit(collector, &kinds::MEDIA_TYPE_SCHEMA_REMOVED, old, new);
            }
            (Shape::Form(old), Shape::Form(new)) => self.form(collector, old, new),
            _ => {}
        }
        if let (Some(old), Some(new)) = (old.item_schema(), new.item_schema()) {
            collector.schema(self.call, self.part, carrier, (false, None), (old, new));
        }
        self.encodings(collector, old, new);
        if let (Some(before), Some(after)) = (old.cursor(), new.cursor()) {
            let about = About { old: Some(before), new: Some(after), ..self.about(new.name(), Some(old), Some(new)) };
            collector.documentation(Some((self.call, self.part)), about, &facets::documentation(facets::MEDIA_TYPE));
        }
    }

    fn schema_edit(
        &self,
        collector: &mut Collector<'c>,
        kind: &'static crate::change::ChangeKind,
        old: &MediaType<'c>,
        new: &MediaType<'c>,
    ) {
        let facts = Facts::default().with_bool("in-responses", self.part == Part::Response);
        let about = self.about(new.name(), Some(old), Some(new));
        let change = collector.push_in(self.call, self.part, kind, facts, about);
        change.values.insert("name", new.name().to_owned());
        change.values.insert("status", self.status.clone());
    }

    /// Swagger 2.0: the fields of a form.
    fn form(&self, collector: &mut Collector<'c>, old: &[Parameter<'c>], new: &[Parameter<'c>]) {
        for &field in old {
            if let Some(&counterpart) = new.iter().find(|other| other.name() == field.name())
                && let (Some(old), Some(new)) = (field.schema(), counterpart.schema())
            {
                collector.schema(self.call, self.part, Carrier::RequestBody, (true, None), (old, new));
            }
        }
        crate::formats::openapi::diff::parameter::compare_fields(collector, self.call, old, new, self.around.1);
    }

    fn encodings(&self, collector: &mut Collector<'c>, old: &MediaType<'c>, new: &MediaType<'c>) {
        let (before, after) = (old.encodings(), new.encodings());
        let names: std::collections::BTreeSet<&str> =
            before.iter().chain(&after).map(|encoding| encoding.name()).collect();
        for name in names {
            let find = |list: &[crate::formats::openapi::view::Encoding<'c>]| {
                list.iter().find(|encoding| encoding.name() == name).map(|encoding| encoding.cursor())
            };
            let (before, after) = (find(&before), find(&after));
            if before.map(Cursor::hash) == after.map(Cursor::hash) {
                continue;
            }
            let about = About {
                kind: "encoding",
                name: format!("{} {name}", self.holder),
                old: before.or_else(|| Some(old.name_cursor())),
                new: after.or_else(|| Some(new.name_cursor())),
                around: None,
            };
            let fields = ["contentType", "headers", "style", "explode", "allowReserved"];
            let changed: Vec<&str> = fields
                .into_iter()
                .filter(|field| {
                    let hash =
                        |cursor: Option<Cursor<'_>>| cursor.and_then(|cursor| cursor.get(field)).map(Cursor::hash);
                    hash(before) != hash(after)
                })
                .collect();
            let change = collector.push_in(self.call, self.part, &kinds::ENCODING_CHANGED, Facts::default(), about);
            change.values.insert("name", name.to_owned());
            change.values.insert("new", changed.join(", "));
        }
    }
}

/// `consumes` or `produces`, where a document of Swagger 2.0 says at its root what an operation takes or answers, and the
/// operation itself says nothing on either side.
fn shared_list(old: &[MediaType<'_>], new: &[MediaType<'_>]) -> Option<&'static str> {
    let mut shared = None;
    for (field, is_root) in old.iter().chain(new).filter_map(|media| list_of(media.name_cursor())) {
        if !is_root {
            return None;
        }
        shared = Some(field);
    }
    shared
}

/// The list of Swagger 2.0 that an entry stands in, and whether it is the document's.
fn list_of(entry: Cursor<'_>) -> Option<(&'static str, bool)> {
    let list = entry.parent().filter(|list| list.is_sequence())?;
    let name = list.name()?;
    let field = ["consumes", "produces"].into_iter().find(|field| *field == name)?;
    Some((field, list.parent().is_some_and(|holder| holder.parent().is_none())))
}
