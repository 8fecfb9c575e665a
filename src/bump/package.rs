//! The next version of a protobuf package beside the one that must not change: `acme.orders.v1` as `acme.orders.v2`.
//!
//! Only what names the package is rewritten: the package statement, its own import paths, type names, the options that
//! put generated code somewhere, and HTTP paths that begin with the version. Comments and layout stay.

use std::collections::BTreeSet;

/// A file of a package: its path and text.
pub type PackageFile = (String, String);

/// The package that a file declares; empty where it declares none.
#[must_use]
pub fn declared_package(text: &str) -> String {
    let tokens: Vec<Token<'_>> = tokens(text).filter(|token| !matches!(token.kind, Kind::Space)).collect();
    tokens
        .windows(2)
        .find(|pair| pair[0].text == "package" && pair[1].kind == Kind::Word)
        .map_or_else(String::new, |pair| pair[1].text.to_owned())
}

/// The files of `package` as files of its `next` version (`v2`), sorted by path. Folders named after the version become
/// the next one's; without such a folder the files go into a new folder `v2`.
#[must_use]
pub fn next_package(files: &[PackageFile], package: &str, next: &str) -> Vec<PackageFile> {
    let Some((_, current)) = package.rsplit_once('.').or(Some(("", package))) else { return Vec::new() };
    let next_name = format!("{}{next}", &package[..package.len() - current.len()]);
    let own: BTreeSet<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
    let rewrite = Rewrite { package, next_name: &next_name, current, next, own };
    let mut written: Vec<PackageFile> =
        files.iter().map(|(path, text)| (moved(path, current, next), rewrite.text(text))).collect();
    written.sort();
    written
}

/// A path with the last folder named `current` named `next`.
fn moved(path: &str, current: &str, next: &str) -> String {
    let mut parts: Vec<&str> = path.split('/').collect();
    let folders = parts.len() - 1;
    match parts[..folders].iter().rposition(|part| *part == current) {
        Some(at) => parts[at] = next,
        None => parts.insert(folders, next),
    }
    parts.join("/")
}

struct Rewrite<'a> {
    package: &'a str,
    next_name: &'a str,
    current: &'a str,
    next: &'a str,
    /// The paths of the files that move.
    own: BTreeSet<&'a str>,
}

impl Rewrite<'_> {
    fn text(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len() + 64);
        // What the statement is about: `import`, `option`, or something else.
        let mut statement = String::new();
        for token in tokens(text) {
            match token.kind {
                Kind::Word => {
                    if statement.is_empty() || statement == "option" {
                        token.text.clone_into(&mut statement);
                    }
                    out.push_str(&self.name(token.text));
                }
                Kind::String => out.push_str(&self.string(token.text, &statement)),
                Kind::Symbol => {
                    if matches!(token.text, ";" | "{" | "}") {
                        statement.clear();
                    }
                    out.push_str(token.text);
                }
                Kind::Space => out.push_str(token.text),
            }
        }
        out
    }

    /// A dotted name, with the package in front replaced.
    fn name(&self, name: &str) -> String {
        let (dot, bare) = name.strip_prefix('.').map_or(("", name), |bare| (".", bare));
        match bare.strip_prefix(self.package) {
            Some(rest) if rest.is_empty() || rest.starts_with('.') => format!("{dot}{}{rest}", self.next_name),
            _ => name.to_owned(),
        }
    }

    fn string(&self, quoted: &str, statement: &str) -> String {
        let (quote, inside) = (&quoted[..1], &quoted[1..quoted.len().saturating_sub(1).max(1)]);
        let is_code_option = statement.ends_with("_package") || statement.ends_with("_namespace");
        let inside = if statement == "import" {
            // Import paths start at a root that is not known here: any of the own files may be meant.
            let is_own = self.own.iter().any(|own| *own == inside || own.ends_with(&format!("/{inside}")));
            if is_own { moved(inside, self.current, self.next) } else { inside.to_owned() }
        } else if is_code_option {
            self.version_words(inside)
        } else if let Some(rest) = inside.strip_prefix(&format!("/{}/", self.current)) {
            // An HTTP path: two versions cannot answer the same call.
            format!("/{}/{rest}", self.next)
        } else {
            self.name(inside)
        };
        format!("{quote}{inside}{quote}")
    }

    /// `v1` and `V1` wherever nothing follows that would make them part of a longer word: `ordersv1`, `Acme.Orders.V1`.
    fn version_words(&self, text: &str) -> String {
        let mut out = text.to_owned();
        for (from, to) in [(self.current.to_owned(), self.next.to_owned()), (capital(self.current), capital(self.next))]
        {
            let mut start = 0;
            while let Some(at) = out[start..].find(&from).map(|at| start + at) {
                let end = at + from.len();
                let is_whole = !out[end..].starts_with(|c: char| c.is_alphanumeric());
                start = if is_whole {
                    out.replace_range(at..end, &to);
                    at + to.len()
                } else {
                    end
                };
            }
        }
        out
    }
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A name, dotted or not, or a number.
    Word,
    /// With its quotes.
    String,
    Symbol,
    /// White space and comments.
    Space,
}

