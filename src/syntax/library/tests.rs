//! References as contracts use them, over a tree in memory.

use crate::syntax::Library;
use crate::syntax::memory_tree::files;

fn load(contents: &[(&'static str, &'static str)]) -> Library {
    let mut library = Library::new(false);
    library.load(&files(contents), &[contents[0].0]);
    library
}

/// Where the reference at `/ref` of the first file ends, as `path#pointer`, or why it does not.
fn target(contents: &[(&'static str, &'static str)]) -> String {
    let library = load(contents);
    let root = library.file(contents[0].0).expect("the first file is there");
    match library.root(root).get("ref").expect("the tests have a ref").follow() {
        Ok(found) => format!("{found:?}"),
        Err(reason) => reason.to_string(),
    }
}

fn problems(contents: &[(&'static str, &'static str)]) -> Vec<String> {
    let library = load(contents);
    let root = library.file(contents[0].0).expect("the first file is there");
    let told = library.reachable(root).into_iter().flat_map(|file| library.reference_problems(file)).map(|problem| {
        let place = problem.location.expect("a reference has a place");
        format!("{}:{}:{} {}: {}", place.path, place.start_line, place.start_column, problem.code, problem.message)
    });
    told.collect()
}

#[test]
fn references_lead_across_files_and_back() {
    let a = ("api/a.yaml", "ref: {$ref: '../lib/b%20c.yaml#/x~1y/0'}\nhere: 1\n");
    assert_eq!(
        target(&[
            a,
            ("lib/b c.yaml", "x/y: [{$ref: 'd.json#/z'}]\n"),
            ("lib/d.json", "{\"z\": {\"$ref\": \"../api/a.yaml#/here\"}}")
        ]),
        "api/a.yaml#/here"
    );
}

#[test]
fn pointers_go_through_references_and_percent_encoding() {
    assert_eq!(
        target(&[(
            "a.yaml",
            "ref: {$ref: '#/paths/~1u~1%7Bid%7D/b'}\npaths:\n  /u/{id}: {$ref: '#/deep'}\ndeep: {b: 1}\n"
        )]),
        "a.yaml#/deep/b"
    );
}

#[test]
fn identifiers_and_anchors_name_schemas() {
    let text = "ref: {$ref: 'https://x.org/s/one#here'}\n$defs:\n  one:\n    $id: https://x.org/s/one\n    inner: {$anchor: here}\n";
    assert_eq!(target(&[("a.yaml", text)]), "a.yaml#/$defs/one/inner");
    let relative = "$id: https://x.org/s/a\nref: {$ref: 'b.yaml#/k'}\n";
    assert_eq!(target(&[("d/a.yaml", relative), ("d/b.yaml", "k: 1\n")]), "d/b.yaml#/k");
    let absolute = "$id: https://x.org/s/a\nref: {$ref: 'https://x.org/s/b.yaml'}\n";
    assert_eq!(target(&[("d/a.yaml", absolute), ("d/b.yaml", "$id: https://x.org/s/b.yaml\n")]), "d/b.yaml#");
}

#[test]
fn broken_references_are_told_where_they_stand() {
    let text = "a: {$ref: '#/schemas/Ordr'}\nb: {$ref: 'none.yaml'}\nc: {$ref: '../../up.yaml'}\nd: {$ref: 'https://x.org/a.yaml'}\n\
                e: {$ref: '#/e'}\nf: {example: {$ref: '#/nowhere'}, x-y: {$ref: 'also-none.yaml'}}\nschemas: {Order: {}}\ng: {$ref: 'b.yaml'}\n";
    assert_eq!(
        problems(&[("a.yaml", text), ("b.yaml", "- $ref: '#/x'\n")]),
        [
            "a.yaml:1:11 ref-nowhere: the reference `#/schemas/Ordr` cannot be resolved: `a.yaml` has nothing at `/schemas/Ordr`",
            "a.yaml:2:11 ref-missing-file: the reference `none.yaml` cannot be resolved: `none.yaml` does not exist in memory",
            "a.yaml:3:11 ref-outside: the reference `../../up.yaml` cannot be resolved: `../../up.yaml` is outside memory",
            "a.yaml:4:11 ref-network: the reference `https://x.org/a.yaml` cannot be resolved: it goes to the network (`https://x.org/a.yaml`), which is not allowed",
            "a.yaml:5:11 ref-circle: the reference `#/e` cannot be resolved: it leads in a circle",
            "b.yaml:1:9 ref-nowhere: the reference `#/x` cannot be resolved: `b.yaml` has nothing at `/x`",
        ]
    );
}

#[test]
fn a_misspelt_name_gets_a_suggestion() {
    let library = load(&[("a.yaml", "a: {$ref: '#/schemas/Ordr'}\nschemas: {Order: {}, Other: {}}\n")]);
    let root = library.file("a.yaml").expect("loaded");
    assert_eq!(library.reference_problems(root)[0].help.as_deref(), Some("did you mean `Order`?"));
}

#[test]
fn recursion_that_arrives_is_no_circle() {
    assert_eq!(
        problems(&[(
            "a.yaml",
            "schemas:\n  Tree: {properties: {left: {$ref: '#/schemas/Tree'}}}\n  Alias: {$ref: '#/schemas/Tree'}\n"
        )]),
        [""; 0]
    );
}

#[test]
fn pointers_that_wind_through_circles_end() {
    let text = "a: {$ref: '#/b/x'}\nb: {$ref: '#/a/y'}\n";
    assert!(problems(&[("a.yaml", text)]).iter().all(|problem| problem.contains("cannot be resolved")));
}
