//! Statuses that are listed one by one, as a range, or by `default`.

use crate::formats::openapi::tests::{changes, told};

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
