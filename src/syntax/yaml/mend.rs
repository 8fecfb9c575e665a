//! Texts that are read in a form slightly other than they are written, byte for byte in the same places.

use std::borrow::Cow;

/// A text in which some characters became spaces, for one of two reasons.
///
/// YAML wants the lines of a quoted text to be indented more than what is around them, and the parser holds on to
/// that. Every other tool is lenient there, so published contracts break the rule. Each such line is joined to the one
/// before it; what the quoted text says is then read from the original, where it stands alone.
///
/// And after a syntax error the rest of the document is read as if what is broken were not there.
pub(super) struct Mended<'a> {
    text: Cow<'a, str>,
    /// The positions of the line breaks that became spaces, sorted.
    breaks: Vec<u32>,
}

/// Deeper lines are not tried: two levels reach each path and each component, and the deeper a line, the likelier it is
/// part of what is broken.
const RESUME_COLUMN: usize = 4;

impl<'a> Mended<'a> {
    /// The text as it is.
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text: Cow::Borrowed(text), breaks: Vec::new() }
    }

    /// The text without what stands before the next part after an error at `at`, but for the keys that the part is in;
    /// and where that part starts. Nothing where there is no such part.
    pub(super) fn resumed(text: &'a str, at: usize) -> Option<(Self, usize)> {
        let from = memchr::memchr(b'\n', &text.as_bytes()[at..]).map(|end| at + end + 1)?;
        let lines = line_starts(text, from);
        let start = lines
            .into_iter()
            .find(|&start| indent_of_key(&text[start..]).is_some_and(|indent| indent <= RESUME_COLUMN))?;
        // The lines above that open what the part is in, innermost first.
        let mut indent = indent_of_key(&text[start..])?;
        let mut kept = Vec::new();
        let mut end = start;
        while indent > 0 && end > 0 {
            let line = memchr::memrchr(b'\n', &text.as_bytes()[..end - 1]).map_or(0, |found| found + 1);
            if let Some(outer) = indent_of_key(&text[line..]).filter(|&outer| outer < indent) {
                if !text[line..end].trim_end().ends_with(':') {
                    return None;
                }
                kept.push((line, end));
                indent = outer;
            }
            end = line;
        }
        let blank = |byte: u8| if byte == b'\n' { byte } else { b' ' };
        let mut bytes: Vec<u8> = text.as_bytes()[..start].iter().map(|&byte| blank(byte)).collect();
        for (line, end) in kept {
            bytes[line..end].copy_from_slice(&text.as_bytes()[line..end]);
        }
        bytes.extend_from_slice(&text.as_bytes()[start..]);
        let text = String::from_utf8(bytes).ok()?;
        Some((Self { text: Cow::Owned(text), breaks: Vec::new() }, start))
    }

    /// What is to be read.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Where joined lines meet, sorted.
    pub(super) fn breaks(&self) -> &[u32] {
        &self.breaks
    }

    /// Joins the line of `at` to the one before it; false if there is none.
    pub(super) fn join_line(&mut self, at: usize) -> bool {
        let Some(found) = memchr::memrchr(b'\n', &self.text.as_bytes()[..at]) else { return false };
        let text = self.text.to_mut();
        let from = if text[..found].ends_with('\r') { found - 1 } else { found };
        text.replace_range(from..=found, if from == found { " " } else { "  " });
        let position = self.breaks.partition_point(|&known| known < found as u32);
        self.breaks.insert(position, found as u32);
        true
    }
}

fn line_starts(text: &str, from: usize) -> impl IntoIterator<Item = usize> {
    std::iter::once(from).chain(memchr::memchr_iter(b'\n', &text.as_bytes()[from..]).map(move |end| from + end + 1))
}

/// The indentation of a line that starts with a key.
fn indent_of_key(line: &str) -> Option<usize> {
    let line = line.lines().next()?;
    let indent = line.len() - line.trim_start_matches(' ').len();
    let key = &line[indent..];
    let starts_a_key = key.starts_with(|first: char| first.is_alphanumeric() || "/\"'$_".contains(first));
    (starts_a_key && key.contains(':')).then_some(indent)
}
