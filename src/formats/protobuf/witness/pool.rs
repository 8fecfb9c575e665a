//! Declares one message of one version to the runtime.

use std::sync::Arc;

use buffa_descriptor::generated::descriptor::feature_set::{
    EnumType, FieldPresence, MessageEncoding, RepeatedFieldEncoding, Utf8Validation,
};
use buffa_descriptor::generated::descriptor::field_descriptor_proto::{Label, Type};
use buffa_descriptor::generated::descriptor::{
    DescriptorProto, Edition, EnumDescriptorProto, EnumOptions, EnumValueDescriptorProto, FeatureSet,
    FieldDescriptorProto, FieldOptions, FileDescriptorProto, FileDescriptorSet, MessageOptions, OneofDescriptorProto,
};
use buffa_descriptor::{DescriptorPool, DynamicMessage, MessageIndex};
use rustc_hash::FxHashMap;

use crate::formats::protobuf::model::{
    self, EnumId, EnumValueId, Field, FieldId, Kind, MessageId, Oneof, Presence, Schema,
};

/// What to declare.
pub(super) enum Root {
    /// A message with these fields only.
    Message(Vec<FieldId>),
    /// A message with one field of this enum.
    Enum {
        /// The enum.
        id: EnumId,
        /// The values that are declared: an enum may have a thousand, and a change is about one or two.
        declared: Vec<EnumValueId>,
        /// The numbers that are tried.
        tried: Vec<i32>,
    },
}

/// A message of one version that can be written and read.
pub(super) struct Runtime {
    pool: Arc<DescriptorPool>,
    index: MessageIndex,
    /// Numbers of the root's required fields.
    pub(super) required: Vec<u32>,
    /// Enum fields' values in the order of the contract, by field number: what a writer may send.
    pub(super) enum_numbers: FxHashMap<u32, Vec<i32>>,
}

/// Messages inside the root are declared to this depth; deeper ones are empty.
const MAX_DEPTH: u32 = 2;
/// And with at most this many fields each, required ones first.
const MAX_INNER_FIELDS: usize = 16;

impl Runtime {
    /// Declares a root.
    ///
    /// # Errors
    /// When the runtime refuses the declaration, with its words.
    pub(super) fn new(schema: &Schema, root: &Root) -> Result<Self, String> {
        let mut builder = Builder::new(schema);
        let mut required = Vec::new();
        let mut enum_numbers = FxHashMap::default();
        let mut note = |number: i32, kind: Kind| {
            if let (Kind::Enum(id), Ok(number)) = (kind, u32::try_from(number)) {
                enum_numbers.insert(number, schema.values_of(id).map(|(_, value)| value.number).collect());
            }
        };
        match root {
            Root::Message(fields) => {
                for &field in fields {
                    let field = schema.field(field);
                    let value = match field.kind {
                        Kind::Message(entry) if field.is_map => schema.map_entry(entry).map(|(_, value)| value.kind),
                        kind => Some(kind),
                    };
                    note(field.number, value.unwrap_or(Kind::Unresolved));
                    if field.is_required() {
                        required.extend(u32::try_from(field.number));
                    }
                }
                let message = builder.message((".w.Root", "Root"), fields, 0);
                builder.file.message_type.push(message);
            }
            Root::Enum { id, declared, tried } => {
                let numbers = declared.iter().map(|&value| schema.enum_value(value).number);
                enum_numbers.insert(1, numbers.filter(|number| tried.contains(number)).collect());
                builder.declared = Some((*id, declared.clone()));
                let mut field = blank_field("value", 1);
                builder.set_type(&mut field, Kind::Enum(*id), 0);
                let message =
                    DescriptorProto { name: Some("Root".to_owned()), field: vec![field], ..DescriptorProto::default() };
                builder.file.message_type.push(message);
            }
        }
        let Builder { mut file, known, .. } = builder;
        file.dependency.extend(known.name.clone());
        let set = FileDescriptorSet { file: vec![known, file], ..FileDescriptorSet::default() };
        let pool = DescriptorPool::new(set).map_err(|error| error.to_string())?;
        let index = pool.message_index("w.Root").ok_or_else(|| "the message could not be declared".to_owned())?;
        Ok(Self { pool: Arc::new(pool), index, required, enum_numbers })
    }

    /// An empty message.
    pub(super) fn empty(&self) -> DynamicMessage {
        DynamicMessage::new(Arc::clone(&self.pool), self.index)
    }

    /// The pool.
    pub(super) fn pool(&self) -> &Arc<DescriptorPool> {
        &self.pool
    }

    /// The root's index in it.
    pub(super) fn index(&self) -> MessageIndex {
        self.index
    }
}

fn file(package: &str) -> FileDescriptorProto {
    FileDescriptorProto {
        name: Some(format!("{package}.proto")),
        package: Some(package.to_owned()),
        syntax: Some("editions".to_owned()),
        edition: Some(Edition::EDITION_2023),
        ..FileDescriptorProto::default()
    }
}

