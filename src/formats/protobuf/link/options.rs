//! Reads the options of one file: which element has which, by the definitions in `descriptor.proto` and extensions.

use std::sync::Arc;

use rustc_hash::FxHashSet;

use crate::formats::protobuf::descriptor::{ExtensionNumbers, read_options};
use crate::formats::protobuf::fault::Fault;
use crate::formats::protobuf::link::defaults;
use crate::formats::protobuf::link::interpret::Interpreter;
use crate::formats::protobuf::link::scope::Visibility;
use crate::formats::protobuf::model::{
    DefaultValue, ExtensionDeclaration, Field, File, FileIndex, IdempotencyLevel, Kind, MessageId, OptionValue,
    Options, Symbols, Text,
};
use crate::formats::protobuf::parse::{OptionTarget, RawOption, RawOptions};

/// What reading the options of one file needs.
pub(super) struct Context<'a> {
    pub(super) files: &'a [File],
    pub(super) symbols: &'a Symbols,
    pub(super) visibility: &'a Visibility,
    pub(super) index: FileIndex,
    pub(super) descriptor: FileIndex,
}

impl<'a> Context<'a> {
    /// The file whose options are read.
    pub(super) fn file(&self) -> &'a File {
        &self.files[self.index.0 as usize]
    }
}

/// The options of one file.
pub(super) struct Interpreted {
    options: Vec<(OptionTarget, Options)>,
    defaults: Vec<(u32, DefaultValue)>,
    used: FxHashSet<FileIndex>,
    faults: Vec<Fault>,
}

/// Reads all options of the file.
pub(super) fn interpret(context: &Context<'_>, options: &[RawOptions], defaults: &[(u32, RawOption)]) -> Interpreted {
    let mut interpreter = Interpreter::new(context);
    let mut read = Vec::with_capacity(options.len());
    for raw in options {
        let Some(message) = options_message(context, raw.target) else {
            continue;
        };
        let scope = scope_of(context.file(), raw.target);
        let mut found = Options::default();
        for setting in &raw.settings {
            interpreter.set(&mut found, message, setting, scope);
        }
        read.push((raw.target, found));
    }
    let defaults = defaults::read(context, &mut interpreter, defaults);
    Interpreted { options: read, defaults, used: interpreter.scope.used, faults: interpreter.faults }
}

impl Interpreted {
    /// Adds the options that are given as bytes.
    pub(super) fn add_encoded(
        &mut self,
        context: &Context<'_>,
        extensions: &ExtensionNumbers<'_>,
        encoded: &[(OptionTarget, Arc<[u8]>)],
    ) {
        for (target, bytes) in encoded {
            if let Some(message) = options_message(context, *target) {
                self.options.push((*target, read_options(context.files, extensions, message, bytes)));
            }
        }
    }

    /// Writes the options into the file.
    pub(super) fn apply(self, file: &mut File, faults: &mut Vec<Fault>, used: &mut FxHashSet<FileIndex>) {
        for (target, options) in self.options {
            set_options(file, target, options);
        }
        for (index, default) in self.defaults {
            file.fields[index as usize].default = Some(Box::new(default));
        }
        copy_features_to_map_entries(file);
        faults.extend(self.faults);
        used.extend(self.used);
    }
}

fn options_message(context: &Context<'_>, target: OptionTarget) -> Option<MessageId> {
    let name = match target {
        OptionTarget::File => "FileOptions",
        OptionTarget::Message(_) => "MessageOptions",
        OptionTarget::Field(_) => "FieldOptions",
        OptionTarget::Oneof(_) => "OneofOptions",
        OptionTarget::ExtensionRange(..) => "ExtensionRangeOptions",
        OptionTarget::Enum(_) => "EnumOptions",
        OptionTarget::Value(_) => "EnumValueOptions",
        OptionTarget::Service(_) => "ServiceOptions",
        OptionTarget::Rpc(_) => "MethodOptions",
    };
    let file = &context.files[context.descriptor.0 as usize];
    let at = file.top_messages.iter().find(|&&at| &*file.messages[at as usize].name == name)?;
    Some(MessageId::new(context.descriptor, *at))
}

