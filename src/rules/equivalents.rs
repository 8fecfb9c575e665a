//! Which rules of other tools would report the same edit.

use std::collections::BTreeSet;

use crate::change::{Facts, ONLY_HERE};
use crate::rules::page::{Equivalent, Page, holds};

/// The other tools' rules for a change with these facts at these places, sorted, without repeats.
pub(crate) fn equivalents(page: &Page, facts: &Facts, places: &BTreeSet<&'static str>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    if places.contains(ONLY_HERE) {
        return found;
    }
    for equivalent in &page.equivalents {
        match equivalent {
            Equivalent::Always(id) => {
                found.insert(id.clone());
            }
            Equivalent::Conditional { id, places: wanted, when } => {
                if !holds(when, facts) {
                    continue;
                }
                let matched: Vec<_> = places
                    .iter()
                    .filter(|place| wanted.is_empty() || wanted.iter().any(|want| want == *place))
                    .collect();
                if id.contains("{place}") {
                    found.extend(matched.iter().map(|place| id.replace("{place}", place)));
                } else if wanted.is_empty() || !matched.is_empty() {
                    found.insert(id.clone());
                }
            }
        }
    }
    found
}
