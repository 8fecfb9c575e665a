//! `counterpart verify` and the pact matching behind it.

mod bad_input;
mod broker;
mod command;
mod consumers;
mod discovery;
mod failures;
mod grpc;
mod large;
mod live;
pub(crate) mod server;
mod spec_cases;
mod statically;
mod suite;
mod transport;
