//! Tables of steps.

use serde_json::{Value, json};

/// Rows of cells; the first row names the columns where it does.
#[derive(Debug, Clone, Default)]
pub struct Table {
    pub rows: Vec<Vec<String>>,
}

/// The cells of a line; `\|` is a bar.
pub fn cells(line: &str) -> Vec<String> {
    let inner = line.trim().trim_start_matches('|');
    let inner = inner.strip_suffix('|').unwrap_or(inner);
    inner
        .replace("\\|", "\u{0}")
        .split('|')
        .map(|cell| cell.trim().replace('\u{0}', "|").replace("\\\\", "\\"))
        .collect()
}

/// One row by column names.
#[derive(Debug, Clone, Default)]
pub struct Row(pub Vec<(String, String)>);

impl Row {
    /// The cell, unless it is empty.
    pub fn get(&self, column: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(name, _)| name == column)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// This row with the cells of another over its own.
    pub fn with(&self, changes: &Self) -> Self {
        let mut row = self.clone();
        for (name, value) in &changes.0 {
            row.0.retain(|(key, _)| key != name);
            row.0.push((name.clone(), value.clone()));
        }
        row
    }
}

impl Table {
    /// The rows under the names of the first.
    pub fn named(&self) -> Vec<Row> {
        let Some((names, rows)) = self.rows.split_first() else { return Vec::new() };
        rows.iter().map(|row| Row(names.iter().cloned().zip(row.iter().cloned()).collect())).collect()
    }

    /// Comments on an interaction, by their types, as a pact has them.
    pub fn comments(&self) -> Value {
        let rows = self.named();
        let of = |kind: &str| {
            let rows = rows.iter().filter(|row| row.get("type") == Some(kind));
            rows.filter_map(|row| row.get("comment")).collect::<Vec<_>>()
        };
        json!({"text": of("text"), "testname": of("testname").first()})
    }

    /// A table of two columns, names on the left.
    pub fn pairs(&self) -> Row {
        Row(self.rows.iter().filter(|row| row.len() == 2).map(|row| (row[0].clone(), row[1].clone())).collect())
    }
}
