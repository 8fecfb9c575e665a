//! Contracts that somebody broke at random: everything ends, nothing panics. `fuzz/` drives the same entry points.

use proptest::prelude::*;

use crate::formats::openapi::check;
use crate::formats::openapi::tests::compare;
use crate::formats::openapi::view::Api;
use crate::syntax::Library;
use crate::syntax::memory_tree::Files;

const SOUND: &str = "openapi: 3.1.0
info: {title: A, version: 1.0.0}
servers: [{url: 'https://{r}.example.org', variables: {r: {default: eu}}}]
security: [{key: []}]
paths:
  /a/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get:
      parameters: [{$ref: '#/components/parameters/Limit'}]
      responses:
        '200': &fine
          description: Fine
          headers: {X-A: {schema: {type: integer}}}
          content: {application/json: {schema: {$ref: '#/components/schemas/Tree'}}}
        default: *fine
    post:
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Tree'}}}}
      responses: {'204': {description: Done}}
components:
  parameters: {Limit: {name: limit, in: query, schema: {type: integer, maximum: 10}}}
  schemas:
    Tree: {type: object, properties: {left: {$ref: '#/components/schemas/Tree'}, value: {type: [integer, 'null']}}}
  securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}
";

/// The sound contract with some of its text cut out or replaced.
fn broken() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "",
        "{",
        "}",
        "[",
        "]",
        ": ",
        "\n",
        "  ",
        "$ref: '#/paths'",
        "null",
        "*fine",
        "&fine ",
        "<<: ",
        "- ",
        "é",
        "'",
        "5",
        "'#/components/schemas/Tree/properties/left'",
        "true",
        "'#'",
    ]);
    prop::collection::vec((0..SOUND.len(), 0_usize..30, words), 1..4).prop_map(|edits| {
        let mut text = SOUND.to_owned();
        for (at, length, word) in edits {
            let at = at.min(text.len());
            let end = (at + length).min(text.len());
            if text.is_char_boundary(at) && text.is_char_boundary(end) {
                text.replace_range(at..end, word);
            }
        }
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn broken_contracts_are_told_or_compared(text in broken()) {
        let comparison = compare(&Files::single("a.yaml", SOUND), &Files::single("a.yaml", &text));
        prop_assert!(comparison.old_problems.is_empty());
    }

    #[test]
    fn views_of_broken_contracts_do_not_panic(text in broken()) {
        let mut library = Library::new(false);
        let file = library.insert("a.yaml", &text);
        let api = Api::new(&library, &[file]);
        let _ = check::problems(&api);
        for operation in api.operations() {
            let _ = (operation.servers(), operation.security().map(|list| list.len()));
            let _ = operation.request_body().map(|body| body.content().len());
            for parameter in operation.parameters() {
                let _ = (parameter.style(), parameter.explodes(), parameter.content().len());
            }
            for response in operation.responses() {
                let _ = (response.headers().len(), response.content().len(), response.links().len());
            }
        }
    }
}
