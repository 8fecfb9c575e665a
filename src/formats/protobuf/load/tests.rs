//! What is read, and what is wrong with it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::formats::protobuf::load::{Loaded, LoadedPair, load, load_all, load_beyond};
use crate::formats::{CompareOptions, Contract, Side};
use crate::source::load::MemoryTree;

fn tree(files: &[(&str, &str)]) -> MemoryTree {
    let files: BTreeMap<String, Arc<[u8]>> =
        files.iter().map(|(path, text)| ((*path).to_owned(), Arc::from(text.as_bytes()))).collect();
    MemoryTree::new("test".to_owned(), String::new(), files, |_| true)
}

fn contract(root: &str, files: &[(&str, &str)]) -> Contract {
    let files = files.iter().map(|(path, _)| (*path).to_owned()).filter(|path| root == "." || path.starts_with(root));
    Contract { path: root.to_owned(), files: files.collect() }
}

fn options() -> CompareOptions {
    CompareOptions::new(jiff::civil::date(2026, 1, 1))
}

fn read(files: &[(&str, &str)]) -> Loaded {
    let tree = tree(files);
    let contracts = [contract(".", files)];
    load_all(&Side { tree: &tree, contracts: &contracts }, &options())
}

fn problems(files: &[(&str, &str)]) -> Vec<(String, String)> {
    read(files).problems.into_iter().map(|problem| (problem.code, problem.message)).collect()
}

/// Both sides, with equal files left out however few they are.
fn pair(old: &[(&str, &str)], new: &[(&str, &str)]) -> LoadedPair {
    let (old_tree, new_tree) = (tree(old), tree(new));
    let (old_contracts, new_contracts) = ([contract(".", old)], [contract(".", new)]);
    let old = Side { tree: &old_tree, contracts: &old_contracts };
    let new = Side { tree: &new_tree, contracts: &new_contracts };
    load_beyond(&old, &new, &options(), 0)
}

fn unread(loaded: &Loaded) -> Vec<&str> {
    loaded.schema.unread.iter().map(|file| file.path.as_str()).collect()
}

#[test]
fn a_missing_import_says_where_it_was_searched() {
    let found = problems(&[("a.proto", "syntax = 'proto3'; import 'gone/b.proto';")]);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].0, "protobuf-missing-import");
    assert!(found[0].1.contains("`gone/b.proto` was not found in `.`"), "{}", found[0].1);
}

#[test]
fn a_missing_dependency_of_buf_is_named() {
    let lock = "version: v2\ndeps:\n  - name: buf.build/googleapis/googleapis\n    commit: 1\n";
    let files = [("a.proto", "syntax = 'proto3'; import 'google/api/x.proto';"), ("buf.lock", lock)];
    let tree = tree(&files);
    let contracts = [contract(".", &files[..1])];
    let found = load_all(&Side { tree: &tree, contracts: &contracts }, &options()).problems;
    let help = found[0].help.as_deref().unwrap_or_default();
    assert!(help.contains("buf.build/googleapis/googleapis") && help.contains("buf export"), "{help}");
}

#[test]
fn a_circle_of_imports_is_shown() {
    let found = problems(&[
        ("a.proto", "syntax = 'proto3'; import 'b.proto';"),
        ("b.proto", "syntax = 'proto3'; import 'a.proto';"),
    ]);
    assert_eq!(
        found,
        [(
            "protobuf-import-cycle".to_owned(),
            "files import each other in a circle: a.proto → b.proto → a.proto".to_owned()
        )]
    );
}

#[test]
fn a_type_of_a_file_that_is_not_imported_is_named_with_its_file() {
    let found = problems(&[
        ("a.proto", "syntax = 'proto3'; message A { B b = 1; }"),
        ("b.proto", "syntax = 'proto3'; message B {}"),
    ]);
    assert_eq!(found[0].1, "`B` is declared in `b.proto`, which this file does not import");
}

#[test]
fn only_what_a_change_can_touch_is_read() {
    let base = "syntax = 'proto3'; message Base {}";
    let user = "syntax = 'proto3'; import 'base.proto'; message User { Base b = 1; }";
    let lone = "syntax = 'proto3';\npackage lone;\nmessage Lone {}";
    let old = [("base.proto", base), ("lone.proto", lone), ("user.proto", user)];
    let new = [("base.proto", "syntax = 'proto3'; message Base { int32 n = 1; }"), old[1], old[2]];
    let pair = pair(&old, &new);
    let names = |loaded: &Loaded| -> Vec<String> {
        let files = loaded.schema.files.iter();
        files.filter(|file| !file.tree_path.is_empty()).map(|file| file.path.to_string()).collect()
    };
    assert_eq!(names(&pair.old), ["base.proto", "user.proto"]);
    assert_eq!(names(&pair.new), ["base.proto", "user.proto"]);
    assert_eq!(unread(&pair.new), ["lone.proto"]);
}

