//! Recognises types and services that have another name and the same form.
//!
//! Evidence, strongest first: the file's package changed and the name inside it did not; a field or RPC that used the
//! one uses the other; nothing else of either version has that form.

use std::collections::BTreeSet;
use std::hash::{BuildHasher as _, Hash};

use rayon::prelude::*;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use crate::formats::protobuf::model::{EnumId, File, FileIndex, Kind, MessageId, Origin, RpcType, Schema, ServiceId};
use crate::formats::protobuf::pair::{FilePair, FilePairing, Form, Forms, Lineage, Pairing};

/// Adds every recognised pair to `pairing`.
pub(crate) fn recognise(
    old: &Schema,
    new: &Schema,
    forms: &Forms<'_>,
    lineage: &Lineage<'_>,
    pairing: &mut Pairing<'_>,
) {
    let mut search = Search { old, new, forms, lineage, pairing };
    search.packages();
    let lost = Lost::find(&search);
    if lost.is_empty() {
        return;
    }
    search.users(&lost);
    search.unique_messages(&lost);
    search.unique_enums(&lost);
    search.services(&lost);
}

struct Search<'s, 'p, 'a> {
    old: &'s Schema,
    new: &'s Schema,
    forms: &'s Forms<'s>,
    lineage: &'s Lineage<'s>,
    pairing: &'p mut Pairing<'a>,
}

/// What has no partner by name, on each side.
struct Lost {
    old_messages: FxHashSet<MessageId>,
    new_messages: FxHashSet<MessageId>,
    old_enums: FxHashSet<EnumId>,
    new_enums: FxHashSet<EnumId>,
    old_services: FxHashSet<ServiceId>,
    new_services: FxHashSet<ServiceId>,
}

impl Lost {
    fn find(search: &Search<'_, '_, '_>) -> Self {
        let pairing = &*search.pairing;
        let (old, new) = (search.old, search.new);
        let (old_messages, old_enums, old_services) = without_partner(
            (old, new),
            |id| pairing.message(id).is_none(),
            |id| pairing.enumeration(id).is_none(),
            |id| pairing.service(id).is_none(),
        );
        let (new_messages, new_enums, new_services) = without_partner(
            (new, old),
            |id| pairing.old_message(id).is_none(),
            |id| pairing.old_enumeration(id).is_none(),
            |id| pairing.old_service(id).is_none(),
        );
        Self { old_messages, new_messages, old_enums, new_enums, old_services, new_services }
    }

    fn is_empty(&self) -> bool {
        (self.old_messages.is_empty() || self.new_messages.is_empty())
            && (self.old_enums.is_empty() || self.new_enums.is_empty())
            && (self.old_services.is_empty() || self.new_services.is_empty())
    }
}

/// What a schema's contracts declare and these questions say is lost, without the files whose partner was never read.
fn without_partner(
    (schema, other): (&Schema, &Schema),
    is_lost_message: impl Fn(MessageId) -> bool + Sync,
    is_lost_enum: impl Fn(EnumId) -> bool + Sync,
    is_lost_service: impl Fn(ServiceId) -> bool + Sync,
) -> (FxHashSet<MessageId>, FxHashSet<EnumId>, FxHashSet<ServiceId>) {
    let is_own = |file: &File| matches!(file.origin, Origin::Contract(_)) && !FilePairing::is_unread(other, file);
    let own: Vec<FileIndex> = schema.files().filter(|(_, file)| is_own(file)).map(|(index, _)| index).collect();
    let lost_in = |file: &FileIndex| -> (Vec<MessageId>, Vec<EnumId>, Vec<ServiceId>) {
        let messages = schema.messages_in(*file).filter(|(_, message)| !message.is_map_entry).map(|(id, _)| id);
        let enums = schema.enums_in(*file).map(|(id, _)| id);
        let services = schema.services_in(*file).map(|(id, _)| id);
        (
            messages.filter(|&id| is_lost_message(id)).collect(),
            enums.filter(|&id| is_lost_enum(id)).collect(),
            services.filter(|&id| is_lost_service(id)).collect(),
        )
    };
    let found: Vec<_> = own.par_iter().map(lost_in).collect();
    let mut lost = (FxHashSet::default(), FxHashSet::default(), FxHashSet::default());
    for (messages, enums, services) in found {
        lost.0.extend(messages);
        lost.1.extend(enums);
        lost.2.extend(services);
    }
    lost
}

