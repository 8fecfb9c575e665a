//! Reads JSON (RFC 8259) into the tree, and goes on after an error to find the next one.

use std::borrow::Cow;
use std::sync::Arc;

use crate::source::FileId;
use crate::syntax::build::Builder;
use crate::syntax::{Document, Fault, Kind, MAX_DEPTH, Style};

/// After this many errors the rest is noise.
const MAX_FAULTS: usize = 20;

/// Reads a JSON text. What could not be read is left out of the tree or null, and named in the faults.
pub(super) fn read(file: FileId, text: Arc<str>) -> (Document, Vec<Fault>) {
    let mut reader =
        Reader { at: 0, builder: Builder::new(file, Arc::clone(&text)), bytes: text.as_bytes(), text: &text };
    reader.run();
    reader.builder.finish()
}

const NO_COMMENTS: &str = "remove the comment, or rename the file to `.yaml`";

/// What must come next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Value,
    /// A key, or the end of an object that has no entries yet.
    FirstKey,
    Key,
    /// A value, or the end of an array that has no items yet.
    FirstItem,
    /// A comma or the end of the open collection; the end of the text where none is open.
    Separator,
}

struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    builder: Builder,
}

impl Reader<'_> {
    fn run(&mut self) {
        if self.text.starts_with('\u{feff}') {
            self.at = '\u{feff}'.len_utf8();
        }
        let mut next = Next::Value;
        while self.builder.faults.len() < MAX_FAULTS {
            self.skip_space();
            let Some(&byte) = self.bytes.get(self.at) else {
                self.end_of_text(next);
                return;
            };
            next = match (next, byte) {
                (Next::FirstKey, b'}') | (Next::FirstItem, b']') => self.close(),
                (Next::FirstKey | Next::Key, b'"') => self.key(),
                (Next::FirstKey | Next::Key, _) => self.bad_key(byte),
                (Next::Value | Next::FirstItem, _) => self.value(byte),
                (Next::Separator, _) => {
                    if self.builder.depth() == 0 {
                        self.fault(self.at, self.bytes.len(), "there is more text after the end of the document", None);
                        return;
                    }
                    self.separator(byte)
                }
            };
        }
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.bytes.get(self.at) {
            self.at += 1;
        }
    }

    fn value(&mut self, byte: u8) -> Next {
        match byte {
            b'{' => self.open(Kind::Mapping, Next::FirstKey),
            b'[' => self.open(Kind::Sequence, Next::FirstItem),
            b'"' => {
                if !self.string() {
                    self.recover();
                }
                Next::Separator
            }
            b'-' | b'0'..=b'9' => self.number(),
            b'a'..=b'z' | b'A'..=b'Z' => self.word(),
            _ => {
                let start = self.at;
                let (message, help) = match byte {
                    b'}' | b']' | b',' => ("a value is missing here".to_owned(), Some("write the value, or `null`")),
                    b'\'' => ("strings stand in double quotes in JSON".to_owned(), Some("replace ' with \"")),
                    b'/' | b'#' => ("JSON has no comments".to_owned(), Some(NO_COMMENTS)),
                    _ => (format!("expected a value, found {}", self.found()), None),
                };
                self.fault(start, start + self.char_len(), message, help);
                self.placeholder();
                self.recover();
                Next::Separator
            }
        }
    }

    fn open(&mut self, kind: Kind, next: Next) -> Next {
        if self.builder.depth() >= usize::from(MAX_DEPTH) {
            let span = self.builder.span(self.at as u32, self.at as u32 + 1);
            self.builder.faults.push(Fault::too_deep(span));
            self.placeholder();
            self.skip_balanced();
            return Next::Separator;
        }
        self.builder.open(kind, self.at as u32, Style::Flow);
        self.at += 1;
        next
    }

    fn close(&mut self) -> Next {
        self.at += 1;
        self.builder.close(self.at as u32);
        Next::Separator
    }

    fn separator(&mut self, byte: u8) -> Next {
        let is_mapping = self.builder.open_kind() == Some(Kind::Mapping);
        match byte {
            b',' => {
                let comma = self.at;
                self.at += 1;
                self.skip_space();
                if let Some(b'}' | b']') = self.bytes.get(self.at) {
                    self.fault(comma, comma + 1, "JSON allows no comma after the last entry", Some("remove the comma"));
                    return Next::Separator;
                }
                if is_mapping { Next::Key } else { Next::Value }
            }
            b'}' if is_mapping => self.close(),
            b']' if !is_mapping => self.close(),
            b'}' | b']' => {
                let line = self.builder.open_line();
                let (open, close) = if is_mapping { ('{', '}') } else { ('[', ']') };
                self.fault(
                    self.at,
                    self.at + 1,
                    format!("`{}` closes the `{open}` of line {line}, which needs `{close}`", char::from(byte)),
                    None,
                );
                self.close()
            }
            b'"' | b'{' | b'[' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n' => {
                self.fault(
                    self.at,
                    self.at + 1,
                    "a comma is missing before this",
                    Some("write `,` after the value before it"),
                );
                if is_mapping { Next::Key } else { Next::Value }
            }
            _ => {
                let message =
                    format!("expected a comma or `{}`, found {}", if is_mapping { '}' } else { ']' }, self.found());
                self.fault(self.at, self.at + self.char_len(), message, None);
                self.recover();
                Next::Separator
            }
        }
    }

    fn key(&mut self) -> Next {
        if !self.string() {
            self.placeholder();
            self.recover();
            return Next::Separator;
        }
        self.skip_space();
        if self.bytes.get(self.at) == Some(&b':') {
            self.at += 1;
            return Next::Value;
        }
        let message = format!("expected `:` after the key, found {}", self.found());
        self.fault(self.at, self.at + self.char_len(), message, None);
        self.placeholder();
        self.recover();
        Next::Separator
    }

    fn bad_key(&mut self, byte: u8) -> Next {
        let start = self.at;
        let (message, help) = match byte {
            b'/' | b'#' => {
                self.at += memchr::memchr(b'\n', &self.bytes[start..]).unwrap_or(self.bytes.len() - start);
                self.fault(start, start + 1, "JSON has no comments", Some(NO_COMMENTS));
                return Next::Key;
            }
            b'\'' | b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'$' => {
                ("keys stand in double quotes in JSON".to_owned(), Some("put the key in double quotes"))
            }
            _ => (format!("expected a key in double quotes, found {}", self.found()), None),
        };
        self.fault(start, start + self.char_len(), message, help);
        // The key may be wrong and its value right, or wrong in its own way.
        let length = self.bytes[start..].iter().take_while(|byte| !b"\":,{}[]\r\n".contains(byte)).count();
        if self.bytes.get(start + length) == Some(&b':') {
            let key = self.text[start..start + length].trim_matches(['\'', ' ']).to_owned();
            self.builder.cooked_string((start as u32, (start + length) as u32), &key, Style::Plain);
            self.at = start + length + 1;
            return Next::Value;
        }
        self.recover();
        Next::Separator
    }

    /// Reads the string at the cursor. False when it does not end on its line: the cursor then stands at the line's
    /// end.
    fn string(&mut self) -> bool {
        let start = self.at;
        let from = start + 1;
        let mut at = from;
        let mut has_escapes = false;
        loop {
            match memchr::memchr2(b'"', b'\\', &self.bytes[at..]) {
                Some(found) if self.bytes[at + found] == b'"' => {
                    at += found;
                    break;
                }
                Some(found) => {
                    has_escapes = true;
                    at = (at + found + 2).min(self.bytes.len());
                }
                None => {
                    at = self.bytes.len();
                    break;
                }
            }
        }
        let content = &self.bytes[from..at];
        // A fold without early exit, so that it is done many bytes at a time.
        let has_control = content.iter().fold(0u8, |found, &byte| found | u8::from(byte < 0x20)) != 0;
        if has_control || at == self.bytes.len() {
            if let Some(line_end) = memchr::memchr2(b'\n', b'\r', content) {
                at = from + line_end;
            }
            if at == self.bytes.len() || matches!(self.bytes[at], b'\n' | b'\r') {
                self.fault(
                    start,
                    at,
                    "the string is not closed on its line",
                    Some("add the closing `\"`, and write line breaks as `\\n`"),
                );
                self.at = at;
                self.placeholder();
                return false;
            }
            if let Some(control) = content.iter().position(|&byte| byte < 0x20) {
                let message = format!("a control character (U+{:04X}) stands in a string", content[control]);
                self.fault(from + control, from + control + 1, message, Some("write it as an escape, such as `\\t`"));
            }
        }
        self.at = at + 1;
        let span = (start as u32, self.at as u32);
        if has_escapes {
            let text = self.unescape(from, at);
            self.builder.cooked_string(span, &text, Style::DoubleQuoted);
        } else {
            self.builder.string(span, (from as u32, at as u32), Style::DoubleQuoted);
        }
        true
    }

    fn unescape(&mut self, from: usize, to: usize) -> Cow<'static, str> {
        let mut text = String::with_capacity(to - from);
        let mut at = from;
        while let Some(found) = memchr::memchr(b'\\', &self.bytes[at..to]) {
            text.push_str(&self.text[at..at + found]);
            at += found;
            let (char, length) = self.escape(at, to);
            if let Some(char) = char {
                text.push(char);
            } else {
                let end = (at + length).min(to);
                let end = (end..to).find(|&end| self.text.is_char_boundary(end)).unwrap_or(to);
                let message = format!("`{}` is no escape that JSON knows", &self.text[at..end]);
                self.fault(at, end, message, Some("write a backslash as `\\\\`"));
            }
            at += length;
            while at < to && !self.text.is_char_boundary(at) {
                at += 1;
            }
        }
        if at < to {
            text.push_str(&self.text[at..to]);
        }
        Cow::Owned(text)
    }

    /// The character that the escape at `at` stands for, and the escape's length in bytes.
    fn escape(&self, at: usize, to: usize) -> (Option<char>, usize) {
        let char = match self.bytes.get(at + 1) {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(at, to),
            _ => return (None, 2),
        };
        (Some(char), 2)
    }

    fn unicode_escape(&self, at: usize, to: usize) -> (Option<char>, usize) {
        let unit = |at: usize| -> Option<u32> {
            let digits =
                self.text.get(at + 2..at + 6).filter(|_| at + 6 <= to && self.bytes[at..].starts_with(b"\\u"))?;
            if digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                u32::from_str_radix(digits, 16).ok()
            } else {
                None
            }
        };
        match unit(at) {
            None => (None, 2),
            Some(high @ 0xD800..=0xDBFF) => match unit(at + 6) {
                Some(low @ 0xDC00..=0xDFFF) => {
                    (char::from_u32(0x1_0000 + ((high - 0xD800) << 10) + (low - 0xDC00)), 12)
                }
                _ => (None, 6),
            },
            Some(unit) => (char::from_u32(unit), 6),
        }
    }

    fn number(&mut self) -> Next {
        let start = self.at;
        let digits = |at: usize| self.bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let mut at = start + usize::from(self.bytes[start] == b'-');
        let whole = digits(at);
        let mut is_valid = whole == 1 || (whole > 1 && self.bytes[at] != b'0');
        at += whole;
        if self.bytes.get(at) == Some(&b'.') {
            let fraction = digits(at + 1);
            is_valid &= fraction > 0;
            at += 1 + fraction;
        }
        if let Some(b'e' | b'E') = self.bytes.get(at) {
            at += 1;
            at += usize::from(matches!(self.bytes.get(at), Some(b'+' | b'-')));
            let exponent = digits(at);
            is_valid &= exponent > 0;
            at += exponent;
        }
        let is_delimiter =
            |byte: &u8| matches!(byte, b' ' | b'\n' | b'\r' | b'\t' | b',' | b'}' | b']' | b':' | b'"' | b'{' | b'[');
        if !is_valid || self.bytes.get(at).is_some_and(|byte| !is_delimiter(byte)) {
            let rest = self.bytes[at..].iter().take_while(|byte| !is_delimiter(byte)).count();
            let end = at + rest;
            let shown: String = self.text[start..end].chars().take(40).collect();
            self.fault(start, end, format!("`{shown}` is no number that JSON knows"), None);
            self.at = end;
            self.placeholder();
            return Next::Separator;
        }
        self.at = at;
        let span = (start as u32, at as u32);
        self.builder.scalar(Kind::Number, span, span, Style::Plain);
        Next::Separator
    }

    fn word(&mut self) -> Next {
        let start = self.at;
        let length =
            self.bytes[start..].iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
        self.at = start + length;
        let span = (start as u32, self.at as u32);
        let kind = match &self.text[start..self.at] {
            "true" | "false" => Kind::Bool,
            "null" => Kind::Null,
            word => {
                let shown: String = word.chars().take(40).collect();
                let message = format!("`{shown}` is no value that JSON knows");
                self.fault(
                    start,
                    self.at,
                    message,
                    Some("put text in double quotes; the words are `true`, `false` and `null`"),
                );
                self.placeholder();
                self.recover();
                return Next::Separator;
            }
        };
        self.builder.scalar(kind, span, span, Style::Plain);
        Next::Separator
    }

    fn end_of_text(&mut self, next: Next) {
        let end = self.bytes.len();
        if self.builder.depth() > 0 {
            let line = self.builder.open_line();
            let what = if self.builder.open_kind() == Some(Kind::Mapping) { "object" } else { "array" };
            self.fault(
                end,
                end,
                format!("the file ends inside the {what} that line {line} opens"),
                Some("is the file complete?"),
            );
        } else if next != Next::Separator {
            self.fault(end, end, "the file is empty", None);
        }
    }

    /// Stands in for a value that could not be read, so that keys and values stay in step.
    fn placeholder(&mut self) {
        let at = self.at.min(self.bytes.len()) as u32;
        self.builder.scalar(Kind::Null, (at, at), (at, at), Style::Plain);
    }

    /// Skips to the next comma or closing bracket of the open collection.
    fn recover(&mut self) {
        let mut depth = 0_usize;
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'"' => {
                    self.skip_string();
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' if depth == 0 => return,
                b'}' | b']' => depth -= 1,
                b',' if depth == 0 => return,
                _ => {}
            }
            self.at += 1;
        }
    }

    /// Skips the collection at the cursor.
    fn skip_balanced(&mut self) {
        let mut depth = 0_usize;
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'"' => {
                    self.skip_string();
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth = depth.saturating_sub(1),
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return;
            }
        }
    }

    fn skip_string(&mut self) {
        self.at += 1;
        while let Some(&byte) = self.bytes.get(self.at) {
            self.at += if byte == b'\\' { 2 } else { 1 };
            if matches!(byte, b'"' | b'\n') {
                break;
            }
        }
        self.at = self.at.min(self.bytes.len());
    }

    /// The character at the cursor, for messages.
    fn found(&self) -> String {
        match self.text.get(self.at..).and_then(|rest| rest.chars().next()) {
            Some(char) => format!("`{char}`"),
            None => "the end of the file".to_owned(),
        }
    }

    fn char_len(&self) -> usize {
        self.text.get(self.at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8)
    }

    fn fault(&mut self, start: usize, end: usize, message: impl Into<String>, help: Option<&str>) {
        let span = self.builder.span(start as u32, end as u32);
        let mut fault = Fault::new("json-syntax", span, message);
        fault.help = help.map(str::to_owned);
        self.builder.faults.push(fault);
    }
}
