//! Reads YAML 1.2 (core schema) into the tree, from the events of `granit-parser`.
//!
//! | in the file | in the tree |
//! |---|---|
//! | `yes`, `no`, `on`, `off`, `2020-01-01` | strings: YAML 1.2 has only `true` and `false`, and no dates |
//! | `0o17`, `0x1F` | numbers; `017` is the number 17 |
//! | `.inf`, `.nan` | numbers without a decimal value |
//! | `200:`, `true:`, `null:` | keys `200`, `true`, `null`: keys are texts, as in JSON |
//! | `*alias` | the anchored node itself, shared: nothing is copied, so alias bombs cost nothing |
//! | `<<: *base` | the entries of `base` that the mapping does not have itself |
//! | `!!str 12`, `!!int "12"` | as the tag says; unknown tags are ignored |

mod mend;
mod message;
mod scalar;

use std::sync::Arc;

use granit_parser::{Event, Parser, ScalarStyle, StructureStyle, Tag};

use crate::source::FileId;
use crate::syntax::build::Builder;
use crate::syntax::yaml::mend::Mended;
use crate::syntax::yaml::scalar::resolve;
use crate::syntax::{Document, Fault, Kind, MAX_DEPTH, NodeId, Style};

/// How many bytes may be read again: for texts that need mending, and for errors after the first.
const AGAIN_BYTES: usize = 64 << 20;

/// How many syntax errors are told.
const MAX_ERRORS: usize = 10;

/// Reads a YAML text. The tree holds what came before the first syntax error; the faults also name errors in later
/// parts of the document.
pub(super) fn read(file: FileId, text: Arc<str>) -> (Document, Vec<Fault>) {
    let mut budget = AGAIN_BYTES.saturating_sub(text.len());
    let (document, mut faults, mut error) = read_once(file, &text, Mended::new(&text), &mut budget);
    while let Some(at) = error.filter(|_| faults.len() < MAX_ERRORS && budget >= text.len()) {
        let Some((mended, from)) = Mended::resumed(&text, at) else { break };
        budget -= text.len();
        let (_, found, next) = read_once(file, &text, mended, &mut budget);
        // What the part that was left out would have said is not known, so only new errors of syntax count.
        let is_new = |fault: &Fault| {
            fault.code == "yaml-syntax" && fault.span.start as usize >= from && !message::is_about_aliases(fault)
        };
        faults.extend(found.into_iter().filter(is_new));
        error = next.filter(|&next| next > at);
    }
    (document, faults)
}

/// Reads a text that may have been mended, mending it further where that helps. Gives the place of the error that
/// stopped it, if one did.
fn read_once(
    file: FileId,
    text: &Arc<str>,
    mut mended: Mended<'_>,
    budget: &mut usize,
) -> (Document, Vec<Fault>, Option<usize>) {
    loop {
        let mut reader = Reader {
            text: mended.text(),
            breaks: mended.breaks(),
            original: text,
            builder: Builder::new(file, Arc::clone(text)),
            anchors: Vec::new(),
            merging: Vec::new(),
            skipped: 0,
            last_end: 0,
        };
        let outcome = reader.run();
        let builder = reader.builder;
        if let Err(Stop::UnindentedQuote(at)) = outcome
            && *budget >= text.len()
            && mended.join_line(at)
        {
            *budget -= text.len();
            continue;
        }
        let (document, faults) = builder.finish();
        let error = outcome.err().map(|stop| match stop {
            Stop::UnindentedQuote(at) | Stop::Error(at) => at,
        });
        return (document, faults, error);
    }
}

/// Why reading ended before the end of the text, and where.
enum Stop {
    /// A line of a quoted text is not indented.
    UnindentedQuote(usize),
    /// Anything else.
    Error(usize),
}

struct Reader<'a> {
    text: &'a str,
    /// Where `text` has spaces and `original` has line breaks.
    breaks: &'a [u32],
    original: &'a str,
    builder: Builder,
    /// The node of each anchor id.
    anchors: Vec<Option<NodeId>>,
    /// For each open collection whether a merge key was seen in it.
    merging: Vec<bool>,
    /// How many collections are open inside a key, which is not kept.
    skipped: usize,
    /// Where the last node ended: a block collection ends with its last node, not at the token that reveals it.
    last_end: u32,
}

