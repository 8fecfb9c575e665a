//! Keys below a prefix of etcd, through its HTTP gateway.
//!
//! The client crate generates its code with `protoc` when it is built, which nobody who builds this program should need.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use url::Url;

use crate::verify::discovery::{Manner, authority, entry};
use crate::verify::http::Fetcher;

const MAX_BYTES: u64 = 16 << 20;

/// Entries that are looked at.
const MAX_KEYS: u32 = 1_000;

/// The instances that the values below the prefix name, in the order of their keys.
pub(super) async fn instances(address: &Url, manner: &Manner, fetcher: &Fetcher) -> Result<Vec<Url>, String> {
    let prefix = address.path();
    if prefix.trim_matches('/').is_empty() {
        return Err("write the prefix of the keys as the path: etcd://host:2379/services/orders".into());
    }
    let url = format!("http://{}/v3/kv/range", authority(address, 2379)?);
    let url = Url::parse(&url).map_err(|_| format!("`{url}` is not a URL"))?;
    // Both `/services/orders` and `services/orders` are in use.
    for prefix in [prefix, prefix.trim_start_matches('/')] {
        let found = below(&url, prefix, manner, fetcher).await?;
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Ok(Vec::new())
}

async fn below(url: &Url, prefix: &str, manner: &Manner, fetcher: &Fetcher) -> Result<Vec<Url>, String> {
    let body = json!({ "key": STANDARD.encode(prefix), "range_end": STANDARD.encode(end(prefix)), "limit": MAX_KEYS });
    let answer = fetcher
        .request(http::Method::POST, url, Some(body.to_string()), MAX_BYTES)
        .await
        .map_err(|problem| problem.message)?;
    if answer.status != 200 {
        return Err(format!("etcd answered {}", answer.status));
    }
    let answer: Value =
        serde_json::from_str(&answer.text).map_err(|_| "etcd answered something that is not JSON".to_owned())?;
    let value = |pair: &Value| {
        let bytes = STANDARD.decode(pair["value"].as_str()?).ok()?;
        entry::read(&String::from_utf8_lossy(&bytes), manner)
    };
    Ok(answer["kvs"].as_array().into_iter().flatten().filter_map(value).collect())
}

/// The first key that does not begin with the prefix.
fn end(prefix: &str) -> Vec<u8> {
    let mut end = prefix.as_bytes().to_vec();
    if let Some(last) = end.last_mut() {
        // A prefix is text, whose bytes are never 255.
        *last += 1;
    }
    end
}
