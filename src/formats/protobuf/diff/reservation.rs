//! The reservation that a removed field or enum value leaves to be written, and where it goes.

use crate::change::{Facts, Insertion};
use crate::formats::protobuf::diff::context::Context;
use crate::formats::protobuf::model::{Extent, FileIndex};
use crate::source::Span;

/// What reserves a number and a name, as far as the facts `number-reserved` and `name-reserved` say that they are free:
/// statements in the language of the file, joined for the help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reservation {
    /// `reserved 2;`, `reserved "sku";`; editions write names without quotes.
    statements: Vec<String>,
}

impl Reservation {
    /// For a number and its names that are gone from an element of `file`; names that it uses elsewhere are left out.
    pub(crate) fn of<'n>(
        context: &Context<'_>,
        file: FileIndex,
        facts: &Facts,
        number: i32,
        names: impl Iterator<Item = &'n str>,
    ) -> Self {
        let is_free = |fact| facts.get(fact) == Some("false");
        let mut statements = Vec::new();
        if is_free("number-reserved") {
            statements.push(format!("reserved {number};"));
        }
        if is_free("name-reserved") {
            let is_edition = context.new.file(file).syntax.is_edition();
            let written = names.map(|name| if is_edition { name.to_owned() } else { format!("\"{name}\"") });
            let written: Vec<String> = written.collect();
            if !written.is_empty() {
                statements.push(format!("reserved {};", written.join(", ")));
            }
        }
        Self { statements }
    }

    /// As one line, for the help.
    pub(crate) fn text(&self) -> String {
        self.statements.join(" ")
    }

    /// Where it goes: behind the brace that follows the element's name. `None` when nothing is to be reserved or the
    /// brace is not found, as in a descriptor set.
    pub(crate) fn insertion(self, context: &Context<'_>, file: FileIndex, name: Extent) -> Option<Insertion> {
        let source = context.new.file(file).source;
        let text = context.new_sources.file(source).text();
        let brace = name.end as usize + brace_offset(text.get(name.end as usize..)?)?;
        let at = u32::try_from(brace + 1).ok()?;
        let at = Span { file: source, start: at, end: at };
        (!self.statements.is_empty()).then_some(Insertion { at, statements: self.statements })
    }
}

/// The offset of the brace that a text starts with, behind white space and comments.
fn brace_offset(text: &str) -> Option<usize> {
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        if rest.starts_with('{') {
            return Some(text.len() - rest.len());
        }
        let end = if rest.starts_with("//") {
            rest.find('\n')?
        } else if rest.starts_with("/*") {
            rest.find("*/")? + 2
        } else {
            return None;
        };
        rest = &rest[end..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_brace_is_found_behind_comments() {
        assert_eq!(brace_offset(" {}"), Some(1));
        assert_eq!(brace_offset(" // {\n/* { */ {"), Some(14));
        assert_eq!(brace_offset(" = 1 {"), None);
        assert_eq!(brace_offset(""), None);
    }
}
