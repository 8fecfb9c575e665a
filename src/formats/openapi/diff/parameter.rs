//! Parameters of an operation, those of its path included.

use crate::change::{Change, Facts, Measured, Measurement};
use crate::formats::openapi::diff::call::{Call, Part};
use crate::formats::openapi::diff::collector::{About, Collector, lifecycle, owner, shown_by};
use crate::formats::openapi::diff::facets;
use crate::formats::openapi::kinds;
use crate::formats::openapi::path_template::variables;
use crate::formats::openapi::view::{Location, Operation, Parameter, SchemaAt, Style};
use crate::formats::schema::diff::{Carrier, Sent};
use crate::formats::schema::graph::Types;
use crate::formats::schema::lifecycle::LifecycleChange;
use crate::formats::schema::{Keyword, Party, Role, SchemaId, Side, kinds as schema_kinds};
use crate::syntax::Cursor;

/// Compares the parameters of two operations.
pub(super) fn compare<'c>(collector: &mut Collector<'c>, call: &Call, old: Operation<'c>, new: Operation<'c>) {
    let read = |operation: Operation<'c>| -> Vec<Parameter<'c>> {
        operation.parameters().into_iter().filter(|parameter| !parameter.is_ignored()).collect()
    };
    let (before, mut after) = (read(old), read(new));
    let positions = (variables(old.path()), variables(new.path()));
    let mut gone = Vec::new();
    for parameter in before {
        let counterpart = after.iter().position(|other| is_same(parameter, *other, &positions));
        match counterpart {
            Some(at) => pair(collector, call, parameter, after.remove(at)),
            None => gone.push(parameter),
        }
    }
    for parameter in gone {
        let moved = after.iter().position(|other| {
            other.name() == parameter.name()
                && other.location() != parameter.location()
                && [parameter, *other].iter().all(|each| each.location() != Location::Path)
        });
        match moved {
            Some(at) => moved_to(collector, call, parameter, after.remove(at)),
            None => {
                let around = new.cursor().get("parameters").unwrap_or(new.cursor());
                removed(collector, call, parameter, around);
            }
        }
    }
    for parameter in after {
        added(collector, call, parameter);
    }
}

/// Path parameters are known by their position in the template, all others by place and name.
fn is_same(old: Parameter<'_>, new: Parameter<'_>, (before, after): &(Vec<&str>, Vec<&str>)) -> bool {
    if old.location() != new.location() {
        return false;
    }
    if old.location() != Location::Path {
        return old.has_same_name(new);
    }
    let position = |names: &[&str], name: &str| names.iter().position(|other| *other == name);
    match (position(before, old.name()), position(after, new.name())) {
        (Some(old), Some(new)) => old == new,
        _ => old.name() == new.name(),
    }
}

fn name(parameter: Parameter<'_>, call: &Call) -> String {
    let holder = owner(parameter.cursor(), call);
    if holder.starts_with("parameters/") {
        return holder;
    }
    let holder = if parameter.site() == parameter.cursor() { holder } else { owner(parameter.site(), call) };
    format!("{holder} {} {}", parameter.location().name(), parameter.name())
}

fn about<'c>(call: &Call, old: Option<Parameter<'c>>, new: Option<Parameter<'c>>) -> About<'c> {
    let named = new.or(old).map(|parameter| name(parameter, call)).unwrap_or_default();
    About {
        kind: "parameter",
        name: named,
        old: old.map(Parameter::cursor),
        new: new.map(Parameter::cursor),
        around: None,
    }
}

fn describe(change: &mut Change, parameter: Parameter<'_>) {
    change.values.insert("name", parameter.name().to_owned());
    change.values.insert("in", parameter.location().name().to_owned());
}

/// The place as the fact states it.
const fn place(location: Location) -> &'static str {
    match location {
        Location::Path => "path",
        Location::Header => "header",
        Location::Cookie => "cookie",
        _ => "query",
    }
}

