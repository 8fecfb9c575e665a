//! The parser's place in the text, and how it goes on behind an error.

use std::sync::Arc;

use crate::formats::protobuf::fault::{Fault, SYNTAX};
use crate::formats::protobuf::model::{Comments, Extent, File, FileIndex, Name, Text};
use crate::formats::protobuf::parse::lexer::{Lexer, Token, TokenKind};
use crate::formats::protobuf::parse::{OptionTarget, RawOption, RawOptions};

/// A fault has been reported; the statement can't be read further.
pub(super) struct Broken;

/// The outcome of reading a part of a statement.
pub(super) type Step<T = ()> = Result<T, Broken>;

/// Reads one file.
pub(super) struct Parser<'a> {
    pub(super) whole: &'a Arc<str>,
    pub(super) index: FileIndex,
    pub(super) lexer: Lexer<'a>,
    /// The token that is read next.
    pub(super) token: Token,
    /// The comments before `token`, and behind the token before it.
    pub(super) comments: Comments,
    /// The end of the token read last.
    pub(super) end: u32,
    pub(super) file: File,
    pub(super) options: Vec<RawOptions>,
    pub(super) file_options: Vec<RawOption>,
    pub(super) defaults: Vec<(u32, RawOption)>,
    pub(super) message_depth: u32,
    pub(super) value_depth: u32,
}

impl<'a> Parser<'a> {
    /// Takes the current token and goes to the next.
    pub(super) fn bump(&mut self) -> Token {
        let taken = self.token;
        self.end = taken.extent.end;
        self.token = self.lexer.next();
        self.comments = self.lexer.comments;
        taken
    }

