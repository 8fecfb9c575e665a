//! The pull-request comment: one, updated in place, quiet when there is nothing to say.

use std::str::FromStr;
use std::time::Duration;

use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

use crate::finding::{Problem, Report};
use crate::render::markdown;
use crate::source::load::own_roots;

/// Comments read per page, the API's maximum.
const PAGE: usize = 100;

/// Pages read at most: a pull request with more comments than this gets a second one of ours rather than an endless search.
const MAX_PAGES: usize = 50;

const TIMEOUT: Duration = Duration::from_secs(30);

/// How often a request is sent at most.
const ATTEMPTS: u32 = 3;

/// A job that waits longer for its comment is stuck, as far as anybody can see.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// When to comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommentMode {
    /// When a contract changed.
    Changes,
    /// When something fails the gate.
    Failures,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl FromStr for CommentMode {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "" | "changes" => Ok(Self::Changes),
            "failures" => Ok(Self::Failures),
            "always" => Ok(Self::Always),
            "never" => Ok(Self::Never),
            _ => Err(Problem::new("bad-input", format!("`pr-comment` cannot be `{text}`"))
                .with_help("use changes, failures, always or never")),
        }
    }
}

impl CommentMode {
    /// Whether a report is worth a new comment. An existing one is always brought up to date.
    #[must_use]
    pub fn wants(self, report: &Report, fails: bool) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Changes => !report.findings.is_empty(),
            Self::Failures => fails,
        }
    }
}

/// Where the comment goes.
#[derive(Debug, Clone)]
pub struct CommentTarget {
    /// `GITHUB_API_URL`.
    pub api: String,
    /// `owner/name`.
    pub repository: String,
    /// The pull request.
    pub number: u64,
    /// What may write the comment.
    pub token: String,
    /// Tells our comments apart: workflow and job.
    pub key: String,
}

/// What became of the comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommentOutcome {
    /// A new one was written.
    Created,
    /// The existing one was changed.
    Updated,
    /// The existing one says the same already.
    Unchanged,
    /// There was nothing to say and none to update.
    Quiet,
    /// The token may not write: a fork, or a workflow without `pull-requests: write`.
    Forbidden,
}

/// The comment's text for a report.
///
/// # Errors
/// When the report cannot be rendered.
pub fn body(report: &Report) -> Result<String, Problem> {
    let mut out = Vec::new();
    markdown(report, &mut out)
        .map_err(|error| Problem::new("unwritable", format!("the comment could not be written: {error}")))?;
    Ok(String::from_utf8_lossy(&out).into_owned())
}

/// Writes or updates our comment. With `is_wanted` false an existing one is still brought up to date, so that it does not
/// go on telling of findings that were fixed.
///
/// # Errors
/// When the API cannot be reached or answers something unexpected. A token that may not write is no error.
pub async fn upsert(target: &CommentTarget, text: &str, is_wanted: bool) -> Result<CommentOutcome, Problem> {
    // Fails if a provider is installed already, which is just as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder()
        .user_agent(concat!("counterpart/", env!("CARGO_PKG_VERSION")))
        .timeout(TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .tls_certs_merge(own_roots()?)
        .build()
        .map_err(|error| api_problem(&error.to_string()))?;
    let marker = format!("<!-- counterpart {} -->", target.key.replace("--", "-"));
    let text = format!("{marker}\n{text}");
    let issue = format!("{}/repos/{}/issues", target.api, target.repository);
    let existing = match find(&client, target, &issue, &marker).await? {
        Search::Found(_, current) if current == text => return Ok(CommentOutcome::Unchanged),
        Search::Found(id, _) => Some(id),
        Search::Nothing => None,
        Search::Forbidden => return Ok(CommentOutcome::Forbidden),
    };
    let (method, address, done) = match existing {
        Some(id) => (Method::PATCH, format!("{issue}/comments/{id}"), CommentOutcome::Updated),
        None if is_wanted => (Method::POST, format!("{issue}/{}/comments", target.number), CommentOutcome::Created),
        None => return Ok(CommentOutcome::Quiet),
    };
    let answer = send(&client, target, method, &address, Some(&json!({"body": text}))).await?;
    match answer.0 {
        status if status.is_success() => Ok(done),
        StatusCode::FORBIDDEN | StatusCode::NOT_FOUND | StatusCode::UNAUTHORIZED => Ok(CommentOutcome::Forbidden),
        status => Err(api_problem(&format!("it answered {status} when the comment was written"))),
    }
}

enum Search {
    Found(u64, String),
    Nothing,
    Forbidden,
}

async fn find(client: &Client, target: &CommentTarget, issue: &str, marker: &str) -> Result<Search, Problem> {
    for page in 1..=MAX_PAGES {
        let address = format!("{issue}/{}/comments?per_page={PAGE}&page={page}", target.number);
        let (status, answer) = send(client, target, Method::GET, &address, None).await?;
        match status {
            status if status.is_success() => {}
            StatusCode::FORBIDDEN | StatusCode::NOT_FOUND | StatusCode::UNAUTHORIZED => return Ok(Search::Forbidden),
            status => return Err(api_problem(&format!("it answered {status} when the comments were listed"))),
        }
        let comments = answer.as_array().ok_or_else(|| api_problem("it answered something else than a list"))?;
        let ours = comments.iter().find_map(|comment| {
            let body = comment.get("body")?.as_str()?;
            body.starts_with(marker).then(|| Some((comment.get("id")?.as_u64()?, body.to_owned()))).flatten()
        });
        if let Some((id, body)) = ours {
            return Ok(Search::Found(id, body));
        }
        if comments.len() < PAGE {
            break;
        }
    }
    Ok(Search::Nothing)
}

/// Sends a request; what the API cannot do now, or not so often, is tried again when it says so.
async fn send(
    client: &Client,
    target: &CommentTarget,
    method: Method,
    address: &str,
    body: Option<&Value>,
) -> Result<(StatusCode, Value), Problem> {
    for attempt in 1..=ATTEMPTS {
        let mut request = client
            .request(method.clone(), address)
            .bearer_auth(&target.token)
            .header("accept", "application/vnd.github+json")
            .header("x-github-api-version", "2022-11-28");
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.map_err(|error| api_problem(&error.without_url().to_string()))?;
        let status = answer.status();
        let number = |name: &str| answer.headers().get(name)?.to_str().ok()?.parse::<u64>().ok();
        let retry_after = number("retry-after");
        // GitHub answers 403 for its limits too; they are told from a missing permission by these headers.
        let is_limited = status == StatusCode::TOO_MANY_REQUESTS
            || (status == StatusCode::FORBIDDEN
                && (retry_after.is_some() || number("x-ratelimit-remaining") == Some(0)));
        if is_limited || status.is_server_error() {
            let wait = Duration::from_secs(retry_after.unwrap_or(u64::from(attempt)));
            if attempt < ATTEMPTS && wait <= LONGEST_WAIT {
                tokio::time::sleep(wait).await;
                continue;
            }
            let reason =
                if is_limited { "its rate limit is used up".to_owned() } else { format!("it answered {status}") };
            return Err(api_problem(&reason));
        }
        let text = answer.text().await.map_err(|error| api_problem(&error.without_url().to_string()))?;
        return Ok((status, serde_json::from_str(&text).unwrap_or(Value::Null)));
    }
    Err(api_problem("it was asked too often"))
}

fn api_problem(reason: &str) -> Problem {
    Problem::new("github-api", format!("the pull-request comment could not be written: {reason}")).with_help(
        "the report itself is in the job summary; set the input `pr-comment: never` to leave the comment out",
    )
}
