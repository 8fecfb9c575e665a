//! What services write into a directory about themselves.

use serde_json::Value;
use url::Url;

use crate::verify::discovery::Manner;

/// Reads an entry: a URL, `host:port`, or JSON with `address` or `host` and `port` (as Curator, Spring Cloud and etcd's gRPC
/// naming write it). `None` for anything else, since directories also hold settings.
pub(super) fn read(text: &str, manner: &Manner) -> Option<Url> {
    let text = text.trim();
    if let Ok(value @ Value::Object(_)) = serde_json::from_str(text) {
        return of_json(&value, manner);
    }
    of_text(text, manner)
}

fn of_text(text: &str, manner: &Manner) -> Option<Url> {
    if text.starts_with("http://") || text.starts_with("https://") {
        return Url::parse(text).ok();
    }
    let (host, port) = text.rsplit_once(':')?;
    let is_host = !host.is_empty()
        && host.chars().all(|character| character.is_ascii_alphanumeric() || "-._:[]".contains(character));
    manner.url(host, port.parse().ok()?).ok().filter(|_| is_host)
}

fn of_json(value: &Value, manner: &Manner) -> Option<Url> {
    let get = |names: &[&str]| names.iter().find_map(|name| value.get(name));
    let number = |value: &Value| {
        value.as_u64().or_else(|| value.as_str()?.parse().ok()).and_then(|port| u16::try_from(port).ok())
    };
    if let Some(url) = get(&["url", "uri", "Url"]).and_then(Value::as_str) {
        return Url::parse(url).ok();
    }
    let address = get(&["address", "host", "Addr", "addr", "ip"]).and_then(Value::as_str)?;
    let secure = get(&["sslPort", "securePort"]).and_then(number).filter(|port| *port > 0);
    match (get(&["port", "Port"]).and_then(number).filter(|port| *port > 0), secure) {
        (Some(port), _) => manner.url(address, port).ok(),
        (None, Some(port)) => Manner { scheme: "https".into(), path: manner.path.clone() }.url(address, port).ok(),
        (None, None) => of_text(address, manner),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_usual_entry_is_read() {
        let manner = Manner { scheme: "http".into(), path: "/api".into() };
        for (entry, expected) in [
            ("http://10.0.0.1:8080/x", Some("http://10.0.0.1:8080/x")),
            ("10.0.0.1:8080", Some("http://10.0.0.1:8080/api")),
            (r#"{"address": "orders", "port": 80}"#, Some("http://orders/api")),
            (r#"{"name": "orders", "address": "h", "port": null, "sslPort": 8443}"#, Some("https://h:8443/api")),
            (r#"{"Op": 0, "Addr": "10.0.0.1:50051"}"#, Some("http://10.0.0.1:50051/api")),
            ("some setting: on", None),
            (r#"{"feature": true}"#, None),
        ] {
            assert_eq!(read(entry, &manner).map(|url| url.to_string()).as_deref(), expected, "{entry}");
        }
    }
}
