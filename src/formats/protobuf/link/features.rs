//! Resolves features, from the file inwards, and what follows from them: presence, packing, groups, closed enums.
//! See <https://protobuf.dev/editions/features/#cascading>.

use crate::formats::protobuf::model::{
    Cardinality, CppStringType, EnforceNamingStyle, EnumKind, Features, Field, FieldPresence, File, GoApiLevel,
    GoStripEnumPrefix, JavaNestInFileClass, JavaUtf8Validation, JsonFormat, Kind, Label, MessageEncoding, OptionValue,
    Options, Presence, RepeatedFieldEncoding, SymbolVisibility, Syntax, Utf8Validation,
};

/// Resolves everything in a file whose options are read.
pub(super) fn resolve(file: &mut File) {
    let mut features = with(Features::defaults(file.syntax), &file.options);
    if file.options.bool("java_string_check_utf8") == Some(true) {
        features.java.utf8_validation = JavaUtf8Validation::Verify;
    }
    file.features = features;
    for at in 0..file.messages.len() {
        // Outer messages stand before inner ones.
        let around = file.messages[at].parent.map_or(features, |id| file.messages[id.index as usize].features);
        let message = &mut file.messages[at];
        message.features = with(around, &message.options);
        let own = message.features;
        for range in &mut message.extension_ranges {
            range.features = with(own, &range.options);
        }
    }
    for oneof in &mut file.oneofs {
        oneof.features = with(file.messages[oneof.message.index as usize].features, &oneof.options);
    }
    for at in 0..file.fields.len() {
        let field = &file.fields[at];
        let declared_in = field.declared_in();
        let around = match (field.oneof, declared_in) {
            (Some(oneof), _) => file.oneofs[oneof.index as usize].features,
            (None, Some(message)) => file.messages[message.index as usize].features,
            (None, None) => features,
        };
        let is_map_entry = declared_in.is_some_and(|message| file.messages[message.index as usize].is_map_entry);
        let syntax = file.syntax;
        resolve_field(&mut file.fields[at], around, syntax, is_map_entry);
    }
    for item in &mut file.enums {
        let around = item.parent.map_or(features, |id| file.messages[id.index as usize].features);
        item.features = with(around, &item.options);
        item.is_closed = item.features.enum_type == EnumKind::Closed;
    }
    for value in &mut file.values {
        value.features = with(file.enums[value.parent as usize].features, &value.options);
    }
    for service in &mut file.services {
        service.features = with(features, &service.options);
    }
    for rpc in &mut file.rpcs {
        rpc.features = with(file.services[rpc.parent as usize].features, &rpc.options);
    }
}

fn resolve_field(field: &mut Field, around: Features, syntax: Syntax, is_map_entry: bool) {
    let mut features = with(around, &field.options);
    match syntax {
        Syntax::Proto2 | Syntax::Proto3 => infer_from_syntax(field, &mut features),
        Syntax::Edition2023 | Syntax::Edition2024 => {
            if features.field_presence == FieldPresence::LegacyRequired
                && field.cardinality == Cardinality::Optional
                && field.oneof.is_none()
                && !field.is_extension()
            {
                field.cardinality = Cardinality::Required;
            }
        }
    }
    field.is_delimited = matches!(field.kind, Kind::Message(_))
        && features.message_encoding == MessageEncoding::Delimited
        && !field.is_map
        && !is_map_entry;
    field.is_packed = field.cardinality == Cardinality::Repeated
        && field.kind.is_packable()
        && features.repeated_field_encoding == RepeatedFieldEncoding::Packed;
    let is_implicit = field.cardinality == Cardinality::Repeated
        || (features.field_presence == FieldPresence::Implicit
            && !matches!(field.kind, Kind::Message(_))
            && field.oneof.is_none()
            && !field.is_extension());
    field.presence = if is_implicit { Presence::Implicit } else { Presence::Explicit };
    field.features = features;
}

