//! `rules.md`: the list of rules, from their pages.

use std::collections::BTreeMap;
use std::fmt::Write;

use counterpart::rules::{Equivalent, Page, RuleTable};

use crate::reference::{cell, hold};

#[test]
fn the_page_of_rules_is_current() {
    let table = RuleTable::new();
    let mut folders: BTreeMap<&str, Vec<&Page>> = BTreeMap::new();
    for page in table.iter() {
        folders.entry(page.format()).or_default().push(page);
    }
    let mut text = String::from(
        "Each rule is a page with examples that the tests run; `counterpart explain RULE` prints it. The last column \
         names the rules of other tools that report the same change (`counterpart explain buf:FIELD_SAME_TYPE`).\n",
    );
    for (folder, pages) in folders {
        let _ = writeln!(text, "\n## {folder}\n\n| rule | finds | other tools |\n|---|---|---|");
        for page in pages {
            let name = page.id.rsplit('/').next().unwrap_or(&page.id);
            let others: Vec<String> = page.equivalents.iter().map(|other| format!("`{}`", id(other))).collect();
            let _ = writeln!(
                text,
                "| [{}](../rules/{folder}/{name}.md) | {} | {} |",
                page.id,
                cell(&page.title),
                cell(&others.join(", "))
            );
        }
    }
    hold("rules.md", "Rules", &text);
}

fn id(equivalent: &Equivalent) -> &str {
    match equivalent {
        Equivalent::Always(id) | Equivalent::Conditional { id, .. } => id,
    }
}
