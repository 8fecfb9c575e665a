//! The HTTP client: what it trusts, how an exchange is timed and bounded, and which kind of failure an error is.

use std::error::Error;
use std::io::Read;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::LOCATION;
use url::Url;

use crate::finding::Problem;
use crate::pact::{Body, ContentType, Headers, HttpResponse};
use crate::source::load::shown_address;
use crate::verify::exchange::WireRequest;
use crate::verify::options::{Certificates, Options};
use crate::verify::outcome::FailureKind;

/// Why there is no answer that could be compared.
#[derive(Debug, Clone)]
pub(crate) struct ExchangeFailure {
    pub(crate) kind: FailureKind,
    pub(crate) reason: String,
}

impl ExchangeFailure {
    pub(crate) fn new(kind: FailureKind, reason: impl Into<String>) -> Self {
        Self { kind, reason: reason.into() }
    }
}

/// A client for the provider, its state handler and brokers. Redirects are never followed by itself.
pub(crate) fn client(certificates: &Certificates, http2: bool) -> Result<reqwest::Client, Problem> {
    // Fails if a provider is installed already, which is just as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let bad = |what: &str, path: &std::path::Path, reason: String| {
        Problem::new("bad-certificate", format!("{what} `{}` cannot be used: {reason}", path.display()))
    };
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("counterpart/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(10))
        .no_gzip();
    if http2 {
        builder = builder.http2_prior_knowledge();
    }
    let mut roots = Vec::new();
    for path in &certificates.roots {
        let pem = std::fs::read(path).map_err(|error| bad("the root certificate", path, error.to_string()))?;
        let read = reqwest::Certificate::from_pem_bundle(&pem)
            .map_err(|error| bad("the root certificate", path, innermost(&error)))?;
        if read.is_empty() {
            return Err(bad("the root certificate", path, "there is no certificate in PEM form in it".into()));
        }
        roots.extend(read);
    }
    if !roots.is_empty() {
        builder = builder.tls_certs_merge(roots);
    }
    if let Some(path) = &certificates.client {
        let mut pem = std::fs::read(path).map_err(|error| bad("the client certificate", path, error.to_string()))?;
        if let Some(key) = &certificates.key {
            pem.push(b'\n');
            pem.extend(std::fs::read(key).map_err(|error| bad("the client's key", key, error.to_string()))?);
        }
        let identity = reqwest::Identity::from_pem(&pem)
            .map_err(|error| bad("the client certificate", path, innermost(&error)))?;
        builder = builder.identity(identity);
    }
    if certificates.accept_any {
        builder = builder.tls_danger_accept_invalid_certs(true);
    }
    builder
        .build()
        .map_err(|error| Problem::new("network", format!("the HTTP client could not be set up: {}", innermost(&error))))
}

