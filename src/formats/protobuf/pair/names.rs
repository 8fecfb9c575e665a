//! Pairs named elements: by full name, through files whose package changed, and through what [`rename`] recognised.
//!
//! [`rename`]: super::rename

use rustc_hash::FxHashMap;

use crate::formats::protobuf::model::{Element, EnumId, FieldId, FileIndex, Kind, MessageId, Schema, ServiceId};
use crate::formats::protobuf::pair::rename::recognise;
use crate::formats::protobuf::pair::{FilePairing, Forms, Lineage};

/// Pairs of one kind of element that do not follow from their full names.
#[derive(Debug)]
pub(crate) struct Renamed<T> {
    forward: FxHashMap<T, T>,
    backward: FxHashMap<T, T>,
}

impl<T> Default for Renamed<T> {
    fn default() -> Self {
        Self { forward: FxHashMap::default(), backward: FxHashMap::default() }
    }
}

impl<T: Copy + Eq + std::hash::Hash> Renamed<T> {
    /// Adds a pair, unless one of the two has a partner already.
    pub(crate) fn join(&mut self, old: T, new: T) -> bool {
        if self.forward.contains_key(&old) || self.backward.contains_key(&new) {
            return false;
        }
        self.forward.insert(old, new);
        self.backward.insert(new, old);
        true
    }
}

/// The pairs of two versions.
#[derive(Debug)]
pub(crate) struct Pairing<'a> {
    old: &'a Schema,
    new: &'a Schema,
    /// The files.
    pub(crate) files: FilePairing,
    pub(crate) messages: Renamed<MessageId>,
    pub(crate) enums: Renamed<EnumId>,
    pub(crate) services: Renamed<ServiceId>,
}

impl<'a> Pairing<'a> {
    /// Pairs two versions.
    pub(crate) fn new(old: &'a Schema, new: &'a Schema, forms: &Forms<'_>) -> Self {
        let lineage = Lineage::of(old, new);
        let mut pairing = Self {
            old,
            new,
            files: FilePairing::new(old, new, &lineage),
            messages: Renamed::default(),
            enums: Renamed::default(),
            services: Renamed::default(),
        };
        recognise(old, new, forms, &lineage, &mut pairing);
        pairing
    }

    /// The new message of an old one.
    pub(crate) fn message(&self, old: MessageId) -> Option<MessageId> {
        self.messages.forward.get(&old).copied().or_else(|| {
            let found = self.named(&self.old.message(old).full_name, old.file, true, |element| match element {
                Element::Message(id) => Some((id, id.file)),
                _ => None,
            })?;
            (!self.messages.backward.contains_key(&found)).then_some(found)
        })
    }

    /// The old message of a new one.
    pub(crate) fn old_message(&self, new: MessageId) -> Option<MessageId> {
        self.messages.backward.get(&new).copied().or_else(|| {
            let found = self.named(&self.new.message(new).full_name, new.file, false, |element| match element {
                Element::Message(id) => Some((id, id.file)),
                _ => None,
            })?;
            (!self.messages.forward.contains_key(&found)).then_some(found)
        })
    }

    /// The new enum of an old one.
    pub(crate) fn enumeration(&self, old: EnumId) -> Option<EnumId> {
        self.enums.forward.get(&old).copied().or_else(|| {
            let found = self.named(&self.old.enum_type(old).full_name, old.file, true, |element| match element {
                Element::Enum(id) => Some((id, id.file)),
                _ => None,
            })?;
            (!self.enums.backward.contains_key(&found)).then_some(found)
        })
    }

    /// The old enum of a new one.
    pub(crate) fn old_enumeration(&self, new: EnumId) -> Option<EnumId> {
        self.enums.backward.get(&new).copied().or_else(|| {
            let found = self.named(&self.new.enum_type(new).full_name, new.file, false, |element| match element {
                Element::Enum(id) => Some((id, id.file)),
                _ => None,
            })?;
            (!self.enums.forward.contains_key(&found)).then_some(found)
        })
    }

