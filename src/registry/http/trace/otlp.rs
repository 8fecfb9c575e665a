//! Spans in OTLP, as protobuf and as JSON: the part of `opentelemetry/proto/trace/v1` that is used here.

use std::time::{SystemTime, UNIX_EPOCH};

use prost::Message as _;
use serde_json::json;

use crate::registry::http::trace::span::{Span, Value};

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Request {
    #[prost(message, repeated, tag = "1")]
    pub(crate) resource_spans: Vec<ResourceSpans>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ResourceSpans {
    #[prost(message, optional, tag = "1")]
    pub(crate) resource: Option<Resource>,
    #[prost(message, repeated, tag = "2")]
    pub(crate) scope_spans: Vec<ScopeSpans>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Resource {
    #[prost(message, repeated, tag = "1")]
    pub(crate) attributes: Vec<KeyValue>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ScopeSpans {
    #[prost(message, optional, tag = "1")]
    pub(crate) scope: Option<Scope>,
    #[prost(message, repeated, tag = "2")]
    pub(crate) spans: Vec<OtlpSpan>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Scope {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(string, tag = "2")]
    pub(crate) version: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct OtlpSpan {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) trace_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) span_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "4")]
    pub(crate) parent_span_id: Vec<u8>,
    #[prost(string, tag = "5")]
    pub(crate) name: String,
    #[prost(int32, tag = "6")]
    pub(crate) kind: i32,
    #[prost(fixed64, tag = "7")]
    pub(crate) start_time_unix_nano: u64,
    #[prost(fixed64, tag = "8")]
    pub(crate) end_time_unix_nano: u64,
    #[prost(message, repeated, tag = "9")]
    pub(crate) attributes: Vec<KeyValue>,
    #[prost(message, optional, tag = "15")]
    pub(crate) status: Option<Status>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Status {
    /// 0 says nothing, 2 is an error.
    #[prost(int32, tag = "3")]
    pub(crate) code: i32,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct KeyValue {
    #[prost(string, tag = "1")]
    pub(crate) key: String,
    #[prost(message, optional, tag = "2")]
    pub(crate) value: Option<AnyValue>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct AnyValue {
    #[prost(oneof = "Any", tags = "1, 2, 3, 4")]
    pub(crate) value: Option<Any>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub(crate) enum Any {
    #[prost(string, tag = "1")]
    Text(String),
    #[prost(bool, tag = "2")]
    Truth(bool),
    #[prost(int64, tag = "3")]
    Whole(i64),
    #[prost(double, tag = "4")]
    Real(f64),
}

/// One request with all the spans.
fn request(resource: &[(String, String)], spans: &[Span]) -> Request {
    let pair = |key: &str, value: &Value| KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue {
            value: Some(match value {
                Value::Text(text) => Any::Text(text.clone()),
                Value::Whole(number) => Any::Whole(*number),
                Value::Real(number) => Any::Real(*number),
                Value::Truth(truth) => Any::Truth(*truth),
            }),
        }),
    };
    let spans = spans
        .iter()
        .map(|span| OtlpSpan {
            trace_id: span.context.trace.to_vec(),
            span_id: span.context.span.to_vec(),
            parent_span_id: span.parent.map(|id| id.to_vec()).unwrap_or_default(),
            name: span.name.clone(),
            kind: span.kind as i32,
            start_time_unix_nano: nanoseconds(span.start),
            end_time_unix_nano: nanoseconds(span.end),
            attributes: span.attributes.iter().map(|(key, value)| pair(key, value)).collect(),
            status: span.is_error.then_some(Status { code: 2 }),
        })
        .collect();
    let attributes = resource.iter().map(|(key, value)| pair(key, &Value::Text(value.clone()))).collect();
    let scope = Scope { name: "counterpart".into(), version: env!("CARGO_PKG_VERSION").into() };
    Request {
        resource_spans: vec![ResourceSpans {
            resource: Some(Resource { attributes }),
            scope_spans: vec![ScopeSpans { scope: Some(scope), spans }],
        }],
    }
}

fn nanoseconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}

/// The spans as protobuf.
pub(crate) fn protobuf(resource: &[(String, String)], spans: &[Span]) -> Vec<u8> {
    request(resource, spans).encode_to_vec()
}

/// The spans as JSON.
// OTLP/JSON: identifiers in hexadecimal, 64-bit numbers as texts, names in camel case.
pub(crate) fn json(resource: &[(String, String)], spans: &[Span]) -> Vec<u8> {
    let attributes = |list: &[KeyValue]| -> Vec<serde_json::Value> {
        list.iter()
            .map(|pair| {
                let value = match pair.value.as_ref().and_then(|value| value.value.as_ref()) {
                    Some(Any::Text(text)) => json!({"stringValue": text}),
                    Some(Any::Truth(truth)) => json!({"boolValue": truth}),
                    Some(Any::Whole(number)) => json!({"intValue": number.to_string()}),
                    Some(Any::Real(number)) => json!({"doubleValue": number}),
                    None => json!({}),
                };
                json!({"key": pair.key, "value": value})
            })
            .collect()
    };
    let request = request(resource, spans);
    let groups: Vec<serde_json::Value> = request
        .resource_spans
        .iter()
        .map(|group| {
            let scopes: Vec<serde_json::Value> = group
                .scope_spans
                .iter()
                .map(|scoped| {
                    let spans: Vec<serde_json::Value> = scoped
                        .spans
                        .iter()
                        .map(|span| {
                            json!({
                                "traceId": hex::encode(&span.trace_id),
                                "spanId": hex::encode(&span.span_id),
                                "parentSpanId": hex::encode(&span.parent_span_id),
                                "name": span.name,
                                "kind": span.kind,
                                "startTimeUnixNano": span.start_time_unix_nano.to_string(),
                                "endTimeUnixNano": span.end_time_unix_nano.to_string(),
                                "attributes": attributes(&span.attributes),
                                "status": {"code": span.status.as_ref().map_or(0, |status| status.code)},
                            })
                        })
                        .collect();
                    let scope = scoped.scope.clone().unwrap_or_default();
                    json!({"scope": {"name": scope.name, "version": scope.version}, "spans": spans})
                })
                .collect();
            let resource = group.resource.clone().unwrap_or_default();
            json!({"resource": {"attributes": attributes(&resource.attributes)}, "scopeSpans": scopes})
        })
        .collect();
    json!({"resourceSpans": groups}).to_string().into_bytes()
}
