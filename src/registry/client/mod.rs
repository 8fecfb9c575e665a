//! How the command line talks to a registry: JSON over HTTP, tried again where that can help.

mod pact_broker;
mod reference;

use std::time::Duration;

use serde_json::Value;

pub(crate) use pact_broker::{BrokerVersion, PactBroker};
pub(crate) use reference::{Reference, encode};

use crate::finding::Problem;
use crate::source::load::own_roots;

/// How often a request is sent at most.
const ATTEMPTS: u32 = 6;

/// A registry's address with the caller's token.
pub(crate) struct Client {
    base: String,
    token: Option<String>,
    /// For servers that know no tokens.
    basic: Option<(String, String)>,
    http: reqwest::Client,
    runtime: tokio::runtime::Runtime,
}

/// What came back, whatever it says.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The body as JSON; `null` where it is none.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The problem that the registry told of.
    pub(crate) fn problem(&self, what: &str) -> Problem {
        let document = self.json();
        let detail = document.get("detail").and_then(Value::as_str).map(str::to_owned);
        let detail =
            detail.unwrap_or_else(|| String::from_utf8_lossy(&self.body[..self.body.len().min(500)]).into_owned());
        let problem = Problem::new("registry", format!("the registry refused to {what} ({}): {detail}", self.status));
        match self.status {
            401 => problem.with_help("set a token: `COUNTERPART_TOKEN`, or `--token`"),
            403 => problem.with_help("ask an administrator of the registry for a token with that scope"),
            _ => problem,
        }
    }
}

impl Client {
    /// A client of the registry at `base`.
    pub(crate) fn new(base: &str, token: Option<String>) -> Result<Self, Problem> {
        let address = base.trim_end_matches('/').to_owned();
        if !address.starts_with("http://") && !address.starts_with("https://") {
            let problem = Problem::new("registry-address", format!("`{base}` is not the address of a registry"));
            return Err(problem.with_help("an address begins with https:// or http://"));
        }
        let failed = |error: String| Problem::new("registry", format!("the client cannot be set up: {error}"));
        // Fails only where somebody else has chosen a provider already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .user_agent(concat!("counterpart/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(10))
            .timeout(Duration::from_secs(120))
            .tls_certs_merge(own_roots()?)
            .build()
            .map_err(|error| failed(error.to_string()))?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| failed(error.to_string()))?;
        Ok(Self { base: address, token, basic: None, http, runtime })
    }

    /// The client with a user's name and password in the place of a token.
    pub(crate) fn with_password(self, user: String, password: String) -> Self {
        Self { basic: Some((user, password)), ..self }
    }

    /// Fetches a document; a problem where it is not there.
    pub(crate) fn get(&self, what: &str, path: &str) -> Result<Value, Problem> {
        let answer = self.send(reqwest::Method::GET, path, None, &[])?;
        if answer.status == 200 { Ok(answer.json()) } else { Err(answer.problem(what)) }
    }

    /// Fetches bytes; a problem where they are not there.
    pub(crate) fn get_bytes(&self, what: &str, path: &str) -> Result<Vec<u8>, Problem> {
        let answer = self.send(reqwest::Method::GET, path, None, &[])?;
        if answer.status == 200 { Ok(answer.body) } else { Err(answer.problem(what)) }
    }

    /// Sends a document; a problem where it is refused.
    pub(crate) fn post(&self, what: &str, path: &str, body: &Value) -> Result<Value, Problem> {
        let answer = self.send(reqwest::Method::POST, path, Some(body), &[])?;
        if answer.status < 300 { Ok(answer.json()) } else { Err(answer.problem(what)) }
    }

    /// Sends a request. What the registry cannot do now is tried again, longer apart each time, with jitter, so that a
    /// thousand builds do not come back in the same second. Every request of ours may be sent twice.
    ///
    /// # Errors
    /// When the registry was not reached: nobody may take that for an answer.
    pub(crate) fn send(
        &self,
        method: reqwest::Method,
        path: &str,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> Result<Answer, Problem> {
        self.runtime.block_on(async {
            let mut attempt = 0;
            loop {
                let mut request = self.http.request(method.clone(), format!("{}{path}", self.base));
                if let Some(token) = &self.token {
                    request = request.bearer_auth(token);
                } else if let Some((user, password)) = &self.basic {
                    request = request.basic_auth(user, Some(password));
                }
                for (name, value) in headers {
                    request = request.header(*name, *value);
                }
                if let Some(body) = body {
                    request = request.json(body);
                }
                let mut wait = None;
                let result = match request.send().await {
                    Ok(response) => {
                        let status = response.status().as_u16();
                        let header = response.headers().get("retry-after").and_then(|value| value.to_str().ok());
                        wait = header.and_then(|value| value.parse::<u64>().ok()).map(Duration::from_secs);
                        response.bytes().await.map(|body| Answer { status, body: body.to_vec() })
                    }
                    Err(error) => Err(error),
                };
                attempt += 1;
                let may_help = match &result {
                    Ok(answer) => matches!(answer.status, 408 | 429 | 502 | 503 | 504),
                    Err(error) => !error.is_builder(),
                };
                if !may_help || attempt == ATTEMPTS {
                    return result.map_err(|error| self.unreachable(&error));
                }
                let ceiling = 100_u64 << attempt.min(6);
                let jittered = Duration::from_millis(ceiling / 2 + rand::random_range(0..=ceiling / 2));
                tokio::time::sleep(wait.unwrap_or_default().min(Duration::from_secs(30)).max(jittered)).await;
            }
        })
    }

    fn unreachable(&self, error: &reqwest::Error) -> Problem {
        let mut reason = error.to_string();
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            reason = format!("{reason}: {cause}");
            source = cause.source();
        }
        Problem::new("registry-unreachable", format!("the registry at {} cannot be reached: {reason}", self.base))
            .with_help("check `--registry` or `COUNTERPART_REGISTRY`, and whether the server runs")
    }
}
