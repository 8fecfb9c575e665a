//! What other tools' settings in the repository said, in our words, for `init`.

mod buf;
mod buf_rules;
mod oasdiff;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use serde_json::Value;

use crate::config::template::quoted;
use crate::config::vocabulary::FailOn;
use crate::policy::{Layer, SeverityWord};
use crate::rules::{Equivalent, Page, RuleTable};
use crate::source::{FileId, Tree};
use crate::syntax;

/// Settings that were found, and what to say about them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TakenOver {
    /// `policy.layers`, where they are not all.
    pub layers: Option<Vec<Layer>>,
    /// `policy.strict-unstable`.
    pub strict_unstable: bool,
    /// `policy.fail-on`.
    pub fail_on: Option<FailOn>,
    /// `policy.severity`.
    pub severities: BTreeMap<String, SeverityWord>,
    /// `policy.ignore`: rules, and the files in which they do not count.
    pub ignored: BTreeMap<String, BTreeSet<String>>,
    /// `exclude`.
    pub exclude: BTreeSet<String>,
    /// Lines for people: what was taken from where, and what could not be.
    pub remarks: Vec<String>,
}

/// Reads the settings of buf and oasdiff in a project's tree.
#[must_use]
pub fn take_over(tree: &dyn Tree) -> TakenOver {
    let table = RuleTable::new();
    let mut taken = TakenOver::default();
    buf::take(tree, &table, &mut taken);
    oasdiff::take(tree, &table, &mut taken);
    taken
}

impl TakenOver {
    /// The `[policy]` part of a project file; empty if nothing was found.
    #[must_use]
    pub fn policy_text(&self) -> String {
        let nothing = Self { remarks: Vec::new(), exclude: BTreeSet::new(), ..self.clone() } == Self::default();
        if nothing {
            return String::new();
        }
        // Writing into a string cannot fail.
        let mut text = "[policy]\nmode = \"expansion-only\"\n".to_owned();
        let _ = writeln!(text, "fail-on = \"{}\"", self.fail_on.unwrap_or_default());
        if let Some(layers) = &self.layers {
            let names: Vec<String> = layers.iter().map(|layer| format!("\"{layer:?}\"").to_lowercase()).collect();
            let _ = writeln!(text, "# What must keep working, as in the categories that buf.yaml used.");
            let _ = writeln!(text, "layers = [{}]", names.join(", "));
        }
        if self.strict_unstable {
            let _ = writeln!(text, "# buf.yaml did not say `ignore_unstable_packages`, so breaks in v1alpha1 count.");
            let _ = writeln!(text, "strict-unstable = true");
        }
        text.push('\n');
        if !self.severities.is_empty() {
            text.push_str(
                "# Taken over. `note` still shows a change, and still counts for the version.\n[policy.severity]\n",
            );
            for (rule, severity) in &self.severities {
                let _ = writeln!(text, "{} = \"{}\"", quoted(rule), format!("{severity:?}").to_lowercase());
            }
            text.push('\n');
        }
        for (rule, paths) in &self.ignored {
            let paths: Vec<String> = paths.iter().map(|path| quoted(path)).collect();
            let _ = writeln!(text, "[[policy.ignore]]\nrule = {}\npaths = [{}]\n", quoted(rule), paths.join(", "));
        }
        text
    }
}

/// The ids of another tool that a page stands for, without the tool's name.
fn ids_of<'a>(page: &'a Page, tool: &'a str) -> impl Iterator<Item = &'a str> {
    page.equivalents.iter().filter_map(move |equivalent| {
        let (Equivalent::Always(id) | Equivalent::Conditional { id, .. }) = equivalent;
        id.strip_prefix(tool)?.strip_prefix(':')
    })
}

/// A YAML or JSON file of the tree as a value; `None` if it is not there or cannot be read.
fn read_value(tree: &dyn Tree, path: &str) -> Option<Value> {
    let bytes = tree.read(&[path]).pop()?.ok()?;
    let text = syntax::decode(&bytes).ok()?;
    let parsed = syntax::parse(FileId(0), path, text);
    parsed.document.to_json(parsed.document.root(), 100_000).ok()
}

fn strings(value: Option<&Value>) -> Vec<String> {
    let items = value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
}
