//! Looks up the types of fields, extendees and RPCs.

use rustc_hash::FxHashSet;

use crate::formats::protobuf::fault::{Fault, INVALID, UNRESOLVED};
use crate::formats::protobuf::link::scope::{Found, Scope, Visibility, Wanted};
use crate::formats::protobuf::model::{
    Element, Extent, Field, File, FileIndex, Kind, Message, MessageId, Symbols, TypeName,
};

/// What was found for one file.
#[derive(Default)]
pub(super) struct Resolved {
    kinds: Vec<(u32, Kind)>,
    extendees: Vec<(u32, MessageId)>,
    rpcs: Vec<(Option<MessageId>, Option<MessageId>)>,
    used: FxHashSet<FileIndex>,
    faults: Vec<Fault>,
}

impl Resolved {
    /// Writes what was found into the file; what was wrong, and the files that were needed.
    pub(super) fn apply(self, file: &mut File) -> (Vec<Fault>, FxHashSet<FileIndex>) {
        for (index, kind) in self.kinds {
            file.fields[index as usize].kind = kind;
        }
        for (index, message) in self.extendees {
            file.fields[index as usize].message = Some(message);
        }
        for (rpc, (request, response)) in file.rpcs.iter_mut().zip(self.rpcs) {
            rpc.request.message = request;
            rpc.response.message = response;
        }
        (self.faults, self.used)
    }
}

/// Looks up all types that the file at `index` names.
pub(super) fn resolve(files: &[File], symbols: &Symbols, visibility: &Visibility, index: FileIndex) -> Resolved {
    let file = &files[index.0 as usize];
    let mut lookup =
        Lookup { files, scope: Scope::new(symbols, visibility, file.package_name(), Wanted::Type), faults: Vec::new() };
    let mut kinds = Vec::new();
    let mut extendees = Vec::new();
    for (at, field) in (0_u32..).zip(&file.fields) {
        let scope = scope_of(file, field);
        if field.kind == Kind::Unresolved
            && let Some(kind) = lookup.field_type(field, scope)
        {
            kinds.push((at, kind));
        }
        if let Some(extension) = &field.extension
            && let Some(message) = lookup.message(&extension.extendee, scope, "extended")
        {
            extendees.push((at, message));
        }
    }
    let mut rpcs = Vec::with_capacity(file.rpcs.len());
    for service in &file.services {
        for rpc in &file.rpcs[service.rpcs.start as usize..service.rpcs.end as usize] {
            let mut side = |side: &crate::formats::protobuf::model::RpcType| {
                let name = TypeName { text: side.text.clone(), extent: side.extent };
                lookup.message(&name, &service.full_name, "used in an RPC")
            };
            rpcs.push((side(&rpc.request), side(&rpc.response)));
        }
    }
    Resolved { kinds, extendees, rpcs, used: lookup.scope.used, faults: lookup.faults }
}

/// The scope in which a field's type is looked up: the message it is declared in, or the package.
fn scope_of<'a>(file: &'a File, field: &Field) -> &'a str {
    let declared_in = field.declared_in();
    let Some(mut message) = declared_in.map(|id| &file.messages[id.index as usize]) else {
        return file.package_name();
    };
    if message.is_map_entry {
        // The value type of a map is written in the message around it; the entry's own name must not shadow it.
        let parent: Option<&Message> = message.parent.map(|id| &file.messages[id.index as usize]);
        match parent {
            Some(parent) => message = parent,
            None => return file.package_name(),
        }
    }
    &message.full_name
}

struct Lookup<'a> {
    files: &'a [File],
    scope: Scope<'a>,
    faults: Vec<Fault>,
}

impl Lookup<'_> {
    fn field_type(&mut self, field: &Field, scope: &str) -> Option<Kind> {
        match self.element(&field.type_name, scope)? {
            Element::Message(id) => Some(Kind::Message(id)),
            Element::Enum(id) => Some(Kind::Enum(id)),
            _ => {
                let message = format!("`{}` is no message or enum", field.type_name.text);
                self.faults.push(Fault::new(INVALID, field.type_name.extent, message));
                None
            }
        }
    }

    fn message(&mut self, name: &TypeName, scope: &str, how: &str) -> Option<MessageId> {
        if Kind::scalar(&name.text).is_some() {
            let message = format!("`{}` is no message and can't be {how}", name.text);
            self.faults.push(Fault::new(INVALID, name.extent, message).with_help("wrap it in a message"));
            return None;
        }
        match self.element(name, scope)? {
            Element::Message(id) => Some(id),
            _ => {
                let message = format!("`{}` is no message and can't be {how}", name.text);
                self.faults.push(Fault::new(INVALID, name.extent, message));
                None
            }
        }
    }

    fn element(&mut self, name: &TypeName, scope: &str) -> Option<Element> {
        let found = self.scope.find(&name.text, scope);
        match found {
            Found::Element(element) => return Some(element),
            Found::Hidden(element) => self.faults.push(hidden(self.files, &name.text, name.extent, element)),
            Found::NotInside(tried) => self.faults.push(not_inside(&name.text, name.extent, &tried)),
            Found::Nothing => {
                let message = format!("`{}` is not declared in this file or in what it imports", name.text);
                self.faults.push(Fault::new(UNRESOLVED, name.extent, message));
            }
        }
        None
    }
}

/// The fault of a name whose file is not imported.
pub(super) fn hidden(files: &[File], name: &str, extent: Extent, element: Element) -> Fault {
    let path = &files[element.file().0 as usize].path;
    let message = format!("`{name}` is declared in `{path}`, which this file does not import");
    Fault::new(UNRESOLVED, extent, message).with_help(format!("add `import \"{path}\";`"))
}

/// The fault of a name whose first part means something in an inner scope.
pub(super) fn not_inside(name: &str, extent: Extent, tried: &str) -> Fault {
    let message = format!(
        "`{name}` means `{tried}` here, which is not declared: its first part is found in an inner scope first"
    );
    Fault::new(UNRESOLVED, extent, message).with_help(format!("write `.{name}` to start at the outermost scope"))
}