/// Sends a request and reads the answer.
///
/// | what happens | kind |
/// |---|---|
/// | refused, reset, closed before the answer, TLS fails | crash |
/// | no answer before `give_up` | omission |
/// | an answer later than `timeout`, or not complete by then | timing |
/// | not HTTP, a broken chunk, a wrong length or encoding, longer than the limit | arbitrary |
pub(crate) async fn exchange(
    client: &reqwest::Client,
    request: &WireRequest,
    options: &Options,
) -> Result<HttpResponse, ExchangeFailure> {
    let method = http::Method::from_bytes(request.method.as_bytes()).map_err(|_| {
        ExchangeFailure::new(FailureKind::Arbitrary, format!("`{}` is not an HTTP method", request.method))
    })?;
    let mut builder = client.request(method, request.url.clone());
    for (name, value) in &request.headers {
        builder = builder.header(name, value);
    }
    let built = builder.body(request.body.clone()).build().map_err(|error| {
        ExchangeFailure::new(FailureKind::Arbitrary, format!("the request cannot be sent: {}", innermost(&error)))
    })?;
    let start = Instant::now();
    let answer = tokio::time::timeout(options.give_up, client.execute(built)).await;
    let mut response = match answer {
        Err(_) => {
            let reason = format!("no answer within {}", seconds(options.give_up));
            return Err(ExchangeFailure::new(FailureKind::Omission, reason));
        }
        Ok(Err(error)) => return Err(classify(&error)),
        Ok(Ok(response)) => response,
    };
    let late = |took: Duration| {
        let reason = format!("the answer came after {}, and the limit is {}", seconds(took), seconds(options.timeout));
        ExchangeFailure::new(FailureKind::Timing, reason)
    };
    if start.elapsed() > options.timeout {
        return Err(late(start.elapsed()));
    }
    let status = response.status().as_u16();
    let headers = read_headers(response.headers());
    let mut bytes: Vec<u8> = Vec::new();
    loop {
        let left = options.timeout.saturating_sub(start.elapsed());
        match tokio::time::timeout(left, response.chunk()).await {
            Err(_) => {
                let reason = format!(
                    "the answer was not complete within {}; {} bytes had come",
                    seconds(options.timeout),
                    bytes.len()
                );
                return Err(ExchangeFailure::new(FailureKind::Timing, reason));
            }
            Ok(Err(error)) => return Err(classify_body(&error)),
            Ok(Ok(None)) => break,
            Ok(Ok(Some(chunk))) if bytes.len() + chunk.len() > options.max_body => {
                return Err(ExchangeFailure::new(
                    FailureKind::Arbitrary,
                    format!("the answer is longer than {} bytes", options.max_body),
                ));
            }
            Ok(Ok(Some(chunk))) => bytes.extend_from_slice(&chunk),
        }
    }
    let bytes = decode(bytes, &headers, options.max_body)?;
    let body = if bytes.is_empty() { Body::Empty } else { Body::from_bytes(bytes, None) };
    Ok(HttpResponse { status, headers, body, ..HttpResponse::default() })
}

fn read_headers(map: &http::HeaderMap) -> Headers {
    map.keys()
        .map(|name| {
            let values =
                map.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect();
            (name.as_str().to_owned(), values)
        })
        .collect()
}

/// Undoes the content's encoding and turns text of another character set into UTF-8.
fn decode(bytes: Vec<u8>, headers: &Headers, limit: usize) -> Result<Bytes, ExchangeFailure> {
    let value = |name: &str| {
        headers.iter().find(|(key, _)| key == name).and_then(|(_, values)| values.first()).map(String::as_str)
    };
    let broken = |reason: String| ExchangeFailure::new(FailureKind::Arbitrary, reason);
    let bytes = match value("content-encoding").map(str::to_ascii_lowercase).as_deref() {
        _ if bytes.is_empty() => bytes,
        None | Some("" | "identity") => bytes,
        Some("gzip" | "x-gzip") => inflate(flate2::read::MultiGzDecoder::new(bytes.as_slice()), limit)
            .map_err(|error| broken(format!("the answer is not the gzip it says it is: {error}")))?,
        Some("deflate") => inflate(flate2::read::ZlibDecoder::new(bytes.as_slice()), limit)
            .map_err(|error| broken(format!("the answer is not the deflate it says it is: {error}")))?,
        Some(other) => {
            return Err(broken(format!("the answer is encoded as `{other}`, which the request did not ask for")));
        }
    };
    let content_type = value("content-type").and_then(ContentType::parse);
    let charset = content_type.as_ref().and_then(|kind| kind.parameter("charset")).map(str::to_ascii_lowercase);
    Ok(match charset.as_deref() {
        Some("iso-8859-1" | "latin1" | "us-ascii") if !bytes.is_ascii() => {
            bytes.iter().map(|&byte| char::from(byte)).collect::<String>().into()
        }
        Some("utf-16" | "utf-16le" | "utf-16be") => utf16(&bytes, charset.as_deref() == Some("utf-16be"))
            .ok_or_else(|| broken("the answer is not the UTF-16 it says it is".into()))?
            .into(),
        _ => bytes.into(),
    })
}

fn inflate(decoder: impl Read, limit: usize) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    decoder.take(limit as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > limit {
        Err(std::io::Error::other(format!("it unpacks to more than {limit} bytes")))
    } else {
        Ok(bytes)
    }
}

fn utf16(bytes: &[u8], is_big: bool) -> Option<String> {
    let (bytes, is_big) = match bytes {
        [0xFE, 0xFF, rest @ ..] => (rest, true),
        [0xFF, 0xFE, rest @ ..] => (rest, false),
        rest => (rest, is_big),
    };
    let units = bytes.chunks_exact(2).map(|pair| {
        if is_big { u16::from_be_bytes([pair[0], pair[1]]) } else { u16::from_le_bytes([pair[0], pair[1]]) }
    });
    char::decode_utf16(units).collect::<Result<String, _>>().ok().filter(|_| bytes.len() % 2 == 0)
}

