//! Which changes two versions give, and what each carries along.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::change::{Change, Exposure, Proof};
use crate::formats::protobuf::Protobuf;
use crate::formats::{CompareOptions, Contract, Format, Side};
use crate::source::load::MemoryTree;

type Files<'a> = &'a [(&'a str, &'a str)];

fn changes_of_files(old: Files<'_>, new: Files<'_>) -> Vec<Change> {
    let tree = |files: Files<'_>| {
        let files: BTreeMap<String, Arc<[u8]>> =
            files.iter().map(|(path, text)| ((*path).to_owned(), Arc::from(text.as_bytes()))).collect();
        MemoryTree::new("test".to_owned(), String::new(), files, |_| true)
    };
    let contract = |files: Files<'_>| Contract {
        path: ".".to_owned(),
        files: files.iter().map(|(path, _)| (*path).to_owned()).collect(),
    };
    let (old_tree, new_tree) = (tree(old), tree(new));
    let (old_contracts, new_contracts) = ([contract(old)], [contract(new)]);
    let comparison = Protobuf.compare(
        &Side { tree: &old_tree, contracts: &old_contracts },
        &Side { tree: &new_tree, contracts: &new_contracts },
        &CompareOptions::new(jiff::civil::date(2026, 6, 1)),
    );
    let problems: Vec<_> = comparison.old_problems.iter().chain(&comparison.new_problems).collect();
    assert!(problems.is_empty(), "{problems:?}");
    comparison.contracts.into_iter().flat_map(|contract| contract.changes).collect()
}

/// The changes between two one-file versions; a text that declares no syntax is proto3 in package `p`.
fn changes(old: &str, new: &str) -> Vec<Change> {
    let whole = |text: &str| {
        let is_whole = text.starts_with("syntax") || text.starts_with("edition");
        if is_whole { text.to_owned() } else { format!("syntax = 'proto3'; package p; {text}") }
    };
    changes_of_files(&[("a.proto", &whole(old))], &[("a.proto", &whole(new))])
}

fn line(change: &Change) -> String {
    format!("{} {}", change.kind.id, change.subject.name)
}

/// Old against new gives exactly these kinds and subjects, in any order; each version against itself nothing.
fn check(old: &str, new: &str, expected: &[&str]) {
    let mut found: Vec<String> = changes(old, new).iter().map(line).collect();
    found.sort();
    let mut expected: Vec<String> = expected.iter().map(|line| (*line).to_owned()).collect();
    expected.sort();
    assert_eq!(found, expected);
    for side in [old, new] {
        assert!(changes(side, side).is_empty());
    }
}

/// The one change between two versions.
fn only(old: &str, new: &str) -> Change {
    let mut found = changes(old, new);
    assert_eq!(found.len(), 1, "{:?}", found.iter().map(line).collect::<Vec<_>>());
    found.remove(0)
}

fn fact(change: &Change, name: &str) -> &'static str {
    change.facts.get(name).expect("the kind declares the fact")
}

#[test]
fn a_field_is_known_by_its_number() {
    check("message M { string a = 1; }", "message M { string b = 1; }", &["field-renamed p.M.b"]);
    check("message M { string a = 1; }", "message M { string b = 2; }", &["field-removed p.M.a", "field-added p.M.b"]);
    check("message M { string a = 1; }", "message M { string a = 2; }", &["field-renumbered p.M.a"]);
    check("message M { string a = 1; }", "message M { bool b = 1; }", &["field-replaced p.M.b"]);
}

#[test]
fn a_chain_of_moved_numbers_is_one_change() {
    check(
        "message M { string a = 1; string b = 2; string c = 3; }",
        "message M { string a = 2; string b = 3; string c = 4; }",
        &["field-renumbered p.M.a"],
    );
    let change = only("message M { string a = 1; int32 b = 2; }", "message M { string a = 2; int32 b = 1; }");
    assert_eq!(fact(&change, "shape"), "swapped");
    let kinds: Vec<&str> = change.occurrences.iter().map(|place| place.kind.id).collect();
    assert_eq!(kinds, ["field-renamed", "field-type-changed", "field-renamed", "field-type-changed"]);
}

