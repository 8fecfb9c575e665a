//! The one question about data: can the reader read everything that the writer may write?

use std::cell::RefCell;
use std::rc::Rc;

use rustc_hash::FxHashMap;
use serde_json::Value;

use crate::change::{Cell, Direction, Measurement, Witness};
use crate::formats::ReaderProfile;
use crate::formats::schema::budget::{self, Budget};
use crate::formats::schema::contain::{Canonical, Conj, ConjId, Containment, Outcome, Prover, size};
use crate::formats::schema::format_values::Formats;
use crate::formats::schema::graph::{SchemaGraph, SchemaId};
use crate::formats::schema::lower::{LowId, Lows, View, emit, written_out};
use crate::formats::schema::pattern::Patterns;
use crate::formats::schema::witness::{Judge, Pair};

/// One of the two versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The version compared with.
    Old,
    /// The version that is judged.
    New,
}

/// What the value travels as, which decides who may send what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// From the consumer to the provider, who validates: `readOnly` properties are not sent, enums are closed.
    Request,
    /// From the provider to the consumer: `writeOnly` properties are not sent, tolerant consumers cope with values and
    /// tags that were added.
    Response,
    /// A document or event whose direction is not known: everything is sent, old readers cope with what was added.
    Payload,
}

/// Who writes or reads: a schema of one side in a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Party {
    /// Whose schema.
    pub side: Side,
    /// The schema.
    pub schema: SchemaId,
    /// What travels.
    pub role: Role,
}

impl Party {
    /// The schema `schema` of `side` for what travels as `role`.
    #[must_use]
    pub const fn new(side: Side, schema: SchemaId, role: Role) -> Self {
        Self { side, schema, role }
    }
}

/// What the engine may assume and how much it may spend.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Which readers count as broken for `yes`.
    pub profile: ReaderProfile,
    /// Whether `readOnly` and `writeOnly` only document (OpenAPI 3.1 §4.8.24) or keep a property from being sent.
    pub read_only_documents: bool,
    /// How many steps one question may take before the answer is `unknown`.
    pub steps: u64,
    /// How deep a question may go into nested schemas.
    pub depth: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            profile: ReaderProfile::default(),
            read_only_documents: false,
            steps: budget::QUESTION,
            depth: budget::DEPTH,
        }
    }
}

/// Whether the reader reads what the writer writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Every value that the writer may write is accepted.
    Contained,
    /// Some value is not, and here it is.
    Breaks {
        /// `Yes`, or `Maybe` where only some readers fail.
        cell: Cell,
        /// The value, confirmed by two validators.
        witness: Box<Witness>,
    },
    /// Not decided, and why.
    Unknown(String),
}

impl Answer {
    /// The answer as it travels with a change.
    #[must_use]
    pub fn into_measurement(self) -> Measurement {
        match self {
            Self::Contained => Measurement::contained(),
            Self::Breaks { cell, witness } => Measurement::broken(cell, *witness),
            Self::Unknown(reason) => Measurement::unknown(reason),
        }
    }
}

/// An [`Answer`] without what shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::formats::schema) enum Verdict {
    /// Everything is read.
    Contained,
    /// Some value is not.
    Refuted,
    /// Not decided.
    Unknown,
}

/// Answers questions about the schemas of two sides, remembering what it found.
pub struct Engine<'g, 'a> {
    old: &'g SchemaGraph<'a>,
    new: &'g SchemaGraph<'a>,
    settings: Settings,
    lows: Rc<Lows<'g, 'a>>,
    prover: Prover<'g, 'a>,
    judge: Judge<'g, 'a>,
    budget: Rc<Budget>,
    /// What was found, and whether it was found with a witness.
    answers: RefCell<FxHashMap<Asked, (Answer, Search)>>,
}

/// A question: writer and reader, the role where it makes a difference, whether the reader copes with what it does not
/// know, and which readers count. Whoever asks the same gets the same answer, whatever carries the schemas.
type Asked = ((Side, SchemaId), (Side, SchemaId), Role, bool, ReaderProfile);

