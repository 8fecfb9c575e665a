//! Options and their values.

use smallvec::SmallVec;

use crate::formats::protobuf::model::Extent;
use crate::formats::protobuf::parse::cursor::{Broken, Parser, Step};
use crate::formats::protobuf::parse::lexer::TokenKind;
use crate::formats::protobuf::parse::{
    MAX_VALUE_DEPTH, RawField, RawFieldName, RawNamePart, RawOption, RawValue, StringValue, literal,
};

impl Parser<'_> {
    /// `option name = value;`
    pub(super) fn option_statement(&mut self) -> Step<RawOption> {
        let start = self.bump().extent.start;
        let mut setting = self.option_setting("`option`")?;
        self.end_statement("option")?;
        setting.extent = self.since(start);
        Ok(setting)
    }

    /// `[a = 1, (b).c = 2]`, if it is next.
    pub(super) fn bracket_options(&mut self) -> Step<Vec<RawOption>> {
        let mut settings = Vec::new();
        if !self.take_symbol(b'[') {
            return Ok(settings);
        }
        loop {
            settings.push(self.option_setting("options")?);
            if !self.take_symbol(b',') {
                break;
            }
        }
        self.expect_symbol(b']', "options")?;
        Ok(settings)
    }

    /// `name = value`
    fn option_setting(&mut self, place: &str) -> Step<RawOption> {
        let start = self.token.extent.start;
        let mut path = SmallVec::new();
        loop {
            let part = self.token.extent.start;
            if self.take_symbol(b'(') {
                let (text, _) = self.expect_dotted("the name of an extension", place, true)?;
                self.expect_symbol(b')', place)?;
                path.push(RawNamePart { text, is_extension: true, extent: self.since(part) });
            } else {
                let name = self.expect_name("an option name", place)?;
                path.push(RawNamePart { text: name.text, is_extension: false, extent: name.extent });
            }
            if !self.take_symbol(b'.') {
                break;
            }
        }
        let name_extent = self.since(start);
        self.expect_symbol(b'=', place)?;
        let value_start = self.token.extent.start;
        let value = self.option_value()?;
        Ok(RawOption { path, value, extent: self.since(start), name_extent, value_extent: self.since(value_start) })
    }

    fn option_value(&mut self) -> Step<RawValue> {
        if self.at_symbol(b'{') {
            let opened = self.bump().extent;
            return Ok(RawValue::Message(self.message_value(opened, b'}')?));
        }
        self.scalar_value("an option's value")
    }

    fn scalar_value(&mut self, place: &str) -> Step<RawValue> {
        let is_negative = self.take_symbol(b'-');
        match self.token.kind {
            TokenKind::Ident => {
                let extent = self.bump().extent;
                let value = match (is_negative, self.str(extent)) {
                    (false, _) => RawValue::Ident(self.text(extent)),
                    (true, "inf" | "infinity") => RawValue::Float(f64::NEG_INFINITY),
                    (true, "nan") => RawValue::Float(f64::NAN),
                    (true, _) => {
                        self.fault(extent, "only numbers, `inf` and `nan` can be negative");
                        RawValue::Ident(self.text(extent))
                    }
                };
                Ok(value)
            }
            TokenKind::Int => {
                let extent = self.bump().extent;
                let token = self.str(extent);
                Ok(literal::integer(token).map_or_else(
                    || RawValue::Float(if is_negative { -literal::float(token) } else { literal::float(token) }),
                    |magnitude| RawValue::Int(is_negative, magnitude),
                ))
            }
            TokenKind::Float => {
                let extent = self.bump().extent;
                let value = literal::float(self.str(extent));
                Ok(RawValue::Float(if is_negative { -value } else { value }))
            }
            TokenKind::String if !is_negative => Ok(RawValue::String(self.strings())),
            _ => Err(self.unexpected("a value", place)),
        }
    }

    /// One or more strings in a row, joined. The first of them is next.
    pub(super) fn strings(&mut self) -> StringValue {
        let first = self.bump().extent;
        let quoted = self.str(first);
        if self.token.kind != TokenKind::String && !quoted.contains('\\') {
            let inner = literal::inside(quoted);
            let start = first.start + 1;
            return StringValue::Text(self.text(Extent::new(start, start + inner.len() as u32)));
        }
        let mut bytes = Vec::new();
        let mut extent = first;
        loop {
            if let Err(message) = literal::unescape(self.str(extent), &mut bytes) {
                self.fault(extent, message);
            }
            if self.token.kind != TokenKind::String {
                return StringValue::from_bytes(bytes);
            }
            extent = self.bump().extent;
        }
    }

    /// The fields of a message value (text format), up to and including what closes it.
    fn message_value(&mut self, opened: Extent, close: u8) -> Step<Vec<RawField>> {
        self.value_depth += 1;
        let fields =
            if self.value_depth > MAX_VALUE_DEPTH { Err(self.too_deep(opened)) } else { self.value_fields(close) };
        self.value_depth -= 1;
        fields
    }

    fn too_deep(&mut self, opened: Extent) -> Broken {
        self.fault(opened, format!("values are nested more than {MAX_VALUE_DEPTH} deep"));
        Broken
    }

    fn value_fields(&mut self, close: u8) -> Step<Vec<RawField>> {
        let mut fields = Vec::new();
        loop {
            if self.take_symbol(close) {
                return Ok(fields);
            }
            fields.push(self.value_field()?);
            if !self.take_symbol(b',') {
                self.take_symbol(b';');
            }
        }
    }

    fn value_field(&mut self) -> Step<RawField> {
        let start = self.token.extent.start;
        let name = self.value_field_name()?;
        let name_extent = self.since(start);
        let has_colon = self.take_symbol(b':');
        let value_start = self.token.extent.start;
        let value = match self.token.kind {
            TokenKind::Symbol(b'{' | b'<' | b'[') => self.nested_value()?,
            _ if has_colon => self.scalar_value("a message value")?,
            _ => return Err(self.unexpected("`:` or `{`", "a message value")),
        };
        Ok(RawField { name, extent: self.since(start), name_extent, value, value_extent: self.since(value_start) })
    }

    fn value_field_name(&mut self) -> Step<RawFieldName> {
        if !self.take_symbol(b'[') {
            let name = self.expect_name("a field name or `}`", "a message value")?;
            return Ok(RawFieldName::Field(name.text));
        }
        let start = self.token.extent.start;
        let (name, _) = self.expect_dotted("the name of an extension", "a message value", false)?;
        let name = if self.take_symbol(b'/') {
            self.expect_dotted("the name of a message", "a type URL", false)?;
            RawFieldName::Any(self.text(self.since(start)))
        } else {
            RawFieldName::Extension(name)
        };
        self.expect_symbol(b']', "a message value")?;
        Ok(name)
    }

    fn nested_value(&mut self) -> Step<RawValue> {
        let opened = self.bump();
        match opened.kind {
            TokenKind::Symbol(b'{') => Ok(RawValue::Message(self.message_value(opened.extent, b'}')?)),
            TokenKind::Symbol(b'<') => Ok(RawValue::Message(self.message_value(opened.extent, b'>')?)),
            _ => self.list_value(),
        }
    }

    fn list_value(&mut self) -> Step<RawValue> {
        let mut values = Vec::new();
        if self.take_symbol(b']') {
            return Ok(RawValue::List(values));
        }
        loop {
            let start = self.token.extent.start;
            let value = match self.token.kind {
                // Lists of lists do not exist, so this does not recurse without a message value in between.
                TokenKind::Symbol(b'{' | b'<') => self.nested_value()?,
                _ => self.scalar_value("a list")?,
            };
            values.push((self.since(start), value));
            if !self.take_symbol(b',') {
                break;
            }
        }
        self.expect_symbol(b']', "a list")?;
        Ok(RawValue::List(values))
    }
}
