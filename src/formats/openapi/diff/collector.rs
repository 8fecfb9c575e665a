//! Where the changes of one comparison come together.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use crate::change::{Change, ChangeKind, Direction, Facts, Measured, Measurement, Subject, Witness};
use crate::formats::CompareOptions;
use crate::formats::openapi::diff::call::{Call, Part};
use crate::formats::openapi::kinds;
use crate::formats::openapi::view::{Api, SchemaAt};
use crate::formats::schema::diff::{Carrier, Root, Sender, Sent, Use};
use crate::formats::schema::lifecycle::Lifecycle;
use crate::formats::schema::{Engine, Role, SchemaGraph, SchemaId, Side};
use crate::source::Span;
use crate::syntax::Cursor;

/// What a change is about, before it becomes one.
pub(super) struct About<'c> {
    /// `operation`, `parameter`, …
    pub kind: &'static str,
    /// The full name.
    pub name: String,
    /// The element in the old version.
    pub old: Option<Cursor<'c>>,
    /// The element in the new version.
    pub new: Option<Cursor<'c>>,
    /// For what is gone: the nearest thing around it that is still there.
    pub around: Option<Cursor<'c>>,
}

type RootKey = (SchemaId, SchemaId, Carrier, Role, bool);

/// The changes found so far, and the schemas left to compare.
pub(super) struct Collector<'c> {
    /// The old contract.
    pub old: &'c Api<'c>,
    /// The new contract.
    pub new: &'c Api<'c>,
    /// The schemas.
    pub engine: &'c Engine<'c, 'c>,
    /// The clock and the rest.
    pub options: &'c CompareOptions,
    /// A server for calls that show a break.
    pub server: String,
    /// Whether what the document says for everything in it is the same: media types of Swagger 2.0 and the dialect of
    /// schemas. Nodes do not show it.
    has_same_ground: bool,
    changes: Vec<Change>,
    roots: BTreeMap<RootKey, (BTreeSet<Use>, Option<Sender>)>,
}

impl<'c> Collector<'c> {
    pub(super) fn new(
        old: &'c Api<'c>,
        new: &'c Api<'c>,
        engine: &'c Engine<'c, 'c>,
        options: &'c CompareOptions,
    ) -> Self {
        let server = new.root().servers().first().map(|server| server.url().to_owned()).unwrap_or_default();
        let server =
            if server.contains("://") && !server.contains('{') { server } else { "https://api.example.com".into() };
        let has_same_ground =
            ["consumes", "produces", "jsonSchemaDialect"].iter().all(|field| says(old, field) == says(new, field));
        Self { old, new, engine, options, server, has_same_ground, changes: Vec::new(), roots: BTreeMap::new() }
    }

    /// Whether a field of the document itself says something else.
    pub(super) fn is_changed_at_root(&self, field: &str) -> bool {
        says(self.old, field) != says(self.new, field)
    }

    /// The graph of a side.
    pub(super) const fn graph(&self, side: Side) -> &'c SchemaGraph<'c> {
        self.engine.graph(side)
    }

