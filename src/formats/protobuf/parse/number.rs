//! Field numbers, enum numbers and ranges.

use crate::formats::protobuf::model::{Extent, NumberRange};
use crate::formats::protobuf::parse::cursor::{Parser, Step};
use crate::formats::protobuf::parse::lexer::TokenKind;
use crate::formats::protobuf::parse::literal;

/// The largest field number.
pub(super) const MAX_FIELD_NUMBER: i32 = 536_870_911;
/// What a message in the old message-set format allows for extensions.
pub(super) const MAX_MESSAGE_SET_NUMBER: i32 = i32::MAX - 1;

impl Parser<'_> {
    /// `= 7`: the number of a field, with its place; 0 when what stands there is no number.
    pub(super) fn field_number(&mut self, place: &str) -> Step<(i32, Extent)> {
        if !self.at_symbol(b'=') {
            let broken = self.unexpected("`=` and a number", place);
            return Err(broken);
        }
        self.bump();
        self.signed_number(place)
    }

    /// A number with an optional sign.
    pub(super) fn signed_number(&mut self, place: &str) -> Step<(i32, Extent)> {
        let start = self.token.extent.start;
        let is_negative = self.take_symbol(b'-');
        if self.token.kind != TokenKind::Int {
            return Err(self.unexpected("a whole number", place));
        }
        let token = self.bump();
        let extent = Extent::new(start, token.extent.end);
        let number = literal::integer(self.str(token.extent)).and_then(|magnitude| {
            let magnitude = i64::try_from(magnitude).ok()?;
            i32::try_from(if is_negative { -magnitude } else { magnitude }).ok()
        });
        if number.is_none() {
            self.fault(extent, "this number does not fit into 32 bits");
        }
        Ok((number.unwrap_or(0), extent))
    }

    /// `4`, `4 to 6`, `4 to max`.
    pub(super) fn range(&mut self, max: i32, place: &str) -> Step<NumberRange> {
        let (start, extent) = self.signed_number(place)?;
        let mut end = start;
        if self.take_word("to").is_some() {
            end = if self.take_word("max").is_some() { max } else { self.signed_number(place)?.0 };
        }
        let extent = self.since(extent.start);
        if end < start {
            self.fault(extent, "the end of this range is smaller than its start");
            end = start;
        }
        Ok(NumberRange { start, end, extent })
    }
}
