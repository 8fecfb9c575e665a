//! Interactions and answers against an OpenAPI contract, without and with a running provider.
//!
//! Both ways: the request is one that the contract accepts, and the expected response is one that the contract can
//! produce. A pact is an example, so an expected response is a part of a real one: what it leaves out may be there, but
//! what the contract does not declare is never sent.

use regex::Regex;
use serde_json::Value;

use crate::finding::Problem;
use crate::formats::openapi::view::{Api, Location, MediaType, Operation, Parameter, Response, SchemaAt, Shape};
use crate::formats::openapi::{OpenApi, check};
use crate::formats::schema::{Role, Sample, SchemaGraph, Validator, ValueFault};
use crate::formats::{CompareOptions, Format};
use crate::pact::{Body, ContentType, HttpRequest, HttpResponse, Mismatch, Part};
use crate::source::Tree;
use crate::syntax::Library;
use crate::verify::credentials;
use crate::verify::run::AnswerContract;

/// Properties that are told of one interaction as not guaranteed.
const UNSURE: usize = 20;

/// What a contract says about an interaction.
#[derive(Debug, Clone, Default)]
pub struct Judgement {
    /// What the provider would not accept, or could not answer.
    pub broken: Vec<Mismatch>,
    /// What the consumer relies on and the provider may leave out.
    pub unsure: Vec<Mismatch>,
}

/// An OpenAPI contract, ready to judge.
pub struct OpenApiContract<'c> {
    operations: Vec<Known<'c>>,
    graph: &'c SchemaGraph<'c>,
    validator: Validator<'c, 'c>,
}

/// An operation with the paths that lead to it.
struct Known<'c> {
    operation: Operation<'c>,
    paths: Vec<Regex>,
    /// The more of a template is literal, the more precise it is.
    literals: usize,
}

