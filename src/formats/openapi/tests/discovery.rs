//! Which files are contracts, and which of them are one.

use crate::formats::openapi::OpenApi;
use crate::formats::openapi::tests::{compare, compare_with, options};
use crate::formats::{Comparison, Format};
use crate::syntax::memory_tree::{Files, files};

const A: &str = "openapi: 3.0.0\ninfo: {title: A, version: 1.0.0}\npaths: {/a: {get: {}}}\n";
const B: &str = "openapi: 3.0.0\ninfo: {title: B, version: 2.0.0}\npaths: {/b: {get: {}}}\n";

fn contracts(contents: &[(&str, &str)]) -> Vec<String> {
    OpenApi.discover(&files(contents), &options()).contracts.into_iter().map(|contract| contract.path).collect()
}

fn summary(comparison: &Comparison) -> Vec<String> {
    let told = comparison.contracts.iter().map(|contract| {
        let changes: Vec<_> = contract.changes.iter().map(|change| change.kind.id).collect();
        let equal = if contract.is_identical { " identical" } else { "" };
        format!("{}{equal} {changes:?}", contract.path)
    });
    told.collect()
}

#[test]
fn contracts_are_recognized_by_what_stands_at_their_root() {
    let found = contracts(&[
        ("api/a.yaml", A),
        ("api/parts/order.yaml", "type: object\n"),
        ("b.json", "{\"info\": {}, \"swagger\": \"2.0\"}"),
        ("config.yaml", "openapi:\n  file: api/a.yaml\n"),
        ("other.yaml", "openapi: ./api/a.yaml\n"),
        ("package.json", "{\"dependencies\": {\"openapi\": \"3.0.0\"}}"),
        ("readme.md", "openapi: 3.0.0\n"),
        ("broken.yaml", "openapi: 3.0.0\npaths: [\n"),
    ]);
    assert_eq!(found, ["api/a.yaml", "b.json", "broken.yaml"]);
}

#[test]
fn what_is_excluded_is_not_found() {
    let mut options = options();
    options.exclude = vec!["old/**".into()];
    let found = OpenApi.discover(&files(&[("a.yaml", A), ("old/b.yaml", B)]), &options);
    assert_eq!(found.contracts.len(), 1);
}

#[test]
fn one_file_that_lacks_only_its_version_is_told() {
    let tree = Files::single("api.yaml", "info: {}\npaths: {}\n");
    let found = OpenApi.discover(&tree, &options());
    assert_eq!(found.problems[0].message, "`api.yaml` has `paths`, but no `openapi` or `swagger` field");
}

#[test]
fn equal_files_are_not_even_parsed() {
    let comparison = compare(&files(&[("a.yaml", A)]), &files(&[("a.yaml", A)]));
    assert_eq!(summary(&comparison), ["a.yaml identical []"]);
    assert_eq!(comparison.old_sources.files().count(), 0);
    let version = comparison.contracts[0].new_version.clone().expect("the version is still known");
    assert_eq!(version.text, "1.0.0");
}

#[test]
fn a_contract_of_several_files_is_equal_when_all_its_files_are() {
    let root = "openapi: 3.0.0\npaths: {/a: {$ref: 'p.yaml'}}\n";
    let old = files(&[("a.yaml", root), ("p.yaml", "get: {summary: x}\n")]);
    assert_eq!(summary(&compare(&old, &old)), ["a.yaml identical []"]);
    let new = files(&[("a.yaml", root), ("p.yaml", "get: {summary: y}\n")]);
    assert!(!compare(&old, &new).contracts[0].is_identical);
}

#[test]
fn moved_contracts_are_one_contract() {
    let old = files(&[("a.yaml", A), ("b.yaml", B)]);
    let new = files(&[("b.yaml", B), ("v1/orders.yaml", A)]);
    let comparison = compare(&old, &new);
    assert_eq!(summary(&comparison), ["b.yaml identical []", "v1/orders.yaml identical []"]);
}

#[test]
fn contracts_that_come_and_go_are_one_change_each() {
    let comparison = compare(&files(&[("a.yaml", A)]), &files(&[("b.yaml", B)]));
    assert_eq!(summary(&comparison), ["a.yaml [\"contract-removed\"]", "b.yaml [\"contract-added\"]"]);
}

#[test]
fn two_files_are_one_contract_whatever_their_names() {
    let comparison = compare(&Files::single("a.yaml", A), &Files::single("b.yaml", B));
    assert_eq!(comparison.contracts.len(), 1);
    assert_eq!(comparison.contracts[0].path, "b.yaml");
    let versions = (&comparison.contracts[0].old_version, &comparison.contracts[0].new_version);
    assert!(matches!(versions, (Some(old), Some(new)) if old.text == "1.0.0" && new.text == "2.0.0"));
}

#[test]
fn joined_documents_are_one_contract_and_declare_nothing_twice() {
    let mut options = options();
    options.joined = vec![("shop".into(), vec!["api/*.yaml".into()])];
    let old = files(&[("api/a.yaml", A), ("api/b.yaml", B)]);
    let found = OpenApi.discover(&old, &options);
    assert_eq!(found.contracts.len(), 1);
    assert_eq!(found.contracts[0].files, ["api/a.yaml", "api/b.yaml"]);
    let new = files(&[("api/a.yaml", A), ("api/b.yaml", B), ("api/c.yaml", A)]);
    let comparison = compare_with(&old, &new, &options);
    assert_eq!(
        comparison.new_problems[0].message,
        "`GET /a` is declared twice in the joined contract: here and at api/a.yaml:3:14"
    );
    assert_eq!(comparison.new_problems[0].location.as_ref().map(|place| place.path.as_str()), Some("api/c.yaml"));
}