impl<'a> Reader<'a> {
    /// Reads all events.
    fn run(&mut self) -> Result<(), Stop> {
        // Flow collections whose closing bracket is not indented are against the letter of YAML, but every tool
        // that people use accepts them, so `strict_indentation` stays off: it would refuse published contracts.
        let options = granit_parser::options! {
            emit_comments: false,
            emit_unresolved_aliases: true,
            block_nesting_limit: usize::from(MAX_DEPTH) + 1,
            flow_nesting_limit: usize::from(MAX_DEPTH) + 1,
        };
        let mut documents = 0_usize;
        for event in Parser::new_from_str_with_options(self.text, options) {
            let (event, span) = match event {
                Ok(next) => next,
                Err(error) => {
                    self.syntax_error(&error);
                    let at = error.marker().byte_offset().unwrap_or_default().min(self.text.len());
                    return Err(match error.kind() {
                        granit_parser::ErrorKind::InvalidQuotedScalarIndent => Stop::UnindentedQuote(at),
                        _ => Stop::Error(at),
                    });
                }
            };
            let start = span.start.byte_offset().unwrap_or_default() as u32;
            let end = span.end.byte_offset().unwrap_or_default() as u32;
            match event {
                Event::DocumentStart(..) => documents += 1,
                // A lone `---` at the end opens a document with nothing in it, which nobody means.
                _ if documents > 1 => {
                    if !matches!(&event, Event::Scalar(..) if start == end) && event.is_node() {
                        self.several_documents(start, end);
                        return Ok(());
                    }
                }
                event => self.event(event, start, end),
            }
        }
        Ok(())
    }