/// Reads the OpenAPI contracts of an input and hands them over. `None` where the input has no OpenAPI contract.
///
/// # Errors
/// What is wrong with the contract.
pub fn with_openapi<R>(
    tree: &dyn Tree,
    then: impl FnOnce(Option<&OpenApiContract<'_>>) -> R,
) -> Result<R, Vec<Problem>> {
    // The day only matters where two versions are compared.
    let options = CompareOptions::new(jiff::civil::Date::default());
    let discovery = OpenApi.discover(tree, &options);
    if discovery.contracts.is_empty() {
        return Ok(then(None));
    }
    let paths: Vec<&str> =
        discovery.contracts.iter().flat_map(|contract| &contract.files).map(String::as_str).collect();
    let mut library = Library::new(options.allow_network_refs);
    library.load(tree, &paths);
    let roots: Vec<_> = paths.iter().filter_map(|path| library.file(path)).collect();
    if roots.is_empty() {
        let error = paths
            .iter()
            .find_map(|path| library.load_error(path))
            .map_or_else(|| "the contract could not be read".to_owned(), ToString::to_string);
        return Err(vec![Problem::new("unreadable", error)]);
    }
    let api = Api::new(&library, &roots);
    let problems = check::problems(&api);
    if !problems.is_empty() {
        return Err(problems);
    }
    let graph = SchemaGraph::new(&api);
    let contract = OpenApiContract::new(&api, &graph);
    Ok(then(Some(&contract)))
}

impl<'c> OpenApiContract<'c> {
    fn new(api: &'c Api<'c>, graph: &'c SchemaGraph<'c>) -> Self {
        let operations = api.operations().into_iter().map(Known::new).collect();
        Self { operations, graph, validator: Validator::new(graph) }
    }

    fn find(&self, request: &HttpRequest) -> Option<&Known<'c>> {
        self.operations
            .iter()
            .filter(|known| known.operation.method().eq_ignore_ascii_case(&request.method))
            .filter(|known| known.paths.iter().any(|path| path.is_match(&request.path)))
            .max_by_key(|known| known.literals)
    }

    /// What the contract says about an interaction, both ways. `asks_for_credentials`: whether a request without those
    /// that the contract wants is one that it does not accept.
    #[must_use]
    pub fn check_interaction(
        &self,
        request: &HttpRequest,
        response: &HttpResponse,
        asks_for_credentials: bool,
    ) -> Judgement {
        let Some(known) = self.find(request) else {
            return Judgement { broken: vec![self.unknown(request)], unsure: Vec::new() };
        };
        let mut broken = self.request(known, request);
        // Who expects to be turned away shows nothing on purpose.
        if asks_for_credentials && !matches!(response.status, 401 | 403) {
            broken.extend(credentials::missing(known.operation, request));
        }
        broken.extend(self.response(known.operation, response, Sample::Part));
        let unsure = if broken.is_empty() { self.unsure(known.operation, response) } else { Vec::new() };
        Judgement { broken, unsure }
    }

    /// What an expected response has that the contract declares and does not promise.
    fn unsure(&self, operation: Operation<'c>, response: &HttpResponse) -> Vec<Mismatch> {
        let responses = operation.responses();
        let Some(declared) = find_response(&responses, response.status) else { return Vec::new() };
        let maybe = |path: String, name: &str, what: &str| {
            let message = format!(
                "the contract does not require the {what} `{name}`, so a provider that leaves it out keeps its contract"
            );
            finding(&path, name, "", message)
        };
        let mut found: Vec<Mismatch> = declared
            .headers()
            .iter()
            .filter(|header| !header.is_required() && !header.is_ignored())
            .filter(|header| !header_values(&response.headers, header.name()).is_empty())
            .map(|header| maybe(format!("response.header.{}", header.name()), header.name(), "response header"))
            .collect();
        let content = declared.content();
        let kind = response.content_type();
        let media = response.body.is_present().then(|| choose(&content, kind.as_ref())).flatten();
        if let Some(Shape::Schema(schema)) = media.map(MediaType::shape)
            && let Some(id) = schema.intern(self.graph)
            && let Ok(value) = serde_json::from_slice::<Value>(response.body.bytes())
        {
            let pointers = self.validator.not_guaranteed(id, Role::Response, &value);
            found.extend(pointers.into_iter().take(UNSURE).map(|pointer| {
                let name = pointer.rsplit('/').next().unwrap_or_default().replace("~1", "/").replace("~0", "~");
                maybe(format!("response.body{pointer}"), &name, "property")
            }));
        }
        found
    }

    fn unknown(&self, request: &HttpRequest) -> Mismatch {
        let methods: Vec<&str> = self
            .operations
            .iter()
            .filter(|known| known.paths.iter().any(|path| path.is_match(&request.path)))
            .map(|known| known.operation.method())
            .collect();
        let asked = format!("{} {}", request.method, request.path);
        let message = if methods.is_empty() {
            format!("the contract has no path for `{asked}`")
        } else {
            format!("the contract has no operation `{asked}`; the path has {}", methods.join(", "))
        };
        finding("request.path", "an operation of the contract", &asked, message)
    }

    fn request(&self, known: &Known<'c>, request: &HttpRequest) -> Vec<Mismatch> {
        let mut found = Vec::new();
        let parameters = known.operation.parameters();
        let captured = known.captures(&request.path);
        for parameter in &parameters {
            let name = parameter.name();
            let (place, values) = match parameter.location() {
                Location::Path => {
                    ("path", captured.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone()).collect())
                }
                Location::Query => ("query", query_values(request, parameter)),
                Location::Header if parameter.is_ignored() => continue,
                Location::Header => ("header", header_values(&request.headers, name)),
                _ => continue,
            };
            if values.is_empty() {
                if parameter.is_required() && parameter.location() != Location::Path {
                    let message = format!(
                        "the contract requires the {place} parameter `{name}`, which the request does not have"
                    );
                    found.push(finding(&format!("request.{place}.{name}"), name, "", message));
                }
                continue;
            }
            if let Some(fault) = parameter.schema().and_then(|schema| self.text_fault(schema, &values)) {
                let message =
                    format!("the {place} parameter `{name}` is not what the contract accepts: {}", fault.message);
                found.push(finding(&format!("request.{place}.{name}"), "", &values.join(", "), message));
            }
        }
        for (name, _) in &request.query {
            let bare = name.split('[').next().unwrap_or(name);
            let is_known = parameters.iter().any(|parameter| {
                parameter.location() != Location::Path
                    && (parameter.name() == name
                        || parameter.name() == bare
                        || parameter.name().trim_end_matches("[]") == bare
                        || is_object(*parameter))
            });
            if !is_known && !credentials::is_key(known.operation, name) {
                let message = format!("the contract has no query parameter `{name}`, so the provider ignores it");
                found.push(finding(&format!("request.query.{name}"), "", name, message));
            }
        }
        found.extend(self.request_body(known.operation, request));
        found
    }

    fn request_body(&self, operation: Operation<'c>, request: &HttpRequest) -> Vec<Mismatch> {
        let declared = operation.request_body();
        match (&request.body, &declared) {
            (Body::Present { .. }, None) => {
                let message = "the contract has no request body for this operation".to_owned();
                vec![finding("request.body", "no body", "a body", message)]
            }
            (Body::Present { .. }, Some(body)) => {
                let content = body.content();
                self.content(
                    &content,
                    request.content_type().as_ref(),
                    request.body.bytes(),
                    Role::Request,
                    Sample::Whole,
                    "request",
                )
            }
            (_, Some(body)) if body.is_required() => {
                let message = "the contract requires a request body, which the request does not have".to_owned();
                vec![finding("request.body", "a body", "", message)]
            }
            _ => Vec::new(),
        }
    }

    fn response(&self, operation: Operation<'c>, response: &HttpResponse, sample: Sample) -> Vec<Mismatch> {
        let responses = operation.responses();
        let Some(declared) = find_response(&responses, response.status) else {
            let codes = responses.iter().map(|response| response.status()).collect::<Vec<_>>().join(", ");
            let message =
                format!("the contract has no response {} for this operation; it has {codes}", response.status);
            return vec![finding("response.status", &codes, &response.status.to_string(), message)];
        };
        let mut found = self.headers(*declared, response, sample);
        if response.body.is_present() {
            let content = declared.content();
            if content.is_empty() {
                let message = format!("the contract has no body for the response {}", declared.status());
                found.push(finding("response.body", "no body", "a body", message));
            } else {
                found.extend(self.content(
                    &content,
                    response.content_type().as_ref(),
                    response.body.bytes(),
                    Role::Response,
                    sample,
                    "response",
                ));
            }
        }
        found
    }

    fn headers(&self, declared: Response<'c>, response: &HttpResponse, sample: Sample) -> Vec<Mismatch> {
        let known = declared.headers();
        let mut found = Vec::new();
        for header in &known {
            let values = header_values(&response.headers, header.name());
            if values.is_empty() {
                if header.is_required() && sample == Sample::Whole && !header.is_ignored() {
                    let message = format!(
                        "the contract requires the response header `{}`, which the answer does not have",
                        header.name()
                    );
                    found.push(finding(&format!("response.header.{}", header.name()), header.name(), "", message));
                }
            } else if let Some(fault) = header.schema().and_then(|schema| self.text_fault(schema, &values)) {
                let message =
                    format!("the response header `{}` is not what the contract says: {}", header.name(), fault.message);
                found.push(finding(&format!("response.header.{}", header.name()), "", &values.join(", "), message));
            }
        }
        if sample == Sample::Part {
            for (name, _) in &response.headers {
                let is_known = name.eq_ignore_ascii_case("content-type")
                    || known.iter().any(|header| header.name().eq_ignore_ascii_case(name));
                if !is_known {
                    let message = format!(
                        "the consumer relies on the response header `{name}`, which the contract does not declare"
                    );
                    found.push(finding(&format!("response.header.{name}"), "", name, message));
                }
            }
        }
        found
    }

    fn content(
        &self,
        declared: &[MediaType<'c>],
        kind: Option<&ContentType>,
        bytes: &[u8],
        role: Role,
        sample: Sample,
        place: &str,
    ) -> Vec<Mismatch> {
        let Some(media) = choose(declared, kind) else {
            let names = declared.iter().map(MediaType::name).collect::<Vec<_>>().join(", ");
            let came = kind.map_or_else(String::new, ContentType::essence);
            let message = format!("the contract has no media type `{came}` here; it has {names}");
            return vec![finding(&format!("{place}.content-type"), &names, &came, message)];
        };
        let Shape::Schema(schema) = media.shape() else { return Vec::new() };
        let is_json = kind.map_or_else(|| media.name().contains("json"), ContentType::is_json);
        if !is_json {
            return Vec::new();
        }
        let value: Value = match serde_json::from_slice(bytes) {
            Ok(value) => value,
            Err(error) => {
                return vec![finding(&format!("{place}.body"), "JSON", "", format!("the body is not JSON: {error}"))];
            }
        };
        let Some(id) = schema.intern(self.graph) else { return Vec::new() };
        self.validator
            .faults(id, role, sample, &value)
            .into_iter()
            .map(|fault| {
                let at = value.pointer(&fault.pointer).map(ToString::to_string).unwrap_or_default();
                finding(&format!("{place}.body{}", fault.pointer), "", &at, fault.message)
            })
            .collect()
    }

    /// A parameter is text: it is fine if any reading of it is what the schema accepts.
    fn text_fault(&self, schema: SchemaAt<'c>, values: &[String]) -> Option<ValueFault> {
        let id = schema.intern(self.graph)?;
        let single = |text: &str| {
            let parsed = serde_json::from_str::<Value>(text).ok().filter(|value| !value.is_string());
            std::iter::once(Value::String(text.to_owned())).chain(parsed).collect::<Vec<_>>()
        };
        let list = |pieces: Vec<&str>| -> Vec<Value> {
            let texts = pieces.iter().map(|piece| Value::String((*piece).to_owned())).collect();
            let parsed = pieces.iter().map(|piece| single(piece).pop().unwrap_or_default()).collect();
            vec![texts, parsed]
        };
        let mut readings: Vec<Value> = values.first().map(|value| single(value)).unwrap_or_default();
        readings.extend(list(values.iter().map(String::as_str).collect()));
        if let [value] = values {
            for separator in [',', '|', ' '] {
                readings.extend(list(value.split(separator).collect()));
            }
        }
        let mut first = None;
        for reading in readings {
            match self.validator.faults(id, Role::Request, Sample::Whole, &reading).into_iter().next() {
                None => return None,
                Some(fault) => first = first.or(Some(fault)),
            }
        }
        first
    }
}

