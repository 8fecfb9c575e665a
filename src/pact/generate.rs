//! Applies generators to a request, response or message.

use jiff::Zoned;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC};
use rand::{Rng, RngExt};
use regex_syntax::hir::{Hir, HirKind};
use serde_json::{Map, Value};

use crate::pact::date_expression;
use crate::pact::generator::{Generator, Generators};
use crate::pact::java_time::JavaFormat;
use crate::pact::model::{Body, HttpRequest, HttpResponse, Message};
use crate::pact::path::{Path, PathToken, Step};

/// On whose side values are made up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The consumer's test: mock server URLs are replaced.
    Consumer,
    /// The provider's verification: values of provider states are filled in.
    Provider,
}

/// What values are made of. Nothing here is taken from the surroundings, so that a run can be repeated.
pub struct GeneratorContext<'c> {
    /// On whose side.
    pub mode: Mode,
    /// What the provider states' set-up answered.
    pub state_values: &'c Map<String, Value>,
    /// The base URL of the mock server, for consumers.
    pub mock_server: Option<&'c str>,
    /// The current moment.
    pub now: &'c Zoned,
    /// Randomness.
    pub random: &'c mut dyn Rng,
}

/// Everything but what RFC 3986 allows in a path segment, and `/`.
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b':')
    .remove(b'@')
    .remove(b'%')
    .remove(b'+')
    .remove(b',')
    .remove(b'=')
    .remove(b';')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*');

/// The request with generated values.
///
/// # Errors
/// Why a value could not be made: a format or expression that is not understood.
pub fn generate_request(request: &HttpRequest, context: &mut GeneratorContext<'_>) -> Result<HttpRequest, String> {
    let mut made = request.clone();
    let generators = &request.generators;
    if let Some(value) = one(generators.path.as_ref(), &Value::Null, context)? {
        made.path = percent_encoding::utf8_percent_encode(&text(&value), PATH).to_string();
    }
    if let Some(value) = one(generators.method.as_ref(), &Value::Null, context)? {
        made.method = text(&value);
    }
    for (path, generator) in &generators.query {
        let Some(name) = name(path) else { continue };
        let Some(value) = generator.make(&Value::Null, context)? else { continue };
        match (made.query.iter_mut().find(|(key, _)| key == name), path.0.get(1)) {
            (Some((_, values)), Some(PathToken::Index(index))) => {
                if let Some(slot) = values.get_mut(*index) {
                    *slot = Some(text(&value));
                }
            }
            (Some((_, values)), _) => values.iter_mut().for_each(|slot| *slot = Some(text(&value))),
            (None, _) => made.query.push((name.to_owned(), vec![Some(text(&value))])),
        }
    }
    fill_headers(&mut made.headers, generators, context)?;
    let is_form = made.content_type().is_some_and(|content_type| content_type.is_form());
    made.body = fill_body(&request.body, generators, is_form, context)?;
    Ok(made)
}

/// The response with generated values.
///
/// # Errors
/// As [`generate_request`].
pub fn generate_response(response: &HttpResponse, context: &mut GeneratorContext<'_>) -> Result<HttpResponse, String> {
    let mut made = response.clone();
    let generators = &response.generators;
    if let Some(value) = one(generators.status.as_ref(), &Value::Null, context)? {
        made.status = text(&value).parse().map_err(|_| format!("`{value}` is not a status code"))?;
    }
    fill_headers(&mut made.headers, generators, context)?;
    made.body = fill_body(&response.body, generators, false, context)?;
    Ok(made)
}

/// The message with generated values.
///
/// # Errors
/// As [`generate_request`].
pub fn generate_message(message: &Message, context: &mut GeneratorContext<'_>) -> Result<Message, String> {
    let mut made = message.clone();
    for (path, generator) in &message.generators.metadata {
        if let Some(name) = name(path)
            && let Some(value) = generator.make(made.metadata.get(name).unwrap_or(&Value::Null), context)?
        {
            made.metadata.insert(name.to_owned(), value);
        }
    }
    made.body = fill_body(&message.body, &message.generators, false, context)?;
    Ok(made)
}

fn one(
    generator: Option<&Generator>,
    old: &Value,
    context: &mut GeneratorContext<'_>,
) -> Result<Option<Value>, String> {
    generator.map_or(Ok(None), |generator| generator.make(old, context))
}

