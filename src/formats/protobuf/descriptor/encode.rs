//! Writes a linked file as a `FileDescriptorProto`: as protoc does, or for a runtime that knows no editions.
//!
//! The runtime of dynamic messages reads proto2 and proto3. A file of an edition is lowered for it: what its features say
//! is what proto3 says by other means (`optional`, `packed`, groups), so messages are the same bytes and the same JSON.

use crate::formats::protobuf::descriptor::option_bytes;
use crate::formats::protobuf::descriptor::text;
use crate::formats::protobuf::descriptor::wire::Writer;
use crate::formats::protobuf::model::{
    Cardinality, DefaultValue, EnumType, Extent, Field, File, FileIndex, Import, ImportKind, Kind, Label, Message,
    MessageId, Oneof, Options, Presence, Rpc, Schema, Service, SymbolVisibility, Syntax,
};

/// The bytes of a `FileDescriptorSet` of these files and everything that they import, imported files first, as protoc
/// writes it.
#[cfg(test)]
pub(crate) fn descriptor_set(schema: &Schema, files: &[FileIndex]) -> Vec<u8> {
    write_set(schema, files, false)
}

/// The same for a runtime that knows no editions.
pub(crate) fn runtime_descriptor_set(schema: &Schema, files: &[FileIndex]) -> Vec<u8> {
    write_set(schema, files, true)
}

fn write_set(schema: &Schema, files: &[FileIndex], lowers_editions: bool) -> Vec<u8> {
    let mut done = vec![false; schema.files.len()];
    let mut writer = Writer::default();
    for &file in files {
        add_with_imports(schema, file, &mut done, &mut writer, lowers_editions);
    }
    writer.into_bytes()
}

fn add_with_imports(schema: &Schema, file: FileIndex, done: &mut [bool], writer: &mut Writer, lowers_editions: bool) {
    // A stack instead of recursion, because chains of imports can be as long as there are files.
    let mut work = vec![(file, false)];
    while let Some((file, are_imports_done)) = work.pop() {
        if are_imports_done {
            writer.bytes(1, &Encoder::new(schema, file, lowers_editions).file());
        } else if !std::mem::replace(&mut done[file.0 as usize], true) {
            work.push((file, true));
            let imports = schema.file(file).imports.iter().rev();
            work.extend(imports.filter_map(|import| import.file).map(|import| (import, false)));
        }
    }
}

struct Encoder<'a> {
    schema: &'a Schema,
    file: &'a File,
    index: FileIndex,
    /// The file is of an edition, and is written without it.
    is_lowered: bool,
}

impl<'a> Encoder<'a> {
    fn new(schema: &'a Schema, index: FileIndex, lowers_editions: bool) -> Self {
        let file = schema.file(index);
        Self { schema, file, index, is_lowered: lowers_editions && file.syntax.is_edition() }
    }

    fn file(&self) -> Vec<u8> {
        let file = self.file;
        let mut writer = Writer::default();
        writer.string(1, &file.path);
        if !file.package_name().is_empty() {
            writer.string(2, file.package_name());
        }
        let dependencies = || file.imports.iter().filter(|import| import.kind != ImportKind::Option);
        for import in dependencies() {
            writer.string(3, &import.path);
        }
        for &at in &file.top_messages {
            writer.bytes(4, &self.message(&file.messages[at as usize], MessageId::new(self.index, at)));
        }
        for &at in &file.top_enums {
            writer.bytes(5, &self.enum_type(&file.enums[at as usize]));
        }
        for service in &file.services {
            writer.bytes(6, &self.service(service));
        }
        for &at in &file.top_extensions {
            writer.bytes(7, &self.field(&file.fields[at as usize], None));
        }
        self.options(&mut writer, 8, &file.options, false);
        for (at, import) in (0..).zip(dependencies()) {
            match import.kind {
                ImportKind::Public => writer.int32(10, at),
                ImportKind::Weak => writer.int32(11, at),
                ImportKind::Plain | ImportKind::Option => {}
            }
        }
        match file.syntax {
            Syntax::Proto2 => {}
            Syntax::Proto3 => writer.string(12, "proto3"),
            // proto3 has no enums that begin with another number than 0; closed enums of editions may.
            _ if self.is_lowered && file.enums.iter().any(|item| self.begins_elsewhere(item)) => {}
            _ if self.is_lowered => writer.string(12, "proto3"),
            Syntax::Edition2023 | Syntax::Edition2024 => {
                writer.string(12, "editions");
                writer.int32(14, if file.syntax == Syntax::Edition2023 { 1000 } else { 1001 });
            }
        }
        let options_only = |import: &&Import| import.kind == ImportKind::Option && !self.is_lowered;
        for import in file.imports.iter().filter(options_only) {
            writer.string(15, &import.path);
        }
        writer.into_bytes()
    }

