//! buf's breaking rules and the categories that they are in.

/// Each rule with the letters of its categories: F for FILE, P for PACKAGE, J for `WIRE_JSON`, W for WIRE.
const RULES: &[(&str, &str)] = &[
    ("ENUM_NO_DELETE", "F"),
    ("ENUM_SAME_JSON_FORMAT", "FPJ"),
    ("ENUM_SAME_TYPE", "FP"),
    ("ENUM_VALUE_NO_DELETE", "FP"),
    ("ENUM_VALUE_NO_DELETE_UNLESS_NAME_RESERVED", "J"),
    ("ENUM_VALUE_NO_DELETE_UNLESS_NUMBER_RESERVED", "JW"),
    ("ENUM_VALUE_SAME_NAME", "FPJ"),
    ("EXTENSION_MESSAGE_NO_DELETE", "FP"),
    ("EXTENSION_NO_DELETE", "F"),
    ("FIELD_NO_DELETE", "FP"),
    ("FIELD_NO_DELETE_UNLESS_NAME_RESERVED", "J"),
    ("FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED", "JW"),
    ("FIELD_SAME_CARDINALITY", "FP"),
    ("FIELD_SAME_CPP_STRING_TYPE", "FP"),
    ("FIELD_SAME_CTYPE", ""),
    ("FIELD_SAME_DEFAULT", "FPJW"),
    ("FIELD_SAME_JAVA_UTF8_VALIDATION", "FP"),
    ("FIELD_SAME_JSON_NAME", "FPJ"),
    ("FIELD_SAME_JSTYPE", "FP"),
    ("FIELD_SAME_LABEL", ""),
    ("FIELD_SAME_NAME", "FPJ"),
    ("FIELD_SAME_ONEOF", "FPJW"),
    ("FIELD_SAME_TYPE", "FP"),
    ("FIELD_SAME_UTF8_VALIDATION", "FP"),
    ("FIELD_WIRE_COMPATIBLE_CARDINALITY", "W"),
    ("FIELD_WIRE_COMPATIBLE_TYPE", "W"),
    ("FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY", "J"),
    ("FIELD_WIRE_JSON_COMPATIBLE_TYPE", "J"),
    ("FILE_NO_DELETE", "F"),
    ("FILE_SAME_CC_ENABLE_ARENAS", "FP"),
    ("FILE_SAME_CC_GENERIC_SERVICES", "FP"),
    ("FILE_SAME_CSHARP_NAMESPACE", "FP"),
    ("FILE_SAME_GO_PACKAGE", "FP"),
    ("FILE_SAME_JAVA_GENERIC_SERVICES", "FP"),
    ("FILE_SAME_JAVA_MULTIPLE_FILES", "FP"),
    ("FILE_SAME_JAVA_OUTER_CLASSNAME", "FP"),
    ("FILE_SAME_JAVA_PACKAGE", "FP"),
    ("FILE_SAME_JAVA_STRING_CHECK_UTF8", ""),
    ("FILE_SAME_OBJC_CLASS_PREFIX", "FP"),
    ("FILE_SAME_OPTIMIZE_FOR", "FP"),
    ("FILE_SAME_PACKAGE", "FPJW"),
    ("FILE_SAME_PHP_CLASS_PREFIX", "FP"),
    ("FILE_SAME_PHP_GENERIC_SERVICES", ""),
    ("FILE_SAME_PHP_METADATA_NAMESPACE", "FP"),
    ("FILE_SAME_PHP_NAMESPACE", "FP"),
    ("FILE_SAME_PY_GENERIC_SERVICES", "FP"),
    ("FILE_SAME_RUBY_PACKAGE", "FP"),
    ("FILE_SAME_SWIFT_PREFIX", "FP"),
    ("FILE_SAME_SYNTAX", "FP"),
    ("MESSAGE_NO_DELETE", "F"),
    ("MESSAGE_NO_REMOVE_STANDARD_DESCRIPTOR_ACCESSOR", "FP"),
    ("MESSAGE_SAME_JSON_FORMAT", "FPJ"),
    ("MESSAGE_SAME_MESSAGE_SET_WIRE_FORMAT", ""),
    ("MESSAGE_SAME_REQUIRED_FIELDS", "FPJW"),
    ("ONEOF_NO_DELETE", "FP"),
    ("PACKAGE_ENUM_NO_DELETE", "P"),
    ("PACKAGE_EXTENSION_NO_DELETE", "P"),
    ("PACKAGE_MESSAGE_NO_DELETE", "P"),
    ("PACKAGE_NO_DELETE", "P"),
    ("PACKAGE_SERVICE_NO_DELETE", "P"),
    ("RESERVED_ENUM_NO_DELETE", "FPJW"),
    ("RESERVED_MESSAGE_NO_DELETE", "FPJW"),
    ("RPC_NO_DELETE", "FP"),
    ("RPC_SAME_CLIENT_STREAMING", "FPJW"),
    ("RPC_SAME_IDEMPOTENCY_LEVEL", "FPJW"),
    ("RPC_SAME_REQUEST_TYPE", "FPJW"),
    ("RPC_SAME_RESPONSE_TYPE", "FPJW"),
    ("RPC_SAME_SERVER_STREAMING", "FPJW"),
    ("SERVICE_NO_DELETE", "F"),
];

/// The rules that a name in a `buf.yaml` stands for: a category's, or itself. Empty for names that are not known.
pub(crate) fn expand(name: &str) -> Vec<&'static str> {
    let letter = match name {
        "FILE" | "DEFAULT" => 'F',
        "PACKAGE" => 'P',
        "WIRE_JSON" => 'J',
        "WIRE" => 'W',
        rule => return RULES.iter().filter(|(known, _)| *known == rule).map(|(known, _)| *known).collect(),
    };
    RULES.iter().filter(|(_, categories)| categories.contains(letter)).map(|(rule, _)| *rule).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn categories_and_rules_are_expanded() {
        assert_eq!(expand("WIRE").len(), 15);
        assert_eq!(expand("FIELD_SAME_NAME"), ["FIELD_SAME_NAME"]);
        assert!(expand("FILE").contains(&"MESSAGE_NO_DELETE"));
        assert!(expand("NONSENSE").is_empty());
    }
}
