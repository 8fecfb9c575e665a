//! Positions: byte spans for the program, lines and columns for people.

use serde::Serialize;

/// One file of one side of a comparison, an index into its [`SourceMap`](crate::source::SourceMap).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A half-open range of bytes in one file of one side. Which side is known from where the span is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file the bytes are in.
    pub file: FileId,
    /// The first byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The bytes `start..end` of `file`.
    #[must_use]
    pub const fn new(file: FileId, start: u32, end: u32) -> Self {
        Self { file, start, end }
    }

    /// The very start of `file`: the place of a finding about the file itself.
    #[must_use]
    pub const fn start_of(file: FileId) -> Self {
        Self { file, start: 0, end: 0 }
    }

    /// The smallest span that holds both; both must be in the same file.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        debug_assert_eq!(self.file, other.file, "spans of two files cannot be joined");
        Self { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// A place as people and editors name it.
///
/// Lines and columns are 1-based, columns count Unicode scalar values, the end is exclusive. `path` is as the user
/// would type it: relative, with `/`, never absolute.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, schemars::JsonSchema)]
pub struct Location {
    /// The file, relative to the repository root (`check`) or as typed (`diff`).
    pub path: String,
    /// 1-based line of the first character.
    pub start_line: u32,
    /// 1-based column of the first character, in Unicode scalar values.
    pub start_column: u32,
    /// 1-based line of the end.
    pub end_line: u32,
    /// 1-based column one past the last character.
    pub end_column: u32,
}
