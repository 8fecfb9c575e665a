//! Reads a `FileDescriptorSet` as files whose names are not looked up yet, as if they had been parsed.
//!
//! There are no texts to point into. Where the set has `SourceCodeInfo`, places come from there ([`source_info`]); else
//! they are empty, and findings name their elements.
//!
//! [`source_info`]: super::source_info

use std::sync::Arc;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::formats::protobuf::descriptor::decode_field::{self, DecodedField};
use crate::formats::protobuf::descriptor::source_info::SourceInfo;
use crate::formats::protobuf::descriptor::wire::{Malformed, Reader, Value};
use crate::formats::protobuf::model::{
    Comments, EnumType, EnumValue, ExtensionRange, Extent, Features, File, FileIndex, IdempotencyLevel, Import,
    ImportKind, Kind, Message, MessageId, Name, NumberRange, Oneof, OneofId, Options, Package, ReservedName, Rpc,
    RpcType, Service, SymbolVisibility, Syntax, Text,
};
use crate::formats::protobuf::parse::{OptionTarget, Parsed, RawOption};
use crate::source::FileId;

/// How deep messages may be nested.
const MAX_DEPTH: u32 = 32;

/// One file of a descriptor set.
pub(crate) struct DecodedFile {
    /// The path by which it is imported.
    pub(crate) path: Text,
    /// Whether buf marks it as a dependency.
    pub(crate) is_import: bool,
    bytes: Arc<[u8]>,
}

/// Whether bytes look like a descriptor set: the first file's name comes first and ends in `.proto`.
pub(crate) fn is_descriptor_set(bytes: &[u8]) -> bool {
    let mut reader = Reader::new(bytes);
    let Ok(Some((1, Value::Bytes(file)))) = reader.record() else { return false };
    matches!(Reader::new(file).record(), Ok(Some((1, Value::Bytes(name)))) if name.ends_with(b".proto"))
}

/// The files of a descriptor set; `None` when the bytes are none.
pub(crate) fn files(bytes: &[u8]) -> Option<Vec<DecodedFile>> {
    let mut reader = Reader::new(bytes);
    let mut files = Vec::new();
    while let Some((number, value)) = reader.record().ok()? {
        let (1, Value::Bytes(bytes)) = (number, value) else { continue };
        let mut path = Text::default();
        let mut is_import = false;
        let mut inner = Reader::new(bytes);
        while let Some((number, value)) = inner.record().ok()? {
            match (number, value) {
                (1, Value::Bytes(name)) => path = text(name),
                // `buf.alpha.image.v1.ImageFile.buf_extension`, whose first field is `is_import`.
                (8042, Value::Bytes(extension)) => {
                    is_import = matches!(Reader::new(extension).record().ok()?, Some((1, Value::Varint(1))));
                }
                _ => {}
            }
        }
        files.push(DecodedFile { path, is_import, bytes: Arc::from(bytes) });
    }
    Some(files)
}

impl DecodedFile {
    /// The file as if it had been parsed; `None` when its bytes are broken.
    pub(crate) fn decode(&self, index: FileIndex, source: FileId) -> Option<Parsed> {
        let mut decoder = Decoder {
            parsed: Parsed {
                file: File::empty(self.path.clone(), source),
                options: Vec::new(),
                encoded: Vec::new(),
                defaults: Vec::new(),
                faults: Vec::new(),
                text: None,
            },
            index,
        };
        decoder.parsed.file.has_positions = false;
        decoder.file(&self.bytes).ok()?;
        let mut parsed = decoder.parsed;
        parsed.text = self.source_info().map(|info| info.apply(&mut parsed.file));
        Some(parsed)
    }

    fn source_info(&self) -> Option<SourceInfo> {
        let mut reader = Reader::new(&self.bytes);
        while let Ok(Some((number, value))) = reader.record() {
            if let (9, Value::Bytes(info)) = (number, value) {
                return SourceInfo::read(info);
            }
        }
        None
    }
}

pub(super) fn text(bytes: &[u8]) -> Text {
    Text::from(String::from_utf8_lossy(bytes).as_ref())
}

pub(super) fn name(bytes: &[u8]) -> Name {
    Name { text: text(bytes), extent: Extent::NONE }
}

pub(super) fn number(value: u64) -> i32 {
    // An int32 is written with 64 bits; the upper ones repeat its sign.
    value as i32
}

