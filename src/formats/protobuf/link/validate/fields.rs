//! What a field may be.

use crate::formats::protobuf::link::validate::Check;
use crate::formats::protobuf::model::{Cardinality, Field, FieldPresence, Kind, Syntax};

impl<'a> Check<'a> {
    pub(super) fn fields(&mut self) {
        let file = self.this();
        for field in &file.fields {
            match file.syntax {
                Syntax::Proto3 => self.proto3_field(field),
                Syntax::Proto2 => {}
                Syntax::Edition2023 | Syntax::Edition2024 => self.edition_field(field),
            }
            if field.options.bool("packed") == Some(true) && !(field.is_repeated() && field.kind.is_packable()) {
                let extent = field.options.entry("packed").map_or(field.extent, |entry| entry.extent);
                self.invalid(extent, "only repeated numbers, bools and enums can be packed");
            }
            if field.is_map {
                self.map_field(field);
            }
        }
    }

    fn proto3_field(&mut self, field: &'a Field) {
        if field.default.is_some() {
            self.invalid_with_help(field.default_extent, "proto3 has no defaults", "remove `default`");
        }
        if let Some(item) = self.enum_of(field.kind).filter(|item| item.is_closed) {
            let text = format!("`{}` is a closed (proto2) enum and can't be used in proto3", item.full_name);
            self.invalid(field.type_name.extent, text);
        }
    }

    fn edition_field(&mut self, field: &'a Field) {
        if let Some(entry) = field.options.entry("packed") {
            let help = "set `features.repeated_field_encoding` instead";
            self.invalid_with_help(entry.extent, "editions have no option `packed`", help);
        }
        let presence = field.features.field_presence;
        let is_set_here =
            field.options.message("features").and_then(|set| set.entry("field_presence")).map(|e| e.extent);
        if presence == FieldPresence::Implicit && field.cardinality != Cardinality::Repeated {
            if field.default.is_some() && !field.is_extension() && field.oneof.is_none() {
                self.invalid(field.default_extent, "a field with implicit presence has no default");
            }
            let is_scalar = !matches!(field.kind, Kind::Message(_));
            if let Some(item) = self.enum_of(field.kind).filter(|item| item.is_closed)
                && field.oneof.is_none()
                && !field.is_extension()
            {
                let text =
                    format!("`{}` is closed and can't be the type of a field with implicit presence", item.full_name);
                self.invalid(field.type_name.extent, text);
            }
            if let Some(extent) = is_set_here.filter(|_| !is_scalar) {
                self.invalid(extent, "a message field can't have implicit presence");
            }
        }
        if let Some(extent) = is_set_here {
            if field.cardinality == Cardinality::Repeated {
                self.invalid(extent, "a repeated field can't say its presence");
            } else if field.oneof.is_some() {
                self.invalid(extent, "a oneof field can't say its presence");
            } else if field.is_extension() && presence == FieldPresence::LegacyRequired {
                self.invalid(extent, "an extension can't be required");
            }
        }
    }

    fn map_field(&mut self, field: &'a Field) {
        let Kind::Message(id) = field.kind else { return };
        let entry = self.message(id);
        let parts = &self.this().fields[entry.fields.start as usize..entry.fields.end as usize];
        let [key, value] = parts else { return };
        let is_key = matches!(
            key.kind,
            Kind::Int32
                | Kind::Int64
                | Kind::Uint32
                | Kind::Uint64
                | Kind::Sint32
                | Kind::Sint64
                | Kind::Fixed32
                | Kind::Fixed64
                | Kind::Sfixed32
                | Kind::Sfixed64
                | Kind::Bool
                | Kind::String
        );
        if !is_key && key.kind != Kind::Unresolved {
            let text = format!("`{}` can't be the key of a map", key.type_name.text);
            self.invalid_with_help(key.type_name.extent, text, "use a whole number type, `bool` or `string`");
        }
        if let Kind::Enum(item) = value.kind {
            let file = &self.files[item.file.0 as usize];
            let first = file.enums[item.index as usize].values.start as usize;
            if file.values.get(first).is_some_and(|value| value.number != 0) {
                let text = "the first value of an enum that is the value of a map must be 0";
                self.invalid(value.type_name.extent, text);
            }
        }
    }
}
