//! Syntax errors in words for people.

use granit_parser::{ErrorKind, ScanError};

use crate::source::Span;
use crate::syntax::Fault;

/// The fault for an error of the parser, where the eye should go.
pub(super) fn fault(error: &ScanError, text: &str, span: impl Fn(u32, u32) -> Span) -> Fault {
    let at = error.marker().byte_offset().unwrap_or(text.len()).min(text.len());
    let mut at = (0..=at).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    let line = memchr::memrchr(b'\n', &text.as_bytes()[..at]).map_or(0, |found| found + 1);
    let is_tab = match error.kind() {
        // Reported at the text before it.
        ErrorKind::TabInPlainScalar => {
            at = memchr::memchr(b'\t', &text.as_bytes()[at..]).map_or(at, |tab| at + tab);
            true
        }
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabAtBlockScalarStart => true,
        _ => text[line..at].contains('\t') && text[line..at].trim().is_empty(),
    };
    if let (true, Some(tab)) = (is_tab, text[line..at].find('\t')) {
        at = line + tab;
    }
    let (message, help) = if is_tab {
        (Some("a tab stands where YAML takes only spaces"), Some("replace the tab by spaces"))
    } else {
        words(error.kind())
    };
    let end = at + text[at..].chars().next().map_or(0, char::len_utf8);
    let mut fault =
        Fault::new("yaml-syntax", span(at as u32, end as u32), message.map_or_else(|| error.info(), str::to_owned));
    fault.help = help.map(str::to_owned);
    fault
}

/// Whether a fault says that an alias has no anchor, which is no news when part of the document was left out.
pub(super) fn is_about_aliases(fault: &Fault) -> bool {
    fault.message.starts_with("the alias ")
}

/// Our words for the errors that people make most, where the parser's are about parsers; and what to do.
fn words(kind: &ErrorKind) -> (Option<&'static str>, Option<&'static str>) {
    match kind {
        ErrorKind::MappingValueNotAllowed => (
            Some("a `: ` stands inside a text, so it is unclear what is the key"),
            Some("put the text in quotes; or start a new line, if it is an entry of its own"),
        ),
        ErrorKind::UnclosedQuotedScalar => {
            (Some("the quote that opens here is never closed"), Some("add the closing quote"))
        }
        ErrorKind::ExpectedBlockMappingKey | ErrorKind::InvalidIndentation | ErrorKind::ExpectedBlockSequenceEntry => (
            Some("this is indented differently from what is around it"),
            Some("start all entries of one collection in the same column"),
        ),
        ErrorKind::SimpleKeyExpected => (
            Some("this line is neither `key: value` nor the rest of a text"),
            Some("add the colon; put a text over several lines in quotes or after `|`"),
        ),
        ErrorKind::UnclosedFlowCollection { .. }
        | ErrorKind::UnexpectedEofFlowSequence
        | ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::ExpectedFlowMappingSeparator
        | ErrorKind::ExpectedFlowSequenceSeparator => {
            (None, Some("close the bracket, and separate the entries with commas"))
        }
        ErrorKind::RecursionLimitExceeded => (
            Some("nested more deeply than a contract can be"),
            Some("split the document, or name the inner parts and refer to them"),
        ),
        ErrorKind::UnexpectedCharacter { .. } => {
            (None, Some("put a text that starts with a special character in quotes"))
        }
        _ => (None, None),
    }
}
