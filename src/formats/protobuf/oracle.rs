//! Our front end against others: descriptors from protox, mutated input, descriptor sets read back.

use std::collections::BTreeMap;
use std::sync::Arc;

use camino::Utf8Path;
use proptest::prelude::{ProptestConfig, any, proptest};
use proptest::sample::Index;
use prost::Message as _;
use prost_types::{FileDescriptorProto, FileDescriptorSet};
use protox::file::{ChainFileResolver, File, FileResolver, GoogleFileResolver};

use crate::formats::SunsetClock;
use crate::formats::protobuf::descriptor::descriptor_set;
use crate::formats::protobuf::diff::{self, Versions};
use crate::formats::protobuf::load::{Loaded, load_all, load_beyond};
use crate::formats::protobuf::model::{FileIndex, Origin};
use crate::formats::{CompareOptions, Contract, Side};
use crate::source::Tree;
use crate::source::load::{MemoryTree, Network, OpenContext, open};

type Files = BTreeMap<String, Arc<[u8]>>;

fn load(files: &Files) -> Loaded {
    let contracts = [Contract { path: ".".to_owned(), files: files.keys().cloned().collect() }];
    let tree = MemoryTree::new("test".to_owned(), String::new(), files.clone(), |_| true);
    load_all(&Side { tree: &tree, contracts: &contracts }, &CompareOptions::new(jiff::civil::date(2026, 1, 1)))
}

fn ours(files: &Files) -> BTreeMap<String, FileDescriptorProto> {
    let loaded = load(files);
    assert_eq!(loaded.problems, [], "our front end");
    let own: Vec<FileIndex> = loaded
        .schema
        .files()
        .filter(|(_, file)| matches!(file.origin, Origin::Contract(_)))
        .map(|(index, _)| index)
        .collect();
    decode(&descriptor_set(&loaded.schema, &own), files)
}

fn decode(bytes: &[u8], files: &Files) -> BTreeMap<String, FileDescriptorProto> {
    let set = FileDescriptorSet::decode(bytes).expect("a descriptor set");
    by_name(set, files)
}

fn by_name(set: FileDescriptorSet, files: &Files) -> BTreeMap<String, FileDescriptorProto> {
    let named = set.file.into_iter().map(|file| (file.name().to_owned(), file));
    named.filter(|(name, _)| files.contains_key(name)).collect()
}

struct InMemory(Files);

impl FileResolver for InMemory {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        let bytes = self.0.get(name).ok_or_else(|| protox::Error::file_not_found(name))?;
        File::from_source(name, &String::from_utf8_lossy(bytes))
    }
}

fn protox(files: &Files) -> Option<BTreeMap<String, FileDescriptorProto>> {
    let mut resolver = ChainFileResolver::new();
    resolver.add(InMemory(files.clone()));
    resolver.add(GoogleFileResolver::new());
    let mut compiler = protox::Compiler::with_file_resolver(resolver);
    for name in files.keys() {
        compiler.open_file(name).ok()?;
    }
    Some(by_name(compiler.file_descriptor_set(), files))
}

/// What protox writes and we don't: source positions.
fn without_known_differences(mut file: FileDescriptorProto) -> FileDescriptorProto {
    file.source_code_info = None;
    file
}

fn assert_same(files: &Files, what: &str) {
    let Some(theirs) = protox(files) else {
        // protox refuses editions and a few things that protoc accepts; then there is nothing to compare with.
        return;
    };
    let ours = ours(files);
    for (name, theirs) in theirs {
        let ours = without_known_differences(ours[&name].clone());
        assert_eq!(ours, without_known_differences(theirs), "{what}: {name}");
    }
}

fn one(text: &str) -> Files {
    BTreeMap::from([("a.proto".to_owned(), Arc::from(text.as_bytes()))])
}

