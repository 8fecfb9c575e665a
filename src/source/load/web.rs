//! `https://`: one document (or archive) from the network, with time-outs and limits.

use std::sync::Arc;
use std::time::Duration;

use crate::finding::Problem;
use crate::source::Tree;
use crate::source::load::archive::{self, Packing};
use crate::source::load::candidate::has_contract_extension;
use crate::source::load::failure::MAX_FILE_BYTES;
use crate::source::load::input::Input;
use crate::source::load::memory::{MemoryTree, guess_name};
use crate::source::load::network::Network;
use crate::source::load::place;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Without a byte for this long, the server is taken for dead.
const READ_TIMEOUT: Duration = Duration::from_secs(20);
const TOTAL_TIMEOUT: Duration = Duration::from_secs(120);
const MAX_REDIRECTS: usize = 5;

/// Fetches a document. References from it to other documents are refused: reading them would be a second request to an
/// address that the document chose.
pub(crate) fn open(address: &str, network: &Network) -> Result<Box<dyn Tree>, Problem> {
    let parsed = url::Url::parse(address)
        .map_err(|error| Problem::new("bad-input", format!("`{address}` is not a URL: {error}")))?;
    let label = shown_address(&parsed);
    let bytes = fetch(&parsed, &label, network)?;
    let name = parsed.path_segments().and_then(Iterator::last).unwrap_or_default().to_owned();
    if let Some(packing) = Packing::of_name(&name) {
        return Ok(Box::new(archive::open(&label, packing, &bytes)?));
    }
    let name = if has_contract_extension(&name) { name } else { guess_name(&bytes).to_owned() };
    Ok(Box::new(MemoryTree::single(label, place::join("", &name), Arc::from(bytes))))
}

/// An input as it may be shown: of an address not what may be secret.
#[must_use]
pub fn shown_input(input: &str) -> String {
    match Input::parse(input) {
        Ok(Input::Url(address)) => {
            url::Url::parse(address).map_or_else(|_| input.to_owned(), |address| shown_address(&address))
        }
        _ => input.to_owned(),
    }
}

/// The address without what may be secret: user, password and query.
pub(crate) fn shown_address(address: &url::Url) -> String {
    let mut address = address.clone();
    address.set_query(None);
    address.set_fragment(None);
    // Both fail only for addresses that cannot have them.
    let _ = address.set_username("");
    let _ = address.set_password(None);
    address.to_string()
}

/// The bytes at an address, within the limits on time, size and redirects.
pub(crate) fn fetch(address: &url::Url, label: &str, network: &Network) -> Result<Vec<u8>, Problem> {
    network.allow(label)?;
    // Fails if a provider is installed already, which is just as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Problem::new("network", format!("could not start the network: {error}")))?;
    runtime.block_on(async {
        tokio::time::timeout(TOTAL_TIMEOUT, fetch_within(address, label, network))
            .await
            .unwrap_or_else(|_| Err(failed(label, &format!("it took longer than {} seconds", TOTAL_TIMEOUT.as_secs()))))
    })
}

async fn fetch_within(address: &url::Url, label: &str, network: &Network) -> Result<Vec<u8>, Problem> {
    let client = reqwest::Client::builder()
        .user_agent(concat!("counterpart/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(READ_TIMEOUT)
        // Followed by hand: each host sees only the headers that are meant for it.
        .redirect(reqwest::redirect::Policy::none())
        .tls_certs_merge(network.roots())
        .build()
        .map_err(|error| failed(label, &innermost(&error)))?;
    let mut response = follow(&client, address, label, network).await?;
    let status = response.status();
    if !status.is_success() {
        let problem = failed(label, &format!("the server answered {status}"));
        return Err(match status.as_u16() {
            401 | 403 => problem.with_help(
                "name your password in ~/.netrc, or a header in COUNTERPART_HEADERS (`HOST Authorization: Bearer …`)",
            ),
            404 => problem.with_help("check the address; some hosts answer so where a password is missing"),
            _ => problem,
        });
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| failed(label, &innermost(&error)))? {
        if (bytes.len() + chunk.len()) as u64 > MAX_FILE_BYTES {
            let limit = MAX_FILE_BYTES >> 20;
            return Err(Problem::new("too-large", format!("`{label}` has more than {limit} MiB")));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// Goes where redirects lead, but never from an encrypted connection to an open one.
async fn follow(
    client: &reqwest::Client,
    address: &url::Url,
    label: &str,
    network: &Network,
) -> Result<reqwest::Response, Problem> {
    let mut address = address.clone();
    for _ in 0..=MAX_REDIRECTS {
        let request = network.authorized(client.get(address.clone()), &address);
        let response = request.send().await.map_err(|error| failed(label, &innermost(&error)))?;
        let target = response.headers().get(reqwest::header::LOCATION).filter(|_| response.status().is_redirection());
        let Some(target) = target.and_then(|target| target.to_str().ok()) else { return Ok(response) };
        let next = address.join(target).map_err(|error| failed(label, &format!("it redirects nowhere: {error}")))?;
        let is_open = next.scheme() != "https";
        if is_open && (address.scheme() == "https" || !matches!(Input::parse(next.as_str()), Ok(Input::Url(_)))) {
            return Err(failed(label, "it redirects to an unencrypted address"));
        }
        address = next;
    }
    Err(failed(label, &format!("more than {MAX_REDIRECTS} redirects")))
}

fn failed(label: &str, reason: &str) -> Problem {
    Problem::new("network", format!("`{label}` could not be read: {reason}"))
}

/// The innermost cause: the outer ones only say that a request failed, and repeat the whole address.
fn innermost(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "the server did not answer in time".to_owned();
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    let text = cause.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_secret_is_not_shown() {
        let address = url::Url::parse("https://me:secret@example.org/a.yaml?token=1#x").expect("a URL");
        assert_eq!(shown_address(&address), "https://example.org/a.yaml");
    }
}
