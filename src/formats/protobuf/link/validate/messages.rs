//! Names and numbers within a message.

use rustc_hash::FxHashMap;

use crate::formats::protobuf::fault::{DUPLICATE, Fault};
use crate::formats::protobuf::link::validate::Check;
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
                self.invalid_with_help(extent, text, format!("the next free number is {}", next_free(message, fields)));
            } else if message.reserves_number(number) {
                let text = format!("number {number} is reserved in `{}`", message.full_name);
                self.invalid_with_help(extent, text, format!("the next free number is {}", next_free(message, fields)));
            } else if message.extension_ranges.iter().any(|range| range.start <= number && number <= range.end) {
                self.invalid(extent, format!("number {number} is in an extension range of `{}`", message.full_name));
            }
            if message.reserves_name(&field.name) {
                let text = format!("name `{}` is reserved in `{}`", &*field.name, message.full_name);
                self.invalid(field.name.extent, text);
            }
        }
    }

    fn ranges(&mut self, message: &Message) {
        let mut taken: Vec<(i32, i32, Extent, &str)> = Vec::new();
        let reserved = message.reserved_ranges.iter().map(|range| (range.start, range.end, range.extent, "reserved"));
        let extensions =
            message.extension_ranges.iter().map(|range| (range.start, range.end, range.extent, "extension"));
        for (start, end, extent, what) in reserved.chain(extensions) {
            if start < 1 {
                self.invalid(extent, "field numbers start at 1");
            }
            if let Some((_, _, _, other)) = taken.iter().find(|(from, to, ..)| start <= *to && *from <= end) {
                self.invalid(extent, format!("this {what} range overlaps another {other} range"));
            }
            taken.push((start, end, extent, what));
        }
        let mut names: Vec<&str> = Vec::new();
        for name in &message.reserved_names {
            if names.contains(&name.text.as_str()) {
                self.invalid(name.extent, format!("name `{}` is reserved twice", name.text));
            }
            names.push(&name.text);
        }
    }
}

fn next_free(message: &Message, fields: &[Field]) -> i32 {
    let largest = fields.iter().map(|field| field.number).filter(|number| *number < MAX_NUMBER).max().unwrap_or(0);
    let is_free = |number: i32| {
        !message.reserves_number(number)
            && !IMPLEMENTATION_NUMBERS.contains(&number)
            && !message.extension_ranges.iter().any(|range| range.start <= number && number <= range.end)
    };
    // Jumps behind each range in turn, so that a huge range costs nothing.
    let mut number = largest + 1;
    for _ in 0..=message.reserved_ranges.len() + message.extension_ranges.len() + 1 {
        if is_free(number) {
            break;
        }
        let ends = message.reserved_ranges.iter().map(|range| (range.start, range.end));
        let ends = ends.chain(message.extension_ranges.iter().map(|range| (range.start, range.end)));
        let ends = ends.chain([(*IMPLEMENTATION_NUMBERS.start(), *IMPLEMENTATION_NUMBERS.end())]);
        let behind = ends.filter(|(start, end)| *start <= number && number <= *end).map(|(_, end)| end).max();
        number = behind.unwrap_or(number).saturating_add(1);
    }
    number
}
