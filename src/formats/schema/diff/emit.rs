//! From pairs and those who reach them to changes: containment decides what each edit means for whom.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::change::{Change, Direction, Exposure, Facts, Measured, Measurement, Operation, Proof, Subject};
use crate::formats::SunsetClock;
use crate::formats::schema::diff::answers::{Answers, DIRECTIONS, Matter};
use crate::formats::schema::diff::blame::{self, Blame, Reach};
use crate::formats::schema::diff::compare::{Context, PatternRelation};
use crate::formats::schema::diff::edit::{Edit, Nature, Spot};
use crate::formats::schema::diff::innocence::Innocence;
use crate::formats::schema::diff::inquiry;
use crate::formats::schema::diff::name::{in_words, parent_in_words, subject_name};
use crate::formats::schema::diff::reach::{Location, Root, Sender, exposure};
use crate::formats::schema::diff::table::{PairId, Table};
use crate::formats::schema::pattern::Patterns;
use crate::formats::schema::{Answer, Engine, Role, SchemaGraph, SchemaId, Side, Verdict, kinds};

/// From this many pairs on, a second thread is worth starting.
const MANY_PAIRS: usize = 40;

/// Compares schemas of two sides.
pub struct Differ<'e, 'g, 'a> {
    /// Says whether readers read what writers write.
    pub engine: &'e Engine<'g, 'a>,
    /// The clock, for sunsets.
    pub clock: SunsetClock,
    /// Components that got another name, old to new.
    pub renamed: BTreeMap<String, String>,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The changes, in the order in which their schemas were first met.
    pub changes: Vec<Change>,
}

/// A way in which a pair is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Way {
    pair: PairId,
    location: Location,
    /// Per direction: whether nothing above has settled that nobody breaks.
    open: [bool; 2],
    /// Whether edits of constraints are reported: not inside what accepts the same values on both sides.
    shows_constraints: bool,
}

/// Everyone who reaches a pair in one way.
struct Arrival {
    way: Way,
    role: Role,
    is_text: bool,
    root: usize,
    /// The root's own pair.
    top: PairId,
    /// The outermost pair above whose values can only be judged as a whole.
    anchor: Option<PairId>,
}

impl Differ<'_, '_, '_> {
    /// Everything that changed in what the roots reach. An edit that several roots reach is one change.
    #[must_use]
    pub fn run(&self, roots: &[Root]) -> Outcome {
        let (old, new) = (self.engine.graph(Side::Old), self.engine.graph(Side::New));
        let automata = Patterns::default();
        let patterns = |old: &str, new: &str| pattern_relation(&automata, old, new);
        let renamed = |name: &str| self.renamed.get(name).cloned();
        let context = Context { clock: self.clock, patterns: &patterns, renamed: &renamed };
        let mut table = Table::new(old, new);
        let tops: Vec<Option<PairId>> =
            roots.iter().map(|root| table.add(vec![root.old], vec![root.new], &context)).collect();
        let known = self.engine.accepting_nothing(Side::New);
        let mut changes = inquiry::with(self.engine, table.len() >= MANY_PAIRS, |inquiry| {
            let answers = Answers::new(inquiry, &table, [old, new]);
            answers.foresee(roots, &tops);
            Judge { differ: self, table: &table, answers, innocence: Innocence::default() }.changes(roots, &tops)
        });
        changes.extend(self.accepting_nothing(&known));
        Outcome { changes }
    }
}

impl Differ<'_, '_, '_> {
    /// What the new version says that nobody can send: verdicts about it are worth nothing, and its authors should know.
    /// The engine may serve several contracts: what was known before was told before.
    fn accepting_nothing(&self, known: &[SchemaId]) -> Vec<Change> {
        let graph = self.engine.graph(Side::New);
        let found = self.engine.accepting_nothing(Side::New).into_iter().filter(|schema| !known.contains(schema));
        let found = found.map(|schema| {
            let place = graph.place(schema);
            let (kind, name) = subject_name(graph, place);
            let new_pointer = Some(graph.document(place.document).pointer(place.node));
            let subject = Subject { kind, name: name.clone(), old_pointer: None, new_pointer };
            Change::new(&kinds::ACCEPTS_NOTHING, Facts::default(), subject, None, Some(graph.name_span(schema)))
                .with_value("subject", name)
        });
        let mut seen = BTreeSet::new();
        found.filter(|change| seen.insert(change.subject.new_pointer.clone())).collect()
    }
}

