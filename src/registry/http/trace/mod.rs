//! OpenTelemetry traces: the spans of `tracing` sent to a collector (OTLP over HTTP), set up by the standard environment
//! variables. Without them nothing is collected and nothing is sent.
//!
//! Written here, because it is four small messages and a queue, where the SDK would bring a second HTTP client and nine
//! crates.

mod export;
mod layer;
mod otlp;
mod settings;
mod span;

pub(crate) use export::Exporter;
pub(crate) use layer::TraceLayer;
pub(crate) use settings::{Sampler, TraceSettings};
pub(crate) use span::Context;