struct Decoder {
    parsed: Parsed,
    index: FileIndex,
}

impl Decoder {
    fn file(&mut self, bytes: &[u8]) -> Result<(), Malformed> {
        self.syntax(bytes)?;
        let mut reader = Reader::new(bytes);
        let mut public = Vec::new();
        let mut weak = Vec::new();
        let mut package = String::new();
        // The package comes before the declarations in what compilers write, but nothing promises that.
        let mut head = reader;
        while let Some((number, value)) = head.record()? {
            if let (2, Value::Bytes(name)) = (number, value) {
                package = String::from_utf8_lossy(name).into_owned();
            }
        }
        if !package.is_empty() {
            let name = Text::from(package.as_str());
            self.parsed.file.package = Some(Package { name, name_extent: Extent::NONE, extent: Extent::NONE });
        }
        while let Some((field, value)) = reader.record()? {
            match (field, value) {
                (3, Value::Bytes(path)) => self.import(path, ImportKind::Plain),
                (15, Value::Bytes(path)) => self.import(path, ImportKind::Option),
                (4, Value::Bytes(inner)) => {
                    let at = self.message(inner, None, &package, 0)?;
                    self.parsed.file.top_messages.push(at);
                }
                (5, Value::Bytes(inner)) => {
                    let at = self.enum_type(inner, None, &package)?;
                    self.parsed.file.top_enums.push(at);
                }
                (6, Value::Bytes(inner)) => self.service(inner, &package)?,
                (7, Value::Bytes(inner)) => {
                    let at = self.extension(inner, None, &package)?;
                    self.parsed.file.top_extensions.push(at);
                }
                (8, Value::Bytes(options)) => self.options(OptionTarget::File, options),
                (10, Value::Varint(at)) => public.push(at),
                (11, Value::Varint(at)) => weak.push(at),
                // Older writers pack these.
                (10, Value::Bytes(packed)) => unpack(packed, &mut public)?,
                (11, Value::Bytes(packed)) => unpack(packed, &mut weak)?,
                _ => {}
            }
        }
        for (list, kind) in [(public, ImportKind::Public), (weak, ImportKind::Weak)] {
            for at in list {
                let plain = self.parsed.file.imports.iter_mut().filter(|import| import.kind != ImportKind::Option);
                if let Some(import) = usize::try_from(at).ok().and_then(|at| plain.into_iter().nth(at)) {
                    import.kind = kind;
                }
            }
        }
        self.find_maps();
        Ok(())
    }

    fn syntax(&mut self, bytes: &[u8]) -> Result<(), Malformed> {
        let mut reader = Reader::new(bytes);
        let mut syntax = Syntax::Proto2;
        while let Some((field, value)) = reader.record()? {
            match (field, value) {
                (12, Value::Bytes(b"proto3")) => syntax = Syntax::Proto3,
                (14, Value::Varint(edition)) => {
                    syntax = if edition <= 1000 { Syntax::Edition2023 } else { Syntax::Edition2024 };
                }
                _ => {}
            }
        }
        self.parsed.file.syntax = syntax;
        self.parsed.file.features = Features::defaults(syntax);
        Ok(())
    }

    fn import(&mut self, path: &[u8], kind: ImportKind) {
        self.parsed.file.imports.push(Import::unwritten(text(path), kind));
    }

    fn options(&mut self, target: OptionTarget, bytes: &[u8]) {
        self.parsed.encoded.push((target, Arc::from(bytes)));
    }

