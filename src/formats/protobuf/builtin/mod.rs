//! The files that every protobuf compiler brings along, in our own words: names, numbers and types of the public
//! definitions (<https://protobuf.dev/reference/protobuf/google.protobuf/>). A tree that vendors them wins.

/// Where the definitions of standard options are.
pub(crate) const DESCRIPTOR: &str = "google/protobuf/descriptor.proto";

const FILES: [(&str, &str); 15] = [
    ("google/protobuf/any.proto", include_str!("any.proto")),
    ("google/protobuf/api.proto", include_str!("api.proto")),
    ("google/protobuf/compiler/plugin.proto", include_str!("plugin.proto")),
    ("google/protobuf/cpp_features.proto", include_str!("cpp_features.proto")),
    ("google/protobuf/descriptor.proto", include_str!("descriptor.proto")),
    ("google/protobuf/duration.proto", include_str!("duration.proto")),
    ("google/protobuf/empty.proto", include_str!("empty.proto")),
    ("google/protobuf/field_mask.proto", include_str!("field_mask.proto")),
    ("google/protobuf/go_features.proto", include_str!("go_features.proto")),
    ("google/protobuf/java_features.proto", include_str!("java_features.proto")),
    ("google/protobuf/source_context.proto", include_str!("source_context.proto")),
    ("google/protobuf/struct.proto", include_str!("struct.proto")),
    ("google/protobuf/timestamp.proto", include_str!("timestamp.proto")),
    ("google/protobuf/type.proto", include_str!("type.proto")),
    ("google/protobuf/wrappers.proto", include_str!("wrappers.proto")),
];

/// The text of a built-in file, by the path by which it is imported.
pub(crate) fn text(path: &str) -> Option<&'static str> {
    FILES.binary_search_by(|(name, _)| name.cmp(&path)).ok().map(|at| FILES[at].1)
}

/// The path of a built-in file, if it is one.
pub(crate) fn path(path: &str) -> Option<&'static str> {
    FILES.iter().map(|(name, _)| *name).find(|name| *name == path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_file_is_found() {
        for (name, content) in FILES {
            assert_eq!(text(name), Some(content));
        }
    }
}
