//! Where to point when something is gone, and what else is gone with it.

use crate::change::{Facts, Occurrence};
use crate::formats::protobuf::diff::context::Context;
use crate::formats::protobuf::kinds::ELEMENT_REMOVED;
use crate::formats::protobuf::model::{Extent, FileIndex, MessageId, Text};
use crate::source::Span;

/// The nearest places that are still there: in the file that the element left, and in its package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Gone {
    /// The package that it was in.
    package: Text,
    /// In the file of the same path, if there is one.
    pub(crate) in_file: Option<Span>,
    /// In the package, whatever file it is in; `None` when the package is gone.
    pub(crate) in_package: InPackage,
}

/// What is left of the package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InPackage {
    /// No file declares it any more.
    Gone,
    /// It is still there, but nothing near the element is.
    Somewhere,
    /// This is the nearest.
    At(Span),
}

impl Gone {
    /// For something that was declared in `file`, inside `parent` unless it was at the top.
    pub(crate) fn find(context: &Context<'_>, file: FileIndex, parent: Option<MessageId>) -> Self {
        let before = context.old.file(file);
        let same_path = context.pairing.files.forward(file).filter(|new| context.new.file(*new).path == before.path);
        let in_file = same_path.map(|new| {
            outer(context, parent)
                .find_map(|id| {
                    let inner = inner_name(&context.old.message(id).full_name, before.package_name());
                    let package = context.new.file(new).package_name();
                    let mut messages = context.new.messages_in(new);
                    messages.find(|(_, message)| inner_name(&message.full_name, package) == inner)
                })
                .map_or_else(
                    || Span::start_of(context.new.file(new).source),
                    |(_, message)| context.new_span(new, message.name.extent),
                )
        });
        let in_package = if has_package(context, file) {
            outer(context, parent)
                .find_map(|id| context.new.message_named(&context.old.message(id).full_name))
                .map(|id| context.new_span(id.file, context.new.message(id).name.extent))
                .or_else(|| same_path.map(|new| Span::start_of(context.new.file(new).source)))
                .map_or(InPackage::Somewhere, InPackage::At)
        } else {
            InPackage::Gone
        };
        let package = before.package.as_ref().map(|package| package.name.clone()).unwrap_or_default();
        Self { package, in_file, in_package }
    }

    /// For something that is still in its package, in another file.
    pub(crate) fn from_file(mut self) -> Self {
        self.in_package = InPackage::Gone;
        self
    }

    /// For an enum: other tools point at the place in the file also where the package is meant, and say nothing about
    /// packages that are left without any enum.
    pub(crate) fn of_enum(mut self, context: &Context<'_>) -> Self {
        let has_enums = context.new_enum_packages.contains(self.package.as_str());
        self.in_package = match (self.in_package, self.in_file) {
            (InPackage::Gone, _) => InPackage::Gone,
            _ if !has_enums => InPackage::Gone,
            (_, Some(place)) => InPackage::At(place),
            (kept, None) => kept,
        };
        self
    }

    /// For something whose file is gone as well, or is told apart.
    pub(crate) fn from_package(mut self) -> Self {
        self.in_file = None;
        self
    }

    /// The place to report, with the fact `gone-from` there, and one more place where the two differ.
    pub(crate) fn places(&self) -> (&'static str, Option<Span>, Option<Span>) {
        match (self.in_file, self.in_package) {
            (Some(file), InPackage::At(package)) if file == package => ("file-and-package", Some(file), None),
            (Some(file), InPackage::At(package)) => ("package", Some(package), Some(file)),
            (Some(file), InPackage::Somewhere) => ("file-and-package", Some(file), None),
            (Some(file), InPackage::Gone) => ("file", Some(file), None),
            (None, InPackage::At(package)) => ("package", Some(package), None),
            (None, InPackage::Somewhere) => ("package", None, None),
            (None, InPackage::Gone) => ("nothing", None, None),
        }
    }

    /// The occurrences of a removed element of this sort.
    pub(crate) fn occurrences(&self, element: &'static str, old: Option<Span>) -> Vec<Occurrence> {
        let (gone_from, at, origin) = self.places();
        let mut all = Vec::new();
        if gone_from != "nothing" {
            all.push(occurrence(element, gone_from, old, at));
        }
        if origin.is_some() {
            all.push(occurrence(element, "file", old, origin));
        }
        all
    }
}

/// One place at which an element is missing.
pub(crate) fn occurrence(
    element: &'static str,
    gone_from: &'static str,
    old: Option<Span>,
    new: Option<Span>,
) -> Occurrence {
    Occurrence { kind: &ELEMENT_REMOVED, facts: removed_facts(element, gone_from, "none"), old, new }
}

/// The facts of `element-removed`.
pub(crate) fn removed_facts(element: &'static str, gone_from: &'static str, deprecation: &'static str) -> Facts {
    Facts::default().with("element", element).with("gone-from", gone_from).with("deprecation", deprecation)
}

/// Enums and extensions declared in a message that is gone from its place: they are gone with it. (So are its
/// messages, about which nothing more can be said than about the outermost.)
pub(crate) fn nested(context: &Context<'_>, message: MessageId, gone: &Gone) -> Vec<Occurrence> {
    let mut all = Vec::new();
    let gone_enum = gone.clone().of_enum(context);
    let mut waiting = vec![message];
    while let Some(id) = waiting.pop() {
        let item = context.old.message(id);
        waiting.extend(item.message_ids(id.file));
        let span = |extent: Extent| Some(context.old_span(id.file, extent));
        for inner in item.enum_ids(id.file) {
            all.extend(gone_enum.occurrences("enum", span(context.old.enum_type(inner).name.extent)));
        }
        for &index in &item.extensions {
            let name = context.old.file(id.file).fields[index as usize].name.extent;
            all.extend(gone.occurrences("extension", span(name)));
        }
    }
    all
}

/// The message and the ones around it, from the inside out.
fn outer<'c>(context: &'c Context<'_>, start: Option<MessageId>) -> impl Iterator<Item = MessageId> + use<'c> {
    std::iter::successors(start, |id| context.old.message(*id).parent)
}

/// A full name without its package.
pub(crate) fn inner_name<'n>(full_name: &'n str, package: &str) -> &'n str {
    full_name.strip_prefix(package).map_or(full_name, |rest| rest.strip_prefix('.').unwrap_or(rest))
}

/// Whether the new version still has the package of an old file.
pub(crate) fn has_package(context: &Context<'_>, file: FileIndex) -> bool {
    context.new_packages.contains(context.old.file(file).package_name())
}
