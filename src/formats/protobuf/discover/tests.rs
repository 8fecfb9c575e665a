//! Which contracts a tree has.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::formats::CompareOptions;
use crate::formats::protobuf::discover::discover;
use crate::source::load::MemoryTree;

fn contracts(files: &[(&str, &str)]) -> Vec<(String, Vec<String>)> {
    let files: BTreeMap<String, Arc<[u8]>> =
        files.iter().map(|(path, text)| ((*path).to_owned(), Arc::from(text.as_bytes()))).collect();
    let tree = MemoryTree::new("test".to_owned(), String::new(), files, |_| true);
    let found = discover(&tree, &CompareOptions::new(jiff::civil::date(2026, 1, 1)));
    assert_eq!(found.problems, []);
    found.contracts.into_iter().map(|contract| (contract.path, contract.files)).collect()
}

fn roots(files: &[(&str, &str)]) -> Vec<String> {
    contracts(files).into_iter().map(|(path, _)| path).collect()
}

const ORDER: &str = "syntax = 'proto3'; package acme.v1;";

#[test]
fn without_a_configuration_the_root_makes_imports_resolve() {
    let user = "syntax = 'proto3'; package acme.v1; import 'acme/v1/order.proto';";
    assert_eq!(roots(&[("api/acme/v1/order.proto", ORDER), ("api/acme/v1/user.proto", user)]), ["api"]);
    assert_eq!(roots(&[("acme/v1/order.proto", ORDER), ("acme/v1/user.proto", user)]), ["."]);
}

#[test]
fn without_imports_the_root_is_above_the_package() {
    assert_eq!(roots(&[("proto/acme/v1/order.proto", ORDER)]), ["proto"]);
    assert_eq!(roots(&[("somewhere/order.proto", ORDER)]), ["."]);
}

#[test]
fn separate_services_have_separate_roots() {
    let files = [("a/proto/acme/v1/order.proto", ORDER), ("b/proto/acme/v1/order.proto", ORDER)];
    assert_eq!(roots(&files), ["a/proto", "b/proto"]);
}

#[test]
fn a_v2_workspace_has_its_modules() {
    let config = "version: v2\nmodules:\n  - path: proto\n    excludes:\n      - proto/gen\n  - path: vendor\n";
    let files = [
        ("buf.yaml", config),
        ("proto/a.proto", ORDER),
        ("proto/gen/b.proto", ORDER),
        ("proto/buf.yaml", "version: v1\n"),
        ("vendor/c.proto", ORDER),
    ];
    assert_eq!(
        contracts(&files),
        [
            ("proto".to_owned(), vec!["proto/a.proto".to_owned()]),
            ("vendor".to_owned(), vec!["vendor/c.proto".to_owned()]),
        ]
    );
}

#[test]
fn a_v1_workspace_has_its_directories() {
    let files = [
        ("buf.work.yaml", "version: v1\ndirectories:\n  - a\n  - b\n"),
        ("a/buf.yaml", "version: v1\nbuild:\n  excludes: [gen]\n"),
        ("a/x/o.proto", ORDER),
        ("a/gen/o.proto", ORDER),
        ("b/y/o.proto", ORDER),
    ];
    assert_eq!(
        contracts(&files),
        [("a".to_owned(), vec!["a/x/o.proto".to_owned()]), ("b".to_owned(), vec!["b/y/o.proto".to_owned()]),]
    );
}

#[test]
fn v1beta1_has_roots() {
    let files = [
        ("buf.yaml", "version: v1beta1\nbuild:\n  roots:\n    - proto\n    - third\n"),
        ("proto/a.proto", ORDER),
        ("third/b.proto", ORDER),
    ];
    assert_eq!(roots(&files), ["proto", "third"]);
}

#[test]
fn a_broken_configuration_is_a_problem_with_a_place() {
    let files = BTreeMap::from([("buf.yaml".to_owned(), Arc::from(&b"version: [v2\n"[..]))]);
    let tree = MemoryTree::new("test".to_owned(), String::new(), files, |_| true);
    let found = discover(&tree, &CompareOptions::new(jiff::civil::date(2026, 1, 1)));
    assert_eq!(found.problems.len(), 1);
    assert_eq!(found.problems[0].code, "buf-config");
    assert!(found.problems[0].location.is_some());
}
