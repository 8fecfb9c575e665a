//! Finds the imports of a file without parsing it.

use memchr::memmem;

/// The paths that a file imports; `None` when that can't be told without parsing. Comments may add paths that are
/// not imported; none is left out.
pub(in crate::formats::protobuf) fn imports(bytes: &[u8]) -> Option<Vec<&str>> {
    let mut found = Vec::new();
    for at in memmem::find_iter(bytes, b"import") {
        let is_inside_word = at > 0 && is_word(bytes[at - 1]);
        let after = &bytes[at + b"import".len()..];
        if is_inside_word || after.first().is_some_and(|&byte| is_word(byte)) {
            continue;
        }
        // Prose in comments says "import" too; only a string, perhaps behind a modifier, makes it a statement.
        let mut rest = after.trim_ascii_start();
        for modifier in [&b"public"[..], b"weak", b"option"] {
            if let Some(behind) = rest.strip_prefix(modifier) {
                rest = behind.trim_ascii_start();
                break;
            }
        }
        match rest.first() {
            Some(&quote @ (b'"' | b'\'')) => {
                let end = memchr::memchr(quote, &rest[1..])?;
                let path = &rest[1..=end];
                let behind = rest[end + 2..].trim_ascii_start();
                if path.contains(&b'\\') || behind.first() != Some(&b';') {
                    return None;
                }
                found.push(std::str::from_utf8(path).ok()?);
            }
            // A comment may stand between the words.
            Some(b'/') => return None,
            _ => {}
        }
    }
    Some(found)
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_found_and_prose_is_not() {
        let text = b"// we import things\nimport \"a.proto\";\nimport  public 'b/c.proto' ;\nmessage important {}";
        assert_eq!(imports(text), Some(vec!["a.proto", "b/c.proto"]));
    }

    #[test]
    fn what_only_a_parser_can_tell_is_left_to_it() {
        assert_eq!(imports(b"import /* x */ \"a.proto\";"), None);
        assert_eq!(imports(b"import \"a\" \"b.proto\";"), None);
        assert_eq!(imports(b"import \"\\x61.proto\";"), None);
    }
}