fn missing(collector: &Collector<'_>, call: &Call, parameter: Parameter<'_>) -> Measured {
    let error = format!("{} parameter `{}` is required", parameter.location().name(), parameter.name());
    let instance = serde_json::json!({ place(parameter.location()): {} });
    shown_by(call, Part::Request, instance, &error, call.curl(&collector.server, ""))
}

/// A call whose parameter is written in a way that is not read any more.
fn misread(collector: &Collector<'_>, call: &Call, parameter: Parameter<'_>, text: &str, error: &str) -> Measured {
    let place = place(parameter.location());
    let curl = match parameter.location() {
        Location::Query => call.curl(&collector.server, &format!("-G -d '{text}'")),
        Location::Header => call.curl(&collector.server, &format!("-H '{}'", text.replacen('=', ": ", 1))),
        Location::Cookie => call.curl(&collector.server, &format!("-b '{text}'")),
        _ => call.curl(&collector.server, ""),
    };
    shown_by(call, Part::Request, serde_json::json!({ place: text }), error, curl)
}

/// A list of two as a parameter's style writes it (OpenAPI 3.1.1 §4.8.12.3).
fn sample(parameter: Parameter<'_>) -> String {
    let name = parameter.name();
    match (parameter.style(), parameter.explodes()) {
        (Style::Form | Style::Cookie, true) => format!("{name}=a&{name}=b"),
        (Style::SpaceDelimited, _) => format!("{name}=a%20b"),
        (Style::PipeDelimited, _) => format!("{name}=a|b"),
        (Style::TabDelimited, _) => format!("{name}=a%09b"),
        (Style::DeepObject, _) => format!("{name}[a]=b"),
        _ => format!("{name}=a,b"),
    }
}

fn added(collector: &mut Collector<'_>, call: &Call, parameter: Parameter<'_>) {
    let is_shared = parameter.site().pointer().split('/').nth(3) == Some("parameters");
    let facts = Facts::default()
        .with("in", place(parameter.location()))
        .with_bool("required", parameter.is_required())
        .with_bool("path-level", is_shared);
    let measured = if parameter.is_required() { missing(collector, call, parameter) } else { Measured::default() };
    let about = about(call, None, Some(parameter));
    let change = collector.push_in(call, Part::Request, &kinds::PARAMETER_ADDED, facts, about);
    describe(change, parameter);
    change.measured = measured;
}

fn removed(collector: &mut Collector<'_>, call: &Call, parameter: Parameter<'_>, around: Cursor<'_>) {
    let life = lifecycle(parameter.cursor()).within(&call.life);
    let facts = Facts::default().with("announced", life.announced(collector.options.clock));
    let about = About { around: Some(around), ..about(call, Some(parameter), None) };
    let change = collector.push_in(call, Part::Request, &kinds::PARAMETER_REMOVED, facts, about);
    describe(change, parameter);
    change.values.insert("sunset", life.sunset.text().to_owned());
}

fn moved_to(collector: &mut Collector<'_>, call: &Call, old: Parameter<'_>, new: Parameter<'_>) {
    let facts = Facts::default().with_bool("required", new.is_required());
    let measured = if new.is_required() { missing(collector, call, new) } else { Measured::default() };
    let about = about(call, Some(old), Some(new));
    let change = collector.push_in(call, Part::Request, &kinds::PARAMETER_MOVED, facts, about);
    describe(change, new);
    change.measured = measured;
    change.values.insert("old", old.location().name().to_owned());
    change.values.insert("new", new.location().name().to_owned());
    change.identity = (old.location().name().to_owned(), new.location().name().to_owned());
}

