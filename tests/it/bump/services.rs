//! Several services in one repository, each released by itself.

use crate::bump::{GROWN, RELEASED, bump, read, succeeded};
use crate::scratch::Scratch;

const PROJECT: &str = "[[contracts]]\npath = \"orders/api.yaml\"\nservice = \"orders\"\nversion = { changelog = \"orders/CHANGELOG.md\" }\n\n\
[[contracts]]\npath = \"billing\"\nservice = \"billing\"\nversion = { tag = \"billing-{version}\", changelog = \"billing/CHANGELOG.md\" }\n";

/// Orders was released as 1.4.0, then billing as 1.4.0 (later, with more in it); then orders grew.
fn services() -> Scratch {
    let scratch = Scratch::repository();
    scratch.write("counterpart.toml", PROJECT);
    scratch.write("orders/api.yaml", RELEASED).write("billing/api.yaml", RELEASED).commit("start");
    scratch.git(&["tag", "orders/v1.4.0"]);
    scratch.write("orders/api.yaml", GROWN).write("billing/api.yaml", GROWN).commit("both grow");
    scratch.git(&["tag", "billing-1.4.0"]);
    scratch.write("notes.txt", "x").commit("notes");
    scratch
}

#[test]
fn each_service_is_measured_against_its_own_tag() {
    let scratch = services();
    assert_eq!(succeeded(&bump(&scratch, &["--print", "next"])), "billing 1.4.0\norders 1.5.0\n");
    assert_eq!(succeeded(&bump(&scratch, &["--print", "current"])), "billing 1.4.0\norders 1.4.0\n");
    succeeded(&bump(&scratch, &[]));
    assert_eq!(read(&scratch, "orders/api.yaml"), GROWN.replace("1.4.0", "1.5.0"));
    assert_eq!(read(&scratch, "billing/api.yaml"), GROWN, "nothing changed since its release");
    scratch.commit("orders 1.5.0");
    let text = succeeded(&bump(&scratch, &["--tag"]));
    assert!(text.contains("tagged HEAD as orders/v1.5.0") && !text.contains("billing-"), "{text}");
    let before = (read(&scratch, "orders/api.yaml"), read(&scratch, "billing/api.yaml"));
    succeeded(&bump(&scratch, &[]));
    assert_eq!(before, (read(&scratch, "orders/api.yaml"), read(&scratch, "billing/api.yaml")), "twice is once");
}

#[test]
fn check_asks_each_service_for_its_own_version() {
    let scratch = services();
    let run = scratch.run(&["check", "--against", "git:HEAD", "--format", "json", "--today", "2026-06-01"]).expect(0);
    let report = run.json();
    let of = |index: usize| {
        let contract = &report["contracts"][index];
        (
            contract["path"].as_str().unwrap_or_default().to_owned(),
            contract["required_bump"].as_str().unwrap_or_default().to_owned(),
        )
    };
    assert_eq!(of(0), ("billing/api.yaml".to_owned(), "none".to_owned()));
    assert_eq!(of(1), ("orders/api.yaml".to_owned(), "minor".to_owned()));
    assert_eq!(run.rules(), ["note version/unchanged"]);
}

#[test]
fn a_service_moves_only_with_its_own_contract() {
    let scratch = services();
    scratch.write("billing/api.yaml", &GROWN.replace("/invoices:", "/bills:")).commit("billing breaks");
    assert_eq!(succeeded(&bump(&scratch, &["--print", "next"])), "billing 2.0.0\norders 1.5.0\n");
}

#[test]
fn services_have_changelogs_of_their_own() {
    let scratch = services();
    scratch.write("billing/api.yaml", &GROWN.replace("/invoices:", "/bills:")).commit("billing breaks");
    succeeded(&bump(&scratch, &["--changelog"]));
    let (orders, billing) = (read(&scratch, "orders/CHANGELOG.md"), read(&scratch, "billing/CHANGELOG.md"));
    assert!(
        orders.contains("## [1.5.0] - 2026-06-01") && orders.contains("/invoices") && !orders.contains("/bills"),
        "{orders}"
    );
    assert!(billing.contains("## [2.0.0] - 2026-06-01") && billing.contains("**Breaking:**"), "{billing}");

    let shared = services();
    shared.write("billing/api.yaml", &GROWN.replace("/invoices:", "/bills:")).commit("billing breaks");
    succeeded(&bump(&shared, &["--changelog", "NEWS.md"]));
    let text = read(&shared, "NEWS.md");
    assert!(text.contains("## [orders 1.5.0]") && text.contains("## [billing 2.0.0]"), "{text}");
}

#[test]
fn a_service_without_a_release_stands_as_it_is() {
    let scratch = services();
    scratch.write("returns/api.yaml", GROWN).commit("a new service");
    assert_eq!(succeeded(&bump(&scratch, &["--print", "next"])), "billing 1.4.0\norders 1.5.0\n");
}