#[test]
fn a_renamed_message_carries_its_users() {
    let text = |name: &str| {
        format!(
            "message {name} {{ string a = 1; enum E {{ Z = 0; }} }} message U {{ {name} a = 1; map<string, {name}> b = 2; }} \
             service S {{ rpc R({name}) returns (U); }}"
        )
    };
    let change = only(&text("A"), &text("B"));
    assert_eq!(line(&change), "element-renamed p.B");
    let count = |kind: &str| change.occurrences.iter().filter(|place| place.kind.id == kind).count();
    // The message and the enum inside it are missing at their old names; three users name the new one.
    assert_eq!((count("element-removed"), count("field-type-changed"), count("rpc-type-changed")), (2, 2, 1));
}

#[test]
fn a_message_of_another_form_is_another_message() {
    check(
        "message A { string a = 1; string b = 2; } message U { A a = 1; }",
        "message B { string a = 1; int32 b = 2; } message U { B a = 1; }",
        &["element-removed p.A", "element-added p.B", "field-type-changed p.U.a"],
    );
}

#[test]
fn types_that_refer_to_each_other_have_one_form_whoever_is_asked_first() {
    let old = "message A { B b = 1; int32 x = 2; } message B { A a = 1; }";
    let new = "message A2 { B2 b = 1; string x = 2; } message B2 { A2 a = 1; }";
    let expected = [
        "element-removed p.A",
        "element-removed p.B",
        "element-added p.A2",
        "element-added p.B2",
        "field-type-changed p.U.one",
        "field-type-changed p.U.two",
    ];
    for (old_fields, new_fields) in
        [("A one = 1; B two = 2;", "A2 one = 1; B2 two = 2;"), ("B one = 1; A two = 2;", "B2 one = 1; A2 two = 2;")]
    {
        let whole = |types: &str, fields: &str| format!("{types} message U {{ {fields} }}");
        check(&whole(old, old_fields), &whole(new, new_fields), &expected);
    }
    let same = "message A2 { B2 b = 1; int32 x = 2; } message B2 { A2 a = 1; }";
    check(old, same, &["element-renamed p.A2", "element-renamed p.B2"]);
}

#[test]
fn what_many_files_have_is_told_in_their_order_and_belongs_together() {
    let tree = |user: &str, declared: &str, with_more: usize| -> Vec<(String, String)> {
        let text = |at: usize| match at {
            150 => format!("message {declared} {{ string a = 1; bool b = 2; }}"),
            _ => format!(
                "import 'f150.proto'; message M{at} {{ {user} a = 1; {} }}",
                if at % 2 == with_more { "bool more = 2;" } else { "" }
            ),
        };
        (0..200).map(|at| (format!("f{at:03}.proto"), format!("syntax = 'proto3'; package p; {}", text(at)))).collect()
    };
    // In the new version every other message has a field more.
    let (old, new) = (tree("A", "A", 2), tree("B", "B", 1));
    let old: Vec<(&str, &str)> = old.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let new: Vec<(&str, &str)> = new.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let found = changes_of_files(&old, &new);
    let renamed: Vec<&Change> = found.iter().filter(|change| change.kind.id == "element-renamed").collect();
    assert_eq!(renamed.len(), 1);
    let users = renamed[0].occurrences.iter().filter(|place| place.kind.id == "field-type-changed").count();
    assert_eq!(users, 199, "every user of the renamed message belongs to its change");
    let added: Vec<&str> = found
        .iter()
        .filter(|change| change.kind.id == "field-added")
        .map(|change| change.subject.name.as_str())
        .collect();
    let expected: Vec<String> = (0..200).filter(|at| at % 2 == 1).map(|at| format!("p.M{at}.more")).collect();
    assert_eq!(added, expected);
}

