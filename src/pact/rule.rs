//! Matching rules of every specification version, read into one form.

use serde_json::{Map, Value};

use crate::pact::parse_part::Trouble;
use crate::pact::path::{Path, PathToken};
use crate::pact::pattern::Pattern;

/// One matching rule.
#[derive(Debug, Clone, PartialEq)]
pub enum Rule {
    /// The same value.
    Equality,
    /// A string (or the text of a number or boolean) that the whole expression matches.
    Regex(String),
    /// The same JSON type.
    Type,
    /// The same JSON type; for a list at least `min` and at most `max` elements.
    SizedType {
        /// Fewest elements.
        min: Option<usize>,
        /// Most elements.
        max: Option<usize>,
    },
    /// A date and time in a Java format; the default where it is empty.
    DateTime(String),
    /// A date in a Java format.
    Date(String),
    /// A time in a Java format.
    Time(String),
    /// Text that contains this.
    Include(String),
    /// Any number.
    Number,
    /// A number without a fraction.
    Integer,
    /// A number with a fraction.
    Decimal,
    /// JSON null.
    Null,
    /// True or false.
    Boolean,
    /// Content that is recognised as this type.
    ContentType(String),
    /// The values of an object match; its keys do not count.
    Values,
    /// Each variant is found somewhere in the list.
    ArrayContains(Vec<Variant>),
    /// A status code of this class.
    StatusCode(StatusClass),
    /// Anything but an empty value of the same type.
    NotEmpty,
    /// A semantic version.
    Semver,
    /// Each key of an object matches these rules.
    EachKey(RuleList),
    /// Each value of an object or list matches these rules, kept as the rules of the root `$`.
    EachValue(Category),
    /// A rule that only a plugin knows.
    Plugin(String),
}

/// One element that a list has to contain. Its generators are not kept: they only matter where a list is made up,
/// which a verifier never does.
#[derive(Debug, Clone, PartialEq)]
pub struct Variant {
    /// The element of the expected list that this is about.
    pub index: usize,
    /// Rules relative to that element.
    pub rules: Category,
}

/// Which status codes are fine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatusClass {
    /// 100 to 199.
    Information,
    /// 200 to 299.
    Success,
    /// 300 to 399.
    Redirect,
    /// 400 to 499.
    ClientError,
    /// 500 to 599.
    ServerError,
    /// Below 400.
    NonError,
    /// 400 and above.
    Error,
    /// One of these.
    OneOf(Vec<u16>),
}

/// How several rules for one place combine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Combine {
    /// All of them.
    #[default]
    And,
    /// Any of them.
    Or,
}

/// The rules for one place.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RuleList {
    /// In the order of the file.
    pub rules: Vec<Rule>,
    /// All or any.
    pub combine: Combine,
}

/// The rules of one part, by path.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Category {
    /// In the order of the file.
    pub entries: Vec<(Path, RuleList)>,
}

/// All rules of one request, response or message.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MatchingRules {
    /// For the HTTP path.
    pub path: Option<RuleList>,
    /// For the status code.
    pub status: Option<RuleList>,
    /// For the method (not in the specification, written by some consumers).
    pub method: Option<RuleList>,
    /// By parameter name.
    pub query: Category,
    /// By header name.
    pub header: Category,
    /// By path into the body.
    pub body: Category,
    /// By metadata name.
    pub metadata: Category,
}

impl Category {
    /// The rules of the whole value.
    #[must_use]
    pub fn root(&self) -> Option<&RuleList> {
        self.entries.iter().find(|(path, _)| path.0.is_empty()).map(|(_, rules)| rules)
    }

    fn from_json(value: &Value, pointer: &str, named: bool, trouble: &mut Trouble) -> Self {
        let Value::Object(entries) = value else {
            trouble.add(pointer, "matching rules must be an object from paths to rules");
            return Self::default();
        };
        let mut category = Self::default();
        for (key, rules) in entries {
            let pointer = trouble.child(pointer, key);
            let path = if named { Ok(Path::parse_name(key)) } else { Path::parse(key) };
            match path {
                Ok(path) => category.entries.push((path, RuleList::from_json(rules, &pointer, trouble))),
                Err(reason) => trouble.add(&pointer, reason),
            }
        }
        category
    }
}

impl RuleList {
    /// One rule that has to hold.
    #[must_use]
    pub fn of(rule: Rule) -> Self {
        Self { rules: vec![rule], combine: Combine::And }
    }

