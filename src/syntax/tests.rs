//! The readers as their users see them: values, positions, faults.

use std::fmt::Write as _;

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::source::{FileId, SourceFile, SourceMap};
use crate::syntax::{Document, Kind, MAX_DEPTH, Parsed, parse};

const LIMIT: usize = 1_000_000;

fn read(path: &str, text: &str) -> Parsed {
    parse(FileId(0), path, text.into())
}

fn yaml(text: &str) -> Document {
    let parsed = read("a.yaml", text);
    assert_eq!(parsed.faults, [], "{text}");
    parsed.document
}

fn value(document: &Document) -> Value {
    document.to_json(document.root(), LIMIT).expect("the tests are small")
}

/// The faults as `line:column code: message`.
fn faults(path: &str, text: &str) -> Vec<String> {
    let mut sources = SourceMap::default();
    sources.add(SourceFile::new(path, text));
    let told = read(path, text).faults.into_iter().map(|fault| {
        let place = sources.location(fault.span);
        format!("{}:{} {}: {}", place.start_line, place.start_column, fault.code, fault.message)
    });
    told.collect()
}

#[test]
fn yaml_scalars_follow_the_core_schema_of_1_2() {
    let rows = [
        ("yes", json!("yes")),
        ("NO", json!("NO")),
        ("on", json!("on")),
        ("y", json!("y")),
        ("true", json!(true)),
        ("False", json!(false)),
        ("tRue", json!("tRue")),
        ("~", json!(null)),
        ("", json!(null)),
        ("Null", json!(null)),
        ("nil", json!("nil")),
        ("0o17", json!(15)),
        ("0x1F", json!(31)),
        ("017", json!(17)),
        ("1_000", json!("1_000")),
        ("0b11", json!("0b11")),
        ("+12", json!(12)),
        ("1.2.3", json!("1.2.3")),
        ("3.1.0", json!("3.1.0")),
        (".5", json!(0.5)),
        (".", json!(".")),
        ("-", json!("-x")),
        ("2020-01-01", json!("2020-01-01")),
        ("12:30:45", json!("12:30:45")),
        (".inf", json!(".inf")),
        ("'12'", json!("12")),
        ("\"true\"", json!("true")),
        ("!!str 12", json!("12")),
        ("! 12", json!("12")),
        ("!!int '12'", json!(12)),
        ("!custom 12", json!("12")),
    ];
    for (text, expected) in rows {
        // A lone dash opens a sequence entry, so it needs company.
        let text = if text == "-" { "-x" } else { text };
        let document = yaml(&format!("a: {text}"));
        assert_eq!(value(&document), json!({ "a": expected }), "{text}");
    }
}

#[test]
fn yaml_keys_are_texts_as_they_are_written() {
    let document = yaml("200: a\ntrue: b\nnull: c\n0x10: d\n1.0: e\n\"x y\": f\n? g\n: h\n");
    assert_eq!(
        value(&document),
        json!({"200": "a", "true": "b", "null": "c", "0x10": "d", "1.0": "e", "x y": "f", "g": "h"})
    );
}

#[test]
fn block_scalars_fold_and_keep_as_yaml_says() {
    let document =
        yaml("a: |\n  one\n  two\nb: >-\n  one\n  two\nc: \"x\\ny \\u00e9 \\ud83d\\ude00\"\nd: one\n  two\n");
    assert_eq!(value(&document), json!({"a": "one\ntwo\n", "b": "one two", "c": "x\ny é 😀", "d": "one two"}));
}

#[test]
fn aliases_share_the_anchored_node() {
    let document = yaml("a: &x {k: 1}\nb: *x\nc: [*x]\n");
    let root = document.root();
    let (a, b) = (document.get(root, "a"), document.get(root, "b"));
    assert_eq!(a, b);
    assert_eq!(document.pointer(b.expect("b is there")), "/a");
    assert_eq!(value(&document), json!({"a": {"k": 1}, "b": {"k": 1}, "c": [{"k": 1}]}));
}

#[test]
fn an_alias_is_where_its_anchor_is_even_when_used_deeper() {
    let document = yaml("a: &x 1\nb: {c: *x}\n");
    let shared = document.at_pointer("/b/c").expect("the alias is there");
    assert_eq!(document.pointer(shared), "/a");
}

