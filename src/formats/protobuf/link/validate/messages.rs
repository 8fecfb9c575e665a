//! Names and numbers within a message.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::formats::protobuf::fault::{DUPLICATE, Fault, MAX_FAULTS};
use crate::formats::protobuf::link::validate::Check;
use crate::formats::protobuf::link::validate::ranges::Ranges;
use crate::formats::protobuf::model::{Extent, Field, File, Message};

/// Field numbers that the implementation keeps to itself.
const IMPLEMENTATION_NUMBERS: std::ops::RangeInclusive<i32> = 19_000..=19_999;
const MAX_NUMBER: i32 = 536_870_911;

impl<'a> Check<'a> {
    pub(super) fn messages(&mut self) {
        let file = self.this();
        for message in &file.messages {
            if message.is_map_entry {
                continue;
            }
            self.names(file, message);
            let fields = &file.fields[message.fields.start as usize..message.fields.end as usize];
            self.numbers(message, fields);
            self.ranges(message);
        }
    }

    /// Fields, oneofs, nested types, values of nested enums and nested extensions share one scope.
    fn names(&mut self, file: &'a File, message: &'a Message) {
        let mut seen: FxHashMap<&'a str, Extent> = FxHashMap::default();
        let mut faults = Vec::new();
        let mut add = |name: &'a str, extent: Extent| {
            if seen.insert(name, extent).is_some() {
                let text = format!("`{name}` is declared twice in `{}`", message.full_name);
                faults.push(Fault::new(DUPLICATE, extent, text).with_help("rename one of them"));
            }
        };
        for field in &file.fields[message.fields.start as usize..message.fields.end as usize] {
            add(&field.name, field.name.extent);
        }
        for oneof in &file.oneofs[message.oneofs.start as usize..message.oneofs.end as usize] {
            add(&oneof.name, oneof.name.extent);
        }
        for &at in &message.messages {
            let inner = &file.messages[at as usize];
            add(&inner.name, inner.name.extent);
        }
        for &at in &message.enums {
            let inner = &file.enums[at as usize];
            add(&inner.name, inner.name.extent);
            for value in &file.values[inner.values.start as usize..inner.values.end as usize] {
                add(&value.name, value.name.extent);
            }
        }
        for &at in &message.extensions {
            let field = &file.fields[at as usize];
            add(&field.name, field.name.extent);
        }
        self.faults.extend(faults);
    }

    fn numbers(&mut self, message: &'a Message, fields: &'a [Field]) {
        let reserved = Ranges::new(message.reserved_ranges.iter().map(|range| (range.start, range.end, range.extent)));
        let extensions =
            Ranges::new(message.extension_ranges.iter().map(|range| (range.start, range.end, range.extent)));
        let reserved_names: FxHashSet<&str> = message.reserved_names.iter().map(|name| name.text.as_str()).collect();
        let mut seen: FxHashMap<i32, &'a str> = FxHashMap::default();
        seen.reserve(fields.len());
        for field in fields {
            let number = field.number;
            let extent = field.number_extent;
            if !(1..=MAX_NUMBER).contains(&number) {
                self.invalid(extent, format!("field numbers go from 1 to {MAX_NUMBER}"));
                continue;
            }
            if IMPLEMENTATION_NUMBERS.contains(&number) {
                self.invalid(extent, "the numbers 19000 to 19999 are kept for the implementation");
            }
            if let Some(other) = seen.insert(number, &field.name) {
                let text = format!("number {number} is already used by `{other}` in `{}`", message.full_name);
                self.invalid_with_help(extent, text, next_free(message, fields));
            } else if reserved.contain(number) {
                let text = format!("number {number} is reserved in `{}`", message.full_name);
                self.invalid_with_help(extent, text, next_free(message, fields));
            } else if extensions.contain(number) {
                self.invalid(extent, format!("number {number} is in an extension range of `{}`", message.full_name));
            }
            if reserved_names.contains(&*field.name) {
                let text = format!("name `{}` is reserved in `{}`", &*field.name, message.full_name);
                self.invalid(field.name.extent, text);
            }
            if self.faults.len() > MAX_FAULTS {
                return;
            }
        }
    }

    fn ranges(&mut self, message: &Message) {
        for (start, extent) in message
            .reserved_ranges
            .iter()
            .map(|range| (range.start, range.extent))
            .chain(message.extension_ranges.iter().map(|range| (range.start, range.extent)))
        {
            if start < 1 {
                self.invalid(extent, "field numbers start at 1");
            }
        }
        for extent in all_ranges(message).overlapping() {
            self.invalid(extent, "this range overlaps another reserved or extension range");
        }
        let mut names: FxHashSet<&str> = FxHashSet::default();
        for name in &message.reserved_names {
            if !names.insert(&name.text) {
                self.invalid(name.extent, format!("name `{}` is reserved twice", name.text));
            }
        }
    }
}

fn all_ranges(message: &Message) -> Ranges {
    let reserved = message.reserved_ranges.iter().map(|range| (range.start, range.end, range.extent));
    let extensions = message.extension_ranges.iter().map(|range| (range.start, range.end, range.extent));
    Ranges::new(reserved.chain(extensions))
}

/// Names the first number behind all fields that is not taken.
fn next_free(message: &Message, fields: &[Field]) -> String {
    let largest = fields.iter().map(|field| field.number).filter(|number| *number < MAX_NUMBER).max().unwrap_or(0);
    let mut number = all_ranges(message).next_free(largest + 1);
    if IMPLEMENTATION_NUMBERS.contains(&number) {
        number = all_ranges(message).next_free(IMPLEMENTATION_NUMBERS.end() + 1);
    }
    format!("the next free number is {number}")
}