    /// The name of the first rule that only a plugin knows, here or nested.
    #[must_use]
    pub fn plugin(&self) -> Option<&str> {
        self.rules.iter().find_map(|rule| match rule {
            Rule::Plugin(name) => Some(name.as_str()),
            Rule::EachKey(rules) => rules.plugin(),
            Rule::EachValue(category) => category.plugin(),
            Rule::ArrayContains(variants) => variants.iter().find_map(|variant| variant.rules.plugin()),
            _ => None,
        })
    }

    /// Reads `{combine, matchers: […]}`, a list of rules, or a single rule.
    pub(crate) fn from_json(value: &Value, pointer: &str, trouble: &mut Trouble) -> Self {
        let (matchers, combine) = match value {
            Value::Object(object) => match object.get("matchers") {
                Some(matchers) => {
                    let combine = match object.get("combine").and_then(Value::as_str) {
                        None => Combine::And,
                        Some(word) if word.eq_ignore_ascii_case("and") => Combine::And,
                        Some(word) if word.eq_ignore_ascii_case("or") => Combine::Or,
                        Some(word) => {
                            trouble.add(pointer, format!("rules combine by `AND` or `OR`, not by `{word}`"));
                            Combine::And
                        }
                    };
                    (matchers, combine)
                }
                None => {
                    return Self {
                        rules: Rule::from_json(value, pointer, trouble).into_iter().collect(),
                        combine: Combine::And,
                    };
                }
            },
            other => (other, Combine::And),
        };
        let Value::Array(matchers) = matchers else {
            trouble.add(pointer, "the rules of a place must be an object with a list `matchers`");
            return Self::default();
        };
        let rules = matchers.iter().filter_map(|rule| Rule::from_json(rule, pointer, trouble)).collect();
        Self { rules, combine }
    }
}

impl Category {
    fn plugin(&self) -> Option<&str> {
        self.entries.iter().find_map(|(_, rules)| rules.plugin())
    }
}

impl Rule {
    fn from_json(value: &Value, pointer: &str, trouble: &mut Trouble) -> Option<Self> {
        let Value::Object(object) = value else {
            trouble.add(pointer, "a matching rule must be an object");
            return None;
        };
        let text = |name: &str| object.get(name).and_then(Value::as_str).map(str::to_owned);
        let format = |name: &str| text("format").or_else(|| text(name)).unwrap_or_default();
        let rule = match object.get("match").and_then(Value::as_str) {
            None if object.contains_key("regex") => Self::regex(object, pointer, trouble)?,
            None if object.contains_key("min") || object.contains_key("max") => Self::sized(object, pointer, trouble)?,
            None if object.contains_key("timestamp") => Self::DateTime(format("timestamp")),
            None if object.contains_key("date") => Self::Date(format("date")),
            None if object.contains_key("time") => Self::Time(format("time")),
            None => {
                trouble.add(pointer, "the matching rule has no `match`, so it says nothing");
                return None;
            }
            Some("equality") => Self::Equality,
            Some("regex") => Self::regex(object, pointer, trouble)?,
            Some("type") => Self::sized(object, pointer, trouble)?,
            Some("min" | "max") => Self::sized(object, pointer, trouble)?,
            Some("timestamp" | "datetime") => Self::DateTime(format("timestamp")),
            Some("date") => Self::Date(format("date")),
            Some("time") => Self::Time(format("time")),
            Some("include") => Self::Include(text_of(object.get("value"))),
            Some("number") => Self::Number,
            Some("integer") => Self::Integer,
            Some("decimal" | "real") => Self::Decimal,
            Some("null") => Self::Null,
            Some("boolean") => Self::Boolean,
            Some("contentType" | "content-type") => Self::ContentType(text_of(object.get("value"))),
            Some("values") => Self::Values,
            Some("notEmpty" | "not-empty") => Self::NotEmpty,
            Some("semver") => Self::Semver,
            Some("statusCode" | "status-code") => {
                Self::StatusCode(status_class(object.get("status"), pointer, trouble)?)
            }
            Some("arrayContains" | "array-contains") => Self::array_contains(object, pointer, trouble),
            Some("eachKey" | "each-key") => Self::EachKey(nested(object, pointer, trouble)),
            Some("eachValue" | "each-value") => {
                let entries = vec![(Path::default(), nested(object, pointer, trouble))];
                Self::EachValue(Category { entries })
            }
            Some(other) => Self::Plugin(other.to_owned()),
        };
        Some(rule)
    }

    fn regex(object: &Map<String, Value>, pointer: &str, trouble: &mut Trouble) -> Option<Self> {
        let Some(expression) = object.get("regex").and_then(Value::as_str) else {
            trouble.add(pointer, "the rule `regex` has no text in `regex`");
            return None;
        };
        if let Err(reason) = Pattern::whole(expression) {
            trouble.add(pointer, reason);
            return None;
        }
        Some(Self::Regex(expression.to_owned()))
    }