    fn message(&mut self, bytes: &[u8], parent: Option<MessageId>, scope: &str, depth: u32) -> Result<u32, Malformed> {
        if depth >= MAX_DEPTH {
            return Err(Malformed);
        }
        let at = self.parsed.file.messages.len() as u32;
        let features = self.parsed.file.features;
        let own_name = first_name(bytes)?;
        let full_name = joined(scope, &own_name);
        let (own_name, full) = (name(own_name.as_bytes()), Text::from(full_name.clone()));
        self.parsed.file.messages.push(Message::empty(own_name, full, parent, features));
        let id = MessageId::new(self.index, at);
        let mut fields: Vec<DecodedField> = Vec::new();
        let mut oneofs: Vec<(Name, Option<&[u8]>)> = Vec::new();
        let mut reader = Reader::new(bytes);
        while let Some((field, value)) = reader.record()? {
            match (field, value) {
                (2, Value::Bytes(inner)) => fields.push(decode_field::read(inner, features)?),
                (3, Value::Bytes(inner)) => {
                    let inner = self.message(inner, Some(id), &full_name, depth + 1)?;
                    self.this(at).messages.push(inner);
                }
                (4, Value::Bytes(inner)) => {
                    let inner = self.enum_type(inner, Some(id), &full_name)?;
                    self.this(at).enums.push(inner);
                }
                (5, Value::Bytes(inner)) => self.extension_range(at, inner)?,
                (6, Value::Bytes(inner)) => {
                    let inner = self.extension(inner, Some(id), &full_name)?;
                    self.this(at).extensions.push(inner);
                }
                (7, Value::Bytes(options)) => {
                    self.this(at).is_map_entry = has_flag(options, 7)?;
                    if !self.this(at).is_map_entry {
                        self.options(OptionTarget::Message(at), options);
                    }
                }
                (8, Value::Bytes(inner)) => {
                    let mut parts = Reader::new(inner);
                    let mut options = None;
                    while let Some((field, value)) = parts.record()? {
                        if let (2, Value::Bytes(bytes)) = (field, value) {
                            options = Some(bytes);
                        }
                    }
                    oneofs.push((name(first_name(inner)?.as_bytes()), options));
                }
                (9, Value::Bytes(inner)) => {
                    let range = range(inner, 1)?;
                    self.this(at).reserved_ranges.push(range);
                }
                (10, Value::Bytes(reserved)) => {
                    self.this(at).reserved_names.push(ReservedName { text: text(reserved), extent: Extent::NONE });
                }
                (11, Value::Varint(value)) => self.this(at).visibility = visibility(value),
                _ => {}
            }
        }
        self.finish_message(id, fields, oneofs);
        Ok(at)
    }

    fn this(&mut self, at: u32) -> &mut Message {
        &mut self.parsed.file.messages[at as usize]
    }

    fn finish_message(&mut self, id: MessageId, fields: Vec<DecodedField>, oneofs: Vec<(Name, Option<&[u8]>)>) {
        let first_oneof = self.parsed.file.oneofs.len() as u32;
        for (name, options) in oneofs {
            let at = self.parsed.file.oneofs.len() as u32;
            if let Some(options) = options {
                self.options(OptionTarget::Oneof(at), options);
            }
            let features = self.parsed.file.features;
            self.parsed.file.oneofs.push(Oneof {
                name,
                message: id,
                fields: Vec::new(),
                is_synthetic: false,
                options: Options::default(),
                features,
                extent: Extent::NONE,
                comments: Comments::default(),
            });
        }
        let oneofs = first_oneof..self.parsed.file.oneofs.len() as u32;
        let first_field = self.parsed.file.fields.len() as u32;
        for mut decoded in fields {
            decoded.field.message = Some(id);
            let oneof = decoded.oneof.and_then(|at| first_oneof.checked_add(at)).filter(|at| oneofs.contains(at));
            decoded.field.oneof = oneof.map(|at| OneofId::new(self.index, at));
            let is_optional = decoded.field.is_proto3_optional;
            let at = self.push_field(decoded);
            if let Some(oneof) = oneof {
                let oneof = &mut self.parsed.file.oneofs[oneof as usize];
                oneof.fields.push(at);
                oneof.is_synthetic = is_optional;
            }
        }
        let fields = first_field..self.parsed.file.fields.len() as u32;
        let message = self.this(id.index);
        message.fields = fields;
        message.oneofs = oneofs;
    }

    fn push_field(&mut self, decoded: DecodedField) -> u32 {
        let at = self.parsed.file.fields.len() as u32;
        if let Some(options) = decoded.options {
            self.options(OptionTarget::Field(at), &options);
        }
        if let Some(default) = decoded.default {
            self.parsed.defaults.push((
                at,
                RawOption {
                    path: SmallVec::new(),
                    value: default,
                    extent: Extent::NONE,
                    name_extent: Extent::NONE,
                    value_extent: Extent::NONE,
                },
            ));
        }
        self.parsed.file.fields.push(decoded.field);
        at
    }

