//! Finds the contracts of a tree: root documents, wherever in the file they say that they are one.

use crate::finding::Problem;
use crate::formats::{CompareOptions, Contract, Discovery};
use crate::source::Tree;
use crate::syntax::{Sighting, Syntax, globs, root_field, survey};

/// Documents with an `openapi` or `swagger` version at the root are contracts; everything else is a fragment or not
/// ours. Documents that the settings join are one contract.
pub(super) fn discover(tree: &dyn Tree, options: &CompareOptions) -> Discovery {
    let mut roots: Vec<String> = survey(tree, &options.exclude, &["openapi", "swagger"])
        .into_iter()
        .filter(|sighting| tree.is_single_file() || looks_like_version(sighting))
        .map(|sighting| sighting.path)
        .collect();
    let mut contracts = Vec::new();
    for (path, patterns) in &options.joined {
        let members = globs(patterns);
        let (files, rest): (Vec<_>, Vec<_>) = roots.into_iter().partition(|root| members.is_match(root));
        roots = rest;
        if !files.is_empty() {
            contracts.push(Contract { path: path.clone(), files });
        }
    }
    contracts.extend(roots.into_iter().map(|path| Contract { files: vec![path.clone()], path }));
    contracts.sort_by(|one, other| one.path.cmp(&other.path));
    let problems = if contracts.is_empty() { nearly_a_contract(tree).into_iter().collect() } else { Vec::new() };
    Discovery { contracts, problems }
}

/// `swagger:` and `openapi:` are also keys of configuration files, where they hold objects and paths.
fn looks_like_version(sighting: &Sighting) -> bool {
    sighting.field.value.starts_with(|first: char| first.is_ascii_digit())
}

/// The one file that was named, if it looks like OpenAPI but does not say so.
fn nearly_a_contract(tree: &dyn Tree) -> Option<Problem> {
    let entry = tree.entries().first().filter(|_| tree.is_single_file())?;
    Syntax::of_path(&entry.path)?;
    let bytes = tree.read(&[&entry.path]).pop()?.ok()?;
    root_field(&bytes, &["paths"])?;
    let message = format!("`{}` has `paths`, but no `openapi` or `swagger` field", tree.display_path(&entry.path));
    let help = "say which specification it follows: `openapi: 3.1.0` at its root";
    Some(Problem::new("openapi-version", message).with_help(help))
}
