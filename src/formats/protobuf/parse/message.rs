//! Messages.

use rustc_hash::FxHashSet;

use crate::formats::protobuf::model::{
    Comments, ExtensionRange, Extent, Features, Message, MessageId, Name, NumberRange, Oneof, OneofId, Options,
    ReservedName, SymbolVisibility, Text,
};
use crate::formats::protobuf::parse::cursor::{Parser, Step};
use crate::formats::protobuf::parse::field::{FieldPlace, PendingField};
use crate::formats::protobuf::parse::lexer::TokenKind;
use crate::formats::protobuf::parse::number::{MAX_FIELD_NUMBER, MAX_MESSAGE_SET_NUMBER};
use crate::formats::protobuf::parse::{MAX_MESSAGE_DEPTH, OptionTarget, RawOption, RawValue};

/// What a message collects until its block ends, so that its fields and oneofs stand together in the arenas.
#[derive(Default)]
pub(super) struct Body {
    fields: Vec<PendingField>,
    oneofs: Vec<(Oneof, Vec<RawOption>)>,
    options: Vec<RawOption>,
    /// The options of each extension range.
    range_options: Vec<Vec<RawOption>>,
}

/// What is known of a message before its block.
pub(super) struct MessageHead {
    pub(super) start: u32,
    pub(super) name: Name,
    pub(super) parent: Option<MessageId>,
    pub(super) visibility: Option<(SymbolVisibility, Extent)>,
    pub(super) comments: Comments,
    pub(super) is_group: bool,
    /// The `{`, already taken.
    pub(super) opened: Extent,
}