/// What somebody wants to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Search {
    /// Whether the reader reads everything: of a value that it does not read, nobody wants to see more.
    Verdict,
    /// The value as well: confirmed, and as small as it gets.
    Witness,
}

/// What one pair of eyes showed.
enum Finding {
    Contained,
    Breaks(Value, String),
    Unknown(String),
}

impl<'g, 'a> Engine<'g, 'a> {
    /// An engine over two graphs.
    #[must_use]
    pub fn new(old: &'g SchemaGraph<'a>, new: &'g SchemaGraph<'a>, settings: Settings) -> Self {
        let lows = Rc::new(Lows::new(old, new));
        let patterns = Rc::new(Patterns::default());
        let formats = Rc::new(Formats::default());
        let budget = Rc::new(Budget::default());
        let prover = Prover::new(
            Rc::clone(&lows),
            Rc::clone(&patterns),
            Rc::clone(&formats),
            Rc::clone(&budget),
            settings.depth,
        );
        let judge = Judge::new(Rc::clone(&lows), patterns, formats, Rc::clone(&budget));
        Self { old, new, settings, lows, prover, judge, budget, answers: RefCell::default() }
    }

    /// The settings it was made with.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The graph of a side.
    #[must_use]
    pub const fn graph(&self, side: Side) -> &'g SchemaGraph<'a> {
        match side {
            Side::Old => self.old,
            Side::New => self.new,
        }
    }

    /// Whether two schemas say the same, through all references, so that there is nothing to ask or to report.
    #[must_use]
    pub fn is_same(&self, old: SchemaId, new: SchemaId) -> bool {
        self.old.fingerprint(old) == self.new.fingerprint(new)
    }

    /// Whether `reader` reads everything that `writer` may write. The two are of different sides and of one role.
    ///
    /// | writer | reader | result |
    /// |---|---|---|
    /// | closed | plain, formats asserted: contained; open writer: contained | `Contained` |
    /// | closed | plain: contained, formats asserted: not | `Maybe` |
    /// | closed | tolerant: contained, plain: not | `Maybe` |
    /// | closed | as the profile says: not contained | `Yes` |
    /// | open, with names of its own | plain: not contained | `Maybe` |
    #[must_use]
    pub fn relate(&self, writer: Party, reader: Party) -> Answer {
        self.find(writer, reader, Search::Witness, self.settings.profile)
    }

    /// Whether [`relate`](Self::relate) says that everything is read, without a value that shows where it is not: what
    /// most questions need, at a fraction of the work.
    #[must_use]
    pub fn is_contained(&self, writer: Party, reader: Party) -> bool {
        self.verdict(writer, reader) == Verdict::Contained
    }

    /// The same, telling apart what is refuted from what is not proven.
    pub(in crate::formats::schema) fn verdict(&self, writer: Party, reader: Party) -> Verdict {
        self.verdict_of(writer, reader, self.settings.profile)
    }

    /// The same of readers that accept nothing unknown, whatever the settings say: what they cannot tell apart is the same.
    pub(in crate::formats::schema) fn strict_verdict(&self, writer: Party, reader: Party) -> Verdict {
        self.verdict_of(writer, reader, ReaderProfile::Strict)
    }

    fn verdict_of(&self, writer: Party, reader: Party, profile: ReaderProfile) -> Verdict {
        match self.find(writer, reader, Search::Verdict, profile) {
            Answer::Contained => Verdict::Contained,
            Answer::Breaks { .. } => Verdict::Refuted,
            Answer::Unknown(_) => Verdict::Unknown,
        }
    }

