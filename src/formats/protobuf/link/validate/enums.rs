//! Names and numbers within an enum.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::formats::protobuf::link::validate::Check;
use crate::formats::protobuf::link::validate::ranges::Ranges;
use crate::formats::protobuf::model::{EnumType, EnumValue};

impl<'a> Check<'a> {
    pub(super) fn enums(&mut self) {
        let file = self.this();
        for item in &file.enums {
            let values = &file.values[item.values.start as usize..item.values.end as usize];
            let Some(first) = values.first() else {
                self.invalid(item.name.extent, format!("enum `{}` has no values", item.full_name));
                continue;
            };
            if !item.is_closed && first.number != 0 {
                let text = format!("the first value of the open enum `{}` must be 0", item.full_name);
                self.invalid_with_help(first.number_extent, text, "add a value `…_UNSPECIFIED = 0;` before it");
            }
            self.values(item, values);
        }
    }

    fn values(&mut self, item: &'a EnumType, values: &'a [EnumValue]) {
        let mut numbers: FxHashMap<i32, &str> = FxHashMap::default();
        let mut has_alias = false;
        let reserved = Ranges::new(item.reserved_ranges.iter().map(|range| (range.start, range.end, range.extent)));
        let reserved_names: FxHashSet<&str> = item.reserved_names.iter().map(|name| name.text.as_str()).collect();
        for value in values {
            if let Some(other) = numbers.insert(value.number, &value.name) {
                has_alias = true;
                if !item.allows_alias {
                    let text = format!("number {} is already used by `{other}`", value.number);
                    let help = "add `option allow_alias = true;` to the enum if both names are wanted";
                    self.invalid_with_help(value.number_extent, text, help);
                }
            }
            if reserved.contain(value.number) {
                let text = format!("number {} is reserved in `{}`", value.number, item.full_name);
                self.invalid(value.number_extent, text);
            }
            if reserved_names.contains(&*value.name) {
                let text = format!("name `{}` is reserved in `{}`", &*value.name, item.full_name);
                self.invalid(value.name.extent, text);
            }
        }
        if item.allows_alias && !has_alias {
            let extent = item.options.entry("allow_alias").map_or(item.name.extent, |entry| entry.extent);
            let text = format!("`{}` allows aliases and has none", item.full_name);
            self.invalid_with_help(extent, text, "remove `allow_alias`");
        }
        for extent in reserved.overlapping() {
            self.invalid(extent, "this reserved range overlaps another");
        }
    }
}
