//! Bad input: exit 2, a clear message with the place, nothing written, and never 0.

use crate::scratch::{OPENAPI, PROTO, Scratch};

/// The refusal of comparing a sound contract with `text`, as JSON; and that the text form is said too.
fn refused(name: &str, text: &str) -> serde_json::Value {
    let scratch = Scratch::new();
    let sound = if std::path::Path::new(name).extension().is_some_and(|extension| extension == "proto") {
        PROTO
    } else {
        OPENAPI
    };
    scratch.write(&format!("old/{name}"), sound).write(&format!("new/{name}"), text);
    let old = format!("old/{name}");
    let new = format!("new/{name}");
    let report = scratch.run(&["diff", &old, &new, "--format", "json"]).expect(2).json();
    assert_eq!(report["schema"], "counterpart/report/1");
    let plain = scratch.run(&["diff", &old, &new]).expect(2);
    assert_eq!(plain.stdout, "", "nothing but results goes to standard output");
    assert!(!plain.stderr.is_empty());
    report
}

#[test]
fn broken_protobuf_is_refused_with_every_fault_and_its_place() {
    let report =
        refused("a.proto", "syntax = \"proto3\";\nmessage A {\n  string a = ;\n}\nmessage B { Missing m = 1; }\n");
    let errors = report["errors"].as_array().expect("errors");
    assert_eq!(errors[0]["location"]["path"], "new/a.proto");
    assert_eq!(errors[0]["location"]["start_line"], 3);
}

#[test]
fn broken_yaml_and_json_are_refused_with_their_places() {
    let report = refused("a.yaml", "openapi: 3.1.0\ninfo: { title: a\npaths: [\n");
    assert!(report["errors"][0]["location"]["start_line"].is_u64(), "{report}");
    let report = refused("a.json", "{\"openapi\": \"3.1.0\", }");
    assert_eq!(report["errors"][0]["location"]["start_line"], 1);
}

#[test]
fn a_file_that_is_no_contract_is_refused() {
    for text in ["hello: world\n", "", "just words"] {
        let report = refused("a.yaml", text);
        assert!(report["errors"][0]["message"].is_string(), "{report}");
    }
}

#[test]
fn references_that_lead_nowhere_out_or_to_the_network_are_refused() {
    for target in ["#/components/schemas/None", "none.yaml#/a", "../../../../etc/passwd", "https://example.org/a.yaml"]
    {
        let report = refused("a.yaml", &OPENAPI.replace("#/components/schemas/Order", target));
        assert!(report["errors"][0]["location"]["start_line"].is_u64(), "{target}: {report}");
    }
}

#[test]
fn references_in_a_circle_are_refused() {
    let circle = "#/components/schemas/Other\" }\n    Other: { $ref: \"#/components/schemas/Order";
    let text = OPENAPI.split("    Order:").next().expect("the beginning").to_owned()
        + &format!("    Order: {{ $ref: \"{circle}\" }}\n");
    let report = refused("a.yaml", &text);
    assert_eq!(report["errors"][0]["code"], "ref-circle", "{report}");
    assert!(report["errors"][0]["location"]["start_line"].is_u64(), "{report}");
}

#[test]
fn a_missing_import_is_refused_with_the_ways_to_name_its_directory() {
    let report = refused("a.proto", "syntax = \"proto3\";\nimport \"none/b.proto\";\nmessage A {}\n");
    let error = &report["errors"][0];
    assert_eq!((&error["code"], &error["location"]["start_line"]), (&"protobuf-missing-import".into(), &2.into()));
    let help = error["help"].as_str().expect("help");
    assert!(help.contains("-I") && help.contains("`import-dirs`"), "{help}");
}

#[test]
fn one_name_declared_in_two_files_is_refused_with_both_places() {
    let scratch = Scratch::new();
    scratch.write("old/a.proto", PROTO).write("new/a.proto", &PROTO.replace("string sku = 2;", ""));
    scratch.write("new/b.proto", "syntax = \"proto3\";\npackage acme.orders.v1;\nmessage Order {}\n");
    let report = scratch.run(&["diff", "old", "new", "--format", "json"]).expect(2).json();
    let error = &report["errors"][0];
    assert_eq!((&error["location"]["path"], &error["location"]["start_line"]), (&"new/b.proto".into(), &3.into()));
    assert!(error["message"].as_str().is_some_and(|message| message.contains("a.proto")), "{error}");
}

#[test]
fn alias_bombs_and_deep_nesting_end_quickly() {
    let mut bomb = OPENAPI.to_owned();
    bomb.push_str("x-a0: &a0 [1, 1]\n");
    for level in 1..40 {
        bomb.push_str(&format!("x-a{level}: &a{level} [*a{}, *a{}]\n", level - 1, level - 1));
    }
    let scratch = Scratch::new();
    scratch.write("a.yaml", &bomb).write("b.yaml", OPENAPI);
    let start = std::time::Instant::now();
    let run = scratch.run(&["diff", "b.yaml", "a.yaml"]);
    assert!(run.code == 0 || run.code == 2, "{}", run.stderr);
    let deep = format!("openapi: 3.1.0\nx: {}{}\n", "[".repeat(100_000), "]".repeat(100_000));
    scratch.write("a.yaml", &deep);
    scratch.run(&["diff", "b.yaml", "a.yaml"]).expect(2);
    let deep = format!("syntax = \"proto3\";\n{}{}", "message A {".repeat(50_000), "}".repeat(50_000));
    scratch.write("a.proto", &deep).write("b.proto", PROTO);
    scratch.run(&["diff", "b.proto", "a.proto"]).expect(2);
    assert!(start.elapsed().as_secs() < 30);
}