#[test]
fn a_type_in_another_file_of_the_package_moved() {
    let head = "syntax = 'proto3'; package p; ";
    let (a, b) = (format!("{head} message A {{ int32 x = 1; }}"), format!("{head} message B {{ int32 x = 1; }}"));
    let both = format!("{head} message A {{ int32 x = 1; }} message B {{ int32 x = 1; }}");
    let old: Files<'_> = &[("a.proto", &both), ("c.proto", head)];
    let new: Files<'_> = &[("a.proto", &a), ("c.proto", &b)];
    let found = changes_of_files(old, new);
    assert_eq!(found.iter().map(line).collect::<Vec<_>>(), ["element-moved p.B"]);
    let left = found[0].occurrences.first().expect("the place that it left");
    assert_eq!(left.facts.get("gone-from"), Some("file"));
}

#[test]
fn a_syntax_line_is_one_change_whatever_follows_from_it() {
    let change = only(
        "syntax = 'proto2'; package p; message M { optional int32 a = 1; optional string b = 2; }",
        "syntax = 'proto3'; package p; message M { int32 a = 1; string b = 2; }",
    );
    assert_eq!(line(&change), "file-syntax-changed a.proto");
    assert_eq!(fact(&change, "effect"), "data");
    // Presence of both fields, UTF-8 checks of one, JSON support of the message.
    assert_eq!(change.occurrences.len(), 4);
}

#[test]
fn the_same_meaning_in_another_syntax_is_no_change_of_data() {
    let change = only(
        "syntax = 'proto3'; package p; message M { int32 a = 1; optional int32 b = 2; repeated int32 c = 3; }",
        "edition = '2023'; package p; option features.field_presence = IMPLICIT;
         message M { int32 a = 1; int32 b = 2 [features.field_presence = EXPLICIT]; repeated int32 c = 3; }",
    );
    assert_eq!(fact(&change, "effect"), "none");
}

#[test]
fn types_relate_as_the_encodings_say() {
    let cases = [
        // old, new, wire, json
        ("int32", "int64", "widened", "widened"),
        ("uint32", "int64", "widened", "widened"),
        ("int64", "int32", "narrowed", "narrowed"),
        ("int32", "uint32", "lossy", "incompatible"),
        ("fixed32", "sfixed32", "lossy", "incompatible"),
        ("int32", "sint32", "incompatible", "compatible"),
        ("int32", "sfixed32", "incompatible", "compatible"),
        ("int32", "sint64", "incompatible", "widened"),
        ("string", "bytes", "old-fails", "incompatible"),
        ("bytes", "string", "new-fails", "incompatible"),
        ("bool", "int32", "widened", "incompatible"),
        ("E", "int32", "widened", "narrowed"),
        ("int32", "E", "narrowed", "widened"),
        ("E", "string", "incompatible", "widened"),
        ("float", "double", "incompatible", "widened"),
        ("string", "bool", "incompatible", "incompatible"),
    ];
    for (old, new, wire, json) in cases {
        let text = |name: &str| format!("enum E {{ Z = 0; }} message M {{ {name} a = 1; }}");
        let change = only(&text(old), &text(new));
        assert_eq!((fact(&change, "wire"), fact(&change, "json")), (wire, json), "{old} to {new}");
    }
}

#[test]
fn an_alias_listed_first_is_told_from_one_listed_later() {
    let old = "enum S { Z = 0; OPEN = 1; }";
    let first = only(old, "enum S { option allow_alias = true; Z = 0; ACTIVE = 1; OPEN = 1; }");
    let later = only(old, "enum S { option allow_alias = true; Z = 0; OPEN = 1; ACTIVE = 1; }");
    assert_eq!((fact(&first, "listed"), fact(&later, "listed")), ("first", "later"));
}

#[test]
fn a_reserved_number_that_comes_back_is_told_with_the_field() {
    let change = only("message M { reserved 2; string a = 1; }", "message M { string a = 1; string b = 2; }");
    assert_eq!(line(&change), "field-added p.M.b");
    assert_eq!(fact(&change, "reuse"), "number");
    check("message M { reserved 2 to 4; }", "message M { reserved 3; }", &["reservation-removed p.M"]);
}

