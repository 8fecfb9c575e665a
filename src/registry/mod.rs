//! The registry: contracts, who consumes them, what was verified and what runs where, in one place.
//!
//! ```text
//! http ─▶ service ─▶ domain      http knows HTTP and nothing of storage; service decides, domain knows the rules
//!            └─────▶ store       store keeps an append-only log and blobs, and knows no rule
//! client                         what the command line talks to a registry with
//! ```
//!
//! The log of [`domain::Event`]s is the only truth (`docs/design/0011-registry-event-log.md`): the state that
//! questions are answered from is a fold over it, so that a question about any moment of the past has an answer, the
//! audit log cannot disagree with the data, and both storage backends behave the same by construction.

pub(crate) mod client;
pub(crate) mod domain;
pub(crate) mod http;
pub(crate) mod service;
pub(crate) mod store;
