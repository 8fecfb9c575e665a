//! Names that fall together in JSON.

use std::borrow::Cow;

use rustc_hash::FxHashMap;

use crate::formats::protobuf::link::validate::Check;
use crate::formats::protobuf::model::{Field, JsonFormat};

impl Check<'_> {
    pub(super) fn json_names(&mut self) {
        let file = self.this();
        for message in &file.messages {
            let is_tolerated = message.features.json_format != JsonFormat::Allow
                || message.options.bool("deprecated_legacy_json_field_conflicts") == Some(true);
            if message.is_map_entry || is_tolerated {
                continue;
            }
            let mut seen: FxHashMap<Cow<'_, str>, &Field> = FxHashMap::default();
            for field in &file.fields[message.fields.start as usize..message.fields.end as usize] {
                let name = match &field.json_name {
                    Some(name) => Cow::Borrowed(name.as_str()),
                    None if !field.name.contains('_') => Cow::Borrowed(&*field.name),
                    None => Cow::Owned(Field::default_json_name(&field.name)),
                };
                if let Some(other) = seen.get(&name) {
                    let text = format!("`{}` and `{}` have one JSON name, `{name}`", &*other.name, &*field.name);
                    let extent = if field.json_name.is_some() { field.json_name_extent } else { field.name.extent };
                    self.invalid_with_help(extent, text, "give one of them another `json_name`");
                    continue;
                }
                seen.insert(name, field);
            }
        }
    }
}