fn blank_field(name: &str, number: i32) -> FieldDescriptorProto {
    FieldDescriptorProto {
        name: Some(name.to_owned()),
        number: Some(number),
        label: Some(Label::LABEL_OPTIONAL),
        ..FieldDescriptorProto::default()
    }
}

struct Builder<'a> {
    schema: &'a Schema,
    /// The contract's own types, under names of our own.
    file: FileDescriptorProto,
    /// Well-known types, whose names JSON depends on.
    known: FileDescriptorProto,
    messages: FxHashMap<MessageId, String>,
    enums: FxHashMap<EnumId, String>,
    /// The values of one enum that are declared; of others all are.
    declared: Option<(EnumId, Vec<EnumValueId>)>,
}

impl<'a> Builder<'a> {
    fn new(schema: &'a Schema) -> Self {
        Self {
            schema,
            file: file("w"),
            known: file("google.protobuf"),
            messages: FxHashMap::default(),
            enums: FxHashMap::default(),
            declared: None,
        }
    }

    fn message(&mut self, (full_name, name): (&str, &str), fields: &[FieldId], depth: u32) -> DescriptorProto {
        let mut message = DescriptorProto { name: Some(name.to_owned()), ..DescriptorProto::default() };
        let mut oneofs: FxHashMap<model::OneofId, i32> = FxHashMap::default();
        for &field_id in fields {
            let field = self.schema.field(field_id);
            if field.kind == Kind::Unresolved {
                continue;
            }
            let mut declared = blank_field(&field.name, field.number);
            declared.json_name =
                Some(if field.is_extension() { format!("[{}]", field.full_name()) } else { field.json_name() });
            let oneof: Option<(model::OneofId, &Oneof)> = field
                .oneof
                .filter(|_| !field.is_extension())
                .map(|oneof| (oneof, self.schema.oneof(oneof)))
                .filter(|(_, oneof)| !oneof.is_synthetic);
            if let Some((oneof, written)) = oneof {
                let next = i32::try_from(oneofs.len()).unwrap_or(i32::MAX);
                let index = *oneofs.entry(oneof).or_insert_with(|| {
                    message.oneof_decl.push(OneofDescriptorProto {
                        name: Some(written.name.to_string()),
                        ..OneofDescriptorProto::default()
                    });
                    next
                });
                declared.oneof_index = Some(index);
            }
            if field.is_repeated() {
                declared.label = Some(Label::LABEL_REPEATED);
            }
            if let (true, Kind::Message(entry)) = (field.is_map, field.kind) {
                let nested = self.map_entry(&field.name, entry, depth);
                let nested_name = nested.name.clone().unwrap_or_default();
                message.nested_type.push(nested);
                declared.r#type = Some(Type::TYPE_MESSAGE);
                declared.type_name = Some(format!("{full_name}.{nested_name}"));
            } else {
                self.set_type(&mut declared, field.kind, depth);
                let features = features(field, oneof.is_some());
                declared.options = FieldOptions { features: features.into(), ..FieldOptions::default() }.into();
            }
            message.field.push(declared);
        }
        message
    }

    /// The entry of a map, named as the specification demands.
    fn map_entry(&mut self, field: &str, entry: MessageId, depth: u32) -> DescriptorProto {
        let mut name = Field::default_json_name(&format!("_{field}"));
        name.push_str("Entry");
        let mut nested = DescriptorProto {
            name: Some(name),
            options: MessageOptions { map_entry: Some(true), ..MessageOptions::default() }.into(),
            ..DescriptorProto::default()
        };
        let sides = self.schema.map_entry(entry).map(|(key, value)| [("key", key.kind), ("value", value.kind)]);
        for (number, (name, kind)) in (1..).zip(sides.into_iter().flatten()) {
            let mut declared = blank_field(name, number);
            self.set_type(&mut declared, kind, depth);
            nested.field.push(declared);
        }
        nested
    }

