//! Equal texts under specifications that make different things of them.

use crate::formats::openapi::tests::changes;

#[test]
fn equal_schemas_say_what_their_dialect_makes_of_them() {
    let document = |version: &str, dialect: &str, summary: &str| {
        format!(
            "openapi: {version}\ninfo: {{title: T, version: 1.0.0}}\n{dialect}\npaths:\n  /a:\n    get:\n      \
             summary: {summary}\n      parameters: [{{in: query, name: q, schema: {{type: string, const: a}}}}]\n      \
             responses: {{'200': {{description: Fine}}}}\n"
        )
    };
    let kinds = |old: &str, new: &str| -> Vec<&str> {
        let told = changes(old, new);
        told.iter().map(|change| change.kind.id).filter(|id| *id != "documentation-changed").collect()
    };
    // Draft 4 and OpenAPI 3.0 know no `const`.
    let draft = "jsonSchemaDialect: 'http://json-schema.org/draft-04/schema#'";
    let (with, without) = (document("3.1.0", "", "one"), document("3.1.0", draft, "two"));
    assert_eq!(kinds(&with, &without), ["const-changed"]);
    assert_eq!(kinds(&without, &with), ["const-changed"]);
    let moved = kinds(&document("3.0.3", "", "one"), &document("3.1.0", "", "one"));
    assert_eq!(moved, ["openapi-version-changed", "const-changed"]);
    assert_eq!(kinds(&document("3.0.3", "", "one"), &document("3.0.3", "", "two")), [""; 0]);
}

/// What changes for a request whose schema is equal, between two versions of the specification.
fn changes_for_body(old: &str, new: &str, schema: &str) -> Vec<&'static str> {
    let document = |version: &str| {
        let (head, body) = match version {
            "2.0" => (
                "swagger: '2.0'\nconsumes: [application/json]",
                format!("parameters: [{{in: body, name: b, schema: {schema}}}]"),
            ),
            _ => ("", format!("requestBody: {{content: {{application/json: {{schema: {schema}}}}}}}")),
        };
        let head = if head.is_empty() { format!("openapi: {version}") } else { head.to_owned() };
        format!(
            "{head}\ninfo: {{title: T, version: 1.0.0}}\npaths:\n  /a:\n    post:\n      {body}\n      \
             responses: {{'200': {{description: Fine}}}}\n"
        )
    };
    let told = changes(&document(old), &document(new));
    let broken = told.iter().filter(|change| change.measured.new_reads_old.is_some());
    broken.map(|change| change.kind.id).collect()
}

#[test]
fn unions_say_what_their_dialect_makes_of_them() {
    let constants = "{anyOf: [{const: a}, {const: b}]}";
    assert_eq!(changes_for_body("3.0.3", "3.1.0", constants), ["composition-changed"]);
    assert_eq!(changes_for_body("3.1.0", "3.1.1", constants), [""; 0]);
    // Swagger 2.0 knows no unions.
    assert_eq!(
        changes_for_body("2.0", "3.0.3", "{anyOf: [{required: [a]}, {required: [b]}]}"),
        ["composition-changed"]
    );
    assert_eq!(
        changes_for_body("2.0", "3.0.3", "{oneOf: [{type: string}, {type: array, maxItems: 1}]}"),
        ["wrapped-in-one-of"]
    );
}
