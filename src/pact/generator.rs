//! Generators as a pact states them; making values of them is `generate`.

use serde_json::{Map, Value};

use crate::pact::parse_part::Trouble;
use crate::pact::path::Path;

/// How one value is made.
#[derive(Debug, Clone, PartialEq)]
pub enum Generator {
    /// A whole number from `min` to `max`.
    RandomInt {
        /// Smallest.
        min: i64,
        /// Largest.
        max: i64,
    },
    /// A number with a fraction and this many digits.
    RandomDecimal {
        /// Digits in all.
        digits: usize,
    },
    /// Hexadecimal digits.
    RandomHexadecimal {
        /// How many.
        digits: usize,
    },
    /// Letters and digits.
    RandomString {
        /// How many.
        size: usize,
    },
    /// Text that an expression matches.
    Regex(String),
    /// A UUID: `simple`, `lower-case-hyphenated`, `upper-case-hyphenated` or `URN`.
    Uuid(String),
    /// A date in a Java format, moved by an expression.
    Date {
        /// The format, if stated.
        format: Option<String>,
        /// `+1 day`, empty for none.
        expression: String,
    },
    /// A time in a Java format, moved by an expression.
    Time {
        /// The format, if stated.
        format: Option<String>,
        /// `+1 hour`, empty for none.
        expression: String,
    },
    /// A date and time in a Java format, moved by an expression.
    DateTime {
        /// The format, if stated.
        format: Option<String>,
        /// `+1 day @ +1 hour`, empty for none.
        expression: String,
    },
    /// True or false.
    RandomBoolean,
    /// A value that the provider state's set-up answered, `${id}`.
    ProviderState {
        /// Text with `${name}` in it, or a bare name.
        expression: String,
        /// The type to turn it into, if stated (`INTEGER`, `STRING`, …).
        data_type: Option<String>,
    },
    /// The example URL with the base of the mock server.
    MockServerUrl {
        /// Finds the part after the base, as its first group.
        regex: String,
        /// The URL to change.
        example: String,
    },
}

/// The generators of one request, response or message.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Generators {
    /// For the path.
    pub path: Option<Generator>,
    /// For the method.
    pub method: Option<Generator>,
    /// For the status code.
    pub status: Option<Generator>,
    /// By parameter name.
    pub query: Vec<(Path, Generator)>,
    /// By header name.
    pub header: Vec<(Path, Generator)>,
    /// By path into the body.
    pub body: Vec<(Path, Generator)>,
    /// By metadata name.
    pub metadata: Vec<(Path, Generator)>,
}

impl Generators {
    /// Whether there is nothing to generate.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(crate) fn from_json(value: Option<&Value>, pointer: &str, trouble: &mut Trouble) -> Self {
        let Some(Value::Object(object)) = value else {
            if !matches!(value, None | Some(Value::Null)) {
                trouble.add(pointer, "`generators` must be an object");
            }
            return Self::default();
        };
        let mut generators = Self::default();
        for (category, value) in object {
            let pointer = trouble.child(pointer, category);
            let Some(entries) = value.as_object() else {
                trouble.add(&pointer, "the generators of a part must be an object");
                continue;
            };
            match category.as_str() {
                "path" | "method" | "status" => {
                    // One generator, or an object with a single entry for the whole part.
                    let own =
                        if entries.contains_key("type") { value } else { entries.values().next().unwrap_or(value) };
                    let generator = Generator::from_json(own, &pointer, trouble);
                    match category.as_str() {
                        "path" => generators.path = generator,
                        "method" => generators.method = generator,
                        _ => generators.status = generator,
                    }
                }
                "query" => generators.query = Self::list(entries, true, &pointer, trouble),
                "header" | "headers" => generators.header = Self::list(entries, true, &pointer, trouble),
                "metadata" | "metaData" => generators.metadata = Self::list(entries, true, &pointer, trouble),
                "body" | "content" | "contents" => generators.body = Self::list(entries, false, &pointer, trouble),
                other => trouble.add(&pointer, format!("`{other}` is not a part that has generators")),
            }
        }
        generators
    }

    fn list(entries: &Map<String, Value>, named: bool, pointer: &str, trouble: &mut Trouble) -> Vec<(Path, Generator)> {
        let mut list = Vec::new();
        for (key, value) in entries {
            let pointer = trouble.child(pointer, key);
            let path = if named { Ok(Path::parse_name(key)) } else { Path::parse(key) };
            match path {
                Ok(path) => {
                    list.extend(Generator::from_json(value, &pointer, trouble).map(|generator| (path, generator)));
                }
                Err(reason) => trouble.add(&pointer, reason),
            }
        }
        list
    }
}

/// Longest text or number that is made up: more is a mistake in the pact.
const MAX_SIZE: usize = 10_000;

impl Generator {
    fn from_json(value: &Value, pointer: &str, trouble: &mut Trouble) -> Option<Self> {
        let number = |name: &str, default: i64| value.get(name).and_then(Value::as_i64).unwrap_or(default);
        let size = |name: &str, default: usize| {
            value
                .get(name)
                .and_then(Value::as_u64)
                .and_then(|size| usize::try_from(size).ok())
                .unwrap_or(default)
                .min(MAX_SIZE)
        };
        let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let (format, expression) = (text("format"), text("expression").unwrap_or_default());
        let generator = match value.get("type").and_then(Value::as_str) {
            Some("RandomInt") => {
                let (min, max) = (number("min", 0), number("max", 2_147_483_647));
                if min > max {
                    trouble.add(pointer, format!("no number is at least {min} and at most {max}"));
                    return None;
                }
                Self::RandomInt { min, max }
            }
            Some("RandomDecimal") => Self::RandomDecimal { digits: size("digits", 10) },
            Some("RandomHexadecimal") => Self::RandomHexadecimal { digits: size("digits", 10) },
            Some("RandomString") => Self::RandomString { size: size("size", 10) },
            Some("Regex") => Self::Regex(text("regex").unwrap_or_default()),
            Some("Uuid") => Self::Uuid(format.unwrap_or_else(|| "lower-case-hyphenated".into())),
            Some("Date") => Self::Date { format, expression },
            Some("Time") => Self::Time { format, expression },
            Some("DateTime" | "Datetime" | "Timestamp") => Self::DateTime { format, expression },
            Some("RandomBoolean") => Self::RandomBoolean,
            Some("ProviderState") => Self::ProviderState { expression, data_type: text("dataType") },
            Some("MockServerURL") => Self::MockServerUrl {
                regex: text("regex").unwrap_or_default(),
                example: text("example").unwrap_or_default(),
            },
            // Only used where a list is made up, which a verifier never does.
            Some("ArrayContains") => return None,
            Some(other) => {
                trouble.add(pointer, format!("`{other}` is not a generator of the specification"));
                return None;
            }
            None => {
                trouble.add(pointer, "the generator has no `type`");
                return None;
            }
        };
        Some(generator)
    }
}
