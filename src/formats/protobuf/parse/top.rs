//! Top-level statements.

use std::sync::Arc;

use crate::formats::protobuf::fault::{Fault, SYNTAX};
use crate::formats::protobuf::model::{
    Comments, EnumValue, Extent, Features, Field, File, FileIndex, Import, ImportKind, Message, Package,
    SymbolVisibility, Syntax, Text,
};
use crate::formats::protobuf::parse::cursor::{Parser, Step};
use crate::formats::protobuf::parse::lexer::{Lexer, TokenKind};
use crate::formats::protobuf::parse::{OptionTarget, Parsed, RawOptions, StringValue};
use crate::source::FileId;

/// Room in which the long lists of a file grow. The lists of the next file grow in it again, and each file is given
/// lists of its own without room for more, which a list that grew has a third of.
#[derive(Default)]
pub(crate) struct Room {
    messages: Vec<Message>,
    fields: Vec<Field>,
    values: Vec<EnumValue>,
    options: Vec<RawOptions>,
}

/// Reads a file. `path` is the name by which others import it; `index` its place in the schema to be.
pub(crate) fn parse(whole: &Arc<str>, path: Text, index: FileIndex, source: FileId, room: &mut Room) -> Parsed {
    let mut file = File::empty(path, source);
    file.messages = std::mem::take(&mut room.messages);
    file.fields = std::mem::take(&mut room.fields);
    file.values = std::mem::take(&mut room.values);
    let mut lexer = Lexer::new(whole);
    let token = lexer.next();
    let mut parser = Parser {
        comments: lexer.comments,
        whole,
        index,
        lexer,
        token,
        end: 0,
        file,
        options: std::mem::take(&mut room.options),
        file_options: Vec::new(),
        defaults: Vec::new(),
        message_depth: 0,
        value_depth: 0,
    };
    parser.syntax();
    while !parser.at_end() && !parser.lexer.has_given_up() {
        if parser.take_symbol(b';') {
            continue;
        }
        if parser.at_symbol(b'}') {
            let extent = parser.bump().extent;
            parser.fault(extent, "this `}` closes nothing");
            continue;
        }
        if parser.statement().is_err() {
            parser.skip_statement();
        }
    }
    let file_options = std::mem::take(&mut parser.file_options);
    parser.keep_options(OptionTarget::File, file_options);
    parser.name_everything();
    let mut file = parser.file;
    file.messages = moved_out(file.messages, &mut room.messages);
    file.fields = moved_out(file.fields, &mut room.fields);
    file.values = moved_out(file.values, &mut room.values);
    Parsed {
        file,
        options: moved_out(parser.options, &mut room.options),
        encoded: Vec::new(),
        defaults: parser.defaults,
        faults: parser.lexer.faults,
        text: None,
    }
}

/// What is in a list as a list of its own; the room that it took is there again.
fn moved_out<T>(mut list: Vec<T>, room: &mut Vec<T>) -> Vec<T> {
    let mut exact = Vec::with_capacity(list.len());
    exact.append(&mut list);
    *room = list;
    exact
}