#[test]
fn what_an_importer_of_a_change_imports_beside_it_is_known_by_name_only() {
    let far = "syntax = 'proto3'; package far; enum State { NONE = 0; } message Far { message Inner {} }";
    let bridge = "syntax = 'proto3'; import public 'far.proto'; message Bridge {}";
    let user = "syntax = 'proto3'; import 'base.proto'; import 'bridge.proto'; import 'rule.proto';
                message User { Base base = 1 [(rule.rule) = { max: 1 }]; far.Far.Inner inner = 2; far.State state = 3; }";
    let rule =
        "syntax = 'proto3'; package rule; import 'google/protobuf/descriptor.proto'; message Rule { int32 max = 1; }
                extend google.protobuf.FieldOptions { Rule rule = 5000; }";
    let old = [
        ("base.proto", "syntax = 'proto3'; message Base {}"),
        ("bridge.proto", bridge),
        ("far.proto", far),
        ("rule.proto", rule),
        ("user.proto", user),
    ];
    let mut new = old;
    new[0].1 = "syntax = 'proto3'; message Base { int32 n = 1; }";
    let pair = pair(&old, &new);
    assert_eq!((pair.old.problems, &pair.new.problems), (Vec::new(), &Vec::new()));
    let outlined = pair.new.schema.files.iter().filter(|file| file.is_outline).map(|file| file.path.to_string());
    assert_eq!(outlined.collect::<Vec<_>>(), ["bridge.proto", "far.proto", "rule.proto"]);
    assert_eq!(unread(&pair.new), ["bridge.proto", "far.proto", "rule.proto"]);
}

#[test]
fn a_name_that_an_importer_of_a_change_lost_is_told() {
    let user = ("user.proto", "syntax = 'proto3'; import 'base.proto'; message User { Base base = 1; }");
    let old = [("base.proto", "syntax = 'proto3'; message Base {}"), user];
    let new = [("base.proto", "syntax = 'proto3'; message Other {}"), user];
    let messages: Vec<String> = pair(&old, &new).new.problems.into_iter().map(|problem| problem.message).collect();
    assert_eq!(messages, ["`Base` is not declared in this file or in what it imports"]);
}

#[test]
fn a_name_that_an_equal_file_of_the_package_has_is_told() {
    let kept = ("kept.proto", "syntax = 'proto3';\npackage acme;\nmessage Order {}");
    let fresh = ("fresh.proto", "syntax = 'proto3';\npackage acme;\nmessage Order {}");
    let pair = pair(&[kept], &[kept, fresh]);
    assert!(pair.new.problems.iter().any(|problem| problem.message.contains("already declared")));
}

#[test]
fn what_was_broken_before_is_told_while_there_are_few_files() {
    let files = [("a.proto", "syntax = 'proto3'; message A {")];
    let (old, new) = (tree(&files), tree(&files));
    let contracts = [contract(".", &files)];
    let side = |tree| Side { tree, contracts: &contracts };
    let pair = load(&side(&old), &side(&new), &options());
    assert_eq!((pair.old.problems.len(), pair.new.problems.len()), (1, 1));
}

#[test]
fn an_equal_file_that_one_side_stops_importing_is_read_on_both() {
    let base = ("base.proto", "syntax = 'proto3'; message Base {}");
    let old = [base, ("user.proto", "syntax = 'proto3'; import 'base.proto'; message User { Base b = 1; }")];
    let new = [base, ("user.proto", "syntax = 'proto3'; message User {}")];
    let pair = pair(&old, &new);
    let has_base = |loaded: &Loaded| loaded.schema.files.iter().any(|file| file.path == "base.proto");
    assert!(has_base(&pair.old) && has_base(&pair.new));
}

#[test]
fn many_equal_files_are_not_read_at_all() {
    let files = [("a.proto", "this is no protobuf")];
    let pair = pair(&files, &files);
    assert!(pair.old.problems.is_empty() && pair.new.schema.files.is_empty());
    assert_eq!(unread(&pair.new), ["a.proto"]);
}

#[test]
fn invalid_utf8_has_a_place() {
    let files = BTreeMap::from([("a.proto".to_owned(), Arc::from(&b"syntax = 'proto3';\n// \xff\n"[..]))]);
    let tree = MemoryTree::new("test".to_owned(), String::new(), files, |_| true);
    let contracts = [Contract { path: ".".to_owned(), files: vec!["a.proto".to_owned()] }];
    let found = load_all(&Side { tree: &tree, contracts: &contracts }, &options()).problems;
    assert_eq!(found[0].code, "protobuf-not-utf8");
    assert_eq!(found[0].location.as_ref().map(|at| (at.start_line, at.start_column)), Some((2, 4)));
}
