//! Contracts that cannot be used: every reason, with its place.

use crate::formats::openapi::tests::compare;
use crate::syntax::memory_tree::Files;

/// The problems of a document as `line:column code: message`.
fn problems(text: &str) -> Vec<String> {
    let path = if text.starts_with('{') { "a.json" } else { "a.yaml" };
    let sound = Files::single("a.yaml", "openapi: 3.0.0\ninfo: {title: A, version: 1.0.0}\npaths: {}\n");
    let comparison = compare(&sound, &Files::single(path, text));
    assert_eq!(comparison.old_problems, []);
    let told = comparison.new_problems.into_iter().map(|problem| {
        let place = problem.location.expect("every problem of a document has a place");
        format!("{}:{} {}: {}", place.start_line, place.start_column, problem.code, problem.message)
    });
    told.collect()
}

#[test]
fn every_problem_is_told_and_not_only_the_first() {
    let text = "openapi: 3.0.0
info: {title: A, version: 1.0.0}
paths:
  orders: {}
  /a:
    get:
      parameters: {name: x}
      responses:
        '200': {$ref: '#/components/responses/Fine'}
    post: nothing
  /b:
    get:
      parameters:
        - {name: x, in: query, schema: {type: string}}
        - {name: x, in: query, schema: {type: integer}}
        - {in: query}
      requestBody: {content: [text/plain]}
components:
  schemas:
    Pet: {properties: [name], allOf: {}}
    Cat: 5
";
    assert_eq!(
        problems(text),
        [
            "4:3 openapi-structure: the path `orders` does not start with a slash, so it cannot be called",
            "7:7 openapi-structure: `parameters` must be an array, but is an object",
            "9:23 ref-nowhere: the reference `#/components/responses/Fine` cannot be resolved: `a.yaml` has nothing at `/components/responses/Fine`",
            "10:5 openapi-structure: `post` must be an object, but is a string",
            "15:18 openapi-structure: the query parameter `x` is declared twice (first on line 14), so it is unclear which one holds",
            "16:11 openapi-structure: a parameter without `name` cannot be told from others",
            "17:21 openapi-structure: `content` must be an object, but is an array",
            "20:11 openapi-structure: `properties` must be an object, but is an array",
            "20:31 openapi-structure: `allOf` must be an array, but is an object",
            "21:5 openapi-structure: `Cat` must be an object, but is a number",
        ]
    );
}

#[test]
fn documents_that_are_no_contract_say_why() {
    for (text, expected) in [
        ("openapi: 4.0.0\npaths: {}\n", "1:1 openapi-version: `openapi: 4.0.0` is a version that cannot be read"),
        ("swagger: '1.2'\npaths: {}\n", "1:1 openapi-version: `swagger: 1.2` is a version that cannot be read"),
        ("openapi: 3.0.0\ninfo: {}\n", "1:1 openapi-structure: the document has no `paths`, so it describes nothing"),
        ("openapi: 3.0.0\npaths: []\n", "2:1 openapi-structure: `paths` must be an object, but is an array"),
        ("openapi: 3.0.0\npaths:\n\t/a: {}\n", "3:1 yaml-syntax: tabs disallowed in this context"),
    ] {
        let found = problems(text);
        assert_eq!(
            found.first().map(|text| text.split(" yaml-syntax: ").next()),
            Some(expected.split(" yaml-syntax: ").next()),
            "{text}"
        );
    }
}

#[test]
fn what_real_contracts_get_wrong_without_harm_passes() {
    let text = "openapi: 3.0.3
info:
paths:
  /a:
    parameters:
    get:
      tags:
      unknown: 1
      parameters: [{name: x, in: query, required: 'yes', schema: {type: strin, required: true, items: [], nullable: 1}}]
      responses:
        200: {content: {application/json: {schema: {properties:, additionalProperties: false}, example: {$ref: '#/nowhere'}}}}
        x-note: {}
  x-extension: 5
x-webhooks: []
components:
  schemas:
    properties: {type: object, properties: {$ref: {type: string}, enum: {type: string}}}
    default: {properties: {example: {$ref: '#/components/schemas/properties'}}}
";
    assert_eq!(problems(text), [""; 0]);
}

#[test]
fn problems_in_a_file_that_is_referred_to_are_placed_there() {
    let old = crate::syntax::memory_tree::files(&[("a.yaml", "openapi: 3.0.0\npaths: {}\n")]);
    let new = crate::syntax::memory_tree::files(&[
        ("a.yaml", "openapi: 3.0.0\npaths: {/a: {$ref: p/a.yaml}, /b: {$ref: p/b.yaml}}\n"),
        ("p/a.yaml", "get: {responses: []}\n"),
        ("p/b.yaml", "get: [\n"),
    ]);
    let told: Vec<_> = compare(&old, &new)
        .new_problems
        .into_iter()
        .map(|problem| {
            problem.location.map_or_else(String::new, |place| format!("{}:{}", place.path, place.start_line))
        })
        .collect();
    assert_eq!(told, ["p/a.yaml:1", "p/b.yaml:1"]);
}

#[test]
fn endless_chains_and_circles_of_references_end() {
    let mut text = "openapi: 3.1.0\ninfo: {title: A, version: 1.0.0}\ncomponents:\n  schemas:\n".to_owned();
    for at in 0..20_000 {
        text.push_str(&format!("    S{at}: {{properties: {{a: {{$ref: '#/components/schemas/S{}'}}}}}}\n", at + 1));
    }
    text.push_str("    S20000: {$ref: '#/components/schemas/S0'}\n");
    assert_eq!(problems(&text), [""; 0]);
}