    fn find(&self, writer: Party, reader: Party, search: Search, profile: ReaderProfile) -> Answer {
        let is_same =
            self.graph(writer.side).fingerprint(writer.schema) == self.graph(reader.side).fingerprint(reader.schema);
        if is_same {
            return Answer::Contained;
        }
        let asked = self.asked(writer, reader, profile);
        if let Some((known, found_by)) = self.answers.borrow().get(&asked)
            && (*found_by >= search || *known == Answer::Contained)
        {
            return known.clone();
        }
        let answer = self.budget.question(self.settings.steps, || self.decide(asked, search));
        self.answers.borrow_mut().insert(asked, (answer.clone(), search));
        answer
    }

    /// Where nothing is kept back the roles do not differ, and what one question found serves the others.
    fn asked(&self, writer: Party, reader: Party, profile: ReaderProfile) -> Asked {
        let keeps_back =
            |slot: usize| [writer, reader].iter().any(|party| self.graph(party.side).keeps_back(party.schema)[slot]);
        let role = match reader.role {
            Role::Request if !keeps_back(0) => Role::Payload,
            Role::Response if !keeps_back(1) => Role::Payload,
            role => role,
        };
        // An old reader copes with what came later, a provider that validates requests does not.
        let copes = reader.side == Side::Old && reader.role != Role::Request;
        ((writer.side, writer.schema), (reader.side, reader.schema), role, copes, profile)
    }

    /// Containment between two schemas as a validator sees them: no closed writers, no tolerance, no roles.
    #[must_use]
    pub fn contains(&self, writer: Party, reader: Party) -> Answer {
        let plain = View::plain(writer.role);
        let pair = Pair::new((writer.side, writer.schema, plain), (reader.side, reader.schema, plain));
        match self.budget.question(self.settings.steps, || self.look(pair, false, Search::Witness)) {
            Finding::Contained => Answer::Contained,
            Finding::Breaks(value, error) => self.breaks(Cell::Yes, reader.side, value, error),
            Finding::Unknown(reason) => Answer::Unknown(reason),
        }
    }

    /// The schemas of a side that accept no value at all, as far as questions came across them: nothing can be proven about
    /// who sends them.
    #[must_use]
    pub fn accepting_nothing(&self, side: Side) -> Vec<SchemaId> {
        self.prover.empties().into_iter().filter(|&(of, _)| of == side).map(|(_, schema)| schema).collect()
    }

    fn decide(&self, (writer, reader, role, copes, profile): Asked, search: Search) -> Answer {
        let documents = self.settings.read_only_documents;
        let closed = View { read_only_documents: documents, ..View::writer(role) };
        let plain = View { read_only_documents: documents, ..View::plain(role) };
        let formats = View { asserts_formats: true, ..plain };
        let counted = match profile {
            ReaderProfile::Tolerant => View { opens_enums: copes, ..plain },
            ReaderProfile::Plain => plain,
            ReaderProfile::Strict => View { is_strict: true, ..plain },
        };
        let pair = |from: View, to: View| Pair::new((writer.0, writer.1, from), (reader.0, reader.1, to));
        // One proof settles most questions: an open writer and a reader that checks everything.
        let open = View { is_closed: false, ..closed };
        // What a strict reader refuses is nothing that a plain one could vouch for.
        let strict = View { is_strict: true, ..formats };
        let is_vouched_for = profile != ReaderProfile::Strict || self.holds(pair(closed, strict));
        if is_vouched_for && self.holds(pair(open, formats)) {
            return Answer::Contained;
        }
        // A tolerant reader reads whatever a plain one reads; how many readers fail is no part of a verdict.
        let is_tolerant = profile == ReaderProfile::Tolerant;
        let is_settled_by_plain = counted == plain || (is_tolerant && search == Search::Verdict);
        let certain = if is_settled_by_plain { None } else { Some(self.look(pair(closed, counted), false, search)) };
        if let Some(Finding::Breaks(value, error)) = certain {
            return self.breaks(Cell::Yes, reader.0, value, error);
        }
        let is_strict_unknown = !is_tolerant && matches!(certain, Some(Finding::Unknown(_)));
        match self.look(pair(closed, plain), false, search) {
            Finding::Breaks(value, error) => {
                let cell = match certain {
                    None => Cell::Yes,
                    Some(Finding::Unknown(reason)) => return Answer::Unknown(reason),
                    Some(_) => Cell::Maybe,
                };
                return self.breaks(cell, reader.0, value, error);
            }
            Finding::Unknown(reason) => return Answer::Unknown(reason),
            Finding::Contained if is_strict_unknown => {
                if let Some(Finding::Unknown(reason)) = certain {
                    return Answer::Unknown(reason);
                }
            }
            Finding::Contained => {}
        }
        let checked = View { asserts_formats: true, ..closed };
        match self.look(pair(checked, formats), false, search) {
            Finding::Breaks(value, error) => return self.breaks(Cell::Maybe, reader.0, value, error),
            Finding::Unknown(reason) => return Answer::Unknown(reason),
            Finding::Contained => {}
        }
        match self.look(pair(open, plain), true, search) {
            Finding::Breaks(value, error) => self.breaks(Cell::Maybe, reader.0, value, error),
            // The closed writer is contained, and that is what the rules ask first.
            Finding::Unknown(_) | Finding::Contained => Answer::Contained,
        }
    }

