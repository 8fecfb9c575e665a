//! The outline of a file, read from its tokens alone: at a fraction of the cost of parsing.

use std::sync::Arc;

use crate::formats::protobuf::model::{Declared, FileIndex, ImportKind, Outline, OutlineWriter, Text};
use crate::formats::protobuf::parse::lexer::{Lexer, Token, TokenKind};
use crate::formats::protobuf::parse::{Room, parse};
use crate::source::FileId;

/// The outline of a file. The tokens of an ordinary file tell it; anything else is left to the parser. `None` where
/// even that gives nothing to go by: a path that no line can hold.
pub(crate) fn outline(text: &str) -> Option<Outline> {
    of_tokens(text).or_else(|| {
        Outline::of_file(&parse(&Arc::from(text), Text::default(), FileIndex(0), FileId(0), &mut Room::default()).file)
    })
}

/// What stands in front of a file's first definition: its package and, where they are written as everybody does, its
/// imports.
pub(crate) fn head(text: &str) -> Option<Outline> {
    let mut scanner = Scanner::of(text);
    match scanner.read_head().filter(|()| scanner.lexer.faults.is_empty()) {
        Some(()) => Some(scanner.written.finish()),
        None => outline(text),
    }
}

fn of_tokens(text: &str) -> Option<Outline> {
    let mut scanner = Scanner::of(text);
    scanner.read()?;
    scanner.lexer.faults.is_empty().then(|| scanner.written.finish())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ScopeKind {
    File,
    Message,
    /// A oneof: what is declared in it belongs to the message.
    Oneof,
    /// Fields in it are extensions.
    Extend,
    Enum {
        is_top: bool,
    },
}

struct Scope {
    kind: ScopeKind,
    /// The length of the path of names around it.
    outer: usize,
}

struct Scanner<'a> {
    text: &'a str,
    lexer: Lexer<'a>,
    /// Tokens that were looked at and not taken, the next one last.
    ahead: Vec<Token>,
    written: OutlineWriter,
    /// The dotted names of the messages around.
    path: String,
    scopes: Vec<Scope>,
}

/// `None`: only the parser can tell.
type Step<T = ()> = Option<T>;

impl<'a> Scanner<'a> {
    fn of(text: &'a str) -> Self {
        Self {
            text,
            lexer: Lexer::new(text),
            ahead: Vec::new(),
            written: OutlineWriter::default(),
            path: String::new(),
            scopes: vec![Scope { kind: ScopeKind::File, outer: 0 }],
        }
    }

    fn read_head(&mut self) -> Step {
        loop {
            let token = self.next();
            match token.kind {
                TokenKind::End => return Some(()),
                TokenKind::Symbol(b';') => {}
                TokenKind::Ident => match self.str(token) {
                    "message" | "enum" | "service" | "extend" | "export" | "local" => return Some(()),
                    _ => self.statement(token, ScopeKind::File)?,
                },
                _ => return None,
            }
        }
    }

    fn next(&mut self) -> Token {
        self.ahead.pop().unwrap_or_else(|| self.lexer.next())
    }