/// The scope in which protoc looks up the names of an element's options: the one around the element.
fn scope_of(file: &File, target: OptionTarget) -> &str {
    let around_message = |at: u32| -> &str {
        match file.messages[at as usize].parent {
            Some(parent) => &file.messages[parent.index as usize].full_name,
            None => file.package_name(),
        }
    };
    match target {
        OptionTarget::File | OptionTarget::Service(_) => file.package_name(),
        OptionTarget::Message(at) => around_message(at),
        OptionTarget::ExtensionRange(at, _) => &file.messages[at as usize].full_name,
        OptionTarget::Field(at) => field_scope(file, &file.fields[at as usize]),
        OptionTarget::Oneof(at) => {
            let message = file.oneofs[at as usize].message;
            &file.messages[message.index as usize].full_name
        }
        OptionTarget::Enum(at) => enum_scope(file, at),
        OptionTarget::Value(at) => enum_scope(file, file.values[at as usize].parent),
        OptionTarget::Rpc(at) => &file.services[file.rpcs[at as usize].parent as usize].full_name,
    }
}

/// The full name of what a field is declared in.
pub(super) fn field_scope<'a>(file: &'a File, field: &Field) -> &'a str {
    field.declared_in().map_or(file.package_name(), |id| &file.messages[id.index as usize].full_name)
}

fn enum_scope(file: &File, at: u32) -> &str {
    match file.enums[at as usize].parent {
        Some(parent) => &file.messages[parent.index as usize].full_name,
        None => file.package_name(),
    }
}

fn set_options(file: &mut File, target: OptionTarget, options: Options) {
    match target {
        OptionTarget::File => file.options = options,
        OptionTarget::Message(at) => file.messages[at as usize].options = options,
        OptionTarget::Field(at) => file.fields[at as usize].options = options,
        OptionTarget::Oneof(at) => file.oneofs[at as usize].options = options,
        OptionTarget::ExtensionRange(at, range) => {
            let range = &mut file.messages[at as usize].extension_ranges[range as usize];
            range.declarations = declarations(&options);
            range.options = options;
        }
        OptionTarget::Enum(at) => {
            let item = &mut file.enums[at as usize];
            item.allows_alias = options.bool("allow_alias") == Some(true);
            item.options = options;
        }
        OptionTarget::Value(at) => file.values[at as usize].options = options,
        OptionTarget::Service(at) => file.services[at as usize].options = options,
        OptionTarget::Rpc(at) => {
            let rpc = &mut file.rpcs[at as usize];
            rpc.idempotency = match options.enum_name("idempotency_level") {
                Some("NO_SIDE_EFFECTS") => IdempotencyLevel::NoSideEffects,
                Some("IDEMPOTENT") => IdempotencyLevel::Idempotent,
                _ => IdempotencyLevel::Unknown,
            };
            rpc.options = options;
        }
    }
}

fn declarations(options: &Options) -> Vec<ExtensionDeclaration> {
    let Some(OptionValue::List(items)) = options.get("declaration") else {
        return Vec::new();
    };
    let text = |options: &Options, name: &str| options.string(name).map(Text::from).unwrap_or_default();
    items
        .iter()
        .filter_map(|(_, value)| match value {
            OptionValue::Message(fields) => Some(ExtensionDeclaration {
                number: match fields.get("number") {
                    Some(OptionValue::Int(number)) => i32::try_from(*number).unwrap_or(0),
                    _ => 0,
                },
                full_name: text(fields, "full_name"),
                type_name: text(fields, "type"),
                is_repeated: fields.bool("repeated") == Some(true),
                is_reserved: fields.bool("reserved") == Some(true),
            }),
            _ => None,
        })
        .collect()
}

/// The features of a map field hold for its key and value too.
fn copy_features_to_map_entries(file: &mut File) {
    for at in 0..file.fields.len() {
        let field = &file.fields[at];
        let (true, Kind::Message(entry)) = (field.is_map, field.kind) else { continue };
        let Some(features) = field.options.entry("features").cloned() else { continue };
        let parts = file.messages[entry.index as usize].fields.clone();
        for part in parts {
            file.fields[part as usize].options.push(features.clone());
        }
    }
}
