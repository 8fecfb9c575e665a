//! What a file says at its root, without parsing it: thousands of files in a repository are no contracts, and some
//! contracts say what they are only at the end of a single line of a megabyte.

/// A field found at the root of a text that looks like YAML or JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootField {
    /// Which of the keys asked for.
    pub key: &'static str,
    /// The start of its value as it is written, without quotes, at most a line; empty for a collection.
    pub value: String,
}

/// The first of some keys that stands at the root of a document, by a scan that is faster than reading it and never
/// fails: broken documents are recognized too.
#[must_use]
pub fn root_field(bytes: &[u8], keys: &[&'static str]) -> Option<RootField> {
    if !keys.iter().any(|key| memchr::memmem::find(bytes, key.as_bytes()).is_some()) {
        return None;
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let start = bytes.iter().position(|byte| !byte.is_ascii_whitespace())?;
    if bytes[start] == b'{' { in_braces(&bytes[start + 1..], keys) } else { in_block(bytes, keys) }
}

/// The text of one field at the root, for reading that field alone: with its key in a block document, only the value
/// in one in braces. Nothing for fields that hold no collection.
#[must_use]
pub fn root_slice<'a>(bytes: &'a [u8], key: &'static str) -> Option<&'a [u8]> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let start = bytes.iter().position(|byte| !byte.is_ascii_whitespace())?;
    if bytes[start] == b'{' {
        let inner = &bytes[start + 1..];
        let value = key_in_braces(inner, &[key])?.1.trim_ascii_start();
        let length = balanced(value)?;
        return Some(&value[..length]);
    }
    let (line, _, _) = key_in_block(bytes, key)?;
    let text = &bytes[line..];
    // The field goes on over indented and empty lines, comments, and items of a list in the same column.
    let goes_on =
        |rest: &[u8]| rest.first().is_none_or(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'#' | b'-' | b'\t'));
    let end = memchr::memchr_iter(b'\n', text).find(|&end| !goes_on(&text[end + 1..])).unwrap_or(text.len());
    Some(&text[..end])
}

/// The length of the collection in brackets that a text starts with.
fn balanced(text: &[u8]) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = 0;
    loop {
        match *text.get(at)? {
            b'"' => at += string_end(&text[at + 1..], b'"') + 1,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.checked_sub(1)?,
            _ if depth == 0 => return None,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            return Some(at);
        }
    }
}

/// Keys at the start of a line.
fn in_block(bytes: &[u8], keys: &[&'static str]) -> Option<RootField> {
    let found = keys.iter().filter_map(|key| key_in_block(bytes, key).map(|(line, _, rest)| (line, *key, rest)));
    let (_, key, rest) = found.min_by_key(|(line, _, _)| *line)?;
    Some(RootField { key, value: value_at(rest) })
}

/// Where the line of a key starts, the key, and what follows its colon.
fn key_in_block<'a>(bytes: &'a [u8], key: &'static str) -> Option<(usize, &'static str, &'a [u8])> {
    memchr::memmem::find_iter(bytes, key.as_bytes()).find_map(|at| {
        let quote = at.checked_sub(1).map(|before| bytes[before]).filter(|byte| matches!(byte, b'"' | b'\''));
        let line = at - usize::from(quote.is_some());
        if line > 0 && bytes[line - 1] != b'\n' {
            return None;
        }
        let after = &bytes[at + key.len()..];
        let after = match quote {
            Some(quote) => after.strip_prefix(&[quote])?,
            None => after,
        };
        let rest = trim_inline(after).strip_prefix(b":")?;
        rest.first().is_none_or(u8::is_ascii_whitespace).then_some((line, key, rest))
    })
}