#[derive(Debug, Clone, Copy)]
struct Token<'a> {
    kind: Kind,
    text: &'a str,
}

/// Every byte of a text in exactly one token, so that what is not rewritten stays as it is.
fn tokens(text: &str) -> impl Iterator<Item = Token<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        let (kind, length) = if first.is_whitespace() {
            (Kind::Space, rest.find(|c: char| !c.is_whitespace()).unwrap_or(rest.len()))
        } else if rest.starts_with("//") {
            (Kind::Space, rest.find('\n').unwrap_or(rest.len()))
        } else if rest.starts_with("/*") {
            (Kind::Space, rest.find("*/").map_or(rest.len(), |at| at + 2))
        } else if first == '"' || first == '\'' {
            (Kind::String, string_length(rest, first))
        } else if is_word(first) {
            (Kind::Word, rest.find(|c| !is_word(c)).unwrap_or(rest.len()))
        } else {
            (Kind::Symbol, first.len_utf8())
        };
        let (token, after) = rest.split_at(length);
        rest = after;
        Some(Token { kind, text: token })
    })
}

fn string_length(text: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            // A string ends at the line's end, too, where its quote is missing.
            '\n' => return at,
            c if c == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDERS: &str = "// acme.orders.v1 stays as it is in comments.\nsyntax = \"proto3\";\npackage acme.orders.v1;\n\n\
import \"acme/orders/v1/money.proto\";\nimport \"google/api/annotations.proto\";\n\
option go_package = \"example.org/acme/orders/v1;ordersv1\";\noption java_package = \"org.example.acme.orders.v1\";\n\
option csharp_namespace = \"Acme.Orders.V1\";\n\nmessage Order {\n  .acme.orders.v1.Money price = 1; /* v1 */\n  \
acme.orders.v10.Money other = 2;\n}\nservice Orders {\n  rpc Get(Order) returns (Order) {\n    option (google.api.http) = \
{get: \"/v1/orders\"};\n  }\n}\n";

    #[test]
    fn everything_that_names_the_package_names_the_next_one() {
        let money = "syntax = \"proto3\";\npackage acme.orders.v1;\nmessage Money {}\n";
        let files = [
            ("proto/acme/orders/v1/orders.proto".to_owned(), ORDERS.to_owned()),
            ("proto/acme/orders/v1/money.proto".to_owned(), money.to_owned()),
        ];
        let written = next_package(&files, "acme.orders.v1", "v2");
        assert_eq!(written[0].0, "proto/acme/orders/v2/money.proto");
        assert_eq!(written[1].0, "proto/acme/orders/v2/orders.proto");
        let expected = ORDERS
            .replace("package acme.orders.v1", "package acme.orders.v2")
            .replace("acme/orders/v1/money", "acme/orders/v2/money")
            .replace("acme/orders/v1;ordersv1", "acme/orders/v2;ordersv2")
            .replace("org.example.acme.orders.v1", "org.example.acme.orders.v2")
            .replace("Acme.Orders.V1", "Acme.Orders.V2")
            .replace(".acme.orders.v1.Money", ".acme.orders.v2.Money")
            .replace("/v1/orders\"", "/v2/orders\"");
        assert_eq!(written[1].1, expected);
    }

    #[test]
    fn files_without_a_folder_of_the_version_go_into_one() {
        let files = [("api/orders.proto".to_owned(), "package orders.v1;".to_owned())];
        assert_eq!(
            next_package(&files, "orders.v1", "v2"),
            [("api/v2/orders.proto".to_owned(), "package orders.v2;".to_owned())]
        );
    }

    #[test]
    fn the_package_of_a_file_is_found_past_comments() {
        assert_eq!(declared_package("// package no;\nsyntax = \"proto3\"; package /* x */ a.v1 ;"), "a.v1");
        assert_eq!(declared_package("message M { string package = 1; }"), "");
        assert_eq!(declared_package("\"unclosed\npackage b;"), "b");
    }
}
