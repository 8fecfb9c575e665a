//! Breaks that were agreed on.

use crate::scratch::Scratch;

fn broken() -> Scratch {
    let scratch = Scratch::project();
    scratch.edit("api/orders.yaml", "        email: { type: string }\n", "");
    scratch
}

fn waiver(scratch: &Scratch, key: &str, value: &str, until: &str) {
    scratch.write(
        "counterpart.toml",
        &format!(
            "[[waivers]]\n{key} = \"{value}\"\nreason = \"nobody reads it\"\nowner = \"orders\"\nuntil = \"{until}\"\n"
        ),
    );
}

fn first_error(scratch: &Scratch) -> serde_json::Value {
    let report = scratch.run(&["check", "--format", "json"]).expect(1).json();
    let findings = report["findings"].as_array().expect("findings");
    findings.iter().find(|finding| finding["severity"] == "error").expect("an error").clone()
}

#[test]
fn a_waiver_lowers_the_gate_and_not_the_version() {
    let scratch = broken();
    let error = first_error(&scratch);
    for key in ["fingerprint", "rule"] {
        waiver(&scratch, key, error[key].as_str().expect("text"), "2030-01-31");
        let run = scratch.run(&["check", "--format", "json", "--today", "2030-01-31"]).expect(0);
        let report = run.json();
        assert_eq!(report["summary"]["suppressed"], 1, "{}", run.stdout);
        assert_eq!(report["summary"]["required_bump"], "major");
        let waived =
            report["findings"].as_array().expect("findings").iter().find(|found| !found["suppressed"].is_null());
        assert_eq!(waived.expect("one")["suppressed"]["owner"], "orders");
    }
}

#[test]
fn an_expired_waiver_is_an_error_at_its_place() {
    let scratch = broken();
    let error = first_error(&scratch);
    waiver(&scratch, "fingerprint", error["fingerprint"].as_str().expect("text"), "2030-01-31");
    let run = scratch.run(&["check", "--format", "json", "--today", "2030-02-01"]).expect(1);
    let report = run.json();
    let expired =
        report["findings"].as_array().expect("findings").iter().find(|found| found["rule"] == "waiver/expired");
    let expired = expired.expect("it is said");
    assert_eq!(expired["severity"], "error");
    assert_eq!(expired["location"]["path"], "counterpart.toml");
    assert_eq!(report["summary"]["suppressed"], 0);
}

#[test]
fn a_waiver_that_means_nothing_is_a_warning() {
    let scratch = Scratch::project();
    waiver(&scratch, "rule", "protobuf/field-renamed", "2030-01-31");
    let run = scratch.run(&["check", "--format", "json", "--today", "2030-01-01"]).expect(0);
    assert_eq!(run.rules(), ["warning waiver/unused"]);
}