impl AnswerContract for OpenApiContract<'_> {
    fn check(&self, request: &HttpRequest, response: &HttpResponse) -> Vec<Mismatch> {
        self.find(request).map_or_else(
            || vec![self.unknown(request)],
            |known| self.response(known.operation, response, Sample::Whole),
        )
    }
}

impl<'c> Known<'c> {
    fn new(operation: Operation<'c>) -> Self {
        let template = operation.path();
        let mut bases = vec![String::new()];
        for server in operation.servers() {
            bases.push(server_path(
                server.url(),
                &server
                    .variables()
                    .iter()
                    .map(|variable| (variable.name(), variable.default().unwrap_or_default()))
                    .collect::<Vec<_>>(),
            ));
        }
        bases.sort();
        bases.dedup();
        let paths = bases
            .iter()
            .filter_map(|base| template_regex(&format!("{}{template}", base.trim_end_matches('/'))))
            .collect();
        let literals = template.split('/').filter(|piece| !piece.contains('{')).map(str::len).sum::<usize>()
            + template.matches('/').count();
        Self { operation, paths, literals }
    }

    fn captures(&self, path: &str) -> Vec<(String, String)> {
        let names = template_names(self.operation.path());
        let found = self.paths.iter().find_map(|regex| regex.captures(path));
        let decode = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
        found
            .map(|captures| {
                names
                    .into_iter()
                    .zip(captures.iter().skip(1).flatten())
                    .map(|(name, value)| (name, decode(value.as_str())))
                    .collect()
            })
            .unwrap_or_default()
    }
}