    fn begins_elsewhere(&self, item: &EnumType) -> bool {
        self.file.values.get(item.values.start as usize).is_some_and(|value| value.number != 0)
    }

    fn message(&self, message: &Message, id: MessageId) -> Vec<u8> {
        let file = self.file;
        let mut writer = Writer::default();
        writer.string(1, &message.name);
        for at in message.fields.clone() {
            writer.bytes(2, &self.field(&file.fields[at as usize], Some(message)));
        }
        for inner in message.message_ids(id.file) {
            writer.bytes(3, &self.message(&file.messages[inner.index as usize], inner));
        }
        for &at in &message.enums {
            writer.bytes(4, &self.enum_type(&file.enums[at as usize]));
        }
        for range in &message.extension_ranges {
            let mut inner = Writer::default();
            inner.int32(1, range.start);
            inner.int32(2, range.end.saturating_add(1));
            self.options(&mut inner, 3, &range.options, false);
            writer.bytes(5, &inner.into_bytes());
        }
        for &at in &message.extensions {
            writer.bytes(6, &self.field(&file.fields[at as usize], None));
        }
        self.options(&mut writer, 7, &message.options, message.is_map_entry);
        for at in message.oneofs.clone() {
            writer.bytes(8, &self.oneof(&file.oneofs[at as usize]));
        }
        for range in &message.reserved_ranges {
            let mut inner = Writer::default();
            inner.int32(1, range.start);
            inner.int32(2, range.end.saturating_add(1));
            writer.bytes(9, &inner.into_bytes());
        }
        for name in &message.reserved_names {
            writer.string(10, &name.text);
        }
        visibility(&mut writer, 11, message.visibility);
        writer.into_bytes()
    }