#[test]
fn merge_keys_bring_in_what_the_mapping_lacks() {
    let document = yaml("x: &x {a: 1, b: 2}\ny: &y {b: 3, c: 4}\nz:\n  b: 9\n  <<: [*x, *y]\n  \nw:\n  <<: {d: 5}\n");
    assert_eq!(
        document.at_pointer("/z").map(|z| document.to_json(z, LIMIT)),
        Some(Ok(json!({"b": 9, "a": 1, "c": 4})))
    );
    let inline = document.at_pointer("/w/d").expect("merged");
    assert_eq!(document.pointer(inline), "/w/<</d");
    assert_eq!(value(&yaml("\"<<\": {a: 1}")), json!({"<<": {"a": 1}}));
}

#[test]
fn a_redefined_anchor_counts_from_there_on() {
    assert_eq!(value(&yaml("a: &x 1\nb: *x\nc: &x 2\nd: *x\n")), json!({"a": 1, "b": 1, "c": 2, "d": 2}));
}

#[test]
fn an_alias_bomb_costs_nothing_until_somebody_expands_it() {
    let mut text = "a0: &a0 [x, x]\n".to_owned();
    for level in 1..200 {
        let _ = writeln!(text, "a{level}: &a{level} [*a{0}, *a{0}, *a{0}]", level - 1);
    }
    let document = yaml(&text);
    assert!(document.node_count() < 3000);
    assert!(document.to_json(document.root(), LIMIT).is_err());
}

#[test]
fn aliases_cannot_nest_deeper_than_documents_may() {
    let mut text = "a0: &a0 [x]\n".to_owned();
    for level in 1..1000 {
        let _ = writeln!(text, "a{level}: &a{level} [*a{}]", level - 1);
    }
    let parsed = read("a.yaml", &text);
    assert!(parsed.faults.iter().any(|fault| fault.code == "too-deep"));
    let last = parsed.document.get(parsed.document.root(), "a999").expect("it is there");
    assert!(parsed.document.to_json(last, LIMIT).is_ok());
}

#[test]
fn an_alias_inside_its_own_anchor_is_refused() {
    assert_eq!(
        faults("a.yaml", "a: &x [1, *x]\n"),
        ["1:11 yaml-syntax: the alias stands inside its own anchor, so the value would contain itself"]
    );
}

#[test]
fn broken_yaml_is_told_with_its_place() {
    assert_eq!(faults("a.yaml", "a: *none\n"), ["1:4 yaml-syntax: the alias `*none` has no anchor before it"]);
    assert_eq!(
        faults("a.yaml", "é: 1\na: 2\na: 3\n"),
        [
            "3:1 duplicate-key: the key `a` stands twice in one object (first on line 2), so readers disagree about its value"
        ]
    );
    assert_eq!(
        faults("a.yaml", "? [a, b]\n: 1\nc: 2\n"),
        ["1:3 yaml-syntax: a key is a collection, but keys of contracts are texts"]
    );
    assert_eq!(
        faults("a.yaml", "a: 1\n---\nb: 2\n"),
        ["3:1 several-documents: a second YAML document starts in this file, and a contract is one document"]
    );
    for text in ["a:\n\tb: 1\n", "a: [1, 2\n", "a: b: c\n", "a: 'x\n", "a: 1\n b: 2\n", "%YAML 3.0\n---\na: 1\n"] {
        assert_eq!(faults("a.yaml", text).len(), 1, "{text}");
    }
}

#[test]
fn errors_in_later_parts_are_told_too() {
    let text = "info:\n  title: a: b\n  x: &x 1\npaths:\n  /a:\n    get: [1, }\n  /b:\n    get: *x\n  /c:\n    get:\n    \t- 1\nz: 'x\n";
    let places: Vec<_> =
        faults("a.yaml", text).iter().map(|fault| fault.split(' ').next().unwrap_or_default().to_owned()).collect();
    assert_eq!(places, ["2:11", "6:10", "11:5", "12:4"]);
}

#[test]
fn documents_that_every_tool_accepts_are_sound() {
    for text in
        ["---\na: 1\n", "a: 1\n---\n", "a: 1\n...\n", "a: [\n  1,\n]\n", "# only a comment\n", "", "\u{feff}a: 1\n"]
    {
        assert_eq!(faults("a.yaml", text), [""; 0], "{text}");
    }
    assert_eq!(faults("a.yaml", "{a: 1, # comment\n b: 'x',}"), [""; 0]);
}