fn pair<'c>(collector: &mut Collector<'c>, call: &Call, old: Parameter<'c>, new: Parameter<'c>) {
    if collector.is_same(old.cursor(), new.cursor()) {
        return;
    }
    if old.location() == Location::Path && old.name() != new.name() {
        let about = About { kind: "operation", name: call.label(), ..about(call, Some(old), Some(new)) };
        let change = collector.push_in(call, Part::Request, &kinds::PATH_PARAMETER_RENAMED, Facts::default(), about);
        change.values.insert("old", old.name().to_owned());
        change.values.insert("new", new.name().to_owned());
        change.identity = (old.name().to_owned(), new.name().to_owned());
    }
    let mut push = |kind, facts: Facts, (before, after): (String, String)| {
        let about = about(call, Some(old), Some(new));
        let change = collector.push_in(call, Part::Request, kind, facts, about);
        describe(change, new);
        change.identity = (before.clone(), after.clone());
        change.values.insert("old", before);
        change.values.insert("new", after);
    };
    let nothing = || (String::new(), String::new());
    let edit = |allowed: bool| Facts::default().with("edit", if allowed { "allowed" } else { "forbidden" });
    if old.allows_reserved() != new.allows_reserved() {
        push(&kinds::PARAMETER_RESERVED_CHANGED, edit(new.allows_reserved()), nothing());
    }
    if old.allows_empty_value() != new.allows_empty_value() {
        push(&kinds::PARAMETER_EMPTY_VALUE_CHANGED, edit(new.allows_empty_value()), nothing());
        let text = format!("{}=", new.name());
        let measured = misread(collector, call, new, &text, "an empty value is not allowed");
        collector.last().measured = measured;
    }
    requiredness(collector, call, old, new);
    life(collector, call, old, new);
    let about = about(call, Some(old), Some(new));
    collector.documentation(Some((call, Part::Request)), about, &facets::documentation(facets::PARAMETER));
    value(collector, call, old, new);
}

fn life(collector: &mut Collector<'_>, call: &Call, old: Parameter<'_>, new: Parameter<'_>) {
    let (was, is) = [old, new].map(|parameter| lifecycle(parameter.cursor()).within(&call.life)).into();
    for change in was.changes(&is, collector.options.clock) {
        let (kind, facts) = match change {
            LifecycleChange::Deprecated(sunset) => {
                (&kinds::PARAMETER_DEPRECATED, Facts::default().with("sunset", sunset))
            }
            LifecycleChange::Reactivated => (&kinds::PARAMETER_REACTIVATED, Facts::default()),
            LifecycleChange::Sunset(edit) => (&kinds::PARAMETER_SUNSET_CHANGED, Facts::default().with("edit", edit)),
            LifecycleChange::Stability(_) => continue,
        };
        let about = about(call, Some(old), Some(new));
        let recorded = collector.push_in(call, Part::Request, kind, facts, about);
        describe(recorded, new);
        let (before, after) = (was.sunset.text().to_owned(), is.sunset.text().to_owned());
        let until = if after.is_empty() { String::new() } else { format!(" and may go after {after}") };
        recorded.identity = (before.clone(), after.clone());
        recorded.values.insert("until", until);
        recorded.values.insert("sunset", after.clone());
        recorded.values.insert("old", before);
        recorded.values.insert("new", after);
    }
}