#[test]
fn oneofs_are_told_as_one_edit() {
    check(
        "message M { optional string a = 1; optional string b = 2; }",
        "message M { oneof o { string a = 1; string b = 2; } }",
        &["oneof-added p.M.o"],
    );
    check(
        "message M { oneof o { string a = 1; string b = 2; } }",
        "message M { oneof n { string a = 1; string b = 2; } }",
        &["oneof-renamed p.M.n"],
    );
    check(
        "message M { oneof o { string a = 1; } string b = 2; }",
        "message M { oneof o { string a = 1; string b = 2; } }",
        &["field-oneof-changed p.M.b"],
    );
}

#[test]
fn rpcs_say_from_which_side_a_message_is_reached() {
    let text = |field: &str, calls: &str| {
        format!("message M {{ {field} }} message Q {{ M m = 1; }} message E {{}} service S {{ {calls} }}")
    };
    let exposure = |calls: &str| {
        let change = only(&text("string a = 1;", calls), &text("bytes a = 1;", calls));
        (change.exposure, change.operations.iter().map(|operation| operation.path.clone()).collect::<Vec<_>>())
    };
    let path = || vec!["/p.S/R".to_owned()];
    assert_eq!(exposure("rpc R(Q) returns (E);"), (Exposure::Request, path()));
    assert_eq!(exposure("rpc R(E) returns (stream Q);"), (Exposure::Response, path()));
    assert_eq!(exposure("rpc R(Q) returns (M);"), (Exposure::Both, path()));
    assert_eq!(exposure("rpc R(E) returns (E);"), (Exposure::Both, Vec::new()));
}

#[test]
fn an_rpc_with_unique_types_is_recognised_under_another_name() {
    let text = |name: &str| format!("message A {{}} message B {{}} service S {{ rpc {name}(A) returns (B); }}");
    check(&text("Get"), &text("Fetch"), &["rpc-renamed p.S.Fetch"]);
}

#[test]
fn a_value_that_is_cut_down_is_shown_with_its_bytes() {
    let change = only("message M { int64 a = 1; }", "message M { int32 a = 1; }");
    let measured = change.measured.new_reads_old.expect("old values do not fit");
    let Some(Proof::Proven(witness)) = measured.proof else { panic!("{measured:?}") };
    assert_eq!(witness.instance, serde_json::json!({"a": "5000000000"}));
    assert_eq!(witness.read_as, Some(serde_json::json!({"a": 705_032_704})));
    assert_eq!(witness.bytes_hex.as_deref(), Some("0880e497d012"));
    assert_eq!(witness.bytes_base64.as_deref(), Some("CIDkl9AS"));
    assert!(change.measured.old_reads_new.is_none());
}

#[test]
fn a_missing_required_field_is_shown_in_editions_too() {
    let change = only(
        "edition = '2023'; package p; message M { string a = 1; }",
        "edition = '2023'; package p; message M { string a = 1 [features.field_presence = LEGACY_REQUIRED]; }",
    );
    let measured = change.measured.new_reads_old.expect("old writers may leave it out");
    let Some(Proof::Proven(witness)) = measured.proof else { panic!("{measured:?}") };
    assert_eq!(witness.error, "required field `a` is missing");
}

#[test]
fn a_sunset_counts_only_once_it_has_passed() {
    let text =
        |day: &str| format!("message M {{\n// Sunset: {day}\nstring a = 1 [deprecated = true];\nstring b = 2; }}");
    let new = "message M { reserved 1; reserved \"a\"; string b = 2; }";
    assert_eq!(fact(&only(&text("2026-05-31"), new), "deprecation"), "sunset-passed");
    assert_eq!(fact(&only(&text("2026-06-01"), new), "deprecation"), "deprecated");
}

#[test]
fn a_map_that_goes_takes_its_entry_along() {
    let change = only("message M { map<string, int32> a = 1; }", "message M { }");
    assert_eq!(line(&change), "field-removed p.M.a");
    assert_eq!(change.occurrences.iter().map(|place| place.kind.id).collect::<Vec<_>>(), ["element-removed"]);
}

#[test]
fn recursive_types_are_compared_to_the_end() {
    let text =
        |name: &str| format!("message {name} {{ {name} next = 1; string a = 2; }} message U {{ {name} m = 1; }}");
    check(&text("A"), &text("B"), &["element-renamed p.B"]);
}
