//! The names of a schema.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::formats::protobuf::model::{Element, EnumId, FieldId, File, FileIndex, MessageId, ServiceId, Text};

/// Messages, enums, services and extensions by full name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Symbols {
    elements: FxHashMap<Text, SmallVec<[Element; 1]>>,
}

impl Symbols {
    /// The names that these files declare.
    pub(crate) fn of(files: &[File]) -> Self {
        let total = files.iter().map(|file| file.messages.len() + file.enums.len() + file.services.len()).sum();
        let mut elements: FxHashMap<Text, SmallVec<[Element; 1]>> = FxHashMap::default();
        elements.reserve(total);
        for (index, file) in files.iter().enumerate() {
            let index = FileIndex(index as u32);
            let mut add = |name: &Text, element: Element| elements.entry(name.clone()).or_default().push(element);
            for (at, message) in (0_u32..).zip(&file.messages) {
                add(&message.full_name, Element::Message(MessageId::new(index, at)));
            }
            for (at, item) in (0_u32..).zip(&file.enums) {
                add(&item.full_name, Element::Enum(EnumId::new(index, at)));
            }
            for (at, service) in (0_u32..).zip(&file.services) {
                add(&service.full_name, Element::Service(ServiceId::new(index, at)));
            }
            for (at, field) in (0_u32..).zip(&file.fields).filter(|(_, field)| field.is_extension()) {
                add(field.full_name(), Element::Extension(FieldId::new(index, at)));
            }
        }
        Self { elements }
    }

    /// The elements of a full name.
    pub(crate) fn get(&self, full_name: &str) -> &[Element] {
        self.elements.get(full_name).map_or(&[], |elements| elements.as_slice())
    }
}
