//! Requests, responses and pacts as the suite describes them, in the JSON form of pact files.

use base64::Engine;
use serde_json::{Map, Value, json};

use crate::verify::suite::root;
use crate::verify::suite::table::Row;

/// Content with its type.
#[derive(Debug, Clone, Default)]
pub struct Content {
    pub bytes: Vec<u8>,
    pub kind: Option<String>,
}

fn file(name: &str) -> Vec<u8> {
    std::fs::read(root().join("fixtures").join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn of_extension(name: &str) -> Option<String> {
    let kind = match name.rsplit('.').next()? {
        "json" => "application/json",
        "xml" => "application/xml",
        "jpg" => "image/jpeg",
        "pdf" => "application/pdf",
        _ => return None,
    };
    Some(kind.to_owned())
}

/// A body cell: `file: name`, `JSON: …`, `XML: …`, `EMPTY` or the text itself.
pub fn content(cell: &str, stated: Option<&str>) -> Content {
    let with = |bytes: Vec<u8>, kind: Option<&str>| Content { bytes, kind: stated.or(kind).map(str::to_owned) };
    if let Some(name) = cell.strip_prefix("file:") {
        let name = name.trim();
        if name.ends_with("-body.xml") {
            return described(name, stated);
        }
        return Content { bytes: file(name), kind: stated.map(str::to_owned).or_else(|| of_extension(name)) };
    }
    if let Some(json) = cell.strip_prefix("JSON:") {
        return with(json.trim().into(), Some("application/json"));
    }
    if let Some(xml) = cell.strip_prefix("XML:") {
        return with(xml.trim().into(), Some("application/xml"));
    }
    if cell == "EMPTY" {
        return with(Vec::new(), None);
    }
    with(cell.into(), None)
}

/// `<body><contentType/><contents/></body>`.
fn described(name: &str, stated: Option<&str>) -> Content {
    let text = String::from_utf8(file(name)).expect("the fixture is text");
    let document = roxmltree::Document::parse(&text).expect("the fixture is XML");
    let child = |tag: &str| document.root_element().children().find(|child| child.has_tag_name(tag));
    let kind = child("contentType").and_then(|node| node.text()).map(str::trim).map(str::to_owned);
    let node = child("contents").expect("the fixture has contents");
    let raw: String = node.children().filter_map(|part| part.text()).collect();
    let has_data_section = text.contains("<![CDATA[");
    let body = if has_data_section { raw.trim_matches([' ', '\n']).to_owned() } else { raw };
    let bytes = if node.attribute("encoding") == Some("base64") {
        base64::engine::general_purpose::STANDARD.decode(body.trim()).expect("the fixture is base64")
    } else if node.attribute("eol") == Some("CRLF") {
        (body.replace('\n', "\r\n") + "\r\n").into_bytes()
    } else {
        body.into_bytes()
    };
    Content { bytes, kind: stated.map(str::to_owned).or(kind) }
}

/// `'A: 1', 'B: 2'`; a repeated name has several values.
pub fn headers(cell: &str) -> Map<String, Value> {
    let mut headers: Map<String, Value> = Map::new();
    for piece in cell.split("',").map(|piece| piece.trim().trim_matches('\'')) {
        let Some((name, value)) = piece.split_once(':') else { continue };
        let known = headers.keys().find(|key| key.eq_ignore_ascii_case(name.trim())).cloned();
        let values = headers.entry(known.unwrap_or_else(|| name.trim().to_owned())).or_insert_with(|| json!([]));
        if let Value::Array(values) = values {
            values.push(value.trim().into());
        }
    }
    headers
}

/// Rules or generators: a file, or `JSON: …`.
pub fn fragment(cell: &str) -> Value {
    match cell.strip_prefix("JSON:") {
        Some(text) => serde_json::from_str(text.trim()).expect("the cell is JSON"),
        None => serde_json::from_slice(&file(cell)).expect("the fixture is JSON"),
    }
}

/// A V4 body.
pub fn body(content: &Content) -> Value {
    let mut body = Map::new();
    if content.bytes.is_empty() {
        body.insert("content".into(), "".into());
        return body.into();
    }
    let kind = content.kind.clone();
    if let Some(kind) = kind {
        body.insert("contentType".into(), kind.into());
    }
    body.insert("encoded".into(), "base64".into());
    body.insert("content".into(), base64::engine::general_purpose::STANDARD.encode(&content.bytes).into());
    body.into()
}

/// One side of an HTTP interaction. `prefix` is `""` for requests and `"response "` for responses.
pub fn side(row: &Row, prefix: &str) -> Map<String, Value> {
    let get = |name: &str| row.get(&format!("{prefix}{name}"));
    let mut side = Map::new();
    let mut all = get("headers").map(headers).unwrap_or_default();
    if let Some(raw) = get("raw headers") {
        all.extend(headers(raw));
    }
    let stated = get("content").or_else(|| row.get("content type").filter(|_| prefix.is_empty()));
    if let Some(cell) = get("body") {
        let content = content(cell, stated);
        side.insert("body".into(), body(&content));
        if let (Some(kind), false) = (&content.kind, all.keys().any(|name| name.eq_ignore_ascii_case("content-type"))) {
            all.insert("Content-Type".into(), json!([kind]));
        }
    } else if let Some(kind) = stated {
        all.insert("Content-Type".into(), json!([kind]));
    }
    side.insert("headers".into(), all.into());
    if let Some(rules) = get("matching rules") {
        side.insert("matchingRules".into(), fragment(rules));
    }
    if let Some(generators) = get("generators") {
        side.insert("generators".into(), fragment(generators));
    }
    side
}

/// The request of a row.
pub fn request(row: &Row) -> Value {
    let mut request = side(row, "");
    request.insert("method".into(), row.get("method").unwrap_or("GET").into());
    request.insert("path".into(), row.get("path").unwrap_or("/").into());
    if let Some(query) = row.get("query") {
        request.insert("query".into(), query.into());
    }
    request.into()
}

/// The response of a row.
pub fn response(row: &Row) -> Value {
    let mut response = side(row, "response ");
    let status: u16 =
        row.get("response").or_else(|| row.get("status")).and_then(|status| status.parse().ok()).unwrap_or(200);
    response.insert("status".into(), status.into());
    response.into()
}

/// A whole V4 pact.
pub fn pact(interactions: &[Value]) -> String {
    json!({"consumer": {"name": "c"}, "provider": {"name": "p"}, "metadata": {"pactSpecification": {"version": "4.0"}}, "interactions": interactions}).to_string()
}

/// A row with changes. Bare text in place of a body keeps the type of the body that was there.
pub fn changed(base: &Row, changes: &Row) -> Row {
    let mut row = base.with(changes);
    for (body, kind) in [("body", "content"), ("response body", "response content")] {
        let is_bare = changes
            .get(body)
            .is_some_and(|cell| !["file:", "JSON:", "XML:", "EMPTY"].iter().any(|start| cell.starts_with(start)));
        if let (true, Some(cell)) = (is_bare, base.get(body))
            && let Some(known) = content(cell, base.get(kind)).kind
        {
            row = row.with(&Row(vec![(kind.to_owned(), known)]));
        }
    }
    row
}
