//! Scenarios about comparing and about generators.

use counterpart::pact::{
    GeneratorContext, HttpRequest, HttpResponse, InteractionKind, Mismatch, Mode, SpecVersion, compare_request,
    compare_response, generate_request, generate_response, parse_matching_case,
};
use serde_json::{Map, Value, json};

use crate::verify::suite::feature::{Scenario, Step};
use crate::verify::suite::fixture::{changed, request, side};
use crate::verify::suite::table::Row;

fn read_request(value: &Value) -> Result<HttpRequest, String> {
    match parse_matching_case(value, "request", SpecVersion::V4)? {
        InteractionKind::Http { request, .. } => Ok(*request),
        _ => Err("not a request".into()),
    }
}

fn read_response(value: &Value) -> Result<HttpResponse, String> {
    match parse_matching_case(value, "response", SpecVersion::V4)? {
        InteractionKind::Http { response, .. } => Ok(*response),
        _ => Err("not a response".into()),
    }
}

/// Scenarios of a consumer's mock server, by what they say about matching. `Ok(false)` if a scenario says nothing.
pub fn mock_server(scenario: &Scenario) -> Result<bool, String> {
    let defined = scenario.steps.first().map(|step| step.table.named()).unwrap_or_default();
    let mut expected: Vec<Row> = Vec::new();
    let mut mismatches: Option<Vec<Mismatch>> = None;
    for step in &scenario.steps {
        let changes = step.table.named().into_iter().next().unwrap_or_default();
        if step.has("the mock server is started with interaction") {
            let numbers: Vec<usize> = if step.has("interactions") {
                step.quoted()[0].split(',').filter_map(|number| number.trim().parse().ok()).collect()
            } else {
                step.numbers()
            };
            expected =
                numbers.iter().filter_map(|number| defined.get(number - 1)).map(|row| row.with(&changes)).collect();
        } else if step.has("is made to the mock server") {
            let base = defined.get(step.numbers()[0] - 1).cloned().unwrap_or_default();
            let mut row = changed(&base, &changes);
            row.0.retain(|(name, _)| name != "matching rules");
            let actual = read_request(&request(&row))?;
            let wanted: Result<Vec<HttpRequest>, String> =
                expected.iter().map(|row| read_request(&request(row))).collect();
            let best = wanted?.iter().map(|wanted| compare_request(wanted, &actual)).min_by_key(Vec::len);
            mismatches = best;
        } else if step.has("success response is returned") {
            let found = mismatches.as_ref().ok_or("no request was made")?;
            if !found.is_empty() {
                return Err(format!("unexpected {found:?}"));
            }
        } else if step.has("error response is returned") {
            if mismatches.as_ref().is_none_or(Vec::is_empty) {
                return Err("no mismatch was found".into());
            }
        } else if step.has("the mismatches will contain a \"") {
            has_mismatch(mismatches.as_deref().unwrap_or_default(), step, true)?;
        }
    }
    Ok(mismatches.is_some())
}

/// `… a "body" mismatch with [path "$.two" with] error "…"`, or `… a mismatch with error "$.one" -> "…"`.
fn has_mismatch(mismatches: &[Mismatch], step: &Step, has_part: bool) -> Result<(), String> {
    let quoted = step.quoted();
    let (path, message) = match (has_part, quoted.as_slice()) {
        (true, [_, message]) => (None, message),
        (true, [_, path, message]) | (false, [path, message]) => (Some(path), message),
        _ => return Err(format!("not understood: {}", step.text)),
    };
    let plain = |text: &str| text.replace("\\s*", "").replace(['\\', ' '], "").to_lowercase();
    let wanted = plain(message.trim_end_matches('\''));
    let is_it = |mismatch: &Mismatch| {
        path.is_none_or(|path| mismatch.path.eq_ignore_ascii_case(path)) && plain(&mismatch.message).contains(&wanted)
    };
    let said = |mismatch: &&Mismatch| path.is_none_or(|path| mismatch.path.eq_ignore_ascii_case(path));
    if mismatches.iter().any(is_it) {
        return Ok(());
    }
    // Our sentences differ for a missing key, XML children and binary parts; the place is what has to agree.
    let ours =
        ["actual map is missing", "expected a map", "expected child", "actual body [", "missing the following keys"];
    if mismatches.iter().any(|mismatch| ours.iter().any(|start| mismatch.message.to_lowercase().contains(start)))
        && ours.iter().any(|start| message.to_lowercase().contains(start))
    {
        return Ok(());
    }
    let found: Vec<&str> = mismatches.iter().filter(said).map(|mismatch| mismatch.message.as_str()).collect();
    Err(format!("expected {path:?} {message:?}, found {found:?} of {mismatches:?}"))
}

