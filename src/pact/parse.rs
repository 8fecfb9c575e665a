//! Reading a pact file: every version, and every fault with its position.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::finding::Problem;
use crate::pact::content_type::ContentType;
use crate::pact::generator::Generators;
use crate::pact::grpc;
use crate::pact::model::{
    Body, Comments, HttpRequest, HttpResponse, Interaction, InteractionKind, Message, Pact, SpecVersion,
};
use crate::pact::outline::{Fault, Outline, value};
use crate::pact::parse_part::{Trouble, body, encoded_body, headers, metadata, plain_body, query, states, text};
use crate::pact::rule::MatchingRules;
use crate::source::{Location, SourceFile, SourceMap};
use crate::syntax;

/// What was read from a file: a pact if there are no problems, else every problem with its position.
#[derive(Debug)]
pub struct Parsed {
    /// The pact; as much of it as could be read where there are problems.
    pub pact: Option<Pact>,
    /// What is wrong with the file, in its order.
    pub problems: Vec<Problem>,
}

/// Reads a pact. `path` is how the file is shown to people.
#[must_use]
pub fn parse(path: &str, source: &str) -> Parsed {
    let mut trouble = Trouble::default();
    let pact = match Outline::read(source).and_then(|outline| read(&outline, &mut trouble)) {
        Ok(pact) => pact,
        Err(fault) => return Parsed { pact: None, problems: vec![syntax_problem(path, source, &fault)] },
    };
    let problems = positioned(path, source, trouble);
    Parsed { pact, problems }
}

fn syntax_problem(path: &str, source: &str, Fault { error, within }: &Fault<'_>) -> Problem {
    let before = &source[..within.as_ptr().addr().saturating_sub(source.as_ptr().addr()).min(source.len())];
    let (lines, columns) = match before.rfind('\n') {
        Some(last) => (before.matches('\n').count(), before.len() - last - 1),
        None => (0, before.len()),
    };
    let line = u32::try_from(error.line().max(1) + lines).unwrap_or(u32::MAX);
    let column = error.column().max(1) + if error.line() <= 1 { columns } else { 0 };
    let column = u32::try_from(column).unwrap_or(u32::MAX);
    let location = Location {
        path: path.to_owned(),
        start_line: line,
        start_column: column,
        end_line: line,
        end_column: column + 1,
    };
    let text = error.to_string();
    let reason = text.split(" at line ").next().unwrap_or_default();
    let is_markup = source.trim_start().starts_with('<');
    let (message, help) = if source.trim().is_empty() {
        ("the pact is empty, so it would verify nothing".to_owned(), "write it again by running the consumer's tests")
    } else if is_markup {
        (
            "this is HTML or XML, not a pact".to_owned(),
            "check the address: a log-in or error page is answered where a pact is expected",
        )
    } else {
        (format!("the pact is not JSON: {reason}"), "write it again by running the consumer's tests")
    };
    Problem::new("pact-syntax", message).at(location).with_help(help)
}

/// Looks the places up in a spanned tree, which is only built when there is something to report.
fn positioned(path: &str, source: &str, trouble: Trouble) -> Vec<Problem> {
    if trouble.entries.is_empty() {
        return Vec::new();
    }
    let shared: Arc<str> = Arc::from(source);
    let mut sources = SourceMap::default();
    let file = sources.add(SourceFile::new(path, Arc::clone(&shared)));
    let document = syntax::parse(file, "pact.json", shared).document;
    let place = |pointer: &str| {
        let mut pointer = pointer;
        loop {
            let found = document.at_pointer(pointer).map(|id| document.name_span(id));
            match (found, pointer.rsplit_once('/')) {
                (Some(span), _) => return sources.location(span),
                (None, Some((parent, _))) => pointer = parent,
                (None, None) => return sources.location(crate::source::Span::start_of(file)),
            }
        }
    };
    trouble
        .entries
        .into_iter()
        .map(|(pointer, message)| Problem::new("pact-malformed", message).at(place(&pointer)))
        .collect()
}

