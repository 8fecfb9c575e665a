//! Tokens with byte positions, and the comments between them.
//!
//! Follows <https://protobuf.com/docs/language-spec#lexical-elements>. The lexer never fails: what is no token is
//! reported and skipped.

use memchr::{memchr, memmem};

use crate::formats::protobuf::fault::{Fault, MAX_FAULTS, SYNTAX};
use crate::formats::protobuf::model::{Comments, Extent};

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// A name or keyword; dots are symbols.
    Ident,
    /// A decimal, octal or hexadecimal integer.
    Int,
    /// A number with a point, an exponent or the suffix `f`.
    Float,
    /// A string with its quotes.
    String,
    /// One punctuation character.
    Symbol(u8),
    /// The end of the file.
    End,
}

/// One token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    /// What it is.
    pub(super) kind: TokenKind,
    /// Its bytes.
    pub(super) extent: Extent,
}

/// Reads tokens on demand.
pub(super) struct Lexer<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    /// Everything wrong so far, in this file; the parser adds to it.
    pub(super) faults: Vec<Fault>,
    /// `leading` belongs to the token read last, `trailing` to the one before it.
    pub(super) comments: Comments,
}

/// One run of comments: a block comment, or line comments on consecutive lines.
#[derive(Clone, Copy)]
struct CommentRun {
    extent: Extent,
    starts_on_line_of_previous: bool,
    is_line_comments: bool,
    is_followed_by_blank_line: bool,
    /// Lines from its end to what follows.
    newlines_after: u32,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        Self { text, bytes: text.as_bytes(), at, faults: Vec::new(), comments: Comments::default() }
    }

    /// Reports a fault; those over the limit are dropped.
    pub(super) fn report(&mut self, fault: Fault) {
        if self.faults.len() < MAX_FAULTS {
            self.faults.push(fault);
        }
    }

    /// Whether so much is wrong that reading on makes no sense.
    pub(super) fn has_given_up(&self) -> bool {
        self.faults.len() >= MAX_FAULTS
    }

    /// The next token; [`TokenKind::End`] again and again at the end.
    pub(super) fn next(&mut self) -> Token {
        loop {
            self.skip_trivia();
            let start = self.at;
            let Some(&byte) = self.bytes.get(start) else {
                return self.token(TokenKind::End, start);
            };
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                    self.skip_word();
                    return self.token(TokenKind::Ident, start);
                }
                b'0'..=b'9' => return self.number(start),
                b'.' if self.bytes.get(start + 1).is_some_and(u8::is_ascii_digit) => return self.number(start),
                b'"' | b'\'' => return self.string(start, byte),
                b'!'..=b'~' => {
                    self.at += 1;
                    return self.token(TokenKind::Symbol(byte), start);
                }
                _ => self.skip_foreign(start),
            }
        }
    }

    fn token(&self, kind: TokenKind, start: usize) -> Token {
        Token { kind, extent: Extent::new(start as u32, self.at as u32) }
    }

    fn skip_word(&mut self) {
        while self.bytes.get(self.at).is_some_and(|&byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            self.at += 1;
        }
    }

    fn skip_digits(&mut self) {
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
    }

    fn number(&mut self, start: usize) -> Token {
        let mut kind = TokenKind::Int;
        let is_hexadecimal = self.bytes[start] == b'0' && matches!(self.bytes.get(start + 1), Some(b'x' | b'X'));
        if is_hexadecimal {
            self.at += 2;
            while self.bytes.get(self.at).is_some_and(u8::is_ascii_hexdigit) {
                self.at += 1;
            }
            if self.at == start + 2 {
                self.fault(start, "`0x` must be followed by hexadecimal digits");
            }
        } else {
            self.skip_digits();
            if self.bytes.get(self.at) == Some(&b'.') {
                kind = TokenKind::Float;
                self.at += 1;
                self.skip_digits();
            }
            if matches!(self.bytes.get(self.at), Some(b'e' | b'E')) {
                kind = TokenKind::Float;
                self.at += 1;
                if matches!(self.bytes.get(self.at), Some(b'+' | b'-')) {
                    self.at += 1;
                }
                let digits = self.at;
                self.skip_digits();
                if self.at == digits {
                    self.fault(start, "the exponent of this number has no digits");
                }
            }
            if matches!(self.bytes.get(self.at), Some(b'f' | b'F')) {
                kind = TokenKind::Float;
                self.at += 1;
            }
        }
        let end = self.at;
        self.skip_word();
        if self.at != end {
            self.fault(start, "a number must not run into a name");
        } else if kind == TokenKind::Int && !is_hexadecimal && self.bytes[start] == b'0' {
            let digits = &self.bytes[start..end];
            if digits.iter().any(|digit| matches!(digit, b'8' | b'9')) {
                self.fault(start, "a number that starts with 0 is octal and has no digits 8 and 9");
            }
        }
        self.token(kind, start)
    }

    fn string(&mut self, start: usize, quote: u8) -> Token {
        self.at += 1;
        loop {
            match self.bytes.get(self.at) {
                Some(&byte) if byte == quote => {
                    self.at += 1;
                    break;
                }
                Some(b'\\') if self.bytes.get(self.at + 1).is_some_and(|&next| next != b'\n') => {
                    self.at += 1;
                    // A whole character, so that the end always stands on a character boundary.
                    self.at += self.character_length();
                }
                None | Some(b'\n') => {
                    self.fault(start, "this string is not closed before the end of its line");
                    break;
                }
                Some(0) => {
                    self.at += 1;
                    self.fault(start, "a string must not contain NUL; write `\\0`");
                }
                Some(_) => self.at += 1,
            }
        }
        self.token(TokenKind::String, start)
    }

    fn character_length(&self) -> usize {
        self.text.get(self.at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8)
    }

    fn skip_foreign(&mut self, start: usize) {
        self.at += self.character_length();
        while self.bytes.get(self.at).is_some_and(|byte| !byte.is_ascii()) {
            self.at += self.character_length();
        }
        let shown = self.text.get(start..self.at).unwrap_or_default().escape_debug().to_string();
        let shown: String = shown.chars().take(20).collect();
        self.fault(start, &format!("`{shown}` has no meaning here"));
    }

    fn fault(&mut self, start: usize, message: &str) {
        self.report(Fault::new(SYNTAX, Extent::new(start as u32, self.at as u32), message));
    }

    /// Skips white space and comments and remembers which comment belongs to which token.
    fn skip_trivia(&mut self) {
        self.comments = Comments::default();
        let is_first_token = self.at == 0;
        let mut newlines = u32::from(is_first_token);
        let mut first: Option<CommentRun> = None;
        let mut last: Option<CommentRun> = None;
        let mut runs = 0_u32;
        loop {
            match self.bytes.get(self.at) {
                Some(b'\n') => {
                    newlines += 1;
                    self.at += 1;
                }
                Some(b' ' | b'\t' | b'\r' | 0x0b | 0x0c) => self.at += 1,
                Some(b'/') if matches!(self.bytes.get(self.at + 1), Some(b'/' | b'*')) => {
                    let is_line = self.bytes[self.at + 1] == b'/';
                    let start = self.at;
                    if is_line {
                        self.skip_line_comment();
                    } else {
                        self.skip_block_comment();
                    }
                    let extent = Extent::new(start as u32, self.at as u32);
                    let joins = is_line
                        && newlines == 1
                        && last.is_some_and(|run| run.is_line_comments && !run.starts_on_line_of_previous);
                    match &mut last {
                        Some(run) if joins => run.extent = run.extent.to(extent),
                        _ => {
                            if let Some(run) = &mut last {
                                run.newlines_after = newlines;
                                run.is_followed_by_blank_line = newlines > 1;
                            }
                            if runs == 1 {
                                first = last;
                            }
                            runs += 1;
                            last = Some(CommentRun {
                                extent,
                                starts_on_line_of_previous: runs == 1 && newlines == 0,
                                is_line_comments: is_line,
                                is_followed_by_blank_line: false,
                                newlines_after: 0,
                            });
                        }
                    }
                    newlines = 0;
                }
                _ => break,
            }
        }
        if let Some(mut run) = last {
            run.newlines_after = newlines;
            run.is_followed_by_blank_line = newlines > 1 || self.at == self.bytes.len();
            self.assign_comments(first.unwrap_or(run), run, runs);
        }
    }

    /// The rules of `SourceCodeInfo`: a comment on the line of a token, or on the next and then followed by a blank
    /// line or the end of the block, trails it; the comment directly before a token leads it.
    fn assign_comments(&mut self, first: CommentRun, last: CommentRun, runs: u32) {
        let ends_block = matches!(self.bytes.get(self.at), None | Some(b'}'));
        let trails = if first.starts_on_line_of_previous {
            first.newlines_after > 0 || ends_block
        } else {
            first.is_followed_by_blank_line || (runs == 1 && ends_block)
        };
        if trails {
            self.comments.trailing = first.extent;
        }
        if (!trails || runs != 1) && !last.is_followed_by_blank_line && !ends_block {
            self.comments.leading = last.extent;
        }
    }

    fn skip_line_comment(&mut self) {
        let rest = &self.bytes[self.at..];
        self.at += memchr(b'\n', rest).unwrap_or(rest.len());
    }

    fn skip_block_comment(&mut self) {
        let start = self.at;
        let rest = &self.bytes[start + 2..];
        if let Some(length) = memmem::find(rest, b"*/") {
            self.at = start + 2 + length + 2;
        } else {
            self.at = self.bytes.len();
            self.report(
                Fault::new(SYNTAX, Extent::new(start as u32, start as u32 + 2), "this comment is never closed")
                    .with_help("close it with `*/`"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(TokenKind, &str)> {
        let mut lexer = Lexer::new(text);
        let mut tokens = Vec::new();
        loop {
            let token = lexer.next();
            if token.kind == TokenKind::End {
                return tokens;
            }
            tokens.push((token.kind, &text[token.extent.start as usize..token.extent.end as usize]));
        }
    }

    #[test]
    fn numbers_names_strings_and_symbols_are_told_apart() {
        use TokenKind::{Float, Ident, Int, String, Symbol};
        assert_eq!(
            kinds("a.b = -0x1F 1.5e3 .5 'x\\'y' // c\n/* d */;"),
            [
                (Ident, "a"),
                (Symbol(b'.'), "."),
                (Ident, "b"),
                (Symbol(b'='), "="),
                (Symbol(b'-'), "-"),
                (Int, "0x1F"),
                (Float, "1.5e3"),
                (Float, ".5"),
                (String, "'x\\'y'"),
                (Symbol(b';'), ";"),
            ]
        );
    }

    #[test]
    fn a_comment_leads_the_next_token_or_trails_the_one_before() {
        let text = "a; // trails a\n\n// detached\n\n// leads b\n// too\nb;";
        let mut lexer = Lexer::new(text);
        lexer.next();
        lexer.next();
        lexer.next();
        let shown = |extent: Extent| &text[extent.start as usize..extent.end as usize];
        assert_eq!(shown(lexer.comments.trailing), "// trails a");
        assert_eq!(shown(lexer.comments.leading), "// leads b\n// too");
    }

    #[test]
    fn what_is_no_token_is_reported_and_skipped() {
        let mut lexer = Lexer::new("a § \"open\n b /* c");
        let mut names = 0;
        while lexer.next().kind != TokenKind::End {
            names += 1;
        }
        assert_eq!((names, lexer.faults.len()), (3, 3));
    }
}
