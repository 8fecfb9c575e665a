//! Breaking lines so that they fit a narrow terminal.

use unicode_width::UnicodeWidthStr;

/// Breaks a line at spaces to fit `width` columns; continuation lines are indented by `indent`. ANSI sequences take no
/// room. Words that are too long for a line stay whole: a cut path or payload cannot be copied.
pub(crate) fn wrap(line: &str, width: Option<usize>, indent: usize) -> String {
    let Some(width) = width else { return line.to_owned() };
    if columns(line) <= width {
        return line.to_owned();
    }
    let lead: String = line.chars().take_while(|character| *character == ' ').collect();
    let mut out = lead.clone();
    let mut used = lead.len();
    let mut is_first = true;
    for word in line.trim_start_matches(' ').split(' ') {
        let needed = columns(word);
        if !is_first && used + 1 + needed > width {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', indent));
            used = indent;
        } else if !is_first {
            out.push(' ');
            used += 1;
        }
        out.push_str(word);
        used += needed;
        is_first = false;
    }
    out
}

/// Columns that a text takes on a terminal, without its ANSI sequences.
fn columns(text: &str) -> usize {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character == '\u{1b}' && characters.as_str().starts_with(']') {
            // A link ends at the string terminator.
            while let Some(skipped) = characters.next() {
                if skipped == '\u{1b}' {
                    characters.next();
                    break;
                }
            }
        } else if character == '\u{1b}' {
            for skipped in characters.by_ref() {
                if skipped.is_ascii_alphabetic() {
                    break;
                }
            }
        } else {
            plain.push(character);
        }
    }
    plain.width()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_spaces_and_continue_indented() {
        assert_eq!(wrap("aaa bbb ccc", Some(7), 2), "aaa bbb\n  ccc");
        assert_eq!(wrap("aaa bbb ccc", None, 2), "aaa bbb ccc");
        assert_eq!(wrap("a-very-long-word b", Some(5), 2), "a-very-long-word\n  b");
    }

    #[test]
    fn links_take_no_more_room_than_their_text() {
        assert_eq!(columns("\u{1b}]8;;https://example.org/a\u{1b}\\rule\u{1b}]8;;\u{1b}\\ x"), 6);
    }

    #[test]
    fn colors_take_no_room() {
        assert_eq!(wrap("\u{1b}[31mred\u{1b}[0m bb", Some(6), 2), "\u{1b}[31mred\u{1b}[0m bb");
    }
}