/// How what two patterns match is related, by automata.
fn pattern_relation(patterns: &Patterns, old: &str, new: &str) -> PatternRelation {
    let (old, new): (Rc<str>, Rc<str>) = (old.into(), new.into());
    let implies = |one: &Rc<str>, other: &Rc<str>| patterns.implies(std::slice::from_ref(one), (0, None), other);
    match (implies(&old, &new), implies(&new, &old)) {
        (Some(true), Some(true)) => PatternRelation::Same,
        (Some(true), _) => PatternRelation::Wider,
        (_, Some(true)) => PatternRelation::Narrower,
        _ => PatternRelation::Other,
    }
}

/// Adds what a second finding of one edit knows to the first.
fn merge(change: &mut Change, other: Change) {
    change.exposure = change.exposure.join(other.exposure);
    change.places.extend(other.places);
    change.operations = joined(change.operations.drain(..).chain(other.operations));
    change.unstable &= other.unstable;
    let slots = [
        (&mut change.measured.new_reads_old, other.measured.new_reads_old),
        (&mut change.measured.old_reads_new, other.measured.old_reads_new),
    ];
    for (slot, other) in slots {
        let weight = |measurement: &Option<Measurement>| match measurement {
            Some(Measurement { cell: Some(cell), .. }) => 1 + *cell as u8,
            Some(_) => 2,
            None => 0,
        };
        if weight(&other) > weight(slot) {
            *slot = other;
        }
    }
}

/// Operations sorted, those that are the same with their exposures joined.
fn joined(operations: impl Iterator<Item = Operation>) -> Vec<Operation> {
    let mut by_call: BTreeMap<(String, Option<String>), Exposure> = BTreeMap::new();
    for operation in operations {
        by_call
            .entry((operation.path, operation.method))
            .and_modify(|exposure| *exposure = exposure.join(operation.exposure))
            .or_insert(operation.exposure);
    }
    let mut all: Vec<_> =
        by_call.into_iter().map(|((path, method), exposure)| Operation { method, path, exposure }).collect();
    all.sort();
    all
}

struct Judge<'d, 'e, 'g, 'a> {
    differ: &'d Differ<'e, 'g, 'a>,
    table: &'d Table<'g, 'a>,
    answers: Answers<'d, 'd, 'g, 'a>,
    innocence: Innocence,
}

impl<'g, 'a> Judge<'_, '_, 'g, 'a> {
    const fn graph(&self, side: Side) -> &'g SchemaGraph<'a> {
        self.differ.engine.graph(side)
    }