    /// Whether two nodes say the same, through all references.
    pub(super) fn is_same(&self, old: Cursor<'_>, new: Cursor<'_>) -> bool {
        let print = |api: &Api<'_>, graph: &SchemaGraph<'_>, cursor: Cursor<'_>| {
            api.graph_place(cursor.place()).map(|place| graph.place_fingerprint(place))
        };
        let (old, new) = (print(self.old, self.graph(Side::Old), old), print(self.new, self.graph(Side::New), new));
        old.is_some() && old == new && self.old.version() == self.new.version() && self.has_same_ground
    }

    /// Records a change that no operation is about.
    pub(super) fn push(&mut self, kind: &'static ChangeKind, facts: Facts, about: About<'_>) -> &mut Change {
        let pointer = |cursor: Option<Cursor<'_>>| cursor.map(Cursor::pointer);
        let subject = Subject {
            kind: about.kind,
            name: about.name,
            old_pointer: pointer(about.old),
            new_pointer: pointer(about.new),
        };
        let span = |cursor: Option<Cursor<'_>>| cursor.map(name_span);
        let around = about
            .around
            .map_or_else(|| Span::start_of(self.new.root().cursor().place().file), |cursor| cursor.name_span());
        let new = span(about.new).unwrap_or(around);
        let name = subject.name.clone();
        self.changes.push(
            Change::new(kind, facts, subject, span(about.old), Some(new))
                .with_value("subject", format!("`{name}`"))
                .with_value("name", name),
        );
        self.changes.last_mut().expect("a change was just pushed")
    }

    /// Records a change in an operation.
    pub(super) fn push_in(
        &mut self,
        call: &Call,
        part: Part,
        kind: &'static ChangeKind,
        facts: Facts,
        about: About<'_>,
    ) -> &mut Change {
        let (operation, exposure) = (call.operation(part), call.exposure(part));
        let change = self.push(kind, facts, about);
        change.operations = vec![operation];
        change.exposure = exposure;
        change.unstable = call.life.is_unstable();
        change.values.insert("operation", call.label());
        change.values.insert("method", call.method.clone());
        change.values.insert("path", call.path.clone());
        change
    }

    /// Leaves two schemas to be compared.
    pub(super) fn schema(
        &mut self,
        call: &Call,
        part: Part,
        carrier: Carrier,
        (is_text, sent): (bool, Option<Sent>),
        (old, new): (SchemaAt<'_>, SchemaAt<'_>),
    ) {
        let ids = (old.intern(self.graph(Side::Old)), new.intern(self.graph(Side::New)));
        if let (Some(old), Some(new)) = ids {
            let key = (old, new, carrier, call.role(part), is_text);
            let is_request = call.role(part) == Role::Request && !call.is_swapped;
            let sender = sent.filter(|_| is_request).map(|sent| Sender {
                method: call.method.clone(),
                url: format!("{}{}", self.server.trim_end_matches('/'), call.path),
                sent,
            });
            let (uses, known) = self.roots.entry(key).or_default();
            uses.insert(call.used_by(part));
            if known.is_none() {
                *known = sender;
            }
        }
    }

    /// Leaves two schemas to be compared that nobody is known to send.
    pub(super) fn payload(&mut self, old: SchemaId, new: SchemaId) {
        let key = (old, new, Carrier::Document, Role::Payload, false);
        self.roots.entry(key).or_default().0.insert(Use { operation: None, is_unstable: false });
    }

    /// The change that was recorded last.
    pub(super) fn last(&mut self) -> &mut Change {
        self.changes.last_mut().expect("a change was recorded before")
    }

    /// Records a change of documentation, if the fields for people differ.
    pub(super) fn documentation(&mut self, call: Option<(&Call, Part)>, about: About<'_>, fields: &[&str]) {
        let (Some(old), Some(new)) = (about.old, about.new) else { return };
        let changed = |field: &&&str| old.get(field).map(Cursor::hash) != new.get(field).map(Cursor::hash);
        let changed: Vec<&str> = fields.iter().filter(changed).copied().collect();
        let extensions = extensions(old, new);
        let (kind, name) = (about.kind, about.name.clone());
        if !changed.is_empty() {
            let change = self.push_maybe_in(call, &kinds::DOCUMENTATION_CHANGED, about);
            change.values.insert("name", changed.join(", "));
            change.identity = identity(old, new, &changed);
        }
        if !extensions.is_empty() {
            let about = About { kind, name, old: Some(old), new: Some(new), around: None };
            let names: Vec<&str> = extensions.iter().map(String::as_str).collect();
            let change = self.push_maybe_in(call, &kinds::EXTENSION_CHANGED, about);
            change.values.insert("name", names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "));
            change.identity = identity(old, new, &names);
        }
    }

    fn push_maybe_in(
        &mut self,
        call: Option<(&Call, Part)>,
        kind: &'static ChangeKind,
        about: About<'_>,
    ) -> &mut Change {
        match call {
            Some((call, part)) => self.push_in(call, part, kind, Facts::default(), about),
            None => self.push(kind, Facts::default(), about),
        }
    }

    /// The changes, those that are one edit seen from several operations joined, and the schemas with all their users.
    pub(super) fn finish(self) -> (Vec<Change>, Vec<Root>) {
        let mut joined: Vec<Change> = Vec::new();
        let mut index: FxHashMap<(usize, Option<Span>, Option<Span>, String), usize> = FxHashMap::default();
        for change in self.changes {
            let facts: Vec<_> = change.facts.iter().collect();
            let key = (
                std::ptr::from_ref(change.kind).addr(),
                change.old,
                change.new,
                format!("{} {facts:?} {:?} {:?}", change.subject.name, change.values.get("name"), change.identity),
            );
            match index.get(&key) {
                Some(&at) => {
                    let known: &mut Change = &mut joined[at];
                    known.exposure = known.exposure.join(change.exposure);
                    known.unstable &= change.unstable;
                    known.operations.extend(change.operations);
                    known.operations.sort();
                    known.operations.dedup();
                }
                None => {
                    index.insert(key, joined.len());
                    joined.push(change);
                }
            }
        }
        let roots = self.roots.into_iter().map(|((old, new, carrier, role, is_text), (uses, sender))| Root {
            old,
            new,
            role,
            carrier,
            is_text,
            uses: uses.into_iter().collect(),
            sender,
        });
        (joined, roots.collect())
    }
}