/// The path of a server's URL, variables replaced by their defaults.
fn server_path(url: &str, variables: &[(&str, &str)]) -> String {
    let mut url = url.to_owned();
    for (name, value) in variables {
        url = url.replace(&format!("{{{name}}}"), value);
    }
    let after_scheme =
        url.split_once("://").map_or(url.as_str(), |(_, rest)| rest.find('/').map_or("", |at| &rest[at..]));
    let path = after_scheme.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    if path.is_empty() || path.starts_with('/') { path.to_owned() } else { format!("/{path}") }
}

fn template_names(template: &str) -> Vec<String> {
    template.split('{').skip(1).filter_map(|piece| piece.split_once('}')).map(|(name, _)| name.to_owned()).collect()
}

fn template_regex(template: &str) -> Option<Regex> {
    let mut pattern = String::from("^");
    let mut rest = template;
    while let Some((literal, after)) = rest.split_once('{') {
        let (_, after) = after.split_once('}')?;
        pattern.push_str(&regex::escape(literal));
        pattern.push_str("([^/]+)");
        rest = after;
    }
    pattern.push_str(&regex::escape(rest));
    pattern.push('$');
    Regex::new(&pattern).ok()
}

fn find_response<'r, 'c>(responses: &'r [Response<'c>], status: u16) -> Option<&'r Response<'c>> {
    let exact = status.to_string();
    let range = format!("{}XX", status / 100);
    let named = |name: &str| responses.iter().find(|response| response.status().eq_ignore_ascii_case(name));
    named(&exact).or_else(|| named(&range)).or_else(|| named("default"))
}

