//! All files of one side, linked.

use std::sync::Arc;

use crate::formats::protobuf::model::{
    Declared, Element, EnumId, EnumType, EnumValue, EnumValueId, Extent, Field, FieldId, File, FileIndex, Import,
    Message, MessageId, Oneof, OneofId, Origin, Outline, Rpc, RpcId, Service, ServiceId, Symbols,
};
use crate::source::Span;

/// All files of one side that were read, linked.
///
/// Files that are the same on both sides and that no change can touch are not in it ([`Schema::unread`] names them),
/// or only by their outline, where a file that was read refers to them.
#[derive(Debug, Clone, Default)]
pub struct Schema {
    /// The files; [`FileIndex`] is the place in here. Those of contracts first, sorted by contract and path.
    pub files: Vec<File>,
    /// Contract files that were not read, because they are equal on both sides and nothing that changed is imported by
    /// them; sorted by path.
    pub unread: Vec<UnreadFile>,
    /// Messages, enums, services and extensions by full name. Usually one each; more where separate contracts of a
    /// tree use one name.
    symbols: Symbols,
}

/// A contract file that was not read, because it is equal on both sides.
#[derive(Debug, Clone)]
pub struct UnreadFile {
    /// Its path in the tree.
    pub path: String,
    /// The contract it belongs to: an index into the side's contracts.
    pub contract: u32,
    /// What it declares; `None` where nothing differs at all, so that nobody asks.
    pub outline: Option<Arc<Outline>>,
}

impl UnreadFile {
    /// Its package; empty without one.
    #[must_use]
    pub fn package(&self) -> &str {
        self.outline.as_ref().map_or("", |outline| outline.package())
    }
}

impl Schema {
    /// A schema of these files, with an index of their names.
    #[must_use]
    pub fn new(files: Vec<File>, unread: Vec<UnreadFile>) -> Self {
        let symbols = Symbols::of(&files);
        Self { files, unread, symbols }
    }

    /// A schema whose names are already indexed.
    pub(crate) fn from_parts(files: Vec<File>, symbols: Symbols, unread: Vec<UnreadFile>) -> Self {
        Self { files, unread, symbols }
    }

    /// The packages of all files, those that were not read included; with repetitions.
    pub fn packages(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(File::package_name).chain(self.unread.iter().map(UnreadFile::package))
    }

    /// The packages that have an enum, files that were not read included; with repetitions.
    pub(crate) fn packages_with_enums(&self) -> impl Iterator<Item = &str> {
        let read = self.files.iter().filter(|file| !file.enums.is_empty()).map(File::package_name);
        let has_enum = |file: &&UnreadFile| file.outline.as_ref().is_some_and(|outline| outline.has(Declared::Enum));
        read.chain(self.unread.iter().filter(has_enum).map(UnreadFile::package))
    }

    /// Whether some file that is not built in imports `path`.
    pub(crate) fn imports(&self, path: &str) -> bool {
        let is_it = |import: &Import| import.path == path;
        let tells = |file: &UnreadFile| {
            file.outline.as_ref().is_some_and(|outline| outline.imports().any(|(_, imported)| imported == path))
        };
        let written = self.files.iter().filter(|file| file.origin != Origin::BuiltIn);
        written.flat_map(|file| &file.imports).any(is_it) || self.unread.iter().any(tells)
    }

    /// A file.
    ///
    /// # Panics
    /// This and the other lookups by id panic when the id came from another schema, which is a programming error.
    #[must_use]
    pub fn file(&self, index: FileIndex) -> &File {
        &self.files[index.0 as usize]
    }

    /// A message.
    #[must_use]
    pub fn message(&self, id: MessageId) -> &Message {
        &self.file(id.file).messages[id.index as usize]
    }

    /// A field or extension.
    #[must_use]
    pub fn field(&self, id: FieldId) -> &Field {
        &self.file(id.file).fields[id.index as usize]
    }

    /// A oneof.
    #[must_use]
    pub fn oneof(&self, id: OneofId) -> &Oneof {
        &self.file(id.file).oneofs[id.index as usize]
    }

    /// An enum.
    #[must_use]
    pub fn enum_type(&self, id: EnumId) -> &EnumType {
        &self.file(id.file).enums[id.index as usize]
    }

    /// A value of an enum.
    #[must_use]
    pub fn enum_value(&self, id: EnumValueId) -> &EnumValue {
        &self.file(id.file).values[id.index as usize]
    }

    /// A service.
    #[must_use]
    pub fn service(&self, id: ServiceId) -> &Service {
        &self.file(id.file).services[id.index as usize]
    }

    /// An RPC.
    #[must_use]
    pub fn rpc(&self, id: RpcId) -> &Rpc {
        &self.file(id.file).rpcs[id.index as usize]
    }

