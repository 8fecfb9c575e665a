//! SRV records, which is what Consul and Kubernetes answer.

use std::net::IpAddr;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::RData;
use hickory_resolver::proto::rr::rdata::SRV;
use url::Url;

use crate::verify::discovery::{MAX_INSTANCES, Manner};

/// The instances by priority, then weight. RFC 2782; the choice among equal ones is the order of the answer.
pub(super) async fn instances(address: &Url, manner: &Manner) -> Result<Vec<Url>, String> {
    let name = address.path().trim_matches('/');
    if name.is_empty() {
        return Err("write the record's name as the path: dns:///_orders._tcp.example.org".into());
    }
    let resolver = resolver(address).await?;
    // A name from the root: the search list of the machine is not meant.
    let lookup = match resolver.srv_lookup(format!("{}.", name.trim_end_matches('.'))).await {
        Ok(lookup) => lookup,
        Err(error) if error.is_no_records_found() => return Ok(Vec::new()),
        Err(error) => return Err(format!("the DNS server gives no answer: {error}")),
    };
    let mut services: Vec<&SRV> = lookup
        .answers()
        .iter()
        .filter_map(|record| match &record.data {
            // The root as target says that there is decidedly no such service.
            RData::SRV(service) if !service.target.is_root() => Some(service),
            _ => None,
        })
        .collect();
    services.sort_by_key(|service| (service.priority, std::cmp::Reverse(service.weight)));
    // Names that only the named server knows must be resolved by it as well; certificates are for names.
    let by_address = has_server(address) && manner.scheme == "http";
    let mut found = Vec::new();
    for service in services.into_iter().take(MAX_INSTANCES) {
        let addresses = if by_address { resolver.lookup_ip(service.target.clone()).await.ok() } else { None };
        match addresses {
            Some(addresses) => {
                for ip in addresses.iter() {
                    found.push(manner.url(&ip.to_string(), service.port)?);
                }
            }
            None => found.push(manner.url(service.target.to_utf8().trim_end_matches('.'), service.port)?),
        }
    }
    Ok(found)
}

fn has_server(address: &Url) -> bool {
    address.host_str().is_some_and(|host| !host.is_empty())
}

async fn resolver(address: &Url) -> Result<TokioResolver, String> {
    let Some(host) = address.host_str().filter(|_| has_server(address)) else {
        return TokioResolver::builder_tokio()
            .and_then(|builder| builder.build())
            .map_err(|error| format!("the system's DNS settings cannot be used: {error}"));
    };
    let port = address.port().unwrap_or(53);
    let ip: IpAddr = match host.trim_matches(['[', ']']).parse() {
        Ok(ip) => ip,
        Err(_) => {
            let mut found = tokio::net::lookup_host((host, port))
                .await
                .map_err(|error| format!("`{host}` is not known: {error}"))?;
            found.next().ok_or_else(|| format!("`{host}` is not known"))?.ip()
        }
    };
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
        connection.port = port;
        connection
    });
    let mut server = NameServerConfig::udp_and_tcp(ip);
    server.connections = connections.to_vec();
    let config = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
    TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
        .build()
        .map_err(|error| error.to_string())
}