fn choose<'m, 'c>(declared: &'m [MediaType<'c>], kind: Option<&ContentType>) -> Option<&'m MediaType<'c>> {
    match kind {
        Some(kind) => declared.iter().filter(|media| covers(media.name(), kind)).max_by_key(|media| media.name().len()),
        None => declared.first(),
    }
}

fn covers(declared: &str, kind: &ContentType) -> bool {
    match ContentType::parse(declared) {
        Some(declared) => {
            (declared.main == "*" || declared.main == kind.main) && (declared.sub == "*" || declared.sub == kind.sub)
        }
        None => declared == "*",
    }
}

fn query_values(request: &HttpRequest, parameter: &Parameter<'_>) -> Vec<String> {
    let name = parameter.name();
    let matching = request.query.iter().filter(|(key, _)| key == name || key.strip_suffix("[]") == Some(name));
    matching.flat_map(|(_, values)| values).map(|value| value.clone().unwrap_or_default()).collect()
}

/// A parameter that is an object spreads over names of its own.
fn is_object(parameter: Parameter<'_>) -> bool {
    parameter.location() == Location::Query
        && parameter.schema().is_some_and(|schema| {
            let target = schema.cursor.target();
            target.get_str("type") == Some("object")
                || target.get("properties").is_some()
                || target.get("additionalProperties").is_some()
        })
}

fn header_values(headers: &crate::pact::Headers, name: &str) -> Vec<String> {
    headers.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name)).flat_map(|(_, values)| values.clone()).collect()
}

pub(crate) fn finding(path: &str, expected: &str, actual: &str, message: String) -> Mismatch {
    let short = |text: &str| text.chars().take(200).collect::<String>();
    Mismatch {
        part: Part::Contract,
        path: path.to_owned(),
        expected: short(expected),
        actual: short(actual),
        message,
        rule: None,
    }
}