impl Parser<'_> {
    fn syntax(&mut self) {
        let start = self.token.extent;
        let is_edition = self.at_word("edition");
        if !is_edition && !self.at_word("syntax") {
            return;
        }
        if self.syntax_statement(start, is_edition).is_err() {
            self.skip_statement();
        }
        self.file.features = Features::defaults(self.file.syntax);
    }

    fn syntax_statement(&mut self, start: Extent, is_edition: bool) -> Step {
        let keyword = if is_edition { "edition" } else { "syntax" };
        self.bump();
        self.expect_symbol(b'=', keyword)?;
        let extent = self.token.extent;
        let value = self.expect_string(keyword)?;
        let known = match value.as_str() {
            "proto2" if !is_edition => Some(Syntax::Proto2),
            "proto3" if !is_edition => Some(Syntax::Proto3),
            "2023" if is_edition => Some(Syntax::Edition2023),
            "2024" if is_edition => Some(Syntax::Edition2024),
            _ => None,
        };
        match known {
            Some(syntax) => self.file.syntax = syntax,
            None if is_edition => {
                // Reading on with the newest known edition shows what else is wrong.
                self.file.syntax = Syntax::Edition2024;
                let message = format!("edition \"{value}\" is not known");
                self.fault_with_help(extent, message, "use \"2023\" or \"2024\"");
            }
            None => {
                let message = format!("syntax \"{value}\" is not known");
                self.fault_with_help(extent, message, "use \"proto2\", \"proto3\", or an `edition` statement");
            }
        }
        let ended = self.end_statement(keyword);
        self.file.syntax_extent = self.since(start.start);
        ended
    }

    fn statement(&mut self) -> Step {
        let comments = self.comments;
        let start = self.token.extent;
        if !self.at_ident() {
            return Err(self.unexpected("a statement (`message`, `enum`, `import`, …)", "the file"));
        }
        match self.str(start) {
            "message" => {
                self.bump();
                let message = self.message(start.start, comments, None, None)?;
                self.file.top_messages.push(message);
                Ok(())
            }
            "enum" => {
                self.bump();
                let index = self.enum_type(start.start, comments, None, None)?;
                self.file.top_enums.push(index);
                Ok(())
            }
            "export" | "local" => self.visible_statement(comments),
            "service" => self.service(comments),
            "extend" => {
                let extensions = self.extend(None)?;
                self.file.top_extensions.extend(extensions);
                Ok(())
            }
            "import" => self.import(comments),
            "package" => self.package(),
            "option" => {
                let setting = self.option_statement()?;
                self.file_options.push(setting);
                Ok(())
            }
            "syntax" | "edition" => {
                self.fault(start, "this must be the first statement of the file");
                self.skip_statement();
                Ok(())
            }
            word => {
                let word = word.to_owned();
                let message = format!("`{word}` starts no statement");
                self.fault_with_help(
                    start,
                    message,
                    "a file holds `import`, `package`, `option`, `message`, `enum`, `service` and `extend`",
                );
                self.skip_statement();
                Ok(())
            }
        }
    }

    fn visible_statement(&mut self, comments: Comments) -> Step {
        let keyword = self.bump().extent;
        let visibility = self.visibility(keyword);
        let start = keyword.start;
        if self.take_word("message").is_some() {
            let message = self.message(start, comments, None, Some((visibility, keyword)))?;
            self.file.top_messages.push(message);
        } else if self.take_word("enum").is_some() {
            let index = self.enum_type(start, comments, None, Some((visibility, keyword)))?;
            self.file.top_enums.push(index);
        } else {
            return Err(self.unexpected("`message` or `enum`", "a declaration with visibility"));
        }
        Ok(())
    }

    /// What `export` or `local` says; an error in files older than edition 2024.
    pub(super) fn visibility(&mut self, keyword: Extent) -> SymbolVisibility {
        if self.file.syntax < Syntax::Edition2024 {
            self.fault(keyword, "`export` and `local` need edition \"2024\" or later");
        }
        if self.str(keyword) == "export" { SymbolVisibility::ExportAll } else { SymbolVisibility::LocalAll }
    }

    fn package(&mut self) -> Step {
        let start = self.bump().extent;
        let (name, name_extent) = self.expect_dotted("a package name", "`package`", false)?;
        let ended = self.end_statement("`package`");
        let extent = self.since(start.start);
        if self.file.package.is_some() {
            self.fault(extent, "a file has only one `package`");
        } else {
            self.file.package = Some(Package { name, name_extent, extent });
        }
        ended
    }

    fn import(&mut self, comments: Comments) -> Step {
        let start = self.bump().extent;
        let keyword = self.token.extent;
        let kind = if self.take_word("public").is_some() {
            ImportKind::Public
        } else if self.take_word("weak").is_some() {
            ImportKind::Weak
        } else if self.take_word("option").is_some() {
            if self.file.syntax < Syntax::Edition2024 {
                self.fault(keyword, "`import option` needs edition \"2024\" or later");
            }
            ImportKind::Option
        } else {
            ImportKind::Plain
        };
        let path_start = self.token.extent.start;
        let path = self.expect_string("`import`")?;
        let path_extent = self.since(path_start);
        let ended = self.end_statement("`import`");
        let trailing = self.comments.trailing;
        self.file.imports.push(Import {
            path,
            kind,
            file: None,
            is_used: false,
            path_extent,
            extent: self.since(start.start),
            comments: Comments { trailing, ..comments },
        });
        ended
    }

    /// One or more strings in a row, joined; what is no UTF-8 is an error.
    pub(super) fn expect_string(&mut self, place: &str) -> Step<Text> {
        if self.token.kind != TokenKind::String {
            return Err(self.unexpected("a string", place));
        }
        let start = self.token.extent.start;
        match self.strings() {
            StringValue::Text(text) => Ok(text),
            StringValue::Bytes(_) => {
                let extent = self.since(start);
                self.lexer.report(Fault::new(SYNTAX, extent, format!("this string in {place} is not valid UTF-8")));
                Ok(Text::default())
            }
        }
    }

    /// Gives everything its full name, now that the package is known.
    fn name_everything(&mut self) {
        let file = &mut self.file;
        let package = file.package.as_ref().map_or("", |package| package.name.as_str()).to_owned();
        let join = |scope: &str, name: &str| {
            if scope.is_empty() { Text::from(name) } else { Text::from([scope, ".", name].concat()) }
        };
        for at in 0..file.messages.len() {
            // Outer messages stand before inner ones, so the parent's name is known.
            let scope = file.messages[at].parent.map(|parent| file.messages[parent.index as usize].full_name.clone());
            let scope = scope.as_ref().map_or(package.as_str(), |scope| scope.as_str());
            file.messages[at].full_name = join(scope, &file.messages[at].name);
        }
        for item in &mut file.enums {
            let scope = item.parent.map_or(package.as_str(), |parent| &file.messages[parent.index as usize].full_name);
            item.full_name = join(scope, &item.name);
        }
        for service in &mut file.services {
            service.full_name = join(&package, &service.name);
        }
        for field in &mut file.fields {
            let Some(extension) = &mut field.extension else { continue };
            let around = extension.scope.map(|scope| &file.messages[scope.index as usize].full_name);
            extension.full_name = join(around.map_or(package.as_str(), |scope| scope.as_str()), &field.name);
        }
    }
}
