//! Verification of pacts: against a live provider, or against its contract alone.
//!
//! [`plan()`] selects what is verified and is pure; [`Session`] sends, compares and reports. An interaction that could not
//! be verified is never passed: see [`Status`] and [`VerifyReport::exit_code`]. The transports (HTTP, gRPC, messages over
//! HTTP, state handlers, brokers, discovery) are edges: the only parts that touch the network, the clock and processes.

mod attempt;
mod batch;
mod broker;
mod contract;
mod credentials;
mod curl;
mod descriptors;
mod discovery;
mod exchange;
mod grpc;
mod http;
mod junit;
mod load;
mod message;
mod options;
mod outcome;
mod plan;
mod replay;
mod retry;
mod run;
mod state;
mod statically;
mod text;

pub use broker::{Broker, PactSelection, Publication};
pub use contract::{Judgement, OpenApiContract, with_openapi};
pub use descriptors::Descriptors;
pub use discovery::discover;
pub use http::{Credentials, Fetcher};
pub use junit::junit;
pub use load::{Loaded, PactSource, load};
pub use options::{Certificates, Options, RequestFilter, RetryPolicy, StateAction, StateHandler, StateTransport};
pub use outcome::{FailureKind, InteractionResult, Status, Summary, VerifyReport, verification_schema};
pub use plan::{Filter, Plan, Planned, plan};
pub use replay::replay_ids;
pub use run::{AnswerContract, Session};
pub use statically::{Contracts, verify_statically};
pub use text::{TextStyle, text};
