//! What an extension may be.

use crate::formats::protobuf::link::validate::Check;
use crate::formats::protobuf::model::{Cardinality, Syntax};

impl Check<'_> {
    pub(super) fn extensions(&mut self) {
        let file = self.this();
        for field in file.fields.iter().filter(|field| field.is_extension()) {
            if field.cardinality == Cardinality::Required {
                self.invalid(field.label_extent, "an extension can't be required");
            }
            if field.json_name.is_some() {
                self.invalid(field.json_name_extent, "an extension has no `json_name`");
            }
            let Some(extended) = field.message.filter(|id| !self.is_outlined(id.file)).map(|id| self.message(id))
            else {
                continue;
            };
            let number = field.number;
            let Some(range) = extended.extension_ranges.iter().find(|r| r.start <= number && number <= r.end) else {
                let text = format!("`{}` does not declare {number} as an extension number", extended.full_name);
                self.invalid(field.number_extent, text);
                continue;
            };
            let declaration = range.declarations.iter().find(|declaration| declaration.number == number);
            if let Some(declared) = declaration.filter(|declared| declared.is_reserved) {
                let text = format!("extension number {} of `{}` is reserved", declared.number, extended.full_name);
                self.invalid(field.number_extent, text);
            }
            let is_option = extended.full_name.starts_with("google.protobuf.")
                && (extended.full_name.ends_with("Options") || extended.full_name == "google.protobuf.FeatureSet");
            if file.syntax == Syntax::Proto3
                && !is_option
                && let Some(extension) = &field.extension
            {
                self.invalid(extension.extendee.extent, "proto3 allows extensions for options only");
            }
        }
        if file.syntax == Syntax::Proto3 {
            for message in &file.messages {
                if let Some(range) = message.extension_ranges.first() {
                    self.invalid(range.extent, "proto3 has no extension ranges");
                }
            }
        }
    }
}
