//! The path expressions of matching rules and generators: `$.items[*].id`, `$['a b']`, `$.*`.

use std::fmt;

/// One step of a path expression.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PathToken {
    /// `.name` or `['name']`.
    Field(String),
    /// `[3]`.
    Index(usize),
    /// `.*`: any property or element.
    Star,
    /// `[*]`: any element.
    StarIndex,
}

/// A path expression. Its root `$` is implied: no tokens is the whole value.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Path(pub Vec<PathToken>);

/// A real place in a value: what a path expression is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step<'v> {
    Key(&'v str),
    Index(usize),
}

impl Path {
    /// Reads an expression that starts with `$`.
    ///
    /// # Errors
    /// A sentence about what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let rest = text.strip_prefix('$').ok_or_else(|| format!("the path `{text}` does not start with `$`"))?;
        Self::parse_tokens(rest, text)
    }

    /// Reads the key of a rule for a query parameter, header or metadata entry: a plain name, `name[0]`, or a path.
    #[must_use]
    pub fn parse_name(text: &str) -> Self {
        if text.starts_with('$')
            && let Ok(path) = Self::parse(text)
        {
            return path;
        }
        // `ids[]` is a usual name of a parameter, so a bracket counts only around a number or a star.
        if let Some((name, index)) = text.strip_suffix(']').and_then(|rest| rest.rsplit_once('['))
            && !name.is_empty()
        {
            if index == "*" {
                return Self(vec![PathToken::Field(name.to_owned()), PathToken::StarIndex]);
            }
            if let Ok(index) = index.parse() {
                return Self(vec![PathToken::Field(name.to_owned()), PathToken::Index(index)]);
            }
        }
        Self(vec![PathToken::Field(text.to_owned())])
    }

    fn parse_tokens(mut rest: &str, whole: &str) -> Result<Self, String> {
        let mut tokens = Vec::new();
        while let Some(first) = rest.chars().next() {
            rest = match first {
                '.' => {
                    let after = &rest[1..];
                    let end = after.find(['.', '[']).unwrap_or(after.len());
                    let name = &after[..end];
                    match name {
                        "" => return Err(format!("the path `{whole}` has an empty step")),
                        "*" => tokens.push(PathToken::Star),
                        _ => tokens.push(PathToken::Field(name.to_owned())),
                    }
                    &after[end..]
                }
                '[' => {
                    let (token, after) = bracket(&rest[1..], whole)?;
                    tokens.push(token);
                    after
                }
                // `$body.name` and the like are written by old consumers: read as if the dot were there.
                _ if tokens.is_empty() => {
                    let end = rest.find(['.', '[']).unwrap_or(rest.len());
                    tokens.push(PathToken::Field(rest[..end].to_owned()));
                    &rest[end..]
                }
                other => return Err(format!("the path `{whole}` has `{other}` where a step should begin")),
            };
        }
        Ok(Self(tokens))
    }

    /// The expression without its first token.
    #[must_use]
    pub fn without_first(&self) -> Self {
        Self(self.0.iter().skip(1).cloned().collect())
    }
}

fn bracket<'t>(text: &'t str, whole: &str) -> Result<(PathToken, &'t str), String> {
    let unclosed = || format!("the path `{whole}` has a `[` that is never closed");
    if let Some(quote) = text.chars().next().filter(|first| matches!(first, '\'' | '"')) {
        let mut name = String::new();
        let mut characters = text.char_indices().skip(1);
        while let Some((at, character)) = characters.next() {
            if character == '\\' {
                if let Some((_, escaped)) = characters.next() {
                    name.push(escaped);
                }
            } else if character == quote {
                let after = text[at + 1..].strip_prefix(']').ok_or_else(unclosed)?;
                return Ok((PathToken::Field(name), after));
            } else {
                name.push(character);
            }
        }
        return Err(unclosed());
    }
    let (inside, after) = text.split_once(']').ok_or_else(unclosed)?;
    let token = match inside {
        "*" => PathToken::StarIndex,
        digits => match digits.parse() {
            Ok(index) => PathToken::Index(index),
            Err(_) => {
                return Err(format!(
                    "the path `{whole}` has `[{inside}]`, which is neither an index nor `*` nor a quoted name"
                ));
            }
        },
    };
    Ok((token, after))
}

impl PathToken {
    /// 0 where the step is another place, 1 where a wildcard covers it, 2 where it is named.
    pub(crate) fn weight(&self, step: Step<'_>) -> u8 {
        match (self, step) {
            (Self::Star, _) | (Self::StarIndex, Step::Index(_)) => 1,
            (Self::StarIndex, Step::Key(key)) => u8::from(is_number(key)),
            (Self::Field(name), Step::Key(key)) => 2 * u8::from(name == key),
            (Self::Field(name), Step::Index(index)) => 2 * u8::from(name.parse() == Ok(index)),
            (Self::Index(expected), Step::Index(index)) => 2 * u8::from(*expected == index),
            (Self::Index(expected), Step::Key(key)) => 2 * u8::from(key.parse() == Ok(*expected)),
        }
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl fmt::Display for Path {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("$")?;
        self.0.iter().try_for_each(|token| match token {
            PathToken::Field(name) => write_name(formatter, name),
            PathToken::Index(index) => write!(formatter, "[{index}]"),
            PathToken::Star => formatter.write_str(".*"),
            PathToken::StarIndex => formatter.write_str("[*]"),
        })
    }
}

fn write_name(output: &mut impl fmt::Write, name: &str) -> fmt::Result {
    if is_number(name) {
        return write!(output, "[{name}]");
    }
    let is_plain = !name.is_empty()
        && name
            .chars()
            .all(|character| character.is_alphanumeric() || matches!(character, '_' | '-' | '#' | '@' | ':'));
    if is_plain && !name.starts_with('@') { write!(output, ".{name}") } else { write!(output, "['{name}']") }
}

/// A place for people: `$.items[0]['a b']`.
pub(crate) fn display(steps: &[Step<'_>]) -> String {
    let mut text = String::from("$");
    for step in steps {
        let written = match step {
            Step::Key(key) => write_name(&mut text, key),
            Step::Index(index) => fmt::Write::write_fmt(&mut text, format_args!("[{index}]")),
        };
        debug_assert!(written.is_ok(), "writing to a string cannot fail");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_notation_is_read() {
        let path = Path::parse("$.a['b c'][\"d\"][0][*].*.@id").expect("well formed");
        assert_eq!(path.0.len(), 7);
        assert_eq!(path.to_string(), "$.a['b c'].d[0][*].*['@id']");
    }

    #[test]
    fn broken_paths_are_refused_with_a_reason() {
        for text in ["a.b", "$.", "$.a[", "$.a['b]", "$.a[x]", "$[0]x"] {
            assert!(Path::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_parameter_named_with_empty_brackets_is_a_name() {
        assert_eq!(Path::parse_name("ids[]"), Path(vec![PathToken::Field("ids[]".into())]));
        assert_eq!(Path::parse_name("ids[*]").0.len(), 2);
    }
}
