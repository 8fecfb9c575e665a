//! The values of literals.

use std::sync::Arc;

use crate::formats::protobuf::model::Text;

/// The value of an integer token; `None` when it does not fit into 64 bits.
pub(super) fn integer(token: &str) -> Option<u64> {
    if let Some(digits) = token.strip_prefix("0x").or_else(|| token.strip_prefix("0X")) {
        u64::from_str_radix(digits, 16).ok()
    } else if token.len() > 1 && token.starts_with('0') {
        u64::from_str_radix(&token[1..], 8).ok()
    } else {
        token.parse().ok()
    }
}

/// The value of an integer or float token as a double.
pub(super) fn float(token: &str) -> f64 {
    if token.starts_with("0x") || token.starts_with("0X") {
        return integer(token).map_or(f64::INFINITY, |value| value as f64);
    }
    token.trim_end_matches(['f', 'F']).parse().unwrap_or(f64::NAN)
}

/// A string's content.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum StringValue {
    /// Valid UTF-8.
    Text(Text),
    /// Anything else that escapes can write.
    Bytes(Arc<[u8]>),
}

impl StringValue {
    /// The content as bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }

    /// The content of these bytes.
    pub(crate) fn from_bytes(bytes: Vec<u8>) -> Self {
        match String::from_utf8(bytes) {
            Ok(text) => Self::Text(Text::from(text)),
            Err(error) => Self::Bytes(error.into_bytes().into()),
        }
    }
}

/// Appends the content of a quoted string to `out`. The error names the first escape that means nothing.
pub(super) fn unescape(quoted: &str, out: &mut Vec<u8>) -> Result<(), String> {
    let inner = inside(quoted);
    let bytes = inner.as_bytes();
    let mut at = 0;
    let mut result = Ok(());
    while at < bytes.len() {
        if bytes[at] != b'\\' {
            out.push(bytes[at]);
            at += 1;
            continue;
        }
        let length = escape(&inner[at..], out);
        if length == 0 {
            if result.is_ok() {
                let shown: String = inner[at..].chars().take(2).collect();
                result = Err(format!("`{shown}` is no escape"));
            }
            at += 1;
        } else {
            at += length;
        }
    }
    result
}

/// The bytes that the escapes in a text without quotes stand for; what is no escape is left out.
pub(crate) fn unescape_bytes(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    // The quotes are not looked at, except that they are not part of the content.
    let _ = unescape(&format!("\"{text}\""), &mut bytes);
    bytes
}

/// The text between the quotes; a string that is not closed has only the first.
pub(super) fn inside(quoted: &str) -> &str {
    let mut characters = quoted.chars();
    let Some(quote) = characters.next() else {
        return quoted;
    };
    let rest = characters.as_str();
    // A backslash before the last quote means that the string was not closed.
    rest.strip_suffix(quote).unwrap_or(rest)
}

/// Appends the value of the escape at the start of `text` and returns its length; 0 when it means nothing.
fn escape(text: &str, out: &mut Vec<u8>) -> usize {
    let bytes = text.as_bytes();
    let Some(&letter) = bytes.get(1) else {
        return 0;
    };
    let simple = match letter {
        b'a' => 7,
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 11,
        b'\\' | b'\'' | b'"' | b'?' => letter,
        b'0'..=b'7' => {
            let digits = bytes[1..].iter().take(3).take_while(|digit| matches!(digit, b'0'..=b'7')).count();
            let value = bytes[1..=digits].iter().fold(0_u32, |value, digit| value * 8 + u32::from(digit - b'0'));
            out.push(value as u8);
            return 1 + digits;
        }
        b'x' | b'X' => {
            let digits = bytes[2..].iter().take(2).take_while(|digit| digit.is_ascii_hexdigit()).count();
            let Ok(value) = u8::from_str_radix(&text[2..2 + digits], 16) else {
                return 0;
            };
            out.push(value);
            return 2 + digits;
        }
        b'u' | b'U' => {
            let digits = if letter == b'u' { 4 } else { 8 };
            let value = text.get(2..2 + digits).and_then(|hex| u32::from_str_radix(hex, 16).ok());
            let Some(character) = value.and_then(char::from_u32) else {
                return 0;
            };
            out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            return 2 + digits;
        }
        _ => return 0,
    };
    out.push(simple);
    2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_decimal_octal_or_hexadecimal() {
        assert_eq!(integer("42"), Some(42));
        assert_eq!(integer("017"), Some(15));
        assert_eq!(integer("0xff"), Some(255));
        assert_eq!(integer("0"), Some(0));
        assert_eq!(integer("18446744073709551616"), None);
    }

    #[test]
    fn escapes_give_their_bytes() {
        let mut out = Vec::new();
        assert!(unescape(r#""a\n\x41\101\u00e9\"b\377""#, &mut out).is_ok());
        assert_eq!(out, b"a\nAA\xc3\xa9\"b\xff");
        assert!(unescape(r#""\q""#, &mut out).is_err());
    }
}
