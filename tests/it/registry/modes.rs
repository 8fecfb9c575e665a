//! The compatibility mode of a service, kept at publishing.

use super::{Server, on_every_backend};

/// An order with these properties in its response.
fn orders(properties: &str, required: &str) -> String {
    format!(
        "openapi: 3.0.3\ninfo: {{title: Orders, version: 1.0.0}}\npaths:\n  /orders:\n    get:\n      responses:\n        '200':\n          \
         description: orders\n          content:\n            application/json:\n              schema: {{type: object, required: [{required}], properties: {{{properties}}}}}\n"
    )
}

fn publish(server: &Server, version: &str, text: &str) -> (i32, String) {
    server.write("api/orders.yaml", text);
    server.run(&["publish", "api", "--service", "orders", "--version", version, "--branch", "main"])
}

fn mode(server: &Server, mode: &str) {
    assert_eq!(server.run(&["registry", "service", "orders", "--mode", mode]).0, 0, "{mode}");
}

#[test]
fn a_transitive_mode_looks_at_every_release_and_another_at_the_last() {
    on_every_backend(|server| {
        let with = orders("id: {type: string}, total: {type: number}", "id, total");
        let without = orders("id: {type: string}", "id");
        assert_eq!(publish(server, "1.0.0", &with).0, 0);
        mode(server, "none");
        assert_eq!(publish(server, "1.1.0", &without).0, 0, "nothing is enforced");
        mode(server, "backward");
        assert_eq!(publish(server, "1.2.0", &without).0, 0, "compared with 1.1.0 only");
        mode(server, "backward-transitive");
        let (code, text) = publish(server, "1.3.0", &without);
        assert_eq!((code, text.contains("total")), (1, true), "1.0.0 had it: {text}");
        assert_eq!(server.run(&["registry", "retire", "orders@1.0.0"]).0, 0);
        assert_eq!(publish(server, "1.3.0", &without).0, 0, "nobody is built against 1.0.0 any more");
    });
}

#[test]
fn forward_and_full_ask_whether_new_consumers_work_with_the_old_provider() {
    for (word, code) in [("backward", 0), ("forward", 1), ("full", 1)] {
        let server = Server::start(&[]);
        assert_eq!(publish(&server, "1.0.0", &orders("id: {type: string}", "id")).0, 0);
        mode(&server, word);
        // A property that the new provider always sends, and the old one never sent.
        let more = orders("id: {type: string}, note: {type: string}", "id, note");
        let (found, text) = publish(&server, "1.1.0", &more);
        assert_eq!(found, code, "{word}: {text}");
    }
}

#[test]
fn a_number_that_is_too_low_for_what_changed_is_refused() {
    let server = Server::start(&[]);
    assert_eq!(publish(&server, "1.0.0", &orders("id: {type: string}", "id")).0, 0);
    let more = orders("id: {type: string}, note: {type: string}", "id");
    let (code, text) = publish(&server, "1.0.1", &more);
    assert_eq!((code, text.contains("at least 1.1.0")), (1, true), "{text}");
    assert_eq!(publish(&server, "1.1.0", &more).0, 0);
    let (code, text) = server.run(&["registry", "service", "orders", "--mode", "sideways"]);
    assert_eq!((code, text.contains("mode")), (2, true), "{text}");
}
