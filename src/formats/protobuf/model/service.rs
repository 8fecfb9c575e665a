//! Services and RPCs.

use std::ops::Range;

use crate::formats::protobuf::model::{Comments, Extent, Features, FileIndex, MessageId, Name, Options, RpcId, Text};

/// A service.
#[derive(Debug, Clone)]
pub struct Service {
    /// The simple name.
    pub name: Name,
    /// Package and name, without a leading dot.
    pub full_name: Text,
    /// Indexes into the file's `rpcs`, in the order written.
    pub rpcs: Range<u32>,
    /// Service options.
    pub options: Options,
    /// Resolved for this service.
    pub features: Features,
    /// The whole declaration.
    pub extent: Extent,
    /// Its comments.
    pub comments: Comments,
}

impl Service {
    /// The ids of its RPCs, in the order written, when it belongs to `file`.
    pub fn rpc_ids(&self, file: FileIndex) -> impl Iterator<Item = RpcId> + use<> {
        self.rpcs.clone().map(move |index| RpcId::new(file, index))
    }
}

/// An RPC.
#[derive(Debug, Clone)]
pub struct Rpc {
    /// The name.
    pub name: Name,
    /// Index into the file's `services`.
    pub parent: u32,
    /// What the client sends.
    pub request: RpcType,
    /// What the server sends.
    pub response: RpcType,
    /// What `idempotency_level` says.
    pub idempotency: IdempotencyLevel,
    /// RPC options.
    pub options: Options,
    /// Resolved for this RPC.
    pub features: Features,
    /// The whole declaration.
    pub extent: Extent,
    /// Its comments.
    pub comments: Comments,
}

/// One direction of an RPC.
#[derive(Debug, Clone)]
pub struct RpcType {
    /// The type as written.
    pub text: Text,
    /// The message, if it was found.
    pub message: Option<MessageId>,
    /// Whether it is a stream.
    pub is_stream: bool,
    /// The type's name as written, without `stream`.
    pub extent: Extent,
    /// The word `stream`.
    pub stream_extent: Extent,
}

/// Whether an RPC may be repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IdempotencyLevel {
    /// Nothing is promised.
    Unknown,
    /// It changes nothing.
    NoSideEffects,
    /// It may be repeated.
    Idempotent,
}

impl IdempotencyLevel {
    /// As written in the option.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "IDEMPOTENCY_UNKNOWN",
            Self::NoSideEffects => "NO_SIDE_EFFECTS",
            Self::Idempotent => "IDEMPOTENT",
        }
    }
}
