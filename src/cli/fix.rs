//! `check --fix`: inserts the reservations that findings ask for, and nothing else.

use std::collections::BTreeMap;
use std::sync::Arc;

use camino::Utf8Path;

use crate::cli::output::replace_files;
use crate::finding::{Finding, Fix, Problem};

/// Inserts the fixes of all findings that count into the files below `roots` (the first that has the file as it was
/// checked) and returns the files that changed, sorted.
///
/// # Errors
/// When a file is not what was checked any more, or cannot be written.
pub(crate) fn apply(findings: &[Finding], roots: &[&Utf8Path]) -> Result<Vec<String>, Problem> {
    let mut by_file: BTreeMap<&str, (&Arc<str>, Vec<&Fix>)> = BTreeMap::new();
    let fixes = findings.iter().filter(|finding| finding.suppressed.is_none()).filter_map(|item| item.fix.as_ref());
    for fix in fixes {
        by_file.entry(&fix.path).or_insert_with(|| (&fix.source, Vec::new())).1.push(fix);
    }
    let mut changed = Vec::with_capacity(by_file.len());
    let mut texts = BTreeMap::new();
    for (path, (source, fixes)) in by_file {
        let mut places: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
        for fix in fixes {
            places.entry(fix.at).or_default().extend(fix.insert.iter().map(String::as_str));
        }
        let text = inserted(source, &places);
        let is_as_checked = |path: &Utf8Path| std::fs::read(path).is_ok_and(|bytes| bytes == source.as_bytes());
        let target = roots.iter().map(|root| root.join(path)).find(|path| is_as_checked(path)).ok_or_else(|| {
            Problem::new("not-fixed", format!("`{path}` is not on the disk as it was checked, so it was not changed"))
                .with_help("run `counterpart check --fix` again, in the working tree")
        })?;
        texts.insert(target, text);
        changed.push(path.to_owned());
    }
    replace_files(&texts)?;
    Ok(changed)
}

/// The text with statements inserted at byte offsets that lie behind opening braces.
fn inserted(text: &str, places: &BTreeMap<usize, Vec<&str>>) -> String {
    let mut out = String::with_capacity(text.len() + places.len() * 64);
    let mut done = 0;
    for (&at, statements) in places {
        let statements = merged(statements);
        let rest = &text[at..];
        let line_end = rest.find('\n');
        let to_line_end = rest[..line_end.unwrap_or(rest.len())].trim();
        if line_end.is_some() && (to_line_end.is_empty() || to_line_end.starts_with("//")) {
            // The body starts on a line of its own: so do the statements, indented as the body is.
            let end = at + line_end.unwrap_or_default();
            out.push_str(&text[done..end]);
            let ending = if text[..end].ends_with('\r') { "\r\n" } else { "\n" };
            let indentation = indentation(text, at, end + 1);
            let lines: Vec<String> = statements.iter().map(|line| format!("{indentation}{line}")).collect();
            out.push('\n');
            out.push_str(&lines.join(ending));
            out.push_str(ending.trim_end_matches('\n'));
            done = end;
        } else {
            out.push_str(&text[done..at]);
            out.push(' ');
            out.push_str(&statements.join(" "));
            if rest.starts_with('}') {
                out.push(' ');
            }
            done = at;
        }
    }
    out.push_str(&text[done..]);
    out
}

/// The white space before the first line of a body; of an empty one, a step more than before the line of its brace.
fn indentation(text: &str, brace: usize, body: usize) -> String {
    let space = |line: &str| line[..line.len() - line.trim_start().len()].to_owned();
    let own = space(&text[text[..brace].rfind('\n').map_or(0, |end| end + 1)..brace]);
    let first = text[body..].lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    if !first.trim_start().starts_with('}') {
        return space(first);
    }
    let step = if own.contains('\t') || text.contains("\n\t") { "\t" } else { "  " };
    own + step
}

/// Numbers in one statement and names in another, as people write them.
fn merged(statements: &[&str]) -> Vec<String> {
    let mut numbers = Vec::new();
    let mut names = Vec::new();
    for statement in statements {
        let items = statement.trim_start_matches("reserved ").trim_end_matches(';').split(", ");
        for item in items {
            let is_number = item.starts_with(|first: char| first.is_ascii_digit() || first == '-');
            if is_number { &mut numbers } else { &mut names }.push(item);
        }
    }
    let all = [numbers, names].into_iter().filter(|items| !items.is_empty());
    all.map(|items| format!("reserved {};", items.join(", "))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn insert(text: &str, statements: &[&str]) -> String {
        let at = text.find('{').expect("the text has a body") + 1;
        inserted(text, &BTreeMap::from([(at, statements.to_vec())]))
    }

    #[test]
    fn reservations_take_the_indentation_of_the_body() {
        let fixed = insert(
            "message Order {\n    string id = 1;\n}\n",
            &["reserved 2;", "reserved \"sku\";", "reserved 3;", "reserved \"size\";"],
        );
        let expected = "message Order {\n    reserved 2, 3;\n    reserved \"sku\", \"size\";\n    string id = 1;\n}\n";
        assert_eq!(fixed, expected);
    }

    #[test]
    fn a_body_on_one_line_stays_there() {
        assert_eq!(insert("message M { string a = 1; }", &["reserved 2;"]), "message M { reserved 2; string a = 1; }");
        assert_eq!(insert("message M {}", &["reserved 2;"]), "message M { reserved 2; }");
    }

    #[test]
    fn line_endings_tabs_and_comments_stay() {
        assert_eq!(
            insert("enum E { // all\r\n\tA = 0;\r\n}\r\n", &["reserved -1;"]),
            "enum E { // all\r\n\treserved -1;\r\n\tA = 0;\r\n}\r\n"
        );
        assert_eq!(insert("message M {\n}\n", &["reserved 2;"]), "message M {\n  reserved 2;\n}\n");
    }
}
