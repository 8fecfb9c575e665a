//! The HTTP catalogs of Consul and Eureka.

use serde_json::Value;
use url::Url;

use crate::verify::discovery::{Manner, authority};
use crate::verify::http::Fetcher;

const MAX_BYTES: u64 = 16 << 20;

async fn json(address: &Url, path: &str, fetcher: &Fetcher, port: u16) -> Result<Value, String> {
    let address = format!("http://{}{path}", authority(address, port)?);
    let url = Url::parse(&address).map_err(|_| format!("`{address}` is not a URL"))?;
    let text = fetcher.text(&url, MAX_BYTES).await.map_err(|problem| problem.message)?;
    serde_json::from_str(&text).map_err(|_| format!("`{address}` answered something that is not JSON"))
}

/// Healthy instances: `GET /v1/health/service/NAME?passing`.
pub(super) async fn consul(address: &Url, manner: &Manner, fetcher: &Fetcher) -> Result<Vec<Url>, String> {
    let service = address.path().trim_matches('/');
    if service.is_empty() {
        return Err("write the service as the path: consul://host:8500/orders".into());
    }
    let catalog = json(address, &format!("/v1/health/service/{service}?passing=true"), fetcher, 8500).await?;
    let instance = |entry: &Value| {
        let service = &entry["Service"];
        let own = service["Address"].as_str().filter(|address| !address.is_empty());
        let host = own.or_else(|| entry["Node"]["Address"].as_str())?;
        manner.url(host, service["Port"].as_u64().and_then(|port| u16::try_from(port).ok())?).ok()
    };
    Ok(catalog.as_array().into_iter().flatten().filter_map(instance).collect())
}

/// Instances that are up: `GET …/apps/NAME`.
pub(super) async fn eureka(address: &Url, manner: &Manner, fetcher: &Fetcher) -> Result<Vec<Url>, String> {
    let (base, application) = address
        .path()
        .trim_end_matches('/')
        .rsplit_once('/')
        .filter(|(_, name)| !name.is_empty())
        .ok_or("write the application as the path: eureka://host:8761/eureka/ORDERS")?;
    let catalog = json(address, &format!("{base}/apps/{application}"), fetcher, 8761).await?;
    let list = match &catalog["application"]["instance"] {
        Value::Array(list) => list.clone(),
        Value::Null => Vec::new(),
        one => vec![one.clone()],
    };
    let instance = |entry: &Value| {
        let port = |name: &str| {
            let port = &entry[name];
            let is_enabled = port["@enabled"].as_str() != Some("false") && port["@enabled"].as_bool() != Some(false);
            port["$"]
                .as_u64()
                .or_else(|| port["$"].as_str()?.parse().ok())
                .filter(|_| is_enabled)
                .and_then(|port| u16::try_from(port).ok())
        };
        let host = entry["ipAddr"].as_str().or_else(|| entry["hostName"].as_str())?;
        match (port("port"), port("securePort")) {
            (Some(port), _) => manner.url(host, port).ok(),
            (None, Some(port)) => Manner { scheme: "https".into(), path: manner.path.clone() }.url(host, port).ok(),
            (None, None) => None,
        }
    };
    Ok(list.iter().filter(|entry| entry["status"].as_str() == Some("UP")).filter_map(instance).collect())
}
