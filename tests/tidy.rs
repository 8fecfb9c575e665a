//! What no compiler checks: who may import whom, how long a file may be, and names that say nothing.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Which modules each module may import besides itself. The same table stands in ARCHITECTURE.md.
const LAYERS: &[(&str, &[&str])] = &[
    ("source", &[]),
    // Loaders say as problems what kept an input from being opened.
    ("source::load", &["source", "finding"]),
    ("change", &["source"]),
    ("finding", &["source", "change"]),
    ("syntax", &["source", "finding"]),
    ("formats", &["source", "finding", "syntax", "change"]),
    ("rules", &["source", "finding", "change"]),
    ("policy", &["source", "finding", "change", "rules"]),
    ("check", &["source", "finding", "syntax", "change", "formats", "rules", "policy"]),
    ("render", &["source", "finding", "change"]),
    ("pact", &["source", "finding", "syntax"]),
    ("verify", &["source", "finding", "change", "syntax", "formats", "pact"]),
    ("bump", &["source", "finding", "change", "syntax", "policy"]),
    ("github", &["source", "finding", "render"]),
    ("config", &["source", "finding", "syntax", "change", "formats", "rules", "policy"]),
    (
        "registry",
        &["source", "finding", "syntax", "change", "formats", "rules", "policy", "check", "pact", "verify", "render"],
    ),
];

const LONGEST_FILE: usize = 600;

const EMPTY_NAMES: [&str; 5] = ["utils", "helpers", "common", "misc", "types"];

fn sources() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for folder in ["src", "tests", "benches"] {
        collect(&root.join(folder), &mut found);
    }
    found.sort();
    found
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn shown(path: &Path) -> String {
    path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap_or(path).display().to_string()
}

#[test]
fn no_file_is_longer_than_one_idea() {
    let long: Vec<_> = sources()
        .iter()
        .filter_map(|path| {
            let lines = fs::read_to_string(path).unwrap_or_default().lines().count();
            (lines > LONGEST_FILE).then(|| format!("{}: {lines} lines", shown(path)))
        })
        .collect();
    assert!(long.is_empty(), "past {LONGEST_FILE} lines:\n{}", long.join("\n"));
}

#[test]
fn no_name_says_nothing() {
    let empty: Vec<_> = sources()
        .iter()
        .filter(|path| {
            path.with_extension("").iter().any(|part| EMPTY_NAMES.contains(&part.to_string_lossy().as_ref()))
        })
        .map(|path| shown(path))
        .collect();
    assert!(empty.is_empty(), "{}", empty.join("\n"));
}

#[test]
fn every_module_says_what_it_owns() {
    let silent: Vec<_> = sources()
        .iter()
        .filter(|path| !fs::read_to_string(path).unwrap_or_default().starts_with("//!"))
        .map(|path| shown(path))
        .collect();
    assert!(silent.is_empty(), "no `//!` at the top:\n{}", silent.join("\n"));
}

#[test]
fn modules_import_only_what_their_layer_may() {
    let layers: BTreeMap<_, _> = LAYERS.iter().copied().collect();
    let mut wrong = Vec::new();
    for path in sources() {
        let inside = shown(&path);
        let Some(module) = inside.strip_prefix("src/").and_then(|rest| rest.split(['/', '.']).next()) else { continue };
        let module = if inside.starts_with("src/source/load/") { "source::load" } else { module };
        let Some(allowed) = layers.get(module) else { continue };
        for (number, line) in fs::read_to_string(&path).unwrap_or_default().lines().enumerate() {
            if line.trim_start().starts_with("//") {
                continue;
            }
            for used in line.split("crate::").skip(1) {
                let target: String = used.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                if target != module && layers.contains_key(target.as_str()) && !allowed.contains(&target.as_str()) {
                    wrong.push(format!("{inside}:{}: `{module}` may not import `{target}`", number + 1));
                }
            }
            if line.contains("use super::super") {
                wrong.push(format!("{inside}:{}: name the module from the crate's root", number + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Where files, network, environment, clock and printing are allowed.
const EDGES: [&str; 7] = [
    "src/main.rs",
    "src/cli/",
    "src/github/",
    "src/source/load/",
    "src/verify/",
    "src/registry/store/",
    "src/registry/http/",
];

#[test]
fn only_edges_touch_the_world() {
    let worldly = [
        "std::fs",
        "std::env::",
        "std::net",
        "SystemTime::now",
        "Instant::now",
        "Zoned::now",
        "println!(",
        "std::process",
    ];
    let mut wrong = Vec::new();
    for path in sources() {
        let inside = shown(&path);
        let is_test = inside.contains("/tests/") || inside.ends_with("/tests.rs");
        if is_test || !inside.starts_with("src/") || EDGES.iter().any(|edge| inside.starts_with(edge)) {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap_or_default();
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for (number, line) in code.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
            let found = worldly.iter().find(|word| line.contains(*word));
            wrong.extend(found.map(|word| format!("{inside}:{}: `{word}` outside the edges", number + 1)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn formats_do_not_import_each_other() {
    let mut wrong = Vec::new();
    for path in sources() {
        let inside = shown(&path);
        let Some(format) =
            inside.strip_prefix("src/formats/").and_then(|rest| rest.split_once('/')).map(|(name, _)| name)
        else {
            continue;
        };
        let text = fs::read_to_string(&path).unwrap_or_default();
        for used in text.split("crate::formats::").skip(1) {
            let target: String = used.chars().take_while(|c| c.is_lowercase() || *c == '_').collect();
            let is_format = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/formats").join(&target).is_dir();
            if is_format && !target.is_empty() && target != format && target != "schema" {
                wrong.push(format!("{inside}: `{format}` may not import `{target}`"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
