//! What every request handler shares.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri};

use crate::registry::http::metrics::Metrics;
use crate::registry::http::nested_query::NestedQuery;
use crate::registry::http::oidc::Oidc;
use crate::registry::http::rate::RateLimit;
use crate::registry::http::trace::Sampler;
use crate::registry::http::urls::Urls;
use crate::registry::service::{Caller, Registry};

/// How the server was started.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// The address that clients use, without a slash at its end; worked out from each request where absent.
    pub(crate) base_url: Option<String>,
    /// Whether anybody may look.
    pub(crate) anonymous_read: bool,
    /// How large a request may be, in bytes.
    pub(crate) max_body: usize,
    /// The address that the server listens on, for webhooks where no other is known.
    pub(crate) fallback_url: String,
    /// Hosts and networks of one's own that webhooks may call although they are private.
    pub(crate) webhook_allow: Vec<String>,
}

/// The shared parts.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) registry: Registry,
    pub(crate) settings: Arc<Settings>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) rate: Arc<RateLimit>,
    pub(crate) oidc: Arc<Oidc>,
    /// Which traces are kept; `None` where none are made.
    pub(crate) traces: Option<Sampler>,
    /// Makes webhook calls; does not follow redirects.
    pub(crate) outgoing: reqwest::Client,
}

/// Who asks, and under which address they know this server.
#[derive(Debug, Clone)]
pub(crate) struct Asker {
    pub(crate) caller: Caller,
    pub(crate) urls: Urls,
}

impl<S: Send + Sync> FromRequestParts<S> for Asker {
    type Rejection = axum::http::StatusCode;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        // Put there by the gate, which every route is behind.
        parts.extensions.get::<Self>().cloned().ok_or(axum::http::StatusCode::INTERNAL_SERVER_ERROR)
    }
}

/// The query string, in groups.
#[derive(Debug, Clone)]
pub(crate) struct Query(pub(crate) NestedQuery);

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(NestedQuery::parse(parts.uri.query().unwrap_or_default())))
    }
}

impl Settings {
    /// The address that this client uses: as configured, or as a proxy says, or as the client asked.
    pub(crate) fn urls(&self, headers: &HeaderMap, uri: &Uri) -> Urls {
        if let Some(base) = &self.base_url {
            return Urls { base: base.clone() };
        }
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let first = |name: &str| header(name).map(|value| value.split(',').next().unwrap_or_default().trim());
        let host = first("x-forwarded-host").or_else(|| header("host")).or_else(|| uri.authority().map(|a| a.as_str()));
        // A host that could end an attribute or a line has no business in an address.
        let plain = |text: &&str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte));
        let host = host.filter(plain).unwrap_or("localhost");
        let scheme = first("x-forwarded-proto").filter(|scheme| matches!(*scheme, "http" | "https")).unwrap_or("http");
        Urls { base: format!("{scheme}://{host}") }
    }
}
