//! `fixtures/invalid/openapi`: each document with the messages that people get for it.

use std::fmt::Write as _;
use std::path::Path;

use crate::finding::Problem;
use crate::formats::openapi::check;
use crate::formats::openapi::view::Api;
use crate::syntax::Library;
use crate::syntax::memory_tree::Files;

#[test]
fn broken_documents_get_the_messages_written_beside_them() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/invalid/openapi");
    let mut names: Vec<String> = std::fs::read_dir(&directory)
        .expect("the fixtures are there")
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| !name.ends_with(".txt"))
        .collect();
    names.sort();
    for name in names {
        let bytes = std::fs::read(directory.join(&name)).expect("the fixture is readable");
        let mut library = Library::new(false);
        library.load(&Files::of_bytes(&name, &bytes), &[&name]);
        let file = library.file(&name).expect("it was loaded");
        let told = show(&check::problems(&Api::new(&library, &[file])));
        let expected_at = directory.join(format!("{name}.txt"));
        if std::env::var_os("UPDATE_FIXTURES").is_some() {
            std::fs::write(&expected_at, &told).expect("the fixtures can be written");
        }
        let expected = std::fs::read_to_string(&expected_at).unwrap_or_default();
        assert_eq!(told, expected, "{name}");
    }
}

fn show(problems: &[Problem]) -> String {
    let mut text = String::new();
    for problem in problems {
        let place = problem.location.as_ref();
        let place = place.map_or_else(String::new, |at| format!("{}:{}:{}", at.path, at.start_line, at.start_column));
        let _ = writeln!(text, "{place} [{}] {}", problem.code, problem.message);
        if let Some(help) = &problem.help {
            let _ = writeln!(text, "  help: {help}");
        }
    }
    text
}