    fn str(&self, token: Token) -> &'a str {
        self.text.get(token.extent.start as usize..token.extent.end as usize).unwrap_or_default()
    }

    fn word(&mut self) -> Step<&'a str> {
        let token = self.next();
        (token.kind == TokenKind::Ident).then(|| self.str(token))
    }

    fn symbol(&mut self, symbol: u8) -> Step {
        (self.next().kind == TokenKind::Symbol(symbol)).then_some(())
    }

    /// Whether a name and then this symbol follow; takes nothing.
    fn is_named_then(&mut self, symbol: u8) -> bool {
        let (name, after) = (self.next(), self.next());
        self.ahead.extend([after, name]);
        name.kind == TokenKind::Ident && after.kind == TokenKind::Symbol(symbol)
    }

    fn declare(&mut self, declared: Declared, name: &str) {
        if self.path.is_empty() {
            self.written.name(declared, name);
        } else {
            self.written.name(declared, &[self.path.as_str(), ".", name].concat());
        }
    }

    fn open(&mut self, kind: ScopeKind, name: Option<&str>) {
        self.scopes.push(Scope { kind, outer: self.path.len() });
        if let Some(name) = name {
            if !self.path.is_empty() {
                self.path.push('.');
            }
            self.path.push_str(name);
        }
    }

    fn read(&mut self) -> Step {
        loop {
            let kind = self.scopes.last()?.kind;
            let token = self.next();
            match token.kind {
                TokenKind::End => return (self.scopes.len() == 1).then_some(()),
                TokenKind::Symbol(b';') => {}
                TokenKind::Symbol(b'}') if kind != ScopeKind::File => {
                    let scope = self.scopes.pop()?;
                    self.path.truncate(scope.outer);
                }
                TokenKind::Ident => self.statement(token, kind)?,
                TokenKind::Symbol(b'.')
                    if matches!(kind, ScopeKind::Message | ScopeKind::Oneof | ScopeKind::Extend) =>
                {
                    self.field("", kind)?;
                }
                _ => return None,
            }
        }
    }

    fn statement(&mut self, token: Token, scope: ScopeKind) -> Step {
        let word = self.str(token);
        match (scope, word) {
            (ScopeKind::Enum { is_top }, _) => self.value(word, is_top),
            (ScopeKind::File | ScopeKind::Message, "export" | "local") if self.is_visibility() => Some(()),
            (ScopeKind::File | ScopeKind::Message, "message" | "enum") if self.is_named_then(b'{') => {
                let name = self.word()?;
                self.symbol(b'{')?;
                if word == "message" {
                    self.declare(Declared::Message, name);
                    self.open(ScopeKind::Message, Some(name));
                } else {
                    self.declare(Declared::Enum, name);
                    self.open(ScopeKind::Enum { is_top: scope == ScopeKind::File }, None);
                }
                Some(())
            }
            (ScopeKind::Message, "oneof") if self.is_named_then(b'{') => {
                self.word()?;
                self.symbol(b'{')?;
                self.open(ScopeKind::Oneof, None);
                Some(())
            }
            (ScopeKind::File | ScopeKind::Message, "extend") => self.extend(),
            (ScopeKind::File, "service") => {
                let name = self.word()?;
                self.symbol(b'{')?;
                self.declare(Declared::Service, name);
                self.skip_block()
            }
            (ScopeKind::File, "syntax" | "edition") => self.skip_statement(),
            (ScopeKind::File, "package") => self.package(),
            (ScopeKind::File, "import") => self.import(),
            (ScopeKind::File, "option") => self.skip_statement(),
            (ScopeKind::File, _) => None,
            (ScopeKind::Message, "reserved" | "extensions") | (_, "option") if !self.is_field() => {
                self.skip_statement()
            }
            _ => self.field(word, scope),
        }
    }

    /// Whether `message` or `enum` and a name follow: then the word before was no type.
    fn is_visibility(&mut self) -> bool {
        let (keyword, name) = (self.next(), self.next());
        self.ahead.extend([name, keyword]);
        name.kind == TokenKind::Ident && matches!(self.str(keyword), "message" | "enum")
    }

    /// Whether a name and `=` follow: then the word before was a type, whatever it is called.
    fn is_field(&mut self) -> bool {
        self.is_named_then(b'=')
    }

    fn package(&mut self) -> Step {
        if !self.written.package.is_empty() {
            return None;
        }
        loop {
            let word = self.word()?;
            self.written.package.push_str(word);
            match self.next().kind {
                TokenKind::Symbol(b'.') => self.written.package.push('.'),
                TokenKind::Symbol(b';') => return Some(()),
                _ => return None,
            }
        }
    }

    fn import(&mut self) -> Step {
        let mut token = self.next();
        let kind = match self.str(token) {
            "public" => ImportKind::Public,
            "weak" => ImportKind::Weak,
            "option" => ImportKind::Option,
            _ => ImportKind::Plain,
        };
        if kind != ImportKind::Plain {
            token = self.next();
        }
        let written = self.str(token);
        let path = written.get(1..written.len().saturating_sub(1)).filter(|_| token.kind == TokenKind::String)?;
        if path.contains('\\') {
            return None;
        }
        self.written.import(kind, path)?;
        self.symbol(b';')
    }

    fn extend(&mut self) -> Step {
        loop {
            let token = self.next();
            match token.kind {
                TokenKind::Symbol(b'{') => break,
                TokenKind::Ident | TokenKind::Symbol(b'.') => {}
                _ => return None,
            }
        }
        self.open(ScopeKind::Extend, None);
        Some(())
    }

    fn value(&mut self, word: &str, is_top: bool) -> Step {
        let next = self.next();
        self.ahead.push(next);
        if next.kind == TokenKind::Symbol(b'=') && is_top && !matches!(word, "option" | "reserved") {
            self.declare(Declared::Value, word);
        }
        self.skip_statement()
    }

    /// A field whose first word was taken. A group opens the scope of its message.
    fn field(&mut self, first: &'a str, scope: ScopeKind) -> Step {
        let (mut before, mut last) = ("", first);
        loop {
            let token = self.next();
            match token.kind {
                TokenKind::Ident => (before, last) = (last, self.str(token)),
                TokenKind::Symbol(b'.' | b'<' | b'>' | b',') => {}
                TokenKind::Symbol(b'=') => break,
                _ => return None,
            }
        }
        let is_group = before == "group" && last.starts_with(|first: char| first.is_ascii_uppercase());
        if scope == ScopeKind::Extend {
            let name = if is_group { last.to_ascii_lowercase() } else { last.to_owned() };
            self.declare(Declared::Extension, &name);
        }
        if !is_group {
            return self.skip_statement();
        }
        // The number, perhaps options, and the body.
        let mut depth = 0_u32;
        loop {
            match self.next().kind {
                TokenKind::Symbol(b'[') => depth += 1,
                TokenKind::Symbol(b']') => depth = depth.checked_sub(1)?,
                TokenKind::Symbol(b'{') if depth == 0 => break,
                TokenKind::Symbol(b'{') => self.skip_block()?,
                TokenKind::Symbol(b';' | b'}') | TokenKind::End => return None,
                _ => {}
            }
        }
        self.declare(Declared::Message, last);
        self.open(ScopeKind::Message, Some(last));
        Some(())
    }

    /// Goes behind the `;` that ends a statement; braces in it are values.
    fn skip_statement(&mut self) -> Step {
        loop {
            match self.next().kind {
                TokenKind::Symbol(b';') => return Some(()),
                TokenKind::Symbol(b'{') => self.skip_block()?,
                TokenKind::Symbol(b'}') | TokenKind::End => return None,
                _ => {}
            }
        }
    }

    /// Goes behind the `}` of a block whose `{` was taken.
    fn skip_block(&mut self) -> Step {
        let mut depth = 1_usize;
        while depth > 0 {
            match self.next().kind {
                TokenKind::Symbol(b'{') => depth += 1,
                TokenKind::Symbol(b'}') => depth -= 1,
                TokenKind::End => return None,
                _ => {}
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> String {
        of_tokens(text).map_or_else(|| "unclear".to_owned(), |outline| outline.as_str().replace('\n', " "))
    }

    #[test]
    fn the_package_and_imports_are_found_and_prose_is_not() {
        let text = "// package x; import \"y\";\nsyntax = 'proto3'; package /**/ a . b;\nimport \"a.proto\";\nimport \
                    public 'b/c.proto';/* import \"z\"; */ import weak \"w\"; message important {}";
        assert_eq!(tokens(text), "a.b pa.proto ub/c.proto ww Mimportant ");
    }

    #[test]
    fn a_head_ends_at_the_first_definition() {
        let told = |text: &str| head(text).map(|outline| outline.as_str().replace('\n', " "));
        let text = "syntax = \"proto3\"; package a; import \"b.proto\"; option java_package = \"x\"; message M { ";
        assert_eq!(told(text).as_deref(), Some("a pb.proto "));
        assert_eq!(told("import \"a\" \"b.proto\"; message A {").as_deref(), Some(" pab.proto MA "), "by the parser");
        assert_eq!(told("").as_deref(), Some(" "));
    }

    #[test]
    fn what_is_out_of_the_ordinary_is_left_to_the_parser() {
        for text in
            ["import \"a\" \"b.proto\";", "import \"\\x61.proto\";", "package a; package b;", "message A {", "}", "x"]
        {
            assert_eq!(tokens(text), "unclear", "{text}");
        }
        let joined = outline("import \"a\" \"b.proto\"; message A {").expect("an outline");
        assert_eq!(joined.as_str(), "\npab.proto\nMA\n");
    }

    #[test]
    fn the_tokens_tell_what_the_parser_tells() {
        let text = r#"edition = "2024"; package a.b;
            option (x) = { a: { b: ";" } };
            export message M {
              message message = 1; local enum E { option allow_alias = true; A = 0 [(o) = { x: 1 }]; reserved 4; }
              local local = 2; option deprecated = true; reserved x, y; extensions 5 [declaration = { number: 5 }];
              oneof o { .a.b.M q = 3; map<string, M> m = 4; }
              message N { message P {} extend M { repeated string s = 5; } }
            }
            enum Top { ZERO = 0; reserved 2; }
            service S { rpc R(stream M) returns (.a.b.M) { option (y) = { z: 1 }; } }
            extend .a.b.M { M more = 6; }"#;
        let old = "package c; message M { optional group G = 1 { optional group H = 2 [(x) = {}] { enum E { A = 0; } } } oneof o \
                   { group I = 3 {} } } extend M { repeated group Ext = 9 { optional int32 q = 1; } }";
        let sorted = |outline: Option<Outline>| {
            let outline = outline.expect("clear");
            let mut lines: Vec<String> = outline.as_str().lines().map(str::to_owned).collect();
            lines[1..].sort();
            lines
        };
        for text in [text, old] {
            let parsed = parse(&text.into(), Text::default(), FileIndex(0), FileId(0), &mut Room::default());
            assert_eq!(sorted(of_tokens(text)), sorted(Outline::of_file(&parsed.file)));
        }
    }
}
