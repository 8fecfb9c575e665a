//! Finds the imports and the package of a file without parsing it.

use memchr::memmem;

/// The paths that a file imports; `None` when that can't be told without parsing. Comments may add paths that are
/// not imported; none is left out.
pub(in crate::formats::protobuf) fn imports(bytes: &[u8]) -> Option<Vec<&str>> {
    let mut found = Vec::new();
    for at in memmem::find_iter(bytes, b"import") {
        let is_inside_word = at > 0 && is_word(bytes[at - 1]);
        let after = &bytes[at + b"import".len()..];
        let is_other_word = is_inside_word || after.first().is_some_and(|&byte| is_word(byte));
        if is_other_word || is_comment(line_before(bytes, at)) {
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

/// The package that a file declares, empty if none; `None` when that can't be told without parsing.
pub(in crate::formats::protobuf) fn package(bytes: &[u8]) -> Option<&str> {
    let mut found = None;
    for at in memmem::find_iter(bytes, b"package") {
        let after = &bytes[at + b"package".len()..];
        let is_other_word = !after.first().is_some_and(u8::is_ascii_whitespace) || (at > 0 && is_word(bytes[at - 1]));
        let before = line_before(bytes, at);
        if is_other_word || is_comment(before) {
            continue;
        }
        let rest = after.trim_ascii_start();
        let end = rest.iter().position(|&byte| !is_word(byte) && byte != b'.').unwrap_or(rest.len());
        if end == 0 || rest[end..].trim_ascii_start().first() != Some(&b';') {
            // Prose, unless a comment stands between the words.
            if rest.first() == Some(&b'/') || rest[end..].trim_ascii_start().first() == Some(&b'/') {
                return None;
            }
            continue;
        }
        let is_in_block = memmem::rfind(&bytes[..at], b"/*") > memmem::rfind(&bytes[..at], b"*/");
        if !before.is_empty() || is_in_block || found.is_some() {
            return None;
        }
        found = Some(std::str::from_utf8(&rest[..end]).ok()?);
    }
    Some(found.unwrap_or_default())
}

/// The line up to a place in it, without its indentation.
fn line_before(bytes: &[u8], at: usize) -> &[u8] {
    let start = memchr::memrchr(b'\n', &bytes[..at]).map_or(0, |end| end + 1);
    bytes[start..at].trim_ascii_start()
}

/// Whether what follows on this line is prose: a line comment, unless it only closes a block around it.
fn is_comment(before: &[u8]) -> bool {
    before.starts_with(b"//") && memmem::find(before, b"*/").is_none()
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
    fn the_package_is_found_where_it_is_plain() {
        assert_eq!(package(b"// a package acme;\nsyntax = 'proto3';\npackage acme.v1 ;\n"), Some("acme.v1"));
        assert_eq!(package(b"package a;\n// Keys are the package\n// and names.\n"), Some("a"));
        assert_eq!(package(b"/* licence */\npackage acme;\n// the package is ours\n"), Some("acme"));
        assert_eq!(package(b"option java_package = 'a';\nmessage package_info {}"), Some(""));
        for unclear in
            ["/*\npackage a;\n*/", "syntax = 'proto3'; package a;", "package /**/ a;", "package a;\npackage b;"]
        {
            assert_eq!(package(unclear.as_bytes()), None, "{unclear}");
        }
    }

    #[test]
    fn line_comments_are_no_statements() {
        assert_eq!(imports(b"// the import\n// happens later\nimport \"a.proto\";\n"), Some(vec!["a.proto"]));
        assert_eq!(imports(b"/*\n// */ import \"a.proto\";\n"), Some(vec!["a.proto"]));
    }

    #[test]
    fn what_only_a_parser_can_tell_is_left_to_it() {
        assert_eq!(imports(b"import /* x */ \"a.proto\";"), None);
        assert_eq!(imports(b"import \"a\" \"b.proto\";"), None);
        assert_eq!(imports(b"import \"\\x61.proto\";"), None);
    }
}
