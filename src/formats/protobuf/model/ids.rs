//! Ids: which file, and which element of that file's arena.

/// A file of a [`Schema`](super::Schema).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileIndex(pub u32);

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name {
            /// The file that owns it.
            pub file: FileIndex,
            /// Its place in that file's arena.
            pub index: u32,
        }

        impl $name {
            /// The element at `index` of `file`'s arena.
            #[must_use]
            pub const fn new(file: FileIndex, index: u32) -> Self {
                Self { file, index }
            }
        }
    };
}

id!(
    /// A message, a group's message, or a map's entry message.
    MessageId
);
id!(
    /// A field or an extension.
    FieldId
);
id!(
    /// A oneof, or the synthetic one of a proto3 `optional` field.
    OneofId
);
id!(
    /// An enum.
    EnumId
);
id!(
    /// A value of an enum.
    EnumValueId
);
id!(
    /// A service.
    ServiceId
);
id!(
    /// An RPC of a service.
    RpcId
);

/// Anything that has a full name of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Element {
    /// A message.
    Message(MessageId),
    /// A field of a message.
    Field(FieldId),
    /// An extension.
    Extension(FieldId),
    /// A oneof.
    Oneof(OneofId),
    /// An enum.
    Enum(EnumId),
    /// A value of an enum; its full name stands beside its enum, not in it.
    EnumValue(EnumValueId),
    /// A service.
    Service(ServiceId),
    /// An RPC.
    Rpc(RpcId),
}

impl Element {
    /// The file that owns it.
    #[must_use]
    pub const fn file(self) -> FileIndex {
        match self {
            Self::Message(id) => id.file,
            Self::Field(id) | Self::Extension(id) => id.file,
            Self::Oneof(id) => id.file,
            Self::Enum(id) => id.file,
            Self::EnumValue(id) => id.file,
            Self::Service(id) => id.file,
            Self::Rpc(id) => id.file,
        }
    }
}