/// Keys directly inside the outermost braces.
fn in_braces(bytes: &[u8], keys: &[&'static str]) -> Option<RootField> {
    let (key, rest) = key_in_braces(bytes, keys)?;
    Some(RootField { key, value: value_at(rest.trim_ascii_start()) })
}

/// The first of some keys directly inside the outermost braces, and what follows its colon.
fn key_in_braces<'a>(bytes: &'a [u8], keys: &[&'static str]) -> Option<(&'static str, &'a [u8])> {
    let mut depth = 0_usize;
    let mut at = 0;
    let mut expects_key = true;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' | b'\'' if byte == b'"' || (depth == 0 && expects_key) => {
                let text = &bytes[at + 1..];
                let end = string_end(text, byte);
                if depth == 0 && expects_key {
                    if let Some(found) = key_at(&text[..end], text.get(end + 1..).unwrap_or_default(), keys) {
                        return Some(found);
                    }
                    expects_key = false;
                }
                at += end + 2;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.checked_sub(1)?,
            b',' if depth == 0 => expects_key = true,
            byte if depth == 0 && expects_key && (byte.is_ascii_alphabetic() || byte == b'$') => {
                let length =
                    bytes[at..].iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'$').count();
                if let Some(found) = key_at(&bytes[at..at + length], &bytes[at + length..], keys) {
                    return Some(found);
                }
                expects_key = false;
                at += length;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// Where a string ends: the offset of its closing quote, or the end of the text.
fn string_end(text: &[u8], quote: u8) -> usize {
    let mut at = 0;
    while let Some(found) = memchr::memchr2(quote, b'\\', &text[at.min(text.len())..]) {
        at += found;
        if text[at] == quote {
            return at;
        }
        at += 2;
    }
    text.len()
}

fn key_at<'a>(name: &[u8], after: &'a [u8], keys: &[&'static str]) -> Option<(&'static str, &'a [u8])> {
    let key = *keys.iter().find(|key| key.as_bytes() == name)?;
    Some((key, after.trim_ascii_start().strip_prefix(b":")?))
}

/// The scalar at the start of a text, without quotes.
fn value_at(text: &[u8]) -> String {
    let text = trim_inline(text);
    let text = text.strip_prefix(b"\"").or_else(|| text.strip_prefix(b"'")).unwrap_or(text);
    let end = text.iter().position(|byte| b"\"'\r\n,#{}[]".contains(byte)).unwrap_or(text.len()).min(256);
    String::from_utf8_lossy(text[..end].trim_ascii_end()).into_owned()
}

/// Without leading spaces and tabs; line breaks stay.
fn trim_inline(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|byte| !matches!(byte, b' ' | b'\t')).unwrap_or(text.len());
    &text[start..]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<String> {
        root_field(text.as_bytes(), &["openapi", "swagger"]).map(|field| format!("{}={}", field.key, field.value))
    }

    #[test]
    fn a_field_is_cut_out_whole() {
        let slice = |text: &'static str| root_slice(text.as_bytes(), "info").map(String::from_utf8_lossy);
        assert_eq!(
            slice("a: 1\ninfo:\n  title: x\n\n  version: 1\nb: 2\n").as_deref(),
            Some("info:\n  title: x\n\n  version: 1")
        );
        assert_eq!(slice("{\"a\": {\"info\": 1}, \"info\": {\"v\": \"}\"}}").as_deref(), Some("{\"v\": \"}\"}"));
        assert_eq!(slice("{\"info\": 1}"), None);
        assert_eq!(slice("{\"info\": {").as_deref(), None);
    }

    #[test]
    fn root_keys_are_found_wherever_they_stand() {
        for (text, expected) in [
            ("openapi: 3.0.0\n", Some("openapi=3.0.0")),
            ("info: {}\npaths: {}\n\"openapi\" : '3.1.0' # x\n", Some("openapi=3.1.0")),
            ("{\"info\":{\"openapi\":\"x, }\\\"\"},\"openapi\":\"3.0.3\"}", Some("openapi=3.0.3")),
            ("\u{feff}\n{ \"swagger\" : \"2.0\" }", Some("swagger=2.0")),
            ("{openapi: 3.0.0, info: {}}", Some("openapi=3.0.0")),
            ("info:\n  openapi: 3.0.0\n", None),
            ("{\"info\": {\"openapi\": \"3.0.0\"}}", None),
            ("[{\"openapi\": \"3.0.0\"}]", None),
            ("openapis: 3\n", None),
            ("openapi:3\n", None),
            ("# openapi: 3\nx: openapi\n", None),
            ("{\"a\": \"openapi", None),
            ("swagger:\n  path: x\n", Some("swagger=")),
            ("", None),
        ] {
            assert_eq!(found(text).as_deref(), expected, "{text}");
        }
    }
}