impl Parser<'_> {
    /// A message whose keyword has been taken; its index.
    pub(super) fn message(
        &mut self,
        start: u32,
        comments: Comments,
        parent: Option<MessageId>,
        visibility: Option<(SymbolVisibility, Extent)>,
    ) -> Step<u32> {
        let name = self.expect_name("a name", "`message`")?;
        let opened = self.token.extent;
        self.expect_symbol(b'{', "`message`")?;
        let comments = Comments { trailing: self.comments.trailing, ..comments };
        Ok(self.message_body(MessageHead { start, name, parent, visibility, comments, is_group: false, opened }))
    }

    /// The block of a message or group whose `{` has been taken.
    pub(super) fn message_body(&mut self, head: MessageHead) -> u32 {
        let opened = head.opened;
        let start = head.start;
        let index = self.push_message(head);
        if self.message_depth >= MAX_MESSAGE_DEPTH {
            self.fault(opened, format!("messages are nested more than {MAX_MESSAGE_DEPTH} deep"));
            self.skip_rest_of_block();
        } else {
            self.message_depth += 1;
            let mut body = Body::default();
            self.block(opened, "message", |parser| parser.message_statement(index, &mut body));
            self.message_depth -= 1;
            self.finish_message(index, body);
        }
        self.file.messages[index as usize].extent = self.since(start);
        index
    }

    /// Adds a message without content to the arena.
    pub(super) fn push_message(&mut self, head: MessageHead) -> u32 {
        let index = self.file.messages.len() as u32;
        self.file.messages.push(Message {
            extent: Extent::new(head.start, head.start),
            is_group: head.is_group,
            visibility: head.visibility,
            comments: head.comments,
            ..Message::empty(head.name, Text::default(), head.parent, Features::defaults(self.file.syntax))
        });
        index
    }

    fn message_statement(&mut self, index: u32, body: &mut Body) -> Step {
        let comments = self.comments;
        let start = self.token.extent;
        let id = MessageId::new(self.index, index);
        match self.str(start) {
            "message" => {
                self.bump();
                let inner = self.message(start.start, comments, Some(id), None)?;
                self.file.messages[index as usize].messages.push(inner);
            }
            "enum" => {
                self.bump();
                let inner = self.enum_type(start.start, comments, Some(id), None)?;
                self.file.messages[index as usize].enums.push(inner);
            }
            "export" | "local" => return self.visible_or_field(index, body),
            "extensions" => return self.extension_ranges(index, body),
            "reserved" => {
                let (ranges, names) = self.reserved(MAX_FIELD_NUMBER)?;
                let message = &mut self.file.messages[index as usize];
                message.reserved_ranges.extend(ranges);
                message.reserved_names.extend(names);
            }
            "extend" => {
                let extensions = self.extend(Some(id))?;
                self.file.messages[index as usize].extensions.extend(extensions);
            }
            "option" => {
                let setting = self.option_statement()?;
                body.options.push(setting);
            }
            "oneof" => return self.oneof(id, body),
            _ => {
                let field = self.field(FieldPlace::Message(id))?;
                body.fields.push(field);
            }
        }
        Ok(())
    }

    /// `export message …`, or a field whose type is called `export`.
    fn visible_or_field(&mut self, index: u32, body: &mut Body) -> Step {
        let comments = self.comments;
        let keyword = self.bump().extent;
        let id = MessageId::new(self.index, index);
        let is_message = self.at_word("message");
        if is_message || self.at_word("enum") {
            let visibility = Some((self.visibility(keyword), keyword));
            self.bump();
            if is_message {
                let inner = self.message(keyword.start, comments, Some(id), visibility)?;
                self.file.messages[index as usize].messages.push(inner);
            } else {
                let inner = self.enum_type(keyword.start, comments, Some(id), visibility)?;
                self.file.messages[index as usize].enums.push(inner);
            }
            return Ok(());
        }
        let field = self.field_of_type(FieldPlace::Message(id), keyword, comments)?;
        body.fields.push(field);
        Ok(())
    }

    fn oneof(&mut self, id: MessageId, body: &mut Body) -> Step {
        let comments = self.comments;
        let start = self.bump().extent.start;
        let name = self.expect_name("a name", "`oneof`")?;
        let opened = self.token.extent;
        self.expect_symbol(b'{', "`oneof`")?;
        let comments = Comments { trailing: self.comments.trailing, ..comments };
        let place = body.oneofs.len() as u32;
        let mut settings = Vec::new();
        let mut fields = Vec::new();
        self.block(opened, "oneof", |parser| {
            if parser.at_word("option") {
                settings.push(parser.option_statement()?);
                return Ok(());
            }
            let mut field = parser.field(FieldPlace::Oneof(id))?;
            field.oneof = Some(place);
            fields.push(field);
            Ok(())
        });
        let extent = self.since(start);
        if fields.is_empty() && self.lexer.faults.is_empty() {
            self.fault(name.extent, format!("oneof `{}` has no fields", &*name));
        }
        body.fields.extend(fields);
        let oneof = Oneof {
            name,
            message: id,
            fields: Vec::new(),
            is_synthetic: false,
            options: Options::default(),
            features: Features::defaults(self.file.syntax),
            extent,
            comments,
        };
        body.oneofs.push((oneof, settings));
        Ok(())
    }

    fn extension_ranges(&mut self, index: u32, body: &mut Body) -> Step {
        self.bump();
        let mut ranges = Vec::new();
        loop {
            // `i32::MAX` stands for `max` until the message's options are known.
            ranges.push(self.range(i32::MAX, "`extensions`")?);
            if !self.take_symbol(b',') {
                break;
            }
        }
        let settings = self.bracket_options()?;
        let ended = self.end_statement("`extensions`");
        for range in ranges {
            body.range_options.push(settings.clone());
            self.file.messages[index as usize].extension_ranges.push(ExtensionRange {
                start: range.start,
                end: range.end,
                extent: range.extent,
                options: Options::default(),
                declarations: Vec::new(),
                features: Features::defaults(self.file.syntax),
            });
        }
        ended
    }

    /// `reserved 2, 4 to 6;` or `reserved "sku";` of messages and enums.
    pub(super) fn reserved(&mut self, max: i32) -> Step<(Vec<NumberRange>, Vec<ReservedName>)> {
        self.bump();
        let mut ranges = Vec::new();
        let mut names = Vec::new();
        loop {
            let extent = self.token.extent;
            match self.token.kind {
                TokenKind::String => {
                    let text = self.expect_string("`reserved`")?;
                    if self.file.syntax.is_edition() {
                        let message = "reserved names are written without quotes in editions";
                        self.fault_with_help(extent, message, &format!("write `{text}`"));
                    }
                    names.push(ReservedName { text, extent: self.since(extent.start) });
                }
                TokenKind::Ident => {
                    let name = self.expect_name("a name", "`reserved`")?;
                    if !self.file.syntax.is_edition() {
                        let message = "reserved names are written in quotes before editions";
                        self.fault_with_help(extent, message, &format!("write `\"{}\"`", &*name));
                    }
                    names.push(ReservedName { text: name.text, extent });
                }
                _ => ranges.push(self.range(max, "`reserved`")?),
            }
            if !self.take_symbol(b',') {
                break;
            }
        }
        self.end_statement("`reserved`")?;
        Ok((ranges, names))
    }

    /// Moves what was collected into the arenas.
    fn finish_message(&mut self, index: u32, body: Body) {
        let id = MessageId::new(self.index, index);
        let is_message_set = body.options.iter().any(|setting| {
            setting.is_named("message_set_wire_format") && setting.value == RawValue::Ident(Text::from("true"))
        });
        let max = if is_message_set { MAX_MESSAGE_SET_NUMBER } else { MAX_FIELD_NUMBER };
        for range in &mut self.file.messages[index as usize].extension_ranges {
            if range.end == i32::MAX {
                range.end = max;
            }
        }
        self.keep_options(OptionTarget::Message(index), body.options);
        for (place, settings) in (0_u32..).zip(body.range_options) {
            self.keep_options(OptionTarget::ExtensionRange(index, place), settings);
        }

        let first_oneof = self.file.oneofs.len() as u32;
        for (oneof, settings) in body.oneofs {
            self.keep_options(OptionTarget::Oneof(self.file.oneofs.len() as u32), settings);
            self.file.oneofs.push(oneof);
        }
        let first_field = self.file.fields.len() as u32;
        for mut pending in body.fields {
            pending.field.message = Some(id);
            pending.field.oneof = pending.oneof.map(|place| OneofId::new(self.index, first_oneof + place));
            let field = self.push_field(pending);
            if let Some(oneof) = self.file.fields[field as usize].oneof {
                self.file.oneofs[oneof.index as usize].fields.push(field);
            }
        }
        let fields = first_field..self.file.fields.len() as u32;
        self.add_synthetic_oneofs(id, fields.clone(), first_oneof);
        let oneofs = first_oneof..self.file.oneofs.len() as u32;
        let message = &mut self.file.messages[index as usize];
        message.fields = fields;
        message.oneofs = oneofs;
    }

    /// A proto3 `optional` field is the only one in a oneof that is not written.
    fn add_synthetic_oneofs(&mut self, id: MessageId, fields: std::ops::Range<u32>, first_oneof: u32) {
        let members = &self.file.fields[fields.start as usize..fields.end as usize];
        if !members.iter().any(|field| field.is_proto3_optional) {
            return;
        }
        let oneofs = &self.file.oneofs[first_oneof as usize..];
        let mut taken: FxHashSet<Text> = members.iter().map(|field| field.name.text.clone()).collect();
        taken.extend(oneofs.iter().map(|oneof| oneof.name.text.clone()));
        for index in fields {
            if !self.file.fields[index as usize].is_proto3_optional {
                continue;
            }
            let mut name = self.file.fields[index as usize].name.to_string();
            if !name.starts_with('_') {
                name.insert(0, '_');
            }
            while taken.contains(name.as_str()) {
                name.insert(0, 'X');
            }
            taken.insert(Text::from(name.as_str()));
            let oneof = OneofId::new(self.index, self.file.oneofs.len() as u32);
            let field = &mut self.file.fields[index as usize];
            field.oneof = Some(oneof);
            let (extent, name_extent) = (field.extent, field.name.extent);
            self.file.oneofs.push(Oneof {
                name: Name { text: Text::from(name), extent: name_extent },
                message: id,
                fields: vec![index],
                is_synthetic: true,
                options: Options::default(),
                features: Features::defaults(self.file.syntax),
                extent,
                comments: Comments::default(),
            });
        }
    }
}
