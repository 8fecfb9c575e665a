//! Where the provider's instances are: DNS SRV records, etcd, ZooKeeper, and the catalogs of Consul and Eureka.
//!
//! | address | asks |
//! |---|---|
//! | `dns:///_orders._tcp.example.org`, `dns://10.0.0.2:53/…` | SRV records, of the system's or the named DNS server |
//! | `etcd://host:2379/services/orders` | every key below the prefix |
//! | `zookeeper://host:2181/services/orders` | the node's children, or the node itself |
//! | `consul://host:8500/orders` | the healthy instances of a service |
//! | `eureka://host:8761/eureka/ORDERS` | the instances of an application that are up |
//!
//! `?scheme=https` and `&path=/api` say how the instances are spoken to where their entry does not.

mod catalog;
mod dns;
mod entry;
mod etcd;
mod zookeeper;

use std::time::Duration;

use url::Url;

use crate::finding::Problem;
use crate::source::load::shown_address;
use crate::verify::http::Fetcher;

/// No directory may take longer.
const PATIENCE: Duration = Duration::from_secs(15);

/// Instances that are tried; more are cut.
const MAX_INSTANCES: usize = 256;

/// How instances are spoken to.
#[derive(Debug, Clone)]
struct Manner {
    scheme: String,
    path: String,
}

/// Replaces addresses of directories by the base URLs of the instances in them, in the order in which they are tried.
/// `http` and `https` URLs stay.
///
/// # Errors
/// When a directory cannot be asked, or has no instance.
pub async fn discover(addresses: &[Url], fetcher: &Fetcher) -> Result<Vec<Url>, Problem> {
    let mut found = Vec::new();
    for address in addresses {
        if matches!(address.scheme(), "http" | "https") {
            found.push(address.clone());
            continue;
        }
        let asked = tokio::time::timeout(PATIENCE, ask(address, fetcher)).await;
        let instances = asked
            .unwrap_or_else(|_| Err(format!("it did not answer within {} s", PATIENCE.as_secs())))
            .map_err(|reason| {
                Problem::new(
                    "discovery",
                    format!("the provider could not be found through `{}`: {reason}", shown_address(address)),
                )
            })?;
        if instances.is_empty() {
            return Err(Problem::new(
                "discovery",
                format!("`{}` has no instance of the provider", shown_address(address)),
            )
            .with_help("check the name, and whether the provider runs"));
        }
        found.extend(instances.into_iter().take(MAX_INSTANCES));
    }
    Ok(found)
}

async fn ask(address: &Url, fetcher: &Fetcher) -> Result<Vec<Url>, String> {
    let parameter =
        |name: &str| address.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    let manner = Manner {
        scheme: parameter("scheme").unwrap_or_else(|| "http".into()),
        path: parameter("path").unwrap_or_default(),
    };
    match address.scheme() {
        "dns" => dns::instances(address, &manner).await,
        "etcd" => etcd::instances(address, &manner, fetcher).await,
        "zookeeper" => zookeeper::instances(address, &manner).await,
        "consul" => catalog::consul(address, &manner, fetcher).await,
        "eureka" => catalog::eureka(address, &manner, fetcher).await,
        other => Err(format!(
            "`{other}` is not a kind of address; there are http, https, dns, etcd, zookeeper, consul and eureka"
        )),
    }
}

/// `host:port` of a directory.
fn authority(address: &Url, port: u16) -> Result<String, String> {
    let host = address.host_str().filter(|host| !host.is_empty()).ok_or("the address has no host")?;
    Ok(format!("{host}:{}", address.port().unwrap_or(port)))
}

impl Manner {
    /// The base URL of an instance.
    fn url(&self, host: &str, port: u16) -> Result<Url, String> {
        let host = if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host.to_owned() };
        let path = self.path.trim_start_matches('/');
        let text = format!("{}://{host}:{port}/{path}", self.scheme);
        Url::parse(&text).map_err(|_| format!("`{text}` is not a URL"))
    }
}