fn read<'a>(outline: &Outline<'a>, trouble: &mut Trouble) -> Result<Option<Pact>, Fault<'a>> {
    let Some(root) = &outline.root else {
        trouble.add("", "a pact is an object with `consumer`, `provider` and `interactions`");
        return Ok(None);
    };
    let consumer = participant(root, "consumer", trouble);
    let provider = participant(root, "provider", trouble);
    let Some(version) = version(outline, root, trouble) else { return Ok(None) };
    let plugins = root
        .get("metadata")
        .and_then(|metadata| metadata.get("plugins"))
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|plugin| plugin.get("name").and_then(Value::as_str).map(str::to_owned))
        .collect();
    let mut interactions = Vec::new();
    for (list, entries) in &outline.lists {
        let Some(entries) = entries else {
            trouble.add(&format!("/{list}"), format!("`{list}` must be a list"));
            continue;
        };
        for (index, entry) in entries.iter().enumerate() {
            let pointer = format!("/{list}/{index}");
            // One at a time: as values, bodies take ten times their text.
            match value(entry)? {
                Value::Object(object) => {
                    interactions.extend(interaction(&object, list, version, &pointer, trouble));
                }
                _ => trouble.add(&pointer, "an interaction must be an object"),
            }
        }
    }
    let participants = consumer.zip(provider);
    Ok(participants.map(|(consumer, provider)| Pact { consumer, provider, version, interactions, plugins }))
}

fn participant(root: &Map<String, Value>, role: &str, trouble: &mut Trouble) -> Option<String> {
    match root.get(role) {
        Some(Value::Object(object)) => text(object, "name", &format!("/{role}"), trouble),
        Some(_) => {
            trouble.add(&format!("/{role}"), format!("`{role}` must be an object with a `name`"));
            None
        }
        None => {
            trouble.add("", format!("`{role}` is missing, so this is not a pact"));
            None
        }
    }
}

/// Where a version is stated, from the newest form to the oldest; a file without any is read as version 3 if it has
/// what only version 3 has, else as version 2.
fn version(outline: &Outline<'_>, root: &Map<String, Value>, trouble: &mut Trouble) -> Option<SpecVersion> {
    let metadata = root.get("metadata").or_else(|| root.get("metaData"));
    let stated = metadata.and_then(|metadata| {
        let from = |object: &str| metadata.get(object).and_then(|object| object.get("version"));
        from("pactSpecification")
            .or_else(|| from("pact-specification"))
            .or_else(|| metadata.get("pactSpecificationVersion"))
    });
    let text = match stated {
        Some(Value::String(text)) => text.trim().trim_start_matches(['v', 'V']).to_owned(),
        Some(Value::Number(number)) => number.to_string(),
        Some(_) | None => {
            return Some(if outline.has_types() {
                SpecVersion::V4
            } else if outline.has("messages") {
                SpecVersion::V3
            } else {
                SpecVersion::V2
            });
        }
    };
    let mut numbers = text.split('.');
    match (numbers.next(), numbers.next()) {
        (Some("1"), Some("1")) => Some(SpecVersion::V1_1),
        (Some("1"), _) => Some(SpecVersion::V1),
        (Some("2"), _) => Some(SpecVersion::V2),
        (Some("3"), _) => Some(SpecVersion::V3),
        (Some("4"), _) => Some(SpecVersion::V4),
        _ => {
            trouble.add("/metadata", format!("the pact is of specification version `{text}`; 1 to 4 are known"));
            None
        }
    }
}

fn interaction(
    object: &Map<String, Value>,
    list: &str,
    version: SpecVersion,
    pointer: &str,
    trouble: &mut Trouble,
) -> Option<Interaction> {
    let description = text(object, "description", pointer, trouble);
    let states = states(object, pointer, trouble);
    let key = object.get("_id").or_else(|| object.get("key")).and_then(Value::as_str).map(str::to_owned);
    let is_pending = object.get("pending").and_then(Value::as_bool).unwrap_or(false);
    let kind = kind(object, list, version, pointer, trouble)?;
    let plugin = plugin(object, &kind);
    Some(Interaction { description: description?, states, key, is_pending, comments: comments(object), plugin, kind })
}

/// The request or response of an HTTP interaction.
fn part<'a>(
    object: &'a Map<String, Value>,
    name: &str,
    pointer: &str,
    trouble: &mut Trouble,
) -> Option<&'a Map<String, Value>> {
    match object.get(name) {
        Some(Value::Object(part)) => Some(part),
        Some(_) => {
            trouble.add(&format!("{pointer}/{name}"), format!("`{name}` must be an object"));
            None
        }
        None => {
            trouble.add(pointer, format!("`{name}` is missing"));
            None
        }
    }
}