    fn event(&mut self, event: Event<'a>, start: u32, end: u32) {
        if self.skipped > 0 {
            match event {
                Event::SequenceStart(..) | Event::MappingStart(..) => self.skipped += 1,
                Event::SequenceEnd | Event::MappingEnd => self.skipped -= 1,
                _ => {}
            }
            return;
        }
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let id = self.scalar(&text, style, tag.as_deref(), start, end);
                self.anchor(anchor, id);
                self.last_end = end;
            }
            Event::SequenceStart(style, anchor, _) => self.open(Kind::Sequence, style, anchor, start, end),
            Event::MappingStart(style, anchor, _) => self.open(Kind::Mapping, style, anchor, start, end),
            Event::SequenceEnd | Event::MappingEnd => self.close(end),
            Event::Alias(anchor) => {
                self.alias(anchor, start, end);
                self.last_end = end;
            }
            Event::UnresolvedAlias(name) => {
                let message = format!("the alias `*{name}` has no anchor before it");
                let help = format!("write `&{name}` in front of the node that it means");
                self.fault(start, end, message, Some(help));
                self.placeholder(start);
                self.last_end = end;
            }
            _ => {}
        }
    }

    fn open(&mut self, kind: Kind, style: StructureStyle, anchor: usize, start: u32, end: u32) {
        if self.builder.expects_key() {
            self.fault(start, end, "a key is a collection, but keys of contracts are texts", None);
            self.builder.cooked_string((start, end), "?", Style::Flow);
            self.skipped = 1;
            return;
        }
        if self.builder.depth() >= usize::from(MAX_DEPTH) {
            self.too_deep(start, end);
            self.placeholder(start);
            self.skipped = 1;
            return;
        }
        let style = if style == StructureStyle::Block { Style::Block } else { Style::Flow };
        let id = self.builder.open(kind, start, style);
        self.merging.push(false);
        self.anchor(anchor, id);
        self.last_end = start;
    }

    fn close(&mut self, end: u32) {
        if self.merging.pop() == Some(true) {
            self.builder.merge();
        }
        let is_block = self.builder.open_style() == Some(Style::Block);
        if !is_block {
            self.last_end = end;
        }
        self.builder.close(self.last_end);
    }

    fn anchor(&mut self, anchor: usize, id: NodeId) {
        if anchor == 0 {
            return;
        }
        if self.anchors.len() <= anchor {
            self.anchors.resize(anchor + 1, None);
        }
        self.anchors[anchor] = Some(id);
    }

    fn alias(&mut self, anchor: usize, start: u32, end: u32) {
        let Some(id) = self.anchors.get(anchor).copied().flatten() else {
            // Its anchor stood inside a key that was not kept, which is reported there.
            self.placeholder(start);
            return;
        };
        if !self.builder.is_complete(id) {
            self.fault(start, end, "the alias stands inside its own anchor, so the value would contain itself", None);
            self.placeholder(start);
        } else if self.builder.depth() + usize::from(self.builder.height(id)) > usize::from(MAX_DEPTH) {
            self.too_deep(start, end);
            self.placeholder(start);
        } else if !self.builder.expects_key() {
            self.builder.share(id);
        } else {
            // A key has a place of its own, so the text is taken and not the node.
            let document = self.builder.document();
            let text = document.text(id).to_owned();
            if matches!(document.kind(id), Kind::Sequence | Kind::Mapping) {
                self.fault(start, end, "a key is a collection, but keys of contracts are texts", None);
            }
            self.builder.cooked_string((start, end), &text, Style::Plain);
        }
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, tag: Option<&Tag>, start: u32, end: u32) -> NodeId {
        let is_key = self.builder.expects_key();
        if is_key
            && style == ScalarStyle::Plain
            && text == "<<"
            && let Some(merging) = self.merging.last_mut()
        {
            *merging = true;
        }
        let is_empty = start == end;
        let unmended = self.unmended(start, end);
        let text = if is_empty { "" } else { unmended.as_deref().unwrap_or(text) };
        let kind = if is_key {
            Kind::String
        } else {
            match tag.map(tag_kind) {
                None if style == ScalarStyle::Plain => resolve(text),
                None | Some("str") => Kind::String,
                Some(tag) => {
                    let kind = resolve(text);
                    let wanted = match tag {
                        "null" => Kind::Null,
                        "bool" => Kind::Bool,
                        _ => Kind::Number,
                    };
                    if kind != wanted {
                        let message = format!("`{text}` is not what its tag `!!{tag}` says");
                        self.fault(start, end, message, None);
                    }
                    kind
                }
            }
        };
        let style = match style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted => Style::SingleQuoted,
            ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
            ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
        };
        // A block scalar's trailing line breaks are no place to point at.
        let end = if style == Style::Block {
            start + self.text[start as usize..end as usize].trim_ascii_end().len() as u32
        } else {
            end
        };
        let slice = if is_empty { Some((start, start)) } else { self.slice_of(text) };
        match (kind, slice) {
            (Kind::String, Some(slice)) => self.builder.string((start, end), slice, style),
            (kind, Some(slice)) => self.builder.scalar(kind, (start, end), slice, style),
            // Only a tagged text with escapes gets here (`!!int "\x31"`): not worth more than its text.
            (_, None) => self.builder.cooked_string((start, end), text, style),
        }
    }

    /// What a quoted text says that was mended: its original text, read on its own.
    fn unmended(&self, start: u32, end: u32) -> Option<String> {
        let first = self.breaks.partition_point(|&at| at < start);
        self.breaks.get(first).filter(|&&at| at < end)?;
        let alone = self.original.get(start as usize..end as usize)?;
        Parser::new_from_str(alone).filter_map(Result::ok).find_map(|(event, _)| match event {
            Event::Scalar(text, ..) => Some(text.into_owned()),
            _ => None,
        })
    }

    /// Where in the file a text stands, if the parser handed out a part of the file itself.
    fn slice_of(&self, text: &str) -> Option<(u32, u32)> {
        let from = (text.as_ptr() as usize).checked_sub(self.text.as_ptr() as usize)?;
        let to = from.checked_add(text.len())?;
        (to <= self.text.len()).then_some((from as u32, to as u32))
    }

    fn several_documents(&mut self, start: u32, end: u32) {
        let span = self.builder.span(start, end);
        self.builder.faults.push(
            Fault::new(
                "several-documents",
                span,
                "a second YAML document starts in this file, and a contract is one document",
            )
            .with_help("put each document into a file of its own"),
        );
    }

    fn too_deep(&mut self, start: u32, end: u32) {
        let span = self.builder.span(start, end);
        self.builder.faults.push(Fault::too_deep(span));
    }

    fn placeholder(&mut self, at: u32) {
        if self.builder.expects_key() {
            self.builder.string((at, at), (at, at), Style::Plain);
        } else {
            self.builder.scalar(Kind::Null, (at, at), (at, at), Style::Plain);
        }
    }

    fn syntax_error(&mut self, error: &granit_parser::ScanError) {
        // Beyond the depth limit nothing is kept, which is told already.
        let is_consequence = *error.kind() == granit_parser::ErrorKind::RecursionLimitExceeded
            && self.builder.faults.iter().any(|fault| fault.code == "too-deep");
        if !is_consequence {
            let fault = message::fault(error, self.text, |start, end| self.builder.span(start, end));
            self.builder.faults.push(fault);
        }
    }

    fn fault(&mut self, start: u32, end: u32, message: impl Into<String>, help: Option<String>) {
        let span = self.builder.span(start, end);
        let mut fault = Fault::new("yaml-syntax", span, message);
        fault.help = help;
        self.builder.faults.push(fault);
    }
}

/// What a tag says about a scalar: `str`, `null`, `bool`, `int` or `float`. The non-specific tag `!` and tags outside
/// the core schema make it a text.
fn tag_kind(tag: &Tag) -> &str {
    match tag.core_suffix() {
        Some(suffix @ ("null" | "bool" | "int" | "float")) => suffix,
        _ => "str",
    }
}
