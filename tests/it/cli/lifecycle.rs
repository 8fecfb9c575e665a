//! Deprecate, wait, remove: what is announced may go, and retired services are one finding.

use crate::scratch::{OPENAPI, PROTO, Scratch};

const TODAY: [&str; 2] = ["--today", "2026-06-01"];

fn check(scratch: &Scratch) -> Vec<String> {
    scratch.run(&["check", "--format", "json", TODAY[0], TODAY[1]]).rules()
}

#[test]
fn a_property_is_deprecated_waits_and_goes_without_an_error() {
    let scratch = Scratch::project();
    let email = "        email: { type: string }\n";
    let with = |sunset: &str| format!("        email: {{ type: string, deprecated: true, x-sunset: \"{sunset}\" }}\n");
    scratch.edit("api/orders.yaml", email, &with("2026-05-01")).commit("deprecated, long ago");
    // Something else changes in the same file: now it is said what may go.
    scratch.edit("api/orders.yaml", "    Order:\n", "    Order:\n      description: an order\n");
    let run = scratch.run(&["check", "--format", "json", TODAY[0], TODAY[1]]).expect(0);
    let item = &run.json()["may_be_removed"][0];
    assert_eq!(
        (item["name"].as_str(), item["sunset"].as_str()),
        (Some("Order.email"), Some("2026-05-01")),
        "{}",
        run.stdout
    );
    let text = scratch.run(&["check", TODAY[0], TODAY[1]]).expect(0).stdout;
    assert!(text.contains("Order.email may be removed now"), "{text}");
    let markdown = scratch.run(&["check", "--format", "markdown", TODAY[0], TODAY[1]]).expect(0).stdout;
    assert!(markdown.contains("1 may be removed now"), "{markdown}");

    scratch.edit("api/orders.yaml", &with("2026-05-01"), "");
    let rules = check(&scratch);
    assert!(rules.contains(&"note schema/property-removed-after-sunset".to_owned()), "{rules:?}");
}

#[test]
fn removing_before_the_sunset_or_without_one_is_early() {
    for life in ["deprecated: true", "deprecated: true, x-sunset: \"2026-12-31\""] {
        let scratch = Scratch::project();
        scratch
            .edit("api/orders.yaml", "email: { type: string }", &format!("email: {{ type: string, {life} }}"))
            .commit("soon");
        let text = scratch.read("api/orders.yaml");
        let line = text.lines().find(|line| line.contains("email")).expect("it is there").to_owned();
        scratch.edit("api/orders.yaml", &format!("{line}\n"), "");
        assert!(check(&scratch).iter().any(|rule| rule.starts_with("error schema/property-removed")), "{life}");
    }
}

#[test]
fn the_grace_after_a_sunset_is_that_of_the_stability_level() {
    let after = |level: &str| {
        let scratch = Scratch::project();
        scratch.write("counterpart.toml", "[policy]\ngrace-days = { beta = 20, stable = 60 }\n");
        let life = format!("      deprecated: true\n      x-sunset: 2026-05-01\n{level}");
        scratch.edit("api/orders.yaml", "    get:\n", &format!("    get:\n{life}")).commit("announced");
        let due = scratch.run(&["deprecations", "--due", TODAY[0], TODAY[1]]).expect(0).stdout;
        let text = scratch.read("api/orders.yaml");
        let removed = text.split("paths:").next().expect("the head").to_owned() + "paths: {}\n";
        scratch.write("api/orders.yaml", &removed);
        let rules = check(&scratch);
        let rule = rules.into_iter().find(|rule| rule.contains("openapi/operation-removed")).expect("it is removed");
        (rule, due.contains("may be removed since"))
    };
    let early = ("error openapi/operation-removed-before-sunset".to_owned(), false);
    assert_eq!(after(""), early, "no level is a full promise");
    assert_eq!(after("      x-stability-level: stable\n"), early);
    let announced = ("note openapi/operation-removed-after-sunset".to_owned(), true);
    assert_eq!(after("      x-stability-level: beta\n"), announced);
}

