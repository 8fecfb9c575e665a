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

#[cfg(test)]
mod tests {
    use super::*;

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
