//! Fields, groups, maps and extensions.

use crate::formats::protobuf::model::{
    Cardinality, Comments, Extension, Extent, Features, Field, Kind, Label, MessageId, Name, Syntax, Text, TypeName,
};
use crate::formats::protobuf::parse::cursor::{Parser, Step};
use crate::formats::protobuf::parse::message::MessageHead;
use crate::formats::protobuf::parse::{OptionTarget, RawOption, RawValue, StringValue};

/// Where a field stands.
#[derive(Clone, Copy)]
pub(super) enum FieldPlace {
    /// Directly in a message.
    Message(MessageId),
    /// In a oneof of a message.
    Oneof(MessageId),
    /// In an `extend` block, inside of a message or at the top.
    Extend(Option<MessageId>),
}

impl FieldPlace {
    /// The message in which a group's or map entry's message is nested.
    fn scope(self) -> Option<MessageId> {
        match self {
            Self::Message(id) | Self::Oneof(id) => Some(id),
            Self::Extend(scope) => scope,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Message(_) => "a field",
            Self::Oneof(_) => "a oneof field",
            Self::Extend(_) => "an extension",
        }
    }
}

/// A field that is not in the arena yet.
pub(super) struct PendingField {
    pub(super) field: Field,
    /// Its place among the message's oneofs.
    pub(super) oneof: Option<u32>,
    options: Vec<RawOption>,
}

