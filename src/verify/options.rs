//! How a verification is run.

use std::path::PathBuf;
use std::time::Duration;

use regex::Regex;
use url::Url;

/// Everything a run is told about the provider and how to reach it.
#[derive(Debug, Clone)]
pub struct Options {
    /// Base URLs of the provider's instances, tried in turn; their paths are prefixes of every request's path.
    pub provider: Vec<Url>,
    /// Where messages are asked for, if not at the provider's base URL.
    pub message_url: Option<Url>,
    /// Sent with every request, over what the pact says.
    pub headers: Vec<(String, String)>,
    /// Changes to requests that match, from the project file.
    pub filters: Vec<RequestFilter>,
    /// An answer that comes later is a timing failure.
    pub timeout: Duration,
    /// Without any answer for this long, it is an omission.
    pub give_up: Duration,
    /// Interactions verified at the same time.
    pub jobs: usize,
    /// Roots and client certificate.
    pub certificates: Certificates,
    /// Speak HTTP/2 from the first byte on unencrypted connections.
    pub http2: bool,
    /// How provider states are set up, if at all.
    pub state: Option<StateHandler>,
    /// What happens when the provider cannot be reached.
    pub retry: RetryPolicy,
    /// Whether interactions that need a plugin are counted as skipped instead of not verified.
    pub skip_plugins: bool,
    /// The longest answer that is read.
    pub max_body: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            provider: Vec::new(),
            message_url: None,
            headers: Vec::new(),
            filters: Vec::new(),
            timeout: Duration::from_secs(5),
            give_up: Duration::from_secs(10),
            jobs: 8,
            certificates: Certificates::default(),
            http2: false,
            state: None,
            retry: RetryPolicy::default(),
            skip_plugins: false,
            max_body: 64 << 20,
        }
    }
}

/// A change to the requests of some interactions.
#[derive(Debug, Clone)]
pub struct RequestFilter {
    /// Only requests whose path this finds something in.
    pub path: Option<Regex>,
    /// Only this method.
    pub method: Option<String>,
    /// Headers set, over what is there.
    pub set_headers: Vec<(String, String)>,
    /// Headers taken away.
    pub remove_headers: Vec<String>,
    /// Query parameters set, over what is there.
    pub set_query: Vec<(String, String)>,
}

/// What TLS trusts and shows.
#[derive(Debug, Clone, Default)]
pub struct Certificates {
    /// PEM files of roots; the system's roots are used as well.
    pub roots: Vec<PathBuf>,
    /// PEM file of the client's certificate chain.
    pub client: Option<PathBuf>,
    /// PEM file of its key, if it is not in the same file.
    pub key: Option<PathBuf>,
    /// Whether any certificate is accepted.
    pub accept_any: bool,
}

/// How provider states are set up.
#[derive(Debug, Clone)]
pub struct StateHandler {
    /// By what.
    pub transport: StateTransport,
    /// Whether states are also torn down after each interaction.
    pub teardown: bool,
    /// How long one call may take.
    pub timeout: Duration,
}

/// By what provider states are set up.
#[derive(Debug, Clone)]
pub enum StateTransport {
    /// `POST {"state", "params", "action"}`.
    Body(Url),
    /// `POST ?state=…&action=…&<params>`.
    Query(Url),
    /// A command of the shell with `STATE_NAME`, `STATE_ACTION` and the parameters as JSON on standard input. A JSON
    /// object on standard output gives values, as the answer of a URL does.
    Command(String),
}

/// What a state handler is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateAction {
    /// Before an interaction.
    Setup,
    /// After it.
    Teardown,
}

impl StateAction {
    /// `setup` or `teardown`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Setup => "setup",
            Self::Teardown => "teardown",
        }
    }
}

/// What happens when the provider cannot be reached.
#[derive(Debug, Clone, Copy)]
pub struct RetryPolicy {
    /// Further attempts after the first.
    pub retries: usize,
    /// The wait before the first of them; it doubles with each, with jitter.
    pub first_wait: Duration,
    /// The longest wait.
    pub longest_wait: Duration,
    /// After so many interactions in a row without an answer, the rest are not tried any more.
    pub give_up_after: usize,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            retries: 3,
            first_wait: Duration::from_millis(200),
            longest_wait: Duration::from_secs(5),
            give_up_after: 3,
        }
    }
}