/// An error before or while the head of the answer is read.
fn classify(error: &reqwest::Error) -> ExchangeFailure {
    let reason = innermost(error);
    if error.is_connect() {
        return ExchangeFailure::new(FailureKind::Crash, format!("the provider cannot be connected to: {reason}"));
    }
    if error.is_timeout() {
        return ExchangeFailure::new(FailureKind::Omission, "no answer in time");
    }
    let hyper = causes(error).find_map(|cause| cause.downcast_ref::<hyper::Error>());
    if hyper.is_some_and(|error| error.is_parse() || error.is_parse_too_large() || error.is_parse_status()) {
        return ExchangeFailure::new(FailureKind::Arbitrary, format!("the answer is not HTTP: {reason}"));
    }
    let text = all_causes(error);
    if text.contains("http2 error")
        && (text.contains("frame") || text.contains("PROTOCOL_ERROR") || text.contains("malformed"))
    {
        return ExchangeFailure::new(FailureKind::Arbitrary, format!("the answer is not HTTP/2: {reason}"));
    }
    ExchangeFailure::new(FailureKind::Crash, format!("the connection was dropped before the answer: {reason}"))
}

/// An error while the body is read.
fn classify_body(error: &reqwest::Error) -> ExchangeFailure {
    let reset = causes(error).filter_map(|cause| cause.downcast_ref::<std::io::Error>()).any(|error| {
        matches!(
            error.kind(),
            std::io::ErrorKind::ConnectionReset
                | std::io::ErrorKind::ConnectionAborted
                | std::io::ErrorKind::BrokenPipe
        )
    });
    let reason = innermost(error);
    if reset {
        return ExchangeFailure::new(
            FailureKind::Crash,
            format!("the connection was dropped within the answer: {reason}"),
        );
    }
    ExchangeFailure::new(
        FailureKind::Arbitrary,
        format!("the body of the answer is broken (a wrong length, or a broken chunk): {reason}"),
    )
}

fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'e (dyn Error + 'static)| {
        let error: &'e (dyn Error + 'static) = *error;
        error.source()
    })
}

