//! Nonsense on every operation of the registry's own contract: wrong bodies, wrong names, wrong parameters. Whatever
//! comes back is an answer that the contract knows, and the registry goes on.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Map, Value, json};

use super::Server;
use super::contract::Contract;

/// How many requests each operation gets at least.
const REQUESTS: usize = 40;

const TEXTS: [&str; 12] = [
    "",
    "a",
    "orders",
    "1.0.0",
    "../../etc/passwd",
    "a/b c%2F",
    "\u{0}\u{1}",
    "é😀\u{202e}",
    "'; DROP TABLE record; --",
    "${pactbroker.x}",
    "99999999999999999999",
    "2026-13-45T99:99:99Z",
];

/// A value of no particular shape.
fn odd(random: &mut StdRng, depth: u32) -> Value {
    match random.random_range(0..if depth == 0 { 6 } else { 8 }) {
        0 => Value::Null,
        1 => json!(random.random::<bool>()),
        2 => json!([-1_i64, 0, i64::MAX, i64::MIN].choose(random)),
        3 => json!(1e308),
        4 => json!(TEXTS.choose(random)),
        5 => json!("x".repeat(random.random_range(0..5_000))),
        6 => (0..random.random_range(0..4)).map(|_| odd(random, depth - 1)).collect(),
        _ => (0..random.random_range(0..4))
            .map(|_| (TEXTS.choose(random).copied().unwrap_or_default().to_owned(), odd(random, depth - 1)))
            .collect::<Map<_, _>>()
            .into(),
    }
}

/// A value that a schema allows, more or less, with something odd in it now and then.
fn shaped(contract: &Value, schema: &Value, random: &mut StdRng, depth: u32) -> Value {
    if depth == 0 || random.random_ratio(1, 6) {
        return odd(random, 2);
    }
    if let Some(target) = schema["$ref"].as_str() {
        let target = contract.pointer(target.trim_start_matches('#')).cloned().unwrap_or_default();
        return shaped(contract, &target, random, depth - 1);
    }
    if let Some(values) = schema["enum"].as_array() {
        return values.choose(random).cloned().unwrap_or_default();
    }
    let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str()).unwrap_or("object");
    match kind {
        "object" => {
            let known = schema["properties"].as_object().into_iter().flatten();
            let mut object = Map::new();
            for (key, inner) in known {
                if random.random_ratio(5, 6) {
                    object.insert(key.clone(), shaped(contract, inner, random, depth - 1));
                }
            }
            if random.random_ratio(1, 8) {
                object.insert("unknown".into(), odd(random, 1));
            }
            Value::Object(object)
        }
        "array" => {
            (0..random.random_range(0..3)).map(|_| shaped(contract, &schema["items"], random, depth - 1)).collect()
        }
        "integer" | "number" => json!(random.random_range(-2..400)),
        "boolean" => json!(random.random::<bool>()),
        _ => json!(TEXTS.choose(random)),
    }
}

/// The bytes of a body, spoilt now and then.
fn spoil(body: &Value, random: &mut StdRng) -> String {
    let text = body.to_string();
    match random.random_range(0..10) {
        0 => text.chars().take(text.chars().count() / 2).collect(),
        1 => format!("{text}{text}"),
        2 => text.replace('"', "'"),
        3 => format!("{}{}", "[".repeat(2_000), "]".repeat(2_000)),
        4 => String::new(),
        _ => text,
    }
}

#[test]
fn nonsense_on_every_operation_gets_an_answer_that_the_contract_knows() {
    let (server, contract) = (Server::start(&[]), Contract::load());
    let mut random = StdRng::seed_from_u64(6);
    let file = json!({"path": "a.proto", "content": "c3ludGF4ID0gInByb3RvMyI7"});
    server.send("PUT", "/api/v1/services/orders/versions/1.0.0", Some(&json!({"branch": "main", "files": [file]})));
    server.send("PUT", "/api/v1/environments/a", Some(&json!({})));
    let mut sent = 0;
    for (id, method, template) in contract.operations() {
        let item = &contract.document["paths"][&template];
        let operation = &item[method.to_lowercase()];
        let schema = operation["requestBody"]["content"]["application/json"]["schema"].clone();
        let mut names: Vec<String> = Vec::new();
        for parameter in
            [&item["parameters"], &operation["parameters"]].into_iter().filter_map(Value::as_array).flatten()
        {
            let target =
                parameter["$ref"].as_str().and_then(|target| contract.document.pointer(target.trim_start_matches('#')));
            let parameter = target.unwrap_or(parameter);
            if parameter["in"] == "query" {
                names.extend(parameter["name"].as_str().map(str::to_owned));
            }
        }
        for _ in 0..REQUESTS {
            let mut path = template.clone();
            while let (Some(from), Some(to)) = (path.find('{'), path.find('}')) {
                let text = TEXTS.choose(&mut random).copied().unwrap_or("a");
                let text = if text.is_empty() { "a" } else { text };
                path.replace_range(
                    from..=to,
                    &percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string(),
                );
            }
            for (index, name) in names.iter().enumerate() {
                let text = TEXTS.choose(&mut random).copied().unwrap_or_default();
                let text = percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC);
                path.push_str(&format!("{}{name}={text}", if index == 0 { '?' } else { '&' }));
            }
            let body = (!schema.is_null()).then(|| {
                let body = shaped(&contract.document, &schema, &mut random, 5);
                spoil(&body, &mut random)
            });
            let headers: &[(&str, &str)] =
                if random.random_ratio(1, 4) { &[("if-match", "\"x\""), ("if-none-match", "*")] } else { &[] };
            let address = format!("/api/v1{path}");
            let reply = super::server::send(&server.url, Some(&server.token), &method, &address, body.clone(), headers);
            let reply = reply.unwrap_or_else(|error| panic!("{id} {path}: {error}"));
            let shown = body
                .as_deref()
                .map_or("", |body| &body[..body.char_indices().nth(300).map_or(body.len(), |(at, _)| at)]);
            assert!(reply.status < 500, "{id} {path} with {shown}: {} {}", reply.status, reply.text);
            let known = operation["responses"].get(reply.status.to_string()).is_some();
            if !known && reply.status != 304 {
                assert!(reply.status >= 400, "{id} {path} with {shown}: {}", reply.status);
                let kind = reply.headers["content-type"].to_str().unwrap_or_default();
                assert_eq!(kind, "application/problem+json", "{id} {path} with {shown}: {}", reply.text);
                assert_eq!(reply.json()["status"], reply.status, "{id} {path}");
            }
            sent += 1;
        }
    }
    assert!(sent >= 30 * REQUESTS, "{sent} requests");
    assert_eq!(server.send("GET", "/readyz", None).status, 200);
    assert_eq!(server.send("GET", "/api/v1/audit/head", None).status, 200, "the chain is intact");
}
