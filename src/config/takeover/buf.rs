//! The `breaking:` part of `buf.yaml`.
//!
//! | buf | here |
//! |---|---|
//! | `use: [WIRE_JSON]`, `[WIRE]` | `layers`, and `note` for rules that none of the used ones stands for |
//! | `except` | `note` for rules all of whose counterparts are excepted |
//! | `ignore` | `exclude` |
//! | `ignore_only` | `policy.ignore` |
//! | no `ignore_unstable_packages` | `strict-unstable` |

use std::collections::BTreeSet;

use serde_json::Value;

use crate::config::takeover::buf_rules::expand;
use crate::config::takeover::{TakenOver, ids_of, read_value, strings};
use crate::policy::{Layer, SeverityWord};
use crate::rules::RuleTable;
use crate::source::Tree;

/// One `breaking:` section, and what its paths are relative to.
struct Section {
    folder: String,
    value: Value,
}

pub(crate) fn take(tree: &dyn Tree, table: &RuleTable, taken: &mut TakenOver) {
    let is_buf = |path: &str| path == "buf.yaml" || path.ends_with("/buf.yaml");
    let files: Vec<String> =
        tree.entries().iter().filter(|entry| is_buf(&entry.path)).map(|entry| entry.path.clone()).collect();
    let mut sections = Vec::new();
    for file in &files {
        let folder = file.strip_suffix("buf.yaml").unwrap_or_default().trim_end_matches('/').to_owned();
        let Some(value) = read_value(tree, file) else {
            taken.remarks.push(format!("{} could not be read and was not taken over", tree.display_path(file)));
            continue;
        };
        let modules = value.get("modules").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        // A module's own section replaces the one of the workspace.
        let own: Vec<&Value> = modules.iter().filter_map(|module| module.get("breaking")).collect();
        if own.len() < modules.len() || modules.is_empty() {
            let whole = value.get("breaking").cloned().unwrap_or(Value::Null);
            sections.push(Section { folder: folder.clone(), value: whole });
        }
        sections.extend(own.into_iter().map(|value| Section { folder: folder.clone(), value: value.clone() }));
    }
    if sections.is_empty() {
        return;
    }
    let mut used = BTreeSet::new();
    let mut active = BTreeSet::new();
    let mut names = BTreeSet::new();
    for section in &sections {
        take_section(section, table, taken, &mut used, &mut active, &mut names);
    }
    // What one of several modules may not do stays an error: settings here hold for all.
    taken.layers = layers(&names);
    let unchecked = |ids: &[&str]| !ids.is_empty() && !ids.iter().any(|id| active.contains(*id));
    for page in table.iter() {
        let ids: Vec<&str> = ids_of(page, "buf").collect();
        if unchecked(&ids) {
            taken.severities.insert(page.id.clone(), SeverityWord::Note);
        }
    }
    let shown: Vec<String> = files.iter().map(|file| tree.display_path(file)).collect();
    taken.remarks.push(format!("took over the breaking settings of {}", shown.join(", ")));
}

fn take_section(
    section: &Section,
    table: &RuleTable,
    taken: &mut TakenOver,
    used: &mut BTreeSet<&'static str>,
    active: &mut BTreeSet<&'static str>,
    names: &mut BTreeSet<String>,
) {
    let value = &section.value;
    let mut wanted = strings(value.get("use"));
    if wanted.is_empty() {
        wanted.push("FILE".to_owned());
    }
    let mut expanded = |names: &[String]| {
        let mut rules = BTreeSet::new();
        for name in names {
            let found = expand(name);
            if found.is_empty() {
                taken.remarks.push(format!("`{name}` of buf.yaml has no counterpart and was left out"));
            }
            rules.extend(found);
        }
        rules
    };
    let all = expanded(&wanted);
    let except = expanded(&strings(value.get("except")));
    active.extend(all.difference(&except));
    used.extend(all);
    names.extend(wanted);
    if value.get("ignore_unstable_packages") != Some(&Value::Bool(true)) {
        taken.strict_unstable = true;
    }
    let inside = |path: &str| {
        let path = path.trim_start_matches("./").trim_end_matches('/');
        if section.folder.is_empty() { path.to_owned() } else { format!("{}/{path}", section.folder) }
    };
    let paths = |path: &str| if path.ends_with(".proto") { inside(path) } else { format!("{}/**", inside(path)) };
    taken.exclude.extend(strings(value.get("ignore")).iter().map(|path| paths(path)));
    let only = value.get("ignore_only").and_then(Value::as_object);
    for (name, ignored) in only.into_iter().flatten() {
        let rules = expand(name);
        for page in table.iter() {
            let mut ids = ids_of(page, "buf").filter(|id| used.contains(id)).peekable();
            if ids.peek().is_some() && ids.all(|id| rules.contains(&id)) {
                let entry = taken.ignored.entry(page.id.clone()).or_default();
                entry.extend(strings(Some(ignored)).iter().map(|path| paths(path)));
            }
        }
    }
}

fn layers(names: &BTreeSet<String>) -> Option<Vec<Layer>> {
    let only = |allowed: &[&str]| !names.is_empty() && names.iter().all(|name| allowed.contains(&name.as_str()));
    if only(&["WIRE"]) {
        Some(vec![Layer::Wire])
    } else if only(&["WIRE", "WIRE_JSON"]) {
        Some(vec![Layer::Wire, Layer::Json])
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use super::*;
    use crate::source::load::tests_support::tree_of;

    fn taken(files: &[(&str, &str)]) -> TakenOver {
        let files: BTreeMap<String, Arc<[u8]>> =
            files.iter().map(|(path, text)| ((*path).to_owned(), Arc::from(text.as_bytes()))).collect();
        crate::config::take_over(&*tree_of(files))
    }

    #[test]
    fn an_excepted_rule_is_a_note_and_the_file_that_says_so_can_be_read() {
        let taken = taken(&[(
            "proto/buf.yaml",
            "version: v1\nbreaking:\n  use: [FILE]\n  except: [FIELD_SAME_NAME, FIELD_SAME_JSON_NAME]\n  ignore: [old, a/b.proto]\n  \
             ignore_only:\n    RPC_NO_DELETE: [acme/v1]\n  ignore_unstable_packages: true\n",
        )]);
        assert_eq!(taken.severities.get("protobuf/field-renamed"), Some(&SeverityWord::Note));
        assert_eq!(taken.layers, None);
        assert!(!taken.strict_unstable);
        assert_eq!(taken.exclude.iter().collect::<Vec<_>>(), ["proto/a/b.proto", "proto/old/**"]);
        assert!(taken.ignored.values().all(|paths| paths.contains("proto/acme/v1/**")), "{:?}", taken.ignored);
        assert!(!taken.ignored.is_empty());
        let text = crate::config::project_text(&[], &taken.policy_text(), &[]);
        let file: crate::config::ProjectFile = toml::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(file.policy.severity, taken.severities);
        assert_eq!(file.policy.ignore.len(), taken.ignored.len());
    }

    #[test]
    fn wire_categories_become_layers() {
        let taken = taken(&[("buf.yaml", "version: v2\nmodules:\n  - path: proto\nbreaking:\n  use: [WIRE_JSON]\n")]);
        assert_eq!(taken.layers, Some(vec![Layer::Wire, Layer::Json]));
        assert!(taken.strict_unstable);
    }

    #[test]
    fn a_repository_without_settings_gives_none() {
        assert_eq!(taken(&[("a.yaml", "a: 1")]), TakenOver::default());
    }
}