    /// The text of an extent.
    pub(super) fn str(&self, extent: Extent) -> &'a str {
        self.whole.get(extent.start as usize..extent.end as usize).unwrap_or_default()
    }

    /// The text of an extent, sharing the file's text.
    pub(super) fn text(&self, extent: Extent) -> Text {
        Text::slice(self.whole, extent.start, extent.end)
    }

    pub(super) fn at_end(&self) -> bool {
        self.token.kind == TokenKind::End
    }

    pub(super) fn at_symbol(&self, symbol: u8) -> bool {
        self.token.kind == TokenKind::Symbol(symbol)
    }

    pub(super) fn at_ident(&self) -> bool {
        self.token.kind == TokenKind::Ident
    }

    pub(super) fn at_word(&self, word: &str) -> bool {
        self.at_ident() && self.str(self.token.extent) == word
    }

    /// Takes the symbol if it is next.
    pub(super) fn take_symbol(&mut self, symbol: u8) -> bool {
        let is_next = self.at_symbol(symbol);
        if is_next {
            self.bump();
        }
        is_next
    }

    /// Takes the word if it is next.
    pub(super) fn take_word(&mut self, word: &str) -> Option<Token> {
        self.at_word(word).then(|| self.bump())
    }

    pub(super) fn expect_symbol(&mut self, symbol: u8, place: &str) -> Step {
        if self.take_symbol(symbol) {
            return Ok(());
        }
        Err(self.unexpected(&format!("`{}`", char::from(symbol)), place))
    }

    /// A simple name.
    pub(super) fn expect_name(&mut self, what: &str, place: &str) -> Step<Name> {
        if !self.at_ident() {
            return Err(self.unexpected(what, place));
        }
        let extent = self.bump().extent;
        Ok(Name { text: self.text(extent), extent })
    }

    /// A dotted name, with a leading dot if `may_be_absolute`.
    pub(super) fn expect_dotted(&mut self, what: &str, place: &str, may_be_absolute: bool) -> Step<(Text, Extent)> {
        let start = self.token.extent.start;
        if !may_be_absolute || !self.take_symbol(b'.') {
            let first = self.expect_name(what, place)?;
            return self.dotted_rest(first.extent.start, place);
        }
        self.expect_name(what, place)?;
        self.dotted_rest(start, place)
    }

    /// The rest of a dotted name whose first part has been taken.
    pub(super) fn dotted_rest(&mut self, start: u32, place: &str) -> Step<(Text, Extent)> {
        while self.take_symbol(b'.') {
            self.expect_name("a name", place)?;
        }
        let extent = Extent::new(start, self.end);
        let written = self.str(extent);
        // White space and comments may stand between the parts.
        if written.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.') {
            Ok((self.text(extent), extent))
        } else {
            let mut lexer = Lexer::new(written);
            let mut joined = String::new();
            loop {
                let token = lexer.next();
                if token.kind == TokenKind::End {
                    return Ok((Text::from(joined), extent));
                }
                joined.push_str(&written[token.extent.start as usize..token.extent.end as usize]);
            }
        }
    }

    /// The `;` at the end of a statement. One that is missing at the end of a line is reported there and assumed.
    pub(super) fn end_statement(&mut self, place: &str) -> Step {
        if self.take_symbol(b';') {
            return Ok(());
        }
        let gap = self.str(Extent::new(self.end, self.token.extent.start));
        if gap.contains('\n') || self.at_symbol(b'}') || self.at_end() {
            let extent = Extent::new(self.end.saturating_sub(1), self.end);
            self.lexer.report(
                Fault::new(SYNTAX, extent, format!("expected `;` after this {place}")).with_help("add `;` here"),
            );
            return Ok(());
        }
        Err(self.unexpected("`;`", place))
    }

    /// Reports what stands here instead of what was expected.
    pub(super) fn unexpected(&mut self, expected: &str, place: &str) -> Broken {
        let found = if self.at_end() {
            "the end of the file".to_owned()
        } else {
            let shown: String = self.str(self.token.extent).chars().take(40).collect();
            format!("`{shown}`")
        };
        self.fault(self.token.extent, format!("expected {expected} in {place}, found {found}"));
        Broken
    }

    pub(super) fn fault(&mut self, extent: Extent, message: impl Into<String>) {
        self.lexer.report(Fault::new(SYNTAX, extent, message));
    }

    pub(super) fn fault_with_help(&mut self, extent: Extent, message: impl Into<String>, help: &str) {
        self.lexer.report(Fault::new(SYNTAX, extent, message).with_help(help));
    }

    /// Goes behind the statement that is broken: behind its `;` or its block, but not behind the end of the block
    /// that it stands in.
    pub(super) fn skip_statement(&mut self) {
        loop {
            match self.token.kind {
                TokenKind::End | TokenKind::Symbol(b'}') => return,
                TokenKind::Symbol(b';') => {
                    self.bump();
                    return;
                }
                TokenKind::Symbol(b'{') => {
                    self.skip_block();
                    return;
                }
                _ => {
                    self.bump();
                }
            }
        }
    }

    /// Goes behind a block whose `{` is next.
    fn skip_block(&mut self) {
        let mut depth = 0_u32;
        loop {
            match self.token.kind {
                TokenKind::End => return,
                TokenKind::Symbol(b'{') => depth += 1,
                TokenKind::Symbol(b'}') => depth -= 1,
                _ => {}
            }
            self.bump();
            if depth == 0 {
                return;
            }
        }
    }

    /// Reads the statements of a block whose `{` has been taken, up to and including its `}`.
    pub(super) fn block(&mut self, opened: Extent, what: &str, mut statement: impl FnMut(&mut Self) -> Step) {
        loop {
            if self.at_end() {
                self.fault_with_help(opened, format!("this {what} is never closed"), "close it with `}`");
                return;
            }
            if self.take_symbol(b'}') {
                return;
            }
            if self.take_symbol(b';') {
                continue;
            }
            if self.lexer.has_given_up() {
                self.skip_to_end();
                return;
            }
            if statement(self).is_err() {
                self.skip_statement();
            }
        }
    }

    /// Goes behind the end of a block whose `{` has been taken.
    pub(super) fn skip_rest_of_block(&mut self) {
        while !self.at_end() && !self.take_symbol(b'}') {
            if self.at_symbol(b'{') {
                self.skip_block();
            } else {
                self.bump();
            }
        }
    }

    /// Gives the rest of the file up.
    pub(super) fn skip_to_end(&mut self) {
        while !self.at_end() {
            self.bump();
        }
    }

    /// Keeps the options of an element.
    pub(super) fn keep_options(&mut self, target: OptionTarget, settings: Vec<RawOption>) {
        if !settings.is_empty() {
            self.options.push(RawOptions { target, settings });
        }
    }

    /// Everything from `start` to the last token taken.
    pub(super) fn since(&self, start: u32) -> Extent {
        Extent::new(start, self.end)
    }
}