    fn extension(&mut self, bytes: &[u8], within: Option<MessageId>, scope: &str) -> Result<u32, Malformed> {
        let mut decoded = decode_field::read(bytes, self.parsed.file.features)?;
        let full_name = Text::from(joined(scope, &decoded.field.name));
        let extension = decoded.field.extension.get_or_insert_default();
        (extension.scope, extension.full_name) = (within, full_name);
        // An extension's JSON name is not written by anybody.
        decoded.field.json_name = None;
        Ok(self.push_field(decoded))
    }

    fn extension_range(&mut self, at: u32, bytes: &[u8]) -> Result<(), Malformed> {
        let range = range(bytes, 1)?;
        let features = self.parsed.file.features;
        let place = self.this(at).extension_ranges.len() as u32;
        let mut reader = Reader::new(bytes);
        while let Some((field, value)) = reader.record()? {
            if let (3, Value::Bytes(options)) = (field, value) {
                self.options(OptionTarget::ExtensionRange(at, place), options);
            }
        }
        self.this(at).extension_ranges.push(ExtensionRange {
            start: range.start,
            end: range.end,
            extent: Extent::NONE,
            options: Options::default(),
            declarations: Vec::new(),
            features,
        });
        Ok(())
    }

    fn enum_type(&mut self, bytes: &[u8], parent: Option<MessageId>, scope: &str) -> Result<u32, Malformed> {
        let at = self.parsed.file.enums.len() as u32;
        let features = self.parsed.file.features;
        let own_name = first_name(bytes)?;
        let first = self.parsed.file.values.len() as u32;
        let mut item = EnumType {
            values: first..first,
            ..EnumType::empty(name(own_name.as_bytes()), Text::from(joined(scope, &own_name)), parent, features)
        };
        let mut reader = Reader::new(bytes);
        while let Some((field, value)) = reader.record()? {
            match (field, value) {
                (2, Value::Bytes(inner)) => self.enum_value(inner, at)?,
                (3, Value::Bytes(options)) => self.options(OptionTarget::Enum(at), options),
                (4, Value::Bytes(inner)) => item.reserved_ranges.push(range(inner, 0)?),
                (5, Value::Bytes(reserved)) => {
                    item.reserved_names.push(ReservedName { text: text(reserved), extent: Extent::NONE });
                }
                (6, Value::Varint(value)) => item.visibility = visibility(value),
                _ => {}
            }
        }
        item.values.end = self.parsed.file.values.len() as u32;
        self.parsed.file.enums.push(item);
        Ok(at)
    }

    fn enum_value(&mut self, bytes: &[u8], parent: u32) -> Result<(), Malformed> {
        let at = self.parsed.file.values.len() as u32;
        let mut value_number = 0;
        let mut reader = Reader::new(bytes);
        while let Some((field, value)) = reader.record()? {
            match (field, value) {
                (2, Value::Varint(value)) => value_number = number(value),
                (3, Value::Bytes(options)) => self.options(OptionTarget::Value(at), options),
                _ => {}
            }
        }
        self.parsed.file.values.push(EnumValue {
            name: name(first_name(bytes)?.as_bytes()),
            number: value_number,
            number_extent: Extent::NONE,
            parent,
            options: Options::default(),
            features: self.parsed.file.features,
            extent: Extent::NONE,
            comments: Comments::default(),
        });
        Ok(())
    }

    fn service(&mut self, bytes: &[u8], package: &str) -> Result<(), Malformed> {
        let at = self.parsed.file.services.len() as u32;
        let features = self.parsed.file.features;
        let first = self.parsed.file.rpcs.len() as u32;
        let mut reader = Reader::new(bytes);
        while let Some((field, value)) = reader.record()? {
            match (field, value) {
                (2, Value::Bytes(inner)) => self.rpc(inner, at)?,
                (3, Value::Bytes(options)) => self.options(OptionTarget::Service(at), options),
                _ => {}
            }
        }
        let own_name = first_name(bytes)?;
        self.parsed.file.services.push(Service {
            full_name: Text::from(joined(package, &own_name)),
            name: name(own_name.as_bytes()),
            rpcs: first..self.parsed.file.rpcs.len() as u32,
            options: Options::default(),
            features,
            extent: Extent::NONE,
            comments: Comments::default(),
        });
        Ok(())
    }