    /// The fields of a message, in the order written.
    pub fn fields_of(&self, id: MessageId) -> impl Iterator<Item = (FieldId, &Field)> {
        self.message(id).field_ids(id.file).map(|field| (field, self.field(field)))
    }

    /// The values of an enum, in the order written.
    pub fn values_of(&self, id: EnumId) -> impl Iterator<Item = (EnumValueId, &EnumValue)> {
        self.enum_type(id).value_ids(id.file).map(|value| (value, self.enum_value(value)))
    }

    /// The RPCs of a service, in the order written.
    pub fn rpcs_of(&self, id: ServiceId) -> impl Iterator<Item = (RpcId, &Rpc)> {
        self.service(id).rpc_ids(id.file).map(|rpc| (rpc, self.rpc(rpc)))
    }

    /// The key and value field of a map's entry message.
    #[must_use]
    pub fn map_entry(&self, id: MessageId) -> Option<(&Field, &Field)> {
        let entry = self.message(id);
        if !entry.is_map_entry {
            return None;
        }
        let mut fields = self.fields_of(id).map(|(_, field)| field);
        Some((fields.next()?, fields.next()?))
    }

    /// All files with their indexes.
    pub fn files(&self) -> impl Iterator<Item = (FileIndex, &File)> {
        self.files.iter().enumerate().map(|(index, file)| (FileIndex(index as u32), file))
    }

    /// All messages of a file at any depth, outer before inner.
    pub fn messages_in(&self, file: FileIndex) -> impl Iterator<Item = (MessageId, &Message)> {
        let messages = &self.file(file).messages;
        messages.iter().enumerate().map(move |(index, message)| (MessageId::new(file, index as u32), message))
    }

    /// All enums of a file at any depth.
    pub fn enums_in(&self, file: FileIndex) -> impl Iterator<Item = (EnumId, &EnumType)> {
        let enums = &self.file(file).enums;
        enums.iter().enumerate().map(move |(index, item)| (EnumId::new(file, index as u32), item))
    }

    /// All services of a file.
    pub fn services_in(&self, file: FileIndex) -> impl Iterator<Item = (ServiceId, &Service)> {
        let services = &self.file(file).services;
        services.iter().enumerate().map(move |(index, item)| (ServiceId::new(file, index as u32), item))
    }

    /// All extensions that a file declares, at any depth.
    pub fn extensions_in(&self, file: FileIndex) -> impl Iterator<Item = (FieldId, &Field)> {
        let fields = &self.file(file).fields;
        fields
            .iter()
            .enumerate()
            .filter(|(_, field)| field.is_extension())
            .map(move |(index, field)| (FieldId::new(file, index as u32), field))
    }

    /// The messages, enums, services and extensions of a full name (without a leading dot).
    #[must_use]
    pub fn named(&self, full_name: &str) -> &[Element] {
        self.symbols.get(full_name)
    }

    /// The message of a full name, if there is one; where separate contracts declare it, the first.
    #[must_use]
    pub fn message_named(&self, full_name: &str) -> Option<MessageId> {
        self.named(full_name).iter().find_map(|element| match element {
            Element::Message(id) => Some(*id),
            _ => None,
        })
    }

    /// The enum of a full name, if there is one.
    #[must_use]
    pub fn enum_named(&self, full_name: &str) -> Option<EnumId> {
        self.named(full_name).iter().find_map(|element| match element {
            Element::Enum(id) => Some(*id),
            _ => None,
        })
    }

    /// The full name of a field: its message's and its own; for extensions their own full name.
    #[must_use]
    pub fn field_full_name(&self, id: FieldId) -> String {
        let field = self.field(id);
        match field.message {
            Some(message) if !field.is_extension() => format!("{}.{}", self.message(message).full_name, &*field.name),
            _ => field.full_name().as_str().to_owned(),
        }
    }

    /// The full name of an enum value as people say it: its enum's and its own. (In the language's scoping the value
    /// is a sibling of its enum.)
    #[must_use]
    pub fn value_full_name(&self, id: EnumValueId) -> String {
        let value = self.enum_value(id);
        format!("{}.{}", self.enum_type(EnumId::new(id.file, value.parent)).full_name, &*value.name)
    }

    /// The full name of an RPC: its service's and its own.
    #[must_use]
    pub fn rpc_full_name(&self, id: RpcId) -> String {
        let rpc = self.rpc(id);
        format!("{}.{}", self.service(ServiceId::new(id.file, rpc.parent)).full_name, &*rpc.name)
    }

    /// The span of an extent of a file, for findings.
    #[must_use]
    pub fn span(&self, file: FileIndex, extent: Extent) -> Span {
        Span::new(self.file(file).source, extent.start, extent.end)
    }
}