fn name(path: &Path) -> Option<&str> {
    match path.0.first() {
        Some(PathToken::Field(name)) => Some(name),
        _ => None,
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn fill_headers(
    headers: &mut crate::pact::model::Headers,
    generators: &Generators,
    context: &mut GeneratorContext<'_>,
) -> Result<(), String> {
    for (path, generator) in &generators.header {
        let Some(name) = name(path) else { continue };
        let Some(value) = generator.make(&Value::Null, context)? else { continue };
        match headers.iter_mut().find(|(key, _)| key.eq_ignore_ascii_case(name)) {
            Some((_, values)) => *values = vec![text(&value)],
            None => headers.push((name.to_owned(), vec![text(&value)])),
        }
    }
    Ok(())
}

fn fill_body(
    body: &Body,
    generators: &Generators,
    is_form: bool,
    context: &mut GeneratorContext<'_>,
) -> Result<Body, String> {
    let Body::Present { bytes, content_type } = body else { return Ok(body.clone()) };
    if generators.body.is_empty() {
        return Ok(body.clone());
    }
    if is_form {
        let mut pairs: Vec<(String, String)> = url::form_urlencoded::parse(bytes).into_owned().collect();
        for (path, generator) in &generators.body {
            for pair in pairs.iter_mut().filter(|pair| Some(pair.0.as_str()) == name(path)) {
                if let Some(value) = generator.make(&Value::String(pair.1.clone()), context)? {
                    pair.1 = text(&value);
                }
            }
        }
        let made = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        return Ok(Body::from_bytes(made, content_type.clone()));
    }
    if let Ok(mut json) = serde_json::from_slice::<Value>(bytes) {
        for (path, generator) in &generators.body {
            replace(&mut json, &path.0, generator, context)?;
        }
        return Ok(Body::from_bytes(json.to_string(), content_type.clone()));
    }
    // A body that is no document can only be replaced as a whole.
    let whole = generators.body.iter().find(|(path, _)| path.0.is_empty()).map(|(_, generator)| generator);
    let old = Value::String(String::from_utf8_lossy(bytes).into_owned());
    Ok(one(whole, &old, context)?
        .map_or_else(|| body.clone(), |value| Body::from_bytes(text(&value), content_type.clone())))
}

fn replace(
    value: &mut Value,
    path: &[PathToken],
    generator: &Generator,
    context: &mut GeneratorContext<'_>,
) -> Result<(), String> {
    let Some((first, rest)) = path.split_first() else {
        if let Some(made) = generator.make(value, context)? {
            *value = made;
        }
        return Ok(());
    };
    match value {
        Value::Object(object) => {
            for (_, inner) in object.iter_mut().filter(|(key, _)| first.weight(Step::Key(key)) > 0) {
                replace(inner, rest, generator, context)?;
            }
        }
        Value::Array(list) => {
            for (_, inner) in list.iter_mut().enumerate().filter(|(index, _)| first.weight(Step::Index(*index)) > 0) {
                replace(inner, rest, generator, context)?;
            }
        }
        _ => {}
    }
    Ok(())
}

impl Generator {
    /// The value, or nothing where the generator does not apply on this side or the state gave no value.
    fn make(&self, old: &Value, context: &mut GeneratorContext<'_>) -> Result<Option<Value>, String> {
        let value = match self {
            Self::RandomInt { min, max } => {
                let number = context.random.random_range(*min..=*max);
                if old.is_string() { Value::String(number.to_string()) } else { number.into() }
            }
            Self::RandomDecimal { digits } => decimal((*digits).max(2), context)?,
            Self::RandomHexadecimal { digits } => Value::String(characters("0123456789abcdef", *digits, context)),
            Self::RandomString { size } => Value::String(characters(
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
                *size,
                context,
            )),
            Self::Regex(expression) => Value::String(sample(expression, context)?),
            Self::Uuid(format) => Value::String(uuid(format, context)),
            Self::Date { format, expression } => moment(format.as_deref(), "yyyy-MM-dd", expression, context)?,
            Self::Time { format, expression } => moment(format.as_deref(), "'T'HH:mm:ss", expression, context)?,
            Self::DateTime { format, expression } => {
                moment(format.as_deref(), "yyyy-MM-dd'T'HH:mm:ss.SSSXXX", expression, context)?
            }
            Self::RandomBoolean => Value::Bool(context.random.random()),
            Self::ProviderState { expression, data_type } => {
                if context.mode != Mode::Provider {
                    return Ok(None);
                }
                return Ok(state_value(expression, data_type.as_deref(), old, context.state_values));
            }
            Self::MockServerUrl { regex, example } => {
                let (Mode::Consumer, Some(base)) = (context.mode, context.mock_server) else { return Ok(None) };
                let regex = regex::Regex::new(regex).map_err(|error| error.to_string())?;
                let rest =
                    regex.captures(example).and_then(|captures| captures.get(1)).map_or("", |found| found.as_str());
                Value::String(format!("{}{rest}", base.trim_end_matches('/')))
            }
        };
        Ok(Some(value))
    }
}

fn characters(alphabet: &str, count: usize, context: &mut GeneratorContext<'_>) -> String {
    let alphabet = alphabet.as_bytes();
    (0..count).map(|_| char::from(alphabet[context.random.random_range(0..alphabet.len())])).collect()
}

fn decimal(digits: usize, context: &mut GeneratorContext<'_>) -> Result<Value, String> {
    let point = context.random.random_range(1..digits);
    let whole = characters("123456789", 1, context) + &characters("0123456789", point - 1, context);
    // The last digit is not zero, or the number would have fewer digits than asked for.
    let fraction = characters("0123456789", digits - point - 1, context) + &characters("123456789", 1, context);
    serde_json::from_str(&format!("{whole}.{fraction}")).map_err(|error| error.to_string())
}

fn uuid(format: &str, context: &mut GeneratorContext<'_>) -> String {
    let uuid = uuid::Builder::from_random_bytes(context.random.random()).into_uuid();
    match format {
        "simple" => uuid.simple().to_string(),
        "upper-case-hyphenated" => uuid.hyphenated().to_string().to_uppercase(),
        "URN" => uuid.urn().to_string(),
        _ => uuid.hyphenated().to_string(),
    }
}

fn moment(
    format: Option<&str>,
    default: &str,
    expression: &str,
    context: &GeneratorContext<'_>,
) -> Result<Value, String> {
    let format = JavaFormat::parse(format.filter(|format| !format.is_empty()).unwrap_or(default))?;
    Ok(Value::String(format.format(&date_expression::apply(context.now, expression)?)))
}

/// `${id}` alone keeps the type of the value; inside a text it becomes part of it. A name without `${}` is the name itself.
fn state_value(expression: &str, data_type: Option<&str>, old: &Value, values: &Map<String, Value>) -> Option<Value> {
    let whole =
        expression.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).filter(|name| !name.contains("${"));
    let value = if let Some(name) = whole {
        values.get(name)?.clone()
    } else if expression.contains("${") {
        let mut made = String::new();
        let mut rest = expression;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after.split_once('}')?;
            made.push_str(before);
            made.push_str(&text(values.get(name)?));
            rest = after;
        }
        Value::String(made + rest)
    } else {
        values.get(expression)?.clone()
    };
    Some(match data_type {
        Some("STRING") => Value::String(text(&value)),
        Some("INTEGER" | "FLOAT" | "DECIMAL" | "BOOLEAN" | "NUMBER") => {
            serde_json::from_str(&text(&value)).unwrap_or(value)
        }
        _ if old.is_string() && !value.is_object() && !value.is_array() => Value::String(text(&value)),
        _ => value,
    })
}

