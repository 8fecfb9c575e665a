//! Who answers for what changed, and what reports must not tell.

use crate::scratch::Scratch;

fn broken() -> Scratch {
    let scratch = Scratch::project();
    scratch.write(".github/CODEOWNERS", "* @acme/all\n*.proto @acme/wire proto@example.org\n/api/ @acme/http\n");
    scratch
        .write("counterpart.toml", "[[contracts]]\npath = \"api/orders.yaml\"\nowner = \"team-orders\"\n")
        .commit("owners");
    scratch.edit("api/orders.yaml", "        email: { type: string }\n", "");
    scratch.edit("proto/acme/orders/v1/orders.proto", "string sku = 2;", "int64 sku = 2;");
    scratch
}

#[test]
fn owners_stand_beside_findings_in_every_report_for_people() {
    let scratch = broken();
    let report = scratch.run(&["check", "--format", "json"]).expect(1).json();
    let findings = report["findings"].as_array().expect("findings");
    let owners = |path: &str| {
        let is_there = |finding: &&serde_json::Value| finding["location"]["path"] == path;
        let found = findings.iter().find(is_there).expect("a finding");
        found["owners"]
            .as_array()
            .expect("owners")
            .iter()
            .filter_map(|owner| owner.as_str())
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(owners("api/orders.yaml"), "team-orders @acme/http");
    assert_eq!(owners("proto/acme/orders/v1/orders.proto"), "@acme/wire proto@example.org");
    let text = scratch.run(&["check"]).expect(1).stdout;
    assert!(text.contains("= owners: team-orders, @acme/http"), "{text}");
    let markdown = scratch.run(&["check", "--format", "markdown"]).expect(1).stdout;
    assert!(markdown.contains("**owners**: @\u{200b}acme/wire"), "named, not notified: {markdown}");
    let page = scratch.run(&["check", "--format", "html"]).expect(1).stdout;
    assert!(page.contains("<dt>owners</dt><dd>team-orders, @acme/http</dd>"), "{page}");
    let sarif = scratch.run(&["check", "--format", "sarif"]).expect(1).stdout;
    assert!(sarif.contains("\"owners\""), "{sarif}");
}

#[test]
fn secrets_in_contracts_stay_out_of_every_report() {
    let scratch = Scratch::project();
    let token = "ghp_abcdefghijklmnopqrstuvwxyz0123456789";
    let with = |value: &str| format!("        email: {{ type: string, default: {value}, enum: [{value}, b] }}\n");
    scratch.edit("api/orders.yaml", "        email: { type: string }\n", &with(token)).commit("a secret");
    scratch.edit("api/orders.yaml", &with(token), "        email: { type: string, default: b, enum: [b] }\n");
    for format in ["json", "sarif", "junit", "github", "gitlab", "markdown"] {
        let run = scratch.run(&["check", "--format", format]);
        assert!(!run.stdout.contains(token) && !run.stderr.contains(token), "{format}: {}", run.stdout);
        assert!(
            format == "gitlab" || format == "junit" || run.stdout.contains("[redacted]"),
            "{format}: {}",
            run.stdout
        );
    }
    for format in ["text", "html"] {
        // Snippets show the source as the repository has it.
        let stdout = scratch.run(&["check", "--format", format]).stdout;
        let outside: Vec<&str> = stdout
            .lines()
            .filter(|line| line.contains(token) && !line.contains("email: { type") && !line.contains("class=\"n\""))
            .collect();
        assert!(outside.is_empty(), "{format}: {outside:?}");
    }
}

#[test]
fn a_version_pin_that_does_not_fit_is_a_clear_end() {
    let scratch = Scratch::project();
    scratch.write("counterpart.toml", "# the version\ncounterpart = \">=99\"\n");
    let run = scratch.run(&["check", "--format", "json"]).expect(2);
    let (code, help) = run.problem();
    assert_eq!(code, "wrong-version");
    assert!(help.contains("install a version that fits"), "{help}");
    assert_eq!(run.json()["errors"][0]["location"]["start_line"], 2);
    scratch.write("counterpart.toml", "counterpart = \"not a version\"\n");
    assert_eq!(scratch.run(&["check", "--format", "json"]).expect(2).problem().0, "bad-config");
}
