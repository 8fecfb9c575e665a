//! The files of one side, with their line indexes.

use std::sync::{Arc, OnceLock};

use crate::source::{FileId, Location, Span};

/// One file: the path shown to people and its text.
#[derive(Debug)]
pub struct SourceFile {
    path: String,
    text: Arc<str>,
    /// Byte offset of each line's first character; built on first use, because most files never need a position.
    lines: OnceLock<Vec<u32>>,
    /// How many characters start before each block of [`BLOCK`] bytes: a contract of many megabytes on a single line
    /// would otherwise be counted from its start for every position.
    characters: OnceLock<Vec<u32>>,
}

/// Bytes per entry of the character index.
const BLOCK: usize = 4096;

impl SourceFile {
    /// A file whose findings are shown under `path`.
    #[must_use]
    pub fn new(path: impl Into<String>, text: impl Into<Arc<str>>) -> Self {
        Self { path: path.into(), text: text.into(), lines: OnceLock::new(), characters: OnceLock::new() }
    }

    /// The path shown to people.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// A shared handle to the text, for models that outlive the map.
    #[must_use]
    pub fn shared_text(&self) -> Arc<str> {
        Arc::clone(&self.text)
    }

    fn lines(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let mut starts = vec![0];
            starts.extend(memchr::memchr_iter(b'\n', self.text.as_bytes()).map(|at| to_u32(at + 1)));
            starts
        })
    }

    /// The 1-based line and column (in Unicode scalar values) of a byte offset; offsets past the end give the end.
    #[must_use]
    pub fn line_column(&self, offset: u32) -> (u32, u32) {
        let offset = offset.min(to_u32(self.text.len()));
        // Near the start, where whole files are pointed at, the lines before are sooner counted than all are indexed.
        if let Some(before) = self.text.as_bytes().get(..offset as usize)
            && before.len() <= BLOCK
            && self.lines.get().is_none()
        {
            let start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
            let line = memchr::memchr_iter(b'\n', before).count();
            return (to_u32(line + 1), starts(&before[start..]) + 1);
        }
        let lines = self.lines();
        let line = lines.partition_point(|&start| start <= offset) - 1;
        let (start, offset) = (lines[line] as usize, offset as usize);
        // Most lines are short: the index is for those that are not.
        let column = if offset - start <= BLOCK {
            starts(&self.text.as_bytes()[start..offset])
        } else {
            self.characters_before(offset) - self.characters_before(start)
        };
        (to_u32(line + 1), column + 1)
    }

    fn characters_before(&self, offset: usize) -> u32 {
        let bytes = self.text.as_bytes();
        let (blocks, block) = (self.blocks(), offset / BLOCK);
        blocks.get(block).or(blocks.last()).copied().unwrap_or_default()
            + starts(&bytes[(block * BLOCK).min(bytes.len())..offset])
    }

    fn blocks(&self) -> &[u32] {
        self.characters.get_or_init(|| {
            let mut total = 0u32;
            let before = |block: &[u8]| {
                let before = total;
                total += starts(block);
                before
            };
            self.text.as_bytes().chunks(BLOCK).map(before).collect()
        })
    }

    /// What follows the first `skip` characters of a 1-based line, without its line break; a contract of many megabytes on
    /// a single line is not counted from its start.
    #[must_use]
    pub fn line_after(&self, line: u32, skip: u32) -> Option<&str> {
        let text = self.line_text(line)?;
        let start = *self.lines().get((line as usize).checked_sub(1)?)? as usize;
        let wanted = self.characters_before(start).saturating_add(skip);
        let near = self.blocks().partition_point(|&before| before <= wanted).saturating_sub(1);
        // How many characters start before `at`.
        let (mut at, mut passed) =
            if near * BLOCK > start { (near * BLOCK, self.blocks()[near]) } else { (start, wanted - skip) };
        let end = start + text.len();
        while at < end {
            if starts(&self.text.as_bytes()[at..=at]) == 1 {
                if passed == wanted {
                    break;
                }
                passed += 1;
            }
            at += 1;
        }
        self.text.get(at..end)
    }

    /// The text of a 1-based line without its line break, if the file has that many lines.
    #[must_use]
    pub fn line_text(&self, line: u32) -> Option<&str> {
        let lines = self.lines();
        let index = (line as usize).checked_sub(1)?;
        let start = *lines.get(index)? as usize;
        let end = lines.get(index + 1).map_or(self.text.len(), |&next| next as usize);
        self.text.get(start..end).map(|text| text.trim_end_matches(['\n', '\r']))
    }
}

/// All files of one side that were read, by [`FileId`].
#[derive(Debug, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
}

impl SourceMap {
    /// Adds a file and returns its id.
    pub fn add(&mut self, file: SourceFile) -> FileId {
        self.files.push(file);
        FileId(to_u32(self.files.len() - 1))
    }

    /// The file of an id that this map gave out.
    ///
    /// # Panics
    /// When the id came from another map, which is a programming error.
    #[must_use]
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// All files in the order in which they were added.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files.iter().enumerate().map(|(index, file)| (FileId(to_u32(index)), file))
    }

    /// The text that a span covers; empty where the span does not fall on character boundaries.
    #[must_use]
    pub fn text(&self, span: Span) -> &str {
        self.file(span.file).text().get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    /// Where a span stands, for people.
    #[must_use]
    pub fn location(&self, span: Span) -> Location {
        let file = self.file(span.file);
        let (start_line, start_column) = file.line_column(span.start);
        let (end_line, end_column) = file.line_column(span.end);
        Location { path: file.path().to_owned(), start_line, start_column, end_line, end_column }
    }
}

/// Characters that start in these bytes. Counting the bytes that are not continuation bytes needs no boundary.
fn starts(bytes: &[u8]) -> u32 {
    to_u32(bytes.iter().filter(|&&byte| byte & 0xC0 != 0x80).count())
}

/// Loaders refuse files of 4 GiB and more, so an offset always fits.
fn to_u32(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_line_is_found_in_long_lines_too() {
        let long = "é".repeat(3 * BLOCK);
        let file = SourceFile::new("a", format!("first\n{long}end\r\nlast"));
        assert_eq!(file.line_after(1, 2), Some("rst"));
        assert_eq!(file.line_after(2, 3 * BLOCK as u32 - 1), Some("éend"));
        assert_eq!(file.line_after(2, 3 * BLOCK as u32 + 9), Some(""));
        assert_eq!(file.line_after(3, 0), Some("last"));
        assert_eq!(file.line_after(4, 0), None);
    }

    #[test]
    fn columns_count_unicode_scalar_values_and_lines_start_at_one() {
        let file = SourceFile::new("a", "é: 1\nb: 2");
        assert_eq!(file.line_column(0), (1, 1));
        assert_eq!(file.line_column(2), (1, 2));
        assert_eq!(file.line_column(6), (2, 1));
        assert_eq!(file.line_column(99), (2, 5));
        assert_eq!(file.line_text(2), Some("b: 2"));
        assert_eq!(file.line_text(3), None);
    }
}
