//! At a real terminal: completions, links, paging. `script` gives the program a terminal.

use std::process::{Command, Stdio};

use crate::scratch::Scratch;
use crate::tools::tool;

/// What a shell would be offered for the last of these words.
fn completed(scratch: &Scratch, words: &[&str]) -> String {
    let mut command = scratch.command(&["--", "counterpart"]);
    command.args(words).env("COUNTERPART_COMPLETE", "bash").env("_CLAP_IFS", "\n");
    command.env("_CLAP_COMPLETE_INDEX", words.len().to_string());
    let output = command.output().expect("it starts");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn completions_know_commands_rules_and_contracts() {
    let scratch = Scratch::project();
    scratch.write("counterpart.toml", "[[contracts]]\npath = \"api/orders.yaml\"\n");
    assert!(completed(&scratch, &["dep"]).contains("deprecations"));
    let rules = completed(&scratch, &["explain", "protobuf/field-ren"]);
    assert!(rules.contains("protobuf/field-renamed") && !rules.contains("openapi/"), "{rules}");
    assert!(completed(&scratch, &["waive", "openapi/contract-r"]).contains("openapi/contract-removed"));
    assert!(completed(&scratch, &["check", "api/or"]).contains("api/orders.yaml"));
    let script = scratch.run(&["completions", "bash"]).expect(0).stdout;
    assert!(script.contains("COUNTERPART_COMPLETE"), "{script}");
}

/// Runs the program at a terminal of 24 lines.
fn at_terminal(scratch: &Scratch, arguments: &str, variables: &[(&str, &str)]) -> Option<String> {
    let script = tool(&["script"])?;
    let mut command = Command::new(script);
    let line = format!("stty rows 24 cols 100; {} {arguments}", env!("CARGO_BIN_EXE_counterpart"));
    command.args(["-qec", &line, "/dev/null"]).current_dir(&scratch.root).stdin(Stdio::null());
    command.env_remove("NO_COLOR").env("TERM", "xterm").envs(variables.iter().copied());
    let output = command.output().expect("script runs");
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn long_pages_go_through_the_pager() {
    let scratch = Scratch::new();
    let pager = ("PAGER", "sed 's/^/paged: /'");
    let Some(text) = at_terminal(&scratch, "explain protobuf/field-renamed", &[pager]) else { return };
    assert!(text.contains("paged: "), "{text}");
    let own = at_terminal(&scratch, "explain protobuf/field-renamed", &[pager, ("COUNTERPART_PAGER", "cat")]);
    assert!(own.is_some_and(|text| text.contains("field-renamed") && !text.contains("paged: ")));
    let missing = at_terminal(&scratch, "explain protobuf/field-renamed", &[("PAGER", "no-such-pager")]);
    assert!(missing.is_some_and(|text| text.contains("field-renamed")));
    let piped = scratch.run(&["explain", "protobuf/field-renamed"]).expect(0).stdout;
    assert!(!piped.contains("paged"), "nobody pages a pipe");
}

#[test]
fn rules_are_links_where_the_terminal_shows_links() {
    let scratch = Scratch::project();
    scratch.edit("api/orders.yaml", "        email: { type: string }\n", "");
    let link = "\u{1b}]8;;https://github.com/counterpart/counterpart/blob/";
    let Some(text) = at_terminal(&scratch, "check", &[("TERM_PROGRAM", "WezTerm")]) else { return };
    assert!(text.contains(link) && text.contains("/docs/rules/schema/property-removed"), "{text:?}");
    let plain = at_terminal(&scratch, "check", &[("FORCE_HYPERLINK", "0")]);
    assert!(plain.is_some_and(|text| !text.contains("]8;;")));
    assert!(!scratch.run(&["check"]).expect(1).stdout.contains("]8;;"), "files get no links");
}