    fn sized(object: &Map<String, Value>, pointer: &str, trouble: &mut Trouble) -> Option<Self> {
        let mut bound = |name: &str| match object.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => match value.as_u64().or_else(|| value.as_str().and_then(|text| text.parse().ok())) {
                Some(bound) => Ok(Some(usize::try_from(bound).unwrap_or(usize::MAX))),
                None => {
                    trouble.add(pointer, format!("`{name}` of a matching rule must be a whole number, not `{value}`"));
                    Err(())
                }
            },
        };
        let (min, max) = (bound("min").ok()?, bound("max").ok()?);
        match (min, max) {
            (None, None) => Some(Self::Type),
            (Some(min), Some(max)) if min > max => {
                trouble.add(pointer, format!("no list can have at least {min} and at most {max} elements"));
                None
            }
            (min, max) => Some(Self::SizedType { min, max }),
        }
    }

    fn array_contains(object: &Map<String, Value>, pointer: &str, trouble: &mut Trouble) -> Self {
        let variants = object.get("variants").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let read = |(position, variant): (usize, &Value)| Variant {
            index: variant
                .get("index")
                .and_then(Value::as_u64)
                .map_or(position, |index| usize::try_from(index).unwrap_or(usize::MAX)),
            rules: variant
                .get("rules")
                .map_or_else(Category::default, |rules| Category::from_json(rules, pointer, false, trouble)),
        };
        Self::ArrayContains(variants.iter().enumerate().map(read).collect())
    }

    /// The rule in the words of the specification, for reports.
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            Self::Equality => "equality".into(),
            Self::Regex(expression) => format!("regex `{expression}`"),
            Self::Type => "type".into(),
            Self::SizedType { min, max } => {
                let bound = |name: &str, bound: &Option<usize>| {
                    bound.map(|bound| format!(" {name} {bound}")).unwrap_or_default()
                };
                format!("type{}{}", bound("min", min), bound("max", max))
            }
            Self::DateTime(format) => format!("datetime `{format}`"),
            Self::Date(format) => format!("date `{format}`"),
            Self::Time(format) => format!("time `{format}`"),
            Self::Include(text) => format!("include `{text}`"),
            Self::Number => "number".into(),
            Self::Integer => "integer".into(),
            Self::Decimal => "decimal".into(),
            Self::Null => "null".into(),
            Self::Boolean => "boolean".into(),
            Self::ContentType(name) => format!("contentType `{name}`"),
            Self::Values => "values".into(),
            Self::ArrayContains(_) => "arrayContains".into(),
            Self::StatusCode(_) => "statusCode".into(),
            Self::NotEmpty => "notEmpty".into(),
            Self::Semver => "semver".into(),
            Self::EachKey(_) => "eachKey".into(),
            Self::EachValue(_) => "eachValue".into(),
            Self::Plugin(name) => format!("plugin rule `{name}`"),
        }
    }

    /// Whether the rule also holds for what is inside the place. The others say something about the container only.
    pub(crate) const fn cascades(&self) -> bool {
        !matches!(
            self,
            Self::Values | Self::ArrayContains(_) | Self::EachKey(_) | Self::EachValue(_) | Self::ContentType(_)
        )
    }
}

fn nested(object: &Map<String, Value>, pointer: &str, trouble: &mut Trouble) -> RuleList {
    let rules = object.get("rules").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    RuleList {
        rules: rules.iter().filter_map(|rule| Rule::from_json(rule, pointer, trouble)).collect(),
        combine: Combine::And,
    }
}

fn text_of(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    }
}

fn status_class(value: Option<&Value>, pointer: &str, trouble: &mut Trouble) -> Option<StatusClass> {
    let class = match value {
        Some(Value::Array(codes)) => {
            let codes =
                codes.iter().filter_map(|code| code.as_u64().and_then(|code| u16::try_from(code).ok())).collect();
            return Some(StatusClass::OneOf(codes));
        }
        Some(Value::String(name)) => match name.as_str() {
            "info" => Some(StatusClass::Information),
            "success" => Some(StatusClass::Success),
            "redirect" => Some(StatusClass::Redirect),
            "clientError" => Some(StatusClass::ClientError),
            "serverError" => Some(StatusClass::ServerError),
            "nonError" => Some(StatusClass::NonError),
            "error" => Some(StatusClass::Error),
            _ => None,
        },
        _ => None,
    };
    if class.is_none() {
        trouble.add(pointer, "the rule `statusCode` needs `status`: a class such as `success`, or a list of codes");
    }
    class
}