impl Search<'_, '_, '_> {
    /// Elements of a file whose package changed keep the name that they have inside the package.
    fn packages(&mut self) {
        for pair in self.pairing.files.pairs.clone() {
            let FilePair::Both(old, new) = pair else { continue };
            let (before, after) = (self.old.file(old), self.new.file(new));
            if before.package_name() == after.package_name() {
                continue;
            }
            let moved = |name: &str| {
                let inner = name.strip_prefix(before.package_name()).unwrap_or(name).trim_start_matches('.');
                if after.package_name().is_empty() {
                    inner.to_owned()
                } else {
                    format!("{}.{inner}", after.package_name())
                }
            };
            let messages: FxHashMap<&str, MessageId> =
                self.new.messages_in(new).map(|(id, message)| (&*message.full_name, id)).collect();
            for (id, message) in self.old.messages_in(old) {
                if let Some(&found) = messages.get(moved(&message.full_name).as_str())
                    && self.is_free(id, found)
                {
                    self.pairing.messages.join(id, found);
                }
            }
            let enums: FxHashMap<&str, EnumId> =
                self.new.enums_in(new).map(|(id, item)| (&*item.full_name, id)).collect();
            for (id, item) in self.old.enums_in(old) {
                if let Some(&found) = enums.get(moved(&item.full_name).as_str())
                    && self.is_free_enum(id, found)
                {
                    self.pairing.enums.join(id, found);
                }
            }
            let services: FxHashMap<&str, ServiceId> =
                self.new.services_in(new).map(|(id, item)| (&*item.full_name, id)).collect();
            for (id, item) in self.old.services_in(old) {
                if let Some(&found) = services.get(moved(&item.full_name).as_str())
                    && self.pairing.service(id).is_none()
                    && self.pairing.old_service(found).is_none()
                {
                    self.pairing.services.join(id, found);
                }
            }
        }
    }

    /// A field or RPC that used one lost type uses another: the same one if its form is the same.
    fn users(&mut self, lost: &Lost) {
        for pair in self.pairing.files.pairs.clone() {
            let FilePair::Both(old, _) = pair else { continue };
            for (id, _) in self.old.messages_in(old) {
                if self.uses_lost(id, lost)
                    && let Some(partner) = self.pairing.message(id)
                {
                    self.types_of(id, partner, lost, 0);
                }
            }
            for (id, _) in self.old.services_in(old) {
                let is_lost = |side: &RpcType| side.message.is_some_and(|id| lost.old_messages.contains(&id));
                if !self.old.rpcs_of(id).any(|(_, rpc)| is_lost(&rpc.request) || is_lost(&rpc.response)) {
                    continue;
                }
                let Some(partner) = self.pairing.service(id) else { continue };
                let after: FxHashMap<&str, _> = self.new.rpcs_of(partner).map(|(_, rpc)| (&*rpc.name, rpc)).collect();
                for (_, rpc) in self.old.rpcs_of(id) {
                    let Some(other) = after.get(&*rpc.name) else { continue };
                    for (before, after) in [(&rpc.request, &other.request), (&rpc.response, &other.response)] {
                        if let (Some(before), Some(after)) = (before.message, after.message) {
                            self.message_if_same(before, after, lost, 0);
                        }
                    }
                }
            }
        }
    }

    /// Whether a field of an old message has a lost type.
    fn uses_lost(&self, message: MessageId, lost: &Lost) -> bool {
        self.old.fields_of(message).any(|(_, field)| match field.kind {
            Kind::Message(id) => lost.old_messages.contains(&id),
            Kind::Enum(id) => lost.old_enums.contains(&id),
            _ => false,
        })
    }

    /// Looks at the types of two paired messages' fields. The depth is bounded as in [`Forms`].
    fn types_of(&mut self, old: MessageId, new: MessageId, lost: &Lost, depth: u32) {
        let after: FxHashMap<i32, Kind> =
            self.new.fields_of(new).map(|(_, field)| (field.number, field.kind)).collect();
        let before: Vec<(i32, Kind)> = self.old.fields_of(old).map(|(_, field)| (field.number, field.kind)).collect();
        for (number, kind) in before {
            match (kind, after.get(&number)) {
                (Kind::Message(before), Some(&Kind::Message(after))) => {
                    self.message_if_same(before, after, lost, depth);
                }
                (Kind::Enum(before), Some(&Kind::Enum(after))) => self.enum_if_same(before, after, lost),
                _ => {}
            }
        }
    }

    fn message_if_same(&mut self, old: MessageId, new: MessageId, lost: &Lost, depth: u32) {
        let is_lost = lost.old_messages.contains(&old) && lost.new_messages.contains(&new);
        let is_apart = || self.lineage.are_apart(self.old.file(old.file), self.new.file(new.file));
        if is_lost && depth < 64 && self.is_free(old, new) && !is_apart() && self.forms.messages(old, new) == Form::SAME
        {
            self.join_messages(old, new, lost, depth);
        }
    }

    fn enum_if_same(&mut self, old: EnumId, new: EnumId, lost: &Lost) {
        let is_lost = lost.old_enums.contains(&old) && lost.new_enums.contains(&new);
        let is_apart = || self.lineage.are_apart(self.old.file(old.file), self.new.file(new.file));
        if is_lost && self.is_free_enum(old, new) && !is_apart() && self.forms.enums(old, new) == Form::SAME {
            self.pairing.enums.join(old, new);
        }
    }

    /// What is nested in a renamed message moved along with it.
    fn join_messages(&mut self, old: MessageId, new: MessageId, lost: &Lost, depth: u32) {
        if depth >= 64 || !self.pairing.messages.join(old, new) {
            return;
        }
        let (before, after) = (self.old.message(old), self.new.message(new));
        let nested: FxHashMap<&str, MessageId> =
            after.message_ids(new.file).map(|id| (&*self.new.message(id).name, id)).collect();
        for id in before.message_ids(old.file) {
            if let Some(&found) = nested.get(&*self.old.message(id).name)
                && self.is_free(id, found)
            {
                self.join_messages(id, found, lost, depth + 1);
            }
        }
        let enums: FxHashMap<&str, EnumId> =
            after.enum_ids(new.file).map(|id| (&*self.new.enum_type(id).name, id)).collect();
        for id in before.enum_ids(old.file) {
            if let Some(&found) = enums.get(&*self.old.enum_type(id).name)
                && self.is_free_enum(id, found)
            {
                self.pairing.enums.join(id, found);
            }
        }
        self.types_of(old, new, lost, depth + 1);
    }

    /// A lost message whose form only one other lost message has. One field is no form worth recognising, unless the
    /// simple name is the same.
    fn unique_messages(&mut self, lost: &Lost) {
        let (old, new) = (self.old, self.new);
        let mut candidates = Candidates::default();
        for (id, shape) in shapes(&lost.new_messages, |id| message_shape(new, id)) {
            candidates.add(id, shape, &new.message(id).name, (id.file, new.file(id.file)));
        }
        let order = shapes(&lost.old_messages, |id| message_shape(old, id));
        let rivals = counted(&order);
        for (id, shape) in order {
            let name = &*old.message(id).name;
            let found = self.near(&candidates, shape, name, id.file);
            let same_name: Vec<MessageId> =
                found.iter().copied().filter(|&candidate| &*new.message(candidate).name == name).collect();
            let fields = old.message(id).fields.len();
            let partner = match (same_name.as_slice(), found.as_slice()) {
                ([one], _) if fields > 0 => *one,
                ([], [one]) if fields > 1 && rivals.get(&shape) == Some(&1) => *one,
                _ => continue,
            };
            if self.is_free(id, partner) && self.forms.messages(id, partner) == Form::SAME {
                self.join_messages(id, partner, lost, 0);
            }
        }
    }

    /// A lost enum whose values only one other lost enum has.
    fn unique_enums(&mut self, lost: &Lost) {
        let (old, new) = (self.old, self.new);
        let mut candidates = Candidates::default();
        for (id, shape) in shapes(&lost.new_enums, |id| enum_shape(new, id)) {
            candidates.add(id, shape, &new.enum_type(id).name, (id.file, new.file(id.file)));
        }
        for (id, shape) in shapes(&lost.old_enums, |id| enum_shape(old, id)) {
            if old.enum_type(id).values.len() < 2 {
                continue;
            }
            let mut found = self.near(&candidates, shape, &old.enum_type(id).name, id.file);
            found.retain(|&other| self.is_free_enum(id, other) && self.forms.enums(id, other) == Form::SAME);
            if let [one] = found.as_slice() {
                self.pairing.enums.join(id, *one);
            }
        }
    }

    /// A lost service with the RPC names of exactly one other lost service.
    fn services(&mut self, lost: &Lost) {
        let (old, new) = (self.old, self.new);
        let mut candidates = Candidates::default();
        for (id, shape) in shapes(&lost.new_services, |id| service_shape(new, id)) {
            candidates.add(id, shape, &new.service(id).name, (id.file, new.file(id.file)));
        }
        let order = shapes(&lost.old_services, |id| service_shape(old, id));
        let rivals = counted(&order);
        for (id, shape) in order {
            if old.service(id).rpcs.is_empty() || rivals.get(&shape) != Some(&1) {
                continue;
            }
            let mut found = self.near(&candidates, shape, &old.service(id).name, id.file);
            found.retain(|&other| rpc_names(old, id) == rpc_names(new, other));
            if let [one] = found.as_slice() {
                self.pairing.services.join(id, *one);
            }
        }
    }

    /// The candidates of a form that may be this element of an old file: a form alone tells in one place only. Between
    /// packages that have nothing to do with each other the simple name must be the same too.
    fn near<T: Copy + Ord>(&self, candidates: &Candidates<'_, T>, shape: u64, name: &str, file: FileIndex) -> Vec<T> {
        let before = self.old.file(file);
        let found = candidates.near(shape, name, before.package_name(), self.pairing.files.forward(file));
        let is_apart = |other: &FileIndex| self.lineage.are_apart(before, self.new.file(*other));
        found.into_iter().filter(|(other, _)| !is_apart(other)).map(|(_, id)| id).collect()
    }

    fn is_free(&self, old: MessageId, new: MessageId) -> bool {
        self.pairing.message(old).is_none() && self.pairing.old_message(new).is_none()
    }

    fn is_free_enum(&self, old: EnumId, new: EnumId) -> bool {
        self.pairing.enumeration(old).is_none() && self.pairing.old_enumeration(new).is_none()
    }
}

