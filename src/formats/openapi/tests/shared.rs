//! What a document says once for many operations is one change, with all of them.

use std::fmt::Write as _;

use crate::change::Change;
use crate::formats::openapi::tests::{changes, told};

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