impl StatusClass {
    /// Whether the code belongs to the class.
    #[must_use]
    pub fn holds(&self, status: u16) -> bool {
        match self {
            Self::Information => (100..200).contains(&status),
            Self::Success => (200..300).contains(&status),
            Self::Redirect => (300..400).contains(&status),
            Self::ClientError => (400..500).contains(&status),
            Self::ServerError => (500..600).contains(&status),
            Self::NonError => status < 400,
            Self::Error => status >= 400,
            Self::OneOf(codes) => codes.contains(&status),
        }
    }

    /// The class in words.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Information => "an Informational response (100–199)".into(),
            Self::Success => "a Successful response (200–299)".into(),
            Self::Redirect => "a Redirect (300–399)".into(),
            Self::ClientError => "a Client error (400–499)".into(),
            Self::ServerError => "a Server error (500–599)".into(),
            Self::NonError => "a Non-error response (< 400)".into(),
            Self::Error => "an Error response (>= 400)".into(),
            Self::OneOf(codes) => format!("one of {codes:?}"),
        }
    }
}

impl MatchingRules {
    /// Reads the `matchingRules` of any version: by category (V3, V4) or flat paths (V2).
    pub(crate) fn from_json(value: Option<&Value>, pointer: &str, trouble: &mut Trouble) -> Self {
        let Some(Value::Object(object)) = value else {
            if !matches!(value, None | Some(Value::Null)) {
                trouble.add(pointer, "`matchingRules` must be an object");
            }
            return Self::default();
        };
        let mut rules = Self::default();
        for (key, value) in object {
            let pointer = trouble.child(pointer, key);
            if key.starts_with('$') {
                rules.add_flat(key, value, &pointer, trouble);
            } else {
                rules.add_category(key, value, &pointer, trouble);
            }
        }
        for (path, _) in &mut rules.header.entries {
            if let Some(PathToken::Field(name)) = path.0.first_mut() {
                name.make_ascii_lowercase();
            }
        }
        rules
    }

    /// V3 and V4.
    fn add_category(&mut self, name: &str, value: &Value, pointer: &str, trouble: &mut Trouble) {
        match name {
            "path" | "status" | "method" => {
                // Some consumers write `{"": {matchers}}` or `{"$": {matchers}}` here.
                let inner = value
                    .as_object()
                    .filter(|object| object.len() == 1)
                    .and_then(|object| object.get("").or_else(|| object.get("$")));
                let list = RuleList::from_json(inner.unwrap_or(value), pointer, trouble);
                let list = Some(list).filter(|list| !list.rules.is_empty());
                match name {
                    "path" => self.path = list,
                    "status" => self.status = list,
                    _ => self.method = list,
                }
            }
            "query" => self.query = Category::from_json(value, pointer, true, trouble),
            "header" | "headers" => self.header = Category::from_json(value, pointer, true, trouble),
            "metadata" | "metaData" => self.metadata = Category::from_json(value, pointer, true, trouble),
            "body" | "content" | "contents" => self.body = Category::from_json(value, pointer, false, trouble),
            other => trouble.add(pointer, format!("`{other}` is not a part that has matching rules")),
        }
    }

    /// V2: `$.body.items[*].id`, `$.headers.Accept`, `$.query.q`, `$.path`.
    fn add_flat(&mut self, key: &str, value: &Value, pointer: &str, trouble: &mut Trouble) {
        let path = match Path::parse(key) {
            Ok(path) => path,
            Err(reason) => return trouble.add(pointer, reason),
        };
        let list = RuleList::from_json(value, pointer, trouble);
        let first = match path.0.first() {
            Some(PathToken::Field(name)) => name.as_str(),
            _ => "",
        };
        let entry = (path.without_first(), list);
        match first {
            "body" => self.body.entries.push(entry),
            "headers" | "header" => self.header.entries.push(entry),
            "query" => self.query.entries.push(entry),
            "path" => self.path = Some(entry.1),
            "status" => self.status = Some(entry.1),
            "method" => self.method = Some(entry.1),
            "metadata" | "metaData" => self.metadata.entries.push(entry),
            // Version 3 messages written by old consumers give paths into the content itself.
            _ => self.body.entries.push((path.clone(), entry.1)),
        }
    }

    /// The name of the first rule that only a plugin knows.
    #[must_use]
    pub fn plugin(&self) -> Option<&str> {
        let lists = [&self.path, &self.status, &self.method];
        let categories = [&self.query, &self.header, &self.body, &self.metadata];
        lists
            .into_iter()
            .flatten()
            .find_map(RuleList::plugin)
            .or_else(|| categories.into_iter().find_map(Category::plugin))
    }
}