    /// Every edit that somebody is shown, once.
    fn changes(&self, roots: &[Root], tops: &[Option<PairId>]) -> Vec<Change> {
        let mut arrivals: FxHashMap<PairId, Vec<Arrival>> = FxHashMap::default();
        for (index, (root, top)) in roots.iter().zip(tops).enumerate() {
            if let Some(top) = *top {
                self.spread(index, root, top, &mut arrivals);
            }
        }
        let blame = blame::find(self.table, &self.answers, &reaches(&arrivals));
        let reached = self.table.ids().filter_map(|id| Some((id, arrivals.get(&id)?)));
        let reached: Vec<(PairId, &Vec<Arrival>, Vec<Edit>)> =
            reached.map(|(id, arrivals)| (id, arrivals, self.edits(id, &blame))).collect();
        let edits = || reached.iter().flat_map(|(id, arrivals, edits)| edits.iter().map(|edit| (*id, *arrivals, edit)));
        self.answers
            .fetch(edits().flat_map(|(id, arrivals, edit)| self.matters(id, edit, &shown(edit, arrivals), roots)));
        let mut changes: Vec<Change> = Vec::new();
        let mut index: FxHashMap<(usize, Option<Spot>, Option<Spot>, String), usize> = FxHashMap::default();
        for (id, arrivals, edit) in edits() {
            let Some(change) = self.change(id, edit, arrivals, roots) else { continue };
            // The same edit may be met through two pairs, where a base was opened at one of its users.
            let key = (
                std::ptr::from_ref(edit.kind).addr(),
                edit.old,
                edit.new,
                format!("{}\u{0}{}\u{0}{}", edit.name, edit.old_value, edit.new_value),
            );
            match index.get(&key) {
                Some(&at) => merge(&mut changes[at], change),
                None => {
                    index.insert(key, changes.len());
                    changes.push(change);
                }
            }
        }
        changes
    }

    /// Whether edits at and below a pair point in both directions, or are of a kind that points nowhere.
    fn is_recomposed(&self, id: PairId) -> bool {
        let mut seen = FxHashSet::from_iter([id]);
        let mut queue = vec![id];
        let (mut tightens, mut loosens) = (false, false);
        while let Some(id) = queue.pop() {
            let pair = self.table.get(id);
            for edit in pair.edits.iter().filter(|edit| edit.nature == Nature::Constraint) {
                match edit.suspect {
                    [true, true] => return true,
                    [true, false] => tightens = true,
                    [false, true] => loosens = true,
                    [false, false] => {}
                }
            }
            queue.extend(pair.children.iter().map(|&(child, _)| child).filter(|&child| seen.insert(child)));
        }
        tightens && loosens
    }

    /// Walks from a root to everything below it.
    fn spread(&self, index: usize, root: &Root, top: PairId, arrivals: &mut FxHashMap<PairId, Vec<Arrival>>) {
        let location = Location { carrier: root.carrier, is_root: true, property: None };
        let first = Way { pair: top, location, open: [true; 2], shows_constraints: true };
        let mut seen: FxHashSet<Way> = FxHashSet::from_iter([first]);
        let mut queue: Vec<(Way, Option<PairId>)> = vec![(first, None)];
        while let Some((mut way, anchor)) = queue.pop() {
            let pair = self.table.get(way.pair);
            let is_weighed = pair.is_weighed();
            if way.shows_constraints && is_weighed && self.answers.accepts_the_same(way.pair, root.role) {
                // What was taken away here was given there: a refactor, and nobody's business. Edits that all point one
                // way are real ones that happen to change nothing, and are told as harmless.
                way.shows_constraints = !self.is_recomposed(way.pair);
                way.open = [false; 2];
            }
            arrivals.entry(way.pair).or_default().push(Arrival {
                way,
                role: root.role,
                is_text: root.is_text,
                root: index,
                top,
                anchor,
            });
            let mut open = way.open;
            if way.shows_constraints && is_weighed {
                for (slot, direction) in open.iter_mut().zip(DIRECTIONS) {
                    *slot = *slot && self.answers.verdict((way.pair, direction, root.role)) != Verdict::Contained;
                }
            }
            for &(child, edge) in &pair.children {
                let flags = edge.property;
                let is_kept_back = match root.role {
                    Role::Request => edge.is_kept_from_requests,
                    Role::Response => edge.is_kept_from_responses,
                    Role::Payload => false,
                };
                let location = if edge.is_same_value {
                    way.location
                } else {
                    Location { carrier: way.location.carrier, is_root: false, property: flags }
                };
                let next = Way {
                    pair: child,
                    location,
                    open: if is_kept_back { [false; 2] } else { open },
                    shows_constraints: way.shows_constraints,
                };
                let is_judged_here = edge.is_region || self.table.get(child).single().is_none();
                let next_anchor = if is_judged_here { anchor.or(Some(way.pair)) } else { anchor };
                if seen.insert(next) {
                    queue.push((next, next_anchor));
                }
            }
        }
    }