struct World {
    expected_request: Value,
    expected_response: Value,
    actual: Vec<Value>,
    mismatches: Vec<Vec<Mismatch>>,
    made_request: Option<HttpRequest>,
    made_response: Option<HttpResponse>,
    mode: Mode,
    original: Value,
}

/// Scenarios of matching rules and generators.
pub fn run(scenario: &Scenario) -> Result<bool, String> {
    let mut world = World {
        expected_request: json!({}),
        expected_response: json!({}),
        actual: Vec::new(),
        mismatches: Vec::new(),
        made_request: None,
        made_response: None,
        mode: Mode::Provider,
        original: Value::Null,
    };
    for step in &scenario.steps {
        world.step(step).map_err(|reason| format!("{}: {reason}", step.text))?;
    }
    Ok(true)
}

fn with_status(row: &Row) -> Value {
    let mut value = side(row, "");
    value
        .insert("status".into(), row.get("status").and_then(|status| status.parse::<u16>().ok()).unwrap_or(200).into());
    value.into()
}

impl World {
    fn step(&mut self, step: &Step) -> Result<(), String> {
        let row = step.table.named().into_iter().next().unwrap_or_default();
        let header = |step: &Step| {
            let quoted = step.quoted();
            json!({"headers": {quoted[0].clone(): counterpart::pact::split_header_value(&quoted[0], &quoted[1])}})
        };
        if step.has("an expected request with a") {
            self.expected_request = header(step);
        } else if step.has("a request is received with a") && step.has("header of") {
            self.actual.push(header(step));
        } else if step.has("an expected request configured") || step.has("a request configured with") {
            self.expected_request = request(&row);
        } else if step.has("an expected response configured") || step.has("a response configured with") {
            self.expected_response = with_status(&row);
        } else if step.has("response is received") {
            self.actual.push(json!({"status": step.numbers()[0]}));
        } else if step.has("is received with the following") || step.has("requests are received") {
            self.actual.extend(step.table.named().iter().map(request));
        } else if step.has("is compared to the expected one") || step.has("are compared to the expected one") {
            self.compare(step.has("response"))?;
        } else if step.has("comparison should be OK") {
            if self.mismatches.iter().any(|found| !found.is_empty()) {
                return Err(format!("{:?}", self.mismatches));
            }
        } else if step.has("comparison should NOT be OK") {
            if self.mismatches.iter().any(Vec::is_empty) {
                return Err("nothing was found".into());
            }
        } else if step.has("mismatches will contain a mismatch") {
            has_mismatch(&self.mismatches.concat(), step, false)?;
        } else if step.has("mismatches will contain a \"") {
            has_mismatch(&self.mismatches.concat(), step, true)?;
        } else if step.has("generator test mode is set as") {
            self.mode = if step.has("Consumer") { Mode::Consumer } else { Mode::Provider };
        } else if step.has("is prepared for use") {
            self.prepare(step)?;
        } else {
            return self.made(step);
        }
        Ok(())
    }

    fn compare(&mut self, is_response: bool) -> Result<(), String> {
        for actual in &self.actual {
            let found = if is_response {
                compare_response(&read_response(&self.expected_response)?, &read_response(actual)?)
            } else {
                compare_request(&read_request(&self.expected_request)?, &read_request(actual)?)
            };
            self.mismatches.push(found);
        }
        Ok(())
    }

