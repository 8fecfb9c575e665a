//! Enums.

use crate::formats::protobuf::model::{
    Comments, EnumType, EnumValue, Extent, Features, MessageId, Options, SymbolVisibility, Text,
};
use crate::formats::protobuf::parse::OptionTarget;
use crate::formats::protobuf::parse::cursor::{Parser, Step};

impl Parser<'_> {
    /// An enum whose keyword has been taken; its index.
    pub(super) fn enum_type(
        &mut self,
        start: u32,
        comments: Comments,
        parent: Option<MessageId>,
        visibility: Option<(SymbolVisibility, Extent)>,
    ) -> Step<u32> {
        let name = self.expect_name("a name", "`enum`")?;
        let opened = self.token.extent;
        self.expect_symbol(b'{', "`enum`")?;
        let index = self.file.enums.len() as u32;
        let first = self.file.values.len() as u32;
        let features = Features::defaults(self.file.syntax);
        self.file.enums.push(EnumType {
            values: first..first,
            visibility,
            extent: Extent::new(start, start),
            comments: Comments { trailing: self.comments.trailing, ..comments },
            ..EnumType::empty(name, Text::default(), parent, features)
        });
        let mut settings = Vec::new();
        self.block(opened, "enum", |parser| {
            if parser.at_word("option") {
                settings.push(parser.option_statement()?);
                return Ok(());
            }
            if parser.at_word("reserved") {
                let (ranges, names) = parser.reserved(i32::MAX)?;
                let item = &mut parser.file.enums[index as usize];
                item.reserved_ranges.extend(ranges);
                item.reserved_names.extend(names);
                return Ok(());
            }
            parser.enum_value(index, features)
        });
        self.keep_options(OptionTarget::Enum(index), settings);
        let extent = self.since(start);
        let end = self.file.values.len() as u32;
        let item = &mut self.file.enums[index as usize];
        item.values = first..end;
        item.extent = extent;
        Ok(index)
    }

    fn enum_value(&mut self, parent: u32, features: Features) -> Step {
        let comments = self.comments;
        let start = self.token.extent.start;
        let name = self.expect_name("a value", "`enum`")?;
        self.expect_symbol(b'=', "an enum value")?;
        let (number, number_extent) = self.signed_number("an enum value")?;
        let settings = self.bracket_options()?;
        let ended = self.end_statement("enum value");
        self.keep_options(OptionTarget::Value(self.file.values.len() as u32), settings);
        self.file.values.push(EnumValue {
            name,
            number,
            number_extent,
            parent,
            options: Options::default(),
            features,
            extent: self.since(start),
            comments: Comments { trailing: self.comments.trailing, ..comments },
        });
        ended
    }
}
