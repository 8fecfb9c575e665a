//! Finds the field that an option's name means, and builds the tree of values.

use crate::formats::protobuf::fault::{Fault, INVALID, UNRESOLVED};
use crate::formats::protobuf::link::options::Context;
use crate::formats::protobuf::link::reference;
use crate::formats::protobuf::link::scope::{Found, Scope, Wanted};
use crate::formats::protobuf::model::{
    Element, EnumId, Extent, Field, FieldId, File, Kind, Message, MessageId, OptionEntry, OptionValue, Options,
};
use crate::formats::protobuf::parse::{RawNamePart, RawOption};

/// Reads options of one file.
pub(super) struct Interpreter<'a> {
    pub(super) files: &'a [File],
    pub(super) scope: Scope<'a>,
    pub(super) faults: Vec<Fault>,
}

impl<'a> Interpreter<'a> {
    pub(super) fn new(context: &Context<'a>) -> Self {
        let package = context.file().package_name();
        let scope = Scope::new(context.symbols, context.visibility, package, Wanted::Extension);
        Self { files: context.files, scope, faults: Vec::new() }
    }

    pub(super) fn message(&self, id: MessageId) -> &'a Message {
        &self.files[id.file.0 as usize].messages[id.index as usize]
    }

    pub(super) fn field(&self, id: FieldId) -> &'a Field {
        &self.files[id.file.0 as usize].fields[id.index as usize]
    }

    /// Whether only the outline of a type is known: then what is set in it can't be looked up, and is as it was.
    pub(super) fn is_outlined(&self, kind: Kind) -> bool {
        match kind {
            Kind::Message(MessageId { file, .. }) | Kind::Enum(EnumId { file, .. }) => {
                self.files[file.0 as usize].is_outline
            }
            _ => false,
        }
    }

    pub(super) fn invalid(&mut self, extent: Extent, message: impl Into<String>) {
        self.faults.push(Fault::new(INVALID, extent, message));
    }

    /// Sets one option in the tree whose root is a message of type `root`.
    pub(super) fn set(&mut self, options: &mut Options, root: MessageId, setting: &RawOption, scope: &str) {
        let mut here = options;
        let mut message = root;
        for (depth, part) in setting.path.iter().enumerate() {
            let Some(id) = self.option_field(message, part, scope) else {
                return;
            };
            let field = self.field(id);
            let is_last = depth + 1 == setting.path.len();
            let existing = here.entries.iter().position(|entry| entry.field == Some(id));
            if self.is_outlined(field.kind) {
                return;
            }
            if is_last {
                self.set_last(here, existing, id, setting, scope);
                return;
            }
            let Kind::Message(inner) = field.kind else {
                self.invalid(part.extent, format!("option `{}` has no fields", part.text));
                return;
            };
            if field.is_repeated() {
                let message = format!("option `{}` is repeated; its fields can't be set one by one", part.text);
                self.invalid(part.extent, message);
                return;
            }
            let at = existing.unwrap_or_else(|| {
                here.push(self.entry(id, setting, OptionValue::Message(Options::default())));
                here.entries.len() - 1
            });
            let OptionValue::Message(next) = &mut here.entries[at].value else {
                return;
            };
            here = next;
            message = inner;
        }
    }

    fn set_last(&mut self, here: &mut Options, existing: Option<usize>, id: FieldId, setting: &RawOption, scope: &str) {
        let field = self.field(id);
        let Some(value) = self.value(id, &setting.value, setting.value_extent, scope) else {
            return;
        };
        if field.is_repeated() {
            let item = (setting.value_extent, value);
            match existing.map(|at| &mut here.entries[at].value) {
                Some(OptionValue::List(items)) => items.push(item),
                _ => here.push(self.entry(id, setting, OptionValue::List(vec![item]))),
            }
        } else if existing.is_some() {
            self.invalid(setting.name_extent, format!("option `{}` is set twice", &*field.name));
        } else {
            here.push(self.entry(id, setting, value));
        }
    }

    fn entry(&self, id: FieldId, setting: &RawOption, value: OptionValue) -> OptionEntry {
        self.entry_at(id, setting.extent, setting.name_extent, setting.value_extent, value)
    }

    pub(super) fn entry_at(
        &self,
        id: FieldId,
        extent: Extent,
        name_extent: Extent,
        value_extent: Extent,
        value: OptionValue,
    ) -> OptionEntry {
        let field = self.field(id);
        let is_extension = field.is_extension();
        OptionEntry {
            name: if is_extension { field.full_name().clone() } else { field.name.text.clone() },
            is_extension,
            field: Some(id),
            number: u32::try_from(field.number).unwrap_or(0),
            extent,
            name_extent,
            value_extent,
            value,
        }
    }

    fn option_field(&mut self, message: MessageId, part: &RawNamePart, scope: &str) -> Option<FieldId> {
        if part.is_extension {
            return self.extension(message, &part.text, part.extent, scope);
        }
        let found = self.field_named(message, &part.text);
        if found.is_none() {
            let owner = &self.message(message).full_name;
            let mut fault = Fault::new(UNRESOLVED, part.extent, format!("there is no option `{}` here", part.text));
            fault.help = Some(if owner.starts_with("google.protobuf.") && owner.ends_with("Options") {
                "the name of a custom option is written in parentheses".to_owned()
            } else {
                format!("`{owner}` has no field of that name")
            });
            self.faults.push(fault);
        }
        found
    }

    /// A field by its name; groups also by the name of their message, as in the text format.
    pub(super) fn field_named(&self, message: MessageId, name: &str) -> Option<FieldId> {
        let ids = self.message(message).field_ids(message.file);
        let mut group = None;
        for id in ids {
            let field = self.field(id);
            if &*field.name == name {
                return Some(id);
            }
            if field.is_delimited
                && let Kind::Message(inner) = field.kind
                && &*self.message(inner).name == name
            {
                group = Some(id);
            }
        }
        group
    }

    /// An extension of `message` by the name that is written in `scope`.
    pub(super) fn extension(&mut self, message: MessageId, name: &str, extent: Extent, scope: &str) -> Option<FieldId> {
        match self.scope.find(name, scope) {
            Found::Element(Element::Extension(id)) => {
                let owner = &self.message(message).full_name;
                let extended = self.field(id).message.map(|extended| &self.message(extended).full_name);
                if extended == Some(owner) {
                    return Some(id);
                }
                // An extendee that was not found has its own fault.
                if let Some(extended) = extended {
                    self.invalid(extent, format!("`{name}` extends `{extended}`, not `{owner}`"));
                }
            }
            Found::Element(_) => self.invalid(extent, format!("`{name}` is no extension")),
            Found::Hidden(element) => self.faults.push(reference::hidden(self.files, name, extent, element)),
            Found::NotInside(tried) => self.faults.push(reference::not_inside(name, extent, &tried)),
            Found::Nothing => {
                let message = format!("option `({name})` is not declared in this file or in what it imports");
                self.faults.push(
                    Fault::new(UNRESOLVED, extent, message).with_help("import the file that declares the option"),
                );
            }
        }
        None
    }
}