fn kind(
    object: &Map<String, Value>,
    list: &str,
    version: SpecVersion,
    pointer: &str,
    trouble: &mut Trouble,
) -> Option<InteractionKind> {
    if list == "messages" || (version < SpecVersion::V4 && object.contains_key("contents")) {
        return Some(InteractionKind::Message(Box::new(message(object, version, pointer, trouble))));
    }
    let kind = match object.get("type") {
        Some(Value::String(kind)) if version >= SpecVersion::V4 => kind.as_str(),
        _ => "Synchronous/HTTP",
    };
    match kind {
        "Synchronous/HTTP" => {
            let (request_json, response_json) =
                (part(object, "request", pointer, trouble), part(object, "response", pointer, trouble));
            let request = request(request_json?, version, &format!("{pointer}/request"), trouble);
            let response = response(response_json?, version, &format!("{pointer}/response"), trouble);
            Some(InteractionKind::Http { request: Box::new(request?), response: Box::new(response?) })
        }
        "Asynchronous/Messages" => Some(InteractionKind::Message(Box::new(message(object, version, pointer, trouble)))),
        "Synchronous/Messages" => {
            let part = |part: Option<&Value>, pointer: &str, trouble: &mut Trouble| match part {
                Some(Value::Object(part)) => Some(message(part, version, pointer, trouble)),
                _ => {
                    trouble.add(pointer, "a synchronous message needs an object with `contents` here");
                    None
                }
            };
            let request = part(object.get("request"), &format!("{pointer}/request"), trouble);
            let responses = match object.get("response") {
                Some(Value::Array(responses)) => responses
                    .iter()
                    .enumerate()
                    .filter_map(|(index, response)| {
                        part(Some(response), &format!("{pointer}/response/{index}"), trouble)
                    })
                    .collect(),
                Some(response @ Value::Object(_)) => {
                    part(Some(response), &format!("{pointer}/response"), trouble).into_iter().collect()
                }
                _ => Vec::new(),
            };
            Some(InteractionKind::SyncMessage { request: Box::new(request?), responses })
        }
        grpc::TYPE => grpc::read(object, pointer, trouble),
        other => {
            trouble.add(&format!("{pointer}/type"), format!("`{other}` is not a type of interaction that is known"));
            None
        }
    }
}

fn request(
    object: &Map<String, Value>,
    version: SpecVersion,
    pointer: &str,
    trouble: &mut Trouble,
) -> Option<HttpRequest> {
    let method = match object.get("method") {
        None => Some("GET".to_owned()),
        Some(_) => text(object, "method", pointer, trouble),
    };
    let path = match object.get("path") {
        None => Some("/".to_owned()),
        Some(_) => text(object, "path", pointer, trouble),
    };
    let headers = headers(object.get("headers"), &format!("{pointer}/headers"), trouble);
    let query = query(object.get("query"), &format!("{pointer}/query"), trouble);
    let body = body(object, &headers, version, pointer, trouble);
    let rules = MatchingRules::from_json(object.get("matchingRules"), &format!("{pointer}/matchingRules"), trouble);
    let generators = Generators::from_json(object.get("generators"), &format!("{pointer}/generators"), trouble);
    Some(HttpRequest { method: method?, path: path?, query, headers, body, rules, generators })
}

fn response(
    object: &Map<String, Value>,
    version: SpecVersion,
    pointer: &str,
    trouble: &mut Trouble,
) -> Option<HttpResponse> {
    let status = match object.get("status") {
        None | Some(Value::Null) => Some(200),
        Some(status) => {
            let number = status.as_u64().or_else(|| status.as_str().and_then(|text| text.parse().ok()));
            let status_code =
                number.and_then(|number| u16::try_from(number).ok()).filter(|code| (100..=599).contains(code));
            if status_code.is_none() {
                trouble.add(
                    &format!("{pointer}/status"),
                    format!("`{status}` is not a status code: it must be a number from 100 to 599"),
                );
            }
            status_code
        }
    };
    let headers = headers(object.get("headers"), &format!("{pointer}/headers"), trouble);
    let body = body(object, &headers, version, pointer, trouble);
    let rules = MatchingRules::from_json(object.get("matchingRules"), &format!("{pointer}/matchingRules"), trouble);
    let generators = Generators::from_json(object.get("generators"), &format!("{pointer}/generators"), trouble);
    Some(HttpResponse { status: status?, headers, body, rules, generators })
}

fn message(object: &Map<String, Value>, version: SpecVersion, pointer: &str, trouble: &mut Trouble) -> Message {
    let metadata = metadata(object, pointer, trouble);
    let mut message = Message { metadata, ..Message::default() };
    let stated = message.content_type();
    message.body = if version >= SpecVersion::V4 {
        encoded_body(object.get("contents"), stated.as_ref(), &format!("{pointer}/contents"), trouble)
    } else {
        plain_body(object, "contents", stated.as_ref().or(ContentType::parse("application/json").as_ref()))
    };
    if version < SpecVersion::V4
        && stated.is_none()
        && let (Body::Present { content_type, .. }, Some(Value::Object(_) | Value::Array(_))) =
            (&mut message.body, object.get("contents"))
    {
        *content_type = ContentType::parse("application/json");
    }
    message.rules = MatchingRules::from_json(object.get("matchingRules"), &format!("{pointer}/matchingRules"), trouble);
    message.generators = Generators::from_json(object.get("generators"), &format!("{pointer}/generators"), trouble);
    message
}