#[test]
fn what_does_not_exist_is_refused_with_what_is_near() {
    let scratch = Scratch::project();
    for (arguments, code, help) in [
        (vec!["diff", "git:mian", "."], "bad-revision", "git:main"),
        (vec!["diff", "api/order.yaml", "api/orders.yaml"], "not-found", "api/orders.yaml"),
        (vec!["diff", "git:main:orders.yaml", "api/orders.yaml"], "path-not-in-revision", "git:main:api/orders.yaml"),
        (vec!["check", "--against", "git:v9"], "bad-revision", ""),
        (vec!["explain", "protobuf/field-renamd"], "unknown-rule", "protobuf/field-renamed"),
        (vec!["check", "--config", "none.toml"], "unreadable", "counterpart init"),
    ] {
        let run = scratch.run(&[&arguments[..], &["--format", "json"]].concat()).expect(2);
        let problem = run.problem();
        assert_eq!(problem.0, code, "{arguments:?}");
        assert!(problem.1.contains(help), "{arguments:?}: {}", problem.1);
    }
}

#[cfg(unix)]
#[test]
fn an_unreadable_file_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let scratch = Scratch::project();
    let path = scratch.root.join("api/orders.yaml");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o0)).expect("changed");
    // The superuser reads everything.
    if std::fs::read(&path).is_err() {
        scratch.run(&["diff", "git:HEAD:api/orders.yaml", "api/orders.yaml"]).expect(2);
    }
    std::fs::remove_file(&path).expect("removed");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().expect("mkfifo runs").success());
    // A pipe must not block for ever.
    scratch.run(&["diff", "git:HEAD:api/orders.yaml", "api/orders.yaml"]).expect(2);
}

#[test]
fn an_unknown_setting_is_refused_with_the_nearest_known_one() {
    let scratch = Scratch::project();
    scratch.write("counterpart.toml", "[policy]\nfial-on = \"error\"\n");
    let run = scratch.run(&["check", "--format", "json"]).expect(2);
    let report = run.json();
    assert_eq!(report["errors"][0]["location"]["path"], "counterpart.toml");
    assert_eq!(report["errors"][0]["location"]["start_line"], 2);
    assert_eq!(run.problem().1, "did you mean `fail-on`");
    let text = scratch.run(&["check"]).expect(2);
    assert!(text.stderr.contains("counterpart.toml:2"), "{}", text.stderr);
    scratch.run(&["diff", "git:HEAD", "."]).expect(0);
}

#[test]
fn a_rule_that_does_not_exist_is_refused_in_the_settings() {
    let scratch = Scratch::project();
    scratch.write("counterpart.toml", "[policy.severity]\n\"schema/proprty-removed\" = \"warning\"\n");
    let run = scratch.run(&["check", "--format", "json"]).expect(2);
    assert_eq!(run.json()["errors"][0]["location"]["start_line"], 2);
    assert_eq!(run.problem().1, "did you mean `schema/property-removed`");
}

#[test]
fn an_address_that_is_not_read_is_not_taken_for_a_path() {
    let scratch = Scratch::project();
    let run = scratch.run(&["diff", "ftp://example.org/a.yaml", "api/orders.yaml", "--format", "json"]).expect(2);
    assert_eq!(run.problem(), ("bad-input".into(), "use `https://`, or fetch it first and name the file".into()));
}

#[test]
fn a_base_that_is_broken_is_refused_unless_it_is_allowed() {
    let scratch = Scratch::project();
    scratch.write("proto/acme/orders/v1/orders.proto", "message {").commit("Break the file");
    scratch.write("proto/acme/orders/v1/orders.proto", PROTO);
    scratch.run(&["check"]).expect(2);
    let run = scratch.run(&["check", "--allow-broken-base", "--format", "json"]);
    assert!(run.rules().iter().any(|rule| rule.ends_with("input/base-broken")), "{:?}", run.rules());
}

#[test]
fn usage_errors_are_exit_2_and_json_where_json_was_asked_for() {
    let scratch = Scratch::new();
    for arguments in
        [vec!["chekc"], vec!["diff", "a"], vec!["check", "--mode", "sideways"], vec!["check", "--today", "soon"]]
    {
        let run = scratch.run(&arguments).expect(2);
        assert!(!run.stderr.is_empty());
        let run = scratch.run(&[&arguments[..], &["--format", "json"]].concat()).expect(2);
        assert!(run.json()["errors"][0]["message"].is_string());
    }
    assert!(scratch.run(&["chekc"]).stderr.contains("check"));
}

#[test]
fn no_contract_at_all_is_not_a_success() {
    let scratch = Scratch::new();
    scratch.git(&["init", "-q", "-b", "main"]).write("README.md", "").commit("Start");
    let run = scratch.run(&["check", "--format", "json"]).expect(2);
    assert_eq!(run.problem().0, "no-contracts");
}
