//! Contracts that appear, disappear and move.

use crate::scratch::{OPENAPI, PROTO, Scratch};

const ORDERS: &str = "proto/acme/orders/v1/orders.proto";

#[test]
fn a_new_contract_breaks_nobody() {
    let scratch = Scratch::project();
    scratch.write("api/billing.yaml", &OPENAPI.replace("Orders", "Billing").replace("/orders", "/bills"));
    scratch
        .write("proto/acme/billing/v1/billing.proto", &PROTO.replace("orders", "billing").replace("Orders", "Bills"));
    let run = scratch.run(&["check", "--format", "json"]).expect(0);
    assert_eq!(run.json()["summary"]["errors"], 0);
    scratch.run(&["check", "api/billing.yaml"]).expect(0);
}

#[test]
fn a_contract_that_is_gone_is_one_error() {
    let scratch = Scratch::project();
    scratch.remove("api/orders.yaml");
    let run = scratch.run(&["check", "--format", "json"]).expect(1);
    let report = run.json();
    assert_eq!(report["summary"]["errors"], 1, "{}", run.stdout);
    assert_eq!(report["findings"][0]["contract"], "api/orders.yaml");
}

#[test]
fn a_document_that_was_moved_is_the_same_contract() {
    let scratch = Scratch::project();
    scratch.git(&["mv", "api/orders.yaml", "api/v1-orders.yaml"]);
    scratch.edit("api/v1-orders.yaml", "        email: { type: string }\n", "");
    let run = scratch.run(&["check", "--format", "json"]).expect(1);
    let report = run.json();
    assert_eq!(report["summary"]["errors"], 1, "{}", run.stdout);
    assert_eq!(report["findings"][0]["contract"], "api/v1-orders.yaml");
    assert_eq!(report["findings"][0]["old_location"]["path"], "api/orders.yaml");
}

#[test]
fn a_file_that_was_renamed_inside_its_module_breaks_no_message() {
    let scratch = Scratch::project();
    scratch.git(&["mv", ORDERS, "proto/acme/orders/v1/service.proto"]);
    let run = scratch.run(&["check", "--format", "json"]);
    assert!(run.rules().iter().all(|rule| !rule.contains("message-removed")), "{:?}", run.rules());
}

#[test]
fn excluded_files_are_nobodys_contract() {
    let scratch = Scratch::project();
    scratch.write("counterpart.toml", "exclude = [\"api\"]\n").commit("Exclude");
    scratch.edit("api/orders.yaml", "        email: { type: string }\n", "");
    scratch.run(&["check"]).expect(0);
}

#[test]
fn severity_mode_and_fail_level_come_from_the_file_and_flags_win() {
    let scratch = Scratch::project();
    scratch.write("counterpart.toml", "[policy]\nfail-on = \"never\"\n").commit("Show only");
    scratch.edit("api/orders.yaml", "        email: { type: string }\n", "");
    scratch.run(&["check"]).expect(0);
    scratch.run(&["check", "--fail-on", "error"]).expect(1);
    let verbose = scratch.run(&["check", "--verbose"]).expect(0);
    assert!(verbose.stderr.contains("policy.fail-on = never (counterpart.toml:2)"), "{}", verbose.stderr);
    scratch.write("counterpart.toml", "[policy]\nmode = \"compatible\"\nfail-on = \"warning\"\n");
    scratch.run(&["check"]).expect(1);
    scratch.run(&["check", "--fail-on", "error"]).expect(0);
    let by_environment = scratch.command(&["check"]).env("COUNTERPART_FAIL_ON", "never").output().expect("it runs");
    assert_eq!(by_environment.status.code(), Some(0));
}