impl Parser<'_> {
    /// A whole field.
    pub(super) fn field(&mut self, place: FieldPlace) -> Step<PendingField> {
        let comments = self.comments;
        let start = self.token.extent;
        let label = match self.str(start) {
            "optional" => Some(Label::Optional),
            "required" => Some(Label::Required),
            "repeated" => Some(Label::Repeated),
            _ => None,
        };
        let mut field = self.blank_field(start, comments);
        if let Some(label) = label {
            self.bump();
            field.label = Some(label);
            field.label_extent = start;
        }
        if !self.at_ident() && !self.at_symbol(b'.') {
            return Err(self.unexpected("a type", place.name()));
        }
        if self.at_symbol(b'.') {
            let (text, extent) = self.expect_dotted("a type", place.name(), true)?;
            field.type_name = TypeName { text, extent };
            return self.named_field(place, field);
        }
        let first = self.bump().extent;
        self.field_from_type(place, field, first)
    }

    /// A field without a label whose type's first word has been taken.
    pub(super) fn field_of_type(&mut self, place: FieldPlace, first: Extent, comments: Comments) -> Step<PendingField> {
        let field = self.blank_field(first, comments);
        self.field_from_type(place, field, first)
    }

    fn field_from_type(&mut self, place: FieldPlace, mut field: Field, first: Extent) -> Step<PendingField> {
        match self.str(first) {
            "group" => return self.group(place, field, first),
            "map" if self.at_symbol(b'<') => return self.map(place, field, first),
            _ => {}
        }
        let (text, extent) = self.dotted_rest(first.start, place.name())?;
        field.type_name = TypeName { text, extent };
        field.kind = Kind::scalar(&field.type_name.text).unwrap_or(Kind::Unresolved);
        self.named_field(place, field)
    }

    /// Name, number and options, after the type.
    fn named_field(&mut self, place: FieldPlace, mut field: Field) -> Step<PendingField> {
        self.check_label(place, &mut field);
        field.name = self.expect_name("a name", place.name())?;
        (field.number, field.number_extent) = self.field_number(place.name())?;
        let options = self.bracket_options()?;
        let start = field.extent.start;
        let ended = self.end_statement("field");
        field.extent = self.since(start);
        field.comments.trailing = self.comments.trailing;
        if ended.is_err() {
            // The field itself was readable; only what follows it is skipped.
            self.skip_statement();
        }
        Ok(PendingField { field, oneof: None, options })
    }

    fn check_label(&mut self, place: FieldPlace, field: &mut Field) {
        let extent = field.label_extent;
        match (place, field.label) {
            (FieldPlace::Oneof(_), Some(_)) => {
                self.fault_with_help(extent, "fields of a oneof have no label", "remove the label");
                field.label = None;
            }
            (FieldPlace::Oneof(_), None) => {}
            (_, None) if self.file.syntax == Syntax::Proto2 => {
                let message = "a proto2 field needs a label";
                self.fault_with_help(field.type_name.extent, message, "write `optional`, `repeated` or `required`");
            }
            (_, Some(Label::Required)) if self.file.syntax == Syntax::Proto3 => {
                self.fault_with_help(extent, "proto3 has no required fields", "remove `required`");
            }
            (_, Some(Label::Required)) if self.file.syntax.is_edition() => self.fault_with_help(
                extent,
                "editions have no label `required`",
                "set `features.field_presence = LEGACY_REQUIRED`",
            ),
            (_, Some(Label::Optional)) if self.file.syntax.is_edition() => self.fault_with_help(
                extent,
                "editions have no label `optional`",
                "remove it: singular fields have presence unless `features.field_presence` says otherwise",
            ),
            (_, Some(Label::Optional)) if self.file.syntax == Syntax::Proto3 => field.is_proto3_optional = true,
            _ => {}
        }
        field.cardinality = match field.label {
            Some(Label::Repeated) => Cardinality::Repeated,
            Some(Label::Required) => Cardinality::Required,
            _ => Cardinality::Optional,
        };
    }

    fn group(&mut self, place: FieldPlace, mut field: Field, keyword: Extent) -> Step<PendingField> {
        match self.file.syntax {
            Syntax::Proto2 => {}
            Syntax::Proto3 => self.fault_with_help(keyword, "proto3 has no groups", "declare a message instead"),
            _ => self.fault_with_help(
                keyword,
                "editions have no group syntax",
                "declare a message and set `features.message_encoding = DELIMITED` on the field",
            ),
        }
        self.check_label(place, &mut field);
        let name = self.expect_name("a name", "`group`")?;
        if !name.starts_with(|first: char| first.is_ascii_uppercase()) {
            self.fault(name.extent, "the name of a group starts with a capital letter");
        }
        field.type_name = TypeName { text: name.text.clone(), extent: keyword };
        field.name = Name { text: Text::from(name.to_ascii_lowercase()), extent: name.extent };
        (field.number, field.number_extent) = self.field_number("`group`")?;
        let options = self.bracket_options()?;
        let opened = self.token.extent;
        self.expect_symbol(b'{', "`group`")?;
        field.comments.trailing = self.comments.trailing;
        let start = field.extent.start;
        let index = self.message_body(MessageHead {
            start,
            name,
            parent: place.scope(),
            visibility: None,
            comments: field.comments,
            is_group: true,
            opened,
        });
        self.add_nested(place, index);
        field.kind = Kind::Message(MessageId::new(self.index, index));
        field.is_delimited = true;
        field.extent = self.since(start);
        Ok(PendingField { field, oneof: None, options })
    }

    fn add_nested(&mut self, place: FieldPlace, index: u32) {
        match place.scope() {
            Some(scope) => self.file.messages[scope.index as usize].messages.push(index),
            None => self.file.top_messages.push(index),
        }
    }

    fn map(&mut self, place: FieldPlace, mut field: Field, keyword: Extent) -> Step<PendingField> {
        self.bump();
        let (key, key_extent) = self.expect_dotted("a key type", "`map`", true)?;
        self.expect_symbol(b',', "`map`")?;
        let (value, value_extent) = self.expect_dotted("a value type", "`map`", true)?;
        self.expect_symbol(b'>', "`map`")?;
        let extent = self.since(keyword.start);
        if field.label.is_some() {
            self.fault_with_help(field.label_extent, "a map has no label", "remove the label");
            field.label = None;
        }
        match place {
            FieldPlace::Message(_) => {}
            FieldPlace::Oneof(_) => self.fault(extent, "a map can't be in a oneof"),
            FieldPlace::Extend(_) => self.fault(extent, "an extension can't be a map"),
        }
        field.type_name = TypeName { text: self.text(extent), extent };
        field.name = self.expect_name("a name", "`map`")?;
        field.label = Some(Label::Repeated);
        (field.number, field.number_extent) = self.field_number("`map`")?;
        let options = self.bracket_options()?;
        self.end_statement("field")?;
        let start = field.extent.start;
        field.extent = self.since(start);
        field.comments.trailing = self.comments.trailing;
        field.cardinality = Cardinality::Repeated;
        field.is_map = true;

        let entry = self.push_message(MessageHead {
            start,
            name: Name { text: Text::from(map_entry_name(&field.name)), extent },
            parent: place.scope(),
            visibility: None,
            comments: Comments::default(),
            is_group: false,
            opened: extent,
        });
        let id = MessageId::new(self.index, entry);
        let first = self.file.fields.len() as u32;
        for (name, number, text, type_extent) in [("key", 1, key, key_extent), ("value", 2, value, value_extent)] {
            let mut part = self.blank_field(field.extent, Comments::default());
            part.name = Name { text: Text::from(name), extent: type_extent };
            part.number = number;
            part.label = Some(Label::Optional);
            part.kind = Kind::scalar(&text).unwrap_or(Kind::Unresolved);
            part.type_name = TypeName { text, extent: type_extent };
            part.message = Some(id);
            self.file.fields.push(part);
        }
        let message = &mut self.file.messages[entry as usize];
        message.fields = first..first + 2;
        message.extent = field.extent;
        message.is_map_entry = true;
        self.add_nested(place, entry);
        field.kind = Kind::Message(id);
        Ok(PendingField { field, oneof: None, options })
    }

    /// `extend Name { … }`: the indexes of the extensions.
    pub(super) fn extend(&mut self, scope: Option<MessageId>) -> Step<Vec<u32>> {
        self.bump();
        let (text, extent) = self.expect_dotted("the name of a message", "`extend`", true)?;
        let extendee = TypeName { text, extent };
        let opened = self.token.extent;
        self.expect_symbol(b'{', "`extend`")?;
        let mut extensions = Vec::new();
        self.block(opened, "`extend` block", |parser| {
            let mut pending = parser.field(FieldPlace::Extend(scope))?;
            let extension = Extension { extendee: extendee.clone(), scope, full_name: Text::default() };
            pending.field.extension = Some(Box::new(extension));
            extensions.push(parser.push_field(pending));
            Ok(())
        });
        if extensions.is_empty() && self.lexer.faults.is_empty() {
            self.fault(extent, "this `extend` block declares no extension");
        }
        Ok(extensions)
    }

    /// Adds a field to the arena.
    pub(super) fn push_field(&mut self, pending: PendingField) -> u32 {
        let PendingField { mut field, options, .. } = pending;
        let index = self.file.fields.len() as u32;
        let mut settings = Vec::with_capacity(options.len());
        for option in options {
            if option.is_named("json_name") {
                field.json_name_extent = option.extent;
                match option.value {
                    RawValue::String(StringValue::Text(name)) => field.json_name = Some(Box::new(name)),
                    _ => self.fault(option.value_extent, "`json_name` must be a string"),
                }
            } else if option.is_named("default") {
                field.default_extent = option.extent;
                self.defaults.push((index, option));
            } else {
                settings.push(option);
            }
        }
        self.keep_options(OptionTarget::Field(index), settings);
        self.file.fields.push(field);
        index
    }

    fn blank_field(&self, start: Extent, comments: Comments) -> Field {
        Field::blank(Features::defaults(self.file.syntax), start, comments)
    }
}

/// `line_items` → `LineItemsEntry`, as protoc names it.
fn map_entry_name(field: &str) -> String {
    let mut name = String::with_capacity(field.len() + 5);
    let mut is_capital = true;
    for character in field.chars() {
        if character == '_' {
            is_capital = true;
        } else if std::mem::take(&mut is_capital) {
            name.push(character.to_ascii_uppercase());
        } else {
            name.push(character);
        }
    }
    name.push_str("Entry");
    name
}
