//! As much of Gherkin as the suite uses.

use crate::verify::suite::table::{Table, cells};

/// One step with its table.
#[derive(Debug, Clone)]
pub struct Step {
    /// Without the keyword.
    pub text: String,
    pub table: Table,
}

/// One scenario with the steps of the background before its own.
#[derive(Debug, Clone)]
pub struct Scenario {
    pub name: String,
    pub steps: Vec<Step>,
}

impl Step {
    /// The texts between double quotes, escaped quotes inside them kept as quotes.
    pub fn quoted(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut current: Option<String> = None;
        let mut characters = self.text.chars();
        while let Some(character) = characters.next() {
            match (character, &mut current) {
                ('\\', Some(text)) => match characters.next() {
                    Some('"') => text.push('"'),
                    Some(other) => {
                        text.push('\\');
                        text.push(other);
                    }
                    None => {}
                },
                ('"', None) => current = Some(String::new()),
                ('"', Some(_)) => found.extend(current.take()),
                (other, Some(text)) => text.push(other),
                (_, None) => {}
            }
        }
        found
    }

    /// The numbers in the text outside quotes, in order.
    pub fn numbers(&self) -> Vec<usize> {
        let outside: String = self.text.split('"').step_by(2).collect::<Vec<_>>().join(" ");
        outside.split(|character: char| !character.is_ascii_digit()).filter_map(|digits| digits.parse().ok()).collect()
    }

    pub fn has(&self, part: &str) -> bool {
        self.text.contains(part)
    }
}

/// The scenarios of a feature.
pub fn scenarios(text: &str) -> Vec<Scenario> {
    let mut background: Vec<Step> = Vec::new();
    let mut found: Vec<Scenario> = Vec::new();
    let mut is_background = false;
    for line in text.lines().map(str::trim) {
        let step = ["Given ", "When ", "Then ", "And "].iter().find_map(|keyword| line.strip_prefix(keyword));
        if let Some(name) = line.strip_prefix("Scenario:") {
            is_background = false;
            found.push(Scenario { name: name.trim().to_owned(), steps: background.clone() });
        } else if line.starts_with("Background:") {
            is_background = true;
        } else if let Some(step) = step {
            let steps = if is_background {
                &mut background
            } else {
                &mut found.last_mut().expect("a step stands in a scenario").steps
            };
            steps.push(Step { text: step.to_owned(), table: Table::default() });
        } else if line.starts_with('|') {
            let steps = if is_background {
                &mut background
            } else {
                &mut found.last_mut().expect("a table stands in a scenario").steps
            };
            steps.last_mut().expect("a table stands under a step").table.rows.push(cells(line));
        }
    }
    found
}
