//! What a schema is called, by where it stands.

use crate::formats::schema::SchemaGraph;
use crate::formats::schema::graph::Place;

/// The name of the schema at a place, and whether it is a property's.
///
/// | pointer | name |
/// |---|---|
/// | `/components/schemas/Order/properties/note` | `Order.note` |
/// | `/components/schemas/Order/properties/lines/items` | `Order.lines[]` |
/// | `/definitions/Order/additionalProperties` | `Order.*` |
/// | `/components/schemas/Order/oneOf/1` | `Order/oneOf/1` |
/// | `/paths/~1orders/post/requestBody/content/a~1b/schema` | `POST /orders /requestBody/content/a~1b/schema` |
/// | `/properties/note` of a schema document | `$.note` |
#[must_use]
pub fn subject_name(graph: &SchemaGraph<'_>, place: Place) -> (&'static str, String) {
    let pointer = graph.document(place.document).pointer(place.node);
    let key = graph.resolver().document_key(place.document);
    named(&pointer, &key)
}

fn named(pointer: &str, document: &str) -> (&'static str, String) {
    let tokens: Vec<String> =
        pointer.split('/').skip(1).map(|token| token.replace("~1", "/").replace("~0", "~")).collect();
    let words: Vec<&str> = tokens.iter().map(String::as_str).collect();
    let kind = match words[..] {
        [.., "properties", _] => "property",
        _ => "schema",
    };
    let raw = |from: usize| pointer.split('/').skip(from + 1).map(|token| format!("/{token}")).collect::<String>();
    let name = match words[..] {
        ["components", "schemas", name, ..] => path(name, &words[3..]),
        ["definitions" | "$defs", name, ..] => path(name, &words[2..]),
        ["paths", template, method, ..] if is_method(method) => {
            format!("{} {template} {}", method.to_uppercase(), raw(3))
        }
        ["paths", template, ..] => format!("{template} {}", raw(2)),
        ["webhooks", name, method, ..] if is_method(method) => {
            format!("{} webhook:{name} {}", method.to_uppercase(), raw(3))
        }
        ["components", section, name, ..] => format!("{section}/{name} {}", raw(3)),
        [section @ ("parameters" | "responses"), name, ..] => format!("{section}/{name} {}", raw(2)),
        _ => path(if document.is_empty() { "$" } else { document }, &words),
    };
    (kind, name.trim_end().to_owned())
}

fn is_method(word: &str) -> bool {
    ["get", "put", "post", "delete", "options", "head", "patch", "trace", "query"].contains(&word)
}

/// A path below a name, in the words of data where it is one: `.a`, `[]`, `.*`.
fn path(name: &str, tokens: &[&str]) -> String {
    let mut out = name.to_owned();
    let mut rest = tokens;
    loop {
        rest = match rest {
            [] => return out,
            ["properties", property, rest @ ..] => {
                out.push('.');
                out.push_str(property);
                rest
            }
            ["patternProperties", pattern, rest @ ..] => {
                out.push_str("./");
                out.push_str(pattern);
                out.push('/');
                rest
            }
            ["items", position, rest @ ..] | ["prefixItems", position, rest @ ..]
                if position.bytes().all(|byte| byte.is_ascii_digit()) =>
            {
                out.push('[');
                out.push_str(position);
                out.push(']');
                rest
            }
            ["items", rest @ ..] => {
                out.push_str("[]");
                rest
            }
            ["additionalProperties", rest @ ..] => {
                out.push_str(".*");
                rest
            }
            // The same value, whichever branch says it.
            ["allOf", _, rest @ ..] => rest,
            [token, rest @ ..] => {
                out.push('/');
                out.push_str(token);
                rest
            }
        };
    }
}

/// A name as messages say it: `GET /orders/{id} response 200: lines[].price` where the name has a JSON pointer.
pub(super) fn in_words(name: &str) -> String {
    let sections = [" /responses/", " /requestBody/", " /parameters/"];
    let Some(at) = sections.iter().filter_map(|section| name.find(section)).min() else { return name.to_owned() };
    let (operation, pointer) = (&name[..at], &name[at + 1..]);
    let tokens: Vec<String> =
        pointer.split('/').skip(1).map(|token| token.replace("~1", "/").replace("~0", "~")).collect();
    let words: Vec<&str> = tokens.iter().map(String::as_str).collect();
    let (place, rest) = match words.as_slice() {
        ["responses", status, "content", _, "schema", rest @ ..] => (format!("response {status}"), rest),
        ["responses", status, "headers", header, "schema", rest @ ..] => {
            (format!("header {header} of response {status}"), rest)
        }
        ["requestBody", "content", _, "schema", rest @ ..] => ("request".to_owned(), rest),
        _ => return name.to_owned(),
    };
    match path("", rest).trim_start_matches('.') {
        "" => format!("{operation} {place}"),
        inner => format!("{operation} {place}: {inner}"),
    }
}

/// What a property belongs to, in words: the name without its last part.
pub(super) fn parent_in_words(name: &str) -> String {
    let words = in_words(name);
    match words.rsplit_once(": ") {
        Some((place, inner)) => match inner.rsplit_once('.') {
            Some((parent, _)) => format!("{place}: {parent}"),
            None => place.to_owned(),
        },
        None => words.rsplit_once('.').map_or(words.as_str(), |(parent, _)| parent).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_say_where_an_inline_schema_is() {
        let schema = "/responses/200/content/application~1json/schema";
        let rows = [
            (
                format!("GET /o/{{id}} {schema}/properties/total"),
                "GET /o/{id} response 200: total",
                "GET /o/{id} response 200",
            ),
            (
                format!("GET /o {schema}/properties/lines/items/properties/price"),
                "GET /o response 200: lines[].price",
                "GET /o response 200: lines[]",
            ),
            ("POST /o /requestBody/content/a~1b/schema".to_owned(), "POST /o request", "POST /o request"),
            ("GET /o /parameters/0/schema".to_owned(), "GET /o /parameters/0/schema", "GET /o /parameters/0/schema"),
            ("Order.lines[].price".to_owned(), "Order.lines[].price", "Order.lines[]"),
        ];
        for (name, words, parent) in rows {
            assert_eq!(in_words(&name), words);
            assert_eq!(parent_in_words(&name), parent);
        }
    }

    #[test]
    fn names_read_like_paths_into_the_data() {
        let rows = [
            ("/components/schemas/Order/properties/note", "Order.note"),
            ("/components/schemas/Order/properties/lines/items", "Order.lines[]"),
            ("/components/schemas/Cat/allOf/1/properties/lives", "Cat.lives"),
            ("/definitions/Order/additionalProperties", "Order.*"),
            ("/components/schemas/Order/oneOf/1", "Order/oneOf/1"),
            ("/paths/~1orders/post/requestBody/content/a~1b/schema", "POST /orders /requestBody/content/a~1b/schema"),
            ("/properties/note", "$.note"),
            ("", "$"),
        ];
        for (pointer, name) in rows {
            assert_eq!(named(pointer, "").1, name, "{pointer}");
        }
        assert_eq!(named("/properties/note", "order.yaml"), ("property", "order.yaml.note".to_owned()));
    }
}