    /// The edits of a pair, with what they are to blame for; where one of several must be, one that says so.
    fn edits(&self, id: PairId, blame: &Blame) -> Vec<Edit> {
        let pair = self.table.get(id);
        let mut edits = pair.edits.clone();
        for (at, edit) in edits.iter_mut().enumerate() {
            edit.blamed = blame.edits.get(&(id, at)).copied().unwrap_or_default();
        }
        if blame.pairs.contains(&id) {
            let spot = |side: Side, schema| {
                let graph = self.graph(side);
                Spot { subject: graph.place(schema), span: graph.name_span(schema) }
            };
            let edit = Edit::constraint(&kinds::COMPOSITION_CHANGED, Facts::default(), [true, true])
                .at(Some(spot(Side::Old, pair.old[0])), Some(spot(Side::New, pair.new[0])));
            edits.push(edit);
        }
        edits
    }

    /// What an edit is for those who reach it; `None` where nobody is shown it.
    fn change(&self, id: PairId, edit: &Edit, arrivals: &[Arrival], roots: &[Root]) -> Option<Change> {
        let shown = shown(edit, arrivals);
        let roles: BTreeSet<Role> = shown.iter().map(|arrival| arrival.role).collect();
        let exposure = roles.iter().map(|&role| exposure(role)).reduce(Exposure::join)?;
        let mut places = BTreeSet::new();
        for arrival in &shown {
            arrival.way.location.places(edit, &mut places);
        }
        let uses: BTreeSet<usize> = shown.iter().map(|arrival| arrival.root).collect();
        let uses = || uses.iter().flat_map(|&root| &roots[root].uses);
        let facts = facts(edit, &roles);
        let mut change = Change::new(
            edit.kind,
            facts,
            self.subject(edit),
            edit.old.map(|spot| spot.span),
            edit.new.map(|spot| spot.span),
        );
        change.exposure = exposure;
        change.places = places;
        change.operations = joined(uses().filter_map(|each| each.operation.clone()));
        change.unstable = uses().all(|each| each.is_unstable);
        change.identity = (format!("{}={}", edit.name, edit.old_value), format!("{}={}", edit.name, edit.new_value));
        if is_measured(edit) {
            change.measured = self.measured(id, edit, &shown);
            self.add_curl(&mut change.measured, id, &shown, roots);
            if shown.iter().all(|arrival| arrival.is_text) {
                as_text(&mut change, edit);
            }
        }
        self.add_values(&mut change, edit);
        Some(change)
    }

    fn subject(&self, edit: &Edit) -> Subject {
        let new = edit.new.filter(|_| !edit.is_gone);
        let name = match (new, edit.old) {
            (Some(spot), _) => subject_name(self.graph(Side::New), spot.subject),
            (None, Some(spot)) => subject_name(self.graph(Side::Old), spot.subject),
            (None, None) => ("schema", String::new()),
        };
        let pointer =
            |side: Side, spot: Spot| self.graph(side).document(spot.subject.document).pointer(spot.subject.node);
        // A property that only `required` knows has no schema to point at.
        let is_undeclared = edit.extra.iter().any(|(key, value)| *key == "declared" && value == "false");
        let name_text = if is_undeclared { format!("{}.{}", name.1, edit.name) } else { name.1 };
        let kind = if edit.subject_kind == "property" { "property" } else { name.0 };
        Subject {
            kind,
            name: name_text,
            old_pointer: edit.old.map(|spot| pointer(Side::Old, spot)),
            new_pointer: new.map(|spot| pointer(Side::New, spot)),
        }
    }