/// Text that an expression matches. Repetition without an end stops after ten more than the least.
fn sample(expression: &str, context: &mut GeneratorContext<'_>) -> Result<String, String> {
    let hir = regex_syntax::parse(expression).map_err(|error| {
        format!("`{expression}` cannot be made up: {}", error.to_string().lines().last().unwrap_or_default())
    })?;
    let mut text = String::new();
    sample_hir(&hir, context, &mut text);
    Ok(text)
}

const MAX_SAMPLE: usize = 10_000;

fn sample_hir(hir: &Hir, context: &mut GeneratorContext<'_>, text: &mut String) {
    if text.len() > MAX_SAMPLE {
        return;
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.push_str(&String::from_utf8_lossy(&literal.0)),
        HirKind::Class(regex_syntax::hir::Class::Unicode(class)) => {
            // Printable ASCII where the class has any: `.` would otherwise give unassigned characters.
            let mut printable = class.clone();
            printable.intersect(&regex_syntax::hir::ClassUnicode::new([regex_syntax::hir::ClassUnicodeRange::new(
                ' ', '~',
            )]));
            let ranges = if printable.ranges().is_empty() { class.ranges() } else { printable.ranges() };
            if let Some(range) = ranges.get(context.random.random_range(0..ranges.len().max(1))) {
                text.push(context.random.random_range(range.start()..=range.end()));
            }
        }
        HirKind::Class(regex_syntax::hir::Class::Bytes(class)) => {
            if let Some(range) = class.ranges().first() {
                text.push(char::from(range.start()));
            }
        }
        HirKind::Repetition(repetition) => {
            let most =
                repetition.max.unwrap_or(repetition.min.saturating_add(10)).min(repetition.min.saturating_add(100));
            for _ in 0..context.random.random_range(repetition.min..=most.max(repetition.min)) {
                if text.len() > MAX_SAMPLE {
                    return;
                }
                sample_hir(&repetition.sub, context, text);
            }
        }
        HirKind::Capture(capture) => sample_hir(&capture.sub, context, text),
        HirKind::Concat(parts) => parts.iter().for_each(|part| sample_hir(part, context, text)),
        HirKind::Alternation(branches) => {
            let branch = context.random.random_range(0..branches.len());
            sample_hir(&branches[branch], context, text);
        }
    }
}
