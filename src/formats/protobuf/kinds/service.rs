//! Services, RPCs and their HTTP routes.

use crate::change::{ChangeKind, FactDecl};
use crate::formats::protobuf::kinds::{DEPRECATION, kind};

/// An RPC is gone.
pub(crate) static RPC_REMOVED: ChangeKind = kind("rpc-removed", &[DEPRECATION]);

/// An RPC is new in a service that was there.
pub(crate) static RPC_ADDED: ChangeKind = kind("rpc-added", &[]);

/// An RPC has another name and the same types.
pub(crate) static RPC_RENAMED: ChangeKind = kind("rpc-renamed", &[]);

/// A service has another full name and the same RPCs.
pub(crate) static SERVICE_RENAMED: ChangeKind = kind("service-renamed", &[]);

/// The request or the response is another message. `form`: whether that message is read and written the same.
pub(crate) static RPC_TYPE_CHANGED: ChangeKind = kind(
    "rpc-type-changed",
    &[FactDecl::one_of("side", &["request", "response"]), FactDecl::one_of("form", &["same", "different"])],
);

/// A stream became a single message or the other way round.
pub(crate) static RPC_STREAMING_CHANGED: ChangeKind =
    kind("rpc-streaming-changed", &[FactDecl::one_of("side", &["client", "server"])]);

/// `idempotency_level`.
pub(crate) static RPC_IDEMPOTENCY_CHANGED: ChangeKind =
    kind("rpc-idempotency-changed", &[FactDecl::one_of("promise", &["weaker", "stronger"])]);

/// A route of `google.api.http` is gone.
pub(crate) static RPC_ROUTE_REMOVED: ChangeKind = kind("rpc-route-removed", &[]);

/// A route of `google.api.http` is new.
pub(crate) static RPC_ROUTE_ADDED: ChangeKind = kind("rpc-route-added", &[]);

/// The only route of an RPC has another method or path.
pub(crate) static RPC_ROUTE_CHANGED: ChangeKind = kind("rpc-route-changed", &[]);

/// A route has another `body` or `response_body`.
pub(crate) static RPC_ROUTE_BODY_CHANGED: ChangeKind =
    kind("rpc-route-body-changed", &[FactDecl::one_of("part", &["body", "response-body"])]);
