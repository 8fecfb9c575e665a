//! What every request passes: an id, who it is, how often they come, how long it takes, and the log line.

use std::time::Instant;

use axum::extract::{FromRequestParts as _, MatchedPath, RawPathParams, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use tracing::Instrument as _;

use crate::registry::domain::Scope;
use crate::registry::http::app::{App, Asker};
use crate::registry::http::nested_query::NestedQuery;
use crate::registry::http::oidc::{self, Oidc};
use crate::registry::http::reply::{NativeError, problem};
use crate::registry::service::{Caller, Refused, RegistryError};

/// Routes that say nothing about contracts and that machines ask without a token.
const OPEN: [&str; 4] = ["/healthz", "/readyz", "/diagnostic/status/heartbeat", "/diagnostic/status/dependencies"];

/// Lets a request through, or answers for it.
pub(crate) async fn gate(State(app): State<App>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = request_id(&app, &request);
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "unmatched".to_owned(), |path| path.as_str().to_owned());
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let span = tracing::info_span!(
        "request",
        request = id,
        otel.name = format!("{method} {route}"),
        otel.kind = "server",
        otel.parent = request.headers().get("traceparent").and_then(|value| value.to_str().ok()),
        http.request.method = method.as_str(),
        http.route = route,
        url.path = path,
        http.response.status_code = tracing::field::Empty,
        enduser.id = tracing::field::Empty,
    );
    let (actor, mut response) = admit(&app, request, &id, started, next).instrument(span.clone()).await;
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert("x-request-id", value);
    }
    headers.insert("x-pact-broker-version", HeaderValue::from_static("2.120.0"));
    headers.entry(header::X_CONTENT_TYPE_OPTIONS).or_insert(HeaderValue::from_static("nosniff"));
    let (status, took) = (response.status().as_u16(), started.elapsed());
    span.record("http.response.status_code", i64::from(status));
    span.record("enduser.id", actor.as_str());
    app.metrics.request(method.as_str(), &route, status, took);
    tracing::info!(
        request = id, actor, %method, path, status, milliseconds = took.as_secs_f64() * 1000.0, "request"
    );
    response
}

/// The answer, and who got it; empty where nobody was recognised.
async fn admit(app: &App, mut request: Request, id: &str, started: Instant, next: Next) -> (String, Response) {
    let caller = match identify(app, Credentials::of(&request)).await {
        Ok(Some(caller)) => caller,
        Ok(None) => return (String::new(), unauthorized()),
        Err(error) => return (String::new(), NativeError(error).into_response()),
    };
    let actor = caller.actor.clone();
    if let Err(seconds) = app.rate.take(&actor, started) {
        return (actor, too_many(seconds));
    }
    let urls = app.settings.urls(request.headers(), request.uri());
    let caller = Caller { request: id.to_owned(), ..caller };
    let looks;
    (looks, request) = named_services(request, &caller).await;
    if let Err(refused) = looks {
        return (actor, NativeError(refused.into()).into_response());
    }
    request.extensions_mut().insert(Asker { caller, urls });
    (actor, next.run(request).await)
}

/// Addresses that say nothing about any service.
const NEUTRAL: [&str; 3] = ["/", "/doc/{rel}", "unmatched"];

/// Whether a caller may look at what an address names; with the request back.
async fn named_services(request: Request, caller: &Caller) -> (Result<(), Refused>, Request) {
    let route = request.extensions().get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str);
    if !caller.is_limited_reader() || NEUTRAL.contains(&route) || OPEN.contains(&route) {
        return (Ok(()), request);
    }
    let query = NestedQuery::parse(request.uri().query().unwrap_or_default());
    // Only what the handler of the address reads: anything else could be added to any address.
    let asked: Vec<&str> = match route {
        "/api/v1/can-deploy" | "/api/v1/resolve" => query.get("service").into_iter().collect(),
        "/can-i-deploy" => query.get("pacticipant").into_iter().collect(),
        "/matrix" => query.groups("q").filter_map(|group| group.get("pacticipant")).collect(),
        _ => Vec::new(),
    };
    // Of three services two could be others, with what they have to do with each other.
    let mut named: Vec<String> = asked.iter().filter(|_| asked.len() <= 2).map(|name| (*name).to_owned()).collect();
    let (mut parts, body) = request.into_parts();
    if let Ok(path) = RawPathParams::from_request_parts(&mut parts, &()).await {
        // `{name}` is a service's name below `/pacticipants` and `/groups`, and nowhere else.
        let keys = ["service", "name", "provider", "consumer"];
        named.extend(path.iter().filter(|(key, _)| keys.contains(key)).map(|(_, value)| value.to_owned()));
    }
    let looks = caller.may_look_at(named.iter().map(String::as_str));
    (looks, Request::from_parts(parts, body))
}

