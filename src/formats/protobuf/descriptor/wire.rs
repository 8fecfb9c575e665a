//! The binary encoding, as far as descriptors need it. See <https://protobuf.dev/programming-guides/encoding/>.

/// Writes one message.
#[derive(Debug, Default)]
pub(super) struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// What was written.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    fn raw_varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push((value as u8) | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
    }

    fn tag(&mut self, number: u32, kind: u8) {
        self.raw_varint(u64::from(number) << 3 | u64::from(kind));
    }

    /// A number as a varint.
    pub(super) fn varint(&mut self, number: u32, value: u64) {
        self.tag(number, 0);
        self.raw_varint(value);
    }

    /// An `int32` or enum value: negative numbers take ten bytes.
    pub(super) fn int32(&mut self, number: u32, value: i32) {
        self.varint(number, i64::from(value) as u64);
    }

    /// A `bool` that is true.
    pub(super) fn flag(&mut self, number: u32, value: bool) {
        if value {
            self.varint(number, 1);
        }
    }

    /// Eight bytes.
    pub(super) fn fixed64(&mut self, number: u32, value: u64) {
        self.tag(number, 1);
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    /// Four bytes.
    pub(super) fn fixed32(&mut self, number: u32, value: u32) {
        self.tag(number, 5);
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    /// A string, bytes or message.
    pub(super) fn bytes(&mut self, number: u32, value: &[u8]) {
        self.tag(number, 2);
        self.raw_varint(value.len() as u64);
        self.bytes.extend_from_slice(value);
    }

    /// A string.
    pub(super) fn string(&mut self, number: u32, value: &str) {
        self.bytes(number, value.as_bytes());
    }

    /// A message between group tags.
    pub(super) fn group(&mut self, number: u32, value: &[u8]) {
        self.tag(number, 3);
        self.bytes.extend_from_slice(value);
        self.tag(number, 4);
    }
}

/// The value of one record.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Value<'a> {
    /// A varint.
    Varint(u64),
    /// Eight bytes.
    Fixed64(u64),
    /// Length-delimited.
    Bytes(&'a [u8]),
    /// The records between group tags.
    Group(&'a [u8]),
    /// Four bytes.
    Fixed32(u32),
}

/// The bytes are no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed;

/// Reads the records of one message, in order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// A varint without a tag: an element of a packed field.
    pub(super) fn raw_varint(&mut self) -> Result<u64, Malformed> {
        let mut value = 0_u64;
        for shift in (0..70).step_by(7) {
            let (&byte, rest) = self.rest.split_first().ok_or(Malformed)?;
            self.rest = rest;
            if shift < 64 {
                value |= u64::from(byte & 0x7f) << shift;
            }
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Malformed)
    }

    /// Bytes without a tag.
    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8], Malformed> {
        if length > self.rest.len() {
            return Err(Malformed);
        }
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        Ok(taken)
    }

    /// Whether nothing is left.
    pub(super) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next record; `None` at the end.
    pub(super) fn record(&mut self) -> Result<Option<(u32, Value<'a>)>, Malformed> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let tag = self.raw_varint()?;
        let number = u32::try_from(tag >> 3).map_err(|_| Malformed)?;
        if number == 0 {
            return Err(Malformed);
        }
        let value = match tag & 7 {
            0 => Value::Varint(self.raw_varint()?),
            1 => Value::Fixed64(u64::from_le_bytes(self.take(8)?.try_into().map_err(|_| Malformed)?)),
            2 => {
                let length = usize::try_from(self.raw_varint()?).map_err(|_| Malformed)?;
                Value::Bytes(self.take(length)?)
            }
            3 => Value::Group(self.group(number)?),
            5 => Value::Fixed32(u32::from_le_bytes(self.take(4)?.try_into().map_err(|_| Malformed)?)),
            _ => return Err(Malformed),
        };
        Ok(Some((number, value)))
    }

    /// The records up to the end tag of a group; groups inside are counted, not recursed into.
    fn group(&mut self, number: u32) -> Result<&'a [u8], Malformed> {
        let start = self.rest;
        let mut open = vec![number];
        loop {
            let before = self.rest.len();
            let tag = self.raw_varint()?;
            let inner = u32::try_from(tag >> 3).map_err(|_| Malformed)?;
            match tag & 7 {
                0 => drop(self.raw_varint()?),
                1 => drop(self.take(8)?),
                2 => {
                    let length = usize::try_from(self.raw_varint()?).map_err(|_| Malformed)?;
                    self.take(length)?;
                }
                3 => open.push(inner),
                4 => {
                    if open.pop() != Some(inner) {
                        return Err(Malformed);
                    }
                    if open.is_empty() {
                        return Ok(&start[..start.len() - before]);
                    }
                }
                5 => drop(self.take(4)?),
                _ => return Err(Malformed),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read() {
        let mut writer = Writer::default();
        writer.int32(1, -1);
        writer.string(2, "x");
        writer.group(3, &[8, 1]);
        writer.fixed32(4, 7);
        let bytes = writer.into_bytes();
        let mut reader = Reader::new(&bytes);
        assert_eq!(reader.record(), Ok(Some((1, Value::Varint(u64::MAX)))));
        assert_eq!(reader.record(), Ok(Some((2, Value::Bytes(b"x")))));
        assert_eq!(reader.record(), Ok(Some((3, Value::Group(&[8, 1])))));
        assert_eq!(reader.record(), Ok(Some((4, Value::Fixed32(7)))));
        assert_eq!(reader.record(), Ok(None));
    }

    #[test]
    fn truncated_bytes_are_refused() {
        for bytes in [&[0x0a][..], &[0x0a, 5, 1], &[0x0b, 8], &[0xff; 11], &[0]] {
            let mut reader = Reader::new(bytes);
            assert_eq!(reader.record(), Err(Malformed), "{bytes:?}");
        }
    }
}