#[test]
fn deprecations_lists_everything_with_its_last_day() {
    let scratch = Scratch::project();
    scratch.edit("api/orders.yaml", "    get:\n", "    get:\n      deprecated: true\n      x-sunset: 2027-01-31\n");
    scratch.edit(
        "proto/acme/orders/v1/orders.proto",
        "  string sku = 2;",
        "  // Sunset: 2026-05-01\n  string sku = 2 [deprecated = true];",
    );
    let text = scratch.run(&["deprecations", TODAY[0], TODAY[1]]).expect(0).stdout;
    assert!(text.contains("GET /orders/{id}: works until 2027-01-31"), "{text}");
    assert!(
        text.contains("orders.proto:7:10: acme.orders.v1.Order.sku: may be removed since its sunset 2026-05-01"),
        "{text}"
    );
    let text = scratch.run(&["deprecations", "--due", TODAY[0], TODAY[1]]).expect(0).stdout;
    assert!(!text.contains("GET") && text.contains("sku"), "{text}");
    let json = scratch.run(&["deprecations", "api", "--format", "json", TODAY[0], TODAY[1]]).expect(0).json();
    assert_eq!(json["deprecations"].as_array().map(Vec::len), Some(1), "{json}");
    assert_eq!(json["deprecations"][0]["may_be_removed"], false);
    scratch.commit("deprecated").edit(
        "proto/acme/orders/v1/orders.proto",
        "  // Sunset: 2026-05-01\n  string sku = 2 [deprecated = true];",
        "  reserved 2;\n  reserved \"sku\";",
    );
    scratch.run(&["check", TODAY[0], TODAY[1]]).expect(0);
}

#[test]
fn a_retired_service_is_one_finding_and_goes_after_its_last_day() {
    let retire = |day: &str| {
        let scratch = Scratch::project();
        scratch.write("legacy/api.yaml", &OPENAPI.replace("Orders", "Legacy")).commit("a second service");
        scratch.write(
            "counterpart.toml",
            &format!("[[contracts]]\npath = \"legacy/api.yaml\"\nservice = \"legacy\"\nretired = \"{day}\"\n"),
        );
        scratch.remove("legacy/api.yaml");
        scratch
    };
    let early = retire("2026-12-31");
    let run = early.run(&["check", "--format", "json", TODAY[0], TODAY[1]]).expect(1);
    assert_eq!(run.rules(), ["error openapi/contract-removed"], "one finding for the whole service");
    assert!(
        run.json()["findings"][0]["help"].as_str().is_some_and(|help| help.contains("`retired`")),
        "{}",
        run.stdout
    );

    let run = retire("2026-05-31").run(&["check", "--format", "json", TODAY[0], TODAY[1]]).expect(0);
    let report = run.json();
    assert_eq!(report["findings"][0]["suppressed"]["by"], "retired", "{}", run.stdout);
    assert_eq!(report["summary"]["required_bump"], "major", "the gate opens; the version still says what happened");

    let wrong = retire("soon").run(&["check", "--format", "json"]).expect(2);
    assert_eq!(wrong.problem().0, "bad-config");
}

#[test]
fn a_retired_package_goes_the_same_way() {
    let scratch = Scratch::project();
    scratch
        .write("proto/acme/legacy/v1/legacy.proto", &PROTO.replace("orders.v1", "legacy.v1"))
        .commit("a second package");
    scratch.write("counterpart.toml", "[[contracts]]\npath = \"proto/acme/legacy\"\nretired = 2026-05-31\n");
    scratch.remove("proto/acme/legacy/v1/legacy.proto");
    let run = scratch.run(&["check", "--format", "json", TODAY[0], TODAY[1]]).expect(0);
    let rule = "error protobuf/file-removed-with-services".to_owned();
    assert!(run.rules().contains(&rule), "suppressed, and still told: {:?}", run.rules());
}