    fn field(&self, field: &Field, message: Option<&Message>) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.string(1, &field.name);
        if field.is_extension()
            && let Some(extended) = field.message
        {
            writer.string(2, &format!(".{}", self.schema.message(extended).full_name));
        }
        writer.int32(3, field.number);
        writer.int32(
            4,
            match field.label {
                Some(Label::Repeated) => 3,
                Some(Label::Required) => 2,
                _ if self.is_lowered && field.cardinality == Cardinality::Required => 2,
                Some(Label::Optional) | None => 1,
            },
        );
        writer.int32(5, self.type_number(field));
        match field.kind {
            Kind::Message(id) => writer.string(6, &format!(".{}", self.schema.message(id).full_name)),
            Kind::Enum(id) => writer.string(6, &format!(".{}", self.schema.enum_type(id).full_name)),
            _ => {}
        }
        if let Some(default) = &field.default {
            writer.string(7, &default_text(default, field.kind));
        }
        self.field_options(&mut writer, field);
        if let (Some(oneof), Some(message)) = (field.oneof, message) {
            writer.int32(9, (oneof.index - message.oneofs.start) as i32);
        }
        writer.string(10, &field.json_name());
        let is_lowered_optional = self.is_lowered
            && field.presence == Presence::Explicit
            && field.oneof.is_none()
            && !matches!(field.kind, Kind::Message(_));
        writer.flag(17, field.is_proto3_optional || is_lowered_optional);
        writer.into_bytes()
    }

    fn field_options(&self, writer: &mut Writer, field: &Field) {
        let is_told = self.is_lowered && field.is_repeated() && field.kind.is_packable();
        if !is_told {
            return self.options(writer, 8, &field.options, false);
        }
        let mut inner = self.written(&field.options);
        inner.varint(2, u64::from(field.is_packed));
        writer.bytes(8, &inner.into_bytes());
    }

    /// In editions a delimited message keeps the type of a message, and the feature says the rest; lowered it is a group.
    fn type_number(&self, field: &Field) -> i32 {
        match field.kind {
            Kind::Double => 1,
            Kind::Float => 2,
            Kind::Int64 => 3,
            Kind::Uint64 => 4,
            Kind::Int32 => 5,
            Kind::Fixed64 => 6,
            Kind::Fixed32 => 7,
            Kind::Bool => 8,
            Kind::String => 9,
            Kind::Message(_) if field.is_delimited && (self.is_lowered || !self.file.syntax.is_edition()) => 10,
            Kind::Message(_) | Kind::Unresolved => 11,
            Kind::Bytes => 12,
            Kind::Uint32 => 13,
            Kind::Enum(_) => 14,
            Kind::Sfixed32 => 15,
            Kind::Sfixed64 => 16,
            Kind::Sint32 => 17,
            Kind::Sint64 => 18,
        }
    }

    fn oneof(&self, oneof: &Oneof) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.string(1, &oneof.name);
        self.options(&mut writer, 2, &oneof.options, false);
        writer.into_bytes()
    }

    fn enum_type(&self, item: &EnumType) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.string(1, &item.name);
        for value in &self.file.values[item.values.start as usize..item.values.end as usize] {
            let mut inner = Writer::default();
            inner.string(1, &value.name);
            inner.int32(2, value.number);
            self.options(&mut inner, 3, &value.options, false);
            writer.bytes(2, &inner.into_bytes());
        }
        self.options(&mut writer, 3, &item.options, false);
        for range in &item.reserved_ranges {
            let mut inner = Writer::default();
            inner.int32(1, range.start);
            inner.int32(2, range.end);
            writer.bytes(4, &inner.into_bytes());
        }
        for name in &item.reserved_names {
            writer.string(5, &name.text);
        }
        visibility(&mut writer, 6, item.visibility);
        writer.into_bytes()
    }

    fn service(&self, service: &Service) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.string(1, &service.name);
        for rpc in &self.file.rpcs[service.rpcs.start as usize..service.rpcs.end as usize] {
            writer.bytes(2, &self.rpc(rpc));
        }
        self.options(&mut writer, 3, &service.options, false);
        writer.into_bytes()
    }

    fn rpc(&self, rpc: &Rpc) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.string(1, &rpc.name);
        for (number, side) in [(2, &rpc.request), (3, &rpc.response)] {
            if let Some(id) = side.message {
                writer.string(number, &format!(".{}", self.schema.message(id).full_name));
            }
        }
        self.options(&mut writer, 4, &rpc.options, false);
        writer.flag(5, rpc.request.is_stream);
        writer.flag(6, rpc.response.is_stream);
        writer.into_bytes()
    }

    fn options(&self, writer: &mut Writer, number: u32, options: &Options, is_map_entry: bool) {
        if options.is_empty() && !is_map_entry {
            return;
        }
        let mut inner = self.written(options);
        inner.flag(7, is_map_entry);
        writer.bytes(number, &inner.into_bytes());
    }

    fn written(&self, options: &Options) -> Writer {
        if !self.is_lowered {
            return option_bytes::write(self.schema, options);
        }
        let mut rest = options.clone();
        rest.entries.retain(|entry| entry.is_extension || entry.name != "features");
        option_bytes::write(self.schema, &rest)
    }
}

fn visibility(writer: &mut Writer, number: u32, written: Option<(SymbolVisibility, Extent)>) {
    match written {
        Some((SymbolVisibility::LocalAll, _)) => writer.int32(number, 1),
        Some(_) => writer.int32(number, 2),
        None => {}
    }
}

fn default_text(default: &DefaultValue, kind: Kind) -> String {
    match default {
        DefaultValue::Bool(value) => value.to_string(),
        DefaultValue::Int(value) => value.to_string(),
        DefaultValue::Uint(value) => value.to_string(),
        DefaultValue::Float(value) if kind == Kind::Float => text::float(*value as f32),
        DefaultValue::Float(value) => text::double(*value),
        DefaultValue::String(value) => value.to_string(),
        DefaultValue::Bytes(value) => text::escape_bytes(value),
        DefaultValue::Enum(name, _) => name.to_string(),
    }
}