/// What the roots of a contract say in a field.
fn says(api: &Api<'_>, field: &str) -> Vec<Option<u64>> {
    api.roots().map(|root| root.cursor().get(field).map(Cursor::hash)).collect()
}

/// The token to point at: for a parameter its name, otherwise the key in front.
fn name_span(cursor: Cursor<'_>) -> Span {
    let is_item = cursor.parent().is_some_and(Cursor::is_sequence);
    match cursor.get("name") {
        Some(name) if is_item => name.span(),
        _ => cursor.name_span(),
    }
}

fn identity(old: Cursor<'_>, new: Cursor<'_>, fields: &[&str]) -> (String, String) {
    let words = |cursor: Cursor<'_>| {
        fields.iter().map(|field| format!("{:x?}", cursor.get(field).map(Cursor::hash))).collect::<Vec<_>>().join(" ")
    };
    (words(old), words(new))
}

/// Keys with a meaning of their own.
const KNOWN_EXTENSIONS: [&str; 3] = ["x-sunset", "x-stability-level", "x-extensible-enum"];

fn extensions(old: Cursor<'_>, new: Cursor<'_>) -> Vec<String> {
    let mut names: BTreeSet<String> = BTreeSet::new();
    for (one, other) in [(old, new), (new, old)] {
        for (name, value) in one.entries() {
            let is_extension = name.starts_with("x-") && !KNOWN_EXTENSIONS.contains(&name);
            if is_extension && other.get(name).map(Cursor::hash) != Some(value.hash()) {
                names.insert(name.to_owned());
            }
        }
    }
    names.into_iter().collect()
}

/// How an element stands in its life.
pub(super) fn lifecycle(cursor: Cursor<'_>) -> Lifecycle {
    Lifecycle::read(cursor.document(), cursor.place().node)
}

/// The name of what holds an element: a component where it is shared, otherwise the operation.
pub(super) fn owner(cursor: Cursor<'_>, call: &Call) -> String {
    let pointer = cursor.pointer();
    let mut tokens = pointer.split('/').skip(1);
    match (tokens.next(), tokens.next(), tokens.next()) {
        (Some("components"), Some(section), Some(name)) => format!("{section}/{name}"),
        (Some(section @ ("parameters" | "responses")), Some(name), _) => format!("{section}/{name}"),
        (Some("paths"), Some(path), Some("parameters")) => path.replace("~1", "/").replace("~0", "~"),
        _ => call.label(),
    }
}

/// A break that the request (or response) itself shows: something is missing that has to be there.
pub(super) fn shown_by(
    call: &Call,
    part: Part,
    instance: serde_json::Value,
    error: &str,
    curl: Option<String>,
) -> Measured {
    let is_request = call.role(part) == Role::Request;
    let direction = if is_request { Direction::NewReadsOld } else { Direction::OldReadsNew };
    let witness = Witness {
        direction,
        instance,
        rejected_by: if is_request { "new" } else { "old" },
        error: error.to_owned(),
        bytes_hex: None,
        bytes_base64: None,
        read_as: None,
        curl,
    };
    let broken = Some(Measurement::broken(crate::change::Cell::Yes, witness));
    let mut measured = Measured::default();
    match direction {
        Direction::NewReadsOld => measured.new_reads_old = broken,
        Direction::OldReadsNew => measured.old_reads_new = broken,
    }
    measured
}
