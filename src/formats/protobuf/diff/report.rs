//! Collects changes, and what belongs to a change that is stated elsewhere.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::change::{Cell, Change, Exposure, Measurement, ONLY_HERE, Occurrence, Operation};
use crate::formats::protobuf::diff::context::{Context, stability_level};
use crate::formats::protobuf::diff::features;
use crate::formats::protobuf::kinds::ELEMENT_RENAMED;
use crate::formats::protobuf::model::{EnumId, FieldId, FileIndex, MessageId};

/// A change and the files it stands in, which say whose contract it belongs to.
#[derive(Debug)]
pub(crate) struct Found {
    /// The change.
    pub(crate) change: Change,
    /// The file in the old version.
    pub(crate) old_file: Option<FileIndex>,
    /// The file in the new version.
    pub(crate) new_file: Option<FileIndex>,
    /// The messages to encode for a witness, where there are some.
    pub(crate) specimen: Option<Specimen>,
}

/// What shows a change when it is encoded with one version and decoded with the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Specimen {
    /// A message, and the field that changed where it is one.
    Message {
        /// The message in the old version.
        old: MessageId,
        /// The message in the new version.
        new: MessageId,
        /// The field in both versions.
        fields: (Option<FieldId>, Option<FieldId>),
    },
    /// An enum: any field of its type.
    Enum {
        /// The enum in the old version.
        old: EnumId,
        /// The enum in the new version.
        new: EnumId,
    },
}

/// Where a change stands.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Site {
    /// The file in the old version.
    pub(crate) old_file: Option<FileIndex>,
    /// The file in the new version.
    pub(crate) new_file: Option<FileIndex>,
}

impl Site {
    /// In both versions.
    pub(crate) fn both(old: FileIndex, new: FileIndex) -> Self {
        Self { old_file: Some(old), new_file: Some(new) }
    }
}

/// A user of a type of another name: an occurrence of whatever renamed the type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum NewType {
    /// A message of the new version.
    Message(MessageId),
    /// An enum of the new version.
    Enum(EnumId),
}

/// What inherited features did to one element of a file.
#[derive(Debug, Clone)]
pub(crate) struct Inherited {
    /// The place and what it is there.
    pub(crate) occurrence: Occurrence,
    /// Whether data is read differently, not only generated code.
    pub(crate) is_data: bool,
    /// New readers with what old writers wrote.
    pub(crate) new_reads_old: Cell,
    /// Old readers with what new writers write.
    pub(crate) old_reads_new: Cell,
}

/// The changes found so far.
#[derive(Debug, Default)]
pub(crate) struct Report {
    found: Vec<Found>,
    /// Users of renamed types.
    pub(crate) users: FxHashMap<NewType, Vec<Occurrence>>,
    /// What follows from a file's syntax or features, by the files of both sides.
    pub(crate) inherited: BTreeMap<(FileIndex, FileIndex), Vec<Inherited>>,
    /// Changes that take the users of these types as occurrences, by their index in `found`.
    renames: Vec<(usize, Vec<NewType>)>,
}

impl Report {
    /// Adds a change that everybody may read and write.
    pub(crate) fn add(&mut self, context: &Context<'_>, site: Site, change: Change) -> usize {
        self.push(context, site, change, None)
    }

    /// Adds a change of a message or something in it; who reaches the message reads and writes it.
    pub(crate) fn add_to_message(
        &mut self,
        context: &Context<'_>,
        messages: (Option<MessageId>, Option<MessageId>),
        fields: (Option<FieldId>, Option<FieldId>),
        mut change: Change,
    ) -> usize {
        let (exposure, operations) = context.exposures.of_message(messages.0, messages.1);
        change.exposure = exposure;
        change.operations = operations;
        let is_other_name = messages
            .0
            .zip(messages.1)
            .is_some_and(|(old, new)| context.old.message(old).full_name != context.new.message(new).full_name);
        if is_other_name && change.kind.id != ELEMENT_RENAMED.id {
            change.places.insert(ONLY_HERE);
        }
        let specimen = messages.0.zip(messages.1).map(|(old, new)| Specimen::Message { old, new, fields });
        // An extension belongs to the file that declares it, whatever it extends.
        let file = |field: Option<FieldId>, message: Option<MessageId>| {
            field.map(|id| id.file).or_else(|| message.map(|id| id.file))
        };
        let site = Site { old_file: file(fields.0, messages.0), new_file: file(fields.1, messages.1) };
        self.push(context, site, change, specimen)
    }