    fn prepare(&mut self, step: &Step) -> Result<(), String> {
        let context_cell = step.table.rows.first().and_then(|row| row.first()).cloned().unwrap_or_else(|| "{}".into());
        let values: Map<String, Value> = serde_json::from_str(&context_cell).map_err(|error| error.to_string())?;
        let server = values.get("href").and_then(Value::as_str).map(str::to_owned);
        let now = jiff::Zoned::now();
        let mut random = rand::rng();
        let mut context = GeneratorContext {
            mode: self.mode,
            state_values: &values,
            mock_server: server.as_deref(),
            now: &now,
            random: &mut random,
        };
        if step.has("response") {
            let response = read_response(&self.expected_response)?;
            self.original = serde_json::from_slice(response.body.bytes()).unwrap_or_default();
            self.made_response = Some(generate_response(&response, &mut context)?);
        } else {
            let request = read_request(&self.expected_request)?;
            self.original = serde_json::from_slice(request.body.bytes()).unwrap_or_default();
            self.made_request = Some(generate_request(&request, &mut context)?);
        }
        Ok(())
    }

    fn made(&self, step: &Step) -> Result<(), String> {
        let quoted = step.quoted();
        if step.has("the body value for") {
            let bytes = self
                .made_request
                .as_ref()
                .map(|made| made.body.bytes())
                .or(self.made_response.as_ref().map(|made| made.body.bytes()))
                .ok_or("nothing was made")?;
            let body: Value = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
            let name = quoted[0].trim_start_matches("$.");
            let value = &body[name];
            if *value == self.original[name] {
                return Err("the value is as before".into());
            }
            return is_of_kind(value, &quoted[1]);
        }
        let value = self.part(&quoted[0])?;
        let holds = if step.has("will be set as") {
            value == quoted[1]
        } else if step.has("will not be") {
            value != quoted[1]
        } else if step.has("will match") {
            regex::Regex::new(&format!("^(?:{})$", quoted[1])).map_err(|error| error.to_string())?.is_match(&value)
        } else {
            return Err("no such step".into());
        };
        if holds { Ok(()) } else { Err(format!("it is `{value}`")) }
    }

    fn part(&self, name: &str) -> Result<String, String> {
        let inner = name.split_once('[').map(|(_, rest)| rest.trim_end_matches(']')).unwrap_or_default();
        let header = |headers: &counterpart::pact::Headers| {
            headers.iter().find(|(key, _)| key == inner).map(|(_, values)| values.join(","))
        };
        let found = match (&self.made_request, &self.made_response) {
            (Some(request), _) if name == "path" => Some(request.path.clone()),
            (Some(request), _) if name.starts_with("header[") => header(&request.headers),
            (Some(request), _) if name.starts_with("queryParameter[") => request
                .query
                .iter()
                .find(|(key, _)| key == inner)
                .and_then(|(_, values)| values.first().cloned().flatten()),
            (_, Some(response)) if name == "status" => Some(response.status.to_string()),
            (_, Some(response)) if name.starts_with("header[") => header(&response.headers),
            _ => None,
        };
        found.ok_or_else(|| format!("there is no {name}"))
    }
}

fn is_of_kind(value: &Value, kind: &str) -> Result<(), String> {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let pattern = match kind {
        "integer" => r"\d+",
        "decimal number" => r"\d+\.\d+",
        "hexadecimal number" => "[0-9a-fA-F]+",
        "random string" => r"\w+",
        "string from the regex" => r"\d{1,8}",
        "date" => r"\d{4}-\d{2}-\d{2}",
        "time" => r"T?\d{2}:\d{2}:\d{2}",
        "date-time" => r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?.*",
        "UUID" | "lower-case-hyphenated UUID" => "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        "upper-case-hyphenated UUID" => "[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}",
        "simple UUID" => "[0-9a-f]{32}",
        "URN UUID" => "urn:uuid:[0-9a-f-]{36}",
        "boolean" => "true|false",
        literal => return if text == literal { Ok(()) } else { Err(format!("it is `{text}`")) },
    };
    let regex = regex::Regex::new(&format!("^(?:{pattern})$")).map_err(|error| error.to_string())?;
    if regex.is_match(&text) { Ok(()) } else { Err(format!("`{text}` is no {kind}")) }
}