    fn breaks(&self, cell: Cell, reader: Side, value: Value, error: String) -> Answer {
        let witness = Witness {
            direction: Self::direction(reader),
            instance: value,
            rejected_by: if reader == Side::Old { "old" } else { "new" },
            error,
            bytes_hex: None,
            bytes_base64: None,
            read_as: None,
            curl: None,
        };
        Answer::Breaks { cell, witness: Box::new(witness) }
    }

    /// Whether a proof is found without looking at values, and without a part that accepts nothing.
    fn holds(&self, pair: Pair) -> bool {
        let writer = self.lows.id(pair.writer.side, pair.writer.schema, pair.writer.view);
        let reader = self.lows.id(pair.reader.side, pair.reader.schema, pair.reader.view);
        self.prover.begin(true);
        self.prover.collect_values(false);
        let conj = self.prover.intern(Conj::of(writer));
        let outcome = self.budget.share(3, || self.prover.prove(conj, reader, 0));
        matches!(outcome, Outcome::Holds) && !self.prover.saw_empty()
    }

    /// One question through one pair of eyes.
    fn look(&self, pair: Pair, keeps_to_own_names: bool, search: Search) -> Finding {
        let writer = self.lows.id(pair.writer.side, pair.writer.schema, pair.writer.view);
        let reader = self.lows.id(pair.reader.side, pair.reader.schema, pair.reader.view);
        self.prover.begin(keeps_to_own_names);
        let conj = self.prover.intern(Conj::of(writer));
        self.prover.collect_values(false);
        let mut outcome = self.budget.share(3, || self.prover.prove(conj, reader, 0));
        if matches!(outcome, Outcome::Unproven) {
            self.prover.begin(keeps_to_own_names);
            self.prover.collect_values(true);
            outcome = self.budget.share(3, || self.prover.prove(conj, reader, 0));
        }
        match outcome {
            Outcome::Holds if self.prover.saw_empty() => self.look_loosely(pair),
            Outcome::Holds if keeps_to_own_names => Finding::Contained,
            Outcome::Holds => {
                // A proof that a value contradicts is a mistake of ours: the value wins.
                let samples = self.prover.some_values(conj);
                self.confirmed(pair, samples, Search::Witness).unwrap_or(Finding::Contained)
            }
            Outcome::Fails(candidates) => {
                self.judged(pair, conj, (writer, reader), candidates, keeps_to_own_names, search)
            }
            Outcome::Unproven => self.judged(pair, conj, (writer, reader), Vec::new(), keeps_to_own_names, search),
            // Of names of its own only a value counts.
            Outcome::Unknown(reason) if keeps_to_own_names => Finding::Unknown(reason.to_string()),
            Outcome::Unknown(reason) => {
                let samples = self.prover.some_values(conj);
                match self.confirmed(pair, samples, search) {
                    Some(found) => found,
                    _ if self.covers(pair, writer, reader) => Finding::Contained,
                    _ => Finding::Unknown(reason.to_string()),
                }
            }
        }
    }

