//! The first minutes: init, a compatible change, a break.

use crate::scratch::Scratch;

#[test]
fn init_finds_both_contracts_writes_a_file_that_check_reads_and_never_overwrites_it() {
    let scratch = Scratch::project();
    let run = scratch.run(&["init"]).expect(0);
    assert!(run.stdout.contains("api/orders.yaml (openapi)"), "{}", run.stdout);
    assert!(run.stdout.contains("(protobuf)"), "{}", run.stdout);
    let written = scratch.read("counterpart.toml");
    scratch.run(&["check"]).expect(0);
    scratch.write("counterpart.toml", "# mine\n");
    let again = scratch.run(&["init"]).expect(2);
    assert!(again.stderr.contains("--force"), "{}", again.stderr);
    assert_eq!(scratch.read("counterpart.toml"), "# mine\n");
    scratch.run(&["init", "--force"]).expect(0);
    assert_eq!(scratch.read("counterpart.toml"), written);
}

#[test]
fn hook_and_workflow_are_added_to_a_project_that_has_settings() {
    let scratch = Scratch::project();
    scratch.write("counterpart.toml", "# mine\n");
    let run = scratch.run(&["init", "--hook", "--github"]).expect(0);
    assert!(run.stderr.contains("left as it is"), "{}", run.stderr);
    assert_eq!(scratch.read("counterpart.toml"), "# mine\n");
    assert!(scratch.read(".github/workflows/counterpart.yml").contains("fetch-depth: 0"));
    assert!(scratch.root.join(".git/hooks/pre-commit").exists());
}

#[test]
fn init_in_a_folder_without_contracts_says_so() {
    let scratch = Scratch::new();
    let run = scratch.run(&["init"]).expect(0);
    assert!(run.stdout.contains("no contract was found"), "{}", run.stdout);
}

#[test]
fn init_takes_over_what_buf_was_told() {
    let scratch = Scratch::project();
    scratch.write(
        "proto/buf.yaml",
        "version: v1\nbreaking:\n  use: [FILE]\n  except: [FIELD_SAME_NAME, FIELD_SAME_JSON_NAME]\n",
    );
    scratch.commit("Add buf.yaml").run(&["init"]).expect(0);
    assert!(scratch.read("counterpart.toml").contains("\"protobuf/field-renamed\" = \"note\""));
    scratch.edit("proto/acme/orders/v1/orders.proto", "string sku = 2", "string article = 2");
    let run = scratch.run(&["check", "--format", "json"]).expect(0);
    // A rule that is only a note here still changes the contract: the version note says so.
    assert_eq!(run.rules(), ["note version/unchanged", "note protobuf/field-renamed"]);
}

#[test]
fn nothing_changed_is_exit_0_and_no_findings() {
    let scratch = Scratch::project();
    let run = scratch.run(&["check", "--format", "json"]).expect(0);
    assert!(run.rules().is_empty());
    assert_eq!(run.json()["summary"]["required_bump"], "none");
}

#[test]
fn a_compatible_change_is_a_minor_one() {
    let scratch = Scratch::project();
    scratch.edit("proto/acme/orders/v1/orders.proto", "string sku = 2;", "string sku = 2;\n  string note = 3;");
    let run = scratch.run(&["check", "--format", "json"]).expect(0);
    assert_eq!(run.json()["summary"]["errors"], 0);
    scratch.edit(
        "api/orders.yaml",
        "email: { type: string }",
        "email: { type: string }\n        phone: { type: string }",
    );
    let run = scratch.run(&["check", "--format", "json"]).expect(0);
    let report = run.json();
    assert_eq!(report["summary"]["required_bump"], "minor");
    let openapi = report["contracts"].as_array().expect("contracts").iter().find(|found| found["format"] == "openapi");
    assert_eq!(openapi.expect("an OpenAPI contract")["next_version"], "1.5.0");
}

#[test]
fn a_break_is_exit_1_a_major_version_and_is_explained() {
    let scratch = Scratch::project();
    scratch.edit("api/orders.yaml", "        email: { type: string }\n", "");
    let run = scratch.run(&["check"]).expect(1);
    assert!(run.stdout.contains("api/orders.yaml:"), "{}", run.stdout);
    assert!(run.stdout.contains("email"), "{}", run.stdout);
    assert!(run.stdout.contains("2.0.0"), "{}", run.stdout);
    let json = scratch.run(&["check", "--format", "json"]).expect(1);
    assert_eq!(json.json()["summary"]["required_bump"], "major");
    let rules = json.rules();
    let rule = rules.iter().find_map(|rule| rule.strip_prefix("error ")).expect("an error");
    let page = scratch.run(&["explain", rule]).expect(0);
    assert!(page.stdout.starts_with(rule), "{}", page.stdout);
}

#[test]
fn the_same_run_gives_the_same_bytes() {
    let scratch = Scratch::project();
    scratch.edit("proto/acme/orders/v1/orders.proto", "string sku = 2;", "int32 sku = 2;");
    scratch.edit("api/orders.yaml", "        email: { type: string }\n", "");
    let arguments = ["check", "--format", "json", "--today", "2026-08-08"];
    assert_eq!(scratch.run(&arguments).stdout, scratch.run(&arguments).stdout);
}