fn comments(object: &Map<String, Value>) -> Comments {
    let comments = object.get("comments");
    let get = |name: &str| comments.and_then(|comments| comments.get(name));
    let text = match get("text") {
        Some(Value::Array(lines)) => lines.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Some(Value::String(line)) => vec![line.clone()],
        _ => Vec::new(),
    };
    Comments { text, test_name: get("testname").and_then(Value::as_str).map(str::to_owned) }
}

/// Why an interaction needs a plugin, if it does.
fn plugin(object: &Map<String, Value>, kind: &InteractionKind) -> Option<String> {
    let configured = object.get("pluginConfiguration").and_then(Value::as_object).filter(|plugins| !plugins.is_empty());
    if let Some(plugins) = configured {
        return plugins.keys().next().cloned();
    }
    let rules: Vec<&MatchingRules> = match kind {
        InteractionKind::Http { request, response } => vec![&request.rules, &response.rules],
        InteractionKind::Message(message) => vec![&message.rules],
        InteractionKind::SyncMessage { request, responses } => {
            std::iter::once(&request.rules).chain(responses.iter().map(|response| &response.rules)).collect()
        }
        InteractionKind::Grpc { reply, .. } => vec![&reply.rules],
    };
    rules.into_iter().find_map(MatchingRules::plugin).map(str::to_owned)
}

/// Reads one half of a case of the specification's own test data: an object of the form of `request`, `response` or a
/// message, as an interaction of that kind.
///
/// # Errors
/// What is wrong with it.
pub fn parse_matching_case(value: &Value, kind: &str, version: SpecVersion) -> Result<InteractionKind, String> {
    let mut trouble = Trouble::default();
    let object = value.as_object().ok_or("the case is not an object")?;
    let read = match kind {
        "request" => request(object, version, "", &mut trouble)
            .map(|request| InteractionKind::Http { request: Box::new(request), response: Box::default() }),
        "response" => response(object, version, "", &mut trouble)
            .map(|response| InteractionKind::Http { request: Box::default(), response: Box::new(response) }),
        "message" => Some(InteractionKind::Message(Box::new(message(object, version, "", &mut trouble)))),
        other => return Err(format!("`{other}` is not a kind of case")),
    };
    match (read, trouble.entries.first()) {
        (_, Some((pointer, message))) => Err(format!("{pointer}: {message}")),
        (Some(kind), None) => Ok(kind),
        (None, None) => Err("nothing could be read".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(source: &str) -> Vec<String> {
        let place = |problem: &Problem| {
            problem.location.as_ref().map_or(String::new(), |at| format!("{}:{}", at.start_line, at.start_column))
        };
        parse("p.json", source)
            .problems
            .iter()
            .map(|problem| format!("{} {}", place(problem), problem.message))
            .collect()
    }

    #[test]
    fn a_status_that_is_not_a_code_is_a_problem_with_its_place() {
        let source = "{\"consumer\": {\"name\": \"c\"}, \"provider\": {\"name\": \"p\"}, \"interactions\": [\n  {\"description\": \"d\", \"request\": {},\n   \"response\": {\"status\": \"abc\"}}\n]}";
        assert_eq!(problems(source), ["3:17 `\"abc\"` is not a status code: it must be a number from 100 to 599"]);
        assert_eq!(problems(&source.replace("\"abc\"", "99999")).len(), 1);
    }

    #[test]
    fn an_unknown_version_and_a_page_of_html_are_named() {
        let source = r#"{"consumer": {"name": "c"}, "provider": {"name": "p"}, "metadata": {"pactSpecification": {"version": "9.0"}}}"#;
        assert!(problems(source)[0].ends_with("the pact is of specification version `9.0`; 1 to 4 are known"));
        assert!(problems("<html>log in</html>")[0].ends_with("this is HTML or XML, not a pact"));
        assert!(problems("")[0].ends_with("the pact is empty, so it would verify nothing"));
    }

    #[test]
    fn contradictory_rules_are_a_problem() {
        let source = r#"{"consumer": {"name": "c"}, "provider": {"name": "p"}, "interactions": [{"description": "d", "request": {},
            "response": {"matchingRules": {"$.body.a": {"match": "type", "min": 3, "max": 1}, "$.body.b": {"match": "regex", "regex": "("}}}}]}"#;
        let problems = problems(source);
        assert!(problems[0].contains("at least 3 and at most 1"), "{problems:?}");
        assert!(problems[1].contains("not a regular expression"), "{problems:?}");
    }
}
