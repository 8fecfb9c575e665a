//! Contracts for those who send and read messages, instead of comparing versions.

use crate::finding::Problem;
use crate::formats::protobuf::descriptor::runtime_descriptor_set;
use crate::formats::protobuf::model::{FileIndex, Origin};
use crate::formats::protobuf::{discover, load};
use crate::formats::{CompareOptions, Side};
use crate::source::Tree;

/// The protobuf contracts of a tree as the bytes of a `FileDescriptorSet` that a runtime of proto2 and proto3 can use:
/// files of editions are lowered to what their features say. `None` where the tree has no protobuf.
///
/// # Errors
/// What is wrong with the files, with positions.
pub fn runtime_descriptors(tree: &dyn Tree, options: &CompareOptions) -> Result<Option<Vec<u8>>, Vec<Problem>> {
    let discovery = discover::discover(tree, options);
    if discovery.contracts.is_empty() {
        return Ok(None);
    }
    let loaded = load::load_all(&Side { tree, contracts: &discovery.contracts }, options);
    let problems: Vec<Problem> = discovery.problems.into_iter().chain(loaded.problems).collect();
    if !problems.is_empty() {
        return Err(problems);
    }
    let own: Vec<FileIndex> = loaded
        .schema
        .files()
        .filter(|(_, file)| matches!(file.origin, Origin::Contract(_)))
        .map(|(index, _)| index)
        .collect();
    Ok(Some(runtime_descriptor_set(&loaded.schema, &own)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use prost_reflect::prost::Message;
    use prost_reflect::{DescriptorPool, DynamicMessage, SerializeOptions};
    use serde_json::{Value, json};

    use super::*;
    use crate::formats::protobuf::descriptor::descriptor_set;
    use crate::source::load::MemoryTree;

    fn pool(files: &[(&str, &str)]) -> DescriptorPool {
        let files = files.iter().map(|(path, text)| ((*path).to_owned(), Arc::from(text.as_bytes()))).collect();
        let tree = MemoryTree::new("test".to_owned(), String::new(), files, |_| true);
        let bytes = runtime_descriptors(&tree, &CompareOptions::new(jiff::civil::date(2026, 1, 1)));
        let bytes = bytes.expect("nothing is wrong").expect("there are contracts");
        DescriptorPool::decode(bytes.as_slice()).expect("the runtime takes it")
    }

    fn written(pool: &DescriptorPool, name: &str, json: Value) -> (Vec<u8>, Value) {
        let descriptor = pool.get_message_by_name(name).expect("the message is there");
        let bytes = DynamicMessage::deserialize(descriptor.clone(), json).expect("the JSON fits").encode_to_vec();
        let message = DynamicMessage::decode(descriptor, bytes.as_slice()).expect("the bytes fit");
        let options = SerializeOptions::new().skip_default_fields(false);
        let json = message.serialize_with_options(serde_json::value::Serializer, &options).expect("JSON");
        (bytes, json)
    }

    const EDITION: &str = r#"edition = "2023"; package a;
        import "b.proto";
        message M {
          int32 explicit = 1;
          int32 implicit = 2 [features.field_presence = IMPLICIT];
          int32 needed = 3 [features.field_presence = LEGACY_REQUIRED];
          repeated int32 packed = 4;
          repeated int32 expanded = 5 [features.repeated_field_encoding = EXPANDED];
          M group = 6 [features.message_encoding = DELIMITED];
          oneof o { string left = 7; b.N right = 8; }
          map<string, b.N> by_name = 9;
        }"#;
    const CLOSED: &str = r#"edition = "2024"; package b;
        message N { E e = 1; }
        enum E { option features.enum_type = CLOSED; ONE = 1; TWO = 2; }"#;

    #[test]
    fn messages_of_an_edition_are_written_as_its_features_say() {
        let pool = pool(&[("a.proto", EDITION), ("b.proto", CLOSED)]);
        let (bytes, back) = written(
            &pool,
            "a.M",
            json!({"needed": 3, "packed": [1, 2], "expanded": [1, 2], "group": {"needed": 4}, "right": {"e": "TWO"}}),
        );
        assert_eq!(
            bytes,
            [
                &[0x18, 3][..],
                // One record of two values, then two records.
                &[0x22, 2, 1, 2, 0x28, 1, 0x28, 2],
                // A group: start tag, content, end tag.
                &[0x33, 0x18, 4, 0x34],
                &[0x42, 2, 8, 2],
            ]
            .concat()
        );
        assert_eq!(back["implicit"], 0, "a field without presence has its default value: {back}");
        assert_eq!(back.get("explicit"), None, "one with presence is absent: {back}");
        assert_eq!(back["right"], json!({"e": "TWO"}));
    }

    #[test]
    fn a_descriptor_set_of_editions_means_the_same_as_its_sources() {
        let files = [("a.proto", EDITION), ("b.proto", CLOSED)];
        let files = files.iter().map(|(path, text)| ((*path).to_owned(), Arc::from(text.as_bytes()))).collect();
        let sources = MemoryTree::new("test".to_owned(), String::new(), files, |_| true);
        let options = CompareOptions::new(jiff::civil::date(2026, 1, 1));
        let contracts = discover::discover(&sources, &options).contracts;
        let schema = load::load_all(&Side { tree: &sources, contracts: &contracts }, &options).schema;
        let own: Vec<FileIndex> = schema.files().map(|(index, _)| index).collect();
        let as_written = descriptor_set(&schema, &own);
        let set = MemoryTree::single("image.binpb".to_owned(), "image.binpb".to_owned(), Arc::from(as_written));
        let of_set = runtime_descriptors(&set, &options).expect("nothing is wrong").expect("a contract");
        let pool = DescriptorPool::decode(of_set.as_slice()).expect("the runtime takes it");
        let message = json!({"needed": 3, "packed": [1, 2], "group": {"needed": 4}, "right": {"e": "TWO"}});
        let (bytes, _) = written(&pool, "a.M", message);
        assert_eq!(bytes, [0x18, 3, 0x22, 2, 1, 2, 0x33, 0x18, 4, 0x34, 0x42, 2, 8, 2]);
    }

    #[test]
    fn proto2_and_proto3_are_written_as_they_are() {
        let pool = pool(&[
            (
                "a.proto",
                "syntax = \"proto3\"; package a; import \"b.proto\"; message M { b.N n = 1; optional int64 id = 2; repeated int32 p = 3; }",
            ),
            (
                "b.proto",
                "package b; message N { required string s = 1; optional group G = 2 { optional bool on = 1; } repeated int32 p = 3; }",
            ),
        ]);
        let (bytes, back) =
            written(&pool, "a.M", json!({"n": {"s": "x", "g": {"on": true}, "p": [1, 2]}, "p": [1, 2]}));
        assert_eq!(
            bytes,
            [&[0x0a, 11, 0x0a, 1, b'x', 0x13, 8, 1, 0x14, 0x18, 1, 0x18, 2][..], &[0x1a, 2, 1, 2]].concat()
        );
        assert_eq!(back.get("id"), None, "{back}");
    }

    #[test]
    fn a_descriptor_set_is_a_contract_too_and_what_is_wrong_has_a_position() {
        let options = CompareOptions::new(jiff::civil::date(2026, 1, 1));
        let single = |name: &str, bytes: &[u8]| MemoryTree::single(name.to_owned(), name.to_owned(), Arc::from(bytes));
        let proto = single("m.proto", b"edition = \"2023\"; message M { int32 a = 1; }");
        let set = runtime_descriptors(&proto, &options).expect("nothing is wrong").expect("a contract");
        let again = runtime_descriptors(&single("m.binpb", &set), &options);
        assert!(again.expect("nothing is wrong").is_some());
        let wrong =
            runtime_descriptors(&single("m.proto", b"syntax = \"proto3\"; message M { Gone a = 1; }"), &options);
        let problems = wrong.expect_err("the type is missing");
        assert!(problems[0].message.contains("Gone"), "{problems:?}");
        let none = MemoryTree::new("test".to_owned(), String::new(), BTreeMap::new(), |_| true);
        assert_eq!(runtime_descriptors(&none, &options), Ok(None));
    }
}
