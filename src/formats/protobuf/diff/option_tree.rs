//! Options as trees: which entries differ, and how a value reads.

use std::fmt::Write;

use crate::change::Change;
use crate::formats::protobuf::diff::context::{no_facts, subject};
use crate::formats::protobuf::kinds::{CUSTOM_OPTION_CHANGED, LANGUAGE_OPTIONS};
use crate::formats::protobuf::model::{OptionEntry, OptionValue, Options};
use crate::source::Span;

/// The element that options are set on.
#[derive(Debug, Clone)]
pub(crate) struct Owner {
    /// The kind of element for the subject.
    pub(crate) kind: &'static str,
    /// Its full name.
    pub(crate) name: String,
    /// Its name in the old version.
    pub(crate) old: Span,
    /// Its name in the new version.
    pub(crate) new: Span,
}

/// Options that have kinds of their own, or that are part of what the model resolves.
const JUDGED_ELSEWHERE: &[&str] = &[
    "features",
    "deprecated",
    "allow_alias",
    "map_entry",
    "message_set_wire_format",
    "no_standard_descriptor_accessor",
    "deprecated_legacy_json_field_conflicts",
    "packed",
    "ctype",
    "jstype",
    "idempotency_level",
];

/// Extensions that have kinds of their own.
const EXTENSIONS_JUDGED_ELSEWHERE: &[&str] =
    &["google.api.http", "google.api.field_behavior", "buf.validate.field", "validate.rules"];

/// One change per option that differs and that nothing else judges.
pub(crate) fn compare(old: &Options, new: &Options, owner: &Owner) -> Vec<Change> {
    let mut changes = Vec::new();
    for was in &old.entries {
        let is = new.entries.iter().find(|entry| same_option(was, entry));
        if is_judged_here(was) && is.is_none_or(|is| is.value != was.value && text(&is.value) != text(&was.value)) {
            changes.push(change(owner, Some(was), is));
        }
    }
    for is in &new.entries {
        if is_judged_here(is) && !old.entries.iter().any(|was| same_option(was, is)) {
            changes.push(change(owner, None, Some(is)));
        }
    }
    changes
}

fn same_option(one: &OptionEntry, other: &OptionEntry) -> bool {
    one.is_extension == other.is_extension && one.name == other.name
}

fn is_judged_here(entry: &OptionEntry) -> bool {
    let name = entry.name.as_str();
    if entry.is_extension {
        !EXTENSIONS_JUDGED_ELSEWHERE.contains(&name)
    } else {
        !JUDGED_ELSEWHERE.contains(&name) && !LANGUAGE_OPTIONS.contains(&name)
    }
}

fn change(owner: &Owner, was: Option<&OptionEntry>, is: Option<&OptionEntry>) -> Change {
    let name = was.or(is).map(option_name).unwrap_or_default();
    let value = |entry: Option<&OptionEntry>| entry.map_or_else(String::new, |entry| text(&entry.value));
    let shown = |entry: Option<&OptionEntry>| {
        entry.map_or_else(|| "nothing".to_owned(), |entry| format!("`{}`", text(&entry.value)))
    };
    let new = is.filter(|entry| !entry.extent.is_none()).map_or(owner.new, |entry| Span {
        file: owner.new.file,
        start: entry.extent.start,
        end: entry.extent.end,
    });
    Change::new(&CUSTOM_OPTION_CHANGED, no_facts(), subject(owner.kind, owner.name.clone()), Some(owner.old), Some(new))
        .with_value("option", name.clone())
        .with_value("full", owner.name.clone())
        .with_value("old", shown(was))
        .with_value("new", shown(is))
        .with_identity(format!("{name}={}", value(was)), format!("{name}={}", value(is)))
}

fn option_name(entry: &OptionEntry) -> String {
    if entry.is_extension { format!("({})", entry.name) } else { entry.name.to_string() }
}

/// A value in the text format, in one line; message fields sorted by number, so that spelling does not count.
pub(crate) fn text(value: &OptionValue) -> String {
    let mut out = String::new();
    write_value(&mut out, value, 0);
    out
}

/// Literals nest at most as deep as the parser lets them; this only guards the stack.
const MAX_DEPTH: u32 = 100;

fn write_value(out: &mut String, value: &OptionValue, depth: u32) {
    if depth > MAX_DEPTH {
        out.push('…');
        return;
    }
    // Writing into a string cannot fail.
    let _ = match value {
        OptionValue::Bool(value) => write!(out, "{value}"),
        OptionValue::Int(value) => write!(out, "{value}"),
        OptionValue::Uint(value) => write!(out, "{value}"),
        OptionValue::Float(value) => write!(out, "{value}"),
        OptionValue::String(value) => write!(out, "{:?}", value.as_str()),
        OptionValue::Bytes(value) => write!(out, "{:?}", String::from_utf8_lossy(value)),
        OptionValue::Enum(name, _) => write!(out, "{name}"),
        OptionValue::Message(options) => {
            let mut entries: Vec<&OptionEntry> = options.entries.iter().collect();
            entries.sort_by(|one, other| (one.number, &one.name).cmp(&(other.number, &other.name)));
            out.push_str("{ ");
            for entry in entries {
                out.push_str(&if entry.is_extension { format!("[{}]", entry.name) } else { entry.name.to_string() });
                out.push_str(": ");
                write_value(out, &entry.value, depth + 1);
                out.push(' ');
            }
            out.push('}');
            Ok(())
        }
        OptionValue::List(values) => {
            out.push('[');
            for (index, (_, value)) in values.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                write_value(out, value, depth + 1);
            }
            out.push(']');
            Ok(())
        }
    };
}