/// What the parameter's value is and how it is written.
fn value<'c>(collector: &mut Collector<'c>, call: &Call, old: Parameter<'c>, new: Parameter<'c>) {
    let (old_content, new_content) = (old.content(), new.content());
    let word = |parameter: Parameter<'_>| {
        parameter.content().first().map_or_else(|| "a plain value".to_owned(), |media| format!("`{}`", media.name()))
    };
    if old_content.first().map(|media| media.name()) != new_content.first().map(|media| media.name())
        && (old.schema().is_some() || !old_content.is_empty())
        && (new.schema().is_some() || !new_content.is_empty())
    {
        let about = about(call, Some(old), Some(new));
        let text = if old_content.is_empty() { sample(old) } else { format!("{}={{}}", old.name()) };
        let measured = misread(collector, call, new, &text, &format!("the value is to be {}", word(new)));
        let change = collector.push_in(call, Part::Request, &kinds::PARAMETER_CONTENT_CHANGED, Facts::default(), about);
        describe(change, new);
        change.measured = measured;
        change.values.insert("old", word(old));
        change.values.insert("new", word(new));
        change.identity = (word(old), word(new));
        return;
    }
    let carrier = if new.location() == Location::Header { Carrier::RequestHeader } else { Carrier::RequestParameter };
    let name = new.name().to_owned();
    let sent = match new.location() {
        Location::Path => Some(Sent::Path(name)),
        Location::Header => Some(Sent::Header(name)),
        Location::Cookie => Some(Sent::Cookie(name)),
        Location::Query => Some(Sent::Query(name)),
        _ => None,
    };
    if let (Some(old), Some(new)) =
        (old_content.first().and_then(|media| media.schema()), new_content.first().and_then(|media| media.schema()))
    {
        // The text is JSON, with types of its own.
        collector.schema(call, Part::Request, carrier, (false, sent), (old, new));
        return;
    }
    let (Some(old_schema), Some(new_schema)) = (old.schema(), new.schema()) else { return };
    if became_list(collector, call, (old, old_schema), (new, new_schema)) {
        return;
    }
    serialization(collector, call, (old, old_schema), (new, new_schema));
    collector.schema(call, Part::Request, carrier, (true, sent), (old_schema, new_schema));
}

/// How a value is spelt: `form`, exploded.
fn spelling(parameter: Parameter<'_>) -> String {
    let style: Style<'_> = parameter.style();
    format!("{}{}", style.name(), if parameter.explodes() { ", exploded" } else { "" })
}

fn serialization(
    collector: &mut Collector<'_>,
    call: &Call,
    (old, old_schema): (Parameter<'_>, SchemaAt<'_>),
    (new, new_schema): (Parameter<'_>, SchemaAt<'_>),
) {
    let (before, after) = (spelling(old), spelling(new));
    if before == after {
        return;
    }
    let is_single =
        |types: Option<Types>| types.is_some_and(|types| !types.meets(Types::ARRAY) && !types.meets(Types::OBJECT));
    let types = (types_of(collector, Side::Old, old_schema), types_of(collector, Side::New, new_schema));
    // `explode` says nothing about single values, and neither do `form`, `simple` and their likes among each other.
    let has_same_style = old.style() == new.style();
    let matters = !(is_single(types.0) && is_single(types.1) && has_same_style);
    let about = about(call, Some(old), Some(new));
    let facts = Facts::default().with_bool("matters", matters);
    let measured = misread(collector, call, new, &sample(old), &format!("the value is to be written {after}"));
    let change = collector.push_in(call, Part::Request, &kinds::PARAMETER_SERIALIZATION_CHANGED, facts, about);
    describe(change, new);
    change.measured = if matters { measured } else { Measured::default() };
    change.identity = (before.clone(), after.clone());
    change.values.insert("old", before);
    change.values.insert("new", after);
}

fn intern(collector: &Collector<'_>, side: Side, schema: SchemaAt<'_>) -> Option<SchemaId> {
    schema.intern(collector.graph(side))
}

fn types_of(collector: &Collector<'_>, side: Side, schema: SchemaAt<'_>) -> Option<Types> {
    let graph = collector.graph(side);
    let mut id = intern(collector, side, schema)?;
    for _ in 0..64 {
        let schema = graph.get(id);
        match schema.reference().map(|reference| &reference.target) {
            Some(Ok(target)) => id = *target,
            _ => return schema.types(),
        }
    }
    None
}

