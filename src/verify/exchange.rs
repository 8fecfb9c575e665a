//! Building the request that is really sent.

use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rand::RngExt;
use url::Url;

use crate::pact::{Body, HttpRequest};
use crate::verify::options::{Options, RequestFilter};

/// A request as it goes over the wire.
#[derive(Debug, Clone)]
pub(crate) struct WireRequest {
    pub(crate) method: String,
    pub(crate) url: Url,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
}

/// Names with their values; a name may stand alone.
pub(crate) type Query = Vec<(String, Option<String>)>;

/// What may stand in a query's name or value.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'*')
    .remove(b',')
    .remove(b':')
    .remove(b'@')
    .remove(b'/')
    .remove(b'!')
    .remove(b'(')
    .remove(b')')
    .remove(b'$')
    .remove(b'\'')
    .remove(b';')
    .remove(b'?');

/// What the transport writes itself.
const OWN_HEADERS: [&str; 5] = ["host", "content-length", "transfer-encoding", "connection", "te"];

/// The request of an interaction at one instance, with the run's headers and filters, a correlation id and a trace.
pub(crate) fn wire_request(
    request: &HttpRequest,
    base: &Url,
    options: &Options,
    correlation_id: &str,
) -> Result<WireRequest, String> {
    let mut url = base.clone();
    let prefix = base.path().trim_end_matches('/');
    let path = if request.path.starts_with('/') { request.path.clone() } else { format!("/{}", request.path) };
    url.set_path(&format!("{prefix}{path}"));
    let (mut headers, query) = with_run(request, options);
    if !has(&headers, "x-correlation-id") {
        headers.push(("x-correlation-id".into(), correlation_id.to_owned()));
    }
    if !has(&headers, "traceparent") {
        headers.push(("traceparent".into(), traceparent()));
    }
    url.set_query(None);
    if !query.is_empty() {
        let encode = |text: &str| utf8_percent_encode(text, QUERY).to_string();
        let pieces: Vec<String> = query
            .iter()
            .map(|(name, value)| {
                value.as_ref().map_or_else(|| encode(name), |value| format!("{}={}", encode(name), encode(value)))
            })
            .collect();
        url.set_query(Some(&pieces.join("&")));
    }
    http::Method::from_bytes(request.method.to_ascii_uppercase().as_bytes())
        .map_err(|_| format!("`{}` is not an HTTP method", request.method))?;
    Ok(WireRequest {
        method: request.method.to_ascii_uppercase(),
        url,
        headers,
        body: match &request.body {
            Body::Present { bytes, .. } => bytes.clone(),
            Body::Missing | Body::Null | Body::Empty => Bytes::new(),
        },
    })
}

/// What goes out beside the method and the path: the interaction's headers and query, and what the run adds and changes.
pub(crate) fn with_run(request: &HttpRequest, options: &Options) -> (Vec<(String, String)>, Query) {
    let mut query: Query = request
        .query
        .iter()
        .flat_map(|(name, values)| values.iter().map(move |value| (name.clone(), value.clone())))
        .collect();
    let mut headers: Vec<(String, String)> = request
        .headers
        .iter()
        .filter(|(name, _)| !OWN_HEADERS.iter().any(|own| name.eq_ignore_ascii_case(own)))
        .map(|(name, values)| (name.clone(), values.join(", ")))
        .collect();
    if let (Body::Present { .. }, false, Some(content_type)) =
        (&request.body, has(&headers, "content-type"), request.content_type())
    {
        headers.push(("Content-Type".into(), content_type.to_string()));
    }
    for (name, value) in &options.headers {
        set(&mut headers, name, value);
    }
    for filter in options.filters.iter().filter(|filter| applies(filter, request)) {
        for name in &filter.remove_headers {
            headers.retain(|(key, _)| !key.eq_ignore_ascii_case(name));
        }
        for (name, value) in &filter.set_headers {
            set(&mut headers, name, value);
        }
        for (name, value) in &filter.set_query {
            query.retain(|(key, _)| key != name);
            query.push((name.clone(), Some(value.clone())));
        }
    }
    (headers, query)
}

fn has(headers: &[(String, String)], name: &str) -> bool {
    headers.iter().any(|(key, _)| key.eq_ignore_ascii_case(name))
}

fn applies(filter: &RequestFilter, request: &HttpRequest) -> bool {
    filter.path.as_ref().is_none_or(|path| path.is_match(&request.path))
        && filter.method.as_ref().is_none_or(|method| method.eq_ignore_ascii_case(&request.method))
}

fn set(headers: &mut Vec<(String, String)>, name: &str, value: &str) {
    headers.retain(|(key, _)| !key.eq_ignore_ascii_case(name));
    headers.push((name.to_owned(), value.to_owned()));
}

/// A new trace whose first span is this request. W3C Trace Context §3.2.
fn traceparent() -> String {
    let mut random = rand::rng();
    let (trace, span): (u128, u64) = (random.random(), random.random());
    // All zeros would be invalid.
    format!("00-{:032x}-{:016x}-01", trace.max(1), span.max(1))
}