#[test]
fn proto3_descriptors_are_those_of_protox() {
    assert_same(
        &one(r#"syntax = "proto3";
package acme.v1;
import "google/protobuf/timestamp.proto";
option java_package = "com.acme";
option optimize_for = SPEED;
message Order {
  reserved 9, 20 to 30;
  reserved "old";
  optional string sku = 1 [json_name = "SKU", deprecated = true];
  map<string, Line> line_items = 2;
  oneof pay { int32 card_number = 3; bytes iban = 4; }
  repeated int64 counts = 5 [packed = false];
  google.protobuf.Timestamp at = 6;
  State state = 7;
  enum State { option allow_alias = true; UNKNOWN = 0; A = 1; B = 1; reserved -5 to -1; reserved "GONE"; }
  message Line { optional State state = 1; Order parent = 2; }
}
service Orders {
  option deprecated = true;
  rpc Get(Order) returns (stream .acme.v1.Order.Line) { option idempotency_level = NO_SIDE_EFFECTS; }
  rpc Put(stream Order) returns (Order);
}
"#),
        "proto3",
    );
}

#[test]
fn proto2_descriptors_are_those_of_protox() {
    assert_same(
        &one(r#"package acme;
import public "google/protobuf/any.proto";
message M {
  required int32 a = 1 [default = -7];
  optional string s = 2 [default = "x\ty"];
  optional bool b = 3 [default = true];
  optional bytes y = 4 [default = "\001\377"];
  optional E e = 5 [default = TWO];
  repeated group Item = 6 { optional uint64 n = 1 [default = 18446744073709551615]; }
  extensions 100 to 199, 500 to max;
  oneof o { string p = 7; group G = 8 { optional int32 z = 1; } }
  extend M { optional M nested = 101; }
}
enum E { ONE = 1; TWO = 2; NEG = -3; }
extend M { repeated int32 more = 100 [packed = true]; optional group Ext = 102 { optional int32 q = 1; } }
"#),
        "proto2",
    );
}

/// The corpora beside the repository, where they are there.
#[test]
fn descriptors_of_real_contracts_are_those_of_protox() {
    let corpus = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let network = Network::default();
    for folder in ["buf", "real-proto"] {
        let path = corpus.join(folder);
        let context = OpenContext::new(&corpus, &network);
        let Ok(tree) = open(path.as_str(), &context) else { continue };
        for (name, mut files) in trees_of(&*tree) {
            // Trees of several roots are the loader's business, not the compiler's.
            if name.ends_with("_deps") || files.keys().any(|path| path.ends_with("buf.work.yaml")) {
                continue;
            }
            files.retain(|path, _| path.ends_with(".proto"));
            assert_same(&files, &name);
        }
    }
}

/// The files of each `<project>/<version>`, with the project's dependencies.
fn trees_of(tree: &dyn Tree) -> BTreeMap<String, Files> {
    let paths: Vec<&str> = tree.entries().iter().map(|entry| entry.path.as_str()).collect();
    let mut trees: BTreeMap<String, Files> = BTreeMap::new();
    for (path, bytes) in paths.iter().zip(tree.read(&paths)) {
        let mut parts = path.splitn(3, '/');
        if let (Some(project), Some(version), Some(inside), Ok(bytes)) =
            (parts.next(), parts.next(), parts.next(), bytes)
        {
            trees.entry(format!("{project}/{version}")).or_default().insert(inside.to_owned(), bytes);
        }
    }
    let dependencies = trees.clone();
    for (name, files) in &mut trees {
        let project = name.split('/').next().unwrap_or_default();
        if let Some(more) = dependencies.get(&format!("{project}/_deps")) {
            files.extend(more.iter().map(|(path, bytes)| (path.clone(), Arc::clone(bytes))));
        }
    }
    trees
}

#[test]
fn a_descriptor_set_reads_back_as_what_it_was_written_from() {
    let files = one(r#"edition = "2023";
package acme;
import "google/protobuf/descriptor.proto";
option features.field_presence = IMPLICIT;
extend google.protobuf.FieldOptions { Rule rule = 5000; repeated int32 codes = 5001; }
message Rule { int32 max = 1; string text = 2; }
message M {
  string s = 1 [(rule) = { max: 3, text: "x" }, (codes) = 1, (codes) = 2, features.field_presence = EXPLICIT];
  map<int32, M> by_id = 2;
  M child = 3 [features.message_encoding = DELIMITED];
  oneof o { int32 a = 4; int32 b = 5; }
  reserved 10 to 12, gone;
}
enum E { option features.enum_type = CLOSED; A = 1; }
"#);
    let loaded = load(&files);
    assert_eq!(loaded.problems, []);
    let bytes = descriptor_set(&loaded.schema, &[FileIndex(0)]);
    let set = BTreeMap::from([("image.binpb".to_owned(), Arc::from(bytes.as_slice()))]);
    let contracts = [Contract { path: "image.binpb".to_owned(), files: vec!["image.binpb".to_owned()] }];
    let tree = MemoryTree::new("test".to_owned(), String::new(), set, |_| true);
    let side = Side { tree: &tree, contracts: &contracts };
    let again = load_all(&side, &CompareOptions::new(jiff::civil::date(2026, 1, 1)));
    assert_eq!(again.problems, []);
    let own = again.schema.files().find(|(_, file)| file.path == "a.proto").map(|(index, _)| index);
    assert_eq!(descriptor_set(&again.schema, &[own.expect("the file")]), bytes);
}

const SEED: &str = "edition = \"2023\"; package a.b; import \"c.proto\"; message M { int32 x = 1 [(o) = { a: [1, 2] }]; \
                    map<string, M> m = 2; oneof p { M q = 3; } reserved 4 to max, z; extensions 5; message N { enum E \
                    { A = 0; } } } extend M { string s = 5; } service S { rpc R(stream M) returns (.a.b.M); } // end";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_input_panics(cuts in proptest::collection::vec((any::<Index>(), any::<u8>(), 0..6_u8), 1..12)) {
        let mut bytes = SEED.as_bytes().to_vec();
        for (at, byte, what) in cuts {
            let at = at.index(bytes.len().max(1)).min(bytes.len().saturating_sub(1));
            match what {
                0 if !bytes.is_empty() => { bytes.remove(at); }
                1 => bytes.insert(at, byte),
                2 if !bytes.is_empty() => bytes[at] = byte,
                3 => bytes.truncate(at),
                4 => { let tail = bytes[at..].to_vec(); bytes.splice(at..at, tail); bytes.truncate(4096); }
                _ => bytes.insert(at, b"{}[]<>();=\"/*.-"[usize::from(byte) % 15]),
            }
        }
        let files = BTreeMap::from([("a.proto".to_owned(), Arc::from(bytes.as_slice()))]);
        let loaded = load(&files);
        let all: Vec<FileIndex> = loaded.schema.files().map(|(index, _)| index).collect();
        descriptor_set(&loaded.schema, &all);
    }

    #[test]
    fn no_descriptor_set_panics(cuts in proptest::collection::vec((any::<Index>(), any::<u8>()), 0..8)) {
        let loaded = load(&one("message M { optional int32 a = 1 [default = 3]; map<int32, M> m = 2; }"));
        let mut bytes = descriptor_set(&loaded.schema, &[FileIndex(0)]);
        for (at, byte) in cuts {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let set = BTreeMap::from([("x.binpb".to_owned(), Arc::from(bytes.as_slice()))]);
        let contracts = [Contract { path: "x.binpb".to_owned(), files: vec!["x.binpb".to_owned()] }];
        let tree = MemoryTree::new("test".to_owned(), String::new(), set, |_| true);
        load_all(&Side { tree: &tree, contracts: &contracts }, &CompareOptions::new(jiff::civil::date(2026, 1, 1)));
    }
}

/// What a comparison found, without places: kind, subject, values, exposure, operations.
type Seen = std::collections::BTreeSet<String>;

fn seen(old: &Loaded, new: &Loaded) -> Seen {
    let versions = Versions {
        old: &old.schema,
        new: &new.schema,
        old_sources: &old.sources,
        new_sources: &new.sources,
        clock: SunsetClock::new(jiff::civil::date(2026, 1, 1)),
    };
    let found = diff::compare(versions).into_iter().map(|found| found.change);
    found
        .map(|change| {
            format!(
                "{} {:?} {:?} {:?} {:?} {:?}",
                change.kind.id, change.facts, change.subject, change.identity, change.exposure, change.operations
            )
        })
        .collect()
}

/// Compares two trees as the format does, and with every file read.
fn assert_short_cut_changes_nothing(old: &Files, new: &Files, what: &str) {
    let options = CompareOptions::new(jiff::civil::date(2026, 1, 1));
    let tree = |files: &Files| MemoryTree::new("test".to_owned(), String::new(), files.clone(), |_| true);
    let contract = |files: &Files| [Contract { path: ".".to_owned(), files: files.keys().cloned().collect() }];
    let (old_tree, new_tree) = (tree(old), tree(new));
    let (old_contracts, new_contracts) = (contract(old), contract(new));
    let old_side = Side { tree: &old_tree, contracts: &old_contracts };
    let new_side = Side { tree: &new_tree, contracts: &new_contracts };
    let pair = load_beyond(&old_side, &new_side, &options, 0);
    let (old_all, new_all) = (load_all(&old_side, &options), load_all(&new_side, &options));
    let (short, whole) = (seen(&pair.old, &pair.new), seen(&old_all, &new_all));
    let differing: Vec<&String> = short.symmetric_difference(&whole).collect();
    assert!(differing.is_empty(), "{what}: {differing:#?}");
}

#[test]
fn reading_only_what_a_change_can_touch_finds_the_same_changes() {
    let files = |base: &str| -> Files {
        [
            ("base.proto", base),
            ("mid.proto", "syntax = 'proto3'; import public 'base.proto'; message Mid { Base base = 1; }"),
            ("api.proto", "syntax = 'proto3'; import 'mid.proto'; service S { rpc R(Mid) returns (Base); }"),
            ("lone.proto", "syntax = 'proto3'; message Lone { int32 a = 1; }"),
            (
                "beside.proto",
                "syntax = 'proto3'; import 'mid.proto'; import 'lone.proto'; message Beside { Mid mid = 1; \
                              Lone lone = 2; } service B { rpc R(Lone) returns (Beside); }",
            ),
        ]
        .into_iter()
        .map(|(path, text)| (path.to_owned(), Arc::from(text.as_bytes())))
        .collect()
    };
    let old = files("syntax = 'proto3'; message Base { int32 a = 1; string b = 2; }");
    let new = files("syntax = 'proto3'; message Base { int64 a = 1; }");
    assert_short_cut_changes_nothing(&old, &new, "a small tree");
}

#[test]
fn a_name_that_means_something_else_through_a_change_is_compared_whole() {
    let files = |base: &str| -> Files {
        [
            ("base.proto", base),
            ("far.proto", "syntax = 'proto3'; package a; message Foo { int32 x = 1; } enum State { NONE = 0; }"),
            (
                "user.proto",
                "syntax = 'proto3'; package a.b; import 'base.proto'; import 'far.proto'; message User { Foo foo = 1; \
                 State state = 2; Base base = 3; } service S { rpc R(Foo) returns (User); }",
            ),
        ]
        .into_iter()
        .map(|(path, text)| (path.to_owned(), Arc::from(text.as_bytes())))
        .collect()
    };
    let old = files("syntax = 'proto3'; package a.b; message Base {}");
    for shadow in ["message Foo {}", "message Foo { int32 x = 1; }", "enum State { NONE = 0; }", "message Other {}"] {
        let new = files(&format!("syntax = 'proto3'; package a.b; message Base {{}} {shadow}"));
        assert_short_cut_changes_nothing(&old, &new, shadow);
        assert_short_cut_changes_nothing(&new, &old, shadow);
    }
}

#[test]
fn packages_of_files_that_are_not_read_count() {
    let files = |versions: &[u32]| -> Files {
        let version = |v: &u32| {
            let kinds = format!("syntax = 'proto3';\npackage acme.v{v};\nenum Kind {{ A = 0; B = 1; }}");
            let orders = format!(
                "syntax = 'proto3';\npackage acme.v{v};\nimport 'kinds_{v}.proto';\nmessage Order {{ Kind kind = 1; \
                 int32 n = 2; }}\nservice S {{ rpc R(Order) returns (Order); }}"
            );
            [(format!("kinds_{v}.proto"), kinds), (format!("orders_{v}.proto"), orders)]
        };
        versions.iter().flat_map(version).map(|(path, text)| (path, Arc::from(text.as_bytes()))).collect()
    };
    assert_short_cut_changes_nothing(&files(&[1, 2]), &files(&[2, 3]), "a version retired");
    assert_short_cut_changes_nothing(&files(&[1, 2]), &files(&[2]), "a version removed");
    assert_short_cut_changes_nothing(&files(&[1]), &files(&[2]), "a version replaced");
}

#[test]
fn the_short_cut_changes_nothing_in_real_contracts() {
    let corpus = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let network = Network::default();
    let context = OpenContext::new(&corpus, &network);
    let Ok(tree) = open(corpus.join("real-proto").as_str(), &context) else { return };
    let trees: Vec<(String, Files)> = trees_of(&*tree).into_iter().filter(|(name, _)| !name.contains("/_")).collect();
    for pair in trees.windows(2) {
        let [(old_name, old), (new_name, new)] = pair else { continue };
        if old_name.split('/').next() == new_name.split('/').next() {
            assert_short_cut_changes_nothing(old, new, &format!("{old_name} to {new_name}"));
        }
    }
}