/// A single value that became a list is read as a list of one, where the spelling of one and of many agree: `q=a`.
fn became_list(
    collector: &mut Collector<'_>,
    call: &Call,
    (old, old_schema): (Parameter<'_>, SchemaAt<'_>),
    (new, new_schema): (Parameter<'_>, SchemaAt<'_>),
) -> bool {
    let types = |side, schema| types_of(collector, side, schema).map(|types| types.without(Types::NULL));
    let (Some(before), Some(after)) = (types(Side::Old, old_schema), types(Side::New, new_schema)) else {
        return false;
    };
    let is_list = after == Types::ARRAY && !before.meets(Types::ARRAY) && !before.meets(Types::OBJECT);
    let reads_one = matches!(new.style(), Style::Form) && new.explodes() || matches!(new.style(), Style::Simple);
    if !is_list || !reads_one {
        return false;
    }
    let new_graph = collector.graph(Side::New);
    let (Some(old_id), Some(new_id)) =
        (intern(collector, Side::Old, old_schema), intern(collector, Side::New, new_schema))
    else {
        return false;
    };
    let list = new_graph.get(new_id);
    let is_bounded = list.count(Keyword::MinItems).unwrap_or(0) > 1 || list.count(Keyword::MaxItems) == Some(0);
    let is_read = !is_bounded
        && match list.schema(Keyword::Items) {
            None => true,
            Some(items) => {
                let item = new_graph.get(items);
                // Every single value is text, so a list of unconstrained texts takes it.
                let takes_text = item.types() == Some(Types::STRING) && item.entries.len() == 1;
                let (writer, reader) =
                    (Party::new(Side::Old, old_id, Role::Request), Party::new(Side::New, items, Role::Request));
                takes_text || collector.engine.is_contained(writer, reader)
            }
        };
    let about = about(call, Some(old), Some(new));
    let facts = Facts::default()
        .with("relation", if is_read { "widened" } else { "other" })
        .with_bool("listed", false)
        .with_bool("textual", true);
    let change = collector.push_in(call, Part::Request, &schema_kinds::TYPE_CHANGED, facts, about);
    describe(change, new);
    change.places.insert("request-parameter");
    let (before, after) = (before.names().join(" or "), after.names().join(" or "));
    change.values.insert("subject", format!("{} {}", change.values["operation"], new.name()));
    change.identity = (before.clone(), after.clone());
    change.values.insert("old", before);
    change.values.insert("new", after);
    if is_read {
        change.measured.new_reads_old = Some(Measurement::contained());
    }
    true
}

/// Compares the fields of two forms (Swagger 2.0), apart from their values.
pub(super) fn compare_fields<'c>(
    collector: &mut Collector<'c>,
    call: &Call,
    old: &[Parameter<'c>],
    new: &[Parameter<'c>],
    around: Cursor<'c>,
) {
    for &field in old {
        match new.iter().find(|other| other.name() == field.name()) {
            Some(&counterpart) => requiredness(collector, call, field, counterpart),
            None => removed(collector, call, field, around),
        }
    }
    for &field in new.iter().filter(|field| !old.iter().any(|other| other.name() == field.name())) {
        added(collector, call, field);
    }
}

/// Whether it has to be sent.
fn requiredness<'c>(collector: &mut Collector<'c>, call: &Call, old: Parameter<'c>, new: Parameter<'c>) {
    let about = about(call, Some(old), Some(new));
    if !old.is_required() && new.is_required() {
        let measured = missing(collector, call, new);
        let kind = &kinds::PARAMETER_BECAME_REQUIRED;
        let change = collector.push_in(call, Part::Request, kind, Facts::default(), about);
        describe(change, new);
        change.measured = measured;
    } else if old.is_required() && !new.is_required() {
        // Whoever receives a webhook was promised it.
        let measured = if call.is_swapped { missing(collector, call, old) } else { Measured::default() };
        let kind = &kinds::PARAMETER_BECAME_OPTIONAL;
        let change = collector.push_in(call, Part::Request, kind, Facts::default(), about);
        describe(change, new);
        change.measured = measured;
    }
}
