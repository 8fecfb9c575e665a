//! What a document says once for many operations is one change, with all of them.

use std::fmt::Write as _;

use crate::change::Change;
use crate::formats::openapi::tests::compare;
use crate::syntax::memory_tree::files;

fn changes(old: &str, new: &str) -> Vec<Change> {
    compare(&files(&[("api.yaml", old)]), &files(&[("api.yaml", new)]))
        .contracts
        .into_iter()
        .flat_map(|contract| contract.changes)
        .collect()
}

/// Three operations that say nothing about media types, and one that says what `own` says.
fn swagger(lists: &str, own: &str) -> String {
    let mut text = format!("swagger: '2.0'\ninfo: {{title: T, version: 1.0.0}}\n{lists}\npaths:\n");
    for (path, says) in [("/a", ""), ("/b", ""), ("/c", ""), ("/own", own)] {
        let body = "parameters: [{in: body, name: b, schema: {type: object}}]";
        let _ = write!(
            text,
            "  {path}:\n    post:\n      {body}\n      responses: {{'200': {{description: Fine, schema: {{type: object}}}}}}\n"
        );
        if !says.is_empty() {
            let _ = writeln!(text, "      {says}");
        }
    }
    text
}

fn told(change: &Change) -> (&'static str, &str, usize) {
    (change.kind.id, &change.subject.name, change.operations.len())
}

#[test]
fn media_types_of_the_document_are_one_change() {
    let both = "produces: [application/json, application/xml]\nconsumes: [application/json, application/xml]";
    let one = "produces: [application/json]\nconsumes: [application/json, application/xml]";
    let own = "produces: [application/json, application/xml]";
    let removed = changes(&swagger(both, own), &swagger(one, own));
    assert_eq!(
        removed.iter().map(told).collect::<Vec<_>>(),
        [("response-media-type-removed", "produces application/xml", 3)]
    );
    let added = changes(&swagger(one, own), &swagger(both, own));
    assert_eq!(
        added.iter().map(told).collect::<Vec<_>>(),
        [("response-media-type-added", "produces application/xml", 3)]
    );
    let fewer = "produces: [application/json, application/xml]\nconsumes: [application/json]";
    let refused = changes(&swagger(both, own), &swagger(fewer, own));
    assert_eq!(
        refused.iter().map(told).collect::<Vec<_>>(),
        [("request-media-type-removed", "consumes application/xml", 4)]
    );
}

#[test]
fn a_document_that_says_nothing_any_more_is_one_change() {
    let lists = "produces: [application/xml]\nconsumes: [application/xml]";
    let (old, new) = (swagger(lists, ""), swagger("", ""));
    let expected = |xml: &str, json: &str| {
        let told = [
            (format!("request-media-type-{json}"), "consumes application/json".to_owned(), 4),
            (format!("request-media-type-{xml}"), "consumes application/xml".to_owned(), 4),
            (format!("response-media-type-{json}"), "produces application/json".to_owned(), 4),
            (format!("response-media-type-{xml}"), "produces application/xml".to_owned(), 4),
        ];
        told.to_vec()
    };
    let sorted = |changes: Vec<Change>| {
        let told = changes.iter().map(told).map(|(kind, name, count)| (kind.to_owned(), name.to_owned(), count));
        let mut told: Vec<_> = told.collect();
        told.sort();
        told
    };
    assert_eq!(sorted(changes(&old, &new)), expected("removed", "added"));
    let mut back = expected("added", "removed");
    back.sort();
    assert_eq!(sorted(changes(&new, &old)), back);
}

#[test]
fn an_operation_that_says_something_else_is_a_change_of_its_own() {
    let both = "produces: [application/json, application/xml]";
    let old = swagger(both, "produces: [application/json, application/xml]");
    let changes = changes(&old, &swagger(both, "produces: [application/json]"));
    assert_eq!(
        changes.iter().map(told).collect::<Vec<_>>(),
        [("response-media-type-removed", "POST /own 200 application/xml", 1)]
    );
}

#[test]
fn a_body_that_becomes_a_form_is_a_change_of_its_operation() {
    let document = |parameter: &str| {
        let parameters = format!("parameters: [{parameter}]");
        swagger("consumes: [application/json]", "").replacen(
            "parameters: [{in: body, name: b, schema: {type: object}}]",
            &parameters,
            1,
        )
    };
    let (old, new) =
        (document("{in: body, name: b, schema: {type: object}}"), document("{in: formData, name: f, type: string}"));
    let changes = changes(&old, &new);
    assert_ne!(changes.len(), 0);
    let elsewhere = changes.iter().filter(|change| change.operations.iter().any(|operation| operation.path != "/a"));
    assert_eq!(elsewhere.map(told).collect::<Vec<_>>(), []);
    assert_eq!(changes.iter().filter(|change| change.subject.name.starts_with("consumes ")).count(), 0);
}

/// An operation that lists these responses.
fn answers(responses: &str) -> String {
    format!(
        "openapi: 3.0.3\ninfo: {{title: T, version: 1.0.0}}\npaths:\n  /a:\n    get:\n      responses:\n{responses}        \
         default: {{description: D, content: {{application/json: {{schema: {{type: object}}}}}}}}\n"
    )
}

#[test]
fn successes_as_a_range_are_one_change_where_default_is_for_errors() {
    let text = "{description: S, content: {text/plain: {schema: {type: string}}}}";
    let (one, all) = (answers(&format!("        '200': {text}\n")), answers(&format!("        2XX: {text}\n")));
    assert_eq!(
        changes(&one, &all).iter().map(told).collect::<Vec<_>>(),
        [("response-status-removed", "GET /a 200", 1)]
    );
    assert_eq!(changes(&all, &one).iter().map(told).collect::<Vec<_>>(), [("response-status-added", "GET /a 200", 1)]);
    // Without `default`, all successes are more than one, and one is fewer.
    let alone = |text: &str| text.lines().filter(|line| !line.contains("default")).collect::<Vec<_>>().join("\n");
    let told_of = |old: &str, new: &str| {
        changes(&alone(old), &alone(new)).iter().map(|change| change.kind.id).collect::<Vec<_>>()
    };
    assert_eq!(told_of(&one, &all), ["response-status-removed", "response-status-added"]);
    assert_eq!(told_of(&all, &one), ["response-status-added"]);
    // Beside a success that says nothing, `default` may well describe the others.
    let (one, all) = (answers("        '204': {description: N}\n"), answers("        2XX: {description: N}\n"));
    let lost = changes(&one, &all).iter().filter(|change| change.kind.id == "response-media-type-removed").count();
    assert_eq!(lost, 1);
}

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
