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

use std::borrow::Cow;
use std::sync::Arc;

use granit_parser::{Event, Parser, ScalarStyle, StructureStyle, Tag};

use crate::source::FileId;
use crate::syntax::build::Builder;
use crate::syntax::{Document, Fault, Kind, MAX_DEPTH, NodeId, Style};

/// How many bytes may be read again for texts that need mending.
const MENDING_BYTES: usize = 64 << 20;

/// Reads a YAML text. The tree holds what came before the first syntax error.
pub(super) fn read(file: FileId, text: Arc<str>) -> (Document, Vec<Fault>) {
    let mut mended = Mended { text: Cow::Borrowed(&*text), breaks: Vec::new() };
    loop {
        let mut reader = Reader {
            text: &mended.text,
            breaks: &mended.breaks,
            original: &text,
            builder: Builder::new(file, Arc::clone(&text)),
            anchors: Vec::new(),
            merging: Vec::new(),
            skipped: 0,
            last_end: 0,
        };
        match reader.run() {
            Err(at) if (mended.breaks.len() + 1) * text.len() <= MENDING_BYTES.max(text.len()) => {
                let builder = reader.builder;
                if !mended.mend(at) {
                    return builder.finish();
                }
            }
            _ => return reader.builder.finish(),
        }
    }
}

/// A text in which some line breaks are spaces.
///
/// YAML wants the lines of a quoted text to be indented more than what is around them, and the parser holds on to
/// that. Every other tool is lenient there, so published contracts break the rule. Each such line is joined to the one
/// before it, which moves no byte; what the quoted text says is then read from the original, where it stands alone.
struct Mended<'a> {
    text: Cow<'a, str>,
    /// The positions of the line breaks that became spaces, sorted.
    breaks: Vec<u32>,
}

impl Mended<'_> {
    /// Joins the line of `at` to the one before it; false if there is none.
    fn mend(&mut self, at: usize) -> bool {
        let Some(found) = memchr::memrchr(b'\n', &self.text.as_bytes()[..at]) else { return false };
        let text = self.text.to_mut();
        let from = if text[..found].ends_with('\r') { found - 1 } else { found };
        text.replace_range(from..=found, &" "[..].repeat(found + 1 - from));
        let position = self.breaks.partition_point(|&known| known < found as u32);
        self.breaks.insert(position, found as u32);
        true
    }
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
    /// Reads all events. An error is the place of a line in a quoted text that should be joined to the one before it.
    fn run(&mut self) -> Result<(), usize> {
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
                    return match error.kind() {
                        granit_parser::ErrorKind::InvalidQuotedScalarIndent => {
                            Err(error.marker().byte_offset().unwrap_or_default().min(self.text.len()))
                        }
                        _ => Ok(()),
                    };
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

    fn scalar(&mut self, text: &Cow<'a, str>, style: ScalarStyle, tag: Option<&Tag>, start: u32, end: u32) -> NodeId {
        let is_key = self.builder.expects_key();
        if is_key && style == ScalarStyle::Plain && text == "<<" {
            if let Some(merging) = self.merging.last_mut() {
                *merging = true;
            }
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
        let at = error.marker().byte_offset().unwrap_or(self.text.len()).min(self.text.len());
        let at = (0..=at).rev().find(|&at| self.text.is_char_boundary(at)).unwrap_or(0);
        let end = at + self.text[at..].chars().next().map_or(0, char::len_utf8);
        let line_start = memchr::memrchr(b'\n', &self.text.as_bytes()[..at]).map_or(0, |found| found + 1);
        let indent = &self.text[line_start..at];
        let help = if indent.contains('\t') && indent.trim().is_empty() {
            Some("YAML allows no tabs for indentation: use spaces".to_owned())
        } else {
            help_for(error.kind())
        };
        self.fault(at as u32, end as u32, error.info(), help);
    }

    fn fault(&mut self, start: u32, end: u32, message: impl Into<String>, help: Option<String>) {
        let span = self.builder.span(start, end);
        let mut fault = Fault::new("yaml-syntax", span, message);
        fault.help = help;
        self.builder.faults.push(fault);
    }
}

fn help_for(kind: &granit_parser::ErrorKind) -> Option<String> {
    use granit_parser::ErrorKind as E;
    let help = match kind {
        E::TabNotAllowed | E::TabInBlockIndentation | E::TabInIndentation | E::TabAtBlockScalarStart => {
            "YAML allows no tabs for indentation: use spaces"
        }
        E::MappingValueNotAllowed => "put a text that contains `: ` in quotes",
        E::UnclosedQuotedScalar => "add the closing quote",
        E::ExpectedBlockMappingKey | E::InvalidIndentation | E::ExpectedBlockSequenceEntry => {
            "indent it like its siblings: entries of one collection start in the same column"
        }
        E::UnclosedFlowCollection { .. }
        | E::UnexpectedEofFlowSequence
        | E::UnexpectedEofFlowMapping
        | E::ExpectedFlowMappingSeparator
        | E::ExpectedFlowSequenceSeparator => "close the bracket, and separate the entries with commas",
        E::UnexpectedCharacter { .. } => "put a text that starts with a special character in quotes",
        E::SimpleKeyExpected => "write `key: value`; put a text over several lines in quotes or after `|`",
        _ => return None,
    };
    Some(help.to_owned())
}

/// What a plain scalar is in YAML 1.2's core schema (§10.3.2).
fn resolve(text: &str) -> Kind {
    let Some(&first) = text.as_bytes().first() else { return Kind::Null };
    match first {
        b'~' if text.len() == 1 => Kind::Null,
        b'n' | b'N' if matches!(text, "null" | "Null" | "NULL") => Kind::Null,
        b't' | b'T' if matches!(text, "true" | "True" | "TRUE") => Kind::Bool,
        b'f' | b'F' if matches!(text, "false" | "False" | "FALSE") => Kind::Bool,
        b'0'..=b'9' | b'.' | b'-' | b'+' if is_number(text) => Kind::Number,
        _ => Kind::String,
    }
}

/// YAML 1.2 §10.3.2: `int` and `float`.
fn is_number(text: &str) -> bool {
    if let Some(digits) = text.strip_prefix("0o") {
        return !digits.is_empty() && digits.bytes().all(|byte| matches!(byte, b'0'..=b'7'));
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    }
    if matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(text, ".inf" | ".Inf" | ".INF") {
        return true;
    }
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(text);
    let mut rest = &text[whole..];
    let mut fraction = 0;
    if let Some(after) = rest.strip_prefix('.') {
        fraction = digits(after);
        rest = &after[fraction..];
    }
    if whole + fraction == 0 {
        return false;
    }
    if let Some(after) = rest.strip_prefix(['e', 'E']) {
        let after = after.strip_prefix(['-', '+']).unwrap_or(after);
        let exponent = digits(after);
        return exponent > 0 && exponent == after.len();
    }
    rest.is_empty()
}

/// What a tag says about a scalar: `str`, `null`, `bool`, `int` or `float`. The non-specific tag `!` and tags outside
/// the core schema make it a text.
fn tag_kind(tag: &Tag) -> &str {
    match tag.core_suffix() {
        Some(suffix @ ("null" | "bool" | "int" | "float")) => suffix,
        _ => "str",
    }
}
