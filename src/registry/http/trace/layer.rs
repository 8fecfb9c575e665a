//! Spans of `tracing` made into spans of a trace.

use std::fmt;
use std::time::SystemTime;

use tokio::sync::mpsc;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context as LayerContext;
use tracing_subscriber::registry::LookupSpan;

use crate::registry::http::trace::settings::Sampler;
use crate::registry::http::trace::span::{Context, Kind, Span, Value};

/// Collects spans and hands those that ended to an exporter.
///
/// | field | means |
/// |---|---|
/// | `otel.name` | the span's name, where it is not known when the program is compiled |
/// | `otel.kind` | `server` or `client` |
/// | `otel.parent` | a `traceparent` header |
/// | `otel.context` | the span's own context in that form, where others were told of it |
/// | `http.response.status_code` | an error from 500 on |
/// | anything else | an attribute |
pub(crate) struct TraceLayer {
    pub(super) sampler: Sampler,
    pub(super) ended: mpsc::Sender<Span>,
}

/// A span that has not ended.
struct Open {
    context: Context,
    parent: Option<[u8; 8]>,
    start: SystemTime,
    fields: Fields,
}

#[derive(Default)]
struct Fields {
    name: Option<String>,
    kind: Option<Kind>,
    parent: Option<Context>,
    own: Option<Context>,
    is_error: bool,
    attributes: Vec<(String, Value)>,
}

impl Fields {
    fn add(&mut self, field: &Field, value: Value) {
        match (field.name(), &value) {
            ("otel.name", Value::Text(name)) => self.name = Some(name.clone()),
            ("otel.kind", Value::Text(kind)) => {
                self.kind = match kind.as_str() {
                    "server" => Some(Kind::Server),
                    "client" => Some(Kind::Client),
                    _ => None,
                };
            }
            ("otel.parent", Value::Text(header)) => self.parent = Context::parse(header),
            ("otel.context", Value::Text(header)) => self.own = Context::parse(header),
            (name, _) => {
                if let ("http.response.status_code", Value::Whole(500..)) = (name, &value) {
                    self.is_error = true;
                }
                self.attributes.push((name.to_owned(), value));
            }
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, Value::Text(format!("{value:?}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, Value::Text(value.to_owned()));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, Value::Whole(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, Value::Whole(i64::try_from(value).unwrap_or(i64::MAX)));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, Value::Real(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, Value::Truth(value));
    }
}

impl<S> Layer<S> for TraceLayer
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: LayerContext<'_, S>) {
        // Spans of libraries are theirs, and finer ones are for debugging.
        if *attributes.metadata().level() > Level::INFO || !attributes.metadata().target().starts_with("counterpart") {
            return;
        }
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let above = span.scope().skip(1).find_map(|above| above.extensions().get::<Open>().map(|open| open.context));
        let parent = above.or(fields.parent);
        let begun = || {
            let trace = parent.map_or_else(rand::random, |parent| parent.trace);
            // A span within one of ours goes where that one goes.
            let is_sampled = above.map_or_else(|| self.sampler.keeps(trace, fields.parent), |above| above.is_sampled);
            Context { trace, span: rand::random(), is_sampled }
        };
        let own = fields.own.unwrap_or_else(begun);
        let parent = parent.filter(|parent| parent.trace == own.trace).map(|parent| parent.span);
        span.extensions_mut().insert(Open { context: own, parent, start: SystemTime::now(), fields });
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: LayerContext<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(open) = span.extensions_mut().get_mut::<Open>()
        {
            values.record(&mut open.fields);
        }
    }

    fn on_close(&self, id: Id, context: LayerContext<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let Some(open) = span.extensions_mut().remove::<Open>() else { return };
        if !open.context.is_sampled {
            return;
        }
        let ended = Span {
            context: open.context,
            parent: open.parent,
            name: open.fields.name.unwrap_or_else(|| span.name().to_owned()),
            kind: open.fields.kind.unwrap_or(Kind::Internal),
            start: open.start,
            end: SystemTime::now(),
            attributes: open.fields.attributes,
            is_error: open.fields.is_error,
        };
        // Where the collector does not keep up, traces have holes; requests do not wait.
        let _ = self.ended.try_send(ended);
    }
}
