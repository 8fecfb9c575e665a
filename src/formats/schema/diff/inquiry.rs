//! The questions about pairs of schemas, and who answers them: this thread, or for one of the two directions a second.
//!
//! The directions have nothing in common: what is a writer's schema in one is a reader's in the other, so each engine
//! knows only what it needs. Every engine gets its questions in the order in which they are asked, whatever the other
//! does meanwhile, so its answers are the same in every run.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use crate::change::Direction;
use crate::formats::schema::{Answer, Engine, Party, Role, SchemaId, Side, Verdict};

/// What is asked about two schemas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Question {
    /// The schema in the old version.
    pub old: SchemaId,
    /// The schema in the new version.
    pub new: SchemaId,
    /// Who reads whom.
    pub direction: Direction,
    /// What travels.
    pub role: Role,
}

impl Question {
    fn parties(self) -> (Party, Party) {
        let (old, new) = (Party::new(Side::Old, self.old, self.role), Party::new(Side::New, self.new, self.role));
        if self.direction == Direction::NewReadsOld { (old, new) } else { (new, old) }
    }
}

/// How much of an answer is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// Whether a reader that accepts nothing unknown reads everything.
    Strictly,
    /// Whether the reader reads everything.
    Verdict,
    /// And what it does not read.
    Answer,
}

/// What came back.
enum Told {
    Verdict(Verdict),
    Answer(Answer),
}

/// An engine, for both directions or for one.
struct Desk<'e, 'g, 'a>(&'e Engine<'g, 'a>);

impl Desk<'_, '_, '_> {
    fn answer(&self, wanted: Wanted, question: Question) -> Told {
        let (writer, reader) = question.parties();
        match wanted {
            Wanted::Strictly => Told::Verdict(self.0.strict_verdict(writer, reader)),
            Wanted::Verdict => Told::Verdict(self.0.verdict(writer, reader)),
            Wanted::Answer => Told::Answer(self.0.relate(writer, reader)),
        }
    }

    fn answers(&self, wanted: Wanted, questions: &[Question]) -> Vec<Told> {
        questions.iter().map(|&question| self.answer(wanted, question)).collect()
    }
}

/// A second thread, which answers in the direction [`THERE`].
struct There {
    questions: Sender<(Wanted, Vec<Question>)>,
    answers: Receiver<Vec<Told>>,
}

/// The direction that a second thread takes.
const THERE: Direction = Direction::NewReadsOld;

/// Whoever answers.
pub(super) struct Inquiry<'e, 'g, 'a> {
    here: Desk<'e, 'g, 'a>,
    there: Option<There>,
}

/// Does some work with an inquiry: with a second thread where there is enough to ask.
pub(super) fn with<'g, 'a, R>(
    engine: &Engine<'g, 'a>,
    is_much: bool,
    work: impl FnOnce(&Inquiry<'_, 'g, 'a>) -> R,
) -> R {
    let here = Desk(engine);
    if !is_much {
        return work(&Inquiry { here, there: None });
    }
    let (old, new) = (engine.graph(Side::Old), engine.graph(Side::New));
    let settings = engine.settings().clone();
    thread::scope(|scope| {
        let (questions, asked) = channel::<(Wanted, Vec<Question>)>();
        let (told, answers) = channel();
        scope.spawn(move || {
            let engine = Engine::new(old, new, settings);
            let desk = Desk(&engine);
            for (wanted, questions) in asked {
                if told.send(desk.answers(wanted, &questions)).is_err() {
                    return;
                }
            }
        });
        work(&Inquiry { here, there: Some(There { questions, answers }) })
    })
}

impl Inquiry<'_, '_, '_> {
    /// Whether asking many questions at once is faster than asking them one by one, and worth asking a few too many.
    pub(super) const fn prefers_batches(&self) -> bool {
        self.there.is_some()
    }

    /// Whether readers that accept nothing unknown read everything.
    pub(super) fn strict_verdicts(&self, questions: &[Question]) -> Vec<Verdict> {
        self.verdicts_of(Wanted::Strictly, questions)
    }

    /// Whether the readers read everything.
    pub(super) fn verdicts(&self, questions: &[Question]) -> Vec<Verdict> {
        self.verdicts_of(Wanted::Verdict, questions)
    }

    fn verdicts_of(&self, wanted: Wanted, questions: &[Question]) -> Vec<Verdict> {
        let verdict = |told| match told {
            Told::Verdict(verdict) => verdict,
            Told::Answer(_) => Verdict::Unknown,
        };
        self.ask(wanted, questions).into_iter().map(verdict).collect()
    }

    /// The same with a value that each reader does not read.
    pub(super) fn answers(&self, questions: &[Question]) -> Vec<Answer> {
        let answer = |told| match told {
            Told::Answer(answer) => answer,
            Told::Verdict(_) => Answer::Unknown(String::new()),
        };
        self.ask(Wanted::Answer, questions).into_iter().map(answer).collect()
    }

    /// One answer for each question, in their order.
    fn ask(&self, wanted: Wanted, questions: &[Question]) -> Vec<Told> {
        let Some(there) = &self.there else { return self.here.answers(wanted, questions) };
        let (far, near): (Vec<Question>, Vec<Question>) =
            questions.iter().partition(|question| question.direction == THERE);
        let is_sent = !far.is_empty() && there.questions.send((wanted, far.clone())).is_ok();
        let mut near = self.here.answers(wanted, &near).into_iter();
        let received = if is_sent { there.answers.recv().ok() } else { None };
        // A thread that is gone leaves its questions to this one.
        let mut far = received.unwrap_or_else(|| self.here.answers(wanted, &far)).into_iter();
        let next = |question: &Question| if question.direction == THERE { far.next() } else { near.next() };
        questions.iter().filter_map(next).collect()
    }
}