/// What proto2 and proto3 say in other words than features.
fn infer_from_syntax(field: &Field, features: &mut Features) {
    if field.label == Some(Label::Required) {
        features.field_presence = FieldPresence::LegacyRequired;
    }
    if field.is_proto3_optional {
        features.field_presence = FieldPresence::Explicit;
    }
    // The parser has marked groups.
    if field.is_delimited {
        features.message_encoding = MessageEncoding::Delimited;
    }
    match field.options.bool("packed") {
        Some(true) => features.repeated_field_encoding = RepeatedFieldEncoding::Packed,
        Some(false) => features.repeated_field_encoding = RepeatedFieldEncoding::Expanded,
        None => {}
    }
}

/// The features around an element with those that its options set.
fn with(mut features: Features, options: &Options) -> Features {
    let Some(set) = options.message("features") else {
        return features;
    };
    for entry in &set.entries {
        match (entry.name.as_str(), &entry.value) {
            ("field_presence", OptionValue::Enum(name, _)) => {
                put(&mut features.field_presence, FieldPresence::parse(name));
            }
            ("enum_type", OptionValue::Enum(name, _)) => put(&mut features.enum_type, EnumKind::parse(name)),
            ("repeated_field_encoding", OptionValue::Enum(name, _)) => {
                put(&mut features.repeated_field_encoding, RepeatedFieldEncoding::parse(name));
            }
            ("utf8_validation", OptionValue::Enum(name, _)) => {
                put(&mut features.utf8_validation, Utf8Validation::parse(name));
            }
            ("message_encoding", OptionValue::Enum(name, _)) => {
                put(&mut features.message_encoding, MessageEncoding::parse(name));
            }
            ("json_format", OptionValue::Enum(name, _)) => put(&mut features.json_format, JsonFormat::parse(name)),
            ("enforce_naming_style", OptionValue::Enum(name, _)) => {
                put(&mut features.enforce_naming_style, EnforceNamingStyle::parse(name));
            }
            ("default_symbol_visibility", OptionValue::Enum(name, _)) => {
                put(&mut features.default_symbol_visibility, SymbolVisibility::parse(name));
            }
            ("pb.cpp", OptionValue::Message(cpp)) => set_cpp(&mut features, cpp),
            ("pb.java", OptionValue::Message(java)) => set_java(&mut features, java),
            ("pb.go", OptionValue::Message(go)) => set_go(&mut features, go),
            _ => {}
        }
    }
    features
}

fn set_cpp(features: &mut Features, set: &Options) {
    put(&mut features.cpp.legacy_closed_enum, set.bool("legacy_closed_enum"));
    put(&mut features.cpp.string_type, set.enum_name("string_type").and_then(CppStringType::parse));
    put(&mut features.cpp.enum_name_uses_string_view, set.bool("enum_name_uses_string_view"));
}

fn set_java(features: &mut Features, set: &Options) {
    let java = &mut features.java;
    put(&mut java.legacy_closed_enum, set.bool("legacy_closed_enum"));
    put(&mut java.utf8_validation, set.enum_name("utf8_validation").and_then(JavaUtf8Validation::parse));
    put(&mut java.large_enum, set.bool("large_enum"));
    put(&mut java.use_old_outer_classname_default, set.bool("use_old_outer_classname_default"));
    put(&mut java.nest_in_file_class, set.enum_name("nest_in_file_class").and_then(JavaNestInFileClass::parse));
}

fn set_go(features: &mut Features, set: &Options) {
    put(&mut features.go.legacy_unmarshal_json_enum, set.bool("legacy_unmarshal_json_enum"));
    put(&mut features.go.api_level, set.enum_name("api_level").and_then(GoApiLevel::parse));
    put(&mut features.go.strip_enum_prefix, set.enum_name("strip_enum_prefix").and_then(GoStripEnumPrefix::parse));
}

fn put<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}