#[test]
fn quoted_texts_may_go_on_without_indentation() {
    let text = "a:\n  b: \"one\n  two\\n\n  three\"\n  c: 'x\r\ny'\n  d: 1\n";
    let document = yaml(text);
    assert_eq!(value(&document), json!({"a": {"b": "one two\n three", "c": "x y", "d": 1}}));
    let c = document.at_pointer("/a/c").map(|c| document.span(c)).expect("c is there");
    assert_eq!(&text[c.start as usize..c.end as usize], "'x\r\ny'");
    assert_eq!(faults("a.yaml", "a: 'x\ny\n"), ["1:4 yaml-syntax: the quote that opens here is never closed"]);
}

#[test]
fn spans_cover_tokens_in_both_syntaxes() {
    for (path, text, key, node) in [
        ("a.json", "{\n  \"a\": {\"b\": [1]}\n}", "\"a\"", "{\"b\": [1]}"),
        ("a.yaml", "a:\n  b:\n    - 1\n\n# end\nc: 2\n", "a", "b:\n    - 1"),
        ("a.yaml", "a: 'é'\n", "a", "'é'"),
        ("a.yaml", "a: >\n  text\n  more\n\nb: 1\n", "a", "text\n  more"),
    ] {
        let document = read(path, text).document;
        let a = document.get(document.root(), "a").expect("a is there");
        let slice = |span: crate::source::Span| &text[span.start as usize..span.end as usize];
        assert_eq!(slice(document.name_span(a)), key);
        assert_eq!(slice(document.span(a)), node);
    }
}

#[test]
fn broken_json_is_told_in_full() {
    let text =
        "{\n  \"a\": 01,\n  \"b\": [1 2,],\n  c: 3,\n  \"d\": tru,\n  \"e\" 5,\n  \"f\": \"x\ty\",\n  \"a\": 'q',\n}";
    assert_eq!(
        faults("a.json", text),
        [
            "2:8 json-syntax: `01` is no number that JSON knows",
            "3:11 json-syntax: a comma is missing before this",
            "3:12 json-syntax: JSON allows no comma after the last entry",
            "4:3 json-syntax: keys stand in double quotes in JSON",
            "5:8 json-syntax: `tru` is no value that JSON knows",
            "6:7 json-syntax: expected `:` after the key, found `5`",
            "7:10 json-syntax: a control character (U+0009) stands in a string",
            "8:3 duplicate-key: the key `a` stands twice in one object (first on line 2), so readers disagree about its value",
            "8:8 json-syntax: strings stand in double quotes in JSON",
            "8:11 json-syntax: JSON allows no comma after the last entry",
        ]
    );
}