    fn add_values(&self, change: &mut Change, edit: &Edit) {
        let subject = change.subject.name.clone();
        let parent = if edit.subject_kind == "property" { parent_in_words(&subject) } else { in_words(&subject) };
        let values = &mut change.values;
        for (key, value) in &edit.extra {
            values.insert(key, value.clone());
        }
        values.insert("name", edit.name.clone());
        values.insert("old", edit.old_value.clone());
        values.insert("new", edit.new_value.clone());
        values.insert("parent", parent);
        values.insert("subject", in_words(&subject));
    }

    fn measured(&self, id: PairId, edit: &Edit, shown: &[&Arrival]) -> Measured {
        let measurement = |at| match self.matter(id, edit, shown, at) {
            Some(matter) => {
                let own = (id, matter.1, matter.2);
                let alone = || self.innocence.alone((self.table, &self.answers), own, matter, at);
                // Whom the values of the whole blame is the reason, whatever it is by itself.
                let answer = if edit.blamed[at].is_none() { alone() } else { None };
                answer.unwrap_or_else(|| self.answers.answer(matter)).into_measurement()
            }
            None => Measurement::contained(),
        };
        Measured { new_reads_old: Some(measurement(0)), old_reads_new: Some(measurement(1)) }
    }

    /// Whose answer says what an edit means in a direction; `None` where nobody can break by it.
    ///
    /// In requests the new reader reads what old writers wrote, and so on; a direction that only matters when consumers
    /// go first is measured in the role that is there.
    fn matter(&self, id: PairId, edit: &Edit, shown: &[&Arrival], at: usize) -> Option<Matter> {
        if let Some(matter) = edit.blamed[at] {
            return Some(matter);
        }
        if !edit.suspect[at] {
            return None;
        }
        let has = |role: Role| shown.iter().any(|arrival| arrival.role == role);
        let [first, second] = if at == 0 { [Role::Request, Role::Response] } else { [Role::Response, Role::Request] };
        let role = if has(Role::Payload) {
            Role::Payload
        } else if has(first) {
            first
        } else {
            second
        };
        let ways = || shown.iter().filter(|arrival| arrival.role == role && arrival.way.open[at]);
        // The first way that is open speaks for all: they are of one role and one pair.
        let arrival = ways().find(|arrival| arrival.anchor.is_none()).or_else(|| ways().next())?;
        let own = (id, DIRECTIONS[at], role);
        if self.innocence.of((self.table, &self.answers), own, edit, at) {
            return None;
        }
        let Some(anchor) = arrival.anchor else { return Some(own) };
        // Below a region an edit breaks only if the whole does; a part that is contained is not the reason.
        let whole = (anchor, DIRECTIONS[at], role);
        let is_reason = [own, whole].iter().all(|&matter| self.answers.verdict(matter) != Verdict::Contained);
        is_reason.then_some(whole)
    }

    /// All that [`change`](Self::change) will ask.
    fn matters(&self, id: PairId, edit: &Edit, shown: &[&Arrival], roots: &[Root]) -> Vec<Matter> {
        if !is_measured(edit) {
            return Vec::new();
        }
        let [first, second] = [0, 1].map(|at| self.matter(id, edit, shown, at));
        let whole = first.and_then(|_| carried(shown, roots)).filter(|(arrival, _)| arrival.top != id);
        let whole = whole.map(|(arrival, _)| (arrival.top, Direction::NewReadsOld, Role::Request));
        [first, second, whole].into_iter().flatten().collect()
    }

    /// The call that carries a rejected value: the value itself where it is what is sent, otherwise a whole request that
    /// holds it and is rejected too.
    fn add_curl(&self, measured: &mut Measured, id: PairId, shown: &[&Arrival], roots: &[Root]) {
        let Some(Measurement { proof: Some(Proof::Proven(witness)), .. }) = &mut measured.new_reads_old else { return };
        let Some((arrival, sender)) = carried(shown, roots) else { return };
        if arrival.top == id {
            witness.curl = Some(sender.curl(&witness.instance));
        } else if let Answer::Breaks { witness: whole, .. } =
            self.answers.answer((arrival.top, Direction::NewReadsOld, Role::Request))
            && holds(&whole.instance, &witness.instance)
        {
            witness.curl = Some(sender.curl(&whole.instance));
        }
    }
}