    /// The new service of an old one.
    pub(crate) fn service(&self, old: ServiceId) -> Option<ServiceId> {
        self.services.forward.get(&old).copied().or_else(|| {
            let found = self.named(&self.old.service(old).full_name, old.file, true, |element| match element {
                Element::Service(id) => Some((id, id.file)),
                _ => None,
            })?;
            (!self.services.backward.contains_key(&found)).then_some(found)
        })
    }

    /// The old service of a new one.
    pub(crate) fn old_service(&self, new: ServiceId) -> Option<ServiceId> {
        self.services.backward.get(&new).copied().or_else(|| {
            let found = self.named(&self.new.service(new).full_name, new.file, false, |element| match element {
                Element::Service(id) => Some((id, id.file)),
                _ => None,
            })?;
            (!self.services.forward.contains_key(&found)).then_some(found)
        })
    }

    /// Whether two types are one, under whatever names.
    pub(crate) fn same_type(&self, old: Kind, new: Kind) -> bool {
        match (old, new) {
            (Kind::Message(old), Kind::Message(new)) => self.message(old) == Some(new),
            (Kind::Enum(old), Kind::Enum(new)) => self.enumeration(old) == Some(new),
            (old, new) => old == new,
        }
    }

    /// Every extension of the old side by what it extends and its number, with the new one of the same.
    pub(crate) fn extensions(&self) -> ExtensionPairs {
        let mut before: FxHashMap<(MessageId, i32), FieldId> = FxHashMap::default();
        let mut pairs = ExtensionPairs::default();
        for (index, _) in self.old.files() {
            for (id, field) in self.old.extensions_in(index) {
                if let Some(extended) = field.message {
                    before.entry((extended, field.number)).or_insert(id);
                }
            }
        }
        let mut after: FxHashMap<(MessageId, i32), FieldId> = FxHashMap::default();
        for (index, _) in self.new.files() {
            for (id, field) in self.new.extensions_in(index) {
                if let Some(extended) = field.message {
                    after.entry((extended, field.number)).or_insert(id);
                }
            }
        }
        for ((extended, number), id) in before {
            let found = self.message(extended).and_then(|extended| after.get(&(extended, number)).copied());
            if let Some(new) = found {
                pairs.forward.insert(id, new);
                pairs.backward.insert(new, id);
            }
        }
        pairs
    }

    /// The element of a name on the other side. Where separate contracts of a tree use one name, the one in the
    /// paired file, and never one that has its own partner.
    fn named<T>(
        &self,
        name: &str,
        file: FileIndex,
        is_forward: bool,
        pick: impl Fn(Element) -> Option<(T, FileIndex)>,
    ) -> Option<T> {
        let (mine, theirs) = if is_forward { (self.old, self.new) } else { (self.new, self.old) };
        let across = |file| if is_forward { self.files.forward(file) } else { self.files.backward(file) };
        let back = |file| if is_forward { self.files.backward(file) } else { self.files.forward(file) };
        let candidates = theirs.named(name);
        let paired = across(file);
        if let Some(found) = candidates.iter().find(|element| Some(element.file()) == paired)
            && let Some((found, _)) = pick(*found)
        {
            return Some(found);
        }
        candidates.iter().find_map(|element| {
            let (found, at) = pick(*element)?;
            let origin = back(at);
            let is_taken = origin.is_some_and(|origin| mine.named(name).iter().any(|other| other.file() == origin));
            (!is_taken).then_some(found)
        })
    }
}

/// The extensions of both sides that are one.
#[derive(Debug, Default)]
pub(crate) struct ExtensionPairs {
    /// New by old.
    pub(crate) forward: FxHashMap<FieldId, FieldId>,
    /// Old by new.
    pub(crate) backward: FxHashMap<FieldId, FieldId>,
}