    /// The first value that both validators agree about. For a verdict the documents themselves are enough: that the
    /// second validator agrees, and how small the value can get, is for those who show it.
    fn confirmed(&self, pair: Pair, candidates: Vec<Rc<Value>>, search: Search) -> Option<Finding> {
        if search == Search::Verdict {
            let breaks = candidates.iter().any(|value| self.judge.breaks_raw(pair, value));
            return breaks.then(|| Finding::Breaks(Value::Null, String::new()));
        }
        let (value, error) = candidates.iter().find_map(|value| self.judge.confirm(pair, value))?;
        Some(Finding::Breaks(value, error))
    }

    /// Candidates before the judge, the smallest first.
    fn judged(
        &self,
        pair: Pair,
        conj: ConjId,
        (writer, reader): (LowId, LowId),
        mut candidates: Vec<Rc<Value>>,
        keeps_to_own_names: bool,
        search: Search,
    ) -> Finding {
        // A verdict wants any value, and only one.
        if search == Search::Verdict
            && let Some(found) = self.confirmed(pair, std::mem::take(&mut candidates), search)
        {
            return found;
        }
        if !keeps_to_own_names {
            candidates.extend(self.prover.some_values(conj));
        }
        candidates.sort_by_key(|value| size(value));
        candidates.dedup();
        if let Some(found) = self.confirmed(pair, candidates, search) {
            return found;
        }
        if !keeps_to_own_names && self.covers(pair, writer, reader) {
            return Finding::Contained;
        }
        if self.prover.some_values(conj).is_empty() {
            return Finding::Unknown(
                "no value that the writer's schema accepts could be built; it may accept none at all, as a `oneOf` \
                 with overlapping branches does"
                    .to_owned(),
            );
        }
        Finding::Unknown("containment could not be proven, and no value was found that shows a break".to_owned())
    }

    /// Some part of the writer accepts nothing: what a proof says about it is worth nothing, unless it also holds where
    /// `oneOf` is read as `anyOf`.
    fn look_loosely(&self, pair: Pair) -> Finding {
        let unsure = || {
            Finding::Unknown(
                "a part of the writer's schema accepts no value at all, so nothing can be proven about it".to_owned(),
            )
        };
        if pair.writer.view.is_loose {
            return unsure();
        }
        let mut loose = pair;
        loose.writer.view.is_loose = true;
        loose.reader.view.is_loose = true;
        let writer = self.lows.id(loose.writer.side, loose.writer.schema, loose.writer.view);
        let reader = self.lows.id(loose.reader.side, loose.reader.schema, loose.reader.view);
        self.prover.begin(false);
        self.prover.collect_values(false);
        let conj = self.prover.intern(Conj::of(writer));
        match self.budget.share(3, || self.prover.prove(conj, reader, 0)) {
            Outcome::Holds if !self.prover.saw_empty() => Finding::Contained,
            _ => unsure(),
        }
    }

    /// What the second engine says, where the schemas are small enough to ask it.
    fn covers(&self, pair: Pair, writer: LowId, reader: LowId) -> bool {
        let (Some(writer), Some(reader)) = (
            emit(&self.lows, writer, budget::SECOND_ENGINE, None),
            emit(&self.lows, reader, budget::SECOND_ENGINE, None),
        ) else {
            return false;
        };
        if written_out(&writer) + written_out(&reader) > budget::SECOND_ENGINE {
            return false;
        }
        Canonical.covers(&reader, &writer, pair.reader.view.asserts_formats) == Some(true)
    }

    /// The direction of a question: who reads is the later word.
    #[must_use]
    pub const fn direction(reader: Side) -> Direction {
        match reader {
            Side::New => Direction::NewReadsOld,
            Side::Old => Direction::OldReadsNew,
        }
    }
}

#[cfg(test)]
mod tests;