fn all_causes(error: &(dyn Error + 'static)) -> String {
    causes(error).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// The innermost cause: the outer ones only say that a request failed, and repeat the whole address.
pub(crate) fn innermost(error: &(dyn Error + 'static)) -> String {
    let text = causes(error).last().map(ToString::to_string).unwrap_or_default();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}

pub(crate) fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

/// What proves who we are to a server that keeps pacts.
#[derive(Debug, Clone, Default)]
pub enum Credentials {
    /// Nothing.
    #[default]
    None,
    /// User and password.
    Basic(String, String),
    /// A token.
    Bearer(String),
}

/// Fetches documents. Credentials go to one host only: a redirect to another is followed without them.
#[derive(Debug, Clone)]
pub struct Fetcher {
    client: reqwest::Client,
    credentials: Credentials,
    /// The only origin that sees the credentials; none: that of the first address.
    origin: Option<url::Origin>,
}

const MAX_REDIRECTS: usize = 5;
const DOCUMENT_TIMEOUT: Duration = Duration::from_secs(30);
const LONGEST_WAIT: Duration = Duration::from_secs(10);
const ATTEMPTS: u32 = 4;

/// An answer of a server that keeps pacts.
pub(crate) struct Document {
    pub(crate) status: u16,
    pub(crate) is_json: bool,
    pub(crate) text: String,
}

impl Fetcher {
    /// A fetcher for a broker or registry at one address, or (without) for single documents.
    ///
    /// # Errors
    /// When certificates cannot be used.
    pub fn new(certificates: &Certificates, credentials: Credentials, base: Option<&Url>) -> Result<Self, Problem> {
        Ok(Self { client: client(certificates, false)?, credentials, origin: base.map(Url::origin) })
    }

    /// The text of a document.
    pub(crate) async fn text(&self, url: &Url, limit: u64) -> Result<String, Problem> {
        let document = self.request(http::Method::GET, url, None, limit).await?;
        match document.status {
            200..300 => Ok(document.text),
            status => Err(refused(url, status)),
        }
    }

    /// Sends a request with JSON and reads the answer; statuses that pass (408, 429, 5xx) are tried again.
    pub(crate) async fn request(
        &self,
        method: http::Method,
        url: &Url,
        body: Option<String>,
        limit: u64,
    ) -> Result<Document, Problem> {
        let mut wait = Duration::from_millis(300);
        for attempt in 1.. {
            let outcome = self.once(&method, url, body.as_deref(), limit).await;
            let passes = match &outcome {
                Ok(document) => matches!(document.status, 408 | 429 | 500..600),
                Err((_, is_passing)) => *is_passing,
            };
            if !passes || attempt >= ATTEMPTS {
                return outcome.map_err(|(problem, _)| problem);
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
        Err(Problem::new("network", "no attempt was made"))
    }

    async fn once(
        &self,
        method: &http::Method,
        url: &Url,
        body: Option<&str>,
        limit: u64,
    ) -> Result<Document, (Problem, bool)> {
        let label = shown_address(url);
        let network =
            |reason: String| (Problem::new("network", format!("`{label}` could not be read: {reason}")), true);
        let mut url = url.clone();
        let origin = self.origin.clone().unwrap_or_else(|| url.origin());
        for _ in 0..=MAX_REDIRECTS {
            let mut request = self
                .client
                .request(method.clone(), url.clone())
                .header("accept", "application/hal+json, application/json, */*;q=0.1")
                .timeout(DOCUMENT_TIMEOUT);
            // A user and password in the address itself are only for that address.
            if url.origin() == origin {
                request = match &self.credentials {
                    Credentials::None => request,
                    Credentials::Basic(user, password) => request.basic_auth(user, Some(password)),
                    Credentials::Bearer(token) => request.bearer_auth(token),
                };
            }
            if let Some(body) = body {
                request = request.header("content-type", "application/json").body(body.to_owned());
            }
            let mut response = request.send().await.map_err(|error| {
                network(if error.is_timeout() { "it did not answer in time".into() } else { innermost(&error) })
            })?;
            if response.status().is_redirection()
                && let Some(target) = response.headers().get(LOCATION)
            {
                let target = target
                    .to_str()
                    .ok()
                    .and_then(|target| url.join(target).ok())
                    .ok_or_else(|| network("it redirects to something that is no address".into()))?;
                if url.scheme() == "https" && target.scheme() != "https" {
                    return Err((
                        Problem::new("network", format!("`{label}` redirects to an unencrypted address")),
                        false,
                    ));
                }
                if body.is_some() && target.origin() != origin {
                    return Err((
                        Problem::new(
                            "network",
                            format!("`{label}` redirects what is sent to another host, {}", shown_address(&target)),
                        ),
                        false,
                    ));
                }
                url = target;
                continue;
            }
            let status = response.status().as_u16();
            let is_json = response
                .headers()
                .get("content-type")
                .and_then(|value| value.to_str().ok())
                .and_then(ContentType::parse)
                .is_some_and(|kind| kind.is_json());
            let mut bytes = Vec::new();
            while let Some(chunk) = response.chunk().await.map_err(|error| network(innermost(&error)))? {
                if (bytes.len() + chunk.len()) as u64 > limit {
                    return Err((
                        Problem::new("too-large", format!("`{label}` has more than {} MiB", limit >> 20)),
                        false,
                    ));
                }
                bytes.extend_from_slice(&chunk);
            }
            return Ok(Document { status, is_json, text: String::from_utf8_lossy(&bytes).into_owned() });
        }
        Err((Problem::new("network", format!("`{label}` redirects more than {MAX_REDIRECTS} times")), false))
    }
}

/// A status that is no success, in words.
pub(crate) fn refused(url: &Url, status: u16) -> Problem {
    let problem = Problem::new("refused", format!("`{}` answered {status}", shown_address(url)));
    match status {
        401 => problem.with_help("give a token with --token, or user and password with --user and --password"),
        403 => problem.with_help("the token or user is known, but may not do this"),
        404 => problem.with_help("check the address and the names in it"),
        _ => problem,
    }
}
