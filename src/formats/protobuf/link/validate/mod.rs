//! Checks what the language forbids and the grammar allows, as protoc does.

mod enums;
mod extensions;
mod fields;
mod file;
mod json_names;
mod messages;
mod ranges;

use crate::formats::protobuf::fault::{Fault, INVALID};
use crate::formats::protobuf::model::{EnumType, Extent, File, FileIndex, Kind, Message, MessageId};

/// Everything wrong in the file at `index`, whose names, options and features are resolved.
pub(super) fn validate(files: &[File], index: FileIndex) -> Vec<Fault> {
    let mut check = Check { files, index, faults: Vec::new() };
    check.file();
    check.messages();
    check.fields();
    check.extensions();
    check.enums();
    check.json_names();
    check.faults
}

/// The checks of one file.
struct Check<'a> {
    files: &'a [File],
    index: FileIndex,
    faults: Vec<Fault>,
}

impl<'a> Check<'a> {
    fn this(&self) -> &'a File {
        &self.files[self.index.0 as usize]
    }

    fn message(&self, id: MessageId) -> &'a Message {
        &self.files[id.file.0 as usize].messages[id.index as usize]
    }

    fn enum_of(&self, kind: Kind) -> Option<&'a EnumType> {
        match kind {
            Kind::Enum(id) if !self.is_outlined(id.file) => {
                Some(&self.files[id.file.0 as usize].enums[id.index as usize])
            }
            _ => None,
        }
    }

    /// Whether only the outline of a file is known: it is as it was, and so is what was right about using it.
    fn is_outlined(&self, file: FileIndex) -> bool {
        self.files[file.0 as usize].is_outline
    }

    fn invalid(&mut self, extent: Extent, message: impl Into<String>) {
        self.faults.push(Fault::new(INVALID, extent, message));
    }

    fn invalid_with_help(&mut self, extent: Extent, message: impl Into<String>, help: impl Into<String>) {
        self.faults.push(Fault::new(INVALID, extent, message).with_help(help));
    }
}
