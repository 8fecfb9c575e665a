//! Descriptors: linked files as `FileDescriptorProto` bytes and back, and the wire format that they are in.

mod decode;
mod decode_field;
mod decode_options;
mod encode;
mod option_bytes;
mod source_info;
mod text;
mod wire;

pub(crate) use decode::{DecodedFile, files, is_descriptor_set};
pub(crate) use decode_options::{ExtensionNumbers, read as read_options};
#[cfg(test)]
pub(crate) use encode::descriptor_set;
pub(crate) use encode::runtime_descriptor_set;
