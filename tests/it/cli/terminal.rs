//! Output: widths, colors, pipes, files.

use std::io::Read;
use std::process::Stdio;

use crate::scratch::Scratch;

fn broken() -> Scratch {
    let scratch = Scratch::project();
    scratch.edit("api/orders.yaml", "        email: { type: string }\n", "");
    scratch.edit("proto/acme/orders/v1/orders.proto", "string sku = 2;", "int64 sku = 2;");
    scratch
}

#[test]
fn colors_are_for_terminals_unless_they_are_forced() {
    let scratch = broken();
    assert!(!scratch.run(&["check"]).expect(1).stdout.contains('\u{1b}'));
    assert!(scratch.run(&["check", "--color", "always"]).expect(1).stdout.contains('\u{1b}'));
    let output = scratch.command(&["check", "--color", "auto"]).env("NO_COLOR", "1").output().expect("it runs");
    assert!(!output.stdout.contains(&0x1b));
}

#[test]
fn messages_fit_a_narrow_terminal() {
    let scratch = broken();
    let wide = scratch.run(&["check"]).expect(1).stdout;
    let narrow = scratch.run(&["check", "--width", "50"]).expect(1).stdout;
    assert!(narrow.lines().count() > wide.lines().count());
    // Lines of source and words that cannot be broken may be longer.
    let long: Vec<&str> = narrow
        .lines()
        .filter(|line| {
            line.chars().count() > 50 && !line.contains('|') && !line.contains("-->") && line.trim().contains(' ')
        })
        .filter(|line| line.split_whitespace().all(|word| word.chars().count() < 40))
        .collect();
    assert!(long.is_empty(), "{long:#?}");
}

#[test]
fn a_closed_pipe_is_a_normal_end_with_the_code_of_what_was_found() {
    let scratch = broken();
    for (arguments, code) in [(&["check"][..], 1), (&["rules"][..], 0), (&["man"][..], 0)] {
        let mut child =
            scratch.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        drop(child.stdout.take());
        let status = child.wait().expect("it ends");
        let mut said = String::new();
        child.stderr.take().expect("piped").read_to_string(&mut said).expect("text");
        assert_eq!(status.code(), Some(code), "{arguments:?}: {said}");
        assert!(!said.contains("panicked"), "{said}");
    }
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_ends_at_once_and_leaves_nothing_half_written() {
    use std::io::BufRead;
    use std::os::unix::process::ExitStatusExt;
    let scratch = broken();
    let arguments = ["check", "--watch", "--output", "json=out.json"];
    let mut child =
        scratch.command(&arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut said = std::io::BufReader::new(child.stderr.take().expect("piped"));
    let mut line = String::new();
    while !line.contains("watching") {
        line.clear();
        assert!(said.read_line(&mut line).expect("text") > 0, "it ended by itself");
    }
    // What the run writes itself is no change: nothing more is said until something really happens.
    std::thread::sleep(std::time::Duration::from_millis(600));
    let killed = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(killed.expect("kill runs").success());
    let status = child.wait().expect("it ends");
    assert_eq!(status.signal(), Some(2), "{status:?}");
    said.read_to_string(&mut line).expect("text");
    assert!(!line.contains("panicked"), "{line}");
    assert_eq!(line.matches("watching").count(), 1, "{line}");
    serde_json::from_str::<serde_json::Value>(&scratch.read("out.json")).expect("a whole document");
    let left = std::fs::read_dir(&scratch.root).expect("listed").flatten();
    assert!(!left.into_iter().any(|entry| entry.file_name().to_string_lossy().starts_with(".counterpart-")));
}

#[test]
fn one_run_writes_every_form() {
    let scratch = broken();
    let forms = ["json", "text", "sarif", "junit", "github", "gitlab", "markdown", "html"];
    let mut arguments = vec!["check".to_owned()];
    for form in forms {
        arguments.extend(["--output".to_owned(), format!("{form}=out.{form}")]);
    }
    let run = scratch.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>()).expect(1);
    assert!(run.stdout.contains("error"), "{}", run.stdout);
    for form in forms {
        assert!(scratch.read(&format!("out.{form}")).contains("sku"), "{form}");
    }
    let json: serde_json::Value = serde_json::from_str(&scratch.read("out.json")).expect("JSON");
    assert_eq!(json["summary"]["required_bump"], "major");
    let leftover = std::fs::read_dir(&scratch.root).expect("listed").flatten();
    assert!(!leftover.into_iter().any(|entry| entry.file_name().to_string_lossy().starts_with(".counterpart-")));
}

#[test]
fn an_output_that_cannot_be_written_is_exit_2() {
    let scratch = broken();
    let run = scratch.run(&["check", "--output", "json=no/such/folder/out.json"]).expect(2);
    assert!(run.stderr.contains("mkdir -p no/such/folder"), "{}", run.stderr);
    scratch.run(&["check", "--output", "jsn=out.json"]).expect(2);
    scratch.run(&["check", "--output", "out.json"]).expect(2);
}

#[test]
fn a_refusal_reaches_the_json_file_too() {
    let scratch = broken();
    scratch.write("api/orders.yaml", "openapi: 3.1.0\npaths: [");
    scratch.run(&["check", "--output", "json=out.json"]).expect(2);
    let json: serde_json::Value = serde_json::from_str(&scratch.read("out.json")).expect("JSON");
    assert!(json["errors"][0]["message"].is_string());
}

#[test]
fn rules_are_listed_searched_and_explained() {
    let scratch = Scratch::new();
    let all = scratch.run(&["rules"]).expect(0).stdout.lines().count();
    let some = scratch.run(&["rules", "protobuf", "renamed"]).expect(0).stdout;
    assert!(some.contains("protobuf/field-renamed") && some.lines().count() < all / 4, "{some}");
    let json = scratch.run(&["rules", "buf:FIELD_SAME_NAME", "--format", "json"]).expect(0).json();
    assert!(json.as_array().is_some_and(|rules| rules.iter().any(|rule| rule["rule"] == "protobuf/field-renamed")));
    let page = scratch.run(&["explain", "buf:FIELD_SAME_JSON_NAME"]).expect(0).stdout;
    assert!(page.contains("protobuf/field-renamed"), "{page}");
    // Paragraphs are filled anew, wherever the page breaks its lines.
    let page = scratch.run(&["explain", "waiver/expired", "--width", "60"]).expect(0).stdout;
    let paragraph: Vec<&str> = page.lines().skip(2).take_while(|line| !line.is_empty()).collect();
    let (_, full) = paragraph.split_last().expect("a paragraph");
    assert!(full.len() > 2 && full.iter().all(|line| (40..=60).contains(&line.chars().count())), "{page}");
    let page = scratch.run(&["explain", "protobuf/field-renamed", "--format", "json"]).expect(0).json();
    assert_eq!(page["rule"], "protobuf/field-renamed");
}

#[test]
fn every_shell_gets_completions_and_every_command_a_page() {
    let scratch = Scratch::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(scratch.run(&["completions", shell]).expect(0).stdout.contains("counterpart"), "{shell}");
    }
    assert!(scratch.run(&["man", "check"]).expect(0).stdout.starts_with(".ie"));
    scratch.run(&["man", "--output-dir", "pages"]).expect(0);
    assert!(scratch.read("pages/counterpart-check.1").contains("against"));
    assert!(scratch.run(&["config", "schema"]).expect(0).json()["properties"]["policy"].is_object());
}