/// Those who are shown edits of constraints.
fn reaches(arrivals: &FxHashMap<PairId, Vec<Arrival>>) -> FxHashMap<PairId, Vec<Reach>> {
    let reach = |arrival: &Arrival| Reach { role: arrival.role, open: arrival.way.open };
    let shown = |arrivals: &Vec<Arrival>| -> Vec<Reach> {
        arrivals.iter().filter(|arrival| arrival.way.shows_constraints).map(reach).collect()
    };
    let reaches = arrivals.iter().map(|(&id, arrivals)| (id, shown(arrivals)));
    reaches.filter(|(_, reaches)| !reaches.is_empty()).collect()
}

/// Those who are shown an edit.
fn shown<'r>(edit: &Edit, arrivals: &'r [Arrival]) -> Vec<&'r Arrival> {
    let is_shown = |arrival: &&Arrival| arrival.way.shows_constraints || edit.nature == Nature::Annotation;
    arrivals.iter().filter(is_shown).collect()
}

/// Whether an edit can mean anything for values.
fn is_measured(edit: &Edit) -> bool {
    edit.nature == Nature::Constraint || edit.suspect != [false, false]
}

/// The way that requests take, with the call that carries them.
fn carried<'r>(shown: &[&'r Arrival], roots: &'r [Root]) -> Option<(&'r Arrival, &'r Sender)> {
    let arrival = *shown.iter().find(|arrival| arrival.role == Role::Request && arrival.way.open[0])?;
    Some((arrival, roots[arrival.root].sender.as_ref()?))
}

/// Whether a value is, or has inside, another.
fn holds(whole: &serde_json::Value, part: &serde_json::Value) -> bool {
    whole == part
        || match whole {
            serde_json::Value::Array(items) => items.iter().any(|item| holds(item, part)),
            serde_json::Value::Object(entries) => entries.values().any(|value| holds(value, part)),
            _ => false,
        }
}

/// The facts of an edit, with those that depend on who reaches it.
fn facts(edit: &Edit, roles: &BTreeSet<Role>) -> Facts {
    let in_requests = roles.iter().any(|&role| role != Role::Response);
    let in_responses = roles.iter().any(|&role| role != Role::Request);
    if std::ptr::eq(edit.kind, &raw const kinds::PROPERTY_BECAME_READ_ONLY) {
        return edit.facts.clone().with_bool("in-requests", in_requests);
    }
    if std::ptr::eq(edit.kind, &raw const kinds::PROPERTY_BECAME_WRITE_ONLY) {
        return edit.facts.clone().with_bool("in-responses", in_responses);
    }
    edit.facts.clone()
}

/// What is sent as text has no types of its own: every number is a string of digits.
fn as_text(change: &mut Change, edit: &Edit) {
    if !std::ptr::eq(edit.kind, &raw const kinds::TYPE_CHANGED) {
        return;
    }
    let scalars =
        |words: &str| words.split(" or ").all(|word| ["string", "number", "integer", "boolean"].contains(&word));
    let listed = edit.facts.get("listed").unwrap_or("false");
    let text = |relation: &'static str| {
        Facts::default().with("relation", relation).with("listed", listed).with("textual", "true")
    };
    change.facts = text(edit.facts.get("relation").unwrap_or("other"));
    if !scalars(&edit.old_value) || !scalars(&edit.new_value) {
        return;
    }
    let is_string = |words: &str| words.split(" or ").any(|word| word == "string");
    let relation = match (is_string(&edit.old_value), is_string(&edit.new_value)) {
        (false, true) => "widened",
        (true, false) => "narrowed",
        _ => return,
    };
    change.facts = text(relation);
    let settled = Some(Measurement::contained());
    if relation == "widened" {
        change.measured.new_reads_old = settled;
    } else {
        change.measured.old_reads_new = settled;
    }
}