#[test]
fn json_that_stops_or_goes_on_is_told() {
    assert_eq!(faults("a.json", ""), ["1:1 json-syntax: the file is empty"]);
    assert_eq!(faults("a.json", "{\"a\": [1,"), ["1:10 json-syntax: the file ends inside the array that line 1 opens"]);
    assert_eq!(faults("a.json", "{} {}"), ["1:4 json-syntax: there is more text after the end of the document"]);
    assert_eq!(faults("a.json", "{\"a\": \"x\n}"), ["1:7 json-syntax: the string is not closed on its line"]);
    assert_eq!(faults("a.json", "[1}"), ["1:3 json-syntax: `}` closes the `[` of line 1, which needs `]`"]);
    assert_eq!(faults("a.json", r#"["\ud800", "\x"]"#).len(), 2);
}

#[test]
fn hostile_depth_is_told_once_in_both_syntaxes() {
    for (path, open, close) in
        [("a.json", "[", "]"), ("a.json", "{\"a\":", "}"), ("a.yaml", "[", "]"), ("a.yaml", "{a: ", "}")]
    {
        let text = format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
        let found = faults(path, &text);
        assert_eq!(found.len(), 1, "{path} {open}: {found:?}");
        let deepest = format!("{}1{}", open.repeat(MAX_DEPTH.into()), close.repeat(MAX_DEPTH.into()));
        assert_eq!(faults(path, &deepest), [""; 0], "{path} {open}");
    }
}

#[test]
fn equal_values_have_equal_hashes_whatever_their_spelling() {
    let json = read("a.json", r#"{"a": [1, 1.50, 100], "b": "x", "n": -0.0, "t": true}"#).document;
    let same = yaml("t: True\nn: 0\nb: x\na: [1.0, 15e-1, 1e2]\n");
    assert!(json.is_same(json.root(), &same, same.root()));
    let values = [
        "{a: 1}",
        "{a: '1'}",
        "{a: 2}",
        "{b: 1}",
        "{a: 1, b: 1}",
        "[1]",
        "[[1]]",
        "{}",
        "[]",
        "1",
        "10",
        "-1",
        "null",
        "'null'",
    ];
    for different in values {
        for other in values {
            let (one, two) = (yaml(different), yaml(other));
            assert_eq!(one.is_same(one.root(), &two, two.root()), different == other, "{different} and {other}");
        }
    }
}

#[test]
fn big_mappings_find_every_key() {
    let text: String = (0..500).fold(String::new(), |mut text, n| {
        let _ = writeln!(text, "k{n}: {n}");
        text
    });
    let document = yaml(&text);
    for n in 0..500_u64 {
        let found = document.get(document.root(), &format!("k{n}")).expect("it is there");
        assert_eq!(document.as_u64(found), Some(n));
    }
    assert_eq!(document.get(document.root(), "k500"), None);
}

#[test]
fn pointers_lead_back_to_their_node() {
    let document = yaml("a/b:\n  - {'~': [1, 2]}\n");
    for id in document.ids() {
        let pointer = document.pointer(id);
        let found = document.at_pointer(&pointer).expect("every pointer resolves");
        assert!(found == id || document.key(found) == Some(id), "{pointer}");
    }
    assert!(document.at_pointer("/a~1b/0/~0/1").is_some());
    assert_eq!(document.at_pointer("/a~1b/00"), None);
    assert_eq!(document.at_pointer("x"), None);
}

#[test]
fn numbers_keep_every_digit() {
    let text = "[12345678901234567890123456789, 0.1000000000000000000000001, 1e400]";
    let document = read("a.json", text).document;
    let written: Vec<_> = document.items(document.root()).iter().map(|&id| document.text(id)).collect();
    assert_eq!(written, ["12345678901234567890123456789", "0.1000000000000000000000001", "1e400"]);
    assert_eq!(document.kind(document.items(document.root())[0]), Kind::Number);
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_filter("JSON has no infinities", |float| float.is_finite()).prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        "[ -~]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 20, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..20).prop_map(Value::from),
            prop::collection::vec((".{0,6}", inner), 0..20)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn json_reads_as_serde_json_does(value in any_json(), pretty in any::<bool>()) {
        let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
        let text = text.expect("a value serializes");
        let parsed = read("a.json", &text);
        prop_assert_eq!(&parsed.faults, &[]);
        prop_assert_eq!(parsed.document.to_json(parsed.document.root(), LIMIT).expect("small"), value);
    }

    #[test]
    fn yaml_reads_json_to_the_same_hash(value in any_json()) {
        let text = serde_json::to_string(&value).expect("a value serializes");
        let json = read("a.json", &text).document;
        let wrapped = read("a.yaml", &format!("- {text}"));
        // YAML forbids a few characters that JSON allows, and long keys; everything else must agree.
        if wrapped.faults.is_empty() {
            let item = wrapped.document.items(wrapped.document.root())[0];
            prop_assert_eq!(wrapped.document.hash(item), json.hash(json.root()), "{}", text);
        }
    }

    #[test]
    fn no_text_makes_a_reader_panic(text in "[\\[\\]{}:,\"'\\\\a1e.\\-&*<?|> \n\t#!%é]{0,40}") {
        for path in ["a.json", "a.yaml"] {
            let parsed = read(path, &text);
            for id in parsed.document.ids() {
                let _ = (parsed.document.pointer(id), parsed.document.text(id).len(), parsed.document.name_span(id));
            }
        }
    }

    #[test]
    fn json_agrees_with_serde_json_about_what_is_valid(text in "[\\[\\]{}:,\"\\\\antrufe10.\\-+E \n]{0,16}") {
        let is_valid = serde_json::from_str::<Value>(&text).is_ok();
        let faults = read("a.json", &text).faults;
        if is_valid {
            prop_assert!(faults.iter().all(|fault| fault.code == "duplicate-key"), "{} {:?}", text, faults);
        } else {
            prop_assert!(!faults.is_empty(), "{}", text);
        }
    }
}