    fn rpc(&mut self, bytes: &[u8], parent: u32) -> Result<(), Malformed> {
        let at = self.parsed.file.rpcs.len() as u32;
        let side = || RpcType {
            text: Text::default(),
            message: None,
            is_stream: false,
            extent: Extent::NONE,
            stream_extent: Extent::NONE,
        };
        let mut rpc = Rpc {
            name: name(first_name(bytes)?.as_bytes()),
            parent,
            request: side(),
            response: side(),
            idempotency: IdempotencyLevel::Unknown,
            options: Options::default(),
            features: self.parsed.file.features,
            extent: Extent::NONE,
            comments: Comments::default(),
        };
        let mut reader = Reader::new(bytes);
        while let Some((field, value)) = reader.record()? {
            match (field, value) {
                (2, Value::Bytes(type_name)) => rpc.request.text = text(type_name),
                (3, Value::Bytes(type_name)) => rpc.response.text = text(type_name),
                (4, Value::Bytes(options)) => self.options(OptionTarget::Rpc(at), options),
                (5, Value::Varint(value)) => rpc.request.is_stream = value != 0,
                (6, Value::Varint(value)) => rpc.response.is_stream = value != 0,
                _ => {}
            }
        }
        self.parsed.file.rpcs.push(rpc);
        Ok(())
    }

    /// A repeated field whose type is an entry message nested beside it is a map.
    fn find_maps(&mut self) {
        let file = &mut self.parsed.file;
        for at in 0..file.messages.len() {
            let message = &file.messages[at];
            let entries: FxHashMap<String, u32> = message
                .messages
                .iter()
                .filter(|&&inner| file.messages[inner as usize].is_map_entry)
                .map(|&inner| (format!(".{}", file.messages[inner as usize].full_name), inner))
                .collect();
            for field in message.fields.clone() {
                let type_name = &file.fields[field as usize].type_name.text;
                let Some(entry) = entries.get(type_name.as_str()) else {
                    continue;
                };
                let parts = file.messages[*entry as usize].fields.clone();
                let types: Vec<&str> = file.fields[parts.start as usize..parts.end as usize]
                    .iter()
                    .map(|part| part.type_name.text.as_str())
                    .collect();
                let written = Text::from(format!("map<{}>", types.join(", ")));
                let field = &mut file.fields[field as usize];
                field.is_map = true;
                field.kind = Kind::Message(MessageId::new(self.index, *entry));
                field.type_name.text = written;
            }
        }
    }
}

fn unpack(packed: &[u8], into: &mut Vec<u64>) -> Result<(), Malformed> {
    let mut reader = Reader::new(packed);
    while !reader.is_empty() {
        into.push(reader.raw_varint()?);
    }
    Ok(())
}

/// The name of anything: field 1 everywhere.
fn first_name(bytes: &[u8]) -> Result<String, Malformed> {
    let mut reader = Reader::new(bytes);
    let mut found = String::new();
    while let Some((field, value)) = reader.record()? {
        if let (1, Value::Bytes(name)) = (field, value) {
            found = String::from_utf8_lossy(name).into_owned();
        }
    }
    Ok(found)
}

fn has_flag(bytes: &[u8], flag: u32) -> Result<bool, Malformed> {
    let mut reader = Reader::new(bytes);
    while let Some((field, value)) = reader.record()? {
        if field == flag {
            return Ok(matches!(value, Value::Varint(value) if value != 0));
        }
    }
    Ok(false)
}

/// A range whose end is one past the last number (`past = 1`), or the last number.
fn range(bytes: &[u8], past: i32) -> Result<NumberRange, Malformed> {
    let mut range = NumberRange { start: 0, end: 0, extent: Extent::NONE };
    let mut reader = Reader::new(bytes);
    while let Some((field, value)) = reader.record()? {
        match (field, value) {
            (1, Value::Varint(value)) => range.start = number(value),
            (2, Value::Varint(value)) => range.end = number(value).saturating_sub(past),
            _ => {}
        }
    }
    Ok(range)
}

fn visibility(value: u64) -> Option<(SymbolVisibility, Extent)> {
    match value {
        1 => Some((SymbolVisibility::LocalAll, Extent::NONE)),
        2 => Some((SymbolVisibility::ExportAll, Extent::NONE)),
        _ => None,
    }
}

fn joined(scope: &str, name: &str) -> String {
    if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") }
}