    /// Adds a change of an enum or a value.
    pub(crate) fn add_to_enum(
        &mut self,
        context: &Context<'_>,
        enums: (Option<EnumId>, Option<EnumId>),
        mut change: Change,
    ) -> usize {
        let (exposure, operations) = context.exposures.of_enum(enums.0, enums.1);
        change.exposure = exposure;
        change.operations = operations;
        let is_other_name = enums
            .0
            .zip(enums.1)
            .is_some_and(|(old, new)| context.old.enum_type(old).full_name != context.new.enum_type(new).full_name);
        if is_other_name && change.kind.id != ELEMENT_RENAMED.id {
            change.places.insert(ONLY_HERE);
        }
        let specimen = enums.0.zip(enums.1).map(|(old, new)| Specimen::Enum { old, new });
        let site = Site { old_file: enums.0.map(|id| id.file), new_file: enums.1.map(|id| id.file) };
        self.push(context, site, change, specimen)
    }

    /// Adds a change of an RPC.
    pub(crate) fn add_to_rpc(
        &mut self,
        context: &Context<'_>,
        site: Site,
        mut change: Change,
        (path, exposure): (String, Exposure),
        specimen: Option<Specimen>,
    ) -> usize {
        change.exposure = exposure;
        change.operations = vec![Operation { method: None, path, exposure }];
        self.push(context, site, change, specimen)
    }

    /// How many changes there are.
    pub(crate) fn len(&self) -> usize {
        self.found.len()
    }

    /// A change that was added before.
    pub(crate) fn change_mut(&mut self, index: usize) -> Option<&mut Change> {
        self.found.get_mut(index).map(|found| &mut found.change)
    }

    /// Makes the users of these types occurrences of a change that was added.
    pub(crate) fn take_users(&mut self, change: usize, types: Vec<NewType>) {
        self.renames.push((change, types));
    }

    /// Adds what was found elsewhere, after what is here.
    pub(crate) fn append(&mut self, other: Self) {
        let before = self.found.len();
        self.found.extend(other.found);
        for (item, users) in other.users {
            self.users.entry(item).or_default().extend(users);
        }
        for (files, items) in other.inherited {
            self.inherited.entry(files).or_default().extend(items);
        }
        self.renames.extend(other.renames.into_iter().map(|(change, types)| (change + before, types)));
    }

    /// All changes, complete with their occurrences.
    pub(crate) fn finish(mut self, context: &Context<'_>) -> Vec<Found> {
        for (index, types) in std::mem::take(&mut self.renames) {
            for item in types {
                if let Some(users) = self.users.remove(&item) {
                    self.found[index].change.occurrences.extend(users);
                }
            }
        }
        for ((old, new), items) in std::mem::take(&mut self.inherited) {
            features::report(context, &mut self, old, new, items);
        }
        self.found
    }

    fn push(&mut self, context: &Context<'_>, site: Site, mut change: Change, specimen: Option<Specimen>) -> usize {
        let package = match site {
            Site { old_file: Some(file), .. } => context.old.file(file).package_name(),
            Site { new_file: Some(file), .. } => context.new.file(file).package_name(),
            _ => "",
        };
        change.unstable = stability_level(package).is_some();
        self.found.push(Found { change, old_file: site.old_file, new_file: site.new_file, specimen });
        self.found.len() - 1
    }
}

/// A verdict without anything executed: the structure decides.
pub(crate) fn structural(cell: Cell) -> Measurement {
    Measurement { cell: Some(cell), proof: None }
}
