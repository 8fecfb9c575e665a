//! The files through which a step tells the runner its results.

use std::fs::OpenOptions;
use std::io::Write;

use camino::Utf8Path;

use crate::finding::Problem;

/// GitHub drops a summary that is larger than a mebibyte; the rest is room for the line that says it was cut.
const LONGEST_SUMMARY: usize = (1 << 20) - 1024;

/// Appends `name=value` to `GITHUB_OUTPUT`. Values of several lines are delimited by a text that does not occur in them.
///
/// # Errors
/// When the file cannot be written: a later step would read an empty output as "nothing".
pub fn append_output(file: &Utf8Path, name: &str, value: &str) -> Result<(), Problem> {
    let mut delimiter = "END_OF_VALUE".to_owned();
    while value.contains(&delimiter) {
        delimiter.push('_');
    }
    append(file, &format!("{name}<<{delimiter}\n{value}\n{delimiter}\n"))
}

/// Appends Markdown to `GITHUB_STEP_SUMMARY`, cut at a line before GitHub's limit.
///
/// # Errors
/// When the file cannot be written.
pub fn append_summary(file: &Utf8Path, markdown: &str) -> Result<(), Problem> {
    if markdown.len() <= LONGEST_SUMMARY {
        return append(file, &format!("{markdown}\n"));
    }
    let mut end = LONGEST_SUMMARY;
    while !markdown.is_char_boundary(end) {
        end -= 1;
    }
    let end = markdown[..end].rfind('\n').unwrap_or(end);
    append(file, &format!("{}\n\n…cut: a summary may have one mebibyte.\n", &markdown[..end]))
}

fn append(file: &Utf8Path, text: &str) -> Result<(), Problem> {
    let written =
        OpenOptions::new().append(true).create(true).open(file).and_then(|mut out| out.write_all(text.as_bytes()));
    written.map_err(|error| Problem::new("unwritable", format!("`{file}` could not be written: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_survive_values_that_contain_the_delimiter() {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let file = Utf8Path::from_path(folder.path()).expect("its path is UTF-8").join("output");
        append_output(&file, "result", "a\nEND_OF_VALUE\nb").expect("it is written");
        let text = std::fs::read_to_string(&file).expect("it can be read");
        assert_eq!(text, "result<<END_OF_VALUE_\na\nEND_OF_VALUE\nb\nEND_OF_VALUE_\n");
    }

    #[test]
    fn a_summary_that_is_too_long_is_cut_at_a_line() {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let file = Utf8Path::from_path(folder.path()).expect("its path is UTF-8").join("summary");
        append_summary(&file, &"ä line of text\n".repeat(100_000)).expect("it is written");
        let text = std::fs::read_to_string(&file).expect("it can be read");
        assert!(text.len() <= 1 << 20 && text.ends_with("…cut: a summary may have one mebibyte.\n"));
    }
}