/// Lost elements of the new version by their form and by what makes one near: page tokens and lists of names look alike
/// everywhere, so that a form alone would give thousands.
struct Candidates<'a, T> {
    by_name: FxHashMap<(u64, &'a str), Vec<(FileIndex, T)>>,
    by_package: FxHashMap<(u64, &'a str), Vec<(FileIndex, T)>>,
    by_file: FxHashMap<(u64, FileIndex), Vec<(FileIndex, T)>>,
}

impl<T> Default for Candidates<'_, T> {
    fn default() -> Self {
        Self { by_name: FxHashMap::default(), by_package: FxHashMap::default(), by_file: FxHashMap::default() }
    }
}

impl<'a, T: Copy + Ord> Candidates<'a, T> {
    fn add(&mut self, id: T, shape: u64, name: &'a str, (index, file): (FileIndex, &'a File)) {
        self.by_name.entry((shape, name)).or_default().push((index, id));
        self.by_package.entry((shape, file.package_name())).or_default().push((index, id));
        self.by_file.entry((shape, index)).or_default().push((index, id));
    }

    /// Those of a form with this simple name, in this package, or in this file; sorted.
    fn near(&self, shape: u64, name: &str, package: &str, file: Option<FileIndex>) -> Vec<(FileIndex, T)> {
        let named = self.by_name.get(&(shape, name));
        let packaged = self.by_package.get(&(shape, package));
        let filed = file.and_then(|file| self.by_file.get(&(shape, file)));
        let mut found: Vec<_> = [named, packaged, filed].into_iter().flatten().flatten().copied().collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// Lost elements with their forms, in the order of their files.
fn shapes<T: Copy + Ord + Send + Sync>(ids: &FxHashSet<T>, shape: impl Fn(T) -> u64 + Sync) -> Vec<(T, u64)> {
    let mut ids: Vec<T> = ids.iter().copied().collect();
    ids.sort_unstable();
    ids.into_par_iter().map(|id| (id, shape(id))).collect()
}

/// How many have each form.
fn counted<T>(shapes: &[(T, u64)]) -> FxHashMap<u64, usize> {
    let mut counts = FxHashMap::default();
    for (_, shape) in shapes {
        *counts.entry(*shape).or_default() += 1;
    }
    counts
}

/// Stands for the numbers, types and JSON names of a message's fields, in any order.
fn message_shape(schema: &Schema, id: MessageId) -> u64 {
    in_any_order(schema.fields_of(id).map(|(_, field)| (field.number, field.kind.keyword(), field.json_name())))
}

/// Stands for the numbers and names of an enum's values, in any order.
fn enum_shape(schema: &Schema, id: EnumId) -> u64 {
    in_any_order(schema.values_of(id).map(|(_, value)| (value.number, &*value.name)))
}

/// Stands for the names of a service's RPCs, in any order.
fn service_shape(schema: &Schema, id: ServiceId) -> u64 {
    in_any_order(rpc_names(schema, id).into_iter())
}

fn rpc_names(schema: &Schema, id: ServiceId) -> BTreeSet<&str> {
    schema.rpcs_of(id).map(|(_, rpc)| &*rpc.name).collect()
}

fn in_any_order(parts: impl Iterator<Item = impl Hash>) -> u64 {
    parts.fold(0, |shape: u64, part| shape.wrapping_add(FxBuildHasher.hash_one(part) | 1))
}
