//! The runnable examples of a page.

use crate::rules::page::Page;

/// One example: two sides and what is found between them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Example {
    /// The heading above it.
    pub heading: String,
    /// The old files.
    pub old: Vec<ExampleFile>,
    /// The new files.
    pub new: Vec<ExampleFile>,
    /// All findings, in the order of the page.
    pub findings: Vec<ExpectedFinding>,
}

/// One file of an example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExampleFile {
    /// Its path; `contract.<ending>` where the page gives none.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// One line of a `findings` block: severity, rule, subject name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExpectedFinding {
    /// `error`, `warning` or `note`.
    pub severity: String,
    /// The rule's id.
    pub rule: String,
    /// `subject.name`.
    pub subject: String,
}

impl Page {
    /// The examples in the order of the page. A `findings` block ends an example; a side that is left out is empty.
    #[must_use]
    pub fn examples(&self) -> Vec<Example> {
        let mut examples = Vec::new();
        let mut current = Example::default();
        let mut lines = self.body.lines();
        let mut heading = String::new();
        while let Some(line) = lines.next() {
            if let Some(text) = line.strip_prefix("## ") {
                text.clone_into(&mut heading);
            }
            let Some(info) = line.strip_prefix("```").filter(|info| !info.is_empty()) else { continue };
            let text: String = lines.by_ref().take_while(|line| *line != "```").flat_map(|line| [line, "\n"]).collect();
            let mut words = info.split_whitespace();
            let (language, side, path) = (words.next().unwrap_or_default(), words.next(), words.next());
            match (language, side) {
                ("findings", None) => {
                    current.heading.clone_from(&heading);
                    current.findings = text.lines().filter_map(expected_finding).collect();
                    examples.push(std::mem::take(&mut current));
                }
                (_, Some("old")) => current.old.push(ExampleFile { path: path_or(path, language), text }),
                (_, Some("new")) => current.new.push(ExampleFile { path: path_or(path, language), text }),
                _ => {}
            }
        }
        examples
    }
}

fn path_or(path: Option<&str>, language: &str) -> String {
    path.map_or_else(|| format!("contract.{language}"), str::to_owned)
}

fn expected_finding(line: &str) -> Option<ExpectedFinding> {
    let mut words = line.splitn(3, ' ');
    Some(ExpectedFinding {
        severity: words.next()?.to_owned(),
        rule: words.next()?.to_owned(),
        subject: words.next()?.trim().to_owned(),
    })
}