/// The client's id where it is harmless in a log, otherwise one of ours.
fn request_id(app: &App, request: &Request) -> String {
    let given = request.headers().get("x-request-id").and_then(|value| value.to_str().ok());
    let is_plain = |id: &&str| {
        (8..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    given.filter(is_plain).map_or_else(app.registry.ledger.edges().uuid, str::to_owned)
}

/// What a request shows of who sent it.
struct Credentials {
    authorization: Option<HeaderValue>,
    needs_none: bool,
    is_reading: bool,
}

impl Credentials {
    fn of(request: &Request) -> Self {
        let path = request.uri().path();
        Self {
            authorization: request.headers().get(header::AUTHORIZATION).cloned(),
            needs_none: request.method() == Method::OPTIONS || OPEN.contains(&path),
            // Nothing is changed by it. Pacts for verification are asked for with POST.
            is_reading: matches!(*request.method(), Method::GET | Method::HEAD) || path.ends_with("/for-verification"),
        }
    }
}

/// Who asks; `None` for somebody who has to say so first.
async fn identify(app: &App, shown: Credentials) -> Result<Option<Caller>, RegistryError> {
    if shown.needs_none {
        return Ok(Some(anonymous(Vec::new())));
    }
    let Some(value) = shown.authorization else {
        let may_look = app.settings.anonymous_read && shown.is_reading;
        return Ok(may_look.then(|| anonymous(vec![Scope::Read])));
    };
    let value = value.to_str().unwrap_or_default();
    let (scheme, credentials) = value.split_once(' ').unwrap_or((value, ""));
    let tokens = match scheme.to_ascii_lowercase().as_str() {
        "bearer" => vec![credentials.trim().to_owned()],
        // Old clients: the token as the password, or as the user's name.
        "basic" => {
            let decoded = STANDARD.decode(credentials.trim()).unwrap_or_default();
            let decoded = String::from_utf8(decoded).unwrap_or_default();
            let (user, password) = decoded.split_once(':').unwrap_or((&decoded, ""));
            vec![password.to_owned(), user.to_owned()]
        }
        _ => Vec::new(),
    };
    for token in tokens.into_iter().filter(|token| !token.is_empty()) {
        let found = if Oidc::looks_like_one(&token) {
            let rules = app.registry.read(oidc::rules).await?;
            let now = (app.registry.ledger.edges().now)() / 1000;
            match app.oidc.caller(&token, &rules, now).await {
                Ok(caller) => Some(caller),
                Err(error) => {
                    tracing::warn!(%error, "a token of an identity provider was refused");
                    None
                }
            }
        } else {
            app.registry.caller_of(&token).await?
        };
        if let Some(caller) = found {
            // Somebody without any scope is somebody without a token.
            return Ok((!caller.scopes.is_empty()).then_some(caller));
        }
    }
    Ok(None)
}

fn anonymous(scopes: Vec<Scope>) -> Caller {
    Caller { actor: "anonymous".into(), request: String::new(), scopes, services: Vec::new() }
}

fn unauthorized() -> Response {
    let document = json!({
        "type": "about:blank", "title": "Who is asking?", "status": 401,
        "detail": "send a token of this registry: `Authorization: Bearer …`, or as the password of basic authentication",
    });
    let mut response = problem(StatusCode::UNAUTHORIZED, &document);
    response
        .headers_mut()
        .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"counterpart\", Bearer"));
    response
}

fn too_many(seconds: u64) -> Response {
    let document = json!({
        "type": "about:blank", "title": "Too many requests", "status": 429,
        "detail": format!("this caller sends more requests than it may; try again in {seconds} s"),
    });
    let mut response = problem(StatusCode::TOO_MANY_REQUESTS, &document);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}