    fn set_type(&mut self, field: &mut FieldDescriptorProto, kind: Kind, depth: u32) {
        field.r#type = Some(match kind {
            Kind::Double => Type::TYPE_DOUBLE,
            Kind::Float => Type::TYPE_FLOAT,
            Kind::Int64 => Type::TYPE_INT64,
            Kind::Uint64 => Type::TYPE_UINT64,
            Kind::Int32 => Type::TYPE_INT32,
            Kind::Fixed64 => Type::TYPE_FIXED64,
            Kind::Fixed32 => Type::TYPE_FIXED32,
            Kind::Bool => Type::TYPE_BOOL,
            Kind::String => Type::TYPE_STRING,
            Kind::Bytes | Kind::Unresolved => Type::TYPE_BYTES,
            Kind::Uint32 => Type::TYPE_UINT32,
            Kind::Sfixed32 => Type::TYPE_SFIXED32,
            Kind::Sfixed64 => Type::TYPE_SFIXED64,
            Kind::Sint32 => Type::TYPE_SINT32,
            Kind::Sint64 => Type::TYPE_SINT64,
            Kind::Message(id) => {
                field.type_name = Some(self.inner_message(id, depth));
                Type::TYPE_MESSAGE
            }
            Kind::Enum(id) => {
                field.type_name = Some(self.inner_enum(id));
                Type::TYPE_ENUM
            }
        });
    }

    fn inner_message(&mut self, id: MessageId, depth: u32) -> String {
        if let Some(name) = self.messages.get(&id) {
            return name.clone();
        }
        let item = self.schema.message(id);
        let well_known = item.full_name.strip_prefix("google.protobuf.").filter(|rest| !rest.contains('.'));
        let name = well_known.map_or_else(|| format!("M{}", self.messages.len()), str::to_owned);
        let full_name = format!(".{}.{name}", if well_known.is_some() { "google.protobuf" } else { "w" });
        self.messages.insert(id, full_name.clone());
        let mut fields: Vec<FieldId> = item.field_ids(id.file).collect();
        if well_known.is_none() {
            if depth >= MAX_DEPTH {
                fields.retain(|field| self.schema.field(*field).is_required());
            }
            fields.sort_by_key(|field| !self.schema.field(*field).is_required());
            fields.truncate(MAX_INNER_FIELDS);
        }
        let message = self.message((&full_name, &name), &fields, depth + 1);
        let target = if well_known.is_some() { &mut self.known } else { &mut self.file };
        target.message_type.push(message);
        full_name
    }

    fn inner_enum(&mut self, id: EnumId) -> String {
        if let Some(name) = self.enums.get(&id) {
            return name.clone();
        }
        let item = self.schema.enum_type(id);
        let is_known = item.full_name == "google.protobuf.NullValue";
        let name = if is_known { "NullValue" } else { "E" };
        let scope = format!("S{}", self.enums.len());
        let full_name = if is_known { format!(".google.protobuf.{name}") } else { format!(".w.{scope}.{name}") };
        self.enums.insert(id, full_name.clone());
        // Values are scoped beside their enum. Each of ours gets a scope of its own, so that two enums of a package
        // that was split may use one name.
        let declared: Vec<EnumValueId> = match &self.declared {
            Some((only, declared)) if *only == id => declared.clone(),
            _ => self.schema.values_of(id).map(|(value, _)| value).collect(),
        };
        let values = declared.into_iter().map(|value| self.schema.enum_value(value));
        let values: Vec<EnumValueDescriptorProto> = values
            .map(|value| EnumValueDescriptorProto {
                name: Some(value.name.to_string()),
                number: Some(value.number),
                ..EnumValueDescriptorProto::default()
            })
            .collect();
        let features = FeatureSet {
            enum_type: Some(if item.is_closed { EnumType::CLOSED } else { EnumType::OPEN }),
            ..FeatureSet::default()
        };
        let options = EnumOptions {
            allow_alias: item.allows_alias.then_some(true),
            features: features.into(),
            ..EnumOptions::default()
        };
        let declared = EnumDescriptorProto {
            name: Some(name.to_owned()),
            value: values,
            options: options.into(),
            ..EnumDescriptorProto::default()
        };
        if is_known {
            self.known.enum_type.push(declared);
        } else {
            self.file.message_type.push(DescriptorProto {
                name: Some(scope),
                enum_type: vec![declared],
                ..DescriptorProto::default()
            });
        }
        full_name
    }
}

/// What the linker resolved for a field, as features.
fn features(field: &Field, is_in_oneof: bool) -> FeatureSet {
    let mut features = FeatureSet::default();
    if field.is_required() {
        features.field_presence = Some(FieldPresence::LEGACY_REQUIRED);
    } else if !field.is_repeated() && !is_in_oneof && !matches!(field.kind, Kind::Message(_)) {
        features.field_presence = Some(match field.presence {
            Presence::Explicit => FieldPresence::EXPLICIT,
            Presence::Implicit => FieldPresence::IMPLICIT,
        });
    }
    if field.is_repeated() && field.kind.is_packable() {
        features.repeated_field_encoding =
            Some(if field.is_packed { RepeatedFieldEncoding::PACKED } else { RepeatedFieldEncoding::EXPANDED });
    }
    if field.is_delimited && matches!(field.kind, Kind::Message(_)) {
        features.message_encoding = Some(MessageEncoding::DELIMITED);
    }
    if field.kind == Kind::String {
        features.utf8_validation = Some(match field.features.utf8_validation {
            model::Utf8Validation::Verify => Utf8Validation::VERIFY,
            model::Utf8Validation::None => Utf8Validation::NONE,
        });
    }
    features
}
