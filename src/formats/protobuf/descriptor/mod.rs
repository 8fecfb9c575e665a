//! Descriptors: linked files as `FileDescriptorProto` bytes and back, and the wire format that they are in.

mod decode;
mod decode_field;
mod decode_options;
#[cfg(test)]
mod encode;
#[cfg(test)]
mod option_bytes;
#[cfg(test)]
mod text;
mod wire;

pub(crate) use decode::{DecodedFile, files, is_descriptor_set};
pub(crate) use decode_options::{ExtensionNumbers, read as read_options};
#[cfg(test)]
pub(crate) use encode::descriptor_set;
