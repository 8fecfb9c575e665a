//! Imports that lead back to where they start.

use crate::finding::Problem;
use crate::formats::protobuf::fault::IMPORT_CYCLE;
use crate::formats::protobuf::model::{File, FileIndex};
use crate::source::{SourceMap, Span};

/// One problem per circle, at an import that closes it, with the whole circle.
pub(super) fn find(files: &[File], sources: &SourceMap) -> Vec<Problem> {
    let mut problems = Vec::new();
    // 0: not seen, 1: on the way, 2: done.
    let mut state = vec![0_u8; files.len()];
    for start in 0..files.len() {
        if state[start] != 0 {
            continue;
        }
        // The way from `start`: file and the next import to follow. A loop instead of recursion, because chains of
        // imports can be as long as there are files.
        let mut way: Vec<(usize, usize)> = vec![(start, 0)];
        state[start] = 1;
        while let Some((file, next)) = way.last_mut() {
            let at = *file;
            let Some(import) = files[at].imports.get(*next) else {
                state[at] = 2;
                way.pop();
                continue;
            };
            *next += 1;
            let Some(FileIndex(imported)) = import.file else { continue };
            let imported = imported as usize;
            match state[imported] {
                0 => {
                    state[imported] = 1;
                    way.push((imported, 0));
                }
                1 => {
                    let first = way.iter().position(|(file, _)| *file == imported).unwrap_or(0);
                    let mut circle: Vec<&str> =
                        way[first..].iter().map(|(file, _)| files[*file].path.as_str()).collect();
                    circle.push(files[imported].path.as_str());
                    let message = if circle.len() == 2 {
                        format!("`{}` imports itself", circle[0])
                    } else {
                        format!("files import each other in a circle: {}", circle.join(" → "))
                    };
                    let span = Span::new(files[at].source, import.extent.start, import.extent.end);
                    problems.push(
                        Problem::new(IMPORT_CYCLE, message)
                            .at(sources.location(span))
                            .with_help("move what both need into a file of its own"),
                    );
                }
                _ => {}
            }
        }
    }
    problems
}
