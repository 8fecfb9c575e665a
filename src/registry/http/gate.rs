//! What every request passes: an id, who it is, how often they come, how long it takes, and the log line.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::registry::domain::Scope;
use crate::registry::http::app::{App, Asker};
use crate::registry::http::oidc::{self, Oidc};
use crate::registry::http::reply::{NativeError, problem};
use crate::registry::service::{Caller, RegistryError};

/// Routes that say nothing about contracts and that machines ask without a token.
const OPEN: [&str; 4] = ["/healthz", "/readyz", "/diagnostic/status/heartbeat", "/diagnostic/status/dependencies"];

/// Lets a request through, or answers for it.
pub(crate) async fn gate(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = request_id(&app, &request);
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "unmatched".to_owned(), |path| path.as_str().to_owned());
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let mut actor = String::new();
    let credentials = Credentials::of(&request);
    let mut response = match identify(&app, credentials).await {
        Ok(Some(caller)) => {
            actor.clone_from(&caller.actor);
            match app.rate.take(&caller.actor, started) {
                Err(seconds) => too_many(seconds),
                Ok(()) => {
                    let urls = app.settings.urls(request.headers(), request.uri());
                    let caller = Caller { request: id.clone(), ..caller };
                    request.extensions_mut().insert(Asker { caller, urls });
                    next.run(request).await
                }
            }
        }
        Ok(None) => unauthorized(),
        Err(error) => axum::response::IntoResponse::into_response(NativeError(error)),
    };
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert("x-request-id", value);
    }
    headers.insert("x-pact-broker-version", HeaderValue::from_static("2.120.0"));
    headers.entry(header::X_CONTENT_TYPE_OPTIONS).or_insert(HeaderValue::from_static("nosniff"));
    let (status, took) = (response.status().as_u16(), started.elapsed());
    app.metrics.request(method.as_str(), &route, status, took);
    tracing::info!(
        request = id, actor, %method, path, status, milliseconds = took.as_secs_f64() * 1000.0, "request"
    );
    response
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
