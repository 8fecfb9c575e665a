//! Every kind of input, through `diff`.

use std::io::{Read, Write};
use std::net::TcpListener;

use crate::scratch::{OPENAPI, PROTO, Scratch};

/// Old and new versions in folders of one name each, so that archives of them pair.
fn two_versions() -> Scratch {
    let scratch = Scratch::new();
    scratch.write("old/orders.yaml", OPENAPI).write("old/acme/orders.proto", PROTO);
    scratch.write("new/orders.yaml", &OPENAPI.replace("        email: { type: string }\n", ""));
    scratch.write("new/acme/orders.proto", &PROTO.replace("string sku = 2", "int64 sku = 2"));
    scratch
}

fn findings(scratch: &Scratch, old: &str, new: &str) -> Vec<String> {
    scratch.run(&["diff", old, new, "--format", "json"]).expect(0).rules()
}

#[test]
fn directories_archives_and_revisions_of_the_same_content_give_the_same_findings() {
    let scratch = two_versions();
    let expected = findings(&scratch, "old", "new");
    assert!(expected.iter().any(|rule| rule.starts_with("error ")), "{expected:?}");
    for side in ["old", "new"] {
        let folder = scratch.root.join(side);
        let tar = |flags: &str, name: &str| {
            let status = std::process::Command::new("tar")
                .current_dir(&folder)
                .args([flags, &format!("../{side}{name}"), "orders.yaml", "acme"])
                .status();
            assert!(status.expect("tar runs").success());
        };
        tar("-cf", ".tar");
        tar("-czf", ".tar.gz");
        tar("-czf", ".tgz");
        scratch.write(&format!("{side}.zip"), "");
        let mut zip =
            zip::ZipWriter::new(std::fs::File::create(scratch.root.join(format!("{side}.zip"))).expect("created"));
        for path in ["orders.yaml", "acme/orders.proto"] {
            zip.start_file(path, zip::write::SimpleFileOptions::default()).expect("started");
            zip.write_all(scratch.read(&format!("{side}/{path}")).as_bytes()).expect("written");
        }
        zip.finish().expect("finished");
    }
    for ending in [".tar", ".tar.gz", ".tgz", ".zip"] {
        assert_eq!(findings(&scratch, &format!("old{ending}"), &format!("new{ending}")), expected, "{ending}");
    }
    scratch.git(&["init", "-q", "-b", "main"]).commit("Both");
    assert_eq!(findings(&scratch, "git:HEAD:old", "git:main:new"), expected);
    assert_eq!(findings(&scratch, "git:HEAD:old", "new"), expected);
    assert_eq!(findings(&scratch, "old.zip", "git:HEAD:new"), expected);
}

#[test]
fn two_files_are_one_contract_whatever_their_names() {
    let scratch = two_versions();
    scratch.write("a.txt", OPENAPI).write("b", &scratch.read("new/orders.yaml"));
    assert_eq!(findings(&scratch, "a.txt", "b"), findings(&scratch, "old/orders.yaml", "new/orders.yaml"));
}

#[test]
fn paths_are_shown_as_typed_plus_the_path_inside() {
    let scratch = two_versions();
    let report = scratch.run(&["diff", "./old", "new/", "--format", "json"]).expect(0).json();
    let paths: Vec<_> = report["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .map(|found| found["location"]["path"].clone())
        .collect();
    assert!(paths.iter().any(|path| path == "new/orders.yaml"), "{paths:?}");
    let absolute = scratch.root.join("new/orders.yaml");
    let report = scratch.run(&["diff", "old/orders.yaml", absolute.to_str().expect("UTF-8"), "--format", "json"]);
    assert_eq!(report.expect(0).json()["findings"][0]["location"]["path"], "new/orders.yaml");
}

#[test]
fn standard_input_is_a_contract_but_only_once() {
    let scratch = two_versions();
    let new = scratch.read("new/orders.yaml");
    let run = scratch.run_with_stdin(&["diff", "old/orders.yaml", "-", "--format", "json"], &new).expect(0);
    assert_eq!(run.rules(), findings(&scratch, "old/orders.yaml", "new/orders.yaml"));
    let run = scratch.run_with_stdin(&["diff", "old/acme/orders.proto", "-", "--format", "json"], PROTO).expect(0);
    assert!(run.rules().is_empty());
    scratch.run_with_stdin(&["diff", "-", "-"], PROTO).expect(2);
    scratch.run_with_stdin(&["diff", "old/orders.yaml", "-"], "").expect(2);
}

#[test]
fn the_same_input_twice_has_no_findings() {
    let scratch = two_versions();
    assert!(findings(&scratch, "old", "old").is_empty());
    assert!(findings(&scratch, "new", "new").is_empty());
}

/// Answers every request with the same bytes, on the loopback interface.
fn serve(status: &'static str, headers: &'static str, body: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            let head =
                format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
        }
    });
    format!("http://{address}")
}

#[test]
fn urls_are_read_and_their_failures_are_said() {
    let scratch = two_versions();
    let url = serve("200 OK", "", scratch.read("new/orders.yaml").into_bytes());
    let run = scratch
        .run(&["diff", "old/orders.yaml", &format!("{url}/orders.yaml?token=secret"), "--format", "json"])
        .expect(0);
    assert_eq!(run.rules(), findings(&scratch, "old/orders.yaml", "new/orders.yaml"));
    let missing = serve("404 Not Found", "", Vec::new());
    let run = scratch.run(&["diff", "old/orders.yaml", &missing, "--format", "json"]).expect(2);
    assert_eq!(run.problem().0, "network");
    let elsewhere = serve("302 Found", "Location: /again\r\n", Vec::new());
    let run = scratch.run(&["diff", "old/orders.yaml", &elsewhere]).expect(2);
    assert!(run.stderr.contains("redirects"), "{}", run.stderr);
    let run = scratch.run(&["diff", "old/orders.yaml", "http://127.0.0.1:1/a.yaml"]).expect(2);
    assert!(run.stderr.contains("could not be read"), "{}", run.stderr);
    let run = scratch.run(&["diff", "old/orders.yaml", "http://example.org/a.yaml"]).expect(2);
    assert!(run.stderr.contains("https://example.org/a.yaml"), "{}", run.stderr);
}

#[test]
fn imports_are_found_in_further_directories_on_both_sides() {
    let scratch = Scratch::new();
    let importing = |extra: &str| {
        format!("syntax = \"proto3\";\nimport \"money.proto\";\nmessage A {{ Money price = 1;{extra} }}\n")
    };
    scratch.write("old/a.proto", &importing("")).write("new/a.proto", &importing(" string b = 2;"));
    scratch.write("vendor/money.proto", "syntax = \"proto3\";\nmessage Money { int64 units = 1; }\n");
    scratch.run(&["diff", "old", "new"]).expect(2);
    let run = scratch.run(&["diff", "old", "new", "-I", "vendor", "--format", "json"]).expect(0);
    assert!(!run.rules().is_empty());
    scratch.run(&["diff", "old", "new", "-I", "nowhere"]).expect(2);
}
